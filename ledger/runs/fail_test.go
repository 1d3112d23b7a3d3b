package runs_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/runs"
)

// history is what a caller does whose every act is watched: 20 changes, a step after each, so that
// merges of two levels are begun, done and landed. It gives what stands after each landing.
func history(w *world, s *runs.Set, landed func(n int)) error {
	for n := range 20 {
		if err := w.add(s, rowsOf(n*40, n*40+60, func(k int) uint64 { return uint64(k+n) % 7 })); err != nil {
			return err
		}
		landed(n + 1)
		if _, err := s.Step(); err != nil {
			return err
		}
	}
	return nil
}

// standing is what the set holds after so many changes.
func standing(n int) map[runs.Name]uint64 {
	all := map[runs.Name]uint64{}
	for i := range n {
		for k := i * 40; k < i*40+60; k++ {
			if all[name(k)] = uint64(k+i) % 7; all[name(k)] == 0 {
				delete(all, name(k))
			}
		}
	}
	return all
}

// A power cut at each act, with what is not synced kept, lost or torn: the list as it was
// committed opens and holds what had landed.
func TestAPowerCutAtAnyActLeavesWhatTheListSays(t *testing.T) {
	type moment struct {
		act    runs.Act
		files  map[string][]byte
		list   []runs.Run
		before []runs.Run // the list that was committed before it
		landed int
	}
	w := newWorld(t)
	s := w.open(t)
	var moments []moment
	landed := 0
	var before, list []runs.Run
	w.fail = func(act runs.Act, _ string) error {
		if !slices.Equal(w.list, list) {
			before, list = list, slices.Clone(w.list)
		}
		n := landed
		if len(list) > 0 && act == runs.ActRemove { // in Land: its list is committed
			n++
		}
		moments = append(moments, moment{act, contents(t, w.dir), list, before, n})
		return nil
	}
	must(t, history(w, s, func(n int) { landed = n }))
	w.fail = nil
	r := newRand(4)
	acts := map[runs.Act]int{}
	for i, m := range moments {
		for range 3 {
			files := maps.Clone(m.files)
			if i+1 < len(moments) {
				for name, b := range moments[i+1].files { // of a file that no list names anything may be there
					if !named(m.list, name) && !named(m.before, name) && r.IntN(2) == 0 {
						files[name] = b[:r.IntN(len(b)+1)]
					}
				}
			}
			restore(t, w.dir, files)
			w.list = m.list
			again := w.open(t)
			if err := holds(again, standing(m.landed)); err != nil {
				t.Fatalf("act %d, %q: %v", i, m.act, err)
			}
			if got := contents(t, w.dir); len(got) != len(m.list) {
				t.Fatalf("act %d, %q: got %d files, want %d", i, m.act, len(got), len(m.list))
			}
			must(t, again.Close())
			// The caller's last commit is lost: the list before still has its files.
			restore(t, w.dir, files)
			older, err := runs.OpenReadOnly(w.config(), w.env(), m.before)
			if err != nil {
				t.Fatalf("act %d, %q: the list before: %v", i, m.act, err)
			}
			must(t, older.Close())
			acts[m.act]++
		}
	}
	for _, act := range []runs.Act{runs.ActWrite, runs.ActSync, runs.ActSyncDir, runs.ActRemove} {
		if acts[act] == 0 {
			t.Errorf("got no power cut at %q, want some", act)
		}
	}
}

func named(list []runs.Run, file string) bool {
	return slices.ContainsFunc(list, func(r runs.Run) bool { return fmt.Sprintf("%016d.run", r.File) == file })
}

func TestTheFirstFailureIsFinalAndWhatHadLandedStands(t *testing.T) {
	for n := 0; ; n++ {
		w := newWorld(t)
		s := w.open(t)
		left := n
		var failed runs.Act
		w.fail = func(act runs.Act, _ string) error {
			if left--; left == -1 {
				failed = act
				return errDisk
			}
			return nil
		}
		landed := 0
		err := history(w, s, func(n int) { landed = n })
		if failed == "" {
			if n < 50 {
				t.Errorf("got %d acts that can fail, want more", n)
			}
			return
		}
		if !errors.Is(err, errDisk) {
			t.Fatalf("act %d, %q: got %v, want %v", n, failed, err, errDisk)
		}
		if _, err := s.Add(nil); !errors.Is(err, errDisk) {
			t.Fatalf("act %d, %q: got %v after it, want the failure again", n, failed, err)
		}
		if _, err := s.Step(); !errors.Is(err, errDisk) {
			t.Fatalf("act %d, %q: got %v after it, want the failure again", n, failed, err)
		}
		if failed == runs.ActRemove {
			landed = min(landed+1, 20) // inside Land, whose list was committed
		}
		must(t, s.Close())
		w.fail = nil
		again := w.open(t)
		if err := holds(again, standing(landed)); err != nil {
			t.Fatalf("act %d, %q: %v", n, failed, err)
		}
		must(t, again.Close())
	}
}

