package demo

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// p1 is the order of sale.
const p1 = ledger.OrderID("01900000-0000-7000-8000-000000000001")

// sale gives a company that sold one order of two lines across two sites, told and journalled
// alike: leeds owns it, has 2 of A reserved, and hull serves 1 of B.
func sale() (*paper, *journals) {
	id := p1
	t := &told{book: "leeds", key: "k-1",
		request: contract.OrderRequest{Lines: []contract.LineRequest{{SKU: "A", Qty: 2}, {SKU: "B", Qty: 1}}},
		answer: &contract.Order{ID: id, Owner: "leeds", Lines: []contract.OrderLine{
			{Line: 1, SKU: "A", Qty: 2, Reserved: []contract.Reserved{{Site: "leeds", Qty: 2}}},
			{Line: 2, SKU: "B", Qty: 1, Reserved: []contract.Reserved{{Site: "hull", Qty: 1}}},
		}}}
	p := &paper{orders: []*told{t}, received: map[string]map[string]int64{"leeds": {"A": 2}, "hull": {"B": 1}}}
	j := &journals{goods: newGoodsFound(), money: newMoneyFound(), orders: map[ledger.OrderID]*found{id: {
		owner: "leeds", placed: 1, legs: map[legKey]ledger.Qty{{"hull", 2, "B"}: 1}, fell: map[legKey]ledger.Qty{},
		last: &ledger.Order{ID: id, Lines: []ledger.Line{{SKU: "A", Qty: 2, Here: 2}, {SKU: "B", Qty: 1, Away: []ledger.Leg{{Site: "hull", Qty: 1}}}}},
	}}}
	return p, j
}

// only is the one order of sale.
func only(j *journals) *found {
	for _, f := range j.orders {
		return f
	}
	return nil
}

func TestTheCheckerFindsEveryBrokenPromise(t *testing.T) {
	type counts struct{ oversold, lost, duplicated, altered int64 }
	cases := map[string]struct {
		breakIt func(*paper, *journals)
		want    counts
	}{
		"nothing is wrong":                      {func(*paper, *journals) {}, counts{}},
		"a unit less came in than was promised": {func(p *paper, _ *journals) { p.received["leeds"]["A"] = 1 }, counts{oversold: 2}},
		"a waiting order was filled from nothing": {func(_ *paper, j *journals) {
			j.orders["01900000-0000-7000-8000-000000000003"] = &found{legs: map[legKey]ledger.Qty{{"hull", 1, "B"}: 1}}
		}, counts{oversold: 1, duplicated: 1}},
		"the owner's journal has no such order":   {func(_ *paper, j *journals) { clear(j.orders) }, counts{lost: 1}},
		"the leg never reached the serving site":  {func(_ *paper, j *journals) { clear(only(j).legs) }, counts{lost: 1}},
		"the owner's shelf reserves less":         {func(_ *paper, j *journals) { only(j).last.Lines[0].Here = 1 }, counts{lost: 1}},
		"one order was accepted by two entries":   {func(_ *paper, j *journals) { only(j).placed = 2 }, counts{duplicated: 1}},
		"a leg was reserved twice":                {func(_ *paper, j *journals) { only(j).legs[legKey{"hull", 2, "B"}] = 2 }, counts{duplicated: 1, oversold: 1}},
		"the journal has another quantity":        {func(_ *paper, j *journals) { only(j).last.Lines[0].Qty = 3 }, counts{altered: 1}},
		"the answer has another SKU than ordered": {func(p *paper, _ *journals) { p.orders[0].request.Lines[1].SKU = "C" }, counts{altered: 1}},
		"a repeat was answered otherwise":         {func(p *paper, _ *journals) { p.orders[0].changed = true }, counts{altered: 1}},
		"what was promised was declined":          {func(_ *paper, j *journals) { only(j).last.Lines[0].Here, only(j).last.Lines[0].Declined = 1, 1 }, counts{lost: 2}},
		"goods are kept for what was declined": {func(p *paper, j *journals) {
			p.orders[0].answer.Lines[0].ToConfirm = 1
			only(j).last.Lines[0].Declined = 1
		}, counts{duplicated: 1}},
		"a leg that its site rejected waits again": {func(_ *paper, j *journals) {
			j.take("hull", &ledger.Entry{Kind: ledger.KindRejected, Ref: string(p1), Body: &ledger.LegBody{Owner: "leeds", Reason: "bent", Lines: []ledger.LegLine{{Line: 2, SKU: "B", Qty: 1}}}})
		}, counts{}},
		"a leg that its site could not reject is gone": {func(_ *paper, j *journals) {
			j.take("hull", &ledger.Entry{Kind: ledger.KindRejected, Ref: string(p1), Body: &ledger.LegBody{Owner: "leeds", Refusal: ledger.RefusedShort, Lines: []ledger.LegLine{{Line: 2, SKU: "B", Qty: 1}}}})
			clear(only(j).legs)
		}, counts{lost: 1}},
		"nobody was told of the cancel, and the leg is gone": {func(p *paper, j *journals) {
			p.orders[0].unsure = true
			clear(only(j).legs)
		}, counts{lost: 1}},
		"a cancelled order still holds its leg": {func(p *paper, _ *journals) { p.orders[0].canceled = true }, counts{altered: 2}},
		"a leg has left before its site heard of the cancel": {func(p *paper, j *journals) {
			p.orders[0].canceled = true
			only(j).last.Lines[0].Here, only(j).last.Lines[1].Away = 0, nil
			only(j).left = map[int]ledger.Qty{}
			j.take("hull", &ledger.Entry{Kind: ledger.KindHandedOver, Ref: string(p1), Body: &ledger.WorkBody{Deed: ledger.DeedDispatch, Owner: "leeds",
				Moves: []ledger.StageMove{{Line: 2, SKU: "B", From: ledger.StagePacked, To: ledger.StageOnTheWay, Qty: 1}}}})
		}, counts{}},
		"an order stands there that nobody was told of": {func(_ *paper, j *journals) {
			j.orders["01900000-0000-7000-8000-000000000002"] = &found{placed: 1}
		}, counts{duplicated: 1}},
		"a part was moved, and is served from there": {func(p *paper, j *journals) {
			f := only(j)
			f.legs, f.moved = map[legKey]ledger.Qty{{"hull", 2, "B"}: 0, {"york", 2, "B"}: 1}, map[legKey]ledger.Qty{{"hull", 2, "B"}: 1}
			p.received["york"] = map[string]int64{"B": 1}
		}, counts{}},
		"a part was moved, and is served from nowhere": {func(_ *paper, j *journals) {
			only(j).legs, only(j).moved = map[legKey]ledger.Qty{}, map[legKey]ledger.Qty{{"hull", 2, "B"}: 1}
		}, counts{lost: 1}},
		"two keys were answered with one order": {func(p *paper, _ *journals) {
			twin := *p.orders[0]
			p.orders = append(p.orders, &twin)
			p.received["leeds"]["A"], p.received["hull"]["B"] = 4, 2
		}, counts{duplicated: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, j := sale()
			c.breakIt(p, j)
			v := compare(p, j)
			if got := (counts{v.oversold, v.lost, v.duplicated, v.altered}); got != c.want {
				t.Errorf("got %+v, want %+v; faults: %v", got, c.want, v.faults)
			}
		})
	}
}

