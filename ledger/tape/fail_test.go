package tape_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// contents reads the folder.
func contents(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = b
	}
	return all
}

func sameContents(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }

// tear puts behind the last record what a power cut can leave of one more of size bytes: its
// end without its beginning.
func tear(t testing.TB, w *world, size int) tape.Tear {
	t.Helper()
	p, err := tape.OpenReadOnly(w.config(), w.env())
	if err != nil {
		t.Fatal(err)
	}
	end := p.End()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	all := files(t, w.dir)
	path := all[len(all)-1]
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.Repeat([]byte{0xaa}, size)
	if _, err = f.WriteAt(b, end+64); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return tape.Tear{File: path, From: end, To: (end + 64 + int64(size) + 7) &^ 7}
}

func TestTheFirstFailureOfAnActIsFinalUntilReopened(t *testing.T) {
	for _, act := range []tape.Act{tape.ActPrewrite, tape.ActRoll, callRename, tape.ActSyncDir, tape.ActSeal, tape.ActWrite, tape.ActSync} {
		t.Run(string(act), func(t *testing.T) {
			w := newWorld(t)
			p := w.create(t, 1)
			all := fill(t, p, 3, 1500)
			w.failOnce(act, errDisk)
			unsure := tape.Record{Count: 2}
			var err error
			for range 100 {
				unsure.First = p.Last() + 1
				unsure.Bytes = sample(unsure.First, 2, 1500)
				if err = p.Append(unsure.First, 2, unsure.Bytes); err != nil {
					break
				}
				all = append(all, unsure)
			}
			if !errors.Is(err, errDisk) || errors.Is(err, tape.ErrFull) {
				t.Fatalf("append: %v, want the disk's failure", err)
			}
			holds(t, p, all) // what was answered is read on; what is unsure is not shown
			w.actsSince()
			again := p.Append(p.Last()+1, 1, []byte{1})
			_, trim := p.Trim(2)
			for _, got := range []error{again, p.Err(), trim, p.Prepare(t.Context())} {
				if !errors.Is(got, errDisk) {
					t.Errorf("afterwards: %v, want %v", got, err)
				}
			}
			if acts := w.actsSince(); len(acts) > 0 {
				t.Errorf("after the failure the tape did %v", acts)
			}
			shut(t, p)
			p = w.open(t, all[len(all)-1].Last())
			if p.Last() == unsure.Last() && act == tape.ActSync {
				all = append(all, unsure)
			}
			all = append(all, fill(t, p, 30, 1500)...)
			holds(t, p, all)
		})
	}
}

func TestAFailedTrimIsFinalUntilReopened(t *testing.T) {
	for _, act := range []tape.Act{tape.ActTrim, callRemove, tape.ActSyncDir} {
		t.Run(string(act), func(t *testing.T) {
			w := newWorld(t)
			p := w.create(t, 1)
			all := fill(t, p, 60, 1500)
			w.failOnce(act, errDisk)
			if _, err := p.Trim(60); !errors.Is(err, errDisk) {
				t.Fatalf("trim: %v, want the disk's failure", err)
			}
			if err := p.Append(p.Last()+1, 1, []byte{1}); !errors.Is(err, errDisk) {
				t.Fatalf("append: %v, want the disk's failure", err)
			}
			shut(t, p)
			p = w.open(t, p.Last())
			holds(t, p, all[(p.First()-1)/2:])
		})
	}
}

func TestATapeThatCannotBeMadeOrSettledIsNotOpened(t *testing.T) {
	w := newWorld(t)
	for _, act := range []tape.Act{tape.ActPrewrite, tape.ActRoll, callRename, tape.ActSyncDir} {
		w.failOnce(act, errDisk)
		if _, err := tape.Create(w.config(), w.env(), 1); !errors.Is(err, errDisk) {
			t.Fatalf("create with failing %s: %v", act, err)
		}
		if act != tape.ActSyncDir {
			if _, err := tape.Open(w.config(), w.env(), 0); !errors.Is(err, tape.ErrNoTape) {
				t.Fatalf("open after it: %v, want ErrNoTape", err)
			}
		}
	}
	all := fill(t, w.open(t, 0), 3, 10)
	for _, act := range []tape.Act{tape.ActMend, tape.ActSyncDir} {
		w.failOnce(act, errDisk)
		if _, err := tape.Open(w.config(), w.env(), 0); !errors.Is(err, errDisk) {
			t.Fatalf("open with failing %s: %v", act, err)
		}
	}
	holds(t, w.open(t, 0), all)
}

