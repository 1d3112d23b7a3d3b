package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestAFailedDiskStopsTheBookUntilItIsReopened(t *testing.T) {
	for _, act := range []ledger.Act{ledger.ActCommit, ledger.ActWitness} {
		t.Run(string(act), func(t *testing.T) {
			d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 1 })
			d.receive("TAP-22", 3)
			shown := d.book.Head()
			d.world.Disk.FailOn(act)
			_, err := d.book.Do(context.Background(), sale("o1", "TAP-22", 2))
			if !errors.Is(err, ledger.ErrUnsure) || !errors.Is(err, testworld.ErrDisk) {
				t.Errorf("in flight: got %v, want %v", err, ledger.ErrUnsure)
			}
			d.world.Disk.Fail(nil) // a disk that heals must not tempt the book to go on
			for range 2 {
				if _, err := d.book.Do(context.Background(), sale("o2", "TAP-22", 1)); !errors.Is(err, ledger.ErrClosed) || errors.Is(err, ledger.ErrUnsure) {
					t.Errorf("later: got %v, want %v", err, ledger.ErrClosed)
				}
			}
			if err := d.book.PutItems([]ledger.Item{{SKU: "A", Version: 1}}, 1); !errors.Is(err, ledger.ErrClosed) {
				t.Errorf("items: got %v, want %v", err, ledger.ErrClosed)
			}
			if _, ok := d.book.Level("TAP-22"); !ok {
				t.Error("got no level, want reads to go on")
			}
			if _, _, err := d.book.Entries(0, 10); err != nil {
				t.Errorf("entries: got %v, want reads to go on", err)
			}
			if act == ledger.ActCommit && (d.book.Head() != shown || d.book.View().Head != shown) {
				t.Errorf("got head %v, want %v: what is not on disk is shown to nobody", d.book.View().Head, shown)
			}
			if err := d.book.Err(); !errors.Is(err, ledger.ErrClosed) || !errors.Is(err, testworld.ErrDisk) {
				t.Errorf("err: got %v, want the reason", err)
			}
			if err := d.close(); !errors.Is(err, testworld.ErrDisk) {
				t.Errorf("run: got %v, want the failure", err)
			}
			d.open()
			out := d.must(sale("o1", "TAP-22", 2)) // the key decides
			if landed := act != ledger.ActCommit; out.Replayed != landed {
				t.Errorf("after reopening: got replayed %v, want %v", out.Replayed, landed)
			}
			if l, _ := d.book.Level("TAP-22"); l.Available != 1 {
				t.Errorf("got %d available, want 1: sold once", l.Available)
			}
		})
	}
}

func TestAFailedCommitOfItemsStopsTheWriterToo(t *testing.T) {
	d := newDesk(t)
	d.world.Disk.FailOn(ledger.ActItems)
	if err := d.book.PutItems([]ledger.Item{{SKU: "A", Version: 1}}, 1); !errors.Is(err, testworld.ErrDisk) || !errors.Is(err, ledger.ErrUnsure) {
		t.Errorf("got %v, want %v and %v", err, ledger.ErrUnsure, testworld.ErrDisk)
	}
	if err := <-d.ended; !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("run: got %v, want it to end by itself with the failure", err)
	}
	d.ended <- nil
	if _, ok := d.book.Item("A"); ok || d.book.RefVersion() != 0 {
		t.Error("got the item, want nothing shown that is not stored")
	}
	d.world.Disk.Fail(nil)
	d.reopen()
}

func TestNothingIsWrittenOnTopOfAFailedCommit(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	var items []ledger.Item
	for i := range 10_000 { // twenty commits
		items = append(items, item(ledger.SKU(fmt.Sprint("I", i)), "", 1))
	}
	var once sync.Once
	var sold *asked
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.ActCommit {
			return testworld.ErrDisk
		}
		// While the first items land, a sale queues for the disk; its commit fails among theirs.
		once.Do(func() { sold = ask(context.Background(), d.book, sale("o1", "TAP-22", 1)) })
		return nil
	})
	if err := d.book.PutItems(items, 1); !errors.Is(err, ledger.ErrClosed) || !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("items: got %v, want %v", err, ledger.ErrClosed)
	}
	if err := sold.answer(); !errors.Is(err, ledger.ErrUnsure) {
		t.Errorf("sale: got %v, want %v", err, ledger.ErrUnsure)
	}
	acts := d.world.Disk.Acts()
	behind := acts[slices.Index(acts, ledger.ActItems):]
	behind = behind[slices.Index(behind, ledger.ActCommit)+1:]
	if len(behind) > 1 || slices.ContainsFunc(behind, func(a ledger.Act) bool { return a != ledger.ActItems }) {
		t.Errorf("got %q after the failed commit, want nothing but the items that were under way", behind)
	}
	d.world.Disk.Fail(nil)
	d.reopen()
	if err := d.book.PutItems(items, 1); err != nil || d.book.RefVersion() != 1 {
		t.Errorf("the page again: got %v, want it stored", err)
	}
}