// No room is no failure: nothing is left of what was begun, and the set goes on later.
func TestAFullDiskIsRefusedWholeAndPasses(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	for i := range runs.FanIn {
		must(t, w.add(s, rowsOf(i*10, i*10+10, plus)))
	}
	noRoom := func(act runs.Act, _ string) error {
		if act == runs.ActWrite {
			return &os.PathError{Op: "write", Err: syscall.ENOSPC}
		}
		return nil
	}
	for _, act := range []func() error{
		func() error { _, err := s.Add(rowsOf(500, 600, plus)); return err },
		func() error { _, err := s.Step(); return err },
	} {
		files := len(contents(t, w.dir))
		w.fail = noRoom
		if err := act(); !errors.Is(err, runs.ErrFull) {
			t.Fatalf("got %v, want %v", err, runs.ErrFull)
		}
		w.fail, w.full = nil, true
		if err := act(); err != nil && !errors.Is(err, runs.ErrFull) {
			t.Fatalf("got %v, want %v", err, runs.ErrFull)
		}
		w.full = false
		if got := len(contents(t, w.dir)); got != files {
			t.Errorf("got %d files, want the %d of before", got, files)
		}
	}
	must(t, w.merge(s))
	must(t, w.add(s, rowsOf(500, 600, plus)))
	want := map[runs.Name]uint64{}
	for _, r := range append(rowsOf(0, 80, plus), rowsOf(500, 600, plus)...) {
		want[r.Name] = r.Number
	}
	must(t, holds(s, want))
	// A sync without room is a failed sync.
	w.fail = func(act runs.Act, _ string) error {
		if act == runs.ActSync {
			return &os.PathError{Op: "sync", Err: syscall.ENOSPC}
		}
		return nil
	}
	if _, err := s.Add(rowsOf(0, 1, plus)); err == nil || errors.Is(err, runs.ErrFull) {
		t.Errorf("got %v, want a failure and not %v", err, runs.ErrFull)
	}
}

// Any byte of any file: what is served is what was written, or it is named as damage.
func TestDamageAnywhereIsNeverServed(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	want := map[runs.Name]uint64{}
	for i, n := range []int{7000, 300, 1} {
		for _, r := range rowsOf(i*5000, i*5000+n, plus) {
			want[r.Name] = r.Number
		}
		must(t, w.add(s, rowsOf(i*5000, i*5000+n, plus)))
	}
	must(t, s.Close())
	whole := contents(t, w.dir)
	names := slices.Sorted(maps.Keys(whole))
	r := newRand(9)
	found := map[string]int{}
	for n := range 250 {
		files := maps.Clone(whole)
		file := names[r.IntN(len(names))]
		b := slices.Clone(files[file])
		at := r.IntN(len(b))
		switch r.IntN(4) {
		case 0:
			b = b[:at]
		case 1:
			for i := at &^ 4095; i < at&^4095+4096; i++ {
				b[i] = byte(r.Uint32())
			}
		case 2:
			b[at] ^= 1 << r.IntN(8)
		case 3: // a page at another's place
			from := r.IntN(len(b)) &^ 4095
			if from == at&^4095 {
				continue
			}
			copy(b[at&^4095:at&^4095+4096], b[from:])
		}
		files[file] = b
		restore(t, w.dir, files)
		outcome, err := damaged(w, want)
		if err != nil {
			t.Fatalf("case %d, %s at %d: %v", n, file, at, err)
		}
		found[outcome]++
	}
	if found["opening"] == 0 || found["reading"] == 0 {
		t.Errorf("got %v, want some found at opening and some when read", found)
	}
}

// damaged reads all there is of a set with a damaged file.
func damaged(w *world, want map[runs.Name]uint64) (outcome string, err error) {
	s, err := runs.Open(w.config(), w.env(), w.list)
	var d *runs.DamageError
	if errors.As(err, &d) {
		return "opening", nil
	}
	if err != nil {
		return "", err
	}
	defer s.Close()
	v := s.View()
	defer v.Close()
	found := false
	for n := 0; n < 10200; n += 3 {
		number, ok, err := v.Find(name(n))
		if errors.As(err, &d) {
			found = true
			continue
		}
		if err != nil {
			return "", err
		}
		if ok != (want[name(n)] > 0) || number != want[name(n)] {
			return "", fmt.Errorf("got %d, %t; want %d", number, ok, want[name(n)])
		}
	}
	if all, err := walk(v, nil, false); err != nil && !errors.As(err, &d) || err == nil && len(all) != len(want) {
		return "", fmt.Errorf("walk: got %d rows, %w; want %d or damage", len(all), err, len(want))
	}
	if err := v.Check(); !errors.As(err, &d) {
		return "", fmt.Errorf("check: got %v, want a DamageError", err)
	}
	if !found {
		return "check", nil
	}
	return "reading", nil
}

func TestACheckFindsAFilterThatForgets(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	must(t, w.add(s, rowsOf(0, 100, plus)))
	must(t, s.Close())
	path := filepath.Join(w.dir, "0000000000000001.run")
	b, err := os.ReadFile(path)
	must(t, err)
	clear(b[runs.PageSize+300 : 2*runs.PageSize-10]) // its one group
	must(t, os.WriteFile(path, runs.SealAll(b), 0o600))
	again := w.open(t)
	v := again.View()
	defer v.Close()
	var d *runs.DamageError
	if err := v.Check(); !errors.As(err, &d) || d.Page != 1 {
		t.Errorf("got %v, want damage of page 1", err)
	}
}
