package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/tape"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// big is goods in of some 20 KB under a key of its own: the journal's files are soon full.
func big(i int) *ledger.Receive {
	name := fmt.Sprint("big ", i)
	r := &ledger.Receive{Meta: ledger.Meta{Key: ledger.DigestOf([]byte(name)), Request: ledger.DigestOf([]byte("of " + name))}, ID: name}
	for l := range 1000 {
		r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprint("SKU-", l)), Qty: 1})
	}
	return r
}

// smallFiles makes the journal roll every few receipts.
func smallFiles(c *ledger.BookConfig) { c.CheckpointEvery, c.JournalSize = 8, 64<<10 }

func TestEveryActThatFailsOnceStopsTheBookAndLosesNothing(t *testing.T) {
	for _, act := range []ledger.Act{ledger.ActCommit, ledger.Act(tape.ActWrite), ledger.Act(tape.ActSync), ledger.Act(tape.ActPrewrite),
		ledger.Act(tape.ActRoll), ledger.Act(tape.ActSyncDir), ledger.Act(tape.ActSeal), ledger.ActWitness, ledger.ActCheckpoint} {
		t.Run(string(act), func(t *testing.T) {
			d := newDesk(t, smallFiles)
			var failed atomic.Bool
			d.world.Disk.Fail(func(a ledger.Act, _ string) error {
				if a == act && !failed.Swap(true) {
					return testworld.ErrDisk
				}
				return nil
			})
			answered := map[int]ledger.Seq{}
			for i := 0; ; i++ {
				if i == 200 {
					t.Fatal("got 200 receipts through, want the act to fail and the book to stop")
				}
				out, err := d.book.Do(context.Background(), big(i))
				if err == nil && out.Err == nil {
					answered[i] = out.Entry.Seq
					continue
				}
				if !errors.Is(err, ledger.ErrUnsure) && !errors.Is(err, ledger.ErrClosed) || !errors.Is(err, testworld.ErrDisk) && d.book.Err() == nil {
					t.Fatalf("got %+v, %v; want the book stopped", out, err)
				}
				break
			}
			if err := <-d.ended; !errors.Is(err, testworld.ErrDisk) {
				t.Errorf("run: got %v, want it to end by itself with the failure", err)
			}
			d.ended <- nil
			if _, err := d.book.Do(context.Background(), big(201)); !errors.Is(err, ledger.ErrClosed) {
				t.Errorf("later: got %v, want %v", err, ledger.ErrClosed)
			}
			d.reopen()
			if why := d.book.View().Quarantine; why != "" {
				t.Errorf("got quarantine %q, want none: nothing answered was lost", why)
			}
			for i, seq := range answered {
				if out := d.do(big(i)); !out.Replayed || out.Entry.Seq != seq {
					t.Errorf("receipt %d: got %+v, want the answer of entry %d", i, out, seq)
				}
			}
			d.must(big(300))
		})
	}
}

func TestAnActThatFailsWhileTheBookIsOpenedLeavesItToTheNext(t *testing.T) {
	for _, act := range []ledger.Act{ledger.Act(tape.ActMend), ledger.Act(tape.ActSyncDir), ledger.Act(tape.ActWrite), ledger.Act(tape.ActSync), ledger.ActCommit, ledger.ActWitness, ledger.ActOpen} {
		d := newDesk(t)
		d.receive("A", 3)
		d.must(sale("o1", "A", 1))
		d.close()
		d.world.Disk.FailOn(act)
		if b, err := ledger.OpenBook(d.world.Env(), d.cfg); !errors.Is(err, testworld.ErrDisk) {
			t.Errorf("%s: got %v, %v; want the failure", act, b, err)
		}
		d.world.Disk.Fail(nil)
		d.open()
		if out := d.do(sale("o1", "A", 1)); !out.Replayed || out.Err != nil {
			t.Errorf("%s: got %+v, want the first answer", act, out)
		}
	}
}

