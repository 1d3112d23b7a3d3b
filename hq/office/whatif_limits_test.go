package office_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// TestAWhatIfKeepsToTheLimitsOfClasses: the caps of an order's own class, by the day on which it was taken, and what is kept for others.
func TestAWhatIfKeepsToTheLimitsOfClasses(t *testing.T) {
	c := newCompany(t, 1, "hull* leeds*")
	c.sites["hull"].receive("TAP", 20)
	c.talk("hull", "leeds")
	place := func(class string, qty ledger.Qty) ledger.OrderID {
		t.Helper()
		p := c.wish(1, ledger.Backorder)
		p.Order.Class, p.Order.Lines = class, []ledger.Line{{SKU: "TAP", Qty: qty}}
		p.Order.TakenAt = c.now
		if out, done := c.tries(p, true); !done || out.Err != nil {
			t.Fatalf("got %v, want it taken", out.Err)
		}
		return p.Order.ID
	}
	served := func(r *office.Reply, units, short int64) {
		t.Helper()
		if r.Before.Units != units || r.Before.ShortOf != short || r.After != r.Before {
			t.Errorf("got %+v, then %+v; want %d units served and %d short, both times", r.Before, r.After, units, short)
		}
	}
	place("staff", 2)
	place("", 3)
	if r := c.asks(office.Question{}); len(r.Met) != 0 {
		t.Errorf("got %+v, want none: no class has limits", r.Met)
	}
	day, min := machine.Limit{Kind: machine.LimitDay, SKU: "TAP", Qty: 3}, machine.Limit{Kind: machine.LimitMinimum, SKU: "TAP", Qty: 9}
	c.propose(&machine.SetClasses{By: "beth", At: c.now, Classes: []machine.Class{
		{Name: "gold", Limits: []machine.Limit{min, {Kind: machine.LimitMinimum, SKU: "OTHER", Qty: 5}}}, {Name: "staff", Limits: []machine.Limit{day}}}})
	staff := place("staff", 5) // three of them: what staff got before there was a cap did not count
	place("", 6)               // three: twelve are left, and nine kept
	r := c.asks(office.Question{Policy: machine.SetPolicy{Preset: "nearest"}})
	served(r, 2+3+1+5, 4+1) // of staff's day one is left by the first order
	want := []office.LimitMet{{ClassLimit: machine.ClassLimit{Class: "gold", Limit: min}, Before: 1, After: 1}, {ClassLimit: machine.ClassLimit{Class: "staff", Limit: day}, Before: 1, After: 1}}
	if !reflect.DeepEqual(r.Met, want) {
		t.Errorf("got %+v, want %+v", r.Met, want)
	}
	c.now = c.now.Add(24 * time.Hour)
	next := place("staff", 4) // three on a day of its own, of which there are none left that are not kept
	served(c.asks(office.Question{IDs: []ledger.OrderID{next}}), 0, 4)
	served(c.asks(office.Question{IDs: []ledger.OrderID{staff}}), 3, 2) // of a day before, of which nothing but this is known
}
