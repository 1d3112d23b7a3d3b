package ledger_test

import (
	"cmp"
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
	york     map[ledger.SKU]ledger.Qty                   // york may promise of what is here
	owed     map[ledger.SKU]ledger.Qty                   // claimed, and shown not to be there
	held     map[ledger.SKU]map[ledger.SiteID]ledger.Qty // we may promise of others'
	serial   int                                         // of the last order
	away     map[ledger.OrderID]map[int]promise          // put by for orders of other books, by line
	orders   map[ledger.OrderID]*wish
	queue    []ledger.OrderID // wait here, in turn
	work     map[spot]*worked // off the shelf for a line, or sent
}

type promise struct {
	sku ledger.SKU
	qty ledger.Qty
}

type wish struct {
	lines    []wished
	take     bool
	anywhere bool
	asking   bool
	closed   bool
	serial   int
	priority int
}

type wished struct {
	sku                     ledger.SKU
	want, here, gone, other ledger.Qty
	back                    ledger.Qty
	unsure, declined        ledger.Qty // unsure is a part of back
}

func newModel(counter bool) *model {
	q := func() map[ledger.SKU]ledger.Qty { return map[ledger.SKU]ledger.Qty{} }
	held := map[ledger.SKU]map[ledger.SiteID]ledger.Qty{}
	for _, sku := range []ledger.SKU{"A", "B", "C"} {
		held[sku] = map[ledger.SiteID]ledger.Qty{}
	}
	return &model{counter: counter, in: q(), out: q(), free: q(), hq: q(), york: q(), owed: q(), held: held,
		away: map[ledger.OrderID]map[int]promise{}, orders: map[ledger.OrderID]*wish{}, work: map[spot]*worked{}}
}

// pay pays what is owed first and gives the rest.
func (m *model) pay(sku ledger.SKU, q ledger.Qty) ledger.Qty {
	n := min(q, m.owed[sku])
	m.owed[sku] -= n
	return q - n
}

