package invoices

import (
	"errors"
	"slices"
	"strings"
	"time"
)

const (
	openingDays = 28 // opening stock covers the first four weeks
	cellsMax    = 4_000_000
	daySeconds  = 24 * 60 * 60
)

// ErrTooLarge says that a file has more SKUs times weeks than Demand keeps.
var ErrTooLarge = errors.New("add up demand: more than 4,000,000 SKU-weeks")

// Demand adds up what orders ask for, to make the stock that no public data set has: opening stock is
// the units sold in the first four weeks, and the goods in of each Monday are the units sold the week
// before. The first four weeks begin with the day of the first order added; a week begins on Monday.
// Credit notes and corrections do not count, nor does what was held. Make one with NewDemand.
type Demand struct {
	begun   bool
	first   int64 // day number of the first order added
	opening map[string]int64
	weeks   map[cell]int64
}

// cell is a SKU in the week that begins on the given Monday's number.
type cell struct {
	week int64
	sku  string
}

// Stock is a quantity of one SKU, above 0.
type Stock struct {
	SKU string
	Qty int64
}

// A Delivery is what comes in on a Monday.
type Delivery struct {
	Monday time.Time // midnight
	Stock  []Stock   // by SKU
}

// NewDemand returns a Demand to which nothing was added.
func NewDemand() *Demand {
	return &Demand{opening: map[string]int64{}, weeks: map[cell]int64{}}
}

// Add counts an order, and passes over any other kind. Orders come as a Reader gives them out; one
// that lies before the first added counts with the first weeks.
func (d *Demand) Add(doc Document) error {
	if doc.Kind != KindOrder {
		return nil
	}
	day := doc.At.Unix() / daySeconds
	if !d.begun {
		d.begun, d.first = true, day
	}
	week := weekOf(day)
	for _, l := range doc.Lines {
		key := cell{week, l.SKU}
		if _, known := d.weeks[key]; !known && len(d.weeks) == cellsMax {
			return ErrTooLarge
		}
		d.weeks[key] += l.Qty
		if day < d.first+openingDays {
			d.opening[l.SKU] += l.Qty
		}
	}
	return nil
}

// Opening returns the opening stock, by SKU.
func (d *Demand) Opening() []Stock {
	stock := make([]Stock, 0, len(d.opening))
	for sku, qty := range d.opening {
		stock = append(stock, Stock{sku, qty})
	}
	sortStock(stock)
	return stock
}

// Deliveries returns the goods in of each Monday that has any, oldest first.
func (d *Demand) Deliveries() []Delivery {
	byWeek := map[int64][]Stock{}
	for c, qty := range d.weeks {
		byWeek[c.week] = append(byWeek[c.week], Stock{c.sku, qty})
	}
	deliveries := make([]Delivery, 0, len(byWeek))
	for week, stock := range byWeek {
		sortStock(stock)
		deliveries = append(deliveries, Delivery{Monday: mondayAfter(week), Stock: stock})
	}
	slices.SortFunc(deliveries, func(a, b Delivery) int { return a.Monday.Compare(b.Monday) })
	return deliveries
}

// weekOf numbers weeks from Monday to Sunday. Day 0, 1970-01-01, was a Thursday, so 3 days before it
// week 0 began.
func weekOf(day int64) int64 { return (day + 3) / 7 }

// mondayAfter returns the Monday on which a week is over.
func mondayAfter(week int64) time.Time {
	return time.Unix(((week+1)*7-3)*daySeconds, 0).UTC()
}

func sortStock(stock []Stock) {
	slices.SortFunc(stock, func(a, b Stock) int { return strings.Compare(a.SKU, b.SKU) })
}
