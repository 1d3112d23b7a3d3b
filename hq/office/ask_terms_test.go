package office_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// asksFor has the shop leeds ask for two taps that it lacks, and gives head office's answer: the sites that serve it, or "none".
func (c *company) asksFor(change func(*wire.AskFor)) string {
	c.t.Helper()
	leeds := c.sites["leeds"]
	o := ledger.Order{ID: c.orderID(), Channel: "counter", Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Refuse, TakenAt: c.now, Lines: []ledger.Line{{SKU: "TAP", Qty: 2}}}
	out := leeds.do(&ledger.Place{Meta: ledger.Meta{Key: c.key()}, Order: o, AskHQ: true})
	b := out.Entry.Body.(*ledger.OrderBody)
	ask := &wire.Ask{Site: "leeds", Head: leeds.head(), ID: b.Ask, Order: o.ID, Whole: true, Lines: []wire.AskLine{{Line: 1, SKU: "TAP", Qty: 2}},
		For: wire.AskFor{Fulfil: ledger.Deliver, Channel: o.Channel}}
	change(&ask.For)
	r, done, err := c.off.TryAsk(context.Background(), c.now, ask, c.now.Add(time.Second), true)
	if err != nil || !done {
		c.t.Fatalf("got done %t (%v), want an answer", done, err)
	}
	var sites []string
	for _, l := range r.Legs {
		sites = append(sites, string(l.Site))
	}
	if r.Yes {
		leeds.do(&ledger.AcceptAsk{Order: o.ID, Ask: b.Ask, Legs: r.Legs})
	} else {
		leeds.do(&ledger.AbandonAsk{Order: o.ID, Ask: b.Ask})
		sites = []string{"none"}
	}
	c.talk("leeds", "hull", "york")
	return strings.Join(sites, " ")
}

// What a shop asks for is served by whom head office would have serve an order of its own, address, customer, class, channel and day
// alike. Of an older node, which tells nothing of them, they play no part.
func TestAnAskIsServedByWhomItsOrderMayBe(t *testing.T) {
	gb := ledger.Address{Country: "GB", Postcode: "LS1"}
	for name, row := range map[string]struct {
		set       machine.SetSourcing
		ask       func(*wire.AskFor)
		want, old string
	}{
		"no sender to that area":   {machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Areas: []machine.Area{{Country: "IE"}}}}}, func(f *wire.AskFor) { f.ShipTo = gb }, "york", "hull"},
		"sends nothing":            {machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", NoDeliver: true}}}, func(*wire.AskFor) {}, "york", "hull"},
		"not that customer":        {machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Customers: []string{"c-9"}}}}, func(f *wire.AskFor) { f.Customer = "c-9" }, "york", "hull"},
		"not that class":           {machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Classes: []string{"staff"}}}}, func(f *wire.AskFor) { f.Class = "staff" }, "york", "hull"},
		"no site serves it":        {machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Classes: []string{"staff"}}, {Site: "york", Classes: []string{"staff"}}}}, func(f *wire.AskFor) { f.Class = "staff" }, "none", "hull"},
		"too late for its day":     {machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", TravelDays: 4}}}, func(f *wire.AskFor) { f.NeedBy = machine.DayOf(start).String() }, "york", "hull"},
		"dearer to that address":   {machine.SetSourcing{Zones: []machine.Zone{{Area: machine.Area{Country: "GB"}, Site: "york", Cost: 1}, {Area: machine.Area{Country: "GB"}, Cost: 9}}}, func(f *wire.AskFor) { f.ShipTo = gb }, "york", "hull"},
		"farther from there":       {machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", LatE6: 50_000_000, LonE6: 1}, {Site: "york", LatE6: 54_000_000, LonE6: 1}}}, func(f *wire.AskFor) { f.ShipTo = ledger.Address{LatE6: 54_100_000, LonE6: 1} }, "york", "hull"},
		"nothing is set that bars": {machine.SetSourcing{}, func(f *wire.AskFor) { f.Class, f.ShipTo = "staff", gb }, "hull", "hull"},
	} {
		t.Run(name, func(t *testing.T) {
			c := sourced(t)
			c.set(row.set)
			if got := c.asksFor(row.ask); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if got := c.asksFor(func(f *wire.AskFor) { *f = wire.AskFor{} }); got != row.old {
				t.Errorf("of an older node: got %s, want %s", got, row.old)
			}
			c.converge()
		})
	}
}

// What is held for an ask counts for the class of its order: its cap bounds it, and the minimum of its class is there for it.
func TestAnAskCountsForItsClass(t *testing.T) {
	of := func(class string) func(*wire.AskFor) { return func(f *wire.AskFor) { f.Class = class } }
	c := sourced(t)
	c.propose(&machine.SetClasses{By: "beth", At: c.now, Classes: []machine.Class{
		{Name: "gold", Limits: []machine.Limit{{Kind: machine.LimitMinimum, SKU: "TAP", Qty: 18}}},
		{Name: "staff", Limits: []machine.Limit{{Kind: machine.LimitDay, SKU: "TAP", Qty: 3}}}}})
	for i, row := range []struct{ class, want string }{{"staff", "hull"}, {"staff", "none"}, {"", "none"}, {"gold", "hull"}, {"gold", "hull"}} {
		if got := c.asksFor(of(row.class)); got != row.want {
			t.Errorf("ask %d, of class %q: got %s, want %s", i+1, row.class, got, row.want)
		}
	}
	if got := c.m.Allowed("staff", "TAP", 0, c.now).All; got != 1 {
		t.Errorf("got %d left to staff today, want 1 of 3", got)
	}
}
