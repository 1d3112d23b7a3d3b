package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// Head office tells the receiver in which cartons the goods lie. One that is not scanned there did not come: what lies in it is missing, and somebody hears
// which it is.
func TestHeadOfficeCarriesTheCartonsOfATransfer(t *testing.T) {
	b := hauls(t)
	b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
	b.says("york", &ledger.Receive{ID: "lots", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 5, Lots: []ledger.LotQty{{Lot: "A", Qty: 3}, {Lot: "B", Qty: 2}}}}})
	b.says("york", &ledger.MakeTransfer{Transfer: haul("T-1", "york", "leeds", 5)})
	const one, two = gs1.SSCC("340123450000000000"), gs1.SSCC("350123450700000026")
	b.says("york", &ledger.DispatchTransfer{ID: "T-1", Cartons: []ledger.WayCarton{
		{SSCC: one, Goods: []ledger.WayGoods{{SKU: "TAP-22", Lot: "A", Qty: 3}}},
		{SSCC: two, Goods: []ledger.WayGoods{{SKU: "TAP-22", Lot: "B", Qty: 1}}}}, Lines: []ledger.TransferLine{{SKU: "TAP-22", Sent: 1}}, Lots: []ledger.SKULot{{SKU: "TAP-22", LotQty: ledger.LotQty{Lot: "B", Qty: 1}}}})
	b.transferIs("T-1", "dispatched qty=5 sent=5 came=0 damaged=0 way=5")
	b.restarts()
	b.talk("leeds")
	b.says("leeds", &ledger.ReceiveTransfer{ID: "T-1", Cartons: []ledger.CameCarton{{SSCC: one, Bin: "A-1"}}, Lines: []ledger.ReceivedLine{{SKU: "TAP-22", Bin: "A-1", Came: 1, Lots: []ledger.CameLot{{LotQty: ledger.LotQty{Lot: "B", Qty: 1}}}}}})
	b.talk("york")
	b.transferIs("T-1", "settled qty=5 sent=5 came=4 damaged=0 way=0")
	rec, _ := b.m.Transfer("T-1")
	if c := rec.Cartons; len(c) != 2 || !c[0].Came || c[1].Came || c[1].Goods[0].Lot != "B" {
		t.Errorf("got %+v, want the first to have come", c)
	}
	if e := b.asked("transfer_differs"); e == nil || e.Why != "transfer T-1 from york to leeds: 1 of 5 TAP-22 are missing; of lot B of TAP-22 1 of 2 did not come; carton 350123450700000026 was not taken in as a whole" {
		t.Errorf("got %+v, want the carton named", e)
	}
	// The sender's book says which came, too.
	if c := b.transferAt("york", "T-1").Cartons; len(c) != 2 || !c[0].Came || c[1].Came || c[1].Goods[0].Lot != "B" {
		t.Errorf("got %+v at york, want the first to have come, and what lay in each", c)
	}
	level, _ := b.cores["leeds"].State.Level("TAP-22")
	if a, bb := level.Lot("A"), level.Lot("B"); a == nil || a.Here() != 3 || bb == nil || bb.Here() != 1 {
		t.Errorf("got %+v at leeds, want three of A out of the carton and one of B", level.Lots)
	}
	b.restarts()
	b.audit()
}
