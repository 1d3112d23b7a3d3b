package node_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// inKitchen is a shop with a kit of a tap and two pipes, of 3 taps and 7 pipes.
func inKitchen(t *testing.T, test func(*testing.T, *shop)) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.item("PIPE")
		s.receive("PIPE", 7)
		s.put("SET-1", `{"name":"Sink set","price":{"amount":2499,"currency":"GBP"},"kit":[{"sku":"TAP-22","qty":1},{"sku":"PIPE","qty":2}]}`)
		test(t, s)
	})
}

// kitOf says of a line what a customer and a picker see of a kit.
func kitOf(l contract.OrderLine) string {
	out := fmt.Sprintf("%d: %d %s %s", l.Line, l.Qty, l.SKU, l.Status)
	for _, p := range l.Kit {
		out += fmt.Sprintf(" (%d: %d %s %s)", p.Line, p.Qty, p.SKU, p.Status)
	}
	return out
}

// A kit is sold as one and takes its components; what it is made of later changes nothing of what was sold.
func TestAKitIsSoldAsOneAndStockedAsParts(t *testing.T) {
	inKitchen(t, func(t *testing.T, s *shop) {
		if got := s.stock("SET-1"); got.Kit == nil || got.Kit.Makes != 3 || got.Promisable.Sure.Qty != 3 || got.OnHand != 0 || fmt.Sprint(got.Kit.Components) != "[{TAP-22 1 3} {PIPE 2 7}]" {
			t.Errorf("got %+v of %+v, want 3 that can be made", got, got.Kit)
		}
		sold := s.do("POST", "/v1/orders", `{"lines":[{"sku":"SET-1","qty":2,"unit_price":{"amount":2499,"currency":"GBP"}}]}`, key("a"))
		o := as[contract.Order](t, sold, 201)
		l := o.Lines[0]
		if len(o.Lines) != 1 || kitOf(l) != "1: 2 SET-1 completed (1: 2 TAP-22 completed) (2: 4 PIPE completed)" || l.UnitPrice.Amount != 2499 || l.Taken != 2 || l.Reserved[0].Qty != 2 {
			t.Errorf("got %s, %+v; want the set as one line", kitOf(l), l)
		}
		s.holds("TAP-22", 1, 1, 0)
		s.holds("PIPE", 3, 3, 0)
		if got := s.stock("SET-1").Kit.Makes; got != 1 {
			t.Errorf("got %d, want 1: a tap and three pipes are left", got)
		}
		held := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","lines":[{"sku":"SET-1","qty":1},{"sku":"PIPE","qty":1}]}`), 201)
		s.put("SET-1", `{"name":"Sink set","kit":[{"sku":"TAP-22","qty":5}]}`)
		sold.same(t, s.do("POST", "/v1/orders", `{"lines":[{"sku":"SET-1","qty":2,"unit_price":{"amount":2499,"currency":"GBP"}}]}`, key("a")))
		held = as[contract.Order](t, s.get("/v1/orders/"+string(held.ID)), 200)
		if len(held.Lines) != 2 || kitOf(held.Lines[0]) != "1: 1 SET-1 allocated (1: 1 TAP-22 allocated) (3: 2 PIPE allocated)" || kitOf(held.Lines[1]) != "2: 1 PIPE allocated" {
			t.Errorf("got %+v, want the set as it was ordered and the pipe beside it", held.Lines)
		}
		list := as[contract.FulfilmentList](t, s.get("/v1/fulfilments"), 200).Fulfilments[0].Lines
		for i, want := range []string{"SET-1", "", "SET-1"} {
			if k := list[i].Kit; (k == nil) != (want == "") || k != nil && (k.SKU != "SET-1" || k.Line != 1) {
				t.Errorf("line %d: got kit %+v, want %q", i+1, k, want)
			}
		}
		gone := as[contract.Order](t, s.post("/v1/orders/"+string(held.ID)+"/cancel", ``), 200)
		if kitOf(gone.Lines[0]) != "1: 1 SET-1 cancelled (1: 1 TAP-22 cancelled) (3: 2 PIPE cancelled)" {
			t.Errorf("got %s, want it cancelled as one", kitOf(gone.Lines[0]))
		}
		s.holds("TAP-22", 1, 1, 0)
		s.holds("PIPE", 3, 3, 0)
	})
}

