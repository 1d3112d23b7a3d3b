package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/runs"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// flipRuns changes one bit in the first row of each run in dir.
func flipRuns(t testing.TB, dir string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.run"))
	if err != nil || len(names) == 0 {
		t.Fatalf("got %v, %v; want the runs' files", names, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b[12] ^= 4
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// rewriteRuns puts one run of other rows in the place of a closed book's, as someone would who knows
// the format.
func rewriteRuns(t testing.TB, dir, folder string, tell func([]runs.Row) []runs.Row) {
	t.Helper()
	env := testworld.New(5).Env()
	scratch(t, dir, func(tx *bbolt.Tx) error {
		lists, err := ledger.StoredRuns(tx)
		if err != nil {
			return err
		}
		past, err := ledger.OpenRuns(env, "leeds", dir, lists, runs.Open)
		if err != nil {
			return err
		}
		defer past.Close()
		set := past.Sets()[folder]
		v := set.View()
		defer v.Close()
		walk, err := v.Walk(nil, false, 0)
		var rows []runs.Row
		for err == nil {
			var r runs.Row
			var ok bool
			if r, ok, err = walk.Next(); !ok {
				break
			}
			rows = append(rows, r)
		}
		if err != nil {
			return err
		}
		var list []runs.Run
		if rows = tell(rows); len(rows) > 0 {
			change, err := set.Add(rows)
			if err != nil {
				return err
			}
			list = change.List()
			list = list[len(list)-1:]
		}
		if folder == ledger.KeysDir {
			lists.Keys = list
		} else {
			lists.Orders = list
		}
		return tx.Bucket(ledger.BucketMeta).Put([]byte("runs"), ledger.SealValue(ledger.BucketMeta, []byte("runs"), ledger.MarshalRuns(lists)))
	})
}

// manyRuns is a book with so many checkpoints that runs were merged, and some to come.
func manyRuns(t *testing.T) (*desk, []string) {
	d := newDesk(t)
	d.receive("TAP-22", 10_000)
	var names []string
	for i := range 20 {
		for range 5 {
			name := fmt.Sprint("s", len(names))
			d.must(sale(name, "TAP-22", 1))
			names = append(names, name)
		}
		d.must(&ledger.Place{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("open"), []byte{byte(i)})}, Order: ledger.Order{ID: oid(fmt.Sprint("open", i)),
			Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}}}})
		d.book.Pack()
	}
	return d, names
}

func remembers(d *desk, names []string) {
	d.Helper()
	for _, name := range names {
		if out := d.do(sale(name, "TAP-22", 1)); !out.Replayed || out.Err != nil {
			d.Fatalf("key of %s: got %+v, want the first answer", name, out)
		}
		if o, err := d.book.Order(oid(name)); err != nil || o.Status != ledger.StatusCompleted {
			d.Fatalf("%s: got %+v, %v; want it completed", name, o, err)
		}
	}
	for _, down := range []bool{false, true} {
		seen := map[ledger.OrderID]bool{}
		q := ledger.OrderQuery{Descending: down, Limit: 7}
		for {
			page, next, err := d.book.Orders(q)
			if err != nil {
				d.Fatal(err)
			}
			for _, o := range page {
				if seen[o.ID] {
					d.Fatalf("got %s twice, want it once", o.ID)
				}
				seen[o.ID] = true
			}
			if q.After = next; next == "" {
				break
			}
		}
		if want := len(names) + 20; len(seen) != want {
			d.Fatalf("got %d orders, want %d", len(seen), want)
		}
	}
}

func TestKeysAndClosedOrdersAreFoundWhateverWasMerged(t *testing.T) {
	d, names := manyRuns(t)
	remembers(d, names)
	d.reopen()
	remembers(d, names)
	if l := d.book.RunLists(); len(l.Keys) >= 20 {
		t.Errorf("got %d runs of keys after 20 checkpoints, want some merged", len(l.Keys))
	}
	d.close()
	d.audit()
}

// A file of the runs that is gone, and an index of long ago that names other files: all of it is
// made anew from the journal.
func TestRunsThatAreMissingAreMadeAnewFromTheJournal(t *testing.T) {
	d, names := manyRuns(t)
	d.close()
	for what, take := range map[string]func(dir string) error{
		"a file": func(dir string) error {
			files, _ := filepath.Glob(filepath.Join(dir, ledger.KeysDir, "*.run"))
			return os.Remove(files[0])
		},
		"a folder": func(dir string) error { return os.RemoveAll(filepath.Join(dir, ledger.OrdersDir)) },
		"all runs": func(dir string) error {
			return errors.Join(os.RemoveAll(filepath.Join(dir, ledger.KeysDir)), os.RemoveAll(filepath.Join(dir, ledger.OrdersDir)))
		},
		"other runs": func(dir string) error {
			files, _ := filepath.Glob(filepath.Join(dir, ledger.KeysDir, "*.run"))
			b, err := os.ReadFile(files[1])
			return errors.Join(err, os.WriteFile(files[0], b, 0o600))
		},
	} {
		dir := copyBook(t, d.cfg.Dir)
		if err := take(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); err == nil {
			t.Errorf("%s: audit: got no fault, want one", what)
		}
		again := &desk{TB: t, world: testworld.New(8), cfg: ledger.BookConfig{Site: "leeds", Dir: dir}}
		again.open()
		if why := again.book.View().Quarantine; why != "" {
			t.Fatalf("%s: got quarantine %q, want none", what, why)
		}
		remembers(again, names)
		again.close()
		again.audit()
	}
}

