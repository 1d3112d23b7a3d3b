package node

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// ended is the state where no order leaves it, and else "".
func ended(s ledger.Status) ledger.Status {
	if s.CanChange() {
		return ""
	}
	return s
}

// listOrders pages through the orders that this site owns, by id: oldest first, or newest
// first where that is asked for. A page may hold fewer than limit and still have a next one,
// for one look goes only so far.
func (s *web) listOrders(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "status", "since", "newest", "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	status, err := contract.ReadStatus(q.Get("status"))
	if err != nil {
		return err
	}
	since, err := contract.Since("since", q.Get("since"))
	if err != nil {
		return err
	}
	newest, err := contract.ReadFlag("newest", q.Get("newest"))
	if err != nil {
		return err
	}
	if status == ledger.StatusDraft || status == ledger.StatusWaiting {
		return s.listUnplaced(w, status, page, newest, func(o *ledger.Order) bool { return !o.TakenAt.Before(since) })
	}
	seen := s.seenNow()
	from := ledger.Seq(0)
	if !since.IsZero() {
		if from, err = s.book.SinceSeq(since); err != nil {
			return err
		}
	}
	orders, next, err := s.book.Orders(ledger.OrderQuery{After: ledger.OrderID(page.After), Descending: newest, Limit: page.Limit,
		Open: status.CanChange(), State: ended(status), Since: from, Keep: func(o *ledger.Order) bool {
			return (status == "" || o.Status == status) && !o.TakenAt.Before(since)
		}})
	if err != nil {
		return fmt.Errorf("list orders: %w", err)
	}
	out := contract.OrderList{Orders: make([]contract.Order, len(orders)), NextCursor: contract.Cursor(string(next))}
	for i, o := range orders {
		out.Orders[i] = contract.RenderOrder(o, seen)
	}
	return writeJSON(w, http.StatusOK, out)
}
