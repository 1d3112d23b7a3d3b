package trial

import (
	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Waiting is a day's orders of which nothing is picked yet, and the stock that they claim. Every quarter of
// an hour some more come, some goods come in and one in 200 is cancelled; and what is short or in
// more than one parcel is planned again, for which its own claims are free. A new plan stands only if
// it is strictly better: fewer units short, or as many in fewer parcels; and an order moves twice at most.
type Waiting struct {
	c      Chance
	sites  int
	stock  []int32 // by site and SKU
	skus   *table
	n      int // SKUs
	orders []waiter
	names  []ledger.SiteID
	label  []ledger.SKU
}

// waiter is one order and its legs.
type waiter struct {
	lines []Line
	legs  []waiterLeg
	short int32
	moves int
}

type waiterLeg struct {
	site, sku int
	qty       int32
}

// Replanned is what came of twelve hours.
type Replanned struct {
	Orders, Parcels, Moved int
	Short                  int // units
}

// NewWaiting makes a company of so many sites, one in ten a warehouse, with 2,000 articles.
func NewWaiting(seed uint64, sites int) *Waiting {
	w := &Waiting{c: Chance(seed), sites: sites, n: 2000}
	w.skus = newTable(w.n, func(i int) uint64 { return 1_000_000 / uint64(i+20) })
	w.stock = make([]int32, sites*w.n)
	for s := range sites {
		w.names = append(w.names, siteName(s))
		for k := range w.n {
			switch {
			case s%10 == 0 && w.c.Below(10) < 5:
				w.stock[s*w.n+k] = int32(w.c.Below(12))
			case w.c.Below(10) < 2:
				w.stock[s*w.n+k] = int32(w.c.Below(4))
			}
		}
	}
	for k := range w.n {
		w.label = append(w.label, skuName(k))
	}
	return w
}

// Half plays twelve hours in which so many orders come. Without again they keep their first plans.
func (w *Waiting) Half(orders int, again bool) Replanned {
	const quarters = 48
	moved := 0
	for q := range quarters {
		for range orders*(q+1)/quarters - orders*q/quarters {
			o := waiter{lines: basket(&w.c, w.skus, 1+w.c.Below(5)*w.c.Below(6)/2, fewUnits)}
			w.plan(&o)
			w.orders = append(w.orders, o)
		}
		for range 60 { // an article of a warehouse comes in
			w.stock[w.c.Below(w.sites/10)*10*w.n+w.skus.draw(&w.c)] += 6
		}
		for range len(w.orders)/200 + 1 {
			w.release(&w.orders[w.c.Below(len(w.orders))], true)
		}
		if again {
			moved += w.Again()
		}
	}
	out := Replanned{Moved: moved}
	for i := range w.orders {
		if p := w.orders[i].parcels(); p > 0 {
			out.Orders++
			out.Parcels += p
		}
		out.Short += int(w.orders[i].short)
	}
	return out
}

// Again plans again what is short or split, in order of arrival.
func (w *Waiting) Again() (moved int) {
	for i := range w.orders {
		o := &w.orders[i]
		if o.moves == 2 || len(o.lines) == 0 || o.short == 0 && o.parcels() < 2 {
			continue
		}
		old := *o
		w.release(o, false)
		w.plan(o)
		if o.short < old.short || o.short == old.short && o.parcels() < old.parcels() {
			o.moves++
			moved++
			continue
		}
		w.release(o, false)
		*o = old
		for _, l := range o.legs {
			w.stock[l.site*w.n+l.sku] -= l.qty
		}
	}
	return moved
}

func (o *waiter) parcels() int {
	var seen []int
next:
	for _, l := range o.legs {
		for _, s := range seen {
			if s == l.site {
				continue next
			}
		}
		seen = append(seen, l.site)
	}
	return len(seen)
}

// release frees an order's claims; for good if it is cancelled.
func (w *Waiting) release(o *waiter, canceled bool) {
	for _, l := range o.legs {
		w.stock[l.site*w.n+l.sku] += l.qty
	}
	o.legs, o.short = nil, 0
	if canceled {
		o.lines = nil
	}
}

func (w *Waiting) plan(o *waiter) {
	var want allocate.Want
	for i, l := range o.lines {
		want.Lines = append(want.Lines, allocate.Need{Line: i + 1, SKU: w.label[l.SKU], Qty: ledger.Qty(l.Qty)})
	}
	var candidates []allocate.Candidate
	number := map[ledger.SiteID]int{}
	for s := range w.sites {
		c := allocate.Candidate{Site: w.names[s], Rank: s % 7, Offers: map[ledger.SKU]allocate.Offer{}}
		for _, l := range o.lines {
			if q := w.stock[s*w.n+int(l.SKU)]; q > 0 {
				c.Offers[w.label[l.SKU]] = allocate.Offer{Held: ledger.Qty(q)}
			}
		}
		if len(c.Offers) > 0 {
			candidates = append(candidates, c)
			number[c.Site] = s
		}
	}
	made, _ := allocate.Make(want, candidates)
	o.legs, o.short = nil, 0
	for _, g := range made.Legs {
		l := waiterLeg{number[g.Site], int(o.lines[g.Line-1].SKU), int32(g.Qty)}
		w.stock[l.site*w.n+l.sku] -= l.qty
		o.legs = append(o.legs, l)
	}
	for _, n := range made.Short {
		o.short += int32(n.Qty)
	}
}

// Claimed is the stock of all sites with what waiting orders claim of it, by SKU.
func (w *Waiting) Claimed() []int {
	sum := make([]int, w.n)
	for i, q := range w.stock {
		sum[i%w.n] += int(q)
	}
	for _, o := range w.orders {
		for _, l := range o.legs {
			sum[l.sku] += int(l.qty)
		}
	}
	return sum
}

// Least is the lowest stock that any site has of anything: below 0, more is claimed than there is.
func (w *Waiting) Least() int32 {
	least := w.stock[0]
	for _, q := range w.stock {
		least = min(least, q)
	}
	return least
}
