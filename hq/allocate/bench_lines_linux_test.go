package allocate_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// linesSwept are the sizes of orders that BenchmarkLines plans.
var linesSwept = []int{1, 10, 50, 200, 700, 1_000, 1_500, 2_000, 3_000, 4_000, ledger.LinesMax}

// BenchmarkLines plans orders of more and more lines over 50 sites, those of a company and the hardest, and prints how much CPU the dearest
// cost with its explanation, and where that went: the cells that are made of all offers, the rows, the sites that are chosen, the legs, and the
// words with the runner-up. Each is the least of five tries, by one Planner, under the preset that is dearer of fewest parcels and nearest. read-us
// is what it takes on this machine, as busy as it is, to add up one number of each offer: what no plan can do without.
func BenchmarkLines(b *testing.B) {
	for _, kind := range []string{"company", "hardest"} {
		for _, lines := range linesSwept {
			b.Run(fmt.Sprintf("%s/lines=%d", kind, lines), func(b *testing.B) {
				all := swept(kind, lines)
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				var p allocate.Planner
				var most stages
				for b.Loop() {
					most = stages{}
					for _, d := range all {
						if s := leastOf(&p, d); s.all > most.all {
							most = s
						}
					}
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(most.all.Microseconds()), "max-us")
				for stage, took := range most.of {
					b.ReportMetric(float64(took.Microseconds()), stage+"-us")
				}
				b.ReportMetric(float64(most.read.Nanoseconds())/1000, "read-us")
			})
		}
	}
}

// swept deals orders of so many lines over 50 sites, each under two presets.
func swept(kind string, lines int) (out []dealt) {
	if kind == "company" {
		c := newChain(rand.New(rand.NewPCG(5, 3)), 50, max(2_000, lines+lines/4))
		for range max(4, min(40, 4_000/lines)) {
			var d dealt
			d.want, d.candidates = c.order(lines, false)
			out = append(out, d)
		}
	} else {
		for _, d := range hardest(lines, 50) {
			out = append(out, d)
		}
	}
	for _, d := range slices.Clone(out) {
		d.want.Preset = allocate.Nearest
		out = append(out, d)
	}
	return out
}

// stages is what a plan took, and each stage of it.
type stages struct {
	all, read time.Duration
	of        map[string]time.Duration
}

// leastOf plans an order five times, and gives the try that took least.
func leastOf(p *allocate.Planner, d dealt) stages {
	least := stages{all: time.Hour, read: time.Hour}
	for range 5 {
		s := stages{of: map[string]time.Duration{}}
		from := worked()
		p.StagesForTest(d.want, d.candidates, func(stage string) {
			now := worked()
			s.of[stage], s.all, from = now-from, s.all+now-from, now
		})
		s.read = min(least.read, reading(d))
		if least.read = s.read; s.all < least.all {
			least = s
		}
	}
	return least
}

// reading is what it takes to add up one number of each offer.
func reading(d dealt) time.Duration {
	from, sum := worked(), ledger.Qty(0)
	for i := range d.candidates {
		for k := range d.candidates[i].ByLine {
			sum += d.candidates[i].ByLine[k].Held
		}
	}
	took := worked() - from
	if sum < 0 {
		panic("an offer below 0")
	}
	return took
}

// TestTheStagesThatAreTimedAreThePlans: what BenchmarkLines times is what Make does.
func TestTheStagesThatAreTimedAreThePlans(t *testing.T) {
	for _, kind := range []string{"company", "hardest"} {
		for _, lines := range linesSwept[:5] {
			for i, d := range swept(kind, lines) {
				if i%4 > 1 && lines > 100 {
					continue
				}
				want, _ := new(allocate.Planner).Make(d.want, d.candidates)
				if got := new(allocate.Planner).StagesForTest(d.want, d.candidates, func(string) {}); !reflect.DeepEqual(got, want) {
					t.Errorf("%s of %d lines: got another plan than Make's", kind, lines)
				}
			}
		}
	}
}
