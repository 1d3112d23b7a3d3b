package demo

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const credit = ledger.AssetID("credit:TRADE-1")

// moneyDay is a day at leeds, told and journalled alike: a sale of 500 paid in cash, of which 200 were given back, its drawer counted,
// its day ended, and another of 300 on an account of 1,000 of which 400 were allotted to leeds.
func moneyDay() (*paper, *moneyFound) {
	p, m := &paper{}, newMoneyFound()
	p.receipt(&receiptTold{site: "leeds", till: "T1", session: 1, order: p1, number: "T1-1-000001", parts: map[string]int64{"cash": 500}, cash: 500})
	p.receipt(&receiptTold{site: "leeds", till: "T1", session: 1, order: p1, number: "T1-1-000002", back: true, parts: map[string]int64{"cash": 200}, cash: -200})
	counted := int64(1295)
	p.drawer(drawerTold{"leeds", contract.Drawer{Till: "T1", Session: 1, Float: 1000, Expected: 1300, Counted: &counted}, 50, 50})
	p.day(contract.Day{Site: "leeds", Day: 1, Tenders: []contract.DayTender{{Tender: "cash", Taken: 500, Refunded: 200, Payments: 1, Refunds: 1}}})
	p.charge(chargeOf{"leeds", credit, "o-2"}, 300)
	used := int64(300)
	p.money.accounts = map[ledger.AssetID]*accountTold{credit: {limit: 1000, used: &used}}

	paid := ledger.Payments{Order: p1, Tenders: []ledger.Tender{{Kind: ledger.TenderCash, Amount: 500}}}
	tender := func(n uint64, act ledger.TenderAct, q, cash int64) {
		m.take("leeds", &ledger.Entry{Kind: ledger.KindTendered, Body: &ledger.TenderBody{Act: act, Payments: paid, Receipt: ledger.Receipt{Till: "T1", Epoch: 1, Number: n},
			Moves: []ledger.TenderMove{{Tender: 1, Amount: q}}, Money: []ledger.MoneyPosting{{Kind: ledger.MoneyDrawer, Till: "T1", Amount: cash}}}})
	}
	tender(1, ledger.TenderPay, 500, 500)
	tender(2, ledger.TenderRefund, 200, -200)
	m.take("leeds", &ledger.Entry{Kind: ledger.KindDrawer, Body: &ledger.DrawerBody{Act: ledger.DrawerClose, Drawer: ledger.Drawer{Till: "T1", Session: 1, Float: 1000,
		In: 50, Out: 50, Sales: 500, Refunded: 200, Closed: true, Counted: 1295}}})
	m.take("leeds", &ledger.Entry{Kind: ledger.KindDayEnded, Body: &ledger.DayBody{Day: ledger.Day{Number: 1,
		Tenders: []ledger.DayTender{{Kind: ledger.TenderCash, Taken: 500, Refunded: 200, Payments: 1, Refunds: 1}}}}})
	m.take("leeds", &ledger.Entry{Kind: ledger.KindAsset, Ref: "o-2", Body: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: credit, Act: ledger.AssetCharge, Amount: 300}}})
	const gift = ledger.AssetID("card:G-1")
	carded := func(n uint64, b ledger.TenderBody, kind string, moves ...ledger.TenderMove) {
		b.Act, b.Receipt, b.Moves = ledger.TenderPay, ledger.Receipt{Till: "T2", Epoch: 1, Number: n}, moves
		m.take("leeds", &ledger.Entry{Kind: ledger.KindTendered, Body: &b})
		p.receipt(&receiptTold{site: "leeds", till: "T2", session: 2, order: b.Payments.Order, day: 1, number: b.Receipt.String(), parts: map[string]int64{kind: moves[0].Amount}})
	}
	carded(1, ledger.TenderBody{Payments: ledger.Payments{Order: "g", For: gift, Tenders: []ledger.Tender{{Kind: ledger.TenderCard, Amount: 400}}}}, "card", ledger.TenderMove{Tender: 1, Amount: 400})
	carded(2, ledger.TenderBody{Payments: ledger.Payments{Order: "o-3", Tenders: []ledger.Tender{{Kind: ledger.TenderGiftCard, Amount: 150, Ref: "G-1"}}}}, "gift_card", ledger.TenderMove{Tender: 1, Amount: 150})
	p.card(gift, 400, 150)
	// A unit of the first sale is exchanged for one of 250: 200 cross, 50 are paid.
	m.take("leeds", &ledger.Entry{Kind: ledger.KindTendered, Body: &ledger.TenderBody{Act: ledger.TenderExchange, Payments: paid, Moves: []ledger.TenderMove{{Tender: 1, Amount: 200, Refund: true, Across: true}}}})
	m.take("leeds", &ledger.Entry{Kind: ledger.KindTendered, Body: &ledger.TenderBody{Act: ledger.TenderExchange, Receipt: ledger.Receipt{Till: "T2", Epoch: 1, Number: 3},
		Payments: ledger.Payments{Order: "o-4", Tenders: []ledger.Tender{{Kind: ledger.TenderCash, Amount: 200}, {Kind: ledger.TenderCash, Amount: 50}}},
		Moves:    []ledger.TenderMove{{Tender: 1, Amount: 200, Across: true}, {Tender: 2, Amount: 50}}, Money: []ledger.MoneyPosting{{Kind: ledger.MoneyDrawer, Till: "T2", Amount: 50}}}})
	p.receipt(&receiptTold{site: "leeds", till: "T2", session: 2, order: "o-4", day: 1, number: "T2-1-000003", parts: map[string]int64{"cash": 50}, cash: 50})
	limit, spent := int64(400), int64(150)
	p.money.cards[gift].limit, p.money.cards[gift].spent = &limit, &spent
	m.take("leeds", &ledger.Entry{Kind: ledger.KindObeyed, Body: &ledger.ObeyedBody{Command: ledger.HQCommand{Kind: ledger.CommandCredit, Owner: ledger.HQ},
		Done: []ledger.CommandLine{{SKU: ledger.SKU(credit), Qty: 400}}}})
	return p, m
}

