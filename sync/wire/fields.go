package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/holdfast-stock/holdfast/ledger"
)

// formVersion is the version of every message's form so far.
const formVersion = 1

// packer writes one message. The first fault sticks.
type packer struct {
	buf bytes.Buffer
	enc *msgpack.Encoder
	err error
}

func newPacker() *packer {
	p := &packer{}
	p.enc = msgpack.NewEncoder(&p.buf)
	return p
}

func (p *packer) note(err error) {
	if p.err == nil {
		p.err = err
	}
}

// message opens a message's array of so many fields, its version first.
func (p *packer) message(fields int) {
	p.array(fields + 1)
	p.uint(formVersion)
}

func (p *packer) array(n int)   { p.note(p.enc.EncodeArrayLen(n)) }
func (p *packer) uint(n uint64) { p.note(p.enc.EncodeUint(n)) }
func (p *packer) int(n int64)   { p.note(p.enc.EncodeInt(n)) }
func (p *packer) bool(v bool)   { p.note(p.enc.EncodeBool(v)) }
func (p *packer) bin(b []byte)  { p.note(p.enc.EncodeBytes(b)) }

func (p *packer) str(what, s string, most int) {
	if len(s) > most {
		p.note(fmt.Errorf("%s has %d bytes, at most %d", what, len(s), most))
	}
	p.note(p.enc.EncodeString(s))
}

// why cuts a reason that is too long: half a reason is better than no message.
func (p *packer) why(s string) {
	if len(s) > WhyMax {
		s = strings.ToValidUTF8(s[:WhyMax], "")
	}
	p.str("why", s, WhyMax)
}

func (p *packer) list(what string, n, most int) {
	if n > most {
		p.note(fmt.Errorf("%d %s, at most %d", n, what, most))
	}
	p.array(n)
}

func (p *packer) position(at ledger.Position) {
	p.array(3)
	p.uint(uint64(at.Epoch))
	p.uint(uint64(at.Seq))
	p.bin(at.Hash[:])
}

func (p *packer) incarnation(h ledger.Incarnation) {
	p.array(2)
	p.uint(h.Counter)
	p.bin(h.Random[:])
}

func (p *packer) cursor(c ledger.Cursor) {
	p.array(3)
	p.incarnation(c.H)
	p.uint(c.Number)
	p.bin(c.Hash[:])
}

// errForm says that a value is well-formed msgpack and not the message expected.
var errForm = errors.New("not the message expected")

// unpacker reads what packer writes. left counts the elements of the innermost open array that
// are still to come: where none is left, a read gives the zero value. The first fault sticks.
type unpacker struct {
	from []byte
	at   *bytes.Reader // over from; what dec has not read yet
	dec  *msgpack.Decoder
	left int
	err  error
}

// newUnpacker scans b first: nothing is decoded that could hurt.
func newUnpacker(b []byte) *unpacker {
	at := bytes.NewReader(b)
	return &unpacker{from: b, at: at, err: ledger.Scan(b), dec: msgpack.NewDecoder(at), left: 1}
}

func (u *unpacker) note(err error) {
	if u.err == nil && err != nil {
		u.err = fmt.Errorf("%w: %w", errForm, err)
	}
}

func (u *unpacker) refuse(format string, a ...any) { u.note(fmt.Errorf(format, a...)) }

// told refuses what is sent and is of version 0: that is how it is said that nothing is.
func (u *unpacker) told(what string, version uint64) {
	if version == 0 {
		u.refuse("%s of version 0", what)
	}
}

// next says whether there is an element to read, and counts it.
func (u *unpacker) next() bool {
	if u.err != nil || u.left == 0 {
		return false
	}
	u.left--
	return true
}

// tuple reads one array by fields and passes over the elements behind those it knows. Where the
// array is absent, nil or empty, every field reads as zero: a name that must be there is missed.
func (u *unpacker) tuple(fields func()) {
	u.inside(u.open(1<<30), func() {
		fields()
		for u.next() {
			u.note(u.dec.Skip())
		}
	})
}

// message reads the whole message: its version, then fields.
func (u *unpacker) message(fields func()) {
	u.tuple(func() {
		if v := u.uint(); u.err == nil && v < formVersion {
			u.refuse("form version %d", v)
		}
		fields()
	})
}

// list reads one array of at most most elements, each by element, which must read just one.
func (u *unpacker) list(what string, most int, element func()) {
	n := u.open(most)
	u.inside(n, func() {
		for range n {
			if u.err != nil {
				return
			}
			element()
		}
	})
	if u.err != nil {
		u.err = fmt.Errorf("%s: %w", what, u.err)
	}
}

// open reads the head of an array and gives its length, 0 for one that is absent or nil.
func (u *unpacker) open(most int) int {
	if !u.next() {
		return 0
	}
	n, err := u.dec.DecodeArrayLen()
	u.note(err)
	if u.err == nil && n > most {
		u.refuse("%d elements, at most %d", n, most)
	}
	if u.err != nil {
		return 0
	}
	return max(n, 0)
}

// inside reads the n elements of the array that was opened.
func (u *unpacker) inside(n int, read func()) {
	if u.err != nil {
		return
	}
	outer := u.left
	u.left = n
	read()
	u.left = outer
}

func (u *unpacker) uint() uint64 {
	if !u.next() {
		return 0
	}
	n, err := u.dec.DecodeUint64()
	u.note(err)
	return n
}

func (u *unpacker) int() int64 {
	if !u.next() {
		return 0
	}
	n, err := u.dec.DecodeInt64()
	u.note(err)
	return n
}

// small reads a count or a number that fits 32 bits with room.
func (u *unpacker) small(what string) int {
	n := u.int()
	if n < 0 || n > 1<<30 {
		u.refuse("%s is %d", what, n)
		return 0
	}
	return int(n)
}

func (u *unpacker) bool() bool {
	if !u.next() {
		return false
	}
	v, err := u.dec.DecodeBool()
	u.note(err)
	return v
}

func (u *unpacker) str(what string, most int) string {
	if !u.next() {
		return ""
	}
	s, err := u.dec.DecodeString()
	u.note(err)
	if len(s) > most {
		u.refuse("%s has %d bytes, at most %d", what, len(s), most)
		return ""
	}
	return s
}

func (u *unpacker) why() string { return u.str("why", WhyMax) }

// bin reads bytes; none are nil.
func (u *unpacker) bin(what string, most int) []byte {
	if !u.next() {
		return nil
	}
	b, err := u.dec.DecodeBytes()
	u.note(err)
	if len(b) > most {
		u.refuse("%s has %d bytes, at most %d", what, len(b), most)
	}
	if u.err != nil || len(b) == 0 {
		return nil
	}
	return b
}

// part is bin without a copy: it aliases the body.
func (u *unpacker) part(what string, most int) []byte {
	if !u.next() {
		return nil
	}
	n, err := u.dec.DecodeBytesLen()
	u.note(err)
	if n > most {
		u.refuse("%s has %d bytes, at most %d", what, n, most)
	}
	if u.err != nil || n < 1 {
		return nil
	}
	from := len(u.from) - u.at.Len() // Scan has seen that n bytes follow
	_, err = u.at.Seek(int64(n), io.SeekCurrent)
	u.note(err)
	return u.from[from : from+n : from+n]
}

// fixed fills into exactly; no bytes at all leave it zero.
func (u *unpacker) fixed(what string, into []byte) {
	b := u.bin(what, len(into))
	if len(b) != 0 && len(b) != len(into) {
		u.refuse("%s has %d bytes, want %d", what, len(b), len(into))
		return
	}
	copy(into, b)
}
