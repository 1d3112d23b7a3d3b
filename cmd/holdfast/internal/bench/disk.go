package bench

import (
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	appendBytes = 4 << 10
	appendsMax  = 20_000
)

// Disk measures appends of 4 KiB, each with fdatasync, by one writer to a file in dir, for that
// long. The file is removed.
func Disk(dir string, d time.Duration) (h *Histogram, err error) {
	f, err := os.CreateTemp(dir, "fsync-*.probe")
	if err != nil {
		return nil, fmt.Errorf("measure disk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := make([]byte, appendBytes)
	for i := range block {
		block[i] = byte(i * 7) // not zeroes: some disks are clever about them
	}
	h = &Histogram{}
	for began := time.Now(); h.Count() < appendsMax && (time.Since(began) < d || h.Count() == 0); {
		at := time.Now()
		if _, err := f.Write(block); err != nil {
			return nil, fmt.Errorf("measure disk: %w", err)
		}
		if err := dataSync(f); err != nil {
			return nil, fmt.Errorf("measure disk: %w", err)
		}
		h.Add(time.Since(at))
	}
	return h, nil
}
