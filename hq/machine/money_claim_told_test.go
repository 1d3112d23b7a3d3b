package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// risks lets york pay so much at the company's risk.
func (b *bench) risks(amount ledger.Qty) {
	b.t.Helper()
	b.ok(&machine.SetAsset{Asset: "risk:york", Do: machine.AssetLimit, Amount: amount, Key: digest("l"), Request: digest("l"), By: "olga", At: at})
	b.ok(&machine.SetAsset{Asset: "risk:york", Do: machine.AssetAllot, Site: "york", Amount: amount, Key: digest("a"), Request: digest("a"), By: "olga", At: at})
	b.settles()
}

// riskOf is a claim of which the money is paid before the answer.
func riskOf(order ledger.OrderID, amount int64, n int) *ledger.AskRefund {
	r := asksFor(order, amount, n)
	r.Risk = true
	return r
}

// What was paid at risk and nobody answers for is lost, for whatever reason it is refused: somebody is told.
func TestAClaimThatHeadOfficeRefusesByItselfIsTold(t *testing.T) {
	t.Run("as many wait as head office keeps", func(t *testing.T) {
		b := tills(t, 0)
		b.risks(500)
		for n := range 101 {
			r := asksFor(orderA, 1, n)
			if r.Risk = n == 100; r.Risk {
				r.Amount = 400
			}
			if out := b.tries("york", r); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		b.settles()
		if got := b.raised("risk_lost"); len(got) != 1 || got[0].Site != "york" || got[0].Order != orderA {
			t.Errorf("got %+v, want york told of one", got)
		}
		b.restarts()
	})
	t.Run("a person has closed it", func(t *testing.T) {
		b := tills(t, 0)
		b.risks(500)
		if out := b.tries("york", riskOf(orderA, 400, 1)); out.Err != nil {
			t.Fatal(out.Err)
		}
		b.settles()
		b.ok(&machine.Resolve{Exception: b.asked("return_unclaimed").ID, By: "olga", Note: "of another company", At: at})
		b.settles()
		if got := b.raised("risk_lost"); len(got) != 1 {
			t.Errorf("got %d told of what is lost, want 1", len(got))
		}
		if got := b.cores["york"].State.MoneyClaims(orderA); len(got) != 1 || got[0].Status() != "refused" {
			t.Errorf("got %+v, want it refused", got)
		}
		b.restarts()
	})
}

// A book that had gone back may have paid at risk for an order of its own, which it knew no more: it is told so once, and no command leads to another.
func TestAClaimOfASiteOnItsOwnOrderComesToAnEnd(t *testing.T) {
	b := tills(t, 0)
	b.risks(500)
	old := b.cores["york"].State.Clone()
	b.decides("york", &ledger.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})})
	b.ok(b.cut("york"))
	book, sent := b.cores["york"].State.Clone(), b.sent["york"]
	risk := ledger.NewCore(old, b.pasts["york"]).Decide(riskOf(orderA, 300, 1), at)
	if risk.Err != nil {
		t.Fatal(risk.Err)
	}
	b.anew("york", book, sent)
	b.late("york", risk)
	b.decides("york", &ledger.Attest{})
	b.ok(b.cut("york"))
	n := 0
	for range 20 {
		n += len(b.queued("york"))
		b.ok(b.obeys("york"))
	}
	if len(b.queued("york")) != 0 || n > 3 {
		t.Errorf("%d commands, and %d wait, want no more than the answer", n, len(b.queued("york")))
	}
	b.restarts()
}

// What an owner has handed over and the site that asked could not take over is nobody's: somebody is told.
func TestWhatNobodyTakesOverIsTold(t *testing.T) {
	b := tills(t, 0)
	b.sold("leeds", orderA, 1000)
	if out := b.tries("york", asksFor(orderA, 800, 1)); out.Err != nil {
		t.Fatal(out.Err)
	}
	b.ok(b.cut("york"))
	b.talk("leeds")
	all := b.m.Commands("york", b.cores["york"].State.Commands.Number, 100)
	if len(all) != 1 || len(all[0].Lines) == 0 {
		t.Fatalf("got %+v, want the answer", all)
	}
	b.writes("york", &ledger.Entry{Kind: ledger.KindObeyed, Ref: all[0].ID, Body: &ledger.ObeyedBody{Command: all[0], Refused: ledger.RefusedCanceled}})
	if got := b.raised("handed_over_lost"); len(got) != 1 || got[0].Site != "york" || got[0].Order != orderA {
		t.Errorf("got %+v, want york told", got)
	}
	b.restarts()
}

// The books of both sites are lost and head office went back, so nobody knows any more that Leeds handed over what York gave a customer: York tells of it
// as of a late fact, and Leeds counts it before it gives the same money back.
func TestWhatWasHandedOverInLivesThatAreLostIsNotGivenBackAgain(t *testing.T) {
	for name, first := range map[string]bool{"leeds gives nothing back before it hears": false, "leeds gives it back first": true} {
		t.Run(name, func(t *testing.T) {
			b := tills(t, 0)
			b.sold("leeds", orderA, 1000)
			b.settles()
			saved := encode(t, b.m)
			books, sent := map[ledger.SiteID]*ledger.State{}, map[ledger.SiteID]ledger.Position{}
			for _, id := range []ledger.SiteID{"leeds", "york"} {
				books[id], sent[id] = b.cores[id].State.Clone(), b.sent[id]
			}
			b.decides("york", asksFor(orderA, 700, 1))
			b.settles()
			paid := b.decides("york", &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Ref: "R-9"}}})
			card := &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 700, Ref: "R-2"}}}
			b.goesBack(saved)
			for _, id := range []ledger.SiteID{"leeds", "york"} {
				b.anew(id, books[id], sent[id])
			}
			b.late("york", paid)
			b.decides("leeds", &ledger.Attest{})
			if first {
				b.decides("leeds", card)
			}
			b.talk("leeds")
			b.decides("york", &ledger.Attest{})
			b.settles()
			if out := b.tries("leeds", card); out.Err == nil {
				t.Error("leeds gave back what york had given")
			}
			between := b.cores["leeds"].State.Money(ledger.MoneySites) + b.cores["york"].State.Money(ledger.MoneySites)
			told := len(b.raised("refunded_twice"))
			if !first && (between != 0 || told != 0) || first && told != 1 {
				t.Errorf("%d are between the sites, and %d are told that it was given back twice", between, told)
			}
			b.restarts()
		})
	}
}
