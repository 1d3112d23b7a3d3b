package runs_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/runs"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// errDisk is what a failing act gives.
var errDisk = errors.New("injected disk failure")

// A world is a folder and a disk that fails when told to. It keeps the list as a caller's commit would.
type world struct {
	dir    string
	memory int64
	list   []runs.Run
	key    *sealed.Key // nil: in the clear

	mu   sync.Mutex // guards what stands below
	rand *rand.Rand
	fail func(act runs.Act, path string) error
	full bool // files that are made take no byte
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{dir: scratch(t), rand: newRand(1)}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 77)) }

// scratch is a folder in memory where there is one: tests make thousands of files.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "runs")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (w *world) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	if w.full && flag&os.O_CREATE != 0 {
		return os.OpenFile("/dev/full", os.O_RDWR, 0) // takes no byte: ENOSPC
	}
	return os.OpenFile(name, flag, perm)
}

func (w *world) Remove(name string) error { return os.Remove(name) }

func (w *world) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(w.rand.Uint32())
	}
	return len(b), nil
}

func (w *world) before(act runs.Act, path string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail(act, path)
	}
	return nil
}

func (w *world) config() runs.Config {
	return runs.Config{Dir: w.dir, Owner: "keys of leeds", Memory: w.memory, Key: w.key}
}

func (w *world) env() runs.Env { return runs.Env{Disk: w, Before: w.before, Random: w} }

func (w *world) open(t testing.TB) *runs.Set {
	t.Helper()
	s, err := runs.Open(w.config(), w.env(), w.list)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// add makes one change and lands it, as a checkpoint would.
func (w *world) add(s *runs.Set, rows []runs.Row) error {
	c, err := s.Add(rows)
	if err != nil {
		return err
	}
	w.list = c.List()
	return s.Land(c)
}

// merge takes steps until there is nothing to do, and lands what is merged.
func (w *world) merge(s *runs.Set) error {
	for more := true; more; {
		var err error
		if more, err = s.Step(); err != nil {
			return err
		}
	}
	return w.add(s, nil)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// name is the n-th of as many names as one likes, in no order; those of one n in a hundred share
// their first bytes, as ids of one millisecond do.
func name(n int) (id runs.Name) {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	binary.BigEndian.PutUint64(id[:], r.Uint64())
	binary.BigEndian.PutUint64(id[8:], r.Uint64())
	if n%100 < 20 {
		copy(id[:8], "the same")
	}
	return id
}

// rowsOf are rows of the names from one number to another, in their order.
func rowsOf(from, to int, number func(n int) uint64) []runs.Row {
	rows := make([]runs.Row, 0, to-from)
	for n := from; n < to; n++ {
		rows = append(rows, runs.Row{Name: name(n), Number: number(n)})
	}
	sortRows(rows)
	return rows
}

func sortRows(rows []runs.Row) {
	slices.SortFunc(rows, func(a, b runs.Row) int { return slices.Compare(a.Name[:], b.Name[:]) })
}

func plus(n int) uint64 { return uint64(n) + 1 }

// holds says whether the set has exactly the names of want, looked up and walked both ways.
func holds(s *runs.Set, want map[runs.Name]uint64, absent ...runs.Name) error {
	v := s.View()
	defer v.Close()
	if err := v.Check(); err != nil {
		return err
	}
	for n, number := range want {
		if got, ok, err := v.Find(n); err != nil || !ok || got != number {
			return errors.Join(err, errors.New("a name is lost or has another number"))
		}
	}
	for _, n := range absent {
		if _, ok, err := v.Find(n); err != nil || ok != (want[n] > 0) {
			return errors.Join(err, errors.New("a name is there that is not, or is lost"))
		}
	}
	all := make([]runs.Row, 0, len(want))
	for n, number := range want {
		all = append(all, runs.Row{Name: n, Number: number})
	}
	sortRows(all)
	for _, down := range []bool{false, true} {
		got, err := walk(v, nil, down)
		if err != nil {
			return err
		}
		if !slices.Equal(got, all) {
			return errors.New("a walk gives other rows")
		}
		slices.Reverse(all)
	}
	return nil
}

func walk(v *runs.View, after *runs.Name, down bool) (all []runs.Row, err error) {
	return walkFrom(v, after, down, 0)
}

func walkFrom(v *runs.View, after *runs.Name, down bool, floor uint64) (all []runs.Row, err error) {
	w, err := v.Walk(after, down, floor)
	if err != nil {
		return nil, err
	}
	for {
		r, ok, err := w.Next()
		if err != nil || !ok {
			return all, err
		}
		all = append(all, r)
	}
}

func contents(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	all := map[string][]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		all[e.Name()] = b
	}
	return all
}

func restore(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	for name := range contents(t, dir) {
		must(t, os.Remove(filepath.Join(dir, name)))
	}
	for name, b := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
}
