package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// buys is a purchase order of taps for hull, sent.
func buys(ref string, in machine.Day, q ledger.Qty) *machine.Purchase {
	return &machine.Purchase{Act: ledger.PurchaseSend, By: "beth", At: at, Order: ledger.Purchase{Reference: ref, Supplier: "Acme", Site: "hull", Due: (today + in).String(),
		Lines: []ledger.PurchaseLine{{SKU: "TAP-22", Qty: q}}}}
}

// act is an act on a purchase order as it is.
func act(a ledger.PurchaseAct, ref string) *machine.Purchase {
	return &machine.Purchase{Act: a, By: "beth", At: at, Order: ledger.Purchase{Reference: ref}}
}

// buysIs compares a purchase order with, for example, "sent TAP-22 10: came 0 short 0 left 10 over 0".
func (b *bench) buysIs(ref, want string) {
	b.t.Helper()
	got := "unknown"
	if d, ok := b.m.Delivery(ref); ok && d.Order != nil {
		got = d.Order.State.String()
		for i := range d.Lines {
			l := &d.Lines[i]
			got += fmt.Sprintf(" %s %d: came %d short %d left %d over %d", l.SKU, l.Qty, l.Came, l.Short, l.Left(), l.Over())
		}
	}
	if got != want {
		b.t.Errorf("purchase order %s: got %q, want %q", ref, got, want)
	}
}

// overs says what was told of goods that were not ordered.
func (b *bench) overs() (out []string) {
	for _, e := range b.m.Exceptions(100) {
		if e.What == "over_received" {
			out = append(out, e.Why)
		}
	}
	return out
}

func (b *bench) comes(ref string, q ledger.Qty) {
	b.t.Helper()
	b.bring("hull", ref, ledger.ReceiptLine{SKU: "TAP-22", Qty: q})
	b.talk("hull")
}

func TestAPurchaseOrderIsPromisedOnceItIsSent(t *testing.T) {
	b := due(t)
	b.wants(1, 4)
	draft := buys("PO 1", 3, 10)
	draft.Act = ledger.PurchasePut
	b.ok(draft)
	b.buysIs("PO 1", "draft TAP-22 10: came 0 short 0 left 10 over 0")
	b.check(1, "")
	b.ok(act(ledger.PurchaseSend, "PO 1"))
	b.buysIs("PO 1", "sent TAP-22 10: came 0 short 0 left 10 over 0")
	b.check(1, "4 PO 1 2026-01-08")
	if res := b.ok(act(ledger.PurchaseSend, "PO 1")); res.Version != 2 {
		t.Errorf("sent again: got version %d, want 2 as it was", res.Version)
	}
	b.restarts()
	if res := b.apply(draft); !refused(res.Err, ledger.PurchaseSent, ledger.PurchasePut) {
		t.Errorf("a draft of what was sent: got %v, want a refusal", res.Err)
	}
	b.wants(2, 6)
	res := b.ok(act(ledger.PurchaseClose, "PO 1"))
	if b.check(1, ""); len(res.Slips) != 2 || res.Slips[0].New != 0 || !slices.Contains(b.exceptions(), "promise_slips") {
		t.Errorf("closed short: got slips %+v and exceptions %v, want both orders told", res.Slips, b.exceptions())
	}
	b.buysIs("PO 1", "closed_short TAP-22 10: came 0 short 10 left 0 over 0")
}

func refused(err error, state ledger.PurchaseState, act ledger.PurchaseAct) bool {
	no, ok := errors.AsType[*ledger.PurchaseError](err)
	return ok && no.State == state && no.Act == act
}

func TestWhatComesOfAPurchaseOrderIsTakenInWhateverItSays(t *testing.T) {
	b := due(t)
	b.agrees()
	b.ok(buys("PO 1", 3, 10))
	b.wants(1, 4)
	b.comes("po1", 6)
	b.buysIs("PO 1", "partly_received TAP-22 10: came 6 short 0 left 4 over 0")
	if o, _ := b.m.Order(nth(1)); o.Lines[0].Promised() != 4 {
		t.Errorf("got %d reserved of the 6 that came, want 4", o.Lines[0].Promised())
	}
	if res := b.apply(act(ledger.PurchaseCancel, "PO 1")); !refused(res.Err, ledger.PurchasePartly, ledger.PurchaseCancel) {
		t.Errorf("called off after some has come: got %v, want a refusal", res.Err)
	}
	b.ok(act(ledger.PurchaseClose, "PO 1"))
	if res := b.ok(act(ledger.PurchaseClose, "PO 1")); res.Version != 2 {
		t.Errorf("closed again: got version %d, want 2", res.Version)
	}
	b.buysIs("PO 1", "closed_short TAP-22 10: came 6 short 4 left 0 over 0")
	b.comes("PO 1", 3)
	b.buysIs("PO 1", "closed_short TAP-22 10: came 9 short 1 left 0 over 0")
	if got := b.exceptions(); slices.Contains(got, "over_received") {
		t.Errorf("got %v, want nobody told: no more came than was ordered", got)
	}
	b.comes("PO 1", 3)
	b.buysIs("PO 1", "received TAP-22 10: came 12 short 0 left 0 over 2")
	b.comes("PO 1", 1)
	b.buysIs("PO 1", "received TAP-22 10: came 13 short 0 left 0 over 3")
	if got := b.overs(); len(got) != 2 || !strings.Contains(got[0]+got[1], "2 TAP-22 more came than the 10") || !strings.Contains(got[0]+got[1], "1 TAP-22 more") {
		t.Errorf("got %q, want the 2 and the 1 told, each once", got)
	}
	b.bring("hull", "PO 1", ledger.ReceiptLine{SKU: "GLUE", Qty: 5})
	b.talk("hull")
	b.buysIs("PO 1", "received GLUE 0: came 5 short 0 left 0 over 5 TAP-22 10: came 13 short 0 left 0 over 3")
	b.ok(buys("PO 2", 3, 10))
	b.ok(act(ledger.PurchaseCancel, "PO 2"))
	b.comes("PO 2", 4)
	b.buysIs("PO 2", "cancelled TAP-22 10: came 4 short 6 left 0 over 0")
	if got := b.overs(); len(got) != 4 || !strings.Contains(strings.Join(got, "\n"), "PO 2 of Acme: it was called off") {
		t.Errorf("got %q, want goods of what was called off told", got)
	}
	b.restarts()
}

