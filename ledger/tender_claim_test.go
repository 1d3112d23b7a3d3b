package ledger_test

import (
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// atRisk is a site that has paid 500 of another site's order at the company's risk, of the 1,000 that it may.
func atRisk(t *testing.T) (*creditDesk, func(id string, lines ...ledger.CommandLine) *ledger.ObeyedBody) {
	t.Helper()
	d := newCreditDesk(t)
	site := d.core.State.Site
	if why := d.given(ledger.CommandCredit, string(ledger.RiskOf(site)), 1_000); why != "" {
		t.Fatal(why)
	}
	order := sampleOrder().ID
	ask := &ledger.AskRefund{Claim: ledger.ClaimID(order), Order: order, Till: "T1", Amount: 500, Reason: "broken", By: "sue", Risk: true}
	for _, r := range []ledger.Request{&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1_000, Currency: "GBP"}, ask} {
		if out := d.does(r); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	return d, func(id string, lines ...ledger.CommandLine) *ledger.ObeyedBody {
		t.Helper()
		return d.obeys(ledger.HQCommand{ID: id, Kind: ledger.CommandRefund, Order: order, Owner: "hull", Site: site, Lines: lines, Reason: "GBP", Return: ledger.ReturnID(order)})
	}
}

// claimIs says whether the claim for the sample's order stands so.
func claimIs(t *testing.T, d *creditDesk, id ledger.ClaimID, want string) {
	t.Helper()
	for _, c := range d.core.State.MoneyClaims(sampleOrder().ID) {
		if c.ID == id && c.Status() != want {
			t.Errorf("claim %s is %s, want %s", id, c.Status(), want)
		}
	}
}

// A book that was made anew may have opened no drawer yet: what comes of other sites is of the money that head office says.
func TestAnAnswerAboutMoneyNeedsNoDrawer(t *testing.T) {
	d := newCreditDesk(t)
	answer := ledger.HQCommand{ID: "a", Kind: ledger.CommandRefund, Order: sampleOrder().ID, Owner: "hull", Site: d.core.State.Site, Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 5}}, Reason: "GBP", Return: "r"}
	if b := d.obeys(answer); b.Refused != "" || d.core.State.Money(ledger.MoneySites) != 5 || d.core.State.Currency() != "GBP" {
		t.Errorf("got %q and %d %s, want 5 GBP taken over", b.Refused, d.core.State.Money(ledger.MoneySites), d.core.State.Currency())
	}
	answer.ID, answer.Reason, answer.Return = "b", "EUR", "s"
	if b := d.obeys(answer); b.Refused == "" {
		t.Errorf("got %+v, want money of another currency refused", b)
	}
}

// A claim may be put twice: by the entry of a life that is over, and as the late fact that tells of it. The owner's book says the same to both.
func TestWhatWasPaidAtRiskIsMadeGoodOnceHoweverOftenItIsAnswered(t *testing.T) {
	d, answer := atRisk(t)
	for _, id := range []string{"a/answer", "late/answer"} {
		answer(id, ledger.CommandLine{Line: int(ledger.TenderCash), Qty: 300})
		s := d.core.State
		if risk, sites, held := s.Money(ledger.MoneyRisk), s.Money(ledger.MoneySites), s.AssetHeld(ledger.RiskOf(s.Site)); risk != 200 || sites != 300 || held != 800 {
			t.Errorf("after %s %d is at risk, %d came of other sites and %d may be risked, want 200, 300 and 800", id, risk, sites, held)
		}
	}
}

