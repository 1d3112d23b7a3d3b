package node

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// listFulfilments pages through what this site serves, by order: of its own orders and of other
// books'. Of what is done it knows its own orders. A page may hold fewer than limit and still have a next one.
func (s *web) listFulfilments(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "status", "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	status, err := contract.ReadFulfilmentStatus(q.Get("status"))
	if err != nil {
		return err
	}
	after := ledger.OrderID(page.After)
	var all []contract.SiteFulfilment
	var next ledger.OrderID
	if status == contract.FulfilmentCollected {
		orders, behind, err := s.book.Orders(ledger.OrderQuery{After: after, Limit: page.Limit,
			Keep: func(o *ledger.Order) bool { return len(s.handedOver(o).Lines) > 0 }})
		if err != nil {
			return fmt.Errorf("list fulfilments: %w", err)
		}
		next = behind
		for _, o := range orders {
			all = append(all, s.handedOver(o))
		}
	} else {
		keep := func(p *ledger.ServedPart) bool {
			return status == "" && p.Busy() || status == contract.FulfilmentStatus(p.State)
		}
		parts, behind := s.book.Parts(after, page.Limit, keep)
		next = behind
		for _, p := range parts {
			all = append(all, s.partOf(&p))
		}
	}
	out := contract.FulfilmentList{Fulfilments: all, NextCursor: contract.Cursor(string(next))}
	if all == nil {
		out.Fulfilments = []contract.SiteFulfilment{}
	}
	return writeJSON(w, http.StatusOK, out)
}

// fulfilment gives one part of an order that this site serves.
func (s *web) fulfilment(w http.ResponseWriter, r *http.Request) error {
	order, err := s.fulfilmentOf(r)
	if err != nil {
		return err
	}
	if p, ok := s.book.Part(order); ok {
		return writeJSON(w, http.StatusOK, s.partOf(&p))
	}
	o, err := s.book.Order(order)
	if err != nil && !errors.Is(err, ledger.ErrOrderUnknown) {
		return err
	}
	if err == nil {
		if f := s.handedOver(o); len(f.Lines) > 0 {
			return writeJSON(w, http.StatusOK, f)
		}
	}
	return noFulfilment()
}

// partOf renders a part. Which kits its lines are of is known of this site's own orders.
func (n *Node) partOf(p *ledger.ServedPart) contract.SiteFulfilment {
	out := contract.RenderPart(p, n.cfg.Site)
	if p.Owner != n.cfg.Site {
		return out
	}
	if o, err := n.book.Order(p.Order); err == nil {
		for i := range out.Lines {
			out.Lines[i].Kit = contract.KitOfLine(o, out.Lines[i].Line)
		}
	}
	return out
}

// handedOver gives what this site has handed over of an order that it owns, where it serves no more of it.
func (n *Node) handedOver(o *ledger.Order) contract.SiteFulfilment {
	out := contract.SiteFulfilment{ID: contract.FulfilmentID(o.ID, n.cfg.Site), Order: o.ID, Owner: o.Owner, Site: n.cfg.Site, Status: contract.FulfilmentCollected}
	if o.Fulfil == ledger.Deliver {
		out.Status = contract.FulfilmentDispatched
	}
	if o.Status == ledger.StatusSourcing || slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.Here > 0 }) {
		return out
	}
	for i := range o.Lines {
		if q := o.Lines[i].TakenHere(); q > 0 {
			out.Lines = append(out.Lines, contract.FulfilmentLine{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q, Kit: contract.KitOfLine(o, i+1)})
		}
	}
	return out
}

// fulfilmentOf reads which order's part the path names.
func (s *web) fulfilmentOf(r *http.Request) (ledger.OrderID, error) {
	id, err := pathName(r, "id")
	if err != nil {
		return "", err
	}
	order, site, known := contract.ParseFulfilmentID(id)
	if !known || site != s.cfg.Site {
		return "", noFulfilment()
	}
	return order, nil
}

