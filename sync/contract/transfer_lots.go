package contract

import (
	"fmt"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// DispatchLine is one SKU that leaves.
type DispatchLine struct {
	TransferWish
	Lots []LotQty `json:"lots,omitempty" jsonschema:"which lots are among them, in units; a label that has one says it, too. Of the rest those leave that are over first. Of an item that is kept by serial number each unit is named"`

	lots []ledger.LotQty // as Named has understood them
}

// LotCame is what came of one lot of a line, in units.
type LotCame struct {
	Lot      string     `json:"lot" jsonschema:"the lot, or the serial number"`
	Received ledger.Qty `json:"received,omitempty" jsonschema:"left out: 1"`
	Damaged  ledger.Qty `json:"damaged,omitempty" jsonschema:"of received; the line's damaged counts it, too"`
	Expiry   string     `json:"expiry,omitempty" jsonschema:"the last day on which it may be sold; left out: as its sender has it"`
}

// LotOnWay is what left and came of one lot of a transfer's line.
type LotOnWay struct {
	Lot        ledger.LotID `json:"lot" jsonschema:"the lot, or the serial number"`
	Serial     bool         `json:"serial,omitempty"`
	Expiry     string       `json:"expiry,omitempty" jsonschema:"the last day on which it may be sold"`
	Dispatched ledger.Qty   `json:"dispatched"`
	Received   ledger.Qty   `json:"received"`
	Damaged    ledger.Qty   `json:"damaged"`
	Missing    ledger.Qty   `json:"missing" jsonschema:"once it was received: left and did not come"`
	Surplus    ledger.Qty   `json:"surplus" jsonschema:"once it was received: came beyond what had left"`
}

// Named is as of an order.
func (r *DispatchRequest) Named(c Catalogue) (err error) {
	for i := range r.Lines {
		l := &r.Lines[i]
		code := l.Barcode
		if err := l.named(i, c); err != nil {
			return err
		}
		if l.lots, err = c.lotsNamed(l.SKU, l.Qty, l.Lots, code, i); err != nil {
			return err
		}
	}
	return r.namedCartons(c)
}

// Ledger checks what leaves and gives it to the ledger, without a key.
func (r *DispatchRequest) Ledger(id ledger.TransferID) (*ledger.DispatchTransfer, error) {
	out, err := &ledger.DispatchTransfer{ID: id}, error(nil)
	if out.Cartons, err = r.ledgerCartons(); err != nil || r.Lines == nil || len(r.Lines) == 0 && len(r.Cartons) > 0 {
		return out, err
	}
	wishes := make([]TransferWish, len(r.Lines))
	for i := range r.Lines {
		wishes[i] = r.Lines[i].TransferWish
		for _, n := range r.Lines[i].lots {
			out.Lots = append(out.Lots, ledger.SKULot{SKU: ledger.SKU(r.Lines[i].SKU), LotQty: n})
		}
	}
	if len(out.Lots) > ledger.TransferLotsMax {
		return nil, &ledger.FormError{Field: "lots", Why: fmt.Sprintf("are %d; a transfer has at most %d", len(out.Lots), ledger.TransferLotsMax)}
	}
	out.Lines, err = transferLines(wishes, func(l *ledger.TransferLine) *ledger.Qty { return &l.Sent }, 0)
	return out, err
}

// EachSent refuses units that leave of which nobody has said the serial number: which one is on the lorry cannot be guessed. t is what is to be sent.
func (c Catalogue) EachSent(t *ledger.Transfer, out *ledger.DispatchTransfer) error {
	lines := out.Lines
	if len(lines) == 0 {
		lines = slices.Clone(t.Lines)
		for i := range lines {
			lines[i].Sent = lines[i].Qty
		}
	}
	for i := range lines {
		item, known := c.Item(lines[i].SKU)
		if !known || item.Tracking != ledger.TrackSerial {
			continue
		}
		named := ledger.Qty(0)
		for _, n := range out.Lots {
			if n.SKU == item.SKU {
				named += n.Qty
			}
		}
		if named != lines[i].Sent {
			return lotProblem(CodeLotNeeded, i, fmt.Sprintf("%s is kept by serial number: scan each of the %d that leave; %d are named.", c.called(item.SKU), lines[i].Sent, named))
		}
	}
	return nil
}

// lotsCame reads the lots of a line: those that are named, or the one that its label has.
func (c Catalogue) lotsCame(l *TransferCame, code string, index int) (out []ledger.CameLot, err error) {
	named := make([]LotQty, len(l.Lots))
	for i, n := range l.Lots {
		named[i] = LotQty{Lot: ledger.LotID(n.Lot), Qty: n.Received, Expiry: n.Expiry}
	}
	came := ledger.Qty(0)
	if l.Received != nil {
		came = *l.Received
	}
	lots, err := c.lotsNamed(l.SKU, came, named, code, index)
	for i, n := range lots {
		t := ledger.CameLot{LotQty: n}
		if len(l.Lots) > 0 {
			t.Damaged = l.Lots[i].Damaged
		} else {
			t.Damaged = min(l.Damaged, n.Qty)
		}
		if n.Qty > 0 || len(l.Lots) > 0 {
			out = append(out, t)
		}
	}
	return out, err
}

// EachCame refuses units of which nobody can know the lot but who holds them: those beyond what is known to have left. t is the transfer as the book knows
// it; nil where it has not heard of it.
func (c Catalogue) EachCame(t *ledger.Transfer, out *ledger.ReceiveTransfer) error {
	for i := range out.Lines {
		l := &out.Lines[i]
		item, known := c.Item(l.SKU)
		if !known || item.Tracking != ledger.TrackLot && item.Tracking != ledger.TrackSerial {
			continue
		}
		sent, named := ledger.Qty(0), ledger.Qty(0)
		if t != nil && t.State == ledger.TransferDispatched {
			for n := range t.Lines {
				if t.Lines[n].SKU == l.SKU {
					sent = t.Lines[n].Sent
				}
			}
		}
		for _, n := range l.Lots {
			named += n.Qty
		}
		if l.Came <= sent || named == l.Came {
			continue
		}
		what, act := "lot", "say the lot of each, or scan the label that has it"
		if item.Tracking == ledger.TrackSerial {
			what, act = "serial number", "scan each unit"
		}
		return lotProblem(CodeLotNeeded, i, fmt.Sprintf("%s is kept by %s, and this site has heard of %d that left: %s; %d of %d are named.", c.called(item.SKU), what, sent, act, named, l.Came))
	}
	return nil
}

// renderWay gives the lots of a line; came says whether it was received.
func renderWay(lots []ledger.TransferLot, came bool) (out []LotOnWay) {
	for i := range lots {
		t := &lots[i]
		v := LotOnWay{Lot: t.Lot, Serial: t.Serial, Expiry: t.Expiry.String(), Dispatched: t.Sent, Received: t.Came, Damaged: t.Damaged}
		if n := t.Missing(); came && n > 0 {
			v.Missing = n
		} else if came {
			v.Surplus = -n
		}
		out = append(out, v)
	}
	return out
}
