package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// holdCheckpoints makes every checkpoint wait until the returned function is called, and gives a
// channel that is closed when the first one waits.
func (d *desk) holdCheckpoints() (waits <-chan struct{}, release func()) {
	started, gate := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	d.world.Disk.Fail(nil)
	d.world.Disk.Slow(func(act ledger.Act) {
		if act == ledger.ActCheckpoint {
			if !once.Swap(true) {
				close(started)
			}
			<-gate
		}
	})
	return started, func() { close(gate) }
}

func TestTheWriterGoesOnWhileACheckpointIsWritten(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 20 })
	d.receive("A", 100)
	waits, release := d.holdCheckpoints()
	var want []ledger.OrderID
	sell := func(i int) {
		p := sale(fmt.Sprint("o", i), "A", 1)
		if i%3 == 0 {
			p.Order.Fulfil = ledger.Deliver
		}
		d.must(p)
		want = append(want, p.Order.ID)
	}
	for i := range 18 {
		sell(i)
	}
	<-waits // what they were is in the parcel now, and neither in memory nor in the file
	for i := range 4 {
		sell(18 + i)
	}
	slices.Sort(want)
	if got := pageAll(t, d.book, ledger.OrderQuery{Limit: 3}); !slices.Equal(got, want) {
		t.Errorf("got %d orders, want all %d", len(got), len(want))
	}
	for i := range 22 {
		name := fmt.Sprint("o", i)
		if o, err := d.book.Order(oid(name)); err != nil || o.ID != oid(name) {
			t.Errorf("%s: got %+v, %v; want the order", name, o, err)
		}
		if out := d.do(sale(name, "A", 1)); !out.Replayed || out.Err != nil {
			t.Errorf("%s again: got %+v, want the first answer", name, out)
		}
		other := sale(name, "A", 1)
		other.Key = ledger.DigestOf([]byte("another"), []byte(name))
		if out := d.do(other); !errors.Is(out.Err, ledger.ErrOrderExists) {
			t.Errorf("%s under another key: got %v, want %v", name, out.Err, ledger.ErrOrderExists)
		}
	}
	release()
	d.reopen()
	if got := pageAll(t, d.book, ledger.OrderQuery{Limit: 3}); !slices.Equal(got, want) {
		t.Errorf("after reopening: got %d orders, want all %d", len(got), len(want))
	}
}

// An ask that came to nothing leaves its id free, also while a checkpoint is under way that
// still holds it.
func TestADroppedOrderIsGoneWhereverACheckpointStands(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 1 })
	d.receive("A", 2)
	r := sale("o1", "A", 3)
	r.AskHQ, r.Order.Anywhere = true, true
	ask := d.must(r).Entry.Body.(*ledger.OrderBody).Ask
	d.reopen() // drops it
	if out := d.do(&ledger.AcceptAsk{Order: oid("o1"), Ask: ask}); !errors.Is(out.Err, ledger.ErrAskClosed) {
		t.Errorf("a late yes: got %v, want %v", out.Err, ledger.ErrAskClosed)
	}
	again := d.must(r).Entry.Body.(*ledger.OrderBody).Ask
	for !d.book.Landed() {
		runtime.Gosched()
	}
	waits, release := d.holdCheckpoints()
	d.must(&ledger.AbandonAsk{Order: oid("o1"), Ask: again, Drop: true})
	<-waits // with the drop, or before it
	if _, err := d.book.Order(oid("o1")); !errors.Is(err, ledger.ErrOrderUnknown) {
		t.Errorf("got %v, want %v", err, ledger.ErrOrderUnknown)
	}
	r.AskHQ, r.Order.Lines[0].Qty = false, 2
	if out := d.do(r); out.Err != nil || out.Replayed {
		t.Errorf("the same order again: got %+v, want it decided now", out)
	}
	release()
}

func TestTheWriterWaitsForACheckpointThatIsFarBehind(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 5 })
	d.receive("A", 1000)
	waits, release := d.holdCheckpoints()
	var answered atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 100 {
			if out, err := d.book.Do(context.Background(), sale(fmt.Sprint("o", i), "A", 1)); err != nil || out.Err != nil {
				t.Errorf("got %+v, %v; want it sold", out, err)
			}
			answered.Add(1)
		}
	}()
	<-waits
	for !d.book.TooFarBehind() {
		runtime.Gosched()
	}
	// Two entries were there before; five fill the first parcel, twice five may wait.
	if n := answered.Load(); n > 15 {
		t.Errorf("got %d sales behind a checkpoint that is not written, want at most 15", n)
	}
	release()
	<-done
}

func TestAFailedCheckpointStopsTheBookAndLosesNothing(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 3 })
	d.receive("A", 100)
	d.world.Disk.FailOn(ledger.ActCheckpoint)
	sold := 0
	for ; ; sold++ {
		out, err := d.book.Do(context.Background(), sale(fmt.Sprint("o", sold), "A", 1))
		if err != nil {
			if !errors.Is(err, testworld.ErrDisk) && !errors.Is(err, ledger.ErrClosed) { // who comes after it finds the book closed
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
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		t.Run(full.Error(), func(t *testing.T) { endsNewPromises(t, full) })
	}
}

// endsNewPromises has every checkpoint end with full, until it does not.
func endsNewPromises(t *testing.T, full error) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 4 })
	d.receive("A", 100)
	open := sale("open", "A", 1)
	open.Order.Fulfil = ledger.Deliver
	d.must(open)
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.ActCheckpoint || act == ledger.ActItems {
			return full
		}
		return nil
	})
	d.receive("A", 1)
	for !d.book.View().Full {
		if err := d.book.Err(); err != nil {
			t.Fatalf("without room: got %v, want the book to go on", err)
		}
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
	for began := time.Now(); d.book.View().Full; {
		if time.Since(began) > time.Minute {
			t.Fatal("got a book that stays full, want it to recover")
		}
		d.world.Clock.Advance(time.Second)
		runtime.Gosched()
	}
	d.must(sale("new", "A", 1))
}

// BenchmarkPack is what the writer does itself of a checkpoint: 3,072 sales of three lines, of
// 9,216 SKUs out of 100,000, beside 10,000 open orders. least-pack-ms is how long it holds others up at best.
func BenchmarkPack(b *testing.B) {
	d := newDesk(b)
	for i := 0; i < 100_000; i += 1000 {
		r := &ledger.Receive{ID: fmt.Sprint("r", i)}
		for j := i; j < i+1000; j++ {
			r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprintf("ART-%08d", j)), Qty: ledger.QtyMax})
		}
		d.must(r)
	}
	n := 0
	sell := func(count int, open bool) {
		for range count / 512 {
			var reqs []ledger.Request
			for range 512 {
				reqs = append(reqs, largeSale(n, 100_000, open))
				n++
			}
			if err := d.book.Write(reqs...); err != nil {
				b.Fatal(err)
			}
		}
	}
	sell(10_240, true)
	d.book.Pack()
	least := time.Hour
	all := 0
	for b.Loop() {
		sell(3072, false)
		took, records := d.book.Pack()
		least, all = min(least, took), all+records
	}
	b.ReportMetric(least.Seconds()*1000, "least-pack-ms")
	b.ReportMetric(float64(all)/float64(b.N), "records")
}
