//go:build unix

package main

import "syscall"

// filesMax is how many files and connections this process may have open; 0 where that is not known. The runtime has
// raised it to the most that it may have.
func filesMax() int {
	var most syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most) != nil {
		return 0
	}
	return int(min(uint64(most.Cur), 1<<20))
}
