package ledger

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// DraftKind says what an order is as long as nobody has placed it.
type DraftKind uint8

// A parked sale goes on at the till later; a quote is what a customer was offered. The zero DraftKind is none.
const (
	DraftParked DraftKind = 1
	DraftQuote  DraftKind = 2
)

// A Draft is what an order says of itself beside its wish while it is in StatusDraft, and keeps once it is placed. A draft
// reserves nothing and has been promised nothing; it has the id under which it is placed, so it becomes an order once.
// It is never changed once it is made.
type Draft struct {
	Kind   DraftKind
	Until  string // of a quote: the last day, where the site is, or moment on which it may be placed; "" for ever
	Hold   bool   // of a quote: its prices hold until then. Else it is priced anew when it is placed
	Note   string
	Serial uint64 // its number as a draft: the order that it becomes gets one of its own, in the order of placing

	Lots []LineLot // fulfil take: the lots and serial numbers that were scanned. None is set aside: they are taken when it is placed, unless others are named then
}

// DraftLotsMax bounds the lots and serial numbers that a draft remembers: it stays in memory.
const DraftLotsMax = 500

// DraftsMax bounds the drafts of one book: they are in memory until they are placed or cancelled.
const DraftsMax = 10_000

// DraftNoteMax bounds the note of a draft, in bytes.
const DraftNoteMax = 255

// ErrDraftsFull says that the book holds as many drafts as it may.
var ErrDraftsFull = fmt.Errorf("%d drafts are open already", DraftsMax)

// Over says whether a draft may not be placed any more as it is: the day, or the moment, until which it stands is past. today is the
// day where the site is; "" is the one in UTC.
func (d *Draft) Over(now time.Time, today string) bool {
	at := now.UTC().Format(time.RFC3339)
	if d != nil && len(d.Until) == len(time.DateOnly) && today != "" {
		return today > d.Until
	}
	return d != nil && d.Until != "" && at[:min(len(d.Until), len(at))] > d.Until // both sort as texts
}

// check refuses what no draft says.
func (d *Draft) check(o *Order) error {
	switch {
	case d.Kind != DraftParked && d.Kind != DraftQuote:
		return &FormError{Field: "draft.kind", Why: "is not parked or quote"}
	case d.Kind == DraftParked && (d.Until != "" || d.Hold):
		return &FormError{Field: "draft.valid_until", Why: "goes with a quote, and so does hold_prices"}
	case d.Hold && d.Until == "":
		return &FormError{Field: "draft.hold_prices", Why: "goes with valid_until: prices that hold for ever cannot be taken back"}
	case len(d.Until) > len(time.RFC3339):
		return &FormError{Field: "draft.valid_until", Why: "is neither a day nor a time"}
	case len(d.Note) > DraftNoteMax:
		return &FormError{Field: "draft.note", Why: fmt.Sprintf("is longer than %d bytes", DraftNoteMax)}
	}
	return nil
}

// A DraftError says why a draft is not placed.
type DraftError struct {
	Order  OrderID
	Number string // of what it is now
	Status Status // draft: it is over
	Until  string
}

func (e *DraftError) Error() string {
	if e.Status == StatusDraft {
		return fmt.Sprintf("quote %s was good until %s", e.Number, e.Until)
	}
	return fmt.Sprintf("order %s (%s) is no draft any more, it is %s", e.Number, e.Order, e.Status)
}

// saveDraft keeps an order that is not to be placed yet. Nothing moves.
func (d *decision) saveDraft(r *Place) Outcome {
	b := d.s.bodyOfPlaced(r)
	o := &b.Order
	if err := o.Draft.check(o); err != nil {
		return Outcome{Err: err}
	}
	if _, taken := d.s.orders[o.ID]; taken {
		return d.refuse(b, RefusedExists, r.Meta)
	}
	if d.s.drafts >= DraftsMax {
		return Outcome{Err: ErrDraftsFull}
	}
	if err := checkDraftLots(o, r.Lots); err != nil {
		return Outcome{Err: err}
	}
	o.Serial = d.s.Serial + 1
	draft := *o.Draft
	draft.Serial, draft.Lots = o.Serial, slices.Clone(r.Lots)
	o.Draft, o.Offline = &draft, false
	o.draft()
	return Outcome{Entry: d.write(&Entry{Kind: KindDraft, Ref: string(o.ID), Body: b}, r.Meta)}
}

// checkDraftLots refuses lots that a draft cannot remember. Whether they are here is asked when it is placed.
func checkDraftLots(o *Order, lots []LineLot) error {
	if len(lots) > DraftLotsMax {
		return &FormError{Field: "lots", Why: fmt.Sprintf("are %d; a draft remembers at most %d. Leave them out, and scan them when it is placed", len(lots), DraftLotsMax)}
	}
	for i := range lots {
		n := &lots[i]
		if n.Line < 1 || n.Line > len(o.Lines) {
			return &FormError{Field: "lots", Why: fmt.Sprintf("are of line %d, which there is none of", n.Line)}
		}
		if _, err := ParseLot(string(n.Lot)); err != nil {
			return err
		}
		if err := CheckQty(n.Qty); err != nil {
			return err
		}
	}
	return nil
}

