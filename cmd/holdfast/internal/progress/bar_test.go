package progress_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
)

// fake is a clock that stands until it is moved.
type fake struct{ at time.Time }

func (f *fake) now() time.Time       { return f.at }
func (f *fake) pass(d time.Duration) { f.at = f.at.Add(d) }

func newFake() *fake { return &fake{at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func ExampleBar() {
	clock := newFake()
	bar := progress.New(progress.Config{Out: os.Stdout, Now: clock.now, Label: "orders", Total: 2000})
	for range 4 {
		clock.pass(2 * time.Second)
		bar.Add(500)
	}
	if err := bar.Finish(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// orders:  25 %, 500 of 2,000, 250/s, 0:06 left
	// orders:  50 %, 1,000 of 2,000, 250/s, 0:04 left
	// orders:  75 %, 1,500 of 2,000, 250/s, 0:02 left
	// orders: 100 %, 2,000 of 2,000, 250/s, took 0:08
}

func TestOffATerminalLinesAreFew(t *testing.T) {
	cases := map[string]struct {
		total, steps int64
		each         time.Duration
		want         int
	}{
		"fast work: a line each tenth and one at the end": {1000, 1000, time.Millisecond, 10},
		"slow work: a line each 5 s":                      {1_000_000, 60, time.Second, 13},
		"a total not known: a line each 5 s":              {0, 60, time.Second, 13},
		"no work at all: the end":                         {10, 0, time.Second, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			clock, out := newFake(), &bytes.Buffer{}
			bar := progress.New(progress.Config{Out: out, Now: clock.now, Label: "rows", Total: c.total})
			for range c.steps {
				clock.pass(c.each)
				bar.Add(1)
			}
			if err := bar.Finish(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(out.String(), "\n"); got != c.want || strings.Contains(out.String(), "\r") {
				t.Errorf("got %d lines, want %d:\n%q", got, c.want, out)
			}
		})
	}
}

func TestOnATerminalOneLineIsDrawnAgain(t *testing.T) {
	clock, out := newFake(), &bytes.Buffer{}
	bar := progress.New(progress.Config{
		Out: out, IsTerminal: true, Now: clock.now, Label: "orders", Total: 1000, Width: func() int { return 70 },
	})
	for range 1000 {
		clock.pass(time.Millisecond)
		bar.Add(1)
	}
	if err := bar.Finish(); err != nil {
		t.Fatal(err)
	}
	frames := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\r")[1:]
	if len(frames) < 10 || len(frames) > 12 {
		t.Errorf("got %d frames in a second, want about ten", len(frames))
	}
	for _, f := range frames {
		if len(f) > 69 {
			t.Errorf("got a frame of %d columns, want at most 69: %q", len(f), f)
		}
	}
	last := frames[len(frames)-1]
	if want := "orders [==================] 100 %, 1,000 of 1,000, 1,000/s, took 0:01"; strings.TrimRight(last, " ") != want {
		t.Errorf("got %q, want %q", last, want)
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("got %d line ends, want the one at the end", strings.Count(out.String(), "\n"))
	}
}

func TestAShorterFrameLeavesNothingOfTheLongerOne(t *testing.T) {
	clock, out := newFake(), &bytes.Buffer{}
	bar := progress.New(progress.Config{Out: out, IsTerminal: true, Now: clock.now, Label: "bytes"})
	bar.Set(1_000_000)
	clock.pass(time.Second)
	bar.Set(1)
	frames := strings.Split(out.String(), "\r")
	if got, want := frames[2], "bytes 1, 1.0/s"+strings.Repeat(" ", len(frames[1])-len("bytes 1, 1.0/s")); got != want {
		t.Errorf("got %q over %q, want %q", got, frames[1], want)
	}
}

func TestANarrowTerminalIsNotOverrun(t *testing.T) {
	for _, width := range []int{20, 30, 45, 0, -1} {
		clock, out := newFake(), &bytes.Buffer{}
		bar := progress.New(progress.Config{
			Out: out, IsTerminal: true, Now: clock.now, Label: "a long label of work", Total: 10, Width: func() int { return width },
		})
		clock.pass(time.Second)
		bar.Add(5)
		limit := width - 1
		if width < 20 {
			limit = 79
		}
		if got := len(out.String()) - len("\r"); got > limit || got == 0 {
			t.Errorf("got %d columns of %d, want 1 to %d: %q", got, width, limit, out)
		}
	}
}

func TestTimeLeftAndRateAreToldInWords(t *testing.T) {
	cases := map[string]struct {
		done, total int64
		took        time.Duration
		want        string
	}{
		"minutes":              {100, 1000, 100 * time.Second, "w:  10 %, 100 of 1,000, 1.0/s, 15:00 left"},
		"hours":                {1, 101, 60 * time.Second, "w:   0 %, 1 of 101, 0.0/s, 1:40:00 left"},
		"longer than sensible": {1, 1 << 60, 60 * time.Second, "w:   0 %, 1 of 1,152,921,504,606,846,976, 0.0/s, 99:00:00 left"},
		"almost done":          {999, 1000, 10 * time.Second, "w:  99 %, 999 of 1,000, 99/s, 0:00 left"},
		"more than expected":   {30, 20, 10 * time.Second, "w: 100 %, 30 of 20, 3.0/s"},
		"nothing yet":          {0, 20, 10 * time.Second, "w:   0 %, 0 of 20, 0.0/s"},
		"less than nothing":    {-5, 20, 10 * time.Second, "w:   0 %, 0 of 20, 0.0/s"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			clock, out := newFake(), &bytes.Buffer{}
			bar := progress.New(progress.Config{Out: out, Now: clock.now, Label: "w", Total: c.total})
			clock.pass(c.took)
			bar.Set(c.done)
			if got := strings.TrimSuffix(out.String(), "\n"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAfterFinishNothingIsWritten(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		clock, out := newFake(), &bytes.Buffer{}
		bar := progress.New(progress.Config{Out: out, IsTerminal: terminal, Now: clock.now, Label: "w", Total: 10})
		first := bar.Finish()
		before := out.String()
		clock.pass(time.Minute)
		bar.Add(5)
		if second := bar.Finish(); first != nil || second != nil || out.String() != before {
			t.Errorf("got %q and errors %v, %v, want %q and none", out, first, second, before)
		}
	}
}

// full is a disk that takes so many writes.
type full struct{ left int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAnErrorOfTheWriterIsToldOnce(t *testing.T) {
	clock, out := newFake(), &full{left: 1}
	bar := progress.New(progress.Config{Out: out, Now: clock.now, Label: "w", Total: 10})
	for range 10 {
		bar.Add(1)
	}
	if err := bar.Finish(); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
	if out.left != -1 {
		t.Errorf("got %d writes after the failed one, want none", -1-out.left)
	}
}

func TestSeveralGoroutinesMayAdd(t *testing.T) {
	clock, out := newFake(), &bytes.Buffer{}
	bar := progress.New(progress.Config{Out: out, Now: clock.now, Label: "w", Total: 4000})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				bar.Add(1)
			}
		})
	}
	all.Wait()
	if err := bar.Finish(); err != nil || !strings.HasSuffix(out.String(), "4,000 of 4,000, 0.0/s, took 0:00\n") {
		t.Errorf("got %q (%v), want all 4,000", out, err)
	}
}

func TestAPlainFileGetsLines(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	clock := newFake()
	bar := progress.ForFile(f, "rows", 2, clock.now)
	bar.Add(1)
	if err := errors.Join(bar.Finish(), f.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(f.Name())
	if want := "rows:  50 %, 1 of 2, 0.0/s\nrows:  50 %, 1 of 2, 0.0/s, took 0:00\n"; err != nil || string(got) != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}
