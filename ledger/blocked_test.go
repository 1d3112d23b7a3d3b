package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// seen says what is done with units of TAP that lie blocked in MAIN.
func (s *stage) seen(do ledger.Disposition, q ledger.Qty) string {
	return verdict(s.do(&ledger.InspectBlocked{Reason: "dented", By: "dora", Lines: []ledger.BlockedLine{{SKU: "TAP", Qty: q, Do: do}}}))
}

// damaged has units come of a transfer, some of them damaged.
func (s *stage) damaged(came, of ledger.Qty) {
	s.t.Helper()
	if out := s.do(&ledger.ReceiveTransfer{ID: "T-1", From: "york", Lines: []ledger.ReceivedLine{{SKU: "TAP", Came: came, Damaged: of}}}); out.Err != nil {
		s.t.Fatal(out.Err)
	}
}

// What came damaged leaves blocked by a person's word, and nothing of a return's does by that.
func TestWhatIsBlockedLeavesItByOneWord(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.damaged(5, 3)
	s.play(`bring r TAP 2 => received`)
	for _, c := range []struct {
		do         ledger.Disposition
		q          ledger.Qty
		want, left string
	}{
		{ledger.Restock, 4, "line 1: 4 of TAP in bin MAIN are named, 3 are blocked there that are no return's, 2 that are", "hand=7 blocked=5 available=2 reserved=0 hq=0 shortfall=0"},
		{ledger.Block, 3, "blocked_inspected", "hand=7 blocked=5 available=2 reserved=0 hq=0 shortfall=0"},
		{ledger.Restock, 1, "blocked_inspected", "hand=7 blocked=4 available=3 reserved=0 hq=0 shortfall=0"},
		{ledger.Scrap, 2, "blocked_inspected", "hand=5 blocked=2 available=3 reserved=0 hq=0 shortfall=0"},
		{ledger.Scrap, 1, "line 1: 1 of TAP in bin MAIN are named, 0 are blocked there that are no return's, 2 that are", "hand=5 blocked=2 available=3 reserved=0 hq=0 shortfall=0"},
		{"burn", 1, `line 1: disposition is "burn"; it is restock, block or scrap`, "hand=5 blocked=2 available=3 reserved=0 hq=0 shortfall=0"},
	} {
		check(t, string(c.do), s.seen(c.do, c.q), c.want)
		check(t, "after "+string(c.do), s.levels("TAP"), c.left)
	}
	s.play(`
		inspect r restock 2 => closed
		take o TAP 5        => completed`)
}

// What is restocked is promised first to who waits, and pays what is owed.
func TestWhatIsRestockedServesWhoWaits(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.damaged(2, 2)
	s.play(`deliver o TAP 1 backorder => backordered`)
	check(t, "restock", s.seen(ledger.Restock, 2), "blocked_inspected")
	s.play(`
		order o   => allocated here=1 taken=0 away=0 waits=0
		level TAP => hand=2 available=1 reserved=1 hq=0`)
}

// Told late, what was restocked is sold if it lies blocked in this life, and what was scrapped is gone in either.
func TestWhatWasDoneWithBlockedGoodsIsToldLate(t *testing.T) {
	there := newStage(t, "leeds", true)
	there.damaged(5, 3)
	there.seen(ledger.Restock, 1)
	there.seen(ledger.Scrap, 2)
	for name, c := range map[string]struct {
		story func(*stage)
		tell  int // entries of the other life that are passed over
		want  string
	}{
		"all is new":            {func(*stage) {}, 2, "hand=3 blocked=0 available=3 reserved=0 hq=0 shortfall=0"},
		"the transfer is known": {func(s *stage) { s.damaged(5, 3) }, 3, "hand=3 blocked=0 available=3 reserved=0 hq=0 shortfall=0"},
		"nothing lies blocked, and what was scrapped is gone": {func(s *stage) { s.play("receive TAP 5") }, 3, "hand=3 blocked=0 available=3 reserved=0 hq=0 shortfall=0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			c.story(s)
			s.rebuild()
			for range 2 {
				s.bring(t, there.entries[c.tell:])
			}
			check(t, name, s.levels("TAP"), c.want)
			again := newStage(t, "leeds", true)
			again.rebuild()
			again.bring(t, s.entries[2:])
			check(t, "told late twice over", again.levels("TAP"), c.want)
		})
	}
}
