package runs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// A name's number rises whenever it is written; a name may go and come again. What has the floor's number or more is given whatever
// a walk passes over, and nothing that is gone comes back.
func TestAWalkWithAFloorGivesAllThatIsNotBelowIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "runs")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := &world{dir: dir, rand: newRand(rapid.Uint64().Draw(t, "seed")), memory: 4 * runs.PageSize}
		s, err := runs.Open(w.config(), w.env(), nil)
		if err != nil {
			t.Fatal(err)
		}
		want, clock := map[runs.Name]uint64{}, uint64(0)
		for range rapid.IntRange(1, 24).Draw(t, "acts") {
			if rapid.IntRange(0, 3).Draw(t, "merge") == 0 {
				err = w.merge(s)
			} else {
				from, step := rapid.IntRange(0, 3000).Draw(t, "from"), rapid.SampledFrom([]int{1, 1, 7, 300}).Draw(t, "step")
				gone := rapid.SampledFrom([]int{2, 11, 1 << 20}).Draw(t, "gone")
				rows := rowsOf(from, from+rapid.SampledFrom([]int{1, 400, 3000}).Draw(t, "rows"), func(int) uint64 { return 0 })
				rows = slices.DeleteFunc(rows, func(r runs.Row) bool { return int(r.Name[15])%step != 0 })
				for i := range rows {
					if clock++; int(clock)%gone > 0 {
						rows[i].Number, want[rows[i].Name] = clock, clock
					} else {
						delete(want, rows[i].Name)
					}
				}
				if len(rows) > 0 {
					err = w.add(s, rows)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			floor := uint64(rapid.IntRange(0, int(clock)+1).Draw(t, "floor"))
			if err := givesFrom(s, want, floor); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// givesFrom walks either way from several names, each twice: the first learns what the second passes over.
func givesFrom(s *runs.Set, want map[runs.Name]uint64, floor uint64) error {
	v := s.View()
	defer v.Close()
	var all []runs.Row
	for n, number := range want {
		if number >= floor {
			all = append(all, runs.Row{Name: n, Number: number})
		}
	}
	sortRows(all)
	for _, down := range []bool{false, true, false, true} {
		for _, after := range []*runs.Name{nil, new(name(0)), new(name(700)), new(name(2999))} {
			got, err := walkFrom(v, after, down, floor)
			if err != nil {
				return err
			}
			got = slices.DeleteFunc(got, func(r runs.Row) bool { return r.Number < floor })
			left := slices.DeleteFunc(slices.Clone(all), func(r runs.Row) bool {
				return after != nil && (slices.Compare(r.Name[:], after[:]) <= 0) != down || after != nil && r.Name == *after
			})
			if down {
				slices.Reverse(left)
			}
			if !slices.Equal(got, left) {
				return fmt.Errorf("floor %d, down %v: got %d rows, want %d", floor, down, len(got), len(left))
			}
		}
	}
	return nil
}

// What is passed over is not read: a page that is spoilt on disk hurts no walk that has nothing to look for on it.
func TestAWalkWithAFloorReadsNoPageThatIsBelowIt(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	rows := rowsOf(0, 3000, plus)
	for i := range rows {
		rows[i].Number = uint64(i + 1)
	}
	must(t, w.add(s, rows))
	v := s.View()
	defer v.Close()
	for range 2 {
		if got, err := walkFrom(v, nil, false, 2900); err != nil || len(got) == 0 || got[len(got)-1].Number != 3000 {
			t.Fatalf("got %d rows, %v", len(got), err)
		}
	}
	files, err := filepath.Glob(filepath.Join(w.dir, "*.run"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	f, err := os.OpenFile(files[0], os.O_RDWR, 0)
	must(t, err)
	if _, err := f.WriteAt(make([]byte, runs.PageSize), 0); err != nil {
		t.Fatal(err)
	}
	must(t, f.Close())
	for _, down := range []bool{false, true} {
		got, err := walkFrom(v, nil, down, 2900)
		if err != nil || len(got) < 101 || len(got) > 600 {
			t.Errorf("with a floor: got %d rows, %v, want those of the last pages", len(got), err)
		}
		if _, err := walk(v, nil, down); err == nil {
			t.Error("a walk of all did not meet the page that is spoilt")
		}
	}
}

// A page of low numbers may drop a name that an older run has with a high one.
func TestAWalkWithAFloorGivesNoNameThatIsGone(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	rows := rowsOf(0, 3, plus)
	must(t, w.add(s, []runs.Row{{Name: rows[1].Name, Number: 500}}))
	must(t, w.add(s, []runs.Row{{Name: rows[0].Name, Number: 10}, {Name: rows[1].Name}, {Name: rows[2].Name, Number: 11}}))
	v := s.View()
	defer v.Close()
	for n := range 4 {
		if got, err := walkFrom(v, nil, n%2 > 0, 400); err != nil || slices.ContainsFunc(got, func(r runs.Row) bool { return r.Name == rows[1].Name }) {
			t.Errorf("got %v, %v, want nothing of the name that is gone", got, err)
		}
	}
}
