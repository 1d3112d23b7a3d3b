package hq

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	dueEach  = time.Second // how often what is due is looked at, at most
	dueBatch = 100         // orders that are decided about in one look
)

// runDue does with orders that wait what is to be done when they are due. What fails is tried again later, under the same key.
func (s *Server) runDue(ctx context.Context) {
	turns := make(ledger.Turns)
	for s.pause(ctx, dueEach) {
		now := s.now()
		var due []*ledger.Order
		s.View(func(m *machine.Machine) { due = m.DueReviews(now, dueBatch, turns.Rest(now)) })
		for _, o := range due {
			err := s.decideByDefault(ctx, o)
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				turns.Done(o.ID)
				continue
			}
			s.log.LogAttrs(ctx, slog.LevelWarn, "an order that is due is decided later", slog.String(keyOrder, string(o.ID)),
				slog.Duration("again_in", turns.Failed(o.ID, now)), slog.Any(keyErr, err))
		}
	}
}

// decideByDefault releases, or cancels, an order that is due. One that there are not the goods for by now is cancelled: its customer was promised nothing.
func (s *Server) decideByDefault(ctx context.Context, o *ledger.Order) error {
	in := &contract.RulingRequest{Decision: o.Review.Default.String(), Reason: "nobody decided"}
	keyFor := func(do string) keyed {
		d := ledger.DigestOf([]byte("due"), []byte(o.ID), []byte(do))
		return keyed{d, d}
	}
	out, err := s.decide(ctx, keyFor(in.Decision), o.ID, in)
	if _, short := errors.AsType[*ledger.ShortError](out.Err); err == nil && short {
		in.Decision, in.Reason = ledger.RulingCancel.String(), "nobody decided, and stock is short by now"
		out, err = s.decide(ctx, keyFor(in.Decision), o.ID, in)
	}
	return errors.Join(err, out.Err)
}
