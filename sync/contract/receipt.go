package contract

import (
	"errors"
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
	Reference string        `json:"reference,omitempty" jsonschema:"the delivery's name, at most 128 bytes; of goods that were ordered, the purchase order's"`
	Lines     []ReceiptLine `json:"lines" jsonschema:"1 to 5000"`
	Supplier  string        `json:"supplier,omitempty" jsonschema:"who brought them; default: as this site's purchase order says"`
	Note      string        `json:"delivery_note,omitempty" jsonschema:"the number of the supplier's delivery note. It is booked in once: again, the answer is note_booked, and nothing is taken in"`
	More      bool          `json:"more,omitempty" jsonschema:"true: another part of a note that was booked in before"`
	KeepOver  bool          `json:"keep_over,omitempty" jsonschema:"true: what comes beyond the purchase order is to be kept, however much"`
	Close     bool          `json:"close,omitempty" jsonschema:"true: what of this site's purchase order has not come by now will not; it is closed short with the receipt. Otherwise it stays due"`
	By        string        `json:"by,omitempty" jsonschema:"who closes it, where it is not whoever has signed in; default owner"`
}

// Receipt answers a receipt.
type Receipt struct {
	ID    string        `json:"id"`
	Seq   uint64        `json:"seq"`
	Packs []ReceiptPack `json:"packs,omitempty" jsonschema:"the lines that were told in packs"`

	Supplier string       `json:"supplier,omitempty"`
	Note     string       `json:"delivery_note,omitempty"`
	Part     uint64       `json:"part,omitempty" jsonschema:"which receipt of the note it is, from 1"`
	Ordered  []CameOfLine `json:"ordered,omitempty" jsonschema:"of a purchase order that this site has written: what of it has come here by now, by SKU"`
	Closed   bool         `json:"closed_short,omitempty" jsonschema:"what of the purchase order has not come will not"`
}

// CameOfLine is one SKU of a purchase order, as far as it has come: received + due_qty = qty + over.
type CameOfLine struct {
	SKU      ledger.SKU `json:"sku"`
	Qty      ledger.Qty `json:"qty" jsonschema:"ordered; 0 of what came without being ordered"`
	Received ledger.Qty `json:"received"`
	Left     ledger.Qty `json:"due_qty" jsonschema:"ordered, and not received"`
	Over     ledger.Qty `json:"over" jsonschema:"received beyond qty"`
}

func cameOfLines(came []ledger.Came) []CameOfLine {
	out := make([]CameOfLine, len(came))
	for i, c := range came {
		out[i] = CameOfLine{SKU: c.SKU, Qty: c.Ordered, Received: c.Came, Left: c.Left(), Over: max(c.Came-c.Ordered, 0)}
	}
	return out
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
	if d := b.Delivered; d != nil {
		out.Supplier, out.Note, out.Part, out.Closed = d.Supplier, d.Note, d.Part, d.Closed
		if d.Nth > 0 {
			out.Ordered = cameOfLines(d.Came)
		}
	}
	return out
}

// fromDelivery says why goods of a delivery were not taken in, or a carrier was not given its manifest; ok is false of any other error.
func fromDelivery(err error) (p *Problem, ok bool) {
	if e, ok := errors.AsType[*ledger.NoteError](err); ok && e.Drop {
		p := New(CodeNoteBooked, fmt.Sprintf("Despatch note %s of %s was taken down before, for order %s%s. Nothing was changed.", clip(e.Note), clip(e.Supplier), e.ID, underName(e.Reference)))
		p.Hint = "If it is another note, give the number that stands on it: holdfast drop-ship show says what the supplier has sent."
		return p, true
	} else if ok {
		p := New(CodeNoteBooked, fmt.Sprintf("Delivery note %s of %s was booked in before, as receipt %s%s. Nothing was taken in now.", clip(e.Note), clip(e.Supplier), e.ID, underName(e.Reference)))
		return p, true
	}
	if e, ok := errors.AsType[*ledger.OverError](err); ok {
		return overDelivered(e), true
	}
	if e, ok := errors.AsType[*ledger.ManifestError](err); ok {
		return fromManifest(e), true
	}
	return nil, false
}

func underName(reference string) string {
	if reference == "" {
		return ""
	}
	return " under " + clip(reference)
}

func overDelivered(e *ledger.OverError) *Problem {
	l := &e.Lines[0]
	words := fmt.Sprintf("Of %s %d were ordered with %s, %d came before and %d come now: %d too many.", l.SKU, l.Ordered, clip(e.Reference), l.Came, l.Now, l.Came+l.Now-l.Ordered)
	switch {
	case e.State == ledger.PurchaseCanceled:
		words = fmt.Sprintf("Purchase order %s was called off, and %d %s come of it.", clip(e.Reference), l.Now, l.SKU)
	case l.Ordered == 0:
		words = fmt.Sprintf("%d %s come, of which none were ordered with %s.", l.Now, l.SKU, clip(e.Reference))
	}
	if n := len(e.Lines) - 1; n > 0 {
		words += fmt.Sprintf(" %d lines more are like this.", n)
	}
	p := New(CodeOverDelivery, words+" Nothing was taken in yet.")
	for _, l := range e.Lines {
		p.Lines = append(p.Lines, Short{Line: l.Line, SKU: l.SKU, Want: l.Came + l.Now, Have: l.Ordered})
	}
	return p
}

// Ledger checks the receipt and gives it to the ledger, without an id or a key.
func (r *ReceiptRequest) Ledger() (*ledger.Receive, error) {
	if err := CheckText("reference", r.Reference, textMax); err != nil {
		return nil, err
	}
	if n := len(r.Lines); n == 0 || n > ledger.LinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a receipt has 1 to %d", n, ledger.LinesMax)}
	}
	for _, t := range [...]struct{ field, text string }{{"supplier", r.Supplier}, {"delivery_note", r.Note}, {"by", r.By}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	out := &ledger.Receive{Reference: r.Reference, Lines: make([]ledger.ReceiptLine, len(r.Lines)), Supplier: r.Supplier, Note: r.Note, More: r.More, KeepOver: r.KeepOver, Close: r.Close, By: r.By}
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
