package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// placesBook gives the folder of a closed book with a few hundred orders, open and closed, and
// their answers. Its index is cut to the pages that are in use.
func placesBook(t *testing.T) (dir string, answered map[string]ledger.Seq) {
	t.Helper()
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery, c.JournalSize = 64, 32<<10 })
	answered = map[string]ledger.Seq{}
	d.receive("A", 10_000)
	for i := range 400 {
		name := fmt.Sprint("o", i)
		p := sale(name, "A", 1)
		if i%7 == 0 {
			p.Order.Fulfil = ledger.Deliver
		}
		answered[name] = d.must(p).Entry.Seq
	}
	if err := d.book.PutItems([]ledger.Item{item("A", "Tap", 1)}, 1); err != nil {
		t.Fatal(err)
	}
	d.kill() // leaves a tail behind the checkpoint
	d.must(sale("last", "A", 1))
	answered["last"] = d.book.Head().Seq
	d.stop()
	<-d.ended
	d.ended <- nil
	dir = t.TempDir()
	d.copyTo(dir)
	index := filepath.Join(dir, ledger.BookFile)
	b, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	pages := max(binary.NativeEndian.Uint64(b[16+40:]), binary.NativeEndian.Uint64(b[4096+16+40:]))
	if err := errors.Join(os.Truncate(index, int64(pages)*4096), os.RemoveAll(filepath.Join(dir, ledger.JournalDir, "spare.tmp"))); err != nil {
		t.Fatal(err)
	}
	return dir, answered
}

// TestDamageAtAnyPlaceIsNeverSilent cuts one file of a copied book off at a random place, or puts a
// page of noise there, 500 times (50 with -short). The book then either has every order and every
// answer, or says what is wrong.
func TestDamageAtAnyPlaceIsNeverSilent(t *testing.T) {
	t.Parallel()
	clean, answered := placesBook(t)
	places := 500
	if testing.Short() {
		places = 50
	}
	var files []string
	if err := filepath.WalkDir(clean, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path[len(clean)+1:])
		}
		return err
	}); err != nil || len(files) < 5 {
		t.Fatalf("got %v, %v; want the book's files, several of them of the journal", files, err)
	}
	r := rand.New(rand.NewPCG(20261125, 7))
	tally := map[string]int{}
	for i := range places {
		name := files[i%len(files)]
		whole, err := os.ReadFile(filepath.Join(clean, name))
		if err != nil {
			t.Fatal(err)
		}
		at, cut := r.IntN(len(bytes.TrimRight(whole, "\x00"))), r.IntN(3) == 0
		dir := copyBook(t, clean)
		what := fmt.Sprintf("place %d: %s at byte %d, cut off: %v", i, name, at, cut)
		if cut {
			whole = whole[:at]
		} else {
			for j := at; j < min(at+4096, len(whole)); j++ {
				whole[j] = byte(r.Uint32())
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), whole, 0o600); err != nil {
			t.Fatal(err)
		}
		tally[name+": "+damagedBook(t, dir, what, answered)]++
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%v", tally)
}

// damagedBook says what became of a book that was damaged.
func damagedBook(t *testing.T, dir, what string, answered map[string]ledger.Seq) string {
	t.Helper()
	b, err := ledger.OpenBook(testworld.New(5).Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		if _, form := errors.AsType[*ledger.FormError](err); !isDamage(err) && !form {
			t.Errorf("%s: got %v, want it to name the damage", what, err)
		}
		return "refused"
	}
	defer b.Close()
	if b.View().Quarantine != "" {
		return "quarantined"
	}
	outcome := "whole"
	for name, seq := range answered {
		o, err := b.Order(oid(name))
		if err == nil && o.ID == oid(name) {
		} else if isDamage(err) {
			outcome = "named when read"
		} else {
			t.Errorf("%s: order %s: got %+v, %v; want it or the damage", what, name, o, err)
		}
		out, known := b.Replay(sale(name, "A", 1).Meta)
		if known && out.Err == nil && out.Entry.Seq == seq {
			continue
		}
		if known && isDamage(out.Err) {
			outcome = "named when read"
			continue
		}
		t.Errorf("%s: the key of %s: got %+v, %v; want entry %d or the damage", what, name, out, known, seq)
	}
	if _, known := b.Replay(sale("never placed", "A", 1).Meta); !known && outcome == "whole" {
		if got := len(pageAll(t, b, ledger.OrderQuery{Limit: 100})); got != len(answered) {
			t.Errorf("%s: got %d orders listed, want %d", what, got, len(answered))
		}
	}
	return outcome
}
