package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Channel is where an order came from; Fulfil is how its goods reach the customer; Shortage is
// what the caller wants done with what cannot be promised. All three travel as the words of
// the contract.
type (
	Channel  string
	Fulfil   string
	Shortage string
)

// The words of the contract that change what the ledger does.
const (
	Take    Fulfil = "take"    // goods in hand: handed over in the same entry
	Collect Fulfil = "collect" // reserved until the customer comes
	Deliver Fulfil = "deliver" // reserved until dispatched

	Refuse    Shortage = "refuse"    // all or nothing
	Partial   Shortage = "partial"   // what there is; the rest is not wanted
	Backorder Shortage = "backorder" // what there is; the rest waits for goods

	// Confirm is what there is, and the rest without a promise, where head office could help and is not reached, or
	// where it has last seen the rest with sites that it does not reach; it is served or declined later. Else it is as Refuse.
	Confirm Shortage = "to_be_confirmed"
)

// Status is an order's or a line's state in the words of the contract.
type Status string

// The states an order of this version can be in. Sets of states may grow.
const (
	StatusSourcing    Status = "sourcing"    // head office is being asked
	StatusAllocated   Status = "allocated"   // every wanted unit is promised
	StatusBackordered Status = "backordered" // some units wait for goods
	StatusCanceled    Status = "cancelled"
	StatusCompleted   Status = "completed" // handed over
	StatusShort       Status = "short"     // a line's state: taken in part, the rest not wanted

	StatusAtSupplier Status = "at_supplier" // a line's state: its supplier is asked to send it; see Line.Drop

	StatusWaiting     Status = "waiting"         // for somebody's word; see Order.Review
	StatusDraft       Status = "draft"           // parked, or offered; see Order.Draft
	StatusUnconfirmed Status = "to_be_confirmed" // some units are promised by nobody yet; see Line.Unconfirmed
	StatusDeclined    Status = "declined"        // nothing of it could be served
)

// Bounds of one order. With them the largest entry about an order takes under 4 MB
// (FrameBytesLone), whatever its lines name.
const (
	LinesMax       = 5000
	LegsMax        = 10_000 // of all lines together
	TextMax        = 255    // bytes of a free text: external id, customer, class, postcode
	legsPerLineMax = 1000
)

// Wait says which book fills what an order is still short of.
type Wait uint8

// An order waits nowhere, for its own site's goods-in, or for head office.
const (
	WaitNone Wait = 0
	WaitHere Wait = 1
	WaitHQ   Wait = 2
)

// A Leg is the part of a line that another site serves. Head office owns its allocation.
type Leg struct {
	Site SiteID
	Qty  Qty
}

// A Line is one wanted SKU. Qty = Here + Taken + Σ Away + Backordered + Declined + Drop.Open + what was not promised.
type Line struct {
	SKU         SKU
	Qty         Qty
	Price       Price
	Here        Qty   // reserved at the owner's own site
	Taken       Qty   // handed over
	Away        []Leg // promised by head office from other sites
	Backordered Qty   // waiting; see Order.Wait
	Canceled    bool
	Unconfirmed Qty     // of Backordered, what was taken without a promise: head office may decline it
	Declined    Qty     // what head office could not serve
	Pack        *Packed // what the customer asked for in packs; nil: in units

	// Sent is what other sites have handed over of the line: a part of Taken, and more where they did so for an order that did
	// not count on it any more.
	Sent []Leg

	Returned Qty // of what was handed over, what came back; never more

	Charge *Charge // what it comes to; nil: nobody has said a price

	// Over is what of Sent the line did not count on, and so no part of Taken. The owner's own book counts it; head office does not.
	Over Qty

	Drop *DropShip // its supplier sends it straight to the customer; nil: it is served from stock. Never changed once others may see it
}

// Address is as much of a delivery address as sourcing needs.
type Address struct {
	Country  string
	Postcode string
	LatE6    int64
	LonE6    int64
}

