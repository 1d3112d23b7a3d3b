package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// addTransfers has goods go from each site to another one in the course of the day.
func (p *Plan) addTransfers() {
	for i, s := range p.Sites {
		c := newChance(p.Seed, "transfers of "+string(s.ID))
		p.often(c, p.Temper.TransferEach, func(at time.Duration) {
			to := p.Sites[(i+1+c.upTo(len(p.Sites)-1))%len(p.Sites)]
			p.add(Act{At: at, Kind: ActTransfer, Site: s.ID, Other: to.ID, SKU: p.popular(c), Qty: ledger.Qty(1 + c.upTo(4)), Pick: c.upTo(1 << 16), Hard: c.in100(15), For: c.around(2 * time.Minute)})
		})
	}
}

// A mover brings goods from one site to another: they are set aside, leave, are on the road, and come. Each is told until
// the book of the place has it.
type mover struct {
	c       *company
	a       *Act
	id      ledger.TransferID
	chance  *chance
	until   time.Duration // nobody waits longer for goods to be set aside
	steps   []moved
	tries   int  // of telling that they leave
	told    bool // the last one has had no answer: what it said is said again
	aside   bool
	sent    ledger.Qty // as it was told last
	heard   bool       // the book has said that they may leave, or that they stay
	gone    bool       // they have left
	carton  gs1.SSCC   // in which all of it leaves; "" loose
	came    ledger.Qty // of what was sent, sound or not
	opened  bool       // it was opened where it came: it was not as it left, or its book had not heard of it
	arrived bool
}

// moved is one thing that a mover has told a book, and what it was answered.
type moved struct {
	at    ledger.SiteID
	key   ledger.Digest
	heard *ledger.Entry
}

func (c *company) transfer(a *Act) {
	m := &mover{c: c, a: a, id: ledger.TransferID(fmt.Sprintf("T-%s-%d", a.Site, a.ID)), until: c.now + 10*time.Minute}
	m.chance = newChance(c.plan.Seed, "transfer "+string(m.id))
	if m.chance.in100(60) {
		m.carton = cartonOf(m.id)
	}
	c.movers = append(c.movers, m)
	c.count("transfer")
	wish := ledger.Transfer{ID: m.id, From: a.Site, To: a.Other, Lines: []ledger.TransferLine{{SKU: a.SKU, Qty: a.Qty}}}
	switch a.Pick % 3 {
	case 0:
		m.tell(a.Site, "make", func() ledger.Request { return &ledger.MakeTransfer{Transfer: wish} }, func(*ledger.Entry) { m.awaits() })
	case 1:
		m.tell(a.Other, "ask", func() ledger.Request { return &ledger.MakeTransfer{Transfer: wish} }, func(*ledger.Entry) {
			c.after(m.chance.around(30*time.Second), func() { m.judges() })
			m.awaits()
		})
	default:
		name := string(m.id) + " at head office"
		c.person(&machine.MakeTransfer{Transfer: wish, Key: keyOf(name), Request: ledger.DigestOf([]byte(name)), By: "manager", At: c.hq.wall()})
		m.awaits()
	}
}

// cartonOf is the number on the label of a carton that a transfer leaves in.
func cartonOf(id ledger.TransferID) gs1.SSCC {
	d := keyOf("carton of " + string(id))
	sscc, err := gs1.NewSSCC(0, "5012345", binary.BigEndian.Uint64(d[:8])%1_000_000_000)
	if err != nil {
		panic("sim: no carton has such a number: " + err.Error())
	}
	return sscc
}

// goods says what leaves: loose, or in a carton.
func (m *mover) goods(r *ledger.DispatchTransfer, q ledger.Qty) {
	if m.carton == "" {
		r.Lines = []ledger.TransferLine{{SKU: m.a.SKU, Sent: q}}
		return
	}
	r.Cartons = []ledger.WayCarton{{SSCC: m.carton, Goods: []ledger.WayGoods{{SKU: m.a.SKU, Qty: q}}}}
}

// judges has a person say yes to what was asked for, once head office has heard of it.
func (m *mover) judges() {
	t, known := m.c.hq.m.Transfer(m.id)
	switch {
	case !m.c.hq.up || !known || t.State == ledger.TransferAsked && m.c.now < m.c.hq.unsure:
		if m.c.now < m.until {
			m.c.after(5*time.Second, func() { m.judges() })
		}
	case t.State == ledger.TransferAsked:
		name := string(m.id) + " judged"
		m.c.person(&machine.JudgeTransfer{Transfer: m.id, Refuse: m.a.Hard, Key: keyOf(name), Request: ledger.DigestOf([]byte(name)), By: "manager", At: m.c.hq.wall()})
	}
}

