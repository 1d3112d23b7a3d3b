package ledger_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Head office closes a purchase order that stands in a site's book: the book takes it down once, awaits nothing of it any more, also after a restart, and takes in what
// comes of it all the same. Of an order that it does not have, or that somebody at the site has closed before, it says so and goes on.
func TestABookTakesDownWhatHeadOfficeDoesWithItsPurchaseOrders(t *testing.T) {
	d := newDesk(t, smallFiles)
	h := ledger.Incarnation{Counter: 1, Random: [16]byte{1}}
	d.must(&ledger.AdoptHQ{H: h})
	var n uint64
	var hash ledger.Hash
	obeys := func(act ledger.PurchaseAct, ref string) *ledger.ObeyedBody {
		t.Helper()
		n++
		c := ledger.PurchaseCommand("leeds", act, ref, "olga: they are bankrupt")
		c.H, c.Number = h, n
		c.Hash = ledger.ChainCommand(hash, &c)
		hash = c.Hash
		return d.must(&ledger.Obey{Command: c}).Entry.Body.(*ledger.ObeyedBody)
	}
	today := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	due := func(when string, want ledger.Qty) {
		t.Helper()
		if got := d.book.DueBy("TAP", "2099-01-01", today); got != want {
			t.Errorf("%s: got %d due in, want %d", when, got, want)
		}
	}
	for _, ref := range []string{"PO/1", "PO 2", "PO 3"} {
		r := orders(ledger.PurchaseSend, ref, 5)
		r.Order.Due = "2099-01-01"
		d.must(r)
	}
	d.must(orders(ledger.PurchaseClose, "PO 3", 0))
	due("sent", 10)
	if b := obeys(ledger.PurchaseClose, "PO/1"); b.Refused != "" || b.Purchase == nil || b.Purchase.State != ledger.PurchaseShort || b.Purchase.Version != 2 || b.Purchase.By != "head office" || b.Purchase.Reason != "olga: they are bankrupt" {
		t.Errorf("got %+v, want it closed by head office", b)
	}
	due("one is closed", 5)
	if b := obeys(ledger.PurchaseCancel, "PO 2"); b.Purchase == nil || b.Purchase.State != ledger.PurchaseCanceled {
		t.Errorf("got %+v, want it called off", b)
	}
	due("one is called off", 0)
	d.reopen()
	due("after a restart", 0)
	if b := obeys(ledger.PurchaseClose, "PO/1"); !b.Repeat || b.Purchase != nil {
		t.Errorf("got %+v, want a repeat", b)
	}
	for ref, act := range map[string]ledger.PurchaseAct{"PO 9": ledger.PurchaseClose, "PO 3": ledger.PurchaseCancel} {
		if b := obeys(act, ref); b.Refused != string(ledger.RefusedPurchase) || b.Purchase != nil {
			t.Errorf("%s: got %+v, want it refused", ref, b)
		}
	}
	if b := obeys(ledger.PurchaseClose, "PO 3"); b.Refused != "" || b.Purchase != nil {
		t.Errorf("got %+v, want nothing done: it is closed", b)
	}
	d.must(&ledger.Receive{ID: "r1", Reference: "PO/1", Over: ledger.OverAny, Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 3}}})
	due("some came after all", 0)
	d.reopen()
}
