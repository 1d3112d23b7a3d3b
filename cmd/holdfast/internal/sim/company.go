package sim

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// start is the moment at which every simulation begins: a Monday morning.
var start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// Bounds of a run after the plan has ended.
const (
	healMax   = 20 * time.Minute // of simulated time, for everything to converge
	checkEach = 512              // steps between two checks of all books
)

// A company is everything that is simulated, with the judge of it.
type company struct {
	plan   *Plan
	off    guard // the guard that is switched off; none in an honest run
	now    time.Duration
	agenda agenda
	trace  *trace
	wires  *wires
	hq     *headOffice
	sites  []*site
	byID   map[ledger.SiteID]*site
	wishes []*client
	healed bool
	report Report

	promised map[ledger.SKU]ledger.Qty // told accepted, less what is cancelled or displaced
	received map[ledger.SKU]ledger.Qty // by entries on disks
	allowed  map[ledger.SKU]ledger.Qty // may be promised beyond that: somebody has signed, or it is shortfall
	receipts map[string]bool           // deliveries that are written down on some disk, or were
	excused  map[ledger.OrderID]map[int]ledger.Qty
	byOrder  map[ledger.OrderID]*client
	goods    []*delivery
	hands    []*hand
	pickers  []*picker
	movers   []*mover
	sent     map[sentOf]ledger.Qty // by entries on disks

	returners []*returner
	deeds     []*deed
	dropped   []*dropped
	exchanges []*exchanger // that somebody was told of
	bought    []*bought

	unsureAt map[ledger.OrderID]time.Duration // when it was taken without a promise
	clones   map[ledger.SiteID]*site
	backups  map[ledger.SiteID][]*disk
	tills    map[till]ledger.Position // the highest position that each has seen
	shelf    map[shelf]ledger.Qty     // what physically lies there
	found    map[shelf]ledger.Qty     // what books have found there that they had not known of
	moved    map[string]ledger.Qty    // what moved it
	backs    map[lyingOf]*lying       // of goods that came back
	born     int                      // copies started
	wentBack bool                     // something has gone back in time
	hqBack   bool                     // head office has
	siteBack bool                     // a site has
}

// A till is one of a site's clients: it remembers where the site's book was.
type till struct {
	at *site
	n  int
}

const tillsEach = 4

func newCompany(plan *Plan, off guard) *company {
	c := &company{plan: plan, off: off, trace: newTrace(), byID: map[ledger.SiteID]*site{},
		promised: map[ledger.SKU]ledger.Qty{}, received: map[ledger.SKU]ledger.Qty{}, allowed: map[ledger.SKU]ledger.Qty{},
		receipts: map[string]bool{}, excused: map[ledger.OrderID]map[int]ledger.Qty{}, byOrder: map[ledger.OrderID]*client{},
		clones: map[ledger.SiteID]*site{}, backups: map[ledger.SiteID][]*disk{}, tills: map[till]ledger.Position{},
		unsureAt: map[ledger.OrderID]time.Duration{}, sent: map[sentOf]ledger.Qty{}, shelf: map[shelf]ledger.Qty{}, found: map[shelf]ledger.Qty{}, moved: map[string]ledger.Qty{}, backs: map[lyingOf]*lying{}}
	c.report = Report{Seed: plan.Seed, Hours: int(plan.Length / time.Hour), Sites: len(plan.Sites),
		Faults: map[string]uint64{}, Met: map[string]uint64{}}
	c.wires = &wires{c: c, chances: map[ledger.SiteID]*chance{}, cuts: map[ledger.SiteID]int{}, hard: map[ledger.SiteID]bool{}, part: map[ledger.SiteID]Part{}}
	c.wires.weather.Latency = time.Millisecond
	c.hq = newHeadOffice(c)
	for _, p := range plan.Sites {
		s := newSite(c, p)
		c.sites = append(c.sites, s)
		c.byID[p.ID] = s
	}
	return c
}

func (c *company) after(d time.Duration, f func()) { c.agenda.add(c.now+max(d, 0), f) }