// release gives units back to whom they came from.
func (m *model) release(sku ledger.SKU, q ledger.Qty) {
	if q = m.pay(sku, q); m.counter {
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

// inTurn has the urgent served first, and of the others who came first.
func (m *model) inTurn() {
	slices.SortFunc(m.queue, func(a, b ledger.OrderID) int {
		return cmp.Or(m.orders[b].priority-m.orders[a].priority, m.orders[a].serial-m.orders[b].serial)
	})
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
	w := &wish{take: o.Fulfil == ledger.Take, anywhere: o.Anywhere, priority: o.Priority}
	for _, l := range o.Lines {
		n := min(l.Qty, m.free[l.SKU])
		m.free[l.SKU] -= n
		w.lines = append(w.lines, wished{sku: l.SKU, want: l.Qty, here: n})
	}
	if !w.whole() && up && (o.Anywhere || !m.counter) {
		w.asking = true
		m.serial++
		w.serial = m.serial
		m.orders[o.ID] = w
		return "asked"
	}
	return m.decide(o, w, false, !up)
}

// decide ends what placing or asking began. What head office did not say yes to is drawn from what
// is held of others.
func (m *model) decide(o *ledger.Order, w *wish, yes, offline bool) string {
	unsure := o.Shortage == ledger.Confirm && offline && (o.Anywhere || !m.counter)
	all := o.Shortage == ledger.Refuse || o.Shortage == ledger.Confirm && !unsure
	w.asking = false
	undo := func() {}
	if o.Anywhere && !yes {
		undo = m.draw(w)
	}
	if !w.whole() && (all || o.Shortage == ledger.Partial && !w.promised()) {
		undo()
		if asked := m.orders[o.ID] == w; asked {
			m.letGo(o.ID, w)
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
	if w.serial == 0 {
		m.serial++
		w.serial = m.serial
	}
	for i := range w.lines {
		l := &w.lines[i]
		if o.Shortage == ledger.Backorder || unsure {
			l.back = l.want - l.here - l.other
		}
		if unsure {
			l.unsure = l.back
		}
		if w.take {
			found := max(0, l.here-m.shelf(l.sku)) // somebody else's hands were quicker
			m.in[l.sku] += found
			m.owed[l.sku] -= found
			m.out[l.sku] += l.here
			l.gone, l.here = l.gone+l.here, 0
		}
	}
	if w.waits() && m.counter && !o.Anywhere {
		m.queue = append(m.queue, o.ID)
		m.inTurn()
	}
	w.settle()
	return "accepted"
}

func (w *wish) settle() {
	w.closed = !w.waits() && !slices.ContainsFunc(w.lines, func(l wished) bool { return l.here+l.other > 0 })
}

func (m *model) hand(sku ledger.SKU) ledger.Qty { return m.in[sku] - m.out[sku] }

// draw serves what is short from whoever we hold most of, and says how to undo that.
func (m *model) draw(w *wish) (undo func()) {
	var back []func()
	for i := range w.lines {
		l := &w.lines[i]
		for l.here+l.other < l.want {
			best := ledger.SiteID("")
			for _, site := range slices.Sorted(maps.Keys(m.held[l.sku])) {
				if m.held[l.sku][site] > m.held[l.sku][best] {
					best = site
				}
			}
			q := min(l.want-l.here-l.other, m.held[l.sku][best])
			if q == 0 {
				break
			}
			m.held[l.sku][best] -= q
			l.other += q
			back = append(back, func() { m.held[l.sku][best] += q; l.other -= q })
		}
	}
	return func() {
		for _, f := range back {
			f()
		}
	}
}

func (m *model) letGo(id ledger.OrderID, w *wish) {
	for i := range w.lines {
		m.giveUp(spot{id, i + 1}, w.lines[i].sku, w.lines[i].here, w.lines[i].here)
		w.lines[i].here, w.lines[i].other, w.lines[i].back, w.lines[i].unsure = 0, 0, 0, 0
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
	m.letGo(id, w)
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
			if got.Here != l.here || got.Taken != l.gone || got.Backordered != l.back || got.Promised()-got.Here-got.Taken != l.other ||
				got.Unconfirmed != l.unsure || got.Declined != l.declined {
				t.Fatalf("order %s line %d: got %+v, want %+v", id, i+1, got, l)
			}
		}
		if closed := o.Status == ledger.StatusCompleted || o.Status == ledger.StatusCanceled || o.Status == ledger.StatusDeclined; closed != w.closed {
			t.Fatalf("order %s: got %s, want closed %v", id, o.Status, w.closed)
		}
	}
	for _, lines := range m.away {
		for _, p := range lines {
			put[p.sku] += p.qty
		}
	}
	m.agreeOnWork(t, s, put)
	for _, sku := range slices.Sorted(maps.Keys(m.in)) {
		l, _ := s.Level(sku)
		if err := l.Check(); err != nil {
			t.Fatalf("%s: %v", sku, err)
		}
		got := fmt.Sprintf("hand %d free %d put by %d hq %d york %d owed %d", l.OnHand(), l.Available, l.Reserved, l.AllottedTo(ledger.HolderHQ), l.AllottedTo("york"), l.Shortfall)
		want := fmt.Sprintf("hand %d free %d put by %d hq %d york %d owed %d", m.hand(sku), m.free[sku], put[sku], m.hq[sku], m.york[sku], m.owed[sku])
		if got != want {
			t.Fatalf("%s: got %s, want %s", sku, got, want)
		}
	}
	for _, h := range s.Holdings() {
		if h.Qty != m.held[h.SKU][h.Site] {
			t.Fatalf("held of %s: got %d of %s, want %d", h.Site, h.Qty, h.SKU, m.held[h.SKU][h.Site])
		}
	}
}

func TestAnySequenceOfActsLeavesBookModelAndAuditorAgreeing(t *testing.T) {
	rounds := 12 // of 100 sequences each; of 20 with -short
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		rapid.Check(t, func(t *rapid.T) {
			w := newWorkshop(t, rapid.Bool().Draw(t, "counter"))
			acts := w.acts()
			acts[""] = w.check
			t.Repeat(acts)
		})
	}
}
