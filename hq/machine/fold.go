package machine

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A folding is entries of one site being folded into the state, one after the other.
type folding struct {
	m      *Machine
	site   ledger.SiteID
	push   *Push
	stocks map[ledger.SKU]*Stock // of the site, staged by these entries: found without making their key

	e      *ledger.Entry  // the one being folded
	review *ledger.Review // what it says of its order's checks; taken off the order
	why    cause
	freed  []freed // where held may have risen; at a counter it goes back
	came   []dueCame
}

func (m *Machine) folding(c *Push) *folding {
	return &folding{m: m, site: c.Site, push: c, stocks: map[ledger.SKU]*Stock{}}
}

// begin takes up e. What belongs to the entry before it is let go.
func (f *folding) begin(e *ledger.Entry) {
	f.e, f.why, f.freed, f.came = e, f.m.causeOfEntry(f.site, e), f.freed[:0], f.came[:0]
	f.review = unreviewed(e)
}

// freed is a stock that the entry touches. stock is staged, so it shows what the entry makes of it.
type freed struct {
	Tied  // Qty plays no part
	stock *Stock
	held  ledger.Qty // before the entry, where this is the stock's first place in the list
	free  ledger.Qty // the same of what can be promised there, where somebody is told when it is low
}

// fold applies one entry: the mirror follows its postings, and held rises by the net posting on
// allotted/hq and by what HQ had counted down for what the entry embeds. So the invariant
//
//	mirror allotted/hq = held + tied + holds + drawn
//
// holds after each entry, whatever the site wrote.
func (f *folding) fold(e *ledger.Entry) error {
	f.begin(e)
	if err := f.post(); err != nil {
		return err
	}
	f.events()
	if err := f.body(); err != nil {
		return err
	}
	f.settle()
	return nil
}

// mirror lets only the mirror follow an entry whose meaning does not fit.
func (f *folding) mirror(e *ledger.Entry) error {
	f.begin(e)
	if err := f.post(); err != nil {
		return err
	}
	f.settle()
	return nil
}

// settle gives back what came free at counters, and tells where less is allotted to HQ than it
// had promised.
func (f *folding) settle() {
	f.shortfalls()
	f.handOver()
	var over, below []Tied
	for _, t := range f.freed {
		if t.stock.Held > 0 {
			over = append(over, t.Tied)
		} else if t.stock.Held < 0 {
			below = append(below, t.Tied)
		}
	}
	f.arrivals()
	f.m.giveBack(over, &f.why)
	slices.SortFunc(below, compareTied)
	for _, t := range slices.Compact(below) {
		i := slices.IndexFunc(f.freed, func(o freed) bool { return o.Tied == t })
		if first := f.freed[i]; first.held >= 0 && !f.frozen(t.Site) {
			f.raise("overdrawn", t.SKU, "", fmt.Sprintf("%s has %d less allotted to head office than was promised from it", t.Site, -first.stock.Held))
		}
	}
}

// arrivals notes of what more is held at a warehouse than before the entry: somebody may be waiting for it.
func (f *folding) arrivals() {
	for i := range f.freed {
		t := &f.freed[i]
		if t.stock.Held <= max(t.held, 0) {
			continue
		}
		if site, ok := f.m.sites.get(t.Site); ok && !site.Counter {
			f.m.arrived = append(f.m.arrived, t.SKU)
		}
	}
}

// frozen says whether a site is: then its journal is not all here, and what lacks may follow.
func (f *folding) frozen(site ledger.SiteID) bool {
	s, ok := f.m.sites.get(site)
	return ok && s.Frozen != ""
}

func (f *folding) raise(what string, sku ledger.SKU, order ledger.OrderID, why string) {
	f.m.raise(Exception{What: what, Site: f.site, Seq: f.e.Seq, SKU: sku, Order: order, Why: why}, f.push.At)
}

