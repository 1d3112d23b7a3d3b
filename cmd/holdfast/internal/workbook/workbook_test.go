package workbook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/workbook"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// These tests hold what sheet writes against what sheet reads, as a CSV file and as a workbook.

// writer begins a file.
func writer(t *testing.T, out io.Writer, book bool, heads []sheet.Head) *sheet.Writer {
	t.Helper()
	if !book {
		w, err := sheet.NewWriter(out, heads)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	grid, err := workbook.NewWriter(out)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sheet.NewGridWriter(grid, heads)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// source opens what was written.
func source(t *testing.T, file io.Reader, book bool) io.Reader {
	t.Helper()
	if !book {
		return file
	}
	r, err := workbook.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// someItems are items with all that there is to say, and with texts that a spreadsheet would run.
func someItems(t *testing.T) (out []contract.Item) {
	raw := `[
	{"name":"Tap","barcodes":["5010","1234567890128"],"price":{"amount":1299,"currency":"GBP","tax":"included"},"tracking":"none","category":"taps","unit":"each",
		"packs":[{"name":"CASE","units":12,"barcodes":["15012345678907"]},{"name":"PALLET","units":480}],"variant_of":"TAP","attributes":{"colour":"red","size":"22"},
		"substitutes":["TAP-15"],"shelf_life_days":30,"supplier":"Acme","lead_time_days":7,"tax_rate_ppm":88750,
		"prices":[{"group":"trade","min_qty":10,"from":"2026-01-01","until":"2026-12-31","price":{"amount":899,"currency":"GBP"}},{"price":{"amount":5,"currency":"JPY","per":1000,"tax":"excluded"}}]},
	{"name":"=HYPERLINK(\"http://x\")","barcodes":[],"tracking":"none","category":"@x","supplier":"+44","attributes":{"-a":"=b"}},
	{"name":"Wire, 3 mm; \"hard\"","barcodes":[],"tracking":"none","price":{"amount":1,"currency":"EUR","per":1000},"tax_rate_ppm":0},
	{"name":"'tis","barcodes":["0012"],"tracking":"none","kit":[{"sku":"A","qty":1},{"sku":"B","qty":2}]}]`
	var reqs []contract.ItemRequest
	if err := json.Unmarshal([]byte(raw), &reqs); err != nil {
		t.Fatal(err)
	}
	for i := range reqs {
		it, err := reqs[i].Ledger(ledger.SKU(fmt.Sprint("SKU-", i)))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, contract.RenderItem(&it))
	}
	return out
}

// written is a file of items.
func written(t *testing.T, book, pricesOnly bool, items []contract.Item) *bytes.Buffer {
	t.Helper()
	var file bytes.Buffer
	w := writer(t, &file, book, sheet.ItemHeads(pricesOnly))
	for i := range items {
		cells, err := sheet.ItemCells(&items[i], pricesOnly)
		if err == nil {
			err = w.Row(cells)
		}
		if err != nil {
			t.Fatalf("workbook %t: %s: %v", book, items[i].SKU, err)
		}
	}
	if err := w.Close(); err != nil || w.Rows() != len(items) {
		t.Fatalf("workbook %t: %d rows (%v)", book, w.Rows(), err)
	}
	return &file
}

// TestItemsThatAreWrittenAreReadBackAsTheyWere, from a CSV file and from a workbook.
func TestItemsThatAreWrittenAreReadBackAsTheyWere(t *testing.T) {
	want := someItems(t)
	for _, book := range []bool{false, true} {
		for _, pricesOnly := range []bool{false, true} {
			items, err := sheet.NewItems(source(t, written(t, book, pricesOnly, want), book), "USD")
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				got, err := items.Next()
				if err != nil {
					t.Fatalf("workbook %t: item %d: %v", book, i, err)
				}
				items.Keeps(&got.Put, &want[i].ItemDetail)
				it, err := got.Put.Ledger(got.SKU)
				if again := contract.RenderItem(&it); err != nil || !reflect.DeepEqual(again, want[i]) {
					t.Errorf("workbook %t, prices only %t: got %+v (%v), want %+v", book, pricesOnly, again, err, want[i])
				}
			}
			if _, err := items.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("workbook %t: got %v, want the end", book, err)
			}
		}
	}
}

// TestAnItemThatWouldBeReadBackOtherwiseIsNotWritten: it is better to hear of it than to find another item there.
func TestAnItemThatWouldBeReadBackOtherwiseIsNotWritten(t *testing.T) {
	for name, change := range map[string]func(*contract.Item){
		"a bar in an attribute": func(it *contract.Item) { it.Attributes = map[string]string{"a": "b|c"} },
		"blanks at an end":      func(it *contract.Item) { it.Supplier = "Acme " },
		"a group of two words":  func(it *contract.Item) { it.Prices[0].Group = "trade north" },
		"a group like a number": func(it *contract.Item) { it.Prices[0].Group = "7th" },
	} {
		it := someItems(t)[0]
		change(&it)
		if cells, err := sheet.ItemCells(&it, false); err == nil {
			t.Errorf("%s: got %q, want it refused", name, cells)
		}
	}
}

// TestAWorkbookIsReadAsAFileIs: numbers as they are stored, empty cells at the end of a row left out, and rows with a fault named.
func TestAWorkbookIsReadAsAFileIs(t *testing.T) {
	var file bytes.Buffer
	w := writer(t, &file, true, []sheet.Head{{Name: "SKU"}, {Name: "qty", Number: true}, {Name: "bin"}, {Name: "more"}})
	for _, row := range [][]string{{"TAP-22", "12", "A-01", ""}, {"", "", "", ""}, {"PIPE", "9007199254740993", "", "x"}, {"BEND", "-1", "", ""}} {
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	stock, err := sheet.NewStock(source(t, &file, true), "opening stock")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		l, err := stock.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if fault, ok := errors.AsType[*sheet.Fault](err); ok {
			got = append(got, fault.Error())
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %s %d %s", l.Line, l.Put.Lines[0].SKU, l.Put.Lines[0].Qty, l.Put.Lines[0].Bin))
	}
	want := []string{"2 TAP-22 12 A-01", `line 4 (PIPE): qty "9007199254740993" is too large`, `line 5 (BEND): qty "-1" is below 0`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFileThatIsNoWorkbookSaysSo(t *testing.T) {
	for name, file := range map[string]string{"cut off": "PK\x03\x04", "another zip": "PK\x03\x04" + strings.Repeat("x", 200)} {
		if _, err := workbook.Open(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), "workbook") {
			t.Errorf("%s: got %v, want it to say that it is no workbook", name, err)
		}
	}
}

func TestACellThatNoFileCanHoldCostsItsRow(t *testing.T) {
	w := writer(t, io.Discard, true, []sheet.Head{{Name: "sku"}})
	for name, cell := range map[string]string{"too long": strings.Repeat("x", 32_768), "control": "a\x01", "bytes": "\xff"} {
		if fault, ok := errors.AsType[*sheet.Fault](w.Row([]string{cell})); !ok || !strings.Contains(fault.Why, "sku") {
			t.Errorf("%s: got %v, want a fault", name, fault)
		}
	}
	if err := w.Row([]string{"TAP-22"}); err != nil || w.Rows() != 1 {
		t.Errorf("got %d rows (%v), want the good one", w.Rows(), err)
	}
}
