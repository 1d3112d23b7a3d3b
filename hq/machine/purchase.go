package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// PurchasesKept bounds the deliveries kept that are over, the latest, from the first build on that knows purchase orders.
const PurchasesKept = 10_000

// An Ordered is what a delivery is as a purchase order. It is never changed once it is stored.
type Ordered struct {
	State ledger.PurchaseState
	Owner ledger.SiteID // whose book it was written in; "" head office's
	Note  string
	Kept  bool // its site promises what comes, as it does of its shelf: head office promises nothing of it
}

// A Purchase is a person's act on a purchase order: it is written down or changed, sent, closed short or called off. What has come of
// it stays.
type Purchase struct {
	Act    ledger.PurchaseAct // anything but PurchaseReceive
	Order  ledger.Purchase    // without lines, only Reference plays a part: it stays what it says, and the act is done
	By     string
	Reason string
	At     time.Time
	Seen   uint64 // the order's version as By has seen it, 0 where there was none, and one; 0: not said
}

// PurchaseCommands is what Build.Commands has to be of every server before a Purchase is given.
const PurchaseCommands = int(kindPurchase)

func (*Purchase) kind() kind { return kindPurchase }

// Draft says whether a delivery is a purchase order that its supplier has not got: nothing of it is due in.
func (d *Delivery) Draft() bool { return d.Order != nil && d.Order.State == ledger.PurchaseDraft }

// kept says whether its site promises what a delivery brings. A book says what is ordered and what is promised of it, so both have one writer.
func (d *Delivery) kept() bool { return d.Order != nil && d.Order.Kept }

// has is what the lines come to. What a draft has due is due in only once it is sent.
func (d *Delivery) has() (has ledger.PurchaseHas) {
	for i := range d.Lines {
		l := &d.Lines[i]
		has.Came = has.Came || l.Came > 0
		has.Due = has.Due || l.Left() > 0
		has.Short = has.Short || l.Short > 0
	}
	return has
}

// Buys says whether every server knows purchase orders and reorder points.
func (m *Machine) Buys() bool { return m.agreed(kindPurchase) }

// deliveriesKept is how many deliveries are kept that are over.
func (m *Machine) deliveriesKept() int {
	if m.Buys() {
		return PurchasesKept
	}
	return DeliveriesClosedMax
}

func (c *Purchase) check() error {
	if c.By == "" {
		return &ledger.FormError{Field: "by", Why: "is empty: goods are ordered by somebody"}
	}
	if err := ledger.CheckPurchaseName(c.Order.Reference); err != nil {
		return err
	}
	switch c.Act {
	case ledger.PurchasePut:
	case ledger.PurchaseSend, ledger.PurchaseClose, ledger.PurchaseCancel:
		if len(c.Order.Lines) == 0 {
			return nil
		}
		if c.Act != ledger.PurchaseSend {
			return &ledger.FormError{Field: "lines", Why: "play no part where a purchase order is closed or called off"}
		}
	default:
		return &ledger.FormError{Field: "act", Why: fmt.Sprintf("%s is none of a person's", c.Act)}
	}
	return c.Order.Check()
}

// purchase carries out a person's act on a purchase order.
func (m *Machine) purchase(c *Purchase) Result {
	var res Result
	res.Err = m.atomically(func() error { return m.order(c, &res) })
	if res.Err != nil {
		res.Slips = nil
	}
	m.derived.due.forget() // all of it is planned
	return res
}

