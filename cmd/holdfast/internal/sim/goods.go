package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A delivery is goods that stand in a site's yard until somebody has heard that they are written down.
type delivery struct {
	at     ledger.SiteID
	r      *ledger.Receive
	heard  *ledger.Entry // the deliverer's journal
	chance *chance
}

// deliver has goods written down at a site, again until somebody says that they are.
func (c *company) deliver(at ledger.SiteID, r *ledger.Receive) {
	g := &delivery{at: at, r: r, chance: newChance(c.plan.Seed, "delivery "+r.ID)}
	c.goods = append(c.goods, g)
	c.count("receipts")
	g.try(c)
}

func (g *delivery) try(c *company) {
	if g.heard != nil {
		return
	}
	if c.guardOff(guardReceiptOnce) {
		again := *g.r
		again.Key = keyOf(fmt.Sprint(g.r.ID, c.now))
		g.r = &again
	}
	s := c.byID[g.at]
	if s.up && s.open && !g.chance.in100(c.lanLoss()) {
		s.do(g.r, func(out ledger.Outcome) {
			over, _ := errors.AsType[*ledger.OverError](out.Err)
			switch {
			case refusedForNow(out.Err):
			case over != nil && !g.r.KeepOver: // whoever is asked keeps it
				again := *g.r
				again.KeepOver, g.r = true, &again
				c.met("receipt", "more than was ordered, and kept")
			case out.Err != nil:
				c.fail("answer", "receipt %s: %v", g.r.ID, out.Err)
			case s.pass(PointReceipt):
			case !g.chance.in100(c.lanLoss()):
				g.heard = out.Entry
			}
		})
	}
	c.after(clientPatience+g.chance.between(0, time.Second), func() { g.try(c) })
}

// untoldGoods names goods that are in the yard, or missing on the shelf, and that nobody has heard written down yet; "" where there are none.
func (c *company) untoldGoods() string {
	for _, g := range c.goods {
		if g.heard == nil {
			return fmt.Sprintf("receipt %s at %s has no answer", g.r.ID, g.at)
		}
	}
	for _, h := range c.hands {
		if h.heard == nil && !h.over {
			return fmt.Sprintf("what is missing at %s has no answer", h.at)
		}
	}
	return ""
}

// refusedForNow says whether a request that is in order may be put again.
func refusedForNow(err error) bool {
	return errors.Is(err, ledger.ErrNotOpened) || errors.Is(err, ledger.ErrQuarantined) || errors.Is(err, ledger.ErrRebuilding) || errors.Is(err, errFull)
}

// A hand is somebody who has found that goods are broken or gone, or not gone after all: an adjustment, or a count of the
// bin at the place that the book had come to.
type hand struct {
	at     ledger.SiteID
	key    ledger.Digest
	a      *ledger.Adjust
	n      *ledger.Count // instead, where the bin was counted
	heard  *ledger.Entry
	booked bool // its count is in the book
	over   bool
	chance *chance
}

// adjust tells of goods that are gone. Only what lies there can break: where the book has less on
// its shelf there is nothing to tell.
func (c *company) adjust(at ledger.SiteID, sku ledger.SKU, q ledger.Qty, name string) {
	s := c.byID[at]
	if !s.up || !s.open || s.core.State.Rebuilding || s.disk.quarantine != "" || s.doubt {
		return
	}
	l, ok := s.core.State.Level(sku)
	if !ok || l.Sellable < q || c.shelf[shelf{at, sku}] < q {
		return
	}
	h := &hand{at: at, chance: newChance(c.plan.Seed, name), a: &ledger.Adjust{Reason: "damaged", Approver: "manager", Lines: []ledger.AdjustLine{{SKU: sku, Qty: -q}}}}
	c.count("adjustment")
	c.tell(h, name, h.chance.in100(50))
}

