package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestAFailedCheckpointStopsTheBookAndLosesNothing(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 3 })
	d.receive("A", 100)
	d.world.Disk.FailOn(ledger.ActCheckpoint)
	sold := 0
	for ; ; sold++ {
		out, err := d.book.Do(context.Background(), sale(fmt.Sprint("o", sold), "A", 1))
		if err != nil {
			if !errors.Is(err, testworld.ErrDisk) {
				t.Errorf("got %v, want the failure", err)
			}
			break
		}
		if out.Err != nil {
			t.Fatalf("got %v, want it sold", out.Err)
		}
	}
	if err := <-d.ended; !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("run: got %v, want it to end by itself with the failure", err)
	}
	d.ended <- nil
	d.world.Disk.Fail(nil)
	d.reopen()
	for i := range sold {
		if out := d.do(sale(fmt.Sprint("o", i), "A", 1)); !out.Replayed || out.Err != nil {
			t.Errorf("o%d: got %+v, want the first answer", i, out)
		}
	}
}

func TestADiskWithoutRoomForACheckpointEndsNewPromisesOnly(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 4 })
	d.receive("A", 100)
	open := sale("open", "A", 1)
	open.Order.Fulfil = ledger.Deliver
	d.must(open)
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.ActCheckpoint || act == ledger.ActItems {
			return syscall.ENOSPC
		}
		return nil
	})
	d.receive("A", 1)
	for !d.book.View().Full {
		runtime.Gosched()
	}
	if out := d.do(sale("new", "A", 1)); !errors.Is(out.Err, ledger.ErrFull) {
		t.Errorf("a new order: got %v, want %v", out.Err, ledger.ErrFull)
	}
	if out := d.do(open); !out.Replayed || out.Err != nil {
		t.Errorf("an answered key: got %+v, want the first answer", out)
	}
	if err := d.book.PutItems([]ledger.Item{{SKU: "A", Version: 1}}, 1); !errors.Is(err, ledger.ErrFull) || d.book.RefVersion() != 0 {
		t.Errorf("items: got %v, want %v and nothing stored", err, ledger.ErrFull)
	}
	d.receive("A", 1)
	d.must(&ledger.CancelOrder{Order: oid("open")})
	refused := false
	for i := 0; !refused && i < 100; i++ {
		out := d.do(&ledger.Receive{ID: fmt.Sprint("more", i), Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 1}}})
		if refused = errors.Is(out.Err, ledger.ErrFull); !refused && out.Err != nil {
			t.Fatalf("goods in: got %v, want them in or %v", out.Err, ledger.ErrFull)
		}
	}
	if !refused {
		t.Error("got no end of what is taken without a checkpoint, want memory and tail bounded")
	}
	d.world.Disk.Fail(nil)
	for d.book.View().Full {
		d.world.Clock.Advance(time.Second)
		runtime.Gosched()
	}
	d.must(sale("new", "A", 1))
}
