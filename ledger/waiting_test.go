package ledger_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// want gives an order that waits for what it names, one line a SKU.
func want(name string, skus ...ledger.SKU) *ledger.Place {
	o := ledger.Order{ID: oid(name), Fulfil: ledger.Deliver, Shortage: ledger.Backorder}
	for _, sku := range skus {
		o.Lines = append(o.Lines, ledger.Line{SKU: sku, Qty: 2})
	}
	return &ledger.Place{Order: o}
}

func TestGoodsLookOnlyAtWhoWaitsForThem(t *testing.T) {
	const orders = 5000
	s := newStage(t, "leeds", true)
	for i := range orders {
		s.do(want(fmt.Sprint("o", i), "A"))
	}
	// To walk all that wait takes at least their ids, 16 bytes each.
	const bytesMax = orders * 16 / 2
	for name, sku := range map[string]ledger.SKU{"nobody waits for it": "B", "one of many gets it": "A"} {
		r := &ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: sku, Qty: 1}}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		out := s.core.Decide(r, s.now)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; out.Err != nil || got > bytesMax {
			t.Errorf("%s: got %v with %d bytes, want at most %d", name, out.Err, got, bytesMax)
		}
	}
}

func TestEachSKUGoesToTheFirstInItsOwnQueue(t *testing.T) {
	d := newDesk(t)
	for _, p := range []*ledger.Place{
		want("first", "A", "B"), want("second", "B", "C", "B"), want("third", "A", "C"), want("gone", "A", "B", "C"),
	} {
		d.must(p)
	}
	d.must(&ledger.CancelOrder{Order: oid("gone")})
	here := func(name string) (n []ledger.Qty) {
		o, err := d.book.Order(oid(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range o.Lines {
			n = append(n, l.Here)
		}
		return n
	}
	check := func(when string, waiting int, wants map[string]string) {
		t.Helper()
		for name, w := range wants {
			if got := fmt.Sprint(here(name)); got != w {
				t.Errorf("%s: %s: got %s, want %s", when, name, got, w)
			}
		}
		if got := d.book.View().Waiting; got != waiting {
			t.Errorf("%s: got %d waiting, want %d", when, got, waiting)
		}
	}
	d.receive("C", 3) // the first waits for none of it
	check("C", 3, map[string]string{"first": "[0 0]", "second": "[0 2 0]", "third": "[0 1]"})
	d.reopen() // the queues are made anew from the checkpoint
	d.must(&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "B", Qty: 5}, {SKU: "A", Qty: 1}}})
	check("B and A", 3, map[string]string{"first": "[1 2]", "second": "[2 2 1]", "third": "[0 1]"})
	d.kill() // and from the tail
	d.receive("A", 9)
	d.receive("B", 9)
	d.receive("C", 9)
	check("all", 0, map[string]string{"first": "[2 2]", "second": "[2 2 2]", "third": "[2 2]"})
	if l, _ := d.book.Level("A"); l.Available != 6 {
		t.Errorf("got %d of A available, want 6 left over", l.Available)
	}
}

// Goods of a purchase order that come in parts go to who waits in the entry's own commit: the urgent first, then who came first.
func TestWhatIsUrgentIsServedFirst(t *testing.T) {
	d := newDesk(t)
	d.must(orders(ledger.PurchaseSend, "PO 1", 6))
	for i, urgent := range []int{0, 9, 9, 3} {
		p := want("abcd"[i:i+1], "TAP")
		p.Order.Priority = urgent
		d.must(p)
	}
	for part := 1; part <= 3; part++ {
		out := d.must(&ledger.Receive{ID: fmt.Sprint("r", part), Reference: "PO 1", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 2}}})
		for i, name := range []string{"b", "c", "d", "a"} {
			wants := ledger.Qty(0)
			if i < part {
				wants = 2
			}
			if o, _ := d.book.Order(oid(name)); o.Lines[0].Here != wants {
				t.Errorf("part %d (entry %d): %s has %d, want %d", part, out.Entry.Seq, name, o.Lines[0].Here, wants)
			}
		}
		d.reopen()
	}
}

// A commit of several records may be cut behind any of its entries: who waits for what came is served when the book is opened again.
func TestGoodsWhoseCommitWasCutShortServeWhoWaits(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.do(want("a", "A"))
	s.do(want("b", "A"))
	before := len(s.entries)
	s.do(&ledger.Receive{ID: "r", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 3}}})
	for cut := before + 1; cut <= len(s.entries); cut++ {
		st := ledger.NewState("leeds")
		for _, e := range s.entries[:cut] {
			if err := st.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		ledger.NewCore(st, everything{}).Decide(&ledger.Reboot{Boot: [16]byte{9}}, s.now)
		for name, wants := range map[string]ledger.Qty{"a": 2, "b": 1} {
			if o, ok := st.Order(oid(name)); !ok || o.Lines[0].Here != wants {
				t.Errorf("cut behind entry %d: %s has %+v, want %d", cut, name, o, wants)
			}
		}
	}
}
