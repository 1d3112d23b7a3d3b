package trial

import (
	"slices"

	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
)

// night is the nightly run of rule 3.
func (o *ours) night(int) { o.advance(everywhere, o.every) }

// wanted is what a counter's delivery orders want of a SKU, as of today.
func (o *ours) wanted(site int, sku int32) policy.Asked {
	if o.year != nil {
		return o.year[o.at(site, sku)]
	}
	d := o.wants[o.at(site, sku)]
	if d == nil {
		return policy.Asked{}
	}
	a := d.On(int64(o.now / Day)).Rates()
	if o.rules.ByUnit {
		a.Units = a.Orders
	}
	return a
}

// ownWanted is what head office's own customers want of a SKU, as of today.
func (o *ours) ownWanted(sku int) policy.Asked {
	if o.year != nil {
		return o.year[o.at(o.w.homeOf(int32(sku)), int32(sku))]
	}
	return o.own[sku].On(int64(o.now / Day)).Rates()
}

// foretell works out the year's demand from the requests to come.
func (o *ours) foretell() {
	o.year = make([]policy.Asked, len(o.book))
	for _, r := range o.w.Requests {
		for _, l := range r.Lines {
			i := o.at(int(r.Site), l.SKU)
			switch r.Kind {
			case WalkIn:
				continue
			case HeadWant:
				i = o.at(o.w.homeOf(l.SKU), l.SKU)
			}
			o.year[i].Orders += 1000
			o.year[i].Units += policy.Rate(l.Qty) * 1000
		}
	}
	for i := range o.year {
		o.year[i].Orders /= policy.Rate(o.w.Days)
		o.year[i].Units /= policy.Rate(o.w.Days)
		if s := i / o.w.SKUs; o.counter(s) && o.year[i].Orders > 0 {
			o.asked[i%o.w.SKUs] = append(o.asked[i%o.w.SKUs], s)
			o.dirty[i%o.w.SKUs] = true
		}
	}
}

// everywhere is every counter, as an argument of advance.
const everywhere = -1

// advance tops up the SKUs that may need it: at every counter, or at one that came back. A SKU is
// looked at again until nothing is missing and every counter was reached; what was not asked for
// since cannot be below its target.
func (o *ours) advance(only int, skus []int) {
	if o.rules.NoAdvance {
		return
	}
	told := make([]bool, o.w.Sites())
	for _, k := range skus {
		if len(o.asked[k]) == 0 || !o.dirty[k] {
			continue
		}
		home := o.w.homeOf(int32(k))
		if !o.line[home] {
			continue // its own entry would have to pass units on
		}
		pool := policy.Pool{SKU: o.skus[k], Own: o.ownWanted(k),
			Warehouses: []policy.Warehouse{{Site: o.names[home], Held: ledger.Qty(o.held[home*o.w.SKUs+k])}}}
		all := true
		for _, s := range o.asked[k] {
			if all = all && o.line[s]; !o.line[s] || only != everywhere && s != only {
				continue
			}
			i := s*o.w.SKUs + k
			pool.Counters = append(pool.Counters, policy.Counter{Site: o.names[s], Asked: o.wanted(s, int32(k)),
				Lent: []policy.Lent{{Owner: o.names[home], Qty: ledger.Qty(o.lent[i])}}})
		}
		wishes := policy.Advance(pool, o.rules.Settings)
		for _, wish := range wishes {
			s := slices.Index(o.names, wish.Holder)
			o.lent[s*o.w.SKUs+k] = int32(wish.Level)
			o.held[home*o.w.SKUs+k] -= int32(wish.Level - wish.Was)
			o.n.Moves++
			told[home], told[s] = true, true // the owner passes on, the counter is credited
		}
		if only == everywhere {
			o.dirty[k] = !all || o.below(k)
		}
	}
	for _, t := range told {
		if t {
			o.n.Batches++
		}
	}
}

// below says whether a counter has less than its target.
func (o *ours) below(sku int) bool {
	for _, s := range o.asked[sku] {
		i := s*o.w.SKUs + sku
		if ledger.Qty(o.lent[i]) < policy.TargetOf(o.wanted(s, int32(sku)), o.rules.Settings) {
			return true
		}
	}
	return false
}