func (c *company) say(who, format string, args ...any) { c.trace.say(c.now, who, format, args...) }

// run carries the plan out, heals everything, lets it converge and judges the end. tick is told
// how far the company's time has come.
func (c *company) run(ctx context.Context, tick func(done time.Duration)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.fail("panic", "%v", p)
			c.report.stack = stack()
		}
		c.close()
	}()
	c.hq.found()
	for _, s := range c.sites {
		c.after(0, s.begin)
	}
	for i := range c.plan.Acts {
		a := &c.plan.Acts[i]
		c.after(a.At, func() { c.act(a) })
	}
	c.after(partedEach, c.countParted)
	c.after(c.plan.Length, c.heal)
	for c.report.Violations == 0 && !c.report.done {
		e, ok := c.agenda.next()
		if !ok {
			c.fail("stuck", "nothing is left to happen")
			return nil
		}
		c.now = e.at
		e.run()
		if c.report.Steps++; c.report.Steps%checkEach == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			c.checkBooks()
			tick(c.now)
		}
	}
	return nil
}

// partedEach is how often it is counted who cannot reach head office.
const partedEach = 5 * time.Second

// countParted counts the time in which sites could not reach head office: their line was cut, in
// both directions or one, or head office was down.
func (c *company) countParted() {
	for _, s := range c.sites {
		if !c.hq.up || c.wires.parted(s.line) {
			c.report.Parted += partedEach.Hours()
		}
	}
	if c.now < c.plan.Length {
		c.after(partedEach, c.countParted)
	}
}

func (c *company) close() {
	c.report.Simulated = c.now
	c.report.Parted = math.Round(c.report.Parted*1000) / 1000
	c.report.Digest = c.trace.digest()
	if c.report.Violations > 0 {
		c.report.Last = c.trace.tail()
	}
}

// act makes one act of the plan happen.
func (c *company) act(a *Act) {
	switch a.Kind {
	case ActOrder:
		c.client(a.Wish, a.Site).send()
	case ActReceipt:
		c.deliver(a.Site, a.Receipt)
	case ActCut:
		c.cut(a)
	case ActCrash:
		c.byID[a.Site].crash("killed", a.For)
	case ActTrap:
		c.byID[a.Site].trapped[a.Point] = a.For
	case ActHQCrash:
		c.hq.crash("killed", a.For)
	case ActHQTrap:
		c.hq.trapped[a.Point] = a.For
	case ActUnsure:
		if c.hq.up {
			c.say("hq", "has no sure leader for %v", a.For)
			c.count("leader_unsure")
			c.hq.unsure = c.now + a.For
		}
	case ActPick, ActReject:
		c.pickAt(a)
	case ActTransfer:
		c.transfer(a)
	case ActReturn:
		c.returnAt(a)
	case ActPay:
		c.payAt(a)
	case ActCharge:
		c.chargeAt(a)
	case ActDay:
		c.dayAt(a)
	case ActRefundAway:
		c.refundAwayAt(a)
	case ActBuy:
		c.buyAt(a)
	case ActCard:
		c.cardAt(a)
	case ActExchange:
		c.exchangeAt(a)
	case ActSnapshot:
		if c.hq.up {
			c.hq.snapshot()
		}
	case ActWeather:
		c.wires.weather = a.Weather
		c.say("lines", "lose %d %%, repeat %d %%, delay %v", a.Weather.Lost, a.Weather.Repeated, a.Weather.Latency)
	default:
		c.actBack(a)
	}
}

func (c *company) cut(a *Act) {
	w := c.wires
	w.cuts[a.Site]++
	w.hard[a.Site], w.part[a.Site] = a.Hard, a.Part
	c.count("cut")
	c.say("lines", "cut %s for %v %s", a.Site, a.For, a.Part)
	c.after(a.For, func() {
		if w.cuts[a.Site] > 0 {
			w.cuts[a.Site]--
			c.say("lines", "heal %s", a.Site)
		}
	})
}

