package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
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

// The rule: a power failure that cuts the header of a new sealed index leaves a book that opens; one that was whole before is damaged,
// and says what to do.
func TestASealedBookOpensWhoseHeaderWasCut(t *testing.T) {
	for name, cut := range map[string]func(head []byte){
		"the last sector": func(h []byte) { clear(h[512:]) }, "the first sector": func(h []byte) { clear(h[:512]) },
	} {
		w := testworld.New(7)
		w.Seal()
		cfg := ledger.BookConfig{Site: "leeds", Dir: filepath.Join(t.TempDir(), "book")}
		index := filepath.Join(cfg.Dir, ledger.BookFile)
		metas := 0
		w.Disk.Fail(func(act ledger.Act, _ string) error { // the header is the second that is written as such: after it nothing is
			if act == ledger.ActSealMeta {
				metas++
			}
			if metas == 2 && act == ledger.ActSealSync {
				return testworld.ErrDisk
			}
			return nil
		})
		if _, err := ledger.OpenBook(w.Env(), cfg); err == nil {
			t.Fatal("the book opened, so nothing was cut")
		}
		w.Disk.Fail(nil)
		raw, err := os.ReadFile(index)
		if err != nil || len(raw) != 5*4608 || string(raw[:8]) != "holdseal" {
			t.Fatalf("got %d bytes, %v; want a header and four pages", len(raw), err)
		}
		cut(raw[:4608])
		if err := os.WriteFile(index, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		w.Reboot()
		d := &desk{TB: t, world: w, cfg: cfg}
		d.open()
		d.must(&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
		d.must(&ledger.Receive{ID: "r", Reference: "DN", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 5}}})
		d.close()
		d.audit()
		if raw, err = os.ReadFile(index); err != nil {
			t.Fatal(err)
		}
		cut(raw[:4608])
		if err := os.WriteFile(index, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = ledger.OpenBook(w.Env(), cfg)
		if damage, ok := errors.AsType[*ledger.DamageError](err); !ok || !strings.Contains(damage.Why, "whole copy of book.db") {
			t.Errorf("%s of a book that was whole: got %v, want damage and what to do", name, err)
		}
		if now, err := os.ReadFile(index); err != nil || !bytes.Equal(now, raw) {
			t.Errorf("%s: a damaged index was written to (%v)", name, err)
		}
	}
}

// The rule: a seal or unseal that was killed leaves no part of a copy behind: it may lie in the clear, and may hold a book that was set
// aside and is there no more. A copy that another process is making stays.
func TestWhatAKilledResealHasLeftGoes(t *testing.T) {
	d := newSealedDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 5 })
	d.aDay()
	d.close()
	aside := filepath.Join(t.TempDir(), "aside")
	there := filepath.Join(d.cfg.Dir, "before-epoch-1")
	if err := errors.Join(os.CopyFS(aside, os.DirFS(d.cfg.Dir)), os.Rename(aside, there)); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(d.cfg.Dir, "resealing")
	renames := func(act ledger.Act, path string) error {
		if act == ledger.ActReseal && path == part { // the last before the folder is called whole
			return testworld.ErrDisk
		}
		return nil
	}
	d.world.Disk.Fail(renames)
	if err := reseal(d.world, d.cfg.Dir, nil); !errors.Is(err, testworld.ErrDisk) {
		t.Fatalf("got %v, want it killed", err)
	}
	d.world.Disk.Fail(nil)
	if left := filesIn(t, part); len(left) < 6 {
		t.Fatalf("got %d files left, so what follows shows nothing", len(left))
	}
	if err := os.RemoveAll(there); err != nil { // somebody has looked at it, and needs it no more
		t.Fatal(err)
	}
	held, err := os.Open(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.world.Env().Sealing.Lock(held, true); err != nil {
		t.Fatal(err)
	}
	if err := ledger.EndReseal(d.world.Env(), d.cfg.Dir); err != nil {
		t.Errorf("while another process copies: got %v, want nil", err)
	}
	if _, err := os.Stat(part); err != nil {
		t.Errorf("a copy that another process is making: got %v, want it kept", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	d.open()
	if _, err := os.Stat(part); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after an opening: got %v, want the part gone", err)
	}
	d.close()
	if err := reseal(d.world, d.cfg.Dir, nil); err != nil {
		t.Errorf("said again: got %v, want nil", err)
	}
	d.world.Key = nil
	d.audit()
}

// The rule: a file that is copied beside a book is copied whole, or not at all.
func TestAFileTooLargeToBeCopiedIsNotCut(t *testing.T) {
	d := newSealedDesk(t)
	d.receive("TAP-22", 5)
	d.close()
	aside := filepath.Join(d.cfg.Dir, "before-epoch-1")
	beside := filepath.Join(t.TempDir(), "aside")
	if err := errors.Join(os.CopyFS(beside, os.DirFS(d.cfg.Dir)), os.Rename(beside, aside)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(aside, ledger.WitnessFile)
	if err := os.WriteFile(path, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	err := reseal(d.world, d.cfg.Dir, nil)
	if damage, ok := errors.AsType[*ledger.DamageError](err); !ok || !strings.Contains(damage.Where, ledger.WitnessFile) {
		t.Errorf("got %v, want the file named", err)
	}
	if err := os.RemoveAll(aside); err != nil {
		t.Fatal(err)
	}
	d.audit()
}
