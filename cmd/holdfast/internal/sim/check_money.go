package sim

import (
	"fmt"
	"maps"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// purse is what the chain of a site's book shows of money, added up from its postings and not by the book.
type purse struct {
	accounts map[ledger.MoneyKind]int64
	series   map[receiptSeries]uint64 // the last number of each
	paid     map[ledger.OrderID]*ledger.Payments
	over     map[ledger.AssetID]ledger.Qty // charged beyond what was held, by facts told late
}

type receiptSeries struct {
	till  ledger.TillID
	epoch ledger.Epoch
}

func newPurse() purse {
	return purse{accounts: map[ledger.MoneyKind]int64{}, series: map[receiptSeries]uint64{}, paid: map[ledger.OrderID]*ledger.Payments{}, over: map[ledger.AssetID]ledger.Qty{}}
}

// takeMoney counts what an entry says of money, and says what is done a second time, or left out; "" nothing.
func (f *facts) takeMoney(e *ledger.Entry) (again string) {
	var list []ledger.MoneyPosting
	switch b := e.Body.(type) {
	case *ledger.TenderBody:
		list = b.Money
		if b.Refusal != "" {
			break
		}
		if len(b.Moves) > 0 { // a claim says nothing of what was paid
			f.paid[b.Payments.Order] = &b.Payments
		}
		if b.Receipt == (ledger.Receipt{}) && (b.Act == ledger.TenderClaim || b.Act == ledger.TenderExchange) {
			break // nobody was given any
		}
		at := receiptSeries{b.Receipt.Till, b.Receipt.Epoch}
		if f.series[at]++; f.series[at] != b.Receipt.Number {
			again = fmt.Sprintf("gives receipt %s, and the one before had number %d", b.Receipt, f.series[at]-1)
		}
	case *ledger.DrawerBody:
		list = b.Money
	case *ledger.ObeyedBody:
		if b.Tender != nil {
			list = b.Tender.Money
			f.paid[b.Tender.Payments.Order] = &b.Tender.Payments
		}
	case *ledger.LateBody:
		switch {
		case b.Tender != nil:
			list = b.Tender.Money
			f.paid[b.Tender.Payments.Order] = &b.Tender.Payments
			for _, v := range e.Assets() {
				if v.Act == ledger.AssetCharge {
					f.over[v.Asset] += v.Over
				}
			}
		case b.Drawer != nil:
			list = b.Drawer.Money
		case b.Asset != nil:
			f.over[b.Asset.Asset] += b.Asset.Over
		}
	}
	sum := int64(0)
	for _, p := range list {
		f.accounts[p.Kind] += p.Amount
		sum += p.Amount
	}
	if sum != 0 {
		again = fmt.Sprintf("moves money that adds up to %d", sum)
	}
	return again
}

// checkMoney judges the money of a company at rest: each book has what its postings say, and of each payment and refund that somebody
// was told of, once, exactly that.
func (c *company) checkMoney() {
	for _, s := range c.sites {
		for _, k := range slices.Sorted(maps.Keys(s.told.accounts)) {
			if got, want := s.core.State.Money(k), s.told.accounts[k]; got != want {
				c.fail("money", "%s has %d in %s, its postings come to %d", s.id, got, k, want)
			}
		}
		c.checkPaid(s)
	}
	c.checkAway()
	c.checkCredit()
	c.checkCards()
	c.checkPurchases()
}

// checkPaid compares the payments of a site's book with what customers and cashiers were told.
func (c *company) checkPaid(s *site) {
	taken, back := map[ledger.OrderID]int64{}, map[ledger.OrderID]int64{}
	for _, e := range c.heardOf(s) {
		if b := tenderIn(e); b != nil {
			if b.Exchange != nil { // in hand, of the order whose goods came back
				back[b.Exchange.Order] += b.Exchange.Back
			}
			for _, m := range b.Moves {
				switch {
				case m.Across: // from one order to another
				case m.Refund:
					back[b.Payments.Order] += m.Amount + m.Over
				default:
					taken[b.Payments.Order] += m.Amount
				}
			}
		}
	}
	for id := range s.told.paid {
		taken[id] += 0
	}
	paid := int64(0)
	for _, id := range slices.Sorted(maps.Keys(taken)) {
		var in, out, over, came, gone int64 // the last two to and from other sites
		if doc := s.told.paid[id]; doc != nil {
			for i := range doc.Tenders {
				t := &doc.Tenders[i]
				if t.From != "" {
					came += t.Amount
				} else {
					in += t.Amount
				}
				if t.Refunded > t.Amount {
					c.fail("money", "%s: %d of %d were given back for order %s", s.id, t.Refunded, t.Amount, id)
				}
			}
			for i := range doc.Repayments {
				if b := &doc.Repayments[i]; b.To != "" {
					gone += b.Amount
				} else {
					out, over = out+b.Amount, over+b.Over
				}
			}
		}
		if doc := s.told.paid[id]; doc == nil || doc.For == "" { // what is paid for a card is owed to its bearer
			paid += in + came - out - gone
		}
		if in != taken[id] || out+over != back[id] {
			c.fail("money", "%s: order %s was paid %d and %d given back by what was told, %d and %d by the book", s.id, id, taken[id], back[id], in, out+over)
		}
		if over > 0 {
			c.met("money", "given back twice by two lives")
			if !c.wentBack {
				c.fail("money", "%s: %d were given back beyond what was paid for order %s", s.id, over, id)
			}
		}
	}
	if got := -s.core.State.Money(ledger.MoneyOrders); got != paid {
		c.fail("money", "%s: orders have paid %d by their payments, %d by the book", s.id, paid, got)
	}
}

// heardOf lists what people were told of that a site's book has written, of deeds and of exchanges.
func (c *company) heardOf(s *site) (out []*ledger.Entry) {
	for _, d := range c.deeds {
		if d.at == s.id && d.heard != nil {
			out = append(out, d.heard)
		}
	}
	for _, x := range c.exchanges {
		if x.a.Site == s.id {
			out = append(out, x.heard)
		}
	}
	return out
}

// tenderIn is what an entry says was paid or given back; nil where it says nothing of it.
func tenderIn(e *ledger.Entry) *ledger.TenderBody {
	switch b := e.Body.(type) {
	case *ledger.TenderBody:
		if b.Refusal == "" {
			return b
		}
	case *ledger.LateBody:
		return b.Tender
	}
	return nil
}

// checkCredit compares what head office has of each account with what customers were told, and looks for exposure beyond a limit that
// neither a fact told late explains nor what a person had written off with a site, in a life of head office that is lost: the next life
// has the site go on with it, beside those who were given it.
func (c *company) checkCredit() {
	used, over := map[ledger.AssetID]ledger.Qty{}, map[ledger.AssetID]ledger.Qty{}
	for _, d := range c.deeds {
		if d.heard == nil {
			continue
		}
		switch b := d.heard.Body.(type) {
		case *ledger.AssetBody:
			used[b.Asset] += b.Used()
		case *ledger.LateBody:
			if b.Asset != nil {
				used[b.Asset.Asset] += b.Asset.Used()
			}
		}
	}
	for _, s := range c.sites {
		for asset, q := range s.told.over {
			over[asset] += q
		}
	}
	for _, a := range c.hq.m.Assets("", assetsMost) {
		c.checkHeldAssets(a)
		switch {
		case a.ID.Kind() != ledger.AssetCredit:
			continue
		case a.Used != used[a.ID]:
			c.fail("credit", "head office has %d of %s used, customers were told of %d", a.Used, a.ID, used[a.ID])
		case a.Used > a.Limit+over[a.ID]+c.hq.forgotten[a.ID]:
			c.fail("credit", "%d of %s are used, its limit is %d, %d were told late and %d written off by a life that is lost", a.Used, a.ID, a.Limit, over[a.ID], c.hq.forgotten[a.ID])
		case over[a.ID] > 0 && !c.wentBack:
			c.fail("credit", "%d of %s were charged beyond what was held, and nothing went back", over[a.ID], a.ID)
		}
		c.checkExposed(a)
	}
}

// checkHeldAssets compares what each site may use of an asset by its book with what head office counts.
func (c *company) checkHeldAssets(a *machine.Asset) {
	for _, h := range a.Holders {
		if s := c.byID[h.Site]; s.core.State.AssetHeld(a.ID) != h.Has || h.Coming+h.Recalled != 0 {
			c.fail("credit", "%s may use %d of %s, head office has %+v", h.Site, s.core.State.AssetHeld(a.ID), a.ID, h)
		}
	}
}

// checkExposed says whether somebody is told of an account of which more is used than its limit.
func (c *company) checkExposed(a *machine.Asset) {
	if a.Used > a.Limit {
		c.met("credit", "more is used than the limit, and somebody is told")
		if a.Over == 0 {
			c.fail("credit", "%d of %s are used of a limit of %d, and nobody is told", a.Used, a.ID, a.Limit)
		}
	}
}
