package machine

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Events are made where the state follows what happened: of a site's entry while it is folded, of an order as it lands, of an exception
// as it is raised. Nothing is made that nobody has asked for.

// tellsOf says whether anybody wants events of a kind.
func (m *Machine) tellsOf(k EventKind) bool { return m.derived.wanted[k] > 0 }

// tellsMore says whether refunds, and SKUs that come down to their reorder point, are told of: builds before this one do not.
func (m *Machine) tellsMore() bool { return m.agreed(kindCompany) }

// happened notes an event of the command being applied. It is dropped with what the command does, should that not fit.
func (m *Machine) happened(e Event) {
	if m.tellsOf(e.Kind) && (e.Kind != EventRefunded || m.tellsMore()) {
		m.news = append(m.news, e)
	}
}

// settleOutbox puts what happened into the outbox, and forgets what need not be kept. It is called when the command has landed.
func (m *Machine) settleOutbox(c Command) {
	if len(m.derived.turns) > 0 { // a command's own acts come before what sites' entries tell of them
		m.news = append(m.derived.turns, m.news...)
		m.derived.turns = nil
	}
	switch c.(type) {
	case *SetHook, *Told:
	default:
		if len(m.news) == 0 {
			return
		}
	}
	for n := 0; n < 2 && (n == 0 || len(m.news) > 0 || len(m.derived.dead) > m.keeping.dead); n++ {
		news := m.news
		m.news = nil
		_ = m.atomically(func() error {
			o, seen := m.editBox(), map[EventID]bool{}
			at := givenAt(c)
			for i := range news {
				e := &news[i]
				if e.At.IsZero() {
					e.At = at
				}
				if e.ID == (EventID{}) { // of a decision of head office's
					e.ID = eventID(e.Kind, string(e.Order), "decided", m.lifeText(), strconv.FormatUint(m.counters.Applied, 10))
				}
				if _, kept := m.derived.told[e.ID]; kept || seen[e.ID] {
					continue
				}
				seen[e.ID] = true
				m.keepEvent(o, e)
			}
			m.trimEvents(at)
			m.trimDead()
			return nil
		})
	}
	m.news = nil
}

func (m *Machine) lifeText() string { return strconv.FormatUint(m.counters.H.Counter, 10) }

// givenAt is when a command was given, as far as it says.
func givenAt(c Command) time.Time {
	if g, ok := c.(*Group); ok && len(g.Members) > 0 {
		return givenAt(g.Members[0])
	}
	switch c := c.(type) {
	case *Push:
		return c.At
	case *Unpark:
		return c.At
	case *Place:
		return c.At
	case *PlaceUnsure:
		return c.At
	case *Fill:
		return c.At
	case *Cancel:
		return c.At
	case *Amend:
		return c.At
	case *Decline:
		return c.At
	case *Move:
		return c.At
	case *Exchange:
		return c.At
	case *Refuse:
		return c.At
	case *Borrow:
		return c.At
	case *SetHook:
		return c.At
	case *Told:
		return c.At
	default:
		return givenLater(c)
	}
}

// givenLater is givenAt for commands that seldom change orders.
func givenLater(c Command) time.Time {
	switch c := c.(type) {
	case *Expect:
		return c.At
	case *Overdue:
		return c.At
	case *Waive:
		return c.At
	case *WriteOff:
		return c.At
	case *DeclareLost:
		return c.At
	case *Reincarnate:
		return c.At
	case *Reissue:
		return c.At
	case *Hello:
		return c.At
	case *Hold:
		return c.At
	case *SetSourcing:
		return c.At
	case *Agree:
		return c.At
	case *SetAsset:
		return c.At
	case *Purchase:
		return c.At
	case *MakeTransfer:
		return c.At
	case *JudgeTransfer:
		return c.At
	case *Resolve:
		return c.At
	case *AwaitWord:
		return c.At
	default:
		return time.Time{}
	}
}

// ofOrder begins an event about an order.
func ofOrder(k EventKind, o *ledger.Order) Event {
	e := Event{Kind: k, Order: o.ID, External: cutText(o.External), Channel: o.Channel, Customer: cutText(o.Customer)}
	if o.Serial > 0 {
		e.Number = o.Number()
	}
	return e
}

