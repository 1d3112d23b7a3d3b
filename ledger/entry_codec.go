package ledger

import (
	"fmt"
	"math"
	"time"
)

const entryVersion = 1

// MarshalEntry gives the bytes of e as they are stored, sent and hashed: a msgpack array, kind
// and version first, fields only ever appended, no hash inside.
func MarshalEntry(e *Entry) []byte {
	p := newPacker()
	p.array(12)
	p.uint(uint64(e.Kind))
	p.uint(entryVersion)
	p.uint(uint64(e.Seq))
	p.uint(uint64(e.Epoch))
	p.int(e.At.UnixMilli())
	p.str(e.Actor)
	p.str(e.Device)
	p.str(e.Ref)
	p.digest(e.Key)
	p.digest(e.Request)
	p.postings(e.Postings, e.Ref)
	p.bin(marshalBody(e.Body))
	return p.bytes()
}

// UnmarshalEntry reads what MarshalEntry wrote. An entry of a kind that a newer peer wrote
// comes with an UnknownBody, not an error: protocol.md section 4 says what is done with it.
func UnmarshalEntry(b []byte) (*Entry, error) {
	u := newUnpackerMax(b, orderElementsMax)
	n := u.array(12)
	e := &Entry{Kind: Kind(u.upTo(math.MaxUint16))}
	if v := u.uint(); u.err == nil && v < entryVersion {
		u.err = fmt.Errorf("%w: entry version %d", errShape, v)
	}
	e.Seq = Seq(u.uint())
	e.Epoch = Epoch(u.uint())
	e.At = time.UnixMilli(u.int()).UTC()
	e.Actor = u.str()
	e.Device = u.str()
	e.Ref = u.str()
	e.Key = u.digest()
	e.Request = u.digest()
	e.Postings = u.postings(e.Ref)
	body := u.bin()
	u.rest(n, 12)
	if err := u.done("entry"); err != nil {
		return nil, err
	}
	var err error
	if e.Body, err = unmarshalBody(e.Kind, body); err != nil {
		return nil, fmt.Errorf("decode entry %d %s: %w", e.Seq, e.Kind, err)
	}
	return e, nil
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
