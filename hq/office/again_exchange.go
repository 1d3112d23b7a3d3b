package office

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A trade is what an order and another one are to change.
type trade struct {
	mine, theirs     []allocate.Leg // what they let go
	draws            []allocate.Leg // what the first one draws beside
	myGets, theyGets []allocate.Leg
}

// exchange looks for an order with which one changes units, so that it does without one of its parcels. Neither may be served
// worse by anything that a plan is weighed by: the other one has a parcel from there anyway, or in place of the one that it gives.
func (st *replanning) exchange(rec *machine.Order, others *others) *better {
	sites := sortedSites(rec)
	weighed := 0
	for _, from := range sites {
		if !st.lets(from) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(sites), func(s ledger.SiteID) bool { return s == from || !st.lets(s) })
		drops := legsAt(rec, from)
		draws, swaps := st.drawn(drops, rest)
		if len(swaps) == 0 {
			continue // no other order is needed for it: it was looked at already
		}
		for _, other := range st.holders(rec, swaps[0], rest, others) {
			t, ok := tradeWith(other, from, swaps, rest)
			if !ok {
				continue
			}
			t.mine, t.draws = drops, draws
			if weighed++; weighed > othersWeighed {
				return nil
			}
			if b := st.weighTrade(rec, other, &t); b != nil {
				return b
			}
		}
	}
	return nil
}