// addLine counts a line in, up to what an event names.
func (e *Event) addLine(l EventLine) {
	for i := range e.Lines {
		if e.Lines[i].Line == l.Line {
			e.Lines[i].Qty += l.Qty
			return
		}
	}
	if len(e.Lines) == eventLinesMax {
		e.More++
		return
	}
	e.Lines = append(e.Lines, l)
}

// promised says whether an order in that state is accepted, and its goods are promised or wait in their turn.
func promised(s ledger.Status) bool {
	return s == ledger.StatusAllocated || s == ledger.StatusBackordered || s == ledger.StatusCompleted
}

// turned notes what has become of an order as it lands. old is nil where there was none.
func (d *derived) turned(old, o *Order) {
	if d.hooked == 0 || o == nil || o.Relearned || old == nil && o.Owner != ledger.HQ { // a site's new order is told of by its entry
		return
	}
	was := ledger.Status("")
	if old != nil && !old.Relearned {
		was = old.Status
	}
	note := func(e Event) {
		if d.wanted[e.Kind] > 0 {
			d.turns = append(d.turns, e)
		}
	}
	switch {
	case promised(o.Status) && !promised(was):
		note(confirmedOf(&o.Order))
	case o.Status == ledger.StatusCanceled && was != ledger.StatusCanceled:
		note(canceledOf(&o.Order))
	case o.Status == ledger.StatusDeclined && was != ledger.StatusDeclined:
		e := ofOrder(EventDeclined, &o.Order)
		e.ID = eventID(EventDeclined, string(o.ID))
		note(e)
	case promised(was) && o.Status == ledger.StatusBackordered:
		if e := later(old, o); len(e.Lines) > 0 {
			note(e)
		}
	}
}

// confirmedOf is told once for an order, whichever book tells of it.
func confirmedOf(o *ledger.Order) Event {
	e := ofOrder(EventConfirmed, o)
	e.ID = eventID(EventConfirmed, string(o.ID))
	for i := range o.Lines {
		e.addLine(EventLine{Line: i + 1, SKU: o.Lines[i].SKU, Qty: o.Lines[i].Qty, Waiting: o.Lines[i].Backordered})
	}
	return e
}

func canceledOf(o *ledger.Order) Event {
	e := ofOrder(EventCanceled, o)
	e.ID = eventID(EventCanceled, string(o.ID))
	return e
}

// later names the lines of which more waits than before, beyond what is wanted more.
func later(old, o *Order) Event {
	e := ofOrder(EventDelayed, &o.Order)
	for i := range o.Lines {
		l := &o.Lines[i]
		more := l.Backordered
		if i < len(old.Lines) {
			more -= old.Lines[i].Backordered + max(0, l.Qty-old.Lines[i].Qty)
		} else {
			more = 0 // it was added
		}
		if more > 0 {
			e.addLine(EventLine{Line: i + 1, SKU: l.SKU, Qty: more})
		}
	}
	return e
}

// slipsTold tells the orders whose promises of what is due in slip: one event for each order, with the last day by which it has a date.
func (m *Machine) slipsTold(slips []Slip, at time.Time) {
	if !m.tellsOf(EventDelayed) {
		return
	}
	var ids []ledger.OrderID
	of := map[ledger.OrderID][]Slip{}
	for _, s := range slips {
		if of[s.Order] == nil {
			ids = insert(ids, s.Order)
		}
		of[s.Order] = append(of[s.Order], s)
	}
	for _, id := range ids {
		o, ok := m.orders.get(id)
		if !ok {
			continue
		}
		e, dated := ofOrder(EventDelayed, &o.Order), true
		e.At = at
		for _, s := range of[id] {
			e.addLine(EventLine{Line: s.Line, SKU: s.SKU, Qty: s.Qty})
			e.Due, dated = max(e.Due, s.New.after(s.Travels)), dated && s.New != 0
		}
		if !dated {
			e.Due = 0
		}
		e.ID = eventID(EventDelayed, string(id), "slips", m.lifeText(), strconv.FormatUint(m.counters.Applied, 10))
		m.happened(e)
	}
}