// TestAKitAndItsComponentInOneOrder: together they claim one stock, whichever comes first, and the no says which component
// is short and how many kits can be made.
func TestAKitAndItsComponentInOneOrder(t *testing.T) {
	inKitchen(t, func(t *testing.T, s *shop) {
		p := s.post("/v1/orders", `{"lines":[{"sku":"SET-1","qty":3},{"sku":"PIPE","qty":2}]}`).want(t, 409, contract.CodeStockShort)
		if len(p.Lines) != 1 || p.Lines[0].Line != 1 || p.Lines[0].SKU != "SET-1" || p.Lines[0].Want != 3 || p.Lines[0].Have != 2 ||
			fmt.Sprint(p.Lines[0].Components) != "[{PIPE 6 5}]" || p.Detail != "Only 2 of the kit SET-1 can be made: 5 of 6 PIPE left in Leeds." ||
			p.Hint != "Order fewer, or let the rest wait for goods (shortage backorder)." {
			t.Errorf("got %+v", p)
		}
		p = s.post("/v1/orders", `{"lines":[{"sku":"TAP-22","qty":3},{"sku":"SET-1","qty":1}]}`).want(t, 409, contract.CodeStockShort)
		if len(p.Lines) != 1 || p.Detail != "1 lines are short." && !strings.Contains(p.Detail, "TAP-22") {
			t.Errorf("got %+v, want the tap to be short", p)
		}
		s.holds("TAP-22", 3, 3, 0)
		s.holds("PIPE", 7, 7, 0)
		as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"SET-1","qty":3},{"sku":"PIPE","qty":1}]}`), 201)
		s.holds("TAP-22", 0, 0, 0)
		s.holds("PIPE", 0, 0, 0)
		p = s.post("/v1/orders", `{"lines":[{"sku":"SET-1","qty":1}]}`).want(t, 409, contract.CodeStockShort)
		if p.Detail != "None of the kit SET-1 can be made: 0 of 1 TAP-22 left in Leeds, 0 of 2 PIPE left in Leeds." {
			t.Errorf("got %q", p.Detail)
		}
	})
}

// TestProtocol30TheSameSKUOnTwoLinesOrInAKitAndBesideIt is one claim on one stock: of any such order either all is
// promised and as many units are reserved as are listed, or nothing is.
func TestProtocol30TheSameSKUOnTwoLinesOrInAKitAndBesideIt(t *testing.T) {
	inKitchen(t, func(t *testing.T, s *shop) {
		for sets := range 4 {
			for pipes := range 5 {
				var lines []string
				taps, all := sets, 2*sets
				if sets > 0 {
					lines = append(lines, fmt.Sprintf(`{"sku":"SET-1","qty":%d}`, sets))
				}
				for range pipes { // each on a line of its own
					lines = append(lines, `{"sku":"PIPE","qty":1}`)
					all++
				}
				if len(lines) == 0 {
					continue
				}
				got := s.post("/v1/orders", `{"fulfil":"collect","lines":[`+strings.Join(lines, ",")+`]}`)
				if taps > 3 || all > 7 {
					got.want(t, 409, contract.CodeStockShort)
					s.holds("PIPE", 7, 7, 0)
					continue
				}
				o := as[contract.Order](t, got, 201)
				s.holds("TAP-22", 3, ledger.Qty(3-taps), ledger.Qty(taps))
				s.holds("PIPE", 7, ledger.Qty(7-all), ledger.Qty(all))
				as[contract.Order](t, s.post("/v1/orders/"+string(o.ID)+"/cancel", ``), 200)
				s.holds("PIPE", 7, 7, 0)
			}
		}
	})
}

// A kit that waits is one: it is there when all of its components are.
func TestAKitWaitsForItsScarcestPart(t *testing.T) {
	inKitchen(t, func(t *testing.T, s *shop) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"collect","shortage":"backorder","lines":[{"sku":"SET-1","qty":5}]}`), 201)
		if l := o.Lines[0]; l.Status != "backordered" || l.Backordered != 2 || l.Reserved[0].Qty != 3 {
			t.Errorf("got %+v, want 3 sets there and 2 waiting", l)
		}
		s.receive("TAP-22", 2)
		if l := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200).Lines[0]; l.Status != "backordered" || l.Backordered != 2 || l.Kit[0].Status != "allocated" {
			t.Errorf("got %+v, want it to wait for pipes", l)
		}
		s.receive("PIPE", 3)
		if l := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200).Lines[0]; l.Status != "allocated" || l.Backordered != 0 || l.Reserved[0].Qty != 5 {
			t.Errorf("got %+v, want 5 sets", l)
		}
		// A pipe that nobody finds is short of the set.
		as[contract.FulfilmentAnswer](t, s.post("/v1/fulfilments/"+contract.FulfilmentID(o.ID, "leeds")+"/pick", `{"lines":[{"line":2,"qty":9,"short":1}]}`), 200)
		if l := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200).Lines[0]; l.Status != "backordered" || l.Backordered != 1 || l.Reserved[0].Qty != 4 {
			t.Errorf("got %+v, want a set to wait again", l)
		}
	})
}

