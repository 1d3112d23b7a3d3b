package ledger_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/tape"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// asked is a request on its way, in a goroutine of its own.
type asked struct {
	out  ledger.Outcome
	err  error
	done chan struct{}
}

func ask(ctx context.Context, b *ledger.Book, req ledger.Request) *asked {
	a := &asked{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.out, a.err = b.Do(ctx, req)
	}()
	return a
}

func (a *asked) answer() error {
	<-a.done
	return a.err
}

// quiet opens a book whose writer does not run yet, inside a synctest bubble.
func quiet(t *testing.T, queue int) (*ledger.Book, *testworld.World, string) {
	w, dir := testworld.New(3), t.TempDir()
	b, err := ledger.OpenBook(w.Env(), ledger.BookConfig{Site: "leeds", Dir: dir, Queue: queue})
	if err != nil {
		t.Fatal(err)
	}
	return b, w, dir
}

func TestAFullQueueRefusesAndDropsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w, dir := quiet(t, 2)
		first := ask(t.Context(), b, &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
		synctest.Wait()
		second := ask(t.Context(), b, &ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 2}}})
		synctest.Wait()
		if _, err := b.Do(t.Context(), sale("o1", "A", 1)); !errors.Is(err, ledger.ErrBusy) {
			t.Errorf("third in a queue of two: got %v, want %v", err, ledger.ErrBusy)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		if err := errors.Join(first.answer(), second.answer(), first.out.Err, second.out.Err); err != nil {
			t.Errorf("got %v, want both answered", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
		end(t, b, w, dir)
	})
}

func end(t *testing.T, b *ledger.Book, w *testworld.World, dir string) {
	t.Helper()
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Errorf("close, twice: got %v, want nil", err)
	}
	if _, err := ledger.AuditBook(w.Env(), dir, nil); err != nil {
		t.Errorf("audit: got %v, want no fault", err)
	}
}

func TestACallerWhoLeavesTheQueueIsToldThatItCannotKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w, dir := quiet(t, 10)
		first := ask(t.Context(), b, &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		gone := ask(ctx, b, &ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 2}}})
		synctest.Wait()
		leave()
		if err := gone.answer(); !errors.Is(err, ledger.ErrUnsure) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, ledger.ErrUnsure)
		}
		if _, err := b.Do(ctx, sale("o", "A", 1)); !errors.Is(err, context.Canceled) || errors.Is(err, ledger.ErrUnsure) {
			t.Errorf("with a context that has ended: got %v, want it refused before the queue", err)
		}
		run, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(run) }()
		if err := first.answer(); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Do(t.Context(), sale("o1", "A", 1)); err != nil {
			t.Fatal(err)
		}
		if l, _ := b.Level("A"); l.OnHand() != 1 {
			t.Errorf("got %+v, want the receipt to have landed: it was queued", l)
		}
		stop()
		<-ended
		end(t, b, w, dir)
	})
}

func TestAStoppedBookAnswersClosedAndLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine outlives it
		b, w, dir := quiet(t, 10)
		waiting := ask(t.Context(), b, &ledger.OpenSite{Epoch: 1})
		synctest.Wait()
		ctx, stop := context.WithCancel(t.Context())
		stop()
		// The writer may take the request or see its end first: both must answer.
		if err := b.Run(ctx); err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
		if err := waiting.answer(); err != nil && !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("in the queue: got %v, want an answer or %v", err, ledger.ErrClosed)
		}
		if _, err := b.Do(t.Context(), &ledger.OpenSite{Epoch: 1}); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("behind the writer's end: got %v, want %v", err, ledger.ErrClosed)
		}
		if err := b.Run(t.Context()); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("run again: got %v, want %v", err, ledger.ErrClosed)
		}
		end(t, b, w, dir)
		if _, err := b.Do(t.Context(), &ledger.OpenSite{Epoch: 1}); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("closed: got %v, want %v", err, ledger.ErrClosed)
		}
		if err := b.PutItems(nil, 1); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("items to a closed book: got %v, want %v", err, ledger.ErrClosed)
		}
	})
}

func TestABusyBookLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine outlives it
		w, dir := testworld.New(3), t.TempDir()
		cfg := ledger.BookConfig{Site: "leeds", Dir: dir}
		smallFiles(&cfg)
		b, err := ledger.OpenBook(w.Env(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		if _, err := b.Do(ctx, &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}}); err != nil {
			t.Fatal(err)
		}
		for i := range 20 { // checkpoints land and the journal's next files are made meanwhile
			if out, err := b.Do(ctx, big(i)); err != nil || out.Err != nil {
				t.Fatal(err, out.Err)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
		for _, act := range []ledger.Act{ledger.ActCheckpoint, ledger.Act(tape.ActPrewrite), ledger.Act(tape.ActRoll)} {
			if !slices.Contains(w.Disk.Acts(), act) {
				t.Errorf("got no %q, want the book busy with all it does", act)
			}
		}
		end(t, b, w, dir)
	})
}

func TestABookThatNeverRanLetsItsQueueGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w, dir := quiet(t, 10)
		waiting := ask(t.Context(), b, &ledger.OpenSite{Epoch: 1})
		synctest.Wait()
		end(t, b, w, dir)
		if err := waiting.answer(); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("got %v, want %v", err, ledger.ErrClosed)
		}
	})
}

func TestChangedIsMissedByNobody(t *testing.T) {
	d := newDesk(t)
	for range 20 {
		before := d.book.Head()
		bell := d.book.Changed()
		d.receive("A", 1)
		<-bell
		if d.book.Head().Seq <= before.Seq {
			t.Fatalf("the bell rang with head %v, want it moved on from %v", d.book.Head(), before)
		}
	}
}

func TestOpenStartsNoGoroutine(t *testing.T) {
	w := testworld.New(3)
	b, err := ledger.OpenBook(w.Env(), ledger.BookConfig{Site: "leeds", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	stacks := make([]byte, 1<<20)
	if all := string(stacks[:runtime.Stack(stacks, true)]); strings.Contains(all, "ledger.(*Book)") {
		t.Errorf("got goroutines of the book, want none:\n%s", all)
	}
}
