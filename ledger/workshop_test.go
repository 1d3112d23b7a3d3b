package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A workshop drives a core and the model side by side with drawn acts. The core's past is
// what was cut into frames, as a book's is.
type workshop struct {
	core   *ledger.Core
	aud    *ledger.Auditor
	steps  *ledger.OrderWatch
	model  *model
	now    time.Time
	site   ledger.SiteID
	frames [][]byte
	past   memoryPast
	asks   map[ledger.OrderID]*ledger.Place
	askIDs map[ledger.OrderID]ledger.AskID
	keyed  []*ledger.Place // answered under a key
	first  map[ledger.Digest]ledger.Seq
	sent   []ledger.HQCommand
	freed  []ledger.OrderID // parts served once and cancelled
	paid   []ledger.OrderID
	h      ledger.Incarnation
	hash   ledger.Hash
	n      int
	lots   lotPaper // of C, whose receipts name their lots
}

type memoryPast struct{ entries map[ledger.Seq]*ledger.Entry }

func (memoryPast) Key(ledger.Digest) (ledger.KeyRef, bool, error) {
	return ledger.KeyRef{}, false, nil
}
func (memoryPast) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }
func (p memoryPast) Entry(seq ledger.Seq) (*ledger.Entry, error)     { return p.entries[seq], nil }
func drawOf[V any](t *rapid.T, name string, of []V) V                { return rapid.SampledFrom(of).Draw(t, name) }
func drawQty(t *rapid.T, most ledger.Qty) ledger.Qty {
	return ledger.Qty(rapid.Int64Range(1, int64(most)).Draw(t, "qty"))
}
func drawSKU(t *rapid.T) ledger.SKU                            { return drawOf(t, "sku", []ledger.SKU{"A", "B", "C"}) }
func sortedIDs[V any](m map[ledger.OrderID]V) []ledger.OrderID { return slices.Sorted(maps.Keys(m)) }

// numbered gives a name and an id whose rank has nothing to do with when it was made: first
// placed first must not be taken for lowest id first.
func (w *workshop) numbered(prefix string) (string, ledger.OrderID) {
	w.n++
	id := fmt.Sprintf("01900000-0000-7000-8000-%012x", uint64(w.n)*0x9e3779b97f4a7c15>>16)
	return fmt.Sprint(prefix, w.n), ledger.OrderID(id)
}

func newWorkshop(t *rapid.T, counter bool) *workshop {
	w := &workshop{model: newModel(counter), site: "leeds", now: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC),
		aud: ledger.NewAuditor("leeds"), steps: ledger.NewOrderWatch(), past: memoryPast{map[ledger.Seq]*ledger.Entry{}}, first: map[ledger.Digest]ledger.Seq{},
		asks: map[ledger.OrderID]*ledger.Place{}, askIDs: map[ledger.OrderID]ledger.AskID{}, h: ledger.Incarnation{Counter: 1}}
	w.core = ledger.NewCore(ledger.NewState(w.site), w.past)
	w.do(t, &ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: counter}})
	w.do(t, &ledger.AdoptHQ{H: w.h})
	for _, sku := range []ledger.SKU{"A", "B", "C"} {
		w.model.in[sku] = 0
	}
	return w
}

// acts are all that can happen at a site.
func (w *workshop) acts() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"receive": w.receive, "place": w.place, "repeat": w.repeat, "answer": w.answerAsk, "cancel": w.cancel,
		"reserve": w.reserve, "borrow": w.borrow, "giveback": w.giveBack, "release": w.cancelServed, "note": w.note,
		"hand": w.hand, "adjust": w.adjust, "count": w.count, "passon": w.passOn, "return": w.giveUp, "draw": w.drawn, "burn": w.burn,
		"credit": w.credit, "recall": w.recall, "attest": w.attest, "late": w.late, "command": w.commandAgain, "reboot": w.reboot,
		"decline": w.decline, "pick": w.pick, "reject": w.reject,
		"pack": w.handle, "handle": w.handle, "send": w.handle, "elsewhere": w.handedOver,
		"till": w.atTill, "pay": w.atTill, "give back": w.atTill,
	}
}

// do decides, cuts, keeps the frames and shows them to the auditor.
func (w *workshop) do(t *rapid.T, req ledger.Request) ledger.Outcome {
	w.now = w.now.Add(time.Second)
	out := w.core.Decide(req, w.now)
	for _, f := range w.core.Cut() {
		raw := ledger.EncodeFrame(f)
		w.frames = append(w.frames, raw)
		if err := w.aud.Frame(raw); err != nil {
			t.Fatalf("audit: got %v, want no fault", err)
		}
		entries, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if err := w.steps.See(e); err != nil {
				t.Fatal(err)
			}
			w.past.entries[e.Seq] = e
			w.lots.read(e)
		}
	}
	return out
}

