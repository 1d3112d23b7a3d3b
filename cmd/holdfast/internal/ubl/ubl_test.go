package ubl_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/ubl"
)

var update = flag.Bool("update", false, "write the golden file anew")

func note() *ubl.Advice {
	return &ubl.Advice{ID: "DN-77", Issued: "2026-01-05", Order: "PO 812", Supplier: "Acme & Sons", Customer: "hull", Carrier: "acme", Tracking: "T1", Lines: []ubl.Line{
		{ID: "1", OrderLine: "2", Qty: 12, Name: "Tap <22>", Buyers: "TAP-22", Sellers: "A-1", Standard: "05012345678900"},
		{ID: "2", Order: "PO 813", OrderLine: "1", Qty: 3, Name: "Pipe", Standard: "05012345678917"}}}
}

// TestANoteThatIsWrittenIsReadBackAsItWas; the golden file is what others are sent.
func TestANoteThatIsWrittenIsReadBackAsItWas(t *testing.T) {
	var got bytes.Buffer
	if err := ubl.Write(&got, note()); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/despatch.xml"
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s(%v)", got.Bytes(), want, err)
	}
	back, faults, err := ubl.Read(&got)
	if err != nil || len(faults) > 0 {
		t.Fatalf("got %v, %v", faults, err)
	}
	for i := range back.Lines {
		if back.Lines[i].At == 0 {
			t.Errorf("line %d: it is not known where it begins", i+1)
		}
		back.Lines[i].At = 0
	}
	if !reflect.DeepEqual(back, note()) {
		t.Errorf("got %+v, want %+v", back, note())
	}
}

// What lies in which carton stands beside the lines, which are read as those of a note without cartons.
func TestANoteNamesItsCartons(t *testing.T) {
	a := note()
	a.Cartons = []ubl.Carton{{SSCC: "350123450700000026", Lines: []ubl.Line{{ID: "1", OrderLine: "2", Qty: 5, Sellers: "A-1"}}}, {SSCC: "350123450700000033", Lines: []ubl.Line{
		{ID: "1", OrderLine: "2", Qty: 7, Sellers: "A-1"}, {ID: "2", OrderLine: "1", Qty: 3}}}}
	var got bytes.Buffer
	if err := ubl.Write(&got, a); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/despatch_cartons.xml"
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s(%v)", got.Bytes(), want, err)
	}
	back, faults, err := ubl.Read(&got)
	if err != nil || len(faults) > 0 || len(back.Lines) != 2 || back.Lines[0].Qty != 12 || back.Lines[1].Qty != 3 {
		t.Errorf("got %+v, %v, %v, want the two lines", back, faults, err)
	}
}

// A document in the shape of OASIS's own example: with other prefixes, much that is passed over, and a line in kilogrammes.
const foreign = `<?xml version="1.0" encoding="UTF-8"?>
<d:DespatchAdvice xmlns:c="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" xmlns:a="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:d="urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2">
 <c:UBLVersionID>2.0</c:UBLVersionID><c:ID>565899</c:ID><c:IssueDate>2005-06-20</c:IssueDate><c:DespatchAdviceTypeCode>delivery</c:DespatchAdviceTypeCode>
 <a:OrderReference><c:ID>AEG012345</c:ID><c:SalesOrderID>CON0095678</c:SalesOrderID></a:OrderReference>
 <a:DespatchSupplierParty><c:CustomerAssignedAccountID>CO001</c:CustomerAssignedAccountID><a:Party><a:PartyName><c:Name>Consortial</c:Name></a:PartyName></a:Party></a:DespatchSupplierParty>
 <a:DespatchLine><c:ID>1</c:ID><c:DeliveredQuantity unitCode="KGM">90</c:DeliveredQuantity><a:Item><a:BuyersItemIdentification><c:ID>6578489</c:ID></a:BuyersItemIdentification></a:Item></a:DespatchLine>
 <a:DespatchLine><c:ID>2</c:ID><c:DeliveredQuantity unitCode="EA">4.00</c:DeliveredQuantity><a:OrderLineReference><c:LineID>7</c:LineID></a:OrderLineReference>
  <a:Item><c:Description>Acme beeswax</c:Description><a:BuyersItemIdentification><c:ID>WAX</c:ID></a:BuyersItemIdentification></a:Item></a:DespatchLine>
 <a:DespatchLine><c:ID>2</c:ID><c:DeliveredQuantity>1</c:DeliveredQuantity><a:Item><a:BuyersItemIdentification><c:ID>WAX</c:ID></a:BuyersItemIdentification></a:Item></a:DespatchLine>
 <a:DespatchLine><c:ID>3</c:ID><c:DeliveredQuantity>1.5</c:DeliveredQuantity><a:Item><a:BuyersItemIdentification><c:ID>WAX</c:ID></a:BuyersItemIdentification></a:Item></a:DespatchLine>
 <a:DespatchLine><c:ID>4</c:ID><c:DeliveredQuantity>1</c:DeliveredQuantity><a:Item/></a:DespatchLine>
</d:DespatchAdvice>`

