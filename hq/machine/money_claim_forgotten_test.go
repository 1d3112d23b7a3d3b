package machine_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// toldBy is every push of a site so far, as the life that the site lives tells it now.
func (b *bench) toldBy(id ledger.SiteID) (out []*machine.Push) {
	for _, raw := range b.log {
		if cmd, err := machine.Unmarshal(raw); err == nil {
			if p, ok := cmd.(*machine.Push); ok && p.Site == id {
				p.Epoch, p.Head = b.cores[id].State.Epoch, b.cores[id].Head().Position
				out = append(out, p)
			}
		}
	}
	return out
}

// Head office went back to before it knew of a claim, and the book that handed the money over is lost: York alone, whose book nobody lost, knows that
// it has taken over what it gave a customer. Leeds counts it before it gives the same money back, or somebody is told.
func TestWhatALostBookHandedOverIsLearntFromTheBookThatTookIt(t *testing.T) {
	card := &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 700, Ref: "R-2"}}}
	for name, c := range map[string]struct {
		asked bool // head office still knows that york has asked
		first bool // leeds gives the money back before it hears
		york  bool // york is heard before leeds
		told  int
	}{
		"york is heard first":                                  {york: true},
		"leeds is heard first":                                 {},
		"leeds has given it back before":                       {first: true, told: 1},
		"leeds has given it back before, and york comes first": {first: true, york: true, told: 1},
		"head office still knows what york has asked for":      {asked: true},
		"it does, and leeds has given it back before":          {asked: true, first: true, told: 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := tills(t, 0)
			b.agrees()
			b.sold("leeds", orderA, 1000)
			b.settles()
			book, sent := b.cores["leeds"].State.Clone(), b.sent["leeds"]
			saved := encode(t, b.m)
			b.decides("york", asksFor(orderA, 700, 1))
			if b.talk("york"); c.asked {
				saved = encode(t, b.m)
			}
			b.settles()
			b.decides("york", &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Ref: "R-9"}}})
			b.ok(b.cut("york"))
			b.goesBack(saved)
			york := func() { b.attests("york", b.toldBy("york")...) }
			if c.york {
				york()
			}
			b.cores["leeds"], b.pasts["leeds"] = nil, &cutPast{entries: b.pasts["leeds"].entries[:book.Seq:book.Seq]}
			b.cores["leeds"], b.sent["leeds"] = ledger.NewCore(book, b.pasts["leeds"]), sent
			res := b.ok(b.asksAnew("leeds"))
			b.decides("leeds", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
			b.decides("leeds", &ledger.AdoptHQ{H: res.H})
			b.decides("leeds", &ledger.Attest{})
			if c.first {
				b.decides("leeds", card)
			}
			b.talk("leeds")
			if !c.york {
				york()
			}
			b.settles()
			if out := b.tries("leeds", card); out.Err == nil {
				t.Error("leeds gave back what york had given")
			}
			between := b.cores["leeds"].State.Money(ledger.MoneySites) + b.cores["york"].State.Money(ledger.MoneySites)
			told := b.raised("refunded_twice")
			if len(told) != c.told || c.told == 0 && between != 0 {
				t.Errorf("%d are between the sites, and %d are told that it was given back twice, want %d told", between, len(told), c.told)
			}
			for _, e := range told {
				if e.Site != "york" || e.Order != orderA {
					t.Errorf("got %+v, want it told of york and order %s", e, orderA)
				}
			}
			b.restarts()
		})
	}
}

// An owner's book refused a claim, was lost, and grants it when it is made anew: the site that asked has taken a refusal down under that answer's id. It
// hears the new one all the same, or nobody could give the money back.
func TestAnAnswerThatAnotherLifeGivesOtherwiseIsHeard(t *testing.T) {
	b := tills(t, 0)
	b.agrees()
	b.sold("leeds", orderA, 1000)
	b.settles()
	book, sent, saved := b.cores["leeds"].State.Clone(), b.sent["leeds"], encode(t, b.m)
	for n, amount := range []int64{700, 300} {
		move := []ledger.TenderMove{{Tender: 1 + n, Amount: amount}}
		if n == 0 {
			move[0].Ref = "R-2"
		}
		b.decides("leeds", &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: move})
	}
	b.decides("york", asksFor(orderA, 400, 1))
	b.settles()
	if got := b.cores["york"].State.MoneyClaims(orderA); len(got) != 1 || got[0].Status() != "refused" {
		t.Fatalf("got %+v, want it refused: all was given back", got)
	}
	b.goesBack(saved)
	b.attests("york", b.toldBy("york")...)
	b.anew("leeds", book, sent)
	b.decides("leeds", &ledger.Attest{})
	b.settles()
	if l, y := b.cores["leeds"].State.Money(ledger.MoneySites), b.cores["york"].State.Money(ledger.MoneySites); l != -400 || y != 400 {
		t.Errorf("got %d and %d between sites, want york to have what leeds has handed over", l, y)
	}
	if got := b.cores["york"].State.MoneyClaims(orderA); len(got) != 1 || got[0].Granted != 400 {
		t.Errorf("got %+v, want 400 granted", got)
	}
	if n := len(b.queued("york")) + len(b.queued("leeds")); n > 0 {
		t.Errorf("%d commands are under way, want none", n)
	}
	b.restarts()
}

