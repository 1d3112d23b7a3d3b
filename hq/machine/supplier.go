package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// SupplierSays takes down what a supplier says of the lines of an order of head office's own that it sends straight to the customer, as a site's book does of
// its own (ledger.TellDrop). A despatch note is remembered with it, for ever.
type SupplierSays struct {
	Order    ledger.OrderID
	Supplier string // "": the only one that the order has
	Deed     ledger.DropDeed
	Lines    []ledger.CommandLine // SKU plays no part; none: all that the deed can be of
	Note     string
	Ship     ledger.Shipment
	Due      string
	Reason   string
	By       string
	Key      ledger.Digest
	Request  ledger.Digest
	At       time.Time
}

// SupplierCommands is what Build.Commands has to be of every server before a SupplierSays is given, or an order of head office's own is taken some of which a
// supplier sends.
const SupplierCommands = int(kindSupplier)

func (*SupplierSays) kind() kind { return kindSupplier }

func (c *coder) supplierSays(v *SupplierSays) {
	c.fields(14, func() {
		text(c, &v.Order)
		text(c, &v.Supplier)
		count(c, &v.Deed)
		c.commandLines(&v.Lines)
		text(c, &v.Note)
		text(c, &v.Ship.Carrier)
		text(c, &v.Ship.Service)
		text(c, &v.Ship.Tracking)
		text(c, &v.Due)
		text(c, &v.Reason)
		text(c, &v.By)
		c.fixed(v.Key[:])
		c.fixed(v.Request[:])
		c.moment(&v.At)
	})
}

// supplierSays carries it out. What a supplier refuses is sourced again as own stock where any site has some: as a line of its own, for all of a line is its
// supplier's or none of it. Else it is declined, and somebody is told.
func (m *Machine) supplierSays(c *SupplierSays) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	var a *Answer
	err := m.atomically(func() error {
		o, ok := m.editOrder(c.Order)
		if !ok || o.Owner != ledger.HQ || o.awaits() || o.Relearned {
			return ledger.ErrOrderUnknown
		}
		tell := &ledger.TellDrop{Order: c.Order, Supplier: c.Supplier, Deed: c.Deed, Lines: c.Lines, Note: c.Note, Ship: c.Ship, Due: c.Due, Reason: c.Reason, By: c.By}
		b, err := tell.On(&o.Order, c.At)
		if err != nil {
			return err
		}
		a = &Answer{Request: c.Request, Amends: m.VersionOf(c.Order) - 1, Refusal: b.Refusal, Shorts: b.Shorts}
		notes := []ledger.Digest{ledger.KeyOfDropNote(o.ID, b.Supplier, c.Note), ledger.KeyOfDropReference(o.DropReference(b.Supplier), c.Note)}
		if c.Note == "" {
			notes = nil
		}
		for _, key := range notes {
			if _, booked := m.answers.get(keyOfDigest(key)); booked {
				return &ledger.NoteError{Supplier: b.Supplier, Note: c.Note, ID: string(o.ID), Reference: o.DropReference(b.Supplier), Part: 1, Drop: true}
			}
		}
		if b.Refusal == "" {
			o.Order = *b.Order
			m.supplierSaid(o, b, c)
			for _, key := range notes {
				m.remember(key, &Answer{Request: key, Order: &ledger.Order{ID: o.ID}})
			}
		}
		a.Order = o.snapshot()
		m.remember(c.Key, a)
		return nil
	})
	return Result{Err: err, Answer: a}
}

