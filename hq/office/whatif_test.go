package office_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// asks asks what would have been, and sees to it that asking changes nothing.
func (c *company) asks(q office.Question) *office.Reply {
	c.t.Helper()
	before, _ := c.m.Digest()
	if q.From.IsZero() && len(q.IDs) == 0 {
		q.From, q.To = start.Add(-time.Hour), c.now.Add(time.Hour)
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	r, err := office.WhatIf(context.Background(), c, q)
	if err != nil {
		c.t.Fatal(err)
	}
	if after, _ := c.m.Digest(); after != before {
		c.t.Error("asking has changed the state")
	}
	return r
}

// shopAndWarehouses is a company in which york's shelf has all, and each warehouse a half of it: four orders went to york.
func shopAndWarehouses(t *testing.T) (c *company, ids []ledger.OrderID) {
	c = newCompany(t, 1, "york hull* leeds*")
	for _, sku := range []ledger.SKU{"TAP", "SINK"} {
		c.sites["york"].receive(sku, 6)
	}
	c.sites["hull"].receive("TAP", 9)
	c.sites["leeds"].receive("SINK", 9)
	c.talk("york", "hull", "leeds")
	c.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "york", LatE6: 53_959_965, LonE6: -1_087_298}, {Site: "hull", LatE6: 53_745_671, LonE6: -336_741}}})
	for range 4 {
		p := c.wish(1, ledger.Refuse)
		p.Order.Lines = []ledger.Line{{SKU: "TAP", Qty: 1}, {SKU: "SINK", Qty: 1}}
		p.Order.ShipTo = ledger.Address{Country: "GB", LatE6: 53_959_965, LonE6: -1_087_298}
		if _, done := c.tries(p, false); done {
			t.Fatal("got an answer at once, want the order to wait for york")
		}
		c.talk("york", "hull", "leeds")
		if out, done := c.tries(p, false); !done || out.Err != nil {
			t.Fatalf("got %v, want it served", out.Err)
		}
		c.talk("york", "hull", "leeds")
		ids = append(ids, p.Order.ID)
	}
	return c, ids
}

func TestWhatItWouldCostToProtectAShelfIsToldByOneQuestion(t *testing.T) {
	c, ids := shopAndWarehouses(t)
	r := c.asks(office.Question{Policy: machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleKeepBack, Site: "york", Qty: 5}}, Preset: "protect_shops"}})
	// Today each order is one parcel from york. With five of six kept, one is; the others come in two, from hull and from leeds, whose place is not known.
	want := office.Sum{Served: 4, Units: 8, Parcels: 4, Borrowed: 8}
	if r.Before != want || r.Orders != 4 {
		t.Errorf("today: got %+v of %d orders, want %+v of 4", r.Before, r.Orders, want)
	}
	if r.After.Parcels != 7 || r.After.Borrowed != 2 || r.After.Refused != 0 || r.After.Unplaced != 3 || r.After.Metres < 3*54_000 || r.After.Metres > 3*56_000 || r.After.ZoneCost != 0 {
		t.Errorf("then: got %+v, want 7 parcels, 2 lent, 3 over the 55 km from hull and 3 from nobody knows where", r.After)
	}
	if y, then := r.SitesBefore["york"], r.SitesAfter["york"]; y != (office.SiteSum{Parcels: 4, Units: 8}) || then != (office.SiteSum{Parcels: 1, Units: 2}) {
		t.Errorf("york: got %+v, then %+v; want 8 units, then 2", y, then)
	}
	if len(r.Differ) != 3 || r.Differ[0].Order != ids[1] || !reflect.DeepEqual(r.Differ[0].After.Sites, []ledger.SiteID{"hull", "leeds"}) {
		t.Errorf("got %+v, want all but the first served from hull and leeds", r.Differ)
	}
	c.converge()
}

