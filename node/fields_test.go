package node_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A wrongField is a call that is refused for one of its fields: what whoever made it reads, and the field's name.
type wrongField struct{ call, body, field, says string }

// refuses makes the calls one after the other, at one node. names are pairs: what stands in the calls and bodies, and in place of what. Nothing is written.
func (s *shop) refuses(t *testing.T, all []wrongField, names ...string) {
	t.Helper()
	in, before := strings.NewReplacer(names...), s.node.Status().Seq
	for i, c := range all {
		method, path, _ := strings.Cut(in.Replace(c.call), " ")
		var got said
		if method == "POST" {
			got = s.post(path, in.Replace(c.body))
		} else {
			got = s.do(method, path, in.Replace(c.body))
		}
		var p struct {
			Code                contract.Code
			Field, Detail, Hint string
		}
		if err := json.Unmarshal(got.body, &p); err != nil || got.status != 400 || p.Code != contract.CodeBadValue || p.Hint == "" {
			t.Errorf("row %d, %s %.200s: got %d %s (%v), want 400 %s and what can be done", i, c.call, c.body, got.status, got.body, err, contract.CodeBadValue)
		} else if p.Field != c.field || hereNow.ReplaceAllString(p.Detail, "it is NOW here") != in.Replace(c.says) {
			t.Errorf("row %d, %s %.200s: got %q, %q, want %q, %q", i, c.call, c.body, p.Field, p.Detail, c.field, c.says)
		}
	}
	if after := s.node.Status().Seq; after != before {
		t.Errorf("got entry %d, want none after %d", after, before)
	}
}

// hereNow is where a refusal says what time it is.
var hereNow = regexp.MustCompile(`it is [0-9T:.-]+Z here`)

// many is n rows of a list.
func many(n int, row string) string { return strings.TrimSuffix(strings.Repeat(row+",", n), ",") }

