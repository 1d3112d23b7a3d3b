package ledger_test

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// oldBook gives the folder of a book of format 1, as the program wrote it that knew no other:
// TAP-22 received, one order completed and one open, one asked about and dropped since, a part
// served for head office, two commands obeyed, one item, and a tail behind its checkpoint.
func oldBook(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	in, err := os.Open("testdata/book-1/book.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	whole, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(whole)
	head, headErr := os.ReadFile("testdata/book-1/book.head")
	if err = errors.Join(err, headErr, os.WriteFile(filepath.Join(dir, ledger.BookFile), b, 0o600),
		os.WriteFile(filepath.Join(dir, ledger.WitnessFile), head, 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestABookOfTheOldFormatIsMovedWhole(t *testing.T) {
	dir := oldBook(t)
	if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); err == nil {
		t.Error("audit before: got no error, want words that say how it is moved")
	}
	d := &desk{TB: t, world: testworld.New(11), cfg: ledger.BookConfig{Site: "leeds", Dir: dir}}
	d.open()
	oldBookStands(d)
	d.reopen()
	oldBookStands(d)
	d.close()
	d.audit()
	if _, err := os.Stat(filepath.Join(dir, ledger.BookFile+".new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want nothing left beside the book", err)
	}
}

// oldBookStands checks that the moved book knows all that the old one knew.
func oldBookStands(d *desk) {
	d.Helper()
	if v := d.book.View(); v.Quarantine != "" || v.OpenOrders != 1 || v.HQ.Counter != 1 || v.Commands.Number != 2 || v.Head.Seq < 12 {
		d.Errorf("got %+v, want the old book at a glance", v)
	}
	if l, _ := d.book.Level("TAP-22"); l.Sellable != 9 || l.Reserved != 3 || l.AllottedTo(ledger.HolderHQ) != 1 || l.Available != 5 {
		d.Errorf("got %+v, want the old balances", l)
	}
	for name, status := range map[string]ledger.Status{"done": ledger.StatusCompleted, "open": ledger.StatusAllocated} {
		if o, err := d.book.Order(oid(name)); err != nil || o.Status != status {
			d.Errorf("%s: got %+v, %v; want it %s", name, o, err, status)
		}
	}
	if _, err := d.book.Order(oid("asked")); !errors.Is(err, ledger.ErrOrderUnknown) {
		d.Errorf("asked: got %v, want %v", err, ledger.ErrOrderUnknown)
	}
	if out := d.do(sale("done", "TAP-22", 1)); !out.Replayed || out.Err != nil {
		d.Errorf("an old key: got %+v, want the first answer", out)
	}
	if item, ok := d.book.Item("TAP-22"); !ok || item.Name != "Tap" || d.book.RefVersion() != 3 {
		d.Errorf("got %+v of version %d, want the old item", item, d.book.RefVersion())
	}
}

// Every act of a move fails once, as far as there are any: the book is refused and the next
// opening goes on. In the end nothing is missing.
func TestAMoveThatIsCutShortGoesOn(t *testing.T) {
	dir := oldBook(t)
	d := &desk{TB: t, world: testworld.New(12), cfg: ledger.BookConfig{Site: "leeds", Dir: dir}}
	n := 0
	for ; ; n++ {
		left := n
		d.world.Disk.Fail(func(ledger.Act, string) error {
			if left--; left < 0 {
				return testworld.ErrDisk
			}
			return nil
		})
		b, err := ledger.OpenBook(d.world.Env(), d.cfg)
		if err == nil {
			d.world.Disk.Fail(nil)
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			break
		}
		if !errors.Is(err, testworld.ErrDisk) {
			t.Fatalf("act %d: got %v, want %v", n, err, testworld.ErrDisk)
		}
	}
	if n < 8 {
		t.Errorf("got %d acts that can fail, want the move's among them", n)
	}
	d.open()
	oldBookStands(d)
	d.close()
	d.audit()
}

func TestADamagedOldJournalIsNotMoved(t *testing.T) {
	dir := oldBook(t)
	path := filepath.Join(dir, ledger.BookFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The name of a delivery's reference stands in the journal alone.
	for i := range b {
		if string(b[i:min(i+2, len(b))]) == "DN" {
			b[i] ^= 1
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := ledger.OpenBook(testworld.New(13).Env(), ledger.BookConfig{Site: "leeds", Dir: dir}); !isDamage(err) {
			t.Errorf("got %v, want a DamageError", err)
		}
	}
}
