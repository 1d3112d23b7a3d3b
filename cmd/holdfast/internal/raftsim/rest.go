package raftsim

import (
	"context"
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	calmLooks = 10 // looks in a row that find nothing moving
	lookEach  = 100 * time.Millisecond
)

// rest waits until the company is at rest and judges it there: head office first, then, when the nodes
// have ended, their books against head office's. A company that comes to no rest is judged all the same.
func (s *show) rest(ctx context.Context) error {
	var why string
	var last uint64
	end := time.Now().Add(restMost)
	for calm := 0; calm < calmLooks; {
		if err := world.Rest(ctx, lookEach); err != nil {
			return err
		}
		why = s.c.unsettled()
		switch now := applied(s.c.servers[0]); {
		case why == "" && now == last:
			calm++
		default:
			calm, last = 0, now
		}
		if time.Now().After(end) {
			if why == "" {
				why = "head office goes on applying commands"
			}
			s.fail("not at rest after %s: %s", restMost, why)
			break
		}
	}
	s.judgeServers()
	if err := endAll(s.c.nodes); err != nil {
		return err
	}
	return s.judgeBooks()
}

func applied(p *party) (n uint64) {
	p.server().View(func(m *machine.Machine) { n = m.Applied() })
	return n
}

// unsettled says what is not at rest yet; "" when all is.
func (c *company) unsettled() (why string) {
	first := applied(c.servers[0])
	for _, p := range c.servers {
		if n := applied(p); n != first {
			return fmt.Sprintf("%s has applied %d commands, %s %d", p.name, n, c.servers[0].name, first)
		}
	}
	c.servers[0].server().View(func(m *machine.Machine) {
		for _, p := range c.nodes {
			st := p.node().Status()
			if why = unsettledSite(m, &st); why != "" {
				why = p.name + ": " + why
				return
			}
		}
		n := m.Counts()
		switch {
		case n.Asks > 0:
			why = fmt.Sprintf("head office has %d asks open", n.Asks)
		case n.Requests > 0:
			why = fmt.Sprintf("head office has %d requests to borrow open", n.Requests)
		case n.Commands > 0:
			why = fmt.Sprintf("%d commands are queued", n.Commands)
		}
	})
	return why
}

func unsettledSite(m *machine.Machine, st *contract.NodeStatus) string {
	known, ok := m.Site(st.Site)
	switch {
	case !ok:
		return "head office does not know it"
	case st.State != "open":
		return fmt.Sprintf("it is %s: %s", st.State, st.Why)
	case known.Frozen != "" || known.Broken != "":
		return fmt.Sprintf("head office promises nothing of it: %q %q", known.Frozen, known.Broken)
	case st.OpenAsks > 0:
		return fmt.Sprintf("it has %d asks open", st.OpenAsks)
	case known.Stored.Epoch != ledger.Epoch(st.Epoch) || known.Stored.Seq != ledger.Seq(st.Seq):
		return fmt.Sprintf("head office has its entry %d, it is at %d", known.Stored.Seq, st.Seq)
	case known.Folded != known.Stored.Seq:
		return fmt.Sprintf("head office has folded its entry %d of %d", known.Folded, known.Stored.Seq)
	case known.Issue != known.Ack || known.Ack.Number != st.Commands:
		return fmt.Sprintf("head office issued command %d, it has carried out %d", known.Issue.Number, st.Commands)
	case st.ItemVersion != m.RefVersion():
		return fmt.Sprintf("it has items of version %d, head office of %d", st.ItemVersion, m.RefVersion())
	}
	return ""
}
