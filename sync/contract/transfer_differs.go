package contract

import (
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// TransferDifference is what of one SKU of a transfer, or of one lot of it, did not come, came beyond what had left, or is damaged.
type TransferDifference struct {
	Transfer   ledger.TransferID `json:"transfer"`
	From       ledger.SiteID     `json:"from"`
	To         ledger.SiteID     `json:"to"`
	Status     string            `json:"status"`
	SKU        ledger.SKU        `json:"sku"`
	Lot        ledger.LotID      `json:"lot,omitempty" jsonschema:"the lot, or the serial number; left out of what nobody has named"`
	Dispatched ledger.Qty        `json:"dispatched"`
	Missing    ledger.Qty        `json:"missing"`
	Surplus    ledger.Qty        `json:"surplus"`
	Damaged    ledger.Qty        `json:"damaged"`
	Cartons    []gs1.SSCC        `json:"cartons,omitempty" jsonschema:"of what is missing: the cartons that it left in and that were not taken in as a whole"`
}

// TransferDifferences is all that differs of some transfers.
type TransferDifferences struct {
	Differences []TransferDifference `json:"differences"`
}

// Differs says whether what came of the transfer is another thing than what had left.
func (t *Transfer) Differs() bool { return len(t.Differences()) > 0 }

// Differences lists what differs, line by line and lot by lot. What is missing of a line beyond its lots is of none that anybody has named.
func (t *Transfer) Differences() (out []TransferDifference) {
	add := func(d TransferDifference) {
		if d.Missing <= 0 && d.Surplus <= 0 && d.Damaged <= 0 {
			return
		}
		d.Transfer, d.From, d.To, d.Status = t.ID, t.From, t.To, t.Status
		if d.Missing > 0 {
			d.Cartons = t.notWhole(d.SKU, d.Lot)
		}
		out = append(out, d)
	}
	for i := range t.Lines {
		l := &t.Lines[i]
		rest := TransferDifference{SKU: l.SKU, Dispatched: l.Dispatched, Missing: l.Missing, Surplus: l.Surplus, Damaged: l.Damaged}
		for _, n := range l.Lots {
			rest.Dispatched, rest.Missing, rest.Surplus, rest.Damaged = rest.Dispatched-n.Dispatched, rest.Missing-n.Missing, rest.Surplus-n.Surplus, rest.Damaged-n.Damaged
			add(TransferDifference{SKU: l.SKU, Lot: n.Lot, Dispatched: n.Dispatched, Missing: n.Missing, Surplus: n.Surplus, Damaged: n.Damaged})
		}
		add(rest)
	}
	return out
}

// notWhole lists the cartons of goods that were not taken in as a whole, where some were, or where nothing came: who names none may have opened
// them all.
func (t *Transfer) notWhole(sku ledger.SKU, lot ledger.LotID) (out []gs1.SSCC) {
	some := !slices.ContainsFunc(t.Lines, func(l TransferLine) bool { return l.Received > 0 })
	for i := range t.Cartons {
		c := &t.Cartons[i]
		switch {
		case c.Received == nil:
		case *c.Received:
			some = true
		case slices.ContainsFunc(c.Lines, func(l LotQty) bool { return l.SKU == sku && (l.Lot == lot || l.Lot == "") }):
			out = append(out, c.SSCC)
		}
	}
	if !some {
		return nil
	}
	return out
}
