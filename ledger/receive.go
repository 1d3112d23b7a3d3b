package ledger

import "fmt"

// receive takes goods in. A site without a counter allots them to head office in the same
// entry; a site with one gives them to the orders that wait here, first placed first.
func (d *decision) receive(r *Receive) Outcome {
	s := d.s
	if len(r.Lines) == 0 || len(r.Lines) > LinesMax {
		return Outcome{Err: &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a receipt has 1 to %d", len(r.Lines), LinesMax)}}
	}
	m := &moves{}
	sums := make(map[SKU]Qty, len(r.Lines))
	for i, l := range r.Lines {
		if _, err := ParseSKU(string(l.SKU)); err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		if err := CheckQty(l.Qty); err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		held, ok := s.levels[l.SKU]
		if _, seen := sums[l.SKU]; !seen && ok {
			sums[l.SKU] = held.OnHand()
		}
		sum, err := AddQty(sums[l.SKU], l.Qty)
		if err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		sums[l.SKU] = sum
		bin, err := ParseBin(string(l.Bin))
		if err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		m.add(l.SKU, Account{Kind: Supplier, Ref: r.Reference}, -l.Qty)
		m.add(l.SKU, Account{Kind: Sellable, Ref: string(bin)}, l.Qty)
		m.add(l.SKU, Account{Kind: Stock}, -l.Qty)
		m.add(l.SKU, s.freed(), l.Qty)
	}
	e := d.write(&Entry{Kind: KindReceipt, Ref: r.ID, Postings: m.list,
		Body: &ReceiptBody{ID: r.ID, Reference: r.Reference}}, r.Meta)
	d.fill()
	return Outcome{Entry: e}
}

// fill reserves what has become available for the orders that wait here, first placed first.
// Its entries land in the commit of the entry that freed the units.
func (d *decision) fill() {
	s := d.s
	for _, id := range append([]OrderID(nil), s.waiting...) {
		old := s.orders[id]
		m := &moves{}
		used := map[SKU]Qty{}
		var o *Order
		for i := range old.Lines {
			l := &old.Lines[i]
			n := min(l.Backordered, s.available(l.SKU)-used[l.SKU])
			if n <= 0 {
				continue
			}
			if o == nil {
				o = old.Clone()
			}
			used[l.SKU] += n
			o.Lines[i].Here += n
			o.Lines[i].Backordered -= n
			m.claim(l.SKU, accountAvailable(), accountReserved(id, i+1), n)
		}
		if o == nil {
			continue
		}
		o.settle()
		d.write(&Entry{Kind: KindFilled, Ref: string(id), Postings: m.list, Body: &OrderBody{Order: *o}}, Meta{})
	}
}
