package policy_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

func show(wishes []policy.Wish) string {
	var out []string
	for _, w := range wishes {
		out = append(out, fmt.Sprintf("%s of %s %d>%d", w.Holder, w.Owner, w.Was, w.Level))
	}
	return strings.Join(out, ", ")
}

func TestTheAdvanceIsAsTheRulesSay(t *testing.T) {
	hull := func(held ledger.Qty) []policy.Warehouse { return []policy.Warehouse{{Site: "hull", Held: held}} }
	of := func(site string, rate policy.Rate, lent ...policy.Lent) policy.Counter {
		return policy.Counter{Site: ledger.SiteID(site), Asked: policy.Asked{Orders: rate, Units: rate}, Lent: lent}
	}
	for name, c := range map[string]struct {
		pool policy.Pool
		want string
	}{
		"each counter gets what its rate asks for": {
			policy.Pool{Warehouses: hull(100), Counters: []policy.Counter{of("leeds", 52), of("york", 303), of("ripon", 51)}},
			"leeds of hull 0>1, york of hull 0>2"},
		"only what is missing is topped up": {
			policy.Pool{Warehouses: hull(100), Counters: []policy.Counter{of("leeds", 984, policy.Lent{Owner: "hull", Qty: 3})}},
			"leeds of hull 3>4"},
		"what is over the target stays while nobody needs it": {
			policy.Pool{Warehouses: hull(100), Counters: []policy.Counter{of("leeds", 52, policy.Lent{Owner: "hull", Qty: 9}), of("york", 52)}},
			"york of hull 0>1"},
		"one day of head office's own demand stays": {
			policy.Pool{Own: policy.Asked{Units: 2001}, Warehouses: hull(4), Counters: []policy.Counter{of("leeds", 984)}},
			"leeds of hull 0>1"},
		"of boxes one day of its own is whole orders": {
			policy.Pool{Own: policy.Asked{Orders: 100, Units: 1200}, Warehouses: hull(14), Counters: []policy.Counter{of("leeds", 984)}},
			"leeds of hull 0>2"},
		"what must not go below stays": {
			policy.Pool{Warehouses: []policy.Warehouse{{Site: "hull", Held: 4, Floor: 3}}, Counters: []policy.Counter{of("leeds", 984)}},
			"leeds of hull 0>1"},
		"the last unit goes to the likeliest counter": {
			policy.Pool{Warehouses: hull(1), Counters: []policy.Counter{of("leeds", 60), of("york", 61)}},
			"york of hull 0>1"},
		"between equals the lowest id": {
			policy.Pool{Warehouses: hull(1), Counters: []policy.Counter{of("york", 60), of("leeds", 60)}},
			"leeds of hull 0>1"},
		"a first unit at a likely counter goes before a busy one's next": {
			policy.Pool{Warehouses: hull(1), Counters: []policy.Counter{of("leeds", 650, policy.Lent{Owner: "hull", Qty: 2}), of("york", 60)}},
			"york of hull 0>1"},
		"when short what is over elsewhere is called back, and no more": {
			policy.Pool{Warehouses: hull(1), Counters: []policy.Counter{of("leeds", 52, policy.Lent{Owner: "hull", Qty: 9}), of("york", 631)}},
			"leeds of hull 9>7, york of hull 0>1"},
		"nobody goes below the target for another": {
			policy.Pool{Counters: []policy.Counter{of("leeds", 52, policy.Lent{Owner: "hull", Qty: 1}), of("york", 2000)}},
			""},
		"the fullest warehouse gives first": {
			policy.Pool{Warehouses: []policy.Warehouse{{Site: "bath", Held: 1}, {Site: "hull", Held: 9}}, Counters: []policy.Counter{of("leeds", 303)}},
			"leeds of hull 0>2"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := show(policy.Advance(c.pool, policy.DefaultSettings())); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func randomPool(r *rand.Rand) policy.Pool {
	p := policy.Pool{SKU: "TAP-22", Own: policy.Asked{Orders: policy.Rate(r.IntN(500)), Units: policy.Rate(r.IntN(6000))}}
	for i := range r.IntN(4) {
		p.Warehouses = append(p.Warehouses, policy.Warehouse{Site: ledger.SiteID(fmt.Sprintf("w%d", i)), Held: ledger.Qty(r.IntN(20) - 1), Floor: ledger.Qty(r.IntN(3))})
	}
	for i := range r.IntN(8) {
		c := policy.Counter{Site: ledger.SiteID(fmt.Sprintf("c%d", i)), Asked: policy.Asked{Orders: policy.Rate(r.IntN(3000)), Units: policy.Rate(r.IntN(9000))}}
		for w := range 4 {
			if r.IntN(3) == 0 {
				c.Lent = append(c.Lent, policy.Lent{Owner: ledger.SiteID(fmt.Sprintf("w%d", w)), Qty: ledger.Qty(r.IntN(9))})
			}
		}
		p.Counters = append(p.Counters, c)
	}
	return p
}

// After every advance of any pool: no warehouse gives what it has not, or the day of head office's
// own demand; nobody is raised above the target or called back below it; and nothing is called back
// while something is left to pass on.
func TestAnAdvanceNeverHandsOutMoreThanThereIs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	s := policy.DefaultSettings()
	for n := range 20_000 {
		p := randomPool(r)
		wishes := policy.Advance(p, s)
		given, back := map[ledger.SiteID]ledger.Qty{}, ledger.Qty(0)
		level := map[ledger.SiteID]ledger.Qty{}
		for _, w := range wishes {
			level[w.Holder] += w.Level - w.Was
			if w.Level > w.Was {
				given[w.Owner] += w.Level - w.Was
			} else {
				back += w.Was - w.Level
			}
			if w.Level < 0 {
				t.Fatalf("case %d: level below 0 in %v", n, show(wishes))
			}
		}
		free, out := ledger.Qty(0), ledger.Qty(0)
		for _, w := range p.Warehouses {
			may := max(w.Held-w.Floor, 0)
			if given[w.Site] > may {
				t.Fatalf("case %d: %s gives %d of %d", n, w.Site, given[w.Site], may)
			}
			free, out = free+may, out+given[w.Site]
		}
		free = max(free-policy.Kept(p.Own, s), 0)
		if out > free {
			t.Fatalf("case %d: %d passed on of %d", n, out, free)
		}
		missing := ledger.Qty(0)
		for _, c := range p.Counters {
			has, target := ledger.Qty(0), policy.TargetOf(c.Asked, s)
			for _, l := range c.Lent {
				has += l.Qty
			}
			after := has + level[c.Site]
			if has <= target && (after < has || after > target) || has > target && (after > has || after < target) {
				t.Fatalf("case %d: %s goes from %d to %d with a target of %d", n, c.Site, has, after, target)
			}
			missing += max(target-after, 0)
		}
		if missing > 0 && out < free || missing < back {
			t.Fatalf("case %d: %d missing, %d of %d passed on, %d called back", n, missing, out, free, back)
		}
	}
}

// TestUnitsOfOneOrderAreHandedOutAtOnce, and that makes no difference to who gets them.
func TestUnitsOfOneOrderAreHandedOutAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 4))
	seen := 0
	for n := range 20_000 {
		p := randomPool(r)
		for i := range p.Warehouses {
			p.Warehouses[i].Held *= ledger.Qty(1 + r.IntN(20))
		}
		for i := range p.Counters {
			p.Counters[i].Asked.Units *= policy.Rate(1 + r.IntN(30))
		}
		s := policy.Settings{CoverDays: 1 + r.IntN(3), ChancePercent: 5}
		want, short := policy.AdvanceByOnesForTest(p, s)
		if !short {
			continue
		}
		if seen += len(want); !reflect.DeepEqual(policy.Advance(p, s), want) {
			t.Fatalf("case %d: got %s, want %s", n, show(policy.Advance(p, s)), show(want))
		}
	}
	if seen < 10_000 {
		t.Errorf("got %d wishes: the test does not reach it", seen)
	}
	for n := range 100_000 {
		asked := policy.Asked{Orders: 1 + policy.Rate(r.IntN(1<<r.IntN(30))), Units: 1 + policy.Rate(r.IntN(1_000_000_000))}
		has := ledger.Qty(r.IntN(1 << r.IntN(31)))
		target := has + 1 + ledger.Qty(r.IntN(1<<r.IntN(31)))
		got, next := policy.StaysForTest(asked, has, target)
		if got < 1 || has+got > target || next(has+got-1) != next(has) || has+got < target && next(has+got) == next(has) {
			t.Fatalf("case %d: %+v with %d of %d: got %d units", n, asked, has, target, got)
		}
	}
}

