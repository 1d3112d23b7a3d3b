// Package journey reads a grocery chain's till lines as a year of demand.
//
// The layout is that of the set "Complete Journey": one row a line, with store, basket, product,
// quantity and time. It is a sample of lines, so baskets are torn, and it has no orders: all goods
// were taken at the till. To have some, one basket in so many, by its number, counts as a delivery order
// at that counter and one as a web order. Stock is made from the lines themselves, by the
// rule of hq/trial. Rows of 0 units, and of over 100 (fuel, sold by volume), are passed over and counted.
package journey

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/holdfast-stock/holdfast/hq/trial"
)

const (
	unitsMax = 100
	rowsMax  = 10_000_000
)

// firstMonday is day 0 of the world: the Monday before the data begin on a Sunday.
var firstMonday = time.Date(2016, time.December, 26, 0, 0, 0, 0, time.UTC)

type row struct {
	store, product, basket string
	at                     int32
	qty                    int32
}

// Read reads a gzipped file of lines. One basket in oneIn, at least 2, is a delivery order, and one a
// web order. passed is how many rows were passed over.
func Read(src io.Reader, oneIn uint32) (w *trial.World, passed int, err error) {
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, 0, fmt.Errorf("open till lines: %w", err)
	}
	in := csv.NewReader(z)
	in.ReuseRecord = true
	heading, err := in.Read()
	if err != nil {
		return nil, 0, fmt.Errorf("read heading of till lines: %w", err)
	}
	var at [5]int
	for i, name := range []string{"store_id", "product_id", "basket_id", "quantity", "transaction_timestamp"} {
		if at[i] = slices.Index(heading, name); at[i] < 0 {
			return nil, 0, fmt.Errorf("till lines have no column %s", name)
		}
	}
	var rows []row
	for {
		f, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read till lines: %w", err)
		}
		qty, err1 := strconv.Atoi(f[at[3]])
		when, err2 := time.Parse(time.DateTime, f[at[4]])
		if err := errors.Join(err1, err2); err != nil {
			return nil, 0, fmt.Errorf("read till lines: %w", err)
		}
		minute := when.Sub(firstMonday) / time.Minute
		if qty < 1 || qty > unitsMax || minute < 0 || minute > 400*trial.Day || len(rows) == rowsMax {
			passed++
			continue
		}
		rows = append(rows, row{f[at[0]], f[at[1]], f[at[2]], int32(minute), int32(qty)}) // #nosec G109 -- both are bounded above
	}
	return worldOf(rows, max(oneIn, 2)), passed, nil
}

func worldOf(rows []row, oneIn uint32) *trial.World {
	stores, products := map[string]int{}, map[string]int{}
	w := &trial.World{Name: "complete_journey", Warehouses: 1, OpeningWeeks: 5, Nearby: 50}
	number := func(of map[string]int, name string) int {
		n, known := of[name]
		if !known {
			n = len(of)
			of[name] = n
		}
		return n
	}
	baskets := map[string]int{}
	for _, r := range rows {
		l := trial.Line{SKU: int32(number(products, r.product)), Qty: r.qty}
		n := number(baskets, r.basket)
		if n == len(w.Requests) {
			w.Requests = append(w.Requests, trial.Request{At: r.at, Kind: kindOf(r.basket, oneIn), Site: int16(1 + number(stores, r.store))})
		}
		w.Requests[n].Lines = append(w.Requests[n].Lines, l)
		w.Days = max(w.Days, int(r.at)/trial.Day+1)
	}
	w.Counters, w.SKUs = len(stores), len(products)
	w.Sort()
	return w
}

func kindOf(basket string, oneIn uint32) trial.Kind {
	h := fnv.New32a()
	_, _ = io.WriteString(h, basket) // a hash has no write errors
	switch h.Sum32() % oneIn {
	case 0:
		return trial.Delivery
	case 1:
		return trial.HeadWant
	default:
		return trial.WalkIn
	}
}
