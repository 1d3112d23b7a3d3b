package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A coder goes over a value's fields once, to write or to read them, so that the two cannot
// drift apart. Values are msgpack arrays; fields are only ever appended. The first error sticks;
// later reads give zero values. What is read has been through ledger.Scan.
type coder struct {
	buf  *bytes.Buffer // writing: enc writes here
	enc  *msgpack.Encoder
	dec  *msgpack.Decoder // reading
	at   *bytes.Reader    // what dec has not read yet of from
	from []byte
	err  error
}

var errShape = errors.New("has another shape than expected")

// write gives the bytes that f describes.
func write(f func(*coder)) []byte { return writeSized(0, f) }

// writeSized is write for what has about size bytes: they are set aside once.
func writeSized(size int, f func(*coder)) []byte {
	c := &coder{buf: bytes.NewBuffer(make([]byte, 0, size))}
	c.enc = msgpack.NewEncoder(c.buf)
	f(c)
	if c.err != nil {
		panic("machine: encode into memory: " + c.err.Error())
	}
	return c.buf.Bytes()
}

// read fills what f describes from b.
func read(b []byte, f func(*coder)) error {
	if err := ledger.Scan(b); err != nil {
		return err
	}
	at := bytes.NewReader(b)
	c := &coder{dec: msgpack.NewDecoder(at), at: at, from: b}
	f(c)
	return c.err
}

func (c *coder) reading() bool { return c.dec != nil }

func (c *coder) note(err error) {
	if c.err == nil && err != nil {
		c.err = fmt.Errorf("%w: %w", errShape, err)
	}
}

func (c *coder) refuse(format string, args ...any) {
	c.note(fmt.Errorf(format, args...))
}

// fields is an array of n fields. A newer writer may have appended some: they are passed over.
func (c *coder) fields(n int, f func()) { c.grown(n, f) }

// A growth is n fields that were appended together.
type growth struct {
	n int
	f func()
}

// grown is an array of n fields to which more were appended since, one growth after the other. What
// an older writer wrote ends before some of them: they keep their zero values.
func (c *coder) grown(n int, f func(), more ...growth) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		all := n
		for _, g := range more {
			all += g.n
		}
		c.note(c.enc.EncodeArrayLen(all))
		f()
		for _, g := range more {
			g.f()
		}
		return
	}
	have, err := c.dec.DecodeArrayLen()
	c.note(err)
	if have < n {
		c.refuse("array of %d, want %d", have, n)
	}
	if c.err != nil {
		return
	}
	f()
	for _, g := range more {
		if have < n+g.n {
			break
		}
		g.f()
		n += g.n
	}
	for i := n; i < have && c.err == nil; i++ {
		c.note(c.dec.Skip())
	}
}

// list is an array of at most most values; none reads as nil.
func list[T any](c *coder, p *[]T, most int, f func(*T)) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.note(c.enc.EncodeArrayLen(len(*p)))
		for i := range *p {
			f(&(*p)[i])
		}
		return
	}
	n, err := c.dec.DecodeArrayLen()
	c.note(err)
	if n > most {
		c.refuse("list of %d, at most %d", n, most)
	}
	for i := 0; i < n && c.err == nil; i++ {
		var v T
		f(&v)
		*p = append(*p, v)
	}
}

func text[T ~string](c *coder, p *T) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.note(c.enc.EncodeString(string(*p)))
		return
	}
	s, err := c.dec.DecodeString()
	c.note(err)
	*p = T(s)
}

// count is a number that cannot be below zero.
func count[T ~uint8 | ~uint64](c *coder, p *T) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.note(c.enc.EncodeUint(uint64(*p)))
		return
	}
	n, err := c.dec.DecodeUint64()
	c.note(err)
	if *p = T(n); uint64(*p) != n {
		c.refuse("number %d is too large", n)
	}
}

func number[T ~int | ~int64](c *coder, p *T) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.note(c.enc.EncodeInt(int64(*p)))
		return
	}
	n, err := c.dec.DecodeInt64()
	c.note(err)
	*p = T(n)
}

func (c *coder) flag(p *bool) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.note(c.enc.EncodeBool(*p))
		return
	}
	v, err := c.dec.DecodeBool()
	c.note(err)
	*p = v
}

// moment is whole milliseconds since 1970, UTC; 0 stands for the zero time.
func (c *coder) moment(p *time.Time) {
	var ms int64
	if !c.reading() && !p.IsZero() {
		ms = p.UnixMilli()
	}
	number(c, &ms)
	if c.reading() {
		if *p = (time.Time{}); ms != 0 {
			*p = time.UnixMilli(ms).UTC()
		}
	}
}

// bytes aliases what it is read from: a push is half a megabyte, and would be copied at each of
// the three layers around its frames.
func (c *coder) bytes(p *[]byte) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.note(c.enc.EncodeBytes(*p))
		return
	}
	n, err := c.dec.DecodeBytesLen()
	c.note(err)
	if *p = nil; n < 0 || c.err != nil {
		return
	}
	from := len(c.from) - c.at.Len()
	_, err = c.at.Seek(int64(n), io.SeekCurrent)
	c.note(err)
	if from+n > len(c.from) {
		c.refuse("%d bytes, %d are left", n, len(c.from)-from)
		return
	}
	*p = c.from[from : from+n : from+n]
}

// fixed is exactly len(p) bytes.
func (c *coder) fixed(p []byte) {
	if !c.reading() {
		c.bytes(&p)
		return
	}
	var b []byte
	c.bytes(&b)
	if c.err == nil && len(b) != len(p) {
		c.refuse("%d bytes, want %d", len(b), len(p))
	}
	copy(p, b)
}

// blob is a value as a string of bytes: it is scanned by itself, so its elements do not count
// against the bound of what holds it.
func (c *coder) blob(f func(*coder)) { c.blobSized(0, f) }

func (c *coder) blobSized(size int, f func(*coder)) {
	if !c.reading() {
		b := writeSized(size, f)
		c.bytes(&b)
		return
	}
	var b []byte
	c.bytes(&b)
	if c.err == nil {
		c.note(read(b, f))
	}
}

// foreign is a value of package ledger, in that package's own encoding.
func foreign[T any](c *coder, p *T, marshal func(*T) []byte, unmarshal func([]byte) (*T, error)) {
	if !c.reading() {
		b := marshal(p)
		c.bytes(&b)
		return
	}
	var b []byte
	c.bytes(&b)
	if c.err != nil {
		return
	}
	v, err := unmarshal(b)
	c.note(err)
	if err == nil {
		*p = *v
	}
}
