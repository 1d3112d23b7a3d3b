package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// BackLine is goods that come back.
type BackLine struct {
	Line        int        `json:"line,omitempty" jsonschema:"the order's line, from 1; left out where there is no order"`
	SKU         string     `json:"sku,omitempty" jsonschema:"needed without an order, and where the order is another site's. Of a kit that this site sold, with the kit's line: all its components come back, qty is kits, and each of lots says which component it is of"`
	Barcode     string     `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it: qty is then how many of these"`
	Qty         ledger.Qty `json:"qty"`
	Disposition string     `json:"disposition,omitempty" jsonschema:"restock, block or scrap, by a person who has looked; left out: nobody has, and they stay blocked"`
	Bin         string     `json:"bin,omitempty" jsonschema:"where they are put; MAIN where nothing is said"`
	Lots        []NamedLot `json:"lots,omitempty" jsonschema:"which lots, or serial numbers, come back; a label that has one says it, too. Left out: the only one that the order had, or all that it had. Needed where this book does not know the order"`

	lots  []ledger.LotQty // as Named has understood them
	parts []partLot       // of a kit
}

// ReturnRequest takes goods back.
type ReturnRequest struct {
	Order   string     `json:"order,omitempty" jsonschema:"the order that they were sold by; left out: there is no receipt"`
	Receipt string     `json:"receipt,omitempty" jsonschema:"what stands on the receipt, for people, at most 128 bytes"`
	Reason  string     `json:"reason,omitempty" jsonschema:"why they come back, at most 128 bytes: one of the list, and needed, where the company has reasons for a return (GET /v1/policy/reasons); of goods that are blocked or scrapped at once also one for an inspection"`
	By      string     `json:"by,omitempty" jsonschema:"who takes them back; left out, and of somebody who has signed in: who sends it"`
	Lines   []BackLine `json:"lines" jsonschema:"1 to 1000; several may name one line of the order"`
}

// InspectLine is what is done with units of one line of a return.
type InspectLine struct {
	Line        int        `json:"line" jsonschema:"of the return, which is the order's where there is one"`
	Qty         ledger.Qty `json:"qty"`
	Disposition string     `json:"disposition" jsonschema:"restock, block (it may be restocked or scrapped later), scrap, or hand_back: to the customer, of what was refused"`
	Bin         string     `json:"bin,omitempty" jsonschema:"of restock: where they are put; left out: where they are"`
	Lot         string     `json:"lot,omitempty" jsonschema:"which lot, or serial number, where the return has several here"`
}

// BackLot is a lot of what came back.
type BackLot struct {
	Lot    ledger.LotID `json:"lot" jsonschema:"the lot, or the serial number"`
	Qty    ledger.Qty   `json:"qty" jsonschema:"came back"`
	Here   ledger.Qty   `json:"here" jsonschema:"of these, what lies here blocked"`
	Expiry string       `json:"expiry,omitempty" jsonschema:"the last day on which it may be sold"`
}

// InspectRequest says what is done with returned goods.
type InspectRequest struct {
	Reason string        `json:"reason,omitempty" jsonschema:"at most 128 bytes: one of the list, and needed, where goods stay blocked or are scrapped and the company has reasons for an inspection (GET /v1/policy/reasons)"`
	By     string        `json:"by,omitempty" jsonschema:"who looked; left out, and of somebody who has signed in: who sends it"`
	Lines  []InspectLine `json:"lines" jsonschema:"1 to 1000"`
}

