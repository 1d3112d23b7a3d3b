package contract

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Seen is from where an order is answered: the journal's place that the answer shows and the
// level that it has reached.
type Seen struct {
	Seq uint64
	Ack Durable
}

// RenderOrder gives the order as a client reads it. It depends on its arguments alone.
func RenderOrder(o *ledger.Order, seen Seen) Order {
	out := Order{
		ID: o.ID, Number: o.Number(), Owner: o.Owner, Status: o.Status,
		Lines: make([]OrderLine, len(o.Lines)), Fulfilments: fulfilments(o),
		Ack: seen.Ack, Offline: o.Offline, Seq: seen.Seq,
		ExternalID: o.External, Channel: o.Channel, Fulfil: o.Fulfil, From: FromHere,
		CollectAt: o.CollectAt, ShipTo: renderAddress(o.ShipTo), Shortage: o.Shortage, Complete: o.Complete,
		NeedBy: o.NeedBy, Customer: o.Customer, Class: o.Class, Priority: o.Priority,
		TakenAt: Moment(o.TakenAt), Late: LateWhenTaken(o) != "", PriceGroup: o.Group, DeliverTo: o.DeliverTo, BillTo: o.BillTo, Draft: renderDraft(o), Review: renderReview(o),
	}
	if o.Anywhere {
		out.From = FromAny
	}
	own := make([]Reserved, len(o.Lines)) // one allocation for what most lines have
	for i := range o.Lines {
		l := &o.Lines[i]
		out.Lines[i] = OrderLine{Line: i + 1, SKU: l.SKU, Qty: l.Qty, Status: l.Status(), Reserved: reserved(o, l, own[i:i:i+1]),
			Backordered: l.Backordered - l.Unconfirmed, Taken: l.Taken, ToConfirm: l.Unconfirmed, Declined: l.Declined, Returned: l.Returned, DropShip: renderDropShip(o, l)}
		if by := o.PromisedBy(); by != "" && l.Backordered > 0 {
			out.Lines[i].Promised = []Promised{{Qty: l.Backordered, By: by}}
		}
		if l.Charge == nil {
			out.Lines[i].UnitPrice = RenderPrice(l.Price) // else with what it comes to
		}
		if l.Pack != nil && l.Pack.Says(l.Qty) { // an amendment is in units
			out.Lines[i].Pack = renderPacked(l.Pack)
		}
	}
	if len(o.Kits) > 0 {
		out.Lines = withKits(o, out.Lines)
	}
	if o.Priced() {
		if o.Status == ledger.StatusWaiting { // nothing of it is promised: it says what it would come to
			o = o.AsAsked()
		}
		out.charge(o)
	}
	return out
}

// LateWhenTaken says that an order was needed by a day, or a moment, that was over when it was taken; "" where it was not.
func LateWhenTaken(o *ledger.Order) string {
	by := o.NeedBy
	if by == "" || o.TakenAt.IsZero() {
		return ""
	}
	taken := o.TakenAt.UTC().Format(time.RFC3339)
	if taken[:min(len(by), len(taken))] <= by { // a day, or a moment in whole seconds; both sort as texts
		return ""
	}
	return fmt.Sprintf("It was needed by %s, and taken at %s: whoever serves it, it is late.", by, taken)
}

// reserved adds up what each site has promised of the line: the owner first, then by name. out is
// empty and has room for one.
func reserved(o *ledger.Order, l *ledger.Line, out []Reserved) []Reserved {
	if o.Status == ledger.StatusSourcing {
		return out // held while head office is asked; nobody has been promised anything
	}
	if own := l.Here + l.TakenHere(); own > 0 {
		out = append(out, Reserved{Site: o.Owner, Qty: own})
	}
	own := len(out)
	for _, legs := range [...][]ledger.Leg{l.Away, l.Sent} {
		for _, leg := range legs {
			if leg.Qty <= 0 {
				continue
			}
			at := slices.IndexFunc(out, func(r Reserved) bool { return r.Site == leg.Site })
			if at >= 0 {
				out[at].Qty += leg.Qty
				continue
			}
			out = append(out, Reserved{Site: leg.Site, Qty: leg.Qty})
		}
	}
	slices.SortFunc(out[own:], func(a, b Reserved) int { return strings.Compare(string(a.Site), string(b.Site)) })
	return out
}

// fulfilments lists the sites that serve the order, by name. Of a site whose whole part has been
// handed over it was collected, or dispatched where the order is to be delivered.
func fulfilments(o *ledger.Order) []Fulfilment {
	if o.Status == ledger.StatusSourcing {
		return []Fulfilment{}
	}
	taken, waits, away := false, false, false
	for i := range o.Lines {
		l := &o.Lines[i]
		taken = taken || l.Taken > 0 && l.Drop == nil // what a supplier sent has left no site
		waits, away = waits || l.Here > 0, away || len(l.Away)+len(l.Sent) > 0
	}
	switch {
	case away:
		return manyFulfilments(o)
	case taken || waits:
		return []Fulfilment{fulfilment(o, o.Owner, waits)}
	default:
		return []Fulfilment{}
	}
}

func fulfilment(o *ledger.Order, site ledger.SiteID, waits bool) Fulfilment {
	status := FulfilmentCollected
	switch {
	case waits:
		status = FulfilmentReserved
	case o.Fulfil == ledger.Deliver:
		status = FulfilmentDispatched
	}
	return Fulfilment{ID: FulfilmentID(o.ID, site), Site: site, Status: status}
}

func manyFulfilments(o *ledger.Order) []Fulfilment {
	open := map[ledger.SiteID]bool{}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Here+l.TakenHere() > 0 {
			open[o.Owner] = open[o.Owner] || l.Here > 0
		}
		for _, leg := range l.Sent {
			if _, known := open[leg.Site]; !known {
				open[leg.Site] = false // all that it served has left
			}
		}
		for _, leg := range l.Away {
			if leg.Qty > 0 {
				open[leg.Site] = true
			}
		}
	}
	out := make([]Fulfilment, 0, len(open))
	for site, waits := range open {
		out = append(out, fulfilment(o, site, waits))
	}
	slices.SortFunc(out, func(a, b Fulfilment) int { return strings.Compare(string(a.Site), string(b.Site)) })
	return out
}

// RenderPrice gives a price, or nil where nothing was said.
func RenderPrice(p ledger.Price) *Price {
	if p == (ledger.Price{}) {
		return nil
	}
	return &Price{Amount: p.Amount, Currency: p.Currency, Per: p.Per, Tax: p.Tax}
}

func renderAddress(a ledger.Address) *Address {
	if a == (ledger.Address{}) {
		return nil
	}
	return &Address{Country: a.Country, Postcode: a.Postcode, LatE6: a.LatE6, LonE6: a.LonE6}
}

// Moment is a moment as the API writes it: RFC 3339, UTC, to the millisecond.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
