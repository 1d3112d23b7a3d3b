package ledger

import (
	"fmt"
	"slices"
	"time"
)

// PurchaseVersionsMax bounds how often one purchase order is changed in one book.
const PurchaseVersionsMax = 10_000

// OrderGoods is a person's act on a purchase order of this book: it is written down or changed, sent, closed short or called off, also while
// the line to head office is down. Done again it changes nothing there. Whose promises slip by it, Book.Slips says.
type OrderGoods struct {
	Meta
	Act    PurchaseAct
	Order  Purchase // without lines, only Reference plays a part: it stays what it says
	By     string   // who signs
	Reason string
	Seen   uint64 // the order's version as it was seen, 0 where there was none, and one; 0: not said

	doc *Entry // that says how the book has it; nil where it has none
	nth uint64 // purchase orders that the book has had, and one
}

func (*OrderGoods) request() {}

// PurchaseBody is what an entry says of a purchase order: how this book has it after it. What has come of it, and what head office has done
// with it, is not in it.
type PurchaseBody struct {
	Act     PurchaseAct
	State   PurchaseState
	Version uint64 // of the order in this book, from 1
	Order   Purchase
	By      string
	Reason  string
	Still   bool    // nothing was changed: it was so already. The entry answers its own key and is no version
	Refusal Refusal // why nothing was done; "" where it was, or was so already. The rest is how the order stands, which may be nowhere
	Nth     uint64  // of a first version: how many purchase orders the book has had, with this one; 0: not counted

	Slips []PurchaseSlip // orders of the book that are to have later, by this act, what they were promised by a day
}

// Done says whether the entry is a version of its order: something was done.
func (b *PurchaseBody) Done() bool { return !b.Still && b.Refusal == "" }

// err gives the refusal that the body records, or nil.
func (b *PurchaseBody) err() error {
	switch b.Refusal {
	case "":
		return nil
	case RefusedPurchaseSeen:
		return &PurchaseChangedError{Reference: b.Order.Reference, Version: b.Version}
	default:
		return &PurchaseError{Reference: b.Order.Reference, State: b.State, Act: b.Act}
	}
}

func (*PurchaseBody) kindly(k Kind) bool { return k == KindPurchase }

// A PurchaseError says no to an act on a purchase order: nothing was changed.
type PurchaseError struct {
	Reference string
	State     PurchaseState // as it is
	Act       PurchaseAct
}

func (e *PurchaseError) Error() string {
	return fmt.Sprintf("purchase order %s is %s: %s is not possible", e.Reference, e.State, e.Act)
}

// A PurchaseChangedError says that somebody has changed a purchase order since whoever would change it now has seen it.
type PurchaseChangedError struct {
	Reference string
	Version   uint64 // of the order now; 0 where there is none
}

func (e *PurchaseChangedError) Error() string {
	return fmt.Sprintf("purchase order %s is at version %d by now", e.Reference, e.Version)
}

// KeyOfPurchase is the digest under which a book remembers for ever that it has changed a purchase order for the version-th time. The
// entry that does answers this key beside its own, so each version is taken once.
func KeyOfPurchase(reference string, version uint64) Digest {
	return DigestOf([]byte("purchase"), []byte(reference), seqKey(Seq(version)))
}

// KeyOfNthPurchase is the digest under which a book remembers for ever which purchase order was the nth that it had: so they are listed,
// and need no memory.
func KeyOfNthPurchase(n uint64) Digest { return DigestOf([]byte("nth purchase"), seqKey(Seq(n))) }

// heldPurchase gives the purchase order that e leaves in the book; nil where it leaves none.
func (e *Entry) heldPurchase() *PurchaseBody {
	switch b := e.Body.(type) {
	case *PurchaseBody:
		if b.Done() {
			return b
		}
	case *ObeyedBody:
		if b.Purchase != nil && b.Purchase.Done() {
			return b.Purchase
		}
	case *LateBody:
		if b.Refusal == "" && b.Purchase != nil && b.Purchase.Done() {
			return b.Purchase
		}
	}
	return nil
}

