package sheet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// columns of a file of items.
const (
	itemSKU = iota
	itemName
	itemBarcodes
	itemPrice
	itemMinor
	itemCurrency
	itemTracking
	itemCategory
	itemPer
	itemTax
	itemUnit
	itemPacks
	itemKit
	itemVariantOf
	itemAttributes
	itemSubstitutes
	itemShelfLife
	itemSupplier
	itemLeadTime
	itemTaxRate
	itemPrices
	itemDropShip
	itemHomeBins
)

func itemColumns() []Column {
	columns := []Column{
		itemSKU:      {Name: "sku", Also: []string{"stock_code", "stockcode"}, Needed: true},
		itemName:     {Name: "name", Also: []string{"description"}, Needed: true},
		itemBarcodes: {Name: "barcodes", Also: []string{"barcode", "ean", "gtin"}},
		itemPrice:    {Name: "price", Also: []string{"unit_price"}},
		itemMinor:    {Name: "price_minor"},
		itemCurrency: {Name: "currency"},
		itemTracking: {Name: "tracking"},
		itemCategory: {Name: "category", Also: []string{"department", "product_group"}},
		itemPer:      {Name: "price_per"},
		itemTax:      {Name: "price_tax"},
		itemHomeBins: {},
	}
	for at, column := range detailColumns() {
		columns[at] = column
	}
	return columns
}

// An Item is a row of a file of items: checked, and ready to be put.
type Item struct {
	Line int
	SKU  ledger.SKU
	Put  contract.ItemRequest
}

// Items reads a file of items: sku, name, barcodes (apart by spaces, |, commas or semicolons),
// price or price_minor, currency, tracking, category, and what more there is to say (detailColumns): packs as CASE=12 and
// their barcodes, apart by |; a kit's components as TAP-22=1 apart by spaces; attributes as colour=red apart by |; the tax
// rate in percent; prices as rows of a list (priceRow) apart by |.
type Items struct {
	*Reader
	currency string // where a row names none
	seen     map[ledger.SKU]seenItem
}

type seenItem struct {
	line   int
	digest [8]byte
}

// NewItems reads the heading. currency is that of prices whose row names none.
func NewItems(src io.Reader, currency string) (*Items, error) {
	r, err := NewReader(src, itemColumns(), names(stockColumns())...)
	if err != nil {
		return nil, err
	}
	return &Items{Reader: r, currency: currency, seen: map[ledger.SKU]seenItem{}}, nil
}

// Next gives the next item, a *Fault, or the end as Reader.Next does. A SKU that comes again
// with the same data is given again; with other data it is a fault, for which of the two stands
// must not depend on who reads the file.
func (s *Items) Next() (Item, error) {
	row, err := s.Reader.Next()
	if err != nil {
		return Item{}, err
	}
	item, err := s.parse(row)
	if err != nil {
		return Item{}, &Fault{Line: row.Line, Document: clip(row.Field(itemSKU)), Why: Reason(err)}
	}
	said, err := json.Marshal(&item.Put)
	if err != nil {
		return Item{}, fmt.Errorf("line %d: %w", row.Line, err)
	}
	digest := digest8(string(said))
	if first, again := s.seen[item.SKU]; !again {
		s.seen[item.SKU] = seenItem{row.Line, digest}
	} else if first.digest != digest {
		return Item{}, &Fault{Line: row.Line, Document: string(item.SKU), Why: fmt.Sprintf("line %d says something else of the same SKU", first.line)}
	}
	return item, nil
}

func (s *Items) parse(row Row) (Item, error) {
	sku, err := ledger.ParseSKU(row.Field(itemSKU))
	if err != nil {
		return Item{}, err
	}
	put := contract.ItemRequest{Name: row.Field(itemName), Barcodes: barcodes(row.Field(itemBarcodes)),
		Tracking: ledger.Tracking(strings.ToLower(row.Field(itemTracking))), Category: row.Field(itemCategory)}
	for _, code := range put.Barcodes {
		if rounded(code) {
			return Item{}, fmt.Errorf("barcode %q was rounded by a spreadsheet; format the column as text and fill it again", clip(code))
		}
	}
	currency := strings.ToUpper(row.Field(itemCurrency))
	if currency == "" {
		currency = s.currency
	}
	if put.Price, err = s.price(row, currency); err != nil {
		return Item{}, err
	}
	if put.ItemDetail, err = s.detail(row, currency); err != nil {
		return Item{}, err
	}
	if _, err := put.Ledger(sku); err != nil { // what the book would say, before it is asked
		return Item{}, err
	}
	return Item{Line: row.Line, SKU: sku, Put: put}, nil
}

// price reads the price of a row, for how many units it is and whether tax is in it.
func (s *Items) price(row Row, currency string) (*contract.Price, error) {
	p, err := s.amount(row, currency)
	per, tax := row.Field(itemPer), strings.ToLower(row.Field(itemTax))
	if err != nil || per+tax == "" {
		return p, err
	}
	if p == nil {
		return nil, errors.New("price_per or price_tax is given, and no price")
	}
	return p, pricedFor(p, per, tax)
}

// pricedFor adds to a price for how many units it is, and whether tax is in it; "" where nothing is said.
func pricedFor(p *contract.Price, per, tax string) error {
	if per != "" {
		n, err := parseDigits(per)
		if err != nil || n == 0 || p.Per != 0 {
			return fmt.Errorf("price_per %q is no number of units, or the price has more decimals than its currency", clip(per))
		}
		p.Per = n
	}
	p.Tax = tax
	return nil
}

func (s *Items) amount(row Row, currency string) (*contract.Price, error) {
	minor := row.Field(itemMinor)
	if minor == "" {
		return parsePrice(row.Field(itemPrice), currency, s.DecimalComma())
	}
	if row.Field(itemPrice) != "" {
		return nil, errors.New("price and price_minor are both given")
	}
	amount, err := parseDigits(minor)
	if err != nil {
		return nil, fmt.Errorf("price_minor %q %w", clip(minor), err)
	}
	return &contract.Price{Amount: amount, Currency: currency}, nil
}

// rounded says whether a barcode is what a spreadsheet makes of many digits: 5.01235E+12.
func rounded(code string) bool {
	number, exponent, ok := strings.Cut(strings.ToUpper(code), "E+")
	return ok && number != "" && exponent != "" && strings.Trim(number, "0123456789.") == "" && strings.Trim(exponent, "0123456789") == ""
}

func barcodes(field string) []string {
	return strings.FieldsFunc(field, func(r rune) bool { return strings.ContainsRune(" \t\n|,;", r) })
}

// Reason gives an error in the words for people. A line of a request is left out: the line that
// matters is the file's.
func Reason(err error) string {
	if p, ok := errors.AsType[*contract.Problem](err); ok && p.Detail != "" {
		return p.Detail
	}
	if f, ok := errors.AsType[*ledger.FormError](err); ok {
		return f.Field + " " + f.Why
	}
	return err.Error()
}
