package node_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// taken sells qty of the shop's tap over the counter.
func (s *shop) taken(t *testing.T, qty int) contract.Order {
	t.Helper()
	return as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", qty)+`}`), 201)
}

func TestGoodsComeBackBlockedAndAreSoldOnlyOnceInspected(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		o := s.taken(t, 3)
		body := fmt.Sprintf(`{"order":%q,"receipt":%q,"reason":"too small","by":"anna","lines":[{"line":1,"qty":2}]}`, o.ID, o.Number)
		first := s.do("POST", "/v1/returns", body, key("r"))
		back := as[contract.Return](t, first, 201)
		if back.Status != "received" || back.Claim != ledger.ClaimGranted || back.Owner != "leeds" || back.By != "anna" || len(back.Lines) != 1 ||
			!reflect.DeepEqual(back.Lines[0], contract.ReturnLine{Line: 1, SKU: "TAP-22", Bin: "MAIN", Qty: 2, Received: 2}) {
			t.Fatalf("got %+v, want two of the tap, blocked", back)
		}
		first.same(t, s.do("POST", "/v1/returns", body, key("r")))
		if st := s.stock("TAP-22"); st.OnHand != 4 || st.Blocked != 2 || st.Available != 2 {
			t.Errorf("got %+v, want two blocked beside two that are free", st)
		}
		list := as[contract.ReturnList](t, s.get("/v1/returns?status=received"), 200)
		if len(list.Returns) != 1 || list.Returns[0].ID != back.ID {
			t.Errorf("got %+v, want the one return", list)
		}
		path := "/v1/returns/" + string(back.ID)
		looked := as[contract.Return](t, s.do("POST", path+"/inspect", `{"by":"beth","lines":[{"line":1,"qty":1,"disposition":"restock","bin":"B-2"},{"line":1,"qty":1,"disposition":"block"}]}`, key("i")), 200)
		if looked.Status != "inspected" || looked.Lines[0].Restocked != 1 || looked.Lines[0].Blocked != 1 {
			t.Errorf("got %+v, want one restocked and one that stays blocked", looked)
		}
		if st := s.stock("TAP-22"); st.OnHand != 4 || st.Blocked != 1 || st.Available != 3 {
			t.Errorf("got %+v, want one free again", st)
		}
		p := s.do("POST", path+"/inspect", `{"lines":[{"line":1,"qty":2,"disposition":"scrap"}]}`, key("j")).want(t, 409, contract.CodeReturnState)
		if len(p.Returns) != 1 || p.Returns[0].Left != 1 || p.Detail != "Line 1, TAP-22: 1 can be dealt with so, 2 were named. Nothing was changed." {
			t.Errorf("got %+v", p)
		}
		s.do("POST", path+"/inspect", `{"lines":[{"line":1,"qty":1,"disposition":"scrap"}]}`, key("k"))
		closed := as[contract.Return](t, s.get(path), 200)
		if closed.Status != "closed" || closed.Lines[0].Scrapped != 1 {
			t.Errorf("got %+v, want it closed and still to be seen", closed)
		}
		s.do("POST", path+"/inspect", `{"lines":[{"line":1,"qty":1,"disposition":"restock"}]}`, key("l")).want(t, 404, contract.CodeNotFound)
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200); got.Lines[0].Returned != 2 || got.Lines[0].Taken != 3 {
			t.Errorf("got %+v, want two of three returned", got.Lines[0])
		}
	})
}

// A scan of a case is as many units as a case has; and a kit lies in no bin, so what it is made of comes back.
func TestACaseComesBackInUnitsAndAKitInComponents(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.put("MILK", milk)
		back := as[contract.Return](t, s.post("/v1/returns", `{"lines":[{"barcode":"10416000336105","qty":2}]}`), 201)
		if l := back.Lines[0]; l.SKU != "MILK" || l.Qty != 24 {
			t.Errorf("got %+v, want two cases of 12", l)
		}
		s.put("SET-1", `{"name":"Set","kit":[{"sku":"MILK","qty":2}]}`)
		s.post("/v1/returns", `{"lines":[{"sku":"SET-1","qty":1}]}`).want(t, 400, contract.CodeIsKit)
	})
}

func TestMoreThanWasSoldDoesNotComeBack(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		o := s.taken(t, 3)
		of := func(qty int) string {
			return fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":%d,"disposition":"restock"}]}`, o.ID, qty)
		}
		as[contract.Return](t, s.do("POST", "/v1/returns", of(2), key("a")), 201)
		no := s.do("POST", "/v1/returns", of(2), key("b"))
		p := no.want(t, 409, contract.CodeOverReturned)
		want := "Line 1, TAP-22: 3 sold, 2 came back before, 1 can still come back; 2 were named. Nothing was changed."
		if p.Detail != want || len(p.Returns) != 1 || p.Returns[0] != (contract.OverReturned{Line: 1, SKU: "TAP-22", Named: 2, Sold: 3, Returned: 2, Left: 1}) || p.Hint == "" {
			t.Errorf("got %+v, want %s", p, want)
		}
		no.same(t, s.do("POST", "/v1/returns", of(2), key("b")))
		if st := s.stock("TAP-22"); st.OnHand != 4 || st.Blocked != 0 {
			t.Errorf("got %+v, want nothing changed", st)
		}
	})
}

func TestGoodsComeBackWithoutAReceipt(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		back := as[contract.Return](t, s.post("/v1/returns", `{"reason":"a gift","lines":[{"sku":"TAP-22","qty":1},{"sku":"TAP-22","qty":2,"disposition":"scrap"}]}`), 201)
		if back.Claim != ledger.ClaimNone || back.Order != "" || len(back.Lines) != 1 || back.Lines[0].Received != 1 || back.Lines[0].Scrapped != 2 {
			t.Errorf("got %+v, want one blocked and two scrapped", back)
		}
	})
}