// touch gives the staged record of a SKU at a site and notes that held may rise there.
func (f *folding) touch(site ledger.SiteID, sku ledger.SKU) *Stock {
	stock, staged := f.stocks[sku]
	if !staged || site != f.site {
		if stock = f.m.editStock(site, sku); site == f.site {
			f.stocks[sku] = stock
		}
	}
	t := freed{Tied: Tied{Site: site, SKU: sku}, stock: stock, held: stock.Held}
	if f.m.tellsOf(EventLow) {
		t.free = stock.free()
	}
	f.freed = append(f.freed, t)
	return stock
}

// post lets the mirror follow. The amounts are bounded before they are added, so nothing wraps.
// Postings of one SKU are neighbours in what our books write, so each is looked up once.
func (f *folding) post() error {
	var stock *Stock
	for i := range f.e.Postings {
		p := &f.e.Postings[i]
		if p.Qty > ledger.QtyMax || p.Qty < -ledger.QtyMax {
			return fmt.Errorf("%s: a posting of %d is beyond all bounds", p.SKU, p.Qty)
		}
		if i == 0 || p.SKU != f.e.Postings[i-1].SKU {
			stock = f.touch(f.site, p.SKU)
		}
		before := stock.Level.AllottedTo(ledger.HolderHQ)
		if err := stock.Level.Post(*p); err != nil {
			return err
		}
		if p.Account.Kind == ledger.Allotted && ledger.Holder(p.Account.Ref) == ledger.HolderHQ {
			stock.Held += stock.Level.AllottedTo(ledger.HolderHQ) - before
		}
	}
	for i := range f.freed {
		l := &f.freed[i].stock.Level
		if err := l.Check(); err != nil {
			return fmt.Errorf("%s: %w", f.freed[i].SKU, err)
		}
		if l.OnHand() > ledger.QtyMax || l.Available > ledger.QtyMax || l.Reserved > ledger.QtyMax || l.AllottedSum() > ledger.QtyMax {
			return fmt.Errorf("%s: an amount is beyond all bounds", f.freed[i].SKU)
		}
	}
	f.moved(f.e.Assets())
	return nil
}

func (f *folding) body() error {
	switch b := f.e.Body.(type) {
	case *ledger.BootBody:
		f.m.editSite(f.site).follow(b.Boot)
	case *ledger.OpenedBody:
		if s := f.m.editSite(f.site); s.Counter != b.Counter {
			f.raise("counter_differs", "", "", fmt.Sprintf("the book was opened with counter %t, head office has %t", b.Counter, s.Counter))
		}
	case *ledger.AdoptedBody:
		f.m.meet(f.m.editSite(f.site), b.H, f.push.At)
		if b.H != f.m.counters.H && b.H.Counter == f.m.counters.H.Counter { // earlier lives are the past
			f.raise("foreign_hq", "", "", fmt.Sprintf("the site adopted another head office, life %d", b.H.Counter))
		}
	case *ledger.ObeyedBody:
		if err := f.obeyed(b); err != nil || b.Tender == nil {
			return err
		}
		return f.takings()
	case *ledger.OrderBody:
		return f.order(b)
	case *ledger.AttestedBody:
		f.attested(b)
	case *ledger.LateBody:
		return f.late(b)
	case *ledger.AdjustedBody:
		f.adjusted(b)
		f.displaced(b.Displaced)
	case *ledger.LotBody:
		f.displaced(b.Displaced)
	case *ledger.ReceiptBody:
		f.counted("")
		f.receipt(b.Reference)
	case *ledger.LegBody:
		return f.leg(b)
	case *ledger.TransferBody:
		return f.transfer(b)
	case *ledger.WorkBody:
		return f.work(b)
	case *ledger.ReturnBody:
		return f.returned(b)
	case *ledger.DrawerBody, *ledger.TenderBody, *ledger.DayBody:
		return f.takings()
	case *ledger.PurchaseBody:
		return f.purchase(b)
	case *ledger.DropBody:
		return f.dropShip(b)
	}
	return nil
}

