package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// late folds a fact that came after its epoch was closed. Its postings have told where the goods
// went; here is what it says of promises.
func (f *folding) late(b *ledger.LateBody) error {
	if b.Was == ledger.KindReceipt {
		f.receipt(b.Receipt.Reference)
	}
	if b.Transfer != nil && b.Refusal == "" {
		if err := f.e.TransferFits(f.site); err != nil {
			return err
		}
		f.transferSays(b.Transfer, b.Was)
	}
	if b.Purchase != nil && b.Refusal == "" {
		if err := f.purchase(b.Purchase); err != nil {
			return err
		}
	}
	o := b.Order
	if o != nil && b.Refusal == "" {
		f.reviewed(o)
	}
	if b.Was == ledger.KindDraft || b.Was == ledger.KindReview {
		o = nil // nothing was promised: as of an entry of that kind
	}
	if o != nil && b.Refusal == "" {
		if err := f.fits(o); err != nil {
			return err
		}
		_, _, known := f.m.OwnerOf(o.ID)
		switch own := f.owns(o.ID); {
		case own && o.Canceling() != nil: // cancelled, or completed: nothing is to come from elsewhere
			end := f.canceled
			if b.Was != ledger.KindCanceled && f.m.Known() >= ledger.KindBlockedSeen { // it was handed over, or came back
				end = func(o *ledger.Order) error { _, err := f.ended(o); return err }
			}
			if err := end(o); err != nil {
				return err
			}
		case own:
			f.rebook(o)
		case !known && f.took(o.ID), known && f.relearned(o.ID) && f.took(o.ID):
			f.demands(&ledger.OrderBody{Order: *o}) // of one that was pushed before its epoch ended the owner is known
			f.placed(o, b.Draws)
		case known:
			f.took(o.ID) // raises it
		}
	}
	f.displaced(b.Displaced)
	if b.Tender != nil || b.Drawer != nil {
		return f.takings()
	}
	if r := b.Return; r != nil && b.Refusal == "" && b.Was == ledger.KindReturned {
		f.claims(r)
	}
	if b.Work != nil && o == nil {
		return f.left(ledger.OrderID(f.e.Ref), b.Work.Left())
	}
	return nil
}

// owns says whether the site's book is known to have accepted the order.
func (f *folding) owns(id ledger.OrderID) bool {
	owner, _, ok := f.m.owners.get(id)
	return ok && owner == f.site
}

// displaced re-sources what other books' orders have lost at the site: each line waits again, and
// somebody is told whose promise it was.
func (f *folding) displaced(list []ledger.Displaced) {
	for i, d := range list {
		if d.Owner == f.site { // it has an entry of its own
			f.miscounted(&d)
			continue
		}
		f.raise("displaced", d.SKU, d.Order, fmt.Sprintf("%d reserved at %s for line %d of an order of %s are gone", d.Qty, f.site, d.Line, d.Owner))
		f.unserved(i, d.Order, d.Line, d.SKU, d.Qty)
		f.m.tell(d.Order, Step{What: StepLost, At: f.push.At, Site: f.site, By: f.e.Actor, Exception: f.m.counters.Exceptions, Lines: []StepLine{{Line: d.Line, SKU: d.SKU, Qty: d.Qty}}})
	}
}

// settled says whether an order is known as its owner's book has it: head office has not gone back in
// time, or the book has told all it knows since.
func (f *folding) settled(o *Order) bool {
	s, known := f.m.sites.get(o.Owner)
	return o.Owner == ledger.HQ || known && s.Frozen != FrozenRestored
}

// lose tells the book that owns an order what the site does not serve of it any more. It goes out
// before the lines are planned anew. Its id follows from the entry that took the units.
func (f *folding) lose(o *Order, index int, lines []ledger.CommandLine) {
	if o.Owner != f.site && len(lines) > 0 {
		f.m.loseAt(o, f.site, fmt.Sprintf("%s/lose/%d", f.why.named(), index), lines)
	}
}

// loseAt tells the book that owns an order, where that is a site's, what another one does not serve.
func (m *Machine) loseAt(o *Order, site ledger.SiteID, id string, lines []ledger.CommandLine) {
	if _, known := m.sites.get(o.Owner); known {
		m.issue(o.Owner, ledger.HQCommand{ID: id, Kind: ledger.CommandLose, Order: o.ID, Owner: o.Owner, Site: site, Lines: lines})
	}
}

// shrink takes q from what a site has reserved of a line. What it takes ends: refused, where the site has
// lost it, or cancelled. A leg that is on its way may be refused by itself.
func (m *Machine) shrink(o *Order, line int, site ledger.SiteID, q ledger.Qty, end LegState) {
	for i := len(o.Legs) - 1; i >= 0; i-- {
		l := &o.Legs[i]
		if l.Line != line || l.Site != site || l.State != LegReserved || q == 0 || m.strayed(o, l) {
			continue
		}
		n := min(q, l.Qty)
		q -= n
		if l.Qty -= n; l.Qty == 0 {
			l.Qty, l.State = n, end
			continue
		}
		part := *l
		part.Qty, part.State = n, end
		o.Legs = append(o.Legs, part)
	}
}

// shortfalls keeps an exception open for each SKU of which units are claimed that are not there,
// and settles what it can with what head office holds unsold: nobody is affected by that.
func (f *folding) shortfalls() {
	for _, t := range f.freed {
		stock := t.stock
		switch short := stock.Level.Shortfall; {
		case short == 0 && stock.Owing != 0:
			if e, ok := f.m.exceptions.get(keyOfRank(stock.Owing)); ok && !e.Resolved.Done() {
				f.m.resolved(e, Signed{By: ownerHQ, Reason: "nothing is short any more", At: f.push.At})
			}
			stock.Owing = 0
		case short > 0 && stock.Owing == 0:
			f.raise("shortfall", t.SKU, "", fmt.Sprintf("%d are claimed at %s that are not there", short, t.Site))
			stock.Owing = f.m.counters.Exceptions
		}
		n := min(stock.Promisable(), stock.Level.Shortfall-stock.Burns)
		if n <= 0 || f.frozen(t.Site) {
			continue
		}
		stock.Held -= n
		f.m.issue(t.Site, ledger.HQCommand{ID: f.why.decided(), Kind: ledger.CommandBurn, Lines: []ledger.CommandLine{{SKU: t.SKU, Qty: n}}})
	}
}
