package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// BenchmarkSealed holds a sealed book of 100,000 articles against one in the clear: a commit of its index, whose
// every page is looked at, and groups of 64 sales.
func BenchmarkSealed(b *testing.B) {
	for _, lies := range []struct {
		name string
		desk func(testing.TB, ...func(*ledger.BookConfig)) *desk
	}{{"clear", newDesk}, {"sealed", newSealedDesk}} {
		d := lies.desk(b)
		version := uint64(0)
		put := func(count int) {
			items := make([]ledger.Item, count)
			for i := range items {
				version++
				items[i] = item(ledger.SKU(fmt.Sprintf("ART-%08d", version*7919%100_000)), "Copper elbow 15 mm, 90 degrees", version, fmt.Sprint(version))
			}
			if err := d.book.PutItems(items, version); err != nil {
				b.Fatal(err)
			}
		}
		for range 200 {
			put(500)
		}
		for i := range 100 {
			d.receive(ledger.SKU(fmt.Sprint("S", i)), ledger.QtyMax)
		}
		b.Run(lies.name+"/index", func(b *testing.B) {
			for b.Loop() {
				put(1)
			}
			info, err := os.Stat(filepath.Join(d.cfg.Dir, ledger.BookFile))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size())/1e6, "MB")
		})
		b.Run(lies.name+"/sales", func(b *testing.B) {
			n := 0
			for b.Loop() {
				reqs := make([]ledger.Request, 64)
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
		d.close()
	}
}
