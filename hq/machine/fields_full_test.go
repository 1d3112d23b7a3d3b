package machine_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// said compares what a command is refused with.
func said(t *testing.T, res machine.Result, want string) {
	t.Helper()
	if got := fmt.Sprint(res.Err); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// fill has the machine carry out many commands; whether it is sound is asked once, afterwards.
func (b *bench) fill(n int, c func(i int) machine.Command) {
	b.t.Helper()
	for i := range n {
		if res := b.m.Apply(machine.Marshal(c(i))); res.Err != nil {
			b.t.Fatalf("command %d: %v", i, res.Err)
		}
	}
	if err := b.m.Check(); err != nil {
		b.t.Fatal(err)
	}
}

// What head office has no room for is refused, and it is said how there is room again.
func TestWhatHeadOfficeHasNoRoomForIsRefusedInWords(t *testing.T) {
	rules := func(n int) *machine.SetPolicy {
		return &machine.SetPolicy{By: "beth", At: at, Rules: times(n, func(i int) machine.Rule {
			return machine.Rule{Kind: machine.RuleKeepBack, SKU: ledger.SKU(fmt.Sprintf("P-%d", i)), Qty: 1}
		})}
	}
	goods := func(first, n int) []machine.DueLine {
		return times(n, func(i int) machine.DueLine {
			return machine.DueLine{SKU: ledger.SKU(fmt.Sprintf("G-%06d", first+i)), Qty: 2}
		})
	}
	comes := func(ref string, lines ...machine.DueLine) *machine.Expect {
		c := expect(ref, 3, 1)
		c.Lines = lines
		return c
	}
	t.Run("rules", func(t *testing.T) {
		b := newBench(t)
		b.ok(rules(machine.RulesMax))
		one := rules(1)
		one.Rules[0].SKU = "ONE-MORE"
		said(t, b.apply(one), "rules are more than 10000 together: set those to 0 that nobody needs")
	})
	t.Run("deliveries", func(t *testing.T) {
		b := due(t)
		b.fill(machine.DeliveriesMax, func(i int) machine.Command { return comes(fmt.Sprint("N-", i), goods(i, 1)...) })
		said(t, b.apply(comes("N-more", goods(0, 1)...)), "reference would be more than 10000 expected deliveries: cancel those that will not come")
	})
	t.Run("lines of deliveries", func(t *testing.T) {
		b := due(t)
		b.fill(machine.DueLinesMax/machine.DeliveryLinesMax, func(i int) machine.Command {
			return comes(fmt.Sprint("N-", i), goods(0, machine.DeliveryLinesMax)...)
		})
		said(t, b.apply(comes("N-more", goods(0, 1)...)), "lines would be more than 100000 of all expected deliveries: cancel those that will not come")
	})
	t.Run("deliveries of an article", func(t *testing.T) {
		b := due(t)
		b.fill(machine.DueOfSKUMax, func(i int) machine.Command { return comes(fmt.Sprint("N-", i), goods(7, 1)...) })
		said(t, b.apply(comes("N-more", goods(7, 1)...)), "lines has G-000007, which more than 500 deliveries would bring: cancel one that will not come, or wait for one")
	})
	t.Run("changes of a delivery", func(t *testing.T) {
		b := due(t)
		var res machine.Result
		for first := 0; first < 3000; first += machine.DeliveryLinesMax {
			lines := goods(first, machine.DeliveryLinesMax)
			if res = b.apply(comes("N-1", lines...)); res.Err != nil {
				break
			}
			b.bring("hull", "N-1", times(len(lines), func(i int) ledger.ReceiptLine { return ledger.ReceiptLine{SKU: lines[i].SKU, Qty: 1} })...)
			b.talk("hull")
		}
		said(t, res, "lines of this delivery were changed too often: what has come of lines that were cut is kept. Use another reference")
	})
	t.Run("users", func(t *testing.T) {
		b := agreedBench(t)
		b.site("york", true)
		user := func(i int, sites ...ledger.SiteID) *machine.PutUser {
			return &machine.PutUser{User: ledger.User{ID: ledger.UserID(fmt.Sprintf("u-%06d", i)), Kind: ledger.UserPerson, Sites: sites}, By: "beth", Reason: "new here", At: at}
		}
		b.fill(ledger.UsersAtMax, func(i int) machine.Command { return user(i, "york") })
		said(t, b.apply(user(ledger.UsersAtMax)), "sites has york, which knows 2000 users already: say where each of them is known")
		b.fill(ledger.UsersMax-ledger.UsersAtMax, func(i int) machine.Command { return user(ledger.UsersAtMax+i, ledger.HQ) })
		said(t, b.apply(user(ledger.UsersMax, ledger.HQ)), "user would be one more than the 20000 that a company has: let somebody have a name that is there and that nobody uses any more")
	})
	t.Run("transfers", func(t *testing.T) {
		b := agreedBench(t)
		b.site("hull", false)
		b.site("york", true)
		b.receive("hull", machine.TransfersOpenMax+1, "TAP-22")
		b.talk("hull")
		b.fill(machine.TransfersOpenMax, func(i int) machine.Command { return moveTo(i) })
		said(t, b.apply(moveTo(machine.TransfersOpenMax)), "id would be more than 100000 open transfers: receive, cancel or return those that are over")
	})
	t.Run("money", func(t *testing.T) {
		b := credits(t)
		var res machine.Result
		for n := 0; res.Err == nil && n < 1000; n++ {
			res = b.m.Apply(machine.Marshal(&machine.SetAsset{Asset: acme, Do: machine.AssetPaid, Amount: ledger.QtyMax, Ref: fmt.Sprint("B-", n), Key: digest(fmt.Sprint("b ", n)), By: "beth", At: at}))
		}
		said(t, res, "amount brings the account beyond 1152921504606846976 minor units, and no more is counted: open another one")
		if err := b.m.Check(); err != nil {
			t.Error(err)
		}
		price := ledger.Price{Money: ledger.Money{Amount: pricing.AmountMax, Currency: "GBP"}}
		c := ledger.Charge{From: ledger.PriceSaid}
		if err := c.Fix(price, 1); err != nil {
			t.Fatal(err)
		}
		o := machine.Order{Order: order(nth(1), ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1, Price: price, Charge: &c})}
		_, _, err := o.Amended([]machine.AmendLine{{Line: 1, Qty: 2}})
		said(t, machine.Result{Err: err}, "line 1: qty makes more money than is counted in one order: divide it over several orders")
	})
}

