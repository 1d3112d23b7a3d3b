package node_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// inPricedShop has 100 taps with a price list, 100 pipes with a price of their own and no tax, and clips that nobody has priced. It is January 2000 there.
func inPricedShop(t *testing.T, test func(*testing.T, *shop)) {
	inShop(t, 100, func(t *testing.T, s *shop) {
		s.put("TAP-22", `{"name":"Tap","price":{"amount":1299,"currency":"GBP","tax":"included"},"tax_rate_ppm":200000,"prices":[
			{"group":"trade","price":{"amount":999,"currency":"GBP","tax":"excluded"}},
			{"min_qty":10,"price":{"amount":1199,"currency":"GBP","tax":"included"}},
			{"from":"1999-02-01","until":"1999-02-28","price":{"amount":899,"currency":"GBP","tax":"included"}}]}`)
		s.put("PIPE", `{"name":"Pipe","price":{"amount":250,"currency":"GBP","per":3}}`)
		s.put("CLIP", `{"name":"Clip"}`)
		s.receive("PIPE", 100)
		s.receive("CLIP", 100)
		test(t, s)
	})
}

// charged says of an order what a receipt does.
func charged(o contract.Order) string {
	var out []string
	for _, l := range o.Lines {
		c := l.Charge
		if c == nil {
			out = append(out, fmt.Sprintf("%d %s no price", l.Qty, l.SKU))
			continue
		}
		text := fmt.Sprintf("%d %s at %d %s: %d+%d=%d", l.Qty, l.SKU, l.UnitPrice.Amount, c.From, c.Net, c.Tax, c.Total)
		if c.Discount != nil {
			text += fmt.Sprintf(" off %d %s", c.Discount.Amount.Amount, c.Discount.Reason)
		}
		out = append(out, text)
	}
	if o.Totals != nil {
		out = append(out, fmt.Sprintf("%d+%d=%d %s", o.Totals.Net, o.Totals.Tax, o.Totals.Total, o.Totals.Currency))
	}
	return strings.Join(out, "; ")
}

func TestALineCostsWhatTheItemSaysOrTheClient(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		for name, c := range map[string]struct{ body, want string }{
			"the item's own price":    {`{"lines":[{"sku":"TAP-22","qty":2}]}`, "2 TAP-22 at 1299 item: 2165+433=2598; 2165+433=2598 GBP"},
			"a group's":               {`{"price_group":"trade","lines":[{"sku":"TAP-22","qty":2}]}`, "2 TAP-22 at 999 list: 1998+400=2398; 1998+400=2398 GBP"},
			"of ten":                  {`{"lines":[{"sku":"TAP-22","qty":10}]}`, "10 TAP-22 at 1199 list: 9992+1998=11990; 9992+1998=11990 GBP"},
			"of the day it was taken": {`{"taken_at":"1999-02-28T23:59:59Z","lines":[{"sku":"TAP-22","qty":1}]}`, "1 TAP-22 at 899 list: 749+150=899; 749+150=899 GBP"},
			"said, and why":           {`{"lines":[{"sku":"TAP-22","qty":1,"unit_price":{"amount":500,"currency":"GBP","tax":"excluded"},"price_reason":"chipped"}]}`, "1 TAP-22 at 500 said: 500+100=600; 500+100=600 GBP"},
			"a share off":             {`{"lines":[{"sku":"TAP-22","qty":1,"discount":{"ppm":100000,"reason":"staff","approver":"beth"}}]}`, "1 TAP-22 at 1299 item: 974+195=1169 off 130 staff; 974+195=1169 GBP"},
			"an amount off":           {`{"lines":[{"sku":"TAP-22","qty":2,"discount":{"amount":{"amount":98,"currency":"GBP"},"reason":"voucher"}}]}`, "2 TAP-22 at 1299 item: 2083+417=2500 off 98 voucher; 2083+417=2500 GBP"},
			"another rate":            {`{"lines":[{"sku":"TAP-22","qty":1,"tax_rate_ppm":0}]}`, "1 TAP-22 at 1299 item: 1299+0=1299; 1299+0=1299 GBP"},
			"three for a price":       {`{"lines":[{"sku":"PIPE","qty":2}]}`, "2 PIPE at 250 item: 167+0=167; 167+0=167 GBP"},
			"nobody has said one":     {`{"lines":[{"sku":"CLIP","qty":2}]}`, "2 CLIP no price"},
			"some of it has none":     {`{"channel":"import","lines":[{"sku":"CLIP","qty":2},{"sku":"PIPE","qty":3}]}`, "2 CLIP no price; 3 PIPE at 250 item: 250+0=250; 250+0=250 GBP"},
		} {
			o := as[contract.Order](t, s.post("/v1/orders", c.body), 201)
			if got := charged(o); got != c.want {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
			if got := charged(as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200)); got != c.want {
				t.Errorf("%s, looked at: got %s, want %s", name, got, c.want)
			}
			if got, want := o.Channel, "till"; name == "some of it has none" && got != "import" || name != "some of it has none" && string(got) != want {
				t.Errorf("%s: got channel %s", name, got)
			}
			s.post("/v1/orders/"+string(o.ID)+"/cancel", "")
		}
	})
}

