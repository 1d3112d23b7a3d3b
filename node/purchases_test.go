package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

const purchaseBody = `{"supplier":"Acme","site":"leeds","due":"2099-12-10","by":"sue","lines":[{"sku":"TAP-22","qty":4,"cost":{"amount":250,"currency":"GBP"}}]}`

func TestAShopOrdersGoodsCutOff(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, _ *hub) {
		s.w.net.setCut(hqAddr, true)
		waitFor(t, "the line to be down", func() bool { return !s.node.Status().Link.Online })
		const at = "/v1/purchases/PO%201"
		p := as[contract.Purchase](t, s.do("PUT", at, purchaseBody, key("put")), 200)
		if p.Status != "draft" || p.Version != 1 || p.Owner != "leeds" || p.By != "sue" || p.Total.Amount != 1000 || p.Lines[0].Left != 4 || p.Seq == 0 {
			t.Errorf("got %+v, want a draft of leeds", p)
		}
		if again := s.do("PUT", at, purchaseBody); again.status != 200 || again.header.Get(contract.HeaderReplayed) != "true" {
			t.Errorf("put again: got %d %s, want it there already", again.status, again.body)
		}
		s.do("POST", at+"/close", `{}`).want(t, 409, contract.CodePurchaseState)
		if p := as[contract.Purchase](t, s.do("POST", at+"/send", `{}`, key("send")), 200); p.Status != "sent" || p.Version != 2 {
			t.Errorf("got %+v, want it sent", p)
		}
		s.do("PUT", at, purchaseBody).want(t, 409, contract.CodePurchaseState)
		s.do("POST", at+"/cancel", `{"version":1}`).want(t, 409, contract.CodeChangedSince)
		s.shut()
		s.start()
		if p := as[contract.Purchase](t, s.get(at), 200); p.Status != "sent" || p.Lines[0].SKU != "TAP-22" {
			t.Errorf("after a restart: got %+v, want it as it was", p)
		}
		if p := as[contract.Purchase](t, s.do("POST", at+"/close", `{"reason":"out of production"}`), 200); p.Status != "closed_short" || p.Lines[0].Short != 4 || p.Reason == "" {
			t.Errorf("got %+v, want it closed short", p)
		}
		if p := as[contract.Purchase](t, s.do("PUT", at, purchaseBody, key("put")), 200); p.Status != "draft" || p.Version != 1 {
			t.Errorf("put again under its key: got %+v, want the first answer, whatever was done since", p)
		}
		s.do("POST", at+"/cancel", `{}`, key("refused")).want(t, 409, contract.CodePurchaseState)
		for i, ref := range []string{"PO-2", "PO-3", "PO-4"} {
			as[contract.Purchase](t, s.do("PUT", "/v1/purchases/"+ref, purchaseBody), 200)
			if i == 1 {
				as[contract.Purchase](t, s.do("POST", "/v1/purchases/"+ref+"/send", `{}`), 200)
			}
		}
		for query, want := range map[string]string{"": "PO-4 PO-3 PO-2 PO 1", "?open=true": "PO-4 PO-3 PO-2", "?status=sent": "PO-3", "?status=closed_short&supplier=Acme&site=leeds&sku=TAP-22": "PO 1", "?sku=PIPE": ""} {
			if got := purchasesListed(t, s, query); got != want {
				t.Errorf("list %q: got %q, want %q", query, got, want)
			}
		}
		page := as[contract.PurchaseList](t, s.get("/v1/purchases?limit=3"), 200)
		if rest := purchasesListed(t, s, "?cursor="+page.NextCursor); len(page.Purchases) != 3 || rest != "PO 1" {
			t.Errorf("got %d, then %q, want 3 and the first", len(page.Purchases), rest)
		}
		s.get("/v1/purchases?status=gone").want(t, 400, contract.CodeBadValue)
		s.get("/v1/purchases?cursor=eA").want(t, 400, contract.CodeBadValue)
		s.get("/v1/purchases?colour=red").want(t, 400, contract.CodeUnknownField)
		s.get("/v1/purchases/PO%202").want(t, 404, contract.CodeNotFound)
		s.do("POST", "/v1/purchases/PO%202/send", `{}`).want(t, 404, contract.CodeNotFound)
	})
}

