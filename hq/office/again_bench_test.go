package office_test

import (
	"bytes"
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

// BenchmarkAgain: one round over 1,000 orders of 1 to 8 lines, over 50 sites of which one in ten is well stocked, after goods have
// come to these. An operation is the round, with the moves written, read and applied; with exchanges those too.
func BenchmarkAgain(b *testing.B) {
	b.Run("alone", func(b *testing.B) { benchmarkAgain(b, false) })
	b.Run("exchanges", func(b *testing.B) { benchmarkAgain(b, true) })
}

func benchmarkAgain(b *testing.B, exchanges bool) {
	const sites, skus, orders = 50, 2000, 1000
	r := rand.New(rand.NewPCG(1, 1))
	var names strings.Builder
	for i := range sites {
		fmt.Fprintf(&names, "w%02d* ", i)
	}
	c := newCompany(b, 1, names.String())
	stocked := func(i int, share, most int) {
		var stock []ledger.ReceiptLine
		for k := range skus {
			if r.IntN(100) < share {
				stock = append(stock, ledger.ReceiptLine{SKU: article(k), Qty: ledger.Qty(1 + r.IntN(most))})
			}
		}
		n := c.sites[c.names[i]]
		if out := n.do(&ledger.Receive{ID: string(n.id()), Lines: stock}); out.Err != nil {
			b.Fatal(out.Err)
		}
		n.exchange()
	}
	for i := range sites {
		if i%10 == 0 {
			stocked(i, 50, 11)
		} else {
			stocked(i, 20, 3)
		}
	}
	for range orders {
		key := c.key()
		o := ledger.Order{ID: c.orderID(), Owner: ledger.HQ, Channel: "web", Fulfil: ledger.Deliver, Shortage: ledger.Partial, Anywhere: true, TakenAt: start}
		for range 1 + r.IntN(8) {
			o.Lines = append(o.Lines, ledger.Line{SKU: article(r.IntN(skus)), Qty: 1 + ledger.Qty(r.IntN(2))})
		}
		c.off.PlaceMany(context.Background(), c.now, []office.Try{{Placing: &office.Placing{Order: o, Key: key, Request: key}, Final: true}}, true)
	}
	for _, id := range c.names {
		c.sites[id].exchange()
		c.sites[id].exchange()
	}
	for i := 0; i < sites; i += 10 {
		stocked(i, 10, 6)
	}
	var state bytes.Buffer
	if err := c.m.Freeze().Encode(&state); err != nil {
		b.Fatal(err)
	}
	var sum office.Replanned
	for b.Loop() {
		b.StopTimer()
		m, err := machine.Restore(bytes.NewReader(state.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		off := office.New(office.Config{}, &alone{m})
		for _, id := range c.names {
			off.Seen(id, c.now)
		}
		sum = office.Replanned{}
		b.StartTimer()
		for more := true; more; {
			var got office.Replanned
			if got, more, err = off.Again(context.Background(), c.now.Add(time.Second), exchanges); err != nil {
				b.Fatal(err)
			}
			sum = summed(sum, got)
		}
	}
	b.ReportMetric(float64(sum.Looked), "split")
	b.ReportMetric(float64(sum.Moved), "moved")
	b.ReportMetric(float64(sum.Exchanged), "pairs-exchanged")
	b.ReportMetric(float64(sum.Parcels), "parcels-saved")
}
