package office_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// expects has taps come in at a site some days from now.
func (c *company) expects(ref string, site ledger.SiteID, days int, q ledger.Qty) {
	c.t.Helper()
	c.propose(&machine.Expect{Reference: ref, Supplier: "Acme", Site: site, Due: machine.DayOf(c.now) + machine.Day(days), Lines: []machine.DueLine{{SKU: "TAP", Qty: q}}, By: "beth", At: c.now})
}

// promisedTo is how much of what is due in an order is promised, by whatever day.
func (c *company) promisedTo(id ledger.OrderID) (sum ledger.Qty) {
	for _, r := range c.m.PromisesTo(id) {
		sum += r.Qty
	}
	return sum
}

func TestAnOrderThatStockCannotServeIsTakenWhereTheRestIsDueInTime(t *testing.T) {
	for name, row := range map[string]struct {
		shortage  ledger.Shortage
		qty       ledger.Qty
		days      int // from now that it is needed by; 0: no date
		legs, due ledger.Qty
	}{
		"needed after":          {ledger.Refuse, 5, 4, 2, 3},
		"needed that day":       {ledger.Refuse, 5, 3, 2, 3},
		"needed before":         {ledger.Refuse, 5, 2, 0, 0},
		"no date":               {ledger.Refuse, 5, 0, 0, 0},
		"more than there is":    {ledger.Refuse, 9, 4, 0, 0},
		"a part will do":        {ledger.Partial, 9, 4, 2, 4},
		"a part, too early":     {ledger.Partial, 9, 2, 2, 0},
		"it waits anyway":       {ledger.Backorder, 5, 2, 2, 3},
		"all of it is there":    {ledger.Refuse, 2, 4, 2, 0},
		"to be confirmed or no": {ledger.Confirm, 5, 4, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t, 1, "hull* leeds")
			c.sites["hull"].receive("TAP", 2)
			c.talk("hull")
			c.expects("PO 812", "hull", 3, 4)
			p := c.wish(row.qty, row.shortage)
			if row.days > 0 {
				p.Order.NeedBy = (machine.DayOf(c.now) + machine.Day(row.days)).String()
			}
			out, done := c.tries(p, true)
			if want := row.legs > 0; !done || (out.Err == nil) != want {
				t.Fatalf("got %v, want accepted: %t", out.Err, want)
			}
			if due := c.promisedTo(p.Order.ID); due != row.due {
				t.Errorf("got %d promised of what is due in, want %d", due, row.due)
			}
			if o, ok := c.m.Order(p.Order.ID); ok && o.Lines[0].Promised() != row.legs {
				t.Errorf("got %d promised from stock, want %d", o.Lines[0].Promised(), row.legs)
			}
			c.sameTwin()
		})
	}
}

func TestWhatArrivesIsNotPlannedForOthers(t *testing.T) {
	for _, site := range []ledger.SiteID{"hull", "york"} { // a warehouse, and a counter that is asked to lend it
		c := newCompany(t, 1, "hull* leeds york")
		c.expects("PO 812", site, 3, 4)
		first := c.wish(4, ledger.Backorder)
		c.tries(first, true)
		urgent := c.wish(4, ledger.Backorder)
		urgent.Order.Priority = 9
		c.tries(urgent, true)
		if got := c.promisedTo(first.Order.ID); got != 4 || c.promisedTo(urgent.Order.ID) != 0 {
			t.Fatalf("got %d promised, want 4 to who came first", got)
		}
		c.sites[site].do(&ledger.Receive{ID: "d", Reference: "PO 812", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 4}}})
		c.talk(site)
		c.releases(3)
		o, _ := c.m.Order(first.Order.ID)
		late, _ := c.m.Order(urgent.Order.ID)
		if o.Lines[0].Promised() != 4 || late.Lines[0].Promised() != 0 {
			t.Errorf("%s: got %d reserved for who was promised it and %d for the urgent one, want 4 and 0", site, o.Lines[0].Promised(), late.Lines[0].Promised())
		}
		c.sameTwin()
	}
}

func TestALeaderSaysThatADayHasBegunOnce(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds")
	c.releases(1)
	if c.m.Today() != 0 {
		t.Errorf("got day %s, want no command while nothing is due in", c.m.Today())
	}
	c.expects("PO 812", "hull", 1, 4)
	p := c.wish(4, ledger.Backorder)
	c.tries(p, true)
	for range 3 {
		c.now = c.now.Add(24 * time.Hour)
		before := c.m.Applied()
		c.release()
		if c.release(); c.m.Applied() != before+1 {
			t.Errorf("got %d commands, want one a day", c.m.Applied()-before)
		}
	}
	if rows := c.m.PromisesTo(p.Order.ID); len(rows) != 1 || rows[0].By != 0 {
		t.Errorf("got %+v, want it promised without a date", rows)
	}
	if es := c.m.Exceptions(9); len(es) != 1 || es[0].What != "promise_slips" {
		t.Errorf("got %+v, want it said once", es)
	}
	c.sameTwin()
}

// dueIn puts, moves, cuts and cancels deliveries, brings what is due in and what is not, and lets orders wait for it.
func (s *storm) dueIn() {
	ref := fmt.Sprintf("PO %d", s.rnd.IntN(5))
	switch w := s.rnd.IntN(20); {
	case w < 7:
		c := &machine.Expect{Reference: ref, Supplier: []string{"Acme", "Bolt & Co"}[s.rnd.IntN(2)], Site: s.names[s.rnd.IntN(len(s.names))],
			Due: machine.DayOf(s.now) + machine.Day(s.rnd.IntN(5)), By: "beth", At: s.now}
		for _, sku := range []ledger.SKU{"ELBOW-15", "PIPE-3M", "TAP-22"} {
			if s.rnd.IntN(2) == 0 {
				c.Lines = append(c.Lines, machine.DueLine{SKU: sku, Qty: ledger.Qty(1 + s.rnd.IntN(12))})
			}
		}
		s.expect(c)
	case w < 8:
		s.expect(&machine.Expect{Reference: ref, Cancel: true, By: "beth", At: s.now})
	case w < 13:
		n := s.anySite()
		if d, ok := s.m.Delivery(ref); ok && s.rnd.IntN(4) > 0 {
			n = s.sites[d.Site]
		}
		q, sku := ledger.Qty(1+s.rnd.IntN(12)), stormSKUs[s.rnd.IntN(len(stormSKUs))]
		s.note("%s receives %d %s of %s", n.id(), q, sku, ref)
		if out := n.do(&ledger.Receive{Meta: ledger.Meta{Key: s.key()}, ID: "d", Reference: ref, Lines: []ledger.ReceiptLine{{SKU: sku, Qty: q}}}); out.Err == nil {
			s.seen["came"]++
		}
	case w < 14:
		s.now = s.now.Add(24 * time.Hour)
		s.note("a day passes")
	default:
		s.placeAtHQ()
		p := s.places[len(s.places)-1]
		p.Order.NeedBy = (machine.DayOf(s.now) + machine.Day(s.rnd.IntN(5))).String()
	}
}

func (s *storm) expect(c *machine.Expect) {
	res, err := s.Propose(context.Background(), machine.Marshal(c))
	s.note("expected %+v: %v, %v", *c, err, res.Err)
	if err == nil && res.Err == nil {
		s.seen["expected"]++
	}
}
