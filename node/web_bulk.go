package node

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// placeBulk takes many orders; each stands alone, with its own key and its own answer. They are
// put to the book together, so that they share commits.
func (s *web) placeBulk(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil { // its form is checked; the orders have their own
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.BulkRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	if n := len(req.Orders); n == 0 || n > contract.BulkMax {
		return &ledger.FormError{Field: "orders", Why: fmt.Sprintf("has %d orders; a bulk request has 1 to %d", n, contract.BulkMax)}
	}
	answer := contract.BulkAnswer{Results: s.bulk(r.Context(), req.Orders)}
	writeBody(w, http.StatusOK, answer.JSON())
	return nil
}

// bulk gives each order its result.
func (s *web) bulk(ctx context.Context, orders []contract.BulkOrder) []contract.BulkResult {
	results := make([]contract.BulkResult, len(orders))
	wishes := make([]wish, 0, len(orders))
	places := make([]*ledger.Place, 0, len(orders))
	at := make([]int, 0, len(orders)) // of each wish, its order's index
	// Head office may be asked about sites that this node has not heard of: all of them share one wait.
	looking, cancel := context.WithTimeout(ctx, s.cfg.LookWait)
	defer cancel()
	for i := range orders {
		results[i].Key = orders[i].Key
		w, err := s.bulkWish(looking, &orders[i])
		if err != nil {
			s.result(&results[i], ledger.Outcome{}, err)
			continue
		}
		wishes, places, at = append(wishes, w), append(places, w.place), append(at, i)
	}
	var until time.Duration // all of them share one wait
	for i, got := range s.desk.placeAll(ctx, places) {
		out, err := s.told(wishes[i], got.out, got.err)
		res := &results[at[i]]
		if s.result(res, out, err); res.Order != nil {
			if until == 0 {
				until = s.env.Clock.Mono() + durableWait
			}
			res.Order.Ack = s.reach(ctx, until, out.Entry.Seq, wishes[i].level)
		}
	}
	return results
}

func (s *web) bulkWish(ctx context.Context, o *contract.BulkOrder) (wish, error) {
	if o.Key != "" {
		if err := contract.CheckKey(o.Key); err != nil {
			return wish{}, err
		}
	}
	return s.readWish(ctx, o.Key, o.Order, o.Request)
}

// result writes what an order got.
func (s *web) result(res *contract.BulkResult, out ledger.Outcome, err error) {
	res.HTTPStatus = http.StatusCreated
	if err == nil {
		res.Order, err = s.placed(out)
	}
	if err != nil {
		res.Problem = s.problem(err)
		res.HTTPStatus = res.Problem.Status
	}
}
