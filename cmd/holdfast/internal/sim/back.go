package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// backupsMax bounds the backups kept of a site: a later one takes the place of any.
const backupsMax = 6

// actBack makes an act happen that goes back in time, or that a person does to the company.
func (c *company) actBack(a *Act) {
	s := c.byID[a.Site]
	switch a.Kind {
	case ActBackup:
		if list := c.backups[a.Site]; len(list) == backupsMax {
			list[a.Pick%backupsMax] = s.disk.backup()
			return
		}
		c.backups[a.Site] = append(c.backups[a.Site], s.disk.backup())
	case ActRestore:
		c.restore(s, a)
	case ActReplace:
		c.replace(s, a)
	case ActClone:
		c.copySite(s, a)
	case ActHQBackup:
		c.hq.backup()
	case ActHQRestore:
		c.hq.goBack(a)
	case ActLose:
		c.lose(s, a)
	case ActPass:
		if a.Site != a.Other && c.hq.up {
			c.count("pass")
			c.person(&machine.PassOn{SKU: a.SKU, Owner: a.Site, Holder: a.Other, Level: a.Qty, By: "planner", At: c.hq.wall()})
		}
	case ActHand:
		c.handSale(a)
	case ActDamage:
		c.adjust(a.Site, a.SKU, a.Qty, fmt.Sprintf("damage %s %d", a.Site, a.Pick))
	case ActClock:
		c.count("clock_jump")
		c.say(s.name(), "its clock jumps by %v", a.For)
		s.skew = s.Place.Skew + a.For
	case ActDiskFault:
		c.count("disk_fault")
		s.unsure = true
	case ActDiskFull:
		c.count("disk_full")
		c.say(s.name(), "its disk is full for %v", a.For)
		s.full = c.now + a.For
		s.after(a.For, func() {
			s.write()
			if s.open {
				s.goOn()
			}
		})
	}
}

// person carries out what somebody has decided, again until head office has it.
func (c *company) person(cmd machine.Command) {
	if !c.hq.up || c.now < c.hq.unsure {
		c.after(time.Second, func() { c.person(cmd) })
		return
	}
	apply := func() machine.Result { return c.hq.apply(machine.Marshal(cmd)) }
	if off, ok := cmd.(*machine.WriteOff); ok {
		apply = func() machine.Result { return c.hq.writesOff(off) }
	}
	if res := apply(); res.Err != nil {
		c.say("person", "%T is refused: %v", cmd, res.Err)
		c.met("person refused", fmt.Sprintf("%T", cmd)[len("*machine."):])
	}
}

// inDoubt marks a site whose book is not what it was. What it tells clients from now on counts when
// the company has been told of it; what it told before stays promised.
func (s *site) inDoubt() {
	s.doubt, s.suspect, s.c.wentBack, s.c.siteBack = true, true, true, true
	s.settledAt, s.journaled = s.core.State.Epoch, false
}

// restore lets a site go on from a backup. The process before is dead.
func (c *company) restore(s *site, a *Act) {
	list := c.backups[a.Site]
	if len(list) == 0 {
		return
	}
	c.count("restore")
	from := list[a.Pick%len(list)]
	c.metBack("restore", s)
	c.say(s.name(), "is restored: %d of %d frames", len(from.frames), len(s.disk.frames))
	s.inDoubt()
	s.crash("restored from a backup", a.For)
	s.disk = from.backup()
	if a.Hard && !c.guardOff(guardQuarantine) {
		s.disk.quarantine = "restored from a backup"
	}
	s.recount()
}

// replace lets a site's disk be lost. Another node takes its place, on an operator's word.
func (c *company) replace(s *site, a *Act) {
	c.count("disk_lost")
	c.metBack("disk lost", s)
	s.inDoubt()
	s.crash("its disk is lost", a.For)
	s.disk = &disk{nodeKey: s.noise.bytes16()}
	s.replace = true
	s.recount()
}

// metBack says what of a site is unfinished when it is hit.
func (c *company) metBack(what string, s *site) {
	switch {
	case s.disk.plan != nil:
		c.met(what, "while being rebuilt")
	case s.c.wires.cuts[s.line] > 0:
		c.met(what, "while cut off")
	default:
		c.met(what, "on line")
	}
	if k, ok := c.hq.m.Site(s.id); ok && s.core != nil && k.Stored.Seq < s.core.State.Seq {
		c.met(what, "with entries that nobody else has")
	}
}

