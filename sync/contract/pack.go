package contract

import (
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Catalogue is what lines are understood by: whose a barcode is, and what an item says of itself. An
// item must not be changed.
type Catalogue struct {
	Bearers Finder
	Item    func(ledger.SKU) (*ledger.Item, bool)
	Now     func() time.Time // for the century of a label's days; nil where nothing is scanned
}

// Packed is what was told in packs, with the factor of that moment.
type Packed struct {
	Name  string     `json:"name"`
	Units ledger.Qty `json:"units" jsonschema:"base units in one, when it was told"`
	Qty   ledger.Qty `json:"qty" jsonschema:"whole packs"`
	Loose ledger.Qty `json:"loose,omitempty" jsonschema:"base units beside them"`
}

func renderPacked(p *ledger.Packed) *Packed {
	if p == nil {
		return nil
	}
	return &Packed{Name: p.Name, Units: p.Units, Qty: p.Count, Loose: p.Loose}
}

// A telling is one line as it names its article and how much of it, from index.
type telling struct {
	index   int
	sku     *string
	barcode *string
	pack    *string
	field   string // that holds the quantity
	qty     *ledger.Qty
	loose   ledger.Qty
	told    **ledger.Packed
}

// understand puts the SKU in the place of a barcode, and base units in the place of packs. It is done
// once, where a line comes in: all that stands behind it counts units, and keeps what was told.
func (t telling) understand(c Catalogue) error {
	code := *t.barcode
	if err := named(t.sku, t.barcode, t.index, c.Bearers); err != nil {
		return err
	}
	if t.field == "qty" {
		if err := c.qtyOfScan(code, t.qty); err != nil {
			return atLine(err, t.index)
		}
	}
	if *t.pack == "" && code == "" {
		return t.noLoose()
	}
	item, known := c.Item(ledger.SKU(*t.sku))
	if !known {
		return t.noLoose() // whoever looks at the line next says that there is no such item
	}
	var p *ledger.Pack
	if code != "" {
		p = packWith(item, code)
	}
	if *t.pack != "" {
		named, ok := item.PackNamed(*t.pack)
		if !ok {
			named = packWith(item, *t.pack)
		}
		if named == nil {
			return unknownPack(item, *t.pack, t.index+1)
		}
		if p != nil && p != named {
			return &ledger.FormError{Field: "pack", Line: t.index + 1, Why: fmt.Sprintf("is %s, and the barcode is that of %s; give one of the two", named.Name, p.Name)}
		}
		p = named
	}
	if p == nil {
		return t.noLoose()
	}
	if t.loose < 0 {
		return &ledger.FormError{Field: "loose", Line: t.index + 1, Why: "is below 0: it is how many units lie there beside the packs"}
	}
	told, err := p.Told(t.field, *t.qty, t.loose)
	if err != nil {
		return atLine(err, t.index)
	}
	q, _ := told.Qty()
	*t.told, *t.qty, *t.pack = told, q, ""
	return nil
}

func (t telling) noLoose() error {
	if t.loose != 0 {
		return &ledger.FormError{Field: "loose", Line: t.index + 1, Why: "goes with a pack: say which, or count all in units"}
	}
	return nil
}

// packWith gives the pack of an item that has a barcode, nil where it is the item's own.
func packWith(item *ledger.Item, code string) *ledger.Pack {
	if item.Detail == nil {
		return nil
	}
	for i := range item.Detail.Packs {
		if p := &item.Detail.Packs[i]; hasCode(p.Barcodes, code) {
			return p
		}
	}
	return nil
}

// unknownPack refuses a line, from 1, of a pack that its item has not.
func unknownPack(item *ledger.Item, name string, line int) *Problem {
	var has []string
	if item.Detail != nil {
		for i := range item.Detail.Packs {
			has = append(has, fmt.Sprintf("%s of %d", item.Detail.Packs[i].Name, item.Detail.Packs[i].Units))
		}
	}
	words := fmt.Sprintf("Line %d: %s comes in no pack %s.", line, item.SKU, shown(name))
	if len(has) > 0 {
		words += " It comes in " + strings.Join(has, ", ") + "."
	}
	p := New(CodeUnknownPack, words)
	p.Field, p.Line = fmt.Sprintf("lines[%d].pack", line-1), line
	return p
}

// Named finds what lines name by a barcode, names it by its SKU, and turns packs into base units. The
// request's lines are changed.
func (r *OrderRequest) Named(c Catalogue) error {
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Barcode == "" && l.Pack == "" && l.Lots == nil { // nearly always
			continue
		}
		code := l.Barcode
		if err := (telling{i, &l.SKU, &l.Barcode, &l.Pack, "qty", &l.Qty, 0, &l.told}).understand(c); err != nil {
			return err
		}
		if err := r.lotsOf(c, l, code, i); err != nil {
			return err
		}
	}
	return nil
}

