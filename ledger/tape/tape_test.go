package tape_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

func TestATapeGivesBackWhatWasAppended(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 300, 700) // several segments
	holds(t, p, all)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, after := range []uint64{0, 1, 77, p.Last() - 1, p.Last()} {
		p := w.open(t, after)
		holds(t, p, all)
		if got := p.Last(); got != 600 {
			t.Fatalf("last is %d, want 600", got)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func shut(t testing.TB, p *tape.Tape) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// files lists the segments, oldest first.
func files(t testing.TB, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.tape"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestAnEmptyTapeSurvivesAndBeginsWhereItWasTold(t *testing.T) {
	w := newWorld(t)
	shut(t, w.create(t, 501))
	p := w.open(t, 500)
	if p.First() != 501 || p.Last() != 500 {
		t.Fatalf("an empty tape has %d to %d, want 501 to 500", p.First(), p.Last())
	}
	holds(t, p, nil)
	holds(t, p, fill(t, p, 3, 10))
}

func TestAFolderWithoutATapeIsNotTakenForAnEmptyOne(t *testing.T) {
	w := newWorld(t)
	if _, err := tape.Open(w.config(), w.env(), 0); !errors.Is(err, tape.ErrNoTape) {
		t.Fatalf("open: %v, want ErrNoTape", err)
	}
	w.create(t, 1)
	if _, err := tape.Create(w.config(), w.env(), 1); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("create over a tape: %v, want fs.ErrExist", err)
	}
}

func TestAConfigIsRefusedForAllThatIsWrongWithIt(t *testing.T) {
	_, err := tape.Open(tape.Config{SizeMin: 2, SizeMax: 1}, tape.Env{}, 0)
	for _, want := range []string{"Dir", "Owner", "SizeMin"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open: %v, want a word on %s", err, want)
		}
	}
	w := newWorld(t)
	if _, err := tape.Create(w.config(), w.env(), 0); err == nil {
		t.Error("a tape from number 0 was created")
	}
}

func TestARecordThatTheNumbersContradictPanics(t *testing.T) {
	for name, r := range map[string]tape.Record{
		"a number twice":  {First: 2, Count: 1, Bytes: []byte{1}},
		"a number missed": {First: 4, Count: 1, Bytes: []byte{1}},
		"no number":       {First: 3, Count: 0, Bytes: []byte{1}},
		"no bytes":        {First: 3, Count: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.create(t, 1)
			all := fill(t, p, 1, 10)
			func() {
				defer func() {
					if recover() == nil {
						t.Error("append did not panic")
					}
				}()
				_ = p.Append(r.First, r.Count, r.Bytes)
			}()
			holds(t, p, append(all, fill(t, p, 1, 10)...))
		})
	}
}

func TestARecordOfAnyLegalSizeFits(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 1, tape.RecordMax) // larger than the empty first segment: it is replaced
	for _, size := range []int{1, 40 << 10, 64 << 10, 1, 3 << 20, tape.RecordMax, 7} {
		all = append(all, fill(t, p, 1, size)...)
	}
	holds(t, p, all)
	if err := p.Append(p.Last()+1, 1, make([]byte, tape.RecordMax+1)); !errors.Is(err, tape.ErrTooLarge) {
		t.Fatalf("append: %v, want ErrTooLarge", err)
	}
	shut(t, p)
	holds(t, w.open(t, 0), all)
}

func TestAnEmptySegmentBehindAnotherGivesWayToALargerOne(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 1, 20<<10)
	w.failOnce(tape.ActWrite, errDisk)
	if err := p.Append(p.Last()+1, 2, make([]byte, 20<<10)); !errors.Is(err, errDisk) {
		t.Fatalf("append: %v, want the disk's failure", err)
	}
	shut(t, p)
	p = w.open(t, p.Last())
	if got := len(files(t, w.dir)); got != 2 || p.Last() != 2 {
		t.Fatalf("after a crash behind a roll there are %d files up to %d, want 2 up to 2", got, p.Last())
	}
	all = append(all, fill(t, p, 2, 200<<10)...)
	holds(t, p, all)
	shut(t, p)
	holds(t, w.open(t, 2), all)
}

