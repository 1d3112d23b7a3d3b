package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ReceiptLine is one line of a delivery.
type ReceiptLine struct {
	SKU     string     `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode string     `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it"`
	Pack    string     `json:"pack,omitempty" jsonschema:"the name or a barcode of one of the item's packs: qty is how many of these"`
	Qty     ledger.Qty `json:"qty,omitempty" jsonschema:"a scan may say it"`
	Bin     string     `json:"bin,omitempty" jsonschema:"where it is put; left out: the goods-in bin of the node (node --goods-in-bin), MAIN where it has none"`

	Lot     string   `json:"lot,omitempty" jsonschema:"of an item that is kept by lot; a scan may say it"`
	Expiry  string   `json:"expiry,omitempty" jsonschema:"the last day on which it may be sold, such as 2027-12-31; a scan may say it"`
	Serials []string `json:"serials,omitempty" jsonschema:"of an item that is kept by serial number: that of each unit; a scan may say it"`

	told *ledger.Packed
	lots []ledger.LotQty
}

// ReceiptRequest takes goods in.
type ReceiptRequest struct {
	Reference string        `json:"reference,omitempty" jsonschema:"the delivery's name, at most 128 bytes"`
	Lines     []ReceiptLine `json:"lines" jsonschema:"1 to 5000"`
}

// Receipt answers a receipt.
type Receipt struct {
	ID    string        `json:"id"`
	Seq   uint64        `json:"seq"`
	Packs []ReceiptPack `json:"packs,omitempty" jsonschema:"the lines that were told in packs"`
}

// ReceiptPack is a line that was told in packs, with their factor of then.
type ReceiptPack struct {
	Line int        `json:"line" jsonschema:"from 1"`
	SKU  ledger.SKU `json:"sku"`
	Pack Packed     `json:"pack"`
	Qty  ledger.Qty `json:"qty" jsonschema:"in base units"`
}

// RenderReceipt gives the answer that entry seq is.
func RenderReceipt(b *ledger.ReceiptBody, seq ledger.Seq) Receipt {
	out := Receipt{ID: b.ID, Seq: uint64(seq)}
	for i := range b.Packs {
		p := &b.Packs[i]
		qty, _ := p.Packed.Qty()
		out.Packs = append(out.Packs, ReceiptPack{Line: p.Line, SKU: p.SKU, Pack: *renderPacked(&p.Packed), Qty: qty})
	}
	return out
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
		out.Lines[i] = ledger.ReceiptLine{SKU: sku, Qty: l.Qty, Bin: bin, Pack: l.told, Lots: l.lots}
	}
	return out, nil
}
