package ledger_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// BenchmarkSheetPage lists a page of 500 rows of 100,000 articles: the first of a process goes through all of them, any other one through its rows.
func BenchmarkSheetPage(b *testing.B) {
	d := newDesk(b)
	const skus, lines = 100_000, 500
	for n := 0; n < skus; n += lines {
		r := &ledger.Receive{ID: fmt.Sprint("r", n)}
		for i := range lines {
			r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprintf("ART-%06d", (n+i)*7919%skus)), Qty: 9, Bin: ledger.Bin(fmt.Sprintf("B-%03d", (n+i)%300))})
		}
		d.must(r)
	}
	page := func(q ledger.SheetQuery) ledger.SheetRow {
		rows, _, _, err := d.book.CountSheet(q)
		if err != nil || len(rows) != q.Limit {
			b.Fatalf("got %d rows (%v)", len(rows), err)
		}
		return rows[len(rows)-1]
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			d.book.BeginShelfForTest(1)
			page(ledger.SheetQuery{Limit: 500})
		}
	})
	b.Run("next", func(b *testing.B) {
		last := page(ledger.SheetQuery{Limit: 500})
		for b.Loop() {
			page(ledger.SheetQuery{Limit: 500, AfterBin: last.Bin, AfterSKU: last.SKU})
		}
	})
}

// BenchmarkCountFarBack looks at what a count of a bin comes to that is valid 50,000 entries back: by the shelf, and by the journal, as
// before the first sheet of a process.
func BenchmarkCountFarBack(b *testing.B) {
	d := newDesk(b)
	for i := range 1000 {
		d.receive(ledger.SKU(fmt.Sprint("S", i)), ledger.QtyMax)
	}
	d.book.BeginShelfForTest(1 << 17)
	at := d.book.Head().Seq
	for n := 0; n < 50_000; {
		reqs := make([]ledger.Request, 250)
		for i := range reqs {
			n++
			reqs[i] = sale(fmt.Sprint("o", n), ledger.SKU(fmt.Sprint("S", n%1000)), 1)
		}
		if err := d.book.Write(reqs...); err != nil {
			b.Fatal(err)
		}
	}
	count := func(b *testing.B) {
		for b.Loop() {
			r := counted(at, inBin("S7", ledger.BinDefault, 0))
			r.Preview = true
			if out, err := d.book.Count(b.Context(), r); err != nil || out.Entry == nil {
				b.Fatal(out, err)
			}
		}
	}
	b.Run("shelf", count)
	d.book.BeginShelfForTest(1)
	b.Run("journal", count)
}