func TestSegmentsGrowWithTheTapeWithinTheirBounds(t *testing.T) {
	w := newWorld(t)
	w.sizeMin, w.sizeMax = 0, 0 // as an operator who says nothing
	p := w.create(t, 1)
	for _, want := range []int64{1 << 20, 2 << 20, 4 << 20, 8 << 20, 16 << 20, 32 << 20, 48 << 20} {
		if got := p.Size(); got != want {
			t.Fatalf("the tape has %d bytes, want %d", got, want)
		}
		for p.Size() == want {
			fill(t, p, 1, 500<<10)
		}
	}
}

func TestNumbersThatAreNotThereAreRefusedByReason(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 10)
	fill(t, p, 2, 10)
	for number, want := range map[uint64]error{0: tape.ErrTrimmed, 9: tape.ErrTrimmed, 14: tape.ErrAhead} {
		if _, err := p.Read(number, nil); !errors.Is(err, want) {
			t.Errorf("read %d: %v, want %v", number, err, want)
		}
	}
	if got, err := walk(p, 14); err != nil || len(got) != 0 {
		t.Errorf("a walk from beyond the end gives %d records and %v, want none and nil", len(got), err)
	}
}

func TestReadUsesTheBufferItIsGiven(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	fill(t, p, 2, 100)
	buf := make([]byte, 0, 200)
	r, err := p.Read(1, buf)
	if err != nil || len(r.Bytes) != 100 || &r.Bytes[0] != &buf[:1][0] {
		t.Fatalf("read gave %d bytes of its own and %v, want 100 in the buffer", len(r.Bytes), err)
	}
}

func TestACursorGoesOnWhenMoreIsAppended(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	c := p.Cursor(0)
	defer func() { _ = c.Close() }()
	for range 40 {
		if _, err := c.Next(); err != io.EOF {
			t.Fatalf("at the end: %v, want io.EOF", err)
		}
		for _, want := range fill(t, p, 3, 1500) { // rolls now and then
			got, err := c.Next()
			if err != nil {
				t.Fatal(err)
			}
			if err := same([]tape.Record{got}, []tape.Record{want}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestACursorFromWithinARecordBeginsWithThatRecord(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 100, 1500)
	for _, from := range []uint64{1, 2, 3, 100, 199, 200} {
		got, err := walk(p, from)
		if err != nil {
			t.Fatal(err)
		}
		if err := same(got, all[(from-1)/2:]); err != nil {
			t.Fatalf("from %d: %v", from, err)
		}
	}
}

func TestReadersSeeOnlyWhatIsSyncedAndNeverAHole(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	var readers sync.WaitGroup
	const last = 300
	for from := range 3 {
		readers.Go(func() {
			c := p.Cursor(uint64(1 + from))
			defer func() { _ = c.Close() }()
			for at := uint64(1 + from); at <= last; {
				if r, err := p.Read(p.Last(), nil); err != nil && !errors.Is(err, tape.ErrTrimmed) {
					t.Errorf("read: %v %v", r, err)
					return
				}
				r, err := c.Next()
				if err == io.EOF {
					runtime.Gosched()
					continue
				}
				if err == nil {
					err = same([]tape.Record{r}, []tape.Record{{First: r.First, Count: 2, Bytes: sample(r.First, 2, 900)}})
				}
				if err != nil || r.Last() < at || r.Last() > p.Last() {
					t.Errorf("at %d: %d+%d and %v", at, r.First, r.Count, err)
					return
				}
				at = r.Last() + 1
			}
		})
	}
	fill(t, p, last/2, 900)
	readers.Wait()
}

func TestTrimRemovesWholeSegmentsBelowANumberAndKeepsTheCurrent(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 300, 1500)
	before := len(files(t, w.dir))
	if more, err := p.Trim(1); more || err != nil || p.First() != 1 {
		t.Fatalf("trim below 1: %v, %v, first %d, want nothing removed", more, err, p.First())
	}
	more, err := p.Trim(300)
	for more && err == nil {
		more, err = p.Trim(300)
	}
	if err != nil {
		t.Fatal(err)
	}
	if p.First() < 2 || p.First() > 300 || len(files(t, w.dir)) >= before {
		t.Fatalf("after trim below 300 the tape begins at %d, in %d files of %d", p.First(), len(files(t, w.dir)), before)
	}
	if _, err := p.Read(p.First()-1, nil); !errors.Is(err, tape.ErrTrimmed) {
		t.Fatalf("read below: %v, want ErrTrimmed", err)
	}
	left := all[(p.First()-1)/2:]
	holds(t, p, left)
	shut(t, p)
	p = w.open(t, p.Last())
	holds(t, p, left)
	for more := true; more; {
		if more, err = p.Trim(1 << 40); err != nil {
			t.Fatal(err)
		}
	}
	if got := files(t, w.dir); len(got) != 1 {
		t.Fatalf("after a trim of all there are %d files, want the current one", len(got))
	}
	holds(t, p, all[(p.First()-1)/2:])
}

func TestTrimKeepsTheNumberItIsGiven(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	fill(t, p, 60, 1500)
	var second uint64
	if _, err := fmt.Sscanf(filepath.Base(files(t, w.dir)[1]), "%d.tape", &second); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ before, want uint64 }{{second - 1, 1}, {second, second}} {
		if _, err := p.Trim(c.before); err != nil || p.First() != c.want {
			t.Errorf("trim below %d: the tape begins at %d, want %d; %v", c.before, p.First(), c.want, err)
		}
	}
}

func TestOneTrimRemovesOnlyAFew(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	fill(t, p, 15, 60<<10)
	before := len(files(t, w.dir))
	more, err := p.Trim(1 << 40)
	if got := before - len(files(t, w.dir)); !more || err != nil || got != 8 {
		t.Fatalf("one trim removed %d files, more %v, %v; want 8, more and no error", got, more, err)
	}
}

func TestACursorOvertakenByATrimSaysSo(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	fill(t, p, 8, 60<<10)
	c := p.Cursor(0)
	defer func() { _ = c.Close() }()
	if _, err := c.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Trim(1 << 40); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := c.Next(); err != nil {
			if !errors.Is(err, tape.ErrTrimmed) {
				t.Fatalf("next: %v, want ErrTrimmed", err)
			}
			return
		}
	}
}

