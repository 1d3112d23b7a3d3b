package sim

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
)

// unsettled says what is not at rest yet after the faults have ended; "" when all is.
func (c *company) unsettled() string {
	for _, k := range c.wishes {
		if k.told == unknown || k.cancels && k.canceled == unknown || k.told == yes && k.wish.CancelAfter > 0 && !k.cancels {
			return k.who() + " has no answer"
		}
	}
	for _, k := range c.wishes {
		if o := c.orderOf(k); k.told == yes && o != nil && o.Status == ledger.StatusUnconfirmed {
			return k.who() + " is to be confirmed"
		}
	}
	if why := cmp.Or(c.untoldDeed(), c.untoldGoods()); why != "" {
		return why
	}
	if !c.hq.up {
		return "head office is down"
	}
	if len(c.clones) > 0 {
		return "a copy runs beside its original"
	}
	for _, s := range c.sites {
		if why := s.unsettled(); why != "" {
			return fmt.Sprintf("%s: %s", s.id, why)
		}
	}
	n := c.hq.m.Counts()
	switch {
	case n.Asks > 0:
		return fmt.Sprintf("head office has %d asks open", n.Asks)
	case n.Requests > 0:
		return fmt.Sprintf("head office has %d requests to borrow open", n.Requests)
	case n.Commands > 0:
		return fmt.Sprintf("%d commands are queued", n.Commands)
	case len(c.hq.tries) > 0:
		return fmt.Sprintf("%d orders wait for units to be borrowed", len(c.hq.tries))
	}
	return c.idle()
}

func (s *site) unsettled() string {
	if !s.up || !s.open || s.writing || len(s.waiting) > 0 {
		return "it is not at rest"
	}
	switch {
	case s.disk.quarantine != "":
		return "it is in quarantine: " + s.disk.quarantine
	case s.disk.plan != nil || s.core.State.Rebuilding:
		return "it is being rebuilt"
	case s.doubt || len(s.disk.aside) > 0:
		return "not all of its facts are told"
	}
	if p := s.talk.Picture(); p.State != link.StateTalking {
		return fmt.Sprintf("its link is %s: %s", p.State, p.Fault)
	}
	if n := len(s.core.State.OpenAsks()); n > 0 {
		return fmt.Sprintf("it has %d asks open", n)
	}
	known, ok := s.c.hq.m.Site(s.id)
	switch {
	case !ok:
		return "head office does not know it"
	case known.Frozen != "" || known.Lost.Done() || known.Broken != "":
		return fmt.Sprintf("head office promises nothing of it: %q %q %q", known.Frozen, known.Lost.Reason, known.Broken)
	case known.Stored != s.durable.Head:
		return fmt.Sprintf("head office has its entry %d, it is at %d", known.Stored.Seq, s.durable.Head.Seq)
	case known.Folded != known.Stored.Seq:
		return fmt.Sprintf("head office has folded its entry %d of %d", known.Folded, known.Stored.Seq)
	case (known.Issue != known.Ack || known.Ack != s.durable.Applied) && known.Issue.Number+s.durable.Applied.Number > 0:
		return fmt.Sprintf("head office issued command %d, it has carried out %d", known.Issue.Number, s.durable.Applied.Number)
	case s.disk.items != s.c.hq.m.RefVersion():
		return fmt.Sprintf("it has items of version %d, head office of %d", s.disk.items, s.c.hq.m.RefVersion())
	}
	return ""
}

// idle says what head office could still do for an order that waits: give it all that it waits for, or anything where it
// keeps what comes.
func (c *company) idle() string {
	orders, _ := c.hq.m.Orders("", len(c.wishes)+1, nil)
	for _, o := range orders {
		whole, some := true, ""
		for i := range o.Lines {
			sku := o.Lines[i].SKU
			if o.Waiting(i+1) == 0 {
				continue
			}
			var could ledger.Qty
			for _, s := range c.sites {
				q := c.couldServe(o, s, sku)
				if could += q; q > 0 && some == "" {
					some = fmt.Sprintf("%s waits for %s, of which %s could give %d", o.External, sku, s.id, q)
				}
			}
			whole = whole && could >= waitsFor(o, sku)
		}
		if some != "" && (whole || keepsWhatComes(o)) {
			return some
		}
	}
	return ""
}

