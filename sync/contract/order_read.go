package contract

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Defaults are what an order takes for what it does not say. They differ between a node and
// head office.
type Defaults struct {
	Channel  ledger.Channel
	Fulfil   ledger.Fulfil
	From     From
	Shortage ledger.Shortage
	Durable  Durable   // the level that the book's answers reach without being asked
	Waits    []Durable // the other levels that it can wait for
}

// NodeDefaults are those of a site.
func NodeDefaults() Defaults {
	return Defaults{Channel: "till", Fulfil: ledger.Take, From: FromHere, Shortage: ledger.Refuse, Durable: Accepted}
}

// HQDefaults are those of head office.
func HQDefaults() Defaults {
	return Defaults{Channel: "web", Fulfil: ledger.Deliver, From: FromAny, Shortage: ledger.Refuse, Durable: Shared}
}

// How long the free texts of the API may be, in bytes.
const (
	textMax     = 128
	classMax    = 64
	postcodeMax = 16
	addressMax  = 64 // of the id of an address
)

func channels() []string {
	return []string{"till", "counter", "web", "phone", "email", "marketplace", "app", "import"}
}
func fulfils() []string   { return []string{"take", "collect", "deliver"} }
func shortages() []string { return []string{"refuse", "partial", "backorder", "to_be_confirmed"} }
func durables() []string  { return []string{"accepted", "shared", "archived", "owner"} }

// Ledger turns the request into an order of the ledger, with d for what is left out. The id
// stays empty where the client gave none: the book makes one. TakenAt stays zero likewise.
// Form that the ledger checks itself (number of lines, sums) is left to it.
func (r *OrderRequest) Ledger(d Defaults) (ledger.Order, error) {
	o := ledger.Order{
		External: r.ExternalID, Channel: or(r.Channel, d.Channel), Fulfil: or(r.Fulfil, d.Fulfil),
		Anywhere: or(r.From, d.From) == FromAny, Shortage: or(r.Shortage, d.Shortage),
		Complete: r.Complete, Customer: r.Customer, Class: r.Class, Priority: r.Priority,
		Draft: r.Draft.ledger(), Group: r.PriceGroup, DeliverTo: r.DeliverTo, BillTo: r.BillTo,
	}
	if err := r.unsupported(d); err != nil {
		return ledger.Order{}, err
	}
	if err := r.checkWords(); err != nil {
		return ledger.Order{}, err
	}
	var err error
	if r.ID != "" {
		if o.ID, err = ledger.ParseOrderID(r.ID); err != nil {
			return ledger.Order{}, err
		}
	}
	if o.CollectAt, err = r.collectAt(o.Fulfil); err != nil {
		return ledger.Order{}, err
	}
	if o.NeedBy, err = needBy(r.NeedBy); err != nil {
		return ledger.Order{}, err
	}
	if o.TakenAt, err = takenAt(r.TakenAt); err != nil {
		return ledger.Order{}, err
	}
	if o.ShipTo, err = r.ShipTo.ledger(); err != nil {
		return ledger.Order{}, err
	}
	o.Lines, err = r.lines()
	return o, err
}

// unsupported refuses what the contract knows and this version does not do.
func (r *OrderRequest) unsupported(d Defaults) error {
	switch {
	case r.Draft != nil && d.Fulfil != ledger.Take:
		p := NotSupported("draft", "Head office keeps no drafts and no quotes: the node of a site does, where they can be placed also when the line is down. Nothing was taken.")
		p.Hint = "Send the same order to the node of the site that sells it, and place it there: what the site lacks comes from elsewhere. Or leave draft out, and head office takes the order now."
		return p
	case r.InHand && d.Fulfil != ledger.Take:
		return NotSupported("in_hand", "Goods in the hand are sold at the node of the site where they are.")
	case r.ReserveFor != "":
		return NotSupported("reserve_for", "This version does not end reservations by itself. Leave reserve_for out, and cancel the order when it is not wanted.")
	case r.Durable != "" && r.Durable != d.Durable && !slices.Contains(d.Waits, r.Durable) && slices.Contains(durables(), string(r.Durable)):
		return NotSupported("durable", fmt.Sprintf("This book answers at the level %s and cannot wait for %s.", d.Durable, r.Durable))
	}
	return nil
}

