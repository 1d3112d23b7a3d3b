package ledger

import (
	"fmt"
	"slices"
)

// CountReason is an adjustment's reason where a count names no other.
const CountReason = "counted"

// CountedLine is what was counted of one SKU in one bin. Only units that are fit to be sold lie in a bin
// as a count sees it: reserved ones among them, picked and blocked ones not.
type CountedLine struct {
	SKU      SKU
	Bin      Bin
	Counted  Qty
	Expected Qty     // what the book says was there at the position, by all that it knows now
	Moved    Qty     // what came in (or, below zero, left) since, and is no business of the count's
	Pack     *Packed // what Counted was told in; nil: in units

	// Lots is what was counted of each lot, and, once it is decided, 0 of those that were not found. What Counted has beyond them has no label. None: it was
	// counted without looking at lots; then what is gone was of those that leave first.
	Lots []CountedLot
}

// Variance is what the adjustment moves: above zero units were found.
func (l *CountedLine) Variance() Qty { return l.Counted - l.Expected }

// CountBody is what a count says beside its adjustment. A count that finds no difference is an entry
// all the same: an older one that comes after it must not pass.
type CountBody struct {
	At        Seq    // the bins were counted as they stood after this entry, of the entry's epoch
	By        string // who counted, where that is not the actor
	Recounted string // who counted again what is beyond the tolerance; "" where nobody did
	Lines     []CountedLine
	Refusal   Refusal        // why nothing was changed; "" where it was
	Against   []CountAgainst // refused: the lines that it is refused for
}

// CountAgainst is a line, from 1, that a count was refused for: because of what entry Seq says of the bin,
// or because it differs by more than the tolerance, where Seq is 0.
type CountAgainst struct {
	Line    int
	Seq     Seq
	At      Seq // where that entry is a count: the position that it was counted at; else 0
	Counted Qty // and what it found
}

// The refusals that a count can record.
const (
	RefusedOutdated Refusal = "count_outdated" // something newer is known of a bin
	RefusedRecount  Refusal = "recount_needed" // it differs by more than the tolerance, and one person has counted
)

// A CountError says no to a count: nothing was changed. Body holds the lines, and those that are at fault.
type CountError struct {
	Epoch Epoch // of the positions in Body
	Body  *CountBody
}

func (e *CountError) Error() string {
	if e.Body.Refusal == RefusedRecount {
		return fmt.Sprintf("%d lines differ by more than the tolerance", len(e.Body.Against))
	}
	return fmt.Sprintf("of %d lines something newer is known", len(e.Body.Against))
}

// refused says whether the body is of a count that was refused.
func (b *AdjustedBody) refused() bool { return b.Count != nil && b.Count.Refusal != "" }

// err gives the refusal that the body records, or nil.
func (b *AdjustedBody) err(epoch Epoch) error {
	if !b.refused() {
		return nil
	}
	return &CountError{epoch, b.Count}
}

// Tolerance is by how much a counted line may differ before somebody else must count it again: a line
// within either bound passes. Both 0: by any number.
type Tolerance struct {
	Units   Qty // >= 0
	Percent int // of what the book expects, 0 to 100
}

// passes says whether a line may differ as it does.
func (t Tolerance) passes(l *CountedLine) bool {
	if t == (Tolerance{}) {
		return true
	}
	off := l.off()
	return off <= t.Units || float64(off)*100 <= float64(t.Percent)*float64(l.Expected)
}

// Count says what was counted in some bins, as they stood at a position of this book. Selling goes on
// meanwhile: what has moved behind the position is left as it is. It is refused where something newer than
// the position is known of one of its bins.
type Count struct {
	Meta
	Epoch     Epoch // of At
	At        Seq   // 0: now
	Reason    string
	Approver  string
	By        string
	Recounted string // must be another person than By, or than the actor where By is ""
	Tolerance Tolerance
	NewBins   bool          // units may be found in a bin in which the book has nothing
	NewLots   bool          // and of a lot, or a serial number, that this book never saw
	Preview   bool          // nothing is written: the outcome's entry has no place in the journal
	Lines     []CountedLine // Expected and Moved play no part

	walk    countWalk // what the journal says since
	refused error     // why it cannot be decided, found before it was put to the writer
}