// copySite starts a copy of a site's folder beside it. After a while a person finds both, ends one,
// and gives its journal to the other.
func (c *company) copySite(s *site, a *Act) {
	if c.clones[s.id] != nil || s.core == nil {
		return
	}
	c.count("clone")
	c.metBack("clone", s)
	from := s.disk
	if list := c.backups[s.id]; a.Hard && len(list) > 0 {
		from = list[a.Pick%len(list)]
		c.met("clone", "of an old backup")
	}
	c.born++
	twin := newSite(c, s.Place)
	name := fmt.Sprintf("%s copy %d", s.id, c.born)
	twin.chance, twin.noise = newChance(c.plan.Seed, "disk of "+name), newChance(c.plan.Seed, "link of "+name)
	twin.line, twin.clone, twin.disk = twinLine(s.id), true, from.backup()
	twin.skew, twin.core = s.skew, s.core
	c.clones[s.id] = twin
	twin.inDoubt()
	s.inDoubt()
	twin.recount()
	c.say(twin.name(), "is a copy of %s at frame %d of %d", s.id, len(from.frames), len(s.disk.frames))
	twin.begin()
	c.after(a.For, func() { c.endCopy(s.id, a.Pick) })
}

// endCopy lets a person choose between a site's two processes. The journal of the one that ends is
// told to the other.
func (c *company) endCopy(id ledger.SiteID, pick int) {
	twin, s := c.clones[id], c.byID[id]
	if twin == nil {
		return
	}
	delete(c.clones, id)
	stays, ends := s, twin
	if pick%2 == 1 {
		stays, ends = twin, s
		c.byID[id] = twin
		for i := range c.sites {
			if c.sites[i] == s {
				c.sites[i] = twin
			}
		}
		twin.line, twin.clone = s.id, false
	}
	c.met("copy ended", map[bool]string{true: "the original", false: "the copy"}[ends == s])
	if ends.disk.plan != nil {
		c.met("copy ended", "while being rebuilt")
	}
	ends.crash("a person ends one of two", 0)
	ends.dead = true
	if ends.disk.plan != nil || stays.disk.quarantine != "" {
		stays.replace = true // the person gives the site to this one
	}
	stays.disk.aside = append(stays.disk.aside, ends.disk.aside...)
	old := ends.disk.backup()
	old.aside, old.plan = nil, nil
	stays.disk.aside = append(stays.disk.aside, old)
	for k := range ends.stale {
		stays.stale[k] = true
	}
	if stays.up && stays.open {
		stays.goOn()
	}
}

// lose gives a living site up, as a person would who cannot reach it, and may write it off.
func (c *company) lose(s *site, a *Act) {
	c.count("declared_lost")
	c.metBack("declared lost", s)
	s.inDoubt()
	c.person(&machine.DeclareLost{Site: s.id, Reason: "it does not answer", By: "operator", At: c.hq.wall()})
	if a.Hard {
		c.after(a.For/2, func() {
			c.count("write_off")
			c.person(&machine.WriteOff{Site: s.id, Reason: "it does not answer", By: "operator", At: c.hq.wall()})
		})
	}
}

// handSale lets a customer come to the till with a unit in the hand, if one is there.
func (c *company) handSale(a *Act) {
	l := a.Wish.Order.Lines[0]
	if c.shelf[shelf{a.Site, l.SKU}] < l.Qty {
		c.met("in hand", "nothing on the shelf")
		return
	}
	c.count("in_hand")
	c.client(a.Wish, a.Site).send()
}

// healBack ends what people still have to do.
func (c *company) healBack() {
	for _, p := range c.plan.Sites {
		c.endCopy(p.ID, int(c.plan.Seed))
	}
}

// A shelf is where a SKU physically lies.
type shelf struct {
	at  ledger.SiteID
	sku ledger.SKU
}

// lies says whether a customer who takes goods away can have them in the hand. A book that went back in
// time may count on more than lies on its shelf; what is not there nobody brings to the till.
func (c *company) lies(s *site, o *ledger.Order) bool {
	if o.Fulfil != ledger.Take {
		return true
	}
	want := map[ledger.SKU]ledger.Qty{}
	for i := range o.Lines {
		want[o.Lines[i].SKU] += o.Lines[i].Qty
	}
	for sku, q := range want {
		l, _ := s.core.State.Level(sku)
		lie := c.shelf[shelf{s.id, sku}]
		if l.Sellable > lie && q > lie && c.moved[moveOf(o, sku)] == 0 {
			c.met("take", "not on the shelf")
			return false
		}
	}
	return true
}