// An Order is one customer's wish and what has been promised of it. One book owns it for ever:
// the one that answered its first POST.
type Order struct {
	ID        OrderID
	Serial    uint64 // the owner's counter; makes Number
	Owner     SiteID // a site, or HQ
	External  string
	Channel   Channel
	Fulfil    Fulfil
	Anywhere  bool // from "any": other sites may serve it
	CollectAt SiteID
	ShipTo    Address
	Lines     []Line
	Shortage  Shortage
	Complete  bool // dispatched only as a whole
	NeedBy    string
	Customer  string
	Class     string
	Priority  int
	TakenAt   time.Time
	Status    Status
	Wait      Wait
	Offline   bool // head office was not reached for it
	Kits      []Kit
	Group     string  // whose prices it has, as the price lists name them; "" for everybody's
	DeliverTo string  // which address of its customer's; the address itself stands with the customer
	BillTo    string  // likewise
	Draft     *Draft  // nil: it was placed at once
	Review    *Review // nil: it tripped no check

	// Uses are the promotions of which the order has a use: charged when it was taken, and free again once it ends with nothing handed over.
	// What is freed is what stands here, whatever its discounts say.
	Uses []AssetID

	Lots []OrderLot // of which lots what its customer has had from this book is
}

// Number is the order's name for people: the owner's prefix and counter.
func (o *Order) Number() string {
	const least = 6 // digits
	serial := strconv.FormatUint(o.Serial, 10)
	return strings.ToUpper(string(o.Owner)) + "-" + "000000"[min(len(serial), least):] + serial
}

// Promised is what line l has a claim on, handed over or not.
func (l *Line) Promised() Qty {
	sum := l.Here + l.Taken
	for _, leg := range l.Away {
		sum += leg.Qty
	}
	if l.Drop != nil {
		sum += l.Drop.Open
	}
	return sum
}

// AddAway adds to what site serves of the line: one leg a site.
func (l *Line) AddAway(site SiteID, q Qty) {
	for i := range l.Away {
		if l.Away[i].Site == site {
			l.Away[i].Qty += q
			return
		}
	}
	l.Away = append(l.Away, Leg{Site: site, Qty: q})
}

// SentBy is what a site has handed over of the line, as far as the order knows.
func (l *Line) SentBy(site SiteID) (sum Qty) {
	for _, leg := range l.Sent {
		if leg.Site == site {
			sum += leg.Qty
		}
	}
	return sum
}

// TakenHere is what the owner's own site has handed over of the line. Of a record that counts no Over it may be too little.
func (l *Line) TakenHere() Qty {
	if l.Drop != nil {
		return 0
	}
	q := l.Taken + l.Over
	for _, leg := range l.Sent {
		q -= leg.Qty
	}
	return max(0, q)
}

// HandOver takes down that a site has handed over q more of the line. It counts as taken as far as the line counted on that site
// or waits. It gives what is beyond: the line was served from elsewhere, or wanted less.
func (l *Line) HandOver(site SiteID, q Qty) (over Qty) {
	n := l.dropAway(site, q)
	waits := min(q-n, l.Backordered)
	l.Fill(waits)
	l.Taken += n + waits
	for i := range l.Sent {
		if l.Sent[i].Site == site {
			l.Sent[i].Qty += q
			return q - n - waits
		}
	}
	l.Sent = append(l.Sent, Leg{Site: site, Qty: q})
	return q - n - waits
}

// dropAway takes up to q from what site serves of the line, and says how much that was.
func (l *Line) dropAway(site SiteID, q Qty) Qty {
	for i := range l.Away {
		leg := &l.Away[i]
		if leg.Site != site {
			continue
		}
		n := max(0, min(q, leg.Qty))
		if leg.Qty -= n; leg.Qty == 0 {
			l.Away = slices.Delete(l.Away, i, i+1)
		}
		return n
	}
	return 0
}

