package tape_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

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
		db, err := bbolt.Open(filepath.Join(w.dir, "book.db"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		bucket := []byte("journal")
		if err := db.Update(func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucketIfNotExists(bucket)
			return err
		}); err != nil {
			b.Fatal(err)
		}
		var number uint64
		for b.Loop() {
			number++
			if err := db.Update(func(tx *bbolt.Tx) error {
				k := tx.Bucket(bucket)
				k.FillPercent = 1 // appended only
				return k.Put(binary.BigEndian.AppendUint64(nil, number), bytes)
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// written makes a tape of about 128 MiB: 64 groups of 2 MiB would not do, lookups want small ones.
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
