package tape

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
)

// bufMax bounds the buffer kept from one append to the next.
const bufMax = 1 << 20

// Append writes one record of count numbers and syncs it; when it returns nil the record
// survives a power cut and is shown to readers. It keeps no reference to b.
//
// ErrFull and ErrTooLarge say that nothing was written and the tape goes on. Any other error is
// final: the record may or may not be found when the tape is opened again, and until then every
// Append gives the same error. first must be Last()+1, count at least 1 and b not empty, or
// Append panics: the caller's numbers are wrong, and nothing it says should be kept.
func (t *Tape) Append(first uint64, count uint32, b []byte) error {
	if len(b) > RecordMax {
		return fmt.Errorf("append %d: %w: %d bytes of at most %d", first, ErrTooLarge, len(b), RecordMax)
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	if err := t.writable(); err != nil {
		return err
	}
	r := Record{First: first, Count: count, Bytes: b}
	if first != t.last+1 || count == 0 || len(b) == 0 || r.Last() < first || r.Last()+1 == 0 {
		panic(fmt.Sprintf("tape: append of %d numbers from %d in %d bytes, after %d", count, first, len(b), t.last))
	}
	if err := t.clearTorn(); err != nil {
		return err
	}
	need := Cost(len(b) + t.overhead())
	if t.end+need > t.current.room() {
		if err := t.roll(need); err != nil {
			return err
		}
	}
	if err := t.write(r); err != nil {
		return err
	}
	t.ring()
	return nil
}

// write puts the record at the end, syncs it and only then shows it. The caller holds writing
// and has seen that there is room.
//
// A crash before the sync has ended leaves all of the record, nothing or any of its sectors:
// Open tells by the checksums. Sectors it shares with the record before are written with the
// bytes that they hold already.
func (t *Tape) write(r Record) error {
	seg := t.current
	t.buf = appendRecord(t.buf[:0], seg.seed(), t.sealed(r))
	err := t.env.before(ActWrite, seg.path)
	if err == nil {
		_, err = t.file.WriteAt(t.buf, t.end)
	}
	if err != nil {
		return t.fail(ActWrite, seg.path, err)
	}
	if err = t.env.before(ActSync, seg.path); err == nil {
		err = fdatasync(t.file)
	}
	if err != nil {
		return t.fail(ActSync, seg.path, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.marks = withMark(t.marks, mark{r.First, t.end})
	t.end += int64(len(t.buf))
	t.last = r.Last()
	if cap(t.buf) > bufMax {
		t.buf, t.text = nil, nil
	}
	return nil
}

// withMark adds a mark where the last one is far enough behind.
func withMark(marks []mark, m mark) []mark {
	if n := len(marks); n > 0 && m.at-marks[n-1].at < markEach {
		return marks
	}
	return append(marks, m)
}

// clearTorn writes zeros over what a crash left behind the last record, and syncs them, so that
// no part of it can ever stand behind a shorter record. A crash in here leaves less of it.
func (t *Tape) clearTorn() error {
	if t.torn == nil {
		return nil
	}
	err := t.env.before(ActMend, t.torn.File)
	if err == nil {
		err = writeZeros(t.file, t.torn.From, t.torn.To)
	}
	if err == nil {
		err = fdatasync(t.file)
	}
	if err != nil {
		return t.fail(ActMend, t.torn.File, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.torn = nil
	return nil
}

func writeZeros(f io.WriterAt, from, to int64) error {
	zeros := make([]byte, min(1<<20, to-from))
	for from < to {
		n := min(int64(len(zeros)), to-from)
		if _, err := f.WriteAt(zeros[:n], from); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// roll makes the spare the current segment and seals the one before. The caller holds writing.
// What a crash leaves:
//
//	before the rename       the spare, which is written over with zeros when next one is made
//	after it                a last segment without records: Open goes on there
//	before the footer       a sealed segment that lookups have to scan
//
// The footer comes last: a lookup can do without it, an append not without a segment.
func (t *Tape) roll(need int64) error {
	t.making.Lock()
	defer t.making.Unlock()
	if t.spare == nil || (header{size: t.spareSize}).room()-headerSize < need {
		if t.waitsForRoom() {
			return ErrFull
		}
		if err := t.makeSpare(need); err != nil {
			return err
		}
	}
	old, empty := t.current, t.end == headerSize
	h := header{owner: t.cfg.Owner, first: t.last + 1, prev: old.first, size: t.spareSize}
	if empty { // the record did not fit though nothing stood there: a larger file takes its place
		h.prev = old.prev
	}
	seg, err := t.useSpare(h)
	if err != nil {
		return err
	}
	if !empty {
		if err := t.seal(old); err != nil {
			return err
		}
	}
	if err := t.file.Close(); err != nil {
		return t.fail(ActSeal, old.path, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.file, t.spare, t.spareSize = t.spare, nil, 0
	t.segments = slices.Clone(t.segments)
	if empty {
		t.segments[len(t.segments)-1] = seg
	} else {
		t.segments = append(t.segments, seg)
	}
	t.current, t.end, t.marks = seg, headerSize, nil
	return nil
}

// useSpare gives the spare its header and its name, both synced. Until the rename has happened
// a full disk changes nothing. The caller holds making.
func (t *Tape) useSpare(h header) (*segment, error) {
	h.sealed = t.cfg.Key != nil
	_, err := io.ReadFull(t.env.Random, h.salt[:])
	seg := t.segment(h)
	if err == nil {
		err = t.env.before(ActRoll, seg.path)
	}
	if err == nil {
		_, err = t.spare.WriteAt(encodeHeader(seg.header), 0)
	}
	if err == nil {
		err = fdatasync(t.spare)
	}
	if err == nil {
		err = t.env.Disk.Rename(t.path(spareName), seg.path)
	}
	if IsFull(err) {
		return nil, fmt.Errorf("%w: %w", ErrFull, err)
	}
	if err != nil {
		return nil, t.fail(ActRoll, seg.path, err)
	}
	return seg, t.syncDir()
}

// seal writes the footer of what was the current segment. The caller holds writing.
func (t *Tape) seal(seg *segment) error {
	err := t.env.before(ActSeal, seg.path)
	if err == nil {
		_, err = t.file.WriteAt(encodeFooter(seg.seed(), footer{t.last, t.end, t.marks}), seg.room())
	}
	if err == nil {
		err = fdatasync(t.file)
	}
	if err != nil {
		return t.fail(ActSeal, seg.path, err)
	}
	return nil
}

// IsFull says whether an error of the system means that there is no room, on the disk or of a quota:
// that passes, unlike all others.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
