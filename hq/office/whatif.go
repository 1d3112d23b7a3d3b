package office

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of a WhatIf. A view of the machine keeps commands from being applied, so each is short.
const (
	WhatIfOrdersMax  = 1000
	whatIfLinesMax   = 20_000
	whatIfRowsMax    = 100_000 // stock of one SKU at one site
	whatIfRowsAView  = 2_000
	whatIfLooksMax   = 200_000 // orders looked at for those of a window
	whatIfLooksAView = 2_000
	whatIfVisitsMax  = 60_000_000 // cells that all plans of one answer look at
)

// A Question is which orders are to be sourced again, and under which other settings.
type Question struct {
	IDs    []ledger.OrderID // these, or
	From   time.Time        // those taken from here
	To     time.Time        // up to before here
	Limit  int              // at most; the latest
	Policy machine.SetPolicy
	Set    machine.SetSourcing
	// Closed are sites that serve nothing.
	Closed []ledger.SiteID
}

// A Sum is what plans for many orders come to.
type Sum struct {
	Served    int // orders of which something is served
	Refused   int // that are served as a whole or not at all, and are not
	Short     int // others that are not served whole
	Units     int64
	ShortOf   int64 // units that are not served
	Parcels   int64
	Metres    int64 // of all parcels from places that are known, to addresses of which the zone table says nothing
	ZoneCost  int64 // of all parcels to the others
	Unplaced  int64 // parcels of which it is not known
	LateLines int64
	Borrowed  int64 // units that sites would have to lend
	BelowKeep int64 // units taken of what sites wish to keep
	Unproved  int
}

// A SiteSum is what one site serves.
type SiteSum struct{ Parcels, Units int64 }

// A Sourced is how one order is served.
type Sourced struct {
	Sites    []ledger.SiteID // sorted; none: not at all
	Legs     []allocate.Leg  // by line and site, what is lent with the rest
	ShortOf  int64
	Late     int64 // lines
	Metres   int64
	ZoneCost int64
}

// A Differing is an order that is served otherwise.
type Differing struct {
	Order         ledger.OrderID
	Number        string
	Before, After Sourced
}

// A Reply is the same orders sourced twice: under the settings as they are, and under others.
type Reply struct {
	Orders        int  // that were sourced
	LeftOut       int  // that were asked for, and were more than one answer looks at
	More          bool // there are more of the window than limit
	Before, After Sum
	SitesBefore   map[ledger.SiteID]SiteSum
	SitesAfter    map[ledger.SiteID]SiteSum
	Differ        []Differing // in their turn
	Met           []LimitMet  // by class, SKU and kind
}

// A LimitMet is a limit of a class that let some of the orders have less than they wanted.
type LimitMet struct {
	machine.ClassLimit
	Before, After int // orders
}

// A again is an order that is to be sourced again, with what head office has to serve of each line.
type again struct {
	*machine.Order
	wants []ledger.Qty
	whole bool
}

// WhatIf sources orders again on a copy of the state, once under the settings as they are and once under others. On the copy what these
// orders took is there again, each is taken at its own time, every site answers, and lends as far as its rules let it. Each gets what the
// limits of classes leave it, as on the day on which it was taken (machine.Draft.On). Nothing is proposed. The copy is made in short views with others' commands between them.
func WhatIf(ctx context.Context, cluster Cluster, q Question) (*Reply, error) {
	r := &Reply{SitesBefore: map[ledger.SiteID]SiteSum{}, SitesAfter: map[ledger.SiteID]SiteSum{}}
	orders, err := q.orders(ctx, cluster, r)
	if err != nil {
		return nil, err
	}
	x, chosen, err := excerpt(ctx, cluster, orders, r)
	if err != nil {
		return nil, err
	}
	before, after := x.Draft(), x.Draft()
	if err := q.apply(after); err != nil {
		return nil, err
	}
	there := presences{}
	for _, s := range before.Sites() {
		there[s.ID] = presenceNow{online: true}
	}
	g := &planning{at: map[ledger.SiteID]int{}}
	visits := 0
	for i := range chosen {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if visits > whatIfVisitsMax {
			r.LeftOut += len(chosen) - i
			break
		}
		o := &chosen[i]
		r.meets(o.begin(before), func(l *LimitMet) { l.Before++ })
		r.meets(o.begin(after), func(l *LimitMet) { l.After++ })
		was, n := o.source(g, before, there, &r.Before, r.SitesBefore)
		will, k := o.source(g, after, there, &r.After, r.SitesAfter)
		visits += n + k
		r.Orders++
		if !slices.Equal(was.Legs, will.Legs) {
			r.Differ = append(r.Differ, Differing{Order: o.ID, Number: o.Number(), Before: was, After: will})
		}
	}
	return r, nil
}

