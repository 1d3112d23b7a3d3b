package sheet_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// tell reads to the end and tells each thing in one line.
func tell[T any](t *testing.T, next func() (T, error), line func(T) string) []string {
	t.Helper()
	var got []string
	for {
		v, err := next()
		if fault, ok := errors.AsType[*sheet.Fault](err); ok {
			got = append(got, fault.Error())
		} else if errors.Is(err, io.EOF) {
			return got
		} else if err != nil {
			return append(got, "end: "+err.Error())
		} else {
			got = append(got, line(v))
		}
	}
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func items(t *testing.T, file string) []string {
	t.Helper()
	r, err := sheet.NewItems(strings.NewReader(file), "GBP")
	if err != nil {
		t.Fatal(err)
	}
	return tell(t, r.Next, func(i sheet.Item) string { return fmt.Sprintf("%d %s %s", i.Line, i.SKU, asJSON(t, i.Put)) })
}

func TestAnItemHasACategory(t *testing.T) {
	same(t, items(t, "sku,name,department\nTAP-22,Basin tap,Bath & kitchen\nPIN,Pin,\nPIN,Pin,pins\n"), []string{
		`2 TAP-22 {"name":"Basin tap","category":"Bath \u0026 kitchen"}`, `3 PIN {"name":"Pin"}`, `line 4 (PIN): line 3 says something else of the same SKU`})
}

func TestAnItemIsReadOrItsRowIsNamed(t *testing.T) {
	same(t, items(t, "sku,name,barcodes,price,currency,tracking\n"+
		"TAP-22,Basin tap,9520000000011 19520000000018,12.99,,\n"+
		"PIN,Pin,,0.001,eur,none\n"+
		"YEN,Bowl,,1200,JPY,NONE\n"+
		",No SKU,,1,,\n"+
		"A B,Space,,1,,\n"+
		"NONAME,,,1,,\n"+
		"CHEAP,x,,-1,,\n"+
		"DEAR,x,,90071992547409.92,,\n"+
		"FINE,x,,0.000001,,\n"+
		"WORD,x,,ten,,\n"+
		"COMMA,x,,\"1,50\",,\n"+
		"LOT,x,,1,,smell\n"+
		"CUR,x,,1,pounds,\n"+
		"FREE,No price,,,,\n"+
		"MISS,One digit off,OWN-1 9520000000012,,,\n"+
		"SCAN,As a scanner has it,(01)09520000000011(10)L|]E496385074,,,\n"+
		"CELL,From a spreadsheet,9.52E+12,,,\n"+
		"BOX,No article,(00)395212340000000007,,,\n"), []string{
		`2 TAP-22 {"name":"Basin tap","barcodes":["9520000000011","19520000000018"],"price":{"amount":1299,"currency":"GBP"}}`,
		`3 PIN {"name":"Pin","price":{"amount":100,"currency":"EUR","per":1000},"tracking":"none"}`,
		`4 YEN {"name":"Bowl","price":{"amount":1200,"currency":"JPY"},"tracking":"none"}`,
		`line 5: sku is empty`,
		`line 6 (A B): sku has ' ' in it`,
		`line 7 (NONAME): name is empty: say what the article is called`,
		`line 8 (CHEAP): price "-1" is below 0`,
		`line 9 (DEAR): price "90071992547409.92" is too large`,
		`line 10 (FINE): price "0.000001" is finer than a thousandth of the smallest coin`,
		`line 11 (WORD): price "ten" is not a number`,
		`line 12 (COMMA): price "1,50" has a comma in it; write 1299.50 without one`,
		`line 13 (LOT): tracking is "smell"; it is one of none, lot, serial`,
		`line 14 (CUR): price.currency is not three capital letters, for example GBP`,
		`15 FREE {"name":"No price"}`,
		`line 16 (MISS): barcodes[1] is 9520000000012: 13 digits are read as a GTIN, and this one ends with 2 where 1 is right. A code of your own has a letter in it, or another number of digits`,
		`17 SCAN {"name":"As a scanner has it","barcodes":["(01)09520000000011(10)L","]E496385074"]}`,
		`line 18 (CELL): barcode "9.52E+12" was rounded by a spreadsheet; format the column as text and fill it again`,
		`line 19 (BOX): barcodes[0] cannot be taken: "(00)395212340000000007" names no article: it holds no GTIN under (01)`,
	})
}

func TestADecimalCommaIsTakenWhereItDividesNothing(t *testing.T) {
	same(t, items(t, "sku;name;price\nA;a;12,5\nB;b;1.250,00\n"), []string{
		`2 A {"name":"a","price":{"amount":1250,"currency":"GBP"}}`,
		`line 3 (B): price "1.250,00" has a comma in it; write 1299.50 without one`,
	})
}

func TestASKUSaysOneThingInOneFile(t *testing.T) {
	same(t, items(t, "sku,name\nA,one\nA,one\nA,two\n"), []string{
		`2 A {"name":"one"}`, `3 A {"name":"one"}`, `line 4 (A): line 2 says something else of the same SKU`,
	})
}

func TestMinorUnitsAreTakenAsTheyStand(t *testing.T) {
	same(t, items(t, "stock_code,description,price_minor\nA,a,85\nB,b,8.5\n"), []string{
		`2 A {"name":"a","price":{"amount":85,"currency":"GBP"}}`, `line 3 (B): price_minor "8.5" is not a number`,
	})
}

func stock(t *testing.T, file string) (told, keys []string) {
	t.Helper()
	r, err := sheet.NewStock(strings.NewReader(file), "opening")
	if err != nil {
		t.Fatal(err)
	}
	told = tell(t, r.Next, func(l sheet.StockLine) string {
		keys = append(keys, l.Key)
		return fmt.Sprintf("%d %s", l.Line, asJSON(t, l.Put))
	})
	return told, keys
}

func TestAStockLineIsReadOrItsRowIsNamed(t *testing.T) {
	got, _ := stock(t, "qty,sku,bin,reference\n5,A,,D-1\n6.0,A,B-2,\n0,A,,\n-1,A,,\n1.5,A,,\n,A,,\n9007199254740992,A,,\n1,,,\n1,A,a b,\n")
	same(t, got, []string{
		`2 {"reference":"D-1","lines":[{"sku":"A","qty":5}]}`,
		`3 {"reference":"opening","lines":[{"sku":"A","qty":6,"bin":"B-2"}]}`,
		`line 4 (A): qty is 0`,
		`line 5 (A): qty "-1" is below 0`,
		`line 6 (A): qty "1.5" is not a number`,
		`line 7 (A): qty is empty`,
		`line 8 (A): qty "9007199254740992" is too large`,
		`line 9: sku is empty`,
		`line 10 (A): bin has ' ' in it`,
	})
}

func TestAStockLineKeepsItsKeyWhereverItStands(t *testing.T) {
	_, first := stock(t, "sku,qty,bin,reference\nA,5,,D-1\nB,5,,D-1\nA,5,MAIN,D-1\n")
	_, moved := stock(t, "reference;bin;qty;sku\nD-1;;5;B\nD-2;;5;B\nD-1;;5;A\nD-1;;5;A\n")
	slices.Sort(first)
	if len(slices.Compact(first)) != 3 {
		t.Fatalf("three lines have the keys %q, want three different ones", first)
	}
	for _, key := range first {
		if !slices.Contains(moved, key) {
			t.Errorf("the same lines in another file have the keys %q, want %q among them", moved, key)
		}
	}
	slices.Sort(moved)
	if len(slices.Compact(moved)) != 4 {
		t.Errorf("another delivery and three others have the keys %q, want four different ones", moved)
	}
}

func orders(t *testing.T, file io.Reader) []string {
	t.Helper()
	r, err := sheet.NewOrders(file, "GBP")
	if err != nil {
		t.Fatal(err)
	}
	return tell(t, r.Next, func(o sheet.Order) string { return fmt.Sprintf("%v %s", o.Lines, asJSON(t, o.Put)) })
}

func TestRowsThatStandTogetherAreOneOrder(t *testing.T) {
	same(t, orders(t, strings.NewReader("external_id,sku,qty,unit_price,customer,priority\n"+
		"1,A,2,1.50,c-1,\n1,B,1,,,3\n1,A,1,,c-1,\n2,A,1,,,\n")), []string{
		`[2 3 4] {"external_id":"1","lines":[{"sku":"A","qty":2,"unit_price":{"amount":150,"currency":"GBP"}},{"sku":"B","qty":1},{"sku":"A","qty":1}],"customer":"c-1","priority":3}`,
		`[5] {"external_id":"2","lines":[{"sku":"A","qty":1}]}`,
	})
}

func TestHalfAnOrderIsNotSent(t *testing.T) {
	same(t, orders(t, strings.NewReader("external_id,sku,qty,channel,country\n"+
		"1,A,2,,\n1,B,0,,\n"+ // a bad line
		"2,A,1,till,\n2,A,1,web,\n"+ // a contradiction
		"3,A,1,,\n3,\"A,1,,\n4,B,1,,\n"+ // a row torn between two orders
		"5,A,1,,gb\n"+
		"6,A,1,pigeon,\n"+
		",A,1,,\n"+
		"1,C,1,,\n")), []string{
		`line 2 (1): another row of its order cannot be taken`,
		`line 3 (1): qty is 0`,
		`line 4 (2): another row of its order cannot be taken`,
		`line 5 (2): channel is "web", and "till" further up in the same order`,
		`line 6 (3): another row of its order cannot be taken`,
		`line 7 (3): a quote is opened and not closed`,
		`line 8 (4): line 7 cannot be read and may belong to this order`,
		`[9] {"external_id":"5","ship_to":{"country":"GB"},"lines":[{"sku":"A","qty":1}]}`,
		`line 10 (6): channel is "pigeon"; it is one of till, counter, web, phone, email, marketplace, app, import`,
		`line 11: external_id is empty; an order is known by it when the file is read again`,
		`line 12 (1): its order has ended further up; the rows of an order stand together`,
	})
}

// broken gives text and then fails.
type broken struct{ r io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the disk is gone")
	}
	return n, err
}

