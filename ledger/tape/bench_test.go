package tape_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// realWorld lies in the working tree: a temporary directory may be memory, which syncs nothing.
func realWorld(b *testing.B) *world {
	b.Helper()
	dir, err := os.MkdirTemp(".", "bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			b.Error(err)
		}
	})
	w := newWorld(b)
	w.dir, w.sizeMin, w.sizeMax = dir, 0, 0
	return w
}

func sizes(b *testing.B, run func(b *testing.B, bytes []byte)) {
	for _, size := range []int{256, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			run(b, sample(1, 1, size))
		})
	}
}

// One client's commit on a tape, with the spares made ahead as in a shop.
func BenchmarkAppendTape(b *testing.B) {
	sizes(b, func(b *testing.B, bytes []byte) {
		w := realWorld(b)
		p := w.create(b, 1)
		stop := preparing(b, p)
		defer stop()
		for b.Loop() {
			if err := p.Append(p.Last()+1, 1, bytes); err != nil {
				b.Fatal(err)
			}
			if p.Last()%4096 == 0 {
				if _, err := p.Trim(p.Last()); err != nil { // so that large records do not fill the disk
					b.Fatal(err)
				}
			}
		}
	})
}

// The same bytes in a bbolt commit, as a book without a tape makes it: two syncs.
func BenchmarkAppendBolt(b *testing.B) {
	sizes(b, func(b *testing.B, bytes []byte) {
		w := realWorld(b)
		db := bolt(b, w)
		var number uint64
		for b.Loop() {
			number++
			put(b, db, number, bytes)
		}
	})
}

// Both by turns, so that whatever else the machine does meets both: how often the tape's median
// commit goes into bbolt's.
func BenchmarkAppendByTurns(b *testing.B) {
	sizes(b, func(b *testing.B, bytes []byte) {
		w := realWorld(b)
		p := w.create(b, 1)
		db := bolt(b, w)
		var onTape, inBolt []time.Duration
		for b.Loop() {
			start := time.Now()
			if err := p.Append(p.Last()+1, 1, bytes); err != nil {
				b.Fatal(err)
			}
			between := time.Now()
			put(b, db, p.Last(), bytes)
			onTape, inBolt = append(onTape, between.Sub(start)), append(inBolt, time.Since(between))
		}
		slices.Sort(onTape)
		slices.Sort(inBolt)
		mid := len(onTape) / 2
		b.ReportMetric(float64(onTape[mid].Microseconds()), "tape-p50-us")
		b.ReportMetric(float64(inBolt[mid].Microseconds()), "bolt-p50-us")
		b.ReportMetric(float64(inBolt[mid])/float64(onTape[mid]), "bolt/tape")
	})
}

var journal = []byte("journal")

func bolt(b *testing.B, w *world) *bbolt.DB {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(w.dir, "book.db"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(journal)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return db
}

func put(b *testing.B, db *bbolt.DB, number uint64, bytes []byte) {
	b.Helper()
	if err := db.Update(func(tx *bbolt.Tx) error {
		k := tx.Bucket(journal)
		k.FillPercent = 1 // appended only
		return k.Put(binary.BigEndian.AppendUint64(nil, number), bytes)
	}); err != nil {
		b.Fatal(err)
	}
}

// written makes a tape of so many records of four numbers.
func written(b *testing.B, size, records int) *tape.Tape {
	b.Helper()
	w := realWorld(b)
	p := w.create(b, 1)
	for range records {
		if err := p.Append(p.Last()+1, 4, sample(1, 1, size)); err != nil {
			b.Fatal(err)
		}
	}
	return p
}

// All records of a tape, each checked, as an audit and an opening read them.
func BenchmarkWalk(b *testing.B) {
	for _, size := range []int{256, 4 << 10} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			const records = 8000
			p := written(b, size, records)
			b.SetBytes(records * tape.Cost(size))
			for b.Loop() {
				c := p.Cursor(0)
				for n := range records {
					if _, err := c.Next(); err != nil {
						b.Fatal(n, err)
					}
				}
				if err := c.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One number of long ago: the segment by its name, its footer's mark, then headers.
func BenchmarkReadOld(b *testing.B) {
	for _, size := range []int{256, 4 << 10} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			p := written(b, size, 8000)
			r := rand.New(rand.NewPCG(3, 4))
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				got, err := p.Read(1+r.Uint64N(p.Last()), buf)
				if err != nil {
					b.Fatal(err)
				}
				buf = got.Bytes
			}
		})
	}
}

// Fifty records beside each other, one after the other by their numbers, as a page of orders reads them: each by itself, and as look-ups that follow
// each other, forward and back.
func BenchmarkNeighbours(b *testing.B) {
	const page, size = 50, 1 << 10
	p := written(b, size, 8000)
	r := rand.New(rand.NewPCG(3, 4))
	for name, step := range map[string]int64{"alone": 0, "up": 4, "down": -4} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			for b.Loop() {
				at := 4*page + r.Int64N(int64(p.Last())-8*page)
				l := p.Lookups()
				for i := range int64(page) {
					var got tape.Record
					var err error
					if step == 0 {
						got, err = p.Read(uint64(at+4*i), buf)
					} else {
						got, err = l.Read(uint64(at+step*i), buf)
					}
					if err != nil {
						b.Fatal(err)
					}
					buf = got.Bytes
				}
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
