package office

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// waits says whether an order waits here for stock.
func waits(o *machine.Order) bool {
	for i := range o.Lines {
		if o.Waiting(i+1) > 0 {
			return true
		}
	}
	return false
}

// mayWait says whether others may make room for an order that waits. Nothing is under way for it.
func mayWait(m *machine.Machine, o *machine.Order, now time.Time) bool {
	_, asked := m.Request(machine.SubjectOfFill(o.ID))
	return o.Status == ledger.StatusBackordered && !asked && mayChange(m, o, now) && m.ClassOf(o.Class).Again != machine.AgainNoMore
}

// makeRoom has an order that waits made whole by what another one has: one that may move is served from elsewhere, or one that gives
// up waits in its place. What the stock that can be promised would make whole is left to Release.
func (st *replanning) makeRoom(rec *machine.Order, others *others) *better {
	if len(others.has) == 0 {
		return nil
	}
	how := sourcing{want: wanted(st.m, rec, st.now), order: &rec.Order, spent: &st.taken, now: st.now}
	how.want.Whole = false
	p, _ := st.o.plan(st.m, st.there, how)
	if len(p.Short) == 0 {
		return nil
	}
	how.want.Whole = true
	var list []*machine.Order
	for _, n := range p.Short {
		for _, o := range st.next(others.has[n.SKU], rec.ID) {
			if !slices.Contains(list, o) && len(list) < othersLooked {
				list = append(list, o)
			}
		}
	}
	for _, gives := range [...]bool{false, true} { // whoever can be served from elsewhere goes before one that waits
		for _, other := range list {
			if !st.bears(rec, other, gives) {
				continue
			}
			if b := st.roomOf(rec, other, how, gives); b != nil {
				return b
			}
		}
	}
	return nil
}

// bears says whether an order may be moved for another one, or may give up its units. The machine has the last word.
func (st *replanning) bears(rec, other *machine.Order, gives bool) bool {
	class, of, to := st.m.ClassOf(other.Class), st.m.RankOf(other.Class), st.m.RankOf(rec.Class)
	if !gives {
		return to <= of && (class.Again == machine.AgainMayMove || class.Again == machine.AgainGiveUp)
	}
	return to < of && class.Again == machine.AgainGiveUp && other.Yields && other.NeedBy == "" && st.now.Sub(other.TakenAt) < machine.YieldsFor && st.late(rec)
}

// late says whether an order that waits is needed by a day, and not promised all of it by then of what is due in.
func (st *replanning) late(o *machine.Order) bool {
	if o.NeedBy == "" {
		return false
	}
	left := ledger.Qty(0)
	for i := range o.Lines {
		left += o.Waiting(i + 1)
	}
	for _, p := range st.m.PromisesTo(o.ID) {
		if !p.By.Misses(o.NeedBy) {
			left -= p.Qty
		}
	}
	return left > 0
}

// roomOf plans the order that waits with what the other one has, and the other one with what is left.
func (st *replanning) roomOf(rec, other *machine.Order, how sourcing, gives bool) *better {
	has := &machine.Request{Order: rec.ID}
	var theirs []allocate.Leg
	for _, site := range sortedSites(other) {
		if !st.lets(site) {
			continue
		}
		for _, l := range legsAt(other, site) {
			if slices.ContainsFunc(how.want.Lines, func(n allocate.Need) bool { return n.SKU == l.SKU }) {
				theirs = append(theirs, l)
				has.Tied = append(has.Tied, machine.Tied{Site: site, SKU: l.SKU, Qty: l.Qty})
			}
		}
	}
	how.using = has
	p, e, score := st.o.planScored(st.m, st.there, how)
	if len(p.Legs) == 0 || len(p.Short) > 0 || score[allocate.LateLines] > 0 {
		return nil
	}
	draws, gets := st.parted(p.Legs)
	drops, enough := taken(gets, theirs)
	if len(gets) == 0 || !enough {
		return nil
	}
	why := fmt.Sprintf("whole: order %s made room", other.Number())
	one := st.side(rec, nil, draws, gets, e, why)
	b := &better{draws: draws, orders: []ledger.OrderID{rec.ID, other.ID}, room: true, gaveUp: gives}
	two := machine.Side{Order: other.ID, Plans: other.Plans, Drop: drops, Why: fmt.Sprintf("gave up what %s had for it, for order %s", sitesOf(drops), rec.Number())}
	if e, ok := st.m.Explained(other.ID); ok {
		two.Explain = e.Explain
	}
	if !gives {
		to, f := st.elsewhere(other, drops, draws)
		if len(to) == 0 {
			return nil
		}
		b.draws = slices.Concat(draws, to)
		two = st.side(other, drops, to, nil, f, fmt.Sprintf("moved from %s to %s, to make room for order %s", sitesOf(drops), sitesOf(to), rec.Number()))
	}
	b.cmd = &machine.Exchange{Sides: []machine.Side{one, two}, At: st.now}
	return b
}

// parted says what of a plan can be drawn, and what the other order has to let go.
func (st *replanning) parted(legs []allocate.Leg) (draws, gets []allocate.Leg) {
	used := spent{}
	for _, l := range legs {
		at := spot{l.Site, l.SKU}
		n := max(min(l.Qty, st.free(at)-used[at].Held), 0)
		if n > 0 {
			d := l
			d.Qty = n
			draws = append(draws, d)
			used[at] = allocate.Offer{Held: used[at].Held + n}
		}
		if l.Qty -= n; l.Qty > 0 {
			gets = append(gets, l)
		}
	}
	return draws, gets
}

// taken says which of its legs an order lets go for what another one gets.
func taken(gets, theirs []allocate.Leg) (drops []allocate.Leg, enough bool) {
	left := slices.Clone(theirs)
	for _, g := range gets {
		for i := range left {
			l := &left[i]
			n := min(g.Qty, l.Qty)
			if l.Site != g.Site || l.SKU != g.SKU || n == 0 {
				continue
			}
			d := *l
			d.Qty = n
			drops = append(drops, d)
			l.Qty, g.Qty = l.Qty-n, g.Qty-n
		}
		if g.Qty > 0 {
			return nil, false
		}
	}
	return drops, true
}

// elsewhere plans what an order lets go anew, beside what is drawn already: all of it, and in time.
func (st *replanning) elsewhere(o *machine.Order, drops, drawn []allocate.Leg) ([]allocate.Leg, allocate.Explanation) {
	spent := spent{}
	for at, of := range st.taken {
		spent[at] = of
	}
	spent.take(allocate.Plan{Legs: drawn})
	how := sourcing{want: allocate.Want{Whole: true}, order: &o.Order, spent: &spent, among: st.among, moves: true, now: st.now}
	for _, d := range drops {
		i := slices.IndexFunc(how.want.Lines, func(n allocate.Need) bool { return n.Line == d.Line })
		if i < 0 {
			how.want.Lines = append(how.want.Lines, allocate.Need{Line: d.Line, SKU: d.SKU, Qty: d.Qty})
			continue
		}
		how.want.Lines[i].Qty += d.Qty
	}
	slices.SortFunc(how.want.Lines, func(a, b allocate.Need) int { return a.Line - b.Line })
	p, e, score := st.o.planScored(st.m, st.there, how)
	if len(p.Short) > 0 || score[allocate.LateLines] > 0 {
		return nil, e
	}
	return p.Legs, e
}
