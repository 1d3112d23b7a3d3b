package ledger

import (
	"fmt"
	"math"
	"time"
)

// The first versions of the entry and of the order: every field in its place, names and words
// written out, the postings as numbers per posting. Nobody writes them any more; books that
// hold them stay readable for ever.

const entryV1Fields = 12

// entryV1 reads what follows kind and version.
func (r *rowReader) entryV1(e *Entry) (body []byte) {
	r.least(entryV1Fields - 2)
	e.Seq, e.Epoch = Seq(r.uint()), Epoch(r.uint())
	e.At = time.UnixMilli(r.int()).UTC()
	e.Actor, e.Device, e.Ref = r.word(), r.word(), r.str()
	e.Key, e.Request = r.digest(), r.digest()
	r.postingsV1(e)
	return r.bin()
}

// postingNumbersV1 of each posting: SKU as index of names, account kind, reference (0 none, 1
// the entry's own, n+2 names[n]), line, quantity in zigzag.
const (
	postingNumbersV1 = 5
	refNoneV1        = 0
	refOwnV1         = 1
	refNamedV1       = 2
)

func (r *rowReader) postingsV1(e *Entry) {
	r.row(2, func() {
		var names []string
		r.list(2*PostingsMax, func(n int) {
			names = make([]string, 0, n)
			for range n {
				names = append(names, r.word())
			}
		})
		numbers := r.bin()
		if r.err != nil {
			return
		}
		ps, err := postingsOfV1(numbers, names, e.Ref)
		if err != nil {
			r.refuse("%w", err)
		}
		e.Postings = ps
	})
}

func postingsOfV1(numbers []byte, names []string, own string) ([]Posting, error) {
	r := numberReader{b: numbers}
	width := r.next()
	if r.short || width < postingNumbersV1 || width > 1<<10 {
		return nil, fmt.Errorf("%d numbers a posting", width)
	}
	var out []Posting
	if most := uint64(len(r.b)) / width; most > 0 {
		out = make([]Posting, 0, min(most, PostingsMax))
	}
	for len(r.b) > 0 {
		if len(out) == PostingsMax {
			return nil, fmt.Errorf("more than %d postings", PostingsMax)
		}
		sku, kind, ref, line, qty := r.next(), r.next(), r.next(), r.next(), r.nextSigned()
		for range width - postingNumbersV1 {
			r.next()
		}
		if r.short || sku >= uint64(len(names)) || kind > math.MaxUint8 || line > math.MaxInt32 {
			return nil, fmt.Errorf("posting %d is not one", len(out)+1)
		}
		q := Posting{SKU: SKU(names[sku]), Account: Account{Kind: AccountKind(kind), Line: int(line)}, Qty: Qty(qty)}
		switch {
		case ref == refNoneV1:
		case ref == refOwnV1:
			q.Account.Ref = own
		case ref-refNamedV1 < uint64(len(names)):
			q.Account.Ref = names[ref-refNamedV1]
		default:
			return nil, fmt.Errorf("posting %d refers to nothing", len(out)+1)
		}
		out = append(out, q)
	}
	return out, nil
}

func (r *rowReader) orderBodyV1(v *OrderBody) {
	r.row(7, func() {
		r.order(&v.Order, "", time.Time{})
		r.askV1(&v.Ask)
		v.AskKey, v.AskRequest = r.digest(), r.digest()
		v.Shorts = r.shorts()
		v.Refusal, v.Dropped = Refusal(r.word()), r.bool()
	})
}

func (r *rowReader) askV1(a *AskID) {
	r.row(3, func() { *a = AskID{Site: SiteID(r.word()), Epoch: Epoch(r.uint()), Seq: Seq(r.uint())} })
}

const orderV1Fields = 21

// orderV1 reads what follows the version.
func (r *rowReader) orderV1(o *Order) {
	r.least(orderV1Fields - 1)
	o.ID, o.Serial, o.Owner, o.External = OrderID(r.str()), r.uint(), SiteID(r.word()), r.str()
	o.Channel, o.Fulfil, o.Anywhere, o.CollectAt = Channel(r.word()), Fulfil(r.word()), r.bool(), SiteID(r.word())
	r.row(4, func() {
		o.ShipTo = Address{Country: r.word(), Postcode: r.str(), LatE6: r.int(), LonE6: r.int()}
	})
	r.list(LinesMax, func(n int) {
		o.Lines = make([]Line, 0, n)
		for range n {
			var l Line
			r.lineV1(&l)
			o.Lines = append(o.Lines, l)
		}
	})
	if len(o.Lines) == 0 {
		o.Lines = nil
	}
	o.Shortage, o.Complete = Shortage(r.word()), r.bool()
	o.NeedBy, o.Customer, o.Class = r.str(), r.word(), r.word()
	o.Priority = int(r.upTo(math.MaxInt32))
	if !r.null() {
		o.TakenAt = time.UnixMilli(r.int()).UTC()
	}
	o.Status, o.Wait, o.Offline = Status(r.word()), Wait(r.upTo(math.MaxUint8)), r.bool()
}

func (r *rowReader) lineV1(l *Line) {
	r.row(8, func() {
		l.SKU, l.Qty = SKU(r.word()), Qty(r.int())
		if !r.null() {
			r.row(4, func() {
				l.Price = Price{Money: Money{Amount: r.int(), Currency: r.word()}, Per: r.int(), Tax: r.word()}
			})
		}
		l.Here, l.Taken = Qty(r.int()), Qty(r.int())
		l.Away = r.legs()
		l.Backordered, l.Canceled = Qty(r.int()), r.bool()
	})
}
