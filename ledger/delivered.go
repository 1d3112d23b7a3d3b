package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Delivered is what an entry that takes goods in says of the supplier's paper and of the purchase order that they came of.
type Delivered struct {
	Supplier string
	Note     string // the number of the supplier's delivery note; "" where nobody has named one
	Part     uint64 // which receipt of that note in this book it is, from 1; 0 without a note
	Nth      uint64 // which receipt of its purchase order in this book it is, from 1; 0: the book has no such order that comes in here
	Came     []Came // of that order, after it
	Closed   bool   // what has not come of it will not: the entry behind this one closes it short
}

// A Came is what has come of one SKU of a purchase order of the book, at the book's own site. Ordered is 0 of what nobody ordered.
type Came struct {
	SKU     SKU
	Ordered Qty
	Came    Qty
}

// Left is what was ordered and has not come.
func (c Came) Left() Qty { return max(c.Ordered-c.Came, 0) }

// cameMax bounds the SKUs of which a book counts what came of one purchase order; what nobody ordered beyond it is in the journal alone.
const cameMax = 2 * PurchaseLinesMax

// OverAny is the tolerance of a site that never asks.
const OverAny = -1

// A NoteError says that a supplier's delivery note was booked in before: nothing was taken in.
type NoteError struct {
	Supplier, Note string
	ID             string // of the receipt that booked it last
	Reference      string
	Seq            Seq // of its entry
	Part           uint64
	Drop           bool // of goods that the supplier sent straight to a customer: ID is the order's
}

func (e *NoteError) Error() string {
	return fmt.Sprintf("delivery note %s of %s was booked in before, by entry %d", e.Note, e.Supplier, e.Seq)
}

// An OverError says that more comes of a purchase order than its site takes in without asking: nothing was taken in.
type OverError struct {
	Reference string
	State     PurchaseState
	Percent   int // beyond what was ordered, that is taken in unasked
	Lines     []OverLine
}

// An OverLine is a SKU of which too much comes.
type OverLine struct {
	SKU     SKU
	Ordered Qty
	Came    Qty // before
	Now     Qty
	Line    int // the first line of the receipt that brings it, from 1
}

func (e *OverError) Error() string {
	l := &e.Lines[0]
	return fmt.Sprintf("purchase order %s is of %d %s, %d came before and %d come now", e.Reference, l.Ordered, l.SKU, l.Came, l.Now)
}

// plainName is a name without blanks, in small letters, as two clerks may type it. Only ASCII is folded.
func plainName(s string) []byte {
	return []byte(strings.Map(func(c rune) rune {
		switch {
		case c == ' ' || c == '\t':
			return -1
		case c >= 'A' && c <= 'Z':
			return c - 'A' + 'a'
		default:
			return c
		}
	}, s))
}

// KeyOfNote is the digest under which a book remembers for ever that goods came in on a supplier's delivery note, for the part-th time.
func KeyOfNote(supplier, note string, part uint64) Digest {
	return DigestOf([]byte("delivery note"), plainName(supplier), plainName(note), seqKey(Seq(part)))
}

// KeyOfCame is the digest under which a book remembers for ever that goods of a purchase order of its own came in, for the nth time. The entry says what
// has come of it in all, so nothing of it is in memory.
func KeyOfCame(reference string, nth uint64) Digest {
	return DigestOf([]byte("came"), []byte(reference), seqKey(Seq(nth)))
}

// delivery is what an entry that takes goods in says of where they came from; nil of any other.
func (e *Entry) delivery() (reference string, d *Delivered) {
	switch b := e.Body.(type) {
	case *ReceiptBody:
		return b.Reference, b.Delivered
	case *LateBody:
		return b.Receipt.Reference, b.Receipt.Delivered
	}
	return "", nil
}

// delivered are the keys of what e says of a delivery.
func (e *Entry) delivered() (out []Digest) {
	reference, d := e.delivery()
	if d == nil {
		return nil
	}
	if d.Part > 0 {
		out = append(out, KeyOfNote(d.Supplier, d.Note, d.Part))
	}
	if d.Nth > 0 {
		out = append(out, KeyOfCame(reference, d.Nth))
	}
	return out
}

// awaited is what a book knows of goods that come in, before they do.
type awaited struct {
	order *Entry     // that says how the book has their purchase order; nil where it has none that comes in here
	came  *Delivered // by the last receipt of it; nil for none
	note  *Entry     // the last receipt on their delivery note; nil for none
	part  uint64     // of the note
}

