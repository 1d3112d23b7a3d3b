package machine

import (
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// MoveCommands is what Build.Commands has to be of every server before a Move is given.
const MoveCommands = int(kindMove)

// MovesMax is how often an order is moved in a day.
const MovesMax = 2

// MoveSuffix ends the id of a release that a move asks for: what it answers decides whether the order moves.
const MoveSuffix = "/move"

// A Move has an order of HQ's own served from elsewhere: of each line as many units as sites are to let go (Drop) are drawn for
// it (Legs). They are held for it until the sites have let go; what a site does not let go stays there, and as much of what
// is held is free again. So at no moment has the order less than before.
type Move struct {
	Order   ledger.OrderID
	Plans   int // the order's, as it was planned: another one is a conflict
	Drop    []allocate.Leg
	Legs    []allocate.Leg
	Why     string
	Explain Reasons
	At      time.Time
}

// A Moving is a move that sites have not answered yet.
type Moving struct {
	Order ledger.OrderID
	Legs  []allocate.Leg // what is held for it
	Drops []Drop
	At    time.Time

	// The rest is of an Exchange only (move_together.go).
	With  ledger.OrderID // the other order of it; "" where there is none
	Plans int            // the order's, as the exchange left it: planned anew since, it is not exchanged
	Asked []allocate.Leg // what sites were told to let go
	Gets  []allocate.Leg // what it gets of what the other one lets go
	Kept  []allocate.Leg // what was let go, and is held for it until the units change hands
	Off   bool           // nothing comes of it: what a site lets go it reserves again
}

// A Drop is what one site was told to let go, less what it has said of it.
type Drop struct {
	Site    ledger.SiteID
	Command string // id of the release
}

// Moving gives a move of an order that is under way.
func (m *Machine) Moving(id ledger.OrderID) (*Moving, bool) { return m.moves.Get(id) }

// Revised gives what has become of an order since it was placed, where it is another one.
func (m *Machine) Revised(id ledger.OrderID) (*Revised, bool) { return m.revised.Get(id) }

// Moved is how often an order was moved on the day of a moment.
func (m *Machine) Moved(id ledger.OrderID, at time.Time) int {
	if r, ok := m.revised.get(id); ok && r.Day == dayOf(at) {
		return r.Moves
	}
	return 0
}

func (m *Machine) move(c *Move) Result {
	return Result{Err: m.atomically(func() error {
		o, ok := m.editOrder(c.Order)
		if !ok || o.Owner != ledger.HQ || o.Relearned || o.Canceling() != nil || o.Plans != c.Plans || o.CollectAt != "" {
			return ErrConflict
		}
		if _, moving := m.moves.get(c.Order); moving || m.Moved(c.Order, c.At) >= MovesMax || len(o.Legs) > legsOfOrderMax/2 {
			return ErrConflict
		}
		if err := m.movable(o, c); err != nil {
			return err
		}
		draws := m.drawings(c.Legs, "")
		if err := m.within(o.Class, draws, map[ledger.SKU]ledger.Qty{}, c.At); err != nil {
			return err
		}
		if err := m.take(c.Legs, "", nil); err != nil {
			return err
		}
		if err := m.chargeMore(o, c.Legs, c.At); err != nil {
			return err
		}
		for _, l := range c.Legs {
			m.editStock(l.Site, l.SKU).Holds += l.Qty
		}
		o.Plans++
		m.tellDrops(o, &Moving{Order: o.ID, Legs: slices.Clone(c.Legs), At: c.At}, c.Drop)
		m.movedBy(o, c.Why, c.Explain, c.At)
		m.explain(o.ID, c.Explain)
		return nil
	})}
}

// tellDrops tells the sites what to let go of an order, and keeps the move.
func (m *Machine) tellDrops(o *Order, mv *Moving, drops []allocate.Leg) {
	why := m.causeOfPlan(o)
	for _, part := range bySite(drops) {
		cmd := m.issue(part[0].Site, ledger.HQCommand{ID: why.decided() + MoveSuffix, Kind: ledger.CommandRelease, Order: o.ID, Owner: o.Owner, Lines: summed(part)})
		mv.Drops = append(mv.Drops, Drop{Site: part[0].Site, Command: cmd.ID})
		if o.liveAt(part[0].Site) == sumOfLegs(part) {
			m.parcelsLeave(o.ID, part[0].Site, cmd.ID)
		}
	}
	m.moves.put(o.ID, mv)
}

// movedBy counts a move of an order, and keeps why it is.
func (m *Machine) movedBy(o *Order, why string, e Reasons, at time.Time) {
	r := m.editRevised(o.ID)
	r.Moves, r.Day, r.Why = m.Moved(o.ID, at)+1, dayOf(at), why
	m.tell(o.ID, Step{What: StepMoved, At: at, Why: why, Explain: e})
}

// A place is where a site serves a line of an order.
type place struct {
	line int
	site ledger.SiteID
}

// droppable adds up what sites are to let go of an order, or says that it is not there, or not theirs to say.
func (m *Machine) droppable(o *Order, drops []allocate.Leg) (map[place]ledger.Qty, error) {
	gone := map[place]ledger.Qty{}
	for _, d := range drops {
		if d.Line < 1 || d.Line > len(o.Lines) || ledger.CheckQty(d.Qty) != nil || d.SKU != o.Lines[d.Line-1].SKU {
			return nil, ErrConflict
		}
		at := place{d.Line, d.Site}
		gone[at] += d.Qty
		if s, ok := m.sites.get(d.Site); !ok || m.Closed(s) != "" || gone[at] > min(m.live(o, d.Line, d.Site), awayAt(&o.Lines[d.Line-1], d.Site)) {
			return nil, ErrConflict
		}
	}
	return gone, nil
}

func summedByLine(legs []allocate.Leg) map[int]ledger.Qty {
	out := map[int]ledger.Qty{}
	for _, l := range legs {
		out[l.Line] += l.Qty
	}
	return out
}

// movable says whether a move takes from the order's legs what is there, at sites that answer for it, and draws as much.
func (m *Machine) movable(o *Order, c *Move) error {
	gone, err := m.droppable(o, c.Drop)
	if err != nil {
		return err
	}
	byLine := summedByLine(c.Drop)
	if len(c.Drop) == 0 || !fits(c.Legs, o.Lines, func(line int) ledger.Qty { return byLine[line] }) {
		return ErrConflict
	}
	for _, l := range c.Legs {
		if byLine[l.Line] -= l.Qty; gone[place{l.Line, l.Site}] > 0 {
			return ErrConflict
		}
	}
	for i := range o.Lines {
		if byLine[i+1] != 0 {
			return ErrConflict
		}
	}
	return nil
}

// liveAt is what an order's legs bring from a site.
func (o *Order) liveAt(site ledger.SiteID) (sum ledger.Qty) {
	for i := range o.Legs {
		if l := &o.Legs[i]; l.Site == site && l.live() {
			sum += l.Qty
		}
	}
	return sum
}

// letGoOf follows what a site says of the release that a move asked for: so much of the order is served from elsewhere from
// here on. Where head office knows nothing of the move any more, the line waits again.
func (f *folding) letGoOf(c *ledger.HQCommand, b *ledger.ObeyedBody) {
	mv, moving := f.m.editMoving(c.Order)
	at := -1
	if moving {
		at = slices.IndexFunc(mv.Drops, func(d Drop) bool { return d.Command == c.ID })
	}
	o, ok := f.m.editOrder(c.Order)
	if !ok {
		return
	}
	if at >= 0 && mv.together() && !b.Repeat {
		mv.Drops = slices.Delete(mv.Drops, at, at+1)
		f.letGoTogether(o, mv, c, b.Done)
		return
	}
	var legs []allocate.Leg
	done := b.Done
	if b.Repeat { // it was let go in an entry that is not here
		done = c.Lines
	}
	for _, l := range done {
		if l.Line < 1 || l.Line > len(o.Lines) || o.Canceling() != nil {
			continue
		}
		n := o.withdraw(l.Line-1, f.site, min(l.Qty, awayAt(&o.Lines[l.Line-1], f.site)))
		if f.m.shrink(o, l.Line, f.site, n, LegCanceled); at >= 0 {
			taken := f.m.unhold(mv, l.Line, n)
			legs = append(legs, taken...)
			for _, t := range taken {
				n -= t.Qty
			}
		}
		if n > 0 {
			o.Lines[l.Line-1].Backordered += n
			o.Wait = ledger.WaitHQ
		}
	}
	for _, l := range legs {
		o.Lines[l.Line-1].AddAway(l.Site, l.Qty)
	}
	if at >= 0 && mv.Plans > 0 {
		f.m.reserveAnew(o, mv, legs, movedTold, &f.why)
	} else {
		f.m.reserve(o, legs, f.why.decidedAt)
	}
	o.Settle()
	if stays := notLetGo(c.Lines, done); at >= 0 && len(stays) > 0 && o.Canceling() == nil {
		f.m.tell(o.ID, Step{What: StepStayed, At: f.push.At, Site: f.site, Why: string(b.Refused), Lines: linesOf(stays)})
	}
	f.m.parcelsBack(o.ID, f.site)
	if at >= 0 {
		if mv.Drops = slices.Delete(mv.Drops, at, at+1); mv.together() {
			f.m.callOff(mv, &f.why)
		} else if len(mv.Drops) == 0 {
			f.m.endMove(o.ID, &f.why)
		}
	}
}

// notLetGo is what of a release a site has not done.
func notLetGo(told, done []ledger.CommandLine) (out []ledger.CommandLine) {
	for _, l := range told {
		for _, d := range done {
			if d.Line == l.Line {
				l.Qty -= d.Qty
			}
		}
		if l.Qty > 0 {
			out = append(out, l)
		}
	}
	return out
}

// unhold takes up to q of what a move holds for a line. The caller counts it.
func (m *Machine) unhold(mv *Moving, line int, q ledger.Qty) (out []allocate.Leg) {
	for i := range mv.Legs {
		l := &mv.Legs[i]
		n := min(q, l.Qty)
		if l.Line != line || n == 0 {
			continue
		}
		l.Qty -= n
		q -= n
		m.editStock(l.Site, l.SKU).Holds -= n
		out = append(out, allocate.Leg{Line: line, SKU: l.SKU, Site: l.Site, Qty: n})
	}
	mv.Legs = slices.DeleteFunc(mv.Legs, func(l allocate.Leg) bool { return l.Qty == 0 })
	return out
}

// endMove frees what is held for the move of an order that is over, or that sites have answered. The other order of an exchange
// keeps what it has.
func (m *Machine) endMove(id ledger.OrderID, why *cause) {
	mv, moving := m.editMoving(id)
	if !moving {
		return
	}
	if other, together := m.editMoving(mv.With); together {
		mv.With, other.With = "", ""
		m.callOffOne(other, why)
	}
	m.free(slices.Concat(mv.Legs, mv.Kept), why)
	m.moves.del(id)
	m.parcelsOver(mv)
}

// free counts what was held for a move as held for nobody.
func (m *Machine) free(legs []allocate.Leg, why *cause) {
	var freed []Tied
	for _, l := range legs {
		stock := m.editStock(l.Site, l.SKU)
		stock.Holds -= l.Qty
		stock.Held += l.Qty
		freed = append(freed, Tied{Site: l.Site, SKU: l.SKU, Qty: l.Qty})
	}
	m.giveBack(freed, why)
}

func (m *Machine) editMoving(id ledger.OrderID) (*Moving, bool) {
	return edit(m.moves.table, id, func(mv *Moving) *Moving {
		c := *mv
		c.Legs, c.Drops, c.Kept = slices.Clone(mv.Legs), slices.Clone(mv.Drops), slices.Clone(mv.Kept)
		return &c
	})
}

// endMovesOf ends the moves that have to do with a site that was given up. What is held for one away from it is free: the site will not say
// what it has let go. One to it is called off, as an exchange is that names it at all: what the others let go is reserved there again, or
// the order would count on a site that serves nothing.
func (m *Machine) endMovesOf(site ledger.SiteID, why *cause) {
	var ids []ledger.OrderID
	for id, mv := range m.moves.Sorted() {
		if mv.names(site) || m.mended() && mv.goesTo(site) {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		mv, moving := m.editMoving(id)
		switch {
		case !moving: // the other one of an exchange has ended it
		case mv.together() || m.mended() && mv.goesTo(site):
			mv.Drops = slices.DeleteFunc(mv.Drops, func(d Drop) bool { return d.Site == site })
			m.callOff(mv, why)
		default:
			m.endMove(id, why)
		}
	}
}

// endMovesToLost ends the moves to sites that were declared lost before builds agreed that these end.
func (m *Machine) endMovesToLost(at time.Time) {
	for _, s := range m.Sites() {
		if s.Lost.Done() {
			m.endMovesOf(s.ID, m.causeOfCommand(Subject("lost/"+s.ID), at))
		}
	}
}

// goesTo says whether something is held at a site for a move.
func (mv *Moving) goesTo(site ledger.SiteID) bool {
	return slices.ContainsFunc(mv.Legs, func(l allocate.Leg) bool { return l.Site == site })
}

// isMove says whether a release belongs to a move.
func isMove(c *ledger.HQCommand) bool { return strings.HasSuffix(c.ID, MoveSuffix) }
