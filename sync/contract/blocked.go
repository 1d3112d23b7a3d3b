package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// BlockedStock is what of one SKU lies blocked in one bin: on hand, and not to be sold.
type BlockedStock struct {
	SKU      ledger.SKU `json:"sku"`
	Bin      ledger.Bin `json:"bin"`
	Qty      ledger.Qty `json:"qty"`
	Returned ledger.Qty `json:"returned" jsonschema:"of qty, what open returns have there: POST /v1/returns/{id}/inspect says what is done with it"`
}

// BlockedList is a page of blocked stock.
type BlockedList struct {
	Blocked    []BlockedStock `json:"blocked"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

// BlockedLine is units that lie blocked in a bin, and what is done with them.
type BlockedLine struct {
	SKU         string     `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode     string     `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it: qty is then how many of these"`
	Bin         string     `json:"bin,omitempty" jsonschema:"where they lie; MAIN where nothing is said"`
	Qty         ledger.Qty `json:"qty"`
	Disposition string     `json:"disposition" jsonschema:"restock, block (they stay as they are) or scrap"`
	ToBin       string     `json:"to_bin,omitempty" jsonschema:"of restock: where they are put; left out: where they lie"`
	Lot         string     `json:"lot,omitempty" jsonschema:"which lot, or serial number, where several lie there; a label that has one says it, too"`
}

// BlockedRequest says what is done with blocked goods that are no return's.
type BlockedRequest struct {
	Reason string        `json:"reason" jsonschema:"why, at most 128 bytes: one of the list, where goods stay blocked or are scrapped and the company has reasons for an inspection (GET /v1/policy/reasons)"`
	By     string        `json:"by,omitempty" jsonschema:"who looked; left out, and of somebody who has signed in: who sends it"`
	Lines  []BlockedLine `json:"lines" jsonschema:"1 to 1000"`
}

// InspectedLine is a line as it was written down.
type InspectedLine struct {
	SKU         ledger.SKU         `json:"sku"`
	Bin         ledger.Bin         `json:"bin"`
	Qty         ledger.Qty         `json:"qty"`
	Disposition ledger.Disposition `json:"disposition"`
	ToBin       ledger.Bin         `json:"to_bin,omitempty"`
}

// BlockedAnswer answers an inspection of blocked goods.
type BlockedAnswer struct {
	Reason string          `json:"reason"`
	By     string          `json:"by,omitempty"`
	Lines  []InspectedLine `json:"lines"`
	Seq    uint64          `json:"seq"`
}

// Named gives each line of a barcode the SKU that has it, and turns packs that were scanned into base units.
func (r *BlockedRequest) Named(c Catalogue) error {
	for i := range r.Lines {
		l := &r.Lines[i]
		var pack string
		var told *ledger.Packed
		code := l.Barcode
		if err := (telling{i, &l.SKU, &l.Barcode, &pack, "qty", &l.Qty, 0, &told}).understand(c); err != nil {
			return err
		}
		if err := c.scannedLot(&l.Lot, code, l.SKU, i); err != nil {
			return err
		}
	}
	return nil
}

// Ledger checks the inspection and gives it to the ledger, without a key.
func (r *BlockedRequest) Ledger() (*ledger.InspectBlocked, error) {
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"by", r.By}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	if r.Reason == "" {
		return nil, &ledger.FormError{Field: "reason", Why: "is empty: say why"}
	}
	if n := len(r.Lines); n == 0 || n > ledger.BlockedLinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; an inspection has 1 to %d", n, ledger.BlockedLinesMax)}
	}
	out := &ledger.InspectBlocked{Reason: r.Reason, By: r.By, Lines: make([]ledger.BlockedLine, len(r.Lines))}
	for i, l := range r.Lines {
		bin, err := ledger.ParseBin(l.Bin)
		if err != nil {
			return nil, atLine(err, i)
		}
		out.Lines[i] = ledger.BlockedLine{SKU: ledger.SKU(l.SKU), Bin: bin, Qty: l.Qty, Do: ledger.Disposition(l.Disposition), To: ledger.Bin(l.ToBin)}
		out.Lots = append(out.Lots, ledger.LotID(l.Lot))
	}
	return out, nil
}

// RenderBlocked gives the answer that an entry is: the lines as they were first written, where a book that was set aside has answered. ok is false
// where it is of no inspection of blocked goods.
func RenderBlocked(e *ledger.Entry) (out BlockedAnswer, ok bool) {
	var lines []ledger.BlockedLine
	switch b := e.Body.(type) {
	case *ledger.BlockedBody:
		lines, out.Reason, out.By = b.Lines, b.Reason, b.By
	case *ledger.LateBody:
		if b.Was != ledger.KindBlockedSeen {
			return out, false
		}
		lines, out.Reason, out.By = b.Seen, b.Reason, b.Approver
	default:
		return out, false
	}
	out.Seq, out.Lines = uint64(e.Seq), make([]InspectedLine, len(lines))
	for i, l := range lines {
		out.Lines[i] = InspectedLine{SKU: l.SKU, Bin: l.Bin, Qty: l.Qty, Disposition: l.Do, ToBin: l.To}
	}
	return out, true
}

// fromBlocked says why blocked goods cannot be dealt with so.
func fromBlocked(no *ledger.BlockedError) *Problem {
	l := &no.Lines[0]
	detail := fmt.Sprintf("Line %d: %d of %s are blocked in bin %s and no return's; %d are named.", l.Line, l.Have, l.SKU, l.Bin, l.Want)
	if l.Returned > 0 {
		detail += fmt.Sprintf(" %d more lie there for returns: inspect these with their return.", l.Returned)
	}
	return New(CodeBlockedShort, detail+" Nothing was changed.")
}
