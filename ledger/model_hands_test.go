package ledger_test

import (
	"cmp"
	"reflect"
	"slices"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A candidate is something put by that may lose its units to goods in the hand.
type candidate struct {
	order    ledger.OrderID
	line     int
	qty      ledger.Qty
	ours     int
	serial   int
	priority int
}

// candidates ranks who loses units of a SKU first.
func (m *model) candidates(sku ledger.SKU) (out []candidate) {
	for id, lines := range m.away {
		for line, p := range lines {
			if p.sku == sku {
				out = append(out, candidate{order: id, line: line, qty: p.qty - m.inHand(spot{id, line})})
			}
		}
	}
	for id, w := range m.orders {
		for i, l := range w.lines {
			if l.sku == sku && l.here > 0 && !w.asking {
				out = append(out, candidate{order: id, line: i + 1, qty: l.here - m.inHand(spot{id, i + 1}), ours: 1, serial: w.serial, priority: w.priority})
			}
		}
	}
	out = slices.DeleteFunc(out, func(c candidate) bool { return c.qty == 0 }) // all of it is in hand
	slices.SortFunc(out, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.ours, b.ours), cmp.Compare(b.serial, a.serial),
			cmp.Compare(b.order, a.order), cmp.Compare(b.line, a.line))
	})
	return out
}

// take takes q that nobody freed.
func (m *model) take(sku ledger.SKU, q ledger.Qty) {
	there := min(q, m.shelf(sku))
	m.in[sku] += q - there // found
	m.out[sku] += q
	m.claimed(sku, there)
}

// claimed takes rest from the claims on what is here.
func (m *model) claimed(sku ledger.SKU, rest ledger.Qty) {
	for _, from := range []map[ledger.SKU]ledger.Qty{m.free, m.hq} {
		n := min(rest, from[sku])
		from[sku] -= n
		rest -= n
	}
	for _, c := range m.candidates(sku) {
		n := min(rest, c.qty)
		if rest -= n; n == 0 {
			break
		}
		m.displace(c, sku, n)
	}
	m.owed[sku] += rest
}

func (m *model) displace(c candidate, sku ledger.SKU, n ledger.Qty) {
	if c.ours == 0 {
		left := m.away[c.order][c.line].qty - n // some may be in hand
		if m.away[c.order][c.line] = (promise{sku, left}); left == 0 {
			delete(m.away, c.order) // the workshop's have one line
		}
		return
	}
	w := m.orders[c.order]
	l := &w.lines[c.line-1]
	l.here, l.back = l.here-n, l.back+n
	if m.counter && !w.anywhere && !slices.Contains(m.queue, c.order) {
		m.queue = append(m.queue, c.order)
		m.inTurn()
	}
}

func (w *workshop) hand(t *rapid.T) {
	name, id := w.numbered("h")
	r := &ledger.Place{InHand: true, Order: ledger.Order{ID: id, Fulfil: ledger.Take, Shortage: ledger.Refuse}}
	r.Key, r.Request = ledger.DigestOf([]byte(name)), ledger.DigestOf([]byte("body of "+name))
	order := &wish{take: true, closed: true}
	for range rapid.IntRange(1, 3).Draw(t, "lines") {
		sku, q := drawSKU(t), drawQty(t, 4)
		r.Order.Lines = append(r.Order.Lines, ledger.Line{SKU: sku, Qty: q})
		order.lines = append(order.lines, wished{sku: sku, want: q, gone: q})
		w.model.take(sku, q)
	}
	w.model.serial++
	order.serial = w.model.serial
	w.model.orders[id] = order
	w.answered(t, r, w.do(t, r), "accepted")
}

func (w *workshop) adjust(t *rapid.T) {
	sku, q := drawSKU(t), drawQty(t, 4)
	r := &ledger.Adjust{Reason: "count", Lines: []ledger.AdjustLine{{SKU: sku, Qty: q}}}
	if rapid.Bool().Draw(t, "gone") {
		r.Lines[0].Qty = -q
	}
	gone := r.Lines[0].Qty < 0
	can := !gone || q <= w.model.shelf(sku)
	if out := w.do(t, r); can != (out.Err == nil) {
		t.Fatalf("adjust by %d: got %v, want it done: %v", r.Lines[0].Qty, out.Err, can)
	}
	switch {
	case !can:
	case gone:
		w.model.take(sku, q)
	default:
		w.model.in[sku] += q
		w.model.release(sku, q)
		w.model.serve()
	}
}

// count counts one bin, and finds some more than the book has there, or fewer.
func (w *workshop) count(t *rapid.T) {
	l := ledger.CountedLine{SKU: drawSKU(t), Bin: drawOf(t, "bin", []ledger.Bin{ledger.BinDefault, "A-1", "B-2"})}
	level, _ := w.core.State.Level(l.SKU)
	for _, b := range level.Bins {
		if b.Bin == l.Bin {
			l.Expected = b.Sellable
		}
	}
	l.Counted = max(0, l.Expected+ledger.Qty(rapid.Int64Range(-4, 4).Draw(t, "differs")))
	out := w.do(t, &ledger.Count{Reason: "counted", Lines: []ledger.CountedLine{l}})
	if out.Err != nil || !reflect.DeepEqual(out.Entry.Body.(*ledger.AdjustedBody).Count.Lines[0], l) {
		t.Fatalf("count %+v: got %+v (%v), want it taken", l, out.Entry, out.Err)
	}
	switch v := l.Variance(); {
	case v < 0:
		w.model.take(l.SKU, -v)
	case v > 0:
		w.model.in[l.SKU] += v
		w.model.release(l.SKU, v)
		w.model.serve()
	}
}

