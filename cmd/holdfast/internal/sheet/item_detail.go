package sheet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func detailColumns() map[int]Column {
	return map[int]Column{
		itemUnit:        {Name: "unit"},
		itemPacks:       {Name: "packs"},
		itemKit:         {Name: "kit"},
		itemVariantOf:   {Name: "variant_of"},
		itemAttributes:  {Name: "attributes"},
		itemSubstitutes: {Name: "substitutes"},
		itemShelfLife:   {Name: "shelf_life_days"},
		itemSupplier:    {Name: "supplier"},
		itemLeadTime:    {Name: "lead_time_days"},
		itemTaxRate:     {Name: "tax_rate", Also: []string{"vat_rate"}},
		itemPrices:      {Name: "prices"},
		itemDropShip:    {Name: "drop_ship"},
		itemHomeBins:    {Name: "home_bins"},
	}
}

// Keeps takes from what stands there what the file has no column for: a list of prices does not take the packs
// off an item.
func (s *Items) Keeps(put *contract.ItemRequest, there *contract.ItemDetail) {
	has := func(column int) bool { return s.at[column] >= 0 }
	d := &put.ItemDetail
	keep(has(itemUnit), &d.Unit, there.Unit)
	keep(has(itemVariantOf), &d.VariantOf, there.VariantOf)
	keep(has(itemSupplier), &d.Supplier, there.Supplier)
	keep(has(itemShelfLife), &d.ShelfLifeDays, there.ShelfLifeDays)
	keep(has(itemLeadTime), &d.LeadTimeDays, there.LeadTimeDays)
	keep(has(itemDropShip), &d.DropShip, there.DropShip)
	keep(has(itemTaxRate), &d.TaxRatePPM, there.TaxRatePPM)
	if !has(itemPacks) {
		d.Packs = there.Packs
	}
	if !has(itemKit) {
		d.Kit = there.Kit
	}
	if !has(itemHomeBins) {
		d.HomeBins = there.HomeBins
	}
	if !has(itemAttributes) {
		d.Attributes = there.Attributes
	}
	if !has(itemSubstitutes) {
		d.Substitutes = there.Substitutes
	}
	if !has(itemPrices) {
		d.Prices = there.Prices
	}
}

func keep[T any](has bool, into *T, there T) {
	if !has {
		*into = there
	}
}

// detail reads the columns of a row that say more of an item than its name, price and barcodes.
func (s *Items) detail(row Row, currency string) (d contract.ItemDetail, err error) {
	d = contract.ItemDetail{Unit: row.Field(itemUnit), VariantOf: row.Field(itemVariantOf), Supplier: row.Field(itemSupplier),
		Substitutes: barcodes(row.Field(itemSubstitutes))}
	for _, text := range several(row.Field(itemPacks)) {
		p, err := parsePack(text)
		if err != nil {
			return d, fmt.Errorf("packs: %q %w", clip(text), err)
		}
		d.Packs = append(d.Packs, p)
	}
	for _, text := range barcodes(row.Field(itemKit)) {
		sku, qty, given := cutLast(text, "=")
		n := int64(1)
		if given {
			if n, err = parseDigits(qty); err != nil {
				return d, fmt.Errorf("kit: %q %w", clip(text), err)
			}
		}
		d.Kit = append(d.Kit, contract.KitComponent{SKU: ledger.SKU(sku), Qty: ledger.Qty(n)})
	}
	for _, text := range several(row.Field(itemAttributes)) {
		name, value, ok := strings.Cut(text, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return d, fmt.Errorf("attributes: %q is not a name and a value, such as colour=red", clip(text))
		}
		if d.Attributes == nil {
			d.Attributes = map[string]string{}
		}
		if _, twice := d.Attributes[name]; twice {
			return d, fmt.Errorf("attributes: %s is given twice", clip(name))
		}
		d.Attributes[name] = strings.TrimSpace(value)
	}
	for _, text := range barcodes(row.Field(itemHomeBins)) {
		site, bin, ok := strings.Cut(text, "=")
		if !ok || site == "" || bin == "" {
			return d, fmt.Errorf("home_bins: %q is not a site and a bin, such as leeds=A-01", clip(text))
		}
		if d.HomeBins == nil {
			d.HomeBins = map[string]string{}
		}
		if _, twice := d.HomeBins[site]; twice {
			return d, fmt.Errorf("home_bins: %s is given twice", clip(site))
		}
		d.HomeBins[site] = bin
	}
	if d.ShelfLifeDays, err = days("shelf_life_days", row.Field(itemShelfLife)); err != nil {
		return d, err
	}
	if d.LeadTimeDays, err = days("lead_time_days", row.Field(itemLeadTime)); err != nil {
		return d, err
	}
	if d.DropShip, err = yes("drop_ship", row.Field(itemDropShip)); err != nil {
		return d, err
	}
	if d.TaxRatePPM, err = s.taxRate(row.Field(itemTaxRate)); err != nil {
		return d, err
	}
	for _, text := range several(row.Field(itemPrices)) {
		r, err := s.priceRow(text, currency)
		if err != nil {
			return d, fmt.Errorf("prices: %q %w", clip(text), err)
		}
		d.Prices = append(d.Prices, r)
	}
	return d, nil
}

