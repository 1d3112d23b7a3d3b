package main

import (
	"os"
	"runtime"
)

// placesMore is how many goroutines of a node may run beside as many as there are processors: its writer and its checkpoint
// wait for the disk most of the time. The runtime lends the place of a thread that waits in the kernel only once it has noticed, and until then whoever
// was answered or came in stood behind it, on a processor that did nothing.
const placesMore = 2

// morePlaces gives a node these places, unless GOMAXPROCS says how many there are. back takes them away again.
func morePlaces() (back func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	before := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(before + placesMore)
	return func() { runtime.GOMAXPROCS(before) }
}