// supplierSaid tells everybody what a supplier has said of an order, which stands as it is after it.
func (m *Machine) supplierSaid(o *Order, b *ledger.DropBody, c *SupplierSays) {
	var lines []StepLine
	for _, l := range b.Lines {
		lines = append(lines, StepLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
	}
	words, exception, again := supplierWords(b), uint64(0), ledger.Qty(0)
	if b.Deed == ledger.DropRefuse {
		if again = m.sourceAgain(o, b.Lines); again > 0 {
			words += fmt.Sprintf("; %d of it are sourced again, as own stock", again)
		}
	}
	for _, x := range dropExceptions(b, o, again) {
		m.raise(x, c.At)
		exception = m.counters.Exceptions
	}
	m.tell(o.ID, Step{What: StepSupplier, At: c.At, By: c.By, Device: m.hand.Device, Approver: m.hand.Approver, Why: cutText(words), Lines: lines, Exception: exception})
	if o.Settle(); o.Canceling() != nil {
		o.Plans++
		why := m.causeOfPlan(o)
		m.closeRequest(SubjectOfFill(o.ID), why)
		m.endMove(o.ID, why)
	}
	if e, ok := m.supplierEvent(b, &o.Order); ok {
		e.At = c.At
		e.ID = eventID(e.Kind, string(o.ID), m.lifeText(), "supplier", fmt.Sprintf("%x", c.Key[:]))
		m.happened(e)
	}
}

// supplierWords says what a supplier has said, to go before which goods.
func supplierWords(b *ledger.DropBody) string {
	switch b.Deed {
	case ledger.DropConfirm:
		if b.Due != "" {
			return b.Supplier + " says that it will send on " + b.Due
		}
		return b.Supplier + " says that it will send"
	case ledger.DropSend:
		return b.Supplier + " has sent"
	case ledger.DropRefuse:
		return b.Supplier + " will not send, " + b.Reason
	default:
		return "back at " + b.Supplier
	}
}

// sourceAgain has what a supplier does not send wait to be served from own stock, as far as sites can promise it now, and says how much that is. Of a kit nothing is: its
// other components may be with the customer.
func (m *Machine) sourceAgain(o *Order, refused []ledger.CommandLine) (sum ledger.Qty) {
	spoken := map[ledger.SKU]ledger.Qty{} // for by lines before
	for _, r := range refused {
		l := o.Lines[r.Line-1]
		kit, _ := o.KitOf(r.Line)
		q := min(r.Qty, max(0, m.promisable(l.SKU)-spoken[l.SKU]))
		if q == 0 || kit != nil || len(o.Lines) >= ledger.LinesMax {
			continue
		}
		own, ok := ownLine(&l, q)
		if !ok {
			continue
		}
		own.Backordered = q
		spoken[l.SKU] += q
		o.Lines, o.Wait = append(slices.Clip(o.Lines), own), ledger.WaitHQ
		sum += q
	}
	o.Settle()
	return sum
}

// ownLine is a line of own stock for q of what a supplier does not send of l, at the same price.
func ownLine(l *ledger.Line, q ledger.Qty) (own ledger.Line, ok bool) {
	own = ledger.Line{SKU: l.SKU, Price: l.Price}
	if l.Charge != nil {
		charge := *l.Charge
		charge.Sum.Off = int64(ledger.Qty(charge.Sum.Off) / l.Qty * q) // its part of what was taken off in one sum, rounded down
		own.Charge = &charge
	}
	return own, own.SetQty(q) == nil
}

// dropExceptions are what somebody must see to by a supplier's word; again is how much of it is sourced again.
func dropExceptions(b *ledger.DropBody, o *Order, again ledger.Qty) (out []Exception) {
	if b.Deed == ledger.DropRefuse {
		l := b.Lines[0]
		out = append(out, Exception{What: "drop_ship_refused", SKU: l.SKU, Order: o.ID, Owner: ownerHQ, Why: refusedWords(b, again)})
	}
	if b.Over > 0 {
		out = append(out, Exception{What: "drop_ship_over", SKU: b.Lines[0].SKU, Order: o.ID, Owner: ownerHQ, Why: overWords(b)})
	}
	return out
}

// refusedWords say what is to be given back: nothing for what is sourced again, which the customer still owes.
func refusedWords(b *ledger.DropBody, again ledger.Qty) string {
	l, todo := b.Lines[0], "Tell its customer, and give back what was paid for it"
	rest := -again
	for _, l := range b.Lines {
		rest += l.Qty
	}
	if again > 0 && rest > 0 {
		todo = fmt.Sprintf("%d are sourced again, as own stock at the same price; tell its customer of the other %d, and give back what was paid for these alone", again, rest)
	} else if again > 0 {
		todo = "All of it is sourced again, as own stock at the same price: give nothing back, but see that it leaves"
	}
	return fmt.Sprintf("%s does not send %d %s of order %s%s: %s. %s", b.Supplier, l.Qty, l.SKU, b.Order.Number(), andMore(len(b.Lines)), b.Reason, todo)
}

func overWords(b *ledger.DropBody) string {
	return fmt.Sprintf("%s has sent %d units of order %s that it did not count on any more: have them back, or charge for them", b.Supplier, b.Over, b.Order.Number())
}

// supplierEvent is what the customer is told by a supplier's word: it has left, comes later than was said, or nothing of the order is to be had.
func (m *Machine) supplierEvent(b *ledger.DropBody, o *ledger.Order) (e Event, ok bool) {
	k := EventKind(0)
	switch {
	case b.Deed == ledger.DropSend:
		k = EventDispatched
	case b.Later:
		k = EventDelayed
	case b.Deed == ledger.DropRefuse && o.Status == ledger.StatusDeclined:
		k = EventDeclined
	}
	if k == 0 || !m.tellsOf(k) {
		return e, false
	}
	e = ofOrder(k, o)
	e.Ship, e.Why = b.Ship, cutWhy(b.Reason)
	if k == EventDelayed {
		e.Due, _ = ParseDay(b.Due) // it was checked
	}
	for _, l := range b.Lines {
		e.addLine(EventLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
	}
	return e, true
}

// DropNote gives the order of head office's own for which a supplier's despatch note was taken down, by the reference that the supplier was given.
func (m *Machine) DropNote(reference, note string) (ledger.OrderID, bool) {
	a, ok := m.Answer(ledger.KeyOfDropReference(reference, note))
	if !ok || a.Order == nil {
		return "", false
	}
	return a.Order.ID, true
}

// DropShips gives orders of head office's own behind after of which something is asked of a supplier, and was neither sent nor refused: at most limit. A page may have fewer,
// and still not be the last. next is where to go on; "" at the end.
func (m *Machine) DropShips(after ledger.OrderID, limit int, keep func(*ledger.Order) bool) (out []*ledger.Order, next ledger.OrderID) {
	w := m.derived.heads.behind(after)
	for h, looked := w.next(), 0; h != nil; h = w.next() {
		if !h.status.CanChange() {
			continue
		}
		if looked++; len(out) == limit || looked > dropsLook {
			return out, next
		}
		next = h.id
		if o, _ := m.orders.Get(h.id); o.Owner == ledger.HQ && !o.awaits() && o.WithSuppliers() && keep(&o.Order) {
			out = append(out, &o.Order)
		}
	}
	return out, ""
}

// dropsLook bounds the open orders that one page of DropShips looks at.
const dropsLook = 10_000
