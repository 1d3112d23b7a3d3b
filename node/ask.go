package node

import (
	"context"
	"errors"
	"log/slog"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// ask puts an order that is short here to head office and writes down what became of it, before
// anybody is answered. Without an answer in time it is decided from what is here; a yes that
// comes later finds the ask abandoned, and head office lets its hold go.
func (d *desk) ask(ctx context.Context, body *ledger.OrderBody, lots []ledger.LineLot, least ledger.Lasting) (ledger.Outcome, error) {
	asked, cancel := context.WithTimeout(ctx, d.askWait)
	reply, err := d.hq.Ask(asked, d.question(body))
	cancel()
	id := body.Order.ID
	switch {
	case err != nil || reply.Verdict != wire.VerdictOK:
		d.metrics.asks.WithLabelValues("unanswered").Inc()
		d.log.LogAttrs(ctx, slog.LevelDebug, "head office gave no answer in time", slog.String(keyOrder, string(id)), slog.Any(keyErr, err))
		return d.end(ctx, &ledger.AbandonAsk{Order: id, Ask: body.Ask, Offline: true, Lots: lots})
	case !reply.Yes && reply.Why == wire.WhyUnknownSite:
		d.metrics.asks.WithLabelValues("unknown_site").Inc()
		// Bad input is not remembered: the ask is dropped and its key stays free.
		if out, err := d.settle(ctx, &ledger.AbandonAsk{Order: id, Ask: body.Ask, Drop: true}); err != nil {
			return out, err
		}
		return ledger.Outcome{}, contract.UnknownSite("collect_at", string(body.Order.CollectAt))
	case !reply.Yes:
		d.metrics.asks.WithLabelValues("no").Inc()
		return d.end(ctx, &ledger.AbandonAsk{Order: id, Ask: body.Ask, Lots: lots})
	}
	out, err := d.settle(ctx, &ledger.AcceptAsk{Order: id, Ask: body.Ask, Legs: reply.Legs, Lots: lots, Least: least})
	if err != nil || out.Entry != nil || errors.Is(out.Err, ledger.ErrQuarantined) {
		d.metrics.asks.WithLabelValues("yes").Inc()
		return out, err
	}
	// A yes that does not fit the order promises nothing.
	d.metrics.asks.WithLabelValues("misfit").Inc()
	d.log.LogAttrs(ctx, slog.LevelError, "head office's yes does not fit the order", slog.String(keyOrder, string(id)), slog.Any(keyErr, out.Err))
	return d.end(ctx, &ledger.AbandonAsk{Order: id, Ask: body.Ask, Lots: lots})
}

// end decides an ask from what is here. Where even that gives no entry (goods that came in
// meanwhile have spread a take over more bins than one entry can name) the ask is dropped: it
// must not stay open for the life of this process, and its client is told why there is no
// order. A book in quarantine drops nothing, and says so.
func (d *desk) end(ctx context.Context, req *ledger.AbandonAsk) (ledger.Outcome, error) {
	out, err := d.settle(ctx, req)
	if err != nil || out.Entry != nil || errors.Is(out.Err, ledger.ErrQuarantined) || errors.Is(out.Err, ledger.ErrAskClosed) {
		return out, err
	}
	d.log.LogAttrs(ctx, slog.LevelError, "an ask could not be decided and is dropped", slog.String(keyOrder, string(req.Order)), slog.Any(keyErr, out.Err))
	dropped, err := d.settle(ctx, &ledger.AbandonAsk{Order: req.Order, Ask: req.Ask, Drop: true})
	if err != nil || dropped.Entry == nil {
		return dropped, err
	}
	return out, nil
}

// askFor is what head office chooses by, beside the lines.
func askFor(o *ledger.Order) wire.AskFor {
	return wire.AskFor{Fulfil: o.Fulfil, Channel: o.Channel, ShipTo: o.ShipTo, Customer: o.Customer, Class: o.Class, NeedBy: o.NeedBy}
}

// question says what the order is short of.
func (d *desk) question(body *ledger.OrderBody) wire.Ask {
	head := d.book.Head()
	ask := wire.Ask{Site: head.Site, Head: head.Position, ID: body.Ask, Order: body.Order.ID,
		Whole: body.Order.Whole(), DeadlineMS: d.askWait.Milliseconds(), For: askFor(&body.Order),
		Lines: make([]wire.AskLine, len(body.Shorts))}
	for i, s := range body.Shorts {
		ask.Lines[i] = wire.AskLine{Line: s.Line, SKU: s.SKU, Qty: s.Want - s.Have}
	}
	switch {
	case body.Order.CollectAt != "" && body.Order.CollectAt != head.Site:
		ask.Only = body.Order.CollectAt
	case !body.Order.Anywhere:
		ask.Only = head.Site // head office may let go of what it has here, no more
	}
	return ask
}

// settle writes the entry that closes an ask. Another request with the order's key may have
// had no entry to wait for, so this one must land: a full queue is waited out.
func (d *desk) settle(ctx context.Context, req ledger.Request) (ledger.Outcome, error) {
	for {
		out, err := d.book.Do(ctx, req)
		if !errors.Is(err, ledger.ErrBusy) {
			return out, err
		}
		fired, stop := d.clock.After(closeRetry)
		select {
		case <-fired:
		case <-ctx.Done():
			stop()
			return ledger.Outcome{}, errors.Join(ledger.ErrUnsure, ctx.Err())
		}
	}
}
