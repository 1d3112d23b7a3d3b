package tape

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sort"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

const (
	hintRestore = "restore the folder from a backup, or rebuild this site from head office's copy"
	hintNewer   = "use the program that wrote it, or a newer one"
)

// Create makes a tape whose first record will begin at number first (at least 1), in a folder
// that holds none, and opens it. When it returns, the empty tape survives a power cut.
func Create(cfg Config, env Env, first uint64) (*Tape, error) {
	t, err := newTape(cfg, env)
	if err != nil {
		return nil, err
	}
	if first == 0 {
		return nil, errors.New("create tape: numbers begin at 1")
	}
	names, err := t.names()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("create tape %s: %w", cfg.Dir, fs.ErrExist)
	}
	if err := t.makeSpare(1); err != nil {
		return nil, err
	}
	_, err = t.useSpare(header{owner: cfg.Owner, first: first, size: t.spareSize})
	if err = errors.Join(err, t.spare.Close()); err != nil {
		return nil, err
	}
	return Open(cfg, env, first-1)
}

// Open opens a tape to be read and appended to. after is the last number that the caller's
// checkpoint holds: the tape must reach at least that far, and every record beyond it (and all
// of the segment it lies in) is read and checked. The last record found is written again and
// synced, for a killed process or a failed sync may have left it only in memory; so all that
// the open tape shows is on the disk. A torn end is passed over and reported by Torn; the
// caller compares Last with its witness before it appends. ErrNoTape where there is none.
func Open(cfg Config, env Env, after uint64) (*Tape, error) {
	return open(cfg, env, func(t *Tape) error { return t.load(after, os.O_RDWR) })
}

// OpenReadOnly opens a tape that nobody writes to, for an audit. It changes nothing on the disk
// and reads only the last segment: walk the tape to check the rest.
func OpenReadOnly(cfg Config, env Env) (*Tape, error) {
	return open(cfg, env, func(t *Tape) error {
		t.readOnly = true
		return t.load(t.segments[len(t.segments)-1].first-1, os.O_RDONLY)
	})
}

func newTape(cfg Config, env Env) (*Tape, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open tape: %w", err)
	}
	t := &Tape{cfg: cfg.withDefaults(), env: env, bell: make(chan struct{}, 1), done: make(chan struct{})}
	t.scanners.New = func() any { return new(Cursor) }
	return t, nil
}

func open(cfg Config, env Env, load func(*Tape) error) (*Tape, error) {
	t, err := newTape(cfg, env)
	if err != nil {
		return nil, err
	}
	if err := t.list(); err != nil {
		return nil, err
	}
	if err := load(t); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// names lists the first numbers of the segments in the folder, rising. Other files are not ours.
func (t *Tape) names() ([]uint64, error) {
	d, err := t.env.Disk.OpenFile(t.cfg.Dir, os.O_RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("open tape: %w", err)
	}
	all, err := d.Readdirnames(-1)
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, fmt.Errorf("open tape: %w", err)
	}
	var names []uint64
	for _, name := range all {
		if first, ok := parseName(name); ok {
			names = append(names, first)
		}
	}
	slices.Sort(names)
	return names, nil
}

// list reads the headers of all segments, which show that none is missing between two others.
func (t *Tape) list() error {
	names, err := t.names()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("open tape %s: %w", t.cfg.Dir, ErrNoTape)
	}
	for i, first := range names {
		seg, err := t.readHeader(first)
		if err != nil {
			return err
		}
		if i > 0 && seg.prev != names[i-1] {
			return &DamageError{File: seg.path, Number: names[i-1],
				Why:  fmt.Sprintf("it follows %s, and that is not the file before it", segmentName(seg.prev)),
				Hint: hintRestore}
		}
		t.segments = append(t.segments, seg)
	}
	return nil
}

func (t *Tape) readHeader(first uint64) (*segment, error) {
	path := t.path(segmentName(first))
	f, err := t.env.Disk.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("open tape: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written through it
	b := make([]byte, headerSize)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("open tape: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open tape: %w", err)
	}
	damage := &DamageError{File: path, Number: first, Hint: hintRestore}
	h, err := decodeHeader(b[:n])
	switch {
	case errors.Is(err, errVersion):
		damage.Why, damage.Hint = err.Error(), hintNewer
	case err != nil:
		damage.Why = err.Error()
	case h.owner != t.cfg.Owner:
		damage.Why = fmt.Sprintf("it is %q's, not %q's", h.owner, t.cfg.Owner)
	case h.first != first:
		damage.Why = fmt.Sprintf("it begins at number %d, not at the one that it is named for", h.first)
	case h.size != info.Size():
		damage.Offset = min(h.size, info.Size())
		damage.Why = fmt.Sprintf("it has %d bytes of %d", info.Size(), h.size)
	case h.sealed && t.cfg.Key == nil:
		return nil, fmt.Errorf("open tape %s: %w", path, sealed.ErrSealed)
	case !h.sealed && t.cfg.Key != nil:
		return nil, fmt.Errorf("open tape %s: %w", path, sealed.ErrOpen)
	default:
		return t.segment(h), nil
	}
	return nil, damage
}