// What is wrong with an order, or with what becomes of it.
func TestAFieldOfAnOrderIsRefusedInWords(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.put("MILK", milk)
		s.put("SET-1", `{"name":"Sink set","price":{"amount":2499,"currency":"GBP"},"kit":[{"sku":"TAP-22","qty":1},{"sku":"PIPE","qty":2}]}`)
		s.put("MELON", `{"name":"Melon","tracking":"lot"}`)
		s.receive("PIPE", 900)
		s.put("LEAD", `{"name":"Lead","price":{"amount":9007199254740991,"currency":"GBP"}}`)
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`), 201)
		s.refuses(t, []wrongField{
			{"POST /v1/orders", `{}`, "lines", "lines has 0 lines; an order has 1 to 5000."},
			{"POST /v1/orders", `{"lines":[` + many(5001, `{"sku":"TAP-22","qty":1}`) + `]}`, "lines", "lines has 5001 lines; an order has 1 to 5000."},
			{"POST /v1/orders", `{"fulfil":"post","lines":[{"sku":"TAP-22","qty":1}]}`, "fulfil", `fulfil is "post"; it is one of take, collect, deliver.`},
			{"POST /v1/orders", `{"in_hand":true,"fulfil":"collect","lines":[{"sku":"TAP-22","qty":1}]}`, "in_hand", "in_hand is for goods that are taken along from here."},
			{"POST /v1/orders", `{"approver":"beth","lines":[{"sku":"TAP-22","qty":1}]}`, "approver", "approver goes with in_hand: who lets a price or a discount be stands in its line."},
			{"POST /v1/orders", `{"in_hand":true,"draft":{"kind":"parked"},"lines":[{"sku":"TAP-22","qty":1}]}`, "draft", "draft is no order of goods that the customer holds already."},
			{"POST /v1/orders", `{"priority":10,"lines":[{"sku":"TAP-22","qty":1}]}`, "priority", "priority is not 0 to 9."},
			{"POST /v1/orders", `{"need_by":"soon","lines":[{"sku":"TAP-22","qty":1}]}`, "need_by", "need_by is not a time such as 2026-11-22T09:30:00Z, or a day."},
			{"POST /v1/orders", `{"need_by":"9999-12-31T23:59:59-01:00","lines":[{"sku":"TAP-22","qty":1}]}`, "need_by", "need_by is in no year of four figures in UTC."},
			{"POST /v1/orders", `{"fulfil":"deliver","collect_at":"york","lines":[{"sku":"TAP-22","qty":1}]}`, "collect_at", "collect_at goes with fulfil collect only."},
			{"POST /v1/orders", `{"taken_at":"noon","lines":[{"sku":"TAP-22","qty":1}]}`, "taken_at", "taken_at is not a time such as 2026-11-22T09:30:00Z."},
			{"POST /v1/orders", `{"taken_at":"2099-01-01T00:00:00Z","lines":[{"sku":"TAP-22","qty":1}]}`, "taken_at", "taken_at 2099-01-01T00:00:00.000Z is still to come: it is NOW here."},
			{"POST /v1/orders", `{"fulfil":"deliver","ship_to":{"country":"Gb"},"lines":[{"sku":"TAP-22","qty":1}]}`, "ship_to.country", "ship_to.country is not two capital letters, for example GB."},
			{"POST /v1/orders", `{"fulfil":"deliver","ship_to":{"lat_e6":91000000},"lines":[{"sku":"TAP-22","qty":1}]}`, "ship_to.lat_e6", "ship_to.lat_e6 is not -90000000 to 90000000."},
			{"POST /v1/orders", `{"fulfil":"deliver","ship_to":{"lon_e6":-181000000},"lines":[{"sku":"TAP-22","qty":1}]}`, "ship_to.lon_e6", "ship_to.lon_e6 is not -180000000 to 180000000."},
			{"POST /v1/orders", `{"customer":"` + strings.Repeat("x", 200) + `","lines":[{"sku":"TAP-22","qty":1}]}`, "customer", "customer is longer than 128 bytes."},
			{"POST /v1/orders", `{"customer":"a\u0007b","lines":[{"sku":"TAP-22","qty":1}]}`, "customer", "customer has a control character in it."},
			{"POST /v1/orders", `{"draft":{"kind":"wish"},"lines":[{"sku":"TAP-22","qty":1}]}`, "draft.kind", `draft.kind is "wish"; it is parked or quote.`},
			{"POST /v1/orders", `{"draft":{"kind":"parked","number":"Q-1"},"lines":[{"sku":"TAP-22","qty":1}]}`, "draft", "draft has a number, expired or lots, which only answers have: lots stand with the lines."},
			{"POST /v1/orders", `{"draft":{"kind":"quote","valid_until":"soon"},"lines":[{"sku":"TAP-22","qty":1}]}`, "draft.valid_until", "draft.valid_until is neither a day such as 2026-11-30 nor an RFC 3339 time."},
			{"POST /v1/orders", `{"draft":{"kind":"parked","valid_until":"2000-02-01"},"lines":[{"sku":"TAP-22","qty":1}]}`, "draft.valid_until", "draft.valid_until goes with a quote, and so does hold_prices."},
			{"POST /v1/orders", `{"draft":{"kind":"quote","hold_prices":true},"lines":[{"sku":"TAP-22","qty":1}]}`, "draft.hold_prices", "draft.hold_prices goes with valid_until: prices that hold for ever cannot be taken back."},
			{"POST /v1/orders", `{"draft":{"kind":"quote","note":"` + strings.Repeat("x", 2000) + `"},"lines":[{"sku":"TAP-22","qty":1}]}`, "draft.note", "draft.note is longer than 255 bytes."},
			{"POST /v1/orders", `{"override":{"reason":"known"},"lines":[{"sku":"TAP-22","qty":1}]}`, "override.by", "override.by is empty: somebody lets it through."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP 22","qty":1}]}`, "lines[0].sku", "Line 1: sku has ' ' in it."},
			{"POST /v1/orders", `{"lines":[{"qty":1}]}`, "lines[0].sku", "Line 1: sku is empty."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":0}]}`, "lines[0].qty", "Line 1: qty is 0; it must be at least 1."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":9007199254740992}]}`, "lines[0].qty", "Line 1: qty is 9007199254740992; it must be at most 9007199254740991."},
			{"POST /v1/orders", `{"lines":[{"sku":"CLIP","qty":9007199254740991},{"sku":"CLIP","qty":1}]}`, "lines[1].qty", "Line 2: qty adds up to 9007199254740992, beyond 9007199254740991."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","barcode":"50TAP-22","qty":1}]}`, "lines[0].barcode", "Line 1: barcode is given beside sku; give one of the two."},
			{"POST /v1/orders", `{"lines":[{"barcode":"` + strings.Repeat("7", 5000) + `","qty":1}]}`, "lines[0].barcode", "Line 1: barcode is longer than 4096 bytes."},
			{"POST /v1/orders", `{"lines":[{"barcode":"416000336108","pack":"CASE","qty":1},{"barcode":"10416000336105","pack":"PALLET","qty":1}]}`, "lines[1].pack", "Line 2: pack is PALLET, and the barcode is that of CASE; give one of the two."},
			{"POST /v1/orders", `{"lines":[{"sku":"MILK","pack":"CASE","qty":9007199254740991}]}`, "lines[0].qty", "Line 1: qty is 9007199254740991 CASE of 12: more units than a book counts, which is 9007199254740991."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":-1,"currency":"GBP"}}]}`, "lines[0].unit_price.amount", "Line 1: unit_price.amount is not 0 to 9007199254740991."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1,"currency":"pounds"}}]}`, "lines[0].unit_price.currency", "Line 1: unit_price.currency is not three capital letters, for example GBP."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1,"currency":"GBP","per":-2}}]}`, "lines[0].unit_price.per", "Line 1: unit_price.per is not 1 to 9007199254740991."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1,"currency":"GBP","tax":"some"}}]}`, "lines[0].unit_price.tax", `Line 1: unit_price.tax is "some"; it is one of included, excluded.`},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"price_reason":"chipped"}]}`, "lines[0].price_reason", "Line 1: price_reason goes with unit_price: say the price, or leave the reason out."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"price_approver":"beth"}]}`, "lines[0].price_approver", "Line 1: price_approver goes with unit_price; who lets a discount be stands in it."},
			{"POST /v1/orders", `{"lines":[{"sku":"CLIP","qty":1,"discount":{"ppm":100000,"reason":"staff"}}]}`, "lines[0].unit_price", "Line 1: unit_price is missing: nobody has said what the item costs, and a discount or a tax is of a price."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"tax_rate_ppm":20000000}]}`, "lines[0].tax_rate_ppm", "Line 1: tax_rate_ppm is not 0 to 10000000; 200000 is 20 %."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"reason":"staff"}}]}`, "lines[0].discount", "Line 1: discount is an amount off the line, or millionths off in ppm: give one of the two."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"amount":{"amount":0,"currency":"GBP"},"reason":"staff"}}]}`, "lines[0].discount.amount", "Line 1: discount.amount is not 1 to 9007199254740991 minor units."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"amount":{"amount":100,"currency":"EUR"},"reason":"staff"}}]}`, "lines[0].discount.amount", "Line 1: discount.amount is not in GBP, as the price is."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"ppm":1000001,"reason":"staff"}}]}`, "lines[0].discount.ppm", "Line 1: discount.ppm is not 1 to 1000000; 100000 is 10 %."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"ppm":100000}}]}`, "lines[0].discount.reason", "Line 1: discount.reason is missing; say why something is taken off."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":1000,"currency":"GBP"},"price_approver":"anna","discount":{"ppm":100000,"reason":"staff","approver":"beth"}}]}`, "lines[0].discount.approver", "Line 1: discount.approver is another person than price_approver; one answers for a line."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"amount":{"amount":100000,"currency":"GBP"},"reason":"staff"}}]}`, "lines[0].discount", "Line 1: discount is more than the line costs."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"ppm":100000,"reason":"promo:"}}]}`, "lines[0].discount", "Line 1: discount has a reason that begins with promo: and names no promotion: give promo:NAME, or other words."},
			{"POST /v1/orders", `{"lines":[` + many(600, `{"sku":"PIPE","qty":1,"discount":{"ppm":100000,"reason":"`+strings.Repeat("x", 120)+`"}}`) + `]}`, "lines[546].discount", "Line 547: discount has a reason too many: those of one order may have 65536 bytes together."},
			{"POST /v1/orders", `{"lines":[{"sku":"TAP-22","qty":1},{"sku":"PIPE","qty":1,"unit_price":{"amount":1,"currency":"EUR"}}]}`, "lines[1].unit_price", "Line 2: unit_price is in EUR, and another line's in GBP; an order is in one currency: give unit_price in GBP."},
			{"POST /v1/orders", `{"lines":[{"sku":"LEAD","qty":2}]}`, "lines[0].unit_price", "Line 1: unit_price makes more than 9007199254740991 minor units of one order; order fewer, or in several."},
			{"POST /v1/orders", `{"lines":[{"sku":"SET-1","qty":9007199254740991}]}`, "lines[0].unit_price", "Line 1: unit_price makes more than 9007199254740991 minor units of one order; order fewer, or in several."},
			{"POST /v1/orders", `{"lines":[` + many(2501, `{"sku":"SET-1","qty":1}`) + `]}`, "lines", "lines are more than 5000 with the components of the kits; order in several."},
			{"POST /v1/orders", `{"lines":[{"sku":"MELON","qty":1,"lots":[` + many(20001, `{"lot":"L"}`) + `]}]}`, "lines[0].lots", "Line 1: lots has 20001; at most 20000."},
			{"POST /v1/orders", `{"lines":[{"sku":"SET-1","qty":1,"lots":[` + many(20001, `{"lot":"L"}`) + `]}]}`, "lines[0].lots", "Line 1: lots has 20001; at most 20000."},
			{"POST /v1/orders/bulk", `{"orders":[]}`, "orders", "orders has 0 orders; a bulk request has 1 to 1000."},
			{"POST /v1/orders/{id}/decide", `{"decision":"perhaps","by":"beth","reason":"known"}`, "decision", `decision is "perhaps"; it is release or cancel.`},
			{"POST /v1/orders/{id}/decide", `{"decision":"cancel","reason":"known"}`, "by", "by is empty: somebody decides."},
			{"POST /v1/orders/{id}/decide", `{"decision":"cancel","by":"beth"}`, "reason", "reason is empty; say why."},
			{"POST /v1/orders/{id}/decide", `{"decision":"cancel","by":"beth","reason":"known","shortage":"partial"}`, "shortage", "shortage goes with release: leave it out to cancel."},
			{"GET /v1/orders?status=new", ``, "status", `status is "new"; it is one of draft, placed, sourcing, allocated, backordered, waiting, to_be_confirmed, declined, cancelled, completed.`},
			{"GET /v1/orders?status=backordered&status=allocated", ``, "status", "status is given more than once."},
			{"GET /v1/orders?limit=0", ``, "limit", "limit is not a number from 1 to 1000."},
			{"GET /v1/orders?cursor=!", ``, "cursor", "cursor is not one that a list gave: take next_cursor of the page before, or leave it out."},
			{"GET /v1/orders?since=soon", ``, "since", "since is not a time such as 2026-11-22T09:30:00Z, or a day."},
		}, "{id}", string(o.ID))
	})
}

