package main

import (
	"fmt"
	"syscall"
)

// limitMemory bounds the address space of this process, in MiB.
func limitMemory(mib uint64) error {
	most := mib << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		return fmt.Errorf("limit memory to %d MiB: %w", mib, err)
	}
	return nil
}
