package contract

import (
	"github.com/holdfast-stock/holdfast/ledger"
)

// Slip is units of an order's line that will be there later than promised.
type Slip struct {
	Order     ledger.OrderID `json:"order"`
	Line      int            `json:"line"`
	SKU       ledger.SKU     `json:"sku"`
	Qty       ledger.Qty     `json:"qty"`
	Reference string         `json:"reference" jsonschema:"of the delivery that they were promised of"`
	OldBy     string         `json:"old_by"`
	NewBy     string         `json:"new_by,omitempty" jsonschema:"absent: no date"`
	NeedBy    string         `json:"need_by,omitempty"`
	Missed    bool           `json:"missed" jsonschema:"the order needs them before new_by"`
}

// Slips are the promises that slip.
type Slips struct {
	List   []Slip `json:"slips" jsonschema:"in the order in which the orders are served, SKU by SKU"`
	Missed int    `json:"slips_missed" jsonschema:"of all slips, those that miss their need_by"`
	More   int    `json:"slips_more,omitempty" jsonschema:"slips that are not named"`
}

// PurchaseChanged is a purchase order that was changed, with the promises that slip by it: at a node those of the site's own orders.
type PurchaseChanged struct {
	Purchase
	Slips
}

// slipsNamed bounds the slips that one answer names.
const slipsNamed = 1_000

// RenderSlips tells of orders that this site has promised what is due in by a day, and that are to have it later.
func RenderSlips(reference string, list []ledger.Slip) Slips {
	out := Slips{List: []Slip{}, Missed: len(list), More: max(len(list)-slipsNamed, 0)}
	for _, s := range list[:len(list)-out.More] {
		out.List = append(out.List, Slip{Order: s.Order, Line: s.Line, SKU: s.SKU, Qty: s.Qty, Reference: reference, OldBy: s.NeedBy[:min(len(s.NeedBy), 10)], NewBy: s.By, NeedBy: s.NeedBy, Missed: true})
	}
	return out
}
