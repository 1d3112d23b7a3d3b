package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A quoter writes quotes at a shop's desk, and parks sales whose customer has gone for a purse. Most become orders, at the prices that
// they hold; some are put away. Whatever became of one, it becomes nothing else: a second tab that places it is told so.
type quoter struct {
	hand
	stock *goods.Catalogue
}

func (s *show) quoters() (out []*quoter) {
	for i, spec := range s.company.sites {
		if !spec.warehouse {
			out = append(out, &quoter{hand: s.hand(i, "quotes", "ann", 7<<20, quotesEach), stock: s.stock})
		}
	}
	return out
}

func (q *quoter) work(ctx, drain context.Context) {
	for q.rest(ctx) {
		q.draft(drain)
	}
}

// draft writes one and sees what becomes of it.
func (q *quoter) draft(ctx context.Context) {
	what := "parked_sales"
	req := contract.OrderRequest{Channel: "counter", Fulfil: ledger.Take, From: contract.FromHere, Shortage: ledger.Refuse, Draft: &contract.Draft{Kind: "parked"}}
	if q.in100(70) {
		what, req.Draft = "quotes", &contract.Draft{Kind: "quote", ValidUntil: time.Now().UTC().AddDate(0, 0, 14).Format(time.DateOnly), HoldPrices: true}
	}
	for _, l := range q.stock.Order(q.rng) {
		req.Lines = append(req.Lines, contract.LineRequest{SKU: l.SKU, Qty: ledger.Qty(min(l.Qty, 3)), UnitPrice: &contract.Price{Amount: l.Price, Currency: "GBP"}})
	}
	var was contract.Order
	if !q.tell(ctx, "/v1/orders", req, &was) {
		return
	}
	q.paper.did(what)
	path := "/v1/orders/" + string(was.ID)
	var now contract.Order
	if q.in100(80) && q.refusal(ctx, path+"/place", contract.PlaceRequest{}, &now) == "" {
		if was.Totals == nil || now.Totals == nil || now.Totals.Total != was.Totals.Total {
			q.paper.fault("%s: draft %s is placed at %+v, it held %+v", q.site, was.ID, now.Totals, was.Totals)
		}
		q.paper.add(&told{book: q.site, key: fmt.Sprintf("%s-%s-%d", q.name, q.site, q.told), request: req, answer: &now, at: time.Now()})
		q.paper.did(what + "_placed")
	} else if !q.tell(ctx, path+"/cancel", struct{}{}, nil) { // nobody wants it, or not all of it is here
		q.paper.fault("%s: draft %s is not placed, and cannot be put away", q.site, was.ID)
		return
	}
	if code := q.refusal(ctx, path+"/place", contract.PlaceRequest{}, nil); code != string(contract.CodeDraftPlaced) {
		q.paper.fault("%s: draft %s is placed again, or after it was put away: %q", q.site, was.ID, code)
		return
	}
	q.paper.did("second_tabs_refused")
}
