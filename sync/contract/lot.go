package contract

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// LotQty is units of one lot, or the one unit of a serial number.
type LotQty struct {
	Lot    ledger.LotID `json:"lot" jsonschema:"the lot, or the serial number"`
	Qty    ledger.Qty   `json:"qty,omitempty" jsonschema:"left out: 1"`
	SKU    ledger.SKU   `json:"sku,omitempty" jsonschema:"of an answer; with a line of a kit that is sold or comes back: the component that it is of"`
	Expiry string       `json:"expiry,omitempty" jsonschema:"of an answer: the last day on which it may be sold"`
}

// NamedLot is units of one lot as a line of a sale or of a return names them.
type NamedLot struct {
	LotQty
	Barcode string `json:"barcode,omitempty" jsonschema:"with a line of a kit, instead of sku and lot: a scan of the component's label"`
}

// lotsOf leaves out what was scanned, which lines of kits alone have.
func lotsOf(named []NamedLot) []LotQty {
	out := make([]LotQty, len(named))
	for i := range named {
		out[i] = named[i].LotQty
	}
	return out
}

// LineLot is units of one lot of a line.
type LineLot struct {
	Line int        `json:"line" jsonschema:"from 1"`
	Lot  string     `json:"lot" jsonschema:"the lot, or the serial number"`
	Qty  ledger.Qty `json:"qty,omitempty" jsonschema:"left out: 1"`
}

// A lotLine is one line of goods that come in, as it names its lot, from index.
type lotLine struct {
	index   int
	sku     string
	qty     *ledger.Qty
	lot     string
	expiry  string
	serials []string
	code    string // as it was scanned, which may say all of that
}

// read gives the lots of a line. Of an item that is kept by lot or serial number each unit must be told; of any other what a label says of lots
// is passed over, and what a person says of them is refused.
func (l lotLine) read(c Catalogue) ([]ledger.LotQty, error) {
	item, known := c.Item(ledger.SKU(l.sku))
	if !known {
		return nil, nil // whoever looks at the line next says that there is no such item
	}
	if item.Tracking != ledger.TrackLot && item.Tracking != ledger.TrackSerial {
		if l.lot != "" || l.expiry != "" || len(l.serials) > 0 {
			return nil, lotProblem(CodeLotWrong, l.index, fmt.Sprintf("%s is kept neither by lot nor by serial number. Leave them out, or have the item's tracking changed.", c.called(item.SKU)))
		}
		return nil, nil
	}
	if l.code != "" {
		if err := l.scanned(c); err != nil {
			return nil, err
		}
	}
	if item.Tracking == ledger.TrackSerial {
		return l.units(c, item)
	}
	switch {
	case len(l.serials) > 0:
		return nil, lotProblem(CodeLotWrong, l.index, fmt.Sprintf("%s is kept by lot, not by serial number: say the lot.", c.called(item.SKU)))
	case l.lot == "":
		return nil, c.needsLot(item.SKU, l.index)
	}
	lot, err := ledger.ParseLot(l.lot)
	if err != nil {
		return nil, atLine(err, l.index)
	}
	expiry, err := ledger.ParseExpiry(l.expiry)
	if err != nil {
		return nil, atLine(err, l.index)
	}
	if err := l.fresh(c, item, expiry); err != nil {
		return nil, err
	}
	return []ledger.LotQty{{Lot: lot, Qty: *l.qty, Expiry: expiry}}, nil
}

// fresh refuses goods that are over too soon for their item.
func (l lotLine) fresh(c Catalogue, item *ledger.Item, expiry ledger.Expiry) error {
	if item.Detail == nil || item.Detail.LeastDays == 0 {
		return nil
	}
	if expiry == 0 {
		return lotProblem(CodeLotNeeded, l.index, fmt.Sprintf("%s has to be good for %d days when it comes in: say until when it is, or scan the label that has it.", c.called(item.SKU), item.Detail.LeastDays))
	}
	if left := int(expiry - ledger.DayOf(c.now())); left < item.Detail.LeastDays {
		return lotProblem(CodeLotWrong, l.index, fmt.Sprintf("%s of this lot is good until %s, %d days from now; it has to be good for %d. Send it back, or have the item's least_days changed.",
			c.called(item.SKU), expiry, left, item.Detail.LeastDays))
	}
	return nil
}

