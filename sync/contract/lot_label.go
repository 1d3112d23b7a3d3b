package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ofLabel is the lot or the serial number that a label has, of an item that is kept by it; ok is false where it has none.
func (c Catalogue) ofLabel(code string, sku ledger.SKU) (lot ledger.LotQty, ok bool, err error) {
	item, known := c.Item(sku)
	if code == "" || !known {
		return lot, false, nil
	}
	scan, err := ReadScan(code, c.now())
	if err != nil || scan == nil {
		return lot, false, err
	}
	name := scan.Lot
	switch item.Tracking {
	case ledger.TrackSerial:
		name, lot.Serial, lot.Qty = scan.Serial, true, 1
	case ledger.TrackLot:
	default:
		return lot, false, nil
	}
	if name == "" {
		return lot, false, nil
	}
	if lot.Lot, err = ledger.ParseLot(name); err != nil {
		return lot, false, err
	}
	lot.Expiry, err = ledger.ParseExpiry(scan.Expiry)
	return lot, true, err
}

// scannedLot writes the lot that a label has where none is named.
func (c Catalogue) scannedLot(lot *string, code, sku string, index int) error {
	if *lot != "" {
		return nil
	}
	of, ok, err := c.ofLabel(code, ledger.SKU(sku))
	if err != nil {
		return atLine(err, index)
	}
	if ok {
		*lot = string(of.Lot)
	}
	return nil
}

// lotsNamed reads the lots of qty units of a line: those that are named, or the one that its label has.
func (c Catalogue) lotsNamed(sku string, qty ledger.Qty, lots []LotQty, code string, index int) (out []ledger.LotQty, err error) {
	if len(lots) > ledger.LotMovesMax {
		return nil, &ledger.FormError{Field: "lots", Line: index + 1, Why: fmt.Sprintf("has %d; at most %d", len(lots), ledger.LotMovesMax)}
	}
	of, scanned, err := c.ofLabel(code, ledger.SKU(sku))
	if err != nil {
		return nil, atLine(err, index)
	}
	if len(lots) == 0 && scanned {
		if !of.Serial {
			of.Qty = qty
		}
		return []ledger.LotQty{of}, nil
	}
	item, known := c.Item(ledger.SKU(sku))
	if len(lots) > 0 && known && item.Tracking != ledger.TrackLot && item.Tracking != ledger.TrackSerial {
		return nil, lotProblem(CodeLotWrong, index, fmt.Sprintf("%s is kept neither by lot nor by serial number. Leave them out.", c.called(item.SKU)))
	}
	for _, n := range lots {
		lot, err := ledger.ParseLot(string(n.Lot))
		if err != nil {
			return nil, atLine(err, index)
		}
		expiry, err := ledger.ParseExpiry(n.Expiry)
		if err != nil {
			return nil, atLine(err, index)
		}
		if n.Qty == 0 {
			n.Qty = 1
		}
		out = append(out, ledger.LotQty{Lot: lot, Qty: n.Qty, Expiry: expiry, Serial: known && item.Tracking == ledger.TrackSerial})
	}
	return out, nil
}

// needsLot refuses goods without a lot of an item that is kept by lot or serial number.
func (c Catalogue) needsLot(sku ledger.SKU, index int) error {
	item, known := c.Item(sku)
	switch {
	case known && item.Tracking == ledger.TrackLot:
		return lotProblem(CodeLotNeeded, index, fmt.Sprintf("%s is kept by lot: say which, or scan the label that has it.", c.called(sku)))
	case known && item.Tracking == ledger.TrackSerial:
		return lotProblem(CodeLotNeeded, index, fmt.Sprintf("%s is kept by serial number: scan each unit.", c.called(sku)))
	}
	return nil
}

// EachLot refuses a line that comes back of which not each unit is named, of an item that is kept by lot or serial number: nobody here can know what
// was sold by an order of another book, or without a receipt.
func (c Catalogue) EachLot(index int, l *ledger.BackLine) error {
	item, known := c.Item(l.SKU)
	if !known || item.Tracking != ledger.TrackLot && item.Tracking != ledger.TrackSerial {
		return nil
	}
	named := ledger.Qty(0)
	for _, n := range l.Lots {
		named += n.Qty
	}
	if named == l.Qty {
		return nil
	}
	what, act := "lot", "say the lot of each, or scan the label that has it"
	if item.Tracking == ledger.TrackSerial {
		what, act = "serial number", "scan each unit"
	}
	return lotProblem(CodeLotNeeded, index, fmt.Sprintf("%s is kept by %s, and this book does not know which was sold: %s; %d of %d are named.", c.called(item.SKU), what, act, named, l.Qty))
}

// MarkSerials says of the lots that hands name which are serial numbers. skuOf gives what a line is of.
func (c Catalogue) MarkSerials(lots []ledger.LineLot, skuOf func(line int) (ledger.SKU, bool)) {
	for i := range lots {
		if item, known := c.itemOf(lots[i].Line, skuOf); known {
			lots[i].Serial = item.Tracking == ledger.TrackSerial
		}
	}
}

// renderBackLots says of which lots the units of a line of a return are, and how many of each lie here.
func renderBackLots(lots []ledger.OrderLot) (out []BackLot) {
	for _, t := range lots {
		out = append(out, BackLot{Lot: t.Lot, Qty: t.Qty, Here: t.Qty - t.Back, Expiry: t.Expiry.String()})
	}
	return out
}