func TestTheCheckerFindsMoneyThatWentAstray(t *testing.T) {
	type counts struct{ untold, overRefunded, gaps, drawers, days, overCredit int64 }
	first, second := receiptAt{"leeds", "T1-1-000001"}, receiptAt{"leeds", "T1-1-000002"}
	drawer, day := drawerAt{"leeds", "T1", 1}, dayAt{"leeds", 1}
	for name, c := range map[string]struct {
		breakIt func(*paper, *moneyFound)
		want    counts
	}{
		"nothing is wrong":                      {func(*paper, *moneyFound) {}, counts{}},
		"a payment is not in the journal":       {func(_ *paper, m *moneyFound) { delete(m.receipts, first) }, counts{untold: 1, overRefunded: 400}},
		"a payment was taken twice":             {func(_ *paper, m *moneyFound) { m.receipts[first] = append(m.receipts[first], m.receipts[first][0]) }, counts{untold: 1}},
		"a payment was told to nobody":          {func(p *paper, _ *moneyFound) { p.money.receipts = p.money.receipts[1:] }, counts{untold: 1, drawers: 1, days: 1}},
		"a receipt was given twice":             {func(p *paper, _ *moneyFound) { p.money.receipts[1].number = "T1-1-000001" }, counts{untold: 3}},
		"a payment is of another amount":        {func(_ *paper, m *moneyFound) { m.receipts[first][0].parts["cash"] = 501 }, counts{untold: 1}},
		"more was given back than paid":         {func(_ *paper, m *moneyFound) { m.receipts[second][0].parts["cash"] = 301 }, counts{untold: 1, overRefunded: 1}},
		"more crossed than was paid":            {func(_ *paper, m *moneyFound) { m.crossed[p1] = -301 }, counts{overRefunded: 1}},
		"an exchange was told to nobody":        {func(p *paper, _ *moneyFound) { p.money.receipts = p.money.receipts[:len(p.money.receipts)-1] }, counts{untold: 1}},
		"a number of a receipt is missing":      {func(_ *paper, m *moneyFound) { s := m.series[series{"leeds", "T1", 1}]; delete(s, 1) }, counts{gaps: 1}},
		"a number of a receipt is there twice":  {func(_ *paper, m *moneyFound) { m.series[series{"leeds", "T1", 1}][2] = 2 }, counts{gaps: 1}},
		"a drawer held something else":          {func(p *paper, _ *moneyFound) { p.money.drawers[0].session.Expected = 1301 }, counts{drawers: 1}},
		"a drawer's count is not there":         {func(_ *paper, m *moneyFound) { m.drawers[drawer].Closed = false }, counts{drawers: 2}},
		"a drawer's count is another one":       {func(_ *paper, m *moneyFound) { m.drawers[drawer].Counted = 1300 }, counts{drawers: 1}},
		"a day has other figures":               {func(p *paper, _ *moneyFound) { p.money.days[0].Tenders[0].Taken = 300 }, counts{days: 1}},
		"a day in the journal has others":       {func(_ *paper, m *moneyFound) { m.days[day].Tenders[0].Refunded = 0 }, counts{days: 1}},
		"a day is not in the journal":           {func(_ *paper, m *moneyFound) { delete(m.days, day) }, counts{days: 2}},
		"a charge is not in the journal":        {func(_ *paper, m *moneyFound) { clear(m.charges) }, counts{untold: 2}},
		"a charge was made twice":               {func(_ *paper, m *moneyFound) { m.charges[chargeOf{"leeds", credit, "o-2"}] = 600 }, counts{untold: 2}},
		"more is used than the limit":           {func(p *paper, _ *moneyFound) { p.money.accounts[credit].limit = 299 }, counts{overCredit: 101}},
		"sites were allotted more than that":    {func(_ *paper, m *moneyFound) { m.given[credit] = 1001 }, counts{overCredit: 1}},
		"a gift card was used and nobody told":  {func(_ *paper, m *moneyFound) { m.cards["card:G-1"].used = 200 }, counts{untold: 1}},
		"a gift card paid for more than it had": {func(p *paper, m *moneyFound) { m.cards["card:G-1"].used = 401; p.money.cards["card:G-1"].used = 401 }, counts{untold: 1, overCredit: 1}},
		"a gift card that nobody was sold":      {func(p *paper, _ *moneyFound) { clear(p.money.cards) }, counts{untold: 1}},
		"head office has less on a gift card":   {func(p *paper, _ *moneyFound) { *p.money.cards["card:G-1"].limit = 1 }, counts{untold: 1}},
		"head office has less used":             {func(p *paper, _ *moneyFound) { *p.money.accounts[credit].used = 0 }, counts{untold: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			p, m := moneyDay()
			c.breakIt(p, m)
			v := &verdict{}
			v.moneyAgrees(p, m)
			if got := (counts{v.moneyUntold, v.overRefunded, v.receiptGaps, v.drawersWrong, v.daysWrong, v.overCredit}); got != c.want {
				t.Errorf("got %+v, want %+v; faults: %v", got, c.want, v.faults)
			}
			r := &Result{Audit: "ok", MoneyUntold: v.moneyUntold, OverRefunded: v.overRefunded, ReceiptGaps: v.receiptGaps, DrawersWrong: v.drawersWrong, DaysWrong: v.daysWrong, OverCredit: v.overCredit}
			if r.Holds() != (c.want == counts{}) {
				t.Errorf("the result holds: got %t, want %t", r.Holds(), c.want == counts{})
			}
		})
	}
}
