package contract

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// DropShipOfLine is what a line's supplier sends of it straight to the customer. No unit of it is stock of the company's.
type DropShipOfLine struct {
	Supplier  string     `json:"supplier"`
	Reference string     `json:"reference" jsonschema:"what it is asked for under, on the supplier's paper and on ours"`
	Due       string     `json:"due,omitempty" jsonschema:"the day, UTC, on which what is open is to be sent: by the lead time, then by the supplier's word; absent where nobody knows"`
	Open      ledger.Qty `json:"open" jsonschema:"asked of the supplier, which has neither sent nor refused it"`
	Confirmed ledger.Qty `json:"confirmed" jsonschema:"of open, what the supplier has said it will send"`
	Sent      ledger.Qty `json:"sent"`
	Over      ledger.Qty `json:"over,omitempty" jsonschema:"of sent, what the order did not count on any more: have it back, or charge for it"`
	Refused   ledger.Qty `json:"refused,omitempty" jsonschema:"declined: the customer owes nothing for it"`
	Reason    string     `json:"reason,omitempty" jsonschema:"why it was refused"`
	Back      ledger.Qty `json:"back,omitempty" jsonschema:"of sent, what came back to the supplier"`
}

func renderDropShip(o *ledger.Order, l *ledger.Line) *DropShipOfLine {
	d := l.Drop
	if d == nil {
		return nil
	}
	return &DropShipOfLine{Supplier: d.Supplier, Reference: o.DropReference(d.Supplier), Due: d.Due, Open: d.Open, Confirmed: d.Confirmed, Sent: d.Sent,
		Over: l.Over, Refused: l.Declined, Reason: d.Reason, Back: d.Back}
}

func (d *DropShipOfLine) appendJSON(b []byte) []byte {
	given := func(name string, q ledger.Qty) {
		if q != 0 {
			b = strconv.AppendInt(append(b, name...), int64(q), 10)
		}
	}
	b = appendText(append(b, `{"supplier":`...), d.Supplier)
	b = appendText(append(b, `,"reference":`...), d.Reference)
	b = appendGiven(b, `,"due":`, d.Due)
	b = strconv.AppendInt(append(b, `,"open":`...), int64(d.Open), 10)
	b = strconv.AppendInt(append(b, `,"confirmed":`...), int64(d.Confirmed), 10)
	b = strconv.AppendInt(append(b, `,"sent":`...), int64(d.Sent), 10)
	given(`,"over":`, d.Over)
	given(`,"refused":`, d.Refused)
	b = appendGiven(b, `,"reason":`, d.Reason)
	given(`,"back":`, d.Back)
	return append(b, '}')
}

// A DropShipment is what one supplier is asked to send for one order, straight to its customer: the purchase order to that supplier.
type DropShipment struct {
	Reference string             `json:"reference" jsonschema:"it stands on the supplier's paper: the order's number, and which of its suppliers it is"`
	Supplier  string             `json:"supplier"`
	Order     ledger.OrderID     `json:"order"`
	Number    string             `json:"number" jsonschema:"of the order"`
	Status    ledger.Status      `json:"status" jsonschema:"of the order"`
	Customer  string             `json:"customer"`
	DeliverTo string             `json:"deliver_to" jsonschema:"which address of the customer's, by its id: GET /v1/customers/{customer} has it"`
	Due       string             `json:"due,omitempty" jsonschema:"the first day, UTC, on which some of it is to be sent"`
	Lines     []DropShipmentLine `json:"lines"`
}

// DropShipmentLine is a line of it.
type DropShipmentLine struct {
	Line int        `json:"line" jsonschema:"of the order, from 1"`
	SKU  ledger.SKU `json:"sku"`
	Qty  ledger.Qty `json:"qty"`
	Cost *Price     `json:"cost,omitempty" jsonschema:"that the supplier is paid, without tax, as the item said when the order was taken"`
	DropShipOfLine
}

// DropShipmentList is a page of them.
type DropShipmentList struct {
	DropShipments []DropShipment `json:"drop_shipments"`
	NextCursor    string         `json:"next_cursor,omitempty"`
}

// RenderDropShipments gives what suppliers are asked to send for an order, one for each of them.
func RenderDropShipments(o *ledger.Order) (out []DropShipment) {
	for _, supplier := range o.DropShips() {
		d := DropShipment{Reference: o.DropReference(supplier), Supplier: supplier, Order: o.ID, Number: o.Number(), Status: o.Status, Customer: o.Customer, DeliverTo: o.DeliverTo}
		for i := range o.Lines {
			l := &o.Lines[i]
			if l.Drop == nil || l.Drop.Supplier != supplier {
				continue
			}
			if l.Drop.Open > 0 && l.Drop.Due != "" && (d.Due == "" || l.Drop.Due < d.Due) {
				d.Due = l.Drop.Due
			}
			d.Lines = append(d.Lines, DropShipmentLine{Line: i + 1, SKU: l.SKU, Qty: l.Qty, Cost: RenderPrice(l.Drop.Cost), DropShipOfLine: *renderDropShip(o, l)})
		}
		out = append(out, d)
	}
	return out
}

