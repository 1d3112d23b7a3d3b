package ledger

import (
	"errors"
	"fmt"
	"slices"
)

// countCatchMax bounds the entries that the writer reads for a count: those that came between
// the walk of who asked and the decision.
const countCatchMax = 4096

// errCountBehind says that the walk of a count ended too far before the entry that would follow.
var errCountBehind = errors.New("the journal has gone on by too much since it was read for the count")

// A countWalk is what the journal says of the bins of a count behind the position that it was counted at.
//
// It needs no balance of the past: what lay in a bin then is what lies there now less what has moved since.
// What earlier counts have corrected since is no move, for the units were not there, or were there, all
// along; so a count that comes late is held against what the book knows by now. Whatever else says
// something of a bin by looking at it is newer than the position, and the count does not pass it: a newer
// count, an adjustment by hand, a pick that found fewer. So does a fact told late, of which nobody knows
// whether it was before the count or after.
type countWalk struct {
	upTo  Seq // the last entry that was looked at; 0: none yet
	moved map[binOf]Qty
	left  map[binOf]Seq // the last entry that took of a bin
	newer map[binOf]CountAgainst
	lots  map[lotOfBin]Qty // that moved, of a count by lot
	err   error            // the journal does not go back so far
}

// begin makes the walk of a count that has not been begun.
func (r *Count) begin() {
	w := &r.walk
	if w.upTo > 0 {
		return
	}
	w.upTo, w.err = r.At, nil
	w.moved, w.left, w.newer = make(map[binOf]Qty, len(r.Lines)), map[binOf]Seq{}, map[binOf]CountAgainst{}
	w.lots = map[lotOfBin]Qty{}
	for i := range r.Lines {
		w.moved[binOf{r.Lines[i].SKU, r.Lines[i].Bin}] = 0
	}
}

// see takes in the next entry.
func (r *Count) see(e *Entry) {
	w := &r.walk
	if e.Epoch != r.Epoch {
		w.err = &FormError{Field: "at", Why: fmt.Sprintf("is of epoch %d, and entry %d behind it is of epoch %d: the site's book has begun another life since. Take a new sheet, and count again", r.Epoch, e.Seq, e.Epoch)}
	}
	w.upTo = e.Seq
	b, ok := e.Body.(*AdjustedBody)
	if ok && b.Count != nil {
		if b.Count.Refusal != "" || b.Count.At <= r.At {
			return
		}
		for i := range b.Count.Lines {
			l := &b.Count.Lines[i]
			key := binOf{l.SKU, l.Bin}
			if _, wanted := w.moved[key]; wanted {
				w.newer[key] = CountAgainst{Seq: e.Seq, At: b.Count.At, Counted: l.Counted}
			}
		}
		return
	}
	for i := range e.Postings {
		p := &e.Postings[i]
		if p.Account.Kind != Sellable {
			continue
		}
		key := binOf{p.SKU, Bin(p.Account.Ref)}
		if _, wanted := w.moved[key]; !wanted {
			continue
		}
		if looksAtBins(e) {
			w.newer[key] = CountAgainst{Seq: e.Seq}
			continue
		}
		if w.moved[key] += p.Qty; p.Qty < 0 {
			w.left[key] = e.Seq
		}
	}
	w.seeLots(e)
}

// seeLots takes in what an entry says of the lots in the bins of a count. Who has looked may have found other lots, and as many units: that moves none.
func (w *countWalk) seeLots(e *Entry) {
	looked := len(e.Lots) > 0 && looksAtBins(e)
	for i := range e.Lots {
		v := &e.Lots[i]
		for _, end := range [...]struct {
			at LotPlace
			q  Qty
		}{{v.From, -v.Qty}, {v.To, v.Qty}} {
			key := binOf{v.SKU, Bin(end.at.Ref)}
			if _, wanted := w.moved[key]; end.at.Kind != Sellable || !wanted {
				continue
			}
			if looked {
				w.newer[key] = CountAgainst{Seq: e.Seq}
			}
			w.lots[lotOfBin{key, v.Lot}] += end.q
		}
	}
}

// looksAtBins says whether an entry tells what somebody has seen, or was told late.
func looksAtBins(e *Entry) bool {
	switch b := e.Body.(type) {
	case *LegBody: // what was found is a move as any other
		return slices.ContainsFunc(b.Lines, func(l LegLine) bool { return l.Short > 0 })
	case *AdjustedBody, *LateBody:
		return true
	default:
		return false
	}
}

// recount brings the walk of a count up to the state that it is decided on.
func (c *Core) recount(r *Count) error {
	s := c.State
	if r.refused != nil {
		return r.refused
	}
	if r.At == 0 {
		r.Epoch, r.At = s.Epoch, s.Seq
		r.walk.upTo = 0 // of an earlier decision of the same request
	}
	switch {
	case r.Epoch != s.Epoch:
		return &FormError{Field: "at", Why: fmt.Sprintf("is of epoch %d, the book is in epoch %d: it is of another life of this site, or of another site. Take a new sheet, and count again", r.Epoch, s.Epoch)}
	case r.At > s.Seq:
		return &FormError{Field: "at", Why: fmt.Sprintf("is entry %d, the book ends at entry %d: it is of another site. Take a new sheet here, and count again", r.At, s.Seq)}
	}
	r.begin()
	if s.Seq-min(s.Seq, r.walk.upTo) > countCatchMax {
		if r.walk.err != nil {
			return r.walk.err
		}
		return errCountBehind
	}
	from := r.walk.upTo
	for r.walk.err == nil && r.walk.upTo < s.Seq {
		e, err := c.entry(r.walk.upTo + 1)
		if err != nil {
			return fmt.Errorf("read what moved since entry %d: %w", r.At, err)
		}
		r.see(e)
	}
	if past, ok := c.past.(interface{ trimmed() Seq }); ok && past.trimmed() > from { // a stub has no postings
		return tooOld(r.At, past.trimmed())
	}
	return r.walk.err
}

func tooOld(at, trimmed Seq) error {
	return &FormError{Field: "at", Why: fmt.Sprintf("is entry %d, and the journal here goes back to entry %d: what has moved since cannot be told any more. Take a new sheet, and count again", at, trimmed+1)}
}