func (w *workshop) receive(t *rapid.T) {
	r := &ledger.Receive{ID: "r", Reference: "DN"}
	for range rapid.IntRange(1, 3).Draw(t, "lines") {
		l := ledger.ReceiptLine{SKU: drawSKU(t), Qty: drawQty(t, 6), Bin: drawOf(t, "bin", []ledger.Bin{"", "A-1", "B-2"})}
		if l.SKU == "C" {
			l.Lots = drawLots(t, l.Qty)
		}
		r.Lines = append(r.Lines, l)
		w.model.in[l.SKU] += l.Qty
		w.model.release(l.SKU, l.Qty)
	}
	if out := w.do(t, r); out.Err != nil {
		t.Fatalf("receive: got %v, want it in", out.Err)
	}
	w.model.serve()
}

func (w *workshop) place(t *rapid.T) {
	name, id := w.numbered("o")
	r := &ledger.Place{AskHQ: rapid.Bool().Draw(t, "up"), Order: ledger.Order{ID: id, Anywhere: rapid.Bool().Draw(t, "any"),
		Fulfil:   drawOf(t, "fulfil", []ledger.Fulfil{ledger.Take, ledger.Collect, ledger.Deliver}),
		Shortage: drawOf(t, "shortage", []ledger.Shortage{ledger.Refuse, ledger.Partial, ledger.Backorder, ledger.Confirm}), Priority: rapid.IntRange(0, 1).Draw(t, "priority")}}
	for range rapid.IntRange(1, 3).Draw(t, "lines") {
		r.Order.Lines = append(r.Order.Lines, ledger.Line{SKU: drawSKU(t), Qty: drawQty(t, 5)})
	}
	if rapid.Bool().Draw(t, "keyed") {
		r.Key, r.Request = ledger.DigestOf([]byte(name)), ledger.DigestOf([]byte("body of "+name))
	}
	want := w.model.put(&r.Order, r.AskHQ)
	out := w.do(t, r)
	if want == "asked" {
		if out.Entry == nil || out.Entry.Kind != ledger.KindAsked {
			t.Fatalf("place: got %v, want an ask", verdict(out))
		}
		w.asks[id], w.askIDs[id] = r, out.Entry.Body.(*ledger.OrderBody).Ask
		return
	}
	w.answered(t, r, out, want)
}

// answered checks an order's final answer and remembers its key.
func (w *workshop) answered(t *rapid.T, r *ledger.Place, out ledger.Outcome, want string) {
	if out.Entry == nil || (want == "accepted") != (out.Err == nil) {
		t.Fatalf("order: got %s (%v), want %s", verdict(out), out.Err, want)
	}
	if r.Key != (ledger.Digest{}) {
		w.keyed = append(w.keyed, r)
		w.first[r.Key] = out.Entry.Seq
	}
}

func (w *workshop) repeat(t *rapid.T) {
	if len(w.keyed) == 0 {
		t.Skip("nothing answered under a key yet")
	}
	r := drawOf(t, "again", w.keyed)
	if out := w.do(t, r); !out.Replayed || out.Entry.Seq != w.first[r.Key] {
		t.Fatalf("repeat: got %+v, want entry %d again", out, w.first[r.Key])
	}
	other := *r
	other.Request = ledger.DigestOf([]byte("another body"))
	if out := w.do(t, &other); !errors.Is(out.Err, ledger.ErrKeyReused) {
		t.Fatalf("repeat with another body: got %v, want %v", out.Err, ledger.ErrKeyReused)
	}
}

func (w *workshop) answerAsk(t *rapid.T) {
	if len(w.asks) == 0 {
		t.Skip("nothing asked")
	}
	id := drawOf(t, "order", sortedIDs(w.asks))
	r, ask, wish := w.asks[id], w.askIDs[id], w.model.orders[id]
	if out := w.do(t, r); r.Key != (ledger.Digest{}) && out.Err != ledger.ErrInProgress {
		t.Fatalf("key of an open ask: got %v, want %v", out.Err, ledger.ErrInProgress)
	}
	delete(w.asks, id)
	answer := drawOf(t, "answer", []string{"yes", "no", "lost", "drop"})
	var out ledger.Outcome
	switch answer {
	case "yes":
		out = w.do(t, &ledger.AcceptAsk{Order: id, Ask: ask, Legs: w.legs(t, &r.Order, wish)})
	case "drop":
		w.model.letGo(id, wish)
		delete(w.model.orders, id)
		w.model.serve()
		if out := w.do(t, &ledger.AbandonAsk{Order: id, Ask: ask, Drop: true}); out.Err != nil {
			t.Fatalf("drop: got %v, want it gone", out.Err)
		}
		return
	default:
		out = w.do(t, &ledger.AbandonAsk{Order: id, Ask: ask, Offline: answer == "lost"})
	}
	w.answered(t, r, out, w.model.decide(&r.Order, wish, answer == "yes", answer == "lost"))
	if out := w.do(t, &ledger.AcceptAsk{Order: id, Ask: ask}); out.Err != ledger.ErrAskClosed {
		t.Fatalf("a second answer: got %v, want %v", out.Err, ledger.ErrAskClosed)
	}
}