// scanned takes from a label what the line does not say itself.
func (l *lotLine) scanned(c Catalogue) error {
	scan, err := ReadScan(l.code, c.now())
	if err != nil || scan == nil {
		return err
	}
	if l.lot == "" {
		l.lot = scan.Lot
	}
	if l.expiry == "" {
		l.expiry = scan.Expiry
	}
	if len(l.serials) == 0 && scan.Serial != "" {
		l.serials = []string{scan.Serial}
	}
	return nil
}

// units gives the units of a line by their serial numbers.
func (l lotLine) units(c Catalogue, item *ledger.Item) (out []ledger.LotQty, err error) {
	if len(l.serials) == 0 && l.lot != "" {
		l.serials = []string{l.lot}
	}
	if n := ledger.Qty(len(l.serials)); n != *l.qty || n == 0 {
		return nil, lotProblem(CodeLotNeeded, l.index, fmt.Sprintf("%s is kept by serial number: scan each of the %d; %d are named.", c.called(item.SKU), *l.qty, n))
	}
	expiry, err := ledger.ParseExpiry(l.expiry)
	if err != nil {
		return nil, atLine(err, l.index)
	}
	for _, s := range l.serials {
		serial, err := ledger.ParseLot(s)
		if err != nil {
			return nil, atLine(err, l.index)
		}
		out = append(out, ledger.LotQty{Lot: serial, Qty: 1, Expiry: expiry, Serial: true})
	}
	return out, nil
}

func lotProblem(code Code, index int, detail string) *Problem {
	p := New(code, fmt.Sprintf("Line %d: %s", index+1, detail))
	p.Field, p.Line = fmt.Sprintf("lines[%d].lot", index), index+1
	return p
}

// fromLot says no to what was said of lots, as the book has it.
func fromLot(err *ledger.LotError) *Problem {
	p := New(CodeLotWrong, sentence(err.Error()))
	if p.Line = err.Line; err.Line > 0 {
		p.Field = fmt.Sprintf("lines[%d].lot", err.Line-1)
	}
	return p
}

// qtyOfScan is how many units a label speaks of, where the line says nothing.
func (c Catalogue) qtyOfScan(code string, qty *ledger.Qty) error {
	if code == "" || *qty != 0 {
		return nil
	}
	scan, err := ReadScan(code, c.now())
	switch {
	case err != nil || scan == nil:
		return err
	case scan.Qty > 0:
		*qty = ledger.Qty(scan.Qty)
	case scan.Serial != "":
		*qty = 1
	}
	return nil
}

func (c Catalogue) now() time.Time {
	if c.Now == nil {
		return time.Time{}
	}
	return c.Now()
}

// lineLots reads the lots of lines, and holds them against how their items are kept: of what goes by serial number each unit must be named.
func (c Catalogue) lineLots(lots []LineLot, sku func(line int) (ledger.SKU, bool)) (out []ledger.LineLot, err error) {
	if len(lots) > ledger.LotMovesMax {
		return nil, &ledger.FormError{Field: "lots", Why: fmt.Sprintf("has %d; at most %d", len(lots), ledger.LotMovesMax)}
	}
	for i, l := range lots {
		lot, err := ledger.ParseLot(l.Lot)
		if err != nil {
			return nil, atLine(err, i)
		}
		if l.Qty == 0 {
			l.Qty = 1
		}
		if err := ledger.CheckQty(l.Qty); err != nil {
			return nil, atLine(err, i)
		}
		named := ledger.LineLot{Line: l.Line, LotQty: ledger.LotQty{Lot: lot, Qty: l.Qty}}
		if of, ok := sku(l.Line); ok {
			if item, known := c.Item(of); known {
				named.Serial = item.Tracking == ledger.TrackSerial
			}
		}
		out = append(out, named)
	}
	return out, nil
}