func TestWhatIfNothingWereOtherwise(t *testing.T) {
	c, ids := shopAndWarehouses(t)
	if r := c.asks(office.Question{}); r.Before != r.After || len(r.Differ) != 0 || !reflect.DeepEqual(r.SitesBefore, r.SitesAfter) {
		t.Errorf("got %+v, then %+v; want no difference", r.Before, r.After)
	}
	if r := c.asks(office.Question{IDs: []ledger.OrderID{ids[2], ids[2], "nobody's"}}); r.Orders != 1 {
		t.Errorf("got %d orders, want the one that was named", r.Orders)
	}
	if r := c.asks(office.Question{Limit: 3}); r.Orders != 3 || !r.More {
		t.Errorf("got %d orders, more %v; want the latest 3 of 4", r.Orders, r.More)
	}
	if r := c.asks(office.Question{From: start.Add(-time.Hour), To: start}); r.Orders != 0 || r.More {
		t.Errorf("got %d orders of an hour without any", r.Orders)
	}
	c.converge()
}

func TestWhatIfASiteWereClosed(t *testing.T) {
	c, _ := shopAndWarehouses(t)
	c.wantRefused(c.asks(office.Question{Closed: []ledger.SiteID{"york", "leeds"}}), 4)
	c.wantRefused(c.asks(office.Question{Policy: machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleNeverBelow, Site: "york", Qty: 6}}}, Closed: []ledger.SiteID{"hull"}}), 4)
	c.propose(&machine.PutItems{Items: []ledger.Item{{SKU: "TAP", Name: "Tap", Category: "taps"}}, At: c.now})
	c.wantRefused(c.asks(office.Question{Policy: machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleNeverBelow, Site: "york", Category: "taps", Qty: 6}}}, Closed: []ledger.SiteID{"hull"}}), 4)
	c.wantRefused(c.asks(office.Question{Closed: []ledger.SiteID{"york"}, Set: machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Capacity: 3}}}}), 1)
	c.converge()
}

func (c *company) wantRefused(r *office.Reply, n int) {
	c.t.Helper()
	if r.Before.Refused != 0 || r.After.Refused != n {
		c.t.Errorf("got %d refused, then %d; want 0, then %d", r.Before.Refused, r.After.Refused, n)
	}
}

func TestWhatIfSettingsAreNoneTheQuestionIsRefused(t *testing.T) {
	c, _ := shopAndWarehouses(t)
	for name, q := range map[string]office.Question{
		"no such site":   {Closed: []ledger.SiteID{"bath"}},
		"no such weight": {Policy: machine.SetPolicy{Rules: []machine.Rule{{Kind: 9, Qty: 1}}}},
		"no such orders": {IDs: []ledger.OrderID{"nobody's"}},
	} {
		q.From, q.To, q.Limit = start, c.now.Add(time.Hour), 10
		if _, err := office.WhatIf(context.Background(), c, q); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := office.WhatIf(gone, c, office.Question{From: start, To: c.now.Add(time.Hour), Limit: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v for a client that has gone, want it to end", err)
	}
}

// What is sourced again under the settings as they are comes out as it did, where the orders came one after the other on the
// same stock: the copy gives back what they took, and nothing else. Limits of classes leave each what they left it then.
func TestWhatWasSourcedComesOutTheSame(t *testing.T) {
	some, late, met := 0, 0, 0
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		w := anyWorld(rnd)
		c := w.company(t, rnd, true)
		c.propose(&machine.SetClasses{By: "beth", At: c.now, Classes: []machine.Class{{Name: "gold", Limits: []machine.Limit{{Kind: machine.LimitMinimum, SKU: "A", Qty: 4}}},
			{Name: "staff", Limits: []machine.Limit{{Kind: machine.LimitDay, SKU: "B", Qty: 3}, {Kind: machine.LimitShare, SKU: "C", Qty: 50}}}}})
		want := map[ledger.OrderID][]string{}
		for _, o := range w.orders {
			p := &office.Placing{Order: o, Key: c.key()}
			if o.Shortage == ledger.Refuse {
				p.Order.Shortage = ledger.Backorder // what was refused is not known any more, and took up no day
			}
			if p.Order.Complete = rnd.IntN(2) == 0; p.Order.Complete && p.Order.Shortage == ledger.Backorder {
				late++
			}
			c.tries(p, true)
			if rec, ok := c.m.Order(o.ID); ok {
				for _, l := range rec.Legs {
					want[o.ID] = append(want[o.ID], fmt.Sprintf("line %d from %s: %d", l.Line, l.Site, l.Qty))
				}
				slices.Sort(want[o.ID])
			}
		}
		r := c.asks(office.Question{Policy: machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleKeepBack, Qty: 1}}}, Closed: []ledger.SiteID{"w0"}})
		met += len(r.Met)
		for _, d := range r.Differ {
			var got []string
			for _, l := range d.Before.Legs { // by line and site
				got = append(got, fmt.Sprintf("line %d from %s: %d", l.Line, l.Site, l.Qty))
			}
			if some++; !slices.Equal(got, want[d.Order]) {
				t.Errorf("seed %d: order %s: got %q, want %q as it was", seed, d.Order, got, want[d.Order])
			}
		}
		if r.SitesAfter["w0"] != (office.SiteSum{}) {
			t.Errorf("seed %d: a closed site serves %+v", seed, r.SitesAfter["w0"])
		}
	}
	if some < 20 || late < 20 || met < 20 {
		t.Errorf("got %d orders that differ, %d that wait for all of them, and %d limits met: the test does not reach what it is for", some, late, met)
	}
}

