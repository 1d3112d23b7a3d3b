package machine_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// sold has a site take an order of its own, which is paid there: 700 by card and the rest in cash.
func (b *bench) sold(id ledger.SiteID, order ledger.OrderID, total int64) {
	b.t.Helper()
	sale := ledger.Order{ID: order, Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}}}
	b.decides(id, &ledger.Place{Order: sale, InHand: true})
	if out := b.decides(id, &ledger.Pay{Order: order, Till: "T1", Total: total, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCard, Amount: 700, Ref: "R-1"}, {Kind: ledger.TenderCash}}}); out.Err != nil {
		b.t.Fatal(out.Err)
	}
}

// tries puts a request to a site that may say no.
func (b *bench) tries(id ledger.SiteID, r ledger.Request) ledger.Outcome {
	return b.cores[id].Decide(r, at)
}

// tills is a company of two shops whose drawers are open.
func tills(t testing.TB, step int64) *bench {
	b := shops(t)
	for _, id := range []ledger.SiteID{"leeds", "york"} {
		b.decides(id, &ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 10_000, Currency: "GBP", Step: step})
	}
	return b
}

// settles has everybody hear of everything.
func (b *bench) settles() {
	for range 4 {
		b.talk("york")
		b.talk("leeds")
	}
}

func asksFor(order ledger.OrderID, amount int64, n int) *ledger.AskRefund {
	return &ledger.AskRefund{Claim: ledger.ClaimID(fmt.Sprintf("01900000-0000-7000-8000-00000000c%03x", n)), Order: order, Till: "T1", Amount: amount, Reason: "broken", By: "sue"}
}

// An order of Leeds comes back to York: York pays what Leeds' book has handed over, and not a penny more, wherever anybody asks again.
func TestMoneyIsGivenBackAtAnotherSiteOnce(t *testing.T) {
	b := tills(t, 0)
	b.sold("leeds", orderA, 1000)
	refund := &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Ref: "R-9"}}}
	if out := b.tries("york", refund); out.Err != ledger.ErrNothingPaid {
		t.Errorf("before anybody asked: got %v, want nothing paid here", out.Err)
	}
	b.tries("york", asksFor(orderA, 800, 1))
	b.talk("leeds")
	b.settles()
	if got := b.cores["york"].State.MoneyClaims(orderA); len(got) != 1 || got[0].Status() != "granted" || got[0].Owner != "leeds" {
		t.Fatalf("got %+v, want all of it granted", got)
	}
	if out := b.tries("york", refund); out.Err != nil {
		t.Fatal(out.Err)
	}
	if out := b.tries("york", refund); out.Err == nil {
		t.Error("it was given back twice")
	}
	cash := &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 2}}}
	if out := b.tries("york", cash); out.Err != nil || out.Entry.Body.(*ledger.TenderBody).Moves[0].Amount != 100 {
		t.Errorf("got %+v, want 100 in cash", out)
	}
	if out := b.tries("leeds", cash); out.Err != nil || out.Entry.Body.(*ledger.TenderBody).Moves[0].Amount != 200 {
		t.Errorf("at leeds: got %+v, want the 200 that are left", out)
	}
	b.tries("york", asksFor(orderA, 1, 2))
	b.settles()
	if got := b.cores["york"].State.MoneyClaims(orderA); len(got) != 2 || got[1].Status() != "refused" {
		t.Errorf("got %+v, want the second refused", got)
	}
	if l, y := b.cores["leeds"].State.Money(ledger.MoneySites), b.cores["york"].State.Money(ledger.MoneySites); l != -800 || y != 800 {
		t.Errorf("got %d and %d between sites, want 800 handed over", l, y)
	}
	if got := b.exceptions(); len(got) != 0 {
		t.Errorf("got %v, want nothing to look at", got)
	}
}

// Cut off, a supervisor pays at the company's risk, as far as the site may; the owner's answer makes that good, and what it does not stand for is somebody's to look at.
func TestWhatIsPaidAtRiskIsMadeGoodByTheOwner(t *testing.T) {
	b := tills(t, 0)
	b.sold("leeds", orderA, 1000)
	risky := func(order ledger.OrderID, amount int64, n int) *ledger.AskRefund {
		r := asksFor(order, amount, n)
		r.Risk = true
		return r
	}
	no := b.tries("york", risky(orderA, 400, 1))
	if e, ok := no.Err.(*ledger.TenderError); !ok || e.Asset != "risk:york" {
		t.Fatalf("got %v, want it refused: york may risk nothing", no.Err)
	}
	b.ok(&machine.SetAsset{Asset: "risk:york", Do: machine.AssetLimit, Amount: 1500, Key: digest("l"), Request: digest("l"), By: "olga", At: at})
	b.ok(&machine.SetAsset{Asset: "risk:york", Do: machine.AssetAllot, Site: "york", Amount: 1500, Key: digest("a"), Request: digest("a"), By: "olga", At: at})
	b.settles()
	for n, amount := range []int64{400, 900} {
		if out := b.tries("york", risky(orderA, amount, 2+n)); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	held := func(want ledger.Qty, risk int64) {
		t.Helper()
		if s := b.cores["york"].State; s.AssetHeld("risk:york") != want || s.Money(ledger.MoneyRisk) != risk {
			t.Errorf("%d may be risked and %d are at risk, want %d and %d", s.AssetHeld("risk:york"), s.Money(ledger.MoneyRisk), want, risk)
		}
	}
	held(200, 1300)
	if out := b.tries("york", risky(orderA, 201, 4)); out.Err == nil {
		t.Error("more was risked than york may")
	}
	b.settles() // of 1300 Leeds took 1000
	held(1200, 300)
	if a, ok := b.m.Asset("risk:york"); !ok || a.Used != 300 {
		t.Errorf("got %+v, want 300 used: what the company stands to lose", a)
	}
	if got := b.exceptions(); len(got) != 1 || got[0] != "risk_lost" {
		t.Errorf("got %v, want somebody told of what is lost", got)
	}
	if out := b.tries("leeds", &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Ref: "R-2"}}}); out.Err == nil {
		t.Error("leeds gave back what york had paid")
	}
}