// What was handed over is in the words of another site's book: those that no book has written stop nobody's. A person is told of them, so no later answer to
// that claim is a till's to give.
func TestAnAnswerAboutMoneyThatMakesNoSenseIsRefused(t *testing.T) {
	for name, l := range map[string]ledger.CommandLine{
		"no tender":          {Line: 200, Qty: 1},
		"a figure of a day":  {Line: int(ledger.TenderSites), Qty: 1},
		"nobody's gift card": {Line: int(ledger.TenderGiftCard), SKU: "card", Qty: 1},
		"more than there is": {Line: int(ledger.TenderCard), Qty: ledger.QtyMax},
	} {
		d, answer := atRisk(t)
		d.does(&ledger.AskRefund{Claim: "another", Order: sampleOrder().ID, Till: "T1", Amount: 1, Reason: "broken"})
		c := ledger.HQCommand{ID: name, Kind: ledger.CommandRefund, Order: sampleOrder().ID, Owner: "hull", Site: d.core.State.Site, Lines: []ledger.CommandLine{l}, Reason: "GBP", Return: "another"}
		if b := d.obeys(c); b.Refused == "" || b.Tender != nil {
			t.Errorf("%s: got %+v, want it refused", name, b)
		}
		claimIs(t, d, "another", "refused")
		c.ID, c.Lines = "better", []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 1}}
		d.obeys(c)
		claimIs(t, d, "another", "refused")
		answer("after it", ledger.CommandLine{Line: int(ledger.TenderCash), Qty: 500})
		if got := d.core.State.Money(ledger.MoneyRisk); got != 0 {
			t.Errorf("%s: %d is at risk after a good answer, want 0", name, got)
		}
	}
}

// The answer to a claim may come to a book made anew before that is told of the claim, and of what was paid at risk for it: the answer makes that good,
// and is no right to pay the customer once more.
func TestAnAnswerThatCameBeforeItsClaimIsToldMakesItGood(t *testing.T) {
	lost, _ := atRisk(t)
	var paid *ledger.Entry
	for _, e := range lost.past.entries {
		if b, ok := e.Body.(*ledger.TenderBody); ok && b.Act == ledger.TenderRisk {
			paid = e
		}
	}
	for name, drawn := range map[string]int64{"nothing of it was paid out": 0, "some of it was paid out": 100} {
		d := newCreditDesk(t)
		site, order := d.core.State.Site, sampleOrder().ID
		d.given(ledger.CommandCredit, string(ledger.RiskOf(site)), 1_000)
		d.does(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1_000, Currency: "GBP"})
		d.obeys(ledger.HQCommand{ID: "answer", Kind: ledger.CommandRefund, Order: order, Owner: "hull", Site: site, Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 300}}, Reason: "GBP", Return: ledger.ReturnID(order)})
		if drawn > 0 {
			if out := d.does(&ledger.Refund{Order: order, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: drawn}}}); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		for range 2 {
			if out := d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: site, Epoch: 1, Seq: paid.Seq}, Entry: paid}); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		s, left := d.core.State, 200+drawn
		if s.Money(ledger.MoneyRisk) != left || s.Money(ledger.MoneySites) != 300 || s.AssetHeld(ledger.RiskOf(site)) != ledger.Qty(1_000-left) {
			t.Errorf("%s: %d at risk, %d came of other sites and %d may be risked, want %d, 300 and %d", name, s.Money(ledger.MoneyRisk), s.Money(ledger.MoneySites), s.AssetHeld(ledger.RiskOf(site)), left, 1_000-left)
		}
		if out := d.does(&ledger.Refund{Order: order, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 1}}}); out.Err == nil {
			t.Errorf("%s: the customer was given the same money again", name)
		}
	}
}

