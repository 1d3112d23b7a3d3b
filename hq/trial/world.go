package trial

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Minutes of a day and of a week. Day 0 is a Monday.
const (
	Day  = 24 * 60
	Week = 7 * Day
)

// Kind says what a request is. The zero Kind is none.
type Kind uint8

// The kinds of request.
const (
	WalkIn   Kind = 1 // at a counter: goods in the hand or nothing
	Delivery Kind = 2 // at a counter: to be delivered, from wherever it lies
	HeadWant Kind = 3 // at head office: web or trade
)

// A Line asks for units of the article with that number.
type Line struct{ SKU, Qty int32 }

// A Request is one customer's wish at a minute.
type Request struct {
	At    int32
	Kind  Kind
	Site  int16 // where it is made; not looked at for HeadWant
	Lines []Line
}

// A Cut is a time in which a site and head office do not hear each other.
type Cut struct {
	Site     int
	From, To int32 // minutes; To is the first one connected again
}

// A World is what is played. Sites have numbers: warehouses first, then counters.
type World struct {
	Name         string
	Warehouses   int
	Counters     int
	SKUs         int
	Days         int
	OpeningWeeks int // of demand that lies there when it begins
	Nearby       int // of what delivery orders want of it, in a hundred: at the counter that takes them
	Requests     []Request
	Cuts         []Cut
}

// Sites is how many there are.
func (w *World) Sites() int { return w.Warehouses + w.Counters }

// Sort puts the requests in order of time; those of one minute stay as they are.
func (w *World) Sort() {
	slices.SortStableFunc(w.Requests, func(a, b Request) int { return cmp.Compare(a.At, b.At) })
}

// Opening is what lies where, by site and then SKU: what was asked for in the first weeks. Walk-ins
// want it at their counter; delivery orders a part at theirs (Nearby) and the rest at a warehouse, the
// odd unit there; orders at head office at a warehouse. Each article has one warehouse.
func (w *World) Opening() []int32 {
	stock := make([]int32, w.Sites()*w.SKUs)
	for _, r := range w.Requests {
		if int(r.At) >= w.OpeningWeeks*Week {
			break
		}
		for _, l := range r.Lines {
			here := l.Qty
			switch r.Kind {
			case Delivery:
				here = l.Qty * int32(w.Nearby) / 100
			case HeadWant:
				here = 0
			}
			stock[int(r.Site)*w.SKUs+int(l.SKU)] += here
			stock[w.homeOf(l.SKU)*w.SKUs+int(l.SKU)] += l.Qty - here
		}
	}
	return stock
}

func (w *World) homeOf(sku int32) int { return int(sku) % w.Warehouses }

// CutOff draws cut-offs of a length in minutes, so that each site is cut off for one part in each
// of so many, at a random place among them: one in 10 is 10 % of the sites at any time.
func (w *World) CutOff(seed uint64, length, oneIn int) []Cut {
	c := Chance(seed)
	var cuts []Cut
	for site := range w.Sites() {
		offset := c.Below(length)
		for from := -offset; from < w.Days*Day; from += length * oneIn {
			at := from + c.Below(oneIn)*length
			if at+length > 0 && at < w.Days*Day {
				cuts = append(cuts, Cut{Site: site, From: int32(max(at, 0)), To: int32(at + length)})
			}
		}
	}
	return joined(cuts)
}

// joined makes one cut of two that touch.
func joined(cuts []Cut) []Cut {
	var out []Cut
	for _, c := range cuts {
		if n := len(out); n > 0 && out[n-1].Site == c.Site && out[n-1].To >= c.From {
			out[n-1].To = max(out[n-1].To, c.To)
			continue
		}
		out = append(out, c)
	}
	return out
}

func siteName(i int) ledger.SiteID { return ledger.SiteID(fmt.Sprintf("s%03d", i)) }
func skuName(i int) ledger.SKU     { return ledger.SKU(fmt.Sprintf("a%05d", i)) }
