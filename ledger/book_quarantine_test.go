package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestARestartDoesNotEndAQuarantine(t *testing.T) {
	for name, restart := range map[string]func(*desk){"closed": (*desk).reopen, "killed": (*desk).kill} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.receive("TAP-22", 3)
			first := d.must(sale("o1", "TAP-22", 1))
			asked := sale("o2", "TAP-22", 5)
			asked.AskHQ, asked.Order.Anywhere = true, true
			d.must(asked)
			d.book.Quarantine("head office says fork")
			head := d.book.Head()
			for range 2 {
				restart(d)
				if why := d.book.View().Quarantine; why != "head office says fork" {
					t.Errorf("got quarantine %q, want the reason from before the restart", why)
				}
				if got := d.book.Head(); got != head {
					t.Errorf("got head %v, want %v: no boot entry, nothing dropped", got, head)
				}
				if v := d.book.View(); v.OpenAsks != 1 {
					t.Errorf("got %d open asks, want the one left open", v.OpenAsks)
				}
				if out := d.do(sale("o3", "TAP-22", 1)); !errors.Is(out.Err, ledger.ErrQuarantined) {
					t.Errorf("got %v, want %v", out.Err, ledger.ErrQuarantined)
				}
				if out := d.do(sale("o1", "TAP-22", 1)); !out.Replayed || out.Entry.Seq != first.Entry.Seq {
					t.Errorf("got %+v, want the first answer again", out)
				}
				d.book.Quarantine("another reason")
			}
		})
	}
}

func TestAnAskOpenInQuarantineStaysOpenAndItsKeyDoesNotWait(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 2)
	r := sale("o1", "TAP-22", 3)
	r.AskHQ, r.Order.Anywhere = true, true
	ask := d.must(r).Entry.Body.(*ledger.OrderBody).Ask
	d.book.Quarantine("")
	if d.book.View().Quarantine == "" {
		t.Error("got no quarantine, want one for no reason given")
	}
	for name, req := range map[string]ledger.Request{
		"its key":   r,
		"a yes":     &ledger.AcceptAsk{Order: oid("o1"), Ask: ask},
		"a no":      &ledger.AbandonAsk{Order: oid("o1"), Ask: ask},
		"a drop":    &ledger.AbandonAsk{Order: oid("o1"), Ask: ask, Drop: true},
		"a restart": &ledger.Reboot{},
	} {
		if out := d.do(req); !errors.Is(out.Err, ledger.ErrQuarantined) {
			t.Errorf("%s: got %v, want %v", name, out.Err, ledger.ErrQuarantined)
		}
	}
	if v := d.book.View(); v.OpenAsks != 1 {
		t.Errorf("got %d open asks, want the one left open", v.OpenAsks)
	}
}

func TestAQuarantineThatCannotBeKeptStopsTheBook(t *testing.T) {
	d := newDesk(t)
	d.world.Disk.FailOn(ledger.ActQuarantine)
	d.book.Quarantine("head office says fork")
	if err := d.book.Err(); !errors.Is(err, ledger.ErrClosed) || !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("got %v, want the book stopped", err)
	}
	if _, err := d.book.Do(context.Background(), sale("o1", "TAP-22", 1)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("got %v, want %v", err, ledger.ErrClosed)
	}
	d.world.Disk.Fail(nil)
	if err := <-d.ended; !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("run: got %v, want it to end by itself with the failure", err)
	}
	d.ended <- nil
	d.reopen()
	d.stop()
	<-d.ended
	d.ended <- nil
	if err := d.book.Close(); err != nil {
		t.Fatal(err)
	}
	d.book.Quarantine("a verdict that comes after closing") // must not touch the file
	if d.book.View().Quarantine == "" {
		t.Error("got no quarantine, want it at least in memory")
	}
}

func TestADamagedQuarantineKeepsTheBookShut(t *testing.T) {
	d := newDesk(t)
	d.book.Quarantine(strings.Repeat("é", 2000))
	if why := d.book.View().Quarantine; len(why) > 1024 || strings.Trim(why, "é") != "" {
		t.Errorf("got %d bytes %q, want it cut to whole letters", len(why), why)
	}
	d.stop()
	<-d.ended
	d.ended <- nil
	dir := t.TempDir()
	d.copyTo(dir)
	scratch(t, dir, func(tx *bbolt.Tx) error {
		return tx.Bucket(ledger.BucketMeta).Put([]byte("quarantine"), []byte("all is well"))
	})
	if _, err := ledger.OpenBook(testworld.New(5).Env(), ledger.BookConfig{Site: "leeds", Dir: dir}); !isDamage(err) {
		t.Errorf("got %v, want a DamageError", err)
	}
	if _, err := ledger.AuditBook(testworld.New(5).Env(), dir, nil); !isDamage(err) {
		t.Errorf("audit: got %v, want a DamageError", err)
	}
}

func isDamage(err error) bool {
	_, ok := errors.AsType[*ledger.DamageError](err)
	return ok
}
