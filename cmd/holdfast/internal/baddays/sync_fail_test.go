package baddays_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A fault is how calls of one kind fail: the n-th once, or all from it on.
type fault struct {
	call, errno string
	forGood     bool
	short       int // how many n of a day a short run tries
}

func (f fault) String() string {
	if f.forGood {
		return f.call + " " + f.errno + " for good"
	}
	return f.call + " " + f.errno
}

// spec is what the meddler is told of the fault at call n.
func (f fault) spec(n int, note string) string {
	from := ""
	if f.forGood {
		from = "+"
	}
	return fmt.Sprintf("fail %s %s %d%s %s", f.call, f.errno, n, from, note)
}

// faults are the calls that bring a book to the disk, and how each fails. The writes are hundreds a day.
var faults = []fault{
	{"pwrite64", "EIO", false, 3},
	{"pwrite64", "EIO", true, 1},
	{"pwrite64", "ENOSPC", false, 2},
	{"pwrite64", "ENOSPC", true, 1},
	{"fdatasync", "EIO", false, 2},
	{"fdatasync", "EIO", true, 1},
	{"fsync", "EIO", false, 1},
	{"fsync", "EIO", true, 0},
	{"ftruncate", "EIO", false, 0},
	{"ftruncate", "ENOSPC", false, 1},
	{"ftruncate", "ENOSPC", true, 0},
	{"renameat", "EIO", false, 1},
	{"renameat", "EIO", true, 0},
	{"openat", "EIO", false, 1},
	{"openat", "EIO", true, 0},
	{"openat", "ENOSPC", true, 0},
	{"unlinkat", "EIO", false, 0},
}

func needMeddler(t *testing.T) {
	t.Helper()
	switch {
	case testing.Short() || !chaos:
		t.Skip("plays some dozens of days on real processes: run it with HOLDFAST_CHAOS=1")
	case !canMeddle:
		t.Skip("calls to the system can be made to fail on Linux on amd64 only")
	}
}

// TestADiskThatFailsAtAnyCallStopsTheNodeAndLosesNothing lets the N-th write, sync, truncation,
// rename or opening of a day fail, and all from the N-th on, for a few N, and for every N with
// HOLDFAST_LONG=1.
func TestADiskThatFailsAtAnyCallStopsTheNodeAndLosesNothing(t *testing.T) {
	needMeddler(t)
	from, after := eve(t)
	calls := goodDay(t, from, after)
	t.Logf("calls in a day on which all goes well: %v", calls)
	for _, f := range faults {
		if f.short == 0 && !long {
			continue
		}
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			all := calls[f.call]
			step := 1
			if !long {
				step = max(1, all/f.short)
			}
			tally, days := map[string]int{}, 0
			for n := 1 + step/2; long || n <= all; n += step {
				hit := badDay(t, from, after, f, n)
				if t.Failed() {
					t.Fatalf("%v at call %d (%s)", f, n, hit)
				}
				if hit == "" {
					break
				}
				tally[hit]++
				days++
			}
			if days == 0 {
				t.Errorf("got no call that failed of %d, want some", all)
			}
			t.Logf("of %d calls in a day %d failed, one a day: %v", all, days, tally)
		})
	}
}

// copied is a site on a copy of the book in from, and a file for what the meddler notes. Both lie in
// a folder that clear removes: there are hundreds in one test.
func copied(t *testing.T, from string) (s *site, note string, clear func()) {
	t.Helper()
	box := t.TempDir()
	s = newSite(t, filepath.Join(box, "book"))
	if err := os.CopyFS(s.dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return s, filepath.Join(box, "note"), func() { _ = os.RemoveAll(box) } // the test's end removes what is left
}

// goodDay plays the day on a copy of the book with no fault, and counts its calls.
func goodDay(t *testing.T, from, after string) map[string]int {
	t.Helper()
	s, note, clear := copied(t, from)
	defer clear()
	s.spec = "count " + note
	d := &day{site: s}
	if err := s.start(nil); err != nil {
		t.Fatal(err)
	}
	d.trade()
	if err := d.stop(); err != nil || d.over() || len(d.open) > 0 {
		t.Fatalf("got %v, %q, %d orders open; want a day on which all goes well\n%s", err, d.refused, len(d.open), d.log())
	}
	calls := countsOf(t, noted(t, note))
	settleUp(d, after)
	return calls
}

// countsOf reads what the meddler counted.
func countsOf(t *testing.T, text string) map[string]int {
	t.Helper()
	calls := map[string]int{}
	for _, c := range strings.Fields(text) {
		name, count, _ := strings.Cut(c, "=")
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatalf("count %q: %v", c, err)
		}
		calls[name] = n
	}
	return calls
}