// load checks the tape from the segment that holds number after+1, finds its end, and makes it
// ready: last what may only be in memory is brought to the disk.
func (t *Tape) load(after uint64, flag int) error {
	from := sort.Search(len(t.segments), func(i int) bool { return t.segments[i].first-1 > after }) - 1
	if from < 0 {
		return &DamageError{File: t.segments[0].path, Number: after + 1, Hint: hintRestore,
			Why: fmt.Sprintf("the tape begins here, and the checkpoint holds numbers up to %d", after)}
	}
	var last mark
	for i := from; i < len(t.segments); i++ {
		var err error
		if last, err = t.check(i, flag); err != nil {
			return err
		}
	}
	if t.last < after {
		return &DamageError{File: t.current.path, Offset: t.end, Number: t.last + 1, Hint: hintRestore,
			Why: fmt.Sprintf("the tape ends here, and the checkpoint holds numbers up to %d", after)}
	}
	if t.readOnly {
		return nil
	}
	return t.settle(last)
}

// check reads all records of segment i. It must end where the next one begins; the last one
// becomes the current, and the mark of its last record is given.
func (t *Tape) check(i, flag int) (last mark, err error) {
	seg, isLast := t.segments[i], i == len(t.segments)-1
	if !isLast {
		flag = os.O_RDONLY
	}
	f, err := t.env.Disk.OpenFile(seg.path, flag, 0)
	if err != nil {
		return last, fmt.Errorf("open tape: %w", err)
	}
	defer func() {
		if f != t.file {
			_ = f.Close() // nothing was written through it
		}
	}()
	s := scanner{ahead: readAhead}
	s.reset(f, seg, seg.room())
	off, next := int64(headerSize), seg.first
	var marks []mark
	for isLast || next < t.segments[i+1].first {
		r, ok, err := s.record(off, next)
		if err != nil {
			return last, err
		}
		if !ok {
			break
		}
		last = mark{next, off}
		marks = withMark(marks, last)
		off, next = off+s.cost, r.Last()+1
	}
	if !isLast {
		if next != t.segments[i+1].first {
			return last, s.damage(off, next, whyRecord+", and "+segmentName(t.segments[i+1].first)+" follows it")
		}
		return last, nil
	}
	t.torn, err = s.tear(off, next)
	if err != nil {
		return last, err
	}
	t.file, t.current, t.end, t.last, t.marks = f, seg, off, next-1, marks
	return last, nil
}

// tear looks at what stands behind the last record of the last segment. Each record was synced
// before the next was begun: so what does not check is the remains of one write that nobody was
// told of, unless the header of a record stands behind it.
func (s *scanner) tear(end int64, number uint64) (*Tear, error) {
	var t *Tear
	reach := end + Cost(storedMax) // of the write that was cut short
	if h, ok, err := s.head(end, number); err != nil {
		return nil, err
	} else if ok {
		reach = end + h.cost()
	}
	for off := end; off < s.limit; off += 8 {
		b, err := s.at(off, 8)
		if err != nil {
			return nil, err
		}
		if binary.LittleEndian.Uint64(b) == 0 {
			continue
		}
		if t == nil {
			t = &Tear{File: s.seg.path, From: end}
		}
		t.To = off + 8
		if off+recordHead > s.limit {
			continue
		}
		if b, err = s.at(off, recordHead); err != nil {
			return nil, err
		}
		if h, ok := readHead(s.seed, b); ok && (off != end || h.first != number) {
			return nil, s.damage(end, number, fmt.Sprintf("%s, and the record of number %d stands behind it, at byte %d", whyRecord, h.first, off))
		}
	}
	if t != nil && t.To > reach {
		return nil, s.damage(end, number, fmt.Sprintf("%s, and what stands behind it, up to byte %d, is not of the same write", whyRecord, t.To))
	}
	return t, nil
}

// settle brings to the disk what an earlier life may have left in memory only: the last record,
// where its sync failed or never came, and the folder's entries. Writing the record again makes
// its pages dirty: after a failed sync the kernel may hold them for clean.
func (t *Tape) settle(last mark) error {
	if err := t.syncDir(); err != nil {
		return err
	}
	if t.end == headerSize {
		return nil // the record before was synced before this segment was made
	}
	b := make([]byte, t.end-last.at)
	_, err := t.file.ReadAt(b, last.at)
	if err == nil {
		err = t.env.before(ActMend, t.current.path)
	}
	if err == nil {
		_, err = t.file.WriteAt(b, last.at)
	}
	if err == nil {
		err = fdatasync(t.file)
	}
	if err != nil {
		return t.fail(ActMend, t.current.path, err)
	}
	return nil
}