// checkInHand refuses an order in hand of goods that are not here.
func (r *OrderRequest) checkInHand() error {
	switch {
	case !r.InHand && r.Approver != "":
		return &ledger.FormError{Field: "approver", Why: "goes with in_hand: who lets a price or a discount be stands in its line"}
	case r.InHand && (r.Fulfil != "" && r.Fulfil != ledger.Take || r.From == FromAny || r.CollectAt != ""):
		return &ledger.FormError{Field: "in_hand", Why: "is for goods that are taken along from here"}
	case r.InHand && r.Draft != nil:
		return &ledger.FormError{Field: "draft", Why: "is no order of goods that the customer holds already"}
	}
	return nil
}

func (r *OrderRequest) checkWords() error {
	checks := []error{
		oneOf("channel", string(r.Channel), channels()),
		oneOf("fulfil", string(r.Fulfil), fulfils()),
		oneOf("from", string(r.From), []string{string(FromHere), string(FromAny)}),
		oneOf("shortage", string(r.Shortage), shortages()),
		oneOf("durable", string(r.Durable), durables()),
		CheckText("external_id", r.ExternalID, textMax),
		CheckText("customer", r.Customer, textMax),
		CheckText("class", r.Class, classMax),
		CheckText("approver", r.Approver, textMax),
		CheckText("price_group", r.PriceGroup, ledger.DetailTextMax),
		CheckText("deliver_to", r.DeliverTo, addressMax),
		CheckText("bill_to", r.BillTo, addressMax),
		r.checkInHand(),
		r.Draft.check(),
		r.Override.check(),
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	if r.Priority < 0 || r.Priority > 9 {
		return &ledger.FormError{Field: "priority", Why: "is not 0 to 9"}
	}
	return nil
}

// needBy reads when an order is needed: a day, or a moment, which is kept in UTC and whole seconds. So dates and moments sort as
// texts, and the first ten letters are the day.
func needBy(text string) (string, error) {
	at, err := Since("need_by", text)
	switch {
	case err != nil || len(text) <= len(time.DateOnly):
		return text, err
	case at.Year() < 0 || at.Year() > 9999:
		return "", &ledger.FormError{Field: "need_by", Why: "is in no year of four figures in UTC"}
	default:
		return at.Format(time.RFC3339), nil
	}
}

func (r *OrderRequest) collectAt(fulfil ledger.Fulfil) (ledger.SiteID, error) {
	if r.CollectAt == "" {
		return "", nil
	}
	if fulfil != ledger.Collect {
		return "", &ledger.FormError{Field: "collect_at", Why: "goes with fulfil collect only"}
	}
	site, err := ledger.ParseSite(r.CollectAt)
	if err != nil {
		return "", UnknownSite("collect_at", r.CollectAt)
	}
	return site, nil
}

// takenAhead is how far a client's clock may go before the book's. An order is never from the future: it would wait behind orders that
// were taken after it.
const takenAhead = 15 * time.Minute

// TakenBy is when an order that says it was taken at a moment was taken, by a book's clock: now where it says nothing or its clock goes
// a little before the book's. Of one from further on it says no. A moment that is past stands: orders are typed in late.
func TakenBy(at, now time.Time) (time.Time, error) {
	now = now.UTC().Truncate(time.Millisecond)
	switch {
	case at.IsZero() || at.After(now) && !at.After(now.Add(takenAhead)):
		return now, nil
	case at.After(now):
		p := New(CodeBadValue, fmt.Sprintf("taken_at %s is still to come: it is %s here.", Moment(at), Moment(now)))
		p.Field, p.Hint = "taken_at", "Leave taken_at out for an order that is taken now, or set the clock of whoever sends it right."
		return at, p
	default:
		return at, nil
	}
}

func takenAt(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, &ledger.FormError{Field: "taken_at", Why: "is not a time such as 2026-11-22T09:30:00Z"}
	}
	return t.UTC().Truncate(time.Millisecond), nil
}