func TestAClosedTapeRefusesAndClosesTwice(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	fill(t, p, 2, 10)
	c := p.Cursor(0)
	if _, err := c.Next(); err != nil {
		t.Fatal(err)
	}
	shut(t, p)
	shut(t, p)
	_, read := p.Read(1, nil)
	_, trim := p.Trim(1)
	_, next := p.Cursor(1).Next()
	for name, err := range map[string]error{"append": p.Append(5, 1, []byte{1}), "read": read, "trim": trim,
		"cursor": next, "prepare": p.Prepare(t.Context())} {
		if !errors.Is(err, tape.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
}

func TestATapeOpenForReadingChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 100, 1500)
	shut(t, p)
	torn := tear(t, w, 200)
	before := contents(t, w.dir)
	w.actsSince()
	p = closing(t)(tape.OpenReadOnly(w.config(), w.env()))
	holds(t, p, all)
	if got, ok := p.Torn(); !ok || got != torn {
		t.Errorf("torn is %v %v, want %v", got, ok, torn)
	}
	_, trim := p.Trim(100)
	for name, err := range map[string]error{"append": p.Append(p.Last()+1, 1, []byte{1}), "trim": trim, "prepare": p.Prepare(t.Context())} {
		if !errors.Is(err, tape.ErrReadOnly) {
			t.Errorf("%s: %v, want ErrReadOnly", name, err)
		}
	}
	shut(t, p)
	if !sameContents(contents(t, w.dir), before) || len(w.actsSince()) > 0 {
		t.Error("the files have changed")
	}
}

// Nobody holds more files open than the shelf allows, however many segments are read.
func TestOldSegmentsAreReadThroughFewOpenFiles(t *testing.T) {
	fds := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc here")
		}
		return len(all)
	}
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 40, 60<<10)
	before := fds()
	holds(t, p, all)
	if got := fds() - before; got > 20 {
		t.Fatalf("reading %d segments left %d files open, want at most 20", len(files(t, w.dir)), got)
	}
	shut(t, p)
	if got := fds(); got > before {
		t.Fatalf("after Close %d files are open, %d before", got, before)
	}
}
