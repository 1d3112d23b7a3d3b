package baddays_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// brokenCalls are the calls that bring a book to the disk, how each fails, and how many of them a
// short run lets fail.
var brokenCalls = []struct {
	call, errno string
	short       int
}{
	{"fdatasync", "EIO", 3},
	{"pwrite64", "EIO", 3},
	{"pwrite64", "ENOSPC", 3},
	{"fsync", "EIO", 2},
	{"ftruncate", "ENOSPC", 1},
	{"renameat", "EIO", 1},
}

// TestADiskThatFailsAtAnyCallStopsTheNodeAndLosesNothing lets the N-th write, sync, truncation or
// rename of a day fail, for a few N, and for every N with HOLDFAST_LONG=1.
func TestADiskThatFailsAtAnyCallStopsTheNodeAndLosesNothing(t *testing.T) {
	switch {
	case testing.Short() || !chaos:
		t.Skip("plays some dozens of days on real processes: run it with HOLDFAST_CHAOS=1")
	case !canMeddle:
		t.Skip("calls to the system can be made to fail on Linux on amd64 only")
	}
	from, after := eve(t)
	for _, c := range brokenCalls {
		t.Run(c.call+" "+c.errno, func(t *testing.T) {
			t.Parallel()
			hit, all := badDay(t, from, after, c.call, c.errno, 0)
			if hit != "" {
				t.Fatalf("got a day with a hit at %s, want none", hit)
			}
			step := max(1, all/c.short)
			if long {
				step = 1
			}
			tally := map[string]int{}
			for n := 1 + step/2; long || n <= all; n += step {
				hit, _ := badDay(t, from, after, c.call, c.errno, n)
				if t.Failed() {
					t.Fatalf("%s %s at call %d (%s)", c.call, c.errno, n, hit)
				}
				if hit == "" {
					break
				}
				tally[hit]++
			}
			if len(tally) == 0 {
				t.Errorf("got no call that failed of %d, want some", all)
			}
			t.Logf("of %d calls in a day these failed, one a day: %v", all, tally)
		})
	}
}

// badDay plays the day on a copy of the book with the n-th call failing, and judges it. It gives the
// file that was hit, or "" and the number of calls. after is the cursor behind all that stands in from.
func badDay(t *testing.T, from, after, call, errno string, n int) (hit string, calls int) {
	t.Helper()
	box := t.TempDir()
	s := newSite(t, filepath.Join(box, "book"))
	if err := os.CopyFS(s.dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(box, "note")
	s.spec = fmt.Sprintf("fail %s %s %d %s", call, errno, n, note)
	d := &day{site: s}
	served := s.start(nil) == nil
	if served {
		d.trade()
		stoppedDay(d, note, errno)
	} else if !strings.Contains(s.log(), "holdfast: ") {
		t.Errorf("it ended while it started and says:\n%s\nwant why", s.log())
	}
	raw, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	hit, ok := strings.CutPrefix(string(raw), "hit ")
	if !ok {
		if calls, err = strconv.Atoi(string(raw)); err != nil || !served || len(d.open) > 0 {
			t.Fatalf("got %q, served %v, %d orders open; want a day on which all goes well", raw, served, len(d.open))
		}
		hit = ""
	}
	s.spec = ""
	s.up()
	for _, w := range d.open { // the keys decide
		a, err := s.ask("POST", "/v1/orders", w.key, w.body())
		if err != nil || a.status != 201 {
			t.Fatalf("order %s again: got %d %s, %v; want it taken", w.key, a.status, a.body, err)
		}
		d.heard(w, a, nil)
	}
	if err := settled(s, after, d.told); err != nil {
		t.Error(err)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	s.audit()
	return hit, calls
}

// stoppedDay looks at a node at the end of its day, which may have brought it to a stand, and ends it.
func stoppedDay(d *day, note, errno string) {
	d.Helper()
	_, err := os.Stat(note) // written when the call has failed
	failed := err == nil
	if failed && errno == "EIO" {
		d.await("the node takes nothing more", func() bool { d.order(); return d.refused == "book_stopped" || d.refused == "unsure" })
	}
	if d.gone {
		d.Errorf("got a node that does not answer, want it to go on reading:\n%s", d.log())
		return
	}
	stopped := d.refused != "" && d.refused != "disk_full"
	if stopped {
		stillReads(d)
	}
	if err := d.stop(); stopped && err == nil {
		d.Error("stop: got exit code 0, want the failure told")
	}
}

// stillReads holds a node whose book has stopped: no orders, reads as ever, and a line in its log.
func stillReads(d *day) {
	d.Helper()
	had := len(d.told)
	for range 3 {
		d.order()
	}
	if len(d.told) != had {
		d.Error("got an order taken after the first failure, want none until the node is started again")
	}
	for _, path := range []string{"/v1/stock/" + sku(0), "/v1/entries?limit=10", "/v1/orders", "/v1/status", "/v1/items/" + sku(0), "/healthz"} {
		d.must(200, "GET", path, "", nil)
	}
	if had > 0 {
		d.must(200, "GET", "/v1/orders/"+d.told[0].id, "", nil)
	}
	if a, err := d.ask("GET", "/readyz", "", nil); err != nil || a.status != 503 {
		d.Errorf("readyz: got %d, %v; want 503", a.status, err)
	}
	if !strings.Contains(d.log(), `"msg":"book stopped, nothing more is taken"`) {
		d.Errorf("got the log\n%s\nwant it to say that the book has stopped", d.log())
	}
}
