package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// BinMoveLine is units of one article that go from one bin into another.
type BinMoveLine struct {
	SKU     string     `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode string     `json:"barcode,omitempty" jsonschema:"any scan of the article, or of a pack of it: it names the article, or, beside sku, shows that this is it"`
	Pack    string     `json:"pack,omitempty" jsonschema:"the name or a barcode of one of the item's packs: qty is how many of these"`
	Qty     ledger.Qty `json:"qty"`
	From    string     `json:"from" jsonschema:"the bin that they lie in"`
	To      string     `json:"to" jsonschema:"the bin that they are put into"`
	Scanned string     `json:"to_scanned,omitempty" jsonschema:"the label of the bin that they are put into, as it was scanned: it must be to"`
	Blocked bool       `json:"blocked,omitempty" jsonschema:"of what lies blocked there and is no return's; it stays blocked. Left out: of what may be sold, reserved units too"`

	Lot string `json:"lot,omitempty" jsonschema:"which lot, or serial number, where several lie there; a label that has one says it, too"`

	told *ledger.Packed
}

// BinMoveRequest moves units between bins of this site.
type BinMoveRequest struct {
	Reason string        `json:"reason,omitempty" jsonschema:"at most 128 bytes"`
	By     string        `json:"by,omitempty" jsonschema:"who moved them; left out, and of somebody who has signed in: who sends it"`
	Lines  []BinMoveLine `json:"lines" jsonschema:"1 to 1000; done in their order, all of them or none"`
}

// BinMoved is a line as it was written down.
type BinMoved struct {
	SKU     ledger.SKU `json:"sku"`
	Qty     ledger.Qty `json:"qty"`
	From    ledger.Bin `json:"from"`
	To      ledger.Bin `json:"to"`
	Blocked bool       `json:"blocked,omitempty"`
	Pack    *Packed    `json:"pack,omitempty" jsonschema:"what it was told in"`
}

// BinMoveAnswer answers a move between bins.
type BinMoveAnswer struct {
	Reason string     `json:"reason,omitempty"`
	By     string     `json:"by,omitempty"`
	Lines  []BinMoved `json:"lines"`
	Seq    uint64     `json:"seq"`
}

// PutAwayRow is what of one article lies in a goods-in bin.
type PutAwayRow struct {
	Bin      ledger.Bin `json:"bin" jsonschema:"the goods-in bin"`
	SKU      ledger.SKU `json:"sku"`
	Name     string     `json:"name,omitempty"`
	Barcodes []string   `json:"barcodes,omitempty"`
	Qty      ledger.Qty `json:"qty" jsonschema:"that may be sold, reserved units among them; what is blocked stands under /v1/blocked"`
	To       ledger.Bin `json:"to,omitempty" jsonschema:"where to put it: its home bin here, else the bin in which most of it lies already; left out where it lies in no other"`
	Home     bool       `json:"home,omitempty" jsonschema:"to is its home bin"`
}

// PutAwayList is a page of what is to be put away, by bin and then by article.
type PutAwayList struct {
	PutAway    []PutAwayRow `json:"put_away"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// Verify holds what was scanned against what the lines say: the article, where a line names it, too, and the bin. A refusal says what was
// scanned and what was wanted.
func (r *BinMoveRequest) Verify(c Catalogue) error {
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Scanned != "" && l.Scanned != l.To {
			p := New(CodeWrongScan, fmt.Sprintf("Line %d goes into bin %s; the label of %s was scanned. Nothing was moved.", i+1, clip(l.To), shown(l.Scanned)))
			p.Field, p.Line = fmt.Sprintf("lines[%d].to_scanned", i), i+1
			return p
		}
		if l.SKU == "" || l.Barcode == "" {
			continue
		}
		scanned, err := scannedSKU(c, l.Barcode, i)
		if err != nil {
			return err
		}
		if scanned != ledger.SKU(l.SKU) {
			p := New(CodeWrongScan, fmt.Sprintf("Line %d wants %s; %s was scanned. Nothing was moved.", i+1, c.called(ledger.SKU(l.SKU)), c.called(scanned)))
			p.Field, p.Line = fmt.Sprintf("lines[%d].barcode", i), i+1
			return p
		}
		l.SKU = "" // the scan says it, and which pack it is
	}
	return nil
}

// Named is as of an order.
func (r *BinMoveRequest) Named(c Catalogue) error {
	for i := range r.Lines {
		l := &r.Lines[i]
		code := l.Barcode
		if err := (telling{i, &l.SKU, &l.Barcode, &l.Pack, "qty", &l.Qty, 0, &l.told}).understand(c); err != nil {
			return err
		}
		if err := c.scannedLot(&l.Lot, code, l.SKU, i); err != nil {
			return err
		}
	}
	return nil
}

// Ledger checks the move and gives it to the ledger, without a key.
func (r *BinMoveRequest) Ledger() (*ledger.MoveBins, error) {
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"by", r.By}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	out := &ledger.MoveBins{Reason: r.Reason, By: r.By}
	for _, l := range r.Lines {
		out.Lines = append(out.Lines, ledger.BinMove{SKU: ledger.SKU(l.SKU), From: ledger.Bin(l.From), To: ledger.Bin(l.To), Qty: l.Qty, Blocked: l.Blocked, Pack: l.told})
		out.Lots = append(out.Lots, ledger.LotID(l.Lot))
	}
	return out, nil
}

// RenderBinMove gives the answer that an entry is. ok is false where it is of no move between bins.
func RenderBinMove(e *ledger.Entry) (out BinMoveAnswer, ok bool) {
	var lines []ledger.BinMove
	switch b := e.Body.(type) {
	case *ledger.MovedBody:
		lines, out.Reason, out.By = b.Lines, b.Reason, b.By
	case *ledger.LateBody: // it was first answered by a book that was set aside
		if b.Was != ledger.KindMoved {
			return out, false
		}
		lines, out.Reason, out.By = b.Moved, b.Reason, b.Approver
	default:
		return out, false
	}
	out.Seq, out.Lines = uint64(e.Seq), make([]BinMoved, len(lines))
	for i, l := range lines {
		out.Lines[i] = BinMoved{SKU: l.SKU, Qty: l.Qty, From: l.From, To: l.To, Blocked: l.Blocked, Pack: renderPacked(l.Pack)}
	}
	return out, true
}

// fromBin says why units cannot be moved so.
func fromBin(no *ledger.BinError) *Problem {
	l := &no.Lines[0]
	state := "may be sold"
	if l.Blocked {
		state = "are blocked and no return's"
	}
	detail := fmt.Sprintf("Line %d: %d of %s are to leave bin %s, where %d lie that %s.", l.Line, l.Want, l.SKU, l.Bin, l.Have, state)
	if l.Returned > 0 {
		detail += fmt.Sprintf(" %d more lie there for returns: inspect these with their return first.", l.Returned)
	}
	if more := len(no.Lines) - 1; more > 0 {
		detail += fmt.Sprintf(" %d more lines are short.", more)
	}
	return New(CodeBinShort, detail+" Nothing was moved.")
}
