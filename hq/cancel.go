package hq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A cancel is decided by the book that owns the order. Head office passes it to a site that is
// connected now; it is stored nowhere, so a site that is away is told of nothing later.

// A wish to cancel, by a client of ours or by one of a site's.
type wish struct {
	order ledger.OrderID
	machine.Hand
	keyed
	wait time.Duration // how long the owner may take
}

// An answer as a client gets it.
type answer struct {
	status   int
	body     []byte
	replayed bool
}

func (s *Server) postCancel(w http.ResponseWriter, r *http.Request) error {
	id, err := s.pathOrder(r)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := contract.Decode(body, &struct{}{}); err != nil {
			return err
		}
	}
	k, err := keyOf(r, pathOrders+"/"+string(id)+"/cancel", body)
	if err != nil {
		return err
	}
	a, err := s.cancel(r.Context(), wish{order: id, Hand: handOf(door.CallerOf(r.Context())), keyed: k, wait: s.cfg.CallWait})
	if err != nil {
		return err
	}
	if a.replayed {
		w.Header().Set(contract.HeaderReplayed, "true")
	}
	kind := "application/json"
	if a.status >= http.StatusBadRequest {
		kind = contract.ProblemType
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has gone needs no answer
	return nil
}

// cancel has the owner decide. An error is head office's own.
func (s *Server) cancel(ctx context.Context, c wish) (answer, error) {
	out, known := s.replay(c.keyed)
	if !known {
		off, err := s.leader()
		if err != nil {
			return answer{}, err
		}
		out, err = off.Cancel(ctx, s.now(), &office.Canceling{Order: c.order, Key: c.key, Request: c.request, By: c.By})
		if away, ok := errors.AsType[*office.ElsewhereError](err); ok {
			return s.call(ctx, away.Owner, c)
		}
		if err != nil {
			return answer{}, err
		}
	}
	if out.Err != nil {
		p := problem(out.Err)
		return answer{status: p.Status, body: p.JSON(), replayed: out.Replayed}, nil
	}
	status, body, err := asJSON(http.StatusOK, renderOwn(out.Answer.Order, out.Answer.Amends+1))
	return answer{status: status, body: body, replayed: out.Replayed}, err
}

// call passes the wish to a site through the pull that it has open. Where it has none, nothing
// has changed and that is said at once. Once the call was sent, silence is unsure.
func (s *Server) call(ctx context.Context, site ledger.SiteID, c wish) (answer, error) {
	if !s.polls.attended(site) {
		return answer{}, errOwnerAway
	}
	w := wire.Call{DeadlineMS: c.wait.Milliseconds(), Cancel: c.order, Actor: c.By, Device: c.Device, Approver: c.Approver, Key: c.key, Request: c.request}
	if _, err := io.ReadFull(s.env.Random("calls"), w.ID[:]); err != nil {
		return answer{}, fmt.Errorf("draw call id: %w", err)
	}
	one, err := s.calls.put(site, w)
	if err != nil {
		return answer{}, err
	}
	s.fsm.sites.of(site).ring()
	fired, stop := s.env.Clock.After(c.wait)
	defer stop()
	select {
	case r := <-one.reply:
		return answer{status: r.Status, body: r.Body, replayed: r.Replayed}, nil
	case <-fired:
	case <-ctx.Done():
	}
	if s.calls.drop(one) {
		return answer{}, fmt.Errorf("call %s: %w", site, ledger.ErrUnsure)
	}
	return answer{}, errOwnerAway
}
