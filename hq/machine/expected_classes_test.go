package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What a class may have on a day is counted over all that one push hands to it.
func TestACapHoldsForAllThatComesAtOnce(t *testing.T) {
	b := due(t)
	b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
	b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "staff", Limits: []machine.Limit{{Kind: machine.LimitDay, SKU: "TAP-22", Qty: 3}}}}})
	for n := 1; n <= 3; n++ {
		b.wants(n, 2, func(o *ledger.Order) { o.Class = "staff" })
	}
	b.ok(expect("PO 812", 3, 6))
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 4})
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 2})
	b.talk("hull")
	got := ledger.Qty(0)
	for n := 1; n <= 3; n++ {
		o, _ := b.m.Order(nth(n))
		got += o.Lines[0].Promised()
	}
	if left := b.m.Allowed("staff", "TAP-22", 0, at).All; got != 3 || left != 0 {
		t.Errorf("got %d reserved for staff and %d left of the day, want the 3 that it may have and 0", got, left)
	}
	b.restarts()
}
