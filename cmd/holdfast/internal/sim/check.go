package sim

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// facts are what a site's journal has shown so far, whatever became of its processes.
type facts struct {
	last     ledger.Seq
	hash     ledger.Hash
	keys     map[ledger.Digest]ledger.Seq
	commands map[string]ledger.Seq // that had an effect
}

func (f *facts) begin() {
	f.keys, f.commands = map[ledger.Digest]ledger.Seq{}, map[string]ledger.Seq{}
}

// landed judges frames as they come on a site's disk.
func (s *site) landed(frames []*ledger.Frame) {
	for _, f := range frames {
		if f.First != s.told.last+1 || f.Before != s.told.hash {
			s.c.fail("sequence", "%s writes entry %d behind entry %d", s.id, f.First, s.told.last)
			return
		}
		entries, err := f.Open()
		if err == nil {
			err = f.Verify()
		}
		if err != nil {
			s.c.fail("frame", "%s: %v", s.id, err)
			return
		}
		for _, e := range entries {
			s.c.report.Entries++
			s.c.say(string(s.id), "%s", entryWords(e))
			s.judge(e)
		}
		end := f.End()
		s.told.last, s.told.hash = end.Seq, end.Hash
	}
}

func (s *site) judge(e *ledger.Entry) {
	if e.Key != (ledger.Digest{}) {
		if first, seen := s.told.keys[e.Key]; seen {
			s.c.fail("duplicated", "%s answers a key in entry %d that entry %d has answered", s.id, e.Seq, first)
		}
		s.told.keys[e.Key] = e.Seq
	}
	switch b := e.Body.(type) {
	case *ledger.ReceiptBody:
		if s.c.receipts[b.ID]++; s.c.receipts[b.ID] > 1 {
			s.c.fail("duplicated", "%s takes in %s a second time", s.id, b.ID)
		}
		for _, p := range e.Postings {
			if p.Account.Kind == ledger.Supplier {
				s.c.received[p.SKU] -= p.Qty
			}
		}
	case *ledger.OrderBody:
		s.judgeOrder(e, b)
	case *ledger.ObeyedBody:
		s.judgeObeyed(e, b)
	}
}

func (s *site) judgeOrder(e *ledger.Entry, b *ledger.OrderBody) {
	switch e.Kind {
	case ledger.KindPlaced:
		s.c.tookOrder(s.id, b.Order.ID)
	case ledger.KindAskAccepted, ledger.KindAskAbandoned:
		switch {
		case b.Dropped:
			s.c.met("ask", "dropped at the start")
			return
		case e.Kind == ledger.KindAskAccepted:
			s.c.met("ask", "accepted")
		case b.Order.Offline:
			s.c.met("ask", "given up")
		default:
			s.c.met("ask", "told no")
		}
		if b.Refusal == "" {
			s.c.tookOrder(s.id, b.Order.ID)
		}
	case ledger.KindFilled:
		s.c.met("backorder", "filled from the own shelf")
	}
}

func (c *company) tookOrder(book ledger.SiteID, id ledger.OrderID) {
	if c.accepted[id]++; c.accepted[id] > 1 {
		c.fail("duplicated", "%s takes order %s a second time", book, id)
	}
}

func (s *site) judgeObeyed(e *ledger.Entry, b *ledger.ObeyedBody) {
	cmd := &b.Command
	if b.Repeat {
		s.c.met("command", "repeated")
		return
	}
	if first, seen := s.told.commands[cmd.ID]; seen {
		s.c.fail("duplicated", "%s carries out command %s in entry %d and in entry %d", s.id, cmd.ID, first, e.Seq)
	}
	s.told.commands[cmd.ID] = e.Seq
	s.c.met("command", cmd.Kind.String())
	switch {
	case b.Refused == ledger.RefusedNotAllotted:
		s.c.fail("refused", "%s has less allotted to head office than %s %s draws", s.id, cmd.Kind, cmd.ID)
	case b.Refused != "":
		s.c.met("command refused", cmd.Kind.String())
	case cmd.Kind == ledger.CommandGiveBack && s.Place.Counter:
		s.c.met("borrow", "given back unused")
	case cmd.Kind == ledger.CommandReserve && s.Place.Counter && cmd.Owner != s.id:
		s.c.met("borrow", "used")
	case cmd.Kind == ledger.CommandBorrow && len(b.Done) == 0:
		s.c.met("borrow", "nothing left to lend")
	case cmd.Kind == ledger.CommandNote, cmd.Kind == ledger.CommandReserve && cmd.Owner == s.id:
		s.c.met("backorder", "filled by head office")
	}
}

// toldOrder counts what a client was told for the first time.
func (c *company) toldOrder(k *client) {
	o := k.order
	if k.told == no {
		c.report.Refused++
		c.met("told", "no")
		return
	}
	c.report.Accepted++
	c.met("told", "yes at "+map[bool]string{true: "head office", false: "a site"}[k.book == ledger.HQ])
	if o.Offline {
		c.report.Offline++
	}
	if crossSite(k.book, o) {
		c.report.CrossSite++
	}
	if k.book != ledger.HQ && c.accepted[o.ID] == 0 {
		c.fail("lost", "%s is told yes, and no disk has the entry", k.who())
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if c.promised[l.SKU] += l.Promised(); c.promised[l.SKU] > c.received[l.SKU] {
			c.fail("oversold", "%d %s are promised to clients, %d were received", c.promised[l.SKU], l.SKU, c.received[l.SKU])
		}
	}
}

func crossSite(book ledger.SiteID, o *ledger.Order) bool {
	sites := map[ledger.SiteID]bool{}
	for i := range o.Lines {
		for _, leg := range o.Lines[i].Away {
			sites[leg.Site] = true
		}
		if l := &o.Lines[i]; l.Here+l.Taken > 0 {
			sites[book] = true
		}
	}
	return book != ledger.HQ && len(sites) > 0 && !(len(sites) == 1 && sites[book]) || book == ledger.HQ && len(sites) > 1
}

// unpromise lets go what a client no longer wants. What it has taken it keeps.
func (c *company) unpromise(o *ledger.Order) {
	for i := range o.Lines {
		c.promised[o.Lines[i].SKU] -= o.Lines[i].Promised() - o.Lines[i].Taken
	}
}

// sawApplied judges head office after a command.
func (c *company) sawApplied(res machine.Result) {
	if len(res.Legs) > 0 {
		c.met("ask", "held")
	}
	if res.Replayed {
		c.met("same key", "known to head office")
	}
	if c.hq.m.Counts().Exceptions > 0 {
		for _, e := range c.hq.m.Exceptions(1) {
			c.fail("exception", "%s at %s, entry %d: %s %s %s", e.What, e.Site, e.Seq, e.SKU, e.Order, e.Why)
		}
	}
	if res.Verdict.Refuses() {
		c.fail("refused", "head office judges a site: %s: %s", res.Verdict, res.Why)
	}
}

// checkBooks checks all books in full.
func (c *company) checkBooks() {
	if err := c.hq.m.Check(); err != nil {
		c.fail("books", "head office: %v", err)
	}
	for _, s := range c.sites {
		if err := s.checkLevels(); err != nil {
			c.fail("books", "%v", err)
		}
	}
}

func (s *site) checkLevels() error {
	if !s.up || s.core == nil {
		return nil
	}
	for _, sku := range s.core.State.SKUs() {
		l, _ := s.core.State.Level(sku)
		if err := l.Check(); err != nil {
			return fmt.Errorf("%s: %s: %w", s.id, sku, err)
		}
	}
	return nil
}
