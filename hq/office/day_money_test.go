package office_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// till is the one that a site has.
func (d *workday) till(n *node) ledger.TillID {
	return ledger.TillID(map[ledger.SiteID]string{"leeds": "T1", "hull": "T2"}[n.id()])
}

// after gives the word behind another one; "" where there is none.
func after(words []string, mark string) string {
	if i := slices.Index(words, mark); i >= 0 && i+1 < len(words) {
		return strings.TrimSuffix(words[i+1], ",")
	}
	return ""
}

// priced gives a line at what the day's articles cost.
func (d *workday) priced(sku ledger.SKU, q ledger.Qty) ledger.Line {
	pence := map[ledger.SKU]int64{"TAP": 450, "PIPE": 1200, "MUG": 300, "CUP": 350, "LAMP": 2500, "SHADE": 1000, "PASTE": 200, "SOFA": 9000}[sku]
	l := ledger.Line{SKU: sku, Qty: q, Price: ledger.Price{Money: ledger.Money{Amount: pence, Currency: "GBP"}, Per: 1}, Charge: &ledger.Charge{From: ledger.PriceItem}}
	if err := l.Charge.Fix(l.Price, q); err != nil {
		d.fail("price %s: %v", sku, err)
	}
	return l
}

// allots lets a site sell on a customer's account, within a limit.
func (d *workday) allots(site ledger.SiteID, customer string, level, limit ledger.Qty) string {
	asset := ledger.AssetOf(ledger.AssetCredit, customer)
	if strings.Contains(customer, ":") {
		asset = ledger.AssetID(customer)
	}
	d.propose(&machine.SetAsset{Asset: asset, Do: machine.AssetLimit, Amount: limit, By: "olga", At: d.now})
	d.propose(&machine.SetAsset{Asset: asset, Do: machine.AssetAllot, Site: site, Amount: level, Key: d.key(), By: "olga", At: d.now})
	return "allotted"
}

// money does a row about money, or about what is ordered of a supplier. known is false where it is about neither.
func (d *workday) money(n *node, what string, words []string, nums []ledger.Qty) (told string, known bool) {
	has := func(begin string) bool { return strings.HasPrefix(what, begin) }
	sum := func(i int) int64 { return int64(nums[i]) }
	last := words[len(words)-1]
	till := d.till(n)
	drawer := func(a ledger.ActOnDrawer) string {
		a.Till, a.By = till, "anna"
		return toldOf(n.do(&a))
	}
	switch {
	case has("opens"):
		return drawer(ledger.ActOnDrawer{Act: ledger.DrawerOpen, Amount: sum(0), Currency: "GBP", Step: 1}), true
	case has("pays out"):
		return drawer(ledger.ActOnDrawer{Act: ledger.DrawerOut, Amount: sum(0), Reason: last}), true
	case has("pays in"):
		return drawer(ledger.ActOnDrawer{Act: ledger.DrawerIn, Amount: sum(0), Reason: last}), true
	case has("closes the till"):
		return drawer(ledger.ActOnDrawer{Act: ledger.DrawerClose, Amount: sum(0), Reason: strings.TrimPrefix(what, "closes the till")}), true
	case has("ends"):
		return toldOf(n.do(&ledger.EndDay{})), true
	case has("is paid"):
		w := ledger.TenderWish{Kind: ledger.TenderCash, Amount: sum(0)}
		var more []ledger.TenderWish
		switch {
		case strings.Contains(what, " with "):
			w = ledger.TenderWish{Kind: ledger.TenderGiftCard, Amount: sum(1), Ref: after(words, "with")}
			more = append(more, ledger.TenderWish{Kind: ledger.TenderCash, Amount: sum(2)})
		case strings.Contains(what, "by card"):
			w.Kind, w.Ref = ledger.TenderCard, "SLIP-"+after(words, "for")
		case strings.Contains(what, "on account"):
			w.Kind, w.Ref = ledger.TenderAccount, last
		default:
			w.Given = sum(1)
		}
		return toldOf(n.do(&ledger.Pay{Meta: ledger.Meta{Key: d.key()}, Order: d.id(after(words, "for")), Till: till, Total: d.total(n, after(words, "for")),
			Deposit: strings.Contains(what, "deposit"), Tenders: append(more, w)})), true
	case has("gives back"):
		m := ledger.TenderMove{Tender: 1, Amount: sum(0)}
		if d.id(last) == d.id("order-1") {
			m.Ref = "BACK-" + last
		}
		return toldOf(n.do(&ledger.Refund{Meta: ledger.Meta{Key: d.key()}, Order: d.id(last), Till: till, Reason: "came back", Moves: []ledger.TenderMove{m}})), true
	case has("charges"):
		return toldOf(n.do(&ledger.MoveAsset{Meta: ledger.Meta{Key: d.key()}, Asset: ledger.AssetOf(ledger.AssetCredit, last), Act: ledger.AssetCharge, Amount: nums[0], Ref: string(d.id(after(words, "of")))})), true
	case has("buys"):
		return toldOf(n.do(&ledger.OrderGoods{Meta: ledger.Meta{Key: d.key()}, Act: ledger.PurchaseSend, By: "olga", Order: ledger.Purchase{Reference: words[1], Supplier: "Potteries Ltd",
			Site: n.id(), Due: "2026-01-05", Lines: []ledger.PurchaseLine{{SKU: ledger.SKU(last), Qty: nums[0], Cost: ledger.Price{Money: ledger.Money{Amount: 80, Currency: "GBP"}, Per: 1}}}}})), true
	case has("expects"):
		return toldOf(n.do(&ledger.OrderGoods{Meta: ledger.Meta{Key: d.key()}, Act: ledger.PurchaseClose, By: "olga", Reason: "the rest will not come", Order: ledger.Purchase{Reference: last}})), true
	}
	return "", false
}

