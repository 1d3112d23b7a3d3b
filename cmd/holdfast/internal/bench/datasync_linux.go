package bench

import (
	"os"
	"syscall"
)

// dataSync is what bbolt does at a commit on Linux.
func dataSync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
