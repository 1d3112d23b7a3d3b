package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A partLot is units of one lot, or the unit of a serial number, of a component of a kit.
type partLot struct {
	sku ledger.SKU
	ledger.LotQty
}

// kitLots reads which lots, or serial numbers, of its components a line of a kit names: each names the component, or shows its label.
func (c Catalogue) kitLots(kit *ledger.Item, lots []NamedLot, index int) (out []partLot, err error) {
	if len(lots) > ledger.LotMovesMax {
		return nil, &ledger.FormError{Field: "lots", Line: index + 1, Why: fmt.Sprintf("has %d; at most %d", len(lots), ledger.LotMovesMax)}
	}
	for _, n := range lots {
		sku, one := string(n.SKU), LotQty{Lot: n.Lot, Qty: n.Qty, Expiry: n.Expiry}
		if n.Barcode != "" {
			var pack string
			var told *ledger.Packed
			code := n.Barcode
			if err := (telling{index, &sku, &n.Barcode, &pack, "qty", &one.Qty, 0, &told}).understand(c); err != nil {
				return nil, err
			}
			of, ok, err := c.ofLabel(code, ledger.SKU(sku))
			if err != nil {
				return nil, atLine(err, index)
			}
			if ok {
				one.Lot, one.Expiry = of.Lot, of.Expiry.String()
			}
		}
		component := ledger.SKU(sku)
		switch {
		case component == "":
			return nil, lotProblem(CodeLotWrong, index, fmt.Sprintf("%s is a kit: say with each lot, or serial number, which of its components it is of, %s.", c.called(kit.SKU), componentWords(kit.Kit())))
		case !hasComponent(kit, component):
			return nil, lotProblem(CodeLotWrong, index, fmt.Sprintf("%s has no %s in it; it is made of %s.", c.called(kit.SKU), component, componentWords(kit.Kit())))
		case one.Lot == "":
			return nil, lotProblem(CodeLotNeeded, index, fmt.Sprintf("the label of %s has no lot and no serial number: say which.", c.called(component)))
		}
		named, err := c.lotsNamed(sku, max(one.Qty, 1), []LotQty{one}, "", index)
		if err != nil {
			return nil, err
		}
		for _, lot := range named {
			out = append(out, partLot{component, lot})
		}
	}
	return out, nil
}

func hasComponent(kit *ledger.Item, sku ledger.SKU) bool {
	for _, p := range kit.Kit() {
		if p.SKU == sku {
			return true
		}
	}
	return false
}

// PartsTaken is the lots of kits' components that the lines name, on the lines that the components have in the order, once its kits are exploded.
func (r *OrderRequest) PartsTaken(o *ledger.Order) (out []ledger.LineLot) {
	for i := range o.Kits {
		k := &o.Kits[i]
		if k.Line > len(r.Lines) {
			continue
		}
		for _, n := range r.Lines[k.Line-1].parts {
			if line := partLine(o, k, n.sku); line > 0 {
				out = append(out, ledger.LineLot{Line: line, LotQty: n.LotQty})
			}
		}
	}
	return out
}

// partLine is the line, from 1, that has a component of a kit; 0 where none has.
func partLine(o *ledger.Order, k *ledger.Kit, sku ledger.SKU) int {
	for _, p := range k.Components {
		if o.Lines[p.Line-1].SKU == sku {
			return p.Line
		}
	}
	return 0
}

// Explode puts the components of kits that come back whole in the place of their lines, as the order that they were sold by has them. A line names such
// a kit by its SKU, or by a scan of it, at the kit's own line.
func (r *ReturnRequest) Explode(back *ledger.TakeBack, o *ledger.Order) error {
	if len(o.Kits) == 0 {
		return nil
	}
	out := make([]ledger.BackLine, 0, len(back.Lines))
	for i, l := range back.Lines {
		k, component := o.KitOf(l.Line)
		if k == nil || component != 0 || l.SKU != k.SKU {
			out = append(out, l)
			continue
		}
		for _, p := range k.Components {
			part := l
			part.Line, part.SKU, part.Lots = p.Line, o.Lines[p.Line-1].SKU, nil
			if l.Qty < 1 || l.Qty > ledger.QtyMax/p.Qty {
				return atLine(&ledger.FormError{Field: "qty", Why: fmt.Sprintf("is %d kits; some come back, and no more than a book counts", l.Qty)}, i)
			}
			part.Qty = l.Qty * p.Qty
			for _, n := range r.Lines[i].parts {
				if n.sku == part.SKU {
					part.Lots = append(part.Lots, n.LotQty)
				}
			}
			out = append(out, part)
		}
	}
	back.Lines = out
	return nil
}
