package world

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// memory gives a file that is nowhere but in memory; name is for messages. It may be swapped out like all memory.
func memory(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate("holdfast", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a file in memory: %w", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// lock takes a file's lock without waiting.
func lock(f *os.File, alone bool) error {
	how := unix.LOCK_SH
	if alone {
		how = unix.LOCK_EX
	}
	return unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
}
