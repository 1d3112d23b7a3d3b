package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DropSuppliersMax bounds the suppliers that send lines of one order.
const DropSuppliersMax = 20

// A DropShip is a line that its supplier sends straight to the customer. No unit of it is on a shelf, due in, allotted or available anywhere in
// the company: it is asked of the supplier, which says what it sends and what it does not. All of a line is its supplier's, or none of it.
type DropShip struct {
	Supplier  string
	LeadDays  int    // from asking the supplier to its sending; 0: nobody has said
	Cost      Price  // that the supplier is paid, without tax; the zero Price where nobody has said
	Due       string // the day, UTC, on which what is open is to be sent: by the lead time, then by the supplier's word; "": nobody knows
	Open      Qty    // asked of the supplier, which has neither sent it nor refused it
	Confirmed Qty    // of Open, what the supplier has said it will send
	Sent      Qty    // that left the supplier: a part of the line's Taken, and Over where the order did not count on it any more
	Back      Qty    // of what came back (Line.Returned), what came back to the supplier
	Reason    string // why the supplier refused some; what it said last
	Off       Qty    // called off because less of the line is wanted than was: the line is of no more than what is left
	Heard     Qty    // of Sent, what this life of the book knows from the word of another one alone, which did not say by which notes
}

// A DropError says no to a supplier's word. Nothing was changed.
type DropError struct {
	Order    OrderID
	Supplier string
	Deed     DropDeed
	Lines    []Short // Have is what the deed could be of; none: it could be of nothing
}

func (e *DropError) Error() string {
	return fmt.Sprintf("order %s: %s does not %s so much", e.Order, cmp.Or(e.Supplier, "no supplier"), e.Deed)
}

// TellDrop is a supplier's word on the lines of an order of this book that it sends itself. Without Lines it is of all that the deed can be of.
type TellDrop struct {
	Meta
	Order    OrderID
	Supplier string // "": the only one that the order has
	Deed     DropDeed
	Lines    []CommandLine // SKU plays no part
	Note     string        // the number of the supplier's despatch note: booked once for an order
	Ship     Shipment      // sent: with which carrier
	Due      string        // confirmed: the day, UTC, on which it is to be sent; "" as it was
	Reason   string        // refused: why
	By       string        // who says so; "": Actor

	noted *Entry // that has booked the note; nil for none
}

func (*TellDrop) request() {}

// DropBody is what an entry says of a supplier's word: the order as it stands after it.
type DropBody struct {
	Deed     DropDeed
	Supplier string
	Lines    []CommandLine
	Note     string
	Ship     Shipment
	Due      string
	Reason   string
	By       string
	Order    *Order  // as it stands, where nothing was done
	Over     Qty     // sent: of all lines, what the order did not count on any more
	Later    bool    // confirmed: some is to be sent on a later day than was said
	Refusal  Refusal // why nothing was done; "" where it was
	Shorts   []Short // refused: what the deed could be of
	Named    bool    // its note is remembered by the reference that the supplier was given, too: of each entry of a build that knows how
}

func (*DropBody) kindly(k Kind) bool { return k == KindDropShip }

// told is the order as the supplier's word left it, to be told late; nil where nothing was done.
func (b *DropBody) told() *Order {
	if b.Refusal != "" {
		return nil
	}
	return b.Order.Clone()
}

// RefusedDrop is the refusal of a supplier's word that is of more than the order has with it.
const RefusedDrop Refusal = "drop_ship_over"

func (b *DropBody) err() error {
	if b.Refusal == "" {
		return nil
	}
	return &DropError{Order: b.Order.ID, Supplier: b.Supplier, Deed: b.Deed, Lines: b.Shorts}
}

// DropShips lists the suppliers that send lines of the order themselves, in the order of their first lines.
func (o *Order) DropShips() (out []string) {
	for i := range o.Lines {
		if d := o.Lines[i].Drop; d != nil && len(out) <= DropSuppliersMax && !slices.Contains(out, d.Supplier) {
			out = append(out, d.Supplier) // beyond the bound no order is taken
		}
	}
	return out
}

