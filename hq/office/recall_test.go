package office_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// advanced is a company whose warehouse has given all of its TAPs in advance: york, which is asked for the
// most, has 3, leeds 2.
func advanced(t testing.TB) *company {
	c := trading(t, "hull* leeds york")
	c.ask("leeds", "TAP", 10)
	c.ask("york", "TAP", 20)
	c.sites["hull"].receive("TAP", 5)
	c.talk("hull", "leeds", "york")
	c.advance()
	c.talk("hull", "leeds", "york")
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 2, "york": 3})
	return c
}

func (c *company) wish(q ledger.Qty, s ledger.Shortage) *office.Placing {
	return &office.Placing{Key: c.key(), Order: ledger.Order{ID: c.orderID(), Channel: "web", Fulfil: ledger.Deliver, Anywhere: true, Shortage: s, TakenAt: c.now,
		Lines: []ledger.Line{{SKU: "TAP", Qty: q}}}}
}

func (c *company) tries(p *office.Placing, final bool) (office.Outcome, bool) {
	c.t.Helper()
	out, done, err := c.off.TryPlace(context.Background(), c.now, p, final)
	if err != nil {
		c.t.Fatal(err)
	}
	return out, done
}

func (c *company) release() {
	c.t.Helper()
	if _, err := c.off.Release(context.Background(), c.now); err != nil {
		c.t.Fatal(err)
	}
}

func TestAnAdvanceIsCalledBackForAnOrderThatNeedsIt(t *testing.T) {
	c := advanced(t)
	p := c.wish(3, ledger.Refuse)
	if _, done := c.tries(p, false); done {
		t.Fatal("got an answer at once, want it to wait for what is called back")
	}
	before := c.m.Applied()
	if _, done := c.tries(p, false); done || c.m.Applied() != before {
		t.Error("called back already: got an answer or another command, want it to wait")
	}
	c.talk("leeds", "york", "hull")
	if c.advance(); c.has("leeds", "TAP") != 0 {
		t.Errorf("got %d passed on again before the order had it", c.has("leeds", "TAP"))
	}
	if out, done := c.tries(p, false); !done || out.Err != nil {
		t.Errorf("got done %t, %v; want the order placed", done, out.Err)
	}
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 0, "york": 2}) // who is asked for it least gives it up first
	if moved, _, err := c.off.Advance(context.Background(), c.now); err != nil || moved.Recalled != 0 {
		t.Errorf("got %d recalled told twice (%v)", moved.Recalled, err)
	}
	c.converge()
}

func TestAnAdvanceIsCalledBackForAnAsk(t *testing.T) {
	c := advanced(t)
	leeds := c.sites["leeds"]
	o := ledger.Order{ID: c.orderID(), Channel: "counter", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Refuse, TakenAt: c.now, Lines: []ledger.Line{{SKU: "TAP", Qty: 4}}}
	out := leeds.do(&ledger.Place{Meta: ledger.Meta{Key: c.key()}, Order: o, AskHQ: true})
	b := out.Entry.Body.(*ledger.OrderBody)
	ask := &wire.Ask{Site: "leeds", Head: leeds.head(), ID: b.Ask, Order: o.ID, Whole: true}
	for _, s := range b.Shorts {
		ask.Lines = append(ask.Lines, wire.AskLine{Line: s.Line, SKU: s.SKU, Qty: s.Want - s.Have})
	}
	c.talk("leeds")
	until := c.now.Add(time.Minute)
	if _, done, err := c.off.TryAsk(context.Background(), c.now, ask, until, false); err != nil || done {
		t.Fatalf("got done %t (%v), want it to wait for what york and itself give up", done, err)
	}
	c.talk("leeds", "york", "hull")
	r, done, err := c.off.TryAsk(context.Background(), c.now, ask, until, false)
	if err != nil || !done || !r.Yes {
		t.Fatalf("got %+v, done %t (%v); want a yes", r, done, err)
	}
	if out := leeds.do(&ledger.AcceptAsk{Order: o.ID, Ask: b.Ask, Legs: r.Legs}); out.Err != nil {
		t.Fatal(out.Err)
	}
	c.talk("leeds", "hull")
	c.converge()
}

func TestAnAdvanceIsCalledBackForAnOrderThatWaits(t *testing.T) {
	c := advanced(t)
	p := c.wish(4, ledger.Backorder)
	c.tries(p, true)
	for range 3 {
		c.release()
		c.talk("leeds", "york", "hull")
	}
	if o, _ := c.m.Order(p.Order.ID); o.Status != ledger.StatusAllocated {
		t.Errorf("got %s, want allocated from what was called back", o.Status)
	}
	c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 0, "york": 1})
	c.converge()
}

func TestWhatCannotComeBackIsNotWaitedFor(t *testing.T) {
	for name, spoil := range map[string]func(*company) ledger.Qty{
		"more than there is": func(*company) ledger.Qty { return 6 },
		"holders that are away": func(c *company) ledger.Qty {
			c.now = c.now.Add(time.Hour)
			c.talk("hull")
			return 1
		},
		"levels that a person has set": func(c *company) ledger.Qty {
			c.propose(&machine.PassOn{SKU: "TAP", Owner: "hull", Holder: "leeds", Level: 2, By: "beth", At: c.now})
			c.propose(&machine.PassOn{SKU: "TAP", Owner: "hull", Holder: "york", Level: 3, By: "beth", At: c.now})
			return 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := advanced(t)
			out, done := c.tries(c.wish(spoil(c), ledger.Refuse), false)
			if _, short := errors.AsType[*ledger.ShortError](out.Err); !done || !short {
				t.Errorf("got done %t, %v; want it refused at once", done, out.Err)
			}
			c.wantHas("TAP", map[ledger.SiteID]ledger.Qty{"leeds": 2, "york": 3})
			c.talk("leeds", "york", "hull")
			c.converge()
		})
	}
}

func TestACounterLendsNothingBelowWhatARuleKeeps(t *testing.T) {
	for name, rule := range map[string]machine.Rule{"of an article": {SKU: "TAP"}, "of a category": {Category: "taps"}} {
		t.Run(name, func(t *testing.T) { lendsNothingBelow(t, rule) })
	}
}

func lendsNothingBelow(t *testing.T, rule machine.Rule) {
	c := trading(t, "hull* leeds")
	c.propose(&machine.PutItems{Items: []ledger.Item{{SKU: "TAP", Name: "Tap", Category: "taps"}}, At: c.now})
	rule.Kind, rule.Site, rule.Qty = machine.RuleNeverBelow, "leeds", 2
	c.propose(&machine.SetPolicy{By: "beth", At: c.now, Rules: []machine.Rule{rule}})
	c.sites["leeds"].receive("TAP", 3)
	c.talk("leeds")
	if out, done := c.tries(c.wish(2, ledger.Refuse), false); !done || out.Err == nil {
		t.Errorf("got done %t, %v; want 2 refused: one may go", done, out.Err)
	}
	if r := c.off.Look(c.now, &wire.Look{Site: "hull", Head: c.sites["hull"].head(), SKU: "TAP"}); r.Ask != 1 {
		t.Errorf("got %d that may be asked for, want 1", r.Ask)
	}
	p := c.wish(1, ledger.Refuse)
	c.tries(p, false)
	c.talk("leeds")
	if out, done := c.tries(p, false); !done || out.Err != nil {
		t.Errorf("got done %t, %v; want 1 lent", done, out.Err)
	}
	c.talk("leeds")
	rule.Qty = 0
	c.propose(&machine.SetPolicy{By: "beth", At: c.now, Rules: []machine.Rule{rule}})
	c.converge()
}
