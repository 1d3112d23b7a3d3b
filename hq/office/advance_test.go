package office_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// trading is a company of a warehouse, hull, and counters, that learns what it is asked for.
func trading(t testing.TB, sites string) *company {
	c := newCompany(t, 1, sites)
	set := machine.DefaultSettings()
	set.By, set.At = "head office", c.now
	c.propose(&set)
	return c
}

// ask has a site take delivery orders of one unit, cut off: with nothing on the shelf they are refused, and
// asked for all the same.
func (c *company) ask(site ledger.SiteID, sku ledger.SKU, orders int) (served int) {
	n := c.sites[site]
	for range orders {
		o := ledger.Order{ID: c.orderID(), Channel: "counter", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Refuse, TakenAt: c.now, Lines: []ledger.Line{{SKU: sku, Qty: 1}}}
		if n.do(&ledger.Place{Meta: ledger.Meta{Key: c.key()}, Order: o}).Err == nil {
			served++
		}
	}
	return served
}

// talk lets everybody exchange what there is, some rounds of it.
func (c *company) talk(sites ...ledger.SiteID) {
	for range 4 {
		for _, id := range sites {
			c.sites[id].exchange()
		}
	}
}

// advance goes on until nothing is left to be looked at, and says how much was passed on.
func (c *company) advance() (passed ledger.Qty) {
	c.t.Helper()
	for range 10_000 {
		moved, more, err := c.off.Advance(context.Background(), c.now)
		if err != nil {
			c.t.Fatal(err)
		}
		passed += moved.Passed
		if !more {
			return passed
		}
	}
	c.t.Fatal("it does not end")
	return 0
}

// has is what a site may promise of hull's stock, by head office's word and, where it was told, by its own book.
func (c *company) has(site ledger.SiteID, sku ledger.SKU) ledger.Qty {
	p, ok := c.m.PassedOn("hull", site, sku)
	if !ok {
		return 0
	}
	return p.Has + p.Coming
}

func (c *company) wantHas(sku ledger.SKU, want map[ledger.SiteID]ledger.Qty) {
	c.t.Helper()
	for site, q := range want {
		if got := c.has(site, sku); got != q {
			c.t.Errorf("%s: got an advance of %d %s, want %d", site, got, sku, q)
		}
	}
}

func TestACounterHasAnAdvanceForTheCutOffItIsToSurvive(t *testing.T) {
	c := trading(t, "hull* leeds york")
	c.ask("leeds", "TAP", 10) // 357 thousandths a day
	c.talk("hull", "leeds", "york")
	if got := c.advance(); got != 0 {
		t.Errorf("nothing is held: got %d passed on", got)
	}
	c.sites["hull"].receive("TAP", 9)
	c.talk("hull")
	if got := c.advance(); got != 2 {
		t.Errorf("goods have come to the warehouse: got %d passed on, want 2", got)
	}
	c.talk("hull", "leeds", "york")
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 2, "york": 0})
	if got := c.ask("leeds", "TAP", 3); got != 2 {
		t.Errorf("cut off: got %d orders served, want the 2 of the advance", got)
	}
	c.talk("leeds", "hull")
	c.converge()
}

func TestAnAdvanceIsToppedUpNightlyAndOnlyBelowItsTarget(t *testing.T) {
	c := trading(t, "hull* leeds")
	c.sites["hull"].receive("TAP", 9)
	c.ask("leeds", "TAP", 10)
	c.talk("hull", "leeds")
	c.advance()
	c.talk("hull", "leeds")
	before := c.m.Applied()
	if got := c.advance(); got != 0 || c.m.Applied() != before {
		t.Errorf("looked at again: got %d passed on by %d commands, want none", got, c.m.Applied()-before)
	}
	c.ask("leeds", "TAP", 1)
	c.talk("leeds", "hull")
	if got := c.advance(); got != 0 {
		t.Errorf("the same day: got %d passed on, want it left to the night", got)
	}
	c.now = c.now.Add(24 * time.Hour)
	c.talk("leeds", "hull")
	if got := c.advance(); got != 1 {
		t.Errorf("the next night: got %d passed on, want the one that was drawn", got)
	}
	c.now = c.now.Add(200 * 24 * time.Hour) // nobody asks any more
	c.talk("leeds", "hull")
	if got := c.advance(); got != 0 || c.has("leeds", "TAP") != 2 {
		t.Errorf("far above its target: got %d passed on, %d there; want 0 and 2: nothing is called back that nobody needs", got, c.has("leeds", "TAP"))
	}
	c.converge()
}

