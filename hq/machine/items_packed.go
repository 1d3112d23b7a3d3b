package machine

import (
	"encoding/binary"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Items stand in a grid as those of no site.
func keyOfItem(sku ledger.SKU) grid.Key { return grid.Key{SKU: sku} }

// packItem keeps an item as its fields one after the other. Its SKU is its key. It is never stored or sent.
func packItem(b []byte, v *ledger.Item) []byte {
	b = binary.AppendUvarint(b, v.Version)
	b = appendText(b, v.Name)
	b = binary.AppendUvarint(b, uint64(len(v.Barcodes)))
	for _, code := range v.Barcodes {
		b = appendText(b, code)
	}
	b = appendText(b, string(v.Tracking))
	if v.Price == (ledger.Price{}) && v.Category == "" && v.Detail == nil {
		return b
	}
	b = appendText(binary.AppendVarint(b, v.Price.Amount), v.Price.Currency)
	b = appendText(binary.AppendVarint(b, v.Price.Per), v.Price.Tax)
	if v.Category == "" && v.Detail == nil {
		return b
	}
	if b = appendText(b, v.Category); v.Detail == nil {
		return b
	}
	return ledger.AppendDetail(b, v.Detail)
}

// unpackItem opens an item. Its texts are parts of one string: most of those who ask want the price alone.
func unpackItem(k grid.Key, b []byte) *ledger.Item {
	u, all := unpacking(b), string(b)
	text := func() string {
		n := int(u.count())
		from := len(all) - len(u)
		u = u[n:]
		return all[from : from+n]
	}
	v := &ledger.Item{SKU: k.SKU, Version: u.count(), Name: text()}
	if n := u.count(); n > 0 {
		v.Barcodes = make([]string, n)
	}
	for i := range v.Barcodes {
		v.Barcodes[i] = text()
	}
	v.Tracking = ledger.Tracking(text())
	if len(u) > 0 {
		v.Price.Amount, v.Price.Currency = u.number(), text()
		v.Price.Per, v.Price.Tax = u.number(), text()
	}
	if len(u) > 0 {
		v.Category = text()
	}
	if len(u) > 0 {
		d, err := ledger.ReadDetail(u)
		if err != nil {
			panic("machine: a packed item is not as it was packed: " + err.Error())
		}
		v.Detail = d
	}
	return v
}
