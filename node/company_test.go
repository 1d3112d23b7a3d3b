package node_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Prices and quotes hold by the day where the shop is: at half past eleven in the evening of London's summer it is tomorrow in UTC's morning, and today is over there.
func TestADayBeginsWhereTheShopIs(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.do("PUT", "/v1/policy/company", `{"currency":"GBP","time_zones":[{"site":"leeds","time_zone":"Pacific/Kiritimati"}]}`)
		here := time.Now().In(time.FixedZone("", 14*3600)) // of Kiritimati, all year
		if here.Format(time.DateOnly) == time.Now().UTC().Format(time.DateOnly) {
			time.Sleep(12 * time.Hour)
			here = here.Add(12 * time.Hour)
		}
		today, past := here.Format(time.DateOnly), here.AddDate(0, 0, -1).Format(time.DateOnly)
		s.put("CLIP", `{"name":"Clip","prices":[{"from":"`+today+`","price":{"amount":7,"currency":"GBP"}}]}`)
		if got := charged(as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"CLIP","qty":1}]}`), 201)); got != "1 CLIP at 7 list: 7+0=7; 7+0=7 GBP" {
			t.Errorf("got %s, want today's price", got)
		}
		quote := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","draft":{"kind":"quote","valid_until":"`+past+`"},"lines":[{"sku":"CLIP","qty":1}]}`), 201)
		if p := s.post("/v1/orders/"+string(quote.ID)+"/place", ``).want(t, 409, contract.CodeQuoteExpired); p.Detail == "" {
			t.Error("got no reason")
		}
		if o := as[contract.Order](t, s.get("/v1/orders/"+string(quote.ID)), 200); !o.Draft.Expired {
			t.Errorf("got %+v, want it expired, though the day is not over in UTC", o.Draft)
		}
		answer := as[contract.PriceAnswer](t, s.get("/v1/items/CLIP/price"), 200)
		if answer.At != today {
			t.Errorf("got the price of %s, want of %s", answer.At, today)
		}
	})
}

// What a shop that stands alone counts in is set once, and all money is held against it.
func TestAShopThatStandsAloneCountsInOneCurrency(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		if c := as[contract.Company](t, s.do("PUT", "/v1/policy/company", `{"currency":"GBP"}`), 200); c.Currency != "GBP" {
			t.Errorf("got %+v", c)
		}
		s.do("PUT", "/v1/policy/company", `{"currency":"GBP"}`)
		if p := s.do("PUT", "/v1/policy/company", `{"currency":"EUR"}`).want(t, 409, contract.CodeCurrencySet); p.Detail != "The company counts in GBP." {
			t.Errorf("got %q", p.Detail)
		}
		s.shut()
		s.start()
		p := s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":5,"currency":"EUR"}}]}`).want(t, 400, contract.CodeBadValue)
		if p.Detail != "Line 1: unit_price.currency is EUR; the company counts in GBP: give the amount in GBP." {
			t.Errorf("got %q", p.Detail)
		}
		if p := s.do("PUT", "/v1/items/PIPE", `{"name":"Pipe","price":{"amount":1,"currency":"USD"}}`).want(t, 400, contract.CodeBadValue); p.Field != "price.currency" {
			t.Errorf("got %+v", p)
		}
		if p := s.do("PUT", "/v1/items/PIPE", `{"name":"Pipe","cost":{"amount":1,"currency":"USD"}}`).want(t, 400, contract.CodeBadValue); p.Field != "cost.currency" {
			t.Errorf("got %+v", p)
		}
		if p := s.do("POST", "/v1/drawers/till-1/open", `{"float":1,"currency":"USD","by":"ann"}`, key("d")).want(t, 400, contract.CodeBadValue); p.Field != "currency" {
			t.Errorf("got %+v", p)
		}
	})
}
