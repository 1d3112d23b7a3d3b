package bench

import (
	"os"
	"syscall"
)

// dataSync is what the journal does at each append on Linux.
func dataSync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
