package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ReceiptLine is one line of a delivery.
type ReceiptLine struct {
	SKU     string     `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode string     `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article"`
	Qty     ledger.Qty `json:"qty"`
	Bin     string     `json:"bin,omitempty" jsonschema:"where it is put; MAIN where nothing is said"`
}

// ReceiptRequest takes goods in.
type ReceiptRequest struct {
	Reference string        `json:"reference,omitempty" jsonschema:"the delivery's name, at most 128 bytes"`
	Lines     []ReceiptLine `json:"lines" jsonschema:"1 to 5000"`
}

// Receipt answers a receipt.
type Receipt struct {
	ID  string `json:"id"`
	Seq uint64 `json:"seq"`
}

// Ledger checks the receipt and gives it to the ledger, without an id or a key.
func (r *ReceiptRequest) Ledger() (*ledger.Receive, error) {
	if err := CheckText("reference", r.Reference, textMax); err != nil {
		return nil, err
	}
	if n := len(r.Lines); n == 0 || n > ledger.LinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a receipt has 1 to %d", n, ledger.LinesMax)}
	}
	out := &ledger.Receive{Reference: r.Reference, Lines: make([]ledger.ReceiptLine, len(r.Lines))}
	for i, l := range r.Lines {
		sku, err := ledger.ParseSKU(l.SKU)
		if err != nil {
			return nil, atLine(err, i)
		}
		if err := ledger.CheckQty(l.Qty); err != nil {
			return nil, atLine(err, i)
		}
		bin, err := ledger.ParseBin(l.Bin)
		if err != nil {
			return nil, atLine(err, i)
		}
		out.Lines[i] = ledger.ReceiptLine{SKU: sku, Qty: l.Qty, Bin: bin}
	}
	return out, nil
}