// An owner that was made anew may have forgotten what it handed over, and answer a claim again, with more or with less. An answer says all that was ever
// granted under the claim: what is beyond what was taken over is taken over as well, or it would be nobody's; less takes nothing back.
func TestAClaimThatIsAnsweredAgainGrantsWhatMayBeGiven(t *testing.T) {
	for name, c := range map[string]struct {
		again   ledger.Qty
		status  string
		granted int64
	}{"more": {700, "granted", 700}, "the same": {500, "part_granted", 500}, "less": {300, "part_granted", 500}} {
		d := newCreditDesk(t)
		order := sampleOrder().ID
		for _, r := range []ledger.Request{&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1_000, Currency: "GBP"},
			&ledger.AskRefund{Claim: "claim", Order: order, Till: "T1", Amount: 700, Reason: "broken"}} {
			if out := d.does(r); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		for n, q := range []ledger.Qty{500, c.again, c.again} {
			b := d.obeys(ledger.HQCommand{ID: string(rune('a' + n)), Kind: ledger.CommandRefund, Order: order, Owner: "hull", Site: d.core.State.Site,
				Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: q}}, Reason: "GBP", Return: "claim"})
			if b.Refused != "" {
				t.Fatalf("%s: refused: %s", name, b.Refused)
			}
		}
		if all := d.core.State.MoneyClaims(order); len(all) != 1 || all[0].Status() != c.status || all[0].Granted != c.granted {
			t.Errorf("%s: got %+v, want one that is %s, %d", name, all, c.status, c.granted)
		}
		if got := d.core.State.Money(ledger.MoneySites); got != c.granted {
			t.Errorf("%s: %d came of other sites, want the %d that are granted", name, got, c.granted)
		}
		gives := func(moves ...ledger.TenderMove) error {
			return d.does(&ledger.Refund{Order: order, Till: "T1", Reason: "broken", Moves: moves}).Err
		}
		all := []ledger.TenderMove{{Tender: 1, Amount: 500}}
		if c.granted > 500 {
			all = append(all, ledger.TenderMove{Tender: 2, Amount: c.granted - 500})
		}
		if err := gives(all...); err != nil {
			t.Errorf("%s: got %v, want the %d given that are granted", name, err, c.granted)
		}
		if err := gives(ledger.TenderMove{Tender: len(all), Amount: 1}); err == nil {
			t.Errorf("%s: more was given than is granted", name)
		}
		if got, want := ledger.Portrait(d.aud.State), ledger.Portrait(d.core.State); got != want {
			t.Errorf("%s: auditor: got\n%swant\n%s", name, got, want)
		}
	}
}

// The rest of such an answer is of the tenders that it names: what was taken over of one kind is not taken over again as of another.
func TestTheRestOfAnAnswerIsOfItsOwnTenders(t *testing.T) {
	cash := func(q ledger.Qty) ledger.CommandLine { return ledger.CommandLine{Line: int(ledger.TenderCash), Qty: q} }
	card := func(q ledger.Qty) ledger.CommandLine { return ledger.CommandLine{Line: int(ledger.TenderCard), Qty: q} }
	for name, c := range map[string]struct {
		first, again []ledger.CommandLine
		want         []int64 // the tenders, in their order
	}{
		"more of one, and another":       {[]ledger.CommandLine{card(300)}, []ledger.CommandLine{cash(200), card(400)}, []int64{300, 200, 100}},
		"as much, of another kind":       {[]ledger.CommandLine{card(300)}, []ledger.CommandLine{cash(300)}, []int64{300}},
		"more, of another kind":          {[]ledger.CommandLine{card(300)}, []ledger.CommandLine{cash(500)}, []int64{300, 200}},
		"two of a kind, and one is more": {[]ledger.CommandLine{card(300), card(100)}, []ledger.CommandLine{card(300), card(150)}, []int64{300, 100, 50}},
	} {
		d := newCreditDesk(t)
		order := sampleOrder().ID
		for _, r := range []ledger.Request{&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1_000, Currency: "GBP"},
			&ledger.AskRefund{Claim: "claim", Order: order, Till: "T1", Amount: 700, Reason: "broken"}} {
			if out := d.does(r); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		var b *ledger.ObeyedBody
		last := (*ledger.TenderBody)(nil)
		for n, lines := range [][]ledger.CommandLine{c.first, c.again, c.again} {
			b = d.obeys(ledger.HQCommand{ID: string(rune('a' + n)), Kind: ledger.CommandRefund, Order: order, Owner: "hull", Site: d.core.State.Site, Lines: lines, Reason: "GBP", Return: "claim"})
			if b.Refused != "" || b.Tender == nil {
				t.Fatalf("%s: answer %d: got %+v, want it taken down", name, n, b)
			}
			last = b.Tender
		}
		var got []int64
		for _, p := range last.Payments.Tenders {
			got = append(got, p.Amount)
		}
		if !slices.Equal(got, c.want) || len(last.Moves) > 0 {
			t.Errorf("%s: got tenders of %v, and the same answer moves %v, want %v and nothing", name, got, last.Moves, c.want)
		}
		if got, want := ledger.Portrait(d.aud.State), ledger.Portrait(d.core.State); got != want {
			t.Errorf("%s: auditor: got\n%swant\n%s", name, got, want)
		}
	}
}

