package node_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A customer who sells the goods again gets what lasts: at the counter, on the pick list and at the pick; and whoever picks is told why another lot is not
// for this one. The world's day is in 2000.
func TestACustomerGetsLotsThatLastLongEnough(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Customer](t, s.do("PUT", "/v1/customers/SHOP-1", `{"name":"Corner shop","least_days":1800}`), 200)
		if p := s.do("PUT", "/v1/customers/SHOP-2", `{"name":"x","least_days":-1}`).want(t, 400, contract.CodeBadValue); p.Detail != "least_days is not 0 to 36500." {
			t.Errorf("got %q", p.Detail)
		}
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":4,"lot":"SOON","expiry":"2002-01-01","bin":"A"},{"sku":"MILK","qty":4,"lot":"LATE","expiry":"2009-01-01","bin":"B"}]}`), 201)
		lots := func() map[ledger.LotID]ledger.Qty {
			out := map[ledger.LotID]ledger.Qty{}
			for _, l := range s.lots(t, "/v1/lots?sku=MILK") {
				out[l.Lot] = l.OnHand
			}
			return out
		}
		as[contract.Order](t, s.post("/v1/orders", `{"customer":"SHOP-1","lines":[{"sku":"MILK","qty":1}]}`), 201)
		if got := lots(); got["SOON"] != 4 || got["LATE"] != 3 {
			t.Errorf("got %v, want one of LATE taken", got)
		}
		as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"MILK","qty":1}]}`), 201)
		as[contract.Order](t, s.post("/v1/orders", `{"customer":"SHOP-1","least_days":0,"lines":[{"sku":"MILK","qty":1}]}`), 201)
		if got := lots(); got["SOON"] != 2 || got["LATE"] != 3 {
			t.Errorf("got %v, want two of SOON taken: by nobody's account, and by one who takes any", got)
		}
		p := as[contract.Problem](t, s.post("/v1/orders", `{"customer":"SHOP-1","lines":[{"sku":"MILK","qty":4}]}`), 400)
		if want := "4 of MILK are wanted that are good until 2004-12-05 at least, and 3 here are; these are over sooner: SOON (2, until 2002-01-01). Take fewer, have the rest served from elsewhere, or ask whether others will do."; p.Code != contract.CodeLotWrong || p.Detail != want {
			t.Errorf("got %s %q, want %q", p.Code, p.Detail, want)
		}
		if p := s.post("/v1/orders", `{"least_days":36501,"lines":[{"sku":"MILK","qty":1}]}`).want(t, 400, contract.CodeBadValue); p.Detail != "least_days is not 0 to 36500." {
			t.Errorf("got %q", p.Detail)
		}

		_, path := s.part(t, `{"customer":"SHOP-1","fulfil":"deliver","lines":[{"sku":"MILK","qty":2},{"sku":"TAP-22","qty":1}]}`)
		list := as[contract.PickList](t, s.post("/v1/pick-lists", `{"picker":"ann"}`), 201)
		if len(list.Rows) != 2 || list.Rows[0].Bin != "B" || list.Rows[0].Lot != "LATE" || list.Rows[0].Qty != 2 {
			t.Errorf("got %+v, want two of LATE, and the tap", list.Rows)
		}
		p = as[contract.Problem](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2,"lots":[{"lot":"SOON","qty":1}]}]}`), 400)
		if want := "Line 1: lot SOON of MILK is good until 2002-01-01, and it is wanted until 2004-12-05 at least: put it back, and take another."; p.Detail != want {
			t.Errorf("got %q, want %q", p.Detail, want)
		}
		got := as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2}]}`), 200)
		if len(got.Lots) != 1 || got.Lots[0].Lot != "LATE" || got.Lots[0].Qty != 2 {
			t.Errorf("got %+v, want two of LATE", got.Lots)
		}
	})
}

// What a company asks of an article, a category or a group of customers is data: it holds without an account, and an account that asks for more gets more.
func TestGoodsLastAsLongAsARuleForTheArticleOrTheGroupAsks(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		s.put("MILK", `{"name":"Milk","barcodes":["5012345678900"],"tracking":"lot","category":"dairy"}`)
		s.put("CREAM", `{"name":"Cream","tracking":"lot","category":"dairy"}`)
		as[contract.Customer](t, s.do("PUT", "/v1/customers/WARD-1", `{"name":"Ward","group":"hospital"}`), 200)
		as[contract.Customer](t, s.do("PUT", "/v1/customers/WARD-2", `{"name":"Other ward","group":"hospital","least_days":3000}`), 200)
		rules := `{"rules":[{"sku":"CREAM","days":0},{"category":"dairy","group":"hospital","days":1800},{"category":"dairy","days":400}]}`
		for range 2 {
			if got := as[contract.LeastList](t, s.do("PUT", "/v1/policy/least-days", rules), 200); len(got.Rules) != 3 || got.Rules[0].Group != "" || got.Rules[2].SKU != "CREAM" {
				t.Errorf("got %+v, want three rules", got.Rules)
			}
		}
		if p := s.do("PUT", "/v1/policy/least-days", `{"rules":[{"sku":"MILK","category":"dairy","days":1}]}`).want(t, 400, contract.CodeBadValue); p.Detail != "Line 1: category stands beside a SKU: a rule is for one or the other." {
			t.Errorf("got %q", p.Detail)
		}
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":9,"lot":"NOW","expiry":"2000-06-01","bin":"A"},{"sku":"MILK","qty":9,"lot":"SOON","expiry":"2002-01-01","bin":"A"},
			{"sku":"MILK","qty":9,"lot":"LATE","expiry":"2007-01-01","bin":"B"},{"sku":"MILK","qty":9,"lot":"LAST","expiry":"2011-01-01","bin":"B"},{"sku":"CREAM","qty":3,"lot":"NOW","expiry":"2000-02-01"}]}`), 201)
		for _, c := range []struct{ customer, want string }{{"", "SOON"}, {`"customer":"WARD-1",`, "LATE"}, {`"customer":"WARD-2",`, "LAST"}, {`"least_days":0,`, "NOW"}} {
			before := map[ledger.LotID]ledger.Qty{}
			for _, l := range s.lots(t, "/v1/lots?sku=MILK") {
				before[l.Lot] = l.OnHand
			}
			as[contract.Order](t, s.post("/v1/orders", `{`+c.customer+`"lines":[{"sku":"MILK","qty":1}]}`), 201)
			for _, l := range s.lots(t, "/v1/lots?sku=MILK") {
				if before[l.Lot] != l.OnHand && string(l.Lot) != c.want {
					t.Errorf("%s: got one of %s, want one of %s", c.customer, l.Lot, c.want)
				}
				if string(l.Lot) == c.want && before[l.Lot] == l.OnHand {
					t.Errorf("%s: got none of %s", c.customer, c.want)
				}
			}
		}
		as[contract.Order](t, s.post("/v1/orders", `{"customer":"WARD-1","lines":[{"sku":"CREAM","qty":1}]}`), 201) // an article before its category
		_, path := s.part(t, `{"customer":"WARD-1","fulfil":"deliver","lines":[{"sku":"MILK","qty":2},{"sku":"CREAM","qty":1}]}`)
		list := as[contract.PickList](t, s.post("/v1/pick-lists", `{"picker":"ann"}`), 201)
		if len(list.Rows) != 2 || list.Rows[0].Lot != "LATE" || list.Rows[1].Lot != "NOW" {
			t.Errorf("got %+v, want milk that lasts and cream as it is", list.Rows)
		}
		if got := as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":2},{"line":2,"qty":1}]}`), 200); len(got.Lots) != 2 || got.Lots[0].Lot != "LATE" {
			t.Errorf("got %+v, want two of LATE", got.Lots)
		}
	})
}

