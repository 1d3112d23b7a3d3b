package ledger_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestGoodsInTheHandAreSoldWhateverTheBookSays(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		hand    o1 TAP-22 1          => completed
		claims  TAP-22               => shelf=1 available=1 reserved=0 shortfall=0
		hand    o2 TAP-22 3          => completed
		claims  TAP-22               => shelf=0 available=0 reserved=0 shortfall=0
		hand    o3 NEVER-SEEN 1      => completed
		claims  NEVER-SEEN           => shelf=0 available=0 reserved=0 shortfall=0
		hand    o3 TAP-22 1          => order id is taken
	`)
}

func TestGoodsInTheHandTakeTheLeastImportantAndLatestPromise(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 5
		deliver o1 TAP-22 1
		obey    borrow x TAP-22 1
		obey    reserve web TAP-22 1
		deliver o2 TAP-22 1
		deliver o3 TAP-22 1
		claims  TAP-22               => shelf=5 available=1 reserved=4 shortfall=0
		hand    o4 TAP-22 2          => completed
		served  web                  => nothing
		order   o3                   => allocated here=1 taken=0 away=0 waits=0
		hand    o5 TAP-22 1          => completed
		order   o3                   => backordered here=0 taken=0 away=0 waits=1
		order   o2                   => allocated here=1 taken=0 away=0 waits=0
		claims  TAP-22               => shelf=2 available=0 reserved=2 shortfall=0
		receive TAP-22 1
		order   o3                   => allocated here=1 taken=0 away=0 waits=0
	`)
	important := order(strings.Fields("deliver o6 TAP-22"), 1)
	important.Priority = 9
	s.play(`receive TAP-22 1`)
	if out := s.do(&ledger.Place{Order: important}); out.Err != nil {
		t.Fatal(out.Err)
	}
	s.play(`
		hand    o7 TAP-22 3          => completed
		order   o6                   => allocated here=1 taken=0 away=0 waits=0
		order   o1                   => backordered here=0 taken=0 away=0 waits=1
		claims  TAP-22               => shelf=1 available=0 reserved=1 shortfall=0
	`)
}

func TestTheEntrySaysWhosePromiseGoodsInTheHandTook(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2
		obey    borrow x TAP-22 1
		obey    reserve web TAP-22 1
		deliver o1 TAP-22 1
	`)
	out := s.do(&ledger.Place{Order: order(strings.Fields("take o2 TAP-22"), 2), InHand: true, Approver: "beth"})
	b := out.Entry.Body.(*ledger.OrderBody)
	want := []ledger.Displaced{{Order: oid("web"), Owner: ledger.HQ, Line: 1, SKU: "TAP-22", Qty: 1},
		{Order: oid("o1"), Owner: "leeds", Line: 1, SKU: "TAP-22", Qty: 1}}
	if len(b.Displaced) != 2 || b.Displaced[0] != want[0] || b.Displaced[1] != want[1] {
		t.Errorf("got %+v, want %+v", b.Displaced, want)
	}
	if !b.InHand || b.Approver != "beth" || len(b.Shorts) != 1 || b.Shorts[0].Have != 0 {
		t.Errorf("got %+v, want the approver and that nothing was free", b)
	}
}

func TestWhatIsAllottedToASiteIsNotTakenButOwed(t *testing.T) {
	newStage(t, "hull", false).play(`
		receive TAP-22 3
		obey    pass-on x TAP-22 2 leeds => done
		hand    o1 TAP-22 2              => completed
		claims  TAP-22                   => shelf=1 available=0 reserved=0 leeds=2 shortfall=1
		hand    o2 TAP-22 2              => completed
		claims  TAP-22                   => shelf=0 available=0 reserved=0 leeds=2 shortfall=2
		receive TAP-22 1
		claims  TAP-22                   => shelf=1 available=0 reserved=0 leeds=2 shortfall=1
		obey    return x TAP-22 2 leeds  => done
		claims  TAP-22                   => shelf=1 available=0 reserved=0 hq=1 shortfall=0
	`)
}

func TestAShortfallIsPaidFirstByWhateverComesFree(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 4
		obey    borrow x TAP-22 2
		obey    pass-on x TAP-22 2 york
		deliver o1 TAP-22 3 any up       => asked
		claims  TAP-22                   => shelf=4 available=0 reserved=2 york=2 shortfall=0
		hand    o2 TAP-22 3              => completed
		claims  TAP-22                   => shelf=1 available=0 reserved=2 york=2 shortfall=3
		lost    o1                       => short have=2
		claims  TAP-22                   => shelf=1 available=0 reserved=0 york=2 shortfall=1
		adjust  TAP-22 1                 => adjusted
		claims  TAP-22                   => shelf=2 available=0 reserved=0 york=2 shortfall=0
		adjust  TAP-22 1                 => adjusted
		claims  TAP-22                   => shelf=3 available=1 reserved=0 york=2 shortfall=0
	`)
}

