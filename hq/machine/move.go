package machine

import (
	"fmt"
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
		why := m.causeOfPlan(o)
		mv := &Moving{Order: o.ID, Legs: slices.Clone(c.Legs), At: c.At}
		for _, part := range bySite(c.Drop) {
			cmd := m.issue(part[0].Site, ledger.HQCommand{ID: why.decided() + MoveSuffix, Kind: ledger.CommandRelease, Order: o.ID, Owner: o.Owner, Lines: summed(part)})
			mv.Drops = append(mv.Drops, Drop{Site: part[0].Site, Command: cmd.ID})
		}
		m.moves.put(o.ID, mv)
		r := m.editRevised(o.ID)
		r.Moves, r.Day, r.Why = m.Moved(o.ID, c.At)+1, dayOf(c.At), c.Why
		m.tell(o.ID, Step{What: StepMoved, At: c.At, Why: c.Why, Explain: c.Explain})
		m.explain(o.ID, c.Explain)
		return nil
	})}
}

// movable says whether a move takes from the order's legs what is there, at sites that answer for it, and draws as much.
func (m *Machine) movable(o *Order, c *Move) error {
	byLine := map[int]ledger.Qty{}
	from := map[ledger.SiteID]bool{}
	type place struct {
		line int
		site ledger.SiteID
	}
	gone := map[place]ledger.Qty{}
	for _, d := range c.Drop {
		if d.Line < 1 || d.Line > len(o.Lines) || ledger.CheckQty(d.Qty) != nil || d.SKU != o.Lines[d.Line-1].SKU {
			return ErrConflict
		}
		at := place{d.Line, d.Site}
		gone[at] += d.Qty
		if s, ok := m.sites.get(d.Site); !ok || m.Closed(s) != "" || gone[at] > min(o.live(d.Line, d.Site), awayAt(&o.Lines[d.Line-1], d.Site)) {
			return ErrConflict
		}
		byLine[d.Line] += d.Qty
		from[d.Site] = true
	}
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
		if o.shrink(l.Line, f.site, n, LegCanceled); at >= 0 {
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
	f.m.reserve(o, legs, f.why.decidedAt)
	o.Settle()
	if stays := notLetGo(c.Lines, done); at >= 0 && len(stays) > 0 && o.Canceling() == nil {
		f.m.tell(o.ID, Step{What: StepStayed, At: f.push.At, Site: f.site, Why: string(b.Refused), Lines: linesOf(stays)})
	}
	if at >= 0 {
		if mv.Drops = slices.Delete(mv.Drops, at, at+1); len(mv.Drops) == 0 {
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

// endMove frees what is held for an order's move, if there is one.
func (m *Machine) endMove(id ledger.OrderID, why *cause) {
	mv, moving := m.editMoving(id)
	if !moving {
		return
	}
	var freed []Tied
	for _, l := range mv.Legs {
		stock := m.editStock(l.Site, l.SKU)
		stock.Holds -= l.Qty
		stock.Held += l.Qty
		freed = append(freed, Tied{Site: l.Site, SKU: l.SKU, Qty: l.Qty})
	}
	m.moves.del(id)
	m.giveBack(freed, why)
}

func (m *Machine) editMoving(id ledger.OrderID) (*Moving, bool) {
	return edit(m.moves.table, id, func(mv *Moving) *Moving {
		c := *mv
		c.Legs, c.Drops = slices.Clone(mv.Legs), slices.Clone(mv.Drops)
		return &c
	})
}

// endMovesFrom frees what is held for moves away from a site that was given up: it will not say what it has let go.
func (m *Machine) endMovesFrom(site ledger.SiteID, why *cause) {
	var ids []ledger.OrderID
	for id, mv := range m.moves.Sorted() {
		if slices.ContainsFunc(mv.Drops, func(d Drop) bool { return d.Site == site }) {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		m.endMove(id, why)
	}
}

// isMove says whether a release belongs to a move.
func isMove(c *ledger.HQCommand) bool { return strings.HasSuffix(c.ID, MoveSuffix) }

// checkMoves looks at the moves that are under way.
func (m *Machine) checkMoves() error {
	for id, mv := range m.moves.Sorted() {
		o, ok := m.orders.Get(id)
		if !ok || o.Canceling() != nil || mv.Order != id || len(mv.Drops) == 0 {
			return fmt.Errorf("order %s is moved, and is not there, or over, or nobody lets it go", id)
		}
	}
	return nil
}
