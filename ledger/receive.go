package ledger

import (
	"fmt"
	"slices"
)

// receive takes goods in. A site without a counter allots them to head office in the same
// entry; a site with one gives them to the orders that wait here, in turn.
func (d *decision) receive(r *Receive) Outcome {
	s := d.s
	if len(r.Lines) == 0 || len(r.Lines) > LinesMax {
		return Outcome{Err: &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a receipt has 1 to %d", len(r.Lines), LinesMax)}}
	}
	if len(r.Reference) > TextMax || len(r.ID) > TextMax {
		return Outcome{Err: &FormError{Field: "reference", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}}
	}
	m := &moves{}
	sums := make(map[SKU]Qty, len(r.Lines))
	bins := make(map[SKU]int)
	seen, rows := map[lotKey]LotQty{}, map[SKU]int{}
	goods := make(map[SKU]Qty, len(r.Lines))
	for i, l := range r.Lines {
		bin, err := s.checkReceipt(l, sums, bins)
		if err == nil {
			err = s.checkLotsIn(m, l.SKU, l.Qty, l.Lots, seen, rows)
		}
		if err != nil {
			return Outcome{Err: lotAt(err, i)}
		}
		m.add(l.SKU, Account{Kind: Supplier, Ref: r.Reference}, -l.Qty)
		s.takeIn(m, l.SKU, bin, l.Qty)
		goods[l.SKU] += l.Qty
		m.came(l.SKU, l.Lots, LotPlace{Supplier, r.Reference}, LotPlace{Sellable, string(bin)})
	}
	of, err := r.delivered(goods)
	if err != nil {
		return Outcome{Err: err}
	}
	short, err := r.closing(of)
	if err != nil {
		return Outcome{Err: err}
	}
	e := d.write(&Entry{Kind: KindReceipt, Ref: r.ID, Postings: m.list, Lots: m.lots,
		Body: &ReceiptBody{ID: r.ID, Reference: r.Reference, Packs: packsOf(r.Lines), Delivered: of}}, r.Meta)
	if short != nil {
		d.write(&Entry{Kind: KindPurchase, Ref: r.Reference, Body: short}, r.who())
	}
	d.fill()
	return Outcome{Entry: e}
}

// BinsMax bounds the bins of one SKU, so that its level stays a small record.
const BinsMax = 10_000

// checkReceipt says which bin a line goes to, or why it cannot be taken in. sums and bins count
// what the lines before it bring; a line is counted as a new bin where it may be one.
func (s *State) checkReceipt(l ReceiptLine, sums map[SKU]Qty, bins map[SKU]int) (Bin, error) {
	if _, err := ParseSKU(string(l.SKU)); err != nil {
		return "", err
	}
	if err := CheckQty(l.Qty); err != nil {
		return "", err
	}
	if held, ok := s.levels[l.SKU]; ok {
		if _, seen := sums[l.SKU]; !seen {
			sums[l.SKU], bins[l.SKU] = held.OnHand(), len(held.Bins)
		}
	}
	sum, err := AddQty(sums[l.SKU], l.Qty)
	if err != nil {
		return "", err
	}
	sums[l.SKU] = sum
	bin, err := ParseBin(string(l.Bin))
	if err != nil {
		return "", err
	}
	if bins[l.SKU]++; bins[l.SKU] > BinsMax && !s.hasBin(l.SKU, bin) {
		return "", &FormError{Field: "bin", Why: fmt.Sprintf("would be one more than the %d that one SKU can lie in: put it where it lies already", BinsMax)}
	}
	return bin, nil
}

func (s *State) hasBin(sku SKU, bin Bin) bool {
	l, ok := s.levels[sku]
	return ok && slices.ContainsFunc(l.Bins, func(b InBin) bool { return b.Bin == bin })
}

// packsOf lists the lines that were told in packs.
func packsOf(lines []ReceiptLine) (out []PackedLine) {
	for i := range lines {
		if p := lines[i].Pack; p != nil {
			out = append(out, PackedLine{Line: i + 1, SKU: lines[i].SKU, Packed: *p})
		}
	}
	return out
}