// waitsFor is what all lines of an order wait for of one SKU.
func waitsFor(o *machine.Order, sku ledger.SKU) (sum ledger.Qty) {
	for i := range o.Lines {
		if o.Lines[i].SKU == sku {
			sum += o.Waiting(i + 1)
		}
	}
	return sum
}

// keepsWhatComes says whether an order is served a part of what it waits for: where it was promised all of it before, or takes
// whatever there is, or has nothing yet and may come in parts.
func keepsWhatComes(o *machine.Order) bool {
	const always = 9 // the priority that takes whatever there is
	promised := func(l ledger.Line) bool { return l.Promised() > 0 }
	return o.Status == ledger.StatusUnconfirmed || o.Shortage != ledger.Backorder || o.Priority == always ||
		!o.Complete && !slices.ContainsFunc(o.Lines, promised)
}

// couldServe is what a site could give of a SKU to an order that waits at head office: what head
// office holds there, and what a counter has to lend, where the order may be served from there.
func (c *company) couldServe(o *machine.Order, s *site, sku ledger.SKU) ledger.Qty {
	switch {
	case o.CollectAt != "" && o.CollectAt != s.id:
		return 0
	case o.CollectAt == "" && !o.Anywhere && o.Owner != ledger.HQ && o.Owner != s.id:
		return 0
	case c.hq.m.AvoidedAt(s.id, sku, c.hq.wall()) != "":
		return 0 // it did not serve the SKU of late
	}
	var q ledger.Qty
	if stock, ok := c.hq.m.Stock(s.id, sku); ok {
		q += stock.Promisable()
	}
	if l, ok := s.core.State.Level(sku); ok && s.Place.Counter {
		q += l.Available
	}
	return q
}

// checkEnd judges the company at rest.
func (c *company) checkEnd() {
	for _, s := range c.sites {
		c.checkJournal(s)
		c.checkMirror(s)
		c.checkClaims(s)
		c.checkWaiting(s)
		c.checkHeld(s)
	}
	c.checkGoods()
	c.checkReturns()
	c.checkDrops()
	c.checkExchanges()
	c.checkMoney()
	c.checkCounts()
	for _, k := range c.wishes {
		c.checkClient(k)
	}
}

// checkJournal audits a site's frames from the first on, and head office's copy of them.
func (c *company) checkJournal(s *site) {
	aud := ledger.NewAuditor(s.id)
	for _, b := range s.disk.frames {
		if err := aud.Frame(b); err != nil {
			c.fail("audit", "%s: %v", s.id, err)
			return
		}
	}
	if got := aud.Report().Head.Position; got != s.durable.Head {
		c.fail("audit", "%s: the audit ends at %d, the book at %d", s.id, got.Seq, s.durable.Head.Seq)
	}
	kept := c.hq.journal[s.id].frames
	if len(kept) != len(s.disk.frames) {
		c.fail("lost", "head office has %d frames of %s, its disk has %d", len(kept), s.id, len(s.disk.frames))
		return
	}
	for i := range kept {
		if !bytes.Equal(kept[i], s.disk.frames[i]) {
			c.fail("lost", "head office's frame %d of %s is not the one on its disk", i+1, s.id)
			return
		}
	}
}

// checkMirror compares head office's balances with the site's, and looks for units that nobody
// may promise.
func (c *company) checkMirror(s *site) {
	for _, sku := range s.core.State.SKUs() {
		l, _ := s.core.State.Level(sku)
		stock, ok := c.hq.m.Stock(s.id, sku)
		if !ok {
			c.fail("mirror", "head office does not know %s at %s", sku, s.id)
			continue
		}
		m := stock.Level
		if m.OnHand() != l.OnHand() || m.Available != l.Available || m.Reserved != l.Reserved || m.AllottedSum() != l.AllottedSum() {
			c.fail("mirror", "%s at %s: head office has hand %d available %d reserved %d allotted %d, the site %d %d %d %d", sku, s.id,
				m.OnHand(), m.Available, m.Reserved, m.AllottedSum(), l.OnHand(), l.Available, l.Reserved, l.AllottedSum())
		}
		if stock.Tied != 0 || stock.Holds != 0 || stock.Drawn != 0 {
			c.fail("stranded", "%s at %s: tied %d, held for asks %d, drawn %d", sku, s.id, stock.Tied, stock.Holds, stock.Drawn)
		}
		if q := l.AllottedTo(ledger.HolderHQ); s.Place.Counter && q > 0 {
			c.fail("stranded", "%s at %s: %d are allotted to head office and were not given back", sku, s.id, q)
		}
		if !s.Place.Counter && l.Available > 0 {
			c.fail("stranded", "%s at %s: %d are available at a site that sells over no counter", sku, s.id, l.Available)
		}
	}
}

