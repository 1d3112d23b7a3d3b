package machine

import (
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// ExchangeCommands is what Build.Commands has to be of every server before an Exchange is given, and before a class
// may_move or give_up.
const ExchangeCommands = int(kindExchange)

// YieldsFor is how long after it was taken an order of a class that gives up may lose its units to another one. Who waits
// longer keeps what comes.
const YieldsFor = 28 * 24 * time.Hour

// YieldsBelow is the priority from which on an order gives up nothing.
const YieldsBelow = 9

// An Exchange has one order of HQ's own served anew, as a Move has, or two of them together, or neither: what sites let go of the
// one is for the other. What is let go is held for the order that had it until all of both is; then the units change hands in one step.
// Where a site lets go less, or an order has been planned anew meanwhile, each has its own reserved again where it was.
// So at no moment has either less than before, but for an order that gives up, and that only once the other has its units.
type Exchange struct {
	Sides []Side // one or two, of different orders
	At    time.Time
}

// A Side is what an exchange makes of one order. Of a line that waits it may bring more than it drops (it is filled), of an order
// that gives up less (the line waits again); of any other exactly as mue.
type Side struct {
	Order   ledger.OrderID
	Plans   int            // the order's, as it was planned: another one is a conflict
	Drop    []allocate.Leg // what sites are to let go; of two sides, sites without a counter
	Legs    []allocate.Leg // what is drawn for it from what is held
	Gets    []allocate.Leg // what it gets of what the other one lets go
	Why     string
	Explain Reasons
}

// An effect is what a side comes to.
type effect struct {
	o             *Order
	class         Class
	rank          int
	fills, yields map[int]ledger.Qty // by line
	whole         bool               // it waits for nothing any more
	before, after int                // parcels
}

func (m *Machine) exchange(c *Exchange) Result {
	return Result{Err: m.atomically(func() error {
		if len(c.Sides) == 1 {
			return m.moveAlone(&c.Sides[0], c.At)
		}
		if len(c.Sides) != exchangeMax || c.Sides[0].Order == c.Sides[1].Order || m.atCounter(c.Sides[0].Drop) || m.atCounter(c.Sides[1].Drop) {
			return ErrConflict
		}
		a, b := &c.Sides[0], &c.Sides[1]
		if len(a.Gets)+len(b.Gets) == 0 || !among(a.Gets, b.Drop) || !among(b.Gets, a.Drop) {
			return ErrConflict
		}
		first, err := m.effectOf(a, c.At)
		if err != nil {
			return err
		}
		second, err := m.effectOf(b, c.At)
		if err != nil {
			return err
		}
		if !worth(first, second) || !first.bears(second, c.At) || !second.bears(first, c.At) {
			return ErrConflict
		}
		if err := m.begin(first, a, b.Order, c.At); err != nil {
			return err
		}
		return m.begin(second, b, a.Order, c.At)
	})}
}

// moveAlone has one order served from elsewhere, as a Move does: as full as before, in fewer parcels.
func (m *Machine) moveAlone(s *Side, at time.Time) error {
	e, err := m.effectOf(s, at)
	if err != nil {
		return err
	}
	if len(s.Gets) > 0 || len(e.fills)+len(e.yields) > 0 || e.after >= e.before || e.o.CollectAt != "" || !EachLineOnce(s.Drop) {
		return ErrConflict
	}
	return m.begin(e, s, "", at)
}

// EachLineOnce says whether no line is let go at two sites: which of them answers first would say what is reserved where, and a head office
// that went back in time may hear of them the other way round.
func EachLineOnce(drops []allocate.Leg) bool {
	at := map[int]ledger.SiteID{}
	for _, d := range drops {
		if site, ok := at[d.Line]; ok && site != d.Site {
			return false
		}
		at[d.Line] = d.Site
	}
	return true
}

// atCounter says whether something is to be let go at a counter. What that frees is its own again: nothing could be held for the order.
func (m *Machine) atCounter(drops []allocate.Leg) bool {
	return slices.ContainsFunc(drops, func(d allocate.Leg) bool {
		site, known := m.sites.get(d.Site)
		return !known || site.Counter
	})
}

// among says whether legs name no more of a SKU at a site than others do.
func among(some, of []allocate.Leg) bool {
	left := map[Tied]ledger.Qty{}
	for _, l := range of {
		left[Tied{Site: l.Site, SKU: l.SKU}] += l.Qty
	}
	for _, l := range some {
		at := Tied{Site: l.Site, SKU: l.SKU}
		if left[at] -= l.Qty; left[at] < 0 {
			return false
		}
	}
	return true
}

// effectOf says what a side makes of its order, or that it does not fit.
func (m *Machine) effectOf(s *Side, at time.Time) (*effect, error) {
	o, ok := m.editOrder(s.Order)
	if !ok || o.Owner != ledger.HQ || o.Relearned || o.Canceling() != nil || o.Plans != s.Plans {
		return nil, ErrConflict
	}
	e := &effect{o: o, class: m.ClassOf(o.Class), rank: m.RankOf(o.Class), fills: map[int]ledger.Qty{}, yields: map[int]ledger.Qty{}}
	if _, moving := m.moves.get(s.Order); moving || m.Moved(s.Order, at) >= MovesMax || len(o.Legs) > legsOfOrderMax/2 || e.class.Again == AgainPinned {
		return nil, ErrConflict
	}
	gone, err := m.droppable(o, s.Drop)
	if err != nil {
		return nil, err
	}
	byLine := summedByLine(s.Drop)
	news := slices.Concat(s.Legs, s.Gets)
	if !fits(news, o.Lines, func(line int) ledger.Qty { return byLine[line] + o.Waiting(line) }) {
		return nil, ErrConflict
	}
	e.before, e.after = o.parcels(gone, nil), o.parcels(gone, news)
	for _, l := range news {
		if byLine[l.Line] -= l.Qty; gone[place{l.Line, l.Site}] > 0 || o.CollectAt != "" && l.Site != o.CollectAt {
			return nil, ErrConflict
		}
	}
	e.whole = true
	for i := range o.Lines {
		switch line, q := i+1, byLine[i+1]; {
		case q < 0:
			e.fills[line] = -q
		case q > 0:
			e.yields[line] = q
		}
		e.whole = e.whole && o.Waiting(i+1) == e.fills[i+1] && e.yields[i+1] == 0
	}
	return e, nil
}

// parcels is how many sites serve an order: as it is, where news is nil, or as it comes to be.
func (o *Order) parcels(gone map[place]ledger.Qty, news []allocate.Leg) int {
	seen := map[ledger.SiteID]bool{}
	for i := range o.Lines {
		for _, away := range o.Lines[i].Away {
			if news == nil || gone[place{i + 1, away.Site}] < away.Qty {
				seen[away.Site] = true
			}
		}
	}
	for _, l := range news {
		seen[l.Site] = true
	}
	return len(seen)
}

// worth says whether an exchange makes anything better: an order that waited is whole, or there are fewer parcels in all and of
// neither more.
func worth(a, b *effect) bool {
	if a.gains() || b.gains() {
		return true
	}
	return len(a.fills)+len(b.fills) == 0 && a.after+b.after < a.before+b.before && a.after <= a.before && b.after <= b.before
}

// gains says whether an order is whole that waited.
func (e *effect) gains() bool { return e.whole && len(e.fills) > 0 }

// bears says whether an order may be changed so for the other one. Only one that may move comes in more parcels, only one that
// gives up has less, and only where the other one is not less important and is whole by it.
func (e *effect) bears(other *effect, at time.Time) bool {
	again := e.class.Again
	if len(e.fills) > 0 && (again == AgainNoMore || len(e.yields) > 0 || !e.whole) {
		return false
	}
	if e.after > e.before && len(e.fills) == 0 && (again != AgainMayMove && again != AgainGiveUp || !other.gains() || other.rank > e.rank) {
		return false
	}
	if len(e.yields) == 0 {
		return true
	}
	o := e.o
	return again == AgainGiveUp && o.Yields && o.NeedBy == "" && at.Sub(o.TakenAt) < YieldsFor &&
		other.gains() && other.rank < e.rank && other.o.NeedBy != ""
}

// yields says whether an order is accepted as one that may lose its units to a more important one: its class gives up, and its
// customer has said that it waits for what is not there.
func (m *Machine) yields(o *ledger.Order) bool {
	c := m.ClassOf(o.Class)
	return c.Again == AgainGiveUp && !c.MustFill && o.Shortage == ledger.Backorder && o.Priority < YieldsBelow
}

// begin draws what a side draws, and has sites let go what it drops.
func (m *Machine) begin(e *effect, s *Side, with ledger.OrderID, at time.Time) error {
	o := e.o
	if err := m.within(o.Class, e.drawings(m, s), e.more(), at); err != nil {
		return err
	}
	if err := m.take(s.Legs, "", nil); err != nil {
		return err
	}
	if err := m.chargeMore(o, slices.Concat(s.Legs, s.Gets), at); err != nil {
		return err
	}
	for _, l := range s.Legs {
		m.editStock(l.Site, l.SKU).Holds += l.Qty
	}
	o.Plans++
	mv := &Moving{Order: o.ID, Legs: slices.Clone(s.Legs), At: at, With: with, Plans: o.Plans}
	if with != "" {
		mv.Asked, mv.Gets = slices.Clone(s.Drop), slices.Clone(s.Gets)
	}
	m.tellDrops(o, mv, s.Drop)
	m.movedBy(o, s.Why, s.Explain, at)
	m.explain(o.ID, s.Explain)
	return nil
}

// drawings is what a side takes of each SKU of which there is a limit; nil where there is none.
func (e *effect) drawings(m *Machine, s *Side) map[ledger.SKU]drawing {
	if len(m.derived.limited) == 0 {
		return nil
	}
	out := map[ledger.SKU]drawing{}
	for _, l := range s.Legs {
		out[l.SKU] = drawing{out[l.SKU].held + l.Qty, out[l.SKU].all + l.Qty}
	}
	for _, l := range s.Gets {
		out[l.SKU] = drawing{out[l.SKU].held, out[l.SKU].all + l.Qty}
	}
	return out
}

// more is what an order gets more of each SKU.
func (e *effect) more() map[ledger.SKU]ledger.Qty {
	out := map[ledger.SKU]ledger.Qty{}
	for line, q := range e.fills { // any order: they are added up
		out[e.o.Lines[line-1].SKU] += q
	}
	return out
}
