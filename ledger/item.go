package ledger

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
}