// DropReference names what is asked of a supplier for the order, on its paper and on ours: the order's number, and which of its suppliers it is.
func (o *Order) DropReference(supplier string) string {
	return fmt.Sprintf("%s-S%d", o.Number(), slices.Index(o.DropShips(), supplier)+1)
}

// sentBy is the supplier that sends the line; "" where it is own stock.
func (l *Line) sentBy() string {
	if l.Drop == nil {
		return ""
	}
	return l.Drop.Supplier
}

// WithSuppliers says whether something of the order is asked of a supplier and neither sent nor refused.
func (o *Order) WithSuppliers() bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Drop != nil && l.Drop.Open > 0 })
}

// dropFits refuses a line that no supplier could send as the order wants it.
func (o *Order) dropFits(d *DropShip) error {
	switch {
	case o.Fulfil != Deliver:
		return &FormError{Field: "sku", Why: fmt.Sprintf("is sent by its supplier, %s: take it as an order of its own, with fulfil deliver", d.Supplier)}
	case o.Complete:
		return &FormError{Field: "sku", Why: fmt.Sprintf("is sent by its supplier, %s: an order that leaves as a whole (complete) cannot hold it", d.Supplier)}
	case d.Supplier == "" || len(d.Supplier) > DetailTextMax:
		return &FormError{Field: "supplier", Why: fmt.Sprintf("of a line that its supplier sends is not 1 to %d bytes: put one on the item", DetailTextMax)}
	}
	return nil
}

// ask has the supplier of a line asked for all of it.
func (d *DropShip) ask(q Qty) *DropShip {
	return &DropShip{Supplier: d.Supplier, LeadDays: d.LeadDays, Cost: d.Cost, Open: q}
}

// dropDue dates what is asked of suppliers on a day.
func (o *Order) dropDue(now time.Time) {
	for i := range o.Lines {
		if d := o.Lines[i].Drop; d != nil && d.Open > 0 && d.Due == "" && d.LeadDays > 0 {
			dated := *d
			dated.Due = now.UTC().AddDate(0, 0, d.LeadDays).Format(time.DateOnly)
			o.Lines[i].Drop = &dated
		}
	}
}

// callOff asks nothing more of a line's supplier. What has left all the same is told, and counts as Over.
func (l *Line) callOff() {
	if l.Drop == nil {
		return
	}
	d := *l.Drop
	d.Open, d.Confirmed = 0, 0
	l.Drop = &d
}

// checkDrop refuses lines of suppliers that no book writes: own units among them, or amounts that do not add up.
func (o *Order) checkDrop() error {
	for i := range o.Lines {
		if err := o.Lines[i].CheckDrop(); err != nil {
			return fmt.Errorf("order %s line %d: %w", o.ID, i+1, err)
		}
	}
	return nil
}

// CheckDrop is the law of a line that its supplier sends: it has no unit of the company's, promised or waited for, and what is open, sent,
// refused and called off is what was ordered.
func (l *Line) CheckDrop() error {
	d := l.Drop
	if d == nil {
		return nil
	}
	switch least := min(d.Open, d.Confirmed, d.Sent, d.Back, d.Off, QtyMax-d.Off, d.Heard, d.Sent-d.Heard, l.Taken, l.Declined, d.Open-d.Confirmed, l.HandedOver()-l.Returned, l.Returned-d.Back); {
	case d.Supplier == "" || len(d.Supplier) > DetailTextMax || len(d.Reason) > TextMax || d.LeadDays < 0 || d.LeadDays > DetailDaysMax:
		return fmt.Errorf("it is sent by supplier %q in %d days", d.Supplier, d.LeadDays)
	case d.Due != "" && checkPurchaseDay(d.Due) != nil:
		return fmt.Errorf("its supplier sends it on %q", d.Due)
	case l.Here != 0 || len(l.Away)+len(l.Sent) > 0 || l.Backordered != 0 || l.Unconfirmed != 0:
		return fmt.Errorf("%s sends it, and %d are promised here, %d wait", d.Supplier, l.Here, l.Backordered)
	case least < 0 || d.Sent > 2*QtyMax || d.Open+l.Taken+l.Declined > l.Qty || d.Sent < l.Taken:
		return fmt.Errorf("%s has %d of %d, has sent %d (%d were counted on) and refused %d", d.Supplier, d.Open, l.Qty, d.Sent, l.Taken, l.Declined)
	}
	return nil
}

