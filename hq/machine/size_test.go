package machine_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestTheLargestOrderIsPlacedServedAndRestored(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.site("york", false)
	o := order(orderA, ledger.Refuse)
	receipts := map[ledger.SiteID][]ledger.ReceiptLine{}
	for i := range ledger.LinesMax {
		sku := ledger.SKU(fmt.Sprintf("A-LONG-NAME-OF-AN-ARTICLE-OF-40-BY-%05d", i))
		o.Lines = append(o.Lines, ledger.Line{SKU: sku, Qty: 1 << 40, Price: ledger.Price{Money: ledger.Money{Amount: 1 << 50, Currency: "GBP"}, Per: 1000, Tax: "included"}})
		for _, site := range []ledger.SiteID{"hull", "york"} {
			receipts[site] = append(receipts[site], ledger.ReceiptLine{SKU: sku, Qty: 1 << 39})
		}
	}
	offers := map[ledger.SiteID]allocate.Candidate{}
	for site, lines := range receipts {
		b.cores[site].Decide(&ledger.Receive{ID: "d", Lines: lines}, at)
		b.talk(site)
		c := allocate.Candidate{Site: site, Offers: map[ledger.SKU]allocate.Offer{}}
		for _, l := range lines {
			c.Offers[l.SKU] = allocate.Offer{Held: l.Qty}
		}
		offers[site] = c
	}
	w := allocate.Want{Whole: true}
	for i := range o.Lines {
		w.Lines = append(w.Lines, allocate.Need{Line: i + 1, SKU: o.Lines[i].SKU, Qty: o.Lines[i].Qty})
	}
	p, e := allocate.Make(w, []allocate.Candidate{offers["hull"], offers["york"]})
	if len(p.Legs) != 2*ledger.LinesMax {
		t.Fatalf("got %d legs, want %d", len(p.Legs), 2*ledger.LinesMax)
	}
	res := b.ok(&machine.Place{Order: o, Key: digest("k"), Legs: p.Legs, Explain: machine.ReasonsOf(e), At: at})
	if res.Answer.Order.Status != ledger.StatusAllocated {
		t.Errorf("got %s, want allocated", res.Answer.Order.Status)
	}
	b.talk("hull")
	b.talk("york")
	snapshot := encode(t, b.m)
	m, err := machine.Restore(bytes.NewReader(snapshot))
	if err != nil {
		t.Fatal(err)
	}
	if rec, ok := m.Order(orderA); !ok || len(rec.Legs) != 2*ledger.LinesMax || rec.Legs[0].State != machine.LegReserved {
		t.Error("the order came back with other legs")
	}
	b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), At: at})
	b.talk("hull")
	b.talk("york")
	if st, _ := b.m.Stock("hull", o.Lines[0].SKU); st.Held != 1<<39 {
		t.Errorf("cancelled: got held %d, want %d", st.Held, ledger.Qty(1<<39))
	}
}

// stocked is a machine with so many SKUs at one warehouse.
func stocked(t testing.TB, skus int) *bench {
	b := newBench(t)
	b.site("hull", false)
	for from := 0; from < skus; from += 1000 {
		var lines []ledger.ReceiptLine
		for i := from; i < min(from+1000, skus); i++ {
			lines = append(lines, ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprint("SKU-", i)), Qty: 1 << 30})
		}
		b.cores["hull"].Decide(&ledger.Receive{ID: "d", Lines: lines}, at)
		if res := b.m.Apply(machine.Marshal(b.cut("hull"))); res.Err != nil || len(res.Frames) == 0 {
			t.Fatalf("push: %v %s", res.Err, res.Why)
		}
	}
	return b
}

func BenchmarkFreeze(b *testing.B) {
	m := stocked(b, 100_000).m
	for b.Loop() {
		m.Freeze()
	}
}

func BenchmarkEncode(b *testing.B) {
	m := stocked(b, 100_000).m
	for b.Loop() {
		b.SetBytes(int64(len(encode(b, m))))
	}
}

// BenchmarkPush applies pushes of 100 till sales of three lines each.
func BenchmarkPush(b *testing.B) {
	w := newBench(b)
	leeds := w.site("leeds", true)
	var lines []ledger.ReceiptLine
	for i := range 2000 {
		lines = append(lines, ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprint("SKU-", i)), Qty: 1 << 40})
	}
	leeds.Decide(&ledger.Receive{ID: "d", Lines: lines}, at)
	w.ok(w.cut("leeds"))
	n := 0
	for b.Loop() {
		b.StopTimer()
		for range 100 {
			n++
			o := order(ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)), ledger.Refuse)
			o.Fulfil = ledger.Take
			for k := range 3 {
				o.Lines = append(o.Lines, ledger.Line{SKU: ledger.SKU(fmt.Sprint("SKU-", (n*7+k*13)%2000)), Qty: 1})
			}
			leeds.Decide(&ledger.Place{Order: o}, at)
		}
		cmd := machine.Marshal(w.cut("leeds"))
		b.StartTimer()
		if res := w.m.Apply(cmd); res.Err != nil || len(res.Frames) == 0 {
			b.Fatal(res.Err, res.Why)
		}
	}
}

func BenchmarkPlace(b *testing.B) {
	w := stocked(b, 2000)
	n := 0
	for b.Loop() {
		n++
		o := order(ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)), ledger.Refuse)
		var legs []allocate.Leg
		for k := range 4 {
			sku := ledger.SKU(fmt.Sprint("SKU-", (n*7+k*13)%2000))
			o.Lines = append(o.Lines, ledger.Line{SKU: sku, Qty: 1})
			legs = append(legs, allocate.Leg{Line: k + 1, SKU: sku, Site: "hull", Qty: 1})
		}
		cmd := machine.Marshal(&machine.Place{Order: o, Key: digest(string(o.ID)), Legs: legs, At: at})
		if res := w.m.Apply(cmd); res.Err != nil {
			b.Fatal(res.Err)
		}
	}
}
