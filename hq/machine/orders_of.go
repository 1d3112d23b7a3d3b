package machine

import (
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A SiteOrder is an order that a site's book owns, or that has a part for the site to serve.
type SiteOrder struct {
	ID    ledger.OrderID
	Order *Order     // nil: the site serves it all by itself, and its journal has it
	Seq   ledger.Seq // the owner's last entry that holds it, where Order is nil
}

// OrdersOf lists a site's orders after the id after, ascending: those that its book has accepted,
// and those of others that promise units of it. keep (nil: all) judges those with a record; of the
// others nothing but the place in the journal is known here. It looks into no more than most orders, and next is where to go on; ""
// at the end.
func (m *Machine) OrdersOf(site ledger.SiteID, after ledger.OrderID, most int, keep func(ledger.Status, time.Time) bool) (out []SiteOrder, next ledger.OrderID) {
	w := m.derived.heads.behind(after)
	h := w.next()
	own := m.owners.of(site, after)
	id, seq, owns := own.next()
	last := after
	for owns || h != nil {
		if most == 0 {
			return out, last
		}
		if h == nil || owns && id < h.id {
			out = append(out, SiteOrder{ID: id, Seq: seq})
			last = id
			most--
			id, seq, owns = own.next()
			continue
		}
		head := h
		mine := owns && id == head.id
		last, h = head.id, w.next()
		if mine {
			id, seq, owns = own.next()
		}
		if keep != nil && !keep(head.status, head.takenAt) {
			continue
		}
		most--
		if o, ok := m.orders.Get(head.id); ok && (mine || o.Owner == site || o.promisedBy(site)) {
			out = append(out, SiteOrder{ID: head.id, Order: o})
		}
	}
	return out, ""
}

// promisedBy says whether units of the site's are promised to the order.
func (o *Order) promisedBy(site ledger.SiteID) bool {
	for i := range o.Lines {
		for _, leg := range o.Lines[i].Away {
			if leg.Site == site && leg.Qty > 0 {
				return true
			}
		}
	}
	return false
}

// An ownedWalk goes through the rows of one owner, ascending by id.
type ownedWalk struct {
	pages     *ownerPages
	site      uint32
	none      bool
	page, row int // of the next one to look at
}

// of begins behind the id after.
func (t *owners) of(site ledger.SiteID, after ledger.OrderID) *ownedWalk {
	w := &ownedWalk{pages: &t.ownerPages}
	n, known := t.number[site]
	w.site, w.none = n, !known
	k, ok := ledger.ParseUUID(after)
	if !ok {
		return w // from the first
	}
	if w.page = max(t.page(k), 0); w.page < len(t.pages) {
		found := false
		if w.row, found = slices.BinarySearchFunc(t.pages[w.page].rows, k, compareRow); found {
			w.row++
		}
	}
	return w
}

func (w *ownedWalk) next() (ledger.OrderID, ledger.Seq, bool) {
	for ; !w.none && w.page < len(w.pages.pages); w.page, w.row = w.page+1, 0 {
		for rows := w.pages.pages[w.page].rows; w.row < len(rows); {
			r := &rows[w.row]
			if w.row++; r.site == w.site {
				return ledger.OrderID(r.id.String()), r.entry(), true
			}
		}
	}
	return "", 0, false
}