// legs makes the order whole: from what head office has here where it has some, else from hull.
func (w *workshop) legs(t *rapid.T, o *ledger.Order, wish *wish) []ledger.AskLeg {
	var legs []ledger.AskLeg
	for i := range wish.lines {
		l := &wish.lines[i]
		open := l.want - l.here
		own := min(open, w.model.hq[l.sku])
		if own > 0 && rapid.Bool().Draw(t, "own") {
			legs = append(legs, ledger.AskLeg{Line: i + 1, Site: w.site, Qty: own})
			w.model.hq[l.sku] -= own
			l.here += own
			open -= own
		}
		if open > 0 && (o.Shortage == ledger.Refuse || o.Shortage == ledger.Confirm || rapid.Bool().Draw(t, "hull")) {
			legs = append(legs, ledger.AskLeg{Line: i + 1, Site: "hull", Qty: open})
			l.other += open
		}
	}
	return legs
}

func (w *workshop) cancel(t *rapid.T) {
	if len(w.model.orders) == 0 {
		t.Skip("no order")
	}
	id := drawOf(t, "order", sortedIDs(w.model.orders))
	if w.model.orders[id].asking {
		if out := w.do(t, &ledger.CancelOrder{Order: id}); out.Err != ledger.ErrInProgress {
			t.Fatalf("cancel while asking: got %v, want %v", out.Err, ledger.ErrInProgress)
		}
		return
	}
	want := w.model.cancel(id)
	if out := w.do(t, &ledger.CancelOrder{Order: id}); (out.Err == nil) != (want == "accepted") {
		t.Fatalf("cancel: got %v, want %s", out.Err, want)
	}
}

// command sends the next of head office's stream.
func (w *workshop) command(t *rapid.T, c ledger.HQCommand) *ledger.ObeyedBody {
	c.H, c.Number, c.ID = w.h, uint64(len(w.sent)+1), fmt.Sprint("c", len(w.sent)+1)
	return w.stream(t, c)
}

func (w *workshop) stream(t *rapid.T, c ledger.HQCommand) *ledger.ObeyedBody {
	c.Hash = ledger.ChainCommand(w.hash, &c)
	w.hash = c.Hash
	w.sent = append(w.sent, c)
	out := w.do(t, &ledger.Obey{Command: c})
	if out.Err != nil {
		t.Fatalf("command %d: got %v, want an entry", c.Number, out.Err)
	}
	return out.Entry.Body.(*ledger.ObeyedBody)
}

func (w *workshop) reserve(t *rapid.T) {
	sku, q := drawSKU(t), drawQty(t, 4)
	_, id := w.numbered("hq")
	b := w.command(t, ledger.HQCommand{Kind: ledger.CommandReserve, Order: id, Owner: ledger.HQ, Lines: []ledger.CommandLine{{Line: 1, SKU: sku, Qty: q}}})
	if can := w.model.hq[sku] >= q; can != (b.Refused == "") {
		t.Fatalf("reserve: got %q, want it done: %v", b.Refused, can)
	} else if can {
		w.model.hq[sku] -= q
		w.model.away[id] = map[int]promise{1: {sku, q}}
	}
}

func (w *workshop) cancelServed(t *rapid.T) {
	_, id := w.numbered("never")
	switch which := drawOf(t, "which", []string{"served", "served", "canceled", "unknown"}); {
	case which == "served" && len(w.model.away) > 0:
		id = drawOf(t, "order", sortedIDs(w.model.away))
	case which == "canceled" && len(w.freed) > 0:
		id = drawOf(t, "order", w.freed)
	}
	b := w.command(t, ledger.HQCommand{Kind: ledger.CommandCancel, Order: id, Owner: ledger.HQ})
	if _, known := w.model.away[id]; known != (b.Refused == "") {
		t.Fatalf("cancel of a served part: got %q, want it known: %v", b.Refused, known)
	}
	for line, p := range w.model.away[id] {
		w.model.giveUp(spot{id, line}, p.sku, p.qty, p.qty)
		w.freed = append(w.freed, id)
	}
	delete(w.model.away, id)
	w.model.serve()
}

