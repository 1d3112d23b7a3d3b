package ledger_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func item(sku ledger.SKU, name string, version uint64, codes ...string) ledger.Item {
	return ledger.Item{SKU: sku, Name: name, Barcodes: codes, Tracking: ledger.TrackNone, Version: version}
}

func TestItemsAreKeptAndTheNewestWins(t *testing.T) {
	d := newDesk(t)
	put := func(version uint64, items ...ledger.Item) {
		t.Helper()
		if err := d.book.PutItems(items, version); err != nil {
			t.Fatal(err)
		}
	}
	put(5, item("TAP-22", "Mixer tap", 5, "111"), item("PIPE", "Copper pipe", 4, "222", "AB-3"))
	put(6, item("TAP-22", "An older name", 2, "999"), item("VALVE", "Gate valve", 6, "111"), item("VALVE", "An older name", 1))
	put(3) // a page that comes again
	for _, again := range []func(){func() {}, d.reopen, d.kill} {
		again()
		if got, ok := d.book.Item("TAP-22"); !ok || got.Name != "Mixer tap" {
			t.Errorf("got %+v, want the newer one kept", got)
		}
		if got := d.book.ItemsByBarcode("222"); len(got) != 1 || got[0].SKU != "PIPE" {
			t.Errorf("got %+v, want PIPE by its barcode", got)
		}
		if got := d.book.ItemsByBarcode("999"); got != nil {
			t.Error("got an item by a barcode that came too late, want none")
		}
		if got := d.book.RefVersion(); got != 6 {
			t.Errorf("got version %d, want 6", got)
		}
	}
	put(7, item("TAP-22", "Mixer tap", 7)) // gives its barcode up
	if got := d.book.ItemsByBarcode("111"); len(got) != 1 || got[0].SKU != "VALVE" {
		t.Errorf("got %+v, want the barcode moved to VALVE", got)
	}
	if _, ok := d.book.Item("NONE"); ok {
		t.Error("got an item that was never put, want none")
	}
}

func TestItemsAreFoundBySKUNameAndBarcode(t *testing.T) {
	d := newDesk(t)
	var items []ledger.Item
	for i := range 1203 { // more than one commit of them
		items = append(items, item(ledger.SKU(fmt.Sprintf("S-%04d", i)), fmt.Sprintf("Bolt M%d", i), uint64(i), fmt.Sprintf("EAN%05d", i)))
	}
	if err := d.book.PutItems(items, 1203); err != nil {
		t.Fatal(err)
	}
	found := func(q string, after ledger.SKU, limit int) (skus []ledger.SKU) {
		for _, v := range d.book.SearchItems(q, after, limit) {
			skus = append(skus, v.SKU)
		}
		return skus
	}
	for _, c := range []struct {
		q     string
		after ledger.SKU
		limit int
		want  []ledger.SKU
	}{
		{"", "", 2, []ledger.SKU{"S-0000", "S-0001"}},
		{"", "S-0001", 2, []ledger.SKU{"S-0002", "S-0003"}},
		{"bolt m12", "", 3, []ledger.SKU{"S-0012", "S-0120", "S-0121"}},
		{"s-0777", "", 9, []ledger.SKU{"S-0777"}},
		{"ean01202", "", 9, []ledger.SKU{"S-1202"}},
		{"nut", "", 9, nil},
		{"", "S-1202", 9, nil},
	} {
		if got := found(c.q, c.after, c.limit); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q after %q: got %v, want %v", c.q, c.after, got, c.want)
		}
	}
	if err := d.book.PutItems([]ledger.Item{item("A-FIRST", "new", 1)}, 1204); err != nil {
		t.Fatal(err)
	}
	if got := found("", "", 1); !reflect.DeepEqual(got, []ledger.SKU{"A-FIRST"}) {
		t.Errorf("got %v, want the new item in its place", got)
	}
}

func TestAnItemThatNoBookCouldReadAgainIsRefused(t *testing.T) {
	d := newDesk(t)
	for field, bad := range map[string]ledger.Item{
		"sku":      item("two words", "", 1),
		"name":     item("A", strings.Repeat("x", 1001), 1),
		"barcodes": item("A", "", 1, make([]string, ledger.BarcodesMax+1)...),
		"price":    {SKU: "A", Price: ledger.Price{Money: ledger.Money{Currency: "POUNDS"}}},
		"tracking": {SKU: "A", Tracking: "by the hour"},
	} {
		err := d.book.PutItems([]ledger.Item{item("GOOD", "", 1), bad}, 2)
		if fe, ok := errors.AsType[*ledger.FormError](err); !ok || fe.Field != field {
			t.Errorf("%s: got %v, want it refused", field, err)
		}
	}
	if err := d.book.PutItems([]ledger.Item{item("A", "", 1, "")}, 2); err == nil {
		t.Error("an empty barcode: got nil, want it refused")
	}
	if _, ok := d.book.Item("GOOD"); ok || d.book.RefVersion() != 0 {
		t.Error("got a part of a page, want all of it refused")
	}
}
