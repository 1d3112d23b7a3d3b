package demo

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Clients keep a journal of their own of what they were told. When a book went back in time, they
// tell it again what it may have lost: each order under its key, then each cancel. What cannot be
// had any more is told to the customer, and counted apart: it was accepted, and its book was gone
// before anybody else had it.

// after gives the orders of a site that were answered, or cancelled, by entries beyond stored.
func (p *paper) after(site string, stored uint64) []*told {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*told
	for _, t := range p.orders {
		if t.book == site && t.answer != nil && (t.answer.Seq > stored || t.cancelSeq > stored) {
			out = append(out, t)
		}
	}
	return out
}

// since gives the orders of a book that were answered, or cancelled, after a moment.
func (p *paper) since(book string, moment time.Time) []*told {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*told
	for _, t := range p.orders {
		if t.book == book && t.answer != nil && t.at.After(moment) {
			out = append(out, t)
		}
	}
	return out
}

// tellAgain sends orders once more, and then their cancels.
func (c *chaos) tellAgain(ctx context.Context, cl *client.Client, gone []*told) error {
	seen := map[*told]bool{}
	again, news, lost := 0, 0, 0
	for _, t := range gone {
		if seen[t] || t.gone {
			continue
		}
		seen[t] = true
		again++
		var o contract.Order
		a, err := cl.Do(ctx, http.MethodPost, "/v1/orders", t.key, t.request, &o)
		no, isNo := errors.AsType[*client.Refusal](err)
		c.paper.mu.Lock()
		switch {
		case err == nil:
			if !a.Replayed {
				news++
			}
			if !a.Replayed || o.ID != t.answer.ID {
				t.answer, t.raw = &o, a.Body
			}
		case isNo && no.Status == http.StatusConflict:
			t.gone, t.refused, t.answer = true, true, nil
			c.result.Gone++
			lost++
		}
		c.paper.mu.Unlock()
		if err != nil && !(isNo && no.Status == http.StatusConflict) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.paper.fault("%s %s: told again, got %v", t.book, t.key, err)
			continue
		}
		if t.answer != nil && t.canceled {
			c.cancelAgain(ctx, cl, t)
		}
	}
	c.say("%d orders told again: %d were not known any more and placed, %d of them could not be", again, news+lost, lost)
	return nil
}

func (c *chaos) cancelAgain(ctx context.Context, cl *client.Client, t *told) {
	_, err := cl.Do(ctx, http.MethodPost, "/v1/orders/"+string(t.answer.ID)+"/cancel", t.key+"-cancel", struct{}{}, nil)
	if no, ok := errors.AsType[*client.Refusal](err); ok && no.Status < 500 && no.Code != string(contract.CodeOrderCanceled) {
		c.paper.fault("%s %s: cancelled again, got %v", t.book, t.key, no)
	}
}

// handSKU is what customers hold in their hands while a site is in quarantine. A shop has more of
// it than it can sell.
const handSKU = "HAND-1"

// inHand sells goods in the hand at a site that promises nothing.
func (s *seller) inHand(ctx context.Context, key string) {
	lent := *s
	lent.cl = s.lent
	t := lent.place(ctx, key+"-hand", contract.OrderRequest{ID: s.newID(), Channel: "till", Fulfil: ledger.Take, From: contract.FromHere,
		InHand: true, Approver: "sam", Lines: []contract.LineRequest{{SKU: handSKU, Qty: 1}}})
	s.paper.add(t)
	s.paper.mu.Lock()
	defer s.paper.mu.Unlock()
	if t.answer != nil {
		s.paper.hands++
	}
}

// quarantined asks once and says whether the site promises nothing now.
func quarantined(err error) bool {
	no, ok := errors.AsType[*client.Refusal](err)
	return ok && no.Code == string(contract.CodeQuarantined)
}
