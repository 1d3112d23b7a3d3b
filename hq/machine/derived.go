package machine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// derived is what can be worked out from the tables and is kept because looking for it would
// take too long. It is no part of a snapshot; Restore makes it again.
type derived struct {
	where    map[ledger.SKU][]ledger.SiteID // sites that ever had the SKU, ascending
	waits    map[ledger.SKU][]uint64        // ranks of the orders that wait for it, ascending
	ranked   map[uint64]ledger.OrderID
	ids      []ledger.OrderID // ascending
	skus     []ledger.SKU     // of items, ascending
	barcodes map[string]ledger.SKU
	versions []versioned // items by version, ascending; an entry whose item is newer is stale
	explains []ranked    // explanations by rank, ascending; the same holds
}

type versioned struct {
	version uint64
	sku     ledger.SKU
}

func (v versioned) compare(n uint64) int { return cmp.Compare(v.version, n) }

type ranked struct {
	rank uint64
	id   ledger.OrderID
}

// derive empties what is derived and lets the tables keep it from here on.
func (m *Machine) derive() {
	m.derived = derived{
		where: map[ledger.SKU][]ledger.SiteID{}, waits: map[ledger.SKU][]uint64{},
		ranked: map[uint64]ledger.OrderID{}, barcodes: map[string]ledger.SKU{},
	}
	m.stock.landed = func(k stockKey, _ *Stock, had bool, _ *Stock, has bool) {
		if has && !had {
			site, sku, _ := strings.Cut(string(k), "\x00")
			m.derived.where[ledger.SKU(sku)] = insert(m.derived.where[ledger.SKU(sku)], ledger.SiteID(site))
		}
	}
	m.orders.landed = m.derived.landOrder
	m.items.landed = m.derived.landItem
	m.explains.landed = m.derived.landExplained
}

func (d *derived) landOrder(id ledger.OrderID, old *Order, had bool, o *Order, has bool) {
	if had {
		for i := range old.Lines {
			if old.Waiting(i+1) > 0 {
				d.waits[old.Lines[i].SKU] = remove(d.waits[old.Lines[i].SKU], old.Rank)
			}
		}
	}
	if !has {
		return
	}
	if !had {
		d.ids = insert(d.ids, id)
		d.ranked[o.Rank] = id
	}
	for i := range o.Lines {
		if o.Waiting(i+1) > 0 {
			d.waits[o.Lines[i].SKU] = insert(d.waits[o.Lines[i].SKU], o.Rank)
		}
	}
	for _, ls := range [][]ledger.Line{o.Lines, linesOf(old)} {
		for i := range ls {
			if len(d.waits[ls[i].SKU]) == 0 {
				delete(d.waits, ls[i].SKU)
			}
		}
	}
}

func linesOf(o *Order) []ledger.Line {
	if o == nil {
		return nil
	}
	return o.Lines
}

func (d *derived) landItem(sku ledger.SKU, old *ledger.Item, had bool, it *ledger.Item, _ bool) {
	if had {
		for _, code := range old.Barcodes {
			if d.barcodes[code] == sku {
				delete(d.barcodes, code)
			}
		}
	} else {
		d.skus = insert(d.skus, sku)
	}
	for _, code := range it.Barcodes {
		d.barcodes[code] = sku
	}
	i, _ := slices.BinarySearchFunc(d.versions, it.Version, versioned.compare)
	d.versions = slices.Insert(d.versions, i, versioned{it.Version, sku})
}

func (d *derived) landExplained(id ledger.OrderID, _ *Explained, _ bool, e *Explained, has bool) {
	if has {
		i, _ := slices.BinarySearchFunc(d.explains, e.Rank, func(r ranked, n uint64) int { return cmp.Compare(r.rank, n) })
		d.explains = slices.Insert(d.explains, i, ranked{e.Rank, id})
	}
}

// insert keeps s ascending and without doubles.
func insert[T cmp.Ordered](s []T, v T) []T {
	i, ok := slices.BinarySearch(s, v)
	if ok {
		return s
	}
	return slices.Insert(s, i, v)
}

func remove[T cmp.Ordered](s []T, v T) []T {
	if i, ok := slices.BinarySearch(s, v); ok {
		return slices.Delete(s, i, i+1)
	}
	return s
}
