package machine_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// shops is a company of two shops that fold returns: york sells, leeds gets goods back.
func shops(t testing.TB) *bench { return shopsOf(t, ledger.KindLast) }

func shopsOf(t testing.TB, known ledger.Kind) *bench {
	b := newBenchOf(t, known)
	for _, id := range []ledger.SiteID{"leeds", "york"} {
		b.site(id, true)
		b.talk(id)
	}
	return b
}

// handsOver has york hand an order over.
func (b *bench) handsOver(id ledger.OrderID, q ledger.Qty) {
	b.t.Helper()
	o := order(id, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: q})
	o.Fulfil = ledger.Take
	b.decides("york", &ledger.Place{Order: o, InHand: true})
}

func returnID(n int) ledger.ReturnID {
	return ledger.ReturnID(fmt.Sprintf("01900000-0000-7000-9000-%012x", n))
}

// brings has goods of an order come to a site.
func (b *bench) brings(id ledger.SiteID, n int, of ledger.OrderID, q ledger.Qty, do ledger.Disposition) {
	b.t.Helper()
	b.decides(id, &ledger.TakeBack{ID: returnID(n), Order: of, Lines: []ledger.BackLine{{Line: 1, SKU: "TAP-22", Qty: q, Do: do}}})
}

// stands says how a return stands at leeds, and what york's order counts as returned.
func (b *bench) stands(n int, of ledger.OrderID) string {
	r, ok := b.cores["leeds"].State.Returned(returnID(n))
	if !ok {
		return "unknown"
	}
	back := ledger.Qty(-1)
	if o, ok := b.cores["york"].State.Order(of); ok {
		back = o.Lines[0].Returned
	}
	l := &r.Lines[0]
	return fmt.Sprintf("%s %s received=%d restocked=%d refused=%d order=%d", r.Status(), r.Claim, l.Received(), l.Restocked, l.Refused, back)
}

func (b *bench) standsAs(n int, of ledger.OrderID, want string) {
	b.t.Helper()
	if got := b.stands(n, of); got != want {
		b.t.Errorf("return %d: got %q, want %q", n, got, want)
	}
}

func TestTheBookThatSoldDecidesOnWhatComesBackElsewhere(t *testing.T) {
	b := shops(t)
	b.handsOver(orderA, 3)
	b.talk("york")
	b.brings("leeds", 1, orderA, 2, ledger.Restock)
	b.talk("leeds")
	b.standsAs(1, orderA, "pending pending received=2 restocked=0 refused=0 order=0")
	b.talk("york")
	b.talk("leeds")
	b.standsAs(1, orderA, "closed granted received=0 restocked=2 refused=0 order=2")

	b.brings("leeds", 2, orderA, 2, ledger.Restock)
	for range 2 {
		b.talk("leeds")
		b.talk("york")
	}
	b.standsAs(2, orderA, "received refused received=1 restocked=1 refused=1 order=3")
	if got := b.exceptions(); len(got) != 1 || got[0] != "over_returned" {
		t.Errorf("got %v, want somebody told of what was not taken back", got)
	}
	if o, _, ok := b.m.OwnerOf(orderA); !ok || o != "york" {
		t.Errorf("got owner %s", o)
	}
	stock, _ := b.m.Stock("leeds", "TAP-22")
	if stock.Level.Blocked != 1 || stock.Level.Available != 3 {
		t.Errorf("got %+v in the mirror, want one blocked", stock.Level)
	}
}

func TestAReturnOfAnOrderThatNobodyHasToldOfWaits(t *testing.T) {
	b := shopsOf(t, ledger.KindTransferReceived)
	b.handsOver(orderA, 2)
	b.brings("leeds", 1, orderA, 1, "") // york is cut off
	b.brings("leeds", 2, orderA, 2, "")
	b.talk("leeds")
	b.standsAs(1, orderA, "pending pending received=1 restocked=0 refused=0 order=0")
	if got := b.exceptions(); len(got) != 2 || got[0] != "return_unclaimed" {
		t.Errorf("got %v, want somebody told of both", got)
	}
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_unclaimed", encode(t, b.m))))
	if err != nil || !bytes.Equal(encode(t, m), encode(t, b.m)) {
		t.Fatalf("a restored machine (%v) encodes to other bytes", err)
	}
	b.m = m
	b.talk("york")
	b.talk("leeds")
	b.standsAs(1, orderA, "received granted received=1 restocked=0 refused=0 order=2")
	b.standsAs(2, orderA, "received refused received=2 restocked=0 refused=1 order=2")
	for _, e := range b.m.Exceptions(10) {
		if e.What == "return_unclaimed" && !e.Resolved.Done() {
			t.Errorf("got %+v open, want it closed once york had told of the order", e)
		}
	}
}

