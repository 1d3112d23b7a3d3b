package mapped

import "syscall"

// release tells the system that the pages are not needed for now. The address is a number that
// came from outside Go's memory: it is passed on as one and is never followed here. A system that
// refuses keeps the pages: that costs memory, and nobody must stop selling for it.
func release(at, size uintptr) {
	if at == 0 || size == 0 {
		return
	}
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, at, size, syscall.MADV_DONTNEED)
}