func (d *decision) count(r *Count) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	c := &CountBody{At: r.At, By: r.By, Recounted: r.Recounted, Lines: slices.Clone(r.Lines)}
	b := &AdjustedBody{Reason: r.Reason, Approver: r.Approver, Count: c}
	for i := range c.Lines {
		l := &c.Lines[i]
		key := binOf{l.SKU, l.Bin}
		has := d.s.lies(key)
		l.Moved = r.walk.moved[key]
		l.Expected = has - l.Moved
		if newer, ok := r.walk.newer[key]; ok {
			newer.Line = i + 1
			c.Against = append(c.Against, newer)
		} else if l.Counted+l.Moved < 0 { // more has left since than was counted
			c.Against = append(c.Against, CountAgainst{Line: i + 1, Seq: r.walk.left[key]})
		}
	}
	if len(c.Against) == 0 {
		d.countLots(r, c)
	}
	if len(c.Against) > 0 {
		return d.refuseCount(b, RefusedOutdated, r)
	}
	for i := range c.Lines {
		if l := &c.Lines[i]; r.Recounted == "" && !r.Tolerance.passes(l) {
			c.Against = append(c.Against, CountAgainst{Line: i + 1})
		}
	}
	if len(c.Against) > 0 && !r.Preview { // who looks first wants to see by how much
		return d.refuseCount(b, RefusedRecount, r)
	}
	m := &moves{}
	if err := d.settleLots(r, c, m); err != nil {
		return Outcome{Err: err}
	}
	sums, bins, gone := map[SKU]Qty{}, map[SKU]int{}, map[binOf]Qty{}
	for i := range c.Lines {
		l := &c.Lines[i]
		if l.Variance() == 0 {
			continue
		}
		a := AdjustLine{SKU: l.SKU, Bin: l.Bin, Qty: l.Variance()}
		if err := d.s.checkAdjustLine(a, sums, bins, gone); err != nil {
			return Outcome{Err: atLine(err, i)}
		}
		b.Lines = append(b.Lines, a)
	}
	return d.adjusted(KindCounted, b, m, r.Meta, r.Preview)
}

// refuseCount remembers under its key that a count was refused. No stock moves.
func (d *decision) refuseCount(b *AdjustedBody, why Refusal, r *Count) Outcome {
	b.Count.Refusal = why
	e := &Entry{Kind: KindCounted, Ref: b.Reason, Body: b}
	if !r.Preview && r.Key != (Digest{}) {
		e = d.write(e, r.Meta)
	}
	return Outcome{Entry: e, Err: b.err(d.s.Epoch)}
}

// lies is what lies in a bin, fit to be sold. Readers of the book may ask.
func (s *State) lies(key binOf) Qty {
	if l, ok := s.levels[key.sku]; ok {
		if at, ok := l.bin(key.bin); ok {
			return l.Bins[at].Sellable
		}
	}
	return 0
}

// liesAny says whether anything lies in a bin, fit to be sold.
func (s *State) liesAny(key binOf) bool { return s.lies(key) > 0 }

// check refuses what no count is, whatever the book says.
func (r *Count) check() error {
	if len(r.Lines) == 0 || len(r.Lines) > LinesMax {
		return &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a count has 1 to %d", len(r.Lines), LinesMax)}
	}
	if r.Reason == "" {
		return &FormError{Field: "reason", Why: "is empty"}
	}
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"approver", r.Approver}, {"counted_by", r.By}, {"recounted_by", r.Recounted}} {
		if len(t.text) > TextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	if r.Recounted != "" && (r.Recounted == r.By || r.By == "" && r.Recounted == r.Actor) {
		return &FormError{Field: "recounted_by", Why: "is who counted first: somebody else must count again"}
	}
	if r.Tolerance.Units < 0 || r.Tolerance.Percent < 0 || r.Tolerance.Percent > 100 {
		return &FormError{Field: "tolerance", Why: "is not 0 units or more, and 0 to 100 percent"}
	}
	seen, lots := make(map[binOf]int, len(r.Lines)), 0
	for i := range r.Lines {
		l := &r.Lines[i]
		if _, err := ParseSKU(string(l.SKU)); err != nil {
			return atLine(err, i)
		}
		if _, err := ParseBin(string(l.Bin)); err != nil || l.Bin == "" {
			return atLine(&FormError{Field: "bin", Why: "is no bin's name"}, i)
		}
		if l.Counted < 0 || l.Counted > QtyMax {
			return atLine(&FormError{Field: "counted", Why: fmt.Sprintf("is %d; a bin holds 0 to %d", l.Counted, QtyMax)}, i)
		}
		if first, twice := seen[binOf{l.SKU, l.Bin}]; twice {
			return atLine(&FormError{Field: "bin", Why: fmt.Sprintf("%s is counted for %s on line %d already: add the two up, or send one", l.Bin, l.SKU, first)}, i)
		}
		seen[binOf{l.SKU, l.Bin}] = i + 1
		if err := l.checkLots(); err != nil {
			return lotAt(err, i)
		}
		if lots += len(l.Lots); lots > LotMovesMax {
			return tooManyLots()
		}
	}
	return nil
}
