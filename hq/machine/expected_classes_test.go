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

// Limits of a class move no promises while a server's build would leave them: what a supplier has been learnt to be is no reason either.
func TestLimitsMoveNothingBeforeAllBuildsDoSo(t *testing.T) {
	for name, agreed := range map[string]bool{"before": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			b := due(t)
			if agreed {
				b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
			}
			slow := func(ref string, in machine.Day, sku ledger.SKU, q ledger.Qty) {
				b.ok(&machine.Expect{Reference: ref, Supplier: "Slow", Site: "hull", Due: today + in, Lines: []machine.DueLine{{SKU: sku, Qty: q}}, By: "beth", At: at})
			}
			comes := func(days int, refs ...string) {
				for _, ref := range refs {
					b.bringAt("hull", at.AddDate(0, 0, days), ref, ledger.ReceiptLine{SKU: "VALVE-1", Qty: 1})
				}
				b.talk("hull")
			}
			slow("S 1", 0, "VALVE-1", 1)
			comes(10, "S 1")
			slow("PO 1", 5, "TAP-22", 4)
			b.ok(expect("PO 2", 9, 4))
			b.wants(1, 4)
			b.check(1, "4 PO 2 2026-01-14")
			for _, ref := range []string{"S 2", "S 3", "S 4", "S 5", "S 6"} {
				slow(ref, 10, "VALVE-1", 1)
				comes(10, ref)
			}
			b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold", Limits: []machine.Limit{{Kind: machine.LimitDay, SKU: "TAP-22", Qty: 1}}}}})
			want := map[bool]string{false: "4 PO 2 2026-01-14", true: "4 PO 1 2026-01-10"}[agreed]
			b.check(1, want)
			b.restarts()
		})
	}
}
