package office_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A world is what a company is made of, in an order that does not matter.
type world struct {
	sites  []worldSite
	skus   []ledger.SKU
	orders []ledger.Order // of one instant
	stock  map[ledger.SiteID]map[ledger.SKU]ledger.Qty
	set    machine.SetSourcing
	rules  []machine.Rule
	preset string
}

type worldSite struct {
	id   ledger.SiteID
	rank int
}

// anyWorld draws a company of warehouses with terms, rules and orders of one instant.
func anyWorld(rnd *rand.Rand) *world {
	w := &world{skus: []ledger.SKU{"A", "B", "C", "D"}, stock: map[ledger.SiteID]map[ledger.SKU]ledger.Qty{}, preset: office.Presets()[rnd.IntN(4)]}
	for i := range 2 + rnd.IntN(5) {
		id := ledger.SiteID(fmt.Sprintf("w%d", i))
		w.sites = append(w.sites, worldSite{id, rnd.IntN(3)})
		w.stock[id] = map[ledger.SKU]ledger.Qty{}
		for _, sku := range w.skus {
			if rnd.IntN(3) > 0 {
				w.stock[id][sku] = ledger.Qty(1 + rnd.IntN(5))
			}
		}
		t := machine.Terms{Site: id, LatE6: int64(50_000_000 + 1_000_000*rnd.IntN(3)), LonE6: 1, ShipDays: rnd.IntN(3)}
		switch rnd.IntN(6) {
		case 0:
			t.Capacity = 1 + rnd.IntN(3)
		case 1:
			t.SKUs = []ledger.SKU{w.skus[rnd.IntN(4)]}
		case 2:
			t.Classes = []string{"staff"}
		}
		w.set.Terms = append(w.set.Terms, t)
		w.rules = append(w.rules, machine.Rule{Kind: machine.RuleKeepBack, Site: id, Qty: ledger.Qty(rnd.IntN(3))},
			machine.Rule{Kind: machine.RuleClearOut, Site: id, SKU: w.skus[rnd.IntN(4)], Qty: ledger.Qty(rnd.IntN(3))})
	}
	for n := range 1 + rnd.IntN(4) {
		o := ledger.Order{ID: ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-0000000000%02x", n)), Channel: "web", Fulfil: ledger.Deliver, Anywhere: true, TakenAt: start,
			Shortage: []ledger.Shortage{ledger.Refuse, ledger.Partial, ledger.Backorder}[rnd.IntN(3)], Class: []string{"", "staff"}[rnd.IntN(2)],
			NeedBy: []string{"", "2026-01-06"}[rnd.IntN(2)], ShipTo: ledger.Address{Country: "GB", LatE6: 51_000_000, LonE6: 1}}
		for _, i := range rnd.Perm(4)[:1+rnd.IntN(4)] {
			o.Lines = append(o.Lines, ledger.Line{SKU: w.skus[i], Qty: ledger.Qty(1 + rnd.IntN(4))})
		}
		w.orders = append(w.orders, o)
	}
	return w
}

// company founds the company with its sites, and all that is set of them, in the order that rnd draws.
func (w *world) company(t *testing.T, rnd *rand.Rand, stocked bool) *company {
	c := newCompany(t, 1, "")
	for _, i := range rnd.Perm(len(w.sites)) {
		id := w.sites[i].id
		c.propose(&machine.AddSite{Site: id, Rank: w.sites[i].rank, Key: ledger.DigestOf([]byte(id)), At: c.now})
		n := &node{c: c}
		n.core = ledger.NewCore(ledger.NewState(id), n)
		n.key[0], n.boot[0] = byte(i+1), 1
		c.sites[id], c.names = n, append(c.names, id)
		n.hello()
		if stocked {
			w.fill(c, id, rnd)
		}
	}
	set := w.set
	set.Terms = slices.Clone(set.Terms)
	rnd.Shuffle(len(set.Terms), func(i, j int) { set.Terms[i], set.Terms[j] = set.Terms[j], set.Terms[i] })
	c.set(set)
	rules := slices.Clone(w.rules)
	rnd.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
	c.propose(&machine.SetPolicy{Preset: w.preset, Rules: rules, By: "beth", At: c.now})
	return c
}

func (w *world) fill(c *company, id ledger.SiteID, rnd *rand.Rand) {
	for _, k := range rnd.Perm(len(w.skus)) {
		if q := w.stock[id][w.skus[k]]; q > 0 {
			c.sites[id].receive(w.skus[k], q)
		}
	}
	c.talk(id)
}

// shuffled is an order with its lines in another order.
func shuffled(o ledger.Order, rnd *rand.Rand) ledger.Order {
	o.Lines = slices.Clone(o.Lines)
	rnd.Shuffle(len(o.Lines), func(i, j int) { o.Lines[i], o.Lines[j] = o.Lines[j], o.Lines[i] })
	return o
}

