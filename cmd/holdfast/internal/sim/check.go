package sim

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

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
			s.c.say(s.name(), "%s", entryWords(e))
			s.judge(e)
		}
		end := f.End()
		s.told.last, s.told.hash = end.Seq, end.Hash
	}
}

func (s *site) judge(e *ledger.Entry) {
	if again := s.told.take(e); again != "" {
		s.c.fail("duplicated", "%s %s", s.id, again)
	}
	switch b := e.Body.(type) {
	case *ledger.ReceiptBody:
		s.c.cameIn(b.ID, e)
	case *ledger.OrderBody:
		s.judgeOrder(e, b)
		s.c.sawUnconfirmed(e.Kind.String(), &b.Order)
	case *ledger.LegBody:
		s.sawLeg(e, b)
	case *ledger.WorkBody:
		s.sawWork(e, b)
	case *ledger.ObeyedBody:
		s.judgeObeyed(e, b)
	case *ledger.LateBody:
		if b.Was == ledger.KindReceipt {
			s.c.cameIn(b.Receipt.ID, e)
		}
	case *ledger.AttestedBody:
		s.settled(b)
	}
	s.sawReturn(e)
	s.sawDisplaced(e)
	s.sawGoods(e)
	if b, ok := e.Body.(*ledger.AdjustedBody); ok {
		s.sawCount(e, b)
	}
}

// cameIn counts goods when they are first written down, whatever becomes of the book then.
func (c *company) cameIn(id string, e *ledger.Entry) {
	if c.receipts[id] {
		return
	}
	c.receipts[id] = true
	for _, p := range e.Postings {
		if p.Account.Kind == ledger.Supplier {
			c.received[p.SKU] -= p.Qty
		}
	}
}

func (s *site) judgeOrder(e *ledger.Entry, b *ledger.OrderBody) {
	switch e.Kind {
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
	case ledger.KindFilled:
		s.c.met("backorder", "filled from the own shelf")
	}
}

func (s *site) judgeObeyed(e *ledger.Entry, b *ledger.ObeyedBody) {
	cmd := &b.Command
	if b.Repeat {
		s.c.met("command", "repeated")
		return
	}
	s.c.met("command", cmd.Kind.String())
	switch {
	case b.Refused == ledger.RefusedNotAllotted && s.seizedAny(cmd):
		s.c.met("command refused", cmd.Kind.String()+" after a loss")
	case b.Refused == ledger.RefusedNotAllotted && s.suspect && s.c.hq.lives > 1:
		s.c.met("command refused", cmd.Kind.String()+" after both copies were lost")
	case b.Refused == ledger.RefusedNotAllotted && cmd.Kind != ledger.CommandDraw:
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
	if o.Status == ledger.StatusUnconfirmed {
		c.report.Unconfirmed++ // it is accepted once it is confirmed
	} else {
		c.report.Accepted++
	}
	c.met("told", "yes at "+map[bool]string{true: "head office", false: "a site"}[k.book == ledger.HQ])
	if o.Offline {
		c.report.Offline++
	}
	if crossSite(k.book, o) {
		c.report.CrossSite++
	}
	if k.book != ledger.HQ && k.at.told.orders[o.ID] == 0 && !k.at.doubt { // in doubt: it went back while the answer was on its way
		c.fail("lost", "%s is told yes, and no disk has the entry", k.who())
	}
	if k.hasty != "" && !k.wish.InHand {
		c.fail("hasty", "%s is promised something %s", k.who(), k.hasty)
	}
	if k.book != ledger.HQ && k.at.doubt {
		c.met("told in doubt", "yes") // its late facts will tell; till then it is not counted
		k.at.stale[k] = true
		return
	}
	if unknown := c.unknowable(o); len(unknown) > 0 {
		c.met("told in doubt", "by a head office that went back, of a copied site")
		for _, s := range unknown {
			s.stale[k] = true
		}
		return
	}
	k.count(true)
	c.checkPromises(o)
	c.suppliers(k)
}

// unknowable gives the processes of the sites of which an order is promised what nobody can know: head office
// has gone back to before the site's last epoch, and the site has a copy that may have come first.
// When a person has ended one of the two its facts are told, and the promise counts.
func (c *company) unknowable(o *ledger.Order) (out []*site) {
	if c.hq.lives < 2 {
		return nil
	}
	for i := range o.Lines {
		for _, leg := range o.Lines[i].Away {
			s, twin := c.byID[leg.Site], c.clones[leg.Site]
			if twin == nil {
				continue
			}
			if known, ok := c.hq.m.Site(s.id); !ok || known.Epoch < max(s.core.State.Epoch, twin.core.State.Epoch) {
				out = append(out, s, twin)
			}
		}
	}
	return out
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

// seizedAny says whether any of what a command counts on was taken by a loss or from the hand.
func (s *site) seizedAny(cmd *ledger.HQCommand) bool {
	for _, l := range cmd.Lines {
		if s.told.seized[l.SKU] > 0 {
			return true
		}
	}
	return false
}

// sawApplied judges head office after a command.
func (c *company) sawApplied(res machine.Result) {
	if len(res.Legs) > 0 {
		c.met("ask", "held")
	}
	if res.Replayed {
		c.met("same key", "known to head office")
	}
	if res.Answer != nil && res.Answer.Order != nil {
		c.sawUnconfirmed("taken by head office", res.Answer.Order)
	}
	c.sawExceptions()
	if res.Verdict.Refuses() && !c.wentBack {
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
