package bench

import (
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	blockBytes  = 4 << 10
	appendsMax  = 20_000
	prewritten  = 4 << 20 // bytes of the file that is overwritten
	probeFaults = "measure disk"
)

// Append measures appends of 4 KiB, each with fdatasync, by one writer to a file in dir, for that
// long: each makes the file longer, so the file system writes down its new length as well. The
// file is removed.
func Append(dir string, d time.Duration) (*Histogram, error) {
	return probe(dir, d, func(f *os.File, block []byte, _ int64) error {
		_, err := f.Write(block)
		return err
	}, nil)
}

// Overwrite measures the same on a file that was written before: its length and its blocks stay,
// and what is left is the block itself.
func Overwrite(dir string, d time.Duration) (*Histogram, error) {
	return probe(dir, d, func(f *os.File, block []byte, n int64) error {
		_, err := f.WriteAt(block, n*blockBytes%prewritten)
		return err
	}, func(f *os.File, block []byte) error {
		for at := int64(0); at < prewritten; at += blockBytes {
			if _, err := f.WriteAt(block, at); err != nil {
				return err
			}
		}
		return f.Sync()
	})
}

func probe(dir string, d time.Duration, write func(f *os.File, block []byte, n int64) error, before func(*os.File, []byte) error) (h *Histogram, err error) {
	f, err := os.CreateTemp(dir, "fsync-*.probe")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", probeFaults, err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := make([]byte, blockBytes)
	for i := range block {
		block[i] = byte(i * 7) // not zeroes: some disks are clever about them
	}
	if before != nil {
		if err := before(f, block); err != nil {
			return nil, fmt.Errorf("%s: %w", probeFaults, err)
		}
	}
	h = &Histogram{}
	for began := time.Now(); h.Count() < appendsMax && (time.Since(began) < d || h.Count() == 0); {
		block[0]++ // no two blocks alike
		at := time.Now()
		if err := write(f, block, int64(h.Count())); err != nil {
			return nil, fmt.Errorf("%s: %w", probeFaults, err)
		}
		if err := dataSync(f); err != nil {
			return nil, fmt.Errorf("%s: %w", probeFaults, err)
		}
		h.Add(time.Since(at))
	}
	return h, nil
}
