package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// An unfit is something that no book takes, and what is said of it.
type unfit struct {
	is   error
	says string
}

func saysSo(t *testing.T, all []unfit) {
	t.Helper()
	for i, u := range all {
		if got := fmt.Sprint(u.is); got != u.says {
			t.Errorf("row %d: got %q, want %q", i, got, u.says)
		}
	}
}

// changed gives v as change leaves it.
func changed[V any](v V, change func(*V)) *V { change(&v); return &v }

func letters(n int) string { return strings.Repeat("x", n) }

func rows[V any](n int, row func(i int) V) (all []V) {
	for i := range n {
		all = append(all, row(i))
	}
	return all
}

// What is kept of items, customers, users and the company is held against its form before any book stores it.
func TestWhatNoBookStoresIsRefusedInWords(t *testing.T) {
	item := func(change func(*ledger.Item)) error {
		return changed(ledger.Item{SKU: "TAP-22", Name: "Tap", Detail: &ledger.Detail{}}, change).Check()
	}
	who := func(change func(*ledger.CustomerAccount)) error {
		return changed(ledger.CustomerAccount{ID: "ACME", Person: ledger.Person{Name: "Acme"}}, change).Check()
	}
	user := func(change func(*ledger.User)) error {
		return changed(ledger.User{ID: "anna", Kind: ledger.UserPerson}, change).Check()
	}
	firm := func(change func(*ledger.Company)) error { return changed(ledger.Company{}, change).Check() }
	check := ledger.Check{Name: "bulk", Kind: ledger.CheckQuantity, Limit: 1, Refuses: true}
	reason := ledger.Reason{Code: "dropped", Way: 1}
	recall := ledger.Recall{SKU: "MELON", Lot: "L1", Reason: "salmonella"}
	people := func(users ...ledger.User) error { return (&ledger.People{Users: users}).Check() }
	anna := ledger.User{ID: "anna", Kind: ledger.UserPerson}
	_, noZone := ledger.LoadZone("Leeds")

	_, noKind := ledger.ParseCheckKind("colour")
	_, noID := ledger.ParseOrderID("no")
	saysSo(t, []unfit{
		{item(func(v *ledger.Item) { v.Price.Currency = "POUND" }), "price has a currency or a tax that is none"},
		{item(func(v *ledger.Item) { v.Tracking = "by colour" }), `tracking is "by colour"; it is none, lot or serial`},
		{item(func(v *ledger.Item) { v.Category = letters(100) }), "category is longer than 64 bytes"},
		{item(func(v *ledger.Item) { v.Name = letters(1001) }), "name is longer than 1000 bytes"},
		{item(func(v *ledger.Item) { v.Barcodes = []string{letters(101)} }), "barcodes has one of 101 bytes; 1 to 100"},
		{item(func(v *ledger.Item) { v.Barcodes = rows(101, func(int) string { return "1" }) }), "barcodes has 101; at most 100"},
		{item(func(v *ledger.Item) { v.Detail.Attributes = []ledger.Attribute{{}} }), "attributes has a name or a value that is not 1 to 64 bytes long"},
		{item(func(v *ledger.Item) { v.Detail.Attributes = []ledger.Attribute{{Name: "a"}, {Name: "a"}} }), "attributes has a twice, or not in the order of the names"},
		{item(func(v *ledger.Item) {
			v.Detail.Attributes = rows(200, func(int) ledger.Attribute { return ledger.Attribute{Name: "a"} })
		}), "attributes has 200; at most 32"},
		{item(func(v *ledger.Item) {
			v.Detail.Homes = []ledger.Home{{Site: "leeds", Bin: "A"}, {Site: "leeds", Bin: "B"}}
		}), "home_bins names leeds twice: a site has one"},
		{item(func(v *ledger.Item) { v.Detail.Homes = rows(501, func(int) ledger.Home { return ledger.Home{} }) }), "home_bins has 501 sites; at most 500"},
		{item(func(v *ledger.Item) { v.Detail.Prices = []pricing.Row{{Amount: -1, Currency: "GBP"}} }), "prices[0].price has an amount or a per that is below 0 or too large"},
		{item(func(v *ledger.Item) { v.Detail.Prices = []pricing.Row{{Currency: "POUND"}} }), "prices[0].price has a currency or a tax that is none"},
		{who(func(c *ledger.CustomerAccount) {
			c.Person.Addresses = []ledger.CustomerAddress{{Label: "home", City: letters(300)}}
		}), "addresses home has a text of more than 200 bytes"},
		{who(func(c *ledger.CustomerAccount) { c.Erased, c.Person.Name = true, "Acme" }), "erased is said of a customer with personal data"},
		{who(func(c *ledger.CustomerAccount) { c.Group = letters(300) }), "group is longer than 200 bytes"},
		{user(func(u *ledger.User) { u.Scope = rows(200, func(int) string { return "look" }) }), "scope has more than 64 permissions"},
		{user(func(u *ledger.User) { u.Sites = rows(2000, func(int) ledger.SiteID { return "leeds" }) }), "sites are more than 1000: leave them out for everywhere"},
		{user(func(u *ledger.User) { u.Sites = []ledger.SiteID{"york", "leeds"} }), "sites are not in order, each once"},
		{user(func(u *ledger.User) { u.Password = letters(300) }), "password is kept as more than 256 bytes"},
		{people(rows(20_000, func(int) ledger.User { return anna })...), "users are more than 2000"},
		{people(anna, anna), "users are not in order, each once"},
		{firm(func(c *ledger.Company) { c.Zone = letters(200) }), "time_zone is longer than 64 bytes"},
		{firm(func(c *ledger.Company) { c.Checks = []ledger.Check{check, check} }), "checks are not in order of their names, each once"},
		{firm(func(c *ledger.Company) { c.Checks = rows(201, func(int) ledger.Check { return check }) }), "checks are more than 100"},
		{firm(func(c *ledger.Company) {
			c.Checks = []ledger.Check{*changed(check, func(c *ledger.Check) { c.Limit = -1 })}
		}), "limit is not 0 to 9007199254740991"},
		{firm(func(c *ledger.Company) { c.Reasons = []ledger.Reason{reason, reason} }), "reasons are not in order of their codes, each once"},
		{firm(func(c *ledger.Company) { c.Reasons = rows(101, func(int) ledger.Reason { return reason }) }), "reasons are more than 100: end some that nobody gives"},
		{firm(func(c *ledger.Company) { c.Recalls = []ledger.Recall{recall, recall} }), "recalls are not by article and lot, each once"},
		{firm(func(c *ledger.Company) { c.Recalls = rows(201, func(int) ledger.Recall { return recall }) }), "recalls are more than 200: release some that are over first"},
		{changed(recall, func(r *ledger.Recall) { r.By = letters(300) }).Check(), "by is longer than 255 bytes"},
		{changed(recall, func(r *ledger.Recall) { r.Reason = "" }).Check(), "reason is empty, or longer than 255 bytes: say why"},
		{(&ledger.SiteList{Sites: rows(10_001, func(int) ledger.ListedSite { return ledger.ListedSite{ID: "leeds"} })}).Check(), "sites are more than a list can hold"},
		{(&ledger.SiteList{Sites: []ledger.ListedSite{{ID: "york"}, {ID: "leeds"}}}).Check(), "sites are not in order of their names, each once"},
		{noZone, "time_zone is none that is known; give one such as Europe/London"},
		{noKind, "kind is \"colour\", which is none; it is one of address, customer_unknown, customer_blocked, credit, below_cost, quantity, value, unpriced"},
		{noID, "id is not a UUIDv7 in lower case"},
	})
}

