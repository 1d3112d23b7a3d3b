package sheet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// ItemHeads are the columns of a file of items; of one of prices alone those that NewItems needs beside them.
func ItemHeads(pricesOnly bool) (heads []Head) {
	for at, c := range itemColumns() {
		if at == itemPrice || pricesOnly && !slices.Contains([]int{itemSKU, itemName, itemBarcodes, itemMinor, itemPer, itemTax, itemCurrency, itemTracking, itemCategory, itemTaxRate, itemPrices}, at) {
			continue
		}
		heads = append(heads, Head{c.Name, slices.Contains([]int{itemMinor, itemPer, itemShelfLife, itemLeadTime, itemTaxRate}, at)})
	}
	return heads
}

// ItemCells gives an item as a row of a file of items. What it gives is read back as that very item, or it says that it would not be.
func ItemCells(it *contract.Item, pricesOnly bool) ([]string, error) {
	all := itemCells(it)
	var cells []string
	var at []int
	for c, column := range itemColumns() {
		i := slices.IndexFunc(ItemHeads(pricesOnly), func(h Head) bool { return h.Name == column.Name })
		if at = append(at, i); i >= 0 {
			cells = append(cells, all[c])
		}
	}
	back := &Items{Reader: &Reader{separator: ',', at: at}, currency: "XXX"}
	got, err := back.parse(Row{fields: cells, at: at, book: true})
	if err != nil {
		return nil, fmt.Errorf("cannot be written as a row: %w", err)
	}
	back.Keeps(&got.Put, &it.ItemDetail)
	item, err := got.Put.Ledger(got.SKU)
	if err != nil {
		return nil, fmt.Errorf("cannot be written as a row: %w", err)
	}
	again, want := contract.RenderItem(&item), *it
	again.Version, want.Version = 0, 0
	a, err1 := json.Marshal(&again)
	b, err2 := json.Marshal(&want)
	if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
		return nil, fmt.Errorf("cannot be written as a row that is read back as it is: a text of it has a sign that divides fields, or blanks at an end")
	}
	return cells, nil
}

// itemCells gives the cells of all columns.
func itemCells(it *contract.Item) []string {
	d := &it.ItemDetail
	cells := make([]string, len(itemColumns()))
	cells[itemSKU], cells[itemName], cells[itemBarcodes] = string(it.SKU), it.Name, strings.Join(it.Barcodes, " ")
	cells[itemTracking], cells[itemCategory], cells[itemUnit] = string(it.Tracking), it.Category, d.Unit
	cells[itemVariantOf], cells[itemSubstitutes], cells[itemSupplier] = d.VariantOf, strings.Join(d.Substitutes, " "), d.Supplier
	currency := ""
	if p := it.Price; p != nil {
		currency = p.Currency
		cells[itemMinor], cells[itemCurrency], cells[itemTax] = strconv.FormatInt(p.Amount, 10), p.Currency, p.Tax
		if p.Per > 1 {
			cells[itemPer] = strconv.FormatInt(p.Per, 10)
		}
	}
	var packs, kit, attributes, prices []string
	for _, p := range d.Packs {
		packs = append(packs, strings.Join(append([]string{fmt.Sprintf("%s=%d", p.Name, p.Units)}, p.Barcodes...), " "))
	}
	for _, k := range d.Kit {
		kit = append(kit, fmt.Sprintf("%s=%d", k.SKU, k.Qty))
	}
	for name, value := range d.Attributes {
		attributes = append(attributes, name+"="+value)
	}
	sort.Strings(attributes)
	for i := range d.Prices {
		prices = append(prices, priceWords(&d.Prices[i], currency))
	}
	var homes []string
	for site, bin := range d.HomeBins {
		homes = append(homes, site+"="+bin)
	}
	sort.Strings(homes)
	cells[itemHomeBins] = strings.Join(homes, " ")
	cells[itemPacks], cells[itemKit] = strings.Join(packs, " | "), strings.Join(kit, " ")
	cells[itemAttributes], cells[itemPrices] = strings.Join(attributes, " | "), strings.Join(prices, " | ")
	if d.ShelfLifeDays > 0 {
		cells[itemShelfLife] = strconv.Itoa(d.ShelfLifeDays)
	}
	if d.LeadTimeDays > 0 {
		cells[itemLeadTime] = strconv.Itoa(d.LeadTimeDays)
	}
	if d.DropShip {
		cells[itemDropShip] = "yes"
	}
	if d.TaxRatePPM != nil {
		cells[itemTaxRate] = decimal(*d.TaxRatePPM, 4)
	}
	return cells
}

// priceWords is a row of a price list, as priceRow reads it.
func priceWords(r *contract.PriceRow, currency string) string {
	var words []string
	if r.Group != "" {
		words = append(words, r.Group)
	}
	if r.MinQty > 0 {
		words = append(words, fmt.Sprintf("%d+", r.MinQty))
	}
	if p := r.Price; p != nil {
		words = append(words, decimal(p.Amount, pricing.Digits(p.Currency)))
		if p.Per > 1 {
			words = append(words, fmt.Sprintf("per=%d", p.Per))
		}
		if p.Tax != "" {
			words = append(words, "tax="+p.Tax)
		}
		if p.Currency != currency {
			words = append(words, "cur="+p.Currency)
		}
	}
	if r.From+r.Until != "" {
		words = append(words, r.From+".."+r.Until)
	}
	return strings.Join(words, " ")
}

// decimal writes a whole number of the last of so many decimals; zeros at its end are left out.
func decimal(n int64, digits int) string {
	text := strconv.FormatInt(n, 10)
	if digits == 0 {
		return text
	}
	for len(text) <= digits {
		text = "0" + text
	}
	whole, fraction := text[:len(text)-digits], strings.TrimRight(text[len(text)-digits:], "0")
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
