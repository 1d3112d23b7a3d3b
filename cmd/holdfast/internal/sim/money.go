package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	tillsOfSite = 2
	drawerFloat = 20_000
	coinStep    = 5         // minor units: the smallest coin
	orderTotal  = 1_000_000 // minor units: no order is ever paid in full, so many can pay for it
	customers   = 3
	creditLimit = 5_000 // of each, in minor units
)

// addMoney has customers pay for what they ordered, in parts, and get some of it back; buy on account; and somebody count the drawers
// and end the day.
func (p *Plan) addMoney() {
	for _, s := range p.Sites {
		c := newChance(p.Seed, "money at "+string(s.ID))
		p.often(c, p.Temper.PickEach/2, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActPay, Site: s.ID, Pick: c.upTo(1 << 16), Qty: ledger.Qty(1 + c.upTo(9_999)), Hard: c.in100(50), For: c.around(3 * time.Minute)})
		})
		p.often(c, p.Temper.PickEach, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActCharge, Site: s.ID, Pick: c.upTo(1 << 16), Qty: ledger.Qty(1 + c.upTo(900)), Hard: c.in100(50), For: c.around(5 * time.Minute)})
		})
		p.often(c, 6*p.Temper.PickEach, func(at time.Duration) {
			p.add(Act{At: at, Kind: ActDay, Site: s.ID, Pick: c.upTo(1 << 16)})
		})
	}
}

// openAccounts gives customers a limit, and sites some of it.
func (h *headOffice) openAccounts() {
	for i := range customers {
		h.must(&machine.SetAsset{Asset: accountOf(i), Do: machine.AssetLimit, Amount: creditLimit, By: "manager", At: h.wall()})
		for _, p := range h.c.plan.Sites {
			name := fmt.Sprintf("allot %s to %s", accountOf(i), p.ID)
			h.must(&machine.SetAsset{Asset: accountOf(i), Do: machine.AssetAllot, Site: p.ID, Amount: creditLimit / 4, Key: keyOf(name), Request: ledger.DigestOf([]byte(name)),
				By: "manager", At: h.wall()})
		}
	}
}

func accountOf(i int) ledger.AssetID {
	return ledger.AssetOf(ledger.AssetCredit, fmt.Sprintf("C-%d", i%customers))
}

// selling says whether a site's people can do anything with its tills now.
func (s *site) selling() bool {
	return s.up && s.open && s.disk.quarantine == "" && !s.core.State.Rebuilding && !s.doubt
}

// payAt has a customer pay some of an order at a till; its drawer is opened where it is not. Later they may get some of that back.
func (c *company) payAt(a *Act) {
	s := c.byID[a.Site]
	o := c.orderToPay(a)
	if o == nil || !s.selling() {
		return
	}
	till := tillOf(a)
	name := fmt.Sprintf("pay %s %d", a.Site, a.ID)
	pay := func() {
		c.count("payment")
		c.tellOf(a.Site, name, func(m ledger.Meta) ledger.Request {
			w := ledger.TenderWish{Kind: ledger.TenderCash, Amount: int64(a.Qty)}
			if a.Pick%3 == 0 {
				w = ledger.TenderWish{Kind: ledger.TenderCard, Amount: int64(a.Qty), Ref: fmt.Sprintf("SLIP-%d", a.ID)}
			}
			return &ledger.Pay{Meta: m, Order: o.ID, Till: till, Total: orderTotal, Deposit: true, Tenders: []ledger.TenderWish{w}}
		}, func(e *ledger.Entry) {
			if a.Hard {
				c.after(a.For, func() { c.giveBack(a, till, e) })
			}
		})
	}
	c.inDrawer(a.Site, till, name, pay)
}

// orderToPay chooses one of the last orders that were taken anywhere: several pay for one.
func (c *company) orderToPay(a *Act) *ledger.Order {
	const last = 4
	for i := len(c.wishes) - 1 - a.Pick%last; i >= 0; i -= last {
		if k := c.wishes[i]; k.told == yes && k.order != nil && !k.cancels && !k.exchanged {
			return k.order
		}
	}
	return nil
}

// giveBack gives some of what a receipt says was paid back, at the same site, and now and then all of it.
func (c *company) giveBack(a *Act, till ledger.TillID, paid *ledger.Entry) {
	b, ok := paid.Body.(*ledger.TenderBody)
	s := c.byID[a.Site]
	if !ok || !s.selling() {
		return
	}
	doc := s.told.paid[b.Payments.Order]
	at := tenderOf(doc, &b.Payments, b.Receipt)
	if at == 0 {
		return // the book that knows of it is lost, or has not been told yet
	}
	amount := int64(a.Qty)
	if a.Pick%4 > 0 {
		amount = max(1, amount/2)
	}
	name := fmt.Sprintf("give back %s %d", a.Site, a.ID)
	c.count("refund")
	c.tellOf(a.Site, name, func(m ledger.Meta) ledger.Request {
		move := ledger.TenderMove{Tender: at, Amount: amount}
		if doc.Tenders[at-1].Kind == ledger.TenderCard {
			move.Ref = fmt.Sprintf("BACK-%d", a.ID)
		}
		return &ledger.Refund{Meta: m, Order: b.Payments.Order, Till: till, Reason: "came back", Moves: []ledger.TenderMove{move}}
	}, nil)
}

