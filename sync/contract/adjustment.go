package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// AdjustmentLine is units of one SKU that were found, or that are gone.
type AdjustmentLine struct {
	SKU     string     `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode string     `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it"`
	Pack    string     `json:"pack,omitempty" jsonschema:"the name or a barcode of one of the item's packs: qty is how many of these"`
	Bin     string     `json:"bin,omitempty" jsonschema:"where; left out: the usual bin for what was found, whichever holds some for what is gone"`
	Qty     ledger.Qty `json:"qty" jsonschema:"found where it is above 0, gone where it is below"`
	Lots    []LotQty   `json:"lots,omitempty" jsonschema:"which lots, or serial numbers, in units; a label that has one says it, too. What is gone and not named is of the lots that leave first; of what is found of an item that is kept by lot or serial number each unit is named"`

	told *ledger.Packed
	lots []ledger.LotQty // as Named has understood them
}

// AdjustmentRequest says what is there and not in the book, or the other way round.
type AdjustmentRequest struct {
	Lines    []AdjustmentLine `json:"lines" jsonschema:"1 to 5000"`
	Reason   string           `json:"reason" jsonschema:"one of GET /v1/policy/reasons; where the company has set none: damaged, stolen, found, or what the house calls it; at most 128 bytes"`
	Approver string           `json:"approver,omitempty" jsonschema:"who approved it"`
	NewLots  bool             `json:"new_lots,omitempty" jsonschema:"true: what is found may be of a lot, or have a serial number, that this site never saw; without it such a one is refused, for it may be a slip of the pen"`
}

// AdjustedLine is a line as it was booked.
type AdjustedLine struct {
	SKU       ledger.SKU `json:"sku"`
	Bin       ledger.Bin `json:"bin"`
	Qty       ledger.Qty `json:"qty"`
	Shortfall ledger.Qty `json:"shortfall" jsonschema:"of what is gone: claimed by somebody, and not there"`
	Pack      *Packed    `json:"pack,omitempty" jsonschema:"what it was told in"`
	Blocked   bool       `json:"blocked,omitempty" jsonschema:"the units stay in the bin, blocked, until somebody has looked: POST /v1/blocked/inspect"`
}

// Displaced is a promise that lost its units.
type Displaced struct {
	Order ledger.OrderID `json:"order"`
	Owner ledger.SiteID  `json:"owner" jsonschema:"the book that owns the order: a site, or hq"`
	Line  int            `json:"line" jsonschema:"from 1"`
	SKU   ledger.SKU     `json:"sku"`
	Qty   ledger.Qty     `json:"qty"`
}

// Adjustment answers an adjustment.
type Adjustment struct {
	Seq       uint64         `json:"seq"`
	Lines     []AdjustedLine `json:"lines"`
	Displaced []Displaced    `json:"displaced" jsonschema:"promises that lost their units: each waits again"`
	Lots      []LotAdjusted  `json:"lots,omitempty" jsonschema:"of goods that are kept by lot or serial number: which were found and which are gone, those among them that nobody named"`
}

// Ledger checks the adjustment and gives it to the ledger, without a key.
func (r *AdjustmentRequest) Ledger() (*ledger.Adjust, error) {
	if err := CheckText("reason", r.Reason, textMax); err != nil {
		return nil, err
	}
	if r.Reason == "" {
		return nil, &ledger.FormError{Field: "reason", Why: "is empty: say why the units are there, or gone"}
	}
	if err := CheckText("approver", r.Approver, textMax); err != nil {
		return nil, err
	}
	if n := len(r.Lines); n == 0 || n > ledger.LinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; an adjustment has 1 to %d", n, ledger.LinesMax)}
	}
	out := &ledger.Adjust{Reason: r.Reason, Approver: r.Approver, NewLots: r.NewLots, Lines: make([]ledger.AdjustLine, len(r.Lines))}
	for i, l := range r.Lines {
		sku, err := ledger.ParseSKU(l.SKU)
		if err != nil {
			return nil, atLine(err, i)
		}
		bin := ledger.Bin("")
		if l.Bin != "" {
			if bin, err = ledger.ParseBin(l.Bin); err != nil {
				return nil, atLine(err, i)
			}
		}
		out.Lines[i] = ledger.AdjustLine{SKU: sku, Bin: bin, Qty: l.Qty, Pack: l.told}
		for _, n := range l.lots {
			out.Lots = append(out.Lots, ledger.LineLot{Line: i + 1, LotQty: n})
		}
	}
	if len(out.Lots) > ledger.LotMovesMax {
		return nil, &ledger.FormError{Field: "lots", Why: fmt.Sprintf("are %d; an adjustment has at most %d", len(out.Lots), ledger.LotMovesMax)}
	}
	return out, nil
}

// RenderAdjustment gives the answer that an entry is. One that a book which was set aside has answered, and that was recorded late since,
// has the lines of that answer, and the promises that lost their units when it was recorded here. ok is false where it is of no adjustment.
func RenderAdjustment(e *ledger.Entry) (out Adjustment, ok bool) {
	var lines []ledger.AdjustLine
	var displaced []ledger.Displaced
	switch b := e.Body.(type) {
	case *ledger.AdjustedBody:
		lines, displaced = b.Lines, b.Displaced
	case *ledger.LateBody:
		if b.Was != ledger.KindAdjusted {
			return out, false
		}
		lines, displaced = b.Lines, b.Displaced
	default:
		return out, false
	}
	out = Adjustment{Seq: uint64(e.Seq), Lots: renderAdjusted(e.Lots), Lines: make([]AdjustedLine, len(lines)), Displaced: make([]Displaced, len(displaced))}
	for i, l := range lines {
		out.Lines[i] = AdjustedLine{SKU: l.SKU, Bin: l.Bin, Qty: l.Qty, Shortfall: l.Short, Pack: renderPacked(l.Pack), Blocked: l.Blocked}
	}
	for i, d := range displaced {
		out.Displaced[i] = Displaced{Order: d.Order, Owner: d.Owner, Line: d.Line, SKU: d.SKU, Qty: d.Qty}
	}
	return out, true
}
