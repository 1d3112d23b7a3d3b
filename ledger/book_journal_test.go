package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/tape"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// An index of any age is brought up to date from the journal, with checkpoints in between where
// the tail is long.
func TestAnOlderCopyOfTheIndexIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.receive("A", 1_000_000)
	first := d.must(sale("first", "A", 1))
	d.close()
	index := filepath.Join(d.cfg.Dir, ledger.BookFile)
	old, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	d.open()
	entries := 70_000 // more than are folded between two checkpoints
	if testing.Short() {
		entries = 2000
	}
	for n := 0; n < entries; {
		var reqs []ledger.Request
		for range 1000 {
			reqs = append(reqs, sale(fmt.Sprint("n", n), "A", 1))
			n++
		}
		if err := d.book.Write(reqs...); err != nil {
			t.Fatal(err)
		}
	}
	want := d.book.Head()
	d.close()
	if err := os.WriteFile(index, old, 0o600); err != nil {
		t.Fatal(err)
	}
	d.open()
	if got := d.book.Head(); got.Seq != want.Seq+1 || d.book.View().Quarantine != "" {
		t.Errorf("got head %s, want the boot entry behind %s", got, want)
	}
	for _, name := range []string{"first", "n0", fmt.Sprint("n", entries/2), fmt.Sprint("n", entries-1)} {
		if out := d.do(sale(name, "A", 1)); !out.Replayed || out.Err != nil {
			t.Errorf("%s: got %+v, want the first answer", name, out)
		}
		if o, err := d.book.Order(oid(name)); err != nil || o.Status != ledger.StatusCompleted {
			t.Errorf("%s: got %+v, %v; want the order", name, o, err)
		}
	}
	if out := d.do(sale("first", "A", 1)); out.Entry.Seq != first.Entry.Seq {
		t.Errorf("got entry %d, want %d", out.Entry.Seq, first.Entry.Seq)
	}
}

func TestAPartOfABookIsNotTakenForANewOne(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(dir string) error
		want string
	}{
		"no index":                        {func(dir string) error { return os.Remove(filepath.Join(dir, ledger.BookFile)) }, "put a whole copy of book.db"},
		"an empty index":                  {func(dir string) error { return os.Truncate(filepath.Join(dir, ledger.BookFile), 0) }, "put a whole copy of book.db"},
		"no journal":                      {func(dir string) error { return os.RemoveAll(filepath.Join(dir, ledger.JournalDir)) }, "it is gone"},
		"an empty folder for the journal": {emptyJournal, "it is gone"},
		"a journal behind the checkpoint": {shortJournal, "the checkpoint holds numbers up to"},
		"a journal of another site":       {func(dir string) error { return otherSite(dir) }, "not \"leeds\"'s"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.receive("A", 3)
			d.must(sale("o1", "A", 1))
			d.close()
			dir := copyBook(t, d.cfg.Dir)
			if err := c.lose(dir); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := ledger.OpenBook(testworld.New(4).Env(), ledger.BookConfig{Site: "leeds", Dir: dir}); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want it to say %q", err, c.want)
				}
			}
			if _, err := ledger.AuditBook(testworld.New(4).Env(), dir, nil); err == nil {
				t.Error("audit: got no fault, want one")
			}
			d.open()
		})
	}
}

func emptyJournal(dir string) error {
	j := filepath.Join(dir, ledger.JournalDir)
	if err := os.RemoveAll(j); err != nil {
		return err
	}
	return os.Mkdir(j, 0o700)
}

// otherSite puts york's empty journal in the place of the book's.
func otherSite(dir string) error {
	if err := emptyJournal(dir); err != nil {
		return err
	}
	return makeJournal(dir, "york")
}

// shortJournal puts an empty journal of its own in the place of the book's.
func shortJournal(dir string) error {
	if err := emptyJournal(dir); err != nil {
		return err
	}
	return makeJournal(dir, "leeds")
}

func makeJournal(dir string, site ledger.SiteID) error {
	cfg, env := ledger.TapeOf(testworld.New(1).Env(), site, dir)
	j, err := tape.Create(cfg, env, 1)
	if err != nil {
		return err
	}
	return j.Close()
}
