package bench

import (
	"io/fs"
	"syscall"
)

// allocated is what the file system has set aside for a file; stat counts in blocks of 512 bytes.
func allocated(fi fs.FileInfo) int64 {
	if s, ok := fi.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return fi.Size()
}
