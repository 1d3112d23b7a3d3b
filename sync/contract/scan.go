package contract

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// Scan is what a barcode said, beside whose it is.
type Scan struct {
	GTIN       string        `json:"gtin,omitempty" jsonschema:"of the article, 14 digits"`
	Lot        string        `json:"lot,omitempty"`
	Serial     string        `json:"serial,omitempty"`
	Expiry     string        `json:"expiry,omitempty" jsonschema:"the last day of use, such as 2027-12-31"`
	BestBefore string        `json:"best_before,omitempty" jsonschema:"a day"`
	Produced   string        `json:"produced,omitempty" jsonschema:"a day"`
	Qty        int64         `json:"qty,omitempty" jsonschema:"how many there are, of the article"`
	SSCC       string        `json:"sscc,omitempty" jsonschema:"of the carton or pallet, 18 digits"`
	Elements   []ScanElement `json:"elements,omitempty" jsonschema:"all that it said, in its order"`
	Fault      string        `json:"fault,omitempty" jsonschema:"digits as a GTIN has them that are none: why, for people"`
}

// ScanElement is one Application Identifier of GS1 with its value as it was read.
type ScanElement struct {
	AI    string `json:"ai"`
	Value string `json:"value"`
}

// ReadScan says what a text from a scanner or a keyboard says, nil where it says nothing but itself.
// now is for the century of its days. It is refused where it is GS1's by its form and not sound; bare
// digits are never refused, for somebody may be typing them.
func ReadScan(code string, now time.Time) (*Scan, error) {
	s, err := gs1.Read(code)
	if err != nil {
		if bad, ok := errors.AsType[*gs1.CheckError](err); ok && bad.Digits == strings.TrimSpace(code) {
			return &Scan{Fault: sentence(bad.Error())}, nil
		}
		return nil, &ledger.FormError{Field: "barcode", Why: "cannot be read: " + err.Error()}
	}
	if s.Elements == nil {
		return nil, nil
	}
	es := s.Elements
	out := &Scan{GTIN: string(s.GTIN), Lot: es.Get("10"), Serial: es.Get("21"), SSCC: es.Get("00")}
	out.Qty, _ = s.Count()
	expiry := es.Get("17")
	if at := es.Get("7003"); expiry == "" && at != "" {
		expiry = at[:6]
	}
	for _, day := range []struct {
		to   *string
		text string
	}{{&out.Expiry, expiry}, {&out.BestBefore, es.Get("15")}, {&out.Produced, es.Get("11")}} {
		if day.text == "" {
			continue
		}
		d, err := gs1.Day(day.text, now)
		if err != nil {
			return nil, &ledger.FormError{Field: "barcode", Why: "cannot be read: " + err.Error()}
		}
		*day.to = d.Format(time.DateOnly)
	}
	for _, e := range es {
		out.Elements = append(out.Elements, ScanElement{string(e.AI), e.Value})
	}
	return out, nil
}

// A Finder lists the SKUs of the items that have a barcode, whatever form it has.
type Finder func(code string) []ledger.SKU

// named puts the SKU of the item that has the barcode into a line, from index, that says a barcode
// instead of a SKU.
func named(sku, barcode *string, index int, find Finder) error {
	if *barcode == "" {
		return nil
	}
	at := func(why string) error { return &ledger.FormError{Field: "barcode", Line: index + 1, Why: why} }
	if *sku != "" {
		return at("is given beside sku; give one of the two")
	}
	if len(*barcode) > gs1.TextMax {
		return at(fmt.Sprintf("is longer than %d bytes", gs1.TextMax))
	}
	skus := find(*barcode)
	if len(skus) != 1 {
		return notOne(*barcode, index+1, skus)
	}
	*sku, *barcode = string(skus[0]), ""
	return nil
}

// notOne refuses a line, from 1, whose barcode is no item's or several items'.
func notOne(code string, line int, skus []ledger.SKU) *Problem {
	var p *Problem
	if len(skus) == 0 {
		p = New(CodeUnknownBarcode, fmt.Sprintf("Line %d: no item has the barcode %s.", line, shown(code)))
		if _, err := gs1.Read(code); err != nil {
			p = New(CodeUnknownBarcode, fmt.Sprintf("Line %d: the barcode is no item's, and cannot be read: %s.", line, err))
			p.Hint = "Scan it again; where it was typed, compare it with the label."
		}
	} else {
		p = New(CodeBarcodeShared, fmt.Sprintf("Line %d: the barcode %s is on %s.", line, shown(code), skuWords(skus)))
	}
	p.Field, p.Line = fmt.Sprintf("lines[%d].barcode", line-1), line
	return p
}

// shown is a barcode as a refusal shows it: printable, and no longer than a label.
func shown(code string) string {
	return clip(strings.ReplaceAll(code, gs1.FNC1, "<GS>"))
}

func skuWords(skus []ledger.SKU) string {
	words := make([]string, 0, 4)
	for _, sku := range skus[:min(len(skus), 3)] {
		words = append(words, string(sku))
	}
	if more := len(skus) - 3; more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// BarcodeTaken refuses to give an item a barcode that is another item's.
func BarcodeTaken(code string, other ledger.SKU) *Problem {
	p := New(CodeBarcodeTaken, fmt.Sprintf("The barcode %s is on %s already.", shown(code), other))
	p.Field = "barcodes"
	return p
}

// NewCode gives the first of an item's barcodes that it did not have before and that another item
// has, as find knows them: an item keeps what it has, also where a list from before this was
// checked has one barcode twice.
func NewCode(item *ledger.Item, had []string, find Finder) (code string, other ledger.SKU, taken bool) {
	for code := range item.Codes() {
		if hasCode(had, code) {
			continue
		}
		for _, sku := range find(code) {
			if sku != item.SKU {
				return code, sku, true
			}
		}
	}
	return "", "", false
}

func hasCode(codes []string, code string) bool {
	key := gs1.Key(code)
	for _, c := range codes {
		if gs1.Key(c) == key {
			return true
		}
	}
	return false
}
