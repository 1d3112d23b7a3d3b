package machine_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestTheFirstChangeOfADaySaysWhatHasLapsed(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 1, 5))
	b.wants(1, 4)
	again := expect("PO 812", 1, 5)
	again.At = at.Add(48 * time.Hour)
	if res := b.ok(again); len(res.Slips) != 0 || b.m.Today() != today {
		t.Errorf("put again: got %+v on %s, want nothing changed, not the day either", res.Slips, b.m.Today())
	}
	other := expect("SO 1", 9, 1)
	other.Lines[0].SKU, other.At = "PIPE", again.At
	want := []machine.Slip{{Order: nth(1), Line: 1, SKU: "TAP-22", Reference: "PO 812", Qty: 4, Old: today + 1}}
	if res := b.ok(other); !reflect.DeepEqual(res.Slips, want) || len(b.m.Exceptions(9)) != 1 || b.m.Today() != today+2 {
		t.Errorf("got %+v and %v on %s, want the delivery that has not come without a date", res.Slips, b.exceptions(), b.m.Today())
	}
	b.check(1, "4 PO 812")
	if res := b.ok(&machine.Overdue{At: again.At}); len(res.Slips) != 0 {
		t.Errorf("got %+v said once more", res.Slips)
	}
	b.restarts()
}

func TestAQuestionIsAskedOfTheDayOfItsMoment(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 1, 4))
	b.ok(expect("PO 813", 1, 9))
	b.wants(1, 4)
	b.wants(2, 3)
	late := expect("PO 812", 5, 4)
	late.At = at.Add(48 * time.Hour)
	want := []machine.Slip{
		{Order: nth(1), Line: 1, SKU: "TAP-22", Reference: "PO 812", Qty: 4, Old: today + 1, New: today + 5},
		{Order: nth(2), Line: 1, SKU: "TAP-22", Reference: "PO 813", Qty: 3, Old: today + 1},
	}
	if got, err := b.m.WhatIf(late); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
	if res := b.ok(late); !reflect.DeepEqual(res.Slips, want) {
		t.Errorf("got %+v, want what the question was answered with", res.Slips)
	}
	b.restarts()
}

func TestADayThatHasBegunDoesNotEndAgain(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 1, 5))
	b.wants(1, 4)
	b.ok(&machine.Overdue{At: at.Add(48 * time.Hour)})
	b.ok(&machine.Overdue{At: at})
	b.ok(expect("PO 813", 1, 5)) // by a clock that is two days behind
	if b.check(1, "4 PO 812"); b.m.Today() != today+2 {
		t.Errorf("got %s, want %s still", b.m.Today(), today+2)
	}
	b.restarts()
}

// It looks inside: what is planned in vain shows in nothing but the time that it takes.
func TestAReceiptHasOnlyItsOwnArticlesPlannedAnew(t *testing.T) {
	b := due(t)
	c := expect("PO 812", 3, 6)
	c.Lines = []machine.DueLine{{SKU: "PIPE", Qty: 3}, {SKU: "TAP-22", Qty: 6}, {SKU: "VALVE", Qty: 1}}
	b.ok(c)
	b.wants(1, 4)
	for _, step := range []struct {
		line ledger.ReceiptLine
		want []ledger.SKU
	}{
		{ledger.ReceiptLine{SKU: "TAP-22", Qty: 5}, []ledger.SKU{"TAP-22"}},
		{ledger.ReceiptLine{SKU: "TAP-22", Qty: 5}, []ledger.SKU{"TAP-22"}},
		{ledger.ReceiptLine{SKU: "TAP-22", Qty: 5}, nil}, // nothing was to come any more
		{ledger.ReceiptLine{SKU: "PIPE", Qty: 3}, []ledger.SKU{"PIPE"}},
	} {
		b.bring("hull", "PO 812", step.line)
		if b.ok(b.cut("hull")); !slices.Equal(b.m.DueAnewForTest(), step.want) {
			t.Errorf("%d %s came: got %v planned anew, want %v", step.line.Qty, step.line.SKU, b.m.DueAnewForTest(), step.want)
		}
	}
	b.restarts()
}

// It looks inside: no command is known whose exception would bear the moment of another one, and none may come to be.
func TestTheMomentOfAReceiptIsForgottenWithItsCommand(t *testing.T) {
	b := due(t)
	b.ok(expect("PO 812", 3, 6))
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 2})
	push := b.cut("hull")
	if b.ok(push); !b.m.DueAtForTest().Equal(push.At) {
		t.Fatalf("got %v, want the moment of the push, %v", b.m.DueAtForTest(), push.At)
	}
	if b.wants(1, 1); !b.m.DueAtForTest().IsZero() {
		t.Errorf("got %v after the next command, want none, as in a restored machine", b.m.DueAtForTest())
	}
	b.restarts()
}

// TestWhatWouldBePromisedIsSaidByTheDayOfTheQuestion, not by the last that the state has heard of: at a day's border the slips are of the
// new day, and so is the day that stands beside them.
func TestWhatWouldBePromisedIsSaidByTheDayOfTheQuestion(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	today := machine.DayOf(at)
	put := &machine.Expect{Reference: "PO 812", Supplier: "Acme", Site: "hull", Due: today, By: "beth", At: at, Lines: []machine.DueLine{{SKU: "TAP-22", Qty: 5}}}
	b.ok(put)
	d, _ := b.m.Delivery("PO 812")
	tomorrow := at.Add(24 * time.Hour)
	if got := b.m.PromiseDayAt(d, at); got != today || b.m.PromiseDay(d, "TAP-22") != today {
		t.Errorf("today: got day %s, want %s", got, today)
	}
	if got := b.m.PromiseDayAt(d, tomorrow); got != 0 {
		t.Errorf("tomorrow, of which the state has not heard: got day %s, want none", got)
	}
	b.ok(&machine.Overdue{At: tomorrow})
	if got := b.m.PromiseDayAt(d, at); got != 0 || b.m.PromiseDay(d, "TAP-22") != 0 {
		t.Errorf("by a clock that goes back: got day %s, want none", got)
	}
}