func TestAnAskedSaleWhoseShelfUnitWasTakenIsHandedOver(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 1
		take    o1 TAP-22 2 any partial up => asked
		hand    o2 TAP-22 1                => completed
		claims  TAP-22                     => shelf=0 available=0 reserved=1 shortfall=1
		no      o1                         => completed
		claims  TAP-22                     => shelf=0 available=0 reserved=0 shortfall=0
	`)
}

func TestGoodsInTheHandAreTakenWithTheCustomer(t *testing.T) {
	s := newStage(t, "leeds", true)
	for name, p := range map[string]*ledger.Place{
		"delivered":     {InHand: true, Order: order(strings.Fields("deliver o1 TAP-22"), 1)},
		"long approver": {InHand: true, Approver: strings.Repeat("x", ledger.TextMax+1), Order: order(strings.Fields("take o1 TAP-22"), 1)},
		"nothing":       {InHand: true, Order: order(strings.Fields("take o1 TAP-22"), 0)},
	} {
		before := s.core.State.Seq
		if out := s.do(p); out.Err == nil || s.core.State.Seq != before {
			t.Errorf("%s: got %v and %d entries, want it refused and nothing written", name, out.Err, s.core.State.Seq-before)
		}
	}
}

func TestALossTakesFromClaimsAndSaysWhatIsOwed(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 4
		obey    borrow x TAP-22 1
		obey    pass-on x TAP-22 1 york
		deliver o1 TAP-22 2
		adjust  TAP-22 -5      => line 1: qty takes 5 of TAP-22, the book has 4
		adjust  TAP-22 -1 A-01 => line 1: qty takes 1 from bin A-01, the book has 0 there
		adjust  TAP-22 0       => line 1: qty is 0; units are found or gone, at most 9007199254740991
		adjust  TAP-22 -1 MAIN => adjusted
		claims  TAP-22         => shelf=3 available=0 reserved=2 york=1 shortfall=0
		adjust  TAP-22 -2      => adjusted
		order   o1             => backordered here=0 taken=0 away=0 waits=2
		claims  TAP-22         => shelf=1 available=0 reserved=0 york=1 shortfall=0
	`)
	out := s.do(&ledger.Adjust{Reason: "fire", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -1}}})
	if b := out.Entry.Body.(*ledger.AdjustedBody); b.Lines[0].Short != 1 || b.Reason != "fire" {
		t.Errorf("got %+v, want one unit owed", b)
	}
	s.play(`claims TAP-22 => shelf=0 available=0 reserved=0 york=1 shortfall=1`)
}

func TestACountThatMovesUnitsBetweenBinsTakesNobodys(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 3
		deliver o1 TAP-22 3
	`)
	out := s.do(&ledger.Adjust{Reason: "count", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Bin: "MAIN", Qty: -2}, {SKU: "TAP-22", Bin: "A-01", Qty: 2}}})
	if out.Err != nil || len(out.Entry.Body.(*ledger.AdjustedBody).Displaced) != 0 {
		t.Fatalf("got %+v, want no promise displaced", out)
	}
	for _, p := range out.Entry.Postings {
		if p.Qty == 0 || p.Account.Kind >= ledger.Stock {
			t.Errorf("got posting %+v, want only bins and loss", p)
		}
	}
	s.play(`order o1 => allocated here=3 taken=0 away=0 waits=0`)
}

func TestAnAdjustmentNamesItsReason(t *testing.T) {
	s := newStage(t, "leeds", true)
	line := []ledger.AdjustLine{{SKU: "TAP-22", Qty: 1}}
	for name, a := range map[string]*ledger.Adjust{
		"no reason":     {Lines: line},
		"long reason":   {Reason: strings.Repeat("x", ledger.TextMax+1), Lines: line},
		"long approver": {Reason: "count", Approver: strings.Repeat("x", ledger.TextMax+1), Lines: line},
		"no lines":      {Reason: "count"},
		"many lines":    {Reason: "count", Lines: make([]ledger.AdjustLine, ledger.LinesMax+1)},
		"no sku":        {Reason: "count", Lines: []ledger.AdjustLine{{Qty: -1}}},
		"no sku found":  {Reason: "count", Lines: []ledger.AdjustLine{{Qty: 1}}},
		"too much":      {Reason: "count", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -ledger.QtyMax - 1}}},
	} {
		if out := s.do(a); out.Err == nil || out.Entry != nil {
			t.Errorf("%s: got %v, want it refused", name, out.Err)
		}
	}
}

func TestAYesWhoseUnitsHaveLeftWithACustomerIsShort(t *testing.T) {
	for policy, want := range map[string]string{"backorder": "backordered", "partial": "allocated", "refuse": "short have=2"} {
		t.Run(policy, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(`
				receive TAP-22 3
				obey borrow o9 TAP-22 2             => done
				deliver o1 TAP-22 3 any ` + policy + ` up  => asked
				hand o2 TAP-22 1                    => completed
				yes o1 1 leeds 2                    => ` + want + `
			`)
		})
	}
}
