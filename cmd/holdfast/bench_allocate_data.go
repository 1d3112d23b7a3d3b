package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/brunel"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/invoices"
	"github.com/holdfast-stock/holdfast/hq/trial"
)

// branchLayout is how the wholesaler's stock is laid out over one warehouse and 8 branches. Nothing
// real says how it lay. Of layouts in steps of 5 % and 1 branch this is the one at which the fixed list
// (3.31) and the nearest site for each line (4.32) come closest together to the figures found before
// (3.32 and 3.85): all branches stock everything, and 65 % lies at the warehouse.
func branchLayout() trial.Layout { return trial.Layout{Branches: 8, Stocking: 8, WarehousePercent: 65} }

// invoices sources a wholesaler's orders over one warehouse and 8 branches.
func (c *benchAllocateCmd) invoices(_ *house, done *benchAllocateDone) error {
	const what, goal = "online_retail: parcels an order over one warehouse and 8 branches", "<= 2.50"
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
	sourced := func(by trial.Sourcing) (trial.Sourced, float64) {
		s := trial.Source(all, skus, branchLayout(), by)
		return s, per(s.Parcels, s.Orders)
	}
	ours, planned := sourced(trial.Planned)
	_, nearest := sourced(trial.Nearest)
	_, fixed := sourced(trial.FixedList)
	done.row(what, goal, fmt.Sprintf("%.3f over %d orders (nearest for each line %.2f, fixed list %.2f: %.0f %% and %.0f %% fewer)", planned, ours.Orders, nearest, fixed,
		100*(1-planned/nearest), 100*(1-planned/fixed)), planned <= 2.5, "the figure follows the layout of the stock, which no data set tells")
	return nil
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
