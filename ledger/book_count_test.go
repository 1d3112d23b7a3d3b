package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func counted(at ledger.Seq, lines ...ledger.CountedLine) *ledger.Count {
	return &ledger.Count{Epoch: 1, At: at, Reason: ledger.CountReason, Lines: lines}
}

func inBin(sku ledger.SKU, bin ledger.Bin, q ledger.Qty) ledger.CountedLine {
	return ledger.CountedLine{SKU: sku, Bin: bin, Counted: q}
}

// Eight tills sell on while four people count one shelf, again and again, each by what lay there at
// the place in the journal that they read first: no count ever finds a difference, for there is none.
func TestSellingGoesOnWhileManyCount(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP", 10_000)
	var tills, counters sync.WaitGroup
	for till := range 8 {
		tills.Go(func() {
			for n := range 60 {
				d.must(sale(fmt.Sprint("o", till, "-", n), "TAP", 1))
			}
		})
	}
	for range 4 {
		counters.Go(func() {
			for range 20 {
				rows, at, _, err := d.book.CountSheet(ledger.SheetQuery{SKU: "TAP", Limit: 1})
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(time.Millisecond)
				out, err := d.book.Count(t.Context(), counted(at.Seq, inBin("TAP", rows[0].Bin, rows[0].Expected)))
				if _, newer := errors.AsType[*ledger.CountError](out.Err); newer && err == nil {
					continue // somebody who has read the shelf later was faster
				}
				if got := countVerdict(out); err != nil || !strings.HasSuffix(got, " variance=0") {
					t.Errorf("got %s (%v), want no variance", got, err)
				}
			}
		})
	}
	tills.Wait()
	counters.Wait()
	if l, _ := d.book.Level("TAP"); l.Sellable != 10_000-8*60 {
		t.Errorf("got %d on the shelf, want %d", l.Sellable, 10_000-8*60)
	}
}

func TestACountOfBeforeTheJournalBeginsIsRefused(t *testing.T) {
	d := lived(t)
	d.reopen()
	d.trim(d.archive(t.TempDir()), d.soon())
	trimmed := d.book.Trimmed()
	if trimmed < 10 {
		t.Fatalf("trimmed of %d entries", trimmed)
	}
	head := d.book.Head().Seq
	out, err := d.book.Count(t.Context(), counted(5, inBin("A", ledger.BinDefault, 1)))
	if want := fmt.Sprintf("at is entry 5, and the journal here goes back to entry %d: what has moved since cannot be told any more. Take a new sheet, and count again", trimmed+1); err != nil || fmt.Sprint(out.Err) != want {
		t.Errorf("got %v (%v), want %s", out.Err, err, want)
	}
	if _, _, _, err := d.book.CountSheet(ledger.SheetQuery{Moved: true, SinceEpoch: 1, Since: 5, Limit: 9}); fmt.Sprint(err) != fmt.Sprintf("moved_since is too long ago: the earliest place that can be asked for is 1.%d", trimmed) {
		t.Errorf("sheet: got %v, want the earliest place", err)
	}
	l, _ := d.book.Level("A")
	if out, err = d.book.Count(t.Context(), counted(trimmed, inBin("A", ledger.BinDefault, 999))); err != nil || out.Err != nil {
		t.Fatalf("at the first place that is left: got %v, %v", out.Err, err)
	}
	moved := out.Entry.Body.(*ledger.AdjustedBody).Count.Lines[0].Moved
	if after, _ := d.book.Level("A"); after.Sellable != 999+moved || moved >= 0 || l.Sellable == after.Sellable {
		t.Errorf("got %d on the shelf with %d moved since", after.Sellable, moved)
	}
	if out, err = d.book.Count(t.Context(), counted(head, inBin("A", ledger.BinDefault, 1))); err != nil || out.Err != nil {
		t.Errorf("a count that overtook an older one: got %v, %v", out.Err, err)
	}
	d.reopen()
	d.close()
	d.audit()
}

