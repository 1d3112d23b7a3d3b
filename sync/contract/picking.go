package contract

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// PickListRequest takes a pick list for a picker, for a time.
type PickListRequest struct {
	Picker      string   `json:"picker" jsonschema:"who goes, at most 128 bytes"`
	Minutes     int      `json:"minutes,omitempty" jsonschema:"how long the picker has it; 1 to 480, default 30. Then it is free again"`
	Fulfilments []string `json:"fulfilments,omitempty" jsonschema:"1 to 100, as GET /v1/fulfilments lists them; left out: the first, by order, that nobody has"`
	Orders      int      `json:"orders,omitempty" jsonschema:"of fulfilments that are left out: how many; 1 to 100, default 10"`
}

// PickFor is for whom units of a row are.
type PickFor struct {
	Fulfilment string     `json:"fulfilment"`
	Line       int        `json:"line" jsonschema:"the order's line, from 1"`
	Qty        ledger.Qty `json:"qty"`
}

// PickRow is one article to be taken from one bin.
type PickRow struct {
	Bin      ledger.Bin   `json:"bin,omitempty" jsonschema:"left out: the book has it in no bin"`
	SKU      ledger.SKU   `json:"sku"`
	Name     string       `json:"name,omitempty"`
	Barcodes []string     `json:"barcodes,omitempty"`
	Lot      ledger.LotID `json:"lot,omitempty" jsonschema:"the one that is to leave first; another one may be taken, and is to be named"`
	Expiry   string       `json:"expiry,omitempty" jsonschema:"of the lot: the last day on which it may be sold"`
	Qty      ledger.Qty   `json:"qty"`
	For      []PickFor    `json:"for"`
	Home     ledger.Bin   `json:"home,omitempty" jsonschema:"the article's home bin here, where the row is of another bin or of none: home has not enough in the book"`
	Note     string       `json:"note,omitempty" jsonschema:"what the picker should know: that the home bin is empty in the book or has not enough, or that no bin has these"`
}

// PickList is what is to be picked for some orders, by bin. It organises work and holds no stock: what it says is still to be picked is so now.
type PickList struct {
	ID          string    `json:"id"`
	Picker      string    `json:"picker"`
	Until       time.Time `json:"until" jsonschema:"then it is nobody's"`
	Fulfilments []string  `json:"fulfilments"`
	Rows        []PickRow `json:"rows" jsonschema:"by bin and SKU; empty once all is picked"`
}

// PickLists is all that pickers have now.
type PickLists struct {
	PickLists []PickList `json:"pick_lists"`
}

// Bounds of a pick list.
const (
	PickMinutesMax     = 480
	pickMinutesDefault = 30
	PickOrdersMax      = 100
	pickOrdersDefault  = 10
)

// Check refuses what no pick list is, and fills in what is left out.
func (r *PickListRequest) Check() error {
	if r.Picker == "" {
		return &ledger.FormError{Field: "picker", Why: "is empty: say who goes"}
	}
	if err := CheckText("picker", r.Picker, textMax); err != nil {
		return err
	}
	if r.Minutes == 0 {
		r.Minutes = pickMinutesDefault
	}
	if r.Minutes < 1 || r.Minutes > PickMinutesMax {
		return &ledger.FormError{Field: "minutes", Why: fmt.Sprintf("is not 1 to %d", PickMinutesMax)}
	}
	if r.Orders == 0 {
		r.Orders = pickOrdersDefault
	}
	if r.Orders < 1 || r.Orders > PickOrdersMax {
		return &ledger.FormError{Field: "orders", Why: fmt.Sprintf("is not 1 to %d", PickOrdersMax)}
	}
	if r.Fulfilments != nil && len(r.Fulfilments) == 0 || len(r.Fulfilments) > PickOrdersMax {
		return &ledger.FormError{Field: "fulfilments", Why: fmt.Sprintf("has %d; it has 1 to %d, or is left out", len(r.Fulfilments), PickOrdersMax)}
	}
	return nil
}