func TestAReturnOfNoUseIsRefused(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		o := s.taken(t, 1)
		before := s.node.Status().Seq
		of := func(lines string) string { return fmt.Sprintf(`{"order":%q,"lines":[%s]}`, o.ID, lines) }
		for name, c := range map[string]struct {
			body, field string
			code        contract.Code
		}{
			"no lines":            {of(``), "lines", contract.CodeBadValue},
			"no line of it":       {of(`{"line":2,"qty":1}`), "lines[0].line", contract.CodeBadValue},
			"nothing":             {of(`{"line":1,"qty":0}`), "lines[0].qty", contract.CodeBadValue},
			"an unknown wish":     {of(`{"line":1,"qty":1,"disposition":"sell"}`), "lines[0].disposition", contract.CodeBadValue},
			"another article":     {of(`{"line":1,"qty":1,"sku":"PIN-1"}`), "lines[0].sku", contract.CodeUnknownSKU},
			"a bin of no name":    {of(`{"line":1,"qty":1,"bin":"a b"}`), "lines[0].bin", contract.CodeBadValue},
			"no order's id":       {`{"order":"x","lines":[{"line":1,"qty":1}]}`, "order", contract.CodeBadValue},
			"a line of no order":  {`{"lines":[{"line":1,"sku":"TAP-22","qty":1}]}`, "lines[0].line", contract.CodeBadValue},
			"no article":          {`{"lines":[{"qty":1}]}`, "lines[0].sku", contract.CodeBadValue},
			"an unknown field":    {`{"lines":[],"colour":1}`, "colour", contract.CodeUnknownField},
			"a long reason":       {`{"reason":"` + strings.Repeat("x", 200) + `","lines":[{"sku":"TAP-22","qty":1}]}`, "reason", contract.CodeBadValue},
			"an unknown barcode":  {`{"lines":[{"barcode":"nobody","qty":1}]}`, "lines[0].barcode", contract.CodeUnknownBarcode},
			"an unknown order":    {`{"order":"0193a1b2-0000-7000-8000-0000000000aa","lines":[{"line":1,"sku":"TAP-22","qty":1}]}`, "", contract.CodeNotFound},
			"an article too many": {`{"lines":[{"sku":"NO-1","qty":1}]}`, "lines[0].sku", contract.CodeUnknownSKU},
		} {
			status := 400
			if c.code == contract.CodeNotFound {
				status = 404
			}
			if p := s.do("POST", "/v1/returns", c.body, key(name)).want(t, status, c.code); p.Field != c.field {
				t.Errorf("%s: got field %q, want %q (%s)", name, p.Field, c.field, p.Detail)
			}
		}
		s.do("POST", "/v1/returns", of(`{"line":1,"qty":1}`)).want(t, 400, contract.CodeKeyMissing)
		s.get("/v1/returns/x").want(t, 404, contract.CodeNotFound)
		s.get("/v1/returns/0193a1b2-0000-7000-8000-0000000000aa").want(t, 404, contract.CodeNotFound)
		s.get("/v1/returns?status=closed").want(t, 400, contract.CodeBadValue)
		if after := s.node.Status().Seq; after != before {
			t.Errorf("got entry %d, want none after %d", after, before)
		}
	})
}

// Of another site's order the goods are taken in, blocked, and the book that sold them answers by head office when it can.
func TestAReturnOfAnotherSitesOrderWaitsForItsBook(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		id := ledger.OrderID("0193a1b2-0000-7000-8000-0000000000aa")
		s.do("POST", "/v1/returns", fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":2}]}`, id), key("x")).want(t, 400, contract.CodeBadValue)
		body := fmt.Sprintf(`{"order":%q,"receipt":"YORK-000007","lines":[{"line":1,"sku":"TAP-22","qty":2,"disposition":"restock"}]}`, id)
		first := s.do("POST", "/v1/returns", body, key("r"))
		back := as[contract.Return](t, first, 201)
		if back.Status != "pending" || back.Claim != ledger.ClaimPending || back.Lines[0].Received != 2 {
			t.Fatalf("got %+v, want it pending", back)
		}
		path := "/v1/returns/" + string(back.ID)
		p := s.do("POST", path+"/inspect", `{"lines":[{"line":1,"qty":1,"disposition":"restock"}]}`, key("i")).want(t, 409, contract.CodeReturnState)
		if !strings.HasPrefix(p.Detail, "The book that sold these goods has not answered yet.") {
			t.Errorf("got %q", p.Detail)
		}
		answer := told(ledger.CommandTakeBack, 1, id, 1)
		answer.Owner, answer.Site, answer.Return = "york", "leeds", back.ID
		h.commands(answer)
		waitFor(t, "york's book to have answered", func() bool { return s.node.Status().Commands == 1 })
		got := as[contract.Return](t, s.get(path), 200)
		if got.Claim != ledger.ClaimRefused || got.Owner != "york" || got.Lines[0].Restocked != 1 || got.Lines[0].Refused != 1 || got.Lines[0].Received != 1 {
			t.Errorf("got %+v, want one restocked and one refused", got)
		}
		first.same(t, s.do("POST", "/v1/returns", body, key("r")))
		as[contract.Return](t, s.do("POST", path+"/inspect", `{"lines":[{"line":1,"qty":1,"disposition":"hand_back"}]}`, key("h")), 200)
		if st := s.stock("TAP-22"); st.Blocked != 0 {
			t.Errorf("got %+v, want nothing blocked", st)
		}
	})
}