// tell has a hand told of, until somebody has heard. Counted, what lies in each bin is told, and not what differs: it is told
// some time after it was counted, and the site sells on.
func (c *company) tell(h *hand, name string, counted bool) {
	s := c.byID[h.at]
	if counted && s.up && s.open && c.countedAt(h, s.core.State.Seq) {
		c.after(time.Minute, func() { c.tell(h, name, counted) })
		return
	}
	meta := ledger.Meta{Key: keyOf(name), Request: ledger.DigestOf([]byte(name))}
	h.key, h.a.Meta = meta.Key, meta
	c.hands = append(c.hands, h)
	if !counted || !s.up || !s.open {
		h.try(c)
		return
	}
	h.takeSheet(c, s)
	c.met("count", "taken")
	c.after(h.chance.between(0, time.Minute), func() { h.try(c) })
}

// takeSheet counts the bins as they are now at the end of a site's book. Whatever the book has of an article, what this hand found or missed of it is
// beside that.
func (h *hand) takeSheet(c *company, s *site) {
	state := s.core.State
	h.n = &ledger.Count{Meta: h.a.Meta, Epoch: state.Epoch, At: state.Seq, Reason: countReason, By: "manager"}
	h.booked = false
	for _, l := range h.a.Lines {
		line := ledger.CountedLine{SKU: l.SKU, Bin: ledger.BinDefault, Counted: max(0, l.Qty)}
		if level, ok := state.Level(l.SKU); ok && len(level.Bins) > 0 {
			line.Bin, line.Counted = level.Bins[0].Bin, max(0, level.Bins[0].Sellable+l.Qty+c.beingCounted(h, l.SKU))
		}
		if i := slices.IndexFunc(h.n.Lines, func(o ledger.CountedLine) bool { return o.SKU == l.SKU }); i >= 0 {
			h.n.Lines[i].Counted += l.Qty // of two lines of an order
			continue
		}
		h.n.Lines = append(h.n.Lines, line)
	}
}

// otherLife says whether a book refuses a sheet for it was taken in another life of the site. It may have been booked there, and have been lost with it
// before anybody heard.
func otherLife(err error) bool {
	form, ok := errors.AsType[*ledger.FormError](err)
	return ok && form.Field == "at"
}

// countedAt says whether another hand has counted one of the articles at this very position of the journal, and the book has not taken its
// count yet: of two such counts nothing says which is the newer one, and whichever came last would undo what the other one found.
func (c *company) countedAt(h *hand, at ledger.Seq) bool {
	return slices.ContainsFunc(c.hands, func(o *hand) bool {
		return o != h && o.at == h.at && o.n != nil && !o.over && !o.booked && o.n.At == at && slices.ContainsFunc(o.a.Lines, func(l ledger.AdjustLine) bool {
			return slices.ContainsFunc(h.a.Lines, func(m ledger.AdjustLine) bool { return m.SKU == l.SKU })
		})
	})
}

// beingCounted is what other hands have found, or missed, of an article at the same site, whose counts the book has not
// taken yet: whoever counts after them sees it too.
func (c *company) beingCounted(h *hand, sku ledger.SKU) (sum ledger.Qty) {
	for _, o := range c.hands {
		if o == h || o.at != h.at || o.n == nil || o.over || o.booked {
			continue
		}
		for _, l := range o.a.Lines {
			if l.SKU == sku {
				sum += l.Qty
			}
		}
	}
	return sum
}

// request is made anew each time, as a client's body is read anew.
func (h *hand) request() ledger.Request {
	if h.n == nil {
		return h.a
	}
	again := *h.n
	return &again
}

// sawCount judges what a count that a book has taken makes of the bin: what was counted, and what moved since.
func (s *site) sawCount(e *ledger.Entry, b *ledger.AdjustedBody) {
	for _, h := range s.c.hands {
		h.booked = h.booked || h.at == s.id && h.key == e.Key
	}
	if b.Count == nil || b.Count.Refusal != "" {
		return
	}
	for i := range b.Count.Lines {
		l := &b.Count.Lines[i]
		lies, moved := ledger.Qty(0), ledger.Qty(0)
		for _, m := range s.told.bins[binAt{l.SKU, l.Bin}] {
			if lies += m.qty; !m.counted && m.seq > b.Count.At {
				moved += m.qty
			}
		}
		if lies != l.Counted+moved || l.Moved != moved {
			s.c.fail("count", "%s, entry %d: %d %s were counted in %s after entry %d, %d moved since, and the book has %d", s.id, e.Seq, l.Counted, l.SKU, l.Bin, b.Count.At, moved, lies)
		}
		s.c.met("count", map[bool]string{true: "booked", false: "booked without a difference"}[l.Variance() != 0])
		if l.Moved != 0 {
			s.c.met("count", "while it sold on")
		}
	}
}

