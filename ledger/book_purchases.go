package ledger

import "fmt"

// Purchase gives the entry that says how this book has a purchase order (Entry.Purchase), or ErrPurchaseUnknown. What is not on the disk
// yet was shown to nobody.
func (b *Book) Purchase(reference string) (*Entry, error) {
	version, seq, err := lastVersion(func(version uint64) (Seq, error) { return b.shown(KeyOfPurchase(reference, version)) })
	if err != nil {
		return nil, err
	}
	if seq == 0 {
		return nil, ErrPurchaseUnknown
	}
	past := b.reread()
	e, err := past.entry(seq)
	if err != nil {
		return nil, err
	}
	return e, e.isVersion(reference, version)
}

// Purchases lists the purchase orders of this book, the latest that was begun first: those that keep takes, at most limit, of those before
// the nth (0: all). next is where to go on; 0 at the end. Each is a look-up in the index, so no memory follows their number; at most walk
// are looked at, and a page may have fewer than limit and still not be the last.
func (b *Book) Purchases(before uint64, limit, walk int, keep func(*Entry) bool) (out []*Entry, next uint64, err error) {
	n := before - 1
	if before == 0 {
		if n, _, err = lastVersion(func(n uint64) (Seq, error) { return b.shown(KeyOfNthPurchase(n)) }); err != nil {
			return nil, 0, err
		}
	}
	for looked := 0; n > 0; n, looked = n-1, looked+1 {
		if len(out) == limit || looked == walk {
			return out, n + 1, nil
		}
		e, err := b.nthPurchase(n)
		if err != nil {
			return nil, 0, err
		}
		if e != nil && keep(e) {
			out = append(out, e)
		}
	}
	return out, 0, nil
}

// nthPurchase gives the entry that says how the book has its nth purchase order; nil where there are fewer.
func (b *Book) nthPurchase(n uint64) (*Entry, error) {
	seq, err := b.shown(KeyOfNthPurchase(n))
	if err != nil || seq == 0 {
		return nil, err
	}
	past := b.reread()
	e, err := past.entry(seq)
	if err != nil {
		return nil, err
	}
	p := e.heldPurchase()
	if p == nil || p.Nth != n {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d", e.Seq), Why: fmt.Sprintf("it does not begin purchase order %d of the book", n)}
	}
	return b.Purchase(p.Order.Reference)
}

// shown is answeredBy for what may be shown to somebody: what is not on the disk yet may not.
func (b *Book) shown(key Digest) (Seq, error) {
	seq, err := b.answeredBy(key)
	if err != nil || seq > b.Head().Seq {
		return 0, err
	}
	return seq, nil
}

// CameOf says what has come here of a purchase order of this book, by SKU, as its last receipt has it; nil where nothing has.
func (b *Book) CameOf(reference string) ([]Came, error) {
	_, seq, err := lastVersion(func(nth uint64) (Seq, error) { return b.shown(KeyOfCame(reference, nth)) })
	if err != nil || seq == 0 {
		return nil, err
	}
	past := b.reread()
	e, err := past.entry(seq)
	if err != nil {
		return nil, err
	}
	if _, d := e.delivery(); d != nil {
		return d.Came, nil
	}
	return nil, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not what is remembered of a delivery"}
}