// TestWhatWaitsForAllOfItIsNotServedInPart by a what-if either: it took nothing when it was placed.
func TestWhatWaitsForAllOfItIsNotServedInPart(t *testing.T) {
	c := newCompany(t, 1, "hull*")
	c.sites["hull"].receive("TAP", 2)
	c.talk("hull")
	var ids []ledger.OrderID
	for _, complete := range []bool{true, false} {
		p := c.wish(5, ledger.Backorder)
		p.Order.Complete = complete
		if out, done := c.tries(p, true); !done || out.Err != nil {
			t.Fatal(out.Err)
		}
		ids = append(ids, p.Order.ID)
	}
	for i, want := range []office.Sum{{Short: 1, ShortOf: 5}, {Short: 1, ShortOf: 3, Served: 1, Units: 2, Parcels: 1}} {
		if r := c.asks(office.Question{IDs: ids[i : i+1]}); r.Before != want || r.After != want {
			t.Errorf("order %d: got %+v, then %+v; want %+v", i, r.Before, r.After, want)
		}
	}
	c.converge()
}

// TestAQuestionIsNotWrittenTo: who asks may ask again.
func TestAQuestionIsNotWrittenTo(t *testing.T) {
	c, _ := shopAndWarehouses(t)
	terms := make([]machine.Terms, 1, 4)
	terms[0] = machine.Terms{Site: "york", Capacity: 9}
	c.asks(office.Question{Closed: []ledger.SiteID{"york", "hull"}, Set: machine.SetSourcing{Terms: terms}})
	if terms[0].Stopped != "" || terms[:2][1].Site != "" {
		t.Errorf("got %+v, want what was asked with", terms[:2])
	}
	c.converge()
}

// A draft is another machine: what is tried on it does not reach the one that it was taken from, nor another draft.
func TestADraftIsNobodyElses(t *testing.T) {
	c, _ := shopAndWarehouses(t)
	var x *machine.Excerpt
	c.View(func(m *machine.Machine) { x = m.Excerpt(); x.TakeStock(m, "TAP") })
	encode := func(m *machine.Machine) []byte {
		var b bytes.Buffer
		if err := m.Freeze().Encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	one, two := x.Draft(), x.Draft()
	was := encode(two.Machine)
	if err := one.Set(&machine.SetPolicy{Preset: "nearest", By: "x"}, &machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Capacity: 1}}, By: "x"}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encode(two.Machine), was) || !bytes.Equal(encode(x.Draft().Machine), was) {
		t.Error("a draft changed with another one")
	}
	c.converge()
}

// TestWhatIfTellsMetresAndZoneCostApart: of an address that the zone table speaks of a parcel has a cost, and no way in metres.
func TestWhatIfTellsMetresAndZoneCostApart(t *testing.T) {
	c, _ := shopAndWarehouses(t)
	r := c.asks(office.Question{Set: machine.SetSourcing{Zones: []machine.Zone{{Area: machine.Area{Country: "GB"}, Cost: 2 * 20_037_508}}}})
	if r.Before.ZoneCost != 0 || r.Before.Metres != 0 || r.After.ZoneCost != 4*2*20_037_508 || r.After.Metres != 0 || r.After.Unplaced != 0 {
		t.Errorf("got %+v, then %+v; want four parcels from next door, then their cost, however dear", r.Before, r.After)
	}
}
