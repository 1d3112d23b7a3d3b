package office_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// behind is a company whose counter york was last seen with three units, and is away since; hull has one.
func behind(t *testing.T) *company {
	c := newCompany(t, 1, "hull* leeds york")
	c.sites["york"].receive("TAP", 3)
	c.sites["hull"].receive("TAP", 1)
	c.talk("hull", "leeds", "york")
	c.now = c.now.Add(time.Hour)
	c.talk("hull", "leeds")
	return c
}

func (c *company) daring(q ledger.Qty, s ledger.Shortage) *office.Placing {
	p := c.wish(q, s)
	p.Unsure = true
	return p
}

func (c *company) own(id ledger.OrderID, want ledger.Status) *machine.Order {
	c.t.Helper()
	rec, ok := c.m.Order(id)
	if !ok || rec.Status != want || rec.Owner != ledger.HQ {
		c.t.Fatalf("got %s of %s, want %s of head office", rec.Status, rec.Owner, want)
	}
	return rec
}

func TestHeadOfficeTakesWhatLiesBehindACutLineAsToBeConfirmed(t *testing.T) {
	c := behind(t)
	p := c.daring(4, ledger.Confirm)
	out, done := c.tries(p, true)
	if !done || out.Err != nil {
		t.Fatalf("got %v, %v, want it taken", done, out.Err)
	}
	rec := c.own(p.Order.ID, ledger.StatusUnconfirmed)
	if l := rec.Lines[0]; l.Promised() != 1 || l.Unconfirmed != 3 || l.Backordered != 3 {
		t.Errorf("got %+v, want hull's unit promised and york's three to be confirmed", l)
	}
	if again, _ := c.tries(p, true); !again.Replayed || again.Answer.Order.Status != ledger.StatusUnconfirmed {
		t.Errorf("asked again: got %+v, want the same answer", again)
	}
	for range 3 { // york stays away, for days
		c.now = c.now.Add(24 * time.Hour)
		c.talk("hull", "leeds")
		c.release()
		c.own(p.Order.ID, ledger.StatusUnconfirmed)
	}
	c.releases(5) // york is back
	c.own(p.Order.ID, ledger.StatusAllocated)
	c.converge()
}

func TestWhatWasSoldBehindTheLineIsDeclinedAndSomebodyTold(t *testing.T) {
	c := behind(t)
	p := c.daring(4, ledger.Confirm)
	c.tries(p, true)
	if got := c.ask("york", "TAP", 2); got != 2 {
		t.Fatalf("york, cut off, sold %d of its shelf, want 2", got)
	}
	c.releases(60)
	rec := c.own(p.Order.ID, ledger.StatusAllocated)
	if l := rec.Lines[0]; l.Promised() != 2 || l.Declined != 2 {
		t.Errorf("got %+v, want two served and two declined", l)
	}
	told := false
	for _, e := range c.m.Exceptions(100) {
		told = told || e.What == "declined" && e.Order == p.Order.ID && e.Owner != ""
	}
	if !told {
		t.Error("nobody is told that the customer has to be told")
	}
	c.converge()
}

func TestNobodyIsWaitedForWithoutEnd(t *testing.T) {
	c := behind(t)
	p := c.daring(2, ledger.Confirm)
	c.tries(p, true)
	for range 8 {
		c.now = c.now.Add(24 * time.Hour)
		c.talk("hull", "leeds")
		c.release()
	}
	rec := c.own(p.Order.ID, ledger.StatusAllocated)
	if l := rec.Lines[0]; l.Promised() != 1 || l.Declined != 1 {
		t.Errorf("got %+v after a week, want hull's unit and the other declined", l)
	}
	c.converge()
}

// What nobody was last seen with is refused, and so is an order that did not ask for it, or that a server of an older
// build would not know how to take.
func TestWhatNobodyWasSeenWithIsRefused(t *testing.T) {
	for name, order := range map[string]func(c *company) *office.Placing{
		"more than was seen": func(c *company) *office.Placing { return c.daring(5, ledger.Confirm) },
		"more than was seen, on two lines": func(c *company) *office.Placing {
			p := c.daring(3, ledger.Confirm)
			p.Order.Lines = append(p.Order.Lines, ledger.Line{SKU: "TAP", Qty: 2})
			return p
		},
		"all or nothing":  func(c *company) *office.Placing { return c.daring(4, ledger.Refuse) },
		"an older server": func(c *company) *office.Placing { return c.wish(4, ledger.Confirm) },
		"to be collected elsewhere": func(c *company) *office.Placing {
			p := c.daring(2, ledger.Confirm)
			p.Order.Fulfil, p.Order.CollectAt = ledger.Collect, "leeds"
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := behind(t)
			p := order(c)
			out, done := c.tries(p, true)
			if _, known := c.m.Order(p.Order.ID); !done || out.Err == nil || known {
				t.Errorf("got %v, %v, taken %v; want it refused", done, out.Err, known)
			}
			c.converge()
		})
	}
}

func TestACanceledOrderIsConfirmedNoMore(t *testing.T) {
	c := behind(t)
	p := c.daring(4, ledger.Confirm)
	c.tries(p, true)
	if out, err := c.off.Cancel(t.Context(), c.now, &office.Canceling{Order: p.Order.ID, Key: c.key()}); err != nil || out.Err != nil {
		t.Fatal(err, out.Err)
	}
	c.releases(60)
	if l := c.own(p.Order.ID, ledger.StatusCanceled).Lines[0]; l.Unconfirmed != 0 || l.Declined != 0 || l.Backordered != 0 {
		t.Errorf("got %+v, want nothing that waits", l)
	}
	c.converge()
}
