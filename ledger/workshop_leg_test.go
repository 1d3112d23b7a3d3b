package ledger_test

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// decline says that nobody can serve some of an order that is to be confirmed.
func (w *workshop) decline(t *rapid.T) {
	var unsure []ledger.OrderID
	for _, id := range sortedIDs(w.model.orders) {
		if slices.ContainsFunc(w.model.orders[id].lines, func(l wished) bool { return l.unsure > 0 }) {
			unsure = append(unsure, id)
		}
	}
	if len(unsure) == 0 {
		t.Skip("nothing to be confirmed")
	}
	id := drawOf(t, "order", unsure)
	order := w.model.orders[id]
	i := slices.IndexFunc(order.lines, func(l wished) bool { return l.unsure > 0 })
	l, q := &order.lines[i], drawQty(t, 5)
	b := w.command(t, ledger.HQCommand{Kind: ledger.CommandDecline, Order: id, Owner: w.site, Lines: []ledger.CommandLine{{Line: i + 1, SKU: l.sku, Qty: q}}})
	q = min(q, l.unsure)
	if b.Refused != "" || len(b.Done) != 1 || b.Done[0].Qty != q {
		t.Fatalf("decline: got %+v, want %d declined", b, q)
	}
	l.back, l.unsure, l.declined = l.back-q, l.unsure-q, l.declined+q
	order.settle()
}

// A put is something put by here for an order, of ours or of another book.
type put struct {
	order ledger.OrderID
	line  int // from 1
	sku   ledger.SKU
	qty   ledger.Qty
	ours  *wish // nil where another book owns it
}

func (w *workshop) leg(t *rapid.T) put {
	var all []put
	for _, id := range sortedIDs(w.model.orders) {
		for i, l := range w.model.orders[id].lines {
			if o := w.model.orders[id]; l.here > 0 && !o.asking {
				all = append(all, put{id, i + 1, l.sku, l.here, o})
			}
		}
	}
	for _, id := range sortedIDs(w.model.away) {
		for line, p := range w.model.away[id] { // the workshop's have one line
			all = append(all, put{id, line, p.sku, p.qty, nil})
		}
	}
	if len(all) == 0 {
		t.Skip("nothing is put by")
	}
	return drawOf(t, "leg", all)
}

// lose takes q from what is put by, and has an order of ours wait for it.
func (m *model) lose(p put, q ledger.Qty) {
	if p.ours == nil {
		if m.away[p.order][p.line] = (promise{p.sku, p.qty - q}); p.qty == q {
			delete(m.away, p.order)
		}
		return
	}
	l := &p.ours.lines[p.line-1]
	l.here, l.back = l.here-q, l.back+q
	if q > 0 && m.onlyHere(p.ours) && !slices.Contains(m.queue, p.order) {
		m.queue = append(m.queue, p.order)
		m.inTurn()
	}
}

func (m *model) onlyHere(w *wish) bool { return w != nil && m.counter && !w.anywhere }

// pick finds some of what is put by and on the shelf, and not the rest. What is owed is what nobody finds first.
func (w *workshop) pick(t *rapid.T) {
	p := w.leg(t)
	at := spot{p.order, p.line}
	shelf := p.qty - w.model.inHand(at)
	n := ledger.LegLine{Line: p.line, Qty: ledger.Qty(rapid.Int64Range(0, int64(p.qty)).Draw(t, "found")), Short: ledger.Qty(rapid.Int64Range(0, 2).Draw(t, "short"))}
	if n.Qty+n.Short == 0 {
		n.Short = 1
	}
	out := w.do(t, &ledger.PickLeg{Order: p.order, Lines: []ledger.LegLine{n}})
	if can := n.Qty+n.Short <= shelf; can != (out.Err == nil) {
		t.Fatalf("pick %+v of %d: got %v, want it done: %t", n, shelf, out.Err, can)
	} else if !can {
		return
	}
	w.model.pickUp(at, p.sku, n.Qty)
	w.model.out[p.sku] += w.model.pay(p.sku, n.Short)
	again := ledger.Qty(0)
	if w.model.onlyHere(p.ours) {
		again = min(n.Short, w.model.free[p.sku])
		w.model.free[p.sku] -= again
	}
	w.model.lose(p, n.Short-again)
}

func (w *workshop) reject(t *rapid.T) {
	p := w.leg(t)
	q := drawQty(t, p.qty)
	out := w.do(t, &ledger.RejectLeg{Order: p.order, Reason: "no", Lines: []ledger.LegLine{{Line: p.line, Qty: q}}})
	if can := !w.model.onlyHere(p.ours); can != (out.Err == nil) {
		t.Fatalf("reject: got %v, want it done: %t", out.Err, can)
	} else if !can {
		return
	}
	w.model.giveUp(spot{p.order, p.line}, p.sku, p.qty, q)
	w.model.lose(p, q)
	w.model.serve()
}