func TestAnOrderThatMayBeCutShortIsNotSent(t *testing.T) {
	same(t, orders(t, broken{strings.NewReader("external_id,sku,qty\n1,A,2\n2,A,2\n2,B,1\n")}), []string{
		`[2] {"external_id":"1","lines":[{"sku":"A","qty":2}]}`,
		`line 3 (2): another row of its order cannot be taken`,
		`line 4 (2): the file broke off before the order was complete`,
		`end: read line 5: the disk is gone`,
	})
}

func TestAnOrderOfTooManyLinesIsNotCut(t *testing.T) {
	got := orders(t, strings.NewReader("external_id,sku,qty\n"+strings.Repeat("1,A,1\n", 5001)))
	if len(got) != 5001 || got[5000] != "line 5002 (1): the order has more than 5000 lines" {
		t.Errorf("got %d lines, the last %q; want 5001 faults", len(got), got[len(got)-1])
	}
}

func FuzzOrders(f *testing.F) {
	f.Add("external_id,sku,qty,unit_price,priority\n1,A,2,1.5,\n1,B,x,,\n2,\"A,1,,\n3,A,1,0.001,9\n")
	f.Fuzz(func(t *testing.T, file string) {
		r, err := sheet.NewOrders(strings.NewReader(file), "GBP")
		if err != nil {
			return
		}
		told := 0
		for {
			o, err := r.Next()
			if _, ok := errors.AsType[*sheet.Fault](err); ok {
				told++
			} else if err != nil {
				break
			} else if told += len(o.Lines); len(o.Lines) != len(o.Put.Lines) {
				t.Fatalf("an order of %d rows has %d lines", len(o.Lines), len(o.Put.Lines))
			}
		}
		if told != r.Rows() {
			t.Fatalf("told of %d rows, read %d", told, r.Rows())
		}
	})
}

