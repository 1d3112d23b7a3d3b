package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestEachOfManyRequestsStandsAlone(t *testing.T) {
	d := newDesk(t)
	d.receive("A", 5)
	first := sale("o1", "A", 2)
	other := sale("o1", "A", 1)
	other.Request = ledger.DigestOf([]byte("another body"))
	same := sale("o4", "A", 1)
	same.Order.ID = first.Order.ID
	bad := sale("o5", "A", 0)
	for again := range 2 {
		got := d.book.DoAll(t.Context(), []ledger.Request{first, sale("o2", "A", 9), bad, first, other, same, sale("o3", "A", 1)})
		for i, want := range []func(ledger.Outcome) bool{
			func(o ledger.Outcome) bool { return o.Err == nil && o.Replayed == (again == 1) },
			func(o ledger.Outcome) bool { return shortOf(o.Err) == 9 && o.Replayed == (again == 1) },
			func(o ledger.Outcome) bool {
				_, form := errors.AsType[*ledger.FormError](o.Err)
				return form && o.Entry == nil
			},
			func(o ledger.Outcome) bool { return o.Err == nil && o.Replayed },
			func(o ledger.Outcome) bool { return errors.Is(o.Err, ledger.ErrKeyReused) },
			func(o ledger.Outcome) bool { return o.Err != nil && o.Entry != nil },
			func(o ledger.Outcome) bool { return o.Err == nil && o.Replayed == (again == 1) },
		} {
			if got[i].Err != nil || !want(got[i].Outcome) {
				t.Errorf("time %d, request %d: got %+v", again+1, i, got[i])
			}
		}
		if got[0].Entry.Seq != got[3].Entry.Seq {
			t.Errorf("got entries %d and %d for one key, want one", got[0].Entry.Seq, got[3].Entry.Seq)
		}
		if l, _ := d.book.Level("A"); l.Available != 2 {
			t.Errorf("got %d available, want 2: each was sold once", l.Available)
		}
	}
	if got := d.book.DoAll(t.Context(), nil); len(got) != 0 {
		t.Errorf("got %v of nothing, want nothing", got)
	}
}

func shortOf(err error) ledger.Qty {
	if short, ok := errors.AsType[*ledger.ShortError](err); ok && len(short.Lines) == 1 {
		return short.Lines[0].Want
	}
	return 0
}

func sales(n int) []ledger.Request {
	reqs := make([]ledger.Request, n)
	for i := range reqs {
		reqs[i] = sale(fmt.Sprint("o", i), "A", 1)
	}
	return reqs
}

func TestManyRequestsTakeOnePlaceAndShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w, dir := quiet(t, 3)
		opened := ask(t.Context(), b, &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
		synctest.Wait()
		received := ask(t.Context(), b, &ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 2000}}})
		synctest.Wait()
		done := make(chan []ledger.Answer)
		go func() { done <- b.DoAll(t.Context(), sales(1000)) }()
		synctest.Wait()
		for i, a := range b.DoAll(t.Context(), sales(2)) {
			if !errors.Is(a.Err, ledger.ErrBusy) {
				t.Errorf("request %d behind a full queue: got %v, want %v", i, a.Err, ledger.ErrBusy)
			}
		}
		before := len(w.Disk.Acts())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		if err := errors.Join(opened.answer(), received.answer()); err != nil {
			t.Fatal(err)
		}
		for i, a := range <-done {
			if a.Err != nil || a.Outcome.Err != nil || int(a.Entry.Seq) != i+3 {
				t.Errorf("request %d: got %+v, want entry %d: they are decided in their order", i, a, i+3)
			}
		}
		commits := slices.DeleteFunc(w.Disk.Acts()[before:], func(a ledger.Act) bool { return a != ledger.ActCommit })
		if len(commits) != 1 {
			t.Errorf("got %d commits, want all in one", len(commits))
		}
		stop()
		<-ended
		end(t, b, w, dir)
	})
}

func TestMoreThanAGroupIsPutInParts(t *testing.T) {
	d := newDesk(t)
	d.receive("A", 5000)
	for i, a := range d.book.DoAll(t.Context(), sales(2500)) {
		if a.Err != nil || a.Outcome.Err != nil {
			t.Fatalf("request %d: got %+v, want yes", i, a)
		}
	}
	if l, _ := d.book.Level("A"); l.Available != 2500 {
		t.Errorf("got %d available, want 2500", l.Available)
	}
}

func TestManyRequestsAreToldTogetherWhatBecameOfTheBook(t *testing.T) {
	every := func(t *testing.T, got []ledger.Answer, want error) {
		t.Helper()
		for i, a := range got {
			if !errors.Is(a.Err, want) {
				t.Errorf("request %d: got %v, want %v", i, a.Err, want)
			}
		}
	}
	t.Run("a disk that fails", func(t *testing.T) {
		d := newDesk(t)
		d.receive("A", 9)
		d.world.Disk.FailOn(ledger.ActCommit)
		every(t, d.book.DoAll(t.Context(), sales(3)), ledger.ErrUnsure)
		every(t, d.book.DoAll(t.Context(), sales(3)), ledger.ErrClosed)
		d.world.Disk.Fail(nil)
		if err := d.close(); !errors.Is(err, testworld.ErrDisk) {
			t.Errorf("run: got %v, want the failure", err)
		}
		d.open()
	})
	t.Run("a caller who leaves", func(t *testing.T) {
		d := newDesk(t)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		every(t, d.book.DoAll(ctx, sales(3)), context.Canceled)
	})
	t.Run("a queue that is let go", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, w, dir := quiet(t, 3)
			done := make(chan []ledger.Answer)
			go func() { done <- b.DoAll(t.Context(), sales(3)) }()
			synctest.Wait()
			end(t, b, w, dir)
			every(t, <-done, ledger.ErrClosed)
		})
	})
}