func (a *Address) ledger() (ledger.Address, error) {
	if a == nil {
		return ledger.Address{}, nil
	}
	if a.Country != "" && !upperWord(a.Country, 2) {
		return ledger.Address{}, &ledger.FormError{Field: "ship_to.country", Why: "is not two capital letters, for example GB"}
	}
	if err := CheckText("ship_to.postcode", a.Postcode, postcodeMax); err != nil {
		return ledger.Address{}, err
	}
	if a.LatE6 < -90_000_000 || a.LatE6 > 90_000_000 {
		return ledger.Address{}, &ledger.FormError{Field: "ship_to.lat_e6", Why: "is not -90000000 to 90000000"}
	}
	if a.LonE6 < -180_000_000 || a.LonE6 > 180_000_000 {
		return ledger.Address{}, &ledger.FormError{Field: "ship_to.lon_e6", Why: "is not -180000000 to 180000000"}
	}
	return ledger.Address{Country: a.Country, Postcode: a.Postcode, LatE6: a.LatE6, LonE6: a.LonE6}, nil
}

func (r *OrderRequest) lines() ([]ledger.Line, error) {
	if n := len(r.Lines); n == 0 || n > ledger.LinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; an order has 1 to %d", n, ledger.LinesMax)}
	}
	lines := make([]ledger.Line, len(r.Lines))
	for i := range r.Lines {
		sku, err := ledger.ParseSKU(r.Lines[i].SKU)
		if err == nil {
			err = ledger.CheckQty(r.Lines[i].Qty)
		}
		if err != nil {
			return nil, atLine(err, i)
		}
		price, err := r.Lines[i].UnitPrice.Ledger("unit_price")
		if err != nil {
			return nil, atLine(err, i)
		}
		lines[i] = ledger.Line{SKU: sku, Qty: r.Lines[i].Qty, Price: price, Pack: r.Lines[i].told}
	}
	return lines, nil
}

// Ledger checks the price and gives it to the ledger; nil is not priced. field names it in a
// refusal.
func (p *Price) Ledger(field string) (ledger.Price, error) {
	if p == nil {
		return ledger.Price{}, nil
	}
	switch {
	case p.Amount < 0 || p.Amount > int64(ledger.QtyMax):
		return ledger.Price{}, &ledger.FormError{Field: field + ".amount", Why: fmt.Sprintf("is not 0 to %d", ledger.QtyMax)}
	case !upperWord(p.Currency, 3):
		return ledger.Price{}, &ledger.FormError{Field: field + ".currency", Why: "is not three capital letters, for example GBP"}
	case p.Per < 0 || p.Per > int64(ledger.QtyMax):
		return ledger.Price{}, &ledger.FormError{Field: field + ".per", Why: fmt.Sprintf("is not 1 to %d", ledger.QtyMax)}
	}
	if err := oneOf(field+".tax", p.Tax, []string{"included", "excluded"}); err != nil {
		return ledger.Price{}, err
	}
	return ledger.Price{Money: ledger.Money{Amount: p.Amount, Currency: p.Currency}, Per: p.Per, Tax: p.Tax}, nil
}

// CheckText refuses free text that is longer than most bytes or has control characters in it: a terminal, a label or a log
// obeys them, those of ISO 6429's second set too; and what turns the direction of what follows shows another text than is kept.
func CheckText(field, s string, most int) error {
	if len(s) > most {
		return &ledger.FormError{Field: field, Why: fmt.Sprintf("is longer than %d bytes", most)}
	}
	for _, c := range s {
		if c < ' ' || c >= 0x7f && c <= 0x9f || c >= 0x2028 && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			return &ledger.FormError{Field: field, Why: "has a control character in it"}
		}
	}
	return nil
}

func oneOf(field, got string, known []string) error {
	if got == "" || slices.Contains(known, got) {
		return nil
	}
	return &ledger.FormError{Field: field, Why: fmt.Sprintf("is %q; it is one of %s", clip(got), strings.Join(known, ", "))}
}

func upperWord(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// atLine names the line, from index, in a refusal.
func atLine(err error, index int) error {
	if form, ok := err.(*ledger.FormError); ok {
		c := *form
		c.Line = index + 1
		return &c
	}
	return err
}

func or[T ~string](got, otherwise T) T {
	if got == "" {
		return otherwise
	}
	return got
}
