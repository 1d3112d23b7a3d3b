package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// riskLimit is what each site may pay at the company's risk, in minor units.
const riskLimit = 8_000

// addRefunds has customers come to another site than the one that took their money: it asks for the right to give some back, or a supervisor
// pays it at once, at the company's risk.
func (p *Plan) addRefunds() {
	for _, s := range p.Sites {
		c := newChance(p.Seed, "refunds at "+string(s.ID))
		p.often(c, p.Temper.PickEach, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActRefundAway, Site: s.ID, Pick: c.upTo(1 << 16), Qty: ledger.Qty(1 + c.upTo(6_000)), Hard: c.in100(35), For: c.around(time.Minute)})
		})
	}
}

// openRisks says how much each site may pay at the company's risk.
func (h *headOffice) openRisks() {
	for _, p := range h.c.plan.Sites {
		set := machine.SetAsset{Asset: ledger.RiskOf(p.ID), Do: machine.AssetLimit, Amount: riskLimit, By: "manager", At: h.wall()}
		h.must(&set)
		name := "allot " + string(set.Asset)
		h.must(&machine.SetAsset{Asset: set.Asset, Do: machine.AssetAllot, Site: p.ID, Amount: riskLimit, Key: keyOf(name), Request: ledger.DigestOf([]byte(name)), By: "manager", At: h.wall()})
	}
}

// inDrawer has somebody do a thing at a till, whose drawer is opened first where it is not.
func (c *company) inDrawer(at ledger.SiteID, till ledger.TillID, name string, do func()) {
	if slices.ContainsFunc(c.byID[at].core.State.Drawers(), func(d ledger.Drawer) bool { return d.Till == till }) {
		do()
		return
	}
	c.tellOf(at, name+" opens", func(m ledger.Meta) ledger.Request {
		return &ledger.ActOnDrawer{Meta: m, Act: ledger.DrawerOpen, Till: till, Amount: drawerFloat, Currency: "GBP", Step: coinStep}
	}, func(*ledger.Entry) { do() })
}

func tillOf(a *Act) ledger.TillID { return ledger.TillID(fmt.Sprintf("T%d", 1+a.Pick%tillsOfSite)) }

// refundAwayAt has a customer ask at a site for money that another one took.
func (c *company) refundAwayAt(a *Act) {
	s := c.byID[a.Site]
	if !s.selling() {
		return
	}
	order := c.paidElsewhere(a)
	if order == "" {
		return
	}
	till, name := tillOf(a), fmt.Sprintf("claim %s %d", a.Site, a.ID)
	c.inDrawer(a.Site, till, name, func() {
		c.count("claim")
		c.tellOf(a.Site, name, func(m ledger.Meta) ledger.Request {
			return &ledger.AskRefund{Meta: m, Claim: ledger.ClaimID(returnIDOf(name)), Order: order, Till: till, Amount: int64(a.Qty), Reason: "came back", By: "supervisor", Risk: a.Hard}
		}, func(*ledger.Entry) {
			if c.met("claim", map[bool]string{true: "paid at risk", false: "asked"}[a.Hard]); !a.Hard {
				c.after(a.For, func() { c.payClaim(a, till, ledger.ClaimID(returnIDOf(name)), order) })
			}
		})
	})
}

// paidElsewhere chooses an order of which another site's customer was told that it is paid; "" where there is none.
func (c *company) paidElsewhere(a *Act) ledger.OrderID {
	var all []ledger.OrderID
	for _, d := range c.deeds {
		if d.at == a.Site || d.heard == nil {
			continue
		}
		b := tenderIn(d.heard)
		if b == nil || b.Act != ledger.TenderPay {
			continue
		}
		if _, own := c.byID[a.Site].core.State.Order(b.Payments.Order); !own && !slices.Contains(all, b.Payments.Order) {
			all = append(all, b.Payments.Order)
		}
	}
	const last = 6 // several ask for one
	if all = all[max(0, len(all)-last):]; len(all) == 0 {
		return ""
	}
	return all[a.Pick%len(all)]
}

// payClaim looks for the answer to a claim until there is one, and gives the customer what was handed over.
func (c *company) payClaim(a *Act, till ledger.TillID, id ledger.ClaimID, order ledger.OrderID) {
	s := c.byID[a.Site]
	again := func() {
		if c.now < c.plan.Length {
			c.after(a.For, func() { c.payClaim(a, till, id, order) })
		}
	}
	if !s.selling() {
		again()
		return
	}
	all := s.core.State.MoneyClaims(order)
	i := slices.IndexFunc(all, func(m ledger.MoneyClaim) bool { return m.ID == id })
	switch {
	case i < 0 || !all[i].Answered:
		again()
		return
	case all[i].Granted == 0:
		c.met("claim", "refused")
		return
	}
	c.met("claim", all[i].Status())
	doc := s.told.paid[order]
	if doc == nil {
		again()
		return
	}
	c.inDrawer(a.Site, till, fmt.Sprintf("pay claim %s %d", a.Site, a.ID), func() {
		c.count("refund_away")
		for at := range doc.Tenders {
			t := doc.Tenders[at]
			if t.Claim != id || t.Refunded >= t.Amount {
				continue
			}
			c.tellOf(a.Site, fmt.Sprintf("pay claim %s %d tender %d", a.Site, a.ID, at+1), func(m ledger.Meta) ledger.Request {
				move := ledger.TenderMove{Tender: at + 1, Amount: t.Amount - t.Refunded}
				if t.Kind == ledger.TenderCard {
					move.Ref = fmt.Sprintf("BACK-%d", a.ID)
				}
				return &ledger.Refund{Meta: m, Order: order, Till: till, Reason: "came back", Moves: []ledger.TenderMove{move}}
			}, nil)
		}
	})
}

