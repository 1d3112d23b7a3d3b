package machine_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// takes has a shop live through a day at its till.
func (b *bench) takes(id ledger.SiteID, order ledger.OrderID) {
	b.t.Helper()
	b.decides(id, &ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1000, Currency: "GBP", Step: 5})
	b.decides(id, &ledger.Pay{Order: order, Till: "T1", Total: 1002, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCard, Amount: 300, Ref: "R-1"}, {Kind: ledger.TenderCash}}})
	b.decides(id, &ledger.Refund{Order: order, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 100, Ref: "R-2"}}})
	b.decides(id, &ledger.ActOnDrawer{Act: ledger.DrawerClose, Till: "T1", Amount: 1695, Reason: "a coin"})
}

// takesMoney has a site live through a day at its till, as often as not to its end.
func (c *chronicle) takesMoney(id ledger.SiteID) {
	core := c.cores[id]
	if core.Head().Position.Epoch == 0 {
		return
	}
	o := ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", 1+c.draw(max(c.orders, 1))))
	core.Decide(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1000, Currency: "GBP", Step: 5}, c.now)
	core.Decide(&ledger.Pay{Order: o, Till: "T1", Total: 1002, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCard, Amount: 300, Ref: "R-1"}, {Kind: ledger.TenderCash}}}, c.now)
	core.Decide(&ledger.Refund{Order: o, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 2, Amount: int64(1 + c.draw(100))}}}, c.now)
	if c.draw(2) == 0 {
		core.Decide(&ledger.ActOnDrawer{Act: ledger.DrawerClose, Till: "T1", Amount: 1695, Reason: "a coin"}, c.now)
		core.Decide(&ledger.EndDay{}, c.now)
	}
}

// days says what head office has of the days of a site.
func (b *bench) days(id ledger.SiteID) (out []string) {
	rows, _ := b.m.Takings(id, "", 100)
	for _, v := range rows {
		cash, card := v.Day.Tender(ledger.TenderCash), v.Day.Tender(ledger.TenderCard)
		out = append(out, fmt.Sprintf("%s %d %s ended=%t cash=%d-%d card=%d-%d difference=%d orders=%d", v.Site, v.Day.Number, v.Currency, v.Ended, cash.Taken, cash.Refunded, card.Taken, card.Refunded,
			v.Day.Sum(ledger.MoneyDifference), v.Day.Sum(ledger.MoneyOrders)))
	}
	return out
}

func TestHeadOfficeAddsUpEachDayOfEachSite(t *testing.T) {
	b := shops(t)
	b.takes("leeds", orderA)
	b.talk("leeds")
	open := "leeds 1 GBP ended=false cash=702-0 card=300-100 difference=5 orders=-902"
	if got := b.days("leeds"); len(got) != 1 || got[0] != open {
		t.Errorf("got %q, want %q", got, open)
	}
	b.decides("leeds", &ledger.EndDay{})
	b.takes("leeds", orderB)
	b.takes("york", orderA)
	b.talk("leeds")
	b.talk("york")
	if got := b.days(""); len(got) != 3 || got[0] != "leeds 1 GBP ended=true cash=702-0 card=300-100 difference=5 orders=-902" ||
		got[1] != "leeds 2 GBP ended=false cash=702-0 card=300-100 difference=5 orders=-902" || got[2][:5] != "york " {
		t.Errorf("got %q, want both days of leeds and one of york", got)
	}
	first, next := b.m.Takings("", "", 1)
	rest, _ := b.m.Takings("", next, 10)
	if len(first) != 1 || len(rest) != 2 || rest[0].Day.Number != 2 {
		t.Errorf("got %d and %d days page by page, want 1 and 2", len(first), len(rest))
	}
	if got := b.exceptions(); len(got) != 0 {
		t.Errorf("got %v, want nothing to look at", got)
	}
	var was bytes.Buffer
	if err := b.m.Freeze().Encode(&was); err != nil {
		t.Fatal(err)
	}
	again, err := machine.Restore(bytes.NewReader(was.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	before := b.days("")
	b.m = again
	if got := b.days(""); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("restored: got %q, want %q", got, before)
	}
}

// What two lives of a book have both given back is somebody's to look at, and a day that does not add up is.
func TestMoneyThatDoesNotAddUpIsTold(t *testing.T) {
	b := shops(t)
	b.takes("leeds", orderA)
	told := &ledger.Entry{Kind: ledger.KindTendered, Seq: 9, Epoch: 1, At: at, Ref: string(orderA)}
	for _, e := range b.journal("leeds") {
		if body, ok := e.Body.(*ledger.TenderBody); ok && body.Act == ledger.TenderRefund {
			other := *body
			other.Payments = *body.Payments.Clone()
			other.Payments.Tenders[0].Refunded, other.Payments.Repayments[0].Amount = 250, 250
			other.Payments.Repayments[0].Receipt.Epoch = 7
			other.Receipt.Epoch = 7
			other.Moves = []ledger.TenderMove{{Tender: 1, Refund: true, Amount: 250, Ref: "R-9"}}
			told.Body = &other
		}
	}
	if out := b.decides("leeds", &ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 7, Seq: 9}, Entry: told}); out.Err != nil {
		t.Fatal(out.Err)
	}
	b.talk("leeds")
	if got := b.exceptions(); len(got) != 1 || got[0] != "refunded_twice" {
		t.Errorf("got %v, want somebody told of what was given back twice", got)
	}
	want := "leeds 1 GBP ended=false cash=702-0 card=300-300 difference=55 orders=-702"
	if got := b.days("leeds"); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A journal is another machine's word: money that no book has written is folded by nobody.