func TestUnitsAreFoundInANewBinOnlyOnPurpose(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP", 10)
	d.receive("PIN", 10)
	r := counted(0, inBin("TAP", "A-01", 3))
	if out, err := d.book.Count(t.Context(), r); err != nil || out.Err == nil || !strings.HasPrefix(out.Err.Error(), "line 1: bin A-01 holds nothing in the book") {
		t.Errorf("got %v (%v), want a refusal", out.Err, err)
	}
	if out, err := d.book.Count(t.Context(), counted(0, inBin("TAP", "A-01", 0))); err != nil || out.Err != nil {
		t.Errorf("nothing in an unknown bin: got %v (%v), want it taken", out.Err, err)
	}
	r.NewBins = true
	if out, err := d.book.Count(t.Context(), r); err != nil || countVerdict(out) != "expected=0 variance=3" {
		t.Errorf("on purpose: got %v (%v)", countVerdict(out), err)
	}
	if out, err := d.book.Count(t.Context(), counted(0, inBin("PIN", "A-01", 1))); err != nil || out.Err != nil {
		t.Errorf("another SKU in a bin that is known: got %v (%v)", out.Err, err)
	}
}

func sheet(t *testing.T, d *desk, q ledger.SheetQuery) string {
	t.Helper()
	q.Limit = 2
	var out []string
	for {
		rows, at, more, err := d.book.CountSheet(q)
		if err != nil {
			t.Fatal(err)
		}
		if at.Seq != d.book.Head().Seq {
			t.Errorf("got position %d, want the book's", at.Seq)
		}
		for _, r := range rows {
			out = append(out, fmt.Sprintf("%s/%s=%d", r.Bin, r.SKU, r.Expected))
			q.AfterBin, q.AfterSKU = r.Bin, r.SKU
		}
		if !more {
			return strings.Join(out, " ")
		}
	}
}

func TestASheetListsWhatIsToBeCountedByBin(t *testing.T) {
	d := newDesk(t)
	d.must(&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 5, Bin: "B-2"}, {SKU: "TAP", Qty: 1, Bin: "A-1"},
		{SKU: "PIN", Qty: 2, Bin: "B-2"}, {SKU: "NUT", Qty: 3}, {SKU: "BOLT", Qty: 4, Bin: "A-1"}}})
	p := d.book.Head().Seq
	for name, c := range map[string]struct {
		q    ledger.SheetQuery
		want string
	}{
		"all":                     {ledger.SheetQuery{}, "A-1/BOLT=4 A-1/TAP=1 B-2/PIN=2 B-2/TAP=5 MAIN/NUT=3"},
		"a bin":                   {ledger.SheetQuery{Bin: "B-2"}, "B-2/PIN=2 B-2/TAP=5"},
		"a SKU":                   {ledger.SheetQuery{SKU: "TAP"}, "A-1/TAP=1 B-2/TAP=5"},
		"a SKU that has none":     {ledger.SheetQuery{SKU: "GLUE"}, "MAIN/GLUE=0"},
		"a SKU not in that bin":   {ledger.SheetQuery{SKU: "NUT", Bin: "A-1"}, "A-1/NUT=0"},
		"nothing has moved":       {ledger.SheetQuery{Moved: true, SinceEpoch: 1, Since: p}, ""},
		"all that moved":          {ledger.SheetQuery{Moved: true, SinceEpoch: 1, Since: 0}, "A-1/BOLT=4 A-1/TAP=1 B-2/PIN=2 B-2/TAP=5 MAIN/NUT=3"},
		"a bin that is not there": {ledger.SheetQuery{Bin: "C"}, ""},
	} {
		if got := sheet(t, d, c.q); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	d.must(sale("o1", "TAP", 2))
	moved := ledger.SheetQuery{Moved: true, SinceEpoch: 1, Since: p}
	if got, want := sheet(t, d, moved), "A-1/TAP=0 B-2/TAP=4"; got != want {
		t.Errorf("after a sale: got %s, want %s", got, want)
	}
	if out, err := d.book.Count(t.Context(), counted(0, inBin("TAP", "B-2", 4))); err != nil || out.Err != nil {
		t.Fatal(out.Err, err)
	}
	if got, want := sheet(t, d, moved), "A-1/TAP=0"; got != want {
		t.Errorf("after a count: got %s, want %s", got, want)
	}
	if _, _, _, err := d.book.CountSheet(ledger.SheetQuery{Moved: true, SinceEpoch: 1, Since: 99, Limit: 1}); err == nil {
		t.Error("a place behind the end of the book: got no error")
	}
}
