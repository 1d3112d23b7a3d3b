package machine

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A coder goes over a value's fields once, to write or to read them, so that the two cannot
// drift apart. Values are msgpack arrays; fields are only ever appended. The first error sticks;
// later reads give zero values. What is read has been through ledger.Scan.
type coder struct {
	out   []byte // writing
	in    values // reading
	reads bool
	err   error
}

var errShape = errors.New("has another shape than expected")

// write gives the bytes that f describes.
func write(f func(*coder)) []byte { return writeSized(0, f) }

// writeSized is write for what has about size bytes: they are set aside once.
func writeSized(size int, f func(*coder)) []byte {
	c := &coder{out: make([]byte, 0, size)}
	return c.written(f)
}

// written gives the bytes that f describes, where those of the last time stood.
func (c *coder) written(f func(*coder)) []byte {
	c.out = c.out[:0]
	f(c)
	if c.err != nil {
		panic("machine: encode into memory: " + c.err.Error())
	}
	return c.out
}

// read fills what f describes from b.
func read(b []byte, f func(*coder)) error {
	if err := ledger.Scan(b); err != nil {
		return err
	}
	c := &coder{in: values{b: b}, reads: true}
	f(c)
	return c.err
}

func (c *coder) reading() bool { return c.reads }

// found notes that a value of some kind was not found.
func (c *coder) found(ok bool, what string) {
	if !ok {
		c.refuse("no %s", what)
	}
}

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
		c.out = appendArray(c.out, all)
		f()
		for _, g := range more {
			g.f()
		}
		return
	}
	have, ok := c.in.arrayLen()
	c.found(ok, "array")
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
		c.found(c.in.skip(), "value")
	}
}

// list is an array of at most most values; none reads as nil.
func list[T any](c *coder, p *[]T, most int, f func(*T)) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.out = appendArray(c.out, len(*p))
		for i := range *p {
			f(&(*p)[i])
		}
		return
	}
	n, ok := c.in.arrayLen()
	c.found(ok, "list")
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
		c.out = appendString(c.out, string(*p))
		return
	}
	b, ok := c.in.bytes()
	c.found(ok, "text")
	*p = T(b)
}

// count is a number that cannot be below zero.
func count[T ~uint8 | ~uint64](c *coder, p *T) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.out = appendUint(c.out, uint64(*p))
		return
	}
	n, ok := c.in.number()
	c.found(ok, "number")
	if *p = T(n); uint64(*p) != n {
		c.refuse("number %d is too large", n)
	}
}

func number[T ~int | ~int64](c *coder, p *T) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.out = appendInt(c.out, int64(*p))
		return
	}
	n, ok := c.in.number()
	c.found(ok, "number")
	*p = T(n)
}

func (c *coder) flag(p *bool) {
	if c.err != nil {
		return
	}
	if !c.reading() {
		c.out = appendBool(c.out, *p)
		return
	}
	v, ok := c.in.flag()
	c.found(ok, "flag")
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
		c.out = appendBytes(c.out, *p)
		return
	}
	b, ok := c.in.bytes()
	c.found(ok, "bytes")
	*p = b
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
func (c *coder) blob(f func(*coder)) {
	if !c.reading() {
		c.out = appendBlob(c.out, func(b []byte) []byte {
			c.out = b
			f(c)
			return c.out
		})
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
