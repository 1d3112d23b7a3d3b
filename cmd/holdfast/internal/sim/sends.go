package sim

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// plans says what is done with what was picked: it is sent, or collected, all of it or but one unit of each line.
func (k *picker) plans(a *Act) {
	deeds := []ledger.Deed{ledger.DeedPack, ledger.DeedDispatch, ledger.DeedDeliver}
	switch k.chance.upTo(4) {
	case 0:
		deeds = []ledger.Deed{ledger.DeedReady, ledger.DeedCollect}
	case 1:
		deeds = []ledger.Deed{ledger.DeedPack, ledger.DeedDispatch, ledger.DeedFail, ledger.DeedComeBack}
	}
	for _, d := range deeds {
		name := fmt.Sprintf("%s %s", k.name, d)
		w := &ledger.WorkLeg{Meta: ledger.Meta{Actor: "picker", Device: k.name, Key: keyOf(name), Request: ledger.DigestOf([]byte(name))},
			Order: k.order, Deed: d, Code: "4711", Reason: "nobody in"}
		if d == ledger.DeedComeBack {
			w.Return = returnIDOf(name)
			k.back = w.Return
		}
		for _, l := range k.pick.Lines {
			q := l.Qty
			if a.Hard && q > 1 {
				q--
			}
			if q > 0 {
				w.Lines = append(w.Lines, ledger.LegLine{Line: l.Line, Qty: q})
			}
		}
		if len(w.Lines) > 0 {
			k.next = append(k.next, w)
		}
	}
}

// sends does what is next, and tells of it until the book has it. Of an order that was cancelled meanwhile what is in hand is put back.
func (k *picker) sends(c *company) {
	again := func() { c.after(clientPatience+k.chance.between(0, time.Second), func() { k.sends(c) }) }
	switch {
	case k.over || len(k.next) == 0:
		return
	case k.heard == nil: // the pick is not written down yet
		again()
		return
	}
	s := c.byID[k.at]
	if !s.up || !s.open || k.chance.in100(c.lanLoss()) {
		again()
		return
	}
	w := k.next[0]
	done := false
	s.do(w, func(out ledger.Outcome) {
		switch {
		case done || refusedForNow(out.Err):
		case out.Err != nil:
			done = true
			c.met("sent", "refused "+w.Deed.String())
			k.next = nil
			if w.Deed != ledger.DeedPutBack {
				name := k.name + " back"
				k.next = []*ledger.WorkLeg{{Meta: ledger.Meta{Actor: "picker", Device: k.name, Key: keyOf(name), Request: ledger.DigestOf([]byte(name))}, Order: k.order, Deed: ledger.DeedPutBack}}
			}
		case !k.chance.in100(c.lanLoss()):
			done = true
			c.met("sent", w.Deed.String())
			k.next = k.next[1:]
		}
	})
	again()
}

// sawWork judges what an entry says to have left: no more than the order wanted, whoever serves it.
func (s *site) sawWork(e *ledger.Entry, b *ledger.WorkBody) {
	for _, l := range b.Left() {
		at := sentOf{ledger.OrderID(e.Ref), l.Line}
		s.c.sent[at] += l.Qty
		s.c.report.HandedOver += uint64(l.Qty)
		if k := s.c.byOrder[at.order]; k != nil && l.Line <= len(k.wish.Order.Lines) && s.c.sent[at] > k.wish.Order.Lines[l.Line-1].Qty {
			s.c.fail("handed over", "%s has %d of line %d handed over, and wanted %d", k.who(), s.c.sent[at], l.Line, k.wish.Order.Lines[l.Line-1].Qty)
		}
	}
}

// sentOf is one line of an order.
type sentOf struct {
	order ledger.OrderID
	line  int // from 1
}
