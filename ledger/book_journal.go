package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/holdfast-stock/holdfast/ledger/runs"
	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// What is kept free in the journal's files when the disk is full: nothing new is promised on the
// last roomPromises bytes of those that are written already, and nothing at all is decided on the
// last roomAll.
const (
	roomPromises = 1 << 20
	roomAll      = 256 << 10
)

// recordMax bounds the bytes of a record of several frames; a frame of its own may be larger.
const recordMax = 4 << 20

const recordVersion = 1

// appendRecord puts a frame behind those that record holds: version, then each frame's length
// (uvarint) and bytes. A record is what one sync made durable.
func appendRecord(record, frame []byte) []byte {
	if len(record) == 0 {
		record = append(record, recordVersion)
	}
	return append(binary.AppendUvarint(record, uint64(len(frame))), frame...)
}

// nextFrame takes the first frame off what is left of a record, which is not empty.
func nextFrame(rest []byte) (frame, behind []byte, err error) {
	n, head := binary.Uvarint(rest)
	if head <= 0 || n == 0 || n > uint64(len(rest)-head) {
		return nil, nil, &DamageError{Where: "record of the journal", Why: "a length beyond its end"}
	}
	return rest[head : head+int(n) : head+int(n)], rest[head+int(n):], nil
}

// recordFrames gives what is left of a record behind its version.
func recordFrames(record []byte) ([]byte, error) {
	if len(record) == 0 || record[0] != recordVersion {
		return nil, &DamageError{Where: "record of the journal", Why: fmt.Sprintf("it does not begin with version %d", recordVersion)}
	}
	if len(record) == 1 {
		return nil, &DamageError{Where: "record of the journal", Why: "it holds no frame"}
	}
	return record[1:], nil
}

// tapeOf says which tape holds the journal of the book in dir.
func tapeOf(env Env, site SiteID, dir string) (tape.Config, tape.Env) {
	return tape.Config{Dir: filepath.Join(dir, JournalDir), Owner: string(site), Key: env.key()},
		tape.Env{Disk: env.Disk, Clock: env.Clock, Random: env.Random("journal"),
			Before: func(act tape.Act, path string) error { return env.Disk.Before(Act(act), path) }}
}

// openJournal opens the journal of a book whose checkpoint stands at after, and checks all that
// lies behind it. A new book's is made, in its folder that is there and synced.
func (b *Book) openJournal(after Seq, fresh bool) error {
	cfg, env := tapeOf(b.env, b.cfg.Site, b.cfg.Dir)
	cfg.SizeMin, cfg.SizeMax = b.cfg.JournalSize, 4*b.cfg.JournalSize
	t, err := tape.Open(cfg, env, uint64(after))
	switch {
	case err != nil && fresh && errors.Is(err, tape.ErrNoTape):
		t, err = tape.Create(cfg, env, 1)
	case errors.Is(err, tape.ErrNoTape) || errors.Is(err, os.ErrNotExist):
		err = &DamageError{Where: "journal " + cfg.Dir, Why: "it is gone; " + hintWhole}
	}
	if errors.Is(err, tape.ErrFull) {
		err = errors.Join(ErrFull, err)
	}
	if err != nil {
		return damageOf(err)
	}
	b.tape = t
	return nil
}

// damageOf turns the damage of tape and runs into ours; what was wrong and what can be done is in it.
func damageOf(err error) error {
	if errors.Is(err, tape.ErrTrimmed) {
		return fmt.Errorf("%w: %w", ErrTrimmed, err)
	}
	if d, ok := errors.AsType[*tape.DamageError](err); ok {
		return &DamageError{Where: "journal", Why: d.Error()}
	}
	if d, ok := errors.AsType[*runs.DamageError](err); ok {
		return &DamageError{Where: "index", Why: d.Error()}
	}
	return err
}

// append brings frames to the journal, as few records as their bounds allow, each synced. What
// it gives is final: a record that is not known to be on the disk is not known to be missing.
func (b *Book) append(frames []*Frame) error {
	if old := b.failed.Load(); old != nil {
		return fmt.Errorf("%w: %w", ErrClosed, old.err)
	}
	if err := b.env.Disk.Before(ActCommit, filepath.Join(b.cfg.Dir, JournalDir)); err != nil {
		return b.fail(fmt.Errorf("%s: %w", ActCommit, err))
	}
	b.record = b.record[:0]
	first, count := Seq(0), 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		if err := b.tape.Append(uint64(first), uint32(count), b.record); err != nil {
			if errors.Is(err, tape.ErrFull) {
				err = errors.Join(ErrFull, err)
			}
			return b.fail(fmt.Errorf("%s: %w", ActCommit, err))
		}
		b.record, count = b.record[:0], 0
		return nil
	}
	for _, f := range frames {
		raw := EncodeFrame(f)
		if len(b.record)+len(raw) > recordMax {
			if err := flush(); err != nil {
				return err
			}
		}
		if count == 0 {
			first = f.First
		}
		b.record = appendRecord(b.record, raw)
		count += len(f.Entries)
	}
	err := flush()
	if cap(b.record) > recordMax/4 {
		b.record = nil
	}
	return err
}

