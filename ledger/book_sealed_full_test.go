package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The rule: a checkpoint that is in memory and found no room on the disk gets there with the runs that it names: a crash right
// behind that has nothing made anew.
func TestASealedCheckpointThatFoundNoRoomKeepsItsRuns(t *testing.T) {
	d := newSealedDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 1 })
	d.receive("TAP-22", 50)
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.ActSealPages {
			return syscall.ENOSPC
		}
		return nil
	})
	for i := 0; !d.book.View().Full; i++ { // a checkpoint under way takes the next one's place
		if out := d.do(sale(fmt.Sprint("o", i), "TAP-22", 1)); i == 40 {
			t.Fatalf("got %v, want a checkpoint that finds no room", out.Err)
		}
		time.Sleep(time.Millisecond)
	}
	items := []ledger.Item{{SKU: "TAP-22", Name: "tap", Version: 1}}
	d.world.Disk.Fail(nil)
	if err := d.book.PutItems(items, 1); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(t.TempDir(), "left") // as a crash leaves it now
	if err := os.CopyFS(left, os.DirFS(d.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	anew := false
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		anew = anew || act == ledger.ActMove
		return nil
	})
	defer d.world.Disk.Fail(nil)
	cfg := d.cfg
	cfg.Dir = left
	b, err := ledger.OpenBook(d.world.Env(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if anew {
		t.Error("got the checkpoint made anew of the journal, want the runs that the index names there")
	}
}