// ReturnLine is a line of a return as it stands. Each unit is in one of received, blocked, restocked, scrapped and handed_back.
type ReturnLine struct {
	Line       int        `json:"line"`
	SKU        ledger.SKU `json:"sku"`
	Bin        ledger.Bin `json:"bin" jsonschema:"where the units that are blocked lie"`
	Qty        ledger.Qty `json:"qty" jsonschema:"came back"`
	Received   ledger.Qty `json:"received" jsonschema:"blocked, and nobody has looked"`
	Blocked    ledger.Qty `json:"blocked" jsonschema:"somebody has, and they stay blocked"`
	Restocked  ledger.Qty `json:"restocked"`
	Scrapped   ledger.Qty `json:"scrapped"`
	HandedBack ledger.Qty `json:"handed_back"`
	Refused    ledger.Qty `json:"refused" jsonschema:"of qty, what the book that sold it does not take back"`
	Lots       []BackLot  `json:"lots,omitempty" jsonschema:"of goods that are kept by lot or serial number: which they are"`
}

// A Return is goods that came back together. It says nothing of money: no refund is paid by it.
type Return struct {
	ID      ledger.ReturnID `json:"id"`
	Order   ledger.OrderID  `json:"order,omitempty"`
	Owner   ledger.SiteID   `json:"owner,omitempty" jsonschema:"the book that owns the order: a site, or hq; left out until it has answered"`
	Receipt string          `json:"receipt,omitempty"`
	Claim   ledger.Claim    `json:"claim" jsonschema:"none: there is no receipt; pending: the book that owns the order has not answered; granted; refused: some or all of it, as the lines say"`
	Status  string          `json:"status" jsonschema:"pending, received, inspected (some stay blocked) or closed"`
	Reason  string          `json:"reason,omitempty"`
	By      string          `json:"by,omitempty"`
	Lines   []ReturnLine    `json:"lines"`
	Seq     uint64          `json:"seq,omitempty" jsonschema:"the entry that answered; left out of a look-up"`
}