// What a storeman books in by the supplier's paper, cut off: in parts, over and under, and the same note twice.
func TestGoodsComeInByTheirDeliveryNote(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, _ *hub) {
		s.w.net.setCut(hqAddr, true)
		waitFor(t, "the line to be down", func() bool { return !s.node.Status().Link.Online })
		as[contract.Purchase](t, s.do("PUT", "/v1/purchases/PO-1", strings.Replace(purchaseBody, `"by":"sue"`, `"status":"sent"`, 1)), 200)
		bring := func(rest string) said {
			return s.do("POST", "/v1/receipts", `{"reference":"PO-1","lines":[{"sku":"TAP-22","qty":3}]`+rest+`}`, key(rest))
		}
		r := as[contract.Receipt](t, bring(`,"delivery_note":"DN 7"`), 201)
		if r.Part != 1 || r.Supplier != "Acme" || len(r.Ordered) != 1 || r.Ordered[0].Left != 1 || r.Ordered[0].Received != 3 {
			t.Errorf("got %+v, want 3 of 4 in", r)
		}
		no := bring(`,"delivery_note":"dn7"`).want(t, 409, contract.CodeNoteBooked)
		if want := "Delivery note DN 7 of Acme was booked in before, as receipt " + r.ID + " under PO-1. Nothing was taken in now."; no.Detail != want || !strings.Contains(no.Hint, "--more") {
			t.Errorf("got %q, %q; want %q and the way out", no.Detail, no.Hint, want)
		}
		no = bring(`,"delivery_note":"DN 7","more":true`).want(t, 400, contract.CodeOverDelivery)
		if want := "Of TAP-22 4 were ordered with PO-1, 3 came before and 3 come now: 2 too many. Nothing was taken in yet."; no.Detail != want || !strings.Contains(no.Hint, "--keep-over") || no.Lines[0].Line != 1 {
			t.Errorf("got %q, %q; want %q and the way out", no.Detail, no.Hint, want)
		}
		bring(`,"delivery_note":"DN 8","more":true`).want(t, 400, contract.CodeBadValue)
		if r := as[contract.Receipt](t, bring(`,"delivery_note":"DN 7","more":true,"keep_over":true`), 201); r.Part != 2 || r.Ordered[0].Over != 2 {
			t.Errorf("got %+v, want 2 too many in", r)
		}
		if again := bring(`,"delivery_note":"DN 7"`); again.status != 201 || again.header.Get(contract.HeaderReplayed) != "true" {
			t.Errorf("repeated: got %d %s, want the first answer", again.status, again.body)
		}
		if p := as[contract.Purchase](t, s.get("/v1/purchases/PO-1"), 200); p.Status != "received" || p.Lines[0].Received != 6 || p.Lines[0].Over != 2 {
			t.Errorf("got %+v, want it received", p)
		}
		as[contract.Purchase](t, s.do("PUT", "/v1/purchases/PO-2", strings.Replace(purchaseBody, `"by":"sue"`, `"status":"sent"`, 1)), 200)
		under := s.do("POST", "/v1/receipts", `{"reference":"PO-2","lines":[{"sku":"TAP-22","qty":1}],"close":true,"by":"sue"}`, key("under"))
		if r := as[contract.Receipt](t, under, 201); !r.Closed || r.Ordered[0].Left != 3 {
			t.Errorf("got %+v, want the rest closed short", r)
		}
		if p := as[contract.Purchase](t, s.get("/v1/purchases/PO-2"), 200); p.Status != "closed_short" || p.Lines[0].Short != 3 || p.By != "sue" {
			t.Errorf("got %+v, want it closed short", p)
		}
		s.do("POST", "/v1/receipts", `{"reference":"PO-9","lines":[{"sku":"TAP-22","qty":1}],"close":true}`, key("not ours")).want(t, 400, contract.CodeBadValue)
	})
}

// purchasesListed gives the references of a list of purchase orders.
func purchasesListed(t *testing.T, s *shop, query string) string {
	t.Helper()
	var refs []string
	for _, p := range as[contract.PurchaseList](t, s.get("/v1/purchases"+query), 200).Purchases {
		refs = append(refs, p.Reference)
	}
	return strings.Join(refs, " ")
}

func TestAPurchaseOrderIsReadStrictly(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, _ *hub) {
		for _, c := range map[string]struct {
			body string
			code contract.Code
		}{
			"no such item": {`{"supplier":"Acme","site":"leeds","due":"2099-12-10","lines":[{"sku":"NONE","qty":4}]}`, contract.CodeUnknownSKU},
			"no such pack": {`{"supplier":"Acme","site":"leeds","due":"2099-12-10","lines":[{"sku":"TAP-22","pack":"CASE","qty":4}]}`, contract.CodeUnknownPack},
			"no supplier":  {`{"site":"leeds","due":"2099-12-10","lines":[{"sku":"TAP-22","qty":4}]}`, contract.CodeBadValue},
			"no day":       {`{"supplier":"Acme","site":"leeds","due":"soon","lines":[{"sku":"TAP-22","qty":4}]}`, contract.CodeBadValue},
			"no lines":     {`{"supplier":"Acme","site":"leeds","due":"2099-12-10","lines":[]}`, contract.CodeBadValue},
			"a state":      {`{"supplier":"Acme","site":"leeds","due":"2099-12-10","status":"received","lines":[{"sku":"TAP-22","qty":4}]}`, contract.CodeBadValue},
			"a tax":        {`{"supplier":"Acme","site":"leeds","due":"2099-12-10","lines":[{"sku":"TAP-22","qty":4,"cost":{"amount":1,"currency":"GBP","tax":"included"}}]}`, contract.CodeBadValue},
			"a word more":  {`{"supplier":"Acme","site":"leeds","due":"2099-12-10","colour":"red","lines":[{"sku":"TAP-22","qty":4}]}`, contract.CodeUnknownField},
		} {
			s.do("PUT", "/v1/purchases/PO-1", c.body).want(t, 400, c.code)
		}
	})
}

