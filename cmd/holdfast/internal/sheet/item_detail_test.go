package sheet_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// All that an item may say stands in columns of its own, and what cannot be meant is named with its row.
func TestARowSaysAllOfAnItem(t *testing.T) {
	same(t, items(t, "sku,name,unit,packs,kit,variant_of,attributes,substitutes,shelf_life_days,supplier,lead_time_days,vat_rate,prices\n"+
		"TAP,Tap,each,CASE=12 15012345678907|PALLET=480,,TAPS,size=22 mm|finish=satin chrome,TAP-15 TAP-18,365,Acme & Sons,14,8.875 %,trade 10+ 8.99 2026-01-01..2026-12-31 | 0.001\n"+
		"SET,Set,,,TAP=2 CLIP,,,,,,,0,\n"+
		"A,x,,CASE=0,,,,,,,,,\n"+
		"B,x,,CASE=1.5,,,,,,,,,\n"+
		"C,x,,CASE=12 1.50123E+13,,,,,,,,,\n"+
		"D,x,,,TAP=two,,,,,,,,\n"+
		"E,x,,,,,red,,,,,,\n"+
		"F,x,,,,,a=1|a=2,,,,,,\n"+
		"G,x,,,,,,,a year,,,,\n"+
		"H,x,,,,,,,,,99999999,,\n"+
		"I,x,,,,,,,,,,20.00001,\n"+
		"J,x,,,,,,,,,,,trade 10+\n"+
		"K,x,,,,,,,,,,,1.00 2.00\n"+
		"L,x,,,,,,,,,,,trade staff 1\n"+
		"M,x,,,,,,,,,,,1 2026-02-01..2026-01-01\n"+
		"N,x,,,,N,,,,,,,\n"), []string{
		`2 TAP {"name":"Tap","unit":"each","packs":[{"name":"CASE","units":12,"barcodes":["15012345678907"]},{"name":"PALLET","units":480}],"variant_of":"TAPS",` +
			`"attributes":{"finish":"satin chrome","size":"22 mm"},"substitutes":["TAP-15","TAP-18"],"shelf_life_days":365,"supplier":"Acme \u0026 Sons","lead_time_days":14,"tax_rate_ppm":88750,` +
			`"prices":[{"group":"trade","min_qty":10,"from":"2026-01-01","until":"2026-12-31","price":{"amount":899,"currency":"GBP"}},{"price":{"amount":100,"currency":"GBP","per":1000}}]}`,
		`3 SET {"name":"Set","kit":[{"sku":"TAP","qty":2},{"sku":"CLIP","qty":1}],"tax_rate_ppm":0}`,
		`line 4 (A): packs[0].units is 0; a pack has 1 to 9007199254740991 whole units`,
		`line 5 (B): packs: "CASE=1.5" is not a number`,
		`line 6 (C): packs: "CASE=12 1.50123E+13" has a barcode that was rounded by a spreadsheet; format the column as text and fill it again`,
		`line 7 (D): kit: "TAP=two" is not a number`,
		`line 8 (E): attributes: "red" is not a name and a value, such as colour=red`,
		`line 9 (F): attributes: a is given twice`,
		`line 10 (G): shelf_life_days "a year" is not a number`,
		`line 11 (H): lead_time_days is not 0 to 36500`,
		`line 12 (I): tax_rate "20.00001" has more than 4 decimals`,
		`line 13 (J): prices: "trade 10+" has no price, such as in trade 10+ 8.99`,
		`line 14 (K): prices: "1.00 2.00" has two prices`,
		`line 15 (L): prices: "trade staff 1" has two groups; a group is one word that does not begin with a digit`,
		`line 16 (M): prices[0].until is 2026-01-01, before 2026-02-01, when the price begins`,
		`line 17 (N): variant_of is not the SKU of another item`,
	})
}

// A column that a file does not have leaves what is there; one that it has and that is empty takes it off.
func TestAColumnThatIsNotThereLeavesWhatIs(t *testing.T) {
	r, err := sheet.NewItems(strings.NewReader("sku,name,supplier,unit\nTAP,Tap,Brown,\n"), "GBP")
	if err != nil {
		t.Fatal(err)
	}
	i, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	rate := int64(200_000)
	r.Keeps(&i.Put, &contract.ItemDetail{Unit: "each", Packs: []contract.Pack{{Name: "CASE", Units: 12}}, Kit: []contract.KitComponent{{SKU: "PIPE", Qty: 2}}, VariantOf: "TAPS",
		Attributes: map[string]string{"size": "22"}, Substitutes: []string{"TAP-15"}, ShelfLifeDays: 3, Supplier: "Acme", LeadTimeDays: 4, TaxRatePPM: &rate,
		Prices: []contract.PriceRow{{Group: "trade", Price: &contract.Price{Amount: 1, Currency: "GBP"}}}})
	same(t, []string{asJSON(t, i.Put)}, []string{`{"name":"Tap","packs":[{"name":"CASE","units":12}],"kit":[{"sku":"PIPE","qty":2}],"variant_of":"TAPS","attributes":{"size":"22"},"substitutes":["TAP-15"],` +
		`"shelf_life_days":3,"supplier":"Brown","lead_time_days":4,"tax_rate_ppm":200000,"prices":[{"group":"trade","price":{"amount":1,"currency":"GBP"}}]}`})
}

// A row of stock in packs is another row than one in units, and comes to the same key again.
func TestStockMayComeInPacks(t *testing.T) {
	r, err := sheet.NewStock(strings.NewReader("sku,qty,pack\nTAP,2,CASE\nTAP,2,\nTAP,2,CASE\n"), "DN-1")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for range 3 {
		l, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]string{true: "CASE"}[l.Line != 3]; l.Put.Lines[0].Pack != want || l.Put.Lines[0].Qty != ledger.Qty(2) {
			t.Errorf("line %d: got %+v, want pack %q", l.Line, l.Put.Lines[0], want)
		}
		keys[l.Key] = true
	}
	if len(keys) != 3 {
		t.Errorf("got %d keys, want 3", len(keys))
	}
}

// An order may be in packs; the price is still that of a unit.
func TestAnOrderMayBeInPacks(t *testing.T) {
	got := orders(t, strings.NewReader("external_id,sku,qty,pack,unit_price\nw-1,TAP,2,CASE,1.50\nw-1,PIN,3,,\n"))
	if len(got) != 1 || !strings.Contains(got[0], `{"sku":"TAP","pack":"CASE","qty":2,"unit_price":{"amount":150,"currency":"GBP"}},{"sku":"PIN","qty":3}`) {
		t.Errorf("got %s, want two cases and three pins", got)
	}
}
