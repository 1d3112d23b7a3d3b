package hq

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// postAmend changes what an order of head office's own is for. An order of a site's stands in that site's book, which cannot
// amend it: the answer says so, and nothing has changed.
func (s *Server) postAmend(w http.ResponseWriter, r *http.Request) error {
	id, err := s.pathOrder(r)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	k, err := keyOf(r, pathOrders+"/"+string(id)+"/amend", body)
	if err != nil {
		return err
	}
	out, err := s.amend(r.Context(), id, k, body)
	if err != nil {
		return err
	}
	return answerOutcome(w, http.StatusOK, out, contract.Shared)
}

func (s *Server) amend(ctx context.Context, id ledger.OrderID, k keyed, body []byte) (out office.Outcome, err error) {
	if out, known := s.replay(k); known {
		return out, nil
	}
	if !s.knows(machine.AmendCommands) {
		return out, errMixed
	}
	var in contract.AmendRequest
	if err := contract.Decode(body, &in); err != nil {
		return out, err
	}
	if err := in.Named(s.catalogue()); err != nil {
		return out, err
	}
	what, err := in.Ledger()
	if err != nil {
		return out, err
	}
	if looked(s, (*machine.Machine).Known) >= ledger.KindMoney {
		if err := what.Charge(&in, s.groupOf(id), contract.Pricing{Item: s.catalogue().Item, Now: s.now(), Company: s.company()}); err != nil {
			return out, err
		}
	}
	a := &office.Amending{Order: id, Version: what.Version, ShipTo: what.ShipTo, NeedBy: what.NeedBy, Key: k.key, Request: k.request, By: signer(ctx, what.By)}
	s.View(func(m *machine.Machine) {
		o, _ := m.Order(id)
		for i, l := range what.Lines {
			if err == nil {
				err = kitStays(m, o, l, i+1)
			}
			if err == nil {
				err = supplierStays(m, o, l, i+1)
			}
			if _, known := m.Item(l.SKU); l.SKU != "" && !known && err == nil {
				err = contract.UnknownSKU(l.SKU, i+1)
			}
			a.Lines = append(a.Lines, machine.AmendLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty, Price: l.Price, Charge: l.Charge})
		}
	})
	if err != nil {
		return out, err
	}
	err = s.patiently(ctx, s.cfg.Office.BorrowWait, func(final bool) (done bool, err error) {
		off, err := s.leader()
		if err != nil {
			return true, err
		}
		out, done, err = off.TryAmend(ctx, s.now(), a, final)
		return done, err
	})
	if err == nil && out.Err == nil && !out.Replayed && a.ShipTo != nil {
		s.planAgain() // a site that is to serve some of it may not send there
	}
	return out, err
}

// groupOf is whose prices an order has.
func (s *Server) groupOf(id ledger.OrderID) (group string) {
	s.View(func(m *machine.Machine) {
		if o, ok := m.Order(id); ok {
			group = o.Group
		}
	})
	return group
}

// knows says whether every server of head office carries out commands up to a kind.
func (s *Server) knows(kind int) bool {
	every, _, err := s.everyBuild()
	return err == nil && every.Commands >= kind
}

// kitStays refuses to amend what an order has of a kit, line by line: some of the components only would be none.
func kitStays(m *machine.Machine, o *machine.Order, l contract.AmendedLine, line int) error {
	var p *contract.Problem
	switch {
	case l.Line > 0 && o != nil:
		k, _ := o.KitOf(l.Line)
		if k == nil {
			return nil
		}
		p = contract.New(contract.CodeNotAmendable, fmt.Sprintf("Line %d of the order belongs to the kit %s, which is changed as a whole or not at all.", l.Line, k.SKU))
	case l.Line == 0 && len(m.ComponentsOf(l.SKU)) > 0:
		p = contract.New(contract.CodeNotAmendable, fmt.Sprintf("%s is a kit, which cannot be added to an order that stands.", l.SKU))
		p.Hint = "Place another order for it."
	default:
		return nil
	}
	p.Field, p.Line = fmt.Sprintf("lines[%d].line", line-1), line
	return p
}

// supplierStays refuses to ask a supplier for more than an order has asked of it, or for another line: the supplier has the order on its paper. Less is asked for at once.
func supplierStays(m *machine.Machine, o *machine.Order, l contract.AmendedLine, line int) error {
	name := l.SKU
	switch {
	case l.Line > 0 && o != nil && l.Line <= len(o.Lines):
		was := &o.Lines[l.Line-1]
		if was.Drop == nil || !was.Canceled && l.Qty <= was.Qty {
			return nil
		}
		name = was.SKU
	case l.Line == 0 && o != nil && o.Fulfil == ledger.Deliver:
		if it, known := m.Item(l.SKU); !known || it.Detail == nil || !it.Detail.DropShip {
			return nil
		}
	default:
		return nil
	}
	p := contract.New(contract.CodeNotAmendable, fmt.Sprintf("%s is sent by its supplier, which has the order: it cannot be asked for more of it.", name))
	p.Hint = "Place another order for it. Less can be wanted of a line, as long as it has not left its supplier."
	p.Field, p.Line = fmt.Sprintf("lines[%d].line", line-1), line
	return p
}

// amendRefused is what an amendment is refused with beside what an order is; nil of any other error.
func amendRefused(err error) *contract.Problem {
	if e, ok := errors.AsType[*machine.ChangedError](err); ok {
		return contract.New(contract.CodeOrderChanged, fmt.Sprintf("The order is at version %d by now.", e.Version))
	}
	if e, ok := errors.AsType[*machine.FixedError](err); ok {
		p := contract.New(contract.CodeLineFixed, "")
		for _, l := range e.Lines {
			p.Lines = append(p.Lines, contract.Short{Line: l.Line, SKU: l.SKU, Want: l.Want, Have: l.Have})
		}
		return p
	}
	if e, ok := errors.AsType[*office.ElsewhereError](err); ok {
		return contract.New(contract.CodeNotAmendable, fmt.Sprintf("The order stands in the book of %s, which cannot change what it is for.", contract.SiteName(e.Owner)))
	}
	return nil
}
