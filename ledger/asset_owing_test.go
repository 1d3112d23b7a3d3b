package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// An assetPaper is what a careful clerk would note of a card at one site: what head office has given and not had back, what
// was used, and how much of that the site did not have.
type assetPaper struct {
	given, used, held, owing ledger.Qty
	charges                  map[string]ledger.Qty // not released yet, by reference
}

// frees has n be usable again: what is owed is paid first.
func (p *assetPaper) frees(n ledger.Qty) {
	paid := min(n, p.owing)
	p.owing, p.held = p.owing-paid, p.held+n-paid
}

// Whatever was charged in a life that has ended, and in whatever order charges, releases and loads come, a site never may use more than
// it was given: what is released first makes good what was used beyond it.
func TestWhatWasUsedBeyondWhatIsHeldIsMadeGoodBeforeAnyOfItIsUsedAgain(t *testing.T) {
	all := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 8))
		d, p := newCreditDesk(t), &assetPaper{charges: map[string]ledger.Qty{}}
		refs, overs := 0, 0
		for i := range 60 {
			n := ledger.Qty(1 + r.IntN(200))
			switch k := r.IntN(8); {
			case k == 0:
				d.given(ledger.CommandCredit, "card:7", n)
				p.given, p.held = p.given+n, p.held+n
			case k == 1:
				level := ledger.Qty(r.IntN(100))
				p.given -= max(0, p.held-level)
				p.held = min(p.held, level)
				d.given(ledger.CommandRecall, "card:7", level)
			case k == 2:
				d.does(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetLoad, Amount: n, Ref: fmt.Sprint("l-", i)})
				p.given += n
				p.frees(n)
			case k < 5:
				refs++
				ref := fmt.Sprint("o-", refs)
				if out := d.does(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetCharge, Amount: n, Ref: ref}); (out.Err == nil) != (n <= p.held) {
					t.Fatalf("seed %d, act %d: charge of %d of %d: got %v", seed, i, n, p.held, out.Err)
				} else if out.Err == nil {
					p.used, p.held, p.charges[ref] = p.used+n, p.held-n, n
				}
			case k == 5:
				refs++
				ref := fmt.Sprint("o-", refs)
				was := &ledger.Entry{Kind: ledger.KindAsset, Epoch: 1, Seq: ledger.Seq(1000 + i), At: deskMoment, Ref: ref,
					Body: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: "card:7", Act: ledger.AssetCharge, Amount: n}, Charged: n}}
				out := d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: was.Seq, Hash: ledger.Hash{byte(i), 1}}, Entry: was})
				if out.Err != nil {
					t.Fatal(out.Err)
				}
				over := max(0, n-p.held)
				if over > 0 {
					overs++
				}
				p.used, p.charges[ref] = p.used+n, n
				p.owing, p.held = p.owing+over, p.held-n+over
			default:
				ref := fmt.Sprint("o-", 1+r.IntN(refs+1))
				if out := d.does(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetRelease, Amount: n, Ref: ref}); (out.Err == nil) != (n <= p.charges[ref]) {
					t.Fatalf("seed %d, act %d: release of %d of %d: got %v", seed, i, n, p.charges[ref], out.Err)
				} else if out.Err == nil {
					p.used, p.charges[ref] = p.used-n, p.charges[ref]-n
					p.frees(n)
				}
			}
			held, owing := d.core.State.AssetHeld("card:7"), d.core.State.AssetOwing("card:7")
			if held != p.held || owing != p.owing || held+p.used-owing != p.given {
				t.Fatalf("seed %d, act %d: %d can be used and %d are owed, want %d and %d: %d given, %d used", seed, i, held, owing, p.held, p.owing, p.given, p.used)
			}
		}
		all += overs
	}
	if all == 0 {
		t.Error("no charge was over")
	}
}

// A payment by gift card that a lost life took has been taken: what is not held any more is over, and a refund makes that good first.
func TestAPaymentByGiftCardOfAnotherLifeIsAFact(t *testing.T) {
	open := &ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 0, Currency: "GBP"}
	old := newCreditDesk(t)
	old.given(ledger.CommandCredit, "card:7", 500)
	old.does(open)
	paid := old.does(&ledger.Pay{Order: oid("o"), Till: "T1", Total: 400, Tenders: []ledger.TenderWish{{Kind: ledger.TenderGiftCard, Ref: "7"}}}).Entry
	back := old.does(&ledger.Refund{Order: oid("o"), Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 120}}}).Entry

	d := newCreditDesk(t)
	d.given(ledger.CommandCredit, "card:7", 300)
	d.does(open)
	late := func(e *ledger.Entry) ledger.Outcome {
		return d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: e.Seq, Hash: ledger.Hash{byte(e.Seq)}}, Entry: e})
	}
	out := late(paid)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if v := out.Entry.Assets(); len(v) != 1 || v[0].Over != 100 || v[0].Used() != 400 {
		t.Errorf("got %+v, want 400 used, 100 of it over", v)
	}
	d.holds(0)
	here := d.does(&ledger.Refund{Order: oid("o"), Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 130}}})
	if here.Err != nil || here.Entry.Assets()[0].Over != 100 {
		t.Fatalf("got %+v, want 100 of 130 to make good what was over", here)
	}
	d.holds(30)
	for range 2 { // told again it is nothing new
		if out := late(back); out.Err != nil {
			t.Fatal(out.Err)
		}
		d.holds(150)
	}
	if got := d.core.State.Money(ledger.MoneyDifference); got != 0 {
		t.Errorf("got a difference of %d, want none: no money moved", got)
	}
	if no := d.does(&ledger.Refund{Order: oid("o"), Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 151}}}); no.Err == nil {
		t.Error("more was given back than was paid, in two lives")
	}
	d.holds(150)
}

// A build of before made nothing good by what was freed. Its book opens and is audited, and this build makes good what is owed still.
func TestABookOfBeforeThatMadeNothingGoodIsRead(t *testing.T) {
	d := newCreditDesk(t)
	d.given(ledger.CommandCredit, "card:7", 50)
	was := &ledger.Entry{Kind: ledger.KindAsset, Epoch: 1, Seq: 1000, At: deskMoment, Ref: "o-1",
		Body: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: "card:7", Act: ledger.AssetCharge, Amount: 90}, Charged: 90}}
	if out := d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: 1000, Hash: ledger.Hash{1}}, Entry: was}); out.Err != nil {
		t.Fatal(out.Err)
	}
	for over, ok := range map[ledger.Qty]bool{0: true, 40: true, 39: false} {
		state := d.core.State.Clone()
		old := &ledger.Entry{Kind: ledger.KindAsset, Epoch: 1, Seq: state.Seq + 1, At: deskMoment, Ref: "o-1",
			Body: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: "card:7", Act: ledger.AssetRelease, Amount: 60, Over: over}, Nth: 1, Charged: 90, Freed: 60}}
		if err := state.Apply(old); (err == nil) != ok {
			t.Errorf("%d of 60 make good what is owed: got %v, want it read: %t", over, err, ok)
		} else if held, owing := state.AssetHeld("card:7"), state.AssetOwing("card:7"); ok && (held != 60-over || owing != 40-over) {
			t.Errorf("got %d to be used and %d owed, want %d and %d", held, owing, 60-over, 40-over)
		}
	}
}
