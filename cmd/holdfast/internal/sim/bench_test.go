package sim

import (
	"testing"
	"time"
)

// README.md says how many site-hours a minute of one processor simulates: GOMAXPROCS=1.
func BenchmarkSiteHours(b *testing.B) {
	for _, c := range []struct {
		name  string
		hours time.Duration
	}{{"1 hour", 1}, {"6 hours", 6}} {
		b.Run(c.name, func(b *testing.B) {
			hours, seed := 0.0, uint64(0)
			for b.Loop() {
				seed++
				r := runBad(b, seed, c.hours*time.Hour, AllDisasters, guardNone)
				hours += float64(r.Sites * r.Hours)
			}
			b.ReportMetric(hours/b.Elapsed().Minutes(), "site-hours/min")
			b.ReportMetric(0, "ns/op")
		})
	}
}
