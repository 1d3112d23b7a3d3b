package ledger

import (
	"fmt"
	"slices"
)

// PurchaseVersionsMax bounds how often one purchase order is changed in one book.
const PurchaseVersionsMax = 10_000

// OrderGoods is a person's act on a purchase order of this book: it is written down or changed, sent, closed short or called off. The
// book promises nothing by it, so it is done also while the line to head office is down. Done again it changes nothing there.
type OrderGoods struct {
	Meta
	Act    PurchaseAct
	Order  Purchase // without lines, only Reference plays a part: it stays what it says
	By     string   // who signs
	Reason string
	Seen   uint64 // the order's version as it was seen, 0 where there was none, and one; 0: not said

	doc *Entry // that says how the book has it; nil where it has none
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

// heldPurchase gives the purchase order that e leaves in the book; nil where it leaves none.
func (e *Entry) heldPurchase() *PurchaseBody {
	switch b := e.Body.(type) {
	case *PurchaseBody:
		return b
	case *LateBody:
		if b.Refusal == "" {
			return b.Purchase
		}
	}
	return nil
}

// orderGoods writes down what a person does with a purchase order.
func (d *decision) orderGoods(r *OrderGoods) Outcome {
	b, done, err := r.body()
	if err != nil {
		return Outcome{Err: err}
	}
	if done {
		return Outcome{Entry: r.doc, Replayed: true}
	}
	return Outcome{Entry: d.write(&Entry{Kind: KindPurchase, Ref: b.Order.Reference, Body: b}, r.Meta)}
}

// body is what the entry would say, or why not. done says that the book has it so already.
func (r *OrderGoods) body() (b *PurchaseBody, done bool, err error) {
	b = &PurchaseBody{Act: r.Act, Version: 1, Order: r.Order, By: r.By, Reason: r.Reason}
	from, was := purchaseNone, (*PurchaseBody)(nil)
	if r.doc != nil {
		was = r.doc.Purchase()
		from, b.Version = was.State, was.Version+1
	}
	if len(r.Order.Lines) == 0 && was != nil {
		b.Order = was.Order
	}
	if err := r.check(was); err != nil {
		return nil, false, err
	}
	over := r.Act == PurchaseClose || r.Act == PurchaseCancel
	b.State = from.to(r.Act, PurchaseHas{Due: !over, Short: over})
	if was != nil && b.State == from && b.Order.same(&was.Order) {
		return nil, true, nil
	}
	if r.Seen != 0 && r.Seen != b.Version {
		return nil, false, &PurchaseChangedError{Reference: r.Order.Reference, Version: b.Version - 1}
	}
	if _, ok := from.After(r.Act, PurchaseHas{Due: !over, Short: over}); !ok {
		return nil, false, &PurchaseError{Reference: r.Order.Reference, State: from, Act: r.Act}
	}
	return b, false, nil
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
	b, version := f.purchase, uint64(1)
	if f.bought != nil {
		version = f.bought.Purchase().Version + 1
	}
	late := &LateBody{Purchase: b}
	if b.Version != version {
		late.Refusal = RefusedPurchase
	}
	return d.recordLate(f, late, d.s.taking(&moves{}))
}

// RefusedPurchase marks a late fact about a purchase order that this life of the book has changed since.
const RefusedPurchase Refusal = "purchase_state"

// Fits says whether the body is one that a book writes.
func (b *PurchaseBody) Fits() error {
	if b.Act < PurchasePut || b.Act > PurchaseCancel || b.Act == PurchaseReceive || !b.State.Known() || b.Version == 0 || b.Version > PurchaseVersionsMax {
		return fmt.Errorf("purchase order %s: act %d, state %d, version %d", b.Order.Reference, b.Act, b.State, b.Version)
	}
	return b.Order.Check()
}

// recallPurchase loads into a request the purchase order that it is about. ok is false of any other request.
func (c *Core) recallPurchase(req Request) (ok bool, err error) {
	switch r := req.(type) {
	case *OrderGoods:
		r.doc, err = lastPurchase(r.Order.Reference, c.purchaseAt)
		return true, err
	case *fact:
		if r.purchase == nil {
			return false, nil
		}
		r.bought, err = lastPurchase(r.purchase.Order.Reference, c.purchaseAt)
		return true, err
	default:
		return false, nil
	}
}

// purchaseAt gives the entry that is a version of a purchase order; nil where it was not taken.
func (c *Core) purchaseAt(reference string, version uint64) (*Entry, error) {
	ref, ok, err := c.answered(KeyOfPurchase(reference, version))
	if err != nil || !ok {
		return nil, err
	}
	e, err := c.entry(ref.Seq)
	if err != nil {
		return nil, err
	}
	return e, e.isVersion(reference, version)
}

// isVersion finds out whether e is what is remembered of a purchase order.
func (e *Entry) isVersion(reference string, version uint64) error {
	if b := e.heldPurchase(); b == nil || b.Order.Reference != reference || b.Version != version {
		return &DamageError{Where: fmt.Sprintf("entry %d", e.Seq), Why: "it is not what is remembered of a purchase order"}
	}
	return nil
}

// lastPurchase finds the last version of a purchase order by looking up one after the other: at most some 2 for each time that their
// number doubles. nil where there is none.
func lastPurchase(reference string, at func(string, uint64) (*Entry, error)) (last *Entry, err error) {
	low, high := uint64(0), uint64(1)
	for {
		e, err := at(reference, high)
		if err != nil {
			return nil, err
		}
		if e == nil {
			break
		}
		last, low, high = e, high, 2*high
	}
	for high-low > 1 {
		mid := low + (high-low)/2
		e, err := at(reference, mid)
		if err != nil {
			return nil, err
		}
		if e == nil {
			high = mid
		} else {
			last, low = e, mid
		}
	}
	return last, nil
}

// Purchase gives the entry that says how this book has a purchase order (Entry.Purchase), or ErrPurchaseUnknown. What is not on the disk
// yet was shown to nobody.
func (b *Book) Purchase(reference string) (*Entry, error) {
	last, err := lastPurchase(reference, func(reference string, version uint64) (*Entry, error) {
		at, err := b.answeredBy(KeyOfPurchase(reference, version))
		if err != nil || at == 0 || at > b.Head().Seq {
			return nil, err
		}
		past := b.reread()
		e, err := past.entry(at)
		if err != nil {
			return nil, err
		}
		return e, e.isVersion(reference, version)
	})
	if err == nil && last == nil {
		err = ErrPurchaseUnknown
	}
	return last, err
}

// Purchase is what an entry says of a purchase order; nil where it is about none.
func (e *Entry) Purchase() *PurchaseBody {
	if b, late := e.Body.(*LateBody); late {
		return b.Purchase
	}
	return e.heldPurchase()
}
