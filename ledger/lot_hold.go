package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A LotAct is what an entry of KindLot says of a lot. On disk: only ever appended to.
type LotAct uint8

// The acts on a lot.
const (
	LotExpired  LotAct = 1 // its last day is over: what was fit to be sold is blocked
	LotHeld     LotAct = 2 // somebody has held it, as a recall does: what is here is blocked, and what comes in
	LotReleased LotAct = 3 // it is held no more. What is blocked stays so until somebody has looked
	LotArrived  LotAct = 4 // of a lot that is over or held, units came onto a shelf: they are blocked
)

// LotBody is what was done with a lot. What it takes nobody freed: it goes by the rule of goods in the hand.
type LotBody struct {
	Act       LotAct
	SKU       SKU
	Lot       LotID
	Reason    string
	Displaced []Displaced
}

func (*LotBody) kindly(k Kind) bool { return k == KindLot }

// HeldLot is what an entry says of a lot as a whole, also one that is told late; nil where it says nothing.
func (e *Entry) HeldLot() *LotBody {
	switch b := e.Body.(type) {
	case *LotBody:
		return b
	case *LateBody:
		return b.Lot
	}
	return nil
}

// HoldLot has nothing of a lot sold from here on: what lies here is blocked, and what comes in. Release takes that back.
type HoldLot struct {
	Meta
	SKU     SKU
	Lot     LotID
	Reason  string // why; needed
	Release bool
}

func (*HoldLot) request() {}

// TouchLots has the lots blocked whose last day is over. Any request does so first; this one is for a site at which nobody does anything.
type TouchLots struct{}

func (*TouchLots) request() {}

// holdLot decides to hold a lot, or to let it go.
func (d *decision) holdLot(r *HoldLot) Outcome {
	b := &LotBody{Act: LotHeld, SKU: r.SKU, Lot: r.Lot, Reason: r.Reason}
	if err := b.check(); err != nil {
		return Outcome{Err: err}
	}
	if r.Release {
		b.Act = LotReleased
	} else if l := d.s.look(r.SKU); l != nil && l.Lot(r.Lot) == nil && l.lotRows() >= LotRowsMax {
		return Outcome{Err: tooManyRows(r.SKU)}
	}
	return Outcome{Entry: d.writeLot(b, r.Meta)}
}

// check refuses what nobody can hold.
func (b *LotBody) check() error {
	if _, err := ParseSKU(string(b.SKU)); err != nil {
		return err
	}
	if _, err := ParseLot(string(b.Lot)); err != nil {
		return err
	}
	if b.Reason == "" || len(b.Reason) > TextMax {
		return &FormError{Field: "reason", Why: fmt.Sprintf("is empty, or longer than %d bytes: say why", TextMax)}
	}
	return nil
}

// writeLot writes what is done with a lot: what of it is fit to be sold is blocked, but where it is let go.
func (d *decision) writeLot(b *LotBody, meta Meta) *Entry {
	t := d.s.taking(&moves{})
	e := &Entry{Kind: KindLot, Ref: string(b.Lot), Body: b, Lots: d.blockLot(t, b)}
	b.Displaced = t.displaced
	e.Postings = t.m.settled()
	return d.writeTaking(e, t, meta)
}

// blockLot blocks what lies on a shelf of a lot, but where it is let go.
func (d *decision) blockLot(t *taking, b *LotBody) (moves []LotMove) {
	l := d.s.look(b.SKU)
	if l == nil || b.Act == LotReleased {
		return nil
	}
	lot := l.Lot(b.Lot)
	if lot == nil {
		return nil
	}
	t.about(b.SKU)
	for _, at := range lot.At {
		if at.Kind == Sellable {
			t.takeFrom(Bin(at.Ref), b.SKU, at.Qty, Account{Kind: Blocked, Ref: at.Ref})
			moves = append(moves, LotMove{SKU: b.SKU, Lot: b.Lot, Qty: at.Qty, From: at.LotPlace, To: LotPlace{Blocked, at.Ref}, Serial: lot.Serial})
		}
	}
	return moves
}

// expire blocks what nobody may sell any more. It goes first whenever the book is asked for something on a later day, but for what opens an
// epoch or a process, which stands before all else there, and for goods in the hand, which are sold on a book that may have gone back.
func (s *State) expire(entries []*Entry, req Request, now time.Time) []*Entry {
	now = now.UTC().Truncate(time.Millisecond)
	day := DayOf(now)
	if s.due == 0 || !s.due.Past(day) || s.Rebuilding || s.Epoch == 0 {
		return entries
	}
	switch r := req.(type) {
	case *OpenSite, *Reboot:
		return entries
	case *Place:
		if r.InHand {
			return entries
		}
	}
	d := &decision{s: s, now: now, entries: entries, filled: len(entries)}
	s.near.begin()
	for _, over := range s.past(day) {
		d.writeLot(&LotBody{Act: LotExpired, SKU: over.sku, Lot: over.lot, Reason: "expired"}, Meta{})
	}
	s.due = s.nextDue()
	d.fill()
	return d.entries
}

