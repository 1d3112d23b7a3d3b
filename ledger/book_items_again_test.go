package ledger_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// TestAnOlderRemoteStateNeverOverwritesANewerLocalOne: pages of items come in any order, some twice, some of a head
// office that went back in time; of each item the newest that ever came is kept, its packs, components and barcodes with it.
func TestAnOlderRemoteStateNeverOverwritesANewerLocalOne(t *testing.T) {
	d := newDesk(t)
	r := rand.New(rand.NewPCG(6, 26))
	skus := []ledger.SKU{"TAP", "PIPE", "SET"}
	newest := map[ledger.SKU]ledger.Item{}
	highest := uint64(0)
	for round := range 60 {
		var page []ledger.Item
		upTo := uint64(0)
		for range 1 + r.IntN(4) {
			version := 1 + r.Uint64N(40)
			it := item(skus[r.IntN(3)], "as of", version)
			it.Name += string(rune('a' + version%26))
			it.Barcodes = []string{string(it.SKU) + it.Name}
			it.Detail = &ledger.Detail{Packs: []ledger.Pack{{Name: "CASE", Units: ledger.Qty(version), Barcodes: []string{string(it.SKU) + "-" + it.Name}}}}
			if it.SKU == "SET" {
				it.Detail.Kit = []ledger.Component{{SKU: "TAP", Qty: ledger.Qty(version)}}
			}
			page, upTo = append(page, it), max(upTo, version)
			if old, had := newest[it.SKU]; !had || it.Version >= old.Version {
				newest[it.SKU] = it
			}
		}
		if err := d.book.PutItems(page, upTo); err != nil {
			t.Fatal(err)
		}
		if highest = max(highest, upTo); round%20 == 19 {
			d.reopen()
		}
		if got := d.book.RefVersion(); got != highest {
			t.Fatalf("got version %d, want %d", got, highest)
		}
		for sku, want := range newest {
			got, _ := d.book.Item(sku)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: got %+v, want the newest, %+v", sku, got, want)
			}
			for code := range want.Codes() {
				if found := d.book.ItemsByBarcode(code); len(found) != 1 || found[0].SKU != sku {
					t.Fatalf("%s: got %+v, want %s", code, found, sku)
				}
			}
			if found := d.book.SearchItems(want.Name, "", 9); len(found) == 0 {
				t.Fatalf("%q is not found", want.Name)
			}
		}
	}
}

// A build that knew less of items stored them without what it did not know. The next one asks for all of them again,
// and no more once they have come.
func TestItemsThatAnOlderBuildStoredAreAskedForAgain(t *testing.T) {
	d := newDesk(t)
	put := func(upTo uint64, items ...ledger.Item) {
		t.Helper()
		if err := d.book.PutItems(items, upTo); err != nil {
			t.Fatal(err)
		}
	}
	asked := func(want uint64) {
		t.Helper()
		if got := d.book.RefAsked(); got != want || d.book.RefVersion() != 9 {
			t.Fatalf("asked from %d at version %d, want from %d at 9", got, d.book.RefVersion(), want)
		}
	}
	put(9, item("TAP", "Tap", 4), item("PIPE", "Pipe", 9))
	asked(9)
	d.reopen()
	asked(9)

	d.close()
	scratch(t, d.cfg.Dir, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("ref form")) })
	d.open()
	asked(0)
	detailed := item("TAP", "Tap", 4)
	detailed.Detail = &ledger.Detail{Unit: "each"}
	put(4, detailed)
	asked(4)
	d.reopen() // before all have come: from the start once more
	asked(0)
	put(4, detailed)
	put(9, item("PIPE", "Pipe", 9))
	asked(9)
	d.reopen()
	asked(9)
	if got, _ := d.book.Item("TAP"); got.Detail == nil || got.Detail.Unit != "each" {
		t.Errorf("got %+v, want what the older build did not keep", got)
	}
}

// What no book could read again is refused before it is stored, and by a decoder where it comes in all the same.
func TestADetailBeyondBoundsIsRefused(t *testing.T) {
	d := newDesk(t)
	for field, detail := range map[string]*ledger.Detail{
		"unit":              {Unit: string(make([]byte, 65))},
		"packs":             {Packs: make([]ledger.Pack, ledger.PacksMax+1)},
		"packs[0].units":    {Packs: []ledger.Pack{{Name: "CASE"}}},
		"kit":               {Kit: make([]ledger.Component, ledger.ComponentsMax+1)},
		"kit[0].qty":        {Kit: []ledger.Component{{SKU: "B", Qty: -1}}},
		"substitutes":       {Substitutes: make([]ledger.SKU, ledger.SubstitutesMax+1)},
		"attributes":        {Attributes: []ledger.Attribute{{Name: "b"}, {Name: "a"}}},
		"tax_rate_ppm":      {Tax: ledger.TaxRate{PPM: 1}},
		"shelf_life_days":   {ShelfDays: -1},
		"lead_time_days":    {LeadDays: ledger.DetailDaysMax + 1},
		"variant_of":        {VariantOf: "A"},
		"substitutes[0]":    {Substitutes: []ledger.SKU{"A"}},
		"packs[0].barcodes": {Packs: []ledger.Pack{{Name: "CASE", Units: 1, Barcodes: []string{""}}}},
	} {
		bad := item("A", "", 1)
		bad.Detail = detail
		err := d.book.PutItems([]ledger.Item{bad}, 2)
		if fe, ok := errors.AsType[*ledger.FormError](err); !ok || fe.Field != field {
			t.Errorf("%s: got %v, want it refused", field, err)
		}
	}
}