func TestAnOrdersIDFollowsFromItsNumberAndAllItAsksFor(t *testing.T) {
	of := func(external, taken string, qty int64) contract.OrderRequest {
		t.Helper()
		o := sheet.Order{Key: sheet.OrderKey(external), Put: contract.OrderRequest{ExternalID: external, TakenAt: taken, Lines: []contract.LineRequest{{SKU: "TAP-22", Qty: ledger.Qty(qty)}}}}
		put, err := o.Identified()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := put.Ledger(contract.HQDefaults()); err != nil || o.Put.ID != "" {
			t.Errorf("%+v: got %v, want an id that every book takes, and the order as it was", put, err)
		}
		return put
	}
	const day = "2024-03-01T10:00:00Z"
	first := of("w-1", day, 2)
	if again := of("w-1", day, 2); again.ID != first.ID {
		t.Errorf("again: got %s, want %s", again.ID, first.ID)
	}
	for what, other := range map[string]contract.OrderRequest{"another number": of("w-2", day, 2), "another quantity": of("w-1", day, 3), "another day": of("w-1", "2024-03-02T10:00:00Z", 2), "no day": of("w-1", "", 2)} {
		if other.ID == first.ID {
			t.Errorf("%s: got the same id %s, want another", what, other.ID)
		}
	}
	if next := of("w-0", "2024-03-02T10:00:00Z", 2); next.ID <= first.ID {
		t.Errorf("got %s after %s, want ids that rank as the sales do", next.ID, first.ID)
	}
}
