package main

import (
	"os"
	"runtime"
)

// placesMore is how many goroutines of a node may run beside as many as there are processors: its writer and its checkpoint
// wait for the disk most of the time. The runtime lends the place of a thread that waits in the kernel only once it has noticed, and until then whoever
// was answered or came in stood behind it, on a processor that did nothing.
const placesMore = 2

// morePlaces gives a node these places, unless GOMAXPROCS says how many there are. back takes them away again. A limit of the node's processors that is
// changed while it runs (of its container) is followed from the next start on.
func morePlaces() (back func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + placesMore)
	return runtime.SetDefaultGOMAXPROCS
}
