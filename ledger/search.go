package ledger

import "strings"

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

// textsOf gives the texts of items that are ascending, for a finder.
func textsOf(items []*Item) []findText {
	out := make([]findText, len(items))
	for i, item := range items {
		out[i] = findText{string(item.SKU), item.SearchText()}
	}
	return out
}

// SearchItems lists up to limit items behind after, by SKU, whose text holds q in either case; all
// items where q is empty.
func (b *Book) SearchItems(q string, after SKU, limit int) (out []Item) {
	if limit < 1 {
		return nil
	}
	b.items.mu.RLock()
	texts := b.items.texts
	b.items.mu.RUnlock()
	texts.find(strings.ToLower(q), string(after), func(sku string) bool {
		if item, ok := b.Item(SKU(sku)); ok {
			out = append(out, item)
		}
		return len(out) < limit
	})
	return out
}
