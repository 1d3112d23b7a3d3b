package ledger

import "fmt"

// Tracking says whether an item's units are told apart.
type Tracking string

// An item is counted only, or told apart by lot or by serial number.
const (
	TrackNone   Tracking = "none"
	TrackLot    Tracking = "lot"
	TrackSerial Tracking = "serial"
)

// An Item is reference data: what a SKU is called and costs. It is no part of the journal.
type Item struct {
	SKU      SKU
	Name     string
	Barcodes []string
	Price    Price
	Tracking Tracking
	Version  uint64 // head office's counter of reference data; higher is newer
	Category string // what rules may speak of together; "" for none
	Detail   *Detail
}

// Bounds of an item. A book refuses one beyond them, so head office must check before it
// gives the item a version.
const (
	BarcodesMax = 100
	nameMax     = 1000
	barcodeMax  = 100
	CategoryMax = 64 // bytes
)

// Check refuses an item that no book would store.
func (v *Item) Check() error {
	if _, err := ParseSKU(string(v.SKU)); err != nil {
		return err
	}
	if len(v.Name) > nameMax {
		return &FormError{Field: "name", Why: fmt.Sprintf("is longer than %d bytes", nameMax)}
	}
	if err := checkCodes("barcodes", v.Barcodes); err != nil {
		return err
	}
	if len(v.Price.Currency) > 3 || len(v.Price.Tax) > len("included") {
		return &FormError{Field: "price", Why: "has a currency or a tax that is none"}
	}
	if len(v.Tracking) > len(TrackSerial) {
		return &FormError{Field: "tracking", Why: fmt.Sprintf("is %q; it is none, lot or serial", v.Tracking)}
	}
	if len(v.Category) > CategoryMax {
		return &FormError{Field: "category", Why: fmt.Sprintf("is longer than %d bytes", CategoryMax)}
	}
	if v.Detail != nil {
		return v.Detail.check(v.SKU)
	}
	return nil
}
