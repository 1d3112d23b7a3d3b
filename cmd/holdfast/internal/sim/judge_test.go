package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// rested gives a company that has come to its end without a fault.
func rested(t *testing.T) *company {
	t.Helper()
	c := newCompany(NewPlan(3, 15*time.Minute, 3, 0), guardNone)
	if err := c.run(t.Context(), noTick); err != nil || c.report.Violations != 0 {
		t.Fatalf("got %v %s, want a run without a fault", err, c.report.Story())
	}
	return c
}

func (c *company) first(t *testing.T, want func(*client) bool) *client {
	t.Helper()
	for _, k := range c.wishes {
		if want(k) {
			return k
		}
	}
	t.Fatal("got no such client, want one")
	return nil
}

// firstDeed finds what somebody was told of by such an entry.
func (c *company) firstDeed(t *testing.T, want func(*ledger.Entry) bool) *deed {
	t.Helper()
	for _, d := range c.deeds {
		if d.heard != nil && want(d.heard) {
			return d
		}
	}
	t.Fatal("got no such deed, want one")
	return nil
}

// Each fault is put into a company at rest, which the judge then looks at again.
func TestTheJudgeSeesEachFault(t *testing.T) {
	kept := func(k *client) bool { return k.told == yes && !k.cancels && k.order.Lines[0].Promised() > 0 }
	for what, c := range map[string]struct {
		spoil func(*testing.T, *company)
		count func(*Report) uint64
	}{
		"a unit is promised twice": {func(t *testing.T, c *company) {
			k := c.first(t, func(k *client) bool { return kept(k) && k.claims(1) > 0 }) // none that is excused
			sku := k.order.Lines[0].SKU
			c.promised[sku], k.counts = c.received[sku], false
			c.toldOrder(k)
		}, func(r *Report) uint64 { return r.Oversold }},
		"an accepted order is gone": {func(t *testing.T, c *company) {
			k := c.first(t, kept)
			gone := *k.wish
			gone.Order.ID = "01900000-0000-7000-8000-000000000000"
			k.wish = &gone
		}, func(r *Report) uint64 { return r.Lost }},
		"a promise is taken back": {func(t *testing.T, c *company) {
			k := c.first(t, kept)
			k.order = k.order.Clone()
			k.order.Lines[0].Taken++
		}, func(r *Report) uint64 { return r.Lost }},
		"an order is taken twice": {func(t *testing.T, c *company) {
			k := c.first(t, func(k *client) bool { return kept(k) && k.book != ledger.HQ })
			c.byID[k.book].judge(&ledger.Entry{Kind: ledger.KindPlaced, Body: &ledger.OrderBody{Order: *k.order}})
		}, func(r *Report) uint64 { return r.Duplicated }},
		"a no has an order behind it": {func(t *testing.T, c *company) {
			c.first(t, kept).told = no
		}, func(r *Report) uint64 { return r.Violations }},
		"a frame is not at head office": {func(_ *testing.T, c *company) {
			j := c.hq.journal["leeds"]
			j.frames = j.frames[:len(j.frames)-1]
		}, func(r *Report) uint64 { return r.Lost }},
		"a frame has a flipped bit": {func(_ *testing.T, c *company) {
			f := c.sites[0].disk.frames
			f[len(f)/2][40] ^= 1
		}, func(r *Report) uint64 { return r.Violations }},
		"goods are gone": {func(t *testing.T, c *company) {
			for i := range c.plan.Acts {
				if r := c.plan.Acts[i].Receipt; r != nil {
					r.Lines[0].Qty++
					return
				}
			}
		}, func(r *Report) uint64 { return r.Violations }},
		"what was promised is declined": {func(t *testing.T, c *company) {
			k := c.first(t, func(k *client) bool { return kept(k) && k.order.Lines[0].Here > 0 })
			o := c.orderOf(k)
			o.Lines[0].Here, o.Lines[0].Declined = o.Lines[0].Here-1, 1
		}, func(r *Report) uint64 { return r.Violations }},
		"an order stays to be confirmed": {func(t *testing.T, c *company) {
			k := c.first(t, kept)
			o := c.orderOf(k)
			o.Lines[0].Backordered, o.Lines[0].Unconfirmed = o.Lines[0].Backordered+1, 1
		}, func(r *Report) uint64 { return r.Violations }},
		"a decline leaves the order its units": {func(t *testing.T, c *company) {
			k := c.first(t, func(k *client) bool { return kept(k) && k.order.Lines[0].Promised() == k.order.Lines[0].Qty })
			k.order = k.order.Clone()
			k.order.Lines[0].Unconfirmed = 1
			c.orderOf(k).Lines[0].Declined = 1
		}, func(r *Report) uint64 { return r.Violations }},
		"a count is asked for that was made": {func(t *testing.T, c *company) {
			c.wentBack = false
			for _, e := range c.hq.m.Exceptions(9999) {
				if s := c.byID[e.Site]; e.What == "count" && s != nil && !e.Resolved.Done() {
					s.told.counted[e.SKU] = e.Seq + 1
					return
				}
			}
			t.Fatal("got no count that is asked for, want one")
		}, func(r *Report) uint64 { return r.Violations }},
		"a payment is not in the book": {func(t *testing.T, c *company) {
			d := c.firstDeed(t, func(e *ledger.Entry) bool { return tenderIn(e) != nil })
			delete(c.byID[d.at].told.paid, tenderIn(d.heard).Payments.Order)
		}, func(r *Report) uint64 { return r.Violations }},
		"a sale on account is not at head office": {func(t *testing.T, c *company) {
			d := c.firstDeed(t, func(e *ledger.Entry) bool {
				b, ok := e.Body.(*ledger.AssetBody)
				return ok && b.Act == ledger.AssetCharge
			})
			c.deeds = append(c.deeds, d) // somebody was told of one more
		}, func(r *Report) uint64 { return r.Violations }},
		"goods of a purchase order are not counted": {func(t *testing.T, c *company) {
			if len(c.bought) == 0 {
				t.Fatal("got no purchase order, want one")
			}
			c.bought[0].came++
		}, func(r *Report) uint64 { return r.Violations }},
		"what head office has closed is open in the book that ordered it": {func(t *testing.T, c *company) {
			i := slices.IndexFunc(c.bought, func(b *bought) bool { return b.came == b.qty })
			if i < 0 {
				t.Fatal("got no purchase order that came, want one")
			}
			c.bought[i].byHQ = true // the book says that it was sent: what came is not in that
		}, func(r *Report) uint64 { return r.Violations }},
		"a gift card has more on it than was paid": {func(t *testing.T, c *company) {
			d := c.firstDeed(t, func(e *ledger.Entry) bool { b := tenderIn(e); return b != nil && b.Payments.For != "" })
			b := tenderIn(d.heard)
			c.byID[d.at].told.paid[b.Payments.Order].Tenders[0].Amount++
		}, func(r *Report) uint64 { return r.Violations }},
		"what a supplier sent is not counted": {func(t *testing.T, c *company) {
			if len(c.dropped) == 0 {
				t.Fatal("got no line that a supplier sends, want one")
			}
			c.dropped[0].sent++
		}, func(r *Report) uint64 { return r.Violations }},
		"the goods of an exchange have not come back": {func(t *testing.T, c *company) {
			if len(c.exchanges) == 0 {
				t.Fatal("got no exchange, want one")
			}
			c.exchanges[0].name += "?"
		}, func(r *Report) uint64 { return r.Violations }},
		"an exchange pays for more than came back": {func(t *testing.T, c *company) {
			if len(c.exchanges) == 0 {
				t.Fatal("got no exchange, want one")
			}
			c.exchanges[0].credit = 1
		}, func(r *Report) uint64 { return r.Violations }},
		"a reservation has no order": {func(t *testing.T, c *company) {
			k := c.first(t, func(k *client) bool { return kept(k) && k.order.Lines[0].Here > 0 })
			for i, other := range c.wishes {
				if other == k {
					c.wishes = append(c.wishes[:i:i], c.wishes[i+1:]...)
				}
			}
		}, func(r *Report) uint64 { return r.Violations }},
	} {
		t.Run(what, func(t *testing.T) {
			company := rested(t)
			c.spoil(t, company)
			company.checkEnd()
			if c.count(&company.report) == 0 {
				t.Errorf("got %d violations %v, want this one found", company.report.Violations, company.report.Broken)
			}
		})
	}
}