// What is wrong with goods that come in, are counted, or are put right.
func TestAFieldAboutGoodsIsRefusedInWords(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.put("MILK", milk)
		s.put("MELON", `{"name":"Melon","barcodes":["5012345678900"],"tracking":"lot"}`)
		s.put("DRILL", `{"name":"Drill","tracking":"serial"}`)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MELON","qty":5,"lot":"L1","expiry":"2000-06-30"}]}`), 201)
		sold := s.taken(t, 3)
		back := as[contract.Return](t, s.post("/v1/returns", `{"order":"`+string(sold.ID)+`","lines":[{"line":1,"qty":2}]}`), 201)
		s.refuses(t, []wrongField{
			{"POST /v1/receipts", `{"lines":[]}`, "lines", "lines has 0 lines; a receipt has 1 to 5000."},
			{"POST /v1/receipts", `{"lines":[{"sku":"TAP-22","qty":1,"bin":"a b"}]}`, "lines[0].bin", "Line 1: bin has ' ' in it."},
			{"POST /v1/receipts", `{"lines":[{"sku":"TAP-22","qty":1,"bin":"` + strings.Repeat("x", 100) + `"}]}`, "lines[0].bin", "Line 1: bin is longer than 32 bytes."},
			{"POST /v1/receipts", `{"delivery_note":"D-1","lines":[{"sku":"TAP-22","qty":1}]}`, "supplier", "supplier is not said: two suppliers may have notes of one number."},
			{"POST /v1/receipts", `{"supplier":"MOEN","delivery_note":"D-1","more":true,"lines":[{"sku":"TAP-22","qty":1}]}`, "more", "more says that a part of the delivery note was booked in before, and none was."},
			{"POST /v1/receipts", `{"reference":"PO-1","close":true,"lines":[{"sku":"TAP-22","qty":1}]}`, "close", "close goes with a purchase order that this site has written; close another one at head office."},
			{"POST /v1/receipts", `{"lines":[{"sku":"MELON","qty":1,"lot":"L1","expiry":"soon"}]}`, "lines[0].expiry", `Line 1: expiry is "soon"; give a day such as 2027-12-31.`},
			{"POST /v1/receipts", `{"lines":[{"sku":"MELON","qty":1,"lot":"` + strings.Repeat("x", 100) + `"}]}`, "lines[0].lot", "Line 1: lot has 100 characters; a lot or serial number has 1 to 40."},
			{"POST /v1/receipts", `{"lines":[{"sku":"MELON","qty":1,"lot":"L 1"}]}`, "lines[0].lot", "Line 1: lot has a blank or a letter at character 2 that no label has; it is letters, digits and signs."},
			{"POST /v1/receipts", `{"lines":[{"sku":"TAP-22","qty":9007199254740991}]}`, "lines[0].qty", "Line 1: qty adds up to 9007199254741090, beyond 9007199254740991."},
			{"POST /v1/adjustments", `{"reason":"found","lines":[]}`, "lines", "lines has 0 lines; an adjustment has 1 to 5000."},
			{"POST /v1/adjustments", `{"lines":[{"sku":"TAP-22","qty":1}]}`, "reason", "reason is empty: say why the units are there, or gone."},
			{"POST /v1/adjustments", `{"reason":"found","lines":[{"sku":"TAP-22","qty":0}]}`, "lines[0].qty", "Line 1: qty is 0; say how many were found, or, below 0, are gone."},
			{"POST /v1/adjustments", `{"reason":"found","lines":[{"sku":"TAP-22","qty":-9007199254740992}]}`, "lines[0].qty", "Line 1: qty is -9007199254740992; units are found or gone, at most 9007199254740991."},
			{"POST /v1/adjustments", `{"reason":"gone","lines":[{"sku":"TAP-22","qty":-5000}]}`, "lines[0].qty", "Line 1: qty takes 5000 of TAP-22, the book has 97."},
			{"POST /v1/adjustments", `{"reason":"gone","lines":[{"sku":"TAP-22","bin":"B-9","qty":-5}]}`, "lines[0].qty", "Line 1: qty takes 5 from bin B-9, the book has 0 there."},
			{"POST /v1/adjustments", `{"reason":"gone","lines":[{"sku":"MELON","qty":-1,"lots":[` + many(20001, `{"lot":"L1"}`) + `]}]}`, "lines[0].lots", "Line 1: lots has 20001; at most 20000."},
			{"POST /v1/counts", `{"lines":[]}`, "lines", "lines has 0 lines; a count has 1 to 5000."},
			{"POST /v1/counts", `{"lines":[{"sku":"TAP-22"}]}`, "lines[0].counted", "Line 1: counted is missing: an empty bin is counted as 0."},
			{"POST /v1/counts", `{"lines":[{"sku":"TAP-22","counted":-1}]}`, "lines[0].counted", "Line 1: counted is -1; a bin holds 0 to 9007199254740991."},
			{"POST /v1/counts", `{"lines":[{"sku":"TAP-22","counted":1,"loose":2}]}`, "lines[0].loose", "Line 1: loose goes with a pack: say which, or count all in units."},
			{"POST /v1/counts", `{"lines":[{"sku":"MILK","pack":"CASE","counted":1,"loose":-2}]}`, "lines[0].loose", "Line 1: loose is below 0: it is how many units lie there beside the packs."},
			{"POST /v1/counts", `{"lines":[{"sku":"TAP-22","counted":1},{"sku":"TAP-22","counted":2}]}`, "lines[1].bin", "Line 2: bin MAIN is counted for TAP-22 on line 1 already: add the two up, or send one."},
			{"POST /v1/counts", `{"lines":[{"sku":"TAP-22","bin":"Z-99","counted":1}]}`, "lines[0].bin", "Line 1: bin Z-99 holds nothing in the book, and may be a slip of the pen: if there is such a bin, send new_bins."},
			{"POST /v1/counts", `{"at":"1.0","lines":[{"sku":"TAP-22","counted":1}]}`, "at", "at is before the first entry: no bin held anything then."},
			{"POST /v1/counts", `{"at":"1.9999","lines":[{"sku":"TAP-22","counted":1}]}`, "at", "at is entry 9999, the book ends at entry 8: it is of another site. Take a new sheet here, and count again."},
			{"POST /v1/counts", `{"at":"7.1","lines":[{"sku":"TAP-22","counted":1}]}`, "at", "at is of epoch 7, the book is in epoch 1: it is of another life of this site, or of another site. Take a new sheet, and count again."},
			{"POST /v1/counts", `{"at":"noon","lines":[{"sku":"TAP-22","counted":1}]}`, "at", "at is not EPOCH.SEQ, for example 1.240."},
			{"GET /v1/counts/sheet?blind=perhaps", ``, "blind", "blind is not true or false."},
			{"GET /v1/counts/sheet?cursor=aGVsbG8", ``, "cursor", "cursor is not one that such a list gave."},
			{"GET /v1/counts/sheet?moved_since=1.9999", ``, "moved_since", "moved_since is behind the end of the book, 1.8."},
			{"GET /v1/counts?cursor=aGVsbG8", ``, "cursor", "cursor is not one that such a list gave."},
			{"GET /v1/adjustments/reasons?cursor=aGVsbG8", ``, "cursor", "cursor is not one that such a list gave."},
			{"POST /v1/blocked/inspect", `{"reason":"looked","lines":[]}`, "lines", "lines has 0 lines; an inspection has 1 to 1000."},
			{"POST /v1/blocked/inspect", `{"lines":[{"sku":"TAP-22","qty":1,"disposition":"restock"}]}`, "reason", "reason is empty: say why."},
			{"POST /v1/blocked/inspect", `{"reason":"looked","lines":[{"sku":"TAP-22","qty":1,"disposition":"keep"}]}`, "lines[0].disposition", `Line 1: disposition is "keep"; it is restock, block or scrap.`},
			{"POST /v1/blocked/inspect", `{"reason":"looked","lines":[{"sku":"TAP-22","qty":1,"disposition":"scrap","to_bin":"A-1"}]}`, "lines[0].to_bin", "Line 1: to_bin goes with restock only."},
			{"POST /v1/moves", `{}`, "lines", "lines has 0 lines; a move has 1 to 1000."},
			{"POST /v1/recalls", `{"sku":"MELON","lot":"L1"}`, "reason", "reason is empty, or longer than 255 bytes: say why."},
			{"POST /v1/returns", `{"order":"no","lines":[{"line":1,"qty":1}]}`, "order", "order is no order's id: take it from the receipt, or look the order up."},
			{"POST /v1/returns", `{"order":"{order}","lines":[]}`, "lines", "lines has 0 lines; a return has 1 to 1000."},
			{"POST /v1/returns", `{"lines":[{"line":1,"qty":1}]}`, "lines[0].line", "Line 1: line is a line of an order, and no order is named."},
			{"POST /v1/returns", `{"order":"{order}","lines":[{"line":9,"qty":1}]}`, "lines[0].line", "Line 1: line is no line of the order, from 1."},
			{"POST /v1/returns", `{"order":"{order}","lines":[{"line":1,"qty":1},{"line":1,"sku":"TAP-22","qty":1,"bin":"B-2"}]}`, "lines[1].line", "Line 2: line is named before with another sku or bin."},
			{"POST /v1/returns", `{"order":"{order}","lines":[{"line":1,"qty":1,"disposition":"keep"}]}`, "lines[0].disposition", `Line 1: disposition is "keep"; it is restock, block or scrap.`},
			{"POST /v1/returns/{back}/inspect", `{"lines":[]}`, "lines", "lines has 0 lines; an inspection has 1 to 1000."},
			{"POST /v1/returns/{back}/inspect", `{"lines":[{"line":9,"qty":1,"disposition":"restock"}]}`, "lines[0].line", "Line 1: line is no line of the return."},
			{"POST /v1/returns/{back}/inspect", `{"lines":[{"line":1,"qty":1,"disposition":"keep"}]}`, "lines[0].disposition", `Line 1: disposition is "keep"; it is restock, block, scrap or hand_back.`},
			{"POST /v1/returns/{back}/inspect", `{"lines":[{"line":1,"qty":1,"disposition":"scrap","bin":"B-2"}]}`, "lines[0].bin", "Line 1: bin goes with restock only."},
			{"GET /v1/returns?status=lost", ``, "status", "status is not pending, received or inspected."},
			{"GET /v1/items/TAP-22/price?qty=0", ``, "qty", "qty is not a whole number of 1 to 9007199254740991."},
			{"GET /v1/items/TAP-22/price?qty=9007199254740991", ``, "qty", "qty costs more than 9007199254740991 minor units; ask for less."},
			{"GET /v1/items/TAP-22/price?at=soon", ``, "at", "at is not a time such as 2026-11-22T09:30:00Z, or a day."},
			{"GET /v1/items?barcode=(01)05012345678901", ``, "barcode", "barcode cannot be read: (01) 05012345678901 ends with the check digit 1, and the digits before it call for 0."},
			{"GET /v1/items?barcode=(01)05012345678900(17)991399", ``, "barcode", `barcode cannot be read: (17) "991399" has no month of 01 to 12.`},
			{"PUT /v1/purchases/PO-1", `{"supplier":"MOEN","site":"leeds","due":"2000-02-01","lines":[]}`, "lines", "lines has 0 lines; a purchase order has 1 to 1000."},
			{"PUT /v1/purchases/PO-1", `{"site":"leeds","due":"2000-02-01","lines":[{"sku":"TAP-22","qty":1}]}`, "supplier", "supplier is empty, or longer than 255 bytes."},
			{"PUT /v1/purchases/PO-1", `{"supplier":"MOEN","site":"leeds","due":"soon","lines":[{"sku":"TAP-22","qty":1}]}`, "due", `due is "soon"; it is a day such as 2026-12-10.`},
			{"PUT /v1/purchases/PO-1", `{"supplier":"MOEN","site":"leeds","due":"2000-02-01","lines":[{"sku":"TAP-22","qty":1,"cost":{"amount":1,"currency":"GBP","tax":"included"}}]}`, "lines[0].cost", "Line 1: cost says tax: a supplier's cost is without."},
			{"PUT /v1/purchases/PO-1", `{"supplier":"MOEN","site":"leeds","due":"2000-02-01","lines":[{"sku":"TAP-22","qty":1,"cost":{"amount":1,"currency":"GBP"}},{"sku":"PIPE","qty":1,"cost":{"amount":1,"currency":"EUR"}}]}`, "lines[1].cost", "Line 2: cost is in GBP, and a line before it in EUR: order in one currency."},
			{"PUT /v1/purchases/PO-1", `{"supplier":"MOEN","site":"leeds","due":"2000-02-01","lines":[{"sku":"TAP-22","qty":2,"cost":{"amount":9007199254740991,"currency":"GBP"}}]}`, "lines[0].cost", "Line 1: cost of 2 units is more than can be counted."},
			{"PUT /v1/purchases/PO-1", `{"supplier":"MOEN","site":"leeds","due":"2000-02-01","lines":[{"sku":"TAP-22","qty":1,"cost":{"amount":9007199254740991,"currency":"GBP"}},{"sku":"PIPE","qty":1,"cost":{"amount":9007199254740991,"currency":"GBP"}}]}`, "lines", "lines come to more money than can be counted."},
			{"PUT /v1/purchases/PO-1", `{"supplier":"MOEN","site":"leeds","due":"2000-02-01","status":"late","lines":[{"sku":"TAP-22","qty":1}]}`, "status", `status is "late"; it is draft or sent. What has come is said by receipts, what will not come by close.`},
			{"GET /v1/purchases?cursor=!", ``, "cursor", "cursor is not one that a list gave: take next_cursor of the page before, or leave it out."},
			{"GET /v1/purchases?status=lost", ``, "status", `status is "lost"; it is one of draft, sent, partly_received, received, closed_short, cancelled.`},
			{"GET /v1/stock/TAP-22?only=there", ``, "only", "only is not here."},
			{"GET /v1/entries?after=1.2&cursor=aGVsbG8", ``, "cursor", "cursor does not go together with after."},
			{"GET /v1/entries?after=7.1", ``, "after", "after names epoch 7; the book is in 1."},
			{"GET /v1/entries?after=noon", ``, "after", "after is not EPOCH.SEQ, for example 1.240."},
			{"GET /v1/history?cursor=aGVsbG8", ``, "cursor", "cursor is none of ours: take next_cursor of the page before, or leave it out."},
			{"GET /v1/events?only=all", ``, "only", "only is not status or entries."},
			{"GET /v1/cartons/no", ``, "cartons", `cartons has "no", which is no SSCC: "no" is not 18 digits.`},
		}, "{order}", string(sold.ID), "{back}", string(back.ID))
	})
}
