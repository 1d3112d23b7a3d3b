package ledger_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// The promise is 150 MB for an idle node; the book must leave most of it to the rest.
const idleHeapMax = 100 << 20

func TestAnIdleBookOf100000SKUsStaysSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("stores 100,000 items")
	}
	const skus = 100_000
	d := newDesk(t)
	for page := range skus / 5000 {
		r := &ledger.Receive{ID: fmt.Sprint(page)}
		var items []ledger.Item
		for i := range 5000 {
			n := page*5000 + i
			sku := ledger.SKU(fmt.Sprintf("ART-%08d", n))
			r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: sku, Qty: 10, Bin: ledger.Bin(fmt.Sprintf("A-%04d", n%4000))})
			items = append(items, item(sku, fmt.Sprintf("Copper elbow %d mm, 90 degrees, pack of %d", n%54, n%10), uint64(n+1), fmt.Sprintf("50%011d", n)))
		}
		d.must(r)
		if err := d.book.PutItems(items, uint64(page*5000+5000)); err != nil {
			t.Fatal(err)
		}
	}
	d.close()
	from := time.Now()
	d.open()
	opened := time.Since(from)
	runtime.GC()
	runtime.GC() // the first leaves what finalisers hold
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("heap in use %.1f MB, opened in %v", float64(m.HeapInuse)/1e6, opened)
	if v := d.book.View(); v.SKUs != skus || d.book.RefVersion() != skus {
		t.Errorf("got %d SKUs up to version %d, want %d", v.SKUs, d.book.RefVersion(), skus)
	}
	if m.HeapInuse > idleHeapMax {
		t.Errorf("got %d MB of heap in use, want at most %d", m.HeapInuse>>20, idleHeapMax>>20)
	}
}

// crowded is a stage with an order of every kind of size waiting for goods.
func crowded(t testing.TB, orders int) *stage {
	s := newStage(t, "leeds", true)
	for i := range orders {
		o := ledger.Order{ID: oid(fmt.Sprint("waiting ", i)), Fulfil: ledger.Deliver, Shortage: ledger.Backorder}
		for l := range 3 {
			o.Lines = append(o.Lines, ledger.Line{SKU: ledger.SKU(fmt.Sprint("S", (i+l)%40)), Qty: 1})
		}
		if out := s.do(&ledger.Place{Order: o}); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	return s
}

func threeLines(n int) *ledger.Place {
	p := sale(fmt.Sprint("sale ", n), "", 0)
	p.Order.Lines = nil
	for l := range 3 {
		p.Order.Lines = append(p.Order.Lines, ledger.Line{SKU: ledger.SKU(fmt.Sprint("S", (n+l)%100)), Qty: 1,
			Price: ledger.Price{Money: ledger.Money{Amount: 1299, Currency: "GBP"}, Tax: "included"}})
	}
	return p
}

// BenchmarkCommit lands groups of sales with real syncs; sales/s is what a till sees.
func BenchmarkCommit(b *testing.B) {
	for _, group := range []int{1, 64} {
		b.Run(fmt.Sprint(group), func(b *testing.B) {
			d := newDesk(b)
			for i := range 100 {
				d.receive(ledger.SKU(fmt.Sprint("S", i)), ledger.QtyMax)
			}
			n := 0
			for b.Loop() {
				reqs := make([]ledger.Request, group)
				for i := range reqs {
					n++
					reqs[i] = threeLines(n)
				}
				if err := d.book.Write(reqs...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "sales/s")
		})
	}
}

// BenchmarkPutItems stores pages of reference data of the size of one commit.
func BenchmarkPutItems(b *testing.B) {
	d := newDesk(b)
	n := uint64(0)
	for b.Loop() {
		items := make([]ledger.Item, 500)
		for i := range items {
			n++
			items[i] = item(ledger.SKU(fmt.Sprintf("ART-%08d", n*7919%100_000)), "Copper elbow 15 mm, 90 degrees", n, fmt.Sprint(n))
		}
		if err := d.book.PutItems(items, n); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen200000 opens a book of 200,000 entries, after a clean close and after a kill.
func BenchmarkOpen200000(b *testing.B) {
	d := newDesk(b)
	for i := range 100 {
		d.receive(ledger.SKU(fmt.Sprint("S", i)), ledger.QtyMax)
	}
	for n := 0; n < 200_000; {
		reqs := make([]ledger.Request, 256)
		for i := range reqs {
			n++
			reqs[i] = threeLines(n)
		}
		if err := d.book.Write(reqs...); err != nil {
			b.Fatal(err)
		}
	}
	killed := b.TempDir()
	d.stop()
	<-d.ended
	d.ended <- nil
	d.copyTo(killed)
	d.close()
	for name, dir := range map[string]string{"closed": d.cfg.Dir, "killed": killed} {
		b.Run(name, func(b *testing.B) {
			cfg := d.cfg
			cfg.Dir = dir
			for b.Loop() {
				book, err := ledger.OpenBook(testworld.New(3).Env(), cfg)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if dir == killed { // keep its tail for the next opening
					book.Forget()
				}
				if err := book.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
