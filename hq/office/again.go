package office

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of planning again.
const (
	againLooked = 1000   // orders looked at in one step, open or not, to find those that come into question
	againSteps  = 16     // orders planned again in one step
	againMost   = 10_000 // orders of one round, the first in turn
)

// againing is where planning again has come to.
type againing struct {
	mu     sync.Mutex // guards what follows
	began  time.Time  // of the last round; zero before the first
	wanted bool       // something has happened that may let an order move

	finding bool
	looks   int    // at so many orders in one step; 0: againLooked
	below   uint64 // finding: where to go on; 0 from the latest order on
	found   []rankedOrder
	next    int // of found, to be planned
}

type rankedOrder struct {
	class   int
	needBy  string
	takenAt time.Time
	id      ledger.OrderID
}

func (a rankedOrder) compare(b rankedOrder) int {
	if n := cmp.Compare(a.class, b.class); n != 0 {
		return n
	}
	if a.needBy != b.needBy {
		switch {
		case a.needBy == "":
			return 1
		case b.needBy == "":
			return -1
		}
		return cmp.Compare(a.needBy, b.needBy)
	}
	return cmp.Or(a.takenAt.Compare(b.takenAt), cmp.Compare(a.id, b.id))
}

// Replanned is what a step of Again has come to.
type Replanned struct {
	Rounds, Looked, Moved, Parcels int // Parcels: saved
}

// again asks for a round soon.
func (o *Office) again() {
	o.againing.mu.Lock()
	o.againing.wanted = true
	o.againing.mu.Unlock()
}

// Again plans orders of head office's own again that come in several parcels, while nothing of them has left: a step at a time,
// the first in turn by class, need-by date and when they were taken. One moves only where that saves a parcel. more says
// that the round goes on. Only a leader calls it, one call at a time.
func (o *Office) Again(ctx context.Context, now time.Time) (out Replanned, more bool, err error) {
	a := &o.againing
	a.mu.Lock()
	since := now.Sub(a.began)
	begin := !a.finding && a.next == len(a.found) && (a.began.IsZero() || since < 0 || since >= o.cfg.AgainEach || a.wanted && since >= o.cfg.AgainEach/15)
	if begin {
		a.began, a.wanted, a.finding, a.below, a.found, a.next = now, false, true, 0, nil, 0
		out.Rounds = 1
	}
	a.mu.Unlock()
	if a.finding {
		o.find(now)
		return out, true, nil
	}
	there := o.presences(now)
	some := a.found[a.next:min(a.next+againSteps, len(a.found))]
	a.next += len(some)
	taken := spent{}
	var moves []*machine.Move
	var saves []int
	o.cluster.View(func(m *machine.Machine) {
		for _, r := range some {
			out.Looked++
			if c, saved := o.replan(m, there, r.id, taken, now); c != nil {
				moves, saves = append(moves, c), append(saves, saved)
				taken.take(allocate.Plan{Legs: c.Legs})
			}
		}
	})
	for i, c := range moves {
		switch _, err := o.propose(ctx, c); {
		case errors.Is(err, machine.ErrConflict): // it is looked at again in the next round
		case err != nil:
			return out, false, err
		default:
			out.Moved, out.Parcels = out.Moved+1, out.Parcels+saves[i]
		}
	}
	return out, a.next < len(a.found), nil
}

// find looks at the next orders for those that come into question, and at the end puts them in their turn.
func (o *Office) find(now time.Time) {
	a := &o.againing
	looks := a.looks
	if looks == 0 {
		looks = againLooked
	}
	o.cluster.View(func(m *machine.Machine) {
		orders, next := m.Ranked(a.below, looks, func(s ledger.Status, _ time.Time) bool {
			return s == ledger.StatusAllocated || s == ledger.StatusBackordered
		})
		for _, order := range orders {
			if mayMove(m, order, now) {
				a.found = append(a.found, rankedOrder{m.RankOf(order.Class), order.NeedBy, order.TakenAt, order.ID})
			}
		}
		if a.below = next; next == 0 || len(a.found) >= 2*againMost {
			slices.SortFunc(a.found, rankedOrder.compare)
			a.found = a.found[:min(len(a.found), againMost)]
		}
	})
	a.finding = a.below > 0
}

// mayMove says whether an order comes into question: it is head office's own, in several parcels, and neither under way, nor
// moved often enough today, nor of a class that is pinned.
func mayMove(m *machine.Machine, o *machine.Order, now time.Time) bool {
	if o.Owner != ledger.HQ || o.Relearned || o.CollectAt != "" || o.Canceling() != nil || len(servedFrom(o)) < 2 {
		return false
	}
	_, moving := m.Moving(o.ID)
	return !moving && m.Moved(o.ID, now) < machine.MovesMax && m.ClassOf(o.Class).Again != machine.AgainPinned
}

