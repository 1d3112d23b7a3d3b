//go:build unix

package ledger_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Four times the work may cost about four times as much: were it sixteen times, a decision would be
// quadratic. It is counted in time on the processor, for a busy machine makes the long decision wait
// more often than the short one, and the best of ten tries stands.
func TestLargeDecisionsAreNotQuadratic(t *testing.T) {
	lines, goods := largestLines()
	for name, c := range map[string]struct {
		size int
		make func(size int) (*ledger.Core, ledger.Request)
	}{
		"a receipt of 5,000 lines": {5000, func(size int) (*ledger.Core, ledger.Request) {
			return newStage(t, "leeds", true).core, &ledger.Receive{Lines: goods[:size]}
		}},
		"a receipt for 1,000 waiting orders": {1000, func(size int) (*ledger.Core, ledger.Request) {
			r := &ledger.Receive{}
			for i := range 40 {
				r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprint("S", i)), Qty: 1000})
			}
			return crowded(t, size).core, r
		}},
		"a take of 5,000 lines": {5000, func(size int) (*ledger.Core, ledger.Request) {
			s := newStage(t, "leeds", true)
			s.do(&ledger.Receive{Lines: goods[:size]})
			return s.core, &ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: lines[:size]}}
		}},
	} {
		const tries, timesMax = 10, 8 // 16 would be quadratic
		var times float64
		for try := 0; try == 0 || try < tries && times > timesMax; try++ {
			part, whole := decideCost(t, c.size/4, c.make), decideCost(t, c.size, c.make)
			times = float64(whole) / float64(part)
			t.Logf("%s: %v, a quarter of it %v", name, whole, part)
		}
		if times > timesMax {
			t.Errorf("%s: got %.1f times the cost of a quarter of it in the last of %d tries, want about 4", name, times, tries)
		}
	}
}

// decideCost is the time on the processor that this process takes for one decision.
func decideCost(t *testing.T, size int, of func(size int) (*ledger.Core, ledger.Request)) time.Duration {
	t.Helper()
	core, req := of(size)
	runtime.GC() // what was made before does not count, nor does it matter when the collector comes
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	from := onProcessor(t)
	out := core.Decide(req, time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC))
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	return onProcessor(t) - from
}

func onProcessor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