// raised tells of an exception.
func (m *Machine) raised(x *Exception) {
	if !m.tellsOf(EventException) {
		return
	}
	m.happened(Event{Kind: EventException, At: x.At, Site: x.Site, SKU: x.SKU, Order: x.Order, Exception: x.ID, What: x.What, Why: cutWhy(x.Why),
		ID: eventID(EventException, m.lifeText(), strconv.FormatUint(x.ID, 10))})
}

// eventWhyMax bounds the words of an exception in an event, in bytes; GET /v1/exceptions has all.
const eventWhyMax = 1_000

func cutWhy(s string) string {
	if len(s) <= eventWhyMax {
		return s
	}
	return strings.ToValidUTF8(s[:eventWhyMax], "")
}

// entryID names an event by the entry that tells of it.
func (f *folding) entryID(k EventKind, about string) EventID {
	return eventID(k, about, "entry", string(f.site), strconv.FormatUint(uint64(f.e.Epoch), 10), strconv.FormatUint(uint64(f.e.Seq), 10))
}

// events tells what an entry says of an order: of one that is served from its own shelf only entries tell. Its postings have been followed, and
// nothing else of it.
func (f *folding) events() {
	if f.m.derived.hooked == 0 {
		return
	}
	switch b := f.e.Body.(type) {
	case *ledger.OrderBody:
		f.orderEvents(b)
	case *ledger.WorkBody:
		f.workEvents(b, b.Order)
	case *ledger.LegBody:
		if b.Refusal == "" && b.Order != nil {
			f.displacedHere(b.Order, b.Lost(f.e.Kind))
		}
	case *ledger.TenderBody:
		f.refundEvent(b)
	case *ledger.DropBody:
		f.dropEvents(b)
	case *ledger.PurchaseBody:
		f.slipEvents(b)
	case *ledger.ObeyedBody:
		if b.Purchase != nil {
			f.slipEvents(b.Purchase)
		}
	case *ledger.LateBody:
		if b.Refusal != "" {
			break
		}
		if b.Tender != nil {
			f.refundEvent(b.Tender)
		}
		if o := b.Order; o != nil && b.Was != ledger.KindDraft && b.Was != ledger.KindReview { // a draft is nobody's order
			f.stands(o)
			if b.Was == ledger.KindPlaced || b.Was == ledger.KindAskAccepted || b.Was == ledger.KindAskAbandoned {
				f.handed(o)
			}
		}
		if b.Work != nil {
			f.workEvents(b.Work, b.Order)
		}
	}
	f.lows()
}

func (f *folding) orderEvents(b *ledger.OrderBody) {
	o := &b.Order
	switch f.e.Kind {
	case ledger.KindPlaced, ledger.KindAskAccepted, ledger.KindAskAbandoned:
		if b.Refusal == "" && !b.Dropped {
			f.stands(o)
			f.handed(o)
		}
	case ledger.KindCanceled:
		f.stands(o)
	case ledger.KindDisplaced:
		var lost []ledger.CommandLine
		for i := range o.Lines {
			if q := o.Lines[i].Backordered; q > 0 {
				lost = append(lost, ledger.CommandLine{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q})
			}
		}
		f.displacedHere(o, lost)
	}
}

// displacedHere tells of an order of the site's own that waits again. Of one that head office has a record of, that tells.
func (f *folding) displacedHere(o *ledger.Order, lost []ledger.CommandLine) {
	if _, known := f.m.orders.get(o.ID); known || o.Status != ledger.StatusBackordered || len(lost) == 0 {
		return
	}
	e := ofOrder(EventDelayed, o)
	e.At, e.Site, e.ID = f.e.At, f.site, f.entryID(EventDelayed, string(o.ID))
	for _, l := range lost {
		e.addLine(EventLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty})
	}
	f.m.happened(e)
}

// stands tells how an order of the site's own stands, where that is told once.
func (f *folding) stands(o *ledger.Order) {
	var e Event
	switch {
	case promised(o.Status):
		e = confirmedOf(o)
	case o.Status == ledger.StatusCanceled:
		e = canceledOf(o)
	default: // to be confirmed: head office has a record of it, which tells
		return
	}
	e.At, e.Site = f.e.At, f.site
	f.m.happened(e)
}