// free counts q of a SKU as held again.
func (f *folding) free(site ledger.SiteID, sku ledger.SKU, q ledger.Qty) *Stock {
	stock := f.touch(site, sku)
	stock.Held += q
	return stock
}

func (f *folding) order(b *ledger.OrderBody) error {
	o := &b.Order
	f.reviewed(o)
	if f.e.Kind == ledger.KindDraft || f.e.Kind == ledger.KindReview {
		return nil // nothing was promised; what is placed of it tells all there is to know
	}
	closes := f.e.Kind == ledger.KindAskAccepted || f.e.Kind == ledger.KindAskAbandoned
	if closes || f.e.Kind == ledger.KindAsked {
		if err := f.asks(b.Ask); err != nil {
			return err
		}
	}
	no := f.e.Kind == ledger.KindRefused || closes && (b.Refusal != "" || b.Dropped)
	if !no { // of one that was turned away nothing is recorded
		if err := f.fits(o); err != nil {
			return err
		}
	}
	switch f.e.Kind {
	case ledger.KindAsked:
		f.asked(b)
	case ledger.KindAskAccepted:
		held := f.closeAsk(b.Ask)
		if !no && f.took(o.ID) {
			f.demands(b)
			f.accepted(b, held)
		}
		f.parcelsOf(o.ID, held, !no)
	case ledger.KindAskAbandoned:
		f.parcelsOf(o.ID, f.closeAsk(b.Ask), false)
		if no {
			f.demands(b)
		} else if f.took(o.ID) {
			f.demands(b)
			f.placed(o, b.Draws)
		}
	case ledger.KindRefused:
		f.demands(b)
	case ledger.KindPlaced:
		if f.took(o.ID) {
			f.demands(b)
			f.placed(o, b.Draws)
		}
		f.displaced(b.Displaced)
	case ledger.KindDisplaced:
		f.retold(o)
		f.m.tell(o.ID, Step{What: StepLost, At: f.push.At, Site: f.site, By: f.e.Actor})
	case ledger.KindFilled:
		f.wrote(o.ID)
	case ledger.KindCanceled:
		return f.canceled(o)
	}
	return nil
}

// asked notes that an ask is open; HQ may have answered it already.
func (f *folding) asked(b *ledger.OrderBody) {
	of := SubjectOfAsk(b.Ask)
	a, ok := f.m.editAsk(of)
	if !ok {
		a = &Ask{ID: b.Ask, At: f.push.At, Order: b.Order.ID}
		f.m.asks.put(of, a)
	}
	a.Seen = true
}

// closeAsk ends an ask. What was held for it is freed; accepted takes it up again at once.
func (f *folding) closeAsk(id ledger.AskID) []allocate.Leg {
	of := SubjectOfAsk(id)
	f.m.closeRequest(of, &f.why)
	a, ok := f.m.editAsk(of)
	if !ok {
		return nil
	}
	for _, l := range a.Legs {
		f.free(l.Site, l.SKU, l.Qty).Holds -= l.Qty
	}
	f.m.asks.del(of)
	return a.Legs
}

// accepted turns the hold that the site took up into reservations. Legs at the asking site were
// drawn by the entry itself. The id of each command follows from the entry: a head office that
// went back in time, and has forgotten the hold, derives the same ones.
func (f *folding) accepted(b *ledger.OrderBody, held []allocate.Leg) {
	var legs []allocate.Leg
	var sites []ledger.SiteID
	for i := range b.Order.Lines {
		l := &b.Order.Lines[i]
		for _, away := range l.Away {
			sites = insert(sites, away.Site)
			legs = append(legs, allocate.Leg{Line: i + 1, SKU: l.SKU, Site: away.Site, Qty: away.Qty})
		}
	}
	id := func(site ledger.SiteID) string {
		i, _ := slices.BinarySearch(sites, site)
		return f.why.derived(i)
	}
	if len(legs) == 0 {
		f.placed(&b.Order, b.Draws)
		return
	}
	o := f.learnOwn(&b.Order)
	covered := legs[:0]
	for _, leg := range legs {
		if leg.Qty -= o.sent(leg, id(leg.Site)); leg.Qty > 0 {
			covered = append(covered, f.covered(b, leg, held)...)
		}
	}
	f.m.reserve(o, covered, id)
	f.m.settleOrder(o, &f.why, f.push.At)
}

