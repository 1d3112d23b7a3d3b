package contract

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// FulfilmentLine is what a site serves of one line of an order.
type FulfilmentLine struct {
	Line        int        `json:"line" jsonschema:"the order's line, from 1"`
	SKU         ledger.SKU `json:"sku"`
	Qty         ledger.Qty `json:"qty" jsonschema:"to be served from here still; of a fulfilment that is done, what was handed over"`
	Picked      ledger.Qty `json:"picked,omitempty" jsonschema:"of qty: picked, and neither packed nor ready"`
	Packed      ledger.Qty `json:"packed,omitempty" jsonschema:"of qty"`
	Ready       ledger.Qty `json:"ready,omitempty" jsonschema:"of qty: the customer may come for them"`
	PutBack     ledger.Qty `json:"put_back,omitempty" jsonschema:"in hand, and not wanted any more: to be put back into a bin"`
	OnTheWay    ledger.Qty `json:"on_the_way,omitempty" jsonschema:"with the carrier"`
	Undelivered ledger.Qty `json:"undelivered,omitempty" jsonschema:"with the carrier, coming back"`
	Delivered   ledger.Qty `json:"delivered,omitempty"`
	Collected   ledger.Qty `json:"collected,omitempty"`
	CameBack    ledger.Qty `json:"came_back,omitempty" jsonschema:"back here, blocked"`
	Kit         *OfKit     `json:"kit,omitempty" jsonschema:"the kit that the line has a component of: its components are picked one by one and go together. Known of orders that this site took"`
}

// Shipment is what a carrier took.
type Shipment struct {
	Carrier  string `json:"carrier,omitempty"`
	Service  string `json:"service,omitempty"`
	Tracking string `json:"tracking,omitempty"`
}

// SiteFulfilment is the part of an order that this site serves, as its node lists it.
type SiteFulfilment struct {
	ID        string           `json:"id" jsonschema:"order id, @, site"`
	Order     ledger.OrderID   `json:"order"`
	Owner     ledger.SiteID    `json:"owner" jsonschema:"the book that owns the order: a site, or hq"`
	Site      ledger.SiteID    `json:"site"`
	Status    FulfilmentStatus `json:"status"`
	Lines     []FulfilmentLine `json:"lines"`
	Code      string           `json:"code,omitempty" jsonschema:"that the customer brings"`
	Shipments []Shipment       `json:"shipments,omitempty"`
	Cartons   []Carton         `json:"cartons,omitempty" jsonschema:"here, or with a carrier; what is packed and in none is loose"`
}

// FulfilmentList is a page of fulfilments.
type FulfilmentList struct {
	Fulfilments []SiteFulfilment `json:"fulfilments"`
	NextCursor  string           `json:"next_cursor,omitempty"`
}

// PickedLine is what came of picking one line.
type PickedLine struct {
	Line  int        `json:"line" jsonschema:"the order's line, from 1"`
	Qty   ledger.Qty `json:"qty,omitempty" jsonschema:"found"`
	Short ledger.Qty `json:"short,omitempty" jsonschema:"not found"`

	Reason string `json:"reason,omitempty" jsonschema:"why it is short, such as not-found, damaged or wrong-place; at most 40 bytes. Needed, and one of the list, where the company has reasons for a short_pick (GET /v1/policy/reasons)"`

	Barcode string   `json:"barcode,omitempty" jsonschema:"as it was scanned at the bin: it must be the line's article. The lot or serial number that it has is taken"`
	Lots    []LotQty `json:"lots,omitempty" jsonschema:"which lots were taken, or which serial numbers; what is not named is taken first expired first"`
}

// PickRequest says what came of picking a fulfilment. Lines that it leaves out are still to be picked.
type PickRequest struct {
	Lines     []PickedLine `json:"lines" jsonschema:"1 to 5000"`
	LeastDays *int         `json:"least_days,omitempty" jsonschema:"days that goods kept by lot have to be good for: lots that are over sooner are passed over. Left out: what the account of the order's customer says, where the order is this site's; 0: any number"`

	lots []ledger.LineLot // as Verify has understood them
}

// RejectedLine is what a site will not serve of one line.
type RejectedLine struct {
	Line int        `json:"line" jsonschema:"the order's line, from 1"`
	Qty  ledger.Qty `json:"qty"`
}

// RejectRequest says what a site will not serve of a fulfilment, and why.
type RejectRequest struct {
	Reason string         `json:"reason" jsonschema:"at most 128 bytes. no_staff, too_busy, no_time, closed, no_carrier, no_packaging and equipment_down say nothing of the stock: no count is asked for, and the site is avoided for a day only"`
	Lines  []RejectedLine `json:"lines,omitempty" jsonschema:"left out: all of it"`
}

