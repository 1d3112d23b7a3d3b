package machine

import (
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// SearchItems lists items after the SKU after whose SKU or name has q in it, whatever its case,
// at most limit.
func (m *Machine) SearchItems(q string, after ledger.SKU, limit int) []*ledger.Item {
	q = strings.ToLower(q)
	var out []*ledger.Item
	for sku := range m.items.rows.AtFrom("", after) {
		if len(out) >= limit {
			break
		}
		it, _ := m.items.Get(keyOfItem(sku))
		if strings.Contains(strings.ToLower(string(it.SKU)), q) || strings.Contains(strings.ToLower(it.Name), q) {
			out = append(out, it)
		}
	}
	return out
}

// Item gives one item.
func (m *Machine) Item(sku ledger.SKU) (*ledger.Item, bool) { return m.items.Get(keyOfItem(sku)) }

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