func sortedSites(o *machine.Order) (out []ledger.SiteID) {
	for id := range servedFrom(o) {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// legsAt is what a site serves of an order.
func legsAt(o *machine.Order, site ledger.SiteID) (out []allocate.Leg) {
	for i := range o.Lines {
		for _, away := range o.Lines[i].Away {
			if away.Site == site {
				out = append(out, allocate.Leg{Line: i + 1, SKU: o.Lines[i].SKU, Site: site, Qty: away.Qty})
			}
		}
	}
	return out
}

// drawn finds what is free at the sites of the rest, and gives what another order would have to give.
func (st *replanning) drawn(drops []allocate.Leg, rest []ledger.SiteID) (draws, swaps []allocate.Leg) {
	free := spent{}
	for _, d := range drops {
		i := slices.IndexFunc(rest, func(site ledger.SiteID) bool {
			at := spot{site, d.SKU}
			return st.free(at)-free[at].Held >= d.Qty
		})
		if i < 0 || st.m.Wanted(d.SKU) || st.m.Limited(d.SKU) {
			swaps = append(swaps, d)
			continue
		}
		l := d
		l.Site = rest[i]
		free.take(allocate.Plan{Legs: []allocate.Leg{l}})
		draws = append(draws, l)
	}
	return draws, swaps
}

// free is what can be promised at a place, less what those before have taken.
func (st *replanning) free(at spot) ledger.Qty {
	stock, known := st.m.Stock(at.site, at.sku)
	if !known {
		return 0
	}
	return stock.Promisable() - st.taken[at].Held
}

// holders is the orders that have as much at one of the sites, in turn.
func (st *replanning) holders(rec *machine.Order, swap allocate.Leg, rest []ledger.SiteID, others *others) (out []*machine.Order) {
	for _, site := range rest {
		for _, o := range st.next(others.at[spot{site, swap.SKU}], rec.ID) {
			if !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	return out
}

// tradeWith says what another order gives of what is to be swapped, and gets at the site from for it.
func tradeWith(other *machine.Order, from ledger.SiteID, swaps []allocate.Leg, rest []ledger.SiteID) (t trade, ok bool) {
	left := map[spot][]allocate.Leg{}
	for _, site := range rest {
		for _, l := range legsAt(other, site) {
			left[spot{site, l.SKU}] = append(left[spot{site, l.SKU}], l)
		}
	}
	for _, swap := range swaps {
		got := false
		for _, site := range rest {
			legs := left[spot{site, swap.SKU}]
			i := slices.IndexFunc(legs, func(l allocate.Leg) bool { return l.Qty >= swap.Qty })
			if i < 0 {
				continue
			}
			gives, gets, mine := legs[i], legs[i], swap
			gives.Qty, gets.Qty, gets.Site, mine.Site = swap.Qty, swap.Qty, from, site
			legs[i].Qty -= swap.Qty
			t.theirs, t.theyGets, t.myGets = append(t.theirs, gives), append(t.theyGets, gets), append(t.myGets, mine)
			got = true
			break
		}
		if !got {
			return t, false
		}
	}
	return t, len(servedFrom(after(other, t.theirs, t.theyGets))) <= len(servedFrom(other))
}

// after is an order as a change leaves it, as far as its lines and their sites go.
func after(o *machine.Order, drops, gets []allocate.Leg) *machine.Order {
	c := &machine.Order{Order: *o.Order.Clone()}
	for _, d := range drops {
		l := &c.Lines[d.Line-1]
		for k := range l.Away {
			if l.Away[k].Site == d.Site {
				l.Away[k].Qty -= d.Qty
			}
		}
		l.Away = slices.DeleteFunc(l.Away, func(away ledger.Leg) bool { return away.Qty == 0 })
	}
	for _, g := range gets {
		c.Lines[g.Line-1].AddAway(g.Site, g.Qty)
	}
	return c
}

// weighTrade makes the command, where the first order is served better and the other one no worse.
func (st *replanning) weighTrade(rec, other *machine.Order, t *trade) *better {
	mine, theirs := after(rec, t.mine, slices.Concat(t.myGets, t.draws)), after(other, t.theirs, t.theyGets)
	saved := len(servedFrom(rec)) + len(servedFrom(other)) - len(servedFrom(mine)) - len(servedFrom(theirs))
	if saved < 1 {
		return nil
	}
	e, than := st.compared(rec, mine)
	if than >= 0 {
		return nil
	}
	f, than := st.compared(other, theirs)
	if than > 0 && !(than < late && st.bears(rec, other, false)) { // one that may move may come from farther away
		return nil
	}
	why := func(with *machine.Order, drops, gets []allocate.Leg) string {
		return fmt.Sprintf("moved from %s to %s, in exchange with order %s: %s in all", sitesOf(drops), sitesOf(gets), with.Number(), fewer(saved))
	}
	one := st.side(rec, t.mine, t.draws, t.myGets, e, why(other, t.mine, slices.Concat(t.myGets, t.draws)))
	two := st.side(other, t.theirs, nil, t.theyGets, f, why(rec, t.theirs, t.theyGets))
	return &better{cmd: &machine.Exchange{Sides: []machine.Side{one, two}, At: st.now}, draws: t.draws, orders: []ledger.OrderID{rec.ID, other.ID}, saved: saved}
}

func (st *replanning) side(o *machine.Order, drops, draws, gets []allocate.Leg, e allocate.Explanation, why string) machine.Side {
	e = explainedWith(st.m, o.ID, movedBecause(e, slices.Concat(draws, gets), why))
	return machine.Side{Order: o.ID, Plans: o.Plans, Drop: drops, Legs: draws, Gets: gets, Why: why, Explain: machine.ReasonsOf(e)}
}

// late is what compared says of an order that would not be all there in time.
const late = 2

// compared weighs an order as it would be against what it is: below 0 where it is better, above 0 where it is worse, late where it would
// not be all there in time. How near the sites are set to be only decides between plans that are as good, so it does not count. The
// explanation is that of what it would be.
func (st *replanning) compared(is, would *machine.Order) (allocate.Explanation, int) {
	e, then, ok := st.weighed(would)
	if !ok || then[allocate.LateLines] > 0 {
		return e, late
	}
	was, now, ok := st.weighed(is)
	if !ok {
		return e, late
	}
	then[allocate.RankSum], now[allocate.RankSum] = 0, 0
	return e, was.Decision.Preset.Compare(&then, &now)
}

// weighed is what a plan that serves an order just so comes to. ok is false where a site of it would not be chosen today.
func (st *replanning) weighed(o *machine.Order) (e allocate.Explanation, score allocate.Score, ok bool) {
	own := &machine.Request{Order: o.ID}
	how := sourcing{want: allocate.Want{Whole: true}, order: &o.Order, using: own, among: map[ledger.SiteID]bool{}, moves: true, own: true, now: st.now}
	for i := range o.Lines {
		q := ledger.Qty(0)
		for _, away := range o.Lines[i].Away {
			how.among[away.Site] = true
			own.Tied = append(own.Tied, machine.Tied{Site: away.Site, SKU: o.Lines[i].SKU, Qty: away.Qty})
			q += away.Qty
		}
		if q > 0 {
			how.want.Lines = append(how.want.Lines, allocate.Need{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q})
		}
	}
	p, e, score := st.o.planScored(st.m, st.there, how)
	return e, score, len(p.Short) == 0 && len(how.want.Lines) > 0
}