// FulfilledLine is a line of what was done, as it was written down.
type FulfilledLine struct {
	Line  int        `json:"line" jsonschema:"the order's line, from 1"`
	SKU   ledger.SKU `json:"sku"`
	Qty   ledger.Qty `json:"qty" jsonschema:"found; of a rejection: not to be served; else what it was done with"`
	Short ledger.Qty `json:"short" jsonschema:"not found"`
	Again ledger.Qty `json:"again" jsonschema:"of what was not found: taken from the rest of this site's stock, to be picked anew"`

	Reason string `json:"reason,omitempty" jsonschema:"why it was short"`
}

// FulfilmentAnswer is what became of a fulfilment.
type FulfilmentAnswer struct {
	ID     string           `json:"id"`
	Order  ledger.OrderID   `json:"order"`
	Owner  ledger.SiteID    `json:"owner" jsonschema:"the book that has the order served from elsewhere: a site, or hq"`
	Site   ledger.SiteID    `json:"site"`
	Status FulfilmentStatus `json:"status,omitempty" jsonschema:"how the fulfilment stood after it; absent of a pick and a rejection"`
	Lines  []FulfilledLine  `json:"lines"`
	Lots   []LotQty         `json:"lots,omitempty" jsonschema:"of goods that are kept by lot or serial number: which were taken, those among them that nobody named"`
	Code   string           `json:"code,omitempty" jsonschema:"ready: what the customer has to bring"`
	Return ledger.ReturnID  `json:"return,omitempty" jsonschema:"come-back: the return that these units are. POST /v1/returns/{id}/inspect says what is done with them"`
	Seq    uint64           `json:"seq"`

	Cartons []Carton `json:"cartons,omitempty" jsonschema:"those that it has changed, as they were after it"`
}

// FulfilmentID names the part of an order that a site serves.
func FulfilmentID(order ledger.OrderID, site ledger.SiteID) string {
	return string(order) + "@" + string(site)
}

// ParseFulfilmentID reads what FulfilmentID wrote.
func ParseFulfilmentID(id string) (order ledger.OrderID, site ledger.SiteID, ok bool) {
	first, second, found := strings.Cut(id, "@")
	order, err := ledger.ParseOrderID(first)
	return order, ledger.SiteID(second), found && err == nil
}

// Ledger checks the pick and gives it to the ledger, without a key.
func (r *PickRequest) Ledger(order ledger.OrderID) (*ledger.PickLeg, error) {
	if n := len(r.Lines); n == 0 || n > ledger.LinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a pick has 1 to %d", n, ledger.LinesMax)}
	}
	out := &ledger.PickLeg{Order: order, Lines: make([]ledger.LegLine, len(r.Lines))}
	for i, l := range r.Lines {
		out.Lines[i] = ledger.LegLine{Line: l.Line, Qty: l.Qty, Short: l.Short, Why: l.Reason}
		if err := CheckText("reason", l.Reason, ledger.ShortWhyMax); err != nil {
			return nil, atLine(err, i)
		}
	}
	out.Lots = r.lots
	return out, nil
}

// Ledger checks the rejection and gives it to the ledger, without a key.
func (r *RejectRequest) Ledger(order ledger.OrderID) (*ledger.RejectLeg, error) {
	if err := CheckText("reason", r.Reason, textMax); err != nil {
		return nil, err
	}
	if r.Reason == "" {
		return nil, &ledger.FormError{Field: "reason", Why: "is empty: say why it cannot be served"}
	}
	if r.Lines != nil && len(r.Lines) == 0 {
		return nil, &ledger.FormError{Field: "lines", Why: "is empty; leave it out to reject all that is left"}
	}
	out := &ledger.RejectLeg{Order: order, Reason: r.Reason}
	for _, l := range r.Lines {
		out.Lines = append(out.Lines, ledger.LegLine{Line: l.Line, Qty: l.Qty})
	}
	return out, nil
}

// RenderLeg gives the answer that an entry at site about an order is.
func RenderLeg(b *ledger.LegBody, order ledger.OrderID, site ledger.SiteID, seq ledger.Seq) FulfilmentAnswer {
	out := FulfilmentAnswer{ID: FulfilmentID(order, site), Order: order, Owner: b.Owner, Site: site, Lines: make([]FulfilledLine, len(b.Lines)), Seq: uint64(seq)}
	for i, l := range b.Lines {
		out.Lines[i] = FulfilledLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty, Short: l.Short, Again: l.Again, Reason: l.Why}
	}
	return out
}

// fulfilmentStatuses are all that a fulfilment may be in.
func fulfilmentStatuses() []string {
	return []string{string(FulfilmentReserved), string(FulfilmentPicking), string(FulfilmentPicked), string(FulfilmentPacked), string(FulfilmentReady),
		string(FulfilmentDispatched), string(FulfilmentUndelivered), string(FulfilmentCanceled), string(FulfilmentDelivered), string(FulfilmentCollected),
		string(FulfilmentCameBack)}
}

// ReadFulfilmentStatus reads the filter of a list; none is what there is something to do with.
func ReadFulfilmentStatus(s string) (FulfilmentStatus, error) {
	return FulfilmentStatus(s), oneOf("status", s, fulfilmentStatuses())
}