func TestWhenShortTheLikeliestCounterComesFirst(t *testing.T) {
	c := trading(t, "hull* bath leeds york")
	c.ask("bath", "TAP", 2)
	c.ask("leeds", "TAP", 2)
	c.ask("york", "TAP", 20)
	c.sites["hull"].receive("TAP", 3)
	c.talk("hull", "bath", "leeds", "york")
	c.advance()
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"york": 2, "bath": 1, "leeds": 0})
	c.converge()
}

func TestWhatIsTooMuchIsCalledBackForACounterThatHasTooLittle(t *testing.T) {
	c := trading(t, "hull* leeds york")
	c.ask("leeds", "TAP", 10)
	c.sites["hull"].receive("TAP", 2)
	c.talk("hull", "leeds", "york")
	c.advance()
	c.talk("hull", "leeds", "york")
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 2})
	c.now = c.now.Add(100 * 24 * time.Hour)
	c.ask("york", "TAP", 10)
	c.talk("york", "leeds", "hull")
	for range 3 { // called back, come back, and passed on
		c.advance()
		c.talk("leeds", "hull", "york")
	}
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 0, "york": 2})
	c.converge()
}

func TestWhatHeadOfficeIsAskedForInADayStays(t *testing.T) {
	c := trading(t, "hull* leeds")
	c.sites["hull"].receive("TAP", 66)
	c.talk("hull")
	for range 14 { // 4 units each, every other day: two of them outlast a day but for one in twenty
		p := &office.Placing{Key: c.key(), Order: ledger.Order{ID: c.orderID(), Channel: "web", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Refuse, TakenAt: c.now,
			Lines: []ledger.Line{{SKU: "TAP", Qty: 4}}}}
		if out, _, err := c.off.TryPlace(context.Background(), c.now, p, true); err != nil || out.Err != nil {
			t.Fatal(err, out.Err)
		}
	}
	c.ask("leeds", "TAP", 60) // 2142 thousandths: 7 units
	c.talk("hull", "leeds")
	c.advance()
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 2}) // 10 are left, 8 stay
	c.converge()
}

func TestAWarehouseKeepsWhatARuleSays(t *testing.T) {
	c := trading(t, "hull* leeds")
	c.propose(&machine.SetPolicy{By: "beth", At: c.now, Rules: []machine.Rule{{Kind: machine.RuleNeverBelow, Site: "hull", Qty: 8}}})
	c.sites["hull"].receive("TAP", 9)
	c.ask("leeds", "TAP", 10)
	c.talk("hull", "leeds")
	c.advance()
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 1})
	c.converge()
}

func TestACounterThatWasAwayHasItsAdvanceWhenItIsBack(t *testing.T) {
	c := trading(t, "hull* leeds")
	c.ask("leeds", "TAP", 10)
	c.talk("leeds")
	c.now = c.now.Add(time.Hour)
	c.sites["hull"].receive("TAP", 9)
	c.talk("hull")
	if got := c.advance(); got != 0 {
		t.Errorf("while it is away: got %d passed on, want none", got)
	}
	c.sites["leeds"].hello()
	if got := c.advance(); got != 2 {
		t.Errorf("back: got %d passed on, want 2", got)
	}
	c.converge()
}

func TestAnOrderThatWaitsComesBeforeAnAdvance(t *testing.T) {
	c := trading(t, "hull* leeds")
	o := ledger.Order{ID: c.orderID(), Channel: "web", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Backorder, TakenAt: c.now, Lines: []ledger.Line{{SKU: "TAP", Qty: 5}}}
	if _, _, err := c.off.TryPlace(context.Background(), c.now, &office.Placing{Key: c.key(), Order: o}, true); err != nil {
		t.Fatal(err)
	}
	c.ask("leeds", "TAP", 10)
	c.sites["hull"].receive("TAP", 3)
	c.talk("hull", "leeds")
	if got := c.advance(); got != 0 {
		t.Errorf("got %d passed on, want them left to the order", got)
	}
	c.converge()
}

