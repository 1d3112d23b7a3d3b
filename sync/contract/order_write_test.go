package contract_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A repeat gets the bytes of the first answer, also from a build that wrote them by reflection.
func TestAnOrderIsWrittenAsEncodingJSONWritesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answer := contract.BulkAnswer{Results: []contract.BulkResult{}}
		if rapid.IntRange(0, 9).Draw(t, "nil") == 0 {
			answer.Results = nil
		}
		for range rapid.IntRange(0, 3).Draw(t, "results") {
			r := contract.BulkResult{Key: drawText(t), HTTPStatus: rapid.Int().Draw(t, "status")}
			if rapid.Bool().Draw(t, "order") {
				r.Order = drawOrder(t)
				written(t, r.Order, r.Order.JSON())
			}
			if rapid.Bool().Draw(t, "problem") {
				r.Problem = contract.New(rapid.SampledFrom(contract.Codes()).Draw(t, "code"), drawText(t))
			}
			answer.Results = append(answer.Results, r)
		}
		written(t, &answer, answer.JSON())
	})
}

func written(t *rapid.T, v any, got []byte) {
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want = append(want, '\n'); string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// drawText draws any string, also one that is not UTF-8, but often one without an escape.
func drawText(t *rapid.T) string {
	return rapid.OneOf(rapid.StringMatching(`[ -~]{0,9}`), rapid.StringMatching(`[A-Z0-9-]{0,9}`), rapid.String(),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "bytes")) })).Draw(t, "text")
}

func drawOrder(t *rapid.T) *contract.Order {
	word := func() string {
		return rapid.SampledFrom([]string{"", "a", "to_be_confirmed", drawText(t)}).Draw(t, "word")
	}
	whole := func() int64 { return rapid.Int64().Draw(t, "whole") }
	o := &contract.Order{ID: ledger.OrderID(word()), Number: word(), Owner: ledger.SiteID(word()), Status: ledger.Status(word()),
		Ack: contract.Durable(word()), Offline: rapid.Bool().Draw(t, "offline"), Seq: rapid.Uint64().Draw(t, "seq"), ExternalID: word(),
		Channel: ledger.Channel(word()), Fulfil: ledger.Fulfil(word()), From: contract.From(word()), CollectAt: ledger.SiteID(word()),
		Shortage: ledger.Shortage(word()), Complete: rapid.Bool().Draw(t, "complete"), NeedBy: word(), Customer: word(), Class: word(),
		Priority: int(whole()), TakenAt: word(), Late: rapid.Bool().Draw(t, "late"), Version: rapid.SampledFrom([]uint64{0, 1, 200_000_001}).Draw(t, "version"), MayGiveUp: rapid.Bool().Draw(t, "may give up"),
		Draft:      rapid.SampledFrom([]*contract.Draft{nil, {}, {Kind: "quote", ValidUntil: "2026-11-30", HoldPrices: true, Note: drawText(t), Number: "L-1", Expired: true}}).Draw(t, "draft"),
		PriceGroup: word(), DeliverTo: word(), BillTo: word()}
	if rapid.Bool().Draw(t, "ship") {
		o.ShipTo = &contract.Address{Country: word(), Postcode: word(), LatE6: whole() % 2, LonE6: whole() % 2}
	}
	for range rapid.IntRange(0, 3).Draw(t, "lines") {
		l := contract.OrderLine{Line: int(whole()), SKU: ledger.SKU(word()), Qty: ledger.Qty(whole()), Status: ledger.Status(word()),
			Backordered: ledger.Qty(whole()), Taken: ledger.Qty(whole()),
			ToConfirm: ledger.Qty(whole() % 2), Declined: ledger.Qty(whole() % 2)}
		for range rapid.IntRange(0, 2).Draw(t, "reserved") {
			l.Reserved = append(l.Reserved, contract.Reserved{Site: ledger.SiteID(word()), Qty: ledger.Qty(whole())})
		}
		if rapid.Bool().Draw(t, "priced") {
			l.UnitPrice = &contract.Price{Amount: whole(), Currency: word(), Per: whole() % 2, Tax: word()}
			l.Charge = &contract.Charge{Currency: word(), From: word(), Reason: word(), Approver: word(), Net: whole(), Tax: whole(), Total: whole()}
			if rapid.Bool().Draw(t, "taxed") {
				l.Charge.TaxRatePPM = new(whole())
			}
			if rapid.Bool().Draw(t, "off") {
				l.Charge.Discount = &contract.Discount{PPM: whole() % 2, Reason: word(), Approver: word()}
			}
			if l.Charge.Discount != nil && rapid.Bool().Draw(t, "amount off") {
				l.Charge.Discount.Amount = &contract.Money{Amount: whole(), Currency: word()}
			}
			o.Totals = &contract.Totals{Currency: word(), Discount: whole() % 2, Net: whole(), Tax: whole(), Total: whole(), Unpriced: int(whole() % 2)}
		}
		if rapid.Bool().Draw(t, "drop ship") {
			l.DropShip = &contract.DropShipOfLine{Supplier: word(), Reference: word(), Due: word(), Open: ledger.Qty(whole()), Confirmed: ledger.Qty(whole()), Sent: ledger.Qty(whole()),
				Over: ledger.Qty(whole() % 2), Refused: ledger.Qty(whole() % 2), Reason: word(), Back: ledger.Qty(whole() % 2)}
		}
		for range rapid.IntRange(0, 2).Draw(t, "promised") {
			l.Promised = append(l.Promised, contract.Promised{Reference: word(), Qty: ledger.Qty(whole()), By: word()})
		}
		o.Lines = append(o.Lines, l)
	}
	if o.Fulfilments = []contract.Fulfilment{}; rapid.Bool().Draw(t, "fulfilled") {
		o.Fulfilments = append(o.Fulfilments, contract.Fulfilment{ID: word(), Site: ledger.SiteID(word()), Status: contract.FulfilmentStatus(word())})
	}
	return o
}