// An answer that a site has taken down in a life of head office before is given again under another id, once for each sum: head office does not know what
// the site has taken down, and an answer of another sum would be nobody's. It comes to an end in whichever life.
func TestAnAnswerIsHeardAgainOnceForEachSum(t *testing.T) {
	for name, risk := range map[string]bool{"asked for": false, "paid at risk": true} {
		t.Run(name, func(t *testing.T) {
			b := tills(t, 0)
			b.agrees()
			b.risks(1000)
			b.sold("leeds", orderA, 1000)
			b.settles()
			book, sent := b.cores["leeds"].State.Clone(), b.sent["leeds"]
			ask := asksFor(orderA, 900, 1)
			ask.Risk = risk
			b.decides("york", ask)
			b.ok(b.cut("york"))
			saved := encode(t, b.m) // it knows what york has asked for
			for life, spent := range []int64{0, 600, 700, 500} {
				if life > 0 {
					b.goesBack(saved)
					saved = encode(t, b.m)
					b.anew("leeds", book.Clone(), sent)
					b.decides("leeds", &ledger.Attest{})
				}
				if spent > 0 { // and york is heard only then
					b.decides("leeds", &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: spent, Ref: "R-2"}}})
				}
				b.talk("leeds")
				if life > 0 {
					b.attests("york", b.toldBy("york")...)
				}
				b.settles()
				if n := len(b.queued("leeds")) + len(b.queued("york")); n > 0 {
					t.Fatalf("life %d: %d commands are under way, want none", life, n)
				}
				if got := b.cores["york"].State.MoneyClaims(orderA); len(got) != 1 || got[0].Granted != 900 {
					t.Errorf("life %d: got %+v, want the 900 that york took over", life, got)
				}
			}
			heard := map[string]int{}
			for _, e := range b.pasts["york"].entries {
				if o, ok := e.Body.(*ledger.ObeyedBody); ok && o.Command.Kind == ledger.CommandRefund && !o.Repeat {
					heard[o.Command.ID]++
				}
			}
			for id, n := range heard {
				if n != 1 {
					t.Errorf("%s was taken down %d times, want once", id, n)
				}
			}
			for _, sum := range []int64{300, 400, 500} { // what leeds had left to hand over in each life
				if id := fmt.Sprintf("york/1/5/0/again/answer/again/%d", sum); sum != 400 && heard[id] != 1 {
					t.Errorf("got %v, want %s among them", heard, id)
				}
			}
			b.restarts()
		})
	}
}

// Two sites paid at risk for an order; the owner's book made both good, each in part or whole, and is lost with head office's memory of it. Whoever is heard
// first gets no more than it had: what was made good stays so.
func TestWhatHasMadeGoodWhatWasPaidAtRiskIsHandedOverAgainFirst(t *testing.T) {
	b := tills(t, 0)
	b.agrees()
	b.site("hull", true)
	b.talk("hull")
	b.decides("hull", &ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 10_000, Currency: "GBP"})
	all := []ledger.SiteID{"york", "hull", "leeds"}
	settle := func() {
		for range 3 {
			for _, id := range all {
				b.talk(id)
			}
		}
	}
	for _, id := range all[:2] {
		for _, do := range []machine.AssetSet{machine.AssetLimit, machine.AssetAllot} {
			key := digest(fmt.Sprint(id, do))
			set := &machine.SetAsset{Asset: ledger.RiskOf(id), Do: do, Amount: 1000, Key: key, Request: key, By: "olga", At: at}
			if do == machine.AssetAllot {
				set.Site = id
			}
			b.ok(set)
		}
	}
	b.sold("leeds", orderA, 1000)
	settle()
	book, sent, saved := b.cores["leeds"].State.Clone(), b.sent["leeds"], encode(t, b.m)
	b.decides("hull", riskOf(orderA, 800, 1))
	settle()
	b.decides("york", riskOf(orderA, 900, 2))
	settle()
	stands := func(when string) {
		t.Helper()
		for id, want := range map[ledger.SiteID]int64{"leeds": -1000, "hull": 800, "york": 200} {
			if got := b.cores[id].State.Money(ledger.MoneySites); got != want {
				t.Errorf("%s: %d are between %s and others, want %d", when, got, id, want)
			}
		}
	}
	stands("before")
	b.goesBack(saved)
	b.attests("york", b.toldBy("york")...)
	b.attests("hull", b.toldBy("hull")...)
	b.anew("leeds", book, sent)
	b.decides("leeds", &ledger.Attest{})
	settle()
	stands("after")
	if got := b.raised("refunded_twice"); len(got) > 0 {
		t.Errorf("got %+v, want nothing given back twice", got)
	}
	b.restarts()
}
