package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// TestABookOnADiskThatIsReallyFull needs a small file system of its own (48 MB of tmpfs do) in
// HOLDFAST_SMALL_DISK. It is filled, the book fills what is left, room is made, and the book goes
// on by itself; three times.
func TestABookOnADiskThatIsReallyFull(t *testing.T) {
	small := os.Getenv("HOLDFAST_SMALL_DISK")
	if small == "" {
		t.Skip("set HOLDFAST_SMALL_DISK to a folder on a small file system")
	}
	dir, err := os.MkdirTemp(small, "book")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	d := newDesk(t, func(c *ledger.BookConfig) { c.Dir, c.CheckpointEvery, c.JournalSize = dir, 64, 1<<20 })
	d.receive("A", 1_000_000)
	answered := []string{}
	for round := range 3 {
		ballast := filepath.Join(small, "ballast")
		fill(t, ballast)
		full := false
		for i := 0; !full && i < 200_000; i++ {
			name := fmt.Sprint("round ", round, " order ", i)
			out := d.do(sale(name, "A", 1))
			if full = errors.Is(out.Err, ledger.ErrFull); full {
				break
			}
			if out.Err != nil {
				t.Fatalf("got %v, want it sold or %v", out.Err, ledger.ErrFull)
			}
			answered = append(answered, name)
		}
		if !full {
			t.Fatal("got no end of promises on a full disk, want one")
		}
		t.Logf("round %d: full after %d orders in all, head %d", round, len(answered), d.book.Head().Seq)
		d.receive("A", 1)
		if round == 1 {
			d.reopen()
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		for d.book.View().Full {
			d.world.Clock.Advance(time.Second)
			runtime.Gosched()
		}
		d.must(sale(fmt.Sprint("after round ", round), "A", 1))
	}
	for _, name := range answered[:min(500, len(answered))] {
		if out := d.do(sale(name, "A", 1)); !out.Replayed || out.Err != nil {
			t.Errorf("%s: got %+v, want the first answer", name, out)
		}
	}
	d.close()
	if _, err := ledger.AuditBook(testworld.New(1).Env(), dir, nil); err != nil {
		t.Errorf("audit: got %v, want no fault", err)
	}
}

// fill writes a file until there is no room for another page.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	page := make([]byte, 4096)
	for i := range page {
		page[i] = 1
	}
	for err == nil {
		_, err = f.Write(page)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
