package tape_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// Whatever is looked up one after the other, near or far, what comes is what a look-up alone finds: also of what was appended in between, and of
// what is not there yet or no more.
func TestLookupsFindWhatAReadFinds(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	fill(t, p, 300, 700) // several segments
	r := newRand(3)
	l := p.Lookups()
	var at uint64 = 1
	for i := range 3_000 {
		switch {
		case i%500 == 499:
			fill(t, p, 5, 700)
		case i == 2_000:
			if _, err := p.Trim(p.Last() / 2); err != nil {
				t.Fatal(err)
			}
		}
		if r.IntN(10) == 0 {
			at = r.Uint64N(p.Last() + 3)
		} else {
			at = min(max(at+r.Uint64N(7), 4)-3, p.Last()+2)
		}
		want, err := p.Read(at, nil)
		got, gotErr := l.Read(at, nil)
		if got.First != want.First || got.Count != want.Count || !bytes.Equal(got.Bytes, want.Bytes) || (err == nil) != (gotErr == nil) {
			t.Fatalf("number %d: got %d of %d, %v; want %d of %d, %v", at, got.Count, got.First, gotErr, want.Count, want.First, err)
		}
		for _, why := range []error{tape.ErrTrimmed, tape.ErrAhead} {
			if errors.Is(err, why) != errors.Is(gotErr, why) {
				t.Fatalf("number %d: got %v, want %v", at, gotErr, err)
			}
		}
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// What lies beside a record that was looked up is not read again: it is found also when the file is gone from under it, which a look-up alone finds out.
func TestLookupsReadNeighboursOnce(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	fill(t, p, 10, 100)
	l := p.Lookups()
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	first, err := l.Read(5, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(files(t, w.dir)[0], 0); err != nil {
		t.Fatal(err)
	}
	for _, number := range []uint64{first.First - 1, first.Last() + 1} {
		if r, err := l.Read(number, nil); err != nil || r.First > number || r.Last() < number {
			t.Errorf("number %d: got %d to %d, %v; want it as it was read with its neighbour", number, r.First, r.Last(), err)
		}
		if _, err := p.Read(number, nil); err == nil {
			t.Errorf("number %d: got it of a file that is empty, want a fault", number)
		}
	}
}