func (m *Machine) order(c *Purchase, res *Result) error {
	if err := c.check(); err != nil {
		return err
	}
	old, known := m.deliveries.get(deliveryKey(c.Order.Reference))
	if known && old.Order == nil && !old.stray() && len(c.Order.Lines) > 0 {
		return &ledger.FormError{Field: "reference", Why: fmt.Sprintf("is that of delivery %s, which was announced and not ordered here: give the purchase order another reference", old.Reference)}
	}
	if (!known || old.Order == nil) && len(c.Order.Lines) == 0 {
		return ledger.ErrPurchaseUnknown
	}
	if known && old.Order != nil && old.Order.Owner != "" && len(c.Order.Lines) > 0 {
		return &ledger.FormError{Field: "reference", Why: fmt.Sprintf("is that of a purchase order of %s, whose own book says what is ordered: change it at its node, or close or cancel it here", old.Order.Owner)}
	}
	if _, site := m.sites.get(c.Order.Site); !site && len(c.Order.Lines) > 0 {
		return &SiteUnknownError{Site: c.Order.Site}
	}
	d, err := c.applied(old, "")
	if err != nil {
		return err
	}
	if res.Version = d.Version; d == old {
		return nil
	}
	if err := (&Expect{Reference: c.Order.Reference, Seen: c.Seen}).still(old); err != nil {
		return err
	}
	d.Set.by(&m.hand)
	if err := m.changeDelivery(old, d, c.At, res); err != nil {
		return err
	}
	m.tellBuyer(d, c)
	return nil
}

// tellBuyer has the site in whose book a purchase order stands take down that head office has closed it, or called it off: until it has, its book goes on
// promising what was to come.
func (m *Machine) tellBuyer(d *Delivery, c *Purchase) {
	if _, known := m.sites.get(d.Order.Owner); !known || c.Act != ledger.PurchaseClose && c.Act != ledger.PurchaseCancel || !m.agreed(kindTellsBuyer) {
		return
	}
	why := c.By
	if c.Reason != "" {
		why += ": " + c.Reason
	}
	m.issue(d.Order.Owner, ledger.PurchaseCommand(d.Order.Owner, c.Act, d.Reference, cutText(why)))
}

// applied is the purchase order as c makes it. old is nil where there is none; owner is whose book a new one is written in. Where c
// changes nothing it is old.
func (c *Purchase) applied(old *Delivery, owner ledger.SiteID) (*Delivery, error) {
	d, from := &Delivery{Order: &Ordered{Owner: owner}}, ledger.PurchaseState(0)
	if old != nil && old.stray() {
		return c.behind(old, owner)
	}
	if old != nil {
		*d, from = *old, old.Order.State
	}
	d.Set = Signed{By: c.By, Reason: c.Reason, At: c.At}
	order := *d.Order
	if len(c.Order.Lines) > 0 {
		c.write(d, old)
		order.Note = c.Order.Note
	} else {
		d.Lines = slices.Clone(d.Lines)
	}
	if old != nil && c.done(d, old, order.Note) {
		return old, nil
	}
	if c.Act == ledger.PurchaseClose || c.Act == ledger.PurchaseCancel {
		for i := range d.Lines {
			d.Lines[i].Short += d.Lines[i].Left()
		}
		d.Canceled = c.Act == ledger.PurchaseCancel
	}
	to, ok := from.After(c.Act, d.has())
	if !ok {
		return nil, &ledger.PurchaseError{Reference: c.Order.Reference, State: from, Act: c.Act}
	}
	order.State, d.Order = to, &order
	return d, nil
}

// done says whether old is what c would make it, d being what c writes of it.
func (c *Purchase) done(d, old *Delivery, note string) bool {
	if !d.says(old) || note != old.Order.Note {
		return false
	}
	switch state := old.Order.State; c.Act {
	case ledger.PurchasePut:
		return state == ledger.PurchaseDraft
	case ledger.PurchaseSend:
		return state != ledger.PurchaseDraft && state != ledger.PurchaseCanceled
	case ledger.PurchaseClose:
		return state == ledger.PurchaseShort
	default:
		return state == ledger.PurchaseCanceled
	}
}

