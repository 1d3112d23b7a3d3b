package hq_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A fall is one way in which a leader is lost; mend brings it back.
type fall struct {
	name string
	lose func(m *market, at int)
	mend func(m *market, at int)
}

func falls() []fall {
	cut := func(deaf, mute bool) func(*market, int) {
		return func(m *market, at int) { m.wires.lose(at, deaf, mute) }
	}
	mend := func(m *market, _ int) { m.wires.mend() }
	start := func(m *market, at int) {
		m.wires.mend()
		m.c.servers[at].start()
	}
	return []fall{
		{"hears nobody", cut(true, false), mend},
		{"is stopped", func(m *market, at int) { m.c.servers[at].end() }, start},
		{"is heard by nobody", cut(false, true), mend},
		{"hands over", func(m *market, at int) {
			if err := m.c.servers[at].TransferForTest(); err != nil {
				m.t.Logf("the leader keeps the lead: %v", err) // the wait for another one says the rest
				m.c.servers[at].end()
				m.c.servers[at].start()
			}
		}, func(*market, int) {}},
		{"loses its wires and is stopped", func(m *market, at int) {
			m.wires.tear(at)
			m.c.servers[at].end() // it can hand nothing over
		}, start},
		{"is cut off", cut(true, true), mend},
	}
}

// size says how much is done: in a few seconds, in fewer with the race detector, or in minutes.
func size() (losses int, lasts time.Duration) {
	switch {
	case os.Getenv("HOLDFAST_LONG") == "1":
		return 0, 5 * time.Minute
	case testing.Short():
		return 2, 0
	default:
		return len(falls()), 0
	}
}

// Several clients trade while leader after leader is lost, each in another way and in the middle of
// it all, and comes back. Whatever they were told must be what one clerk at one shelf could have
// told them. With HOLDFAST_LONG=1 this goes on for five minutes.
func TestClientsAreAnsweredAsByOneClerkWhileLeadersAreLost(t *testing.T) {
	t.Parallel()
	losses, lasts := size()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed) // of what is asked; when it is asked, the machine decides
	m := openMarket(t, seed, 60+int(lasts.Seconds())*10)
	stop := m.trade(6)
	ways := falls()
	lost := 0
	for ; lost < losses || time.Since(m.begun) < lasts; lost++ {
		if lost%len(ways) == 0 && lasts > 0 {
			m.shuffle(ways)
		}
		m.lose(ways[lost%len(ways)])
	}
	stop()
	m.lookAround()
	began := time.Now()
	records, unheard, wrong := 0, 0, 0
	for _, s := range m.stalls[:m.open()+1] {
		records += len(s.records)
		unheard += s.unheard
		if res, _ := judge(s.records, time.Minute); res == porcupine.Ok {
			continue
		} else if wrong++; wrong == 1 {
			blame(t, res, s.records)
		}
	}
	t.Logf("%d acts in %d histories, %d of them wrong, %v; of %d nothing was heard; %d were refused for the time being; %d leaders lost; %.1f s, judged in %.1f s",
		records, m.open()+1, wrong, m.heard(), unheard, m.passed.Load(), lost, began.Sub(m.begun).Seconds(), time.Since(began).Seconds())
	for _, want := range []string{accepted, short, canceled, stands, there, done} {
		if m.heard()[want] == 0 {
			t.Errorf("nobody was told %q: the histories show too little", want)
		}
	}
	m.audit()
}

// lose has the leader fall, waits until there is a leader of a later term and clients have been
// answered, and has the fallen one back.
func (m *market) lose(f fall) {
	m.t.Helper()
	m.answersMore(30)
	at := m.c.leader()
	var fell hq.Status
	m.c.must(200, at, "GET", "/v1/status", "", nil, &fell)
	m.t.Logf("%.3f s: leader %s %s", time.Since(m.begun).Seconds(), m.c.servers[at].cfg.Name, f.name)
	f.lose(m, at)
	m.c.eventually("there is a new leader", func() error {
		for i, s := range m.c.servers {
			var st hq.Status
			if !s.stopped() && m.c.call(i, "GET", "/v1/status", "", nil, &st) == 200 && st.Role == "leader" && st.Ready && st.Term > fell.Term {
				return nil
			}
		}
		return errors.New("none leads")
	})
	m.answersMore(30)
	f.mend(m, at)
}