// A price that changes later changes nothing that was sold, nor what a repeat is told.
func TestWhatWasSoldKeepsItsPrice(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		const body = `{"fulfil":"collect","price_group":"trade","deliver_to":"addr-1","bill_to":"addr-2","lines":[{"sku":"TAP-22","qty":2},{"sku":"PIPE","qty":3}]}`
		first := s.do("POST", "/v1/orders", body, key("a"))
		o := as[contract.Order](t, first, 201)
		const want = "2 TAP-22 at 999 list: 1998+400=2398; 3 PIPE at 250 item: 250+0=250; 2248+400=2648 GBP"
		if got := charged(o); got != want || o.PriceGroup != "trade" || o.DeliverTo != "addr-1" || o.BillTo != "addr-2" {
			t.Fatalf("got %s of %+v, want %s", got, o, want)
		}
		s.put("TAP-22", `{"name":"Tap","price":{"amount":5,"currency":"EUR"},"tax_rate_ppm":0}`)
		s.put("PIPE", `{"name":"Pipe"}`)
		first.same(t, s.do("POST", "/v1/orders", body, key("a")))
		s.shut()
		s.start()
		first.same(t, s.do("POST", "/v1/orders", body, key("a")))
		if got := charged(as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		gone := as[contract.Order](t, s.post("/v1/orders/"+string(o.ID)+"/cancel", ""), 200)
		if gone.Totals.Total != 0 || gone.Lines[0].Charge.Total != 0 {
			t.Errorf("got %+v to be paid for what is cancelled, want nothing", gone.Totals)
		}
	})
}