// dropUntouched refuses an entry that moves own units for a line that its supplier sends.
func (e *Entry) dropUntouched() error {
	o := e.heldOrder()
	if o == nil || len(e.Postings) == 0 || !slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Drop != nil }) {
		return nil
	}
	for _, p := range e.Postings {
		if at := p.Account; at.Kind == Reserved && at.Ref == string(o.ID) && at.Line >= 1 && at.Line <= len(o.Lines) && o.Lines[at.Line-1].Drop != nil {
			return fmt.Errorf("order %s line %d is sent by its supplier, and own units of %s are reserved or freed for it", o.ID, at.Line, p.SKU)
		}
	}
	return nil
}

// KeyOfDropNote is the digest under which a book remembers for ever that a supplier's despatch note was booked for an order.
func KeyOfDropNote(order OrderID, supplier, note string) Digest {
	return DigestOf([]byte("despatch note"), []byte(order), plainName(supplier), plainName(note))
}

// KeyOfDropReference is the digest under which it is found again by the reference that the supplier was given, whose order may be closed long since.
func KeyOfDropReference(reference, note string) Digest {
	return DigestOf([]byte("despatch note of"), plainName(reference), plainName(note))
}

// dropTold is what e says of a supplier, also of what was told late, and the order that it is of; nil where it says nothing, or nothing was done.
func (e *Entry) dropTold() (b *DropBody, o *Order) {
	switch v := e.Body.(type) {
	case *DropBody:
		b, o = v, v.Order
	case *LateBody:
		b, o = v.Drop, v.Order
	}
	if b == nil || o == nil || b.Refusal != "" {
		return nil, nil
	}
	return b, o
}

// dropNote is the key of the despatch note that e books; zero where it books none.
func (e *Entry) dropNote() Digest {
	if b, o := e.dropTold(); b != nil && b.Note != "" {
		return KeyOfDropNote(o.ID, b.Supplier, b.Note)
	}
	return Digest{}
}

// dropNamed is its key by the reference; zero where e has none.
func (e *Entry) dropNamed() Digest {
	if b, o := e.dropTold(); b != nil && b.Note != "" && b.Named {
		return KeyOfDropReference(o.DropReference(b.Supplier), b.Note)
	}
	return Digest{}
}

// DropNote gives the entry that has booked a supplier's despatch note for what it was asked for under a reference; nil where none has, or one of a build
// that remembered notes by the order alone.
func (b *Book) DropNote(reference, note string) (*Entry, error) {
	seq, err := b.shown(KeyOfDropReference(reference, note))
	if err != nil || seq == 0 {
		return nil, err
	}
	past := b.reread()
	e, err := past.entry(seq)
	if err == nil && e.dropNamed() != KeyOfDropReference(reference, note) {
		err = &DamageError{Where: fmt.Sprintf("entry %d", seq), Why: "it books another despatch note than is remembered of it"}
	}
	return e, err
}

