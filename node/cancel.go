package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// cancelOwn cancels an order of this site. Its own clients and head office's come this way.
func (n *Node) cancelOwn(ctx context.Context, meta ledger.Meta, id ledger.OrderID) (ledger.Outcome, error) {
	out, err := n.book.Do(ctx, &ledger.CancelOrder{Meta: meta, Order: id})
	if err == nil {
		err = out.Err
	}
	return out, err
}

// cancelElsewhere passes a cancel on to the book that owns the order. The key travels along:
// that book remembers it, so a repeat is harmless.
func (n *Node) cancelElsewhere(ctx context.Context, meta ledger.Meta, id ledger.OrderID) (wire.ForwardReply, error) {
	if n.link == nil {
		return wire.ForwardReply{}, noOrder()
	}
	reply, err := n.forward(ctx, wire.Forward{Cancel: id, Actor: meta.Actor, Device: meta.Device, Approver: meta.Approver, Key: meta.Key, Request: meta.Request})
	switch {
	case err != nil:
		return wire.ForwardReply{}, err
	case reply.Status < 200 || reply.Status > 599 || !json.Valid(reply.Body):
		return wire.ForwardReply{}, fmt.Errorf("%w: head office's answer of status %d cannot be read", ledger.ErrUnsure, reply.Status)
	}
	return reply, nil
}

// answerCall answers a live question of head office as our own API would.
func (n *Node) answerCall(ctx context.Context, c wire.Call) wire.CallReply {
	var body []byte
	out, err := n.cancelOwn(ctx, ledger.Meta{Actor: c.Actor, Device: c.Device, Approver: c.Approver, Key: c.Key, Request: c.Request}, c.Cancel)
	if err == nil {
		order, renderErr := n.placed(out)
		if err = renderErr; err == nil {
			body, err = json.Marshal(order)
		}
	}
	if err != nil {
		p := n.problem(err)
		return wire.CallReply{Status: p.Status, Body: p.JSON(), Replayed: out.Replayed}
	}
	return wire.CallReply{Status: http.StatusOK, Body: append(body, '\n'), Replayed: out.Replayed}
}

// cancelOrder cancels what has not been handed over.
func (s *web) cancelOrder(w http.ResponseWriter, r *http.Request) error {
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
	if len(body) > 0 { // there is nothing to say; what is said must not be passed over
		if err := contract.Decode(body, &struct{}{}); err != nil {
			return err
		}
	}
	meta := s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	out, err := s.cancelOwn(r.Context(), meta, id)
	if errors.Is(err, ledger.ErrOrderUnknown) {
		return s.passCancelOn(w, r, meta, id)
	}
	if out.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	if err != nil {
		return err
	}
	order, err := s.placed(out)
	if err != nil {
		return err
	}
	writeBody(w, http.StatusOK, order.JSON())
	return nil
}

func (s *web) passCancelOn(w http.ResponseWriter, r *http.Request, meta ledger.Meta, id ledger.OrderID) error {
	reply, err := s.cancelElsewhere(r.Context(), meta, id)
	if err != nil {
		return err
	}
	if reply.Replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	kind := "application/json"
	if reply.Status >= http.StatusBadRequest {
		kind = contract.ProblemType
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(reply.Status)
	_, _ = w.Write(reply.Body) // a client that has gone needs no answer
	return nil
}
