package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// addReturns has customers bring back what they were handed: to the site that sold it or to another one, now and then
// more than they had.
func (p *Plan) addReturns() {
	for _, s := range p.Sites {
		c := newChance(p.Seed, "returns at "+string(s.ID))
		p.often(c, 2*p.Temper.PickEach, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActReturn, Site: s.ID, Pick: c.upTo(1 << 16), Qty: ledger.Qty(1 + c.pick([]int{6, 3, 1})), Hard: c.in100(50), For: c.around(2 * time.Minute)})
		})
	}
}

// A returner is a customer with goods of a sale, and whoever takes them back and looks at them after: each tells it until the book has it.
type returner struct {
	at      ledger.SiteID
	name    string
	client  *client
	take    *ledger.TakeBack
	heard   *ledger.Entry // what was told of it: its journal
	inspect *ledger.Inspect
	looked  *ledger.Entry
	over    bool
	deaf    bool                          // has lost its first answer, where the guard is off
	done    bool                          // nothing of it is blocked, as the book stands
	decided map[string][]ledger.ReturnAct // what was done with the goods, by what was looked at
	chance  *chance
}

// returnAt has a customer bring goods back to a site. Without a receipt nobody's order is less by it, so here all have one.
func (c *company) returnAt(a *Act) {
	s := c.byID[a.Site]
	if !s.up || !s.open || s.disk.quarantine != "" || s.core.State.Rebuilding || s.doubt {
		return
	}
	var all []*client
	for _, k := range c.wishes {
		if k.told == yes && k.tookAny() && !k.apart && k.book != ledger.HQ && !k.brings {
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return
	}
	k := all[a.Pick%len(all)]
	k.brings = !a.Hard // some come again
	r := &returner{at: a.Site, name: fmt.Sprintf("return %s %d", a.Site, a.ID), client: k, chance: newChance(c.plan.Seed, fmt.Sprintf("return %s %d", a.Site, a.ID))}
	r.take = &ledger.TakeBack{Meta: metaOf(r.name), ID: returnIDOf(r.name), Order: k.order.ID, Reason: "too small"}
	for i := range k.order.Lines {
		l := &k.order.Lines[i]
		if l.Taken == 0 || len(r.take.Lines) > 0 && !r.chance.in100(50) {
			continue
		}
		back := ledger.BackLine{Line: i + 1, SKU: l.SKU, Qty: min(a.Qty, l.Taken)}
		if r.chance.in100(10) {
			back.Qty = l.Taken + 1 // of another sale: nobody takes it back on this one
		}
		back.Do = []ledger.Disposition{"", ledger.Restock, ledger.Block, ledger.Scrap}[r.chance.pick([]int{4, 3, 1, 1})]
		r.take.Lines = append(r.take.Lines, back)
	}
	c.returners = append(c.returners, r)
	c.count("return")
	c.met("return", map[bool]string{true: "to who sold it", false: "elsewhere"}[k.book == a.Site])
	r.try(c)
	c.after(a.For, func() { r.look(c, a.For) })
}

func metaOf(name string) ledger.Meta {
	return ledger.Meta{Actor: "counter", Device: name, Key: keyOf(name), Request: ledger.DigestOf([]byte(name))}
}

// returnIDOf makes an id of the form that a node draws.
func returnIDOf(name string) ledger.ReturnID {
	d := keyOf("id of " + name)
	d[6], d[8] = d[6]&0x0f|0x70, d[8]&0x3f|0x80
	return ledger.ReturnID(ledger.UUID(d).String())
}

func (r *returner) try(c *company) {
	if r.heard != nil || r.over {
		return
	}
	s := c.byID[r.at]
	if s.up && s.open && !r.chance.in100(c.lanLoss()) {
		s.do(r.request(c), func(out ledger.Outcome) {
			switch {
			case refusedForNow(out.Err):
			case out.Err != nil: // the goods are the customer's again
				r.over = true
				c.judgeRefused(r, out.Err)
			case c.guardOff(guardReturnOnce) && !r.deaf: // the first answer is lost
				r.deaf = true
			case !r.chance.in100(c.lanLoss()):
				r.heard = out.Entry
			}
		})
	}
	c.after(clientPatience+r.chance.between(0, time.Second), func() { r.try(c) })
}

func (r *returner) request(c *company) ledger.Request {
	if c.guardOff(guardReturnOnce) {
		again := *r.take
		name := fmt.Sprint(r.name, c.now)
		again.Key, again.ID = keyOf(name), returnIDOf(name)
		r.take = &again
	}
	return r.take
}

// judgeRefused judges a no: where nothing has gone back, one that the numbers explain.
func (c *company) judgeRefused(r *returner, err error) {
	no, ok := errors.AsType[*ledger.ReturnError](err)
	switch {
	case ok && no.Why == ledger.RefusedOver:
		c.met("return", "refused: more than was sold")
		for _, l := range no.Lines {
			if l.Want <= l.Sold-l.Back {
				c.fail("return", "%s: %d of %d sold and %d back are refused", r.name, l.Want, l.Sold, l.Back)
			}
		}
	case errors.Is(err, ledger.ErrInProgress):
		c.met("return", "refused: the order is being asked about")
	default:
		c.fail("return", "%s: %v", r.name, err)
	}
}

// look has somebody look at what came back, some time after, until nothing of it is blocked. What waits for an answer is left. A book that is made
// anew may have it blocked again, where nobody was told that it was looked at: whoever did finds it in the list once more.
func (r *returner) look(c *company, each time.Duration) {
	if r.over || r.looked != nil && r.inspect == nil {
		return
	}
	s := c.byID[r.at]
	if back, ok := s.returned(r.take.ID); ok && s.up && s.open && !s.doubt && s.disk.quarantine == "" && !s.core.State.Rebuilding {
		switch {
		case !back.IsOpen():
			if !r.done {
				c.met("return", "dealt with")
			}
			r.done = true
		case back.Claim != ledger.ClaimPending:
			r.act(c, s, back)
		}
	}
	if c.now < c.plan.Length+time.Hour {
		c.after(each, func() { r.look(c, each) })
	}
}

func (s *site) returned(id ledger.ReturnID) (*ledger.Return, bool) {
	if s.core == nil {
		return nil, false
	}
	return s.core.State.Returned(id)
}

// act deals with all that is blocked of a return, under a key of the state that it is in: who repeats it finds the answer.
func (r *returner) act(c *company, s *site, back *ledger.Return) {
	name := fmt.Sprintf("look at %s %v", r.name, back.Lines)
	if r.done {
		r.done = false
		c.met("return", "looked at again, in another life of the book")
	}
	i := &ledger.Inspect{Meta: metaOf(name), Return: back.ID, Reason: "looked at", Acts: r.decide(c, name, back)}
	if len(i.Acts) == 0 {
		return
	}
	s.do(i, func(out ledger.Outcome) {
		no, _ := errors.AsType[*ledger.ReturnError](out.Err)
		switch {
		case out.Err == nil:
			r.inspect, r.looked = i, out.Entry
			c.met("return", "inspected")
		case refusedForNow(out.Err), no != nil, errors.Is(out.Err, ledger.ErrReturnUnknown): // somebody was quicker
		default:
			c.fail("return", "%s: %v", name, out.Err)
		}
	})
}

// decide says what is done with all that is blocked of a return, the same each time: what was scrapped is not restocked when it is said again. Of what the
// book has blocked and nobody finds, another life has told what became of it: it is on the shelf again, or gone.
func (r *returner) decide(c *company, name string, back *ledger.Return) (acts []ledger.ReturnAct) {
	if acts, ok := r.decided[name]; ok {
		return acts
	}
	left := c.lieOf(back)
	for k := range back.Lines {
		l, of := &back.Lines[k], left[back.Lines[k].SKU]
		there := min(l.Here(), of.here)
		of.here -= there
		handed := min(l.Refused-l.Handed, l.Received(), there)
		if handed > 0 {
			acts = append(acts, ledger.ReturnAct{Line: l.Line, Do: ledger.HandBack, Qty: handed})
		}
		if q := there - handed; q > 0 {
			acts = append(acts, ledger.ReturnAct{Line: l.Line, Do: []ledger.Disposition{ledger.Restock, ledger.Scrap}[r.chance.pick([]int{3, 1})], Qty: q})
		}
		lost := l.Here() - there
		if lost > 0 {
			c.met("return", "looked at, and dealt with in another life")
		}
		if q := min(lost, of.shelved); q > 0 {
			of.shelved, lost = of.shelved-q, lost-q
			acts = append(acts, ledger.ReturnAct{Line: l.Line, Do: ledger.Restock, Qty: q})
		}
		if lost > 0 {
			acts = append(acts, ledger.ReturnAct{Line: l.Line, Do: ledger.Scrap, Qty: lost})
		}
	}
	if r.decided == nil {
		r.decided = map[string][]ledger.ReturnAct{}
	}
	r.decided[name] = acts
	return acts
}

// sawReturn notes what a site's entry says of goods that came back.
func (s *site) sawReturn(e *ledger.Entry) {
	switch b := e.Body.(type) {
	case *ledger.ReturnBody:
		switch {
		case b.Refusal != "" || e.Kind != ledger.KindReturned:
		case b.Return.Claim == ledger.ClaimPending:
			s.c.met("return", "claimed at the book that sold it")
		default:
			s.c.met("return", "taken back")
		}
	case *ledger.ObeyedBody:
		if c := &b.Command; c.Kind == ledger.CommandTakeBack && c.Site == s.id && b.Refused == "" && !b.Repeat {
			s.c.met("return", map[bool]string{true: "granted", false: "refused by the book that sold it"}[len(b.Done) > 0])
		}
	}
}

// took says whether an entry takes goods in that come back.
func took(e *ledger.Entry) bool {
	switch b := e.Body.(type) {
	case *ledger.ReturnBody:
		return e.Kind == ledger.KindReturned && b.Refusal == ""
	case *ledger.LateBody:
		return b.Was == ledger.KindReturned && b.Refusal == ""
	default:
		return false
	}
}

// checkReturns compares what orders count as returned with what sites have taken in and not refused. A company in which
// something went back in time may have lost a word of either.
func (c *company) checkReturns() {
	type line struct {
		order ledger.OrderID
		line  int
	}
	back := map[line]ledger.Qty{}
	names := map[ledger.ReturnID]string{}
	for _, r := range c.returners {
		names[r.take.ID] = r.name
	}
	for _, k := range c.pickers {
		if k.back != "" {
			names[k.back] = k.name + " came back"
		}
	}
	for _, s := range c.sites {
		for _, id := range slices.Sorted(maps.Keys(names)) {
			name := names[id]
			v, ok := s.core.State.Returned(id)
			if !ok || v.Order == "" {
				continue
			}
			if v.Claim == ledger.ClaimPending && !c.wentBack {
				c.fail("return", "%s waits at %s for the book that sold it", name, s.id)
			}
			for i := range v.Lines {
				if v.Claim != ledger.ClaimPending {
					back[line{v.Order, v.Lines[i].Line}] += v.Lines[i].Qty - v.Lines[i].Refused
				}
			}
		}
	}
	for _, k := range c.wishes {
		o := c.orderOf(k)
		if o == nil {
			continue
		}
		for i := range o.Lines {
			l := &o.Lines[i]
			if l.Drop != nil {
				continue // what came back to its supplier
			}
			came := back[line{o.ID, i + 1}]
			if l.Returned > l.HandedOver() || came > l.HandedOver() && !c.wentBack || came != l.Returned && !c.wentBack {
				c.fail("return", "%s line %d: %d handed over, the order counts %d as returned, sites have %d", k.who(), i+1, l.HandedOver(), l.Returned, came)
			}
		}
	}
}
