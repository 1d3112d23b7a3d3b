package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Goods that came in while their purchase order was not known, because its book is made anew, have come of it once it is told: nothing of them is due in,
// and promised a second time.
func TestGoodsThatCameBeforeTheirOrderWasToldAreNotDueIn(t *testing.T) {
	tap := func(q ledger.Qty) ledger.ReceiptLine { return ledger.ReceiptLine{SKU: "TAP-22", Qty: q} }
	for name, c := range map[string]struct {
		tell func(b *bench)
		want string
	}{
		"sent, by the site's own book": {func(b *bench) {
			l := &ledger.PurchaseBody{Act: ledger.PurchaseSend, State: ledger.PurchaseSent, Order: buys("PO 1", 3, 10).Order, Version: 1, By: "sue"}
			b.late("hull", ledger.Outcome{Entry: &ledger.Entry{Kind: ledger.KindPurchase, Epoch: 1, Seq: 9, At: at, Ref: "PO 1", Body: l}})
		}, "partly_received TAP-22 10: came 6 short 0 left 4 over 0"},
		"sent, by head office":            {func(b *bench) { b.ok(buys("PO 1", 3, 10)) }, "partly_received TAP-22 10: came 6 short 0 left 4 over 0"},
		"all of it came":                  {func(b *bench) { b.ok(buys("PO 1", 3, 6)) }, "received TAP-22 6: came 6 short 0 left 0 over 0"},
		"more came":                       {func(b *bench) { b.ok(buys("PO 1", 3, 5)) }, "received TAP-22 5: came 6 short 0 left 0 over 1"},
		"put, and its supplier was quick": {func(b *bench) { c := buys("PO 1", 3, 10); c.Act = ledger.PurchasePut; b.ok(c) }, "partly_received TAP-22 10: came 6 short 0 left 4 over 0"},
	} {
		t.Run(name, func(t *testing.T) {
			b := due(t)
			b.agrees()
			res := b.ok(b.asksAnew("hull"))
			b.decides("hull", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Boot: [16]byte{1}, Rebuilt: true}})
			b.decides("hull", &ledger.AdoptHQ{H: res.H})
			b.late("hull", ledger.Outcome{Entry: &ledger.Entry{Kind: ledger.KindReceipt, Epoch: 1, Seq: 7, At: at, Ref: "r1", Body: &ledger.ReceiptBody{ID: "r1", Reference: "PO 1"},
				Postings: []ledger.Posting{{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Supplier, Ref: "PO 1"}, Qty: -2}, {SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Sellable, Ref: "MAIN"}, Qty: 2}}}})
			b.late("hull", ledger.Outcome{Entry: &ledger.Entry{Kind: ledger.KindReceipt, Epoch: 1, Seq: 8, At: at, Ref: "r2", Body: &ledger.ReceiptBody{ID: "r2", Reference: "PO 1"},
				Postings: []ledger.Posting{{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Supplier, Ref: "PO 1"}, Qty: -4}, {SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Sellable, Ref: "MAIN"}, Qty: 4}}}})
			b.talk("hull")
			c.tell(b)
			b.talk("hull")
			b.buysIs("PO 1", c.want)
			b.decides("hull", &ledger.Attest{})
			b.talk("hull")
			b.buysIs("PO 1", c.want)
			b.bring("hull", "DN 5", tap(1)) // what is of no order is kept for none where the book has told all
			b.talk("hull")
			if d, ok := b.m.Delivery("DN 5"); ok {
				t.Errorf("got %+v, want nothing of it", d)
			}
			if err := b.m.Check(); err != nil {
				t.Error(err)
			}
			b.restarts()
		})
	}
}