// A reckoning is what the books of all sites say of the money of one order, added up by the judge.
type reckoning struct {
	in    int64 // what customers paid
	out   int64 // what they got back
	twice int64 // of it, what two lives of one book have both given
	risk  int64 // of it, what was paid at the company's risk and nobody has made good

	gone, came map[ledger.ClaimID]int64 // handed over to another book, and taken over of one
}

func newReckoning() *reckoning {
	return &reckoning{gone: map[ledger.ClaimID]int64{}, came: map[ledger.ClaimID]int64{}}
}

func (r *reckoning) add(o *reckoning) {
	r.in, r.out, r.twice, r.risk = r.in+o.in, r.out+o.out, r.twice+o.twice, r.risk+o.risk
	for claim, n := range o.gone {
		r.gone[claim] += n
	}
	for claim, n := range o.came {
		r.came[claim] += n
	}
}

// reckon adds up the payments of an order as one site's chain has them.
// What crosses from one order to another of the site, in an exchange, is paid for the other, and not for the one any more.
func (r *reckoning) reckon(at ledger.SiteID, p *ledger.Payments) {
	all := slices.Clone(p.Tenders)
	for i := range all {
		t := &all[i]
		switch t.Refunded = 0; {
		case t.Risk != "":
			r.risk += t.Amount - t.Settled
			r.came[t.Claim] += t.Settled
		case t.From == at:
			r.in += t.Taken()
		case t.From != "":
			r.came[t.Claim] += t.Taken()
		default:
			r.in += t.Taken()
		}
	}
	for _, b := range p.Repayments {
		t := &all[b.Tender-1]
		before := t.PaidBack()
		if t.Refunded += b.Amount; b.To == at && b.Claim != t.Claim { // else it makes good what the site paid at risk
			r.in -= t.PaidBack() - before
			continue
		} else if b.To != "" {
			r.gone[b.Claim] += t.PaidBack() - before + b.Over
			continue
		}
		r.out += t.PaidBack() - before + b.Over
		r.twice += b.Over
	}
}

// checkAway judges what was given back elsewhere: of no order more is paid out over all books than was paid in, but for what was paid at risk and nobody
// stands for; nothing is on its way between two sites; each claim has its answer, or somebody is told why not.
func (c *company) checkAway() {
	between := int64(0)
	all := map[ledger.OrderID]*reckoning{}
	var orders []ledger.OrderID
	told := map[string]bool{}
	for _, e := range c.hq.m.Exceptions(machine.ExceptionsMax) {
		told[fmt.Sprint(e.What, e.Site, e.Order)] = true
	}
	for _, s := range c.sites {
		between += s.core.State.Money(ledger.MoneySites)
		risk := int64(0)
		for _, id := range slices.Sorted(maps.Keys(s.told.paid)) {
			r := newReckoning()
			r.reckon(s.id, s.told.paid[id])
			if risk += r.risk; r.risk > 0 && !told[fmt.Sprint("risk_lost", s.id, id)] && !told[fmt.Sprint("return_unclaimed", s.id, id)] {
				c.fail("money", "%s paid %d of order %s at the company's risk that nobody stands for, and nobody is told", s.id, r.risk, id)
			}
			sum := all[id]
			if sum == nil {
				sum = newReckoning()
				all[id], orders = sum, append(orders, id)
			}
			sum.add(r)
		}
		if a, ok := c.hq.m.Asset(ledger.RiskOf(s.id)); !ok || int64(a.Used) != risk {
			c.fail("money", "%s has %d at risk, and head office counts %+v", s.id, risk, a)
		}
		for _, m := range s.core.State.MoneyClaims("") {
			if !m.Answered && !told[fmt.Sprint("return_unclaimed", s.id, m.Order)] {
				c.fail("money", "%s has asked for %d of order %s, and has no answer", s.id, m.Amount, m.Order)
			}
		}
	}
	for _, id := range orders {
		for claim := range all[id].gone {
			all[id].came[claim] += 0
		}
		for _, claim := range slices.Sorted(maps.Keys(all[id].came)) {
			gone, came := all[id].gone[claim], all[id].came[claim]
			switch twice := c.wentBack && slices.ContainsFunc(c.sites, func(s *site) bool { return told[fmt.Sprint("refunded_twice", s.id, id)] }); {
			case gone < came && twice: // the owner's book had forgotten that it handed over, and had less left
				c.met("claim", "given back by two books")
				between -= came - gone
				all[id].twice += came - gone
			case gone != came:
				c.fail("money", "of claim %s for order %s %d were handed over, and %d taken over", claim, id, gone, came)
			}
		}
	}
	for _, id := range orders {
		if r := all[id]; r.out-r.twice > r.in+r.risk {
			c.fail("money", "%d were given back of %d that were paid for order %s, %d of it by two lives, with %d at risk", r.out, r.in, id, r.twice, r.risk)
		}
	}
	if between != 0 {
		c.fail("money", "%d are on their way between sites", between)
	}
}
