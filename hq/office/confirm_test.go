package office_test

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// takesUnsure has a site that is cut off take an order without a promise.
func (c *company) takesUnsure(site ledger.SiteID, q ledger.Qty, priority int) ledger.OrderID {
	c.t.Helper()
	o := ledger.Order{ID: c.orderID(), Channel: "counter", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Confirm, Priority: priority, TakenAt: c.now,
		Lines: []ledger.Line{{SKU: "TAP", Qty: q}}}
	if out := c.sites[site].do(&ledger.Place{Meta: ledger.Meta{Key: c.key()}, Order: o}); out.Err != nil {
		c.t.Fatal(out.Err)
	}
	return o.ID
}

// releases lets head office and the sites go on for some seconds.
func (c *company) releases(seconds int) {
	c.t.Helper()
	for range seconds {
		c.now = c.now.Add(time.Second)
		c.release()
		c.talk(c.names...)
	}
}

// stands says how an order stands in its site's book, and at head office.
func (c *company) stands(site ledger.SiteID, id ledger.OrderID, want ledger.Status) {
	c.t.Helper()
	own, _ := c.sites[site].core.State.Order(id)
	rec, _ := c.m.Order(id)
	if own.Status != want || rec.Status != want {
		c.t.Errorf("%s: got %s in its book and %s at head office, want %s", site, own.Status, rec.Status, want)
	}
}

func TestWhoWasTakenWithoutAPromiseIsServedBeforeBackorders(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds york")
	p := c.wish(3, ledger.Backorder)
	p.Order.Priority = 9
	c.tries(p, true)
	c.now = c.now.Add(time.Hour)
	late := c.takesUnsure("leeds", 2, 0)
	c.now = c.now.Add(time.Hour)
	urgent := c.takesUnsure("york", 2, 5)
	c.talk("leeds", "york")
	c.sites["hull"].receive("TAP", 3)
	c.talk("hull")
	c.releases(3)
	c.stands("york", urgent, ledger.StatusAllocated)
	c.stands("leeds", late, ledger.StatusUnconfirmed)
	if rec, _ := c.m.Order(late); rec.Waiting(1) != 1 {
		t.Errorf("got %d waiting, want the rest of what came", rec.Waiting(1))
	}
	if rec, _ := c.m.Order(p.Order.ID); rec.Waiting(1) != 3 {
		t.Errorf("the backorder: got %d waiting, want all 3", rec.Waiting(1))
	}
	c.sites["hull"].receive("TAP", 1)
	c.talk("hull")
	c.releases(3)
	c.stands("leeds", late, ledger.StatusAllocated)
	if s, _ := c.m.Site("leeds"); s.Confirmed != 1 || s.Declined != 0 {
		t.Errorf("got %d confirmed, %d declined of leeds, want 1 and 0", s.Confirmed, s.Declined)
	}
	c.converge()
}

func TestACounterIsAskedBeforeAnOrderIsDeclined(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds york")
	c.sites["york"].receive("TAP", 1)
	id := c.takesUnsure("leeds", 3, 0)
	c.talk("leeds", "york")
	c.releases(10)
	c.stands("leeds", id, ledger.StatusUnconfirmed)
	if rec, _ := c.m.Order(id); rec.Waiting(1) != 2 {
		t.Errorf("got %d waiting, want what york lent to serve it", rec.Waiting(1))
	}
	c.releases(40)
	c.stands("leeds", id, ledger.StatusAllocated)
	if own, _ := c.sites["leeds"].core.State.Order(id); own.Lines[0].Declined != 2 || own.Lines[0].Promised() != 1 {
		t.Errorf("got %+v, want 1 served and 2 declined", own.Lines[0])
	}
	if s, _ := c.m.Site("leeds"); s.Confirmed != 0 || s.Declined != 1 {
		t.Errorf("got %d confirmed, %d declined of leeds, want 0 and 1", s.Confirmed, s.Declined)
	}
	c.converge()
}

func TestAnOrderIsNotDeclinedWhileSitesAreComingBack(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds york")
	id := c.takesUnsure("leeds", 1, 0)
	c.now = c.now.Add(time.Hour)
	c.talk("leeds")
	for range 20 {
		c.now = c.now.Add(time.Second)
		c.release()
		c.talk("leeds")
	}
	c.stands("leeds", id, ledger.StatusUnconfirmed)
	c.sites["york"].receive("TAP", 1) // which is back at last
	c.releases(40)
	c.stands("leeds", id, ledger.StatusAllocated)
	c.converge()
}

