package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestATakeOverThatIsRefusedAndNamesNoTenderDoesNotStopApply(t *testing.T) {
	b := tills(t, 0)
	b.agrees()
	b.settles()
	h := b.m.H()
	b.goesBack(encode(t, b.m))
	b.meets("york")
	b.writes("york", &ledger.Entry{Kind: ledger.KindObeyed, Ref: "x/answer", Body: &ledger.ObeyedBody{
		Command: ledger.HQCommand{H: h, Number: 1, ID: "x/answer", Kind: ledger.CommandRefund, Order: orderA, Owner: "leeds", Site: "york", Reason: "GBP", Return: "c"},
		Tender:  &ledger.TenderBody{Act: ledger.TenderTakeOver, Refusal: "no", Currency: "GBP", Payments: ledger.Payments{Order: orderA}, Moves: []ledger.TenderMove{{Tender: 1, Across: true, Amount: 1}}}}})
	t.Log(b.exceptions())
}

// The new life of the book of the owner has handed over what its old one refused, before york is heard.
func TestAnAnswerKeptForASiteThatHasTakenDownARefusalIsHeard(t *testing.T) {
	b := tills(t, 0)
	b.agrees()
	b.sold("leeds", orderA, 1000)
	b.settles()
	book, sent := b.cores["leeds"].State.Clone(), b.sent["leeds"]
	b.decides("york", asksFor(orderA, 400, 1))
	b.talk("york")
	saved := encode(t, b.m)
	for n, amount := range []int64{700, 300} {
		move := []ledger.TenderMove{{Tender: 1 + n, Amount: amount}}
		if n == 0 {
			move[0].Ref = "R-2"
		}
		b.decides("leeds", &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: move})
	}
	b.settles()
	if got := b.cores["york"].State.MoneyClaims(orderA); len(got) != 1 || got[0].Status() != "refused" {
		t.Fatalf("got %+v, want it refused: all was given back", got)
	}
	b.goesBack(saved)
	b.anew("leeds", book, sent)
	b.decides("leeds", &ledger.Attest{})
	b.talk("leeds")
	b.attests("york", b.toldBy("york")...)
	b.settles()
	l, y := b.cores["leeds"].State.Money(ledger.MoneySites), b.cores["york"].State.Money(ledger.MoneySites)
	t.Log(l, y, b.cores["york"].State.MoneyClaims(orderA), b.exceptions())
	if l+y != 0 {
		t.Errorf("%d and %d are between sites", l, y)
	}
}
