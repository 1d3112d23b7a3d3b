package machine_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// orders has a site write a purchase order of taps, to come to hull.
func (b *bench) orders(site ledger.SiteID, a ledger.PurchaseAct, ref string, in machine.Day, q ledger.Qty) {
	b.t.Helper()
	r := &ledger.OrderGoods{Act: a, By: "sue", Order: ledger.Purchase{Reference: ref}}
	if q > 0 {
		r.Order = buys(ref, in, q).Order
	}
	if out := b.cores[site].Decide(r, at); out.Err != nil {
		b.t.Fatal(out.Err)
	}
}

func TestAPurchaseOrderOfASiteIsPromisedOnceItsJournalIsHere(t *testing.T) {
	b := due(t)
	b.agrees()
	b.wants(1, 4)
	b.orders("hull", ledger.PurchasePut, "PO 1", 3, 10)
	b.orders("hull", ledger.PurchaseSend, "PO 1", 0, 0)
	b.bring("hull", "PO 1", ledger.ReceiptLine{SKU: "TAP-22", Qty: 3})
	b.talk("hull") // all of it was done while the line was down
	b.buysIs("PO 1", "partly_received TAP-22 10: came 3 short 0 left 7 over 0")
	if d, _ := b.m.Delivery("PO 1"); d.Order.Owner != "hull" || d.Set.By != "sue" || d.Version != 2 {
		t.Errorf("got %+v signed by %s, version %d, want it hull's, by sue", d.Order, d.Set.By, d.Version)
	}
	b.wants(2, 5)
	b.check(2, "3 PO 1 2026-01-08") // the order before it waits for four
	b.orders("hull", ledger.PurchaseSend, "PO 1", 6, 10)
	b.talk("hull")
	b.check(2, "3 PO 1 2026-01-11") // another day: promised anew, and told
	if len(b.open("promise_slips")) == 0 {
		t.Errorf("got %v, want the slip told", b.exceptions())
	}
	if res := b.apply(buys("PO 1", 3, 9)); !strings.Contains(errText(res.Err), "whose own book") {
		t.Errorf("got %v, want its lines left to hull", res.Err)
	}
	b.ok(act(ledger.PurchaseClose, "PO 1"))
	b.check(2, "")
	b.orders("hull", ledger.PurchaseSend, "PO 1", 6, 12) // it does not know
	b.talk("hull")
	b.buysIs("PO 1", "closed_short TAP-22 10: came 3 short 7 left 0 over 0")
	if len(b.open("purchase_refused")) != 1 {
		t.Errorf("got %v, want hull's change refused, and told", b.exceptions())
	}
	b.restarts()
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestTwoBooksThatOrderUnderOneReferenceAreTold(t *testing.T) {
	b := due(t)
	b.site("york", true)
	b.ok(buys("PO 1", 3, 10))
	b.orders("york", ledger.PurchaseSend, "PO 1", 3, 4)
	b.orders("york", ledger.PurchaseSend, "PO 2", 3, 4)
	b.talk("york")
	b.buysIs("PO 1", "sent TAP-22 10: came 0 short 0 left 10 over 0")
	b.buysIs("PO 2", "sent TAP-22 4: came 0 short 0 left 4 over 0")
	if len(b.open("purchase_id")) != 1 {
		t.Errorf("got %v, want the two told", b.exceptions())
	}
	if res := b.apply(buys("PO 2", 3, 5)); res.Err == nil {
		t.Error("head office has changed the lines of york's order")
	}
	b.ok(act(ledger.PurchaseCancel, "PO 2"))
	b.orders("york", ledger.PurchaseCancel, "PO 2", 0, 0) // both have called it off
	b.talk("york")
	if got := b.open("purchase_refused"); len(got) != 0 {
		t.Errorf("got %v, want nobody told of what is so already", got)
	}
	b.restarts()
}

// What a site with a counter orders for itself it promises itself, as it does of its shelf: so nothing that is due in is promised by two books.
func TestWhatASiteWithACounterOrdersIsPromisedByItsBookAlone(t *testing.T) {
	b := due(t)
	b.site("york", true)
	b.agrees()
	buy := func(site ledger.SiteID) {
		r := &ledger.OrderGoods{Act: ledger.PurchaseSend, By: "sue", Order: buys("PO 1", 3, 10).Order}
		r.Order.Site = site
		if out := b.cores["york"].Decide(r, at); out.Err != nil {
			t.Fatal(out.Err)
		}
		b.talk("york")
	}
	buy("york")
	b.wants(1, 4)
	b.check(1, "")
	buy("hull") // comes to a warehouse, which promises nothing by itself
	b.check(1, "4 PO 1 2026-01-08")
	buy("york")
	b.check(1, "")
	b.buysIs("PO 1", "sent TAP-22 10: came 0 short 0 left 10 over 0")
	b.restarts()
}

// A server of a build before would issue nothing to the site, and hold another stream.
func TestNoSiteIsToldOfItsPurchaseOrderBeforeEveryServerTells(t *testing.T) {
	for _, row := range []struct{ agreed, want int }{{machine.ReleaseCommands, 0}, {machine.LeastCommands, 1}} {
		b := due(t)
		b.site("york", true)
		b.ok(&machine.Agree{Commands: row.agreed, At: at})
		r := &ledger.OrderGoods{Act: ledger.PurchaseSend, By: "sue", Order: buys("PO/1", 3, 10).Order}
		r.Order.Site = "york"
		b.decides("york", r)
		b.talk("york")
		b.ok(act(ledger.PurchaseClose, "PO/1"))
		if got := b.queued("york"); len(got) != row.want {
			t.Errorf("agreed on %d: got %v queued, want %d", row.agreed, got, row.want)
		}
		b.restarts()
	}
}

// Head office closes, or calls off, what a site with a counter has ordered for itself: the site's book takes it down once, awaits nothing of it any more, and says so also to a
// head office that has forgotten it. Who at the site was first is not overruled.
func TestWhatHeadOfficeClosesOfASitesPurchaseOrderIsHeardOfByItsBook(t *testing.T) {
	for name, row := range map[string]struct {
		act   ledger.PurchaseAct
		first bool // somebody at the site has closed it meanwhile
		want  ledger.PurchaseState
	}{
		"closed":                   {ledger.PurchaseClose, false, ledger.PurchaseShort},
		"called off":               {ledger.PurchaseCancel, false, ledger.PurchaseCanceled},
		"closed at the site, too":  {ledger.PurchaseClose, true, ledger.PurchaseShort},
		"closed there, called off": {ledger.PurchaseCancel, true, ledger.PurchaseShort},
	} {
		t.Run(name, func(t *testing.T) {
			b := due(t)
			b.site("york", true)
			b.agrees()
			r := &ledger.OrderGoods{Act: ledger.PurchaseSend, By: "sue", Order: buys("PO/1", 3, 10).Order}
			r.Order.Site = "york"
			b.decides("york", r)
			b.talk("york")
			before := encode(t, b.m)
			if row.first {
				b.decides("york", &ledger.OrderGoods{Act: ledger.PurchaseClose, By: "sue", Order: ledger.Purchase{Reference: "PO/1"}})
			}
			b.ok(act(row.act, "PO/1"))
			if got := b.queued("york"); len(got) != 1 || got[0] != ledger.CommandPurchase {
				t.Fatalf("got %v queued to york, want it told", got)
			}
			told := b.obeys("york")
			b.ok(told)
			out := b.cores["york"].Decide(&ledger.OrderGoods{Act: ledger.PurchaseClose, By: "sue", Order: ledger.Purchase{Reference: "PO/1"}}, at)
			doc := out.Entry.Purchase()
			if doc == nil || doc.State != row.want {
				t.Errorf("got %+v, want it %s in york's book", doc, row.want)
			}
			if !row.first && (doc.By != "head office" || doc.Reason == "" || doc.Version != 2) {
				t.Errorf("got version %d by %q, %q, want head office's", doc.Version, doc.By, doc.Reason)
			}
			b.talk("york")
			b.restarts()

			b.goesBack(before)
			b.attests("hull")
			b.attests("york", told)
			if d, _ := b.m.Delivery("PO/1"); d.Order.State != row.want {
				t.Errorf("forgotten: got %s, want it learnt from york", d.Order.State)
			}
			b.apply(act(row.act, "PO/1")) // once more: it is as it is
			b.talk("york")
			if d, _ := b.m.Delivery("PO/1"); d.Order.State != row.want {
				t.Errorf("asked again: got %s", d.Order.State)
			}
			b.restarts()
		})
	}
}
