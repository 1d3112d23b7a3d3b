package node

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// exchange takes goods back and sells others, with the difference paid or given back: one request, and one commit.
func (s *web) exchange(w http.ResponseWriter, r *http.Request) error {
	var req contract.ExchangeRequest
	err := s.money(w, r, http.StatusCreated, &req, func(m ledger.Meta) (ledger.Request, error) {
		if err := mayExchange(door.CallerOf(r.Context()), &req); err != nil {
			return nil, err
		}
		out, err := s.readExchange(r.Context(), &req)
		if err != nil && s.book.Answered(m.Key) { // what was said has been taken once: a repeat gets the first answer
			out, err = &ledger.Exchange{}, nil
		}
		if err == nil {
			out.Meta = m
		}
		return out, err
	})
	return contract.OfExchange(err, s.cfg.Site)
}

// mayExchange says whether a caller who may sell may make an exchange: goods are taken back by it, and where money goes out of the drawer or back to a card,
// which each exchange says, it is a refund, too.
func mayExchange(c *door.Caller, req *contract.ExchangeRequest) error {
	needs := []door.Permission{door.TakeBack}
	if len(req.Refund) > 0 {
		needs = append(needs, door.Refund)
	}
	for _, p := range needs {
		if !c.May(p) {
			return &door.ForbiddenError{Caller: c, Needs: p}
		}
	}
	return nil
}

func (s *web) readExchange(ctx context.Context, req *contract.ExchangeRequest) (*ledger.Exchange, error) {
	place, err := s.readOrder(ctx, func() (*contract.OrderRequest, error) { return &req.Sale, nil })
	if err != nil {
		return nil, err
	}
	if place.Order.ID == "" {
		if place.Order.ID, err = s.newID(); err != nil {
			return nil, err
		}
	}
	out, err := req.Ledger(place.Order.ID)
	if err != nil {
		return nil, err
	}
	in := req.Back()
	if err := s.named(in.Named(s.catalogue())); err != nil {
		return nil, err
	}
	back, err := in.Ledger()
	if err != nil {
		return nil, err
	}
	if err := s.unknownGoods(back); err != nil {
		return nil, err
	}
	if err := s.judgeBack(back); err != nil {
		return nil, err
	}
	id, err := s.newID()
	if err != nil {
		return nil, err
	}
	back.ID = ledger.ReturnID(id)
	out.Back, out.Sale = *back, *place
	for _, t := range out.Tenders {
		tender := ledger.Tender{Kind: t.Kind, Ref: t.Ref}
		if t.Kind == ledger.TenderAccount && t.Ref == "" {
			tender.Ref = place.Order.Customer
		}
		if a := tender.Asset(); a != "" && t.Amount > 0 {
			s.Afford(ctx, ledger.Digest{}, a, ledger.Qty(t.Amount))
		}
	}
	return out, nil
}

func docExchange() contract.Route {
	return contract.Route{Summary: "Exchange goods: take some of an order back and sell others for what they were paid with, with the difference paid or given back. All of it or nothing, also while this site is cut off. Whoever may sell and take back may exchange; what is given back (refund) needs who may refund. What another site took is there once its book has handed it over: POST /v1/refund-claims",
		Key: contract.KeyRequired, Request: contract.ExchangeRequest{},
		Answers: []contract.Answer{{Status: http.StatusCreated, About: fmt.Sprintf("It is done: the payments of the order that was sold, with what the exchange came to. What came back lies blocked, unless somebody has looked (disposition); at most %d lines", ledger.ReturnLinesMax), Body: contract.Payments{}}},
		Codes: append(moneyCodes(), contract.CodeOverReturned, contract.CodeStockShort, contract.CodeOrderExists, contract.CodeOrderState, contract.CodeOverRefunded, contract.CodeDrawerShort, contract.CodeNothingPaid,
			contract.CodeAssetShort, contract.CodePartPaid, contract.CodeOverpaid, contract.CodeGivenShort, contract.CodeApprovalNeeded, contract.CodeUnknownSKU, contract.CodeNotFound)}
}
