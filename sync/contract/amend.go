package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// AmendLine is what one line of an order is to become: line says which, without it one is added.
type AmendLine struct {
	Line      int         `json:"line,omitempty" jsonschema:"the line to change, from 1; left out, a line is added"`
	SKU       string      `json:"sku,omitempty" jsonschema:"of a line that is added: this or barcode"`
	Barcode   string      `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article"`
	Qty       *ledger.Qty `json:"qty" jsonschema:"what the line is to be for; 0 gives it up"`
	UnitPrice *Price      `json:"unit_price,omitempty" jsonschema:"of a line that is added; left out, what the item costs. A line that is changed keeps its price, its rates and its discount"`
	Why       string      `json:"price_reason,omitempty" jsonschema:"why the unit price is another one; goes with unit_price"`
}

// AmendRequest changes what an order is for. What is left out stays as it is.
type AmendRequest struct {
	Version uint64      `json:"version" jsonschema:"the order's, as it was seen: another one is refused with order_changed"`
	Lines   []AmendLine `json:"lines,omitempty"`
	ShipTo  *Address    `json:"ship_to,omitempty" jsonschema:"the whole new address"`
	NeedBy  *string     `json:"need_by,omitempty" jsonschema:"RFC 3339 time, kept in UTC, or a day; empty: no date any more"`
	By      string      `json:"by,omitempty" jsonschema:"who wishes it; default owner. The order's explanation keeps it"`
}

// An Amendment is an AmendRequest as it was understood.
type Amendment struct {
	Version uint64
	Lines   []AmendedLine
	ShipTo  *ledger.Address
	NeedBy  *string
	By      string
}

// AmendedLine is one line of it; Line 0 adds one.
type AmendedLine struct {
	Line  int
	SKU   ledger.SKU
	Qty   ledger.Qty
	Price ledger.Price

	Charge *ledger.Charge // of a line that is added: Amendment.Charge
}

// Ledger checks the request's form. Whether the order has such lines its book says.
func (r *AmendRequest) Ledger() (a Amendment, err error) {
	switch {
	case r.Version == 0:
		return a, &ledger.FormError{Field: "version", Why: "is missing; an order shows its version, 1 before it was amended"}
	case len(r.Lines) == 0 && r.ShipTo == nil && r.NeedBy == nil:
		return a, &ledger.FormError{Field: "lines", Why: "is empty, and so are ship_to and need_by; say what is to be changed"}
	case len(r.Lines) > ledger.LinesMax:
		return a, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; an order has 1 to %d", len(r.Lines), ledger.LinesMax)}
	}
	if err := CheckText("by", r.By, textMax); err != nil {
		return a, err
	}
	a.Version, a.By = r.Version, r.By
	for i := range r.Lines {
		l, err := r.Lines[i].ledger()
		if err != nil {
			return a, atLine(err, i)
		}
		a.Lines = append(a.Lines, l)
	}
	if r.ShipTo != nil {
		to, err := r.ShipTo.ledger()
		if err != nil {
			return a, err
		}
		a.ShipTo = &to
	}
	if r.NeedBy != nil {
		by, err := needBy(*r.NeedBy)
		if err != nil {
			return a, err
		}
		a.NeedBy = &by
	}
	return a, nil
}

func (l *AmendLine) ledger() (out AmendedLine, err error) {
	switch {
	case l.Qty == nil:
		return out, &ledger.FormError{Field: "qty", Why: "is missing; 0 gives a line up"}
	case l.Line < 0 || l.Line > ledger.LinesMax:
		return out, &ledger.FormError{Field: "line", Why: "is no line of an order; leave it out to add one"}
	case l.Line > 0 && l.UnitPrice != nil:
		return out, &ledger.FormError{Field: "unit_price", Why: "goes with a line that is added"}
	case l.Line > 0 && l.Why != "":
		return out, &ledger.FormError{Field: "price_reason", Why: "goes with the unit_price of a line that is added"}
	case *l.Qty < 0 || *l.Qty > ledger.QtyMax || l.Line == 0 && *l.Qty == 0:
		return out, &ledger.FormError{Field: "qty", Why: fmt.Sprintf("is not 0 to %d, and above 0 for a line that is added", ledger.QtyMax)}
	}
	out.Line, out.Qty = l.Line, *l.Qty
	if l.Line == 0 || l.SKU != "" {
		if out.SKU, err = ledger.ParseSKU(l.SKU); err != nil {
			return out, err
		}
	}
	out.Price, err = l.UnitPrice.Ledger("unit_price")
	return out, err
}