// covered takes what head office has for a leg that a site counts on. What the entry names beyond
// the hold was never promised, or by a life that is over: it is brought again, if it is there.
func (f *folding) covered(b *ledger.OrderBody, leg allocate.Leg, held []allocate.Leg) []allocate.Leg {
	q := heldFor(held, leg)
	if q < leg.Qty && f.m.told(f.site) {
		f.raise("not_held", leg.SKU, b.Order.ID, fmt.Sprintf("line %d counts on %d from %s, %d were held", leg.Line, leg.Qty, leg.Site, q))
	}
	if leg.Qty = q; q == 0 {
		return nil
	}
	f.m.editStock(leg.Site, leg.SKU).Held -= q // closeAsk has just freed it
	return []allocate.Leg{leg}
}

func heldFor(held []allocate.Leg, want allocate.Leg) ledger.Qty {
	var sum ledger.Qty
	for _, l := range held {
		if l.Line == want.Line && l.SKU == want.SKU && l.Site == want.Site {
			sum += l.Qty
		}
	}
	return min(sum, want.Qty)
}

// placed records a site's order that waits here, or that draws on what other sites have allotted
// to it; one that is served from its own shelf is no business of HQ's.
func (f *folding) placed(o *ledger.Order, draws []ledger.Draw) {
	if o.Wait != ledger.WaitHQ || o.Status != ledger.StatusBackordered && o.Status != ledger.StatusUnconfirmed {
		if len(draws) == 0 && !f.relearned(o.ID) {
			return
		}
	}
	rec := f.learnOwn(o)
	f.draws(rec, draws)
	if rec.Canceling() != nil { // relearned by reservations that nobody wants any more
		f.m.letGo(rec, &f.why)
		return
	}
	f.m.settleOrder(rec, &f.why, f.push.At)
}

// canceled ends a site's order, and has its story say that it was cancelled.
func (f *folding) canceled(o *ledger.Order) error {
	ended, err := f.ended(o)
	if ended {
		f.m.tell(o.ID, Step{What: StepCanceled, At: f.push.At, Site: f.site, By: f.e.Actor})
	}
	return err
}

// ended lets go what other sites serve of a site's order of which nothing is left to do, and its place in the queue. It says whether head
// office knew the order.
func (f *folding) ended(o *ledger.Order) (known bool, err error) {
	f.wrote(o.ID)
	rec, ok := f.m.editOrder(o.ID)
	if !ok && o.Canceling() != nil && f.owns(o.ID) {
		f.m.parcelsEnd(o.ID, f.site, !hasLeft(o), anyParcel) // it was to send it itself
	}
	if !ok || rec.Owner != f.site {
		return false, nil
	}
	if o.Canceling() == nil || !rec.Relearned && !rec.sameWish(o) {
		return false, fmt.Errorf("order %s is not the one that was accepted, cancelled", o.ID)
	}
	f.m.letGo(rec, &f.why)
	rec.Order, rec.Relearned = *o.Clone(), false
	return true, nil
}

// sameWish says whether other wants what o wants, line by line.
func (o *Order) sameWish(other *ledger.Order) bool {
	return slices.EqualFunc(o.Lines, other.Lines, func(a, b ledger.Line) bool { return a.SKU == b.SKU && a.Qty == b.Qty })
}