func (h *hand) try(c *company) {
	if h.heard != nil || h.over {
		return
	}
	s := c.byID[h.at]
	if s.up && s.open {
		s.do(h.request(), func(out ledger.Outcome) {
			switch {
			case refusedForNow(out.Err):
			case h.n != nil && otherLife(out.Err): // whoever counts does as the book says: take a new sheet, and count again
				if s := c.byID[h.at]; s.selling() && !c.countedAt(h, s.core.State.Seq) {
					c.met("count", "taken again, of another life")
					h.takeSheet(c, s)
				}
			case out.Err != nil: // it has been sold meanwhile
				c.met("adjustment", "refused")
				h.over = true
			case !h.chance.in100(c.lanLoss()):
				h.heard = out.Entry
			}
		})
	}
	c.after(clientPatience+h.chance.between(0, time.Second), func() { h.try(c) })
}

// journalsOf gives what clients, deliverers and stock clerks of a site were told by entries that
// its chain does not have: they keep it until it is shared. Some customers forget; they ask again.
func (c *company) journalsOf(s *site) []lateFact {
	var out []lateFact
	again := false // whoever was told twice says so whatever the book says: it may have found its first answer
	put := func(key ledger.Digest, e *ledger.Entry) {
		if _, known := s.told.keys[key]; e == nil || known && !again {
			return
		}
		c.met("journal", e.Kind.String())
		out = append(out, lateFact{ledger.Origin{Site: s.id, Seq: e.Seq}, e})
	}
	for _, g := range c.goods {
		if g.at == s.id {
			put(g.r.Key, g.heard)
		}
	}
	for _, h := range c.hands {
		if h.at == s.id {
			put(h.key, h.heard)
		}
	}
	for _, m := range c.movers {
		for _, step := range m.steps {
			if step.at == s.id {
				put(step.key, step.heard)
			}
		}
	}
	for _, k := range c.pickers {
		if k.at == s.id && k.pick != nil {
			put(k.pick.Key, k.heard)
		}
	}
	for _, d := range c.deeds {
		if d.at == s.id {
			put(keyOf(d.name), d.heard)
		}
	}
	for _, r := range c.returners {
		if r.at == s.id {
			put(r.take.Key, r.heard)
			if r.inspect != nil {
				put(r.inspect.Key, r.looked)
			}
		}
	}
	for _, k := range c.wishes {
		if k.book != s.id || k.told == unknown {
			continue
		}
		if _, known := s.told.keys[k.wish.Key]; !known && k.wish.Forgets && !k.cancels && !k.tookAny() && !s.asideHas(k.wish.Key) {
			k.forget("its site lost it")
			continue
		}
		again = k.twice || k.asked
		put(k.wish.Key, k.entry)
		again = false
		put(keyOf("cancel "+k.who()), k.canceledBy)
	}
	return out
}

func (k *client) tookAny() bool {
	for i := range k.order.Lines {
		if k.order.Lines[i].Taken > 0 {
			return true
		}
	}
	return false
}

// asideHas says whether a book set aside has answered a key.
func (s *site) asideHas(key ledger.Digest) bool {
	for _, d := range s.disk.aside {
		found := false
		err := d.each(d.shared(s.disk), func(f *ledger.Frame) error {
			entries, err := f.Open()
			for _, e := range entries {
				found = found || e.Key == key
			}
			return err
		})
		if err != nil || found {
			return true
		}
	}
	return false
}
