package machine

import (
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// searchWalk is how many items a search looks at one by one, in their order, before it goes through all of them as
// they lie. Most of what is asked for is found on the way.
const searchWalk = 2000

// SearchItems lists items after the SKU after whose text (ledger.Item.SearchText) has q in it, whatever its case,
// by SKU, at most limit. An item is opened only where its packed bytes may hold q: next to none.
func (m *Machine) SearchItems(q string, after ledger.SKU, limit int) []*ledger.Item {
	q = strings.ToLower(q)
	sieve := newSieve(q)
	var out []*ledger.Item
	look := func(sku ledger.SKU, packed []byte) {
		if it := unpackItem(keyOfItem(sku), packed); strings.Contains(it.SearchText(), q) {
			out = append(out, it)
		}
	}
	walked := 0
	for sku := range m.items.rows.AtFrom("", after) {
		if len(out) >= limit || walked == searchWalk {
			break
		}
		walked, after = walked+1, sku
		packed, _ := m.items.rows.Map.Get(keyOfItem(sku))
		if sieve.holds([]byte(sku)) || sieve.holds(packed) {
			look(sku, packed)
		}
	}
	if len(out) >= limit || walked < searchWalk {
		return out
	}
	var may []ledger.SKU
	for k, packed := range m.items.rows.Each() {
		if (sieve.holds(packed) || sieve.holds([]byte(k.SKU))) && k.SKU > after {
			may = append(may, k.SKU)
		}
	}
	slices.Sort(may)
	for _, sku := range may {
		if len(out) >= limit {
			break
		}
		packed, _ := m.items.rows.Map.Get(keyOfItem(sku))
		look(sku, packed)
	}
	return out
}

// Item gives one item.
func (m *Machine) Item(sku ledger.SKU) (*ledger.Item, bool) { return m.items.Get(keyOfItem(sku)) }

// ComponentsOf gives the components of a kit, nil of what is stocked itself.
func (m *Machine) ComponentsOf(sku ledger.SKU) []ledger.Component {
	if _, kit := m.derived.kits[sku]; !kit { // nearly always, and an item has to be unpacked
		return nil
	}
	it, _ := m.Item(sku)
	return it.Kit()
}

// ItemsByBarcode lists the items that bear code, however it is written, by SKU: one as a rule.
func (m *Machine) ItemsByBarcode(code string) []*ledger.Item {
	var out []*ledger.Item
	for _, sku := range m.derived.barcodes.Of(code) {
		if it, ok := m.items.Get(keyOfItem(m.names.SKU(sku))); ok {
			out = append(out, it)
		}
	}
	slices.SortFunc(out, func(a, b *ledger.Item) int { return strings.Compare(string(a.SKU), string(b.SKU)) })
	return out
}

// RefVersion is the version of the reference data: of the item that was set last.
func (m *Machine) RefVersion() uint64 { return m.counters.RefVersion }

// ItemsSince lists items newer than version, by version, at most limit. upTo is the version that
// a site has once it has stored them; more says that it is not all.
func (m *Machine) ItemsSince(version uint64, limit int) (out []*ledger.Item, upTo uint64, more bool) {
	vs := m.derived.versions
	i, _ := slices.BinarySearchFunc(vs, version+1, versioned.compare)
	for ; i < len(vs); i++ {
		it, ok := m.items.Get(keyOfItem(m.names.SKU(vs[i].sku)))
		if !ok || it.Version != vs[i].version {
			continue
		}
		if len(out) == limit {
			return out, out[limit-1].Version, true
		}
		out = append(out, it)
	}
	return out, max(version, m.counters.RefVersion), false
}
