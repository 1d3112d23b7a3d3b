package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestABookRemembersAcrossOpenings(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 3)
	d.must(sale("o1", "TAP-22", 2))
	want, head, key, boot := ledger.PortraitOf(d.book), d.book.Head(), d.book.NodeKey(), d.book.Boot()
	for _, open := range []func(){d.reopen, d.kill} {
		open()
		if got := d.book.Head(); got.Seq != head.Seq+1 { // its boot entry
			t.Errorf("got head %v, want entry %d", got, head.Seq+1)
		}
		head = d.book.Head()
		if l, ok := d.book.Level("TAP-22"); !ok || l.Available != 1 || l.OnHand() != 1 {
			t.Errorf("got level %+v, want 1 available", l)
		}
		if o, err := d.book.Order(oid("o1")); err != nil || o.Status != ledger.StatusCompleted {
			t.Errorf("got %+v, %v; want the order", o, err)
		}
		if d.book.NodeKey() != key || d.book.Boot() == boot {
			t.Error("got another node key or the same boot id, want the key kept and the boot id new")
		}
		boot = d.book.Boot()
	}
	if got := ledger.PortraitOf(d.book); got == want {
		t.Error("got the same position after two boots, want it moved on")
	}
}

// acts is a day of random requests, the same for every book that plays it.
func acts(n int) []ledger.Request {
	r := rand.New(rand.NewPCG(3, 9))
	skus := []ledger.SKU{"A", "B", "C", "D"}
	var out []ledger.Request
	for i := range n {
		name := fmt.Sprint("o", i)
		sku, q := skus[r.IntN(len(skus))], ledger.Qty(1+r.IntN(4))
		switch r.IntN(5) {
		case 0:
			out = append(out, &ledger.Receive{ID: name, Lines: []ledger.ReceiptLine{{SKU: sku, Qty: 3 * q, Bin: ledger.Bin(fmt.Sprint("A-", i%3))}}})
		case 1:
			out = append(out, &ledger.CancelOrder{Order: oid(fmt.Sprint("o", r.IntN(i+1)))})
		default:
			p := sale(name, sku, q)
			p.Order.Fulfil = []ledger.Fulfil{ledger.Take, ledger.Deliver, ledger.Collect}[r.IntN(3)]
			p.Order.Shortage = []ledger.Shortage{ledger.Refuse, ledger.Partial, ledger.Backorder}[r.IntN(3)]
			p.Order.Lines = append(p.Order.Lines, ledger.Line{SKU: skus[r.IntN(len(skus))], Qty: 1})
			out = append(out, p)
		}
	}
	return out
}

func TestAStateDoesNotDependOnItsCheckpoints(t *testing.T) {
	day := acts(120)
	play := func(every int, open func(*desk)) string {
		d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = every })
		for i, req := range day {
			d.do(req)
			if i%40 == 39 {
				open(d)
			}
		}
		return ledger.PortraitOf(d.book)
	}
	want := play(1<<30, (*desk).reopen)
	for name, got := range map[string]string{
		"a checkpoint at every entry":           play(1, (*desk).reopen),
		"a checkpoint every 7":                  play(7, (*desk).kill),
		"no checkpoint but the tail, each time": play(1<<30, (*desk).kill),
	} {
		if got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

func TestAKeyIsAnsweredOnceForEver(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = 3 })
	d.receive("TAP-22", 1)
	yes := d.must(sale("o1", "TAP-22", 1))
	no := d.do(sale("o2", "TAP-22", 1))
	if no.Entry == nil || no.Entry.Kind != ledger.KindRefused {
		t.Fatalf("got %+v, want a refusal that is remembered", no)
	}
	d.receive("TAP-22", 5) // a retry of a refusal must not be let through
	for _, again := range []func(){func() {}, d.reopen, d.kill, d.reopen} {
		again()
		out := d.do(sale("o1", "TAP-22", 1))
		if !out.Replayed || out.Err != nil || out.Entry.Seq != yes.Entry.Seq {
			t.Errorf("accepted: got %+v, want the first answer", out)
		}
		out = d.do(sale("o2", "TAP-22", 1))
		short, ok := errors.AsType[*ledger.ShortError](out.Err)
		if !out.Replayed || !ok || short.Lines[0].Want != 1 {
			t.Errorf("refused: got %+v, want the first answer", out)
		}
		other := sale("o1", "TAP-22", 1)
		other.Request = ledger.DigestOf([]byte("another"))
		if out := d.do(other); !errors.Is(out.Err, ledger.ErrKeyReused) {
			t.Errorf("another body: got %v, want %v", out.Err, ledger.ErrKeyReused)
		}
		taken := sale("o3", "TAP-22", 1)
		taken.Key = ledger.Digest{}
		taken.Order.ID = oid("o1")
		if out := d.do(taken); !errors.Is(out.Err, ledger.ErrOrderExists) {
			t.Errorf("an id that is taken: got %v, want %v", out.Err, ledger.ErrOrderExists)
		}
		if out := d.do(&ledger.CancelOrder{Order: oid("o1")}); out.Err == nil || out.Entry.Kind != ledger.KindRefused {
			t.Errorf("cancel of what is handed over: got %+v, want a refusal", out)
		}
	}
	if l, _ := d.book.Level("TAP-22"); l.Available != 5 {
		t.Errorf("got %d available, want the 5 that came in", l.Available)
	}
}