// An order, a purchase order and a transfer are held against their form before any state is looked at.
func TestAPaperThatNoBookTakesIsRefusedInWords(t *testing.T) {
	order := func(change func(*ledger.Order)) error {
		return changed(ledger.Order{ID: oid("o-1"), Fulfil: ledger.Collect, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}}}, change).Check()
	}
	charge := func(p ledger.Price, change func(*ledger.Charge)) error {
		c := ledger.Charge{From: ledger.PriceSaid}
		if err := c.Fix(p, 1); err != nil {
			return err
		}
		change(&c)
		return (&ledger.Order{ID: oid("o-1"), Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1, Price: p, Charge: &c}}}).Check()
	}
	pounds := ledger.Price{Money: ledger.Money{Amount: 100, Currency: "GBP"}}
	buys := func(change func(*ledger.Purchase)) error {
		return changed(ledger.Purchase{Reference: "PO-1", Supplier: "MOEN", Site: "leeds", Due: "2026-12-10", Lines: []ledger.PurchaseLine{{SKU: "TAP-22", Qty: 1}}}, change).Check()
	}
	moves := func(change func(*ledger.Transfer)) error {
		return changed(ledger.Transfer{ID: "T-1", From: "leeds", To: "york", Lines: []ledger.TransferLine{{SKU: "TAP-22", Qty: 1}}}, change).Check()
	}
	milk := func(lots ...ledger.TransferLot) func(*ledger.Transfer) {
		return func(v *ledger.Transfer) { v.Lines[0].Lots = lots }
	}
	promised := func(n int) (o ledger.Order) {
		for i := range n {
			o.Lines = append(o.Lines, ledger.Line{Charge: &ledger.Charge{OffWhy: fmt.Sprintf("promo:P%d", i)}})
		}
		return o
	}
	many := promised(17)
	_, tooMany := many.Promotions()
	saysSo(t, []unfit{
		{order(func(o *ledger.Order) { o.Lines = nil }), "lines is empty; an order needs at least one line"},
		{order(func(o *ledger.Order) {
			o.Lines = rows(5001, func(int) ledger.Line { return ledger.Line{SKU: "TAP-22", Qty: 1} })
		}), "lines has 5001 lines; at most 5000 fit in one order"},
		{order(func(o *ledger.Order) { o.Fulfil = "post" }), `fulfil is "post"; it is take, collect or deliver`},
		{order(func(o *ledger.Order) { o.Shortage = "shrug" }), `shortage is "shrug"; it is refuse, partial, backorder or to_be_confirmed`},
		{order(func(o *ledger.Order) { o.Fulfil, o.CollectAt = ledger.Deliver, "york" }), "collect_at goes with fulfil collect only"},
		{order(func(o *ledger.Order) { o.CollectAt = ledger.SiteID(letters(200)) }), "collect_at is longer than 32 bytes"},
		{order(func(o *ledger.Order) { o.Priority = 10 }), "priority is not 0 to 9"},
		{order(func(o *ledger.Order) { o.Class = letters(300) }), "class is longer than 255 bytes"},
		{order(func(o *ledger.Order) { o.Lines[0].Price.Currency = "POUND" }), "line 1: unit_price has a currency or a tax that is none"},
		{charge(pounds, func(c *ledger.Charge) { c.Sum.Net++ }), "line 1: unit_price comes to another amount than the line says"},
		{charge(ledger.Price{Money: ledger.Money{Amount: 100, Currency: ""}}, func(*ledger.Charge) {}), "line 1: unit_price has no currency, such as GBP"},
		{charge(pounds, func(c *ledger.Charge) { c.Why = letters(200) }), "line 1: discount has a text that is longer than 128 bytes"},
		{tooMany, "line 17: discount is for one more promotion than one order can use"},
		{buys(func(p *ledger.Purchase) { p.Reference = "" }), "reference is empty, or longer than 255 bytes"},
		{buys(func(p *ledger.Purchase) { p.Note = letters(300) }), "note is longer than 255 bytes"},
		{buys(func(p *ledger.Purchase) { p.Lines = nil }), "lines has 0 lines; a purchase order has 1 to 1000"},
		{buys(func(p *ledger.Purchase) { p.Lines = append(p.Lines, p.Lines[0]) }), "lines are not one for each SKU, by SKU"},
		{buys(func(p *ledger.Purchase) { p.Lines[0].Pack = ledger.Packed{Name: "CASE", Units: 12, Count: 1} }), "line 1: pack 1 of 12 is not the line's 1 units"},
		{buys(func(p *ledger.Purchase) {
			p.Lines[0].Cost = ledger.Price{Money: ledger.Money{Amount: 1, Currency: "GBP"}}
		}), "line 1: cost is not whole minor units, 0 or more, of a currency such as GBP for 1 or more units, without tax"},
		{moves(func(v *ledger.Transfer) { v.To = "leeds" }), "to is the site that the goods come from"},
		{moves(func(v *ledger.Transfer) { v.Note = letters(300) }), "note is longer than 255 bytes"},
		{moves(func(v *ledger.Transfer) { v.Lines = nil }), "lines has 0 lines; a transfer has 1 to 1000"},
		{moves(func(v *ledger.Transfer) { v.Lines[0].Damaged = 1 }), "line 1: qty is not 0 to 9007199254740991, or more are damaged than came"},
		{moves(milk(ledger.TransferLot{Lot: "L1", Sent: 1}, ledger.TransferLot{Lot: "L1", Sent: 1})), "line 1: lots of TAP-22 come to more than its line"},
		{moves(milk(ledger.TransferLot{Lot: "L1", Sent: -1})), "line 1: lots have a quantity of L1 that is not 0 to 9007199254740991, or more is damaged than came"},
		{moves(milk(ledger.TransferLot{Lot: "L1", Sent: 5})), "line 1: lots of TAP-22 come to more than its line"},
		{moves(func(v *ledger.Transfer) {
			v.Cartons = rows(501, func(i int) ledger.WayCarton { return ledger.WayCarton{} })
		}), "cartons are 501; a transfer has at most 500"},
		{moves(func(v *ledger.Transfer) {
			v.Cartons = []ledger.WayCarton{{SSCC: gs1.SSCC("340123450000000000"), Goods: rows(5001, func(int) ledger.WayGoods { return ledger.WayGoods{} })}}
		}), "cartons hold more than 5000 rows of goods: divide them over several transfers"},
		{(&ledger.MoneyClaim{Order: oid("o-1"), Amount: 1}).Check(), "claim is no claim's id"},
		{(&ledger.MoneyClaim{ID: "c-1", Amount: 1}).Check(), "order is no order's id: take it from the receipt, or look the order up"},
	})
}