// listed is the key by which the purchase order that e has begun is listed; zero where it has begun none.
func (e *Entry) listed() Digest {
	if b := e.heldPurchase(); b != nil && b.Version == 1 && b.Nth > 0 {
		return KeyOfNthPurchase(b.Nth)
	}
	return Digest{}
}

// orderGoods writes down what a person does with a purchase order.
func (d *decision) orderGoods(r *OrderGoods) Outcome {
	b, err := r.body()
	if err != nil {
		return Outcome{Err: err}
	}
	if b.Done() {
		var was *PurchaseBody
		if r.doc != nil {
			was = r.doc.Purchase()
		}
		b.Slips = d.s.slippedBy(b, was, d.now.UTC().Format(time.DateOnly))
	}
	out := Outcome{Entry: r.doc, Err: b.err(), Replayed: b.Still}
	if b.Done() || r.Key != (Digest{}) { // what changes nothing is remembered under its key, and else not at all
		out.Entry = d.write(&Entry{Kind: KindPurchase, Ref: b.Order.Reference, Body: b}, r.Meta)
	}
	return out
}

// body is what the entry says, or why there is none.
func (r *OrderGoods) body() (*PurchaseBody, error) {
	b := &PurchaseBody{Act: r.Act, Version: 1, Order: r.Order, By: r.By, Reason: r.Reason}
	from, was := purchaseNone, (*PurchaseBody)(nil)
	if r.doc != nil {
		was = r.doc.Purchase()
		from, b.Version = was.State, was.Version+1
	}
	if len(r.Order.Lines) == 0 && was != nil {
		b.Order = was.Order
	}
	if err := r.check(was); err != nil {
		return nil, err
	}
	over := r.Act == PurchaseClose || r.Act == PurchaseCancel
	b.State = from.to(r.Act, PurchaseHas{Due: !over, Short: over})
	_, fits := from.After(r.Act, PurchaseHas{Due: !over, Short: over})
	switch {
	case was != nil && b.State == from && b.Order.same(&was.Order):
		b.Still = true
	case r.Seen != 0 && r.Seen != b.Version:
		b.Refusal = RefusedPurchaseSeen
	case !fits:
		b.Refusal = RefusedPurchase
	case was == nil:
		b.Nth = r.nth
	}
	if !b.Done() {
		b.State, b.Version, b.Order = from, b.Version-1, Purchase{Reference: r.Order.Reference}
	}
	if b.Still {
		b.Order, b.By, b.Reason = was.Order, was.By, was.Reason // the first answer is how it stands
	}
	return b, nil
}

// same says whether two orders say the same.
func (p *Purchase) same(o *Purchase) bool {
	return p.Supplier == o.Supplier && p.Site == o.Site && p.Due == o.Due && p.Note == o.Note && slices.Equal(p.Lines, o.Lines)
}