// replan plans one order again, with what it has counted as free. What lies at a site that does not answer stays there. It gives
// the move, and the parcels that it saves; nil where it is not worth it.
func (o *Office) replan(m *machine.Machine, there presences, id ledger.OrderID, taken spent, now time.Time) (*machine.Move, int) {
	rec, known := m.Order(id)
	if !known || !mayMove(m, rec, now) || m.Unsettled() {
		return nil, 0
	}
	among := answering(m, there)
	own := &machine.Request{Order: id} // what it has is its own to use, as what was borrowed for it would be
	how := sourcing{want: allocate.Want{Whole: true}, order: &rec.Order, using: own, spent: &taken, among: among, moves: true, now: now}
	pinned := map[ledger.SiteID]bool{}
	for i := range rec.Lines {
		l := &rec.Lines[i]
		q := ledger.Qty(0)
		for _, away := range l.Away {
			if !among[away.Site] {
				pinned[away.Site] = true
				continue
			}
			q += away.Qty
			own.Tied = append(own.Tied, machine.Tied{Site: away.Site, SKU: l.SKU, Qty: away.Qty})
		}
		if q > 0 {
			how.want.Lines = append(how.want.Lines, allocate.Need{Line: i + 1, SKU: l.SKU, Qty: q})
		}
	}
	if len(how.want.Lines) == 0 {
		return nil, 0
	}
	p, e := o.plan(m, there, how)
	saved := len(servedFrom(rec)) - parcels(p.Legs, pinned)
	if len(p.Legs) == 0 || len(p.Short) > 0 || saved < 1 || e.Decision.Score[allocate.LateLines] > 0 {
		return nil, 0
	}
	draws, drops := difference(rec, p.Legs, among)
	if slices.ContainsFunc(draws, func(l allocate.Leg) bool { return m.Wanted(l.SKU) }) {
		return nil, 0 // somebody waits for these units: who waits comes first
	}
	fewer := "one parcel fewer"
	if saved > 1 {
		fewer = fmt.Sprintf("%d parcels fewer", saved)
	}
	why := fmt.Sprintf("moved from %s to %s: %s", sitesOf(drops), sitesOf(draws), fewer)
	return &machine.Move{Order: id, Plans: rec.Plans, Drop: drops, Legs: draws, Why: why, Explain: machine.ReasonsOf(explainedWith(m, id, movedBecause(e, draws, why))), At: now}, saved
}

// answering is the sites that answer, and of which something may be planned.
func answering(m *machine.Machine, there presences) map[ledger.SiteID]bool {
	out := map[ledger.SiteID]bool{}
	for _, s := range m.Sites() {
		if there[s.ID].online && m.Closed(s) == "" && s.Parked == "" {
			out[s.ID] = true
		}
	}
	return out
}

func parcels(legs []allocate.Leg, pinned map[ledger.SiteID]bool) int {
	seen := map[ledger.SiteID]bool{}
	for id := range pinned {
		seen[id] = true
	}
	for _, l := range legs {
		seen[l.Site] = true
	}
	return len(seen)
}

// difference is what a plan draws that the order does not have, and what it lets go; lines and sites ascending.
func difference(o *machine.Order, legs []allocate.Leg, among map[ledger.SiteID]bool) (draws, drops []allocate.Leg) {
	type place struct {
		line int
		site ledger.SiteID
	}
	more := map[place]ledger.Qty{}
	for _, l := range legs {
		more[place{l.Line, l.Site}] += l.Qty
	}
	for i := range o.Lines {
		for _, away := range o.Lines[i].Away {
			if among[away.Site] {
				more[place{i + 1, away.Site}] -= away.Qty
			}
		}
	}
	for at, q := range more {
		l := allocate.Leg{Line: at.line, SKU: o.Lines[at.line-1].SKU, Site: at.site, Qty: max(q, -q)}
		if q > 0 {
			draws = append(draws, l)
		} else if q < 0 {
			drops = append(drops, l)
		}
	}
	byPlace := func(a, b allocate.Leg) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Site, b.Site)) }
	slices.SortFunc(draws, byPlace)
	slices.SortFunc(drops, byPlace)
	return draws, drops
}

func sitesOf(legs []allocate.Leg) string {
	var out []string
	for _, l := range legs {
		if !slices.Contains(out, string(l.Site)) {
			out = append(out, string(l.Site))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// movedBecause says of the sites that are chosen in place of others why they are.
func movedBecause(e allocate.Explanation, draws []allocate.Leg, why string) allocate.Explanation {
	for i := range e.Lines {
		l := &e.Lines[i]
		for k := range l.Candidates {
			c := &l.Candidates[k]
			if slices.ContainsFunc(draws, func(d allocate.Leg) bool { return d.Line == l.Line && d.Site == c.Site }) {
				c.Why = why + "; " + c.Why
			}
		}
	}
	return e
}
