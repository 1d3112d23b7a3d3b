package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A journal is another machine's word. What it says of an order is recorded only where Check
// holds for it: a record that Check refuses would keep every server from starting again.

// fits says whether an order of the site's book may be recorded.
func (f *folding) fits(o *ledger.Order) error {
	if o.Owner != f.site {
		return fmt.Errorf("order %s of %s stands in the book of %s", o.ID, o.Owner, f.site)
	}
	forgetHeard(o)
	if err := o.Check(); err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	legs := 0
	for i := range o.Lines {
		l := &o.Lines[i]
		if err := lineFits(o.Owner, l); err != nil {
			return fmt.Errorf("order %s line %d of %d: %w", o.ID, i+1, l.Qty, err)
		}
		if legs += len(l.Away); legs > ledger.LegsMax {
			return fmt.Errorf("order %s is served from more than %d sites", o.ID, ledger.LegsMax)
		}
		l.Over = 0 // its own book's count: a record here has the bytes that every build gives it
	}
	return nil
}

// forgetHeard leaves out what a book notes for itself of a supplier's despatches (DropShip.Heard): an older build passes over it, and both have to check,
// and record, the same.
func forgetHeard(o *ledger.Order) {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Drop != nil && l.Drop.Heard != 0 {
			d := *l.Drop
			d.Heard = 0
			l.Drop = &d
		}
	}
}

// lineFits adds up what is promised. Each part is bounded first, so the sum cannot wrap.
func lineFits(owner ledger.SiteID, l *ledger.Line) error {
	for _, q := range [...]ledger.Qty{l.Here, l.Taken, l.Backordered, l.Declined} {
		if q < 0 || q > l.Qty {
			return fmt.Errorf("%d here, %d taken, %d waiting", l.Here, l.Taken, l.Backordered)
		}
	}
	if len(l.Away) > legsPerLineMax {
		return fmt.Errorf("served from %d sites", len(l.Away))
	}
	var seen map[ledger.SiteID]struct{}
	if len(l.Away) > 1 {
		seen = make(map[ledger.SiteID]struct{}, len(l.Away))
	}
	for _, leg := range l.Away {
		if leg.Qty < 1 || leg.Qty > l.Qty || leg.Site == owner {
			return fmt.Errorf("%d from %s", leg.Qty, leg.Site)
		}
		if _, twice := seen[leg.Site]; twice {
			return fmt.Errorf("two legs from %s", leg.Site)
		}
		if seen != nil {
			seen[leg.Site] = struct{}{}
		}
	}
	if err := l.CheckDrop(); err != nil {
		return err
	}
	if len(l.Sent) > legsPerLineMax {
		return fmt.Errorf("%d sites have handed it over", len(l.Sent))
	}
	for _, leg := range l.Sent {
		if ledger.CheckQty(leg.Qty) != nil || leg.Site == owner {
			return fmt.Errorf("%d handed over by %s", leg.Qty, leg.Site)
		}
	}
	if l.Returned < 0 || l.Returned > l.HandedOver() {
		return fmt.Errorf("%d came back of %d that were handed over", l.Returned, l.HandedOver())
	}
	if l.Unconfirmed < 0 || l.Unconfirmed > l.Backordered {
		return fmt.Errorf("%d of %d that wait are to be confirmed", l.Unconfirmed, l.Backordered)
	}
	if sum := l.Promised() + l.Backordered + l.Declined; sum > l.Qty {
		return fmt.Errorf("%d promised, waiting or declined", sum)
	}
	return nil
}

// asks says whether an entry speaks of an ask of its own site, and an asked one of itself.
func (f *folding) asks(id ledger.AskID) error {
	if id.Site != f.site || f.e.Kind == ledger.KindAsked && (id.Epoch != f.e.Epoch || id.Seq != f.e.Seq) {
		return fmt.Errorf("it names the ask %d of epoch %d of %s", id.Seq, id.Epoch, id.Site)
	}
	return nil
}

// lendings says whether what a borrow is said to have given was posted to allotted/hq. One
// that was not would be promised from nothing.
func (f *folding) lendings(done []ledger.CommandLine) error {
	given := map[ledger.SKU]ledger.Qty{}
	for _, p := range f.e.Postings {
		if p.Account.Kind == ledger.Allotted && ledger.Holder(p.Account.Ref) == ledger.HolderHQ {
			given[p.SKU] += p.Qty
		}
	}
	for _, l := range done {
		if l.Qty < 1 || l.Qty > given[l.SKU] {
			return fmt.Errorf("%d %s are said to be lent, %d are posted", l.Qty, l.SKU, given[l.SKU])
		}
		given[l.SKU] -= l.Qty
	}
	return nil
}
