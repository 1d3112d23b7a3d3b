package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func orders(act ledger.PurchaseAct, ref string, qty ledger.Qty) *ledger.OrderGoods {
	r := &ledger.OrderGoods{Act: act, By: "beth", Order: ledger.Purchase{Reference: ref}}
	if qty > 0 {
		r.Order = ledger.Purchase{Reference: ref, Supplier: "Acme", Site: "leeds", Due: "2026-12-10", Lines: []ledger.PurchaseLine{{SKU: "TAP", Qty: qty}}}
	}
	return r
}

// A purchase order of a site is changed version by version, and what is so already is not written again.
func TestASiteWritesItsPurchaseOrdersTurnByTurn(t *testing.T) {
	s := newStage(t, "leeds", true)
	for _, c := range []struct {
		what string
		do   *ledger.OrderGoods
		want string
	}{
		{"sent, and not written", orders(ledger.PurchaseSend, "PO 1", 0), "unknown"},
		{"written", orders(ledger.PurchasePut, "PO 1", 5), "draft 1"},
		{"written again", orders(ledger.PurchasePut, "PO 1", 5), "draft 1 again"},
		{"changed", orders(ledger.PurchasePut, "PO 1", 6), "draft 2"},
		{"changed by who saw the first", &ledger.OrderGoods{Act: ledger.PurchasePut, Order: orders(0, "PO 1", 7).Order, Seen: 2}, "changed to 2"},
		{"closed as a draft", orders(ledger.PurchaseClose, "PO 1", 0), "is draft"},
		{"sent", orders(ledger.PurchaseSend, "PO 1", 0), "sent 3"},
		{"sent again", orders(ledger.PurchaseSend, "PO 1", 0), "sent 3 again"},
		{"a draft of what was sent", orders(ledger.PurchasePut, "PO 1", 6), "is sent"},
		{"what was sent is changed", orders(ledger.PurchaseSend, "PO 1", 8), "sent 4"},
		{"closed with lines", orders(ledger.PurchaseClose, "PO 1", 8), "form"},
		{"closed short", orders(ledger.PurchaseClose, "PO 1", 0), "closed_short 5"},
		{"closed again", orders(ledger.PurchaseClose, "PO 1", 0), "closed_short 5 again"},
		{"called off after that", orders(ledger.PurchaseCancel, "PO 1", 0), "is closed_short"},
		{"received by hand", orders(ledger.PurchaseReceive, "PO 1", 0), "form"},
		{"another one, sent at once", orders(ledger.PurchaseSend, "PO 2", 1), "sent 1"},
		{"and called off", orders(ledger.PurchaseCancel, "PO 2", 0), "cancelled 2"},
		{"nothing is ordered", &ledger.OrderGoods{Act: ledger.PurchasePut, Order: ledger.Purchase{Reference: "PO 3"}}, "unknown"},
		{"none of something", orders(ledger.PurchaseSend, "", 4), "form"},
	} {
		head := s.core.State.Seq
		out := s.do(c.do)
		if got := wrote(out); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
		if out.Err != nil && s.core.State.Seq != head {
			t.Errorf("%s: was refused, and something was written", c.what)
		}
	}
}

