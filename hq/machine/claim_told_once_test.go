package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What was paid at risk and is lost is told once, although the owner was given up, a person closed the claim, and the owner answers after all. Where it
// stands for the money then, nobody has to see to it any more.
func TestWhatIsLostOfAClaimIsToldOnce(t *testing.T) {
	for name, stands := range map[string]bool{"the owner has given it back itself": false, "the owner stands for it": true} {
		t.Run(name, func(t *testing.T) {
			b := tills(t, 0)
			b.agrees()
			b.risks(500)
			b.sold("leeds", orderA, 1000)
			if !stands {
				b.decides("leeds", &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 700, Ref: "R-2"}, {Tender: 2, Amount: 300}}})
			}
			b.settles()
			if out := b.tries("york", riskOf(orderA, 400, 1)); out.Err != nil {
				t.Fatal(out.Err)
			}
			b.ok(b.cut("york"))
			b.ok(&machine.DeclareLost{Site: "leeds", By: "olga", Reason: "it burns", At: at})
			b.ok(&machine.Resolve{Exception: b.asked("return_unclaimed").ID, By: "olga", Note: "nobody will answer", At: at})
			b.talk("york")
			if got := b.raised("risk_lost"); len(got) != 1 || got[0].Resolved.Done() {
				t.Fatalf("closed by a person: got %+v, want it told once", got)
			}
			ask := b.asksAnew("leeds")
			ask.LetIn = b.m.LetIn("leeds")
			res := b.ok(ask)
			b.decides("leeds", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
			b.decides("leeds", &ledger.AdoptHQ{H: res.H})
			b.talk("leeds")
			b.decides("leeds", &ledger.Attest{})
			b.settles()
			got, risk := b.raised("risk_lost"), b.cores["york"].State.Money(ledger.MoneyRisk)
			if len(got) != 1 || got[0].Resolved.Done() != stands || (risk == 0) != stands {
				t.Errorf("got %+v and %d at risk, want it told once, and closed where the owner stands for it: %t", got, risk, stands)
			}
			b.restarts()
		})
	}
}

// What an owner has handed over and the site could not take over is given by a person: head office, which has gone back, gives the site no second answer to take over.
func TestWhatAPersonIsToldToGiveIsNotAnsweredAgain(t *testing.T) {
	b := tills(t, 0)
	b.agrees()
	b.settles()
	answer := ledger.HQCommand{H: b.m.H(), Number: 1, ID: "york/1/9/0/answer", Kind: ledger.CommandRefund, Order: orderA, Owner: "leeds", Site: "york", Reason: "GBP",
		Return: "01900000-0000-7000-8000-00000000c001", Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 400}}}
	b.goesBack(encode(t, b.m))
	b.meets("york")
	for _, repeat := range []bool{false, true, true} {
		body := &ledger.ObeyedBody{Command: answer, Repeat: repeat}
		if !repeat {
			body.Refused = ledger.RefusedUnknown
		}
		b.writes("york", &ledger.Entry{Kind: ledger.KindObeyed, Ref: answer.ID, Body: body})
	}
	if got := b.raised("handed_over_lost"); len(got) != 1 {
		t.Errorf("got %+v, want it told once", got)
	}
	if s, _ := b.m.Site("york"); s.Kept != 0 {
		t.Errorf("%d commands wait for york, want no second answer", s.Kept)
	}
	b.restarts()
}
