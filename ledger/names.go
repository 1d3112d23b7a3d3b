package ledger

import (
	"encoding/binary"
	"slices"
)

// knownWords are the words that most records are made of. In rows a word is its number here,
// from 1, and any other string itself. They are on disk: only ever appended to, up to nameFirst,
// and a reader that does not know a number refuses it, so a new word is a new version of the
// records that use it.
var knownWords = [...]string{
	string(Take), string(Collect), string(Deliver),
	string(Refuse), string(Partial), string(Backorder),
	string(StatusSourcing), string(StatusAllocated), string(StatusBackordered), string(StatusCanceled), string(StatusCompleted),
	string(RefusedShort), string(RefusedState), string(RefusedExists),
	"included", "excluded", "owner", "till", "counter", "web", "phone", "email", "marketplace", "app",
	string(BinDefault), string(HQ), "GBP", "EUR", "USD", "CHF", "GB", "DE", "FR", "US", "CH",
}

// nameFirst is the number of the first of an entry's own names.
const nameFirst = 64

var wordNumbers = numbered(knownWords[:])

func numbered(words []string) map[string]uint64 {
	m := make(map[string]uint64, len(words))
	for i, s := range words {
		m[s] = uint64(i + 1)
	}
	return m
}

// A nameTable numbers the names that one entry uses, so that each stands in it once.
type nameTable struct {
	names []string
	at    map[string]uint64 // only once there are many
}

const namesScanMax = 16

func (t *nameTable) reset() {
	clear(t.names)
	t.names, t.at = t.names[:0], nil
}

// number gives the number of a name, 0 for none.
func (t *nameTable) number(s string) uint64 {
	if s == "" {
		return 0
	}
	if len(t.names) <= namesScanMax {
		if i := slices.Index(t.names, s); i >= 0 {
			return nameFirst + uint64(i)
		}
	} else if i, ok := t.at[s]; ok {
		return i
	}
	if i, ok := wordNumbers[s]; ok {
		return i
	}
	i := nameFirst + uint64(len(t.names))
	t.names = append(t.names, s)
	switch {
	case t.at != nil:
		t.at[s] = i
	case len(t.names) > namesScanMax:
		t.at = make(map[string]uint64, 4*namesScanMax)
		for n, name := range t.names {
			t.at[name] = nameFirst + uint64(n)
		}
	}
	return i
}

// nameOf gives what number gave a number for; ok is false where there is no such name.
func nameOf(n uint64, names []string) (s string, ok bool) {
	switch {
	case n == 0:
		return "", true
	case n <= uint64(len(knownWords)):
		return knownWords[n-1], true
	case n >= nameFirst && n-nameFirst < uint64(len(names)):
		return names[n-nameFirst], true
	default:
		return "", false
	}
}

// word writes a word that is often one of the known ones.
func (w *rowWriter) word(s string) {
	if s == "" {
		w.uint(0)
	} else if n, ok := wordNumbers[s]; ok {
		w.uint(n)
	} else {
		w.str(s)
	}
}

// name writes a name that the entry may use more than once.
func (w *rowWriter) name(s string) {
	if w.names == nil {
		w.word(s)
		return
	}
	w.uint(w.names.number(s))
}

// word reads what word or name wrote.
func (r *rowReader) word() string {
	if c := r.peek(); c&0xe0 == 0xa0 || c >= 0xd9 && c <= 0xdb {
		return r.share.of(r.text())
	}
	n := r.uint()
	s, ok := nameOf(n, r.names)
	if !ok {
		r.refuse("word %d, which this build does not know", n)
	}
	return s
}

// id writes an order's id, or whatever else stands in its place. No id is nil.
func (w *rowWriter) id(s string) {
	b, ok := ParseUUID(s)
	switch {
	case ok:
		w.bin(b[:])
	case s == "":
		w.null()
	default:
		w.str(s)
	}
}

func (r *rowReader) id() string {
	switch c := r.peek(); {
	case c == 0xc0:
		r.null()
		return ""
	case c != 0xc4:
		return r.str()
	}
	b := r.bin()
	if r.err == nil && len(b) != 16 {
		r.refuse("an id of %d bytes, want 16", len(b))
	}
	if r.err != nil {
		return ""
	}
	return UUID(b).String()
}

// A sharer keeps one copy of each string that comes again and again in the records of one
// journal: SKUs, bins, customers. It forgets all of them when they are too many.
type sharer struct {
	known map[string]string
	names []string // room for those of one entry

	bodies []*OrderBody // that nobody needs any more
}

const (
	bodiesMax    = 2 * FrameEntriesMax
	bodyLinesMax = 64 // that a body is kept with
	sharedMax    = 1 << 18
	sharedLenMax = 64
)

// room gives an empty slice for n names of the entry at hand.
func (s *sharer) room(n int) []string {
	if s == nil || cap(s.names) < n {
		return make([]string, 0, n)
	}
	return s.names[:0]
}

// keep takes the room back, with what the entry still reads from it.
func (s *sharer) keep(names []string) {
	if s != nil {
		s.names = names
	}
}

// body gives an empty body, with room for lines where it has been used before.
func (s *sharer) body() *OrderBody {
	if s == nil || len(s.bodies) == 0 {
		return &OrderBody{}
	}
	last := len(s.bodies) - 1
	b := s.bodies[last]
	s.bodies = s.bodies[:last]
	lines := b.Order.Lines[:0]
	if cap(lines) > bodyLinesMax {
		lines = nil
	}
	*b = OrderBody{Order: Order{Lines: lines}}
	return b
}

func (s *sharer) of(b []byte) string {
	if s == nil || len(b) > sharedLenMax {
		return string(b)
	}
	if v, ok := s.known[string(b)]; ok {
		return v
	}
	if s.known == nil || len(s.known) >= sharedMax {
		s.known = make(map[string]string)
	}
	v := string(b)
	s.known[v] = v
	return v
}

// numberReader reads uvarints; short turns true where one is cut off or too long.
type numberReader struct {
	b     []byte
	short bool
}

func (r *numberReader) byte() byte {
	if len(r.b) == 0 {
		r.short = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *numberReader) next() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		return uint64(r.byte())
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.short = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *numberReader) nextSigned() int64 {
	v := r.next()
	return int64(v>>1) ^ -int64(v&1)
}
