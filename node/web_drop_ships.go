package node

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// dropShipRoutes are the calls about lines that suppliers send straight to the customer.
func (s *web) dropShipRoutes() []route {
	return []route{
		{"GET", "/v1/drop-shipments", s.listDropShipments, docListDropShipments},
		{"GET", "/v1/drop-shipments/{id}", s.oneDropShipment, docOneDropShipment},
		{"POST", "/v1/drop-shipments/{id}/confirm", s.tellDropShip(ledger.DropConfirm), docTellDropShip("A supplier says that it will send what it was asked for, and on which day; a later one is told to the customer")},
		{"POST", "/v1/drop-shipments/{id}/dispatch", s.tellDropShip(ledger.DropSend), docTellDropShip("A supplier has sent it: it counts as handed over. What had left when its order was cancelled is over, and somebody is told")},
		{"POST", "/v1/drop-shipments/{id}/refuse", s.tellDropShip(ledger.DropRefuse), docTellDropShip("A supplier will not send it, also after it had confirmed: it comes back declined, with the reason; nothing is owed for it, and somebody is told")},
		{"POST", "/v1/drop-shipments/{id}/come-back", s.tellDropShip(ledger.DropBack), docTellDropShip("What was sent has come back to the supplier: it counts as returned, and no goods come in here. What comes back to a site is a return")},
	}
}

// dropShips marks the lines of an order that their suppliers send.
func (n *Node) dropShips(p *ledger.Place) error {
	if p.InHand {
		return nil // the customer holds the goods
	}
	return contract.DropShips(&p.Order, n.book.ItemAt, func(sku ledger.SKU) bool {
		level, _ := n.book.Level(sku)
		return level.OnHand() > 0
	})
}

// listDropShipments lists what suppliers are asked for and have neither sent nor refused, the oldest order first.
func (s *web) listDropShipments(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "supplier", "reference", "delivery_note", "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	if q.Has("delivery_note") {
		return s.noteOfDropShipment(w, q.Get("reference"), q.Get("delivery_note"))
	}
	wanted := func(d contract.DropShipment) bool {
		return (!q.Has("supplier") || d.Supplier == q.Get("supplier")) && (!q.Has("reference") || d.Reference == q.Get("reference")) &&
			slices.ContainsFunc(d.Lines, func(l contract.DropShipmentLine) bool { return l.Open > 0 })
	}
	orders, next, err := s.book.Orders(ledger.OrderQuery{Open: true, After: ledger.OrderID(page.After), Limit: page.Limit,
		Keep: func(o *ledger.Order) bool {
			return o.WithSuppliers() && o.Status != ledger.StatusSourcing && slices.ContainsFunc(contract.RenderDropShipments(o), wanted)
		}})
	if err != nil {
		return fmt.Errorf("list drop shipments: %w", err)
	}
	out := contract.DropShipmentList{DropShipments: []contract.DropShipment{}, NextCursor: contract.Cursor(string(next))}
	for _, o := range orders {
		for _, d := range contract.RenderDropShipments(o) {
			if wanted(d) {
				out.DropShipments = append(out.DropShipments, d)
			}
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

// noteOfDropShipment says whether a supplier's despatch note was taken down for what it was asked for under a reference, also where nothing of that is open any more.
func (s *web) noteOfDropShipment(w http.ResponseWriter, reference, note string) error {
	if reference == "" || note == "" {
		return &ledger.FormError{Field: "delivery_note", Why: "is asked for together with the reference that the supplier was given"}
	}
	out := contract.DropShipmentList{DropShipments: []contract.DropShipment{}}
	e, err := s.book.DropNote(reference, note)
	if err != nil {
		return fmt.Errorf("look up despatch note: %w", err)
	}
	if e == nil {
		return writeJSON(w, http.StatusOK, out)
	}
	o, err := s.book.Order(ledger.OrderID(e.Ref))
	if err != nil {
		return fmt.Errorf("look up the order of a despatch note: %w", err)
	}
	for _, d := range contract.RenderDropShipments(o) {
		if d.Supplier == e.Body.(*ledger.DropBody).Supplier {
			out.DropShipments = append(out.DropShipments, d)
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

// oneDropShipment shows what suppliers are asked to send for one order, and what they have said.
func (s *web) oneDropShipment(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	id, err := s.orderID(r)
	if err != nil {
		return err
	}
	o, err := s.book.Order(id)
	if err != nil {
		return noOrder()
	}
	return answerDropShipments(w, o)
}

func answerDropShipments(w http.ResponseWriter, o *ledger.Order) error {
	out := contract.DropShipmentList{DropShipments: contract.RenderDropShipments(o)}
	if len(out.DropShipments) == 0 {
		p := contract.NotFound(fmt.Sprintf("No supplier sends a line of order %s.", o.Number()))
		p.Hint = "An item whose supplier sends it says so (drop_ship), and counts from the next order on."
		return p
	}
	return writeJSON(w, http.StatusOK, out)
}

// tellDropShip takes a supplier's word down.
func (s *web) tellDropShip(deed ledger.DropDeed) call {
	return func(w http.ResponseWriter, r *http.Request) error {
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
		var in contract.DropShipRequest
		if err := signedBody(r.Context(), body, &in); err != nil {
			return err
		}
		tell, err := in.Ledger(id, deed)
		if err != nil {
			return err
		}
		tell.Meta = s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
		out, err := s.book.Do(r.Context(), tell)
		if err == nil {
			err = out.Err
		}
		if err != nil {
			return err
		}
		if out.Replayed {
			set(w, contract.HeaderReplayed, "true")
		}
		b, ok := out.Entry.Body.(*ledger.DropBody)
		if !ok {
			return fmt.Errorf("answer supplier's word: entry %d is of kind %s", out.Entry.Seq, out.Entry.Kind)
		}
		return answerDropShipments(w, b.Order)
	}
}

func docListDropShipments() contract.Route {
	return contract.Route{Summary: "What suppliers are asked to send straight to customers and have neither sent nor refused, of this site's orders, the oldest first: the purchase orders to them. No stock has anything to do with it, and all of it works while the line to head office is down",
		Query: append(pageParams(), contract.Param{Name: "supplier", About: "only of this one"}, contract.Param{Name: "reference", About: "the one of this reference"},
			contract.Param{Name: "delivery_note", About: "with reference: what that is by now, open or not, where this despatch note of the supplier's was taken down for it; else nothing"}),
		Answers: ok("One for each order and supplier. A page may have fewer than limit, and still not be the last", contract.DropShipmentList{}), Codes: listCodes()}
}

func docOneDropShipment() contract.Route {
	return contract.Route{Summary: "What suppliers are asked to send for one order, by the order's id, and what they have said", Answers: ok("One for each of its suppliers", contract.DropShipmentList{}), Codes: append(listCodes(), contract.CodeNotFound)}
}

func docTellDropShip(summary string) func() contract.Route {
	return func() contract.Route {
		return contract.Route{Summary: summary, Key: contract.KeyRequired, Request: contract.DropShipRequest{}, Answers: ok("What the order's suppliers are asked for, as it stands", contract.DropShipmentList{}),
			Codes: append(writeCodes(), contract.CodeKeyMissing, contract.CodeBadValue, contract.CodeNotFound, contract.CodeDropShipState, contract.CodeNoteBooked, contract.CodeInProgress)}
	}
}