func TestMoneyThatNoBookWritesIsNotFolded(t *testing.T) {
	receipt := ledger.Receipt{Till: "T1", Epoch: 1, Number: 1}
	paid := func(change func(*ledger.TenderBody)) *ledger.TenderBody {
		v := &ledger.TenderBody{Act: ledger.TenderPay, Till: "T1", Session: 1, Opened: 1, Day: 1, Receipt: receipt, Currency: "GBP",
			Payments: ledger.Payments{Order: orderA, Version: 1, Total: 5, Tenders: []ledger.Tender{{Kind: ledger.TenderCard, Amount: 5, Ref: "R", Receipt: receipt}}},
			Moves:    []ledger.TenderMove{{Tender: 1, Amount: 5}},
			Money:    []ledger.MoneyPosting{{Kind: ledger.MoneyCard, Amount: 5}, {Kind: ledger.MoneyOrders, Amount: -5}}}
		change(v)
		return v
	}
	for name, change := range map[string]func(*ledger.TenderBody){
		"a tender that is not there": func(b *ledger.TenderBody) { b.Moves[0].Tender = 9 },
		"more back than was taken":   func(b *ledger.TenderBody) { b.Payments.Tenders[0].Refunded = 6 },
		"postings that do not add up": func(b *ledger.TenderBody) {
			b.Money[0].Amount = 6
		},
		"no currency": func(b *ledger.TenderBody) { b.Currency = "pounds" },
	} {
		t.Run(name, func(t *testing.T) {
			b := shops(t)
			b.writes("leeds", &ledger.Entry{Kind: ledger.KindTendered, Ref: string(orderA), Body: paid(change)})
			if got := b.exceptions(); len(got) != 1 || got[0] != "does_not_fit" {
				t.Errorf("got %v, want the entry to be looked at", got)
			}
			if got := b.days("leeds"); len(got) != 0 {
				t.Errorf("got %q, want nothing of it counted", got)
			}
		})
	}
}

// A shop's own customer is told what was given back, by the number of the order; what was paid on an account, or for a card, is no order's.
func TestARefundIsToldToTheCustomerOfTheOrder(t *testing.T) {
	b := listening(t, machine.EventRefunded)
	sale := order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1})
	sale.Fulfil, sale.Anywhere, sale.Customer, sale.External = ledger.Take, false, "ROSE-2", "shop-17"
	b.decides("leeds", &ledger.Place{Order: sale, InHand: true})
	b.takes("leeds", orderA)
	b.decides("leeds", &ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1000, Currency: "GBP"})
	b.decides("leeds", &ledger.Pay{Order: orderB, For: "card:9", Total: 500, Till: "T1", Tenders: []ledger.TenderWish{{Kind: ledger.TenderCard, Ref: "R-3"}}})
	b.decides("leeds", &ledger.Refund{Order: orderB, Till: "T1", Reason: "not wanted", Moves: []ledger.TenderMove{{Tender: 1, Amount: 100, Ref: "R-4"}}})
	b.talk("leeds")
	if got, _ := b.kept(1); len(got) != 1 {
		t.Fatalf("got %q, want one refund of an order", got)
	}
	e, _ := b.m.EventAt(1)
	if e.Order != orderA || e.Customer != "ROSE-2" || e.Number != "LEEDS-000001" || e.External != "shop-17" || e.Amount.Amount != 100 {
		t.Errorf("got %+v, want it told to ROSE-2 of LEEDS-000001", e)
	}
}
