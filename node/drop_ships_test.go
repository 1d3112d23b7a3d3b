package node_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// droppedBy says what the suppliers of an answer are asked for.
func droppedBy(list contract.DropShipmentList) (out string) {
	for i := range list.DropShipments {
		d := &list.DropShipments[i]
		for j := range d.Lines {
			l := &d.Lines[j]
			out += fmt.Sprintf("%s %s to %s of %s: %d %s open %d confirmed %d sent %d refused %d back %d; ", d.Reference, d.Supplier, d.DeliverTo, d.Customer, l.Qty, l.SKU, l.Open, l.Confirmed, l.Sent, l.Refused, l.Back)
		}
	}
	return out
}

// A shop sells own goods and goods that their supplier sends in one order, hears what the supplier says, and counts no stock for them.
func TestAShopSellsWhatASupplierSends(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		s.put("SOFA", `{"name":"Sofa","supplier":"Oak Ltd","lead_time_days":10,"drop_ship":true,"price":{"amount":90000,"currency":"GBP"}}`)
		s.do("PUT", "/v1/items/LAMP", `{"name":"Lamp","drop_ship":true}`).want(t, 400, contract.CodeBadValue)
		s.do("PUT", "/v1/customers/C-1", `{"name":"Anna","addresses":[{"label":"home","line1":"1 High St","country":"GB","postcode":"LS1 1AA"}]}`)
		const lines = `"lines":[{"sku":"TAP-22","qty":2},{"sku":"SOFA","qty":2}]}`
		for body, words := range map[string]string{
			`{"fulfil":"take",` + lines:    "Line 2: sku SOFA is sent by its supplier, Oak Ltd, and none is here: take it as an order of its own, with fulfil deliver.",
			`{"fulfil":"deliver",` + lines: "Line 2: sku SOFA is sent by its supplier, Oak Ltd, to an address of the customer's: say customer and deliver_to.",
			`{"fulfil":"deliver","customer":"C-1","deliver_to":"home","complete":true,` + lines: "Line 2: sku is sent by its supplier, Oak Ltd: an order that leaves as a whole (complete) cannot hold it.",
		} {
			if p := s.post("/v1/orders", body).want(t, 400, contract.CodeBadValue); p.Detail != words {
				t.Errorf("%s: got %q, want %q", body, p.Detail, words)
			}
		}
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver","customer":"C-1","deliver_to":"home",`+lines), 201)
		if l := o.Lines[1]; o.Status != "allocated" || l.Status != "at_supplier" || len(l.Reserved) != 0 || l.DropShip.Open != 2 || len(o.Fulfilments) != 1 || l.DropShip.Due == "" {
			t.Errorf("got %s of lines %+v, want the sofas asked of their supplier", o.Status, o.Lines)
		}
		if got := s.stock("SOFA"); got.OnHand != 0 || got.Reserved != 0 || got.Available != 0 {
			t.Errorf("got %+v, want no stock of it", got)
		}
		ref := o.Number + "-S1 Oak Ltd to home of C-1: 2 SOFA "
		for query, want := range map[string]string{"": ref + "open 2 confirmed 0 sent 0 refused 0 back 0; ", "?supplier=Elm": "", "?reference=" + o.Number + "-S1": ref + "open 2 confirmed 0 sent 0 refused 0 back 0; "} {
			if got := droppedBy(as[contract.DropShipmentList](t, s.get("/v1/drop-shipments"+query), 200)); got != want {
				t.Errorf("list %q: got %q, want %q", query, got, want)
			}
		}
		at := "/v1/drop-shipments/" + string(o.ID)
		says := func(deed, body, want string) said {
			t.Helper()
			got := s.do("POST", at+"/"+deed, body, key(deed+body))
			if list := droppedBy(as[contract.DropShipmentList](t, got, 200)); list != ref+want+"; " {
				t.Errorf("%s: got %q, want %q", deed, list, ref+want)
			}
			return got
		}
		says("confirm", `{"due":"2099-02-01"}`, "open 2 confirmed 2 sent 0 refused 0 back 0")
		says("dispatch", `{"lines":[{"line":2,"qty":1}],"delivery_note":"DN 7","carrier":"Post","tracking":"T1"}`, "open 1 confirmed 1 sent 1 refused 0 back 0")
		if p := s.post(at+"/dispatch", `{"lines":[{"line":2,"qty":1}],"delivery_note":"dn7"}`).want(t, 409, contract.CodeNoteBooked); p.Detail == "" {
			t.Error("got no words for a note that was booked")
		}
		if p := s.post(at+"/dispatch", `{"lines":[{"line":2,"qty":5}]}`).want(t, 409, contract.CodeDropShipState); p.Detail != "Line 2: Oak Ltd could dispatch 1 of SOFA, and 5 are named. Nothing was changed." {
			t.Errorf("got %q", p.Detail)
		}
		if p := s.post(at+"/refuse", `{}`).want(t, 400, contract.CodeBadValue); p.Detail != "reason is empty: say why the supplier does not send it." {
			t.Errorf("got %q", p.Detail)
		}
		s.post(at+"/come-back", `{"lines":[{"line":1,"qty":1}]}`).want(t, 400, contract.CodeBadValue)
		s.do("POST", at+"/refuse", `{"reason":"x"}`).want(t, 400, contract.CodeKeyMissing)
		s.post("/v1/drop-shipments/01900000-0000-7000-8000-00000000000f/confirm", `{}`).want(t, 404, contract.CodeNotFound)
		s.get("/v1/drop-shipments?colour=red").want(t, 400, contract.CodeUnknownField)
		says("refuse", `{"reason":"no oak left"}`, "open 0 confirmed 0 sent 1 refused 1 back 0")
		if again := says("refuse", `{"reason":"no oak left"}`, "open 0 confirmed 0 sent 1 refused 1 back 0"); again.header.Get(contract.HeaderReplayed) != "true" {
			t.Error("a repeat is no repeat")
		}
		says("come-back", `{}`, "open 0 confirmed 0 sent 1 refused 1 back 1")
		s.post(at+"/confirm", `{}`).want(t, 409, contract.CodeDropShipState)
		got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200)
		if l := got.Lines[1]; l.Declined != 1 || l.Returned != 1 || l.Taken != 1 || l.DropShip.Reason != "no oak left" || l.Charge.Total != 90000 {
			t.Errorf("got %+v, charged %+v, want one sofa sent, come back and charged", l, l.Charge)
		}
		none := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver","lines":[{"sku":"TAP-22","qty":1}],"shortage":"backorder"}`), 201)
		s.get("/v1/drop-shipments/"+string(none.ID)).want(t, 404, contract.CodeNotFound)
	})
}

