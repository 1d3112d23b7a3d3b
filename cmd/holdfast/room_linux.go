package main

import (
	"math"
	"syscall"
)

// diskRoom gives what is free, for us, of the disk that dir lies on, and its size, in bytes; not a
// number where the system does not say.
func diskRoom(dir string) (free, size float64) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return math.NaN(), math.NaN()
	}
	return float64(st.Bavail) * float64(st.Bsize), float64(st.Blocks) * float64(st.Bsize)
}
