package machine_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestWhatIsDueInIsPromisedToWhomItsSiteServes(t *testing.T) {
	sent := func(country string) func(*ledger.Order) {
		return func(o *ledger.Order) { o.ShipTo.Country = country }
	}
	for name, row := range map[string]struct {
		terms    machine.Terms
		bad, may func(*ledger.Order)
	}{
		"not to that area":   {machine.Terms{Areas: []machine.Area{{Country: "GB"}}}, sent("IE"), sent("GB")},
		"not that customer":  {machine.Terms{Customers: []string{"c-9"}}, func(o *ledger.Order) { o.Customer = "c-9" }, func(o *ledger.Order) { o.Customer = "c-1" }},
		"not that class":     {machine.Terms{Classes: []string{"staff"}}, func(o *ledger.Order) { o.Class = "staff" }, func(o *ledger.Order) { o.Class = "gold" }},
		"it hands over only": {machine.Terms{NoDeliver: true}, sent("GB"), func(o *ledger.Order) { o.Fulfil, o.CollectAt = ledger.Collect, "hull" }},
	} {
		t.Run(name, func(t *testing.T) {
			b := due(t)
			b.agrees()
			row.terms.Site = "hull"
			b.set(machine.SetSourcing{Terms: []machine.Terms{row.terms}})
			b.ok(expect("PO 812", 3, 4))
			b.wants(1, 2, row.bad)
			b.wants(2, 2, row.may)
			b.check(1, "")
			b.check(2, "2 PO 812 2026-01-08")
			soon := row.may
			in := func(o *ledger.Order) { soon(o); o.Shortage, o.NeedBy = ledger.Refuse, "2026-01-09" }
			if res := b.wants(3, 1, in); res.Err != nil {
				t.Errorf("due in in time: got %v, want it taken", res.Err)
			}
			soon = row.bad
			if res := b.wants(4, 1, in); res.Err == nil {
				t.Error("due in at a site that does not serve it: got it taken, want a conflict")
			}
			b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull"}}})
			b.check(1, "1 PO 812 2026-01-08")
			b.restarts()
		})
	}
}

// Terms that change, and an address that does, make promises slip, and somebody is told.
func TestATermThatChangesMakesPromisesSlip(t *testing.T) {
	b := due(t)
	b.agrees()
	b.ok(expect("PO 812", 3, 4))
	gb := func(o *ledger.Order) { o.ShipTo.Country = "GB" }
	b.wants(1, 2, gb)
	b.wants(2, 2, gb)
	b.wants(3, 2, gb)
	b.check(2, "2 PO 812 2026-01-08")
	b.check(3, "")
	b.ok(&machine.Amend{Order: nth(2), Version: 1, Key: digest("a"), Request: digest("a"), ShipTo: &ledger.Address{Country: "IE"}, At: at})
	b.check(2, "2 PO 812 2026-01-08")
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Areas: []machine.Area{{Country: "GB"}}}}})
	b.check(1, "2 PO 812 2026-01-08")
	b.check(2, "")
	b.check(3, "2 PO 812 2026-01-08")
	b.ok(&machine.Amend{Order: nth(1), Version: 1, Key: digest("b"), Request: digest("b"), ShipTo: &ledger.Address{Country: "IE"}, At: at})
	b.check(1, "")
	if got := b.exceptions(); len(got) != 2 || got[0] != "promise_slips" || got[1] != "promise_slips" {
		t.Errorf("got %q, want the two slips told", got)
	}
	b.restarts()
}

// An order that is needed by a day counts on goods that are with its customer by then, not at the site.
func TestWhatIsDueInTravelsToItsCustomer(t *testing.T) {
	b := due(t)
	b.agrees()
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", ShipDays: 1, TravelDays: 1}}})
	b.ok(expect("PO 812", 3, 4)) // on 8 January, with its customer on the 10th
	by := func(day string) func(*ledger.Order) {
		return func(o *ledger.Order) { o.Shortage, o.NeedBy = ledger.Refuse, day }
	}
	if res := b.wants(1, 1, by("2026-01-09")); res.Err == nil {
		t.Error("got it taken, want a conflict: it is there a day late")
	}
	if res := b.wants(2, 1, by("2026-01-10")); res.Err != nil {
		t.Errorf("got %v, want it taken", res.Err)
	}
	late := expect("PO 812", 4, 4)
	slips, err := b.m.WhatIf(late)
	if err != nil || len(slips) != 1 || !slips[0].Missed() || slips[0].Travels != 2 {
		t.Errorf("got %+v (%v), want the promise to miss its day", slips, err)
	}
}

// Before every server knows how, whoever waits is promised what is due in: an older build would hold another state.
func TestTermsPlayNoPartInWhatIsDueInBeforeEveryServerKnows(t *testing.T) {
	b := newBenchOf(t, ledger.KindLast)
	b.site("hull", false)
	b.set(machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", Classes: []string{"staff"}}}})
	b.ok(expect("PO 812", 3, 4))
	b.wants(1, 2, func(o *ledger.Order) { o.Class = "staff" })
	b.check(1, "2 PO 812 2026-01-08")
	b.ok(&machine.Agree{Commands: machine.AgreeCommands, At: at})
	b.check(1, "")
	if got := b.exceptions(); len(got) != 1 || got[0] != "promise_slips" {
		t.Errorf("got %q, want the slip told", got)
	}
}