// A kit has a price of its own, whatever its components cost.
func TestAKitHasOnePrice(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.put("SET-1", `{"name":"Set","price":{"amount":1500,"currency":"GBP","tax":"included"},"tax_rate_ppm":200000,"kit":[{"sku":"TAP-22","qty":1},{"sku":"PIPE","qty":2}]}`)
		o := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"SET-1","qty":2,"discount":{"ppm":500000,"reason":"sale"}},{"sku":"PIPE","qty":3}]}`), 201)
		const want = "2 SET-1 at 1500 item: 1250+250=1500 off 1500 sale; 3 PIPE at 250 item: 250+0=250; 1500+250=1750 GBP"
		if got := charged(o); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestAPriceThatCannotBeIsRefusedWithAWayOut(t *testing.T) {
	inPricedShop(t, func(t *testing.T, s *shop) {
		s.put("EURO", `{"name":"Euro","price":{"amount":250,"currency":"EUR"}}`)
		s.receive("EURO", 5)
		for name, c := range map[string]struct{ line, field, says string }{
			"off what has no price":   {`{"sku":"CLIP","qty":1,"discount":{"ppm":1,"reason":"x"}}`, "unit_price", "nobody has said what the item costs"},
			"a tax of no price":       {`{"sku":"CLIP","qty":1,"tax_rate_ppm":0}`, "unit_price", "nobody has said what the item costs"},
			"no reason":               {`{"sku":"TAP-22","qty":1,"discount":{"ppm":1}}`, "discount.reason", "say why something is taken off"},
			"an amount and a share":   {`{"sku":"TAP-22","qty":1,"discount":{"ppm":1,"amount":{"amount":1,"currency":"GBP"},"reason":"x"}}`, "discount", "give one of the two"},
			"neither":                 {`{"sku":"TAP-22","qty":1,"discount":{"reason":"x"}}`, "discount", "give one of the two"},
			"more than all of it":     {`{"sku":"TAP-22","qty":1,"discount":{"ppm":1000001,"reason":"x"}}`, "discount.ppm", "100000 is 10 %"},
			"more than it costs":      {`{"sku":"TAP-22","qty":1,"discount":{"amount":{"amount":1300,"currency":"GBP"},"reason":"x"}}`, "discount", "more than the line costs"},
			"off in other money":      {`{"sku":"TAP-22","qty":1,"discount":{"amount":{"amount":1,"currency":"EUR"},"reason":"x"}}`, "discount.amount", "is not in GBP"},
			"a reason for no price":   {`{"sku":"TAP-22","qty":1,"price_reason":"x"}`, "price_reason", "goes with unit_price"},
			"a tax below nothing":     {`{"sku":"TAP-22","qty":1,"tax_rate_ppm":-1}`, "tax_rate_ppm", "200000 is 20 %"},
			"two currencies":          {`{"sku":"EURO","qty":1}`, "unit_price", "one currency: give unit_price in GBP"},
			"more money than counted": {`{"sku":"TAP-22","qty":9007199254740991}`, "unit_price", "order fewer, or in several"},
		} {
			p := s.post("/v1/orders", `{"lines":[{"sku":"PIPE","qty":1},`+c.line+`]}`).want(t, 400, contract.CodeBadValue)
			if p.Line != 2 || !strings.HasSuffix(p.Field, c.field) || !strings.Contains(p.Detail, c.says) {
				t.Errorf("%s: got %+v, want line 2's %s: %s", name, p, c.field, c.says)
			}
		}
		if got := s.stock("PIPE").Available; got != 100 {
			t.Errorf("got %d pipes left, want 100", got)
		}
	})
}

// Beyond what a cashier may take off, by a discount or by another price, somebody is named who let it be; the order keeps the name.
func TestALargeDiscountNeedsSomebodyWhoLetItBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), func(c *node.Config) { c.DiscountPercent = 10 })
		s.put("TAP-22", `{"name":"Tap","price":{"amount":1000,"currency":"GBP","tax":"included"}}`)
		s.put("CLIP", `{"name":"Clip"}`)
		s.receive("TAP-22", 50)
		s.receive("CLIP", 50)
		for name, c := range map[string]struct{ line, name string }{
			"a tenth":                   {`{"sku":"TAP-22","qty":2,"discount":{"ppm":100000,"reason":"staff"}}`, ""},
			"a tenth by price":          {`{"sku":"TAP-22","qty":2,"unit_price":{"amount":900,"currency":"GBP","tax":"included"}}`, ""},
			"more, and who":             {`{"sku":"TAP-22","qty":2,"discount":{"ppm":500000,"reason":"staff","approver":"beth"}}`, "beth"},
			"a price, and who":          {`{"sku":"TAP-22","qty":2,"unit_price":{"amount":1,"currency":"GBP"},"price_approver":"beth"}`, "beth"},
			"dearer":                    {`{"sku":"TAP-22","qty":2,"unit_price":{"amount":2000,"currency":"GBP"}}`, ""},
			"nobody knows what it is":   {`{"sku":"CLIP","qty":2,"unit_price":{"amount":1,"currency":"GBP"}}`, ""},
			"the same person said both": {`{"sku":"TAP-22","qty":1,"unit_price":{"amount":500,"currency":"GBP"},"price_approver":"beth","discount":{"ppm":1,"reason":"x","approver":"beth"}}`, "beth"},
		} {
			o := as[contract.Order](t, s.post("/v1/orders", `{"lines":[`+c.line+`]}`), 201)
			got := o.Lines[0].Charge.Approver
			if d := o.Lines[0].Charge.Discount; d != nil {
				got = d.Approver
			}
			if got != c.name {
				t.Errorf("%s: got %q, want %q", name, got, c.name)
			}
		}
		for name, line := range map[string]string{
			"more than a tenth":     `{"sku":"TAP-22","qty":2,"discount":{"amount":{"amount":201,"currency":"GBP"},"reason":"staff"}}`,
			"by price":              `{"sku":"TAP-22","qty":2,"unit_price":{"amount":899,"currency":"GBP"}}`,
			"by price and discount": `{"sku":"TAP-22","qty":2,"unit_price":{"amount":900,"currency":"GBP"},"discount":{"ppm":1000,"reason":"x"}}`,
			"of an unpriced item":   `{"sku":"CLIP","qty":2,"unit_price":{"amount":1000,"currency":"GBP"},"discount":{"ppm":200000,"reason":"x"}}`,
		} {
			p := s.do("POST", "/v1/orders", `{"lines":[`+line+`]}`, key("no "+name)).want(t, 400, contract.CodeApprovalNeeded)
			if p.Line != 1 || p.Hint == "" {
				t.Errorf("%s: got %+v", name, p)
			}
		}
		p := s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"ppm":500000,"reason":"x"}}]}`).want(t, 400, contract.CodeApprovalNeeded)
		if p.Detail != "Line 1 costs 10.00 GBP and is to be sold at 5.00 GBP. More than 10 % off needs somebody who may let it be." {
			t.Errorf("got %q", p.Detail)
		}
		as[contract.Order](t, s.do("POST", "/v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"discount":{"ppm":500000,"reason":"x","approver":"beth"}}]}`, key("no by price")), 201)
		s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":1,"price_approver":"beth"}]}`).want(t, 400, contract.CodeBadValue)
	})
}
