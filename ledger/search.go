package ledger

import (
	"slices"
	"strings"
)

// A listed item is its text in lower case, to be searched. The list is looked through whole: 100,000 texts of some
// 80 bytes lie in memory and take a few milliseconds, whatever is asked for; an index of all parts of
// words would be many times their size.
type listed struct {
	sku  SKU
	text string
}

// SearchText is what an item is found by, in lower case, each part on a line: SKU, name, barcodes, those of its
// packs, category, supplier, attributes, and what it is a variant of.
func (v *Item) SearchText() string {
	var b strings.Builder
	b.WriteString(string(v.SKU))
	line := func(s string) {
		if s != "" {
			b.WriteByte('\n')
			b.WriteString(s)
		}
	}
	line(v.Name)
	for code := range v.Codes() {
		line(code)
	}
	line(v.Category)
	if d := v.Detail; d != nil {
		line(d.Supplier)
		line(string(d.VariantOf))
		for _, a := range d.Attributes {
			line(a.Name + " " + a.Value)
		}
	}
	return strings.ToLower(b.String())
}

// mergeListed puts fresh items, ascending and each once, into a list: a new one, for readers keep the old.
func mergeListed(old []listed, fresh []*Item) []listed {
	out := make([]listed, 0, len(old)+len(fresh))
	for _, item := range fresh {
		at, had := slices.BinarySearchFunc(old, item.SKU, func(l listed, sku SKU) int { return strings.Compare(string(l.sku), string(sku)) })
		out = append(append(out, old[:at]...), listed{item.SKU, item.SearchText()})
		if old = old[at:]; had {
			old = old[1:]
		}
	}
	return append(out, old...)
}

// SearchItems lists up to limit items behind after, by SKU, whose text holds q in either case; all
// items where q is empty.
func (b *Book) SearchItems(q string, after SKU, limit int) []Item {
	b.items.mu.RLock()
	list := b.items.listed
	b.items.mu.RUnlock()
	q = strings.ToLower(q)
	at, had := slices.BinarySearchFunc(list, after, func(l listed, sku SKU) int { return strings.Compare(string(l.sku), string(sku)) })
	if had {
		at++
	}
	var out []Item
	for i := at; i < len(list) && len(out) < limit; i++ {
		if !strings.Contains(list[i].text, q) {
			continue
		}
		if item, ok := b.Item(list[i].sku); ok {
			out = append(out, item)
		}
	}
	return out
}
