package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/brunel"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/invoices"
	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/trial"
)

// branchLayout is how the wholesaler's stock is laid out over one warehouse and 8 branches. Nothing
// real says how it lay. Of layouts in steps of 5 % and 1 branch this is the one at which the fixed list
// (3.31) and the nearest site for each line (4.32) come closest together to the figures found before
// (3.32 and 3.85): all branches stock everything, and 65 % lies at the warehouse.
func branchLayout() trial.Layout { return trial.Layout{Branches: 8, Stocking: 8, WarehousePercent: 65} }

// invoices sources a wholesaler's orders over one warehouse and 8 branches.
func (c *benchAllocateCmd) invoices(h *house, done *benchAllocateDone) error {
	const what, goal = "online_retail: parcels an order over one warehouse and 8 branches, which all stock everything, 65 % of it at the warehouse", "<= 2.50"
	f, err := os.Open(filepath.Join(c.Data, "online_retail", "lines_2010-12_to_2011-08.csv.gz"))
	if c.Data == "" || errors.Is(err, os.ErrNotExist) {
		done.skip(what, goal, "online_retail is not in the folder of --data")
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	all, skus, err := shipments(f)
	if err != nil {
		return err
	}
	l := sourceAll(h, all, skus, branchLayout())
	planned, nearest, fixed := l.planned, l.nearest, l.fixed
	done.row(what, goal, fmt.Sprintf("%.3f over %d orders (nearest for each line %.2f, fixed list %.2f: %.0f %% and %.0f %% fewer)", planned, l.orders, nearest, fixed,
		100*(1-planned/nearest), 100*(1-planned/fixed)), planned <= 2.5, "the figure follows the layout of the stock, which no data set tells: see the other layouts with --more")
	done.beside("chosen once: that layout", "of those in steps of 5 % and 1 branch the one at which the nearest site for each line and the fixed list come closest together to what was found before (3.85 and 3.32); nothing real tells how the stock lay")
	if c.More {
		for _, stocking := range []int{4, 8} {
			for _, percent := range []int{20, 35, 50, 65, 80} {
				l := sourceAll(h, all, skus, trial.Layout{Branches: 8, Stocking: stocking, WarehousePercent: percent})
				done.beside(fmt.Sprintf("online_retail, %d of 8 branches stock an article, %d %% at the warehouse", stocking, percent),
					fmt.Sprintf("%.3f parcels an order (nearest for each line %.2f, fixed list %.2f)", l.planned, l.nearest, l.fixed))
			}
		}
		thoughts(h, all, skus, done)
	}
	return nil
}

// thoughts says what it buys to let the planner think longer, or less, about each order, and what that costs. Each plan is made once, so that what the clock
// and other programs cost is in its time.
func thoughts(h *house, all []trial.Shipment, skus int, done *benchAllocateDone) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, lay := range []trial.Layout{branchLayout(), {Branches: 49, Stocking: 12, WarehousePercent: 65}, {Branches: 49, Stocking: 49, WarehousePercent: 65}} {
		for _, budget := range []int{1, 20_000, allocate.BudgetDefault, 100_000, 300_000, 1_000_000} {
			if h.ctx.Err() != nil {
				return
			}
			p := planned{}
			s := trial.SourceBy(all, skus, lay, trial.Planned, trial.Thought{Budget: budget, Around: func(plan func()) {
				before := threadTime()
				plan()
				took := threadTime() - before
				p.times.Add(took)
				p.most = max(p.most, took)
			}})
			p.unproved = s.Unproved
			done.beside(fmt.Sprintf("online_retail, a warehouse and %d of %d branches stock an article, %d visits an order", lay.Stocking, lay.Branches, budget),
				fmt.Sprintf("%d parcels; %s", s.Parcels, p.words()))
		}
	}
}

// sourcedBy is the parcels an order of one layout, by way of sourcing.
type sourcedBy struct {
	orders                  int
	planned, nearest, fixed float64
}

func sourceAll(h *house, all []trial.Shipment, skus int, lay trial.Layout) sourcedBy {
	var out sourcedBy
	by := func(way trial.Sourcing, into *float64) func() {
		return func() {
			s := trial.Source(all, skus, lay, way)
			*into = per(s.Parcels, s.Orders)
			if way == trial.Planned {
				out.orders = s.Orders
			}
		}
	}
	twoAtATime(h, fmt.Sprintf("online_retail, %d branches, %d %%", lay.Stocking, lay.WarehousePercent),
		[]func(){by(trial.Planned, &out.planned), by(trial.Nearest, &out.nearest), by(trial.FixedList, &out.fixed)})
	return out
}

// shipments reads the orders of invoices, for customers near the branch that their number falls to.
func shipments(src io.Reader) (all []trial.Shipment, skus int, err error) {
	r, err := invoices.NewReader(src, func(invoices.Report) {})
	if err != nil {
		return nil, 0, err
	}
	number := map[string]int32{}
	var first time.Time
	for doc, err := range r.Documents() {
		if err != nil {
			return nil, 0, err
		}
		if doc.Kind != invoices.KindOrder {
			continue
		}
		if first.IsZero() {
			first = doc.At.Truncate(24 * time.Hour)
		}
		who := fnv.New32a()
		_, _ = io.WriteString(who, doc.Customer+"/"+doc.Country) // a hash has no write errors
		s := trial.Shipment{Week: int(doc.At.Sub(first) / (7 * 24 * time.Hour)), Near: int(who.Sum32() % uint32(branchLayout().Branches))}
		for _, l := range doc.Lines {
			n, known := number[l.SKU]
			if !known {
				n = int32(len(number))
				number[l.SKU] = n
			}
			s.Lines = append(s.Lines, trial.Line{SKU: n, Qty: int32(l.Qty)})
		}
		all = append(all, s)
	}
	return all, len(number), nil
}

// day serves as many orders of one real day as can be.
func (c *benchAllocateCmd) day(_ *house, done *benchAllocateDone) error {
	const what, goal = "brunel_logistics: orders served in one day's capacity", "as many as can be, with the proof"
	dir := filepath.Join(c.Data, "brunel_logistics")
	if _, err := os.Stat(dir); c.Data == "" || errors.Is(err, os.ErrNotExist) {
		done.skip(what, goal, "brunel_logistics is not in the folder of --data")
		return nil
	}
	d, err := brunel.Read(dir)
	if err != nil {
		return err
	}
	most := trial.ServeMost(d.Groups(), d.Capacity)
	full, room := 0, 0
	for s, f := range most.Full {
		if f {
			full++
			room += d.Capacity[s]
		}
	}
	done.row(what, goal, fmt.Sprintf("%d of %d orders; no more can be: %d orders may go only to %d full sites, which do %d, and the other %d are all served",
		most.Served, len(d.Orders), len(d.Orders)-(most.Bound-room), full, room, most.Bound-room), most.Served == most.Bound, "the bound was not reached")
	done.beside("brunel_logistics: one after the other, to the first site with room", fmt.Sprintf("%d orders", firstWithRoom(d)))
	return nil
}

// firstWithRoom is what is served without looking ahead.
func firstWithRoom(d *brunel.Day) int {
	room := append([]int(nil), d.Capacity...)
	served := 0
	for _, may := range d.Orders {
		for _, s := range may {
			if room[s] > 0 {
				room[s]--
				served++
				break
			}
		}
	}
	return served
}
