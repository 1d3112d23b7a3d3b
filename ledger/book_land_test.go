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
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// A slowDisk holds the next group back until it is let go, or fails it.
type slowDisk struct{ let chan error }

// holdBack has the disk of w hold back each group from here on.
func holdBack(w *testworld.World) *slowDisk {
	d := &slowDisk{let: make(chan error)}
	w.Disk.Fail(nil)
	w.Disk.Slow(func(act ledger.Act) {
		if act == ledger.ActCommit {
			if err := <-d.let; err != nil {
				w.Disk.FailOn(ledger.ActCommit)
			}
		}
	})
	return d
}

// A reader is one look at a book, in a goroutine of its own.
type reader struct {
	name string
	done chan struct{}
}

func (r *reader) waits() bool {
	synctest.Wait()
	select {
	case <-r.done:
		return false
	default:
		return true
	}
}

func look(name string, f func()) *reader {
	r := &reader{name: name, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		f()
	}()
	return r
}

// stocked opens a book that runs and has 5 of A and of B, and an order of B.
func stocked(t *testing.T) (b *ledger.Book, w *testworld.World, old ledger.OrderID, end0 func()) {
	b, w, dir := quiet(t, 10)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	first := sale("o0", "B", 1)
	for _, req := range []ledger.Request{&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}},
		&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 5}, {SKU: "B", Qty: 5}}}, first} {
		if out, err := b.Do(t.Context(), req); err != nil || out.Err != nil {
			t.Fatalf("got %v and %v, want it taken", err, out.Err)
		}
	}
	return b, w, first.Order.ID, func() {
		stop()
		<-ended
		w.Disk.Slow(nil)
		w.Disk.Fail(nil)
		end(t, b, w, dir)
	}
}

func TestAReaderWaitsForTheDiskOnlyForWhatItHasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w, old, end := stocked(t)
		defer end()
		disk, before := holdBack(w), b.Head()
		req := sale("o1", "A", 2)
		selling := ask(t.Context(), b, req)
		synctest.Wait() // the sale is decided, and the disk at work
		var a, other ledger.Level
		var orders []*ledger.Order
		var view ledger.Summary
		var sheet ledger.Head
		var place ledger.Seq
		waiting := []*reader{
			look("the level that was sold from", func() { a, _ = b.Level("A") }),
			look("the order", func() { _, _ = b.Order(req.Order.ID) }),
			look("the newest orders", func() { orders, _, _ = b.Orders(ledger.OrderQuery{Descending: true}) }),
			look("the open orders", func() { _, _, _ = b.Orders(ledger.OrderQuery{Open: true}) }),
			look("the book at a glance", func() { view = b.View() }),
			look("a sheet", func() { _, sheet, _, _ = b.CountSheet(ledger.SheetQuery{SKU: "A", Limit: 1}) }),
			look("the parts", func() { b.Parts("", 10, func(*ledger.ServedPart) bool { return true }) }),
		}
		going := []*reader{
			look("another level", func() { other, _ = b.Level("B") }),
			look("an older order", func() { _, _ = b.Order(old) }),
			look("another level with its place", func() { _, place, _ = b.LevelAt("B") }),
			look("holdings", func() { b.HoldingsOf("A") }),
			look("the bell", func() { b.Changed() }),
		}
		for _, r := range waiting {
			if !r.waits() {
				t.Errorf("%s: got an answer, want it to wait for the disk: it may not keep what was seen", r.name)
			}
		}
		for _, r := range going {
			if r.waits() {
				t.Errorf("%s: got it waiting for the disk, want an answer: nothing on its way has changed it", r.name)
			}
		}
		if got := b.Head(); got != before || place != before.Seq {
			t.Errorf("got head %v and place %d, want %v: the disk does not hold the sale yet", got, place, before)
		}
		close(disk.let)
		if err := selling.answer(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if a.Available != 3 || other.Available != 4 || view.Head != b.Head() || sheet != b.Head() ||
			!slices.ContainsFunc(orders, func(o *ledger.Order) bool { return o.ID == req.Order.ID }) {
			t.Errorf("got %+v, %+v, %v, %v, %v: want what the disk holds now", a, other, view.Head, sheet, orders)
		}
	})
}