// Goods in the hand win over the book, component by component.
func TestAKitInTheHandIsSoldWhateverTheBookSays(t *testing.T) {
	inKitchen(t, func(t *testing.T, s *shop) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"in_hand":true,"approver":"beth","lines":[{"sku":"SET-1","qty":4}]}`), 201)
		if got := kitOf(o.Lines[0]); got != "1: 4 SET-1 completed (1: 4 TAP-22 completed) (2: 8 PIPE completed)" {
			t.Errorf("got %s, want four sets handed over", got)
		}
		s.holds("TAP-22", 0, 0, 0)
		s.holds("PIPE", 0, 0, 0)
	})
}

func TestWhatCannotBeDoneWithAKitIsSaid(t *testing.T) {
	inKitchen(t, func(t *testing.T, s *shop) {
		for name, c := range map[string]struct {
			path, body string
			code       contract.Code
			says       string
		}{
			"goods in":    {"/v1/receipts", `{"lines":[{"sku":"PIPE","qty":1},{"sku":"SET-1","qty":1}]}`, contract.CodeIsKit, "Line 2: SET-1 is a kit. It lies in no bin, its components do: 1 TAP-22, 2 PIPE."},
			"found":       {"/v1/adjustments", `{"reason":"found","lines":[{"sku":"SET-1","qty":1}]}`, contract.CodeIsKit, "its components do: 1 TAP-22, 2 PIPE."},
			"counted":     {"/v1/counts", `{"lines":[{"sku":"SET-1","counted":1}]}`, contract.CodeIsKit, "its components do: 1 TAP-22, 2 PIPE."},
			"in part":     {"/v1/orders", `{"shortage":"partial","lines":[{"sku":"SET-1","qty":9}]}`, contract.CodeNotSupported, "of a kit nobody wants some of the components"},
			"taken later": {"/v1/orders", `{"shortage":"backorder","lines":[{"sku":"SET-1","qty":9}]}`, contract.CodeNotSupported, "fulfil collect to let it wait"},
			"came back":   {"/v1/returns", `{"lines":[{"sku":"SET-1","qty":1,"disposition":"restock"}]}`, contract.CodeIsKit, "its components do: 1 TAP-22, 2 PIPE."},
			"sent here":   {"/v1/transfers/T-1/receive", `{"from":"hull","lines":[{"sku":"SET-1","received":1}]}`, contract.CodeIsKit, "its components do: 1 TAP-22, 2 PIPE."},
			"too many":    {"/v1/orders", `{"lines":[{"sku":"SET-1","qty":9007199254740991,"unit_price":{"amount":0,"currency":"GBP"}}]}`, contract.CodeBadValue, "makes more units of PIPE than a book counts"},
		} {
			if p := s.post(c.path, c.body).want(t, 400, c.code); !strings.Contains(p.Detail, c.says) {
				t.Errorf("%s: got %q, want it to say %q", name, p.Detail, c.says)
			}
		}
		s.holds("PIPE", 7, 7, 0)
	})
}

// A kit comes back as its components, and the order shows how many whole ones did.
func TestAKitComesBackAsItsParts(t *testing.T) {
	inKitchen(t, func(t *testing.T, s *shop) {
		o := as[contract.Order](t, s.post("/v1/orders", `{"lines":[{"sku":"SET-1","qty":2}]}`), 201)
		p := s.post("/v1/returns", fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"qty":1}]}`, o.ID)).want(t, 400, contract.CodeBadValue)
		if !strings.Contains(p.Detail, "which component of it comes back") {
			t.Errorf("got %+v, want the component asked for", p)
		}
		as[contract.Return](t, s.post("/v1/returns", fmt.Sprintf(`{"order":%q,"lines":[{"line":1,"sku":"TAP-22","qty":1},{"line":2,"sku":"PIPE","qty":3}]}`, o.ID)), 201)
		l := as[contract.Order](t, s.get("/v1/orders/"+string(o.ID)), 200).Lines[0]
		if l.Returned != 1 || l.Kit[0].Returned != 1 || l.Kit[1].Returned != 3 {
			t.Errorf("got %+v, want one whole kit returned", l)
		}
		s.holds("PIPE", 6, 3, 0)
	})
}
