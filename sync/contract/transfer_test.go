package contract_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// taps is a catalogue of one article, which comes in cases of twelve.
func taps() contract.Catalogue {
	item := &ledger.Item{SKU: "TAP-22", Barcodes: []string{"5012345678900"}, Detail: &ledger.Detail{Packs: []ledger.Pack{{Name: "CASE", Units: 12, Barcodes: []string{"15012345678907"}}}}}
	return contract.Catalogue{
		Bearers: func(code string) []ledger.SKU {
			if code == "5012345678900" || code == "15012345678907" {
				return []ledger.SKU{"TAP-22"}
			}
			return nil
		},
		Item: func(sku ledger.SKU) (*ledger.Item, bool) { return item, sku == item.SKU },
	}
}

// A transfer is told in packs and by barcodes, and counts units: no conversion makes or loses one.
func TestATransferIsToldInPacksAndCountsUnits(t *testing.T) {
	wish := contract.TransferRequest{From: "leeds", To: "york", Lines: []contract.TransferWish{{SKU: "TAP-22", Pack: "CASE", Qty: 2}, {Barcode: "15012345678907", Qty: 1}, {Barcode: "5012345678900", Qty: 5}}}
	if err := wish.Named(taps()); err != nil {
		t.Fatal(err)
	}
	made, err := wish.Ledger()
	if err != nil || len(made.Lines) != 1 || made.Lines[0].Qty != 2*12+12+5 {
		t.Errorf("got %+v, %v, want 41 units", made, err)
	}
	came, none := ledger.Qty(3), ledger.Qty(0)
	in := contract.ReceiveRequest{From: "leeds", Lines: []contract.TransferCame{{SKU: "TAP-22", Pack: "case", Received: &came, Damaged: 1, Sent: 4}}}
	if err := in.Named(taps()); err != nil {
		t.Fatal(err)
	}
	got, err := in.Ledger("T-1")
	if err != nil || got.Lines[0].Came != 36 || got.Lines[0].Damaged != 12 || got.Lines[0].Noted != 48 {
		t.Errorf("got %+v, %v, want 36 of 48, 12 of them damaged", got, err)
	}
	if came != 3 {
		t.Errorf("got %d in the request, want it as it was sent", came)
	}
	empty := contract.ReceiveRequest{Lines: []contract.TransferCame{{Barcode: "15012345678907", Received: &none}}}
	if err := empty.Named(taps()); err != nil || *empty.Lines[0].Received != 0 {
		t.Errorf("got %v, %v, want nothing received", *empty.Lines[0].Received, err)
	}
	for name, r := range map[string]contract.DispatchRequest{
		"no such pack":    {Lines: []contract.DispatchLine{{TransferWish: contract.TransferWish{SKU: "TAP-22", Pack: "BOX", Qty: 1}}}},
		"nobody's code":   {Lines: []contract.DispatchLine{{TransferWish: contract.TransferWish{Barcode: "4006381333931", Qty: 1}}}},
		"both":            {Lines: []contract.DispatchLine{{TransferWish: contract.TransferWish{SKU: "TAP-22", Barcode: "5012345678900", Qty: 1}}}},
		"beyond counting": {Lines: []contract.DispatchLine{{TransferWish: contract.TransferWish{SKU: "TAP-22", Pack: "CASE", Qty: ledger.QtyMax}}}},
	} {
		if err := r.Named(taps()); err == nil {
			t.Errorf("%s: got none, want it refused", name)
		}
	}
}
