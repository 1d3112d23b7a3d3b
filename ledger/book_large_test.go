package ledger_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// largeBook writes a book of that many entries: SKUs received, then sales of three lines and some
// orders that stay open. HOLDFAST_LARGE_DIR keeps it from one run to the next.
func largeBook(tb testing.TB, entries, skus, open int) string {
	tb.Helper()
	dir := os.Getenv("HOLDFAST_LARGE_DIR")
	if dir == "" {
		dir = tb.TempDir()
	}
	if _, err := os.Stat(dir + "/" + ledger.BookFile); err == nil {
		return dir
	}
	d := &desk{TB: tb, world: testworld.New(7), cfg: ledger.BookConfig{Site: "leeds", Dir: dir}}
	d.open()
	d.must(&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
	for i := 0; i < skus; i += 1000 {
		r := &ledger.Receive{ID: fmt.Sprint("r", i)}
		for j := i; j < min(i+1000, skus); j++ {
			r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprintf("ART-%08d", j)), Qty: ledger.QtyMax})
		}
		d.must(r)
	}
	reqs := make([]ledger.Request, 0, 512)
	for n := 0; int(d.book.Head().Seq) < entries; {
		for reqs = reqs[:0]; len(reqs) < cap(reqs); n++ {
			reqs = append(reqs, largeSale(n, skus, n < open))
		}
		if err := d.book.Write(reqs...); err != nil {
			tb.Fatal(err)
		}
	}
	d.close()
	return dir
}

func largeSale(n, skus int, open bool) *ledger.Place {
	p := sale(fmt.Sprint("sale ", n), "", 0)
	p.Order.ID = largeID(n)
	p.Order.Lines = nil
	for l := range 3 {
		p.Order.Lines = append(p.Order.Lines, ledger.Line{SKU: ledger.SKU(fmt.Sprintf("ART-%08d", (n*7919+l*31)%skus)), Qty: 1,
			Price: ledger.Price{Money: ledger.Money{Amount: 1299, Currency: "GBP"}, Tax: "included"}})
	}
	if open {
		p.Order.Fulfil = ledger.Deliver
	}
	return p
}

// largeID rises with n, as ids do that are made one after another.
func largeID(n int) ledger.OrderID {
	return ledger.OrderID(fmt.Sprintf("%08x-%04x-7000-8000-%012x", 0x01900000+n>>16, n&0xffff, uint64(n)*2654435761&(1<<48-1)))
}

// resident is the process's resident memory in MB, without what it only shares with files.
func resident(tb testing.TB) (anon, all int) {
	tb.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Skip("no /proc")
	}
	for _, line := range strings.Split(string(b), "\n") {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.Atoi(f[1])
		switch f[0] {
		case "RssAnon:":
			anon = kb >> 10
		case "VmRSS:":
			all = kb >> 10
		}
	}
	return anon, all
}

// With HOLDFAST_LONG=1 a book of HOLDFAST_LARGE entries (500,000 without) is opened and audited. What
// that takes of time is only told; memory must not follow the entries.
func TestALargeBookIsHeldInLittleMemory(t *testing.T) {
	if os.Getenv("HOLDFAST_LONG") != "1" {
		t.Skip("set HOLDFAST_LONG=1")
	}
	entries := 500_000
	if n, err := strconv.Atoi(os.Getenv("HOLDFAST_LARGE")); err == nil {
		entries = n
	}
	const skus, open = 100_000, 10_000
	from := time.Now()
	dir := largeBook(t, entries, skus, open)
	t.Logf("written in %v", time.Since(from).Round(time.Millisecond))
	runtime.GC()
	from = time.Now()
	b, err := ledger.OpenBook(testworld.New(9).Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(from)
	runtime.GC()
	anon, all := resident(t)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	v := b.View()
	if m.HeapInuse > idleHeapMax {
		t.Errorf("got %d MB of heap in use, want at most %d", m.HeapInuse>>20, idleHeapMax>>20)
	}
	if int(v.Head.Seq) < entries || v.SKUs != skus || v.OpenOrders != open {
		t.Errorf("got %d entries, %d SKUs and %d open orders, want %d or more, %d and %d", v.Head.Seq, v.SKUs, v.OpenOrders, entries, skus, open)
	}
	t.Logf("%d entries, %d SKUs, %d open orders: opened in %v, resident %d MB, %d MB of it the heap's", v.Head.Seq, v.SKUs, v.OpenOrders, took.Round(time.Millisecond), all, anon)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	from = time.Now()
	report, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Head != v.Head {
		t.Errorf("audited up to %s, want %s", report.Head, v.Head)
	}
	took = time.Since(from)
	t.Logf("audited %d entries in %v: %.0f entries/s", report.Entries, took.Round(time.Millisecond), float64(report.Entries)/took.Seconds())
}