// several cuts a field at | and at semicolons.
func several(field string) (out []string) {
	for _, text := range strings.FieldsFunc(field, func(r rune) bool { return r == '|' || r == ';' }) {
		if text = strings.TrimSpace(text); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func cutLast(text, sep string) (before, after string, found bool) {
	if at := strings.LastIndex(text, sep); at >= 0 {
		return text[:at], text[at+len(sep):], true
	}
	return text, "", false
}

// parsePack reads CASE=12, or CASE=12 and barcodes apart by spaces.
func parsePack(text string) (p contract.Pack, err error) {
	words := strings.Fields(text)
	name, units, ok := strings.Cut(words[0], "=")
	if !ok || name == "" {
		return p, errors.New("is not a name and its units, such as CASE=12, and then its barcodes")
	}
	n, err := parseDigits(units)
	if err != nil {
		return p, err
	}
	for _, code := range words[1:] {
		if rounded(code) {
			return p, errors.New("has a barcode that was rounded by a spreadsheet; format the column as text and fill it again")
		}
	}
	return contract.Pack{Name: name, Units: ledger.Qty(n), Barcodes: words[1:]}, nil
}

func days(field, text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := parseDigits(text)
	if err != nil {
		return 0, fmt.Errorf("%s %q %w", field, clip(text), err)
	}
	return int(min(n, ledger.DetailDaysMax+1)), nil // more is refused as what is too much
}

// yes reads a yes or no; an empty field is a no.
func yes(field, text string) (bool, error) {
	switch strings.ToLower(text) {
	case "", "no", "false", "0":
		return false, nil
	case "yes", "true", "1":
		return true, nil
	}
	return false, fmt.Errorf("%s %q is not yes or no", field, clip(text))
}

// taxRate reads a rate in percent: 20, 20 %, 8.875.
func (s *Items) taxRate(text string) (*int64, error) {
	text = strings.TrimSpace(strings.TrimSuffix(text, "%"))
	if text == "" {
		return nil, nil
	}
	const decimals = 4 // of a percent: a millionth
	number := text
	if s.DecimalComma() {
		number = strings.Replace(number, ",", ".", 1)
	}
	ppm, per, err := parseDecimal(number, decimals)
	if err == nil && per != 0 {
		err = errors.New("has more than 4 decimals")
	}
	if err != nil {
		return nil, fmt.Errorf("tax_rate %q %w", clip(text), err)
	}
	return &ppm, nil
}

// priceRow reads a row of a price list: a group of one word, the quantity from which on it holds with a plus behind it,
// the price, and from when until when, each but the price where it is needed: trade 10+ 8.99 2026-01-01..2026-12-31.
// Three words say more of the price: per=1000 for how many units it is, tax=included or tax=excluded, and cur=EUR.
func (s *Items) priceRow(text, currency string) (r contract.PriceRow, err error) {
	var words []string
	per, tax := "", ""
	for _, word := range strings.Fields(text) {
		if name, value, said := strings.Cut(word, "="); said {
			switch name {
			case "cur":
				currency = strings.ToUpper(value)
				continue
			case "per":
				per = value
				continue
			case "tax":
				tax = strings.ToLower(value)
				continue
			}
		}
		words = append(words, word)
	}
	for _, word := range words {
		from, until, dates := strings.Cut(word, "..")
		number, more := strings.CutSuffix(word, "+")
		switch {
		case dates:
			r.From, r.Until = from, until
		case more:
			n, err := parseDigits(number)
			if err != nil {
				return r, err
			}
			r.MinQty = ledger.Qty(n)
		case word[0] >= '0' && word[0] <= '9' || word[0] == '-':
			if r.Price != nil {
				return r, errors.New("has two prices")
			}
			if r.Price, err = parsePrice(word, currency, s.DecimalComma()); err != nil {
				return r, err
			}
		case r.Group != "":
			return r, errors.New("has two groups; a group is one word that does not begin with a digit")
		default:
			r.Group = word
		}
	}
	if r.Price == nil {
		return r, errors.New("has no price, such as in trade 10+ 8.99")
	}
	return r, pricedFor(r.Price, per, tax)
}
