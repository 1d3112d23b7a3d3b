package office_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// after gives the word behind another one; "" where there is none.
func after(words []string, mark string) string {
	if i := slices.Index(words, mark); i >= 0 && i+1 < len(words) {
		return strings.TrimSuffix(words[i+1], ",")
	}
	return ""
}

// priced gives a line at what the day's articles cost.
func (d *workday) priced(sku ledger.SKU, q ledger.Qty) ledger.Line {
	pence := map[ledger.SKU]int64{"TAP": 450, "PIPE": 1200, "MUG": 300}[sku]
	l := ledger.Line{SKU: sku, Qty: q, Price: ledger.Price{Money: ledger.Money{Amount: pence, Currency: "GBP"}, Per: 1}, Charge: &ledger.Charge{From: ledger.PriceItem}}
	if err := l.Charge.Fix(l.Price, q); err != nil {
		d.fail("price %s: %v", sku, err)
	}
	return l
}

// allots lets a site sell on a customer's account, within a limit.
func (d *workday) allots(site ledger.SiteID, customer string, level, limit ledger.Qty) string {
	asset := ledger.AssetOf(ledger.AssetCredit, customer)
	d.propose(&machine.SetAsset{Asset: asset, Do: machine.AssetLimit, Amount: limit, By: "olga", At: d.now})
	d.propose(&machine.SetAsset{Asset: asset, Do: machine.AssetAllot, Site: site, Amount: level, Key: d.key(), By: "olga", At: d.now})
	return "allotted"
}

// money does a row about money, or about what is ordered of a supplier. known is false where it is about neither.
func (d *workday) money(n *node, what string, words []string, nums []ledger.Qty) (told string, known bool) {
	has := func(begin string) bool { return strings.HasPrefix(what, begin) }
	sum := func(i int) int64 { return int64(nums[i]) }
	last := words[len(words)-1]
	const till = "T1"
	drawer := func(a ledger.ActOnDrawer) string {
		a.Till, a.By = till, "anna"
		return toldOf(n.do(&a))
	}
	switch {
	case has("opens"):
		return drawer(ledger.ActOnDrawer{Act: ledger.DrawerOpen, Amount: sum(0), Currency: "GBP", Step: 1}), true
	case has("pays out"):
		return drawer(ledger.ActOnDrawer{Act: ledger.DrawerOut, Amount: sum(0), Reason: last}), true
	case has("closes"):
		return drawer(ledger.ActOnDrawer{Act: ledger.DrawerClose, Amount: sum(0), Reason: "a coin is gone"}), true
	case has("ends"):
		return toldOf(n.do(&ledger.EndDay{})), true
	case has("is paid"):
		w := ledger.TenderWish{Kind: ledger.TenderCash, Amount: sum(0)}
		switch {
		case strings.Contains(what, "by card"):
			w.Kind, w.Ref = ledger.TenderCard, "SLIP-"+after(words, "for")
		case strings.Contains(what, "on account"):
			w.Kind, w.Ref = ledger.TenderAccount, last
		default:
			w.Given = sum(1)
		}
		return toldOf(n.do(&ledger.Pay{Meta: ledger.Meta{Key: d.key()}, Order: d.id(after(words, "for")), Till: till, Total: d.total(n, after(words, "for")),
			Deposit: strings.Contains(what, "deposit"), Tenders: []ledger.TenderWish{w}})), true
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
		if b.Act == ledger.TenderRefund {
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
	for _, id := range d.names {
		n := d.sites[id]
		for _, k := range []ledger.MoneyKind{ledger.MoneyDrawer, ledger.MoneySafe, ledger.MoneyCard, ledger.MoneyOrders, ledger.MoneyAccounts, ledger.MoneyRounding, ledger.MoneyPetty, ledger.MoneyDifference} {
			if q := n.core.State.Money(k); q != 0 {
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
				say("%s: day %d %+v %s", id, b.Day.Number, b.Day.Tenders, b.Refusal)
			case *ledger.ReceiptBody:
				say("%s: delivery %q, %d postings", id, b.Reference, len(e.Postings))
			}
		}
		for _, a := range n.core.State.AssetsHeld() {
			say("%s may use %d of %s", id, a.Amount, a.Asset)
		}
	}
	d.View(func(m *machine.Machine) {
		for _, a := range m.Assets("", 10) {
			say("%s: limit %d, used %d, free %d, %+v", a.ID, a.Limit, a.Used, a.Free, a.Holders)
		}
		for _, ref := range slices.Sorted(maps.Keys(map[string]bool{"PO-1": true, "PO-2": true})) {
			if o, ok := m.Delivery(ref); ok && o.Order != nil {
				say("%s: %s at %s, %+v", ref, o.Order.State, o.Site, o.Lines)
			}
		}
	})
	return out
}