// write puts what c orders into d, and what has come of old.
func (c *Purchase) write(d, old *Delivery) {
	o := &c.Order
	d.Reference, d.Supplier, d.Site, d.Lines = o.Reference, o.Supplier, o.Site, make([]DueLine, len(o.Lines))
	d.Due, _ = ParseDay(o.Due) // it was checked
	for i := range o.Lines {
		l := &o.Lines[i]
		d.Lines[i] = DueLine{SKU: l.SKU, Qty: l.Qty, Cost: l.Cost, Pack: l.Pack}
		if l.Due != "" && l.Due != o.Due {
			d.Lines[i].Due, _ = ParseDay(l.Due)
		}
	}
	if old != nil {
		d.keepCame(old)
	}
}

// overWordsMax bounds the lines that an exception about an over-receipt names.
const overWordsMax = 20

// received brings a purchase order further of which an entry has taken goods in: d is old with them. More than was ordered, and what
// was not ordered at all, is goods in as any other; somebody is told.
func (f *folding) received(old, d *Delivery) {
	var words []string
	for i := range d.Lines {
		l := &d.Lines[i]
		if n := l.Over() - old.overOf(l.SKU); n > 0 {
			words = append(words, fmt.Sprintf("%d %s more came than the %d that were ordered", n, l.SKU, l.Qty))
		}
	}
	for i := range f.e.Postings {
		sku := f.e.Postings[i].SKU
		n := f.brought(sku)
		if n == 0 || d.line(sku) != nil || len(d.Lines) >= 2*DeliveryLinesMax { // beyond that the journal has it
			continue
		}
		d.Lines = append(d.Lines, DueLine{SKU: sku, Came: n})
		slices.SortFunc(d.Lines, func(a, b DueLine) int { return strings.Compare(string(a.SKU), string(b.SKU)) })
		words = append(words, fmt.Sprintf("%d %s came, of which none were ordered", n, sku))
	}
	if slices.Equal(d.Lines, old.Lines) {
		return // nothing of it came
	}
	to, ok := old.Order.State.After(ledger.PurchaseReceive, d.has())
	if !ok {
		panic(fmt.Sprintf("machine: purchase order %s is %s, and no goods can come in of it", d.Reference, old.Order.State))
	}
	if to != old.Order.State {
		order := *old.Order
		order.State, d.Order = to, &order
	}
	if d.Canceled {
		words = append(words, "it was called off")
	}
	f.overCame(d, words)
}

// overOf is what came of a SKU beyond what was ordered.
func (d *Delivery) overOf(sku ledger.SKU) ledger.Qty {
	if l := d.line(sku); l != nil {
		return l.Over()
	}
	return 0
}

// overCame raises what came of a purchase order that was not ordered.
func (f *folding) overCame(d *Delivery, words []string) {
	if len(words) == 0 {
		return
	}
	more := ""
	if n := len(words) - overWordsMax; n > 0 {
		words, more = words[:overWordsMax], fmt.Sprintf("; and %d more", n)
	}
	f.raise("over_received", "", "", fmt.Sprintf("purchase order %s of %s: %s%s. The goods are taken in: keep them and pay for them, or send them back", d.Reference, d.Supplier, strings.Join(words, "; "), more))
}

// checkOrder looks at what a delivery is as a purchase order.
func (d *Delivery) checkOrder() error {
	if d.Order == nil {
		return nil
	}
	s, has := d.Order.State, d.has()
	fits := s.Known() && d.Canceled == (s == ledger.PurchaseCanceled)
	switch s {
	case ledger.PurchaseDraft:
		fits = fits && has == ledger.PurchaseHas{Due: true}
	case ledger.PurchaseSent:
		fits = fits && has == ledger.PurchaseHas{Due: true}
	case ledger.PurchasePartly:
		fits = fits && has == ledger.PurchaseHas{Came: true, Due: true}
	case ledger.PurchaseReceived:
		fits = fits && has == ledger.PurchaseHas{Came: true}
	case ledger.PurchaseShort:
		fits = fits && !has.Due && has.Short
	case ledger.PurchaseCanceled:
		fits = fits && !has.Due
	}
	if !fits {
		return fmt.Errorf("purchase order %s is %s, and its lines come to %+v", d.Reference, s, has)
	}
	return nil
}
