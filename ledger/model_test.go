package ledger_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A model is what a shopkeeper would keep on paper of each SKU: what came in and went out, what
// is free, what head office may promise, and what each order has put by. It knows nothing of
// accounts, entries or postings.
type model struct {
	counter  bool
	in, out  map[ledger.SKU]ledger.Qty
	free, hq map[ledger.SKU]ledger.Qty
	away     map[ledger.OrderID]map[int]promise // put by for orders of other books, by line
	orders   map[ledger.OrderID]*wish
	queue    []ledger.OrderID // wait here, first placed first
}

type promise struct {
	sku ledger.SKU
	qty ledger.Qty
}

type wish struct {
	lines  []wished
	take   bool
	asking bool
	closed bool
}

type wished struct {
	sku                     ledger.SKU
	want, here, gone, other ledger.Qty
	back                    ledger.Qty
}

func newModel(counter bool) *model {
	q := func() map[ledger.SKU]ledger.Qty { return map[ledger.SKU]ledger.Qty{} }
	return &model{counter: counter, in: q(), out: q(), free: q(), hq: q(),
		away: map[ledger.OrderID]map[int]promise{}, orders: map[ledger.OrderID]*wish{}}
}

// release gives units back to whom they came from, then serves who waits.
func (m *model) release(sku ledger.SKU, q ledger.Qty) {
	if m.counter {
		m.free[sku] += q
	} else {
		m.hq[sku] += q
	}
}

func (m *model) serve() {
	for _, id := range m.queue {
		for i := range m.orders[id].lines {
			l := &m.orders[id].lines[i]
			n := min(l.back, m.free[l.sku])
			m.free[l.sku] -= n
			l.here, l.back = l.here+n, l.back-n
		}
	}
	m.queue = slices.DeleteFunc(m.queue, func(id ledger.OrderID) bool { return !m.orders[id].waits() })
}

func (w *wish) waits() bool {
	return slices.ContainsFunc(w.lines, func(l wished) bool { return l.back > 0 })
}

func (w *wish) whole() bool {
	return !slices.ContainsFunc(w.lines, func(l wished) bool { return l.here+l.gone+l.other < l.want })
}

func (w *wish) promised() bool {
	return slices.ContainsFunc(w.lines, func(l wished) bool { return l.here+l.gone+l.other > 0 })
}

// put places an order and says what the answer must be.
func (m *model) put(o *ledger.Order, up bool) string {
	w := &wish{take: o.Fulfil == ledger.Take}
	for _, l := range o.Lines {
		n := min(l.Qty, m.free[l.SKU])
		m.free[l.SKU] -= n
		w.lines = append(w.lines, wished{sku: l.SKU, want: l.Qty, here: n})
	}
	if !w.whole() && up && (o.Anywhere || !m.counter) {
		w.asking = true
		m.orders[o.ID] = w
		return "asked"
	}
	return m.decide(o, w)
}

// decide ends what placing or asking began.
func (m *model) decide(o *ledger.Order, w *wish) string {
	w.asking = false
	if !w.whole() && (o.Shortage == ledger.Refuse || o.Shortage == ledger.Partial && !w.promised()) {
		if asked := m.orders[o.ID] == w; asked {
			m.letGo(w)
		} else { // nothing had moved yet
			for _, l := range w.lines {
				m.free[l.sku] += l.here
			}
		}
		delete(m.orders, o.ID)
		m.serve()
		return "refused"
	}
	m.orders[o.ID] = w
	for i := range w.lines {
		l := &w.lines[i]
		if o.Shortage == ledger.Backorder {
			l.back = l.want - l.here - l.other
		}
		if w.take {
			m.out[l.sku] += l.here
			l.gone, l.here = l.gone+l.here, 0
		}
	}
	if w.waits() && m.counter && !o.Anywhere {
		m.queue = append(m.queue, o.ID)
	}
	w.closed = !w.waits() && !slices.ContainsFunc(w.lines, func(l wished) bool { return l.here+l.other > 0 })
	return "accepted"
}

func (m *model) letGo(w *wish) {
	for i := range w.lines {
		m.release(w.lines[i].sku, w.lines[i].here)
		w.lines[i].here, w.lines[i].other, w.lines[i].back = 0, 0, 0
	}
	w.closed = true
}

// cancel says whether the order could still be cancelled.
func (m *model) cancel(id ledger.OrderID) string {
	w := m.orders[id]
	if w.closed {
		return "refused"
	}
	m.queue = slices.DeleteFunc(m.queue, func(q ledger.OrderID) bool { return q == id })
	m.letGo(w)
	m.serve()
	return "accepted"
}

// agree compares the paper with the book.
func (m *model) agree(t *rapid.T, s *ledger.State) {
	put := map[ledger.SKU]ledger.Qty{}
	for id, w := range m.orders {
		o, ok := s.Order(id)
		if !ok {
			t.Fatalf("order %s: got none, want %+v", id, *w)
		}
		for i, l := range w.lines {
			put[l.sku] += l.here
			got := o.Lines[i]
			if got.Here != l.here || got.Taken != l.gone || got.Backordered != l.back || got.Promised()-got.Here-got.Taken != l.other {
				t.Fatalf("order %s line %d: got %+v, want %+v", id, i+1, got, l)
			}
		}
		if closed := o.Status == ledger.StatusCompleted || o.Status == ledger.StatusCanceled; closed != w.closed {
			t.Fatalf("order %s: got %s, want closed %v", id, o.Status, w.closed)
		}
	}
	for _, lines := range m.away {
		for _, p := range lines {
			put[p.sku] += p.qty
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(m.in)) {
		l, _ := s.Level(sku)
		if err := l.Check(); err != nil {
			t.Fatalf("%s: %v", sku, err)
		}
		got := fmt.Sprintf("hand %d free %d put by %d hq %d", l.OnHand(), l.Available, l.Reserved, l.AllottedTo(ledger.HolderHQ))
		want := fmt.Sprintf("hand %d free %d put by %d hq %d", m.in[sku]-m.out[sku], m.free[sku], put[sku], m.hq[sku])
		if got != want {
			t.Fatalf("%s: got %s, want %s", sku, got, want)
		}
	}
}

func TestAnySequenceOfActsLeavesBookModelAndAuditorAgreeing(t *testing.T) {
	rounds := 20 // of 100 sequences each; of 20 with -short
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		rapid.Check(t, func(t *rapid.T) {
			w := newWorkshop(t, rapid.Bool().Draw(t, "counter"))
			t.Repeat(map[string]func(*rapid.T){
				"receive": w.receive, "place": w.place, "repeat": w.repeat, "answer": w.answerAsk, "cancel": w.cancel,
				"reserve": w.reserve, "borrow": w.borrow, "giveback": w.giveBack, "release": w.cancelServed, "note": w.note,
				"command": w.commandAgain, "reboot": w.reboot, "": w.check,
			})
		})
	}
}
