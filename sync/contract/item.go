package contract

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// ItemRequest is what a SKU is called and costs, as it is put.
type ItemRequest struct {
	Name     string          `json:"name" jsonschema:"1 to 200 bytes"`
	Barcodes []string        `json:"barcodes,omitempty" jsonschema:"at most 32, each at most 64 bytes; 8, 12, 13 or 14 digits are a GTIN with its check digit, a scan is kept as its GTIN, all else is a code of your own"`
	Price    *Price          `json:"price,omitempty"`
	Tracking ledger.Tracking `json:"tracking,omitempty"`
	Category string          `json:"category,omitempty" jsonschema:"what rules may speak of together; at most 64 bytes"`
	ItemDetail
}

// Item is an item as it is answered.
type Item struct {
	SKU      ledger.SKU      `json:"sku"`
	Name     string          `json:"name"`
	Barcodes []string        `json:"barcodes"`
	Price    *Price          `json:"price,omitempty"`
	Tracking ledger.Tracking `json:"tracking"`
	Version  uint64          `json:"version" jsonschema:"higher is newer"`
	Category string          `json:"category,omitempty"`
	ItemDetail
}

// ItemList is a page of items.
type ItemList struct {
	Items      []Item `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
	Scan       *Scan  `json:"scan,omitempty" jsonschema:"asked by barcode: what the barcode said beside whose it is"`
}

// How large an item may be.
const (
	nameMax     = 200
	barcodesMax = 32
	barcodeMax  = 64
)

// Ledger checks the item and gives it to the ledger under its SKU, without a version.
func (r *ItemRequest) Ledger(sku ledger.SKU) (ledger.Item, error) {
	if r.Name == "" {
		return ledger.Item{}, &ledger.FormError{Field: "name", Why: "is empty: say what the article is called"}
	}
	if err := CheckText("name", r.Name, nameMax); err != nil {
		return ledger.Item{}, err
	}
	if len(r.Barcodes) > barcodesMax {
		return ledger.Item{}, &ledger.FormError{Field: "barcodes", Why: fmt.Sprintf("has more than %d codes", barcodesMax)}
	}
	codes, err := itemCodes("barcodes", r.Barcodes)
	if err != nil {
		return ledger.Item{}, err
	}
	price, err := r.Price.Ledger("price")
	if err != nil {
		return ledger.Item{}, err
	}
	if err := CheckText("category", r.Category, ledger.CategoryMax); err != nil {
		return ledger.Item{}, err
	}
	tracking := cmp.Or(r.Tracking, ledger.TrackNone)
	switch tracking {
	case ledger.TrackNone, ledger.TrackLot, ledger.TrackSerial:
	default:
		return ledger.Item{}, oneOf("tracking", string(r.Tracking), []string{"none", "lot", "serial"})
	}
	item := ledger.Item{SKU: sku, Name: r.Name, Barcodes: codes, Price: price, Tracking: tracking, Category: r.Category}
	if item.Detail, err = r.ItemDetail.ledger(); err != nil {
		return ledger.Item{}, err
	}
	if err := item.Check(); err != nil {
		return ledger.Item{}, err
	}
	return item, twiceIn(&item)
}

// itemCodes gives the codes that an item keeps of those it was given: a GTIN as it was typed, with
// the right check digit; of a scan the GTIN that it says; a code of the shop's own as it is.
func itemCodes(name string, given []string) ([]string, error) {
	var out []string // nil where there are none
	for i, code := range given {
		field := fmt.Sprintf("%s[%d]", name, i)
		kept, err := gs1.ItemCode(code)
		if err != nil {
			return nil, &ledger.FormError{Field: field, Why: codeWords(code, err)}
		}
		if kept == "" {
			return nil, &ledger.FormError{Field: field, Why: "is empty: scan it, or leave it out"}
		}
		if err := CheckText(field, kept, barcodeMax); err != nil {
			return nil, err
		}
		out = append(out, kept)
	}
	return out, nil
}

// codeWords says what is wrong with a barcode and what can be done.
func codeWords(code string, err error) string {
	if bad, ok := errors.AsType[*gs1.CheckError](err); ok && bad.Digits == strings.TrimSpace(code) {
		return fmt.Sprintf("is %s: %d digits are read as a GTIN, and this one ends with %c where %c is right. "+
			"A code of your own has a letter in it, or another number of digits", bad.Digits, len(bad.Digits), bad.Digits[len(bad.Digits)-1], bad.Want)
	}
	return "cannot be taken: " + err.Error()
}

// RenderItem gives the item as a client reads it.
func RenderItem(i *ledger.Item) Item {
	out := Item{SKU: i.SKU, Name: i.Name, Barcodes: i.Barcodes, Price: RenderPrice(i.Price), Tracking: i.Tracking, Version: i.Version, Category: i.Category}
	if out.Barcodes == nil {
		out.Barcodes = []string{}
	}
	if i.Detail != nil {
		out.ItemDetail = renderDetail(i.Detail)
	}
	if out.Tracking == "" {
		out.Tracking = ledger.TrackNone
	}
	return out
}
