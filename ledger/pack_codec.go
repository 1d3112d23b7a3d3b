package ledger

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
)

// packer writes msgpack arrays into memory, each value as rowWriter has it. Writing there cannot fail, so it has
// no error to carry.
type packer struct{ row rowWriter }

const packSizeUsual = 192

func newPacker() *packer { return &packer{row: rowWriter{buf: make([]byte, 0, packSizeUsual)}} }

func (p *packer) array(n int)   { p.row.array(n) }
func (p *packer) uint(n uint64) { p.row.uint(n) }
func (p *packer) int(n int64)   { p.row.int(n) }
func (p *packer) str(s string)  { p.row.str(s) }
func (p *packer) bool(v bool)   { p.row.bool(v) }
func (p *packer) null()         { p.row.null() }

// bin writes bytes, also where there are none; nil is nil.
func (p *packer) bin(b []byte) {
	if b == nil {
		p.null()
		return
	}
	p.row.binHead(len(b))
	p.raw(b)
}

// raw writes a value that is encoded already.
func (p *packer) raw(b []byte) { p.row.buf = append(p.row.buf, b...) }

func (p *packer) digest(d Digest) {
	if d == (Digest{}) {
		p.null()
		return
	}
	p.bin(d[:])
}

// bytes gives what was written, to keep.
func (p *packer) bytes() []byte {
	if b := p.row.buf; cap(b)-len(b) > len(b)/2 {
		return bytes.Clone(b)
	}
	return p.row.buf
}

// unpacker reads what packer writes. The first error sticks; later reads give zero values.
type unpacker struct {
	dec *msgpack.Decoder
	err error
}

// errShape says that a value is well-formed msgpack of another shape than the one expected.
var errShape = errors.New("has another shape than expected")

// newUnpacker scans b first: nothing is decoded that could hurt.
func newUnpacker(b []byte) *unpacker { return newUnpackerMax(b, scanElementsMax) }

// newUnpackerMax is newUnpacker for what may have more elements than a message.
func newUnpackerMax(b []byte, most int) *unpacker {
	u := &unpacker{err: ScanMax(b, most)}
	u.dec = msgpack.NewDecoder(bytes.NewReader(b))
	return u
}

func (u *unpacker) note(err error) {
	if u.err == nil && err != nil {
		u.err = fmt.Errorf("%w: %w", errShape, err)
	}
}

// array opens an array of at least least elements and says how many it has. Elements that a
// newer writer appended are passed over by rest.
func (u *unpacker) array(least int) int {
	if u.err != nil {
		return 0
	}
	n, err := u.dec.DecodeArrayLen()
	u.note(err)
	if u.err == nil && n < least {
		u.err = fmt.Errorf("%w: array of %d, want %d", errShape, n, least)
	}
	return max(n, 0)
}

func (u *unpacker) rest(n, known int) {
	for i := known; i < n && u.err == nil; i++ {
		u.note(u.dec.Skip())
	}
}

// list opens an array whose elements the caller reads one by one, n times.
func (u *unpacker) list(most int) int {
	n := u.array(0)
	if u.err == nil && n > most {
		u.err = fmt.Errorf("%w: list of %d, at most %d", errShape, n, most)
	}
	if u.err != nil {
		return 0
	}
	return n
}

func (u *unpacker) uint() uint64 {
	if u.err != nil {
		return 0
	}
	n, err := u.dec.DecodeUint64()
	u.note(err)
	return n
}

// upTo reads a number that must not be above most: cut short it would mean another kind.
func (u *unpacker) upTo(most uint64) uint64 {
	n := u.uint()
	if u.err == nil && n > most {
		u.err = fmt.Errorf("%w: %d, at most %d", errShape, n, most)
	}
	return n
}

func (u *unpacker) int() int64 {
	if u.err != nil {
		return 0
	}
	n, err := u.dec.DecodeInt64()
	u.note(err)
	return n
}

func (u *unpacker) str() string {
	if u.err != nil {
		return ""
	}
	s, err := u.dec.DecodeString()
	u.note(err)
	return s
}

func (u *unpacker) bin() []byte {
	if u.err != nil {
		return nil
	}
	b, err := u.dec.DecodeBytes()
	u.note(err)
	return b
}

// raw reads one value as its bytes.
func (u *unpacker) raw() []byte {
	if u.err != nil {
		return nil
	}
	b, err := u.dec.DecodeRaw()
	u.note(err)
	return b
}

func (u *unpacker) bool() bool {
	if u.err != nil {
		return false
	}
	v, err := u.dec.DecodeBool()
	u.note(err)
	return v
}

func (u *unpacker) digest() Digest {
	var d Digest
	u.fixed(d[:], true)
	return d
}

// fixed reads exactly len(into) bytes; nil stands for all zero where mayBeNil.
func (u *unpacker) fixed(into []byte, mayBeNil bool) {
	b := u.bin()
	if u.err != nil || b == nil && mayBeNil {
		return
	}
	if len(b) != len(into) {
		u.err = fmt.Errorf("%w: %d bytes, want %d", errShape, len(b), len(into))
		return
	}
	copy(into, b)
}

// done gives the first error, naming what was read.
func (u *unpacker) done(what string) error {
	if u.err == nil {
		return nil
	}
	return fmt.Errorf("decode %s: %w", what, u.err)
}

// null says whether nil comes next, and takes it.
func (u *unpacker) null() bool {
	if u.err != nil {
		return false
	}
	c, err := u.dec.PeekCode()
	u.note(err)
	if u.err != nil || c != 0xc0 {
		return false
	}
	u.note(u.dec.DecodeNil())
	return true
}
