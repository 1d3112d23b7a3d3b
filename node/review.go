package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// terms gives an order the prices of its customer's group, where it names no other.
func (n *Node) terms(o *ledger.Order) {
	if o.Group != "" || o.Customer == "" {
		return
	}
	if c, ok := n.book.Customer(ledger.CustomerID(o.Customer)); ok && !c.Erased {
		o.Group = c.PriceGroup()
	}
}

// letsThrough gives an override the name of who is known at the door to let it through.
func (n *Node) letsThrough(ctx context.Context, override *contract.Override) (*contract.Override, error) {
	if override == nil {
		return nil, nil
	}
	by, err := n.door.Overrides(door.CallerOf(ctx), override.By)
	return &contract.Override{By: by, Reason: override.Reason}, err
}

// judge holds an order against the checks that this site has heard. A draft is held against them when it is placed.
func (n *Node) judge(ctx context.Context, p *ledger.Place, override *contract.Override) error {
	o := &p.Order
	override, err := n.letsThrough(ctx, override)
	if err != nil {
		return err
	}
	if o.Draft != nil && !p.Drafted {
		return nil
	}
	if c, ok := n.book.Customer(ledger.CustomerID(o.Customer)); ok && o.Customer != "" && !c.Erased {
		if err := contract.KnownAddresses(o, c); err != nil {
			return err
		}
	}
	p.Verdict = contract.Judge(o, n.book.Company(), override, ledger.CheckFacts{Site: n.cfg.Site, Customer: n.book.Customer, Item: n.book.ItemAt, Credit: n.book.AssetHeld})
	return nil
}

// decideOrder says what becomes of an order that waits for somebody's word.
func (s *web) decideOrder(w http.ResponseWriter, r *http.Request) error {
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
	var req contract.RulingRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	if err := req.Check(); err != nil {
		return err
	}
	if req.By, err = door.CallerOf(r.Context()).LetsThrough(req.By); err != nil {
		return err
	}
	meta := s.meta(r.Context(), key, r.Method, r.URL.EscapedPath(), body)
	if req.Decision == ledger.RulingRelease.String() {
		out, err := s.releaseOrder(r.Context(), meta, id, &ledger.Released{By: req.By, Reason: req.Reason, Shortage: req.Shortage})
		s.metrics.ordered(out, err)
		return s.answerDecided(w, out, err)
	}
	out, err := s.book.Do(r.Context(), &ledger.RuleOut{Meta: meta, Order: id, By: req.By, Reason: req.Reason})
	return s.answerDecided(w, out, err)
}

func (s *web) answerDecided(w http.ResponseWriter, out ledger.Outcome, err error) error {
	if out.Replayed {
		set(w, contract.HeaderReplayed, "true")
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

// releaseOrder places an order that waits, as if it came now; prices stay what they were.
func (n *Node) releaseOrder(ctx context.Context, meta ledger.Meta, id ledger.OrderID, word *ledger.Released) (ledger.Outcome, error) {
	return n.desk.place(ctx, &ledger.Place{Meta: meta, Order: ledger.Order{ID: id}, Released: word})
}

const (
	dueEach  = time.Second // how often what is due is looked at, at most
	dueBatch = 100         // orders that are decided about in one look
)

// decideDue does with orders that wait what is to be done when they are due, by this site's clock, with the line up or not. What fails now
// is tried again in its turn: nothing of it is remembered but in the book.
func (n *Node) decideDue(ctx context.Context) error {
	turns := make(ledger.Turns)
	for {
		fired, stop := n.env.Clock.After(dueEach)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-fired:
		}
		now := n.env.Clock.Wall()
		for _, o := range n.book.DueReviews(now, dueBatch, turns.Rest(now)) {
			err := n.decideByDefault(ctx, o)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil {
				turns.Done(o.ID)
				continue
			}
			n.log.LogAttrs(ctx, slog.LevelWarn, "an order that is due is decided later", slog.String(keyOrder, string(o.ID)),
				slog.Duration("again_in", turns.Failed(o.ID, now)), slog.Any(keyErr, err))
		}
	}
}

// decideByDefault releases, or cancels, an order that is due. One that there are not the goods for by now is cancelled: its customer was
// promised nothing.
func (n *Node) decideByDefault(ctx context.Context, o *ledger.Order) error {
	reason := "nobody decided"
	if o.Review.Default == ledger.RulingRelease {
		out, err := n.releaseOrder(ctx, ledger.Meta{}, o.ID, &ledger.Released{Reason: reason})
		_, short := errors.AsType[*ledger.ShortError](out.Err)
		used, spent := errors.AsType[*ledger.AssetError](out.Err)
		switch {
		case err != nil || out.Err == nil || !short && !spent:
			return errors.Join(err, out.Err)
		case short:
			reason = "nobody decided, and stock is short by now"
		default:
			reason = fmt.Sprintf("nobody decided, and there is no more of %s here", used.Asset)
		}
	}
	out, err := n.book.Do(ctx, &ledger.RuleOut{Order: o.ID, Reason: reason})
	return errors.Join(err, out.Err)
}

func docDecideOrder() contract.Route {
	return contract.Route{Summary: "Say what becomes of an order that waits for somebody's word", Key: contract.KeyRequired, Request: contract.RulingRequest{},
		Answers: []contract.Answer{{Status: http.StatusOK, About: "The order, placed at the prices that it had when it came, or cancelled. Where there are not the goods for it, it goes on waiting", Body: contract.Order{}}},
		Codes:   append(writeCodes(), contract.CodeNotFound, contract.CodeKeyMissing, contract.CodeStockShort, contract.CodeNotWaiting, contract.CodeInProgress)}
}