func TestALevelThatAPersonHasSetIsLeftAlone(t *testing.T) {
	c := trading(t, "hull* leeds york")
	c.sites["hull"].receive("TAP", 9)
	c.talk("hull")
	c.propose(&machine.PassOn{SKU: "TAP", Owner: "hull", Holder: "leeds", Level: 1, By: "beth", At: c.now})
	c.propose(&machine.PassOn{SKU: "TAP", Owner: "hull", Holder: "york", Level: 0, By: "beth", At: c.now})
	c.ask("leeds", "TAP", 10)
	c.ask("york", "TAP", 10)
	c.talk("hull", "leeds", "york")
	c.advance()
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 1, "york": 0})
	c.converge()
}

func TestNothingIsPassedOnWithoutSettingsOrDemand(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds")
	c.sites["hull"].receive("TAP", 9)
	c.ask("leeds", "TAP", 10)
	c.talk("hull", "leeds")
	before := c.m.Applied()
	c.advance()
	set := machine.DefaultSettings()
	set.By, set.At = "head office", c.now
	c.propose(&set)
	c.advance()
	if got := c.m.Applied() - before; got != 1 {
		t.Errorf("got %d commands, want only the settings", got)
	}
	c.converge()
}

func TestAnAdvanceIsWorkedOffInSteps(t *testing.T) {
	c := trading(t, "hull* leeds")
	for i := range 300 {
		sku := ledger.SKU(fmt.Sprintf("P-%d", i))
		c.sites["hull"].receive(sku, 3)
		c.ask("leeds", sku, 2)
	}
	c.talk("hull", "leeds")
	calls, passed := 0, ledger.Qty(0)
	for more := true; more; calls++ {
		moved, left, err := c.off.Advance(context.Background(), c.now)
		if err != nil || moved.Passed > 64 {
			t.Fatalf("got %d passed on at once (%v), want 64 at most", moved.Passed, err)
		}
		if passed, more = passed+moved.Passed, left; calls < 3 && (moved.Passed > 0 || !more) {
			t.Errorf("step %d: got %d passed on, more %t; want all looked at first", calls, moved.Passed, more)
		}
	}
	if most := 3*5 + 5; passed != 300 || calls > most { // due, of a site that said hello, and of the night
		t.Errorf("got %d passed on in %d steps, want 300 in at most %d", passed, calls, most)
	}
	c.converge()
}

// What a run changes at a counter comes in one message, though several steps have planned it.
func TestACounterHearsOfARunAtOnce(t *testing.T) {
	c := trading(t, "hull* leeds york")
	for i := range 200 {
		sku := ledger.SKU(fmt.Sprintf("P-%03d", i))
		c.sites["hull"].receive(sku, 3)
		if i%10 == 0 {
			c.ask("leeds", sku, 2)
			c.ask("york", sku, 2)
		} else {
			c.ask(c.names[1+i%2], sku, 1)
		}
	}
	c.talk("hull", "leeds", "york")
	var holders []ledger.SiteID
	c.heard = func(m machine.Command) {
		if p, ok := m.(*machine.PassOn); ok && (len(holders) == 0 || holders[len(holders)-1] != p.Holder) {
			holders = append(holders, p.Holder)
		}
	}
	c.advance()
	c.heard = nil
	if len(holders) != 2 {
		t.Errorf("got levels for %v in turn, want each counter's together", holders)
	}
	c.converge()
}

func (n *node) receive(sku ledger.SKU, q ledger.Qty) {
	n.do(&ledger.Receive{ID: string(n.c.orderID()), Lines: []ledger.ReceiptLine{{SKU: sku, Qty: q}}})
}

// An order of twelve is of no use to a counter that was given one unit.
func TestAnAdvanceIsOfWholeOrders(t *testing.T) {
	c := trading(t, "hull* leeds")
	n := c.sites["leeds"]
	for range 2 {
		o := ledger.Order{ID: c.orderID(), Channel: "counter", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Refuse, TakenAt: c.now, Lines: []ledger.Line{{SKU: "TAP", Qty: 12}}}
		if n.do(&ledger.Place{Meta: ledger.Meta{Key: c.key()}, Order: o}).Err == nil {
			t.Fatal("twelve were promised of none")
		}
	}
	n.exchange()
	c.sites["hull"].receive("TAP", 100)
	c.talk("hull", "leeds")
	if got := c.advance(); got < 12 || got > 13 {
		t.Errorf("got %d passed on, want one order of twelve", got)
	}
	c.converge()
}
