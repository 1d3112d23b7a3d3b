package ledger_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// unpacked puts the file of a fixture into dir.
func unpacked(t *testing.T, fixture, to string) {
	t.Helper()
	in, err := os.Open(fixture)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	whole, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(whole)
	if err = errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, b, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// trimmedBook gives the folder of a book of format 3: what lived makes, trimmed, by the program that
// knew no runs.
func trimmedBook(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	unpacked(t, "testdata/book-3/book.db.gz", filepath.Join(dir, ledger.BookFile))
	for _, journal := range []string{"00000000000000000139.tape", "00000000000000000171.tape"} {
		unpacked(t, "testdata/book-3/"+journal+".gz", filepath.Join(dir, ledger.JournalDir, journal))
	}
	head, err := os.ReadFile("testdata/book-3/book.head")
	if err = errors.Join(err, os.WriteFile(filepath.Join(dir, ledger.WitnessFile), head, 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// bucketBook gives the folder of a book of format 2, whose keys and closed orders stand in
// buckets: what busyBook makes, by the program that knew no runs.
func bucketBook(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	const journal = "00000000000000000001.tape"
	unpacked(t, "testdata/book-2/book.db.gz", filepath.Join(dir, ledger.BookFile))
	unpacked(t, "testdata/book-2/"+journal+".gz", filepath.Join(dir, ledger.JournalDir, journal))
	head, err := os.ReadFile("testdata/book-2/book.head")
	if err = errors.Join(err, os.WriteFile(filepath.Join(dir, ledger.WitnessFile), head, 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// oldBook gives the folder of a book of format 1, as the program wrote it that knew no other:
// TAP-22 received, one order completed and one open, one asked about and dropped since, a part
// served for head office, two commands obeyed, one item, and a tail behind its checkpoint.
func oldBook(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	unpacked(t, "testdata/book-1/book.db.gz", filepath.Join(dir, ledger.BookFile))
	head, err := os.ReadFile("testdata/book-1/book.head")
	if err = errors.Join(err, os.WriteFile(filepath.Join(dir, ledger.WitnessFile), head, 0o600)); err != nil {
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

func TestABookOfFormatTwoIsReadWhereItStandsAndGoesOnInRuns(t *testing.T) {
	dir := bucketBook(t)
	d := &desk{TB: t, world: testworld.New(11), cfg: ledger.BookConfig{Site: "leeds", Dir: dir}}
	d.audit() // as it stands
	d.open()
	oldBookStands(d)
	d.must(sale("new", "TAP-22", 1))
	if out := d.do(&ledger.CancelOrder{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("cancel"))}, Order: oid("open")}); out.Err != nil {
		t.Errorf("cancel of an open order: got %+v, want yes", out)
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	d.audit()
	d.open()
	for name, want := range map[string]ledger.Status{"done": ledger.StatusCompleted, "open": ledger.StatusCanceled, "new": ledger.StatusCompleted} {
		if o, err := d.book.Order(oid(name)); err != nil || o.Status != want {
			t.Errorf("%s: got %+v, %v; want it %s", name, o, err, want)
		}
		if out := d.do(sale(name, "TAP-22", 1)); name != "open" && !out.Replayed {
			t.Errorf("key of %s: got %+v, want the first answer", name, out)
		}
	}
	for _, down := range []bool{false, true} {
		if all, _, err := d.book.Orders(ledger.OrderQuery{Descending: down}); err != nil || len(all) != 3 {
			t.Errorf("got %d orders, %v; want all three", len(all), err)
		}
	}
	if l := d.book.RunLists(); len(l.Keys) == 0 || len(l.Orders) == 0 {
		t.Errorf("got %+v, want runs of both", l)
	}
	d.close()
	d.audit()
}

func TestABookOfFormatThreeGoesOnInRunsAndIsTrimmedAsBefore(t *testing.T) {
	t.Parallel()
	d := &desk{TB: t, world: testworld.New(11), cfg: ledger.BookConfig{Site: "leeds", Dir: trimmedBook(t)}}
	smallFiles(&d.cfg)
	d.audit() // as it stands
	d.open()
	d.answers()
	d.must(&ledger.CancelOrder{Order: oid("open")})
	for i := 80; i < 160; i++ {
		d.must(big(i))
		d.must(sale(fmt.Sprint("new", i), "A", 1))
	}
	before := d.book.Trimmed()
	if _, _, err := d.book.Frames(0, 1); !errors.Is(err, ledger.ErrTrimmed) {
		t.Errorf("frames: got %v, want %v", err, ledger.ErrTrimmed)
	}
	d.trim(d.book.Head().Seq, d.soon())
	if got := d.book.Trimmed(); got <= before {
		t.Errorf("got trimmed up to %d, want beyond %d", got, before)
	}
	d.reopen()
	for i := 80; i < 160; i++ {
		if out := d.do(sale(fmt.Sprint("new", i), "A", 1)); !out.Replayed {
			t.Fatalf("key %d: got %+v, want the first answer", i, out)
		}
	}
	if got := pageAll(d, d.book, ledger.OrderQuery{Limit: 7}); len(got) != 163 {
		t.Errorf("got %d orders, want 163", len(got))
	}
	d.close()
	d.audit()
}

// openDespite opens the book and closes it again, after every act of the opening has failed once: the
// first in the first try, the second in the second, and so on. It gives how many there were.
func (d *desk) openDespite() (acts int) {
	d.Helper()
	for ; ; acts++ {
		left := acts
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
				d.Fatal(err)
			}
			return acts
		}
		if !errors.Is(err, testworld.ErrDisk) {
			d.Fatalf("act %d: got %v, want %v", acts, err, testworld.ErrDisk)
		}
	}
}

// Every act of a move fails once, as far as there are any: the book is refused and the next
// opening goes on. In the end nothing is missing.
func TestAMoveThatIsCutShortGoesOn(t *testing.T) {
	dir := oldBook(t)
	d := &desk{TB: t, world: testworld.New(12), cfg: ledger.BookConfig{Site: "leeds", Dir: dir}}
	n := d.openDespite()
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