func TestAFullDiskEndsNewPromisesFirstAndTheRestLater(t *testing.T) {
	d := newDesk(t)
	d.receive("A", 100_000)
	open := sale("open", "A", 1)
	open.Order.Fulfil = ledger.Deliver
	d.must(open)
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.Act(tape.ActPrewrite) {
			return syscall.ENOSPC
		}
		return nil
	})
	n, promised := 0, 0
	refused := func(out ledger.Outcome) bool {
		if out.Err != nil && !errors.Is(out.Err, ledger.ErrFull) {
			t.Fatalf("got %v, want yes or %v", out.Err, ledger.ErrFull)
		}
		return out.Err != nil
	}
	for ; n < 5000 && !refused(d.do(sale(fmt.Sprint("new ", n), "A", 1))); n++ {
		d.must(big(n))
		promised++
	}
	if n == 5000 || promised == 0 || !d.book.View().Full {
		t.Fatalf("got %d promises and full %v, want an end of them", promised, d.book.View().Full)
	}
	d.must(&ledger.CancelOrder{Order: oid("open")})
	for ; n < 5000 && !refused(d.do(big(n))); n++ {
		if !refused(d.do(sale("still", "A", 1))) {
			t.Error("got a promise between two refused ones, want none")
		}
	}
	if n == 5000 {
		t.Fatal("got no end of goods in on a full disk, want one before the journal's files are full")
	}
	if out := d.do(sale("new 0", "A", 1)); !out.Replayed || out.Err != nil {
		t.Errorf("an answered key: got %+v, want the first answer", out)
	}
	if err := d.book.Err(); err != nil {
		t.Errorf("got %v, want the book to go on", err)
	}
	d.reopen() // closing needs no room, and opening very little
	if out := d.do(sale("new 0", "A", 1)); !out.Replayed || out.Err != nil {
		t.Errorf("after reopening: got %+v, want the first answer", out)
	}
	// An opened book does not know that the disk is full before it has tried for its next file. Lifted
	// sooner, that try could fail behind the first promise.
	for !d.book.View().Full {
		d.world.Clock.Advance(time.Second)
		runtime.Gosched()
	}
	d.world.Disk.Fail(nil)
	for refused(d.do(sale("still", "A", 1))) {
		d.world.Clock.Advance(time.Second)
		runtime.Gosched()
	}
	d.must(big(n))
}

// While a record is on its way to the disk a look at the book may still say that there is room, for its bytes are counted once they are written. Nothing is
// accepted by that: who asks is decided about behind the record, with its bytes counted. So whatever is told yes while the disk fills up is there
// afterwards, and nothing else is.
func TestWhatIsAcceptedWhileTheDiskFillsUpIsThereAfterwards(t *testing.T) {
	d := newDesk(t)
	d.receive("A", 100_000)
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.Act(tape.ActPrewrite) {
			return syscall.ENOSPC
		}
		return nil
	})
	const clients, most = 4, 2000
	var busy sync.WaitGroup
	var yes [clients][]string
	for c := range clients {
		busy.Go(func() {
			for n := range most {
				_ = d.book.View().Full // as a screen does; what it says decides nothing
				name := fmt.Sprint("c", c, "-", n)
				out, err := d.book.Do(t.Context(), sale(name, "A", 1))
				switch {
				case err != nil || out.Err != nil && !errors.Is(out.Err, ledger.ErrFull):
					t.Errorf("%s: got %v and %v, want yes or %v", name, err, out.Err, ledger.ErrFull)
					return
				case out.Err != nil:
					return
				}
				yes[c] = append(yes[c], name)
			}
		})
	}
	ended := make(chan struct{})
	go func() { busy.Wait(); close(ended) }()
	for n := 0; ; n++ {
		if out := d.do(big(n)); out.Err != nil && !errors.Is(out.Err, ledger.ErrFull) {
			t.Fatal(out.Err)
		}
		select {
		case <-ended:
		default:
			continue
		}
		break
	}
	d.reopen()
	sold := 0
	for c, names := range yes {
		if len(names) == most {
			t.Fatalf("client %d was never told that the disk is full", c)
		}
		for _, name := range names {
			if out := d.do(sale(name, "A", 1)); !out.Replayed || out.Err != nil {
				t.Fatalf("%s: got %+v, want the first answer", name, out)
			}
		}
		sold += len(names)
	}
	if l, _ := d.book.Level("A"); sold == 0 || l.OnHand() != ledger.Qty(100_000-sold) {
		t.Errorf("got %d on hand and %d sold, want nothing else gone", l.OnHand(), sold)
	}
	d.close()
	d.audit()
}