// answersMore waits until clients have been answered n times more.
func (m *market) answersMore(n int64) {
	m.t.Helper()
	till := m.answered.Load() + n
	m.c.eventually("clients are answered", func() error {
		if got := m.answered.Load(); got < till {
			return fmt.Errorf("%d answers, want %d", got, till)
		}
		return nil
	})
}

func (m *market) shuffle(ways []fall) {
	r := rand.New(rand.NewPCG(m.seed, uint64(m.answered.Load())))
	r.Shuffle(len(ways), func(i, k int) { ways[i], ways[k] = ways[k], ways[i] })
}

// lookAround reads all stock and all orders once more, when everybody has gone and all is well:
// what nobody asked for must not have happened either.
func (m *market) lookAround() {
	last := m.client("at last", 1<<20)
	var g sync.WaitGroup
	for i := range 4 {
		mine := *last
		mine.at = i % len(m.urls)
		g.Go(func() {
			for k := i; k <= m.open(); k += 4 {
				s := m.stalls[k]
				for sku := range s.skus {
					mine.carryOut(s, act{do: readsStock, sku: sku}, patience)
				}
				for _, id := range s.orders {
					mine.carryOut(s, act{do: looksUp, order: id}, patience)
				}
			}
		})
	}
	g.Wait()
}

// audit stops the servers and checks every journal of theirs.
func (m *market) audit() {
	m.t.Helper()
	m.c.eventually("every server has the whole journal", func() error {
		for i := range m.c.servers {
			var st hq.Status
			if m.c.call(i, "GET", "/v1/status", "", nil, &st) != 200 || st.Applied < st.Commit || st.Commit == 0 || !st.Ready {
				return fmt.Errorf("%d: %+v", i, st)
			}
		}
		return nil
	})
	for _, s := range m.c.servers {
		s.end()
	}
	for _, s := range m.c.servers {
		env, _ := world()
		reports, err := journal.Audit(env, s.cfg.Dir, nil)
		if err != nil || len(reports) != 1 || reports[0].Missing != 0 {
			m.t.Errorf("%s: got %+v, %v, want hull's journal whole", s.cfg.Name, reports, err)
		}
	}
}

// Why read=leader is there: a follower that has lost the others does not know it, and answers
// read=local with what it has.
func TestALocalReadMayBeStaleAndALeadersReadIsNot(t *testing.T) {
	t.Parallel()
	m := openMarket(t, 1, 1)
	s := m.stalls[0]
	m.come(s, pair{1, 0})
	m.settle()
	behind := m.c.follower()
	c := m.client("at it", 0)
	c.at = behind
	m.c.eventually("the follower has the unit", func() error {
		var stock contract.HQStock
		m.c.call(behind, "GET", "/v1/stock/"+string(s.skus[0])+"?read=local", "", nil, &stock)
		if stock.Promisable.Sure.Qty != 1 {
			return fmt.Errorf("%+v", stock)
		}
		return nil
	})
	m.wires.lose(behind, true, true)

	buyer := m.client("buyer", 1)
	buyer.at, buyer.keen = m.c.leader(), true
	buyer.carryOut(s, buyer.order(s, pair{1, 0}, false), patience)
	sold := len(s.records)
	if got := s.records[sold-1].answer; got != (answer{accepted, pair{1, 0}}) {
		t.Fatalf("the buyer was told %v, want the unit", got)
	}
	c.read = "local"
	c.carryOut(s, act{do: readsStock}, patience)
	c.carryOut(s, act{do: looksUp, order: s.orders[0]}, patience)
	for i, want := range []answer{nowOne, {said: unheardOf}} {
		if got := s.records[sold+i].answer; got != want {
			t.Errorf("read=local at the server behind: got %v, want the stale %v", got, want)
		}
		wrong := append(slices.Clone(s.records[:sold]), s.records[sold+i])
		if res, _ := judge(wrong, patience); res != porcupine.Illegal {
			t.Errorf("with that local read: judged %s, want %s", res, porcupine.Illegal)
		}
	}
	c.read = "leader" // of the same server, which passes it on, or has no leader
	s.records = s.records[:sold]
	c.carryOut(s, act{do: readsStock}, patience)
	c.carryOut(s, act{do: looksUp, order: s.orders[0]}, patience)
	if res, _ := judge(s.records, patience); res != porcupine.Ok || len(s.records) != sold+2 {
		blame(t, res, s.records)
	}
	m.wires.mend()
	m.audit()
}
