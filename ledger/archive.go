package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// archiveRecord is the bytes of frames that one record of an archive, and one sync, gathers.
const archiveRecord = 1 << 20

// An Archive is a copy of one site's journal from its first entry, in a folder of its own: a tape of
// the same records as the book's, so that an audit reads both alike. One process writes it; to see to
// that is its caller's. Its methods are for one goroutine.
type Archive struct {
	site SiteID
	tape *tape.Tape
	end  Position
}

func archiveTape(env Env, site SiteID, dir string) (tape.Config, tape.Env) {
	cfg, tenv := tapeOf(env, site, dir)
	cfg.Dir = filepath.Clean(dir)
	return cfg, tenv
}

// OpenArchive opens a site's archive to go on with it, making it if there is none.
func OpenArchive(env Env, site SiteID, dir string) (*Archive, error) {
	a, err := openArchive(env, site, dir)
	if err != nil {
		return nil, fmt.Errorf("open archive of %s: %w", site, damageOf(err))
	}
	return a, nil
}

func openArchive(env Env, site SiteID, dir string) (*Archive, error) {
	cfg, tenv := archiveTape(env, site, dir)
	if err := env.Disk.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := syncDir(env.Disk, filepath.Dir(cfg.Dir)); err != nil {
		return nil, err
	}
	// Only its end is read: what is before it, an audit reads.
	last := uint64(0)
	old, err := tape.OpenReadOnly(cfg, tenv)
	switch {
	case err == nil:
		last = old.Last()
		err = old.Close()
	case errors.Is(err, tape.ErrNoTape):
		err = nil
	}
	if err != nil {
		return nil, err
	}
	t, err := tape.Open(cfg, tenv, last)
	if errors.Is(err, tape.ErrNoTape) {
		t, err = tape.Create(cfg, tenv, 1)
	}
	if err != nil {
		return nil, err
	}
	return archiveAtEnd(site, t)
}

// ReadArchive opens a site's archive for an audit.
func ReadArchive(env Env, site SiteID, dir string) (*Archive, error) {
	env.Sealing = nil // head office's archive lies in the clear, whatever the book beside it does
	cfg, tenv := archiveTape(env, site, dir)
	t, err := tape.OpenReadOnly(cfg, tenv)
	if errors.Is(err, tape.ErrNoTape) || errors.Is(err, os.ErrNotExist) {
		return nil, &DamageError{Where: "archive " + cfg.Dir, Why: "there is none of this site"}
	}
	if err != nil {
		return nil, fmt.Errorf("open archive of %s: %w", site, damageOf(err))
	}
	return archiveAtEnd(site, t)
}

func archiveAtEnd(site SiteID, t *tape.Tape) (*Archive, error) {
	a := &Archive{site: site, tape: t}
	var err error
	if first := t.First(); first != 1 {
		err = &DamageError{Where: "archive", Why: fmt.Sprintf("it begins at entry %d", first)}
	}
	if last := Seq(t.Last()); err == nil && last > 0 {
		var f *Frame
		if f, err = frameOf(t, last); err == nil {
			a.end = f.End()
		}
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return a, nil
}

// End is the last position that the archive holds, on the disk.
func (a *Archive) End() Position { return a.end }

// Frames gives whole frames that hold the entries behind after: at least one if there is any, and then
// as many as fit in maxBytes. The first one may begin before.
func (a *Archive) Frames(after Seq, maxBytes int) ([][]byte, error) {
	var frames [][]byte
	size := 0
	err := eachFrame(a.tape, after+1, func(raw []byte) error {
		if f, err := DecodeFrame(raw); err != nil {
			return err
		} else if f.End().Seq <= after {
			return nil
		}
		if size += len(raw); len(frames) > 0 && size > maxBytes {
			return errEnough
		}
		frames = append(frames, bytes.Clone(raw))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read archive of %s behind entry %d: %w", a.site, after, err)
	}
	return frames, nil
}

// Append brings frames that follow End to the disk; frames that the archive holds are passed over,
// if they are the same. What does not follow is a *DamageError, and nothing of it was written.
func (a *Archive) Append(frames [][]byte) error {
	end := a.end
	var record []byte
	var first Seq
	flush := func() error {
		if len(record) == 0 {
			return nil
		}
		if err := a.tape.Append(uint64(first), uint32(end.Seq-first+1), record); err != nil {
			return fmt.Errorf("archive %s: %w", a.site, err)
		}
		a.end, record = end, record[:0]
		return nil
	}
	for _, raw := range frames {
		f, err := DecodeFrame(raw)
		if err == nil {
			err = f.Verify()
		}
		if err != nil {
			return errors.Join(fmt.Errorf("archive %s behind entry %d: %w", a.site, end.Seq, err), flush())
		}
		if f.End().Seq <= end.Seq {
			if err := a.same(f, end); err != nil {
				return err
			}
			continue
		}
		if f.Site != a.site || f.First != end.Seq+1 || f.Before != end.Hash {
			return errors.Join(&DamageError{Where: fmt.Sprintf("entry %d of %s", f.First, f.Site), Why: fmt.Sprintf("it does not follow entry %d of the archive", end.Seq)}, flush())
		}
		if len(record) > 0 && len(record)+len(raw) > archiveRecord {
			if err := flush(); err != nil {
				return err
			}
		}
		if len(record) == 0 {
			first = f.First
		}
		record, end = appendRecord(record, raw), f.End()
	}
	return flush()
}

// same compares a frame with what the archive, which has come to end, holds in its place.
func (a *Archive) same(f *Frame, end Position) error {
	have := end.Hash
	if last := f.End().Seq; last < end.Seq {
		if last > a.end.Seq {
			return nil // of this very call: its successor follows from it
		}
		var err error
		if have, err = hashAt(a.tape, last); err != nil {
			return err
		}
	}
	if have != f.End().Hash {
		return &DamageError{Where: fmt.Sprintf("entry %d of %s", f.End().Seq, a.site), Why: "the archive holds another one"}
	}
	return nil
}

// Close lets go of the files. It may be called twice.
func (a *Archive) Close() error { return a.tape.Close() }