// Cut off, a counter promises by a day what its site has ordered, says what is short by that day, and whose promise slips when the supplier is late.
func TestAShopPromisesByADayWhatItHasOrdered(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, _ *hub) {
		s.w.net.setCut(hqAddr, true)
		waitFor(t, "the line to be down", func() bool { return !s.node.Status().Link.Online })
		const at = "/v1/purchases/PO%201"
		sent := strings.Replace(purchaseBody, `"by":`, `"status":"sent","by":`, 1)
		as[contract.PurchaseChanged](t, s.do("PUT", at, sent), 200)
		wish := func(qty, by string) string {
			return `{"fulfil":"collect","need_by":"` + by + `","lines":[{"sku":"TAP-22","qty":` + qty + `}]}`
		}
		as[contract.Order](t, s.do("POST", "/v1/orders", `{"lines":[{"sku":"TAP-22","qty":3}]}`, key("the shelf")), 201)
		o := as[contract.Order](t, s.do("POST", "/v1/orders", wish("3", "2099-12-11"), key("promised")), 201)
		if p := o.Lines[0].Promised; o.Status != "backordered" || len(p) != 1 || p[0] != (contract.Promised{Qty: 3, By: "2099-12-11"}) {
			t.Errorf("got %s promised %+v, want 3 by the day", o.Status, p)
		}
		for _, c := range []struct{ qty, by, detail, hint string }{
			{"2", "2099-12-10T09:00:00Z", "None left in Leeds. 1 more is due in by the day it is needed, and 2 are wanted.", "Take what there is by then (shortage partial), say a later day, or let all of it wait"},
			{"1", "2099-12-09", "None left in Leeds.", "let the rest wait for goods (shortage backorder)"},
		} {
			if p := s.do("POST", "/v1/orders", wish(c.qty, c.by), key(c.by)).want(t, 409, contract.CodeStockShort); p.Detail != c.detail || !strings.Contains(p.Hint, c.hint) {
				t.Errorf("%s by %s: got %q, hint %q", c.qty, c.by, p.Detail, p.Hint)
			}
		}
		late := as[contract.PurchaseChanged](t, s.do("PUT", at, strings.Replace(sent, "12-10", "12-15", 1)), 200)
		want := contract.Slip{Order: o.ID, Line: 1, SKU: "TAP-22", Qty: 3, Reference: "PO 1", OldBy: "2099-12-11", NewBy: "2099-12-15", NeedBy: "2099-12-11", Missed: true}
		if len(late.Slips.List) != 1 || late.Slips.List[0] != want {
			t.Errorf("got %+v, want %+v", late.Slips, want)
		}
		if seen := as[contract.PurchaseChanged](t, s.get(at), 200); len(seen.Slips.List) != 1 {
			t.Errorf("shown: got %+v, want the slip", seen.Slips)
		}
		if off := as[contract.PurchaseChanged](t, s.do("POST", at+"/cancel", `{"by":"sue"}`), 200); len(off.Slips.List) != 1 || off.Slips.List[0].NewBy != "" {
			t.Errorf("called off: got %+v, want it without a day", off.Slips)
		}
	})
}

// Closing a purchase order with a receipt asks for what closing it by itself does.
func TestWhoClosesAnOrderWithAReceiptMayCloseOne(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		as[contract.Purchase](t, s.do("PUT", "/v1/purchases/PO-2", strings.Replace(purchaseBody, `"by":"sue"`, `"status":"sent"`, 1)), 200)
		porter := bearing(s.user("p-1", `{"kind":"program","roles":["picker"]}`))
		const body = `{"reference":"PO-2","lines":[{"sku":"TAP-22","qty":1}]`
		p := s.do("POST", "/v1/receipts", body+`,"close":true}`, key("close"), porter).want(t, 403, contract.CodeForbidden)
		if !strings.Contains(p.Detail+p.Hint, "stock controller") {
			t.Errorf("got %q, %q, want it to say who may", p.Detail, p.Hint)
		}
		as[contract.Receipt](t, s.do("POST", "/v1/receipts", body+`}`, key("bring"), porter), 201)
		keeper := bearing(s.user("p-2", `{"kind":"program","roles":["stock_controller"]}`))
		if r := as[contract.Receipt](t, s.do("POST", "/v1/receipts", body+`,"close":true}`, key("close"), keeper), 201); !r.Closed {
			t.Errorf("got %+v, want the rest closed short", r)
		}
	})
}
