package mapped

import "syscall"

// release tells the system that the pages are not needed for now. The address is a number that
// came from outside Go's memory: it is passed on as one and is never followed here.
func release(at, size uintptr) error {
	if at == 0 || size == 0 {
		return nil
	}
	if _, _, no := syscall.Syscall(syscall.SYS_MADVISE, at, size, syscall.MADV_DONTNEED); no != 0 {
		return no
	}
	return nil
}