// Who looks at one part, one return, one asset or the claims for money waits for the entry that changes it, and for no other.
func TestPartsReturnsAssetsAndClaimsAreWaitedForWhereTheyChange(t *testing.T) {
	part, sold := delivers("part", ledger.Line{SKU: "A", Qty: 2}), oid("o0")
	returned, again := ledger.ReturnID(oid("r1")), ledger.ReturnID(oid("r2"))
	takes := func(id ledger.ReturnID) ledger.Request {
		return &ledger.TakeBack{ID: id, Lines: []ledger.BackLine{{SKU: "A", Qty: 1}}}
	}
	loads := func(a ledger.AssetID) ledger.Request {
		return &ledger.MoveAsset{Asset: a, Act: ledger.AssetLoad, Amount: 500, Ref: "l-" + string(a)}
	}
	h := ledger.Incarnation{Counter: 1}
	no := ledger.HQCommand{H: h, Number: 1, ID: "no", Kind: ledger.CommandRefund, Order: oid("away"), Owner: "hull", Site: "leeds", Reason: "EUR", Return: "c-2", Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 1}}}
	no.Hash = ledger.ChainCommand(ledger.Hash{}, &no)
	for name, req := range map[string]ledger.Request{
		"an asset":                loads("card:7"),
		"a part":                  &ledger.PickLeg{Order: part.Order.ID, Lines: []ledger.LegLine{{Line: 1, Qty: 2}}},
		"a return":                takes(again),
		"claims":                  &ledger.AskRefund{Claim: "c-1", Order: oid("away"), Till: "T1", Amount: 1, Reason: "broken"},
		"claims, which are ended": &ledger.Obey{Command: no},
		"nothing":                 sale("o1", "A", 1),
	} {
		synctest.Test(t, func(t *testing.T) {
			b, w, _, end := stocked(t)
			defer end()
			for _, before := range []ledger.Request{part, takes(returned), opens("T1", 1000), loads("card:8"), &ledger.AdoptHQ{H: h},
				&ledger.AskRefund{Claim: "c-2", Order: oid("away"), Till: "T1", Amount: 1, Reason: "broken"}} {
				if out, err := b.Do(t.Context(), before); err != nil || out.Err != nil {
					t.Fatalf("%s: got %v and %v, want it taken", name, err, out.Err)
				}
			}
			disk := holdBack(w)
			acting := ask(t.Context(), b, req)
			synctest.Wait() // it is decided, and the disk at work
			looks := []*reader{
				look("a part", func() { _, _ = b.Part(part.Order.ID) }),
				look("a return", func() { _, _ = b.Return(again) }),
				look("claims", func() { b.MoneyClaims(oid("away")) }),
				look("an asset", func() { b.AssetHeld("card:7") }),
				look("another asset", func() { b.AssetHeld("card:8") }),
				look("what is held of an article", func() { b.HoldingsOf("B") }),
				look("another part", func() { _, _ = b.Part(sold) }),
				look("another return", func() { _, _ = b.Return(returned) }),
			}
			for _, r := range looks {
				if waits := r.waits(); waits != strings.HasPrefix(name, r.name) {
					t.Errorf("%s changes: who looks at %s waits: %t", name, r.name, waits)
				}
			}
			close(disk.let)
			if err := errors.Join(acting.answer(), acting.out.Err); err != nil {
				t.Errorf("%s: got %v, want it taken", name, err)
			}
		})
	}
}

func TestWhoWaitsForADiskThatFailsIsLetGoAndShownNoNewHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w, _, end := stocked(t)
		defer end()
		disk, before := holdBack(w), b.Head()
		selling := ask(t.Context(), b, sale("o1", "A", 2))
		synctest.Wait()
		var view ledger.Summary
		r := look("the book at a glance", func() { view = b.View() })
		if !r.waits() {
			t.Error("got an answer, want it to wait for the disk")
		}
		disk.let <- testworld.ErrDisk
		if err := selling.answer(); !errors.Is(err, ledger.ErrUnsure) {
			t.Errorf("got %v, want %v", err, ledger.ErrUnsure)
		}
		if r.waits() {
			t.Error("got it waiting, want reading to go on")
		}
		if view.Head != before || b.Head() != before {
			t.Errorf("got head %v and %v, want %v: what is not on the disk is shown to nobody", view.Head, b.Head(), before)
		}
	})
}

func TestAQuarantineBeginsBehindWhatWasDecided(t *testing.T) {
	b, w, _, end := stocked(t)
	defer end()
	let, reached := make(chan struct{}), make(chan struct{})
	w.Disk.Slow(func(act ledger.Act) {
		if act == ledger.ActCommit {
			close(reached)
			<-let
		}
	})
	from := len(w.Disk.Acts())
	selling := ask(t.Context(), b, sale("o1", "A", 2))
	<-reached // the sale is decided, and the disk at work
	noted := look("the quarantine", func() { b.Quarantine("a test says so") })
	for range 100 { // nothing says that somebody waits for a lock: it gets its chance to go past it
		runtime.Gosched()
	}
	close(let)
	if err := errors.Join(selling.answer(), selling.out.Err); err != nil {
		t.Errorf("got %v, want the sale that was decided before", err)
	}
	<-noted.done
	acts := w.Disk.Acts()[from:]
	if commit, quarantine := slices.Index(acts, ledger.ActCommit), slices.Index(acts, ledger.ActQuarantine); commit < 0 || quarantine < commit {
		t.Errorf("got %v, want the quarantine behind the group", acts)
	}
	if b.View().Quarantine == "" {
		t.Error("got none, want the book in quarantine")
	}
}
