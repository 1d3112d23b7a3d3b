package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hashicorp/raft"
	bolt "go.etcd.io/bbolt"
)

// tailBytes is the size of a new tail. What it holds is moved into bbolt when it is full: some hundred appends
// share that commit.
const tailBytes = 2 << 20

// A tail is a file beside bbolt's that takes an append in one write, which is on disk when it returns. bbolt needs two
// syncs, and writes the pages on the way to the entry anew. What the tail holds follows what bbolt holds; it belongs to
// the generation that stands in bbolt, so the transaction that moves it there also ends it. Its size never changes.
type tail struct {
	file   *os.File
	size   int64
	gen    uint64
	number uint64 // of the next frame
	off    int64  // where it goes
	room   []byte // for what is written
}

// takes says whether a frame of these records has room.
func (t *tail) takes(recs [][]byte) bool { return frameSize(recs) <= t.size-t.off }

// append writes a frame. On an error it may be there or not.
func (t *tail) append(recs [][]byte) error {
	t.room = appendFrame(t.room[:0], t.gen, t.number, recs)
	if _, err := t.file.WriteAt(t.room, t.off); err != nil {
		return err
	}
	t.off += int64(len(t.room))
	t.number++
	return nil
}

// close closes the file, if there is one. A second close does nothing.
func (t *tail) close() error {
	if t == nil || t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return f.Close()
}

// begin empties the tail: the frames in it are of another generation.
func (t *tail) begin(gen uint64) { t.gen, t.number, t.off = gen, 0, 0 }

// read gives the frames of the present generation, and goes on behind the last. The first that is not whole is the
// last append, of which nothing was reported, unless another one follows: then what was reported is lost.
func (t *tail) read() (frames []frame, err error) {
	b := make([]byte, t.size)
	if _, err := t.file.ReadAt(b, 0); err != nil {
		return nil, err
	}
	for t.off < t.size {
		f, err := readFrame(b[t.off:])
		if err != nil || f.generation != t.gen || f.number != t.number {
			break
		}
		frames = append(frames, f)
		t.off += f.size
		t.number++
	}
	for off := t.off; off < t.size; off += tailPage {
		f, err := readFrame(b[off:])
		switch {
		case err != nil:
		case f.generation > t.gen:
			return nil, &DamagedError{Key: tailName, Reason: fmt.Errorf("it has generation %d, and raft's file is at %d: that has gone back", f.generation, t.gen)}
		case f.generation == t.gen && f.number > t.number:
			return nil, &DamagedError{Key: tailName, Reason: fmt.Errorf("append %d of generation %d is not whole, and %d is there", t.number, t.gen, f.number)}
		}
	}
	return frames, nil
}

// tailName ends the name of the tail's file, and names it in errors.
const tailName = "tail"

func tailPath(path string) string { return path + "." + tailName }