// DropShipRequest is what a supplier says of what it was asked to send.
type DropShipRequest struct {
	Supplier string         `json:"supplier,omitempty" jsonschema:"needed where several suppliers send lines of the order"`
	Lines    []DropShipUnit `json:"lines,omitempty" jsonschema:"left out: all that it can be of"`
	By       string         `json:"by,omitempty" jsonschema:"who takes it down; left out, and of somebody who has signed in: who sends it"`
	Note     string         `json:"delivery_note,omitempty" jsonschema:"the number of the supplier's despatch note: one is booked once for an order"`
	Due      string         `json:"due,omitempty" jsonschema:"confirm: the day, UTC, on which it will be sent"`
	Reason   string         `json:"reason,omitempty" jsonschema:"refuse: why"`
	Carrier  string         `json:"carrier,omitempty" jsonschema:"dispatch"`
	Service  string         `json:"service,omitempty" jsonschema:"dispatch"`
	Tracking string         `json:"tracking,omitempty" jsonschema:"dispatch: the carrier's number"`
}

// DropShipUnit is so many units of a line.
type DropShipUnit struct {
	Line int        `json:"line" jsonschema:"of the order, from 1"`
	Qty  ledger.Qty `json:"qty"`
}

// Ledger gives the request to the book.
func (r *DropShipRequest) Ledger(order ledger.OrderID, deed ledger.DropDeed) (*ledger.TellDrop, error) {
	for _, t := range []struct{ field, text string }{{"supplier", r.Supplier}, {"by", r.By}, {"delivery_note", r.Note}, {"reason", r.Reason}, {"carrier", r.Carrier}, {"service", r.Service}, {"tracking", r.Tracking}} {
		if err := CheckText(t.field, t.text, dropTextMax); err != nil {
			return nil, err
		}
	}
	out := &ledger.TellDrop{Order: order, Supplier: r.Supplier, Deed: deed, Note: r.Note, Due: r.Due, Reason: r.Reason, By: r.By,
		Ship: ledger.Shipment{Carrier: r.Carrier, Service: r.Service, Tracking: r.Tracking}}
	for _, l := range r.Lines {
		out.Lines = append(out.Lines, ledger.CommandLine{Line: l.Line, Qty: l.Qty})
	}
	return out, nil
}

const dropTextMax = 128 // bytes

// DropShips marks the lines of an order that is to be delivered which their suppliers send: those whose items say so. What is taken in the hand, or
// collected, is stock as ever; stocked says whether there is any, so that nobody waits for goods that never come.
func DropShips(o *ledger.Order, item func(ledger.SKU) (*ledger.Item, bool), stocked func(ledger.SKU) bool) error {
	for i := range o.Lines {
		l := &o.Lines[i]
		it, known := item(l.SKU)
		if l.Drop = nil; !known || it.Detail == nil || !it.Detail.DropShip {
			continue
		}
		name := fmt.Sprintf("%s is sent by its supplier, %s", l.SKU, it.Detail.Supplier)
		switch {
		case o.Fulfil != ledger.Deliver && stocked(l.SKU): // one came back, and is sold from the shelf
			continue
		case o.Fulfil != ledger.Deliver:
			return atLine(&ledger.FormError{Field: "sku", Why: name + ", and none is here: take it as an order of its own, with fulfil deliver"}, i)
		case o.Customer == "" || o.DeliverTo == "":
			return atLine(&ledger.FormError{Field: "sku", Why: name + ", to an address of the customer's: say customer and deliver_to"}, i)
		}
		l.Drop = &ledger.DropShip{Supplier: it.Detail.Supplier, LeadDays: it.Detail.LeadDays, Cost: it.Detail.Cost}
	}
	return nil
}

// fromDrop refuses a supplier's word.
func fromDrop(e *ledger.DropError) *Problem {
	act := strings.ReplaceAll(e.Deed.String(), "-", " ")
	if len(e.Lines) == 0 {
		p := New(CodeDropShipState, fmt.Sprintf("Nothing of the order is left that %s could %s. Nothing was changed.", e.Supplier, act))
		p.Hint = "Nothing is left to be said of it so: holdfast drop-ship show says how it stands."
		return p
	}
	l := &e.Lines[0]
	p := New(CodeDropShipState, fmt.Sprintf("Line %d: %s could %s %d of %s, and %d are named. Nothing was changed.", l.Line, e.Supplier, act, l.Have, l.SKU, l.Want))
	p.Hint = "Name what there is, or leave the lines out for all of it: holdfast drop-ship show says how it stands."
	return p
}
