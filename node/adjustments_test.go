package node_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestUnitsFoundAndGoneAreBookedWithAReasonAndAName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), nil)
		s.item("TAP-22")
		s.receive("TAP-22", 3)
		order := as[contract.Order](t, s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 2)+`}`), 201)
		gone := `{"reason":"damaged","approver":"mo","lines":[{"sku":"TAP-22","qty":-2}]}`
		got := as[contract.Adjustment](t, s.do("POST", "/v1/adjustments", gone, key("a")), 201)
		if len(got.Displaced) != 1 || got.Displaced[0].Order != order.ID || got.Displaced[0].Qty != 1 || got.Lines[0].Qty != -2 || got.Lines[0].Shortfall != 0 {
			t.Errorf("got %+v, want one unit of the delivery displaced: the other was available", got)
		}
		again := s.do("POST", "/v1/adjustments", gone, key("a"))
		if again.status != 201 || again.header.Get(contract.HeaderReplayed) != "true" || s.available() != 0 {
			t.Errorf("again: got %d %s, want its first answer and nothing taken twice", again.status, again.body)
		}
		as[contract.Adjustment](t, s.do("POST", "/v1/adjustments", `{"reason":"found","lines":[{"sku":"TAP-22","qty":4}]}`, key("b")), 201)
		if got := as[contract.NodeStock](t, s.do("GET", "/v1/stock/TAP-22", ""), 200); got.OnHand != 5 {
			t.Errorf("got %d on hand, want 3-2+4", got.OnHand)
		}
		for name, c := range map[string]struct {
			body string
			code contract.Code
		}{
			"no reason":        {`{"lines":[{"sku":"TAP-22","qty":1}]}`, contract.CodeBadValue},
			"nothing":          {`{"reason":"x","lines":[]}`, contract.CodeBadValue},
			"a qty of none":    {`{"reason":"x","lines":[{"sku":"TAP-22","qty":0}]}`, contract.CodeBadValue},
			"more than it has": {`{"reason":"x","lines":[{"sku":"TAP-22","qty":-9}]}`, contract.CodeBadValue},
			"an unknown SKU":   {`{"reason":"x","lines":[{"sku":"NO-1","qty":1}]}`, contract.CodeUnknownSKU},
			"an unknown field": {`{"reason":"x","why":1,"lines":[]}`, contract.CodeUnknownField},
		} {
			got := s.do("POST", "/v1/adjustments", c.body, key(name))
			if p := as[contract.Problem](t, got, got.status); got.status/100 != 4 || p.Code != c.code {
				t.Errorf("%s: got %d %s, want %s", name, got.status, p.Code, c.code)
			}
		}
		if got := s.do("POST", "/v1/adjustments", gone); got.status != 400 {
			t.Errorf("no key: got %d, want 400", got.status)
		}
	})
}

// TestAnAdjustmentThatWasRecordedLateIsAnsweredAsItWasFirst: head office never read of it before the book was made anew, and whoever sent it asks
// again.
func TestAnAdjustmentThatWasRecordedLateIsAnsweredAsItWasFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openStrict(t)
		s.w.net.setCut(hqAddr, true)
		body := `{"reason":"damaged","approver":"mo","lines":[{"sku":"TAP-22","qty":3,"bin":"B-1"},{"sku":"TAP-22","qty":-4,"bin":"MAIN"}]}`
		first := as[contract.Adjustment](t, s.do("POST", "/v1/adjustments", body, key("a")), 201)
		lost := fmt.Sprintf("leeds/1/%d/%064x", s.node.Status().Seq+5, 7)
		s.do("GET", "/v1/stock/TAP-22", "", header(contract.HeaderPosition, lost)).want(t, 503, contract.CodeQuarantined)
		s.w.net.setCut(hqAddr, false)
		s.rejoins()
		s.opens()
		again := s.do("POST", "/v1/adjustments", body, key("a"))
		got := as[contract.Adjustment](t, again, 201)
		if again.header.Get(contract.HeaderReplayed) != "true" || !slices.Equal(got.Lines, first.Lines) || len(got.Displaced) != 0 || got.Seq == 0 {
			t.Errorf("got %+v, want the lines of its first answer, %+v", got, first.Lines)
		}
		s.do("POST", "/v1/adjustments", strings.Replace(body, "-4", "-5", 1), key("a")).want(t, 422, contract.CodeKeyReused)
		if got := s.stock("TAP-22"); got.OnHand != 9 {
			t.Errorf("got %d on hand, want 10+3-4: once", got.OnHand)
		}
	})
}

func TestGoodsInTheHandAreSoldWhateverTheBookSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), nil)
		s.item("TAP-22")
		s.receive("TAP-22", 1)
		s.post("/v1/orders", `{"fulfil":"deliver",`+line("TAP-22", 1)+`}`)
		s.sell("book", 1, 409)
		if got := s.inHand("hand", 1); got.status != 201 {
			t.Errorf("got %d %s, want it sold", got.status, got.body)
		}
		if got := s.inHand("hand", 1); got.status != 201 || got.header.Get(contract.HeaderReplayed) != "true" {
			t.Errorf("again: got %d, want its first answer", got.status)
		}
		for name, body := range map[string]string{
			"to be delivered":                        `{"in_hand":true,"fulfil":"deliver",` + line("TAP-22", 1) + `}`,
			"from anywhere":                          `{"in_hand":true,"from":"any",` + line("TAP-22", 1) + `}`,
			"an approver of what is not in the hand": `{"approver":"mo",` + line("TAP-22", 1) + `}`,
		} {
			if got := s.do("POST", "/v1/orders", body, key(name)); got.status != 400 {
				t.Errorf("%s: got %d %s, want 400", name, got.status, got.body)
			}
		}
	})
}