// makeTail makes the file anew, with nothing in it.
func makeTail(path string, opts Options) (err error) {
	f, err := opts.OpenFile(tailPath(path), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(make([]byte, opts.TailSize)); err != nil { // written, and not only reserved: an append is not to change what the file consists of
		return err
	}
	return f.Sync()
}

// Of the tail bbolt has its generation, and a mark in the log's bucket while there may be something in it: a build that
// knows no tail takes that for a key that does not belong there, and opens nothing. It would open a log without its end.
func tailBucket() []byte { return []byte(tailName) }
func genKey() []byte     { return []byte("generation") }
func markKey() []byte    { return []byte{0} } // before all indexes

// A foundTail is what bbolt says of the tail. The zero one is that of a file without: gen is 0.
type foundTail struct {
	gen    uint64
	marked bool
}

func (f *foundTail) look(tx *bolt.Tx) {
	if b := tx.Bucket(tailBucket()); b != nil {
		if v := b.Get(genKey()); len(v) == 8 {
			f.gen, f.marked = binary.BigEndian.Uint64(v), tx.Bucket(logBucket()).Get(markKey()) != nil
		}
	}
}

// sizeOf is how many bytes the tail of the file at path has.
func sizeOf(path string, opts Options) (int64, error) {
	f, err := opts.OpenFile(tailPath(path), os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// openTail opens the tail of the file at path and takes up what is in it. One that nothing can be in is made anew where need be.
func (s *Store) openTail(path string, opts Options, found foundTail, syncDir func() error) error {
	size, err := sizeOf(path, opts)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch {
	case found.marked && !there:
		return &DamagedError{Key: tailName, Reason: fmt.Errorf("%w: it may hold the last entries", err)}
	case !found.marked && (!there || size != int64(opts.TailSize) || found.gen == 0):
		size = int64(opts.TailSize)
		if err := makeTail(path, opts); err != nil {
			return err
		}
		if err := syncDir(); err != nil {
			return err
		}
	}
	if size <= 0 || size%tailPage != 0 {
		return &DamagedError{Key: tailName, Reason: fmt.Errorf("it has %d bytes", size)}
	}
	s.tail = &tail{size: size}
	s.tail.begin(max(found.gen, 1))
	if s.tail.file, err = opts.OpenFile(tailPath(path), os.O_RDWR|syncEach, 0); err != nil {
		return err
	}
	return s.readTail()
}

// readTail takes up what the tail holds.
func (s *Store) readTail() error {
	frames, err := s.tail.read()
	if err != nil {
		return err
	}
	for _, f := range frames {
		for _, rec := range f.recs {
			index, err := indexOf(rec)
			if err != nil || !s.span.empty() && index != s.span.last+1 {
				return &DamagedError{Key: tailName, Reason: fmt.Errorf("entry %d follows %d in append %d: %w", index, s.span.last, f.number, errors.Join(err, ErrHole))}
			}
			s.taken(index, [][]byte{rec})
		}
	}
	return nil
}

// mark notes in bbolt that there may be something in the tail.
func (s *Store) mark(tx *bolt.Tx) error {
	return errors.Join(tx.Bucket(tailBucket()).Put(genKey(), binary.BigEndian.AppendUint64(nil, s.tail.gen)), tx.Bucket(logBucket()).Put(markKey(), []byte{1}))
}

// A held is the entries that the tail holds, as records: the last of the log.
type held struct {
	first uint64 // 0: none
	recs  [][]byte
}

// at gives the record of index, nil where the tail has none.
func (h *held) at(index uint64) []byte {
	if h.first == 0 || index < h.first || index-h.first >= uint64(len(h.recs)) {
		return nil
	}
	return h.recs[index-h.first]
}

// taken notes entries that were appended to the tail. The caller holds mu, or is Open.
func (s *Store) taken(first uint64, recs [][]byte) {
	if s.held.first == 0 {
		s.held.first = first
	}
	s.held.recs = append(s.held.recs, recs...)
	s.grow(first, recs)
}

// grow notes entries that were appended. The caller holds mu, or is Open.
func (s *Store) grow(first uint64, recs [][]byte) {
	added := span{first, first + uint64(len(recs)) - 1}
	if !s.span.empty() {
		added.first = s.span.first
	}
	for _, rec := range recs {
		s.bytes += int64(len(rec))
	}
	s.span, s.wiped = added, 0
}

// move puts what the tail holds into bbolt, with recs behind it from index first on, in one transaction. The caller holds
// writer.
func (s *Store) move(act Act, first uint64, recs [][]byte, more func(*bolt.Tx) error) error {
	gen := s.tail.gen + 1
	err := s.commit(act, func(tx *bolt.Tx) error {
		b := tx.Bucket(logBucket())
		b.FillPercent = logFill
		for i, rec := range s.held.recs {
			if err := b.Put(indexKey(s.held.first+uint64(i)), rec); err != nil {
				return err
			}
		}
		for i, rec := range recs {
			if err := b.Put(indexKey(first+uint64(i)), rec); err != nil {
				return err
			}
		}
		return errors.Join(tx.Bucket(tailBucket()).Put(genKey(), binary.BigEndian.AppendUint64(nil, gen)), more(tx))
	})
	if err != nil {
		return err
	}
	s.tail.begin(gen)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held{}
	if len(recs) > 0 {
		s.grow(first, recs)
	}
	return nil
}

// settle puts what the tail holds into bbolt, so that a deletion finds all entries in one place.
func (s *Store) settle() error {
	if s.held.first == 0 { // only a writer changes it
		return nil
	}
	return s.move(ActMove, 0, nil, func(*bolt.Tx) error { return nil })
}

// write appends a frame to the tail. If anything fails, the store is broken, as after a commit.
func (s *Store) write(recs [][]byte) error {
	s.begun.Add(1)
	defer s.ended.Add(1)
	var err error
	if s.fault != nil {
		err = s.fault(ActStore, false)
	}
	if err == nil {
		err = s.tail.append(recs)
	}
	if err == nil && s.fault != nil {
		err = s.fault(ActStore, true)
	}
	if err != nil {
		return s.fail(fmt.Errorf("%s: %w", ActStore, err))
	}
	return nil
}

// indexOf reads the index of a record, and checks the record.
func indexOf(rec []byte) (uint64, error) {
	if len(rec) < headerSize+entryFixed {
		return 0, errShort
	}
	index := binary.BigEndian.Uint64(rec[headerSize:])
	var l raft.Log
	return index, decodeEntry(index, rec, &l)
}