// Whose an order of another book is, head office tells with what is to be served: the account's days and its group's hold at the pick here, too.
func TestAnOrderOfAnotherBookIsPickedOfWhatLastsLongEnough(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, h *hub) {
		h.mu.Lock()
		version := h.items[len(h.items)-1].Version + 1
		h.items = append(h.items, ledger.Item{SKU: "MILK", Name: "Milk", Tracking: ledger.TrackLot, Category: "dairy", Version: version})
		h.people = append(h.people, ledger.CustomerAccount{ID: "SHOP-1", LeastDays: 1800, Version: 1}, ledger.CustomerAccount{ID: "WARD-1", Group: "hospital", Version: 2})
		h.company = ledger.Company{Version: 7, Least: []ledger.LeastRule{{Category: "dairy", Group: "hospital", Days: 3000}}}
		h.mu.Unlock()
		h.ring()
		waitFor(t, "the reference data to be here", func() bool { return s.node.Status().ItemVersion == version })
		waitFor(t, "the rules to be here", func() bool { return len(as[contract.LeastList](t, s.get("/v1/policy/least-days"), 200).Rules) == 1 })
		waitFor(t, "the customers to be here", func() bool {
			return len(as[contract.CustomerList](t, s.get("/v1/customers?q=WARD"), 200).Customers) == 1
		})
		if p := s.do("PUT", "/v1/policy/least-days", `{"rules":[]}`); p.status == 200 {
			t.Errorf("set at a site of a head office: got %d", p.status)
		}
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":4,"lot":"SOON","expiry":"2002-01-01","bin":"A"},{"sku":"MILK","qty":4,"lot":"LATE","expiry":"2007-01-01","bin":"B"},{"sku":"MILK","qty":4,"lot":"LAST","expiry":"2011-01-01","bin":"B"}]}`), 201)
		number := uint64(0)
		for customer, want := range map[string]ledger.LotID{"SHOP-1": "LATE", "WARD-1": "LAST", "": "SOON"} {
			id := ledger.OrderID(fmt.Sprintf("0193a1b2-0000-7000-8000-0000000000b%d", number))
			var commands []ledger.HQCommand
			for _, kind := range []ledger.CommandKind{ledger.CommandBorrow, ledger.CommandReserve} {
				number++
				c := told(kind, number, id, 1)
				c.Owner, c.Lines[0].SKU, c.Customer = ledger.HQ, "MILK", customer
				commands = append(commands, c)
			}
			h.commands(commands...)
			h.obeyed()
			got := as[contract.FulfilmentAnswer](t, s.post("/v1/fulfilments/"+string(contract.FulfilmentID(id, "leeds"))+"/pick", `{"lines":[{"line":1,"qty":1}]}`), 200)
			if len(got.Lots) != 1 || got.Lots[0].Lot != want {
				t.Errorf("%q: got %+v, want one of %s", customer, got.Lots, want)
			}
		}
	})
}
