package ledger

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// bookPast looks for what memory no longer holds: in the parcel that is being written, then in
// the file. One transaction serves all look-ups of a group; done ends it. It belongs to the
// writer, under Book.mu.
type bookPast struct {
	book   *Book
	handed *parcel
	tx     *bbolt.Tx // nil until something is looked for
}

// begin takes the parcel before the transaction: what has left the parcel by then is in the file.
func (p *bookPast) begin() (err error) {
	if p.tx == nil {
		p.handed = p.book.handed.Load()
		p.tx, err = p.book.db.Begin(false)
	}
	return err
}

// done ends the look-ups of a group. Nothing may wait for a commit before it.
func (p *bookPast) done() {
	if p.tx != nil {
		_ = p.tx.Rollback() // of a reader: it cannot fail
	}
	p.tx, p.handed = nil, nil
}

// Key finds the answer of a key; keys are kept for ever.
func (p *bookPast) Key(d Digest) (ref KeyRef, ok bool, err error) {
	if err := p.begin(); err != nil {
		return ref, false, err
	}
	if p.handed != nil {
		if ref, ok = p.handed.keys[d]; ok {
			return ref, true, nil
		}
	}
	stored := p.tx.Bucket(bucketKeys).Get(d[:])
	if stored == nil {
		return ref, false, nil
	}
	ref, err = keyRefOf(d[:], stored)
	return ref, err == nil, err
}

// Order finds an order as of the last checkpoint.
func (p *bookPast) Order(id OrderID) (*Order, bool, error) {
	if err := p.begin(); err != nil {
		return nil, false, err
	}
	return orderOf(p.tx, p.handed, id)
}

// Entry finds one entry by its number.
func (p *bookPast) Entry(seq Seq) (*Entry, error) {
	if err := p.begin(); err != nil {
		return nil, err
	}
	f, err := frameOf(p.tx, seq)
	if err != nil {
		return nil, err
	}
	return UnmarshalEntry(f.Entries[seq-f.First])
}

// orderOf finds an order in the parcel, where there is one, or in the file.
func orderOf(tx *bbolt.Tx, handed *parcel, id OrderID) (*Order, bool, error) {
	if handed != nil {
		if o, ok := handed.orders[id]; ok {
			return o.order, o.order != nil, nil
		}
	}
	return readOrder(tx, id)
}

func keyRefOf(key, stored []byte) (ref KeyRef, err error) {
	v, err := openValue(bucketKeys, key, stored)
	if err != nil {
		return ref, err
	}
	if len(key) != len(Digest{}) || len(v) != len(ref.Request)+8 {
		return ref, &DamageError{Where: fmt.Sprintf("key %x", key), Why: "its record has the wrong length"}
	}
	copy(ref.Request[:], v)
	ref.Seq = Seq(binary.BigEndian.Uint64(v[len(ref.Request):]))
	return ref, nil
}

func readOrder(tx *bbolt.Tx, id OrderID) (*Order, bool, error) {
	stored := tx.Bucket(bucketOrders).Get([]byte(id))
	if stored == nil {
		return nil, false, nil
	}
	value, err := openValue(bucketOrders, []byte(id), stored)
	if err != nil {
		return nil, false, err
	}
	o, err := UnmarshalOrder(value)
	return o, err == nil, err
}

// frameOf finds the frame that holds seq: the last one whose first number is not above it.
// The chain of what is served from disk is checked every time: bbolt has no page checksums.
func frameOf(tx *bbolt.Tx, seq Seq) (*Frame, error) {
	c := tx.Bucket(bucketJournal).Cursor()
	k, v := c.Seek(seqKey(seq))
	if k == nil || Seq(binary.BigEndian.Uint64(k)) != seq {
		k, v = c.Prev()
	}
	if k == nil {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not in the journal"}
	}
	f, err := DecodeFrame(v)
	if err != nil {
		return nil, err
	}
	if err := f.Verify(); err != nil {
		return nil, err
	}
	if seq < f.First || seq > f.End().Seq {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not in the journal"}
	}
	return f, nil
}