// served says which site serves how much of what, order by order, and holds the plans to the law: no site gives more than
// it had, and all of a line is served, waits, or was told to be short.
func (w *world) served(t *testing.T, c *company, told map[ledger.OrderID]office.Tried) (out []string) {
	t.Helper()
	gone := map[ledger.SiteID]map[ledger.SKU]ledger.Qty{}
	for i := range w.orders {
		id := w.orders[i].ID
		rec, ok := c.m.Order(id)
		if !ok {
			out = append(out, fmt.Sprintf("%s refused", id[34:]))
			if r, asked := told[id]; asked && r.Outcome.Err == nil {
				t.Errorf("order %s: got no record and no refusal", id)
			}
			continue
		}
		for _, l := range rec.Lines {
			if sum := l.Promised() + l.Backordered; sum > l.Qty || sum < l.Qty && rec.Shortage != ledger.Partial {
				t.Errorf("order %s, %d of %s: %d are promised and wait", id, l.Qty, l.SKU, sum)
			}
			for _, leg := range l.Away {
				out = append(out, fmt.Sprintf("%s %s %d from %s", id[34:], l.SKU, leg.Qty, leg.Site))
				if gone[leg.Site] == nil {
					gone[leg.Site] = map[ledger.SKU]ledger.Qty{}
				}
				if gone[leg.Site][l.SKU] += leg.Qty; gone[leg.Site][l.SKU] > w.stock[leg.Site][l.SKU] {
					t.Errorf("%s gives %d of %s, it had %d", leg.Site, gone[leg.Site][l.SKU], l.SKU, w.stock[leg.Site][l.SKU])
				}
			}
		}
	}
	for i := range w.set.Terms {
		if terms := &w.set.Terms[i]; terms.Capacity > 0 && c.m.LoadOf(terms.Site, machine.DayOf(start)) > terms.Capacity {
			t.Errorf("%s was given %d parcels, it takes %d", terms.Site, c.m.LoadOf(terms.Site, machine.DayOf(start)), terms.Capacity)
		}
	}
	slices.Sort(out)
	return out
}

const permutedSeeds = 150

func TestTheOrderOfSitesAndLinesChangesNoPlan(t *testing.T) {
	some := 0
	for seed := range uint64(permutedSeeds) {
		w := anyWorld(rand.New(rand.NewPCG(seed, 1)))
		var first []string
		for turn := range uint64(3) {
			rnd := rand.New(rand.NewPCG(seed, 10+turn))
			c := w.company(t, rnd, true)
			told := map[ledger.OrderID]office.Tried{}
			var tries []office.Try
			for _, o := range w.orders { // the first first, each with its lines as they come
				tries = append(tries, office.Try{Placing: &office.Placing{Order: shuffled(o, rnd), Key: c.key()}, Final: true})
			}
			for i, r := range c.off.PlaceMany(context.Background(), c.now, tries, turn > 0) { // in a group, or each by itself
				if told[tries[i].Order.ID] = r; !r.Done || r.Err != nil {
					t.Fatalf("seed %d: got %+v", seed, r)
				}
			}
			got := w.served(t, c, told)
			if some += len(got); turn == 0 {
				first = got
			} else if !reflect.DeepEqual(got, first) {
				t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, strings.Join(got, "\n"), strings.Join(first, "\n"))
			}
			c.sameTwin()
		}
	}
	if some < permutedSeeds {
		t.Errorf("got %d legs in %d worlds: the test does not reach what it is for", some, permutedSeeds)
	}
}

// Orders of one instant that wait are served by their ids, in whatever order they came.
func TestTheOrderOfArrivalOfOneInstantChangesNoRelease(t *testing.T) {
	some := 0
	for seed := range uint64(permutedSeeds) {
		w := anyWorld(rand.New(rand.NewPCG(seed, 2)))
		for i := range w.orders {
			w.orders[i].Shortage = ledger.Backorder
		}
		var first []string
		for turn := range uint64(3) {
			rnd := rand.New(rand.NewPCG(seed, 20+turn))
			c := w.company(t, rnd, false)
			for _, i := range rnd.Perm(len(w.orders)) { // nothing is there yet: all wait
				p := &office.Placing{Order: shuffled(w.orders[i], rnd), Key: c.key()}
				if out, done := c.tries(p, true); !done || out.Err != nil {
					t.Fatalf("seed %d: got %v", seed, out.Err)
				}
			}
			for _, i := range rnd.Perm(len(w.sites)) {
				w.fill(c, w.sites[i].id, rnd)
			}
			for range 3 {
				c.release()
			}
			got := w.served(t, c, nil)
			if some += len(got); turn == 0 {
				first = got
			} else if !reflect.DeepEqual(got, first) {
				t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, strings.Join(got, "\n"), strings.Join(first, "\n"))
			}
			c.sameTwin()
		}
	}
	if some < permutedSeeds {
		t.Errorf("got %d legs in %d worlds: the test does not reach what it is for", some, permutedSeeds)
	}
}
