package tape_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// errDisk is what a failing act gives.
var errDisk = errors.New("injected disk failure")

// A world is a folder, a disk that fails when told to and a clock that is moved by hand.
type world struct {
	dir     string
	sizeMin int64
	sizeMax int64
	noRoom  atomic.Bool // a spare cannot be written
	key     *sealed.Key // nil: in the clear

	mu   sync.Mutex // guards what stands below
	rand *rand.Rand
	fail func(act tape.Act, path string) error
	acts []tape.Act
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{dir: scratch(t), sizeMin: 32 << 10, sizeMax: 64 << 10, rand: newRand(1)}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 77)) }

// scratch is a folder in memory where there is one: tests make thousands, and what they show
// does not hang on the disk's speed.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "tape")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// The calls of the disk itself fail by these names.
const (
	callRename tape.Act = "call of rename"
	callRemove tape.Act = "call of remove"
	callOpen   tape.Act = "call of open"
	callRead   tape.Act = "call of read"
)

func (w *world) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	if w.noRoom.Load() && filepath.Base(name) == "spare.tmp" {
		return os.OpenFile("/dev/full", os.O_RDWR, 0) // takes no byte: ENOSPC
	}
	if err := w.ask(callOpen, name); err != nil {
		return nil, err
	}
	if err := w.ask(callRead, name); err != nil {
		return os.OpenFile(name, os.O_WRONLY, 0) // each read of it fails
	}
	return os.OpenFile(name, flag, perm)
}

func (w *world) Rename(from, to string) error {
	if err := w.before(callRename, to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

func (w *world) Remove(name string) error {
	if err := w.before(callRemove, name); err != nil {
		return err
	}
	return os.Remove(name)
}

func (w *world) Read(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range b {
		b[i] = byte(w.rand.Uint32())
	}
	return len(b), nil
}

func (w *world) before(act tape.Act, path string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acts = append(w.acts, act)
	if w.fail != nil {
		return w.fail(act, path)
	}
	return nil
}

// ask is before for a call that changes nothing, and so is no act.
func (w *world) ask(call tape.Act, path string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail(call, path)
	}
	return nil
}

// failOnce makes the next act of that name fail with err.
func (w *world) failOnce(act tape.Act, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = func(a tape.Act, _ string) error {
		if a != act {
			return nil
		}
		w.fail = nil
		return err
	}
}

// failAlways makes every act of that name fail with err; a nil err heals the disk.
func (w *world) failAlways(act tape.Act, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = func(a tape.Act, _ string) error {
		if a != act {
			return nil
		}
		return err
	}
}

func (w *world) actsSince() []tape.Act {
	w.mu.Lock()
	defer w.mu.Unlock()
	acts := w.acts
	w.acts = nil
	return acts
}

// After is for tests in a bubble of testing/synctest, whose clock moves by itself.
func (w *world) After(d time.Duration) (<-chan time.Time, func()) {
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}

func (w *world) env() tape.Env {
	return tape.Env{Disk: w, Before: w.before, Clock: w, Random: w}
}

func (w *world) config() tape.Config {
	return tape.Config{Dir: w.dir, Owner: "leeds", SizeMin: w.sizeMin, SizeMax: w.sizeMax, Key: w.key}
}

func (w *world) create(t testing.TB, first uint64) *tape.Tape {
	t.Helper()
	return closing(t)(tape.Create(w.config(), w.env(), first))
}

func (w *world) open(t testing.TB, after uint64) *tape.Tape {
	t.Helper()
	return closing(t)(tape.Open(w.config(), w.env(), after))
}

func closing(t testing.TB) func(*tape.Tape, error) *tape.Tape {
	return func(p *tape.Tape, err error) *tape.Tape {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
		return p
	}
}

// sample is the record of count numbers from first: its bytes follow from the numbers.
func sample(first uint64, count uint32, size int) []byte {
	b := make([]byte, max(size, 1))
	r := rand.New(rand.NewPCG(first, uint64(count)))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// fill appends n records of size bytes, each of two numbers.
func fill(t testing.TB, p *tape.Tape, n, size int) (all []tape.Record) {
	t.Helper()
	for range n {
		r := tape.Record{First: p.Last() + 1, Count: 2}
		r.Bytes = sample(r.First, r.Count, size)
		if err := p.Append(r.First, r.Count, r.Bytes); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// walk reads all there is from number from.
func walk(p *tape.Tape, from uint64) (all []tape.Record, err error) {
	c := p.Cursor(from)
	defer func() { err = errors.Join(err, c.Close()) }()
	for {
		r, err := c.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		r.Bytes = bytes.Clone(r.Bytes)
		all = append(all, r)
	}
}

// holds fails unless the tape gives exactly want, walked and looked up.
func holds(t testing.TB, p *tape.Tape, want []tape.Record) {
	t.Helper()
	got, err := walk(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := same(got, want); err != nil {
		t.Fatal(err)
	}
	for _, r := range want {
		for _, number := range []uint64{r.First, r.Last()} {
			got, err := p.Read(number, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := same([]tape.Record{got}, []tape.Record{r}); err != nil {
				t.Fatalf("read %d: %v", number, err)
			}
		}
	}
}

func same(got, want []tape.Record) error {
	for i := range min(len(got), len(want)) {
		if got[i].First != want[i].First || got[i].Count != want[i].Count || !bytes.Equal(got[i].Bytes, want[i].Bytes) {
			return fmt.Errorf("record %d is %d+%d (%d bytes), want %d+%d (%d bytes)", i, got[i].First, got[i].Count,
				len(got[i].Bytes), want[i].First, want[i].Count, len(want[i].Bytes))
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d records, want %d", len(got), len(want))
	}
	return nil
}