// badDay plays the day on a copy of the book with a fault at the n-th call, and judges it. It gives
// the file that was hit; "" where there were not so many calls. after is the cursor behind all that stands in from.
func badDay(t *testing.T, from, after string, f fault, n int) (hit string) {
	t.Helper()
	s, note, clear := copied(t, from)
	defer clear()
	s.spec = f.spec(n, note)
	d := &day{site: s}
	served := s.start(nil) == nil
	if served {
		d.trade()
		stoppedDay(d, note, f)
	} else {
		saysWhy(s)
	}
	hit, ok := strings.CutPrefix(noted(t, note), "hit ")
	if !ok {
		if !served || len(d.open) > 0 {
			t.Fatalf("got %q, served %v, %d orders open; want a day on which all goes well", hit, served, len(d.open))
		}
		hit = ""
	}
	settleUp(d, after)
	return hit
}

// noted is what the meddler wrote, and "" where it was killed before it had anything to write.
func noted(t testing.TB, note string) string {
	t.Helper()
	raw, err := os.ReadFile(note)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(raw)
}

// saysWhy holds a node that ended while it started: its last words say why.
func saysWhy(s *site) {
	s.Helper()
	if !strings.Contains(s.log(), "holdfast: ") {
		s.Errorf("it ended while it started and says:\n%s\nwant why", s.log())
	}
}

// settleUp starts the node on a disk that is well, lets the keys decide about what is open, and
// holds the book against all that was told.
func settleUp(d *day, after string) {
	d.Helper()
	d.spec = ""
	d.up()
	open := d.open
	d.open, d.gone, d.refused = nil, false, ""
	for part := range slices.Chunk(open, 1000) {
		d.send(part)
	}
	if len(d.open) > 0 {
		d.Fatalf("got %d of %d open orders not taken, the first for %q; want all taken", len(d.open), len(open), d.refused)
	}
	if err := settled(d.site, after, d.told); err != nil {
		d.Error(err)
	}
	if err := d.stop(); err != nil {
		d.Errorf("stop: got %v, want nil", err)
	}
	d.audit()
}

// stoppedDay looks at a node at the end of its day, which may have brought it to a stand, and ends
// it. What fails once for want of room may have been got over; nothing else may.
func stoppedDay(d *day, note string, f fault) {
	d.Helper()
	failed := strings.HasPrefix(noted(d.TB, note), "hit ") // written when the call has failed
	if f.call == "unlinkat" {
		failed = false // what is left behind holds nothing: it is got over, or has ended the start
	}
	if failed && (f.errno == "EIO" || f.forGood && f.call == "pwrite64") {
		d.await("the node takes nothing more", func() bool { d.order(); return d.refused != "" })
	}
	if d.gone {
		d.Errorf("got a node that does not answer, want it to go on reading:\n%s", d.log())
		return
	}
	if failed && f.errno == "EIO" && d.refused == "disk_full" {
		d.Errorf("got disk_full of a disk that fails, want book_stopped or unsure")
	}
	stopped := d.refused != "" && d.refused != "disk_full"
	if stopped {
		takesNothing(d)
	}
	if d.refused != "" {
		stillReads(d)
	}
	if err := d.stop(); stopped && err == nil {
		d.Error("stop: got exit code 0, want the failure told")
	}
}

// takesNothing holds a node whose book has stopped: no orders, not ready, and a line in its log.
func takesNothing(d *day) {
	d.Helper()
	had := len(d.told)
	for range 3 {
		d.order()
	}
	if len(d.told) != had {
		d.Error("got an order taken after the first failure, want none until the node is started again")
	}
	if a, err := d.ask("GET", "/readyz", "", nil); err != nil || a.status != 503 {
		d.Errorf("readyz: got %d, %v; want 503", a.status, err)
	}
	d.await("the log says that the book has stopped", func() bool {
		return strings.Contains(d.log(), `"msg":"book stopped, nothing more is taken"`)
	})
}

// stillReads holds a node that refuses orders: it reads as ever.
func stillReads(d *day) {
	d.Helper()
	for _, path := range []string{"/v1/stock/" + sku(0), "/v1/entries?limit=10", "/v1/orders", "/v1/status", "/v1/items/" + sku(0), "/healthz"} {
		d.must(200, "GET", path, "", nil)
	}
	if len(d.told) > 0 {
		d.must(200, "GET", "/v1/orders/"+d.told[0].id, "", nil)
	}
}