// Scanned is a scan of some units.
type Scanned struct {
	Barcode string     `json:"barcode" jsonschema:"any scan of the article, of a pack of it, or of a carton (SSCC): then all that lies in it is scanned"`
	Qty     ledger.Qty `json:"qty,omitempty" jsonschema:"how many of these; default 1"`
}

// ScansMax bounds the scans of one check.
const ScansMax = 5000

// Verify holds the scan of each line that has one against the article that the line wants, as want says; a line that it does not know is left to
// the book. A refusal says what was scanned and what was wanted.
func (r *PickRequest) Verify(c Catalogue, want func(line int) (ledger.SKU, bool)) error {
	r.lots = nil
	for i, l := range r.Lines {
		sku, known := want(l.Line)
		if err := r.namedLots(c, i, want); err != nil {
			return err
		}
		if known {
			if err := c.eachUnit(i, sku, l.Qty, l.Line, r.lots); err != nil {
				return err
			}
		}
		if l.Barcode == "" || !known {
			continue
		}
		scanned, err := scannedSKU(c, l.Barcode, i)
		if err != nil {
			return err
		}
		if scanned != sku {
			p := New(CodeWrongScan, fmt.Sprintf("Line %d wants %s; %s was scanned. Nothing was written down.", l.Line, c.called(sku), c.called(scanned)))
			p.Field, p.Line = fmt.Sprintf("lines[%d].barcode", i), i+1
			return p
		}
	}
	return nil
}

// namedLots reads the lots of a line, or the one that its label has.
func (r *PickRequest) namedLots(c Catalogue, i int, want func(line int) (ledger.SKU, bool)) error {
	l := &r.Lines[i]
	var named []LineLot
	for _, n := range l.Lots {
		named = append(named, LineLot{l.Line, string(n.Lot), n.Qty})
	}
	if sku, known := want(l.Line); known && l.Barcode != "" && len(named) == 0 && l.Qty > 0 {
		of, ok, err := c.ofLabel(l.Barcode, sku)
		if err != nil {
			return atLine(err, i)
		}
		if ok {
			if !of.Serial {
				of.Qty = l.Qty
			}
			r.lots = append(r.lots, ledger.LineLot{Line: l.Line, LotQty: of})
		}
	}
	lots, err := c.lineLots(named, want)
	r.lots = append(r.lots, lots...)
	return err
}

func (c Catalogue) itemOf(line int, want func(line int) (ledger.SKU, bool)) (*ledger.Item, bool) {
	sku, ok := want(line)
	if !ok {
		return nil, false
	}
	return c.Item(sku)
}

// scannedSKU gives the one article that has a barcode. index counts from 0.
func scannedSKU(c Catalogue, code string, index int) (ledger.SKU, error) {
	if len(code) > gs1.TextMax {
		return "", &ledger.FormError{Field: "barcode", Line: index + 1, Why: fmt.Sprintf("is longer than %d bytes", gs1.TextMax)}
	}
	skus := c.Bearers(code)
	if len(skus) != 1 {
		return "", notOne(code, index+1, skus)
	}
	return skus[0], nil
}

// called is an article as people call it.
func (c Catalogue) called(sku ledger.SKU) string {
	if item, ok := c.Item(sku); ok && item.Name != "" {
		return fmt.Sprintf("%s (%s)", sku, clip(item.Name))
	}
	return string(sku)
}

