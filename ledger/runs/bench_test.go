package runs_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// filled adds so many changes of 4,096 random names, with a step after each.
func filled(b *testing.B, w *world, changes int) *runs.Set {
	s := w.open(b)
	for n := range changes {
		must(b, w.add(s, batch(uint64(n))))
		_, err := s.Step()
		must(b, err)
	}
	return s
}

func batch(n uint64) []runs.Row {
	r := rand.New(rand.NewPCG(n, 5))
	rows := make([]runs.Row, 4096)
	for i := range rows {
		binary.BigEndian.PutUint64(rows[i].Name[:], r.Uint64())
		binary.BigEndian.PutUint64(rows[i].Name[8:], r.Uint64())
		rows[i].Number = n*4096 + uint64(i) + 1
	}
	sortRows(rows)
	return rows
}

// Names that are not there, as those of new orders are, with all filters in memory and with none.
func BenchmarkAbsent(b *testing.B) {
	for what, memory := range map[string]int64{"held": 64 << 20, "read": 1} {
		b.Run(what, func(b *testing.B) {
			w := newWorld(b)
			w.memory = memory
			s := filled(b, w, 500)
			v := s.View()
			defer v.Close()
			r := newRand(8)
			var n runs.Name
			for b.Loop() {
				binary.BigEndian.PutUint64(n[:], r.Uint64())
				if _, ok, err := v.Find(n); ok || err != nil {
					b.Fatal(ok, err)
				}
			}
			b.ReportMetric(float64(len(s.List())), "runs")
		})
	}
}

func BenchmarkPresent(b *testing.B) {
	s := filled(b, newWorld(b), 500)
	v := s.View()
	defer v.Close()
	rows := slices.Concat(batch(3), batch(250), batch(499))
	i := 0
	for b.Loop() {
		if _, ok, err := v.Find(rows[i%len(rows)].Name); !ok || err != nil {
			b.Fatal(ok, err)
		}
		i += 97
	}
}

// One change of 4,096 names with its share of the merges.
func BenchmarkAdd(b *testing.B) {
	w := newWorld(b)
	s := w.open(b)
	n := uint64(0)
	for b.Loop() {
		must(b, w.add(s, batch(n)))
		_, err := s.Step()
		must(b, err)
		n++
	}
	var rows, size uint64
	for _, r := range s.List() {
		rows += r.Rows
	}
	for _, f := range contents(b, w.dir) {
		size += uint64(len(f))
	}
	b.ReportMetric(float64(size)/float64(rows), "bytes/name")
}
