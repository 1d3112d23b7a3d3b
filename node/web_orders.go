package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func (s *web) placeOrder(w http.ResponseWriter, r *http.Request) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	out, err := s.placeBody(r.Context(), key, body)
	if err != nil {
		return err
	}
	if out.Replayed {
		set(w, contract.HeaderReplayed, "true")
	}
	order, err := s.placed(out)
	if err != nil {
		return err
	}
	set(w, "Location", "/v1/orders/"+string(order.ID))
	writeBody(w, http.StatusCreated, order.JSON())
	return nil
}

// pathOrders is what an order's key is bound to, alone or in bulk.
const pathOrders = "/v1/orders"

// placeBody reads one order and hands it to the desk. An order that has an id of its own but
// no key is kept under its id: it can be repeated as safely.
func (n *Node) placeBody(ctx context.Context, key string, body []byte) (ledger.Outcome, error) {
	meta := n.meta(key, http.MethodPost, pathOrders, body)
	order, err := n.readOrder(body)
	if err != nil {
		return n.misread(ctx, key, meta, err)
	}
	switch {
	case key == "" && order.ID == "":
		return ledger.Outcome{}, errKeyMissing
	case key == "":
		meta.Key = ledger.DigestOf([]byte("order id"), []byte(owner), []byte(n.cfg.Site), []byte(order.ID))
	case order.ID == "":
		if order.ID, err = n.newID(); err != nil {
			return ledger.Outcome{}, err
		}
	}
	if order.TakenAt.IsZero() {
		order.TakenAt = n.env.Clock.Wall().UTC()
	}
	out, err := n.desk.place(ctx, &ledger.Place{Meta: meta, Order: order})
	n.metrics.ordered(out, err)
	return out, err
}

// readOrder makes an order of a body, or says what is wrong with it.
func (n *Node) readOrder(body []byte) (ledger.Order, error) {
	var req contract.OrderRequest
	if err := contract.Decode(body, &req); err != nil {
		return ledger.Order{}, err
	}
	order, err := req.Ledger(contract.NodeDefaults())
	if err != nil {
		return ledger.Order{}, err
	}
	for i := range order.Lines {
		if _, ok := n.book.Item(order.Lines[i].SKU); !ok {
			return ledger.Order{}, contract.UnknownSKU(order.Lines[i].SKU, i+1)
		}
	}
	if n.cfg.Standalone && order.CollectAt != "" && order.CollectAt != n.cfg.Site {
		return ledger.Order{}, contract.UnknownSite("collect_at", string(order.CollectAt)) // there is no other
	}
	return order, nil
}

// misread answers a body that cannot be taken. A key comes before the body that it came with:
// one that was used for another request is said first. The book knows keys, so it is asked with
// an order of nothing, which it refuses without an entry where the key is new.
func (n *Node) misread(ctx context.Context, key string, meta ledger.Meta, why error) (ledger.Outcome, error) {
	if key == "" {
		return ledger.Outcome{}, why
	}
	out, err := n.book.Do(ctx, &ledger.Place{Meta: meta})
	if err == nil && (out.Replayed || errors.Is(out.Err, ledger.ErrKeyReused) || errors.Is(out.Err, ledger.ErrInProgress)) {
		return out, nil
	}
	return ledger.Outcome{}, why // also where the book cannot be asked: the body stays bad
}

// placed renders a decided order from its entry, and from nothing else: a repeat gets the
// same bytes.
func (n *Node) placed(out ledger.Outcome) (*contract.Order, error) {
	if out.Err != nil {
		return nil, out.Err
	}
	body, ok := out.Entry.Body.(*ledger.OrderBody)
	if !ok {
		return nil, fmt.Errorf("answer order: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	order := contract.RenderOrder(&body.Order, contract.Seen{Seq: uint64(out.Entry.Seq), Ack: contract.Accepted})
	return &order, nil
}

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
	return writeJSON(w, http.StatusOK, contract.BulkAnswer{Results: s.bulk(r.Context(), req.Orders)})
}

// bulkAtOnce bounds how many orders of one bulk request are being decided at once. Orders of
// one bulk may be decided in any order.
const bulkAtOnce = 64

func (s *web) bulk(ctx context.Context, orders []contract.BulkOrder) []contract.BulkResult {
	results := make([]contract.BulkResult, len(orders))
	slots := make(chan struct{}, bulkAtOnce)
	var all sync.WaitGroup
	for i := range orders {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			results[i] = s.bulkOne(ctx, orders[i])
		})
	}
	all.Wait()
	return results
}

func (s *web) bulkOne(ctx context.Context, o contract.BulkOrder) contract.BulkResult {
	res := contract.BulkResult{Key: o.Key, HTTPStatus: http.StatusCreated}
	var err error
	if o.Key != "" {
		err = contract.CheckKey(o.Key)
	}
	var out ledger.Outcome
	if err == nil {
		out, err = s.placeBody(ctx, o.Key, o.Order)
	}
	if err == nil {
		res.Order, err = s.placed(out)
	}
	if err != nil {
		res.Problem = s.problem(err)
		res.HTTPStatus = res.Problem.Status
	}
	return res
}

// order gives an order that this site owns.
func (s *web) order(w http.ResponseWriter, r *http.Request) error {
	id, err := s.orderID(r)
	if err != nil {
		return err
	}
	seen := s.seenNow()
	o, err := s.book.Order(id)
	if errors.Is(err, ledger.ErrOrderUnknown) {
		return noOrder()
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contract.RenderOrder(o, seen))
}

func noOrder() error {
	p := contract.NotFound("This site owns no order of that id.")
	p.Hint = "Ask the site that took it, or head office."
	return p
}

func (s *web) orderID(r *http.Request) (ledger.OrderID, error) {
	text, err := pathName(r, "id")
	if err != nil {
		return "", err
	}
	id, err := ledger.ParseOrderID(text)
	if err != nil {
		return "", noOrder() // no such id was ever given out
	}
	return id, nil
}

// seenNow is from where a look at orders is answered. Head office has an order for certain
// when it has the whole journal; short of that the lower level is said.
func (n *Node) seenNow() contract.Seen {
	seen := contract.Seen{Seq: uint64(n.book.Head().Seq), Ack: contract.Accepted}
	if n.shared(n.book.Head()) {
		seen.Ack = contract.Shared
	}
	return seen
}