// recallDelivery looks up what is known of goods that come under a reference, on a note.
func (c *Core) recallDelivery(reference string, d *Delivered) (a awaited, err error) {
	if reference != "" {
		if a.order, err = c.lastPurchase(reference); err != nil {
			return a, err
		}
	}
	if a.order != nil && a.order.Purchase().Order.Site != c.State.Site {
		a.order = nil
	}
	if a.order != nil {
		last, err := c.lastOf(func(nth uint64) Digest { return KeyOfCame(reference, nth) })
		if err != nil {
			return a, err
		}
		if last != nil {
			_, a.came = last.delivery()
		}
	}
	if d.Note == "" {
		return a, nil
	}
	supplier := a.supplier(d.Supplier)
	a.note, err = c.lastOf(func(part uint64) Digest { return KeyOfNote(supplier, d.Note, part) })
	if a.note != nil {
		_, last := a.note.delivery()
		a.part = last.Part
	}
	return a, err
}

// recallReceipt loads into a request what the book knows of the goods that it brings. ok is false of any other request.
func (c *Core) recallReceipt(req Request) (ok bool, err error) {
	switch r := req.(type) {
	case *Receive:
		r.awaited, err = c.recallDelivery(r.Reference, &Delivered{Supplier: r.Supplier, Note: r.Note})
		return true, err
	case *fact:
		if r.was != KindReceipt {
			return false, nil
		}
		told := r.receipt.Delivered
		if told == nil {
			told = &Delivered{}
		}
		r.awaited, err = c.recallDelivery(r.receipt.Reference, told)
		return true, err
	default:
		return false, nil
	}
}

// lastOf gives the entry that answers the last of some keys that are numbered from 1; nil where none is answered.
func (c *Core) lastOf(key func(n uint64) Digest) (*Entry, error) {
	_, seq, err := lastVersion(func(n uint64) (Seq, error) {
		ref, _, err := c.answered(key(n))
		return ref.Seq, err
	})
	if err != nil || seq == 0 {
		return nil, err
	}
	e, err := c.entry(seq)
	if err != nil {
		return nil, err
	}
	if _, d := e.delivery(); d == nil {
		return nil, &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it is not what is remembered of a delivery"}
	}
	return e, nil
}

// supplier is who brought the goods: as was said, else as the purchase order says.
func (a *awaited) supplier(said string) string {
	if said == "" && a.order != nil {
		return a.order.Purchase().Order.Supplier
	}
	return said
}

// with is what an entry says of a delivery that brings some goods; nil where there is nothing to say.
func (a *awaited) with(supplier, note string, goods map[SKU]Qty) *Delivered {
	d := &Delivered{Supplier: a.supplier(supplier), Note: note}
	if note != "" {
		d.Part = a.part + 1
	}
	if a.order != nil {
		d.Nth = 1
		if a.came != nil {
			d.Nth = a.came.Nth + 1
		}
		d.Came = a.counted(goods)
	}
	if d.Part+d.Nth == 0 && d.Supplier == "" {
		return nil
	}
	return d
}

// counted is what has come of the purchase order, with goods.
func (a *awaited) counted(goods map[SKU]Qty) (out []Came) {
	at := map[SKU]int{}
	add := func(sku SKU, ordered, came Qty) {
		i, known := at[sku]
		if !known {
			i = len(out)
			at[sku], out = i, append(out, Came{SKU: sku})
		}
		out[i].Ordered, out[i].Came = out[i].Ordered+ordered, min(out[i].Came+came, QtyMax)
	}
	for _, l := range a.order.Purchase().Order.Lines {
		add(l.SKU, l.Qty, 0)
	}
	if a.came != nil {
		for _, c := range a.came.Came {
			add(c.SKU, 0, c.Came)
		}
	}
	for sku, q := range goods { // in any order: it is sorted below
		add(sku, 0, q)
	}
	slices.SortFunc(out, func(a, b Came) int {
		return cmp.Or(-cmp.Compare(min(a.Ordered, 1), min(b.Ordered, 1)), cmp.Compare(a.SKU, b.SKU))
	})
	out = out[:min(len(out), cameMax)]
	slices.SortFunc(out, func(a, b Came) int { return cmp.Compare(a.SKU, b.SKU) })
	return out
}