// apply sets on a draft what is asked about.
func (q *Question) apply(d machine.Draft) error {
	q.Policy.By, q.Set.By = "what if", "what if"
	q.Set.Terms = slices.Clone(q.Set.Terms) // the caller's stay as they are
	for _, id := range q.Closed {
		i := slices.IndexFunc(q.Set.Terms, func(t machine.Terms) bool { return t.Site == id })
		if i < 0 {
			i = len(q.Set.Terms)
			t := machine.Terms{Site: id}
			if set := d.TermsOf(id); set != nil {
				t = *set
			}
			q.Set.Terms = append(q.Set.Terms, t)
		}
		q.Set.Terms[i].Stopped = "closed, if it were so"
	}
	return d.Set(&q.Policy, &q.Set)
}

// orders picks the orders that are asked about, by the turn in which head office learned of them.
func (q *Question) orders(ctx context.Context, cluster Cluster, r *Reply) (out []*machine.Order, err error) {
	if len(q.IDs) > 0 {
		ids := slices.Clone(q.IDs)
		slices.Sort(ids)
		cluster.View(func(m *machine.Machine) {
			for _, id := range slices.Compact(ids) {
				if o, ok := m.Order(id); ok {
					out = append(out, o)
				}
			}
		})
		if len(out) == 0 {
			return nil, ledger.ErrOrderUnknown
		}
	} else {
		in := func(_ ledger.Status, at time.Time) bool { return !at.Before(q.From) && at.Before(q.To) }
		for below, looked := uint64(0), 0; len(out) <= q.Limit; looked += whatIfLooksAView {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if r.More = looked >= whatIfLooksMax; r.More {
				break
			}
			var some []*machine.Order
			cluster.View(func(m *machine.Machine) { some, below = m.Ranked(below, whatIfLooksAView, in) })
			if out = append(out, some...); below == 0 {
				break
			}
		}
		r.More = r.More || len(out) > q.Limit
		out = out[:min(len(out), q.Limit)]
	}
	slices.SortFunc(out, func(a, b *machine.Order) int { return cmp.Compare(a.Rank, b.Rank) })
	return out, nil
}

// excerpt copies what plans for the orders look at, and undoes the orders on the copy.
func excerpt(ctx context.Context, cluster Cluster, orders []*machine.Order, r *Reply) (x *machine.Excerpt, chosen []again, err error) {
	cluster.View(func(m *machine.Machine) { x = m.Excerpt() })
	known := map[ledger.SKU]bool{}
	lines, rows := 0, 0
	for i, o := range orders {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if lines += len(o.Lines); lines > whatIfLinesMax || rows > whatIfRowsMax {
			r.LeftOut += len(orders) - i
			break
		}
		all := false
		for todo := o.Lines; len(todo) > 0; {
			cluster.View(func(m *machine.Machine) {
				all = plannedWhole(m, o)
				for from := rows; len(todo) > 0 && rows-from < whatIfRowsAView; todo = todo[1:] {
					if sku := todo[0].SKU; !known[sku] {
						known[sku] = true
						rows = x.TakeStock(m, sku)
					}
				}
			})
		}
		if wants := x.Undo(o); slices.ContainsFunc(wants, func(q ledger.Qty) bool { return q > 0 }) {
			chosen = append(chosen, again{o, wants, all})
		}
	}
	return x, chosen, nil
}

// begin has a draft count the day of the order, and lists the limits that it meets there.
func (o *again) begin(d machine.Draft) (met []machine.ClassLimit) {
	d.On(o.Class, o.Lines, o.TakenAt)
	for i := range o.Lines {
		sku, want := o.Lines[i].SKU, ledger.Qty(0)
		if !d.Limited(sku) || slices.ContainsFunc(o.Lines[:i], func(l ledger.Line) bool { return l.SKU == sku }) {
			continue
		}
		for k := range o.Lines {
			if o.Lines[k].SKU == sku {
				want += o.wants[k]
			}
		}
		met = append(met, d.Met(o.Class, sku, want, o.TakenAt)...)
	}
	return met
}

