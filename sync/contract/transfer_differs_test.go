package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What differs of a transfer is listed once: by lot where lots are named, the rest by article, with the cartons that did not come whole.
func TestWhatDiffersOfATransferIsListedOnce(t *testing.T) {
	const a, b = gs1.SSCC("340123450000000000"), gs1.SSCC("350123450700000026")
	line := func(sku ledger.SKU, sent, came, damaged ledger.Qty, lots ...ledger.TransferLot) ledger.TransferLine {
		return ledger.TransferLine{SKU: sku, Qty: sent, Sent: sent, Came: came, Damaged: damaged, Lots: lots}
	}
	carton := func(sscc gs1.SSCC, came bool, lot ledger.LotID) ledger.WayCarton {
		return ledger.WayCarton{SSCC: sscc, Came: came, Goods: []ledger.WayGoods{{SKU: "MILK", Lot: lot, Qty: 2}}}
	}
	lots := []ledger.TransferLot{{Lot: "OLD", Sent: 2, Came: 2, Damaged: 1}, {Lot: "SOON", Sent: 2, Came: 0}}
	for name, c := range map[string]struct {
		t    ledger.Transfer
		want string
	}{
		"nothing differs":       {ledger.Transfer{State: ledger.TransferSettled, Lines: []ledger.TransferLine{line("TAP", 3, 3, 0)}}, ""},
		"it is on its way":      {ledger.Transfer{State: ledger.TransferDispatched, Lines: []ledger.TransferLine{line("TAP", 3, 0, 0)}}, ""},
		"missing, and too much": {ledger.Transfer{State: ledger.TransferReceived, Lines: []ledger.TransferLine{line("TAP", 3, 1, 0), line("MUG", 1, 2, 0)}}, "TAP/ 2,0,0 []; MUG/ 0,1,0 []"},
		"by lot, and the rest": {ledger.Transfer{State: ledger.TransferSettled, Lines: []ledger.TransferLine{line("MILK", 6, 3, 1, lots...)}, Cartons: []ledger.WayCarton{carton(a, true, "OLD"), carton(b, false, "SOON")}},
			"MILK/OLD 0,0,1 []; MILK/SOON 2,0,0 [350123450700000026]; MILK/ 1,0,0 []"},
		"all cartons opened": {ledger.Transfer{State: ledger.TransferReceived, Lines: []ledger.TransferLine{line("MILK", 4, 3, 0)}, Cartons: []ledger.WayCarton{carton(a, false, ""), carton(b, false, "")}}, "MILK/ 1,0,0 []"},
		"nothing of it came": {ledger.Transfer{State: ledger.TransferReceived, Lines: []ledger.TransferLine{line("MILK", 4, 0, 0)}, Cartons: []ledger.WayCarton{carton(a, false, ""), carton(b, false, "")}},
			"MILK/ 4,0,0 [340123450000000000 350123450700000026]"},
	} {
		c.t.ID, c.t.From, c.t.To = "T-1", "hull", "leeds"
		shown := contract.RenderTransfer(&c.t)
		var got []string
		for _, d := range shown.Differences() {
			if d.Transfer != "T-1" || d.From != "hull" || d.To != "leeds" || d.Status != c.t.State.String() {
				t.Errorf("%s: got %+v", name, d)
			}
			got = append(got, fmt.Sprintf("%s/%s %d,%d,%d %v", d.SKU, d.Lot, d.Missing, d.Surplus, d.Damaged, d.Cartons))
		}
		if text := strings.Join(got, "; "); text != c.want || shown.Differs() != (c.want != "") {
			t.Errorf("%s: got %q, want %q", name, text, c.want)
		}
	}
}