// fresh forgets what a client says of a line that no book has decided yet.
func (l *Line) fresh() {
	l.Here, l.Taken, l.Away, l.Backordered, l.Canceled, l.Unconfirmed, l.Declined, l.Returned = 0, 0, nil, 0, false, 0, 0, 0
	l.Sent, l.Over = nil, 0
	if l.Drop != nil {
		l.Drop = l.Drop.ask(0)
	}
}

// Whole says whether the order is refused where head office cannot make it whole.
func (o *Order) Whole() bool { return o.Shortage == Refuse || o.Shortage == Confirm }

// Fill takes q of what waits, which somebody serves now: what was promised once comes before what
// never was.
func (l *Line) Fill(q Qty) {
	l.Backordered -= q
	l.Unconfirmed = min(l.Unconfirmed, l.Backordered)
}

// Decline gives up q of what was taken without a promise, or what there is of it, and says how much
// that was.
func (l *Line) Decline(q Qty) Qty {
	n := max(0, min(q, l.Unconfirmed))
	l.Backordered, l.Unconfirmed, l.Declined = l.Backordered-n, l.Unconfirmed-n, l.Declined+n
	return n
}

// legs counts the legs of all lines.
func (o *Order) legs() (n int) {
	for i := range o.Lines {
		n += len(o.Lines[i].Away)
	}
	return n
}

// checkLegs refuses an order that is served from more sites than its record may name.
func (o *Order) checkLegs() error {
	sum := 0
	for i := range o.Lines {
		n := len(o.Lines[i].Away)
		if sum += n; n > legsPerLineMax || sum > LegsMax {
			return &FormError{Field: "legs", Line: i + 1, Why: fmt.Sprintf("come from too many sites; at most %d fit in one order, and %d in one line", LegsMax, legsPerLineMax)}
		}
	}
	return nil
}

// Status gives line l's state in the order's shipment.
func (l *Line) Status() Status {
	switch {
	case l.Canceled:
		return StatusCanceled
	case l.Unconfirmed > 0:
		return StatusUnconfirmed
	case l.Backordered > 0:
		return StatusBackordered
	case l.Drop != nil && l.Drop.Open > 0:
		return StatusAtSupplier
	case l.Declined > 0 && l.Promised() == 0:
		return StatusDeclined
	case l.Promised() < l.Qty:
		return StatusShort
	case l.Taken == l.Qty:
		return StatusCompleted
	default:
		return StatusAllocated
	}
}

// Settle works the order's status out from its lines.
func (o *Order) Settle() {
	waiting, open, taken := false, false, false
	unconfirmed, declined := false, false
	for i := range o.Lines {
		l := &o.Lines[i]
		waiting = waiting || l.Backordered > 0
		unconfirmed, declined = unconfirmed || l.Unconfirmed > 0, declined || l.Declined > 0 && !l.Canceled
		open = open || l.Promised() > l.Taken
		taken = taken || l.Taken > 0
	}
	switch {
	case unconfirmed:
		o.Status = StatusUnconfirmed
	case waiting:
		o.Status = StatusBackordered
	case open:
		o.Status, o.Wait = StatusAllocated, WaitNone
	case taken:
		o.Status, o.Wait = StatusCompleted, WaitNone
	case declined:
		o.Status, o.Wait = StatusDeclined, WaitNone
	default:
		o.Status, o.Wait = StatusCanceled, WaitNone
	}
}

// Clone copies the order so deep that neither changes with the other.
func (o *Order) Clone() *Order {
	c := *o
	c.ownLines()
	c.Lots = slices.Clone(o.Lots)
	return &c
}

// ownLines gives a copied order lines of its own.
func (o *Order) ownLines() {
	lines := make([]Line, len(o.Lines))
	copy(lines, o.Lines)
	for i := range lines {
		if lines[i].Away != nil {
			lines[i].Away = append([]Leg(nil), lines[i].Away...)
		}
		if lines[i].Sent != nil {
			lines[i].Sent = append([]Leg(nil), lines[i].Sent...)
		}
		if lines[i].Drop != nil {
			drop := *lines[i].Drop
			lines[i].Drop = &drop
		}
	}
	o.Lines = lines
}

