package node_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A gift card is sold for cash, pays a part of an order while the line is down, gets its part back, and is sold back: and the day adds up.
func TestAGiftCardIsSoldPaysAndGetsItsPartBack(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.opened(t)
		held := func(want int64) {
			t.Helper()
			if got := as[contract.AssetHeld](t, s.get("/v1/assets/card:8817"), 200); int64(got.Held) != want {
				t.Errorf("got %d on the card, want %d", got.Held, want)
			}
		}
		const sale = `{"for":"card:8817","till":"T1","total":5000,"tenders":[{"tender":"cash","amount":2000},{"tender":"card","ref":"TERM-1"}]}`
		sold := s.do("POST", "/v1/payments", sale, key("sold"))
		p := as[contract.Payments](t, sold, 201)
		if p.For != "card:8817" || p.Status != "paid" || p.Receipt != "T1-1-000001" || p.Order == "" {
			t.Fatalf("got %+v, want the card paid", p)
		}
		sold.same(t, s.do("POST", "/v1/payments", sale, key("sold")))
		held(5000)
		as[contract.Payments](t, s.pays("p", "", `{"tender":"gift_card","ref":"8817","amount":1500},{"tender":"cash"}`), 201)
		held(3500)
		as[contract.Payments](t, s.post("/v1/refunds", `{"order":"`+paidOrder+`","till":"T1","reason":"broken","tenders":[{"number":1,"amount":1000}]}`), 201)
		held(4500)
		back := `{"order":"` + string(p.Order) + `","till":"T1","reason":"not wanted","tenders":[{"number":1},{"number":2,"amount":`
		no := s.post("/v1/refunds", back+`2501,"ref":"TERM-2"}]}`).want(t, 409, contract.CodeAssetShort)
		if no.Detail != "Card 8817 has 25.00 GBP here, 25.01 GBP was asked. Nothing was given back." {
			t.Errorf("got %q", no.Detail)
		}
		as[contract.Payments](t, s.post("/v1/refunds", back+`2500,"ref":"TERM-2"}]}`), 201)
		held(0)
		day := as[contract.Day](t, s.get("/v1/days/now"), 200)
		byTender := map[string]contract.DayTender{}
		for _, d := range day.Tenders {
			byTender[d.Tender] = d
		}
		if g := byTender["gift_card"]; g.Taken != 1500 || g.Refunded != 1000 || day.Sold != 500 || day.Accounts != 0 {
			t.Errorf("got %+v, want 15.00 taken by gift card and 10.00 given back, 5.00 of cards sold", day)
		}
		sums, all := map[string]int64{}, int64(0)
		for _, b := range day.Sums {
			sums[b.Account], all = b.Amount, all+b.Amount
		}
		if all != 0 || sums["gift_cards"] != 0 || sums["orders"] != -1002 {
			t.Errorf("got %v, want them to be 0 together: nothing is left on the card, and 10.02 was paid for orders", sums)
		}
	})
}
