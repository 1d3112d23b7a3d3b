package node

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// placeDraft makes an order of a draft, once: whichever of two tabs comes second is told what became of it.
func (s *web) placeDraft(w http.ResponseWriter, r *http.Request) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	if key == "" {
		return errKeyMissing
	}
	id, err := s.orderID(r)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.PlaceRequest
	if len(body) > 0 {
		if err := contract.Decode(body, &req); err != nil {
			return err
		}
		if err := req.Check(); err != nil {
			return err
		}
	}
	out, err := s.placeDrafted(r.Context(), s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body), id, &req)
	s.metrics.ordered(out, err)
	s.noteRoom(out, err)
	if err != nil {
		return err
	}
	return s.answerPlaced(w, r, out, "")
}

// placeDrafted puts a draft to the book as it is to be placed now. The book decides whether it still is one.
func (n *Node) placeDrafted(ctx context.Context, meta ledger.Meta, id ledger.OrderID, req *contract.PlaceRequest) (ledger.Outcome, error) {
	draft, err := n.book.Order(id)
	if err != nil {
		return ledger.Outcome{}, err
	}
	now := n.env.Clock.Wall()
	place := &ledger.Place{Meta: meta, Order: *draft.Clone(), Drafted: true, Anew: req.Reprice, Today: now.In(n.book.Company().Location()).Format(time.DateOnly)}
	o := &place.Order
	if place.Lots, err = req.Taken(o, n.catalogue()); err != nil {
		return ledger.Outcome{}, err
	}
	if draft.Draft != nil && len(place.Lots) == 0 {
		place.Lots = draft.Draft.Lots
	}
	if draft.Status == ledger.StatusDraft {
		if req.Reprice || !draft.Draft.Hold {
			if err := contract.Reprice(o, contract.Pricing{Item: n.book.ItemAt, Now: now, Company: n.book.Company()}); err != nil {
				return ledger.Outcome{}, err
			}
		}
		o.TakenAt = now
		if err := n.checkCollectAt(ctx, o); err != nil {
			return ledger.Outcome{}, err
		}
		if err := n.dropShips(place); err != nil {
			return ledger.Outcome{}, err
		}
		if err := n.judge(ctx, place, req.Override); err != nil {
			return ledger.Outcome{}, err
		}
	}
	n.affordPromotions(ctx, meta.Key, o)
	if o.Fulfil == ledger.Take {
		if place.Least, err = n.leastFor(nil, o.Customer, skusOfOrder(o)); err != nil {
			return ledger.Outcome{}, err
		}
	}
	return n.desk.place(ctx, place)
}

// answerPlaced answers an order that was placed, once it has come as far as level.
func (s *web) answerPlaced(w http.ResponseWriter, r *http.Request, out ledger.Outcome, level contract.Durable) error {
	if out.Replayed {
		set(w, contract.HeaderReplayed, "true")
	}
	order, err := s.placed(out)
	if err != nil {
		return err
	}
	order.Ack = s.reach(r.Context(), s.env.Clock.Mono()+durableWait, out.Entry.Seq, level)
	set(w, "Location", "/v1/orders/"+string(order.ID))
	writeBody(w, http.StatusCreated, order.JSON())
	return nil
}

// listUnplaced pages through the drafts, or the orders that wait for somebody's word, which are in memory: the oldest first, or the newest.
func (s *web) listUnplaced(w http.ResponseWriter, status ledger.Status, page contract.Page, newest bool, keep func(*ledger.Order) bool) error {
	seen, now := s.seenNow(), s.env.Clock.Wall()
	drafts, next, err := s.book.Orders(ledger.OrderQuery{Open: true, After: ledger.OrderID(page.After), Descending: newest, Limit: page.Limit,
		Keep: func(o *ledger.Order) bool { return o.Status == status && keep(o) }})
	if err != nil {
		return fmt.Errorf("list orders that are %s: %w", status, err)
	}
	out := contract.OrderList{Orders: make([]contract.Order, len(drafts)), NextCursor: contract.Cursor(string(next))}
	for i, o := range drafts {
		out.Orders[i] = contract.RenderOrder(o, seen)
		out.Orders[i].Expires(o, now, s.book.Company().Location())
	}
	return writeJSON(w, http.StatusOK, out)
}

func docPlaceDraft() contract.Route {
	return contract.Route{Summary: "Place a draft: it becomes an order once, at the prices that its quote holds or else at today's", Key: contract.KeyRequired,
		Request: contract.PlaceRequest{}, Answers: []contract.Answer{{Status: http.StatusCreated, About: fmt.Sprintf("The order, under the id of the draft; at most %d drafts are kept", ledger.DraftsMax), Body: contract.Order{}}},
		Codes: append(writeCodes(), contract.CodeNotFound, contract.CodeKeyMissing, contract.CodeStockShort, contract.CodeAssetShort, contract.CodeDraftPlaced, contract.CodeQuoteExpired, contract.CodeCheckRefused, contract.CodeReviewsFull,
			contract.CodeUnknownSite, contract.CodeInProgress)}
}
