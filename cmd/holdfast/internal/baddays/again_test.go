package baddays_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// againFaults are what fails at the start after the first fault.
var againFaults = []fault{
	{"pwrite64", "EIO", false, 1},
	{"pwrite64", "ENOSPC", true, 0},
	{"fdatasync", "EIO", false, 1},
	{"fdatasync", "EIO", true, 0},
	{"fsync", "EIO", false, 1},
	{"openat", "EIO", false, 0},
	{"unlinkat", "EIO", false, 0},
	{"ftruncate", "EIO", false, 0},
}

// TestADiskThatFailsAgainWhileTheBookIsMendedLosesNothing lets a write or a sync of a day fail,
// kills the node, and lets a call of the start, of the first order after it, or of the stop fail
// too: a few of both, and with HOLDFAST_LONG=1 some five of each kind, after each of twelve first faults.
func TestADiskThatFailsAgainWhileTheBookIsMendedLosesNothing(t *testing.T) {
	needMeddler(t)
	t.Parallel()
	from, after := eve(t)
	calls := goodDay(t, from, after)
	firsts := 1
	if long {
		firsts = 6
	}
	for _, f := range []fault{{"pwrite64", "EIO", false, firsts}, {"fdatasync", "EIO", true, firsts}} {
		step := calls[f.call] / f.short
		for n := step - step/3; n <= calls[f.call]; n += step {
			t.Run(fmt.Sprintf("%v at %d", f, n), func(t *testing.T) {
				t.Parallel()
				w := wreckOf(t, from, after, f, n)
				tally := map[string]int{}
				for _, again := range againFaults {
					w.failAgain(t, again, tally)
				}
				if len(tally) == 0 {
					t.Error("got no call that failed, want some")
				}
				t.Logf("%d orders open; failed again, one a start: %v", len(w.open), tally)
			})
		}
	}
}

// A wreck is a book as a fault and a SIGKILL have left it, and what its client was told.
type wreck struct {
	dir, after string
	n          int
	told       []told
	open       []wish
	calls      map[string]int // of a start, an order and a stop without a second fault
}

func wreckOf(t *testing.T, from, after string, f fault, n int) *wreck {
	t.Helper()
	s, note, _ := copied(t, from)
	s.spec = f.spec(n, note)
	d := &day{site: s}
	if s.start(nil) == nil {
		d.trade()
	}
	s.kill()
	w := &wreck{dir: s.dir, after: after, n: d.n, told: d.told, open: d.open}
	d, note, clear := w.copied(t)
	defer clear()
	d.spec = "count " + note
	if err := d.start(nil); err != nil {
		t.Fatalf("start: got %v, want it to serve:\n%s", err, d.log())
	}
	d.order()
	if err := d.stop(); err != nil {
		t.Fatalf("stop: got %v, want nil\n%s", err, d.log())
	}
	w.calls = countsOf(t, noted(t, note))
	settleUp(d, after)
	return w
}

// copied is a client before a copy of the wreck.
func (w *wreck) copied(t *testing.T) (d *day, note string, clear func()) {
	t.Helper()
	s, note, clear := copied(t, w.dir)
	return &day{site: s, n: w.n, told: slices.Clone(w.told), open: slices.Clone(w.open)}, note, clear
}

// failAgain starts copies of the wreck with a fault, each at another call, and settles up after each.
func (w *wreck) failAgain(t *testing.T, f fault, tally map[string]int) {
	t.Helper()
	tries := f.short
	if long {
		tries = 5
	}
	all := w.calls[f.call]
	if tries == 0 {
		return
	}
	step := max(1, all/tries)
	for n := 1 + step/2; n <= all; n += step {
		d, note, clear := w.copied(t)
		d.spec = f.spec(n, note)
		if d.start(nil) == nil {
			d.order()
			_ = d.stop() // it may or may not have come to the fault, and say so
			if d.gone {
				t.Errorf("got a node that does not answer, want a refusal:\n%s", d.log())
			}
		} else {
			saysWhy(d.site)
		}
		if hit, ok := strings.CutPrefix(noted(t, note), "hit "); ok {
			tally[f.call+" of "+hit]++
		}
		settleUp(d, w.after)
		clear()
		if t.Failed() {
			t.Fatalf("%v at call %d of the start", f, n)
		}
	}
}

// TestADiskThatFailsWhileABookIsMadeLeavesNothingInTheWay lets the N-th call of a first start fail,
// for every N: the next start makes the book.
func TestADiskThatFailsWhileABookIsMadeLeavesNothingInTheWay(t *testing.T) {
	needMeddler(t)
	t.Parallel()
	box := t.TempDir()
	s := newSite(t, filepath.Join(box, "book"))
	s.spec = "count " + filepath.Join(box, "note")
	if err := s.start(nil); err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Fatalf("stop: got %v, want nil\n%s", err, s.log())
	}
	calls, days := countsOf(t, noted(t, filepath.Join(box, "note"))), 0
	for _, call := range slices.Sorted(maps.Keys(calls)) {
		step := 1
		if !long {
			step = max(1, calls[call])
		}
		for n := 1 + step/2; n <= calls[call]; n += step {
			if firstDay(t, fault{call: call, errno: "EIO"}, n) {
				days++
			}
			if t.Failed() {
				t.Fatalf("%s at call %d", call, n)
			}
		}
	}
	if days == 0 {
		t.Error("got no call that failed, want some")
	}
	t.Logf("of the calls of a first start, %v, %d failed, one a start", calls, days)
}

// firstDay makes a book with a fault and says whether it came to it.
func firstDay(t *testing.T, f fault, n int) bool {
	t.Helper()
	box := t.TempDir()
	defer os.RemoveAll(box)
	note := filepath.Join(box, "note")
	s := newSite(t, filepath.Join(box, "book"))
	s.spec = f.spec(n, note)
	if s.start(nil) == nil {
		_ = s.stop() // it may or may not have come to the fault
	} else {
		saysWhy(s)
	}
	s.spec, s.token = "", ""
	d := &day{site: s}
	s.open()
	d.order()
	if err := settled(s, "", d.told); err != nil || len(d.told) != 1 {
		t.Errorf("got %d orders, %v; want one, in the book", len(d.told), err)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	s.audit()
	return strings.HasPrefix(noted(t, note), "hit ")
}