// Any byte of any run's file: what the book answers is what it answered before, or it names the damage.
func TestADamagedRunIsNeverBelieved(t *testing.T) {
	t.Parallel()
	d, names := manyRuns(t)
	d.close()
	var files []string
	for _, folder := range []string{ledger.KeysDir, ledger.OrdersDir} {
		found, _ := filepath.Glob(filepath.Join(d.cfg.Dir, folder, "*.run"))
		files = append(files, found...)
	}
	r := rand.New(rand.NewPCG(3, 4))
	outcomes := map[string]int{}
	for range 60 {
		dir := copyBook(t, d.cfg.Dir)
		file := files[r.IntN(len(files))]
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if at := r.IntN(len(b)); r.IntN(3) == 0 {
			b = b[:at]
		} else {
			b[at] ^= 1 << r.IntN(8)
		}
		rel, _ := filepath.Rel(d.cfg.Dir, file)
		if err := os.WriteFile(filepath.Join(dir, rel), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); !isDamage(err) {
			t.Fatalf("%s: audit: got %v, want a DamageError", rel, err)
		}
		outcomes[served(t, dir, names)]++
	}
	if outcomes["refused"] == 0 || outcomes["opened"] == 0 {
		t.Errorf("got %v, want some refused at opening and some when read", outcomes)
	}
}

// served opens a damaged book and asks for all it knew.
func served(t *testing.T, dir string, names []string) string {
	b, err := ledger.OpenBook(testworld.New(9).Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if isDamage(err) {
		return "refused"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, name := range names {
		p := sale(name, "TAP-22", 1)
		if out, replayed := b.Replay(p.Meta); !replayed || out.Err != nil && !isDamage(out.Err) {
			t.Fatalf("key of %s: got %+v, want its answer or damage", name, out)
		}
		if o, err := b.Order(p.Order.ID); !isDamage(err) && (err != nil || o.Status != ledger.StatusCompleted) {
			t.Fatalf("%s: got %+v, %v; want it or damage", name, o, err)
		}
	}
	return "opened"
}

// Every act on runs that fails stops the book, and after opening all that was answered is there.
func TestAFailedWriteOfARunStopsTheBook(t *testing.T) {
	for _, act := range []runs.Act{runs.ActWrite, runs.ActSync, runs.ActSyncDir, runs.ActRemove} {
		d, names := manyRuns(t)
		d.world.Disk.FailOn(ledger.Act(act))
		for i := 0; d.book.Err() == nil; i++ {
			name := fmt.Sprint("more", i)
			out, err := d.book.Do(context.Background(), sale(name, "TAP-22", 1))
			if err != nil {
				break
			}
			if names = append(names, name); out.Err != nil {
				t.Fatalf("%s: got %+v, want yes", act, out)
			}
			if d.book.Landed() {
				d.book.Pack()
			}
		}
		err := <-d.ended // by itself: a stop at the same moment would be an end like any other
		if d.ended <- err; !errors.Is(err, testworld.ErrDisk) {
			t.Errorf("%s: got %v, want %v", act, err, testworld.ErrDisk)
		}
		d.close()
		d.world.Disk.Fail(nil)
		d.open()
		remembers(d, names)
		d.close()
		d.audit()
	}
}

func TestARunThatFindsNoRoomIsAFullDisk(t *testing.T) {
	d, names := manyRuns(t)
	for !d.book.Landed() {
		runtime.Gosched()
	}
	d.world.Disk.Fail(func(act ledger.Act, path string) error {
		if act == ledger.Act(runs.ActWrite) {
			return &os.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
		}
		return nil
	})
	d.must(&ledger.Receive{ID: "more", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 1}}})
	d.must(sale("more", "TAP-22", 1))
	names = append(names, "more")
	d.book.Pack()
	for !d.book.View().Full {
		runtime.Gosched()
	}
	if out := d.do(sale("refused", "TAP-22", 1)); !errors.Is(out.Err, ledger.ErrFull) {
		t.Errorf("got %+v, want %v", out, ledger.ErrFull)
	}
	d.world.Disk.Fail(nil)
	for d.book.View().Full {
		d.world.Clock.Advance(1e9)
	}
	remembers(d, names)
	d.close()
	d.audit()
}

// The runs of a trimmed book that are gone are made anew from base and stubs, whichever act of that
// fails first.
func TestATrimmedBookWithoutItsRunsRemembersAll(t *testing.T) {
	for name, lose := range map[string]func(dir string) error{
		"keys":   func(dir string) error { return os.RemoveAll(filepath.Join(dir, ledger.KeysDir)) },
		"orders": func(dir string) error { return os.RemoveAll(filepath.Join(dir, ledger.OrdersDir)) },
	} {
		d := lived(t)
		copied := t.TempDir()
		d.trim(d.archive(copied), d.soon())
		d.close()
		if err := lose(d.cfg.Dir); err != nil {
			t.Fatal(err)
		}
		n := d.openDespite()
		if n < 8 {
			t.Errorf("%s: got %d acts that can fail, want the recast's among them", name, n)
		}
		d.open()
		d.answers()
		if _, err := auditWith(d, copied); err != nil {
			t.Errorf("%s: got %v, want no fault", name, err)
		}
	}
}
