package ledger

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// loadMoney fills s with the money that a value of meta holds, of the checkpoint or of the base, which knows how many entries
// have changed it: bbolt may lose a key.
func loadMoney(tx *bbolt.Tx, key []byte, s *State, written uint64) error {
	t := newTakings()
	if stored := tx.Bucket(bucketMeta).Get(key); stored != nil {
		value, err := openValue(bucketMeta, key, stored)
		if err == nil {
			t, err = unmarshalTakings(value)
		}
		if err != nil {
			return err
		}
	}
	if t.written != written {
		return &DamageError{Where: "money", Why: fmt.Sprintf("%d entries have changed it, the checkpoint counts %d", t.written, written)}
	}
	if err := t.check(); err != nil {
		return &DamageError{Where: "money", Why: err.Error()}
	}
	s.takings = t
	return nil
}

// A Till is what a book knows of the money of its site now.
type Till struct {
	Currency string // "" before the first drawer was opened
	Day      Day    // that has not ended
	Drawers  []Drawer
	Balances []MoneyPosting // of each account; those of drawers one by one, none of 0
}

// Currency is the one that the site's money is in, as Till says it; "" before the first was taken.
func (b *Book) Currency() string {
	if c := b.currency.Load(); c != nil {
		return *c
	}
	c := b.Till().Currency
	if c != "" && b.failed.Load() == nil { // it never changes once the disk holds it
		b.currency.Store(&c)
	}
	return c
}

// Till gives the money of the site.
func (b *Book) Till() Till {
	b.mu.RLock()
	defer b.seen()
	s := b.core.State
	out := Till{Currency: s.takings.currency, Day: s.Day(), Drawers: s.Drawers()}
	var list purse
	for i := range out.Drawers {
		list.add(MoneyDrawer, out.Drawers[i].Till, out.Drawers[i].Expected())
	}
	for k := MoneySafe; k <= moneyLast; k++ {
		list.add(k, "", s.takings.accounts[k])
	}
	out.Balances = list
	return out
}

// MoneyClaims lists the claims for an order that the book keeps, the oldest first: for what other sites' books took.
func (b *Book) MoneyClaims(order OrderID) []MoneyClaim {
	b.mu.RLock()
	defer b.seenUpTo(b.core.State.dirty.claims)
	return b.core.State.MoneyClaims(order)
}

// Payments gives what this book has taken for an order and given back, or ErrNothingPaid.
func (b *Book) Payments(id OrderID) (*Payments, error) {
	_, seq, err := lastVersion(func(version uint64) (Seq, error) {
		seq, err := b.answeredBy(KeyOfPayments(id, version))
		if seq > b.Head().Seq {
			seq = 0 // what is not on the disk yet was shown to nobody
		}
		return seq, err
	})
	if err != nil {
		return nil, err
	}
	if seq == 0 {
		return nil, ErrNothingPaid
	}
	past := b.reread()
	e, err := past.entry(seq)
	if err != nil {
		return nil, err
	}
	return e.heldPayments(id)
}

// EndedDay gives the figures of a day that has ended with the entry that ended it; ok is false where it has not.
func (b *Book) EndedDay(number uint64) (body *DayBody, e *Entry, ok bool, err error) {
	seq, err := b.answeredBy(KeyOfDay(number))
	if err != nil || seq == 0 || seq > b.Head().Seq {
		return nil, nil, false, err
	}
	past := b.reread()
	if e, err = past.entry(seq); err != nil {
		return nil, nil, false, err
	}
	if body, ok = e.Body.(*DayBody); !ok {
		return nil, nil, false, &DamageError{Where: fmt.Sprintf("day %d", number), Why: fmt.Sprintf("entry %d does not end it", seq)}
	}
	return body, e, true, nil
}

// ClosedDrawer gives a session of a drawer that was opened under epoch and is closed; ok is false where there is none.
func (b *Book) ClosedDrawer(till TillID, epoch Epoch, session uint64) (d Drawer, ok bool, err error) {
	seq, err := b.answeredBy(KeyOfDrawer(till, epoch, session, true))
	if err != nil || seq == 0 || seq > b.Head().Seq {
		return Drawer{}, false, err
	}
	past := b.reread()
	e, err := past.entry(seq)
	if err != nil {
		return Drawer{}, false, err
	}
	_, w := e.money()
	if w == nil {
		return Drawer{}, false, &DamageError{Where: fmt.Sprintf("session %d of drawer %s", session, till), Why: fmt.Sprintf("entry %d does not close it", seq)}
	}
	return w.Drawer, true, nil
}