// Check refuses an order whose form no book may take, before any state is looked at.
func (o *Order) Check() error {
	if _, err := ParseOrderID(string(o.ID)); err != nil {
		return err
	}
	if len(o.Lines) == 0 {
		return &FormError{Field: "lines", Why: "is empty; an order needs at least one line"}
	}
	if len(o.Lines) > LinesMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; at most %d fit in one order", len(o.Lines), LinesMax)}
	}
	if err := o.checkLines(); err != nil {
		return err
	}
	if len(o.DropShips()) > DropSuppliersMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("are sent by more than %d suppliers: divide them over several orders", DropSuppliersMax)}
	}
	if err := o.checkTexts(); err != nil {
		return err
	}
	switch o.Fulfil {
	case Take, Collect, Deliver:
	default:
		return &FormError{Field: "fulfil", Why: fmt.Sprintf("is %q; it is take, collect or deliver", o.Fulfil)}
	}
	switch o.Shortage {
	case Refuse, Partial, Backorder, Confirm:
	default:
		return &FormError{Field: "shortage", Why: fmt.Sprintf("is %q; it is refuse, partial, backorder or to_be_confirmed", o.Shortage)}
	}
	if o.CollectAt != "" && o.Fulfil != Collect {
		return &FormError{Field: "collect_at", Why: "goes with fulfil collect only"}
	}
	if o.Priority < 0 || o.Priority > 9 {
		return &FormError{Field: "priority", Why: "is not 0 to 9"}
	}
	return o.CheckCharges()
}

func (o *Order) checkLines() error {
	var sums tally
	for i := range o.Lines {
		l := &o.Lines[i]
		if _, err := ParseSKU(string(l.SKU)); err != nil {
			return atLine(err, i)
		}
		if err := CheckQty(l.Qty); err != nil {
			return atLine(err, i)
		}
		if _, err := AddQty(sums.of(l.SKU), l.Qty); err != nil {
			return atLine(err, i)
		}
		sums.add(l.SKU, l.Qty)
		if l.Drop != nil {
			if err := o.dropFits(l.Drop); err != nil {
				return atLine(err, i)
			}
		}
		if len(l.Price.Currency) > 3 || len(l.Price.Tax) > len("included") {
			return atLine(&FormError{Field: "unit_price", Why: "has a currency or a tax that is none"}, i)
		}
	}
	return nil
}

func (o *Order) checkTexts() error {
	for _, t := range []struct{ field, text string }{
		{"external_id", o.External}, {"channel", string(o.Channel)}, {"need_by", o.NeedBy}, {"customer", o.Customer},
		{"class", o.Class}, {"price_group", o.Group}, {"deliver_to", o.DeliverTo}, {"bill_to", o.BillTo}, {"ship_to.country", o.ShipTo.Country}, {"ship_to.postcode", o.ShipTo.Postcode},
	} {
		if len(t.text) > TextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	if len(o.CollectAt) > siteMax {
		return &FormError{Field: "collect_at", Why: fmt.Sprintf("is longer than %d bytes", siteMax)}
	}
	return nil
}

// Canceling says whether the order may still be cancelled, and gives the refusal if not.
func (o *Order) Canceling() error {
	switch o.Status {
	case StatusCanceled:
		return &StateError{Order: o.ID, Status: o.Status, Why: "is cancelled already"}
	case StatusDeclined:
		return &StateError{Order: o.ID, Status: o.Status, Why: "has been declined already"}
	case StatusCompleted:
		return &StateError{Order: o.ID, Status: o.Status, Why: "has been handed over; take the goods back as a return"}
	default:
		return nil
	}
}

// skuOf gives the SKU of a line, from 1; none where there is no such line.
func (o *Order) skuOf(line int) SKU {
	if line < 1 || line > len(o.Lines) {
		return ""
	}
	return o.Lines[line-1].SKU
}
