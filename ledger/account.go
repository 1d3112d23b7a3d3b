package ledger

import "fmt"

// AccountKind numbers the kinds of account. They are on disk: only ever appended to.
type AccountKind uint8

// The where book says where units are; the whose book says who may promise them.
const (
	Supplier AccountKind = 1 // where: goods come from here; Ref is the reference
	Sellable AccountKind = 2 // where: in bin Ref, fit to be sold
	Blocked  AccountKind = 3 // where: in bin Ref, not to be sold
	Picked   AccountKind = 4 // where: out of the bin for an order, not yet gone
	Transit  AccountKind = 5 // where: on the way to or from site Ref
	Customer AccountKind = 6 // where: handed over
	Loss     AccountKind = 7 // where: gone, for reason Ref

	Stock     AccountKind = 20 // whose: the counter-account, minus (sellable + picked)
	Available AccountKind = 21 // whose: this site may promise it, asking nobody
	Reserved  AccountKind = 22 // whose: promised to line Line of order Ref
	Allotted  AccountKind = 23 // whose: holder Ref may promise it
	Shortfall AccountKind = 24 // whose: claimed but shown not to be there, as minus units
)

// Account is one account of one SKU at one site.
type Account struct {
	Kind AccountKind
	Ref  string // bin, order, holder, site, reason or reference, as Kind says
	Line int    // line number of the order, from 1; 0 where Kind has none
}

// Where says which of the two books the account stands in.
func (k AccountKind) Where() bool { return k < Stock }

// String is the account's name in the API, for example "whose/allotted/hq".
func (a Account) String() string {
	switch a.Kind {
	case Supplier:
		return "where/supplier/" + a.Ref
	case Sellable:
		return "where/bin/" + a.Ref + "/sellable"
	case Blocked:
		return "where/bin/" + a.Ref + "/blocked"
	case Picked:
		return "where/picked"
	case Transit:
		return "where/transit/" + a.Ref
	case Customer:
		return "where/customer"
	case Loss:
		return "where/loss/" + a.Ref
	case Stock:
		return "whose/stock"
	case Available:
		return "whose/available"
	case Reserved:
		return fmt.Sprintf("whose/reserved/%s/%d", a.Ref, a.Line)
	case Allotted:
		return "whose/allotted/" + a.Ref
	case Shortfall:
		return "whose/shortfall"
	default:
		return fmt.Sprintf("unknown/%d/%s/%d", a.Kind, a.Ref, a.Line)
	}
}

// A Posting moves Qty units of a SKU into (or, below zero, out of) one account.
type Posting struct {
	SKU     SKU
	Account Account
	Qty     Qty
}
