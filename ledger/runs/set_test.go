package runs_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

func TestASetAgreesWithAMapWhateverIsAddedDroppedMergedAndReopened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "runs")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := &world{dir: dir, rand: newRand(rapid.Uint64().Draw(t, "seed")), memory: int64(rapid.IntRange(1, 5).Draw(t, "pages")) * runs.PageSize}
		want := map[runs.Name]uint64{}
		s, err := runs.Open(w.config(), w.env(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 40).Draw(t, "acts") {
			switch rapid.IntRange(0, 9).Draw(t, "act") {
			case 0:
				if err = s.Close(); err == nil {
					s, err = runs.Open(w.config(), w.env(), w.list)
				}
			case 1:
				err = w.merge(s)
			case 2:
				var c *runs.Change
				if c, err = s.Add([]runs.Row{{Name: name(7), Number: 1 << 60}}); err == nil {
					err = s.Abort(c)
				}
			default:
				from := rapid.IntRange(0, 3000).Draw(t, "from")
				to := from + rapid.SampledFrom([]int{1, 30, 170, 4000}).Draw(t, "rows")
				gone := rapid.IntRange(1, 5).Draw(t, "gone")
				width := rapid.SampledFrom([]int{0, 12, 40}).Draw(t, "width")
				rows := rowsOf(from, to, func(n int) uint64 {
					if n%5 < gone {
						return 0
					}
					return uint64(n+1) << width
				})
				for _, r := range rows {
					if want[r.Name] = r.Number; r.Number == 0 {
						delete(want, r.Name)
					}
				}
				err = w.add(s, rows)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := holds(s, want, name(1), name(2), name(500), name(9999), runs.Name{}); err != nil {
			t.Fatal(err)
		}
		if s.Held() > w.memory {
			t.Fatalf("got %d bytes of filters in memory, want at most %d", s.Held(), w.memory)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAWalkGoesOnBehindAnyName(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	want := rowsOf(0, 3000, plus)
	for from := 0; from < 3000; from += 1000 {
		must(t, w.add(s, rowsOf(from, from+1000, plus)))
	}
	v := s.View()
	defer v.Close()
	for n := -1; n < 3100; n += 61 {
		after := name(max(n, 0))
		if n < 0 {
			after = runs.Name{}
		}
		at, found := slices.BinarySearchFunc(want, after, func(r runs.Row, n runs.Name) int { return slices.Compare(r.Name[:], n[:]) })
		up, err := walk(v, &after, false)
		must(t, err)
		down, err := walk(v, &after, true)
		must(t, err)
		slices.Reverse(down)
		behind := at
		if found {
			behind++
		}
		if !slices.Equal(up, want[behind:]) || !slices.Equal(down, want[:at]) {
			t.Fatalf("behind %x: got %d up and %d down, want %d and %d", after, len(up), len(down), len(want)-behind, at)
		}
	}
}

// So many runs stand at no level that a lookup would ask more than a few files.
func TestRunsAreMergedLevelByLevelAndTheirFilesGo(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	want := map[runs.Name]uint64{}
	for i := range 200 {
		rows := rowsOf(i*20, i*20+30, plus)
		for _, r := range rows {
			want[r.Name] = r.Number
		}
		must(t, w.add(s, rows))
		_, err := s.Step()
		must(t, err)
	}
	must(t, w.merge(s))
	must(t, w.merge(s))
	must(t, w.add(s, nil))
	at := map[int]int{}
	for _, r := range w.list {
		if at[r.Level]++; at[r.Level] >= runs.FanIn {
			t.Errorf("got %d runs of level %d, want fewer than %d", at[r.Level], r.Level, runs.FanIn)
		}
	}
	if w.list[0].Level < 2 {
		t.Errorf("got levels %v, want what was merged merged again", at)
	}
	must(t, holds(s, want))
	if files := contents(t, w.dir); len(files) != len(w.list) {
		t.Errorf("got files %v, want those of %v", slices.Sorted(maps.Keys(files)), w.list)
	}
}

func TestWhoIsGoneIsForgottenWithTheOldestRun(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	must(t, w.add(s, rowsOf(0, 100, plus)))
	for range runs.FanIn - 1 {
		must(t, w.add(s, rowsOf(0, 100, func(int) uint64 { return 0 })))
	}
	must(t, w.merge(s))
	if len(w.list) != 0 {
		t.Errorf("got %v, want nothing left", w.list)
	}
	must(t, w.add(s, nil))
	must(t, holds(s, nil, name(1)))
	if files := contents(t, w.dir); len(files) != 0 {
		t.Errorf("got %d files, want none", len(files))
	}
}

func TestAViewOutlivesWhatIsMerged(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	must(t, w.add(s, rowsOf(0, 500, plus)))
	v := s.View()
	var readers sync.WaitGroup
	readers.Go(func() {
		for n := range 500 {
			if number, ok, err := v.Find(name(n)); err != nil || !ok || number != plus(n) {
				t.Errorf("got %d, %t, %v; want %d", number, ok, err, plus(n))
			}
		}
		v.Close()
	})
	for i := range 20 {
		must(t, w.add(s, rowsOf(0, 500, func(int) uint64 { return uint64(i) + 7 })))
		must(t, w.merge(s))
	}
	readers.Wait()
	v = s.View()
	defer v.Close()
	if number, ok, err := v.Find(name(3)); err != nil || !ok || number != 26 {
		t.Errorf("got %d, %t, %v; want the newest", number, ok, err)
	}
}

func TestAnotherListIsToldApartFromDamage(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	must(t, w.add(s, rowsOf(0, 10, plus)))
	must(t, w.add(s, rowsOf(10, 20, plus)))
	must(t, s.Close())
	list := w.list
	w.list[1].Sum++
	if _, err := runs.Open(w.config(), w.env(), w.list); !errors.Is(err, runs.ErrStale) {
		t.Errorf("another run: got %v, want %v", err, runs.ErrStale)
	}
	list[1].Sum--
	must(t, os.Remove(filepath.Join(w.dir, "0000000000000001.run")))
	if _, err := runs.Open(w.config(), w.env(), list); !errors.Is(err, runs.ErrStale) {
		t.Errorf("a missing file: got %v, want %v", err, runs.ErrStale)
	}
	other := w.config()
	other.Owner = "keys of york"
	var damage *runs.DamageError
	if _, err := runs.Open(other, w.env(), list[1:]); !errors.As(err, &damage) || !strings.Contains(err.Error(), "belongs to") {
		t.Errorf("another owner: got %v, want a DamageError", err)
	}
	for _, bad := range []runs.Config{{Owner: "x"}, {Dir: "x"}, {Dir: "x", Owner: "x", Memory: -1}} {
		if _, err := runs.Open(bad, w.env(), nil); err == nil {
			t.Errorf("%+v: got no error, want one", bad)
		}
	}
}

func TestAClosedSetTakesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	must(t, s.Close())
	must(t, s.Close())
	if _, err := s.Add(rowsOf(0, 1, plus)); !errors.Is(err, runs.ErrClosed) {
		t.Errorf("got %v, want %v", err, runs.ErrClosed)
	}
	if _, err := s.Step(); !errors.Is(err, runs.ErrClosed) {
		t.Errorf("got %v, want %v", err, runs.ErrClosed)
	}
}