func (w *workshop) borrow(t *rapid.T) {
	sku, q := drawSKU(t), drawQty(t, 4)
	w.command(t, ledger.HQCommand{Kind: ledger.CommandBorrow, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: sku, Qty: q}}})
	n := min(q, w.model.free[sku])
	w.model.free[sku] -= n
	w.model.hq[sku] += n
}

func (w *workshop) giveBack(t *rapid.T) {
	sku, q := drawSKU(t), drawQty(t, 4)
	b := w.command(t, ledger.HQCommand{Kind: ledger.CommandGiveBack, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: sku, Qty: q}}})
	if can := w.model.hq[sku] >= q; can != (b.Refused == "") {
		t.Fatalf("give back: got %q, want it done: %v", b.Refused, can)
	} else if can {
		w.model.hq[sku] -= q
		w.model.free[sku] += w.model.pay(sku, q)
		w.model.serve()
	}
}

// note fills a backordered line of an order of ours, from hull or from what head office has here.
func (w *workshop) note(t *rapid.T) {
	var waiting []ledger.OrderID
	for _, id := range sortedIDs(w.model.orders) {
		if w.model.orders[id].waits() && !slices.Contains(w.model.queue, id) {
			waiting = append(waiting, id)
		}
	}
	if len(waiting) == 0 {
		t.Skip("nobody waits for head office")
	}
	id := drawOf(t, "order", waiting)
	lines := w.model.orders[id].lines
	i := slices.IndexFunc(lines, func(l wished) bool { return l.back > 0 })
	l := &lines[i]
	q := drawQty(t, l.back)
	c := ledger.HQCommand{Kind: ledger.CommandNote, Order: id, Owner: w.site, Site: "hull", Lines: []ledger.CommandLine{{Line: i + 1, SKU: l.sku, Qty: q}}}
	here := w.model.hq[l.sku] >= q && rapid.Bool().Draw(t, "here")
	if here {
		c.Kind = ledger.CommandReserve
	}
	if b := w.command(t, c); b.Refused != "" {
		t.Fatalf("%s: got %q, want it done", c.Kind, b.Refused)
	}
	l.back -= q
	l.unsure = min(l.unsure, l.back)
	if here {
		w.model.hq[l.sku] -= q
		l.here += q
	} else {
		l.other += q
	}
}

// commandAgain derives an act a second time, as a restored head office does, and sends an old
// number, as a repeat does: neither has an effect.
func (w *workshop) commandAgain(t *rapid.T) {
	if len(w.sent) == 0 {
		t.Skip("no command yet")
	}
	old := drawOf(t, "command", w.sent)
	if out := w.do(t, &ledger.Obey{Command: old}); !out.Replayed || out.Entry != nil {
		t.Fatalf("an old number: got %+v, want it passed over", out)
	}
	again := old
	again.Number = uint64(len(w.sent) + 1)
	if b := w.stream(t, again); !b.Repeat {
		t.Fatalf("the same act under a new number: got %+v, want no effect", b)
	}
}

// reboot builds the state anew from the frames alone; open asks are dropped.
func (w *workshop) reboot(t *rapid.T) {
	core := ledger.NewCore(ledger.NewState(w.site), w.past)
	for _, raw := range w.frames {
		f, err := ledger.DecodeFrame(raw)
		if err == nil {
			err = f.Verify()
		}
		if err == nil {
			err = core.Replay(f)
		}
		if err != nil {
			t.Fatalf("replay: %v", err)
		}
	}
	if got, want := ledger.Portrait(core.State), ledger.Portrait(w.core.State); got != want {
		t.Fatalf("replayed state: got\n%swant\n%s", got, want)
	}
	w.core = core
	w.do(t, &ledger.Reboot{Boot: [16]byte{byte(w.n)}})
	for _, id := range sortedIDs(w.asks) {
		w.model.letGo(id, w.model.orders[id])
		delete(w.model.orders, id)
		delete(w.asks, id)
		w.model.serve()
	}
}

func (w *workshop) check(t *rapid.T) {
	w.model.agree(t, w.core.State)
	w.claimed(t)
	w.lots.agree(t, w.core.State)
	if got, want := ledger.Portrait(w.aud.State), ledger.Portrait(w.core.State); got != want {
		t.Fatalf("auditor: got\n%swant\n%s", got, want)
	}
}