// eachUnit refuses lines of which not each unit is named, of an item that is kept by serial number: nobody can guess which one is in hand.
func (c Catalogue) eachUnit(index int, sku ledger.SKU, qty ledger.Qty, line int, lots []ledger.LineLot) error {
	item, known := c.Item(sku)
	if !known || item.Tracking != ledger.TrackSerial {
		return nil
	}
	named := ledger.Qty(0)
	for _, l := range lots {
		if l.Line == line {
			named += l.Qty
		}
	}
	if named == qty {
		return nil
	}
	return lotProblem(CodeLotNeeded, index, fmt.Sprintf("%s is kept by serial number: scan each of the %d; %d are named.", c.called(sku), qty, named))
}

// RenderLots says which lots of what an entry takes went where it says; of one lot in several bins it is one row.
func RenderLots(moves []ledger.LotMove) (out []LotQty) {
	for _, v := range moves {
		if n := len(out); n > 0 && out[n-1].SKU == v.SKU && out[n-1].Lot == v.Lot {
			out[n-1].Qty += v.Qty
			continue
		}
		out = append(out, LotQty{SKU: v.SKU, Lot: v.Lot, Qty: v.Qty, Expiry: v.Expiry.String()})
	}
	return out
}

// LotAdjusted is units of one lot, or of a serial number, that were found in a bin or are gone from it.
type LotAdjusted struct {
	SKU    ledger.SKU   `json:"sku"`
	Lot    ledger.LotID `json:"lot" jsonschema:"the lot, or the serial number"`
	Bin    ledger.Bin   `json:"bin"`
	Qty    ledger.Qty   `json:"qty" jsonschema:"found where it is above 0, gone where it is below"`
	Expiry string       `json:"expiry,omitempty" jsonschema:"of what was found: the last day on which it may be sold, as its label says"`
}

// renderAdjusted says of which lots the units were that an adjustment found, and those that are gone.
func renderAdjusted(moves []ledger.LotMove) (out []LotAdjusted) {
	for _, v := range moves {
		switch {
		case v.To.Kind == ledger.Loss && v.From.Kind == ledger.Sellable:
			out = append(out, LotAdjusted{SKU: v.SKU, Lot: v.Lot, Bin: ledger.Bin(v.From.Ref), Qty: -v.Qty})
		case v.From.Kind == ledger.Loss && v.To.Kind == ledger.Sellable:
			out = append(out, LotAdjusted{SKU: v.SKU, Lot: v.Lot, Bin: ledger.Bin(v.To.Ref), Qty: v.Qty, Expiry: v.Expiry.String()})
		}
	}
	return out
}

// LotAt is where units of a lot are at a site.
type LotAt struct {
	Bin       ledger.Bin     `json:"bin,omitempty"`
	Order     ledger.OrderID `json:"order,omitempty" jsonschema:"in hand for it"`
	Condition string         `json:"condition" jsonschema:"sellable, blocked or picked"`
	Qty       ledger.Qty     `json:"qty"`
}

// Lot is a lot, or the unit of a serial number, as a site has it.
type Lot struct {
	SKU    ledger.SKU   `json:"sku"`
	Lot    ledger.LotID `json:"lot" jsonschema:"the lot, or the serial number"`
	Serial bool         `json:"serial,omitempty" jsonschema:"it is a serial number: one unit"`
	Expiry string       `json:"expiry,omitempty" jsonschema:"the last day on which it may be sold"`
	Held   string       `json:"held,omitempty" jsonschema:"why nothing of it may be sold"`
	OnHand ledger.Qty   `json:"on_hand"`
	At     []LotAt      `json:"at" jsonschema:"where it is; empty where the site has none"`
}