// What a book could not take over a person was told to give by hand. Answered again under another id, when it could, it is refused as before: else a till gave
// it as well. What was paid at risk is made good all the same, for nobody gives that again.
func TestWhatAPersonWasToldToGiveNoTillGives(t *testing.T) {
	d := newCreditDesk(t)
	order := sampleOrder().ID
	for _, r := range []ledger.Request{&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1_000, Currency: "GBP"},
		&ledger.AskRefund{Claim: ledger.ClaimID(order), Order: order, Till: "T1", Amount: 500, Reason: "broken", By: "sue"}} {
		if out := d.does(r); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	answer := ledger.HQCommand{ID: "x/answer", Kind: ledger.CommandRefund, Order: order, Owner: "hull", Site: d.core.State.Site, Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 500}}, Reason: "EUR", Return: ledger.ReturnID(order)}
	for _, c := range []struct{ id, currency string }{{"x/answer", "EUR"}, {"x/answer/again", "GBP"}} {
		answer.ID, answer.Reason = c.id, c.currency
		if b := d.obeys(answer); b.Refused == "" || d.core.State.Money(ledger.MoneySites) != 0 {
			t.Errorf("%s: got %q and %d taken over, want it refused", c.id, b.Refused, d.core.State.Money(ledger.MoneySites))
		}
	}
	if out := d.does(&ledger.Refund{Order: order, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1}}}); out.Err == nil {
		t.Error("a till gave what a person was told to give")
	}
	claimIs(t, d, ledger.ClaimID(order), "refused")
	atRisk, paid := atRisk(t)
	atRisk.obeys(ledger.HQCommand{ID: "y/answer", Kind: ledger.CommandRefund, Order: order, Owner: "hull", Site: atRisk.core.State.Site, Lines: answer.Lines, Reason: "EUR", Return: ledger.ReturnID(order)})
	if b := paid("y/answer/again", answer.Lines...); b.Refused != "" || atRisk.core.State.Money(ledger.MoneyRisk) != 0 {
		t.Errorf("got %q and %d at risk, want it made good", b.Refused, atRisk.core.State.Money(ledger.MoneyRisk))
	}
}

// A build before this one did not take down that a person was told to give what a claim had brought. What it has left in its checkpoint is no damage.
func TestABookThatABuildBeforeByHandHasLeftIsSound(t *testing.T) {
	d := newDesk(t)
	h := ledger.Incarnation{Counter: 1}
	d.must(&ledger.AdoptHQ{H: h})
	d.must(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1000, Currency: "GBP"})
	d.must(&ledger.AskRefund{Claim: "c-2", Order: oid("away"), Till: "T1", Amount: 1, Reason: "broken"})
	no := ledger.HQCommand{H: h, Number: 1, ID: "no", Kind: ledger.CommandRefund, Order: oid("away"), Owner: "hull", Site: "leeds", Reason: "EUR", Return: "c-2", Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 1}}}
	no.Hash = ledger.ChainCommand(ledger.Hash{}, &no)
	d.must(&ledger.Obey{Command: no})
	if n := ledger.BeforeByHand(d.book); n != 1 {
		t.Fatalf("got %d claims by hand, want 1", n)
	}
	d.close() // its checkpoint is what the build before has left
	d.audit()
}