// total is what an order comes to.
func (d *workday) total(n *node, name string) int64 {
	o, ok := n.core.State.Order(d.id(name))
	if !ok {
		d.fail("nobody has heard of %s", name)
	}
	return o.Totals().Total()
}

// toldOfMoney is what a person is told of money, and of purchase orders.
func toldOfMoney(e *ledger.Entry) string {
	switch b := e.Body.(type) {
	case *ledger.TenderBody:
		switch b.Act {
		case ledger.TenderClaim:
			return b.Claim.Status()
		case ledger.TenderRefund, ledger.TenderRisk:
			return fmt.Sprintf("%d given back, %s", b.Moves[0].Amount, b.Receipt)
		}
		return fmt.Sprintf("%s, change %d, %s", b.Payments.Status(), b.Payments.Tenders[len(b.Payments.Tenders)-1].Change(), b.Receipt)
	case *ledger.DrawerBody:
		return map[bool]string{false: "open", true: "closed"}[b.Drawer.Closed]
	case *ledger.DayBody:
		return fmt.Sprintf("day %d", b.Day.Number)
	case *ledger.AssetBody:
		return "charged"
	case *ledger.PurchaseBody:
		return b.State.String()
	}
	return "done"
}

// cashedUp writes down where the money is, every receipt, count and day, what is used of accounts, and what became of purchase orders.
func (d *workday) cashedUp() (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	names := map[ledger.OrderID]string{}
	for name, id := range d.docs {
		names[id] = name
	}
	var between int64
	for _, id := range d.names {
		n := d.sites[id]
		for _, k := range []ledger.MoneyKind{ledger.MoneyDrawer, ledger.MoneySafe, ledger.MoneyCard, ledger.MoneyOrders, ledger.MoneyAccounts, ledger.MoneyRounding, ledger.MoneyPetty, ledger.MoneyDifference,
			ledger.MoneyGiftCards, ledger.MoneySites, ledger.MoneyRisk} {
			if q := n.core.State.Money(k); q != 0 {
				if k == ledger.MoneySites {
					between += q
				}
				say("%s has %d in %s", id, q, k)
			}
		}
		for _, e := range n.entries {
			switch b := e.Body.(type) {
			case *ledger.TenderBody:
				say("%s: receipt %s, %s %s, %s, %d of %d %s", id, b.Receipt, b.Act, names[b.Payments.Order], b.Payments.Status(), b.Payments.Paid(), b.Payments.Total, b.Refusal)
			case *ledger.DrawerBody:
				say("%s: %s drawer %s with %d of %d %s", id, b.Act, b.Drawer.Till, b.Amount, b.Drawer.Expected(), b.Refusal)
			case *ledger.DayBody:
				say("%s: day %d %+v %s", id, b.Day.Number, b.Day, b.Refusal)
				if b.Refusal == "" {
					d.addsUp(n, &b.Day)
				}
			case *ledger.ManifestBody:
				say("%s: manifest %d of %s, shipments %d to %d, without %v", id, b.Number, b.Carrier, b.From, b.To, b.Struck)
			case *ledger.MovedBody:
				say("%s: moved %+v %s", id, b.Lines, b.Refusal)
			case *ledger.AdjustedBody:
				say("%s: %s, %s: %+v", id, b.Reason, b.Approver, b.Lines)
			case *ledger.ReceiptBody:
				say("%s: delivery %q, %d postings", id, b.Reference, len(e.Postings))
			}
		}
		for _, c := range n.core.State.MoneyClaims("") {
			say("%s: claim for %d of %s: %s, %d", id, c.Amount, names[c.Order], c.Status(), c.Granted)
		}
		for _, a := range n.core.State.AssetsHeld() {
			say("%s may use %d of %s", id, a.Amount, a.Asset)
		}
	}
	if between != 0 {
		d.t.Errorf("line down %t: sites have handed over %d to nobody", d.down, between)
	}
	d.View(func(m *machine.Machine) {
		for _, a := range m.Assets("", 10) {
			say("%s: limit %d, used %d, free %d, %+v", a.ID, a.Limit, a.Used, a.Free, a.Holders)
		}
		for _, ref := range slices.Sorted(maps.Keys(map[string]bool{"PO-1": true, "PO-2": true, "PO-3": true})) {
			if o, ok := m.Delivery(ref); ok && o.Order != nil {
				say("%s: %s at %s, %+v", ref, o.Order.State, o.Site, o.Lines)
			}
		}
	})
	return out
}

