package hq

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const pathDropShips = "/v1/drop-shipments"

// dropShipRoutes are the calls about lines of head office's own orders that suppliers send straight to the customer.
func (s *Server) dropShipRoutes() []route {
	out := []route{
		{doc(get, pathDropShips, "What suppliers are asked to send straight to customers and have neither sent nor refused, of head office's own orders. Those of a site's are in its book: ask its node"), forOwner, readable, false, s.getDropShips},
		{doc(get, pathDropShips+"/{id}", "What suppliers are asked to send for one order, by the order's id, and what they have said"), forOwner, readable, false, s.getDropShip},
	}
	for _, v := range []struct {
		deed    ledger.DropDeed
		summary string
	}{
		{ledger.DropConfirm, "A supplier says that it will send what it was asked for, and on which day; a later one is told to the customer"},
		{ledger.DropSend, "A supplier has sent it: it counts as handed over. What had left when its order was cancelled is over, and somebody is told"},
		{ledger.DropRefuse, "A supplier will not send it: it is sourced again as own stock, as a line of its own, where a site has some; else it is declined, with the reason, and somebody is told"},
		{ledger.DropBack, "What was sent has come back to the supplier: it counts as returned"},
	} {
		out = append(out, route{doc(http.MethodPost, pathDropShips+"/{id}/"+v.deed.String(), v.summary), forOwner, atLeader, false, s.tellDropShip(v.deed)})
	}
	return out
}

func dropShipping() map[string]contract.Route {
	reading := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	out := map[string]contract.Route{
		"GET " + pathDropShips: {Query: paged(text("supplier", "only of this one"), text("reference", "the one of this reference"),
			text("delivery_note", "with reference: what that is by now, open or not, where this despatch note of the supplier's was taken down for it; else nothing")),
			Answers: ok("One for each order and supplier. A page may have fewer than limit, and still not be the last.", contract.DropShipmentList{}), Codes: reading},
		"GET " + pathDropShips + "/{id}": {Query: reads(), Answers: ok("One for each of its suppliers.", contract.DropShipmentList{}), Codes: append([]contract.Code{contract.CodeNotFound}, reading...)},
	}
	for _, deed := range []ledger.DropDeed{ledger.DropConfirm, ledger.DropSend, ledger.DropRefuse, ledger.DropBack} {
		out["POST "+pathDropShips+"/{id}/"+deed.String()] = contract.Route{Key: contract.KeyRequired, Request: contract.DropShipRequest{}, Answers: ok("What the order's suppliers are asked for, as it stands.", contract.DropShipmentList{}),
			Codes: []contract.Code{contract.CodeNoLeader, contract.CodeNotReady, contract.CodeKeyMissing, contract.CodeBadValue, contract.CodeNotFound, contract.CodeNotSupported, contract.CodeDropShipState, contract.CodeNoteBooked}}
	}
	return out
}

func (s *Server) getDropShips(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "supplier", "reference", "delivery_note", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out := contract.DropShipmentList{DropShipments: []contract.DropShipment{}}
	if q.Has("delivery_note") {
		if q.Get("reference") == "" || q.Get("delivery_note") == "" {
			return &ledger.FormError{Field: "delivery_note", Why: "is asked for together with the reference that the supplier was given"}
		}
		s.View(func(m *machine.Machine) {
			id, booked := m.DropNote(q.Get("reference"), q.Get("delivery_note"))
			if o, known := m.Order(id); booked && known {
				out.DropShipments = contract.RenderDropShipments(&o.Order)
			}
		})
		return writeJSON(w, http.StatusOK, out)
	}
	wanted := func(d contract.DropShipment) bool {
		return (!q.Has("supplier") || d.Supplier == q.Get("supplier")) && (!q.Has("reference") || d.Reference == q.Get("reference")) &&
			slices.ContainsFunc(d.Lines, func(l contract.DropShipmentLine) bool { return l.Open > 0 })
	}
	s.View(func(m *machine.Machine) {
		rows, next := m.DropShips(ledger.OrderID(page.After), page.Limit, func(o *ledger.Order) bool { return slices.ContainsFunc(contract.RenderDropShipments(o), wanted) })
		for _, o := range rows {
			for _, d := range contract.RenderDropShipments(o) {
				if wanted(d) {
					out.DropShipments = append(out.DropShipments, d)
				}
			}
		}
		if next != "" {
			out.NextCursor = contract.Cursor(string(next))
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) getDropShip(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	id, err := s.pathOrder(r)
	if err != nil {
		return err
	}
	out := contract.DropShipmentList{}
	s.View(func(m *machine.Machine) {
		if o, known := m.Order(id); known && o.Owner == ledger.HQ {
			out.DropShipments = contract.RenderDropShipments(&o.Order)
		}
	})
	if len(out.DropShipments) == 0 {
		p := contract.NotFound("No supplier sends a line of such an order of head office's own.")
		p.Hint = "Those of an order that a site took are in its book: ask its node."
		return p
	}
	return writeJSON(w, http.StatusOK, out)
}

// tellDropShip takes a supplier's word down.
func (s *Server) tellDropShip(deed ledger.DropDeed) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := s.pathOrder(r)
		if err != nil {
			return err
		}
		var in contract.DropShipRequest
		body, err := readJSON(w, r, &in)
		if err != nil {
			return err
		}
		k, err := keyOf(r, pathDropShips+"/"+string(id)+"/"+deed.String(), body)
		if err != nil {
			return err
		}
		tell, err := in.Ledger(id, deed)
		if err != nil {
			return err
		}
		if !s.knows(machine.SupplierCommands) {
			return errMixed
		}
		owner := ledger.SiteID("")
		s.View(func(m *machine.Machine) { owner, _, _ = m.OwnerOf(id) })
		if owner != "" && owner != ledger.HQ {
			p := contract.NotSupported("id", fmt.Sprintf("The order stands in the book of %s, which hears its suppliers. Nothing was changed.", contract.SiteName(owner)))
			p.Hint = fmt.Sprintf("Say it at the node of %s.", contract.SiteName(owner))
			return p
		}
		res, err := s.Propose(r.Context(), machine.Marshal(&machine.SupplierSays{Order: id, Supplier: tell.Supplier, Deed: deed, Lines: tell.Lines, Note: tell.Note, Ship: tell.Ship, Due: tell.Due,
			Reason: tell.Reason, By: signer(r.Context(), tell.By), Key: k.key, Request: k.request, At: s.now()}))
		if err := errors.Join(err, res.Err); err != nil {
			return err
		}
		if res.Replayed {
			w.Header().Set(contract.HeaderReplayed, "true")
		}
		if no, is := errors.AsType[*ledger.DropError](res.Answer.Err()); is {
			if no.Supplier, no.Deed = tell.Supplier, deed; no.Supplier == "" {
				no.Supplier = res.Answer.Order.DropShips()[0]
			}
			return no
		}
		s.planAgain() // what was refused may be sourced again
		return writeJSON(w, http.StatusOK, contract.DropShipmentList{DropShipments: contract.RenderDropShipments(res.Answer.Order)})
	}
}