// heal ends all faults. From here on everything has to come together.
func (c *company) heal() {
	c.say("lines", "all faults end")
	c.healed = true
	c.wires.weather = Weather{Latency: 2 * time.Millisecond}
	clear(c.wires.cuts)
	clear(c.hq.trapped)
	c.hq.unsure = 0
	for _, s := range c.sites {
		clear(s.trapped)
		s.full, s.unsure = 0, false
	}
	c.healBack()
	c.settle(0)
}

// settle waits until the company stands still and nothing is left to say, then judges it.
func (c *company) settle(still int) {
	open := c.unsettled()
	switch {
	case open == "" && still == 3:
		c.checkBooks()
		c.checkEnd()
		c.report.done = true
		return
	case open == "":
		still++
	default:
		still = 0
	}
	if c.now > c.plan.Length+healMax {
		c.fail("converge", "%v after all faults had ended: %s", healMax, open)
		return
	}
	c.after(time.Second, func() { c.settle(still) })
}

// lanLoss is how many in a hundred of a client's requests, and of the answers, get lost.
func (c *company) lanLoss() int {
	if c.healed {
		return 0
	}
	return 3
}

// place and cancel carry a client's request to the book that it chose.
func (c *company) place(k *client, w *Wish, request ledger.Digest, say respond) {
	if k.book == ledger.HQ {
		if c.hq.up {
			c.hq.place(w, request, say)
		}
		return
	}
	if s, say, ok := c.reach(k, say); ok {
		p := &ledger.Place{Meta: ledger.Meta{Actor: "till", Key: w.Key, Request: request}, Order: *w.Order.Clone(), InHand: w.InHand}
		if w.InHand {
			p.Approver = "manager"
		}
		seen := c.tills[k.till()]
		s.promise(func() {
			if !c.lies(s, &w.Order) {
				k.leave() // or looks again later
				return
			}
			k.hasty = s.hasty(seen)
			s.put(p, say, c.now+askWait)
		})
	}
}

func (c *company) cancel(k *client, id ledger.OrderID, key, request ledger.Digest, say respond) {
	if k.book == ledger.HQ {
		if c.hq.up {
			c.hq.cancel(id, key, request, say)
		}
		return
	}
	if s, say, ok := c.reach(k, say); ok {
		s.do(&ledger.CancelOrder{Meta: ledger.Meta{Actor: "till", Key: key, Request: request}, Order: id},
			func(out ledger.Outcome) { s.reply(out, say) })
	}
}

// reach finds the process of a site that a client speaks to. The client shows the highest position
// of it that its till has seen, and keeps the one that comes with the answer.
func (c *company) reach(k *client, say respond) (*site, respond, bool) {
	if k.at == nil || k.at.dead {
		k.at = c.byID[k.book]
		if twin := c.clones[k.book]; twin != nil && k.chance.in100(40) {
			k.at = twin
		}
	}
	s := k.at
	if !s.up || !s.open {
		return nil, nil, false
	}
	t := k.till()
	if c.plan.Witness && !s.shown(c.tills[t]) || !s.up {
		return nil, nil, false
	}
	return s, func(out ledger.Outcome) {
		if head := s.durable.Head; out.Entry != nil && head.Seq > 0 {
			if was := c.tills[t]; head.Epoch > was.Epoch || head.Epoch == was.Epoch && head.Seq > was.Seq {
				c.tills[t] = head
			}
		}
		say(out)
	}, true
}

// till is the one that k speaks through.
func (k *client) till() till { return till{k.at, int(k.wish.Key[0]) % tillsEach} }

// fail breaks an invariant: the run ends, with the first one as its reason.
func (c *company) fail(what, format string, args ...any) {
	c.report.Violations++
	text := what + ": " + fmt.Sprintf(format, args...)
	c.say("judge", "BROKEN %s", text)
	if len(c.report.Broken) < brokenMax {
		c.report.Broken = append(c.report.Broken, text)
	}
	switch what {
	case "oversold":
		c.report.Oversold++
	case "lost":
		c.report.Lost++
	case "duplicated":
		c.report.Duplicated++
	case "silent":
		c.report.Lost++
	}
}
