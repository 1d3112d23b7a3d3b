package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Space is what files take on the disk, in bytes. Used goes up to the last byte of each file that is
// not zero: what lies behind it was written or set aside before there was anything to put there.
type Space struct {
	Size      int64 `json:"size_bytes"`
	Allocated int64 `json:"allocated_bytes"`
	Used      int64 `json:"used_bytes"`
}

func (s *Space) add(o Space) {
	s.Size, s.Allocated, s.Used = s.Size+o.Size, s.Allocated+o.Allocated, s.Used+o.Used
}

// Less is how much s has grown since.
func (s Space) Less(since Space) Space {
	return Space{s.Size - since.Size, s.Allocated - since.Allocated, s.Used - since.Used}
}

// SpaceOf measures a folder: in all, and by what stands at its top, a folder with all that it holds.
// The files may be in use.
func SpaceOf(dir string) (sum Space, parts map[string]Space, err error) {
	parts = map[string]Space{}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return skipGone(err)
		}
		s, err := spaceOfFile(name)
		if err != nil {
			return skipGone(err)
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		part := parts[top]
		part.add(s)
		parts[top] = part
		sum.add(s)
		return nil
	})
	if err != nil {
		return sum, nil, fmt.Errorf("measure folder: %w", err)
	}
	return sum, parts, nil
}

// skipGone passes over a file that was removed while we looked.
func skipGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func spaceOfFile(name string) (s Space, err error) {
	f, err := os.Open(name)
	if err != nil {
		return s, err
	}
	defer f.Close() // read only: nothing can be lost
	fi, err := f.Stat()
	if err != nil {
		return s, err
	}
	s.Size, s.Allocated = fi.Size(), allocated(fi)
	s.Used, err = usedOf(f, s.Size)
	return s, err
}

// usedOf looks from the end for the last byte that is not zero.
func usedOf(f io.ReaderAt, size int64) (int64, error) {
	const step = 256 << 10
	block := make([]byte, min(size, step))
	for end := size; end > 0; {
		from := max(end-step, 0)
		part := block[:end-from]
		if _, err := f.ReadAt(part, from); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if rest := bytes.TrimRight(part, "\x00"); len(rest) > 0 {
			return from + int64(len(rest)), nil
		}
		end = from
	}
	return 0, nil
}