// ReturnList is a page of returns.
type ReturnList struct {
	Returns    []Return `json:"returns"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// OverReturned is a line of which more was named than there is.
type OverReturned struct {
	Line     int        `json:"line" jsonschema:"from 1"`
	SKU      ledger.SKU `json:"sku"`
	Named    ledger.Qty `json:"named"`
	Sold     ledger.Qty `json:"sold,omitempty" jsonschema:"handed over to the customer"`
	Returned ledger.Qty `json:"returned,omitempty" jsonschema:"came back before"`
	Left     ledger.Qty `json:"left" jsonschema:"as many can be named"`
}

// Ledger checks the return and gives it to the ledger, without an id or a key.
func (r *ReturnRequest) Ledger() (*ledger.TakeBack, error) {
	for _, t := range []struct{ field, text string }{{"receipt", r.Receipt}, {"reason", r.Reason}, {"by", r.By}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	out := &ledger.TakeBack{Receipt: r.Receipt, Reason: r.Reason, By: r.By, Lines: make([]ledger.BackLine, len(r.Lines))}
	if r.Order != "" {
		id, err := ledger.ParseOrderID(r.Order)
		if err != nil {
			return nil, &ledger.FormError{Field: "order", Why: "is no order's id: take it from the receipt, or look the order up"}
		}
		out.Order = id
	}
	if n := len(r.Lines); n == 0 || n > ledger.ReturnLinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a return has 1 to %d", n, ledger.ReturnLinesMax)}
	}
	for i, l := range r.Lines {
		if r.Order == "" && l.Line != 0 {
			return nil, atLine(&ledger.FormError{Field: "line", Why: "is a line of an order, and no order is named"}, i)
		}
		bin, err := ledger.ParseBin(l.Bin)
		if err != nil {
			return nil, atLine(err, i)
		}
		if l.Bin == "" {
			bin = ""
		}
		out.Lines[i] = ledger.BackLine{Line: l.Line, SKU: ledger.SKU(l.SKU), Qty: l.Qty, Bin: bin, Do: ledger.Disposition(l.Disposition), Lots: l.lots}
	}
	return out, nil
}

// Named gives each line of a barcode the SKU that has it, and turns packs that were scanned into base units; what was told is not kept.
// A line may have neither: the order says what it is.
func (r *ReturnRequest) Named(c Catalogue) error {
	for i := range r.Lines {
		l := &r.Lines[i]
		code := l.Barcode
		if code != "" {
			var pack string
			var told *ledger.Packed
			if err := (telling{i, &l.SKU, &l.Barcode, &pack, "qty", &l.Qty, 0, &told}).understand(c); err != nil {
				return err
			}
		}
		var err error
		if item, known := c.Item(ledger.SKU(l.SKU)); known && len(item.Kit()) > 0 {
			if l.parts, err = c.kitLots(item, l.Lots, i); err != nil {
				return err
			}
			continue
		}
		if l.lots, err = c.lotsNamed(l.SKU, l.Qty, lotsOf(l.Lots), code, i); err != nil {
			return err
		}
	}
	return nil
}

// Ledger checks the inspection and gives it to the ledger, without a key.
func (r *InspectRequest) Ledger(id ledger.ReturnID) (*ledger.Inspect, error) {
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"by", r.By}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	out := &ledger.Inspect{Return: id, Reason: r.Reason, By: r.By, Acts: make([]ledger.ReturnAct, len(r.Lines))}
	for i, l := range r.Lines {
		if out.Acts[i] = (ledger.ReturnAct{Line: l.Line, Do: ledger.Disposition(l.Disposition), Qty: l.Qty, Bin: ledger.Bin(l.Bin)}); l.Lot != "" {
			lot, err := ledger.ParseLot(l.Lot)
			if err != nil {
				return nil, atLine(err, i)
			}
			out.Acts[i].Lot = lot
		}
	}
	return out, nil
}

// RenderReturn gives a return as a client reads it.
func RenderReturn(r *ledger.Return, seq ledger.Seq) Return {
	out := Return{ID: r.ID, Order: r.Order, Owner: r.Owner, Receipt: r.Receipt, Claim: r.Claim, Status: r.Status(), Reason: r.Reason, By: r.By,
		Lines: make([]ReturnLine, len(r.Lines)), Seq: uint64(seq)}
	for i := range r.Lines {
		l := &r.Lines[i]
		out.Lines[i] = ReturnLine{Line: l.Line, SKU: l.SKU, Bin: l.Bin, Qty: l.Qty, Received: l.Received(), Blocked: l.Blocked, Restocked: l.Restocked,
			Scrapped: l.Scrapped, HandedBack: l.Handed, Refused: l.Refused, Lots: renderBackLots(l.Lots)}
	}
	return out
}

// fromReturn says why goods cannot come back, or not be dealt with so, in words for a counter.
func fromReturn(no *ledger.ReturnError) *Problem {
	code, detail := CodeOverReturned, ""
	if no.Why == ledger.RefusedActed {
		code = CodeReturnState
	}
	if len(no.Lines) > 0 {
		l := &no.Lines[0]
		switch {
		case no.Claim == ledger.ClaimPending:
			detail = "The book that sold these goods has not answered yet. They stay blocked until it has."
		case code == CodeReturnState:
			detail = fmt.Sprintf("Line %d, %s: %d can be dealt with so, %d were named.", l.Line, l.SKU, l.Have, l.Want)
		default:
			detail = fmt.Sprintf("Line %d, %s: %d sold, %d came back before, %d can still come back; %d were named.", l.Line, l.SKU, l.Sold, l.Back, l.Have, l.Want)
			if no.Parcel {
				detail += " They were taken back as a return already: say that they are delivered instead, and they are counted once."
			}
		}
		if more := len(no.Lines) - 1; more > 0 && no.Claim != ledger.ClaimPending {
			detail += fmt.Sprintf(" The same holds for %d more.", more)
		}
		detail += " Nothing was changed."
	}
	p := New(code, detail)
	for _, l := range no.Lines {
		p.Returns = append(p.Returns, OverReturned{Line: l.Line, SKU: l.SKU, Named: l.Want, Sold: l.Sold, Returned: l.Back, Left: l.Have})
	}
	return p
}
