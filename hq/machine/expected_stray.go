package machine

import (
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Goods may come in before head office hears of what ordered them: the book that did so is being made anew, or head office went back in time, and
// the order is told late. Whatever came in under its reference by then has come of it. Were that forgotten, the order would be due in whole, and its units
// promised a second time. So the goods are kept as a delivery of which nothing was expected, until somebody orders or announces under that reference;
// it counts among those that are over, and goes with the oldest of them.

// stray says whether nobody has ordered or announced what the delivery brought.
func (d *Delivery) stray() bool { return d.Order == nil && d.Version == 0 }

// strays keeps what came in under a reference that is of no delivery. Of a site that has told all it knows nothing is kept: what is of no delivery
// there is goods in as any other.
func (f *folding) strays(ref string, other *Delivery) {
	if ref == "" || other != nil || !f.m.agreed(kindUser) || f.m.told(f.site) {
		f.nearly(ref)
		return
	}
	d := &Delivery{Reference: ref, Site: f.site, Due: DayOf(f.e.At)}
	if f.addStrays(d); len(d.Lines) == 0 {
		return
	}
	f.m.ended(d)
	f.m.deliveries.put(deliveryKey(ref), d)
	f.m.forgetDeliveries(d)
}

// addStrays adds what the entry brings of SKUs that the delivery does not have.
func (f *folding) addStrays(d *Delivery) {
	for i := range f.e.Postings {
		sku := f.e.Postings[i].SKU
		if n := f.brought(sku); n > 0 && d.line(sku) == nil && len(d.Lines) < DeliveryLinesMax {
			d.Lines = append(d.Lines, DueLine{SKU: sku, Came: min(n, ledger.QtyMax)})
			slices.SortFunc(d.Lines, func(a, b DueLine) int { return strings.Compare(string(a.SKU), string(b.SKU)) })
		}
	}
}

// behind is the purchase order as c makes it, of which goods came before it was known.
func (c *Purchase) behind(came *Delivery, owner ledger.SiteID) (*Delivery, error) {
	d, err := c.applied(nil, owner)
	if err != nil {
		return nil, err
	}
	d.keepCame(came)
	order := *d.Order
	to, ok := order.State.After(ledger.PurchaseReceive, d.has())
	if !ok {
		return nil, &ledger.PurchaseError{Reference: c.Order.Reference, State: order.State, Act: ledger.PurchaseReceive}
	}
	order.State, d.Order = to, &order
	return d, nil
}
