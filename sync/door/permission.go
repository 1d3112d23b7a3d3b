package door

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Permission is what a call needs. The zero one means that the call was not thought of: an administrator only.
type Permission uint8

// The permissions. They are not stored by number: a token's scope names them.
const (
	Unthought Permission = iota
	Anybody              // asks for no identity
	Linked               // a site's node or a server of head office, not a user: the handler knows which
	SignedIn             // whoever has an identity
	Look
	LookCustomers
	Sell
	HandOver
	Till
	Cash
	Refund
	Risk
	TakeBack
	Pick
	Receive
	Count
	Adjust
	Transfer
	Buy
	Decide
	Customers
	Credit
	Limits
	Erase
	Items
	Policy
	Journal
	Measure
	Operate
	Users
	permissions // how many there are
)

const (
	cashier    = ledger.Cashier
	supervisor = ledger.Supervisor
	picker     = ledger.Picker
	stock      = ledger.StockControl
	office     = ledger.OfficeClerk
	auditor    = ledger.AuditorRole
)

// A grant says who has a permission. An administrator has each.
type grant struct {
	name  string
	about string
	lends bool // somebody who has it may approve one act of somebody who has not
	roles ledger.Roles
}

func to(roles ...ledger.Role) ledger.Roles {
	return ledger.RolesOf(append(roles, ledger.Administrator)...)
}

// grants is the table from permissions to roles. It is printed into DESIGN.md, and never changed by the program.
var grants = [permissions]grant{
	Unthought:     {"", "what no table has", false, to()},
	Anybody:       {"anybody", "health, the form to sign in", false, ledger.AllRoles},
	Linked:        {"linked", "the conversation between sites and head office, and between its servers", false, 0},
	SignedIn:      {"signed_in", "what everybody may who is somebody", false, ledger.AllRoles},
	Look:          {"look", "see items, stock, orders and what is to be done", false, to(cashier, supervisor, picker, stock, office, auditor)},
	LookCustomers: {"look_customers", "see customers, which is personal data", false, to(cashier, supervisor, office, auditor)},
	Sell:          {"sell", "take orders and what they are paid with, change and cancel them", false, to(cashier, supervisor, office)},
	HandOver:      {"hand_over", "give goods to a customer or a carrier", false, to(cashier, supervisor, picker, stock)},
	Till:          {"till", "open and close a drawer", false, to(cashier, supervisor)},
	Cash:          {"cash", "pay into and out of a drawer, end the day", true, to(supervisor)},
	Refund:        {"refund", "give money back", true, to(supervisor)},
	Risk:          {"risk", "pay money back at the company's risk, before the book that took it has answered", true, to(supervisor)},
	TakeBack:      {"take_back", "take goods back", false, to(cashier, supervisor, stock, office)},
	Pick:          {"pick", "pick and pack", false, to(supervisor, picker, stock)},
	Receive:       {"receive", "take goods in, put them away, send transfers off", false, to(supervisor, picker, stock)},
	Count:         {"count", "count bins", false, to(supervisor, picker, stock)},
	Adjust:        {"adjust", "adjust stock, look at blocked goods and returns, hold lots", true, to(supervisor, stock)},
	Transfer:      {"transfer", "ask for transfers and call them off", false, to(supervisor, stock, office)},
	Buy:           {"buy", "purchase orders and deliveries", true, to(stock, office)},
	Decide:        {"decide", "decide about orders that wait, see to exceptions", true, to(supervisor, office)},
	Customers:     {"customers", "set customers", false, to(cashier, supervisor, office)},
	Credit:        {"credit", "charge accounts, cards and promotions, and take what is paid on them", false, to(cashier, supervisor, office)},
	Limits:        {"limits", "set credit limits, and what sites may use of them", true, to(office)},
	Erase:         {"erase", "forget a person", true, to(office)},
	Items:         {"items", "set items and prices", true, to(office)},
	Policy:        {"policy", "set what holds for the company: settings, checks, webhooks", true, to(office)},
	Journal:       {"journal", "read entries, days and who changed what", false, to(supervisor, stock, office, auditor)},
	Measure:       {"measure", "read figures for monitoring", false, to(auditor)},
	Operate:       {"operate", "sites, servers, backups", false, to()},
	Users:         {"users", "say who may call", false, to()},
}

func (p Permission) String() string { return grants[p].name }

// Lends says whether somebody who has the permission may approve one act of somebody who has not.
func (p Permission) Lends() bool { return grants[p].lends }

// Roles are those that have the permission.
func (p Permission) Roles() ledger.Roles { return grants[p].roles }

// Who says in words who has the permission: "a supervisor or an administrator".
func (p Permission) Who() string {
	var out []string
	for _, name := range grants[p].roles.Names() {
		article := "a "
		if strings.ContainsRune("aeiou", rune(name[0])) {
			article = "an "
		}
		out = append(out, article+strings.ReplaceAll(name, "_", " "))
	}
	switch n := len(out); n {
	case 0:
		return "nobody who signs in"
	case 1:
		return out[0]
	default:
		return strings.Join(out[:n-1], ", ") + " or " + out[n-1]
	}
}

// ParseScope takes the names of permissions from outside.
func ParseScope(names []string) ([]string, error) {
	var known []string
	for p := Look; p < permissions; p++ {
		known = append(known, p.String())
	}
	out := slices.Clone(names)
	slices.Sort(out)
	out = slices.Compact(out)
	for _, n := range out {
		if !slices.Contains(known, n) {
			return nil, &ledger.FormError{Field: "scope", Why: fmt.Sprintf("has %q; there are %s", n, strings.Join(known, ", "))}
		}
	}
	return out, nil
}

// Table prints the permissions, one a row, for a DESIGN.md.
func Table() string {
	var b strings.Builder
	b.WriteString("| permission | may | roles | by approval |\n|---|---|---|---|\n")
	for p := Look; p < permissions; p++ {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p, grants[p].about, strings.Join((p.Roles()&^ledger.RolesOf(ledger.Administrator)).Names(), ", "), lent(p))
	}
	return b.String()
}

// lent is the word of a table for a permission that somebody's approval gives.
func lent(p Permission) string {
	if p.Lends() {
		return "yes"
	}
	return ""
}

// A Call is a method and a path with {names}, with what it needs.
type Call struct {
	Method, Path string
	Needs        Permission
}

// Calls prints calls by what they need, one permission a row, for a DESIGN.md.
func Calls(list []Call) string {
	by := [permissions][]string{}
	for _, c := range list {
		by[c.Needs] = append(by[c.Needs], "`"+c.Method+" "+c.Path+"`")
	}
	var b strings.Builder
	b.WriteString("| permission | by approval | calls |\n|---|---|---|\n")
	for p, calls := range by {
		if len(calls) > 0 {
			slices.Sort(calls)
			fmt.Fprintf(&b, "| %s | %s | %s |\n", Permission(p), lent(Permission(p)), strings.Join(calls, ", "))
		}
	}
	return b.String()
}
