package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// At three in the morning LOT7 is written as LOT1. Nobody ever saw a LOT1 here: it is not made by a count, but on purpose.
func TestUnitsOfALotThatNobodySawAreFoundOnlyOnPurpose(t *testing.T) {
	d := newDesk(t)
	d.must(&ledger.Receive{ID: "r1", Lines: []ledger.ReceiptLine{
		{SKU: "MILK", Qty: 3, Lots: []ledger.LotQty{{Lot: "LOT7", Qty: 3}}},
		{SKU: "DRILL", Qty: 1, Lots: []ledger.LotQty{{Lot: "S1", Qty: 1, Serial: true}}}}})
	line := func(sku ledger.SKU, lots ...ledger.CountedLot) ledger.CountedLine {
		l := ledger.CountedLine{SKU: sku, Bin: ledger.BinDefault, Lots: lots}
		for _, n := range lots {
			l.Counted += n.Counted
		}
		return l
	}
	milk := func(lot ledger.LotID, q ledger.Qty) ledger.CountedLine {
		return line("MILK", ledger.CountedLot{Lot: lot, Counted: q})
	}
	count := func(change func(*ledger.Count), lines ...ledger.CountedLine) string {
		t.Helper()
		r := counted(0, lines...)
		if change != nil {
			change(r)
		}
		out, err := d.book.Count(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return countVerdict(out)
	}
	slip := "line 1: lot or serial number LOT1 of MILK was never at this site, and may be a slip of the pen: look at the label again; if it says so, send new_lots. Of MILK here are LOT7 (3 in MAIN)"
	for name, change := range map[string]func(*ledger.Count){
		"a count":      nil,
		"a recount":    func(r *ledger.Count) { r.By, r.Recounted = "anna", "beth" },
		"a look ahead": func(r *ledger.Count) { r.Preview = true },
	} {
		if got := count(change, milk("LOT1", 3)); got != slip {
			t.Errorf("%s: got %s, want %s", name, got, slip)
		}
	}
	if got, want := count(nil, milk("LOT7", 3), line("DRILL", ledger.CountedLot{Lot: "S2", Serial: true, Counted: 1})),
		"line 2: lot or serial number S2 of DRILL was never at this site, and may be a slip of the pen: look at the label again; if it says so, send new_lots. Of DRILL here are S1 (1 in MAIN)"; got != want {
		t.Errorf("a serial number: got %s, want %s", got, want)
	}
	if l, _ := d.book.Level("MILK"); l.Lot("LOT1") != nil || l.Lot("LOT7").Here() != 3 {
		t.Errorf("got %+v, want LOT7 alone", l.Lots)
	}
	if got := count(nil, milk("LOT1", 0)); got != "expected=3 variance=-3" {
		t.Errorf("none of a lot that nobody saw: got %s, want it taken", got)
	}
	// All of LOT7 is gone now, and its story is in the file: who finds some has found what was here.
	d.reopen()
	if l, _ := d.book.Level("MILK"); l.Lot("LOT7") != nil {
		t.Fatalf("got %+v, want nothing of LOT7", l.Lots)
	}
	if got := count(nil, milk("LOT7", 2)); got != "expected=0 variance=2" {
		t.Errorf("a lot that was here once: got %s", got)
	}
	if got := count(func(r *ledger.Count) { r.NewLots = true }, milk("LOT1", 4)); got != "expected=2 variance=2" {
		t.Errorf("on purpose: got %s", got)
	}
	if got := count(nil, milk("LOT1", 5)); got != "expected=4 variance=1" {
		t.Errorf("the lot is known from then on: got %s", got)
	}
}

// By hand it is the same as by a count: what is found of a lot that was never here is a slip of the pen, but on purpose. What is gone has to be here.
func TestAnAdjustmentFindsALotThatNobodySawOnlyOnPurpose(t *testing.T) {
	d := newDesk(t)
	d.must(&ledger.Receive{ID: "r1", Lines: []ledger.ReceiptLine{
		{SKU: "MILK", Qty: 3, Lots: []ledger.LotQty{{Lot: "LOT7", Qty: 3}}},
		{SKU: "DRILL", Qty: 1, Lots: []ledger.LotQty{{Lot: "S1", Qty: 1, Serial: true}}}}})
	adjust := func(r *ledger.Adjust) string {
		t.Helper()
		r.Reason = "found"
		out, err := d.book.Adjust(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if out.Err != nil {
			return out.Err.Error()
		}
		return "booked"
	}
	milk := func(lot ledger.LotID, q ledger.Qty) *ledger.Adjust {
		n := ledger.LotQty{Lot: lot, Qty: max(q, -q)}
		return &ledger.Adjust{Lines: []ledger.AdjustLine{{SKU: "MILK", Bin: ledger.BinDefault, Qty: q}}, Lots: []ledger.LineLot{{Line: 1, LotQty: n}}}
	}
	slip := "line 1: lot or serial number LOT1 of MILK was never at this site, and may be a slip of the pen: look at the label again; if it says so, send new_lots. Of MILK here are LOT7 (3 in MAIN)"
	if got := adjust(milk("LOT1", 1)); got != slip {
		t.Errorf("got %s, want %s", got, slip)
	}
	serial := &ledger.Adjust{Lines: []ledger.AdjustLine{{SKU: "MILK", Qty: -1}, {SKU: "DRILL", Qty: 1}}, Lots: []ledger.LineLot{{Line: 2, LotQty: ledger.LotQty{Lot: "S2", Qty: 1, Serial: true}}}}
	if got, want := adjust(serial), "line 2: lot or serial number S2 of DRILL was never at this site, and may be a slip of the pen: look at the label again; if it says so, send new_lots. Of DRILL here are S1 (1 in MAIN)"; got != want {
		t.Errorf("a serial number: got %s, want %s", got, want)
	}
	if got := adjust(milk("LOT1", -1)); got != "line 1: 1 of LOT1 of MILK are named, and 0 of it are in bin MAIN: there are LOT7 (3)" {
		t.Errorf("gone: got %s, want that it is not here", got)
	}
	if l, _ := d.book.Level("MILK"); l.Lot("LOT1") != nil || l.Lot("LOT7").Here() != 3 {
		t.Errorf("got %+v, want LOT7 alone", l.Lots)
	}
	if got := adjust(milk("LOT7", -3)); got != "booked" {
		t.Errorf("got %s", got)
	}
	d.reopen()
	if got := adjust(milk("LOT7", 2)); got != "booked" {
		t.Errorf("a lot that was here once: got %s", got)
	}
	purpose := milk("LOT1", 1)
	if purpose.NewLots = true; adjust(purpose) != "booked" {
		t.Error("on purpose: got it refused")
	}
	if got := adjust(milk("LOT1", 1)); got != "booked" {
		t.Errorf("the lot is known from then on: got %s", got)
	}
}