// lotsOf reads the lots of a line. What leaves later gets its lots when it is picked, so there a label names the article and no more.
func (r *OrderRequest) lotsOf(c Catalogue, l *LineRequest, code string, index int) (err error) {
	if r.Fulfil != "" && r.Fulfil != ledger.Take {
		code = ""
	}
	if item, known := c.Item(ledger.SKU(l.SKU)); known && len(item.Kit()) > 0 {
		l.parts, err = c.kitLots(item, l.Lots, index)
		return err
	}
	l.lots, err = c.lotsNamed(l.SKU, l.Qty, lotsOf(l.Lots), code, index)
	return err
}

// EachTaken refuses units that a customer takes along of which nobody has said the serial number: which one it is cannot be guessed.
func (c Catalogue) EachTaken(o *ledger.Order, lots []ledger.LineLot) error {
	for i := range o.Lines {
		index := i
		if kit, _ := o.KitOf(i + 1); kit != nil { // whoever asked knows the kit's line
			index = kit.Line - 1
		}
		if err := c.eachUnit(index, o.Lines[i].SKU, o.Lines[i].Qty, i+1, lots); err != nil {
			return err
		}
	}
	return nil
}

// Taken is the lots that the lines name. Lines keep their numbers when a kit's components are put in its place.
func (r *OrderRequest) Taken() (out []ledger.LineLot, err error) {
	for i := range r.Lines {
		for _, n := range r.Lines[i].lots {
			out = append(out, ledger.LineLot{Line: i + 1, LotQty: n})
		}
	}
	if len(out) > ledger.LotMovesMax {
		return nil, &ledger.FormError{Field: "lots", Why: fmt.Sprintf("are %d; an order has at most %d", len(out), ledger.LotMovesMax)}
	}
	return out, nil
}

// Named is as of an order.
func (r *ReceiptRequest) Named(c Catalogue) error {
	for i := range r.Lines {
		l := &r.Lines[i]
		code := l.Barcode
		if err := (telling{i, &l.SKU, &l.Barcode, &l.Pack, "qty", &l.Qty, 0, &l.told}).understand(c); err != nil {
			return err
		}
		var err error
		if l.lots, err = (lotLine{i, l.SKU, &l.Qty, l.Lot, l.Expiry, l.Serials, code}).read(c); err != nil {
			return err
		}
	}
	return nil
}

// Named is as of an order.
func (r *AdjustmentRequest) Named(c Catalogue) (err error) {
	for i := range r.Lines {
		l := &r.Lines[i]
		code := l.Barcode
		if l.Qty == 0 { // a label says how many, and not whether they were found or are gone
			return &ledger.FormError{Field: "qty", Line: i + 1, Why: "is 0; say how many were found, or, below 0, are gone"}
		}
		if err := (telling{i, &l.SKU, &l.Barcode, &l.Pack, "qty", &l.Qty, 0, &l.told}).understand(c); err != nil {
			return err
		}
		if l.lots, err = c.lotsNamed(l.SKU, max(l.Qty, -l.Qty), l.Lots, code, i); err != nil {
			return err
		}
		if l.Qty > 0 && len(l.lots) == 0 {
			if err := c.needsLot(ledger.SKU(l.SKU), i); err != nil {
				return err
			}
		}
	}
	return nil
}

// Named is as of an order. What was counted of an opened pack is loose.
func (r *CountRequest) Named(c Catalogue) (err error) {
	for i := range r.Lines {
		l, code := &r.Lines[i], r.Lines[i].Barcode
		none := ledger.Qty(0)
		t := telling{i, &l.SKU, &l.Barcode, &l.Pack, "counted", &none, l.Loose, &l.told}
		if l.Counted != nil {
			counted := *l.Counted
			l.Counted, t.qty = &counted, &counted
		} else if err := c.qtyOfScan(code, &none); err != nil {
			return atLine(err, i)
		} else if none > 0 {
			l.Counted = &none
		}
		if err := t.understand(c); err != nil {
			return err
		}
		if l.lots, err = c.lotsNamed(l.SKU, *t.qty, l.Lots, code, i); err != nil {
			return err
		}
	}
	return nil
}

// Named is as of an order. An amendment is in base units.
func (r *AmendRequest) Named(c Catalogue) error {
	for i := range r.Lines {
		l := &r.Lines[i]
		code := l.Barcode
		if err := named(&l.SKU, &l.Barcode, i, c.Bearers); err != nil {
			return err
		}
		if item, ok := c.Item(ledger.SKU(l.SKU)); ok && code != "" {
			if p := packWith(item, code); p != nil {
				return &ledger.FormError{Field: "barcode", Line: i + 1, Why: fmt.Sprintf("is that of a %s of %d; an order is amended in units: give the SKU and how many units", p.Name, p.Units)}
			}
		}
	}
	return nil
}
