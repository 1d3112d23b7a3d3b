package trial

import (
	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

// night is the nightly run of rule 3.
func (o *ours) night(int) { o.advance(everywhere, o.every) }

// An asker is a counter that had delivery orders of a SKU, with what they come to.
type asker struct {
	site int
	policy.Demand
	year policy.Asked // with Foretold: what it is in place of Demand
}

// wants is what a counter's delivery orders want of a SKU, as of today. It is brought to today, for tomorrow.
func (o *ours) wants(a *asker) policy.Asked {
	if o.rules.Foretold {
		return a.year
	}
	a.Demand = a.On(int64(o.now / Day))
	want := a.Rates()
	if o.rules.ByUnit {
		want.Units = want.Orders
	}
	return want
}

// wanted is wants of a counter that may have had none.
func (o *ours) wanted(site int, sku int32) policy.Asked {
	for i := range o.asked[sku] {
		if a := &o.asked[sku][i]; a.site == site {
			return o.wants(a)
		}
	}
	return policy.Asked{}
}

// ownWanted is what head office's own customers want of a SKU, as of today.
func (o *ours) ownWanted(sku int) policy.Asked {
	a := &o.own[sku]
	if o.rules.Foretold {
		return a.year
	}
	a.Demand = a.On(int64(o.now / Day))
	return a.Rates()
}

// learn counts a delivery order where it was taken.
func (o *ours) learn(site int, l Line, day int64) {
	a := o.askerOf(site, l.SKU)
	a.Demand = a.With(day, ledger.Qty(l.Qty))
	o.dirty[l.SKU] = true
}

func (o *ours) askerOf(site int, sku int32) *asker {
	for i := range o.asked[sku] {
		if a := &o.asked[sku][i]; a.site == site {
			return a
		}
	}
	o.asked[sku] = append(o.asked[sku], asker{site: site})
	return &o.asked[sku][len(o.asked[sku])-1]
}

// foretell works out the year's demand from the requests to come.
func (o *ours) foretell() {
	for _, r := range o.w.Requests {
		for _, l := range r.Lines {
			a := &o.own[l.SKU]
			switch r.Kind {
			case WalkIn:
				continue
			case Delivery:
				a = o.askerOf(int(r.Site), l.SKU)
				o.dirty[l.SKU] = true
			}
			a.year.Orders += 1000
			a.year.Units += policy.Rate(l.Qty) * 1000
		}
	}
	daily := func(a *asker) {
		a.year.Orders /= policy.Rate(o.w.Days)
		a.year.Units /= policy.Rate(o.w.Days)
	}
	for k := range o.asked {
		daily(&o.own[k])
		for i := range o.asked[k] {
			daily(&o.asked[k][i])
		}
	}
}

// everywhere is every counter, as an argument of advance.
const everywhere = -1

// advance tops up the SKUs that may need it: at every counter, or at one that came back. It goes in head office's
// own steps, and counts as messages what each step tells each book. A SKU is looked at again until nothing is
// missing and every counter was reached; what was not asked for since cannot be below its target.
func (o *ours) advance(only int, skus []int) {
	if o.rules.NoAdvance {
		return
	}
	var run policy.Run
	looked, seen := o.looked[:0], o.looks[:0]
	for n, k := range skus {
		if len(o.asked[k]) > 0 {
			seen = append(seen, o.skus[k])
		}
		if len(o.asked[k]) > 0 && o.dirty[k] && o.line[o.w.homeOf(int32(k))] { // its owner's entry would have to pass units on
			looked = append(looked, k)
			o.wishes = append(o.wishes, policy.Advance(o.pool(only, k), o.rules.Settings)...)
		}
		if last := n == len(skus)-1; last || len(seen) == policy.StepSKUs {
			o.n.Apart += policy.Told(o.wishes)
			run.Gather(nil, o.wishes, last) // of one run each is looked at once
			seen, o.wishes = seen[:0], o.wishes[:0]
		}
		for run.Gives() {
			o.carryOut(run.Next())
		}
	}
	if only == everywhere {
		for _, k := range looked {
			o.dirty[k] = o.below(k)
		}
	}
	o.looked, o.looks = looked, seen
}

// carryOut moves what a step wishes.
func (o *ours) carryOut(step []policy.Wish) {
	for _, wish := range step {
		s, home, k := o.numbers[wish.Holder], o.numbers[wish.Owner], o.skuNumbers[wish.SKU]
		o.lent[s*o.w.SKUs+k] = int32(wish.Level)
		o.held[home*o.w.SKUs+k] -= int32(wish.Level - wish.Was)
		o.n.Moves++
	}
	o.n.Batches += policy.Told(step)
}

// pool is what decides about a SKU's advance. It is good until the next.
func (o *ours) pool(only, k int) policy.Pool {
	home := o.w.homeOf(int32(k))
	o.houses[0] = policy.Warehouse{Site: o.names[home], Held: ledger.Qty(o.held[home*o.w.SKUs+k])}
	o.counters = o.counters[:0]
	for i := range o.asked[k] {
		a := &o.asked[k][i]
		if !o.line[a.site] || only != everywhere && a.site != only {
			continue
		}
		o.lents[a.site] = policy.Lent{Owner: o.names[home], Qty: ledger.Qty(o.lent[a.site*o.w.SKUs+k])}
		o.counters = append(o.counters, policy.Counter{Site: o.names[a.site], Asked: o.wants(a), Lent: o.lents[a.site : a.site+1]})
	}
	return policy.Pool{SKU: o.skus[k], Own: o.ownWanted(k), Warehouses: o.houses[:], Counters: o.counters}
}

// below says whether a SKU has to be looked at again: a counter was not reached, or has less than its target.
func (o *ours) below(sku int) bool {
	for i := range o.asked[sku] {
		a := &o.asked[sku][i]
		if !o.line[a.site] || ledger.Qty(o.lent[a.site*o.w.SKUs+sku]) < policy.TargetOf(o.wants(a), o.rules.Settings) {
			return true
		}
	}
	return false
}