// LotList is a page of lots.
type LotList struct {
	Lots       []Lot  `json:"lots"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// RenderLot gives a lot as its site has it.
func RenderLot(sku ledger.SKU, t *ledger.Lot) Lot {
	out := Lot{SKU: sku, Lot: t.Lot, Serial: t.Serial, Expiry: t.Expiry.String(), Held: t.Held, OnHand: t.Here(), At: []LotAt{}}
	for _, at := range t.At {
		switch at.Kind {
		case ledger.Picked:
			out.At = append(out.At, LotAt{Order: ledger.OrderID(at.Ref), Condition: "picked", Qty: at.Qty})
		case ledger.Blocked:
			out.At = append(out.At, LotAt{Bin: ledger.Bin(at.Ref), Condition: "blocked", Qty: at.Qty})
		default:
			out.At = append(out.At, LotAt{Bin: ledger.Bin(at.Ref), Condition: "sellable", Qty: at.Qty})
		}
	}
	return out
}

// RecallRequest has nothing of a lot sold at this site from here on.
type RecallRequest struct {
	SKU     string `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode string `json:"barcode,omitempty" jsonschema:"instead of sku: a label that may have the lot, too"`
	Lot     string `json:"lot,omitempty" jsonschema:"the lot, or the serial number"`
	Reason  string `json:"reason" jsonschema:"why, at most 128 bytes; whoever meets the lot reads it"`
	Release bool   `json:"release,omitempty" jsonschema:"it is held no more. What is blocked stays so until somebody has looked (POST /v1/blocked/inspect)"`
}

// Recall answers a recall.
type Recall struct {
	SKU       ledger.SKU   `json:"sku"`
	Lot       ledger.LotID `json:"lot"`
	Reason    string       `json:"reason"`
	Released  bool         `json:"released,omitempty"`
	Blocked   ledger.Qty   `json:"blocked" jsonschema:"units that were fit to be sold and are no more"`
	Displaced []Displaced  `json:"displaced,omitempty" jsonschema:"promises that lost their units: these orders wait again"`
	Seq       uint64       `json:"seq"`
}

// Ledger checks the recall and gives it to the ledger, without a key.
func (r *RecallRequest) Ledger(c Catalogue) (*ledger.HoldLot, error) {
	code := r.Barcode
	if err := named(&r.SKU, &r.Barcode, 0, c.Bearers); err != nil {
		return nil, err
	}
	if scan, err := ReadScan(code, c.now()); err != nil {
		return nil, err
	} else if scan != nil && r.Lot == "" {
		if r.Lot = scan.Lot; r.Lot == "" {
			r.Lot = scan.Serial
		}
	}
	sku, err := ledger.ParseSKU(r.SKU)
	if err != nil {
		return nil, err
	}
	if _, known := c.Item(sku); !known {
		return nil, UnknownSKU(sku, 0)
	}
	lot, err := ledger.ParseLot(r.Lot)
	if err != nil {
		return nil, err
	}
	if err := CheckText("reason", r.Reason, textMax); err != nil {
		return nil, err
	}
	return &ledger.HoldLot{SKU: sku, Lot: lot, Reason: r.Reason, Release: r.Release}, nil
}

// RenderRecall gives the answer that an entry is.
func RenderRecall(e *ledger.Entry, b *ledger.LotBody) Recall {
	out := Recall{SKU: b.SKU, Lot: b.Lot, Reason: b.Reason, Released: b.Act == ledger.LotReleased, Seq: uint64(e.Seq)}
	displaced := b.Displaced
	if late, is := e.Body.(*ledger.LateBody); is { // it was first answered by a book that was set aside
		displaced = late.Displaced
	}
	for _, d := range displaced {
		out.Displaced = append(out.Displaced, Displaced{Order: d.Order, Owner: d.Owner, Line: d.Line, SKU: d.SKU, Qty: d.Qty})
	}
	for _, v := range e.Lots {
		out.Blocked += v.Qty
	}
	return out
}
