package sim

import (
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A count that was booked in a life that is lost, before anybody heard, is refused by the next one: who counts takes a new sheet. What turned up lies
// there, and would be in no book else.
func TestASheetOfAnotherLifeIsTakenAgain(t *testing.T) {
	c := rested(t)
	s := c.sites[slices.IndexFunc(c.sites, func(s *site) bool { return len(s.core.State.SKUs()) > 0 })]
	sku := s.core.State.SKUs()[0]
	before, _ := s.core.State.Level(sku)
	h := &hand{at: s.id, chance: newChance(1, "test"), a: &ledger.Adjust{Reason: countReason, Approver: "manager", Lines: []ledger.AdjustLine{{SKU: sku, Qty: 1}}}, booked: true}
	h.key = keyOf("test")
	h.a.Meta = ledger.Meta{Key: h.key, Request: ledger.DigestOf([]byte("test"))}
	h.takeSheet(c, s)
	h.n.Epoch++ // as of a life that this one does not know
	c.hands = append(c.hands, h)
	h.try(c)
	for range 1000 {
		if h.heard != nil || h.over {
			break
		}
		e, _ := c.agenda.next()
		c.now = e.at
		e.run()
	}
	after, _ := s.core.State.Level(sku)
	if h.heard == nil || after.OnHand() != before.OnHand()+1 {
		t.Errorf("got %d %s in the book, over %t, want %d: one turned up", after.OnHand(), sku, h.over, before.OnHand()+1)
	}
	if c.checkGoods(); c.report.Violations != 0 || c.report.Met["count: taken again, of another life"] != 1 {
		t.Errorf("got %v, and %v, want the sheet taken again once", c.report.Broken, c.report.Met)
	}
}
