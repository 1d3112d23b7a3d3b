package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A life that is lost may have heard after the backup that a supplier does not send some of an order, and have sourced that again as own stock, in a
// line of its own (sourceAgain). The order's sites tell of that line, and nobody tells again that the supplier has refused: were it taken for one that
// somebody added, the customer would get the goods twice. No amendment adds an article that a supplier sends, so a line of such a one says what it is.

// learnSourced has an order know a line of own stock, of which line has the article and what sites bring, as one that was sourced again: so much less is
// asked of the supplier. False: no supplier is asked for the article, and the line is another one.
func (m *Machine) learnSourced(o *Order, line *ledger.Line, at time.Time) bool {
	i := slices.IndexFunc(o.Lines, func(l ledger.Line) bool { return l.Drop != nil && l.SKU == line.SKU && l.Drop.Open > 0 })
	if i < 0 {
		return false
	}
	from := &o.Lines[i]
	own, ok := ownLine(from, line.Qty)
	if !ok {
		return false
	}
	said := ledger.TellDrop{Order: o.ID, Supplier: from.Drop.Supplier, Deed: ledger.DropRefuse, By: ownerHQ,
		Lines: []ledger.CommandLine{{Line: i + 1, Qty: min(line.Qty, from.Drop.Open)}}, Reason: "it said so to a life of head office that is lost"}
	b, err := said.On(&o.Order, at)
	if err != nil || b.Refusal != "" {
		return false
	}
	o.Order = *b.Order
	o.Lines = append(slices.Clip(o.Lines), own)
	l := &o.Lines[i]
	why := fmt.Sprintf("%s did not send %d %s of order %s in a life of head office that is lost: sites have served line %d for them since, at the same price, and %s is asked for that much less",
		b.Supplier, b.Lines[0].Qty, l.SKU, o.Number(), len(o.Lines), b.Supplier)
	if l.Drop.Open > 0 {
		why += fmt.Sprintf(". Ask it whether it sends the other %d", l.Drop.Open)
	}
	m.raise(Exception{What: "drop_ship_refused", SKU: l.SKU, Order: o.ID, Owner: ownerHQ, Why: why}, at)
	m.tell(o.ID, Step{What: StepSupplier, At: at, Why: cutText(why), Exception: m.counters.Exceptions,
		Lines: []StepLine{{Line: i + 1, SKU: l.SKU, Qty: b.Lines[0].Qty}}})
	return true
}