// York was last seen with a unit: it is waited for, but not for ever.
func TestAnOrderIsNotDeclinedWhileASiteThatIsAwayMayHaveIt(t *testing.T) {
	for name, back := range map[string]bool{"it comes back": true, "it stays away": false} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t, 1, "hull* leeds york")
			c.sites["york"].receive("TAP", 1)
			c.talk("hull", "leeds", "york")
			id := c.takesUnsure("leeds", 1, 0)
			c.now = c.now.Add(time.Hour) // york is away
			for range 23 {
				c.now = c.now.Add(time.Hour)
				c.talk("hull", "leeds")
				c.release()
			}
			c.stands("leeds", id, ledger.StatusUnconfirmed)
			want := ledger.StatusAllocated
			if back {
				c.releases(40)
			} else {
				want = ledger.StatusDeclined
				for range 4 {
					c.now = c.now.Add(time.Hour)
					c.talk("hull", "leeds")
					c.release()
				}
			}
			c.stands("leeds", id, want)
			c.converge()
		})
	}
}

func TestAnAdvanceIsCalledBackBeforeAnOrderIsDeclined(t *testing.T) {
	c := advanced(t)
	c.ask("leeds", "TAP", 2) // what it was given in advance
	id := c.takesUnsure("leeds", 2, 0)
	c.releases(50)
	c.stands("leeds", id, ledger.StatusAllocated)
	if own, _ := c.sites["leeds"].core.State.Order(id); own.Lines[0].Declined != 0 {
		t.Errorf("got %+v, want it served from what york gave up", own.Lines[0])
	}
	c.converge()
}

func TestAnOrderThatWaitsByItselfIsNeverDeclined(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds")
	o := ledger.Order{ID: c.orderID(), Channel: "counter", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Backorder, TakenAt: c.now, Lines: []ledger.Line{{SKU: "TAP", Qty: 1}}}
	c.sites["leeds"].do(&ledger.Place{Meta: ledger.Meta{Key: c.key()}, Order: o})
	c.talk("leeds")
	c.releases(60)
	c.stands("leeds", o.ID, ledger.StatusBackordered)
	c.converge()
}

func TestALegThatIsRejectedIsServedFromAnotherSite(t *testing.T) {
	c := newCompany(t, 1, "bath* hull* leeds")
	c.sites["bath"].receive("TAP", 5)
	c.talk("bath")
	p := c.wish(2, ledger.Refuse)
	if out, _ := c.tries(p, true); out.Err != nil {
		t.Fatal(out.Err)
	}
	c.talk("bath")
	if out := c.sites["bath"].do(&ledger.RejectLeg{Meta: ledger.Meta{Key: c.key()}, Order: p.Order.ID, Reason: "bent"}); out.Err != nil {
		t.Fatal(out.Err)
	}
	c.talk("bath")
	c.releases(3)
	if rec, _ := c.m.Order(p.Order.ID); rec.Waiting(1) != 2 {
		t.Errorf("got %d waiting, want bath not asked for it again", rec.Waiting(1))
	}
	out, done := c.tries(c.wish(1, ledger.Refuse), true)
	if !done || out.Err == nil {
		t.Errorf("another order: got %v, want it refused", out.Err)
	}
	c.sites["hull"].receive("TAP", 2)
	c.talk("hull")
	c.releases(3)
	rec, _ := c.m.Order(p.Order.ID)
	if rec.Status != ledger.StatusAllocated || rec.Lines[0].Away[0].Site != "hull" {
		t.Errorf("got %s, %+v; want it served from hull", rec.Status, rec.Lines[0].Away)
	}
	if e, ok := c.m.Explained(p.Order.ID); !ok || !strings.Contains(whyNot(e, "bath"), "bent") {
		t.Errorf("got %+v explained, want why bath is avoided", e)
	}
	c.now = c.now.Add(machine.AvoidedFor)
	c.talk("bath", "hull", "leeds")
	if out, _ := c.tries(c.wish(1, ledger.Refuse), true); out.Err != nil {
		t.Errorf("three days later: got %v, want it served from bath", out.Err)
	}
	c.talk("bath")
	c.converge()
}

