package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A goodsIn is a company that lives on what is due in: whatever is done, in whatever order, the machine checks after each command
// that no more is promised of a line than is to come, to no order more than it waits for, and that nothing is free that somebody
// waits for.
type goodsIn struct {
	*bench
	rnd    *rand.Rand
	orders int
	day    int
	last   map[string]*machine.Expect
}

func (g *goodsIn) refs() string { return fmt.Sprintf("PO %d", g.rnd.IntN(6)) }

func (g *goodsIn) sku() ledger.SKU { return []ledger.SKU{"TAP-22", "PIPE"}[g.rnd.IntN(2)] }

func (g *goodsIn) now() time.Time { return at.Add(time.Duration(g.day) * 24 * time.Hour) }

// step does one thing.
func (g *goodsIn) step() {
	if g.rnd.IntN(8) == 0 {
		g.day++ // whatever comes next is the first that the machine hears of it
	}
	switch g.rnd.IntN(12) {
	case 0, 1, 2:
		g.place()
	case 3, 4, 5:
		g.put()
	case 6:
		c := &machine.Expect{Reference: g.refs(), Cancel: true, By: "beth", At: g.now()}
		g.whatIf(c)
		g.apply(c)
	case 7, 8:
		g.goods()
	case 9:
		id := nth(g.rnd.IntN(g.orders + 1))
		g.apply(&machine.Cancel{Order: id, Key: digest("c" + string(id)), Request: digest("c"), At: g.now()})
	case 10:
		g.day += g.rnd.IntN(3)
		g.ok(&machine.Overdue{At: g.now()})
	default:
		g.fill()
	}
}

func (g *goodsIn) place() {
	g.orders++
	q := func() ledger.Qty { return ledger.Qty(1 + g.rnd.IntN(6)) }
	g.wants(g.orders, q(), func(o *ledger.Order) {
		o.Priority, o.Class = g.rnd.IntN(3), []string{"", "gold", "silver"}[g.rnd.IntN(3)]
		o.Shortage = []ledger.Shortage{ledger.Backorder, ledger.Backorder, ledger.Backorder, ledger.Refuse, ledger.Partial}[g.rnd.IntN(5)]
		o.Lines[0].SKU = g.sku()
		if g.rnd.IntN(3) == 0 {
			o.Lines = append(o.Lines, ledger.Line{SKU: g.sku(), Qty: q()})
		}
		if g.rnd.IntN(2) == 0 {
			o.NeedBy = (machine.DayOf(g.now()) + machine.Day(g.rnd.IntN(10))).String()
		}
		if g.rnd.IntN(6) == 0 {
			o.Fulfil, o.CollectAt = ledger.Collect, []ledger.SiteID{"hull", "york"}[g.rnd.IntN(2)]
		}
	})
}

func (g *goodsIn) put() {
	c := expect(g.refs(), 0, 0)
	c.Supplier, c.At = []string{"Acme", "Bolt & Co"}[g.rnd.IntN(2)], g.now()
	c.Site = []ledger.SiteID{"hull", "hull", "york"}[g.rnd.IntN(3)]
	c.Due = machine.DayOf(c.At) + machine.Day(g.rnd.IntN(8))
	c.Lines = nil
	for _, sku := range []ledger.SKU{"PIPE", "TAP-22"} {
		if g.rnd.IntN(3) > 0 {
			c.Lines = append(c.Lines, machine.DueLine{SKU: sku, Qty: ledger.Qty(1 + g.rnd.IntN(12))})
		}
	}
	g.whatIf(c)
	g.apply(c)
}

// whatIf asks what a change would come to, and whether it is so.
func (g *goodsIn) whatIf(c *machine.Expect) {
	g.t.Helper()
	c.At = time.UnixMilli(c.At.UnixMilli()).UTC()
	before := encode(g.t, g.m)
	said, err := g.m.WhatIf(c)
	if after := encode(g.t, g.m); !bytes.Equal(before, after) {
		g.t.Fatal("a question has changed the state")
	}
	if err != nil {
		return
	}
	copied, err := machine.Restore(bytes.NewReader(before))
	if err != nil {
		g.t.Fatal(err)
	}
	if res := copied.Apply(machine.Marshal(c)); res.Err == nil && !reflect.DeepEqual(res.Slips, said) {
		g.t.Fatalf("%+v: got %+v, the question was answered with %+v", c, res.Slips, said)
	}
}

func (g *goodsIn) goods() {
	site := []ledger.SiteID{"hull", "hull", "york"}[g.rnd.IntN(3)]
	ref := g.refs()
	if g.rnd.IntN(4) == 0 {
		ref = ""
	}
	lines := []ledger.ReceiptLine{{SKU: g.sku(), Qty: ledger.Qty(1 + g.rnd.IntN(9))}, {SKU: g.sku(), Qty: ledger.Qty(1 + g.rnd.IntN(4))}}
	g.bringAt(site, g.now(), ref, lines[:1+g.rnd.IntN(2)]...)
	if g.rnd.IntN(2) == 0 {
		g.bringAt(site, g.now(), g.refs(), lines[0]) // two in one push
	}
	if g.talk(site); g.rnd.IntN(3) > 0 {
		g.settleBorrowed()
	}
}

// settleBorrowed serves orders from what was lent for them, as the office does.
func (g *goodsIn) settleBorrowed() {
	for _, r := range g.m.Requests(100) {
		o, ok := g.m.Order(r.Order)
		if !ok || r.Open() {
			continue
		}
		fill := &machine.Fill{Order: o.ID, Using: r.For, At: g.now()}
		for _, t := range r.Tied {
			for i := range o.Lines {
				if n := min(t.Qty, o.Waiting(i+1)); o.Lines[i].SKU == t.SKU && n > 0 {
					fill.Legs = append(fill.Legs, allocate.Leg{Line: i + 1, SKU: t.SKU, Site: t.Site, Qty: n})
					break
				}
			}
		}
		if len(fill.Legs) == 0 || g.apply(fill).Err != nil {
			g.ok(&machine.Refuse{For: r.For, At: g.now()})
		}
		g.talk("york")
	}
}

