package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// Held is what one holder may promise of a site's units.
type Held struct {
	Holder Holder
	Qty    Qty
}

// InBin is what lies in one bin.
type InBin struct {
	Bin      Bin
	Sellable Qty
	Blocked  Qty
}

// A Level is the balances of one SKU at one site. All amounts are >= 0.
type Level struct {
	Blocked   Qty
	Sellable  Qty // in bins, fit to be sold
	Picked    Qty
	Available Qty
	Reserved  Qty
	Shortfall Qty
	Allotted  []Held  // by holder; none that holds nothing
	Bins      []InBin // by name; none that holds nothing
	Lots      []Lot   // in the order in which they leave; nil where the site has none of the SKU

	noted uint32 // in which round of dirt
	since uint32 // which entry changed it last, the low half of its Seq; 0 where it was before the book was opened
}

// OnHand is what is physically there, in any condition.
func (l *Level) OnHand() Qty { return l.Blocked + l.Sellable + l.Picked }

// AllottedTo is what holder may promise.
func (l *Level) AllottedTo(holder Holder) Qty {
	for _, h := range l.Allotted {
		if h.Holder == holder {
			return h.Qty
		}
	}
	return 0
}

// AllottedSum is what all holders together may promise.
func (l *Level) AllottedSum() Qty {
	var sum Qty
	for _, h := range l.Allotted {
		sum += h.Qty
	}
	return sum
}

// Clone copies l so deep that neither changes with the other.
func (l *Level) Clone() Level {
	c := *l
	c.noted, c.since = 0, 0
	c.Allotted = slices.Clone(l.Allotted)
	c.Bins = slices.Clone(l.Bins)
	c.Lots = cloneLots(l.Lots)
	return c
}

// Post applies one posting. Accounts that only count what flows through them (supplier,
// customer, transit, loss, the counter-account) leave no balance here; an account of a kind
// that a newer peer wrote is an error, for its effect is unknown.
func (l *Level) Post(p Posting) error { return l.post(&p) }

func (l *Level) post(p *Posting) error {
	switch p.Account.Kind {
	case Supplier, Customer, Transit, Loss, Stock:
	case Sellable:
		l.Sellable += p.Qty
		l.toBin(Bin(p.Account.Ref), p.Qty, 0)
	case Blocked:
		l.Blocked += p.Qty
		l.toBin(Bin(p.Account.Ref), 0, p.Qty)
	case Picked:
		l.Picked += p.Qty
	case Available:
		l.Available += p.Qty
	case Reserved:
		l.Reserved += p.Qty
	case Allotted:
		l.toHolder(Holder(p.Account.Ref), p.Qty)
	case Shortfall:
		l.Shortfall -= p.Qty
	default:
		return fmt.Errorf("post %s: unknown account kind %d", p.SKU, p.Account.Kind)
	}
	return nil
}

// toBin adds to a bin. A bin that holds nothing is not listed: names of bins come and go for
// years, and a level must stay small.
func (l *Level) toBin(name Bin, sellable, blocked Qty) {
	i, ok := 0, len(l.Bins) > 0 && l.Bins[0].Bin == name // most SKUs lie in one bin
	if !ok {
		i, ok = l.bin(name)
	}
	if !ok {
		l.Bins = slices.Insert(l.Bins, i, InBin{Bin: name})
	}
	b := &l.Bins[i]
	b.Sellable += sellable
	b.Blocked += blocked
	if b.Sellable == 0 && b.Blocked == 0 {
		l.Bins = slices.Delete(l.Bins, i, i+1)
	}
}

func (l *Level) bin(name Bin) (int, bool) {
	return slices.BinarySearchFunc(l.Bins, name, func(b InBin, n Bin) int { return strings.Compare(string(b.Bin), string(n)) })
}

// toHolder adds to an allotment; one that has come down to nothing is not listed.
func (l *Level) toHolder(name Holder, q Qty) {
	i, ok := slices.BinarySearchFunc(l.Allotted, name, func(h Held, n Holder) int { return strings.Compare(string(h.Holder), string(n)) })
	if !ok {
		l.Allotted = slices.Insert(l.Allotted, i, Held{Holder: name})
	}
	if l.Allotted[i].Qty += q; l.Allotted[i].Qty == 0 {
		l.Allotted = slices.Delete(l.Allotted, i, i+1)
	}
}

// Check says which invariant of section 2 of the protocol l breaks, if any.
func (l *Level) Check() error {
	if l.Blocked < 0 || l.Sellable < 0 || l.Picked < 0 || l.Available < 0 || l.Reserved < 0 || l.Shortfall < 0 {
		return fmt.Errorf("an amount is below zero: blocked %d, sellable %d, picked %d, available %d, reserved %d, shortfall %d",
			l.Blocked, l.Sellable, l.Picked, l.Available, l.Reserved, l.Shortfall)
	}
	var allotted, sellable, blocked Qty
	for _, h := range l.Allotted {
		if h.Qty < 0 {
			return fmt.Errorf("allotted to %s is %d, below zero", h.Holder, h.Qty)
		}
		allotted += h.Qty
	}
	for _, b := range l.Bins {
		if b.Sellable < 0 || b.Blocked < 0 {
			return fmt.Errorf("bin %s is below zero: sellable %d, blocked %d", b.Bin, b.Sellable, b.Blocked)
		}
		sellable += b.Sellable
		blocked += b.Blocked
	}
	if sellable != l.Sellable || blocked != l.Blocked {
		return fmt.Errorf("bins hold %d sellable and %d blocked, the book says %d and %d", sellable, blocked, l.Sellable, l.Blocked)
	}
	if have, claimed := l.Sellable+l.Picked+l.Shortfall, l.Available+l.Reserved+allotted; have != claimed {
		return fmt.Errorf("sellable %d + picked %d + shortfall %d is not available %d + reserved %d + allotted %d",
			l.Sellable, l.Picked, l.Shortfall, l.Available, l.Reserved, allotted)
	}
	return nil
}