func TestLinesOfAPurchaseOrderComeOnTheirOwnDays(t *testing.T) {
	b := due(t)
	c := buys("PO 1", 3, 10)
	c.Order.Lines = []ledger.PurchaseLine{{SKU: "PIPE", Qty: 5, Due: (today + 9).String()}, {SKU: "TAP-22", Qty: 10}}
	b.ok(c)
	b.wants(1, 4, func(o *ledger.Order) { o.Lines = append(o.Lines, ledger.Line{SKU: "PIPE", Qty: 2}) })
	b.check(1, "4 PO 1 2026-01-08, 2 PO 1 2026-01-14")
	c.Order.Lines[0].Due = (today + 12).String()
	if res := b.ok(c); len(res.Slips) != 1 || res.Slips[0].SKU != "PIPE" || res.Slips[0].New != today+12 {
		t.Errorf("got %+v, want only the pipes to slip", res.Slips)
	}
	b.check(1, "4 PO 1 2026-01-08, 2 PO 1 2026-01-17")
	b.restarts()
}

func TestAnAnnouncedDeliveryAndAPurchaseOrderAreChangedEachAsItIs(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 1", 3, 10))
	if res := b.apply(buys("PO 1", 3, 10)); !strings.Contains(fmt.Sprint(res.Err), "announced") {
		t.Errorf("got %v, want the announced delivery left alone", res.Err)
	}
	if res := b.apply(act(ledger.PurchaseClose, "PO 1")); !errors.Is(res.Err, ledger.ErrPurchaseUnknown) {
		t.Errorf("got %v, want %v", res.Err, ledger.ErrPurchaseUnknown)
	}
	b.ok(buys("PO 2", 3, 10))
	if res := b.apply(expect("PO 2", 4, 1)); !strings.Contains(fmt.Sprint(res.Err), "purchase order") {
		t.Errorf("got %v, want the purchase order left alone", res.Err)
	}
	later := expect("PO 2", 5, 10)
	b.wants(1, 12)
	if slips, err := b.m.WhatIf(later); err != nil || len(slips) != 1 || slips[0].Qty != 2 {
		t.Errorf("got %+v, %v, want what slips if it is late", slips, err)
	}
	seen := buys("PO 2", 4, 11)
	seen.Seen = 1 // as if there were none
	if _, ok := errors.AsType[*machine.DeliveryChangedError](b.apply(seen).Err); !ok {
		t.Error("an order that somebody else has written is overwritten")
	}
	for name, c := range map[string]*machine.Purchase{
		"nobody":          {Act: ledger.PurchaseSend, Order: buys("R", 1, 1).Order, At: at},
		"no reference":    {Act: ledger.PurchaseSend, Order: buys("", 1, 1).Order, By: "b", At: at},
		"goods come in":   {Act: ledger.PurchaseReceive, Order: buys("R", 1, 1).Order, By: "b", At: at},
		"lines to close":  {Act: ledger.PurchaseClose, Order: buys("PO 2", 1, 1).Order, By: "b", At: at},
		"an empty draft":  {Act: ledger.PurchasePut, Order: ledger.Purchase{Reference: "R"}, By: "b", At: at},
		"an unknown site": {Act: ledger.PurchaseSend, Order: ledger.Purchase{Reference: "R", Supplier: "A", Site: "bath", Due: "2026-01-09", Lines: buys("R", 1, 1).Order.Lines}, By: "b", At: at},
	} {
		if b.apply(c).Err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestPurchaseOrdersAreKeptInASnapshot(t *testing.T) {
	b := newBenchOf(t, ledger.KindTransferReceived)
	b.site("hull", false)
	b.talk("hull")
	c := samples()["purchase"].(*machine.Purchase)
	b.ok(c)
	b.bring("hull", "PO 900", ledger.ReceiptLine{SKU: "PIPE", Qty: 25}, ledger.ReceiptLine{SKU: "GLUE", Qty: 1})
	b.talk("hull")
	b.ok(act(ledger.PurchaseClose, "PO 900"))
	draft := buys("PO 901", 3, 10)
	draft.Act = ledger.PurchasePut
	b.ok(draft)
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_purchases", encode(t, b.m))))
	if err != nil {
		t.Fatal(err)
	}
	b.m = m
	b.buysIs("PO 900", "closed_short GLUE 0: came 1 short 0 left 0 over 1 PIPE 24: came 25 short 0 left 0 over 1 VALVE 3: came 0 short 3 left 0 over 0")
	b.buysIs("PO 901", "draft TAP-22 10: came 0 short 0 left 10 over 0")
	d, _ := m.Delivery("PO 900")
	if l := d.Lines[1]; l.Cost != c.Order.Lines[0].Cost || l.Pack != c.Order.Lines[0].Pack || l.Due.String() != "2026-01-19" || d.Order.Note != "by lorry" {
		t.Errorf("got %+v and %+v, want what was ordered", l, d.Order)
	}
}
