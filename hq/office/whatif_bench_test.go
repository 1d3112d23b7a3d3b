package office_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// BenchmarkWhatIf: what 500 orders of 3 lines, over 50 warehouses, would come to under another preset. An operation is one
// answer: the copy, and a thousand plans.
func BenchmarkWhatIf(b *testing.B) {
	c := stocked(b, 50, 2000)
	c.set(machine.SetSourcing{})
	off := office.New(office.Config{}, &alone{c.m})
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		p := &office.Placing{Key: c.key(), Order: anyOrderOf(c, r, 2000, 3)}
		if out, _, err := off.TryPlace(context.Background(), start, p, true); err != nil || out.Err != nil {
			b.Fatal(err, out.Err)
		}
	}
	q := office.Question{From: start.Add(-time.Hour), To: start.Add(time.Hour), Limit: 500, Policy: machine.SetPolicy{Preset: "nearest"}}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := office.WhatIf(context.Background(), &alone{c.m}, q); err != nil || got.Orders != 500 {
			b.Fatal(err, got)
		}
	}
	if err := c.m.Check(); err != nil {
		b.Fatal(err)
	}
}

// anyOrderOf draws an order of some lines.
func anyOrderOf(c *company, r *rand.Rand, skus, lines int) ledger.Order {
	o := ledger.Order{ID: c.orderID(), Owner: ledger.HQ, Channel: "web", Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Anywhere: true, TakenAt: start}
	for range lines {
		o.Lines = append(o.Lines, ledger.Line{SKU: article(r.IntN(skus)), Qty: 1 + ledger.Qty(r.IntN(3))})
	}
	return o
}