// draft makes an order a draft: nothing of it is promised.
func (o *Order) draft() {
	o.unplaced(StatusDraft)
	o.Review = nil
	if o.Serial = o.Draft.Serial; o.Serial == 0 {
		o.Serial = 1 // of a journal that nobody of this house wrote
	}
}

// again gives what an order was made of that came to nothing: one that waited, a draft, or nil.
func (o *Order) again() *Order {
	switch {
	case o.Review.waited():
		return o.waitsAgain()
	case o.Draft != nil:
		c := o.Clone()
		c.draft()
		return c
	default:
		return nil
	}
}

// unclaimed says whether nobody has placed the order: nothing of it is promised.
func (o *Order) unclaimed() bool { return o.Status == StatusDraft || o.Status == StatusWaiting }

// checkUnplaced refuses what an entry of a kind says of an order that nobody has placed.
func (o *Order) checkUnplaced(k Kind) error {
	if k == KindReview {
		return o.checkReview()
	}
	return o.checkDraft()
}

// placing refuses to place what is no draft (any more); nil where it may be placed. A no is remembered under the request's key.
func (d *decision) placing(r *Place) *Outcome {
	known, ok := d.s.orders[r.Order.ID]
	if _, asking := d.s.asks[r.Order.ID]; asking {
		return &Outcome{Err: ErrInProgress}
	}
	no := Refusal("")
	switch {
	case !ok:
		return &Outcome{Err: ErrOrderUnknown}
	case known.Status != StatusDraft:
		no = RefusedDraftPlaced
	case known.Draft.Over(d.now, r.Today) && !r.Anew:
		no = RefusedDraftOver
	default:
		return nil
	}
	b := bodyOf(known)
	b.Refusal = no
	e := d.write(&Entry{Kind: KindRefused, Ref: string(known.ID), Body: b}, r.Meta)
	return &Outcome{Entry: e, Err: b.Err()}
}

// cancelDraft puts a draft away: nothing was promised, so nothing is freed, and head office never heard of it.
func (d *decision) cancelDraft(old *Order, m Meta) Outcome {
	o := d.s.canceled(old, &moves{})
	return Outcome{Entry: d.write(&Entry{Kind: KindDraft, Ref: string(o.ID), Body: &OrderBody{Order: *o}}, m)}
}

// lateDraft records a draft of another life, where this one does not know its order.
func (d *decision) lateDraft(f *fact, known *Order) Outcome {
	o := f.order
	switch {
	case o.checkUnplaced(f.was) != nil:
		return Outcome{Replayed: true} // nobody of this house wrote it
	case known != nil && known.unclaimed() && o.Status == StatusCanceled:
		review := o.Review
		o = d.s.canceled(known, &moves{})
		o.Review = review
	case known != nil && !(known.Status == StatusDraft && o.Status == StatusWaiting), o.Status == StatusDraft && d.s.drafts >= DraftsMax, o.Status == StatusWaiting && d.s.reviews >= ReviewsMax:
		return Outcome{Replayed: true} // what has become of it since stands; a book that is full keeps what it has
	}
	o.Owner = d.s.Site
	return d.recordLate(f, &LateBody{Order: o}, d.s.taking(&moves{}))
}

// checkDraft refuses an entry about a draft that promises something.
func (o *Order) checkDraft() error {
	if o.Draft == nil || o.Status != StatusDraft && o.Status != StatusCanceled {
		return fmt.Errorf("order %s is %s and no draft", o.ID, o.Status)
	}
	return o.checkUnpromised()
}

// draftOf writes what an order says of itself as a draft, and nil where it was none.
func (w *rowWriter) draftOf(d *Draft) {
	if d == nil {
		w.null()
		return
	}
	w.row(func() {
		w.uint(uint64(d.Kind))
		w.str(d.Until)
		w.bool(d.Hold)
		w.str(d.Note)
		w.uint(d.Serial)
		w.list(len(d.Lots), func(i int) {
			n := &d.Lots[i]
			w.row(func() {
				w.uint(uint64(n.Line))
				w.str(string(n.Lot))
				w.int(int64(n.Qty))
				w.int(int64(n.Expiry))
				w.bool(n.Serial)
			})
		})
	})
	w.keep()
}

func (r *rowReader) draftOf() *Draft {
	if r.null() {
		return nil
	}
	d := &Draft{}
	r.row(0, func() {
		d.Kind, d.Until, d.Hold, d.Note, d.Serial = DraftKind(r.upTo(math.MaxUint8)), r.str(), r.bool(), r.str(), r.uint()
		r.list(DraftLotsMax, func(n int) {
			for range n {
				r.row(0, func() { d.Lots = append(d.Lots, r.draftLot()) })
			}
		})
	})
	return d
}

// draftLot reads a lot that a draft remembers.
func (r *rowReader) draftLot() LineLot {
	n := LineLot{Line: int(r.upTo(LinesMax))}
	n.Lot, n.Qty = LotID(r.str()), Qty(r.int())
	day := r.int()
	if n.Expiry = Expiry(day); int64(n.Expiry) != day || n.Qty < 0 || n.Qty > QtyMax {
		r.refuse("a lot of a draft that is none")
	}
	n.Serial = r.bool()
	return n
}