// tenderOf finds the tender that a receipt is about, from 1; 0 where it is not there.
func tenderOf(doc, told *ledger.Payments, r ledger.Receipt) int {
	if doc == nil {
		return 0
	}
	want := told.Tenders[len(told.Tenders)-1]
	return 1 + slices.IndexFunc(doc.Tenders, func(t ledger.Tender) bool {
		return t.Receipt == r && t.Amount == want.Amount && t.Kind == want.Kind
	})
}

// chargeAt has a customer buy on account; later they may bring some of it back, and what they pay is paid at the site.
func (c *company) chargeAt(a *Act) {
	if !c.byID[a.Site].selling() {
		return
	}
	asset, ref := accountOf(a.Pick), fmt.Sprintf("CH-%s-%d", a.Site, a.ID)
	move := func(what string, act ledger.AssetAct, amount ledger.Qty, ref string, then func(*ledger.Entry)) {
		c.count(what)
		c.tellOf(a.Site, fmt.Sprintf("%s %s %d", what, a.Site, a.ID), func(m ledger.Meta) ledger.Request {
			return &ledger.MoveAsset{Meta: m, Asset: asset, Act: act, Amount: amount, Ref: ref}
		}, then)
	}
	move("charge", ledger.AssetCharge, a.Qty, ref, func(*ledger.Entry) {
		c.after(a.For, func() {
			switch {
			case !c.byID[a.Site].selling():
			case a.Hard:
				move("release", ledger.AssetRelease, max(1, a.Qty/2), ref, nil)
			case a.Pick%2 == 0:
				move("account_payment", ledger.AssetPay, a.Qty, "BANK-"+ref, nil)
			}
		})
	})
}

// dayAt has all drawers of a site counted and its day ended. Now and then a coin is gone.
func (c *company) dayAt(a *Act) {
	s := c.byID[a.Site]
	if !s.selling() {
		return
	}
	c.count("day")
	for _, d := range s.core.State.Drawers() {
		counted := max(0, d.Expected()-int64(a.Pick%2)*5)
		c.tellOf(a.Site, fmt.Sprintf("count %s %s %d", d.Till, a.Site, a.ID), func(m ledger.Meta) ledger.Request {
			return &ledger.ActOnDrawer{Meta: m, Act: ledger.DrawerClose, Till: d.Till, Amount: counted, Reason: "as it was counted"}
		}, nil)
	}
	c.after(20*time.Second, func() {
		if s := c.byID[a.Site]; s.selling() && len(s.core.State.Drawers()) == 0 {
			c.tellOf(a.Site, fmt.Sprintf("end of day %s %d", a.Site, a.ID), func(m ledger.Meta) ledger.Request { return &ledger.EndDay{Meta: m} }, nil)
		}
	})
}

// judgeNo judges a no: money is refused for what a cashier can see, and nothing else.
func (c *company) judgeNo(d *deed) {
	var tender *ledger.TenderError
	var drawer *ledger.DrawerError
	var asset *ledger.AssetError
	var buys *ledger.PurchaseError
	switch {
	case errors.As(d.no, &tender):
		c.met("money", "refused: "+string(tender.Why))
		if tender.Why == ledger.RefusedOverRefund && tender.Want <= tender.Have {
			c.fail("money", "%s: %d of %d are refused", d.name, tender.Want, tender.Have)
		}
		if tender.Why == ledger.RefusedAssetShort && tender.Want <= tender.Have {
			c.fail("cards", "%s: %d of %d that are held are refused", d.name, tender.Want, tender.Have)
		}
	case errors.As(d.no, &drawer):
		c.met("money", "refused: "+string(drawer.Why))
	case errors.As(d.no, &asset):
		c.met("credit", "refused: "+string(asset.Refusal))
		if asset.Refusal == ledger.RefusedAssetShort && asset.Want <= asset.Have {
			c.fail("credit", "%s: %d of %d are refused", d.name, asset.Want, asset.Have)
		}
	case errors.As(d.no, &buys):
		c.met("purchase", "refused: "+buys.State.String())
	default:
		c.met("money", "refused: "+d.no.Error())
		c.fail("money", "%s: %v", d.name, d.no)
	}
}
