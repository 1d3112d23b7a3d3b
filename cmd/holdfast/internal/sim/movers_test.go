package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// goOn lets a company that has come to its end go on until it is so, for at most half an hour of its time.
func (c *company) goOn(so func() bool) {
	for end := c.now + 30*time.Minute; !so() && c.now < end; {
		e, ok := c.agenda.next()
		if !ok {
			return
		}
		c.now = e.at
		e.run()
	}
}

// stocked finds a site that has some of an article to promise.
func (c *company) stocked(t *testing.T) (*site, ledger.SKU) {
	t.Helper()
	for _, s := range c.sites {
		for _, sku := range s.core.State.SKUs() {
			if l, _ := s.core.State.Level(sku); l.Available > 1 && c.shelf[shelf{s.id, sku}] > 1 {
				return s, sku
			}
		}
	}
	t.Fatal("got no site with anything to promise, want one")
	return nil, ""
}

// Whoever was given no answer, for the process ended with the request in hand, tells the book again: it may have written that the goods left.
func TestWhoHasGoodsLeaveAsksUntilTheBookHasAnswered(t *testing.T) {
	c := rested(t)
	s, sku := c.stocked(t)
	other := c.sites[(slices.Index(c.sites, s)+1)%len(c.sites)]
	made := false
	s.do(under(&ledger.MakeTransfer{Transfer: ledger.Transfer{ID: "T-test", From: s.id, To: other.id, Lines: []ledger.TransferLine{{SKU: sku, Qty: 2}}}}, keyOf("make")),
		func(out ledger.Outcome) { made = out.Err == nil })
	if c.goOn(func() bool { return made }); !made {
		t.Fatal("the transfer was not made")
	}
	m := &mover{c: c, a: &Act{Site: s.id, Other: other.id, SKU: sku, Qty: 2, For: time.Second}, id: "T-test", chance: newChance(1, "test"), until: c.now + time.Second}
	c.movers = append(c.movers, m)
	s.unsure = true
	m.awaits()
	if c.goOn(func() bool { return m.arrived }); !m.heard || !m.arrived {
		t.Errorf("got heard %t, arrived %t after %d tries, want both: the book has it that the goods left", m.heard, m.arrived, m.tries)
	}
	if c.report.Met["transfer: told with no answer"] != 1 || c.report.Violations != 0 {
		t.Errorf("got %v, and %v, want one try without an answer", c.report.Met, c.report.Broken)
	}
}

// Goods of which nobody was told that they had left lie where they lay when the books that said so are lost. What somebody was told of has left.
func TestTheJudgeCountsGoodsThatNobodyWasToldHadLeft(t *testing.T) {
	for what, told := range map[string]bool{"somebody was told": true, "nobody was told": false} {
		t.Run(what, func(t *testing.T) {
			c := newCompany(NewPlan(2, time.Hour, 3, 0), guardNone)
			if err := c.run(t.Context(), noTick); err != nil || c.report.Violations != 0 {
				t.Fatalf("got %v %s, want a run without a fault", err, c.report.Story())
			}
			c.plan.Disasters = Restores // goods are counted on the shelves
			if c.checkGoods(); c.report.Violations != 0 {
				t.Fatalf("got %v, want all goods where the books have them", c.report.Broken)
			}
			i := slices.IndexFunc(c.movers, func(m *mover) bool { return m.arrived && m.sent > 0 })
			if i < 0 {
				t.Fatal("got no goods that left, want some")
			}
			m := c.movers[i]
			m.heard = told
			if q := m.stayed(); q != 0 {
				t.Errorf("got %d that stayed although the book has it that they left, want none", q)
			}
			delete(c.byID[m.a.Site].told.transfers, m.id)
			if want := map[bool]ledger.Qty{true: 0, false: m.sent}[told]; m.stayed() != want {
				t.Errorf("got %d that stayed, want %d", m.stayed(), want)
			}
			if c.checkGoods(); (c.report.Violations > 0) == told { // its level has them gone
				t.Errorf("got %v, want a fault: %t", c.report.Broken, !told)
			}
		})
	}
}