// checkHeld compares what other sites may promise of a site's units with what its book has allotted to them.
func (c *company) checkHeld(s *site) {
	for _, holder := range c.sites {
		held := map[ledger.SKU]ledger.Qty{}
		for _, h := range holder.core.State.Holdings() {
			if h.Site == s.id {
				held[h.SKU] = h.Qty
			}
		}
		for _, sku := range s.core.State.SKUs() {
			l, _ := s.core.State.Level(sku)
			if q := l.AllottedTo(ledger.Holder(holder.id)); q != held[sku] {
				c.fail("claims", "%s may promise %d %s of %s, whose book has allotted %d to it", holder.id, held[sku], sku, s.id, q)
			}
		}
	}
}

// checkClaims compares what a site has reserved with the orders that it is reserved for.
func (c *company) checkClaims(s *site) {
	want := map[ledger.SKU]ledger.Qty{}
	for _, k := range c.wishes {
		id := k.wish.Order.ID
		if o, ok := s.core.State.Order(id); ok && o.Owner == s.id {
			for i := range o.Lines {
				want[o.Lines[i].SKU] += o.Lines[i].Here
			}
		}
		served := map[int]ledger.Qty{}
		if v, ok := s.core.State.Served(id); ok {
			for _, l := range v.Lines {
				want[l.SKU] += l.Qty
				served[l.Line] += l.Qty
			}
			if v.Work != nil {
				for _, l := range v.Work.Lines {
					want[l.SKU] += l.At[ledger.StagePutBack]
				}
			}
		}
		o := c.orderOf(k)
		if k.book == s.id || o == nil {
			continue
		}
		for i := range o.Lines {
			var away ledger.Qty
			for _, leg := range o.Lines[i].Away {
				if leg.Site == s.id {
					away += leg.Qty
				}
			}
			if away != served[i+1] {
				c.fail("claims", "%s line %d counts on %d from %s, which has reserved %d", k.who(), i+1, away, s.id, served[i+1])
			}
		}
	}
	for sku, q := range s.asideAt() {
		want[sku] += q
	}
	for _, sku := range s.core.State.SKUs() {
		if l, _ := s.core.State.Level(sku); l.Reserved != want[sku] {
			c.fail("claims", "%s has %d %s reserved, its orders account for %d", s.id, l.Reserved, sku, want[sku])
		}
	}
}

// orderOf finds a client's order in the book that owns it; nil where it took none.
func (c *company) orderOf(k *client) *ledger.Order {
	if k.book == ledger.HQ {
		if o, ok := c.hq.m.Order(k.wish.Order.ID); ok {
			return &o.Order
		}
		return nil
	}
	o, ok := c.byID[k.book].core.State.Order(k.wish.Order.ID)
	if !ok {
		return nil
	}
	return o
}

// mayGet is the most that a line may come to: what a book has written of it, and of an order of a head office
// that went back all that was wanted, for units that turn up reserved for it are given to it.
func (k *client) mayGet(line int) ledger.Qty {
	if k.book == ledger.HQ && k.c.hq.lives > 1 {
		return k.order.Lines[line].Qty
	}
	return k.most[line]
}

// relearned says whether head office knows k's order by its reservations only.
func (c *company) relearned(k *client) bool {
	o, ok := c.hq.m.Order(k.wish.Order.ID)
	return ok && o.Relearned
}