// awaits has the goods leave once the sender's book has set them aside: some are left behind, or all. Who has told it that they
// leave asks until it has answered, however long that takes.
func (m *mover) awaits() {
	if m.gone || m.c.now > m.until && !m.asked() {
		return
	}
	retry := func() { m.c.after(clientPatience+m.chance.between(0, time.Second), func() { m.awaits() }) }
	s := m.c.byID[m.a.Site]
	if !s.up || !s.open {
		retry()
		return
	}
	q := m.a.Qty - ledger.Qty(m.chance.upTo(2))
	cancel := q == 0
	key := keyOf(string(m.id) + " dispatch")
	req := &ledger.DispatchTransfer{Meta: ledger.Meta{Key: key, Request: ledger.DigestOf(key[:], []byte{byte(q)})}, ID: m.id, Cancel: cancel}
	if !cancel {
		m.goods(req, q)
	}
	again := m.asked()
	if again { // the same: its answer was lost
		q, req = m.sent, m.again()
	}
	m.tries++
	try := m.tries
	m.told, m.sent = true, q
	m.c.after(answerWait, func() {
		if m.told && m.tries == try { // the process has ended with the request in hand
			m.c.met("transfer", "told with no answer")
			m.awaits()
		}
	})
	s.do(req, func(out ledger.Outcome) {
		if m.tries != try {
			return // nobody waits for it any more
		}
		m.told = again && !m.aside // it may have been done by a book that is to be told of it yet
		switch {
		case m.gone:
		case out.Err != nil && !refusedForNow(out.Err) && !errors.Is(out.Err, ledger.ErrTransferUnknown) && m.aside:
			m.gone = true // somebody else has settled it meanwhile
		case out.Err != nil:
			retry()
		case m.chance.in100(m.c.lanLoss()):
			m.aside = true
			retry()
		default:
			m.gone, m.heard = true, true
			m.steps = append(m.steps, moved{m.a.Site, key, out.Entry})
			m.leaves(out.Entry)
		}
	})
}

// answerWait is how long whoever has goods leave waits for one answer.
const answerWait = 2 * clientPatience

// asked says whether the goods may have left by the sender's book, and nobody has said so.
func (m *mover) asked() bool { return m.told || m.aside }

// stayed is what never left the sender's yard although an entry had said so: its answer had reached nobody when every book that had it was lost.
func (m *mover) stayed() ledger.Qty {
	t := m.c.byID[m.a.Site].told.transfers[m.id]
	if m.heard || t != nil && slices.ContainsFunc(t.Lines, func(l ledger.TransferLine) bool { return l.Sent > 0 }) {
		return 0
	}
	return -m.c.moved["left for transfer "+string(m.id)+" "+string(m.a.SKU)]
}

// again is what was told before.
func (m *mover) again() *ledger.DispatchTransfer {
	key := keyOf(string(m.id) + " dispatch")
	req := &ledger.DispatchTransfer{Meta: ledger.Meta{Key: key, Request: ledger.DigestOf(key[:], []byte{byte(m.sent)})}, ID: m.id, Cancel: m.sent == 0}
	if m.sent > 0 {
		m.goods(req, m.sent)
	}
	return req
}

// leaves has goods travel, and come.
func (m *mover) leaves(e *ledger.Entry) {
	t := transferOf(e)
	if t == nil || t.State != ledger.TransferDispatched {
		m.c.met("transfer", "cancelled")
		return
	}
	m.c.met("transfer", "dispatched")
	m.sent = t.Lines[0].Sent
	came := m.sent
	if m.chance.in100(20) {
		came -= ledger.Qty(m.chance.upTo(int(m.sent) + 1))
		m.c.met("transfer", "something is missing")
	}
	damaged := ledger.Qty(0)
	if came > 0 && m.chance.in100(10) {
		damaged = 1
	}
	m.came = came
	whole := m.carton != "" && came == m.sent && damaged == 0 // what is not as it left is opened, and counted
	m.opened = !whole && !(m.carton != "" && m.c.guardOff(guardCartonWhole))
	m.c.after(m.a.For, func() {
		m.tell(m.a.Other, "receive", func() ledger.Request {
			if !m.opened {
				return &ledger.ReceiveTransfer{ID: m.id, From: m.a.Site, Cartons: []ledger.CameCarton{{SSCC: m.carton}}}
			}
			return &ledger.ReceiveTransfer{ID: m.id, From: m.a.Site, Lines: []ledger.ReceivedLine{{SKU: m.a.SKU, Came: came, Damaged: damaged, Noted: m.sent}}}
		}, func(e *ledger.Entry) {
			m.arrived = true
			m.c.met("transfer", "received")
			if !m.opened {
				m.c.met("transfer", "received by carton")
			}
		})
	})
}

