package machine_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// BenchmarkCompany holds the state of many sites, each with 5,000 of 100,000 articles, and tells what a
// balance takes in memory, how long head office stands still while the state is frozen, and how long it
// takes to write, and to read back. 20 sites, or 1,000 with HOLDFAST_LONG=1, which takes 2 GB.
func BenchmarkCompany(b *testing.B) {
	sites := 20
	if os.Getenv("HOLDFAST_LONG") == "1" {
		sites = 1000
	}
	const each, articles = 5000, 100_000
	w := newBench(b)
	before := live()
	for s := range sites {
		id := ledger.SiteID(fmt.Sprintf("s%04d", s))
		core := w.site(id, s%2 == 0)
		for from := 0; from < each; from += 1000 {
			lines := make([]ledger.ReceiptLine, 1000)
			for i := range lines {
				lines[i] = ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprintf("SKU-%06d", (s*7919+(from+i)*20)%articles)), Qty: 100}
			}
			core.Decide(&ledger.Receive{ID: fmt.Sprint(id, from), Lines: lines}, at)
			w.ok(w.cut(id))
		}
		delete(w.cores, id) // the site's own book is not what is measured
		delete(w.sent, id)
	}
	bytesEach := float64(live()-before) / float64(sites*each)
	var frozen, written, read []time.Duration
	var snapshot []byte
	for b.Loop() {
		begun := time.Now()
		f := w.m.Freeze()
		frozen = append(frozen, time.Since(begun))
		var out bytes.Buffer
		begun = time.Now()
		if err := f.Encode(&out); err != nil {
			b.Fatal(err)
		}
		written, snapshot = append(written, time.Since(begun)), out.Bytes()
		begun = time.Now()
		m, err := machine.Restore(bytes.NewReader(snapshot))
		if err != nil {
			b.Fatal(err)
		}
		read = append(read, time.Since(begun))
		runtime.KeepAlive(m)
	}
	mean := func(ds []time.Duration) (sum float64) {
		for _, d := range ds {
			sum += d.Seconds() / float64(len(ds))
		}
		return sum
	}
	b.ReportMetric(float64(sites*each), "balances")
	b.ReportMetric(bytesEach, "bytes/balance")
	b.ReportMetric(float64(len(snapshot))/float64(sites*each), "snapshot-bytes/balance")
	b.ReportMetric(1000*mean(frozen), "freeze-ms")
	b.ReportMetric(mean(written), "write-s")
	b.ReportMetric(mean(read), "read-s")
}

// live is what the heap holds.
func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