// check refuses what is no act on a purchase order that stands as was, nil where there is none.
func (r *OrderGoods) check(was *PurchaseBody) error {
	if err := CheckPurchaseName(r.Order.Reference); err != nil {
		return err
	}
	switch {
	case len(r.Order.Lines) == 0 && was == nil:
		return ErrPurchaseUnknown
	case r.Act < PurchasePut || r.Act > PurchaseCancel || r.Act == PurchaseReceive:
		return &FormError{Field: "act", Why: "is none of a person's"}
	case len(r.Order.Lines) > 0 && r.Act > PurchaseSend:
		return &FormError{Field: "lines", Why: "play no part where a purchase order is closed or called off"}
	case max(len(r.Reason), len(r.By)) > TextMax:
		return &FormError{Field: "reason", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
	case was != nil && was.Version >= PurchaseVersionsMax:
		return &FormError{Field: "reference", Why: fmt.Sprintf("was changed %d times; order under another one", PurchaseVersionsMax)}
	case len(r.Order.Lines) == 0:
		return nil
	default:
		return r.Order.Check()
	}
}

// latePurchase records what an earlier life of the book did with a purchase order, where it is the next that was done with it: this
// life's own acts are newer.
func (d *decision) latePurchase(f *fact) Outcome {
	b, version := *f.purchase, uint64(1)
	if f.bought != nil {
		version = f.bought.Purchase().Version + 1
	}
	if b.Nth > 0 {
		b.Nth = f.nth // this life counts its own
	}
	late := &LateBody{Purchase: &b}
	if b.Done() && b.Version != version {
		late.Refusal = RefusedPurchase
	}
	return d.recordLate(f, late, d.s.taking(&moves{}))
}

// The refusals of purchase orders.
const (
	RefusedPurchase     Refusal = "purchase_state" // its state does not allow it; of a late fact: this life of the book has changed it since
	RefusedPurchaseSeen Refusal = "changed_since"  // somebody has changed it since it was seen
)

// Fits says whether the body is one that a book writes.
func (b *PurchaseBody) Fits() error {
	switch b.Refusal {
	case "":
	case RefusedPurchase, RefusedPurchaseSeen:
		return CheckPurchaseName(b.Order.Reference)
	default:
		return fmt.Errorf("purchase order %s: refused as %q", b.Order.Reference, b.Refusal)
	}
	if b.Act < PurchasePut || b.Act > PurchaseCancel || b.Act == PurchaseReceive || !b.State.Known() || b.Version == 0 || b.Version > PurchaseVersionsMax {
		return fmt.Errorf("purchase order %s: act %d, state %d, version %d", b.Order.Reference, b.Act, b.State, b.Version)
	}
	if len(b.Slips) > PurchaseSlipsMax {
		return fmt.Errorf("purchase order %s has %d orders slip", b.Order.Reference, len(b.Slips))
	}
	return b.Order.Check()
}

// recallPurchase loads into a request the purchase order that it is about. ok is false of any other request.
func (c *Core) recallPurchase(req Request) (ok bool, err error) {
	switch r := req.(type) {
	case *OrderGoods:
		if r.doc, err = c.lastPurchase(r.Order.Reference); err == nil && r.doc == nil {
			r.nth, err = c.nextPurchase()
		}
		return true, err
	case *Obey:
		r.bought = nil
		if ref, _, about := r.Command.Purchase(); about {
			r.bought, err = c.lastPurchase(ref)
		}
		return false, err // its id has to be looked for, too
	case *fact:
		if r.purchase == nil {
			return false, nil
		}
		if r.bought, err = c.lastPurchase(r.purchase.Order.Reference); err == nil && r.purchase.Nth > 0 {
			r.nth, err = c.nextPurchase()
		}
		return true, err
	default:
		return false, nil
	}
}

// lastPurchase gives the entry that says how the book has a purchase order; nil where it has none.
func (c *Core) lastPurchase(reference string) (*Entry, error) {
	version, seq, err := lastVersion(func(version uint64) (Seq, error) {
		ref, _, err := c.answered(KeyOfPurchase(reference, version))
		return ref.Seq, err
	})
	if err != nil || seq == 0 {
		return nil, err
	}
	e, err := c.entry(seq)
	if err != nil {
		return nil, err
	}
	return e, e.isVersion(reference, version)
}

// nextPurchase is how many purchase orders the book has had, and one.
func (c *Core) nextPurchase() (uint64, error) {
	n, _, err := lastVersion(func(n uint64) (Seq, error) {
		ref, _, err := c.answered(KeyOfNthPurchase(n))
		return ref.Seq, err
	})
	return n + 1, err
}

// isVersion finds out whether e is what is remembered of a purchase order.
func (e *Entry) isVersion(reference string, version uint64) error {
	if b := e.heldPurchase(); b == nil || b.Order.Reference != reference || b.Version != version {
		return &DamageError{Where: fmt.Sprintf("entry %d", e.Seq), Why: "it is not what is remembered of a purchase order"}
	}
	return nil
}

// Purchase is what an entry says of a purchase order; nil where it is about none.
func (e *Entry) Purchase() *PurchaseBody {
	switch b := e.Body.(type) {
	case *LateBody:
		return b.Purchase
	case *ObeyedBody:
		return b.Purchase
	case *PurchaseBody:
		return b
	default:
		return nil
	}
}
