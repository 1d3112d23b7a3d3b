package hq_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A stall is two SKUs that are traded in for a while, and the history of it. Short histories are
// judged in no time; one long one never would be.
type stall struct {
	skus [2]ledger.SKU

	mu      sync.Mutex // guards what follows
	records []record
	unheard int
	sent    []act // places and cancels, to be sent again
	orders  []ledger.OrderID
	there   []ledger.OrderID // of them, those that were accepted, or may have been
	came    pair
}

const (
	stallActs    = 120 // acts after which trade moves on to the next stall,
	stallUnheard = 6   // or so many of which nothing was heard: each may fall anywhere, and all ways are tried
	stallUnits   = 40  // units of each SKU that come in at a stall
)

// A market is a cluster with one warehouse, and clients who trade there.
type market struct {
	t     *testing.T
	c     *cluster // of the test alone: servers come and go in it
	wires *wires
	urls  []string
	hull  *site
	seed  uint64
	begun time.Time

	stalls   []*stall
	answered atomic.Int64
	passed   atomic.Int64 // acts that were given up after none but passing refusals: they must never happen

	mu       sync.Mutex // guards what follows
	now      int        // the stall that is open
	at       map[ledger.OrderID]*stall
	promised map[string]int // answers, by what was said
	pending  []*pendingAct  // what hull did that head office has not confirmed
}

type pendingAct struct {
	*stall
	record
}

func openMarket(t *testing.T, seed uint64, stalls int) *market {
	t.Helper()
	c, w := startCuttable(t, func(cfg *hq.Config) { cfg.ProposeWait, cfg.SnapshotThreshold = time.Second, 1000 })
	m := &market{t: t, c: c, wires: w, seed: seed, at: map[ledger.OrderID]*stall{}, promised: map[string]int{}}
	// The site and the clients see addresses only: which servers run is the test's to know.
	outside := &cluster{t: t, token: c.token, http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(outside.http.CloseIdleConnections)
	for _, s := range c.servers {
		m.urls = append(m.urls, s.URL())
		outside.servers = append(outside.servers, &server{t: t, Server: s.Server})
	}
	for part := range slices.Chunk(make([]struct{}, stalls), 500) {
		var items contract.BulkItems
		for range part {
			s := &stall{}
			for k := range s.skus {
				s.skus[k] = ledger.SKU(fmt.Sprintf("S-%d-%d", len(m.stalls), k+1))
				items.Items = append(items.Items, contract.BulkItem{SKU: string(s.skus[k]), ItemRequest: contract.ItemRequest{Name: "Tap"}})
			}
			m.stalls = append(m.stalls, s)
		}
		c.must(200, 0, "POST", "/v1/items/bulk", "", items, nil)
	}
	m.hull = c.addSite("hull", "warehouse", 1)
	m.hull.c = outside
	m.hull.hello()
	m.begun = time.Now()
	return m
}

func (m *market) open() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// stall gives the stall that is open, and opens the next where it has seen enough.
func (m *market) stall() *stall {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stalls[m.now]
	s.mu.Lock()
	defer s.mu.Unlock()
	if (len(s.records) >= stallActs || s.unheard >= stallUnheard) && m.now+1 < len(m.stalls) {
		m.now++
	}
	return m.stalls[m.now]
}

func (m *market) heard() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.promised)
}

func (m *market) note(s *stall, r record) {
	m.mu.Lock()
	if r.answer != silence {
		m.promised[r.said]++
	}
	m.mu.Unlock()
	s.mu.Lock()
	s.records = append(s.records, r)
	if r.answer == silence {
		s.unheard++
	}
	if r.do == places && (r.answer == silence || r.said == accepted) {
		s.there = append(s.there, r.order)
	}
	s.mu.Unlock()
}

// trade has clients and the warehouse at work until they are stopped.
func (m *market) trade(clients int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var g, h sync.WaitGroup
	for i := range clients {
		c := m.client(fmt.Sprint("client-", i+1), uint64(i))
		g.Go(func() {
			for ctx.Err() == nil {
				s := m.stall()
				c.carryOut(s, c.choose(s), patience)
			}
		})
	}
	shut := make(chan struct{})
	h.Go(func() {
		r := rand.New(rand.NewPCG(m.seed, 1<<40))
		for {
			select {
			case <-shut:
				m.settle()
				return
			default:
			}
			m.hull.at = r.IntN(len(m.urls))
			if s := m.stall(); len(m.pending) == 0 && r.IntN(3) == 0 {
				m.come(s, pair{ledger.Qty(r.IntN(8)), ledger.Qty(r.IntN(8))})
			}
			m.obey()
			m.push()
		}
	})
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			g.Wait()
			close(shut)
			h.Wait()
		}
	}
	m.t.Cleanup(stop)
	return stop
}

// come has goods come in at hull, all of them for head office to promise.
func (m *market) come(s *stall, qty pair) {
	s.mu.Lock()
	qty = qty.least(pair{stallUnits, stallUnits}.sub(s.came))
	s.came = s.came.add(qty)
	s.mu.Unlock()
	in := &ledger.Receive{ID: fmt.Sprint(m.hull.core.State.Seq)}
	for k, q := range qty {
		if q > 0 {
			in.Lines = append(in.Lines, ledger.ReceiptLine{SKU: s.skus[k], Qty: q, Bin: ledger.BinDefault})
		}
	}
	if len(in.Lines) == 0 {
		return
	}
	if out := m.hull.decide(in); out.Err != nil {
		m.t.Errorf("receive: %v", out.Err)
	}
	m.expect(s).qty = qty
}

// expect notes that hull has something for a stall, which head office has when it is pushed. All of
// it goes in one push, which may have to be repeated, and nothing more is begun before it is in: so
// it is one act.
func (m *market) expect(s *stall) *act {
	at := slices.IndexFunc(m.pending, func(p *pendingAct) bool { return p.stall == s })
	if at < 0 {
		at = len(m.pending)
		m.pending = append(m.pending, &pendingAct{s, record{act: act{who: "hull", do: brings}, from: time.Since(m.begun)}})
	}
	return &m.pending[at].act
}

// obey carries out what head office has commanded: of a cancelled order the units are put back.
func (m *market) obey() {
	if m.hull.stored != m.hull.head() {
		return
	}
	r, err := m.hull.pull(20 * time.Millisecond)
	if err != nil {
		time.Sleep(5 * time.Millisecond)
		return
	}
	for i := range r.Commands {
		if c := &r.Commands[i]; c.Kind == ledger.CommandCancel {
			m.mu.Lock()
			s := m.at[c.Order]
			m.mu.Unlock()
			a := m.expect(s)
			a.back = append(a.back, c.Order)
		}
	}
}

func (m *market) push() {
	if m.hull.tryPush() != nil || m.hull.stored != m.hull.head() {
		time.Sleep(5 * time.Millisecond)
		return
	}
	for _, p := range m.pending {
		p.answer, p.to = answer{said: done}, time.Since(m.begun)
		m.note(p.stall, p.record)
	}
	m.pending = nil
}

// settle goes on until head office has nothing more to command and knows everything.
func (m *market) settle() {
	end := time.Now().Add(patience)
	for quiet := 0; quiet < 3; {
		m.obey()
		m.push()
		if quiet++; len(m.pending) > 0 || m.hull.stored != m.hull.head() {
			quiet = 0
		}
		if time.Now().After(end) {
			m.t.Errorf("hull and head office do not settle: %d acts pending", len(m.pending))
			return
		}
	}
}
