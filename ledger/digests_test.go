package ledger

import (
	"encoding/binary"
	"testing"
)

func numberedDigest(i uint64) (d Digest) {
	binary.BigEndian.PutUint64(d[8:], i)
	return d
}

func TestDigestsSayWhatAMapSays(t *testing.T) {
	var d digests
	want := map[Digest]Seq{}
	const ids = 60_000
	for i := range uint64(200_000) {
		key, seq := numberedDigest(i*i%ids), Seq(i+1)
		if i%7 == 3 {
			seq = 0
		}
		if got := d.swap(key, seq); got != want[key] {
			t.Fatalf("act %d: got %d before, want %d", i, got, want[key])
		}
		if want[key] = seq; seq == 0 {
			delete(want, key)
		}
		if d.len() != len(want) {
			t.Fatalf("act %d: got %d digests, want %d", i, d.len(), len(want))
		}
	}
	for i := range uint64(ids) {
		if key := numberedDigest(i); d.of(key) != want[key] {
			t.Fatalf("digest %d: got %d, want %d", i, d.of(key), want[key])
		}
	}
	n := 0
	for key, seq := range d.all() {
		if n++; want[key] != seq {
			t.Fatalf("got %x at %d, want %d", key, seq, want[key])
		}
	}
	if n != len(want) {
		t.Errorf("got %d digests listed, want %d", n, len(want))
	}
}

func TestDigestsTakeNoMoreRoomThanIsSaid(t *testing.T) {
	var d digests
	const n = 500_000
	for i := range uint64(n) {
		d.swap(numberedDigest(i), 1)
	}
	rows := 0
	for i := range d.tables {
		rows += len(d.tables[i].rows)
	}
	const rowBytes = 24
	if bytes := rows * rowBytes; bytes > n*digestBytesMax {
		t.Errorf("got %d bytes for %d digests, want at most %d each", bytes, n, digestBytesMax)
	}
}

func BenchmarkDigests(b *testing.B) {
	const n = 5_000_000
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			var d digests
			for i := range uint64(n) {
				d.swap(numberedDigest(i*0x9e3779b97f4a7c15), Seq(i+1))
			}
		}
	})
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			d := map[Digest]Seq{}
			for i := range uint64(n) {
				k := numberedDigest(i * 0x9e3779b97f4a7c15)
				if _, ok := d[k]; !ok {
					d[k] = Seq(i + 1)
				}
			}
		}
	})
}