func TestADamagedTailKeepsTheBookShutAndUntouched(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	d.kill() // the tail behind the checkpoint has frames that fold before the one that does not
	d.receive("TAP-22", 1)
	d.receive("TAP-22", 1)
	d.stop()
	<-d.ended
	d.ended <- nil
	dir := t.TempDir()
	d.copyTo(dir)
	frames := journal(t, dir)
	last := frames[len(frames)-1]
	last[len(last)-3] ^= 1
	rewrite(t, dir, frames) // whole by its checksums: only the chain tells
	file := filepath.Join(dir, ledger.BookFile)
	before, _ := os.ReadFile(file)
	_, err := ledger.OpenBook(testworld.New(5).Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if _, damaged := errors.AsType[*ledger.DamageError](err); !damaged {
		t.Errorf("got %v, want a DamageError", err)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(after, before) {
		t.Error("got the file changed, want no checkpoint of what was folded in part")
	}
}

func TestABookThatCannotOpenSaysWhyAndWritesNothing(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	d.kill() // leaves a tail to replay
	d.close()
	file := filepath.Join(d.cfg.Dir, ledger.BookFile)
	for name, c := range map[string]struct {
		cfg   ledger.BookConfig
		act   ledger.Act
		match func(error) bool
	}{
		"the disk fails":        {d.cfg, ledger.ActOpen, func(err error) bool { return errors.Is(err, testworld.ErrDisk) }},
		"the boot entry fails":  {d.cfg, ledger.ActCommit, func(err error) bool { return errors.Is(err, testworld.ErrDisk) }},
		"another site's book":   {ledger.BookConfig{Site: "york", Dir: d.cfg.Dir}, "", isForm("site")},
		"no folder":             {ledger.BookConfig{Site: "leeds"}, "", isForm("dir")},
		"no site":               {ledger.BookConfig{Dir: d.cfg.Dir}, "", isForm("site")},
		"head office as a site": {ledger.BookConfig{Site: ledger.HQ, Dir: d.cfg.Dir}, "", isForm("site")},
		"a queue below zero":    {ledger.BookConfig{Site: "leeds", Dir: d.cfg.Dir, Queue: -1}, "", isForm("queue, checkpoint, journal size, compact or lock wait")},
		"a folder that is none": {ledger.BookConfig{Site: "leeds", Dir: file}, "", func(err error) bool { return err != nil }},
	} {
		before, _ := os.ReadFile(file)
		if c.act != "" {
			d.world.Disk.FailOn(c.act)
		}
		b, err := ledger.OpenBook(d.world.Env(), c.cfg)
		if !c.match(err) {
			t.Errorf("%s: got %v, want its reason", name, err)
		}
		if b != nil {
			b.Close()
		}
		d.world.Disk.Fail(nil)
		if after, _ := os.ReadFile(file); string(after) != string(before) {
			t.Errorf("%s: got the file changed, want it as it was", name)
		}
	}
}

func isForm(field string) func(error) bool {
	return func(err error) bool {
		fe, ok := errors.AsType[*ledger.FormError](err)
		return ok && fe.Field == field
	}
}

func TestTwoProcessesNeverShareABook(t *testing.T) {
	d := newDesk(t)
	cfg := d.cfg
	cfg.LockWait = 20 * time.Millisecond
	if b, err := ledger.OpenBook(d.world.Env(), cfg); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("got %v, %v; want %v", b, err, ledger.ErrClosed)
	}
	if _, err := ledger.AuditBook(d.world.Env(), cfg.Dir, nil); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("audit of an open book: got %v, want %v", err, ledger.ErrClosed)
	}
	if _, err := ledger.AuditBook(d.world.Env(), t.TempDir(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("audit of nothing: got %v, want %v", err, os.ErrNotExist)
	}
}
