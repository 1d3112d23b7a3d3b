package ledger

import (
	"fmt"
	"time"
)

const (
	entryVersion = 1
	postingsMax  = 8 * LinesMax
)

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
	u := newUnpacker(b)
	n := u.array(12)
	e := &Entry{Kind: Kind(u.uint())}
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

// postings writes nil for an account's reference that is the entry's own: a reserved line of an
// order would otherwise repeat the order's id.
func (p *packer) postings(ps []Posting, ref string) {
	p.array(len(ps))
	for i := range ps {
		q := &ps[i]
		p.array(5)
		p.str(string(q.SKU))
		p.uint(uint64(q.Account.Kind))
		if q.Account.Ref == ref && ref != "" {
			p.null()
		} else {
			p.str(q.Account.Ref)
		}
		p.uint(uint64(q.Account.Line))
		p.int(int64(q.Qty))
	}
}

func (u *unpacker) postings(ref string) []Posting {
	count := u.list(postingsMax)
	if count == 0 {
		return nil
	}
	out := make([]Posting, 0, count)
	for range count {
		n := u.array(5)
		q := Posting{SKU: SKU(u.str())}
		q.Account.Kind = AccountKind(u.uint())
		if u.null() {
			q.Account.Ref = ref
		} else {
			q.Account.Ref = u.str()
		}
		q.Account.Line = int(u.uint())
		q.Qty = Qty(u.int())
		u.rest(n, 5)
		if u.err != nil {
			return nil
		}
		out = append(out, q)
	}
	return out
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
