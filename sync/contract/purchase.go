package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// PurchaseWish is one article that is ordered of a supplier.
type PurchaseWish struct {
	SKU     string     `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode string     `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it"`
	Pack    string     `json:"pack,omitempty" jsonschema:"the name or a barcode of one of the item's packs: qty is how many of these"`
	Qty     ledger.Qty `json:"qty"`
	Due     string     `json:"due,omitempty" jsonschema:"the day it comes on where that is another than the order's"`
	Cost    *Price     `json:"cost,omitempty" jsonschema:"what the supplier is paid, without tax. per is how many units it pays for; left out: one pack, or one unit"`

	told *ledger.Packed
}

// PurchaseRequest writes a purchase order down, or changes it. What has come of it stays.
type PurchaseRequest struct {
	Supplier string         `json:"supplier" jsonschema:"who brings it, at most 128 bytes; its lateness is learnt"`
	Site     string         `json:"site" jsonschema:"where it comes in"`
	Due      string         `json:"due" jsonschema:"the day, UTC, for example 2026-12-10"`
	Lines    []PurchaseWish `json:"lines" jsonschema:"1 to 1000, each SKU once"`
	Status   string         `json:"status,omitempty" jsonschema:"draft (the default): nothing is due in yet; or sent: its supplier has it"`
	Note     string         `json:"note,omitempty" jsonschema:"for people, at most 128 bytes"`
	Reason   string         `json:"reason,omitempty" jsonschema:"why it is changed; it is kept"`
	By       string         `json:"by,omitempty" jsonschema:"who signs, where it is not whoever has signed in; default owner"`
	Version  *uint64        `json:"version,omitempty" jsonschema:"of the order as it was seen, 0: there was none. Where it is another one by now nothing is changed and the answer is changed_since; left out, it takes the place of whatever is there"`
}

// PurchaseActRequest sends a purchase order, closes it short or calls it off.
type PurchaseActRequest struct {
	Reason  string  `json:"reason,omitempty" jsonschema:"why; it is kept"`
	By      string  `json:"by,omitempty" jsonschema:"who signs, where it is not whoever has signed in; default owner"`
	Version *uint64 `json:"version,omitempty" jsonschema:"as in PUT"`
}

// PurchaseLine is one SKU of a purchase order as it stands: received + closed_short + due_qty = qty + over.
type PurchaseLine struct {
	SKU      ledger.SKU `json:"sku"`
	Qty      ledger.Qty `json:"qty" jsonschema:"ordered; 0 of what came without being ordered"`
	Pack     *Packed    `json:"pack,omitempty" jsonschema:"as it was ordered"`
	Received ledger.Qty `json:"received"`
	Short    ledger.Qty `json:"closed_short" jsonschema:"will not come"`
	Left     ledger.Qty `json:"due_qty" jsonschema:"ordered, and neither received nor closed short; of a draft it is not due in yet"`
	Over     ledger.Qty `json:"over" jsonschema:"received beyond qty"`
	Due      string     `json:"due" jsonschema:"the day"`
	Cost     *Price     `json:"cost,omitempty"`
	Total    *Money     `json:"total,omitempty" jsonschema:"of qty: rounded once, half a minor unit up"`
}

// Purchase is a purchase order as it stands.
type Purchase struct {
	Reference string         `json:"reference"`
	Supplier  string         `json:"supplier"`
	Site      ledger.SiteID  `json:"site"`
	Due       string         `json:"due"`
	Status    string         `json:"status" jsonschema:"draft, sent, partly_received, received, closed_short or cancelled"`
	Lines     []PurchaseLine `json:"lines" jsonschema:"by SKU"`
	Total     *Money         `json:"total,omitempty" jsonschema:"the sum of the lines; left out where no line has a cost"`
	Note      string         `json:"note,omitempty"`
	Owner     ledger.SiteID  `json:"owner,omitempty" jsonschema:"the site that wrote it; left out where head office did"`
	Version   uint64         `json:"version" jsonschema:"counts changes by people"`
	By        string         `json:"by" jsonschema:"who changed it last"`
	Reason    string         `json:"reason,omitempty"`
	At        string         `json:"at"`
	Seq       uint64         `json:"seq,omitempty" jsonschema:"at a node: the entry of its journal that says it. What has come of it is what came in there"`
}