// Verify holds what was scanned before it leaves against what leaves, and the lots and serial numbers that labels have against those that were picked.
// Without a check nothing is compared; a label that has no lot says nothing of one.
func (r *DispatchPartRequest) Verify(c Catalogue, leaves map[ledger.SKU]ledger.Qty, cartons []ledger.Carton, picked map[ledger.SKU][]ledger.LotQty) error {
	if len(r.Check) == 0 {
		return nil
	}
	if len(r.Check) > ScansMax {
		return &ledger.FormError{Field: "check", Why: fmt.Sprintf("has %d scans; at most %d", len(r.Check), ScansMax)}
	}
	scanned, seen, lots := map[ledger.SKU]ledger.Qty{}, map[gs1.SSCC]bool{}, map[ledger.SKU][]ledger.LotQty{}
	for i, s := range r.Check {
		label := s.Barcode
		if box, err := scannedCarton(s.Barcode, cartons, scanned, seen); err != nil {
			return err
		} else if box {
			continue
		}
		if err := c.qtyOfScan(s.Barcode, &s.Qty); err != nil {
			return atLine(err, i)
		}
		if s.Qty == 0 {
			s.Qty = 1
		}
		sku, pack := "", ""
		var told *ledger.Packed
		if s.Barcode == "" {
			return &ledger.FormError{Field: "barcode", Line: i + 1, Why: "is empty: scan the article"}
		}
		if err := (telling{i, &sku, &s.Barcode, &pack, "qty", &s.Qty, 0, &told}).understand(c); err != nil {
			return err
		}
		if err := ledger.CheckQty(s.Qty); err != nil {
			return atLine(err, i)
		}
		scanned[ledger.SKU(sku)] += s.Qty
		named, err := c.lotsNamed(sku, s.Qty, nil, label, i)
		if err != nil {
			return err
		}
		lots[ledger.SKU(sku)] = append(lots[ledger.SKU(sku)], named...)
	}
	for _, sku := range sortedSKUs(scanned, leaves) {
		switch got, want := scanned[sku], leaves[sku]; {
		case want == 0:
			return New(CodeWrongScan, fmt.Sprintf("%s was scanned, and is no part of what leaves. Take it out. Nothing was written down.", c.called(sku)))
		case got < want:
			return New(CodeWrongScan, fmt.Sprintf("%d of %s are to leave, %d were scanned. Look for the rest, or dispatch fewer. Nothing was written down.", want, c.called(sku), got))
		case got > want:
			return New(CodeWrongScan, fmt.Sprintf("%d of %s are to leave, %d were scanned. Take out what is too much. Nothing was written down.", want, c.called(sku), got))
		}
		if err := c.otherLot(sku, lots[sku], picked[sku]); err != nil {
			return err
		}
	}
	return nil
}

// otherLot refuses a label whose lot, or serial number, is none that was picked, or was scanned more often than it was picked.
func (c Catalogue) otherLot(sku ledger.SKU, scanned, picked []ledger.LotQty) error {
	if len(picked) == 0 { // nobody has named any
		return nil
	}
	got, want, words := map[ledger.LotID]ledger.Qty{}, map[ledger.LotID]ledger.Qty{}, []string{}
	for _, n := range picked {
		if want[n.Lot] += n.Qty; len(words) < lotsShown {
			words = append(words, fmt.Sprintf("%s (%d)", n.Lot, n.Qty))
		}
	}
	if more := len(picked) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	for _, n := range scanned {
		if got[n.Lot] += max(n.Qty, 1); got[n.Lot] <= want[n.Lot] {
			continue
		}
		if want[n.Lot] == 0 {
			return New(CodeWrongScan, fmt.Sprintf("%s of %s was scanned, and was not picked for this order: %s. Take it out, and put in what was picked. Nothing was written down.", n.Lot, c.called(sku), strings.Join(words, ", ")))
		}
		return New(CodeWrongScan, fmt.Sprintf("%d of %s of %s were picked for this order, and more were scanned: %s. Take out what is too much. Nothing was written down.", want[n.Lot], n.Lot, c.called(sku), strings.Join(words, ", ")))
	}
	return nil
}

// lotsShown bounds the lots that a refusal lists.
const lotsShown = 8

// sortedSKUs lists the SKUs that stand in either, ascending.
func sortedSKUs(a, b map[ledger.SKU]ledger.Qty) []ledger.SKU {
	var out []ledger.SKU
	for _, m := range []map[ledger.SKU]ledger.Qty{a, b} {
		for sku := range m {
			out = append(out, sku)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