// recallDrop loads into a request the entry that has booked its note.
func (c *Core) recallDrop(r *TellDrop) error {
	o, ok := c.State.orders[r.Order]
	if !ok || r.Note == "" {
		return nil
	}
	supplier, err := o.dropOf(r.Supplier)
	if err != nil {
		return nil // the decision says so
	}
	for _, key := range [...]Digest{KeyOfDropNote(r.Order, supplier, r.Note), KeyOfDropReference(o.DropReference(supplier), r.Note)} {
		ref, known, err := c.answered(key)
		if err != nil {
			return err
		}
		if known {
			r.noted, err = c.entry(ref.Seq)
			return err
		}
	}
	return nil
}

// tellDrop takes down what a supplier says of an order.
func (d *decision) tellDrop(r *TellDrop) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	old, ok := d.s.orders[r.Order]
	if _, asking := d.s.asks[r.Order]; asking {
		return Outcome{Err: ErrInProgress}
	}
	if !ok || old.unclaimed() {
		return Outcome{Err: ErrOrderUnknown}
	}
	if r.noted != nil {
		b, of := r.noted.dropTold()
		return Outcome{Err: &NoteError{Supplier: b.Supplier, Note: b.Note, ID: string(of.ID), Reference: of.DropReference(b.Supplier), Seq: r.noted.Seq, Part: 1, Drop: true}}
	}
	b, err := r.On(old, d.now)
	if err != nil {
		return Outcome{Err: err}
	}
	e := d.write(&Entry{Kind: KindDropShip, Ref: string(r.Order), Body: b}, r.Meta)
	return Outcome{Entry: e, Err: b.err()}
}

// On says what becomes of an order by what its supplier says at a moment: a body that holds the order as it stands after it, or as it stood, with a refusal. An
// error is of the word's form; whether its note was booked before is for who remembers notes. The order is not changed.
func (r *TellDrop) On(old *Order, now time.Time) (*DropBody, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if today := now.UTC().Format(time.DateOnly); r.Due != "" && r.Due < today {
		return nil, &FormError{Field: "due", Why: fmt.Sprintf("is %s, which has passed: name %s, or a later day", r.Due, today)}
	}
	b := &DropBody{Named: r.Note != "", Deed: r.Deed, Note: r.Note, Ship: r.Ship, Due: r.Due, Reason: r.Reason, By: cmp.Or(r.By, r.Actor), Order: old.Clone()}
	var err error
	if b.Supplier, err = old.dropOf(r.Supplier); err != nil {
		return nil, err
	}
	if err = b.says(r); err != nil {
		return nil, err
	}
	if len(b.Lines) == 0 || len(b.Shorts) > 0 {
		b = &DropBody{Deed: r.Deed, Supplier: b.Supplier, Order: old.Clone(), Refusal: RefusedDrop, Shorts: b.Shorts}
	}
	return b, nil
}

// AskSuppliers has the suppliers of an order asked, at a moment, for all that they are to send of it.
func (o *Order) AskSuppliers(now time.Time) {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Drop != nil {
			l.Drop = l.Drop.ask(l.Qty)
		}
	}
	o.dropDue(now)
}

// AskLess asks a line's supplier for up to q units less, those that it has not confirmed first, and says how many. What has left all the same is told.
func (l *Line) AskLess(q Qty) Qty {
	if l.Drop == nil {
		return 0
	}
	d := *l.Drop
	q = min(q, d.Open)
	d.Open -= q
	d.Confirmed = min(d.Confirmed, d.Open)
	l.Drop = &d
	return q
}

// dropOf finds the supplier that is meant.
func (o *Order) dropOf(named string) (string, error) {
	all := o.DropShips()
	switch at := slices.IndexFunc(all, func(s string) bool { return string(plainName(s)) == string(plainName(named)) }); {
	case len(all) == 0:
		return "", &FormError{Field: "order", Why: "has no line that a supplier sends"}
	case named == "" && len(all) > 1:
		return "", &FormError{Field: "supplier", Why: fmt.Sprintf("is missing: %d suppliers send lines of the order: name one, of %s", len(all), strings.Join(all, ", "))}
	case named == "":
		return all[0], nil
	case at < 0:
		return "", &FormError{Field: "supplier", Why: fmt.Sprintf("is %q, which sends no line of the order: it is one of %s", named, strings.Join(all, ", "))}
	default:
		return all[at], nil
	}
}