// asks says whether a site that takes in so many percent unasked has to ask whether goods, which come on some lines, are to be kept.
func (a *awaited) asks(percent int, goods map[SKU]Qty, lines []ReceiptLine, d *Delivered) error {
	if a.order == nil || percent == OverAny {
		return nil
	}
	b := a.order.Purchase()
	no := &OverError{Reference: b.Order.Reference, State: b.State, Percent: percent}
	for _, c := range d.Came {
		now := goods[c.SKU]
		most := c.Ordered + c.Ordered/100*Qty(percent) + c.Ordered%100*Qty(percent)/100
		if b.State == PurchaseCanceled {
			most = 0
		}
		if now > 0 && c.Came > most {
			first := slices.IndexFunc(lines, func(l ReceiptLine) bool { return l.SKU == c.SKU })
			no.Lines = append(no.Lines, OverLine{SKU: c.SKU, Ordered: c.Ordered, Came: c.Came - now, Now: now, Line: first + 1})
		}
	}
	if len(no.Lines) == 0 {
		return nil
	}
	return no
}

// delivered says what a receipt's entry says of its delivery, or why the goods are not taken in.
func (r *Receive) delivered(goods map[SKU]Qty) (*Delivered, error) {
	a := &r.awaited
	for _, t := range []struct{ field, text string }{{"supplier", r.Supplier}, {"delivery_note", r.Note}, {"by", r.By}} {
		if len(t.text) > TextMax {
			return nil, &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	switch {
	case r.Note != "" && a.supplier(r.Supplier) == "":
		return nil, &FormError{Field: "supplier", Why: "is not said: two suppliers may have notes of one number"}
	case a.note != nil && !r.More:
		reference, last := a.note.delivery()
		return nil, &NoteError{Supplier: last.Supplier, Note: last.Note, ID: a.note.Ref, Reference: reference, Seq: a.note.Seq, Part: last.Part}
	case r.More && a.note == nil:
		return nil, &FormError{Field: "more", Why: "says that a part of the delivery note was booked in before, and none was"}
	case r.Close && a.order == nil:
		return nil, &FormError{Field: "close", Why: "goes with a purchase order that this site has written; close another one at head office"}
	}
	d := a.with(r.Supplier, r.Note, goods)
	if d != nil && !r.KeepOver {
		if err := a.asks(r.Over, goods, r.Lines, d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// closing is what closes a receipt's purchase order short, where something of it will not come; nil where there is nothing to close.
func (r *Receive) closing(d *Delivered) (*PurchaseBody, error) {
	if !r.Close || !slices.ContainsFunc(d.Came, func(c Came) bool { return c.Left() > 0 }) {
		return nil, nil
	}
	act := &OrderGoods{Act: PurchaseClose, Order: Purchase{Reference: r.Reference}, By: cmp.Or(r.By, r.Actor), Reason: "the rest of " + cmp.Or(r.Note, r.Reference) + " will not come", doc: r.awaited.order}
	if act.Reason = act.Reason[:min(len(act.Reason), TextMax)]; r.awaited.order.Purchase().State == PurchaseDraft {
		return nil, &FormError{Field: "close", Why: "goes with an order that its supplier has: send it first (holdfast purchase send)"}
	}
	b, err := act.body()
	if err == nil {
		err = b.err()
	}
	if err != nil || b.Still {
		return nil, err
	}
	d.Closed = true
	return b, nil
}

func deliveredRow(v *Delivered) []byte {
	var w rowWriter
	w.delivered(v)
	return w.buf
}

func readDelivered(b []byte) (*Delivered, error) {
	r := newRowReader(b, orderElementsMax, nil)
	out := r.delivered()
	return out, r.done("delivered")
}

func (w *rowWriter) delivered(v *Delivered) {
	if v == nil {
		w.null()
		return
	}
	w.row(func() {
		w.str(v.Supplier)
		w.str(v.Note)
		w.uint(v.Part)
		w.uint(v.Nth)
		w.list(len(v.Came), func(i int) {
			c := &v.Came[i]
			w.row(func() { w.word(string(c.SKU)); w.int(int64(c.Ordered)); w.int(int64(c.Came)) })
		})
		w.bool(v.Closed)
	})
}

func (r *rowReader) delivered() *Delivered {
	if r.null() {
		return nil
	}
	v := &Delivered{}
	r.row(0, func() {
		v.Supplier, v.Note, v.Part, v.Nth = r.str(), r.str(), r.uint(), r.uint()
		r.list(cameMax, func(n int) {
			for range n {
				r.row(0, func() { v.Came = append(v.Came, Came{SKU(r.word()), Qty(r.int()), Qty(r.int())}) })
			}
		})
		v.Closed = r.bool()
	})
	return v
}
