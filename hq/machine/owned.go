package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// OwnerOf says which book has accepted an order, and the last entry of that book that holds it.
// For an order of head office's own seq is 0: its record is what there is. Only the first book
// that accepted an id is known by it; the second raised an exception.
func (m *Machine) OwnerOf(id ledger.OrderID) (owner ledger.SiteID, seq ledger.Seq, ok bool) {
	if owner, seq, ok := m.owners.get(id); ok {
		return owner, seq, true
	}
	if o, ok := m.orders.get(id); ok {
		return o.Owner, 0, true
	}
	return "", 0, false
}

// took notes that the site's book has accepted an order. An id that another book has accepted
// stays that book's: both have told a client yes, and somebody has to look.
func (f *folding) took(id ledger.OrderID) (first bool) {
	if owner, _, ok := f.m.OwnerOf(id); ok && !(owner == f.site && f.relearned(id)) {
		f.raise("order_id_twice", "", id, fmt.Sprintf("%s has accepted an order under the id of one of %s", f.site, owner))
		return false
	}
	f.m.owners.put(Owned{Order: id, Owner: f.site, Seq: f.e.Seq})
	f.m.claimedNow(id, f.push.At)
	return true
}

// wrote notes a later entry of the book that owns an order.
func (f *folding) wrote(id ledger.OrderID) {
	if owner, _, ok := f.m.owners.get(id); ok && owner == f.site {
		f.m.owners.put(Owned{Order: id, Owner: f.site, Seq: f.e.Seq})
	}
}