func whyNot(e *machine.Explained, site ledger.SiteID) string {
	why, _ := e.Explain.Open()
	for _, l := range why.Lines {
		for _, c := range l.Candidates {
			if c.Site == site {
				return c.Why
			}
		}
	}
	return ""
}

// Every site has rejected it: what was promised waits, and somebody has to decide.
func TestAnOrderThatEverySiteRejectsIsSomebodysToDecide(t *testing.T) {
	c := newCompany(t, 1, "bath* hull* leeds")
	for _, id := range []ledger.SiteID{"bath", "hull"} {
		c.sites[id].receive("TAP", 5)
	}
	c.talk("bath", "hull")
	p := c.wish(2, ledger.Refuse)
	if out, _ := c.tries(p, true); out.Err != nil {
		t.Fatal(out.Err)
	}
	unserved := func() (n int) {
		for _, e := range c.m.Exceptions(99) {
			if e.What == "unserved" && e.Order == p.Order.ID && !e.Resolved.Done() {
				n++
			}
		}
		return n
	}
	for range 2 { // from the one, and from the other after it
		c.talk("bath", "hull")
		rec, _ := c.m.Order(p.Order.ID)
		from := rec.Lines[0].Away[0].Site
		if out := c.sites[from].do(&ledger.RejectLeg{Meta: ledger.Meta{Key: c.key()}, Order: p.Order.ID, Reason: "no staff"}); out.Err != nil {
			t.Fatal(out.Err)
		}
		c.talk(from)
		if unserved() != 0 {
			t.Error("it was told before another site was looked for")
		}
		c.releases(3)
	}
	c.releases(60)
	if rec, _ := c.m.Order(p.Order.ID); rec.Waiting(1) != 2 || unserved() != 1 {
		t.Errorf("got %d waiting, %d exceptions; want it to wait, and head office told once", rec.Waiting(1), unserved())
	}
	for _, e := range c.m.Exceptions(99) {
		if e.What == "count" {
			t.Errorf("got %+v, want no count asked for of who has no staff", e)
		}
	}
	c.propose(&machine.Lift{Site: "hull", By: "olga", Reason: "they are back", At: c.now})
	c.releases(3)
	if rec, _ := c.m.Order(p.Order.ID); rec.Status != ledger.StatusAllocated || rec.Lines[0].Away[0].Site != "hull" || unserved() != 0 {
		t.Errorf("got %s, %+v, %d exceptions; want it served by hull, where somebody lifted it", rec.Status, rec.Lines, unserved())
	}
	c.converge()
}

// The lender looks afterwards as if it had always held the units: the words say that it has lent them, and the story what led to it.
func TestWhoLentIsSaidToHaveLent(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds york")
	c.sites["york"].receive("TAP", 2)
	c.talk("york")
	p := c.wish(2, ledger.Refuse)
	if _, done := c.tries(p, false); done {
		t.Fatal("want york asked first")
	}
	c.talk("york")
	if out, done := c.tries(p, false); !done || out.Err != nil {
		t.Fatalf("got %v, %v", done, out.Err)
	}
	e, _ := c.m.Explained(p.Order.ID)
	if why := whyNot(e, "york"); !strings.Contains(why, "lent 2 for this order") {
		t.Errorf("got %q, want said that york has lent them", why)
	}
	story, ok := c.m.Story(p.Order.ID)
	if !ok {
		t.Fatal("got no story")
	}
	steps, err := story.Open()
	if err != nil || len(steps) != 2 || steps[0].What != machine.StepBorrowed || len(steps[0].Lines) != 1 || steps[0].Lines[0] != (machine.StepLine{SKU: "TAP", Site: "york", Qty: 2}) {
		t.Fatalf("got %+v (%v), want the loan and then the plan", steps, err)
	}
	if why, _ := steps[0].Explain.Open(); len(why.Lines) != 1 || why.Lines[0].Chosen[0].Site != "york" || strings.Contains(why.Lines[0].Candidates[0].Why, "lent 2 for") {
		t.Errorf("got %+v, want the plan that had york asked", why)
	}
	c.talk("york")
	c.converge()
}
