package node

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// listFulfilments pages through what this site serves, by order: of its own orders and of other
// books'. A page may hold fewer than limit and still have a next one.
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
	orders, next, err := s.book.Orders(ledger.OrderQuery{After: after, Limit: page.Limit,
		Keep: func(o *ledger.Order) bool { return len(s.serves(o, status).Lines) > 0 }})
	if err != nil {
		return fmt.Errorf("list fulfilments: %w", err)
	}
	var all []contract.SiteFulfilment
	for _, o := range orders {
		all = append(all, s.serves(o, status))
	}
	if status == contract.FulfilmentReserved {
		// What lies behind the last order that was looked at comes with the next page.
		for _, v := range s.book.Served(after, page.Limit+1) {
			if next == "" || v.Order <= next {
				all = append(all, s.servesOther(&v))
			}
		}
		slices.SortFunc(all, func(a, b contract.SiteFulfilment) int { return strings.Compare(string(a.Order), string(b.Order)) })
	}
	if len(all) > page.Limit {
		all = all[:page.Limit]
		next = all[page.Limit-1].Order
	}
	out := contract.FulfilmentList{Fulfilments: all, NextCursor: contract.Cursor(string(next))}
	if all == nil {
		out.Fulfilments = []contract.SiteFulfilment{}
	}
	return writeJSON(w, http.StatusOK, out)
}

// serves gives what this site serves, in a status, of an order that it owns.
func (n *Node) serves(o *ledger.Order, status contract.FulfilmentStatus) contract.SiteFulfilment {
	out := contract.SiteFulfilment{ID: contract.FulfilmentID(o.ID, n.cfg.Site), Order: o.ID, Owner: o.Owner, Site: n.cfg.Site, Status: status}
	if o.Status == ledger.StatusSourcing {
		return out
	}
	waits := slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.Here > 0 })
	for i := range o.Lines {
		l := &o.Lines[i]
		q := l.Here
		if status == contract.FulfilmentCollected {
			if q = l.Taken; waits {
				q = 0
			}
		}
		if q > 0 {
			out.Lines = append(out.Lines, contract.FulfilmentLine{Line: i + 1, SKU: l.SKU, Qty: q, Kit: contract.KitOfLine(o, i+1)})
		}
	}
	return out
}

func (n *Node) servesOther(v *ledger.Served) contract.SiteFulfilment {
	out := contract.SiteFulfilment{ID: contract.FulfilmentID(v.Order, n.cfg.Site), Order: v.Order, Owner: v.Owner, Site: n.cfg.Site,
		Status: contract.FulfilmentReserved, Lines: make([]contract.FulfilmentLine, len(v.Lines))}
	for i, l := range v.Lines {
		out.Lines[i] = contract.FulfilmentLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty}
	}
	return out
}

// pickFulfilment writes down what a pick did not find.
func (s *web) pickFulfilment(w http.ResponseWriter, r *http.Request) error {
	var req contract.PickRequest
	return s.fulfil(w, r, &req, func(order ledger.OrderID, meta ledger.Meta) (ledger.Request, error) {
		pick, err := req.Ledger(order)
		if err == nil {
			pick.Meta = meta
		}
		return pick, err
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
	id, err := pathName(r, "id")
	if err != nil {
		return err
	}
	order, site, known := contract.ParseFulfilmentID(id)
	if !known || site != s.cfg.Site {
		return noFulfilment()
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := contract.Decode(body, req); err != nil {
		return err
	}
	wish, err := wishOf(order, s.meta(key, r.Method, r.URL.EscapedPath(), body))
	if err != nil {
		return err
	}
	out, err := s.book.Do(r.Context(), wish)
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

// fulfilled renders what an entry says of a fulfilment, and nothing else: a repeat gets the same bytes. An
// entry that was told late, by a book that was set aside, says only that it is written down.
func (n *Node) fulfilled(e *ledger.Entry, order ledger.OrderID) contract.FulfilmentAnswer {
	leg, ok := e.Body.(*ledger.LegBody)
	if !ok {
		leg = &ledger.LegBody{}
	}
	return contract.RenderLeg(leg, order, n.cfg.Site, e.Seq)
}

func noFulfilment() error {
	p := contract.NotFound("This site serves no such part of an order, or has served it.")
	p.Hint = "GET /v1/fulfilments lists what this site serves."
	return p
}