// fill serves a waiting order from what is held at the warehouse.
func (g *goodsIn) fill() {
	id := nth(g.rnd.IntN(g.orders + 1))
	o, ok := g.m.Order(id)
	if !ok || o.CollectAt != "" && o.CollectAt != "hull" {
		return
	}
	for i := range o.Lines {
		s, known := g.m.Stock("hull", o.Lines[i].SKU)
		if n := o.Waiting(i + 1); known && n > 0 && s.Promisable() > 0 {
			n = min(n, s.Promisable())
			if o.Class != "gold" && g.m.Limited(o.Lines[i].SKU) {
				n = min(n, g.m.Allowed(o.Class, o.Lines[i].SKU, 0, g.now()).Held)
			}
			if n == 0 {
				return
			}
			g.ok(&machine.Fill{Order: id, Legs: []allocate.Leg{{Line: i + 1, SKU: o.Lines[i].SKU, Site: "hull", Qty: n}}, At: g.now()})
			g.talk("hull")
			return
		}
	}
}

func TestWhateverComesNoMoreIsPromisedThanIsDueIn(t *testing.T) {
	seeds := uint64(30)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := &goodsIn{bench: due(t), rnd: rand.New(rand.NewPCG(seed, 812)), last: map[string]*machine.Expect{}}
			g.site("york", true)
			g.talk("york")
			for range 120 {
				if g.step(); g.rnd.IntN(20) == 0 {
					g.snapshot()
				}
				if seed%3 == 0 && g.rnd.IntN(30) == 0 {
					g.keepBack()
				}
			}
			for _, e := range g.m.Exceptions(1000) {
				if e.What != "promise_slips" && e.What != "delivery_elsewhere" && e.What != "delivery_nearly" {
					t.Errorf("got %s: %s, want no other exception", e.What, e.Why)
				}
			}
		})
	}
}

// keepBack has so much kept for gold, or nothing.
func (g *goodsIn) keepBack() {
	gold := machine.Class{Name: "gold"}
	if n := g.rnd.IntN(6); n > 0 {
		gold.Limits = []machine.Limit{{Kind: machine.LimitMinimum, SKU: "TAP-22", Qty: ledger.Qty(n)}}
	}
	g.ok(&machine.SetClasses{By: "beth", At: g.now(), Classes: []machine.Class{gold, {Name: "silver"}}})
	g.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: g.now()})
}

// snapshot goes on with a machine that was restored.
func (g *goodsIn) snapshot() {
	g.t.Helper()
	b := encode(g.t, g.m)
	m, err := machine.Restore(bytes.NewReader(b))
	if err != nil {
		g.t.Fatal(err)
	}
	if !bytes.Equal(encode(g.t, m), b) {
		g.t.Fatal("a restored machine encodes to other bytes")
	}
	g.m = m
}

// The order in which orders come and deliveries are put changes no date where the orders wait before anything is due in: their
// turns and the days say who is promised how much by when. Of two deliveries of one day it is the one that was put first.
func TestWhoIsPromisedHowMuchByWhenFollowsFromTurnsAndDays(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 813))
		var puts []*machine.Expect
		for i := range 5 {
			puts = append(puts, expect(fmt.Sprintf("PO %d", i), machine.Day(rnd.IntN(4)), ledger.Qty(1+rnd.IntN(9))))
		}
		sizes, priorities := rnd.Perm(8), rnd.Perm(8)
		var want []string
		for try := range 4 {
			b := due(t)
			for _, n := range rnd.Perm(8) {
				b.wants(n, ledger.Qty(1+sizes[n]), func(o *ledger.Order) { o.Priority, o.TakenAt = priorities[n]/3, at })
			}
			for _, i := range rnd.Perm(len(puts)) {
				b.ok(puts[i])
			}
			got := make([]string, 8)
			for n := range got {
				got[n] = b.promisedBy(n)
			}
			if try == 0 {
				want = got
			} else if !reflect.DeepEqual(got, want) {
				t.Errorf("seed %d: got %q, want %q", seed, got, want)
			}
		}
	}
}

// promisedBy says how much an order is promised by which day.
func (b *bench) promisedBy(n int) string {
	sums := map[machine.Day]ledger.Qty{}
	for _, r := range b.m.PromisesTo(nth(n)) {
		sums[r.By] += r.Qty
	}
	return fmt.Sprint(sums) // by day
}

func TestAQuestionAboutADeliveryThatIsNotKnownIsRefused(t *testing.T) {
	b := due(t)
	if _, err := b.m.WhatIf(expect("PO 812", 3, 1)); !errors.Is(err, machine.ErrDeliveryUnknown) {
		t.Errorf("got %v, want %v", err, machine.ErrDeliveryUnknown)
	}
	b.ok(expect("PO 812", 3, 1))
	elsewhere := expect("PO 812", 3, 1)
	elsewhere.Site = "leeds"
	if _, err := b.m.WhatIf(elsewhere); !errors.Is(err, machine.ErrSiteUnknown) {
		t.Errorf("got %v, want %v", err, machine.ErrSiteUnknown)
	}
	if _, err := b.m.WhatIf(expect("PO 812", 3, 0)); err == nil {
		t.Error("got no error for a line of nothing")
	}
}
