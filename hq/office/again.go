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
	next    int    // of found, to be planned
	others  others // that may change units with them
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
	Rounds, Looked   int
	Moved            int // orders that were moved by themselves
	Parcels          int // saved, by moves and exchanges
	Exchanged        int // pairs of orders that changed units
	MadeRoom, GaveUp int // of these, those of which one made room for one that waited, and those of which it waits itself now
}

// add counts what else was done.
func (r *Replanned) add(b *better) {
	r.Parcels += b.saved
	if len(b.orders) == 1 {
		r.Moved++
		return
	}
	r.Exchanged++
	if b.room {
		r.MadeRoom++
	}
	if b.gaveUp {
		r.GaveUp++
	}
}

// A better is a command that makes something better: what it draws, whom it changes, and what it is worth.
type better struct {
	cmd          machine.Command
	draws        []allocate.Leg
	orders       []ledger.OrderID
	saved        int // parcels
	room, gaveUp bool
}

// A replanning is one step of planning again: what is looked at, and what those before have taken.
type replanning struct {
	o       *Office
	m       *machine.Machine
	there   presences
	among   map[ledger.SiteID]bool // the sites that answer
	now     time.Time
	taken   spent
	changed map[ledger.OrderID]bool

	exchanges bool // every server knows the command
}

// again asks for a round soon.
func (o *Office) again() {
	o.againing.mu.Lock()
	o.againing.wanted = true
	o.againing.mu.Unlock()
}

// Again plans orders of head office's own again that wait or come in several parcels, while nothing of them has left: a step at a
// time, the first in turn by class, need-by date and when they were taken. One moves only where that saves a parcel. With exchanges,
// which is once every server knows the command, two may change units too. more says that the round goes on. Only a leader
// calls it, one call at a time.
func (o *Office) Again(ctx context.Context, now time.Time, exchanges bool) (out Replanned, more bool, err error) {
	a := &o.againing
	a.mu.Lock()
	since := now.Sub(a.began)
	begin := !a.finding && a.next == len(a.found) && (a.began.IsZero() || since < 0 || since >= o.cfg.AgainEach || a.wanted && since >= o.cfg.AgainEach/15)
	if begin {
		a.began, a.wanted, a.finding, a.below, a.found, a.next, a.others = now, false, true, 0, nil, 0, others{}
		out.Rounds = 1
	}
	a.mu.Unlock()
	if a.finding {
		o.find(now)
		return out, true, nil
	}
	some := a.found[a.next:min(a.next+againSteps, len(a.found))]
	a.next += len(some)
	there := o.presences(now)
	var all []*better
	o.cluster.View(func(m *machine.Machine) {
		if m.Unsettled() {
			return
		}
		st := &replanning{o: o, m: m, there: there, among: answering(m, there), now: now, taken: spent{}, changed: map[ledger.OrderID]bool{}, exchanges: exchanges}
		for _, r := range some {
			out.Looked++
			if b := st.look(r.id, &a.others); b != nil {
				all = append(all, b)
				st.took(b)
			}
		}
	})
	for _, b := range all {
		switch _, err := o.propose(ctx, b.cmd); {
		case errors.Is(err, machine.ErrConflict): // it is looked at again in the next round
		case err != nil:
			return out, false, err
		default:
			out.add(b)
		}
	}
	if a.next == len(a.found) {
		a.others = others{}
	}
	return out, a.next < len(a.found), nil
}

func (st *replanning) took(b *better) {
	st.taken.take(allocate.Plan{Legs: b.draws})
	for _, id := range b.orders {
		st.changed[id] = true
	}
}

// look is what is best done about one order; nil for nothing.
func (st *replanning) look(id ledger.OrderID, others *others) *better {
	rec, known := st.m.Order(id)
	if !known || st.changed[id] {
		return nil
	}
	if st.exchanges && waits(rec) && mayWait(st.m, rec, st.now) {
		if b := st.makeRoom(rec, others); b != nil {
			return b
		}
	}
	if !mayMove(st.m, rec, st.now) {
		return nil
	}
	if b := st.replan(rec); b != nil || !st.exchanges {
		return b
	}
	return st.exchange(rec, others)
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
			r := rankedOrder{m.RankOf(order.Class), order.NeedBy, order.TakenAt, order.ID}
			if mayMove(m, order, now) || waits(order) && mayWait(m, order, now) {
				a.found = append(a.found, r)
			}
			a.others.add(m, order, r, now)
		}
		if a.below = next; next == 0 || len(a.found) >= 2*againMost {
			slices.SortFunc(a.found, rankedOrder.compare)
			a.found = a.found[:min(len(a.found), againMost)]
			a.others.sort()
		}
	})
	a.finding = a.below > 0
}

// mayChange says whether an order may be served otherwise: it is head office's own, and neither under way, nor moved often enough
// today, nor of a class that is pinned.
func mayChange(m *machine.Machine, o *machine.Order, now time.Time) bool {
	if o.Owner != ledger.HQ || o.Relearned || o.Canceling() != nil {
		return false
	}
	_, moving := m.Moving(o.ID)
	return !moving && m.Moved(o.ID, now) < machine.MovesMax && m.ClassOf(o.Class).Again != machine.AgainPinned
}

// mayMove says whether an order comes into question for fewer parcels.
func mayMove(m *machine.Machine, o *machine.Order, now time.Time) bool {
	return o.CollectAt == "" && mayChange(m, o, now) && len(servedFrom(o)) > 1
}

// replan plans one order again, with what it has counted as free. What lies at a site that does not answer stays there. It gives
// the move, or nil where it is not worth it.
func (st *replanning) replan(rec *machine.Order) *better {
	m, among := st.m, st.among
	own := &machine.Request{Order: rec.ID} // what it has is its own to use, as what was borrowed for it would be
	how := sourcing{want: allocate.Want{Whole: true}, order: &rec.Order, using: own, spent: &st.taken, among: among, moves: true, now: st.now}
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
		return nil
	}
	p, e := st.o.plan(m, st.there, how)
	saved := len(servedFrom(rec)) - parcels(p.Legs, pinned)
	if len(p.Legs) == 0 || len(p.Short) > 0 || saved < 1 || e.Decision.Score[allocate.LateLines] > 0 {
		return nil
	}
	draws, drops := difference(rec, p.Legs, among)
	if slices.ContainsFunc(draws, func(l allocate.Leg) bool { return m.Wanted(l.SKU) }) {
		return nil // somebody waits for these units: who waits comes first
	}
	if st.exchanges && !machine.EachLineOnce(drops) {
		return nil
	}
	why := fmt.Sprintf("moved from %s to %s: %s", sitesOf(drops), sitesOf(draws), fewer(saved))
	s := st.side(rec, drops, draws, nil, e, why)
	b := &better{draws: draws, orders: []ledger.OrderID{rec.ID}, saved: saved, cmd: &machine.Exchange{Sides: []machine.Side{s}, At: st.now}}
	if !st.exchanges {
		b.cmd = &machine.Move{Order: s.Order, Plans: s.Plans, Drop: s.Drop, Legs: s.Legs, Why: s.Why, Explain: s.Explain, At: st.now}
	}
	return b
}

func fewer(parcels int) string {
	if parcels == 1 {
		return "one parcel fewer"
	}
	return fmt.Sprintf("%d parcels fewer", parcels)
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
