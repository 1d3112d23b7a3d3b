package sheet

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestASheetComesBackAsItWasWritten(t *testing.T) {
	q := ledger.Qty(7)
	rows := []contract.SheetRow{{Bin: "A-01", SKU: "-TAP", Name: "=2+3", Expected: &q}, {Bin: "B-1", SKU: "PIN", Name: "Pin"}}
	var b bytes.Buffer
	if err := WriteSheet(&b, "1.240", rows); err != nil {
		t.Fatal(err)
	}
	if want := "bin,sku,name,expected,counted,at,lot,expiry\nA-01,'-TAP,'=2+3,7,,'1.240,,\nB-1,PIN,Pin,,,'1.240,,\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	filled := strings.Replace(b.String(), "7,,", "7,6,", 1)
	got, err := ReadCounts(strings.NewReader(filled))
	if err != nil || got.At != "1.240" || got.Empty != 1 || len(got.Lines) != 1 || got.Lines[0].SKU != "-TAP" || got.Lines[0].Bin != "A-01" || *got.Lines[0].Counted != 6 {
		t.Errorf("got %+v (%v), want what was written into the first row", got, err)
	}
}

func TestASheetHasARowForEachLot(t *testing.T) {
	q := ledger.Qty(7)
	rows := []contract.SheetRow{{Bin: "A-01", SKU: "MILK", Name: "Milk", Expected: &q, Lots: []contract.SheetLot{{Lot: "=L1", Expiry: "2027-01-31", Expected: 4}, {Lot: "L2", Expected: 2}}}}
	var b bytes.Buffer
	if err := WriteSheet(&b, "1.240", rows); err != nil {
		t.Fatal(err)
	}
	if want := "bin,sku,name,expected,counted,at,lot,expiry\nA-01,MILK,Milk,4,,'1.240,'=L1,2027-01-31\nA-01,MILK,Milk,2,,'1.240,L2,\nA-01,MILK,Milk,1,,'1.240,,\n"; b.String() != want {
		t.Fatalf("got %q, want %q", b.String(), want)
	}
	for name, c := range map[string]struct {
		counted string // of each row in turn
		want    string
	}{
		"all are there":         {"4 2 1", "4 =L1 2027-01-31; 2 L2 ; 1"},
		"one is not":            {"4 0 1", "4 =L1 2027-01-31; 1"},
		"none has its label":    {"0 0 6", "6"},
		"nothing is there":      {"0 0 0", "0"},
		"the first is not":      {"0 3 0", "0; 3 L2 ; 0"},
		"one was not looked at": {"4 - 1", "4 =L1 2027-01-31; 1"},
	} {
		text := b.String()
		for _, n := range strings.Fields(c.counted) {
			at := strings.Index(text, ",,'1.240")
			text = text[:at] + "," + strings.Trim(n, "-") + "\x00" + text[at+2:]
		}
		got, err := ReadCounts(strings.NewReader(strings.ReplaceAll(text, "\x00", ",")))
		var said []string
		for _, l := range got.Lines {
			word := fmt.Sprint(*l.Counted)
			for _, t := range l.Lots {
				word += fmt.Sprint(" ", t.Lot, " ", t.Expiry)
			}
			said = append(said, word)
		}
		if strings.Join(said, "; ") != c.want || err != nil {
			t.Errorf("%s: got %s (%v), want %s", name, strings.Join(said, "; "), err, c.want)
		}
	}
}

func TestASheetMayBeFilledInInPacks(t *testing.T) {
	got, err := ReadCounts(strings.NewReader("sku,counted,pack,loose\nTAP,2,CASE,5\nPIN,3,,\n"))
	if err != nil || len(got.Lines) != 2 || got.Lines[0].Pack != "CASE" || *got.Lines[0].Counted != 2 || got.Lines[0].Loose != 5 || got.Lines[1].Pack != "" {
		t.Errorf("got %+v (%v), want 2 cases and 5, and 3 pins", got, err)
	}
}

func TestAFilledInSheetThatCannotBeTakenSaysWhere(t *testing.T) {
	for file, want := range map[string]string{
		"bin,counted\nA,1\n":                               "column sku is missing",
		"sku,counted\nTAP,1.5\n":                           `line 2 (TAP): counted "1.5" is not a whole number`,
		"sku,counted\nTAP,-1\n":                            `line 2 (TAP): counted "-1" is not a whole number`,
		"sku,counted\nTAP,seven\n":                         `line 2 (TAP): counted "seven" is not a whole number`,
		"sku,counted,pack,loose\nTAP,1,CASE,-1\n":          `line 2 (TAP): loose "-1" is not a whole number`,
		"sku,counted,at\nTAP,1,1.5\nPIN,2,1.6\n":           `line 3 (PIN): it was counted at "1.6"`,
		"sku,counted\n" + strings.Repeat("TAP,1\n", 5_001): "line 5002 (TAP): a count has at most 5000 rows",
	} {
		if _, err := ReadCounts(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", file, err, want)
		}
	}
}