// A sofa that its supplier sent can come back to the site, as any goods: it lies there blocked until somebody has looked, is counted once however often it is told
// of and wherever it comes, and what was paid for it is given back. So is what was paid for one that the supplier never sent, and no more than was paid.
func TestASofaThatASupplierSentComesBackAndIsPaidBack(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		s.put("SOFA", `{"name":"Sofa","supplier":"Oak Ltd","lead_time_days":10,"drop_ship":true,"price":{"amount":90000,"currency":"GBP"}}`)
		s.do("PUT", "/v1/customers/C-1", `{"name":"Anna","addresses":[{"label":"home","line1":"1 High St","country":"GB","postcode":"LS1 1AA"}]}`)
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver","customer":"C-1","deliver_to":"home","lines":[{"sku":"SOFA","qty":3}]}`), 201)
		as[contract.Drawer](t, s.post("/v1/drawers/T1/open", `{"float":0,"currency":"GBP"}`), 200)
		s.post("/v1/payments", fmt.Sprintf(`{"order":%q,"till":"T1","tenders":[{"tender":"card","amount":270000,"ref":"S1"}]}`, o.ID))
		at := "/v1/drop-shipments/" + string(o.ID)
		s.post("/v1/returns", fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":1}]}`, o.ID)).want(t, 409, contract.CodeOverReturned) // none has left its supplier
		as[contract.DropShipmentList](t, s.post(at+"/dispatch", `{"lines":[{"line":1,"qty":2}]}`), 200)
		as[contract.DropShipmentList](t, s.post(at+"/refuse", `{"reason":"no oak left"}`), 200)
		as[contract.DropShipmentList](t, s.post(at+"/come-back", `{"lines":[{"line":1,"qty":1}]}`), 200) // one to the supplier
		back := as[contract.Return](t, s.post("/v1/returns", fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":1}]}`, o.ID)), 201)
		if st := s.stock("SOFA"); st.OnHand != 1 || st.Blocked != 1 || st.Available != 0 {
			t.Errorf("got %+v, want the sofa here, and blocked", st)
		}
		s.post("/v1/returns", fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":1}]}`, o.ID)).want(t, 409, contract.CodeOverReturned)
		s.post(at+"/come-back", `{}`).want(t, 409, contract.CodeDropShipState)
		as[contract.Return](t, s.post("/v1/returns/"+string(back.ID)+"/inspect", `{"lines":[{"line":1,"qty":1,"disposition":"restock"}]}`), 200)
		if st := s.stock("SOFA"); st.OnHand != 1 || st.Blocked != 0 || st.Available != 1 {
			t.Errorf("got %+v, want the sofa on the shelf", st)
		}
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); got.Lines[0].Returned != 2 || got.Lines[0].Declined != 1 || got.Lines[0].Taken != 2 {
			t.Errorf("got %+v, want two sent, both back, and one declined", got.Lines[0])
		}
		refund := func(amount int) said {
			return s.post("/v1/refunds", fmt.Sprintf(`{"order":%q,"till":"T1","reason":"came back","tenders":[{"number":1,"amount":%d,"ref":"S1"}]}`, o.ID, amount))
		}
		as[contract.Payments](t, refund(90000), 201)  // the one that was refused
		as[contract.Payments](t, refund(180000), 201) // those that came back
		if got := refund(1); got.status != 409 {
			t.Errorf("got %d %s, want no more than was paid", got.status, got.body)
		}
		// The sofa on the shelf is own stock: it is sold in the hand, and another one is asked of its supplier.
		if got := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"take",`+line("SOFA", 1)+`}`), 201); got.Status != "completed" || got.Lines[0].DropShip != nil {
			t.Errorf("got %+v, want the one that came back sold from the shelf", got)
		}
	})
}