// PurchaseList is one page of purchase orders, by reference.
type PurchaseList struct {
	Purchases  []Purchase `json:"purchases"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

// ReadPurchaseStatus reads the filter of a list; "" takes all.
func ReadPurchaseStatus(s string) (string, error) {
	return s, oneOf("status", s, ledger.PurchaseStates())
}

// Act is what status asks for: that the order is written down, or that it is sent.
func (r *PurchaseRequest) Act() (ledger.PurchaseAct, error) {
	switch r.Status {
	case "", ledger.PurchaseDraft.String():
		return ledger.PurchasePut, nil
	case ledger.PurchaseSent.String():
		return ledger.PurchaseSend, nil
	default:
		return 0, &ledger.FormError{Field: "status", Why: fmt.Sprintf("is %q; it is draft or sent. What has come is said by receipts, what will not come by close", clip(r.Status))}
	}
}

// Named finds what lines name by a barcode, names it by its SKU, and turns packs into base units. The request's lines are changed.
func (r *PurchaseRequest) Named(c Catalogue) error {
	for i := range r.Lines {
		l := &r.Lines[i]
		if err := (telling{i, &l.SKU, &l.Barcode, &l.Pack, "qty", &l.Qty, 0, &l.told}).understand(c); err != nil {
			return err
		}
	}
	return nil
}

// Ledger checks the order and gives it to the ledger, its lines by SKU.
func (r *PurchaseRequest) Ledger(reference string) (*ledger.Purchase, error) {
	for _, t := range []struct{ field, text string }{{"reference", reference}, {"supplier", r.Supplier}, {"note", r.Note}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	if n := len(r.Lines); n == 0 || n > ledger.PurchaseLinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a purchase order has 1 to %d", n, ledger.PurchaseLinesMax)}
	}
	p := &ledger.Purchase{Reference: reference, Supplier: r.Supplier, Site: ledger.SiteID(r.Site), Due: r.Due, Note: r.Note}
	seen := make(map[ledger.SKU]int, len(r.Lines))
	for i := range r.Lines {
		l, err := r.Lines[i].line()
		if err == nil {
			err = l.Check() // by its place in the request
		}
		if err != nil {
			return nil, atLine(err, i)
		}
		if first, twice := seen[l.SKU]; twice {
			return nil, atLine(&ledger.FormError{Field: "sku", Why: fmt.Sprintf("%s stands on line %d already: add the two up, or order what has another day or cost under another reference", l.SKU, first)}, i)
		}
		seen[l.SKU] = i + 1
		p.Lines = append(p.Lines, l)
	}
	slices.SortFunc(p.Lines, func(a, b ledger.PurchaseLine) int { return strings.Compare(string(a.SKU), string(b.SKU)) })
	return p, p.Check()
}

func (w *PurchaseWish) line() (ledger.PurchaseLine, error) {
	l := ledger.PurchaseLine{SKU: ledger.SKU(w.SKU), Qty: w.Qty, Due: w.Due}
	if w.told != nil {
		l.Pack = *w.told
	}
	if c := w.Cost; c != nil {
		if c.Tax != "" {
			return l, &ledger.FormError{Field: "cost", Why: "says tax: a supplier's cost is without"}
		}
		l.Cost = ledger.Price{Money: ledger.Money{Amount: c.Amount, Currency: c.Currency}, Per: c.Per}
		if l.Cost.Per == 0 {
			l.Cost.Per = max(int64(l.Pack.Units), 1)
		}
	}
	return l, nil
}

// PurchaseOf renders a line that was ordered.
func PurchaseOf(l *ledger.PurchaseLine, due string) PurchaseLine {
	out := PurchaseLine{SKU: l.SKU, Qty: l.Qty, Left: l.Qty, Due: due, Cost: RenderPrice(l.Cost)}
	if l.Due != "" {
		out.Due = l.Due
	}
	if l.Pack != (ledger.Packed{}) {
		out.Pack = renderPacked(&l.Pack)
	}
	if out.Cost != nil {
		if t, err := l.Total(); err == nil { // it was checked when it was written
			out.Total = &Money{Amount: t.Amount, Currency: t.Currency}
		}
	}
	return out
}

// RenderPurchase gives a purchase order as the book of a site has it, by an entry of its. ok is false where that is about none.
func RenderPurchase(e *ledger.Entry, site ledger.SiteID) (out Purchase, ok bool) {
	b := e.Purchase()
	if b == nil {
		return out, false
	}
	o := &b.Order
	out = Purchase{Reference: o.Reference, Supplier: o.Supplier, Site: o.Site, Due: o.Due, Status: b.State.String(), Lines: make([]PurchaseLine, len(o.Lines)), Note: o.Note, Owner: site,
		Version: b.Version, By: b.By, Reason: b.Reason, At: Moment(e.At), Seq: uint64(e.Seq)}
	for i := range o.Lines {
		l := PurchaseOf(&o.Lines[i], o.Due)
		if b.State.Over() {
			l.Short, l.Left = l.Left, 0
		}
		out.Lines[i] = l
	}
	out.Total = out.Sum()
	return out, true
}

// Counted adds what has come at the site that wrote the order, as its book has counted it by the order's lines.
func (p *Purchase) Counted(state ledger.PurchaseState, came []ledger.Came) {
	if len(came) == 0 {
		return
	}
	has := ledger.PurchaseHas{Came: true}
	for _, c := range came {
		i, listed := slices.BinarySearchFunc(p.Lines, c.SKU, func(l PurchaseLine, sku ledger.SKU) int { return strings.Compare(string(l.SKU), string(sku)) })
		if !listed {
			p.Lines = slices.Insert(p.Lines, i, PurchaseLine{SKU: c.SKU, Due: p.Due})
		}
		l := &p.Lines[i]
		open := max(l.Qty-c.Came, 0)
		if l.Received, l.Over = c.Came, max(c.Came-l.Qty, 0); state.Over() {
			l.Short = open
		} else {
			l.Left = open
		}
	}
	for i := range p.Lines {
		has.Due, has.Short = has.Due || p.Lines[i].Left > 0, has.Short || p.Lines[i].Short > 0
	}
	if to, ok := state.After(ledger.PurchaseReceive, has); ok {
		p.Status = to.String()
	}
}

// Sum is what the lines come to; nil where none has a cost.
func (p *Purchase) Sum() *Money {
	var out *Money
	for i := range p.Lines {
		t := p.Lines[i].Total
		switch {
		case t == nil:
		case out == nil:
			out = &Money{Amount: t.Amount, Currency: t.Currency}
		default:
			out.Amount += t.Amount
		}
	}
	return out
}

// NoPurchase says that a book has not heard of a purchase order.
func NoPurchase(at ledger.SiteID) *Problem {
	p := NotFound(fmt.Sprintf("%s has not heard of a purchase order of that reference.", capital(SiteName(at))))
	p.Hint = "Check the reference. If its goods are here, receive them all the same; what a site that is cut off has written comes to head office once its line is up."
	return p
}

// fromPurchase says why an act on a purchase order was refused; ok is false of any other error.
func fromPurchase(err error, at ledger.SiteID) (p *Problem, ok bool) {
	if errors.Is(err, ledger.ErrPurchaseUnknown) {
		return NoPurchase(at), true
	}
	if e, ok := errors.AsType[*ledger.DropError](err); ok {
		return fromDrop(e), true
	}
	if e, ok := errors.AsType[*ledger.PurchaseError](err); ok {
		return PurchaseRefused(e.Reference, e.State, e.Act), true
	}
	if e, ok := errors.AsType[*ledger.PurchaseChangedError](err); ok {
		p := New(CodeChangedSince, fmt.Sprintf("Purchase order %s was changed since. It is at version %d by now.", clip(e.Reference), e.Version))
		p.Version, p.Hint = e.Version, "See what is there now, and send your change with its version."
		return p, true
	}
	return fromDelivery(err)
}

// PurchaseRefused says why an act on a purchase order was refused.
func PurchaseRefused(reference string, state ledger.PurchaseState, act ledger.PurchaseAct) *Problem {
	p := New(CodePurchaseState, fmt.Sprintf("Purchase order %s is %s. Nothing was changed.", clip(reference), strings.ReplaceAll(state.String(), "_", " ")))
	switch {
	case act == ledger.PurchaseCancel && state == ledger.PurchasePartly:
		p.Hint = "Some of it has come: close it short, and what is due is due no more."
	case act == ledger.PurchaseClose && state == ledger.PurchaseDraft:
		p.Hint = "Nothing of a draft is due: cancel it."
	case act == ledger.PurchaseClose:
		p.Hint = "Nothing of it is due any more, so there is nothing to close."
	case act == ledger.PurchasePut:
		p.Hint = "Its supplier has it: change it with status sent, or order what lacks under another reference."
	default:
		p.Hint = "Order what is wanted now under another reference."
	}
	return p
}