// addsUp works the figures of a site's day out anew, from what its entries say was taken, given back and put into drawers, and holds them against the
// day's. All of the story is in one day. What sites hand over to one another is no tender: evening adds that up over all of them.
func (d *workday) addsUp(n *node, day *ledger.Day) {
	d.t.Helper()
	taken, back := map[ledger.TenderKind]int64{}, map[ledger.TenderKind]int64{}
	cash := map[ledger.DrawerAct]int64{}
	for _, e := range n.entries {
		switch b := e.Body.(type) {
		case *ledger.DrawerBody:
			if b.Refusal == "" {
				cash[b.Act] += b.Amount
			}
		case *ledger.TenderBody:
			for _, m := range b.Moves {
				switch t := b.Payments.Tenders[m.Tender-1]; {
				case m.Refund && !m.Across:
					back[t.Kind] += m.Amount
				case !m.Across && t.Risk == "":
					taken[t.Kind] += m.Amount
				}
			}
		}
	}
	if want := day.Float + day.In - day.Out + taken[ledger.TenderCash] - back[ledger.TenderCash] - day.Counted; want != day.Sum(ledger.MoneyDifference) {
		d.t.Errorf("%s: %d are not in the drawers by the journal, %d by the day", n.id(), want, day.Sum(ledger.MoneyDifference))
	}
	for _, t := range day.Tenders {
		if t.Kind == ledger.TenderSites || t.Kind == ledger.TenderAtRisk {
			continue
		}
		if t.Taken != taken[t.Kind] || t.Refunded != back[t.Kind] {
			d.t.Errorf("%s: the day says that %d were taken and %d given back by %s, the journal says %d and %d", n.id(), t.Taken, t.Refunded, t.Kind, taken[t.Kind], back[t.Kind])
		}
		delete(taken, t.Kind)
		delete(back, t.Kind)
	}
	if len(taken)+len(back) > 0 {
		d.t.Errorf("%s: the day does not say that %v were taken and %v given back", n.id(), taken, back)
	}
	if day.Float != cash[ledger.DrawerOpen] || day.Counted != cash[ledger.DrawerClose] || day.In != cash[ledger.DrawerIn] || day.Out != cash[ledger.DrawerOut] {
		d.t.Errorf("%s: the day says %+v of cash, the journal %v", n.id(), day, cash)
	}
}
