package office_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// alone is head office without raft: a command is applied as soon as it is proposed.
type alone struct{ m *machine.Machine }

func (a *alone) Propose(_ context.Context, cmd []byte) (machine.Result, error) {
	return a.m.Apply(cmd), nil
}
func (a *alone) View(f func(*machine.Machine)) { f(a.m) }

// BenchmarkPlaceTogether: orders of some lines, 64 that arrive together, over 50 warehouses of which each
// article lies at two or three. An operation is one order: planned, written as a command, read and applied.
func BenchmarkPlaceTogether(b *testing.B) {
	for _, lines := range []int{1, 3, 25} {
		b.Run(fmt.Sprintf("lines=%d", lines), func(b *testing.B) { placeTogether(b, 50, 2000, lines) })
	}
}

// stocked is a company of warehouses, in which each article lies at two.
func stocked(b *testing.B, sites, skus int) *company {
	var names strings.Builder
	for i := range sites {
		fmt.Fprintf(&names, "w%02d* ", i)
	}
	c := newCompany(b, 1, names.String())
	for i, id := range c.names {
		var stock []ledger.ReceiptLine
		for k := range skus {
			if k%(sites/2) == i%(sites/2) {
				stock = append(stock, ledger.ReceiptLine{SKU: article(k), Qty: 1 << 40})
			}
		}
		n := c.sites[id]
		if out := n.do(&ledger.Receive{ID: string(id), Lines: stock}); out.Err != nil {
			b.Fatal(out.Err)
		}
		n.exchange()
	}
	return c
}

func placeTogether(b *testing.B, sites, skus, lines int) {
	c := stocked(b, sites, skus)
	off := office.New(office.Config{}, &alone{c.m})
	for _, id := range c.names {
		off.Seen(id, start.Add(time.Hour)) // a site that is cut off serves last, and is planned otherwise
	}
	r := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	placed := 0
	for b.Loop() {
		if placed%together == 0 {
			b.StopTimer()
			tries := make([]office.Try, together)
			for i := range tries {
				key := c.key()
				o := ledger.Order{ID: c.orderID(), Owner: ledger.HQ, Channel: "web", Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Anywhere: true, TakenAt: start}
				for range lines {
					o.Lines = append(o.Lines, ledger.Line{SKU: article(r.IntN(skus)), Qty: 1 + ledger.Qty(r.IntN(3))})
				}
				tries[i] = office.Try{Placing: &office.Placing{Order: o, Key: key, Request: key}}
			}
			b.StartTimer()
			for _, t := range off.PlaceMany(context.Background(), start.Add(time.Hour), tries, true) {
				if t.Err != nil || t.Outcome.Err != nil {
					b.Fatal(t.Err, t.Outcome.Err)
				}
			}
		}
		placed++
	}
}

const together = 64

func article(k int) ledger.SKU { return ledger.SKU(fmt.Sprintf("A-%05d", k)) }
