package ledger

import (
	"cmp"
	"fmt"
)

// What a supplier has said in a life of the book that is over is told to the next one entry by entry, in whatever order, and each entry has the line as it stood
// after it. How it stood does not say which despatches it is of: a supplier may have sent some under one note in the one life, and others under another note
// in the other. The numbers of the notes do.

// hearDrop joins what a line's supplier said in another life of the book to what it said in this one: what either has heard of has happened. own is what the
// entry of the other life itself says was sent, by a note that this life has not booked: that has left beside whatever this life has booked under other
// notes. What else of it this life has not is taken from how the line stood there, and is no other despatch than the notes that are told later (Heard).
func (l *Line) hearDrop(was *Line, own Qty) (more bool) {
	if l.Drop == nil || was.Drop == nil {
		return false
	}
	d := *l.Drop
	l.Drop = &d
	lift := func(deed DropDeed, q Qty) Qty {
		if q = min(q, l.dropped(deed)); q <= 0 {
			return 0
		}
		l.dropMove(deed, q)
		more = true
		return q
	}
	told := min(max(own, 0), d.Heard)
	d.Heard, more = d.Heard-told, told > 0
	lift(DropSend, own-told)
	d.Heard += lift(DropSend, was.Drop.Sent-d.Sent)
	lift(DropRefuse, was.Declined-l.Declined)
	lift(DropConfirm, was.Drop.Confirmed-d.Confirmed)
	lift(DropBack, was.Drop.Back-d.Back)
	if more {
		l.Drop.Reason, l.Drop.Due = cmp.Or(l.Drop.Reason, was.Drop.Reason), max(l.Drop.Due, was.Drop.Due)
	}
	return more
}

// sentBefore is what a line of the fact's order had sent in another life before the fact's own note; all of it where the fact books none.
func (f *fact) sentBefore(line int) Qty {
	d := f.order.Lines[line-1].Drop
	return max(0, d.Sent-f.ownDrop(line))
}

// ownDrop is what the fact's own despatch note says was sent of a line; 0 where it books none, or one that this life has booked.
func (f *fact) ownDrop(line int) (q Qty) {
	if f.drop == nil || f.drop.Note == "" || f.drop.Deed != DropSend || f.noted {
		return 0
	}
	for _, l := range f.drop.Lines {
		if l.Line == line {
			q += max(0, min(l.Qty, QtyMax))
		}
	}
	return min(q, QtyMax)
}

// lateDrop is what an entry that records the fact says of its supplier's word; nil where this life has booked its note, or there is none.
func (f *fact) lateDrop() *DropBody {
	if f.drop == nil || f.drop.Note == "" || f.noted {
		return nil
	}
	d := f.drop
	return &DropBody{Deed: d.Deed, Supplier: d.Supplier, Lines: d.Lines, Note: d.Note, Ship: d.Ship, Due: d.Due, Reason: d.Reason, By: d.By, Named: d.Named}
}

// checkDrop refuses a supplier's word that no book has taken down.
func (f *fact) checkDrop() error {
	d := f.drop
	if d == nil {
		return nil
	}
	for _, t := range []struct{ field, text string }{{"note", d.Note}, {"reason", d.Reason}, {"by", d.By}, {"carrier", d.Ship.Carrier}, {"service", d.Ship.Service}, {"tracking", d.Ship.Tracking}, {"supplier", d.Supplier}, {"due", d.Due}} {
		if len(t.text) > TextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	if len(d.Lines) > LinesMax {
		return &FormError{Field: "lines", Why: "are more than an order has"}
	}
	return nil
}

// recallNote looks whether this life has booked the note of a supplier's word that is told late.
func (c *Core) recallNote(f *fact) error {
	if f.order == nil || f.drop == nil || f.drop.Note == "" {
		return nil
	}
	var err error
	_, f.noted, err = c.answered(KeyOfDropNote(f.order.ID, f.drop.Supplier, f.drop.Note))
	return err
}
