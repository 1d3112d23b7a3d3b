package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A site of a build before cartons passes them over, and works out the hash of a command from what it has read: it has to be the one that head office gave.
func TestCartonsStopNoStreamOfAnOlderSite(t *testing.T) {
	for name, c := range map[string]ledger.HQCommand{
		"alone":     {},
		"of lots":   {Lots: []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "A", Qty: 4}}}},
		"of a note": {Reason: "for the fair"},
	} {
		c.H, c.Number, c.ID, c.Kind, c.Site = ledger.Incarnation{Counter: 1}, 1, ledger.TransferCommandID("t1", ledger.TransferExpect), ledger.CommandTransfer, "hull"
		c.Lines = []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 4}}
		read := c // by such a build
		c.Cartons = []ledger.WayCarton{{SSCC: cartonOne, Goods: []ledger.WayGoods{{SKU: "TAP", Qty: 4}}}}
		if got, want := ledger.ChainCommand(ledger.Hash{1}, &read), ledger.ChainCommand(ledger.Hash{1}, &c); got != want {
			t.Errorf("%s: got %x, want %x", name, got, want)
		}
	}
}
