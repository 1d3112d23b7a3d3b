package trial

import (
	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Sourcing is a way of choosing the sites of an order.
type Sourcing uint8

// The ways of sourcing.
const (
	Planned   Sourcing = 1 // head office's planner
	Nearest   Sourcing = 2 // for each line the nearest site that has it, then the next
	FixedList Sourcing = 3 // for each line the first site of one list, the warehouse first
)

// A Shipment is an order of a wholesaler, all lines for delivery to one customer.
type Shipment struct {
	Week  int // from 0
	Near  int // the branch, from 0, next to the customer
	Lines []Line
}

// Layout says how a wholesaler's stock lies: of each article so many parts in a hundred at the
// warehouse, and the rest in equal shares at so many of its branches.
type Layout struct {
	Branches, Stocking, WarehousePercent int
}

// Sourced is what came of sourcing. Unproved counts plans that may not be the best there are.
type Sourced struct{ Orders, Parcels, Short, Unproved int }

// Thought says how much the planner may think about an order. The zero Thought is as much as it
// does by itself.
type Thought struct {
	Budget int               // visits; 0 is the planner's own
	Around func(plan func()) // makes each plan; nil just makes it
}

// Source sources all shipments, in order. Opening stock is what was sold in the first four weeks,
// and what was sold in a week comes in after it. Sites: the warehouse is 0.
func Source(all []Shipment, skus int, lay Layout, by Sourcing) Sourced {
	return SourceBy(all, skus, lay, by, Thought{})
}

// SourceBy does the same with a planner that thinks so much.
func SourceBy(all []Shipment, skus int, lay Layout, by Sourcing, thought Thought) Sourced {
	w := &wholesale{skus: skus, lay: lay, stock: make([]int32, (lay.Branches+1)*skus), thought: thought}
	for s := range lay.Branches + 1 {
		w.names = append(w.names, siteName(s))
	}
	week := make([]int32, skus)
	at := 0
	for _, o := range all {
		if o.Week < 4 {
			for _, l := range o.Lines {
				w.lay0(l.SKU, l.Qty)
			}
		}
	}
	var out Sourced
	for _, o := range all {
		if o.Week != at {
			at = o.Week
			for k, q := range week {
				w.lay0(int32(k), q)
			}
			clear(week)
		}
		for _, l := range o.Lines {
			week[l.SKU] += l.Qty
		}
		parcels, short := w.serve(o, by)
		if parcels > 0 {
			out.Orders++
		}
		out.Parcels += parcels
		out.Short += short
	}
	out.Unproved = w.unproved
	return out
}

type wholesale struct {
	skus  int
	lay   Layout
	stock []int32 // by site and SKU
	names []ledger.SiteID

	planner  allocate.Planner
	thought  Thought
	unproved int
}

// lay0 puts goods in where the layout says; odd units go to the warehouse.
func (w *wholesale) lay0(sku, qty int32) {
	each := qty * int32(100-w.lay.WarehousePercent) / 100 / int32(w.lay.Stocking)
	for i := range w.lay.Stocking {
		w.stock[(1+(int(sku)+i*3)%w.lay.Branches)*w.skus+int(sku)] += each
	}
	w.stock[sku] += qty - each*int32(w.lay.Stocking)
}

// rank is how near a site is to a customer: the own branch, the next ones round, the warehouse last.
func (w *wholesale) rank(site, near int) int {
	if site == 0 {
		return w.lay.Branches
	}
	return (site - 1 - near + w.lay.Branches) % w.lay.Branches
}

func (w *wholesale) serve(o Shipment, by Sourcing) (parcels, short int) {
	served := make([]bool, w.lay.Branches+1)
	if by == Planned {
		short = w.plan(o, served)
	} else {
		order := make([]int, w.lay.Branches+1)
		for s := range order {
			if by == Nearest {
				order[w.rank(s, o.Near)] = s
			} else {
				order[s] = s
			}
		}
		for _, l := range o.Lines {
			if w.walk(l, order, served) > 0 {
				short++
			}
		}
	}
	for _, s := range served {
		if s {
			parcels++
		}
	}
	return parcels, short
}

// walk serves a line whole from the first site that has it all, else from one after the other.
func (w *wholesale) walk(l Line, order []int, served []bool) (left int32) {
	for _, s := range order {
		if i := s*w.skus + int(l.SKU); w.stock[i] >= l.Qty {
			w.stock[i] -= l.Qty
			served[s] = true
			return 0
		}
	}
	left = l.Qty
	for _, s := range order {
		i := s*w.skus + int(l.SKU)
		if q := min(left, w.stock[i]); q > 0 {
			w.stock[i] -= q
			left -= q
			served[s] = true
		}
	}
	return left
}

func (w *wholesale) plan(o Shipment, served []bool) (short int) {
	want, candidates := w.problem(o)
	want.Budget = w.thought.Budget
	var plan allocate.Plan
	var why allocate.Explanation
	if mk := func() { plan, why = w.planner.Make(want, candidates) }; w.thought.Around != nil {
		w.thought.Around(mk)
	} else {
		mk()
	}
	if why.Decision.Unproved {
		w.unproved++
	}
	for _, g := range plan.Legs {
		for s, name := range w.names {
			if name == g.Site {
				w.stock[s*w.skus+int(o.Lines[g.Line-1].SKU)] -= int32(g.Qty)
				served[s] = true
			}
		}
	}
	return len(plan.Short)
}

// problem is a shipment as the planner sees it.
func (w *wholesale) problem(o Shipment) (allocate.Want, []allocate.Candidate) {
	var want allocate.Want
	candidates := make([]allocate.Candidate, len(w.names))
	for s := range candidates {
		candidates[s] = allocate.Candidate{Site: w.names[s], Rank: w.rank(s, o.Near), Offers: map[ledger.SKU]allocate.Offer{}}
	}
	for i, l := range o.Lines {
		name := skuName(int(l.SKU))
		want.Lines = append(want.Lines, allocate.Need{Line: i + 1, SKU: name, Qty: ledger.Qty(l.Qty)})
		for s := range candidates {
			if q := w.stock[s*w.skus+int(l.SKU)]; q > 0 {
				candidates[s].Offers[name] = allocate.Offer{Held: ledger.Qty(q)}
			}
		}
	}
	return want, candidates
}