// An exchange at a site moves nothing between sites, and is no refund but for what the customer gets back.
func TestHeadOfficeAddsUpAnExchange(t *testing.T) {
	b := tills(t, 0)
	b.agrees()
	b.ok(&machine.SetHook{Act: machine.HookPut, Hook: shop, To: "https://shop.example/in", Secret: make([]byte, 24), Kinds: []machine.EventKind{machine.EventRefunded}, Key: digest("hook"), Request: digest("r"), By: "olga", At: at})
	b.sold("leeds", orderA, 1000)
	out := b.tries("leeds", &ledger.Exchange{Till: "T1", Reason: "too small", Total: 400, Credit: 1000, Refunds: []ledger.TenderMove{{Tender: 1, Ref: "R-2", Amount: 300}, {Tender: 2}},
		Back: ledger.TakeBack{ID: returnID(1), Order: orderA, Lines: []ledger.BackLine{{Line: 1, Qty: 1}}},
		Sale: ledger.Place{InHand: true, Order: ledger.Order{ID: orderB, Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}}}}})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	b.settles()
	days, _ := b.m.Takings("leeds", "", 1)
	if d := days[0].Day; d.Sum(ledger.MoneySites) != 0 || d.Sum(ledger.MoneyOrders) != -400 || d.Sum(ledger.MoneyCard) != 400 {
		t.Errorf("got %+v, want 4.00 of the card's 7.00 left", d)
	}
	told := []int64{}
	for p := range b.m.EventsEnd() + 1 {
		if e, ok := b.m.EventAt(p); ok {
			told = append(told, e.Amount.Amount)
		}
	}
	if len(told) != 1 || told[0] != 600 {
		t.Errorf("got %d told as given back, want 600 once", told)
	}
	if got := b.exceptions(); len(got) != 0 {
		t.Errorf("got %v, want nothing to look at", got)
	}
	b.restarts()
}

// What a site says of a claim may be anything: head office can begin again with it, and asks nobody for it.
func TestAClaimForMoneyThatIsNoneIsNotKept(t *testing.T) {
	for name, spoil := range map[string]func(*ledger.TenderBody){
		"of no id":       func(b *ledger.TenderBody) { b.Claim.ID = "" },
		"of no order":    func(b *ledger.TenderBody) { b.Claim.Order = "" },
		"of nothing":     func(b *ledger.TenderBody) { b.Claim.Amount = 0 },
		"less than that": func(b *ledger.TenderBody) { b.Claim.Amount = -1 },
		"of no currency": func(b *ledger.TenderBody) { b.Currency = "" },
	} {
		t.Run(name, func(t *testing.T) {
			b := tills(t, 0)
			b.settles()
			body := &ledger.TenderBody{Act: ledger.TenderClaim, Till: "T1", Reason: "broken", Currency: "GBP", Payments: ledger.Payments{Order: orderA},
				Claim: &ledger.MoneyClaim{ID: "c-1", Order: orderA, Amount: 5}}
			spoil(body)
			b.writes("york", &ledger.Entry{Kind: ledger.KindTendered, Ref: string(orderA), Body: body})
			b.restarts()
			for _, what := range b.exceptions() {
				if what == "return_unclaimed" {
					t.Error("it is waited for, want it told and forgotten")
				}
			}
		})
	}
}

// Head office takes no money, so it stands for none: what a site has paid at the company's risk for an order of head office's is somebody's to look at.
func TestWhatIsPaidAtRiskForAnOrderOfHeadOfficeIsTold(t *testing.T) {
	b := tills(t, 0)
	b.ok(&machine.SetAsset{Asset: "risk:york", Do: machine.AssetLimit, Amount: 500, Key: digest("l"), Request: digest("l"), By: "olga", At: at})
	b.ok(&machine.SetAsset{Asset: "risk:york", Do: machine.AssetAllot, Site: "york", Amount: 500, Key: digest("a"), Request: digest("a"), By: "olga", At: at})
	b.ok(&machine.Place{Order: order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), Request: digest("k"), At: at})
	b.settles()
	r := asksFor(orderB, 400, 1)
	r.Risk = true
	if out := b.tries("york", r); out.Err != nil {
		t.Fatal(out.Err)
	}
	b.settles()
	if got := b.cores["york"].State.MoneyClaims(orderB); len(got) != 1 || got[0].Status() != "refused" {
		t.Errorf("got %+v, want it refused", got)
	}
	if got := b.exceptions(); len(got) != 1 || got[0] != "risk_lost" {
		t.Errorf("got %v, want somebody told of what is lost", got)
	}
}