func TestAnOpenAskKeepsItsKeyAndARestartFreesIt(t *testing.T) {
	for name, restart := range map[string]func(*desk){"after a checkpoint": (*desk).reopen, "from the tail": (*desk).kill} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.receive("TAP-22", 2)
			r := sale("o1", "TAP-22", 3)
			r.AskHQ, r.Order.Anywhere = true, true
			ask := d.must(r).Entry.Body.(*ledger.OrderBody).Ask
			if out := d.do(r); !errors.Is(out.Err, ledger.ErrInProgress) {
				t.Errorf("got %v, want %v", out.Err, ledger.ErrInProgress)
			}
			if v := d.book.View(); v.OpenAsks != 1 || v.OpenOrders != 1 {
				t.Errorf("got %+v, want one open ask", v)
			}
			restart(d)
			if out := d.do(&ledger.AcceptAsk{Order: oid("o1"), Ask: ask}); !errors.Is(out.Err, ledger.ErrAskClosed) {
				t.Errorf("a late yes: got %v, want %v", out.Err, ledger.ErrAskClosed)
			}
			if v := d.book.View(); v.OpenAsks != 0 || v.OpenOrders != 0 {
				t.Errorf("got %+v, want no open ask", v)
			}
			if _, err := d.book.Order(oid("o1")); !errors.Is(err, ledger.ErrOrderUnknown) {
				t.Errorf("got %v, want %v: nobody was answered", err, ledger.ErrOrderUnknown)
			}
			if l, _ := d.book.Level("TAP-22"); l.Available != 2 {
				t.Errorf("got %d available, want 2 freed", l.Available)
			}
			r.AskHQ, r.Order.Lines[0].Qty = false, 2
			if out := d.do(r); out.Err != nil || out.Replayed {
				t.Errorf("the same key again: got %+v, want it decided now", out)
			}
			d.reopen()
		})
	}
}

func TestASiteWithoutAnEpochPromisesNothing(t *testing.T) {
	d := &desk{TB: t, world: newDesk(t).world, cfg: ledger.BookConfig{Site: "york", Dir: t.TempDir()}}
	d.open()
	defer d.close()
	if out := d.do(sale("o1", "A", 1)); !errors.Is(out.Err, ledger.ErrNotOpened) {
		t.Errorf("got %v, want %v", out.Err, ledger.ErrNotOpened)
	}
	if h := d.book.Head(); h.Seq != 0 {
		t.Errorf("got head %v, want none", h)
	}
	d.reopen()
	d.must(&ledger.OpenSite{Epoch: 4})
	if out := d.do(&ledger.OpenSite{Epoch: 4}); out.Err == nil {
		t.Error("got the same epoch a second time, want a refusal")
	}
	h := ledger.Incarnation{Counter: 2, Random: [16]byte{1}}
	d.must(&ledger.AdoptHQ{H: h})
	for _, other := range []ledger.Incarnation{{Counter: 2}, {Counter: 1}} {
		if out := d.do(&ledger.AdoptHQ{H: other}); !errors.Is(out.Err, ledger.ErrForeignHQ) {
			t.Errorf("adopt %+v: got %v, want %v", other, out.Err, ledger.ErrForeignHQ)
		}
	}
	if out := d.do(&ledger.AdoptHQ{H: h}); !out.Replayed || d.book.HQ() != h || d.book.Cursor().H != h {
		t.Errorf("got %+v, want it known", out)
	}
}