func TestEachLineOfANoteIsTakenOrNamed(t *testing.T) {
	a, faults, err := ubl.Read(strings.NewReader(foreign))
	if err != nil {
		t.Fatal(err)
	}
	if a.ID != "565899" || a.Order != "AEG012345" || a.Supplier != "Consortial" || len(a.Lines) != 1 || a.Lines[0] != (ubl.Line{ID: "2", At: 7, OrderLine: "7", Qty: 4, Name: "Acme beeswax", Buyers: "WAX"}) {
		t.Errorf("got %+v", a)
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.Error())
	}
	want := []string{"line 6 (line 1): 90 KGM were delivered, and only pieces are booked (unit codes C62, EA, H87, NAR, PCE)", "line 9 (line 2): another line has the same ID",
		`line 10 (line 3): "1.5" is no whole number of pieces`, "line 11 (line 4): it names no article"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestADocumentThatIsNoNoteSaysSo(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":    {"", "no XML"},
		"no xml":     {"sku,qty\nTAP-22,1\n", "no XML"},
		"an invoice": {`<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>`, "is a Invoice"},
		"no id":      {`<DespatchAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2"/>`, "has no ID"},
		"cut off":    {foreign[:900], "read document"},
		"entities":   {`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><DespatchAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2"><ID>&e;</ID></DespatchAdvice>`, "entity"},
	} {
		if _, _, err := ubl.Read(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// TestTheExamplesOfOASISAreReadLineByLine reads what others publish; each line is taken, or named with why not.
func TestTheExamplesOfOASISAreReadLineByLine(t *testing.T) {
	data := os.Getenv("HOLDFAST_DATA")
	if data == "" {
		t.Skip("HOLDFAST_DATA names no folder of samples")
	}
	for name, want := range map[string]string{
		"UBL-Order-2.1-Example.xml": `34: Johnssons byggvaror [7300070011115 PartyID123 7300072311115] SE 11000 by 2010-02-25; SItemNo011 x 15 at 15 SEK; line 247 (line 1): 120 LTR were ordered, and only pieces are booked (unit codes C62, EA, H87, NAR, PCE)`,
		"UBL-Order-2.0-Example.xml": `AEG012345: IYT Corporation [GT00978567 XFB01] GB ZZ99 1ZZ by 2005-06-29; line 155 (line 1): 100 KGM were ordered, and only pieces are booked (unit codes C62, EA, H87, NAR, PCE)`,
	} {
		f, err := os.Open(filepath.Join(data, "ubl", name))
		if err != nil {
			t.Fatal(err)
		}
		o, faults, err := ubl.ReadOrder(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		got := fmt.Sprintf("%s: %s %v %s %s by %s", o.ID, o.Buyer.Name, o.Buyer.Names, o.Country, o.Postcode, o.NeedBy)
		for _, l := range o.Lines {
			got += fmt.Sprintf("; %s x %d at %s %s", l.Sellers, l.Qty, l.Price, l.Currency)
		}
		for _, f := range faults {
			got += "; " + f.Error()
		}
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestADocumentThatIsNoOrderSaysSo(t *testing.T) {
	const open = `<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">`
	for name, c := range map[string]struct{ text, want string }{
		"a note":   {foreign, "is a DespatchAdvice, and no UBL 2 Order"},
		"no id":    {open + `<OrderLine/></Order>`, "has no ID"},
		"no lines": {open + `<ID>1</ID></Order>`, "nothing is ordered"},
		"cut off":  {open + `<ID>1</ID><OrderLine>`, "read document"},
	} {
		if _, _, err := ubl.ReadOrder(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	_, faults, err := ubl.ReadOrder(strings.NewReader(open + `<ID>1</ID><OrderLine><LineItem><ID>1</ID></LineItem></OrderLine><OrderLine><LineItem><Item/></LineItem></OrderLine></Order>`))
	if err != nil || len(faults) != 2 || faults[0].Why != "it names no article" || !strings.HasPrefix(faults[1].Why, "it has no ID") {
		t.Errorf("got %v, %v", faults, err)
	}
}

// FuzzRead holds that what is read can be written, and is read again as it was.
func FuzzRead(f *testing.F) {
	f.Add([]byte(foreign))
	f.Add([]byte(`<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"><ID>1</ID><OrderLine><LineItem><ID>1</ID><Quantity>4</Quantity></LineItem></OrderLine></Order>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if o, _, err := ubl.ReadOrder(bytes.NewReader(raw)); err == nil && o.ID == "" {
			t.Error("an order without a number was read")
		}
		a, _, err := ubl.Read(bytes.NewReader(raw))
		if err != nil || a.Issued == "" || len(a.Lines) == 0 {
			return
		}
		var b bytes.Buffer
		if err := ubl.Write(&b, a); err != nil {
			t.Fatal(err)
		}
		if again, _, err := ubl.Read(&b); err != nil || len(again.Lines) != len(a.Lines) {
			t.Errorf("got %+v (%v), want %+v", again, err, a)
		}
	})
}