// noRoom says that the disk is full and that less than keep is left in the journal's files,
// beside what is decided and not written yet. The caller holds mu.
func (b *Book) noRoom(keep int64) bool {
	if !b.tape.Full() {
		return false
	}
	return b.tape.Room()-b.core.PendingBytes() < keep
}

// records are the journal's, by the numbers of their entries: its tape, or look-ups of it that follow each other.
type records interface {
	Read(number uint64, buf []byte) (tape.Record, error)
}

// frameOf finds the frame that holds seq.
func frameOf(t records, seq Seq) (*Frame, error) {
	r, err := t.Read(uint64(seq), nil)
	if errors.Is(err, tape.ErrAhead) {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not in the journal"}
	}
	if err != nil {
		return nil, damageOf(err)
	}
	rest, err := recordFrames(r.Bytes)
	for err == nil && len(rest) > 0 {
		var raw []byte
		if raw, rest, err = nextFrame(rest); err != nil {
			break
		}
		f := &Frame{} // the record's bytes are nobody else's, so the entries may stay part of them
		if err = f.decode(raw); err == nil && seq <= f.End().Seq {
			if seq < f.First {
				break
			}
			return f, nil
		}
	}
	if err == nil {
		err = &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not in the record that should hold it"}
	}
	return nil, err
}

// entryOf decodes one entry of a frame. The record's checksum has been checked; that the entry
// follows from the one before shows that it is the one that was decided.
func entryOf(f *Frame, seq Seq) (*Entry, error) {
	i := int(seq - f.First)
	before := f.Before
	if i > 0 {
		before = f.Hashes[i-1]
	}
	if Chain(before, f.Site, f.Epoch, seq, f.Entries[i]) != f.Hashes[i] {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d of %s", seq, f.Site), Why: "its hash does not follow from its bytes"}
	}
	e, err := UnmarshalEntry(f.Entries[i])
	if err == nil && (e.Seq != seq || e.Epoch != f.Epoch) {
		err = &DamageError{Where: fmt.Sprintf("entry %d of %s", seq, f.Site), Why: fmt.Sprintf("it calls itself entry %d of epoch %d", e.Seq, e.Epoch)}
	}
	return e, err
}

// A rereader reads entries of long ago and keeps the frame it has found last: neighbours by id
// are neighbours in time. The zero frame is none.
type rereader struct {
	tape  records
	frame *Frame
	stub  func(Seq) (*Entry, error) // what is kept of an entry that the journal was trimmed of
}

func (r *rereader) entry(seq Seq) (*Entry, error) {
	if r.frame == nil || seq < r.frame.First || seq > r.frame.End().Seq {
		f, err := frameOf(r.tape, seq)
		if errors.Is(err, ErrTrimmed) {
			return r.stub(seq)
		}
		if err != nil {
			return nil, err
		}
		r.frame = f
	}
	return entryOf(r.frame, seq)
}

// order gives the order as entry seq left it.
func (r *rereader) order(id OrderID, seq Seq) (*Order, error) {
	e, err := r.entry(seq)
	if err != nil {
		return nil, err
	}
	if o := e.heldOrder(); o != nil && o.ID == id {
		return o, nil
	}
	return nil, &DamageError{Where: "order " + string(id), Why: fmt.Sprintf("entry %d should hold it and does not", seq)}
}

// eachFrame gives the frames from the record that holds from to the end, as they are stored. A frame
// is good until f returns. With errEnough f ends the walk.
func eachFrame(t *tape.Tape, from Seq, f func(raw []byte) error) (err error) {
	if from > Seq(t.Last()) {
		return nil
	}
	c := t.Cursor(uint64(from))
	defer func() { err = errors.Join(err, c.Close()) }()
	for {
		r, err := c.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return damageOf(err)
		}
		if err := eachInRecord(r, f); err == errEnough {
			return nil
		} else if err != nil {
			return err
		}
	}
}

var errEnough = errors.New("enough")

func eachInRecord(r tape.Record, f func(raw []byte) error) error {
	rest, err := recordFrames(r.Bytes)
	for err == nil && len(rest) > 0 {
		var raw []byte
		if raw, rest, err = nextFrame(rest); err == nil {
			err = f(raw)
		}
	}
	return err
}