// handed tells of goods that were handed over with the order itself.
func (f *folding) handed(o *ledger.Order) {
	if !f.m.tellsOf(EventHandedOver) {
		return
	}
	e := ofOrder(EventHandedOver, o)
	for i := range o.Lines {
		if q := o.Lines[i].Taken; q > 0 {
			e.addLine(EventLine{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q})
		}
	}
	if len(e.Lines) == 0 {
		return
	}
	e.At, e.Site, e.ID = f.e.At, f.site, f.entryID(EventHandedOver, string(o.ID))
	f.m.happened(e)
}

// workEvents tells what hands have done with a part of an order.
func (f *folding) workEvents(b *ledger.WorkBody, o *ledger.Order) {
	k := map[ledger.Deed]EventKind{ledger.DeedReady: EventReady, ledger.DeedDispatch: EventDispatched, ledger.DeedCollect: EventHandedOver, ledger.DeedDeliver: EventDelivered}[b.Deed]
	if k == 0 || b.Refusal != "" || !f.m.tellsOf(k) {
		return
	}
	id := ledger.OrderID(f.e.Ref)
	if o == nil {
		if rec, known := f.m.orders.get(id); known {
			o = &rec.Order
		} else {
			o = &ledger.Order{ID: id}
		}
	}
	e := ofOrder(k, o)
	e.At, e.Site, e.ID, e.Ship = f.e.At, f.site, f.entryID(k, string(id)), b.Ship
	for _, v := range b.Moves {
		e.addLine(EventLine{Line: v.Line, SKU: v.SKU, Qty: v.Qty})
	}
	f.m.happened(e)
}

// refundEvent tells of money that was given back for an order.
func (f *folding) refundEvent(b *ledger.TenderBody) {
	if b.Refusal != "" || b.Payments.For != "" || !f.m.tellsOf(EventRefunded) { // what is paid on an account, or for a card, is no order's
		return
	}
	back := int64(0)
	for _, m := range b.Moves {
		if m.Refund && !m.Across { // what another site, or an exchange, took over has been paid to nobody
			back += m.Amount
		}
	}
	if back == 0 {
		return
	}
	id := b.Payments.Order
	e := Event{Kind: EventRefunded, Order: id, Number: b.Of.Number, External: cutText(b.Of.External), Channel: b.Of.Channel, Customer: cutText(b.Of.Customer)}
	if rec, known := f.m.orders.get(id); known {
		e = ofOrder(EventRefunded, &rec.Order)
	}
	e.At, e.Site, e.ID, e.Amount = f.e.At, f.site, f.entryID(EventRefunded, string(id)), ledger.Money{Amount: back, Currency: b.Currency}
	f.m.happened(e)
}

// lowLevel is below which of a SKU at a site somebody is told: its rule's, or its reorder point where it has no such rule; 0: nobody is.
func (m *Machine) lowLevel(site ledger.SiteID, sku ledger.SKU) ledger.Qty {
	if level := m.RuleFor(RuleLow, site, sku); level > 0 || !m.tellsMore() {
		return level
	}
	if at := m.RuleFor(RuleReorderAt, site, sku); at > 0 {
		return at + 1 // it is reached, too
	}
	return 0
}

// free is what can be promised of a SKU at a site, by the site or by head office.
func (s *Stock) free() ledger.Qty { return s.Level.Available + s.Level.AllottedTo(ledger.HolderHQ) }

// lows tells of SKUs of which the entry leaves less than their rule says, or no more than their reorder point, where there was enough before.
func (f *folding) lows() {
	if !f.m.tellsOf(EventLow) || !f.m.HasRules(RuleLow) && !(f.m.tellsMore() && f.m.HasRules(RuleReorderAt)) {
		return
	}
	var done []ledger.SKU
	for i := range f.freed {
		t := &f.freed[i]
		if t.Site != f.site || slices.Contains(done, t.SKU) {
			continue
		}
		done = append(done, t.SKU) // its first place has what was free before the entry
		level, now := f.m.lowLevel(f.site, t.SKU), t.stock.free()
		if level > 0 && t.free >= level && now < level {
			f.m.happened(Event{Kind: EventLow, At: f.e.At, Site: f.site, SKU: t.SKU, Qty: now, Level: level, ID: f.entryID(EventLow, string(t.SKU))})
		}
	}
}