// moveTo is a transfer that head office makes between two sites; nothing is set aside yet.
func moveTo(i int) *machine.MakeTransfer {
	id := fmt.Sprint("T-", i)
	return &machine.MakeTransfer{Transfer: ledger.Transfer{ID: ledger.TransferID(id), From: "hull", To: "york", Lines: []ledger.TransferLine{{SKU: "TAP-22", Qty: 1}}},
		Key: digest(id), Request: digest("r"), By: "beth", At: at}
}

// What a server of an older release would not understand is not set before all are of this one.
func TestWhatNotEveryServerKnowsIsRefusedInWords(t *testing.T) {
	b := newBenchOf(t, ledger.KindLast)
	rule := func(r machine.Rule) machine.Result {
		return b.apply(&machine.SetPolicy{By: "beth", At: at, Rules: []machine.Rule{r}})
	}
	said(t, rule(machine.Rule{Kind: machine.RuleLow, SKU: "TAP-22", Qty: 1}), "kind low_stock cannot be set yet: a server of head office is of an older release. Bring all of them up to date, and set it again")
	said(t, rule(machine.Rule{Kind: machine.RuleKeepBack, Category: "pipes", Qty: 1}), "category cannot be set yet: a server of head office is of an older release. Bring all of them up to date, and set it again")
}

// Whose book says what is ordered is named, and what can be done where.
func TestAPurchaseOrderOfASiteIsNotChangedAtHeadOffice(t *testing.T) {
	b := due(t)
	b.agrees()
	b.orders("hull", ledger.PurchasePut, "PO 1", 3, 10)
	b.talk("hull")
	said(t, b.apply(buys("PO 1", 3, 9)), "reference is that of a purchase order of hull, whose own book says what is ordered: change it at its node, or close or cancel it here")
}