// checkWaiting looks for orders that wait at a site for what lies on its shelf.
func (c *company) checkWaiting(s *site) {
	for _, k := range c.wishes {
		o, ok := s.core.State.Order(k.wish.Order.ID)
		if !ok || o.Wait != ledger.WaitHere {
			continue
		}
		for i := range o.Lines {
			if l, _ := s.core.State.Level(o.Lines[i].SKU); o.Lines[i].Backordered > 0 && l.Available > 0 {
				c.fail("backorder", "%s waits at %s for %s, of which %d are available", k.who(), s.id, o.Lines[i].SKU, l.Available)
			}
		}
	}
}

// checkGoods counts the goods: what came in is on a shelf or in a customer's hands. Where a book has found units,
// for more was taken than it knew of, they may have been of a delivery that was written down later: a site
// that was made anew lists what moved, to be counted.
func (c *company) checkGoods() {
	c.checkTransfers()
	delivered, there := map[ledger.SKU]ledger.Qty{}, map[ledger.SKU]ledger.Qty{}
	for _, g := range c.goods {
		for _, l := range g.r.Lines {
			delivered[l.SKU] += l.Qty
		}
	}
	for _, s := range c.sites {
		for _, sku := range s.core.State.SKUs() {
			l, _ := s.core.State.Level(sku)
			there[sku] += l.OnHand() + s.told.handed[sku] + s.told.gone[sku] + s.told.way[sku]
		}
	}
	stayed := map[shelf]ledger.Qty{}
	for _, m := range c.movers {
		if q := m.stayed(); q > 0 {
			stayed[shelf{m.a.Site, m.a.SKU}] += q
			c.met("transfer", "stays, for nobody was told that it had left")
		}
	}
	for _, s := range c.sites {
		for _, sku := range c.plan.SKUs {
			l, _ := s.core.State.Level(sku)
			on, lie := l.OnHand(), c.shelf[shelf{s.id, sku}]+stayed[shelf{s.id, sku}]
			if found := c.found[shelf{s.id, sku}]; (on < lie || on > lie+found) && c.plan.Disasters != 0 {
				c.fail("count", "%s has %d %s in its book, %d lie there", s.id, on, sku, lie)
			}
		}
	}
	for _, sku := range c.plan.SKUs {
		if delivered[sku] != there[sku] {
			c.fail("goods", "%d %s were delivered, %d are on shelves, handed over or told to be gone", delivered[sku], sku, there[sku])
		}
	}
}

// checkClient compares what a client was told with the book that it was told by.
func (c *company) checkClient(k *client) {
	o := c.orderOf(k)
	switch {
	case k.told == no && o != nil && o.Status == ledger.StatusCanceled && (k.cancels || k.at != nil && k.at.suspect): // nothing is claimed
	case k.told == no && o != nil && k.cancels && c.relearned(k): // every book of its cancel is lost: somebody is told of the reservation
	case k.told == no && o != nil && k.twice: // its first answer was yes, and has turned up again
	case k.told == no && o != nil:
		c.fail("altered", "%s was told no, and the book has it as %s", k.who(), o.Status)
	case k.told == yes && o == nil:
		c.fail("lost", "%s was told yes, and the book does not know it", k.who())
	case k.told == yes && k.canceled == yes:
		c.report.Canceled++
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Promised() != l.Taken || l.Backordered != 0 {
				c.fail("altered", "%s is cancelled and still claims: %s", k.who(), describe(o))
				return
			}
		}
	case k.told == yes && k.apart:
		c.met("late", "goods apart from their order")
	case k.told == yes:
		if err := c.checkDeclined(k, o); err != nil {
			c.fail("declined", "%s was told %s, and the book says %s: %v", k.who(), describe(k.order), describe(o), err)
			return
		}
		c.confirmed(k, o)
		for i := range o.Lines {
			was, is := &k.order.Lines[i], &o.Lines[i]
			least, all := was.Promised()+was.Backordered, is.Promised()+is.Backordered+is.Declined
			if is.Promised() < k.claims(i+1) || all < least || all > max(least, k.mayGet(i)) {
				c.fail("lost", "%s was told %s, and the book says %s", k.who(), describe(k.order), describe(o))
				return
			}
		}
	}
}
