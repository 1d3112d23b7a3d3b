package ledger

import (
	"fmt"
	"slices"
)

// adjust books units found and units gone. What is found comes first, so that a count which moves
// units between bins takes nobody's.
func (d *decision) adjust(r *Adjust) Outcome {
	if err := d.s.checkAdjust(r); err != nil {
		return Outcome{Err: err}
	}
	if r.refused != nil {
		return Outcome{Err: r.refused}
	}
	m := &moves{}
	if err := d.s.nameGone(m, r); err != nil {
		return Outcome{Err: err}
	}
	return d.adjusted(KindAdjusted, &AdjustedBody{Reason: r.Reason, Approver: r.Approver, Lines: slices.Clone(r.Lines)}, m, r.Meta, false)
}

// adjusted books the lines of a body that were checked; m has what was said of their lots. Of a trial nothing is written, and the entry of
// the outcome has no place in the journal. Lines that name a bin go first: what is taken from whichever holds some leaves them theirs.
func (d *decision) adjusted(kind Kind, b *AdjustedBody, m *moves, meta Meta, trial bool) Outcome {
	t := d.s.taking(m)
	d.s.find(m, b.Reason, b.Lines)
	for i := range b.Lines {
		b.Lines[i].Short = 0
		t.about(b.Lines[i].SKU)
	}
	for _, anywhere := range [...]bool{false, true} {
		for i := range b.Lines {
			switch l := &b.Lines[i]; {
			case l.Qty >= 0 || (l.Bin == "") != anywhere:
			case l.Blocked:
				_, l.Short = t.takeFrom(l.Bin, l.SKU, -l.Qty, Account{Kind: Blocked, Ref: string(l.Bin)})
			case anywhere:
				_, l.Short = t.take(l.SKU, -l.Qty, accountLoss(b.Reason))
			default:
				_, l.Short = t.takeFrom(l.Bin, l.SKU, -l.Qty, accountLoss(b.Reason))
			}
		}
	}
	if err := m.fit(); err != nil {
		return Outcome{Err: err}
	}
	b.Displaced = t.displaced
	e := &Entry{Kind: kind, Ref: b.Reason, Postings: m.settled(), Lots: m.lots, Body: b}
	if trial {
		return Outcome{Entry: e, Err: d.s.nameLots(e)}
	}
	e = d.writeTaking(e, t, meta)
	d.fill()
	return Outcome{Entry: e}
}

func accountLoss(reason string) Account { return Account{Kind: Loss, Ref: reason} }

// find takes in what lines found, each in its bin, and names the bin that a line left open.
func (s *State) find(m *moves, reason string, lines []AdjustLine) {
	for i := range lines {
		l := &lines[i]
		if l.Qty <= 0 {
			continue
		}
		l.Bin = l.foundIn()
		m.add(l.SKU, accountLoss(reason), -l.Qty)
		if l.Blocked {
			m.add(l.SKU, Account{Kind: Blocked, Ref: string(l.Bin)}, l.Qty)
		} else {
			s.takeIn(m, l.SKU, l.Bin, l.Qty)
		}
	}
}

// checkAdjust refuses what no book may write: a loss of more than a bin holds is a mistake in the
// count, for what the book does not have cannot be lost.
func (s *State) checkAdjust(r *Adjust) error {
	if len(r.Lines) == 0 || len(r.Lines) > LinesMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; an adjustment has 1 to %d", len(r.Lines), LinesMax)}
	}
	if r.Reason == "" || len(r.Reason) > TextMax {
		return &FormError{Field: "reason", Why: fmt.Sprintf("is empty, or longer than %d bytes: say why", TextMax)}
	}
	if len(r.Approver) > TextMax {
		return &FormError{Field: "approver", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
	}
	sums, bins := map[SKU]Qty{}, map[SKU]int{}
	gone := map[binOf]Qty{}
	for i, l := range r.Lines {
		if err := s.checkAdjustLine(l, sums, bins, gone); err != nil {
			return atLine(err, i)
		}
	}
	return nil
}

// binOf is one SKU in one bin; no bin is all of them.
type binOf struct {
	sku SKU
	bin Bin
}

func (s *State) checkAdjustLine(l AdjustLine, sums map[SKU]Qty, bins map[SKU]int, gone map[binOf]Qty) error {
	if l.Qty > 0 {
		_, err := s.checkReceipt(ReceiptLine{SKU: l.SKU, Qty: l.Qty, Bin: l.Bin}, sums, bins)
		return err
	}
	if _, err := ParseSKU(string(l.SKU)); err != nil {
		return err
	}
	if l.Qty == 0 || l.Qty < -QtyMax {
		return &FormError{Field: "qty", Why: fmt.Sprintf("is %d; units are found or gone, at most %d", l.Qty, QtyMax)}
	}
	all, here := binOf{sku: l.SKU}, binOf{l.SKU, l.Bin}
	var level Level
	if held := s.look(l.SKU); held != nil {
		level = *held
	}
	if gone[all] -= l.Qty; gone[all] > level.Sellable {
		return &FormError{Field: "qty", Why: fmt.Sprintf("takes %d of %s, the book has %d", gone[all], l.SKU, level.Sellable)}
	}
	if l.Bin == "" && l.Blocked {
		return &FormError{Field: "bin", Why: fmt.Sprintf("is missing: units of %s that stay where they are, blocked, lie in one", l.SKU)}
	}
	if l.Bin == "" {
		return nil
	}
	has := Qty(0)
	if at, ok := level.bin(l.Bin); ok {
		has = level.Bins[at].Sellable
	}
	if gone[here] -= l.Qty; gone[here] > has {
		return &FormError{Field: "qty", Why: fmt.Sprintf("takes %d from bin %s, the book has %d there", gone[here], l.Bin, has)}
	}
	return nil
}
