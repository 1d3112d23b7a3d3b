package ledger

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// needsStub says whether something will be asked for by the number of e once its place in the
// journal is gone: the answer under its key, or a closed order that e is the last to hold. closed
// must look in a checkpoint at or behind e.
func needsStub(closed func(OrderID) (Seq, error), e *Entry) (bool, error) {
	if e.Key != (Digest{}) || len(e.besides()) > 0 {
		return true, nil
	}
	o := e.heldOrder()
	if o == nil {
		return false, nil
	}
	last, err := closed(o.ID)
	return err == nil && last == e.Seq, err
}

// stubOf is what is kept of an entry. Its answer is made without postings: they are the levels'
// business, which are kept, and the archive's.
func stubOf(e *Entry) stub {
	bare := *e
	bare.Postings = nil
	return stub{e.Seq, MarshalEntry(&bare)}
}

// putStubs writes stubs, which follow those that are there, in packs.
func putStubs(tx *bbolt.Tx, stubs []stub) error {
	for len(stubs) > 0 {
		n, size := 0, 0
		for n < len(stubs) && (n == 0 || size+len(stubs[n].bytes) <= stubsFull) {
			size += len(stubs[n].bytes)
			n++
		}
		key := seqKey(stubs[0].seq)
		if err := tx.Bucket(bucketStubs).Put(key, sealValue(bucketStubs, key, packStubs(stubs[:n]))); err != nil {
			return err
		}
		stubs = stubs[n:]
	}
	return nil
}

// stubIn finds what tx keeps of entry seq; nil where it keeps nothing.
func stubIn(tx *bbolt.Tx, seq Seq) (*Entry, error) { return new(stubPack).find(tx, seq) }

// A stubPack is the pack of stubs that was opened last: neighbours by id mostly lie in one, and opening one takes more than reading an
// entry of it. It is good for one transaction.
type stubPack struct{ stubs []stub }

// find finds what tx keeps of entry seq; nil where it keeps nothing.
func (p *stubPack) find(tx *bbolt.Tx, seq Seq) (*Entry, error) {
	if n := len(p.stubs); n == 0 || seq < p.stubs[0].seq || seq > p.stubs[n-1].seq {
		if err := p.open(tx, seq); err != nil {
			return nil, err
		}
	}
	i, ok := slices.BinarySearchFunc(p.stubs, seq, func(s stub, seq Seq) int { return cmp.Compare(s.seq, seq) })
	if !ok {
		return nil, nil
	}
	return p.stubs[i].open()
}

// open opens the pack in which the stub of seq would stand.
func (p *stubPack) open(tx *bbolt.Tx, seq Seq) (err error) {
	p.stubs = nil
	bucket := tx.Bucket(bucketStubs)
	if bucket == nil {
		return nil
	}
	c := bucket.Cursor()
	k, v := c.Seek(seqKey(seq))
	if k == nil {
		k, v = c.Last()
	} else if !bytes.Equal(k, seqKey(seq)) {
		k, v = c.Prev()
	}
	if k != nil {
		p.stubs, err = openStubs(k, v)
	}
	return err
}

// openStubs reads one value of the bucket.
func openStubs(key, stored []byte) ([]stub, error) {
	value, err := openValue(bucketStubs, key, stored)
	if err != nil {
		return nil, err
	}
	stubs, err := unpackStubs(value)
	if err == nil && (len(stubs) == 0 || !bytes.Equal(seqKey(stubs[0].seq), key)) {
		err = errStubs
	}
	if err != nil {
		return nil, &DamageError{Where: fmt.Sprintf("stubs from entry %x", key), Why: err.Error()}
	}
	return stubs, nil
}

func (s *stub) open() (*Entry, error) {
	e, err := UnmarshalEntry(s.bytes)
	if err == nil && e.Seq != s.seq {
		err = fmt.Errorf("it calls itself entry %d", e.Seq)
	}
	if err != nil {
		return nil, &DamageError{Where: fmt.Sprintf("stub of entry %d", s.seq), Why: err.Error()}
	}
	return e, nil
}

// noStub says that the journal was trimmed of entry seq and that nothing was kept of it. In a
// transaction that was begun before the trimming it means: look again.
func noStub(seq Seq) error {
	return &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "the journal was trimmed of it, and nothing was kept that answers for it; " + hintIndex}
}

// stub finds what is kept of a trimmed entry, in a transaction of its own: none may be open.
func (b *Book) stub(seq Seq) (e *Entry, err error) {
	err = b.view(func(tx *bbolt.Tx) error {
		e, err = stubIn(tx, seq)
		return err
	})
	if err == nil && e == nil {
		err = noStub(seq)
	}
	return e, err
}

// reread reads entries of long ago, trimmed ones too, outside any transaction.
func (b *Book) reread() rereader { return rereader{tape: b.tape, stub: b.stub} }

// findStub looks in the group's transaction. It may be older than the trimming that took the entry's
// place away, so where it shows nothing, a new one has the last word.
func (p *bookPast) findStub(seq Seq) (e *Entry, err error) {
	for range 2 {
		if err = p.look(func() error {
			e, err = stubIn(p.tx, seq)
			return err
		}); err != nil || e != nil {
			return e, err
		}
		p.forgetIndex()
	}
	return nil, noStub(seq)
}
