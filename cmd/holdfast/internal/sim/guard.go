package sim

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A guard is a rule without which the company sells twice or loses a sale. Tests switch one off
// at a time, in the simulator's own layer, and expect the judge to find out. An honest run has
// all of them.
type guard uint8

const (
	guardNone           guard = 0
	guardSynced         guard = 1 // an answer waits until its entry is on the disk
	guardAsksDropped    guard = 2 // a start drops the asks that the last process left open
	guardLogReplayed    guard = 3 // head office comes back with all it had committed
	guardCommandOnce    guard = 4 // a command comes under one number and one id
	guardKeyKept        guard = 5 // a retry carries the same key
	guardAbandonWritten guard = 6 // giving up an ask is written before the client is told
	guardAskNamed       guard = 7 // a yes is taken up by the ask that it was for
	guardHoldReleased   guard = 8 // a hold ends with the ask that it was for
	guardReceiptOnce    guard = 9 // goods that came once are written down once

	guardFirstVerdict guard = 10 // a process promises nothing before head office has judged its book, or cannot
	guardWitness      guard = 11 // what a client has seen of a book is compared with the book
	guardQuarantine   guard = 12 // a book that head office turned away promises nothing
	guardNewLife      guard = 13 // a restored head office begins another life
	guardJournalsTold guard = 14 // clients' journals are told to a book made anew
	guardFactsTold    guard = 15 // what only the book set aside and the clients know is told to the new one

	guardUnsureTold   guard = 16 // a client is told what of an order is promised by nobody yet
	guardConfirmed    guard = 17 // head office declines nothing before sites had their time to come back
	guardPickOnce     guard = 18 // what was not found is told under one key
	guardPickTold     guard = 19 // what was not found is written down
	guardCardOnce     guard = 41 // a gift card is sold under one payment's id
	guardNoteOnce     guard = 42 // a supplier's despatch note is told under its number
	guardExchangeOnce guard = 43 // an exchange is told under one key
	guardReturnOnce   guard = 40 // goods that come back once are told under one key
	guardCreditOnce   guard = 44 // store credit is given under one key
	guardCartonWhole  guard = 45 // a carton is booked as it left only where it came as it left
	guardCloseTold    guard = 46 // a book is told that head office has closed a purchase order of its own
)

func (c *company) guardOff(g guard) bool { return c.off == g }

// tamper lets head office's last command come a second time under another number and id.
func (c *company) tamper(r *wire.PullReply) {
	n := len(r.Commands)
	if !c.guardOff(guardCommandOnce) || n == 0 {
		return
	}
	again := r.Commands[n-1]
	again.Number++
	again.ID += "/again"
	again.Hash = ledger.ChainCommand(r.Commands[n-1].Hash, &again)
	r.Commands = append(r.Commands[:n:n], again)
}

// leak holds the units of an ask a second time, for an ask that never will be.
func (h *headOffice) leak(m *wire.Ask) {
	a, ok := h.m.Ask(m.ID)
	if !ok {
		return
	}
	id := m.ID
	id.Seq += 1_000_000
	h.apply(machine.Marshal(&machine.Hold{Ask: id, Order: m.Order, Legs: a.Legs, At: h.wall(), Deadline: h.wall().Add(time.Second)}))
}