func (w *workshop) passOn(t *rapid.T) {
	sku, q := drawSKU(t), drawQty(t, 4)
	b := w.command(t, ledger.HQCommand{Kind: ledger.CommandPassOn, Site: "york", Lines: []ledger.CommandLine{{SKU: sku, Qty: q}}})
	if can := w.model.hq[sku] >= q; can != (b.Refused == "") {
		t.Fatalf("pass on: got %q, want it done: %v", b.Refused, can)
	} else if can {
		w.model.hq[sku] -= q
		w.model.york[sku] += q
	}
}

// giveUp brings back what york held: by its own giving up, or because it is lost.
func (w *workshop) giveUp(t *rapid.T) {
	sku, q := drawSKU(t), drawQty(t, 4)
	c := ledger.HQCommand{Kind: ledger.CommandReturn, Site: "york", Lines: []ledger.CommandLine{{SKU: sku, Qty: q}}}
	can := w.model.york[sku] >= q
	if rapid.Bool().Draw(t, "lost") {
		c.Kind, c.Reason, can = ledger.CommandWriteOff, "olga: burnt down", true
		q = min(q, w.model.york[sku])
	}
	if b := w.command(t, c); can != (b.Refused == "") {
		t.Fatalf("%s: got %q, want it done: %v", c.Kind, b.Refused, can)
	} else if can {
		w.model.york[sku] -= q
		w.model.release(sku, q)
		w.model.serve()
	}
}

func (w *workshop) drawn(t *rapid.T) {
	sku, q := drawSKU(t), drawQty(t, 2)
	_, id := w.numbered("york")
	b := w.command(t, ledger.HQCommand{Kind: ledger.CommandDraw, Site: "york", Owner: "york", Order: id, Lines: []ledger.CommandLine{{Line: 1, SKU: sku, Qty: q}}})
	if can := w.model.york[sku] >= q; can != (b.Refused == "") {
		t.Fatalf("draw: got %q, want it done: %v", b.Refused, can)
	} else if can {
		w.model.york[sku] -= q
		w.model.away[id] = map[int]promise{1: {sku, q}}
	}
}

func (w *workshop) burn(t *rapid.T) {
	sku, q := drawSKU(t), drawQty(t, 2)
	b := w.command(t, ledger.HQCommand{Kind: ledger.CommandBurn, Lines: []ledger.CommandLine{{SKU: sku, Qty: q}}})
	n := min(q, w.model.hq[sku], w.model.owed[sku])
	w.model.hq[sku] -= n
	w.model.owed[sku] -= n
	if b.Refused != "" || len(b.Done) > 0 != (n > 0) {
		t.Fatalf("burn: got %+v, want %d burnt", b, n)
	}
}

func (w *workshop) credit(t *rapid.T) {
	sku, q, site := drawSKU(t), drawQty(t, 3), drawOf(t, "site", []ledger.SiteID{"hull", "york"})
	if b := w.command(t, ledger.HQCommand{Kind: ledger.CommandCredit, Owner: site, Lines: []ledger.CommandLine{{SKU: sku, Qty: q}}}); b.Refused != "" {
		t.Fatalf("credit: got %q, want it done", b.Refused)
	}
	w.model.held[sku][site] += q
}

func (w *workshop) recall(t *rapid.T) {
	sku, level, site := drawSKU(t), drawQty(t, 3), drawOf(t, "site", []ledger.SiteID{"hull", "york"})
	if b := w.command(t, ledger.HQCommand{Kind: ledger.CommandRecall, Owner: site, Lines: []ledger.CommandLine{{SKU: sku, Qty: level}}}); b.Refused != "" {
		t.Fatalf("recall: got %q, want it done", b.Refused)
	}
	w.model.held[sku][site] = min(level, w.model.held[sku][site])
}

func (w *workshop) attest(t *rapid.T) {
	if out := w.do(t, &ledger.Attest{}); out.Err != nil {
		t.Fatalf("attest: got %v, want it written", out.Err)
	}
}

// late tells a sale of another life, or one of this life again.
func (w *workshop) late(t *rapid.T) {
	if rapid.Bool().Draw(t, "known") {
		seq := ledger.Seq(rapid.IntRange(1, len(w.past.entries)).Draw(t, "entry"))
		e := w.past.entries[seq]
		if e.Key == (ledger.Digest{}) {
			t.Skip("an entry that no key names is another one in another life")
		}
		if out := w.do(t, &ledger.RecordLate{Entry: e, Origin: ledger.Origin{Site: w.site, Epoch: 1, Seq: seq}}); !out.Replayed {
			t.Fatalf("late %s: got %+v, want it known", e.Kind, out)
		}
		return
	}
	name, id := w.numbered("l")
	sku, q := drawSKU(t), drawQty(t, 4)
	o := ledger.Order{ID: id, Owner: w.site, Fulfil: ledger.Take, Shortage: ledger.Refuse, Status: ledger.StatusCompleted,
		Lines: []ledger.Line{{SKU: sku, Qty: q, Taken: q}}}
	e := &ledger.Entry{Kind: ledger.KindPlaced, Key: ledger.DigestOf([]byte(name)), Ref: string(id), Body: &ledger.OrderBody{Order: o}}
	if out := w.do(t, &ledger.RecordLate{Entry: e, Origin: ledger.Origin{Site: w.site, Epoch: 9, Seq: 1}}); out.Err != nil || out.Replayed {
		t.Fatalf("late sale: got %+v, want it recorded", out)
	}
	w.model.take(sku, q)
	w.model.orders[id] = &wish{take: true, closed: true, lines: []wished{{sku: sku, want: q, gone: q}}}
}