// What is so already, or is refused, is remembered under its key: a repeat gets the first answer and does nothing, whatever was done since.
func TestAKeyThatChangedNothingIsRememberedToo(t *testing.T) {
	s := newStage(t, "leeds", true)
	keyed := func(n byte, r *ledger.OrderGoods) *ledger.OrderGoods {
		r.Meta = ledger.Meta{Actor: "beth", Key: ledger.Digest{n}, Request: ledger.Digest{n}}
		return r
	}
	send := func() *ledger.OrderGoods { return orders(ledger.PurchaseSend, "PO 1", 5) }
	stale := func() *ledger.OrderGoods { r := orders(ledger.PurchaseSend, "PO 1", 7); r.Seen = 1; return r }
	s.do(send())
	for _, c := range []struct {
		what string
		do   *ledger.OrderGoods
		want string
	}{
		{"sent as it is", keyed(1, send()), "sent 1 again"},
		{"of a version that is past", keyed(2, stale()), "changed to 1"},
		{"a draft of what was sent", keyed(3, orders(ledger.PurchasePut, "PO 1", 6)), "is sent"},
		{"changed", keyed(4, orders(ledger.PurchaseSend, "PO 1", 9)), "sent 2"},
		{"the first, repeated", keyed(1, send()), "sent 1 again"},
		{"the second, repeated", keyed(2, stale()), "changed to 1"},
		{"closed short", orders(ledger.PurchaseClose, "PO 1", 0), "closed_short 3"},
		{"the third, repeated", keyed(3, orders(ledger.PurchasePut, "PO 1", 6)), "is sent"},
		{"what was done, repeated", keyed(4, orders(ledger.PurchaseSend, "PO 1", 9)), "sent 2 again"},
	} {
		if got := wrote(s.do(c.do)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	if got := s.do(orders(ledger.PurchaseClose, "PO 1", 0)).Entry.Purchase(); got.Version != 3 || got.Order.Lines[0].Qty != 9 {
		t.Errorf("got %+v, want it as it was closed", got)
	}
	next := newStage(t, "leeds", true)
	for range 2 { // told late, the key is remembered and no version taken
		for _, e := range s.entries {
			if e.Kind == ledger.KindPurchase {
				if out := next.late(e); out.Err != nil {
					t.Fatalf("got %v", out.Err)
				}
			}
		}
	}
	if got := wrote(next.do(keyed(1, send()))); got != "sent 1 again" {
		t.Errorf("in another life: got %q, want the first answer", got)
	}
	if got := wrote(next.do(orders(ledger.PurchaseClose, "PO 1", 0))); got != "closed_short 3 again" {
		t.Errorf("in another life: got %q, want it closed", got)
	}
}

// A book lists its purchase orders by looking them up, the latest first, page by page, also behind checkpoints and after trimming.
func TestABookListsItsPurchaseOrders(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 2000)
	for i := range 5 {
		d.must(orders(ledger.PurchaseSend, fmt.Sprint("PO ", i), 2))
	}
	d.must(orders(ledger.PurchaseSend, "PO 1", 3))
	d.must(orders(ledger.PurchaseClose, "PO 3", 0))
	all := func(limit, walk int) (got []string) {
		t.Helper()
		for before, pages := uint64(0), 0; pages == 0 || before > 0; pages++ {
			rows, next, err := d.book.Purchases(before, limit, walk, func(e *ledger.Entry) bool { return !e.Purchase().State.Over() })
			if err != nil || len(rows) > limit || pages > 9 {
				t.Fatalf("got %d rows (%v)", len(rows), err)
			}
			for _, e := range rows {
				got = append(got, fmt.Sprint(e.Purchase().Order.Reference, "/", e.Purchase().Version))
			}
			before = next
		}
		return got
	}
	look := func(when string) {
		t.Helper()
		for _, n := range [][2]int{{10, 10}, {1, 10}, {2, 1}, {4, 5}} {
			if got, want := all(n[0], n[1]), []string{"PO 4/1", "PO 2/1", "PO 1/2", "PO 0/1"}; !slices.Equal(got, want) {
				t.Errorf("%s, %v: got %q, want %q", when, n, got, want)
			}
		}
	}
	look("in memory")
	d.reopen()
	for i := range 900 {
		d.must(sale(fmt.Sprint("s", i), "TAP", 1))
	}
	d.trim(d.archive(t.TempDir()), d.soon())
	look("trimmed")
}

// wrote says what a purchase order has come to.
func wrote(out ledger.Outcome) string {
	if errors.Is(out.Err, ledger.ErrPurchaseUnknown) {
		return "unknown"
	}
	if e, ok := errors.AsType[*ledger.PurchaseError](out.Err); ok {
		return "is " + e.State.String()
	}
	if e, ok := errors.AsType[*ledger.PurchaseChangedError](out.Err); ok {
		return fmt.Sprintf("changed to %d", e.Version)
	}
	if out.Err != nil {
		return "form"
	}
	b, again := out.Entry.Purchase(), ""
	if out.Replayed {
		again = " again"
	}
	return fmt.Sprintf("%s %d%s", b.State, b.Version, again)
}

// What an earlier life did is followed where nothing was done since: a person's later word is never overwritten by an earlier one.
func TestALatePurchaseOrderIsFollowedWhereItIsTheNext(t *testing.T) {
	old := newStage(t, "leeds", true)
	var lost []*ledger.Entry
	for _, r := range []*ledger.OrderGoods{orders(ledger.PurchasePut, "PO 1", 5), orders(ledger.PurchaseSend, "PO 1", 0)} {
		lost = append(lost, old.do(r).Entry)
	}
	s := newStage(t, "leeds", true)
	for range 2 {
		for _, e := range lost {
			if out := s.late(e); out.Err != nil {
				t.Fatalf("got %v", out.Err)
			}
		}
	}
	if got := wrote(s.do(orders(ledger.PurchaseClose, "PO 1", 0))); got != "closed_short 3" {
		t.Errorf("got %q, want the late order closed", got)
	}
	newer := newStage(t, "leeds", true)
	newer.do(orders(ledger.PurchaseSend, "PO 1", 9))
	for _, e := range lost[:1] {
		if out := newer.late(e); out.Err != nil || out.Entry.Body.(*ledger.LateBody).Refusal != ledger.RefusedPurchase {
			t.Errorf("got %+v, want it recorded and not followed", out)
		}
	}
	if out := newer.do(orders(ledger.PurchaseSend, "PO 1", 0)); wrote(out) != "sent 1 again" || out.Entry.Purchase().Order.Lines[0].Qty != 9 {
		t.Errorf("got %q of %+v, want the newer one as it was", wrote(out), out.Entry.Purchase())
	}
}

// A purchase order is found by its reference after a restart, behind checkpoints, and when its entries have left the journal.
func TestABookRemembersItsPurchaseOrdersForEver(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 2000)
	for i := range 9 {
		d.must(orders(ledger.PurchaseSend, "PO 1", ledger.Qty(1+i)))
	}
	look := func(when string) {
		t.Helper()
		if e, err := d.book.Purchase("PO 1"); err != nil || e.Purchase().Version != 9 || e.Purchase().Order.Lines[0].Qty != 9 {
			t.Errorf("%s: got %+v (%v), want the ninth", when, e, err)
		}
		if _, err := d.book.Purchase("PO 2"); !errors.Is(err, ledger.ErrPurchaseUnknown) {
			t.Errorf("%s: got %v, want none", when, err)
		}
	}
	look("in memory")
	d.reopen()
	look("after a restart")
	for i := range 900 {
		d.must(sale(fmt.Sprint("s", i), "TAP", 1))
	}
	look("behind checkpoints")
	d.trim(d.archive(t.TempDir()), d.soon())
	if d.book.Trimmed() < 12 {
		t.Fatalf("trimmed to entry %d, want the orders gone from the journal", d.book.Trimmed())
	}
	look("trimmed")
	d.must(orders(ledger.PurchaseClose, "PO 1", 0))
}
