package invoices_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/invoices"
)

// realFile opens the nine months of invoices under the folder that HOLDFAST_DATA names.
func realFile(t testing.TB) *os.File {
	t.Helper()
	dir := os.Getenv("HOLDFAST_DATA")
	if dir == "" {
		t.Skip("skipped: HOLDFAST_DATA does not name a folder with online_retail/lines_2010-12_to_2011-08.csv.gz")
	}
	f, err := os.Open(filepath.Join(dir, "online_retail", "lines_2010-12_to_2011-08.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// The counts were found by a second program, written apart from this one.
func TestNineMonthsOfInvoicesComeOutToTheLastRow(t *testing.T) {
	demand := invoices.NewDemand()
	var reports, longest int
	var value int64
	r, err := invoices.NewReader(realFile(t), func(invoices.Report) { reports++ })
	if err != nil {
		t.Fatal(err)
	}
	for doc, err := range r.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		if err := demand.Add(doc); err != nil {
			t.Fatal(err)
		}
		if doc.Kind == invoices.KindOrder {
			longest = max(longest, len(doc.Lines))
			for _, l := range doc.Lines {
				value += l.Qty * l.Pence / l.Per
			}
		}
	}
	got := r.Totals()
	checkSettled(t, got)
	if got.Rows != 320_705 || got.Documents != 16_459 {
		t.Errorf("got %d rows in %d documents, want 320705 in 16459", got.Rows, got.Documents)
	}
	wantGiven := map[invoices.Kind]int{invoices.KindOrder: 12_397, invoices.KindCredit: 2281, invoices.KindCorrection: 1384}
	if !maps.Equal(got.Given, wantGiven) {
		t.Errorf("got documents %v, want %v", got.Given, wantGiven)
	}
	wantTaken := map[invoices.Kind]int{invoices.KindOrder: 311_874, invoices.KindCredit: 5453, invoices.KindCorrection: 1384}
	if !maps.Equal(got.Taken, wantTaken) {
		t.Errorf("got rows %v, want %v", got.Taken, wantTaken)
	}
	wantReported := map[invoices.Reason]int{
		invoices.ReasonNotGoods: 1989, invoices.ReasonBadDebt: 3, invoices.ReasonHeld: 1, invoices.ReasonUndoesHeld: 1,
	}
	if !maps.Equal(got.Reported, wantReported) || reports != 1994 {
		t.Errorf("got %d reports %v, want 1994: %v", reports, got.Reported, wantReported)
	}
	if longest != 704 || value != 598_348_348 {
		t.Errorf("got a longest order of %d lines and %d pence of goods, want 704 and 598348348", longest, value)
	}
	checkDemand(t, demand)
}

func checkDemand(t *testing.T, demand *invoices.Demand) {
	t.Helper()
	opening, units := demand.Opening(), int64(0)
	for _, s := range opening {
		units += s.Qty
	}
	if len(opening) != 2720 || units != 359_015 {
		t.Errorf("got opening stock of %d units of %d SKUs, want 359015 of 2720", units, len(opening))
	}
	deliveries, units := demand.Deliveries(), int64(0)
	for _, d := range deliveries {
		for _, s := range d.Stock {
			units += s.Qty
		}
	}
	if len(deliveries) != 39 || units != 3_250_778 {
		t.Errorf("got %d deliveries of %d units, want 39 of 3250778", len(deliveries), units)
	}
}

func TestReadingTheWholeFileKeepsMemoryFlat(t *testing.T) {
	r, err := invoices.NewReader(realFile(t), func(invoices.Report) {})
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for _, err := range r.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%4000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			if now.HeapAlloc > before.HeapAlloc+8<<20 {
				t.Fatalf("got %d bytes more after %d documents, want under 8 MiB", now.HeapAlloc-before.HeapAlloc, n)
			}
		}
	}
	if n == 0 {
		t.Error("got no documents, want thousands")
	}
}

func ExampleReader_Documents() {
	r, err := invoices.NewReader(exampleFile(), func(rep invoices.Report) {
		fmt.Println("line", rep.Line, rep.Reason)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for doc, err := range r.Documents() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(doc.Kind, doc.ID, len(doc.Lines))
	}
	// Output:
	// line 3 not_goods
	// order 536370 1
}
