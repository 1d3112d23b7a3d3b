package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// stirs has something happen to some articles in some bins.
func (d *desk) stirs(rnd *rand.Rand, n int) {
	sku := ledger.SKU(fmt.Sprint("S", rnd.IntN(3)))
	bin := ledger.Bin(fmt.Sprint("B", rnd.IntN(4)))
	id := fmt.Sprint("n", n)
	switch rnd.IntN(7) {
	case 0, 1:
		d.must(&ledger.Receive{ID: id, Lines: []ledger.ReceiptLine{{SKU: sku, Qty: ledger.Qty(1 + rnd.IntN(5)), Bin: bin}}})
	case 2, 3, 4:
		d.do(sale(id, sku, ledger.Qty(1+rnd.IntN(3))))
	case 5:
		d.do(&ledger.Adjust{Reason: "stolen", Lines: []ledger.AdjustLine{{SKU: sku, Bin: bin, Qty: -1}}})
	default:
		head := d.book.Head().Seq
		at := head - min(head-1, ledger.Seq(rnd.IntN(12)))
		if _, err := d.book.Count(d.Context(), counted(at, inBin(sku, bin, ledger.Qty(rnd.IntN(6))))); err != nil {
			d.Fatal(err)
		}
	}
}

// looked is what counts valid at each of the positions say of each bin, and what sheets list, nothing being booked.
func (d *desk) looked(t *testing.T, from, to ledger.Seq) (out []string) {
	for at := from; at <= to; at++ {
		for n := range 12 {
			r := counted(at, inBin(ledger.SKU(fmt.Sprint("S", n%3)), ledger.Bin(fmt.Sprint("B", n/3)), 2))
			r.Preview, r.NewBins = true, true
			got, err := d.book.Count(d.Context(), r)
			if err != nil {
				d.Fatal(err)
			}
			what := fmt.Sprint(got.Err)
			if got.Entry != nil {
				c := got.Entry.Body.(*ledger.AdjustedBody).Count
				what = fmt.Sprint(c.Lines, c.Against, c.Refusal)
			}
			out = append(out, fmt.Sprint(at, " ", n, " ", what))
		}
		out = append(out, fmt.Sprint(at, " moved ", sheet(t, d, ledger.SheetQuery{Moved: true, SinceEpoch: 1, Since: at})))
	}
	return append(out, sheet(t, d, ledger.SheetQuery{}), sheet(t, d, ledger.SheetQuery{Bin: "B2"}))
}

// TestAShelfSaysWhatTheJournalSays of each bin at each position, and lists what lies there, however it came there and left.
func TestAShelfSaysWhatTheJournalSays(t *testing.T) {
	for name, kept := range map[string]int{"all is remembered": 4096, "some is forgotten": 40} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			rnd := rand.New(rand.NewPCG(8, uint64(kept)))
			d.receive("S0", 3)
			d.book.BeginShelfForTest(kept)
			for n := range 150 {
				d.stirs(rnd, n)
			}
			const last = 60
			head := d.book.Head().Seq
			if all := d.book.ShelfKnowsForTest(head - last); all != (kept > 1000) || !d.book.ShelfKnowsForTest(head-10) {
				t.Fatalf("remembers all: %t, and the last ten: %t", all, d.book.ShelfKnowsForTest(head-10))
			}
			got := d.looked(t, head-last, head)
			d.reopen()
			if d.book.ShelfKnowsForTest(head - 1) {
				t.Fatal("the shelf is there still: nothing is compared")
			}
			for i, want := range d.looked(t, head-last, head) {
				if got[i] != want {
					t.Errorf("got %s\nwant %s", got[i], want)
				}
			}
		})
	}
}

// TestASheetHasWhatCameInWhileItWasMade: rows come and go between its pages.
func TestASheetHasWhatCameInWhileItWasMade(t *testing.T) {
	d := newDesk(t)
	for n := range 20 {
		d.receive(ledger.SKU(fmt.Sprintf("S%02d", n)), 1)
	}
	q := ledger.SheetQuery{Limit: 5}
	seen := map[ledger.SKU]bool{}
	for page := 0; ; page++ {
		rows, _, more, err := d.book.CountSheet(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			seen[r.SKU] = true
			q.AfterBin, q.AfterSKU = r.Bin, r.SKU
		}
		if page == 0 {
			d.must(sale("o1", "S07", 1))
			d.receive("S07X", 1)
			d.receive("A", 1) // before the page: on the next sheet
		}
		if !more {
			break
		}
	}
	if seen["S07"] || !seen["S07X"] || seen["A"] || len(seen) != 20 {
		t.Errorf("got %v, want all but what left, and what came behind the first page", seen)
	}
	if got := sheet(t, d, ledger.SheetQuery{SKU: "A"}); got != "MAIN/A=1" {
		t.Errorf("got %s", got)
	}
}

func TestASheetIsOfACategory(t *testing.T) {
	d := newDesk(t)
	d.must(&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 5, Bin: "B-2"}, {SKU: "TAP", Qty: 1, Bin: "A-1"}, {SKU: "PIN", Qty: 2, Bin: "B-2"}, {SKU: "NUT", Qty: 3}}})
	p := d.book.Head().Seq
	put := func(sku ledger.SKU, category string, version uint64) {
		t.Helper()
		if err := d.book.PutItems([]ledger.Item{{SKU: sku, Name: string(sku), Category: category, Version: version}}, version); err != nil {
			t.Fatal(err)
		}
	}
	put("TAP", "taps", 1)
	put("PIN", "small", 2)
	put("NUT", "small", 3)
	put("GLUE", "small", 4)
	is := func(q ledger.SheetQuery, want string) {
		t.Helper()
		if got := sheet(t, d, q); got != want {
			t.Errorf("%+v: got %s, want %s", q, got, want)
		}
	}
	is(ledger.SheetQuery{Category: "taps"}, "A-1/TAP=1 B-2/TAP=5")
	is(ledger.SheetQuery{Category: "small"}, "B-2/PIN=2 MAIN/NUT=3")
	is(ledger.SheetQuery{Category: "small", Bin: "B-2"}, "B-2/PIN=2")
	d.must(sale("o1", "TAP", 1))
	d.must(sale("o2", "NUT", 1))
	is(ledger.SheetQuery{Category: "small", Moved: true, SinceEpoch: 1, Since: p}, "MAIN/NUT=2")
	put("PIN", "taps", 5)
	is(ledger.SheetQuery{Category: "taps"}, "B-2/PIN=2 B-2/TAP=5")
	if _, _, _, err := d.book.CountSheet(ledger.SheetQuery{Category: "tips", Limit: 1}); err == nil {
		t.Error("a category of no item: got no error")
	}
	many := make([]ledger.Item, 3000) // more than are looked up one by one
	for i := range many {
		many[i] = ledger.Item{SKU: ledger.SKU(fmt.Sprint("M", i)), Name: "m", Category: "small", Version: 6}
	}
	if err := d.book.PutItems(many, 6); err != nil {
		t.Fatal(err)
	}
	is(ledger.SheetQuery{Category: "small"}, "MAIN/NUT=2")
	is(ledger.SheetQuery{}, "B-2/PIN=2 B-2/TAP=5 MAIN/NUT=2")
}