func TestOpeningWritesTheLastRecordAgainBeforeItIsShown(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	fill(t, p, 3, 10)
	shut(t, p)
	w.actsSince()
	w.open(t, 0)
	if got := w.actsSince(); !slices.Contains(got, tape.ActMend) || !slices.Contains(got, tape.ActSyncDir) {
		t.Fatalf("opening did %v, want the last record and the folder synced", got)
	}
}

func TestATornWriteIsLeftAsEvidenceUntilTheNextAppendClearsIt(t *testing.T) {
	w := newWorld(t)
	p := w.create(t, 1)
	all := fill(t, p, 3, 500)
	shut(t, p)
	torn := tear(t, w, 5000)
	before := contents(t, w.dir)
	p = w.open(t, 0)
	if got, ok := p.Torn(); !ok || got != torn {
		t.Fatalf("torn is %v %v, want %v", got, ok, torn)
	}
	holds(t, p, all)
	if !sameContents(contents(t, w.dir), before) {
		t.Fatal("opening has changed the files")
	}
	w.failOnce(tape.ActMend, errDisk)
	if err := p.Append(p.Last()+1, 1, []byte{1}); !errors.Is(err, errDisk) {
		t.Fatalf("append: %v, want the disk's failure", err)
	}
	shut(t, p)
	p = w.open(t, 0)
	all = append(all, fill(t, p, 1, 10)...)
	holds(t, p, all)
	shut(t, p)
	p = w.open(t, 0)
	if got, ok := p.Torn(); ok {
		t.Fatalf("after an append %v is still torn", got)
	}
	holds(t, p, all)
}

func TestAFullDiskRefusesWithNothingWrittenAndPasses(t *testing.T) {
	for name, full := range map[string]func(w *world, is bool){
		"at the zeros": func(w *world, is bool) { w.noRoom.Store(is) },
		"at the name": func(w *world, is bool) {
			if is {
				w.failAlways(callRename, syscall.ENOSPC)
			} else {
				w.failAlways(callRename, nil)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.create(t, 1)
			all := fill(t, p, 1, 20<<10)
			full(w, true)
			if got := p.Room(); got < tape.Cost(4000) || got > 32<<10 {
				t.Fatalf("room is %d", got)
			}
			for range 3 {
				if err := p.Append(p.Last()+1, 2, make([]byte, 20<<10)); !errors.Is(err, tape.ErrFull) || !errors.Is(err, syscall.ENOSPC) {
					t.Fatalf("append: %v, want ErrFull for ENOSPC", err)
				}
			}
			all = append(all, fill(t, p, 1, 1000)...) // what fits is still taken
			holds(t, p, all)
			if p.Err() != nil {
				t.Fatalf("a full disk ended the tape: %v", p.Err())
			}
			if name == "at the zeros" {
				if _, err := os.Stat(filepath.Join(w.dir, "spare.tmp")); !os.IsNotExist(err) {
					t.Errorf("a spare takes up room that others need: %v", err)
				}
			}
			full(w, false)
			all = append(all, fill(t, p, 30, 5000)...)
			holds(t, p, all)
			shut(t, p)
			holds(t, w.open(t, 0), all)
		})
	}
}

// failNth makes the nth call of that name fail, and counts them.
func (w *world) failNth(call tape.Act, path string, n int) (calls *int) {
	calls = new(int)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = func(a tape.Act, p string) error {
		if a != call || filepath.Ext(p) != path {
			return nil
		}
		*calls++
		if *calls == n {
			return errDisk
		}
		return nil
	}
	return calls
}

func TestAFileThatCannotBeOpenedOrReadIsAnErrorAndNotAnEnd(t *testing.T) {
	for _, call := range []tape.Act{callOpen, callRead} {
		for _, ext := range []string{".tape", ""} { // segments; the folder itself
			if call == callRead && ext == "" {
				continue // a folder cannot be opened for writing alone
			}
			w := newWorld(t)
			p := w.create(t, 1)
			all := fill(t, p, 60, 1500)
			shut(t, p)
			failed := 0
			for n := 1; ; n++ {
				calls := w.failNth(call, ext, n)
				err := func() (err error) {
					p, err := tape.Open(w.config(), w.env(), 0)
					if err != nil {
						return err
					}
					defer func() { err = errors.Join(err, p.Close()) }()
					_, err = p.Read(5, nil)
					got, walked := walk(p, 0)
					if err = errors.Join(err, walked); err == nil {
						err = same(got, all)
					}
					return err
				}()
				if *calls < n {
					break
				}
				failed++
				if err == nil {
					t.Errorf("%s %d of %q failed and nobody was told", call, n, ext)
				}
			}
			if failed == 0 {
				t.Errorf("%s of %q was never made", call, ext)
			}
			w.failAlways("", nil)
			holds(t, w.open(t, 0), all)
		}
	}
}