func tooManyRows(sku SKU) error {
	return &LotError{SKU: sku, Why: fmt.Sprintf("%s has %d lots and serial numbers in bins and hands here already, which is all that a site keeps of one item. Sell or move some first", sku, LotRowsMax)}
}

// lotKey names a lot.
type lotKey struct {
	sku SKU
	lot LotID
}

// past lists the lots that have something on a shelf on a day on which it may not be sold any more.
func (s *State) past(day Expiry) (out []lotKey) {
	for sku, l := range s.levels {
		for i := range l.Lots {
			if t := &l.Lots[i]; t.Expiry.Past(day) && t.in(Sellable) > 0 {
				out = append(out, lotKey{sku, t.Lot})
			}
		}
	}
	slices.SortFunc(out, func(a, b lotKey) int { return cmp.Or(cmp.Compare(a.sku, b.sku), cmp.Compare(a.lot, b.lot)) })
	return out
}

// nextDue is the first day on which something on a shelf may be sold for the last time; 0: never.
func (s *State) nextDue() (due Expiry) {
	for _, l := range s.levels {
		if x := l.nextDue(); x != 0 && (due == 0 || x < due) {
			due = x
		}
	}
	return due
}

func (l *Level) nextDue() Expiry {
	for i := range l.Lots { // first expired first
		if t := &l.Lots[i]; t.in(Sellable) > 0 {
			return t.Expiry
		}
	}
	return 0
}

// comes takes down that units of a lot came onto a shelf, or that the day of those there is known now.
func (s *State) comes(sku SKU, t *Lot) {
	if t == nil || t.in(Sellable) == 0 {
		return
	}
	if t.Expiry != 0 && (s.due == 0 || t.Expiry < s.due) {
		s.due = t.Expiry
	}
	if t.Held != "" || t.Expiry != 0 {
		s.arrived = append(s.arrived, lotKey{sku, t.Lot})
	}
}

// blockArrived blocks at once what an entry has brought onto a shelf of lots that are over or held, before anybody is promised it.
func (d *decision) blockArrived(meta Meta) {
	arrived := d.s.arrived
	d.s.arrived = nil
	for _, a := range arrived {
		l := d.s.look(a.sku)
		if l == nil {
			continue
		}
		if t := l.Lot(a.lot); t != nil && (t.Held != "" || t.Expiry.Past(DayOf(d.now))) && t.in(Sellable) > 0 {
			why := t.Held
			if why == "" {
				why = "expired"
			}
			d.writeLot(&LotBody{Act: LotArrived, SKU: a.sku, Lot: a.lot, Reason: why}, meta.who())
		}
	}
}

// foldLot folds what was done with a lot, in the life of an epoch. What is told of an earlier life lets go nothing that a later one has held.
func (s *State) foldLot(e *Entry, b *LotBody, in Epoch) error {
	l := s.level(b.SKU)
	had := l.Lots != nil
	switch b.Act {
	case LotHeld:
		if t := l.lotOf(&LotMove{Lot: b.Lot}, e.Seq); t.Held == "" || in >= t.HeldIn {
			t.Held, t.HeldIn = b.Reason, in
		}
	case LotReleased:
		if t := l.Lot(b.Lot); t != nil && in >= t.HeldIn {
			t.Held, t.HeldIn = "", 0
			l.cutLots()
		}
	}
	s.countLotted(had, l.Lots != nil)
	if !s.lean {
		s.dirty.note(b.SKU, l, e.Seq)
	}
	return s.foldDisplaced(b.Displaced)
}

// unfitInHand refuses to go on with units that are in hand for an order and of a lot that is held or over.
func (d *decision) unfitInHand(l *leg, moves []StageMove) error {
	if d.s.lotted == 0 {
		return nil
	}
	for _, v := range moves {
		level := d.s.look(v.SKU)
		if level == nil || v.To == StageNone || v.To == StageShelf || v.From.Gone() {
			continue
		}
		for i := range level.Lots {
			t := &level.Lots[i]
			why := ""
			switch {
			case t.at(LotPlace{Picked, string(l.id)}) == 0:
				continue
			case t.Held != "":
				why = "is held: " + t.Held
			case t.Expiry.Past(DayOf(d.now)):
				why = fmt.Sprintf("was good until %s", t.Expiry)
			default:
				continue
			}
			return &LotError{SKU: v.SKU, Lot: t.Lot, Why: fmt.Sprintf("lot %s of %s %s. Put it back, and pick another", t.Lot, v.SKU, why)}
		}
	}
	return nil
}