// Whoever closes the exception has the goods refused: a receipt that nobody knows must not keep them for ever.
func TestAReturnThatNoBookWillClaimIsRefusedByAPerson(t *testing.T) {
	b := shops(t)
	b.brings("leeds", 1, orderC, 1, ledger.Restock)
	b.talk("leeds")
	e := b.m.Exceptions(1)[0]
	b.ok(&machine.Resolve{Exception: e.ID, By: "olga", Note: "a receipt of another company", At: at})
	b.ok(&machine.Resolve{Exception: e.ID, By: "olga", Note: "again", At: at})
	b.talk("leeds")
	b.standsAs(1, orderC, "received refused received=1 restocked=0 refused=1 order=-1")
	b.decides("leeds", &ledger.Inspect{Return: returnID(1), Acts: []ledger.ReturnAct{{Line: 1, Do: ledger.HandBack, Qty: 1}}})
}

// Of an order of head office's own head office decides. Nothing of it was handed over, as far as it knows.
func TestHeadOfficeDecidesOnItsOwnOrders(t *testing.T) {
	b := shops(t)
	b.receive("york", 5, "TAP-22")
	b.talk("york")
	b.ok(&machine.Place{Order: order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), At: at})
	b.brings("leeds", 1, orderB, 1, "")
	b.talk("leeds")
	b.standsAs(1, orderB, "received refused received=1 restocked=0 refused=1 order=-1")
}

// Head office goes back to before it heard of any of it, and hears of it again: nobody's order counts a unit twice.
func TestAReturnIsCountedOnceInEveryLifeOfHeadOffice(t *testing.T) {
	for _, when := range []string{"before the claim", "before the answer", "after it"} {
		t.Run(when, func(t *testing.T) {
			b := shops(t)
			b.handsOver(orderA, 3)
			b.talk("york")
			var backup []byte
			since := 0
			keep := func(at string) {
				if at == when {
					backup, since = encode(t, b.m), len(b.log)
				}
			}
			keep("before the claim")
			b.brings("leeds", 1, orderA, 2, ledger.Restock)
			b.talk("leeds")
			keep("before the answer")
			b.talk("york")
			b.talk("leeds")
			keep("after it")
			b.standsAs(1, orderA, "closed granted received=0 restocked=2 refused=0 order=2")
			leeds, york := b.pushed("leeds", since), b.pushed("york", since)
			b.goesBack(backup)
			b.attests("leeds", leeds...)
			b.attests("york", york...)
			for range 3 {
				b.talk("leeds")
				b.talk("york")
			}
			b.standsAs(1, orderA, "closed granted received=0 restocked=2 refused=0 order=2")
			b.audit()
		})
	}
}

// The book of a site that was declared lost answers nobody: the claim waits for somebody who closes it, and the goods are not blocked for ever.
func TestAReturnOfALostSitesOrderIsSomebodysToClose(t *testing.T) {
	b := shops(t)
	b.handsOver(orderA, 2)
	b.talk("york")
	b.ok(&machine.DeclareLost{Site: "york", By: "beth", Reason: "closed down", At: at})
	b.brings("leeds", 1, orderA, 1, "")
	b.talk("leeds")
	e := b.asked("return_unclaimed")
	b.ok(&machine.Resolve{Exception: e.ID, By: "beth", Note: "ours to sell", At: at})
	b.talk("leeds")
	b.standsAs(1, orderA, "received refused received=1 restocked=0 refused=1 order=0")
	b.restarts()
}

// A hostile book may tell of a return that is none: head office goes on, and could begin again.
func TestAClaimForGoodsThatIsNoneStopsNobody(t *testing.T) {
	line := []ledger.ReturnLine{{Line: 1, SKU: "TAP-22", Qty: 1}}
	for name, r := range map[string]ledger.Return{"of no lines": {ID: "r", Order: orderA}, "of no id": {Order: orderA, Lines: line}, "of no order": {ID: "r", Lines: line}} {
		t.Run(name, func(t *testing.T) {
			b := shops(t)
			b.talk("york")
			r.Claim = ledger.ClaimPending
			b.writes("york", &ledger.Entry{Kind: ledger.KindReturned, Ref: string(orderA), Body: &ledger.ReturnBody{Return: r}})
			b.restarts()
		})
	}
}
