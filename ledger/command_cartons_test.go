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

// So do lots that stand apart, and whose an order is: a site of a build that passes them over follows the stream, also behind them.
func TestWhatStandsApartStopsNoStreamOfAnOlderSite(t *testing.T) {
	c := ledger.HQCommand{H: ledger.Incarnation{Counter: 1}, Number: 1, ID: ledger.TransferCommandID("t1", ledger.TransferExpect), Kind: ledger.CommandTransfer, Site: "hull",
		Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 4}}, Apart: true, Lots: []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "A", Qty: 4}}}, Customer: "ACME-1",
		Cartons: []ledger.WayCarton{{SSCC: cartonOne, Goods: []ledger.WayGoods{{SKU: "TAP", Qty: 4}}}}}
	want := ledger.ChainCommand(ledger.Hash{1}, &c)
	for name, read := range map[string]func(*ledger.HQCommand){
		"before lots":    func(r *ledger.HQCommand) { r.Lots, r.Apart, r.Cartons, r.Customer = nil, false, nil, "" },
		"before cartons": func(r *ledger.HQCommand) { r.Apart, r.Lots, r.Cartons, r.Customer = false, nil, nil, "" }, // the field of lots is empty, and the one behind unknown
		"before apart":   func(r *ledger.HQCommand) { r.Apart, r.Lots, r.Customer = false, nil, "" },
	} {
		r := c
		if read(&r); ledger.ChainCommand(ledger.Hash{1}, &r) != want {
			t.Errorf("%s: got another hash", name)
		}
	}
	stay := c
	stay.Apart = false
	if ledger.ChainCommand(ledger.Hash{1}, &stay) == want {
		t.Error("lots that stand where they stood are hashed as they were: got the hash without them")
	}
	back, err := ledger.UnmarshalCommand(ledger.MarshalCommand(&c))
	if err != nil || !back.Apart || len(back.Lots) != 1 || back.Customer != "ACME-1" || len(back.Cartons) != 1 {
		t.Errorf("got %+v, %v", back, err)
	}
	bare := c
	bare.Lots, bare.Apart, bare.Cartons, bare.Customer = nil, false, nil, ""
	if ledger.ChainCommand(ledger.Hash{1}, &bare) != want {
		t.Error("got another hash than that of the command without what stands apart")
	}
}