func TestAnOrderServedElsewhereCountsAsCrossSite(t *testing.T) {
	p, j := sale()
	if got := compare(p, j).crossSite; got != 1 {
		t.Errorf("cross-site orders: got %d, want 1", got)
	}
}

// An order that was taken without a promise is accepted once it is confirmed.
func TestAnOrderToBeConfirmedIsAcceptedOnceItIs(t *testing.T) {
	for name, c := range map[string]struct {
		line                ledger.Line
		confirmed, declined int
	}{
		"confirmed": {ledger.Line{SKU: "A", Qty: 2, Here: 2}, 1, 0},
		"declined":  {ledger.Line{SKU: "A", Qty: 2, Here: 1, Declined: 1}, 0, 1},
		"open":      {ledger.Line{SKU: "A", Qty: 2, Here: 1, Backordered: 1, Unconfirmed: 1}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, j := sale()
			a := p.orders[0].answer
			a.Status, a.Offline, a.Lines[0].ToConfirm = ledger.StatusUnconfirmed, true, 1
			a.Lines[0].Reserved[0].Qty = 1
			only(j).last.Lines[0] = c.line
			if offered, accepted, offline := p.counts(); offered != 1 || accepted != 0 || offline != 0 {
				t.Errorf("while it is open: got %d offered, %d accepted, %d offline; want 1, 0, 0", offered, accepted, offline)
			}
			r := &Result{}
			r.confirm(p, j)
			if r.Confirmed != c.confirmed || r.Declined != c.declined || r.Accepted != c.confirmed || r.Offline != c.confirmed {
				t.Errorf("got %+v, want %d confirmed and accepted, %d declined", r, c.confirmed, c.declined)
			}
			if v := compare(p, j); len(v.faults) != 0 {
				t.Errorf("got %v, want no fault", v.faults)
			}
		})
	}
}