func TestTheOrderInWhichSitesAreListedMakesNoDifference(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	for n := range 5000 {
		p := randomPool(r)
		want := policy.Advance(p, policy.DefaultSettings())
		q := p
		q.Warehouses, q.Counters = slices.Clone(p.Warehouses), slices.Clone(p.Counters)
		r.Shuffle(len(q.Warehouses), func(i, j int) { q.Warehouses[i], q.Warehouses[j] = q.Warehouses[j], q.Warehouses[i] })
		r.Shuffle(len(q.Counters), func(i, j int) { q.Counters[i], q.Counters[j] = q.Counters[j], q.Counters[i] })
		for i := range q.Counters {
			lent := slices.Clone(q.Counters[i].Lent)
			slices.Reverse(lent)
			q.Counters[i].Lent = lent
		}
		if got := policy.Advance(q, policy.DefaultSettings()); !reflect.DeepEqual(got, want) {
			t.Fatalf("case %d: got %s, want %s", n, show(got), show(want))
		}
	}
}

func TestACounterKeepsItsShelfAndAWarehouseAllotsIt(t *testing.T) {
	if got := policy.ToHQ(true, 9, 0); got != 0 {
		t.Errorf("a counter allots %d, want 0", got)
	}
	if got := policy.ToHQ(false, 9, 2); got != 7 {
		t.Errorf("a warehouse allots %d, want 7", got)
	}
	if got := policy.ToHQ(false, 1, 2); got != 0 {
		t.Errorf("a warehouse below its floor allots %d, want 0", got)
	}
}

func TestUnconfirmedOrdersGoByClassThenTimeThenID(t *testing.T) {
	all := []policy.Unconfirmed{{2, 1, "a"}, {1, 9, "c"}, {1, 9, "b"}, {1, 3, "z"}}
	slices.SortFunc(all, policy.Unconfirmed.Compare)
	if want := []policy.Unconfirmed{{1, 3, "z"}, {1, 9, "b"}, {1, 9, "c"}, {2, 1, "a"}}; !slices.Equal(all, want) {
		t.Errorf("got %v, want %v", all, want)
	}
}
