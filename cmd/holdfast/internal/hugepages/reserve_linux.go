//go:build !race

package hugepages

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// Reserve has the next size bytes that the heap grows by on huge pages. It takes addresses, no memory. To be called once,
// before the heap is large. It returns an error where the kernel has no huge pages to ask for.
//
// The runtime keeps the addresses of an object that has been freed, lays new objects at the lowest that are free, and takes
// more addresses only where none are. So it is enough to mark an object that nobody ever touches, and to let go of it.
func Reserve(size int) error {
	addresses := make([]byte, size)
	err := unix.Madvise(addresses, unix.MADV_HUGEPAGE)
	runtime.KeepAlive(addresses)
	debug.FreeOSMemory() // collects it, too
	if err != nil {
		return fmt.Errorf("ask for huge pages: %w", err)
	}
	return nil
}