// pickFulfilment writes down what came of a pick.
func (s *web) pickFulfilment(w http.ResponseWriter, r *http.Request) error {
	var req contract.PickRequest
	return s.fulfil(w, r, &req, func(order ledger.OrderID, meta ledger.Meta) (ledger.Request, error) {
		part, _ := s.book.Part(order)
		wrong := req.Verify(s.catalogue(), part.SKUOf)
		pick, err := req.Ledger(order)
		if err != nil {
			return nil, err
		}
		if wrong = cmp.Or(wrong, s.judgeShort(pick.Lines)); wrong != nil {
			return nil, &misscan{meta, wrong}
		}
		if pick.Least, err = s.leastOf(req.LeastDays, order); err != nil {
			return nil, err
		}
		pick.Meta, pick.Homes = meta, s.homes(&part)
		return pick, nil
	})
}

// rejectFulfilment writes down that the site will not serve a fulfilment, or some of it.
func (s *web) rejectFulfilment(w http.ResponseWriter, r *http.Request) error {
	var req contract.RejectRequest
	return s.fulfil(w, r, &req, func(order ledger.OrderID, meta ledger.Meta) (ledger.Request, error) {
		reject, err := req.Ledger(order)
		if err == nil {
			reject.Meta = meta
		}
		return reject, err
	})
}

// fulfil reads a request about a fulfilment into req, and puts to the book what wishOf makes of it.
func (s *web) fulfil(w http.ResponseWriter, r *http.Request, req any, wishOf func(ledger.OrderID, ledger.Meta) (ledger.Request, error)) error {
	key, err := contract.Key(r.Header)
	if err != nil {
		return err
	}
	if key == "" {
		return errKeyMissing
	}
	order, err := s.fulfilmentOf(r)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := contract.Decode(body, req); err != nil {
		return err
	}
	wish, err := wishOf(order, s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body))
	wrong, misread := errors.AsType[*misscan](err)
	if misread { // refused without an entry, but for a repeat
		wish = &ledger.PickLeg{Meta: wrong.meta, Order: order}
	} else if err != nil {
		return err
	}
	out, err := s.book.Do(r.Context(), wish)
	if misread && !answered(out, err) {
		return wrong.why
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	switch {
	case err != nil:
		return err
	case errors.Is(out.Err, ledger.ErrLegUnknown):
		return noFulfilment()
	case out.Err != nil:
		return out.Err
	}
	return writeJSON(w, http.StatusOK, s.fulfilled(out.Entry, order))
}

// A misscan says that what was scanned is not what is wanted. It is no answer of the book's: a repeat of a request that the book has answered gets
// that answer.
type misscan struct {
	meta ledger.Meta
	why  error
}

func (e *misscan) Error() string { return e.why.Error() }

// fulfilled renders what an entry says of a fulfilment, and nothing else: a repeat gets the same bytes. An
// entry that was told late, by a book that was set aside, says only that it is written down.
func (n *Node) fulfilled(e *ledger.Entry, order ledger.OrderID) contract.FulfilmentAnswer {
	switch b := e.Body.(type) {
	case *ledger.LegBody:
		out := contract.RenderLeg(b, order, n.cfg.Site, e.Seq)
		out.Lots = contract.RenderLots(e.Lots)
		return out
	case *ledger.WorkBody:
		out := contract.RenderWork(b, order, n.cfg.Site, e.Seq)
		out.Lots = contract.RenderLots(e.Lots)
		return out
	case *ledger.ReturnBody:
		if b.Parcel != nil {
			out := contract.RenderWork(b.Parcel, order, n.cfg.Site, e.Seq)
			out.Return = b.Return.ID
			return out
		}
	}
	return contract.RenderLeg(&ledger.LegBody{}, order, n.cfg.Site, e.Seq)
}

func noFulfilment() error {
	p := contract.NotFound("This site serves no such part of an order, or has served all of it.")
	p.Hint = "Check the id, or look it up among what this site serves (holdfast fulfilment list)."
	return p
}