func TestAJournalWithAGapIsSeen(t *testing.T) {
	c := rested(t)
	s := c.sites[0]
	f, err := ledger.DecodeFrame(s.disk.frames[len(s.disk.frames)-1])
	if err != nil {
		t.Fatal(err)
	}
	s.landed([]*ledger.Frame{f}) // it has landed before
	if c.report.Violations == 0 {
		t.Error("got no violation from a frame that lands twice, want one")
	}
}

func TestADiskLosesWhatWasNotSynced(t *testing.T) {
	c := rested(t)
	s := c.sites[0]
	before := len(s.disk.frames)
	for range 40 { // each crash keeps or loses the commit in flight, as the seed says
		s.do(&ledger.Reboot{}, func(ledger.Outcome) {})
		s.crash("test", 0)
		s.begin()
		for s.up && !s.open {
			e, _ := c.agenda.next()
			c.now = e.at
			e.run()
		}
	}
	if kept := c.report.Met["crash: commit in flight kept"]; kept == 0 || len(s.disk.frames) < before+40 {
		t.Errorf("got %d kept commits and %d frames, want some kept and a boot entry for each of 40 starts", kept, len(s.disk.frames)-before)
	}
	if c.report.Met["crash: commit in flight lost"] == 0 {
		t.Error("got no lost commit in 40 crashes, want some")
	}
	if c.report.Violations != 0 {
		t.Errorf("got %v, want no violation", c.report.Broken)
	}
}

func TestTheJudgeSeesACartonThatIsInNoBook(t *testing.T) {
	c := newCompany(NewPlan(2, time.Hour, 3, 0), guardNone)
	if err := c.run(t.Context(), noTick); err != nil || c.report.Violations != 0 {
		t.Fatalf("got %v %s, want a run without a fault", err, c.report.Story())
	}
	i := slices.IndexFunc(c.movers, func(m *mover) bool { return m.arrived && !m.opened })
	if i < 0 {
		t.Fatal("got no carton that came as it left, want one")
	}
	c.movers[i].carton = cartonOf("another")
	if c.checkTransfers(); c.report.Violations == 0 {
		t.Error("got no violation, want it found that another carton came than was booked")
	}
}

func TestTheJudgeSeesThatAClosedPurchaseOrderIsPromised(t *testing.T) {
	c := newCompany(NewPlan(5, 15*time.Minute, 3, 0), guardCloseTold)
	if err := c.run(t.Context(), noTick); err != nil {
		t.Fatal(err)
	}
	c.report.Violations = 0 // that its book was not told is seen as well
	if c.checkDueIn(); c.report.Violations == 0 {
		t.Error("got no violation, want it found that a site promises what head office has closed")
	}
}
