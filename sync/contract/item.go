package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ItemRequest is what a SKU is called and costs, as it is put.
type ItemRequest struct {
	Name     string          `json:"name" jsonschema:"1 to 200 bytes"`
	Barcodes []string        `json:"barcodes,omitempty" jsonschema:"at most 32, each at most 64 bytes"`
	Price    *Price          `json:"price,omitempty"`
	Tracking ledger.Tracking `json:"tracking,omitempty"`
	Category string          `json:"category,omitempty" jsonschema:"what rules may speak of together; at most 64 bytes"`
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
}

// ItemList is a page of items.
type ItemList struct {
	Items      []Item `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
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
		return ledger.Item{}, &ledger.FormError{Field: "name", Why: "is empty"}
	}
	if err := CheckText("name", r.Name, nameMax); err != nil {
		return ledger.Item{}, err
	}
	if len(r.Barcodes) > barcodesMax {
		return ledger.Item{}, &ledger.FormError{Field: "barcodes", Why: fmt.Sprintf("has more than %d codes", barcodesMax)}
	}
	for i, code := range r.Barcodes {
		field := fmt.Sprintf("barcodes[%d]", i)
		if code == "" {
			return ledger.Item{}, &ledger.FormError{Field: field, Why: "is empty"}
		}
		if err := CheckText(field, code, barcodeMax); err != nil {
			return ledger.Item{}, err
		}
	}
	price, err := r.Price.Ledger("price")
	if err != nil {
		return ledger.Item{}, err
	}
	if err := CheckText("category", r.Category, ledger.CategoryMax); err != nil {
		return ledger.Item{}, err
	}
	switch r.Tracking {
	case "", ledger.TrackNone:
	case ledger.TrackLot, ledger.TrackSerial:
		return ledger.Item{}, NotSupported("tracking", "This version does not tell units apart by lot or serial number. Use tracking none.")
	default:
		return ledger.Item{}, oneOf("tracking", string(r.Tracking), []string{"none", "lot", "serial"})
	}
	return ledger.Item{SKU: sku, Name: r.Name, Barcodes: r.Barcodes, Price: price, Tracking: ledger.TrackNone, Category: r.Category}, nil
}

// RenderItem gives the item as a client reads it.
func RenderItem(i *ledger.Item) Item {
	out := Item{SKU: i.SKU, Name: i.Name, Barcodes: i.Barcodes, Price: RenderPrice(i.Price), Tracking: i.Tracking, Version: i.Version, Category: i.Category}
	if out.Barcodes == nil {
		out.Barcodes = []string{}
	}
	if out.Tracking == "" {
		out.Tracking = ledger.TrackNone
	}
	return out
}