func (r *TellDrop) check() error {
	for _, t := range []struct{ field, text string }{{"note", r.Note}, {"reason", r.Reason}, {"by", r.By}, {"carrier", r.Ship.Carrier}, {"service", r.Ship.Service}, {"tracking", r.Ship.Tracking}, {"supplier", r.Supplier}} {
		if len(t.text) > TextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
		}
	}
	switch {
	case r.Deed < DropConfirm || r.Deed > DropBack:
		return &FormError{Field: "deed", Why: "is none of a supplier's"}
	case r.Deed == DropRefuse && r.Reason == "":
		return &FormError{Field: "reason", Why: "is empty: say why the supplier does not send it"}
	case r.Due != "" && r.Deed != DropConfirm:
		return &FormError{Field: "due", Why: "goes with the supplier's yes only"}
	case r.Due != "":
		if err := checkPurchaseDay(r.Due); err != nil {
			return err
		}
	}
	named := make([]LegLine, len(r.Lines))
	for i, l := range r.Lines {
		named[i] = LegLine{Line: l.Line, Qty: l.Qty}
	}
	return checkNamed(named)
}

// says changes the order by what its supplier says, and takes down what was done, line by line, and of what the order has less than was named.
func (b *DropBody) says(r *TellDrop) error {
	o, named := b.Order, r.Lines
	if len(named) == 0 {
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Drop != nil && l.Drop.Supplier == b.Supplier && l.dropped(r.Deed) > 0 {
				named = append(named, CommandLine{Line: i + 1, Qty: l.dropped(r.Deed)})
			}
		}
	}
	for i, n := range named {
		if n.Line > len(o.Lines) || o.Lines[n.Line-1].Drop == nil || o.Lines[n.Line-1].Drop.Supplier != b.Supplier {
			return atLine(&FormError{Field: "line", Why: fmt.Sprintf("is no line of the order that %s sends: look the order up again", b.Supplier)}, i)
		}
		l := &o.Lines[n.Line-1]
		n.SKU = l.SKU
		if have := l.dropped(r.Deed); n.Qty > have {
			b.Shorts = append(b.Shorts, Short{Line: n.Line, SKU: l.SKU, Want: n.Qty, Have: have})
			continue
		}
		before := l.Over
		l.dropMove(r.Deed, n.Qty)
		b.Over += l.Over - before
		if d := l.Drop; r.Due != "" {
			b.Later = b.Later || d.Due != "" && r.Due > d.Due
			d.Due = r.Due
		} else if r.Deed == DropRefuse {
			d.Reason = r.Reason
		}
		b.Lines = append(b.Lines, n)
	}
	o.Settle()
	return nil
}

// Fits refuses a supplier's word that no book writes in an entry: of another order than the entry's, or of nothing.
func (b *DropBody) Fits(e *Entry) error {
	if b.Order == nil || b.Order.ID != OrderID(e.Ref) || len(e.Postings) > 0 {
		return fmt.Errorf("a supplier's word on order %s moves %d units", e.Ref, len(e.Postings))
	}
	if b.Refusal == "" && (b.Deed < DropConfirm || b.Deed > DropBack || len(b.Lines) == 0) {
		return fmt.Errorf("a supplier's word on order %s is of %d lines, and deed %d", e.Ref, len(b.Lines), b.Deed)
	}
	return nil
}

// foldDrop takes up what a supplier has said.
func (s *State) foldDrop(e *Entry, b *DropBody) error {
	if err := b.Fits(e); err != nil {
		return err
	}
	if b.Order.Owner != s.Site {
		return fmt.Errorf("a supplier's word on order %s is on one of %s", e.Ref, b.Order.Owner)
	}
	if b.Refusal == "" {
		s.keep(b.Order)
	}
	return nil
}
