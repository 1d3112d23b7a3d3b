package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
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
	out, asked, err := s.placeBody(r.Context(), key, body)
	if err != nil {
		return err
	}
	return s.answerPlaced(w, r, out, asked.level)
}

// pathOrders is what an order's key is bound to, alone or in bulk.
const pathOrders = "/v1/orders"

// A wish is an order as the book is to be asked for it. Where its body cannot be taken, why says
// so and what is put to the book is an order of nothing: a key comes before the body that it came
// with, one that was used for another request is said first, and only the book knows keys. It
// refuses an order of nothing without an entry where the key is new.
type wish struct {
	place *ledger.Place
	level contract.Durable // to be reached before the answer
	why   error
}

// readWish reads an order, as in came it, for the book; read gives what is in its body. An order
// that has an id of its own but no key is kept under its id: it can be repeated as safely.
func (n *Node) readWish(ctx context.Context, key string, body []byte, read func() (*contract.OrderRequest, error)) (wish, error) {
	meta := n.meta(ctx, key, http.MethodPost, pathOrders, body)
	level := contract.Durable("")
	place, err := n.readOrder(ctx, func() (*contract.OrderRequest, error) {
		req, err := read()
		if err == nil {
			level = req.Durable
		}
		return req, err
	})
	order := &place.Order
	if err == nil {
		order.TakenAt, err = contract.TakenBy(order.TakenAt, n.env.Clock.Wall())
	}
	switch {
	case err != nil && key == "":
		return wish{}, err
	case err != nil:
		return wish{place: &ledger.Place{Meta: meta}, why: err}, nil
	case key == "" && order.ID == "":
		return wish{}, errKeyMissing
	case key == "":
		meta.Key = ledger.DigestOf([]byte("order id"), []byte(meta.Actor), []byte(n.cfg.Site), []byte(order.ID))
	case order.ID == "":
		if order.ID, err = n.newID(); err != nil {
			return wish{}, err
		}
	}
	place.Meta = meta
	return wish{place: place, level: level}, nil
}

// told is what a wish's client is told of the book's word.
func (n *Node) told(w wish, out ledger.Outcome, err error) (ledger.Outcome, error) {
	if w.why == nil {
		n.metrics.ordered(out, err)
		n.noteRoom(out, err)
		return out, err
	}
	if err == nil && (out.Replayed || errors.Is(out.Err, ledger.ErrKeyReused) || errors.Is(out.Err, ledger.ErrInProgress)) {
		return out, nil
	}
	return ledger.Outcome{}, w.why // also where the book cannot be asked: the body stays bad
}

// placeBody reads one order and hands it to the desk. It gives the wish, too.
func (n *Node) placeBody(ctx context.Context, key string, body []byte) (ledger.Outcome, wish, error) {
	w, err := n.readWish(ctx, key, body, func() (*contract.OrderRequest, error) {
		req := new(contract.OrderRequest)
		return req, contract.Decode(body, req)
	})
	if err != nil {
		return ledger.Outcome{}, w, err
	}
	var out ledger.Outcome
	if w.why != nil {
		out, err = n.book.Do(ctx, w.place) // not the desk: nothing is waited for
	} else {
		n.affordPromotions(ctx, w.place.Key, &w.place.Order)
		out, err = n.desk.place(ctx, w.place)
	}
	out, err = n.told(w, out, err)
	return out, w, err
}

// readOrder makes an order of a body, or says what is wrong with it.
//
// What the customer holds is sold while the catalogue is still on its way into a rebuilt book.
func (n *Node) readOrder(ctx context.Context, read func() (*contract.OrderRequest, error)) (*ledger.Place, error) {
	place := &ledger.Place{}
	req, err := read()
	if err != nil {
		return place, err
	}
	if err := req.Named(n.catalogue()); err != nil {
		return place, n.named(err)
	}
	if place.Order, err = req.Ledger(n.defaults()); err != nil {
		return place, err
	}
	n.terms(&place.Order)
	if err := req.Charge(&place.Order, contract.Pricing{Item: n.book.ItemAt, Now: n.env.Clock.Wall(), Percent: n.cfg.DiscountPercent, Company: n.book.Company()}); err != nil {
		return place, err
	}
	if err := n.door.Approved(door.CallerOf(ctx), req); err != nil {
		return place, err
	}
	if place.Lots, err = req.Taken(); err != nil {
		return place, err
	}
	place.InHand, place.Approver = req.InHand, req.Approver
	if err := contract.Explode(&place.Order, n.componentsOf); err != nil {
		return place, err
	}
	if place.Least, err = n.leastFor(req.LeastDays, place.Order.Customer, skusOfOrder(&place.Order)); err != nil {
		return place, err
	}
	if place.Order.Fulfil != ledger.Take || place.InHand { // what leaves later is looked at when it is picked
		place.Least = ledger.Lasting{}
	}
	place.Lots = append(place.Lots, req.PartsTaken(&place.Order)...)
	order, serials := &place.Order, false
	for i := range order.Lines {
		item, ok := n.book.ItemAt(order.Lines[i].SKU)
		switch {
		case !ok && place.InHand && n.awaitsItems():
			continue
		case !ok:
			return place, n.unknownSKU(order.Lines[i].SKU, i+1)
		}
		serials = serials || item.Tracking == ledger.TrackSerial
		order.Lines[i].SKU = item.SKU // the same text once for all orders that stay open
	}
	if serials && order.Fulfil == ledger.Take && order.Draft == nil && !place.InHand {
		if err := n.catalogue().EachTaken(order, place.Lots); err != nil {
			return place, err
		}
	}
	if err := n.checkCollectAt(ctx, order); err != nil {
		return place, err
	}
	if err := n.dropShips(place); err != nil {
		return place, err
	}
	return place, n.judge(ctx, place, req.Override)
}

// awaitsItems says whether the catalogue may still be on its way: a new or replaced node has none yet,
// and a book that is being rebuilt fetches it again.
func (n *Node) awaitsItems() bool {
	_, rebuilt := n.book.Rebuild()
	return !n.cfg.Standalone && (rebuilt || n.book.RefVersion() == 0)
}

// unknownSKU is the answer to a SKU that is no item here. Where the catalogue is not here yet that is
// no fault of the request, and a later try finds it.
func (n *Node) unknownSKU(sku ledger.SKU, line int) error {
	if n.awaitsItems() {
		return contract.New(contract.CodeNotReady, "The items have not come from head office yet.")
	}
	return contract.UnknownSKU(sku, line)
}

// placed renders a decided order from its entry, and from nothing else: a repeat gets the
// same bytes.
func (n *Node) placed(out ledger.Outcome) (*contract.Order, error) {
	if out.Err != nil {
		return nil, out.Err
	}
	decided, ok := out.Entry.Answer() // a late entry too: it was first answered by a book that was set aside
	if !ok {
		return nil, fmt.Errorf("answer order: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
	}
	order := contract.RenderOrder(&decided.Order, contract.Seen{Seq: uint64(out.Entry.Seq), Ack: contract.Accepted})
	return &order, nil
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
	out := contract.RenderOrder(o, seen)
	out.Expires(o, s.env.Clock.Wall(), s.book.Company().Location())
	return writeJSON(w, http.StatusOK, out)
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