// meets counts an order for the limits that it met.
func (r *Reply) meets(met []machine.ClassLimit, count func(*LimitMet)) {
	for _, l := range met {
		i, known := slices.BinarySearchFunc(r.Met, l, func(a LimitMet, l machine.ClassLimit) int {
			return cmp.Or(strings.Compare(a.Class, l.Class), strings.Compare(string(a.SKU), string(l.SKU)), cmp.Compare(a.Kind, l.Kind))
		})
		if !known {
			r.Met = slices.Insert(r.Met, i, LimitMet{ClassLimit: l})
		}
		count(&r.Met[i])
	}
}

// plannedWhole says whether an order was planned as a whole or not at all when it was placed.
func plannedWhole(m *machine.Machine, o *machine.Order) bool {
	if o.Owner != ledger.HQ {
		return machine.Whole(o.Shortage) // its site asks for what it lacks
	}
	placed := o.Order
	placed.Status = "" // it had none yet
	return whole(m, &placed, o.TakenAt)
}

// source plans the order on a draft, takes what the plan gives, and counts it.
func (o *again) source(g *planning, d machine.Draft, there presences, sum *Sum, sites map[ledger.SiteID]SiteSum) (out Sourced, visits int) {
	s := sourcing{want: allocate.Want{Only: o.CollectAt, Whole: o.whole}, order: &o.Order.Order, borrow: true, now: o.TakenAt}
	if o.Owner != ledger.HQ {
		s.home = o.Owner
	}
	for i, q := range o.wants {
		if q > 0 {
			s.want.Lines = append(s.want.Lines, allocate.Need{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q})
		}
	}
	g.gather(d.Machine, there, &s)
	p, e := g.madeWithin(d.Machine, &s)
	out.Legs = merged(p)
	d.Serve(o.Class, out.Legs, o.TakenAt)
	out.count(p, g.candidates, sum, sites, zoned(d.Machine, o.Order))
	sum.BelowKeep += e.Decision.Score[allocate.BelowKeep]
	if e.Decision.Unproved {
		sum.Unproved++
	}
	switch {
	case len(p.Short) > 0 && machine.Whole(o.Shortage):
		sum.Refused++
	case len(p.Short) > 0:
		sum.Short++
	}
	return out, e.Decision.Visits
}

// merged are the legs of a plan with what has to be lent: one for each line and site.
func merged(p allocate.Plan) (out []allocate.Leg) {
	for _, l := range append(slices.Clone(p.Legs), p.Borrow...) {
		i := slices.IndexFunc(out, func(o allocate.Leg) bool { return o.Line == l.Line && o.Site == l.Site })
		if i < 0 {
			out = append(out, l)
		} else {
			out[i].Qty += l.Qty
		}
	}
	slices.SortFunc(out, func(a, b allocate.Leg) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(string(a.Site), string(b.Site)))
	})
	return out
}

// count adds one plan up.
func (out *Sourced) count(p allocate.Plan, candidates []allocate.Candidate, sum *Sum, sites map[ledger.SiteID]SiteSum, zoned bool) {
	at := make(map[ledger.SiteID]*allocate.Candidate, len(candidates))
	for i := range candidates {
		at[candidates[i].Site] = &candidates[i]
	}
	late := map[int]bool{}
	for _, l := range out.Legs {
		s := sites[l.Site]
		if !slices.Contains(out.Sites, l.Site) {
			out.Sites = append(out.Sites, l.Site)
			s.Parcels++
			switch cost := at[l.Site].Cost; {
			case zoned:
				out.ZoneCost += cost
			case cost < allocate.Farthest:
				out.Metres += cost
			default:
				sum.Unplaced++
			}
		}
		s.Units += int64(l.Qty)
		sites[l.Site] = s
		sum.Units += int64(l.Qty)
		if at[l.Site].Late {
			late[l.Line] = true
		}
	}
	for _, l := range p.Borrow {
		sum.Borrowed += int64(l.Qty)
	}
	for _, n := range p.Short {
		out.ShortOf += int64(n.Qty)
	}
	slices.Sort(out.Sites)
	if out.Late = int64(len(late)); len(out.Sites) > 0 {
		sum.Served++
	}
	sum.Parcels += int64(len(out.Sites))
	sum.Metres += out.Metres
	sum.ZoneCost += out.ZoneCost
	sum.LateLines += out.Late
	sum.ShortOf += out.ShortOf
}
