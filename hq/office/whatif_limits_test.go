package office_test

import (
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// An answer names the limits that it does not look at: the caps of an order's own class, and what is kept for others.
func TestAWhatIfNamesTheLimitsThatPlayNoPart(t *testing.T) {
	c, _ := shopAndWarehouses(t)
	if r := c.asks(office.Question{Closed: []ledger.SiteID{"york"}}); len(r.Apart) != 0 {
		t.Errorf("got %+v, want none: no class has limits", r.Apart)
	}
	min, day := machine.Limit{Kind: machine.LimitMinimum, SKU: "TAP", Qty: 5}, machine.Limit{Kind: machine.LimitDay, SKU: "TAP", Qty: 3}
	c.propose(&machine.SetClasses{By: "beth", At: c.now, Classes: []machine.Class{
		{Name: "gold", Limits: []machine.Limit{min, {Kind: machine.LimitMinimum, SKU: "OTHER", Qty: 5}}}, {Name: "staff", Limits: []machine.Limit{day}}}})
	want := []office.LimitApart{{ClassLimit: machine.ClassLimit{Class: "gold", Limit: min}, Orders: 4}} // a cap of staff's leaves others nothing less
	if r := c.asks(office.Question{Closed: []ledger.SiteID{"york"}}); !reflect.DeepEqual(r.Apart, want) {
		t.Errorf("got %+v, want %+v", r.Apart, want)
	}
	p := c.wish(1, ledger.Backorder)
	p.Order.Class = "staff"
	c.tries(p, true)
	want = []office.LimitApart{{ClassLimit: machine.ClassLimit{Class: "gold", Limit: min}, Orders: 5}, {ClassLimit: machine.ClassLimit{Class: "staff", Limit: day}, Orders: 1}}
	if r := c.asks(office.Question{Closed: []ledger.SiteID{"york"}}); !reflect.DeepEqual(r.Apart, want) {
		t.Errorf("got %+v, want %+v", r.Apart, want)
	}
}
