package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What was adjusted is read back from the journal, and nothing else: by reason, and found beside gone.
func TestWhatWasAdjustedIsAddedUpByReason(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP", 10)
	d.receive("PIN", 10)
	adjust := func(reason string, lines ...ledger.AdjustLine) {
		d.must(&ledger.Adjust{Reason: reason, Lines: lines})
	}
	adjust("stolen", ledger.AdjustLine{SKU: "TAP", Qty: -3}, ledger.AdjustLine{SKU: "PIN", Qty: -1})
	d.must(sale("o1", "TAP", 1))
	mid := d.book.Head().Seq
	adjust("stolen", ledger.AdjustLine{SKU: "TAP", Qty: -1})
	adjust("found", ledger.AdjustLine{SKU: "PIN", Qty: 2})
	adjust("damaged", ledger.AdjustLine{SKU: "PIN", Bin: ledger.BinDefault, Qty: -2, Blocked: true})
	for _, q := range []ledger.Qty{4, 4} { // the second finds no difference
		if out, err := d.book.Count(t.Context(), counted(0, inBin("TAP", ledger.BinDefault, q))); err != nil || out.Err != nil {
			t.Fatal(out.Err, err)
		}
	}
	out, err := d.book.Count(t.Context(), &ledger.Count{Epoch: 1, At: 1, Reason: "counted", Lines: []ledger.CountedLine{inBin("TAP", ledger.BinDefault, 9)}})
	if err != nil || out.Err == nil {
		t.Fatal("an older count was not refused")
	}
	sums := func(after ledger.Seq, sku ledger.SKU) string {
		t.Helper()
		s := ledger.ReasonSums{}
		next, err := d.book.EachAdjusting(after, func(_ *ledger.Entry, b *ledger.AdjustedBody) bool { s.Add(b, sku); return true })
		if err != nil || next != 0 {
			t.Fatal(next, err)
		}
		text := ""
		for _, reason := range []string{"counted", "damaged", "found", "stolen"} {
			if v := s[reason]; v != nil {
				text += fmt.Sprintf("%s %d/%d +%d -%d !%d; ", reason, v.Entries, v.Lines, v.Found, v.Gone, v.Blocked)
			}
		}
		return text
	}
	if got, want := sums(0, ""), "counted 1/1 +0 -1 !0; damaged 1/1 +0 -0 !2; found 1/1 +2 -0 !0; stolen 2/3 +0 -5 !0; "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := sums(mid, ""), "counted 1/1 +0 -1 !0; damaged 1/1 +0 -0 !2; found 1/1 +2 -0 !0; stolen 1/1 +0 -1 !0; "; got != want {
		t.Errorf("behind an entry: got %s, want %s", got, want)
	}
	if got, want := sums(0, "PIN"), "damaged 1/1 +0 -0 !2; found 1/1 +2 -0 !0; stolen 1/1 +0 -1 !0; "; got != want {
		t.Errorf("of one SKU: got %s, want %s", got, want)
	}
	n := 0
	if next, err := d.book.EachAdjusting(0, func(*ledger.Entry, *ledger.AdjustedBody) bool { n++; return n < 2 }); n != 2 || next != 0 || err != nil {
		t.Errorf("stopped: got %d entries, %d, %v; want 2 and no more", n, next, err)
	}
}

// Moments rise but for a clock that is set back: by halves nothing of a day is missed.
func TestTheFirstEntryOfADayIsFoundByHalves(t *testing.T) {
	day := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	at := make([]time.Time, 1000)
	for i := range at {
		at[i] = day.Add(time.Duration(i-500) * 3 * time.Minute)
		if i > 510 && i < 520 { // set back by less than an hour
			at[i] = at[i].Add(-40 * time.Minute)
		}
	}
	looks := 0
	after, err := ledger.FirstSince(day, ledger.Seq(len(at)), func(seq ledger.Seq) (time.Time, error) { looks++; return at[seq-1], nil })
	if err != nil || looks > 11 {
		t.Errorf("got %v after %d looks, want 11 at most", err, looks)
	}
	for i := range at[:after] {
		if !at[i].Before(day) {
			t.Errorf("entry %d of %s is missed", i+1, at[i])
		}
	}
	if after < 400 {
		t.Errorf("got %d, want about 480: what is a day before is not read", after)
	}
	if got, _ := ledger.FirstSince(day.AddDate(1, 0, 0), 10, func(seq ledger.Seq) (time.Time, error) { return at[seq], nil }); got != 10 {
		t.Errorf("of a moment to come: got %d, want the end", got)
	}
}

// What a site writes that head office cannot read is kept there, and told of; a list of what was adjusted goes on behind it.
func TestAnEntryThatCannotBeReadStopsNoListOfAdjustments(t *testing.T) {
	good := ledger.MarshalEntry(&ledger.Entry{Kind: ledger.KindAdjusted, Seq: 2, Epoch: 1, At: time.Unix(1, 0).UTC(), Body: &ledger.AdjustedBody{Reason: "stolen", Lines: []ledger.AdjustLine{{SKU: "TAP", Bin: ledger.BinDefault, Qty: -1}}}})
	f := &ledger.Frame{Site: "leeds", Epoch: 1, First: 1, Entries: [][]byte{good[:len(good)-3], good}}
	seen := 0
	if more := f.EachAdjusting(0, func(e *ledger.Entry, _ *ledger.AdjustedBody) bool { seen++; return e.Seq == 2 }); !more || seen != 1 {
		t.Errorf("got %d entries, %t; want the one that can be read", seen, more)
	}
}