// moveOf names the goods that an order moves of a SKU.
func moveOf(o *ledger.Order, sku ledger.SKU) string {
	return "order " + string(o.ID) + " " + string(sku)
}

// takeAway lets a customer go with what the answer says is taken, which is nothing of a no. A book that went back in time may
// have written of more first, and told nobody: that stays on the shelf.
func (k *client) takeAway() {
	if k.order.Fulfil != ledger.Take || k.at == nil {
		return
	}
	taken := map[ledger.SKU]ledger.Qty{}
	for i := range k.order.Lines {
		if taken[k.order.Lines[i].SKU] += 0; k.told == yes {
			taken[k.order.Lines[i].SKU] += k.order.Lines[i].Taken
		}
	}
	for sku, q := range taken {
		what := moveOf(k.order, sku)
		k.c.shelf[shelf{k.at.id, sku}] -= q + k.c.moved[what]
		k.c.moved[what] = -q
	}
}

// gone begins the name of what broke or was lost.
const gone = "adjustment "

// sawGoods follows the goods themselves: each delivery, sale and breakage happens once, whatever
// becomes of the books and however often they tell of it.
func (s *site) sawGoods(e *ledger.Entry) {
	what := ""
	switch b := e.Body.(type) {
	case *ledger.ReceiptBody:
		what = "receipt " + b.ID
	case *ledger.OrderBody:
		what = "order " + string(b.Order.ID)
		if k := s.c.byOrder[b.Order.ID]; k != nil && s.suspect {
			k.keepMost(&b.Order) // told to nobody, perhaps, and it may turn up again
		}
	case *ledger.WorkBody:
		what = fmt.Sprintf("work %x", e.Key)
	case *ledger.AdjustedBody, *ledger.LegBody:
		what = fmt.Sprintf("%s%x", gone, e.Key)
	case *ledger.TransferBody, *ledger.ObeyedBody:
		what = s.hauled(e)
	case *ledger.LateBody:
		switch {
		case b.Was == ledger.KindReceipt:
			what = "receipt " + b.Receipt.ID
		case b.Transfer != nil:
			what = s.hauled(e)
		case b.Was == ledger.KindAdjusted, b.Was == ledger.KindPicked:
			what = fmt.Sprintf("%s%x", gone, e.Key)
		case b.Order != nil:
			what = "order " + string(b.Order.ID)
		}
	}
	back := returnMoves(e)
	if back != "" {
		what = back
	}
	sums := map[ledger.SKU]ledger.Qty{}
	for _, p := range e.Postings {
		lost := p.Account.Kind == ledger.Loss && p.Account.Ref != ledger.FoundReason
		if lost || p.Account.Kind == ledger.Transit || p.Account.Kind == ledger.Supplier || p.Account.Kind == ledger.Customer {
			sums[p.SKU] -= p.Qty
		}
	}
	answer := lostAnswer(e)
	for sku, q := range sums {
		var of *lying
		if back != "" {
			of = s.c.lying(backOf(e), sku)
		}
		q = s.ownShare(q, what, answer, sku, of)
		s.moves(what, sku, q, of)
	}
	if back != "" {
		s.sawRestocked(e, what)
	}
}

// moves has goods move once, whatever becomes of the books and however often they tell of it. Of goods that came back, which several deeds may tell to be
// gone, each in another life, no more goes than lies there.
func (s *site) moves(what string, sku ledger.SKU, q ledger.Qty, of *lying) {
	name := what + " " + string(sku)
	if was := s.c.moved[name]; max(q, -q) > max(was, -was) {
		s.c.moved[name] = q
		q = of.moves(q - was)
		if strings.HasPrefix(name, gone) {
			s.c.received[sku] += q
		}
		s.c.shelf[shelf{s.id, sku}] += q
	}
}

// ownShare is what of q the deed itself moved; the rest an answer before it did, whose own entry may stand in no book any more.
func (s *site) ownShare(q ledger.Qty, what, answer string, sku ledger.SKU, of *lying) ledger.Qty {
	if answer == "" {
		return q
	}
	own := s.c.moved[what+" "+string(sku)]
	s.moves(answer, sku, q-own, of)
	return own
}
