package ledger

import (
	"bytes"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// bookPast looks for what memory no longer holds: in the parcel that is being written, then in
// the index, which says where in the journal it is. One transaction serves all look-ups of a
// group; done ends it. It belongs to the writer, under Book.mu.
type bookPast struct {
	rereader
	book   *Book
	handed *parcel
	tx     *bbolt.Tx // nil until something is looked for
	index  *index
}

func newBookPast(b *Book) *bookPast {
	p := &bookPast{book: b, rereader: rereader{tape: b.tape}}
	p.stub = p.findStub
	return p
}

// look takes the parcel before the transaction, and that before the runs: what has left the parcel by
// then is in the index.
func (p *bookPast) look(f func() error) error {
	return guard(p.book.db.Path(), func() (err error) {
		if p.tx == nil {
			p.handed = p.book.handed.Load()
			if p.tx, err = p.book.db.Begin(false); err != nil {
				return err
			}
			p.index = p.book.runs.indexOf(p.tx)
		}
		return f()
	})
}

// done ends the look-ups of a group. Nothing may wait for a commit before it.
func (p *bookPast) done() {
	p.forgetIndex()
	p.frame = nil
}

// forgetIndex ends the transaction: the next look-up begins a new one.
func (p *bookPast) forgetIndex() {
	if p.tx != nil {
		p.index.close()
		_ = p.tx.Rollback() // of a reader: it cannot fail
	}
	p.tx, p.index, p.handed = nil, nil, nil
}

// Key finds the answer of a key; keys are kept for ever.
func (p *bookPast) Key(d Digest) (ref KeyRef, ok bool, err error) {
	err = p.look(func() error {
		if p.handed != nil {
			if ref, ok = p.handed.keys[d]; ok {
				return nil
			}
		}
		ref.Seq, err = p.index.key(d)
		return err
	})
	if err != nil || ok || ref.Seq == 0 {
		return ref, ok, err
	}
	e, err := p.Entry(ref.Seq)
	if err != nil {
		return ref, false, err
	}
	if e.Key != d && !slices.Contains(e.besides(), d) {
		return ref, false, &DamageError{Where: fmt.Sprintf("key of entry %d", ref.Seq), Why: "that entry answers another key"}
	}
	ref.Request = e.Request
	return ref, true, nil
}

// Order finds an order as of the last checkpoint.
func (p *bookPast) Order(id OrderID) (o *Order, ok bool, err error) {
	var last Seq
	if err = p.look(func() (err error) {
		o, last, err = p.index.orderOf(p.handed, id)
		return err
	}); err == nil && last > 0 {
		o, err = p.order(id, last)
	}
	return o, err == nil && o != nil, err
}

// trimmed is the last entry that is no longer whole.
func (p *bookPast) trimmed() Seq { return p.book.Trimmed() }

// Entry finds one entry by its number.
func (p *bookPast) Entry(seq Seq) (*Entry, error) { return p.entry(seq) }

// orderOf finds an order in the parcel, where there is one, or in the index: itself while it is
// open, else the last entry that holds it. Neither: there is no such order.
func (x *index) orderOf(handed *parcel, id OrderID) (o *Order, last Seq, err error) {
	if handed != nil {
		if o, ok := handed.orders[id]; ok {
			return o.order, 0, nil
		}
	}
	return x.order(id)
}

// parseOrder reads a value of the bucket orders.
func parseOrder(value []byte) (*Order, Seq, error) {
	if seq := parseSeq(value); seq > 0 {
		return nil, seq, nil
	}
	o, err := UnmarshalOrder(value)
	return o, 0, err
}

// find gives the value of a key, or nil where the bucket holds none. bbolt has no page checksums:
// a damaged page could hide a key, and what it answers would be sold a second time. So an absent
// key is believed only between two neighbours that are whole: whatever damage hid a key between
// them would have hurt one of them.
func find(tx *bbolt.Tx, bucket, key []byte) ([]byte, error) {
	c := tx.Bucket(bucket).Cursor()
	k, v := c.Seek(key)
	if bytes.Equal(k, key) {
		return openValue(bucket, k, v)
	}
	var before, value []byte
	if k != nil {
		if _, err := openValue(bucket, k, v); err != nil {
			return nil, err
		}
		before, value = c.Prev()
	} else {
		before, value = c.Last()
	}
	if before != nil {
		if _, err := openValue(bucket, before, value); err != nil {
			return nil, err
		}
	}
	if k != nil && bytes.Compare(k, key) < 0 || before != nil && bytes.Compare(before, key) >= 0 {
		return nil, &DamageError{Where: fmt.Sprintf("bucket %s", bucket), Why: fmt.Sprintf("its keys are out of order around %x; %s", key, hintIndex)}
	}
	return nil, nil
}