// transferOf is the transfer that an entry is about.
func transferOf(e *ledger.Entry) *ledger.Transfer {
	switch b := e.Body.(type) {
	case *ledger.TransferBody:
		if b.Refusal == "" {
			return &b.Transfer
		}
	case *ledger.ObeyedBody:
		return b.Transfer
	case *ledger.LateBody:
		return b.Transfer
	}
	return nil
}

// tell tells a site something until it is heard that it is written down, or that it is refused.
func (m *mover) tell(at ledger.SiteID, what string, wish func() ledger.Request, done func(*ledger.Entry)) {
	key := keyOf(string(m.id) + " " + what)
	heard := false
	var try func()
	try = func() {
		if heard {
			return
		}
		if s := m.c.byID[at]; s.up && s.open && !m.chance.in100(m.c.lanLoss()) {
			s.do(under(wish(), key), func(out ledger.Outcome) {
				form, _ := errors.AsType[*ledger.FormError](out.Err)
				switch {
				case heard || refusedForNow(out.Err):
				case form != nil && form.Field == "cartons" && !m.opened: // its book has not heard what left: it is opened
					m.opened = true
					m.c.met("transfer", "its carton is opened")
				case out.Err != nil:
					heard = true
					m.c.met("transfer", what+" refused")
				case !m.chance.in100(m.c.lanLoss()):
					heard = true
					m.steps = append(m.steps, moved{at, key, out.Entry})
					done(out.Entry)
				}
			})
		}
		m.c.after(clientPatience+m.chance.between(0, time.Second), try)
	}
	try()
}

// under puts a request about a transfer under a key.
func under(req ledger.Request, key ledger.Digest) ledger.Request {
	meta := ledger.Meta{Key: key, Request: key}
	switch r := req.(type) {
	case *ledger.MakeTransfer:
		r.Meta = meta
	case *ledger.ReceiveTransfer:
		r.Meta = meta
	}
	return req
}

// asideAt is what a site has set aside for transfers, by its own journal.
func (s *site) asideAt() map[ledger.SKU]ledger.Qty {
	out := map[ledger.SKU]ledger.Qty{}
	for _, t := range s.told.transfers {
		if t.State == ledger.TransferReserved {
			for i := range t.Lines {
				out[t.Lines[i].SKU] += t.Lines[i].Qty
			}
		}
	}
	return out
}

// checkTransfers judges, when all has been said, that nothing is on its way, and that head office knows it.
func (c *company) checkTransfers() {
	way := map[ledger.SKU]ledger.Qty{}
	for _, s := range c.sites {
		for sku, q := range s.told.way {
			way[sku] += q
		}
	}
	arrived := true
	for _, m := range c.movers {
		c.checkCarton(m)
		arrived = arrived && (m.arrived || !m.gone)
	}
	for _, sku := range c.plan.SKUs {
		if got := c.hq.m.InTransit(sku); got != way[sku] || got != 0 && arrived {
			c.fail("transit", "%d %s are on their way by the journals, %d by head office, and all goods have come: %t", way[sku], sku, got, arrived)
		}
	}
}

// checkCarton says whether a carton that nobody has opened came by the receiver's book, with what has really come in it: all that its sender laid into it.
func (c *company) checkCarton(m *mover) {
	if !m.arrived || m.opened || c.wentBack {
		return
	}
	t := c.byID[m.a.Other].told.transfers[m.id]
	if t == nil || len(t.Cartons) != 1 || t.Cartons[0].SSCC != m.carton || !t.Cartons[0].Came || t.Lines[0].Came != m.came {
		c.fail("transit", "carton %s of %s came unopened, with %d of %d: the book has %+v", m.carton, m.id, m.came, m.sent, t)
	}
}

// hauled names what an entry says has crossed the walls for a transfer.
func (s *site) hauled(e *ledger.Entry) string {
	t := transferOf(e)
	if t == nil {
		return ""
	}
	way := "left for"
	if t.To == s.id || t.State == ledger.TransferReturned {
		way = "came of"
	}
	return way + " transfer " + string(t.ID)
}
