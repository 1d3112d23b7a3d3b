package demo

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/badline"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestASeedFixesTheChaos(t *testing.T) {
	for seed := range uint64(50) {
		a, b := chaosOf(seed, time.Minute, 3, 3), chaosOf(seed, time.Minute, 3, 3)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: two plans of one seed differ", seed)
		}
	}
	if reflect.DeepEqual(chaosOf(1, time.Minute, 3, 3), chaosOf(2, time.Minute, 3, 3)) {
		t.Error("two seeds gave one plan")
	}
}

func TestEveryThingThatCanHappenIsInTheChaosOfFiveMinutes(t *testing.T) {
	for seed := range uint64(50) {
		p := chaosOf(seed, everyKindFrom, 3, 3)
		for _, list := range []struct {
			plan  []mishap
			kinds []string
		}{{p.small, small()}, {p.great, great()}} {
			for _, what := range list.kinds {
				if !slices.ContainsFunc(list.plan, func(m mishap) bool { return m.what == what }) {
					t.Errorf("seed %d: %s is not in the plan", seed, what)
				}
			}
			first := list.plan[:len(list.kinds)] // a round has each once
			for i, m := range first {
				if slices.ContainsFunc(first[:i], func(o mishap) bool { return o.what == m.what }) {
					t.Errorf("seed %d: %s comes twice in the first round", seed, m.what)
				}
				if m.lasts <= 0 || m.lasts > everyKindFrom/5 || m.at > everyKindFrom || m.site > 2 || m.server > 2 {
					t.Errorf("seed %d: got %+v, want it within bounds", seed, m)
				}
			}
		}
	}
}

// What a mishap of a line is called, its line does.
func TestEveryMishapOfALineIsAFaultOfIt(t *testing.T) {
	for _, what := range small() {
		m := mishap{what: what, by: 0.5}
		isLine := len(what) > 4 && (what[:4] == "line" || what[:6] == "HQ ser" && what != badKillServer && what != badStopServer)
		if got := m.faults() != (badline.Faults{}); got != isLine {
			t.Errorf("%s: got faults %+v", what, m.faults())
		}
	}
}

// A promise that an entry says has lost its units is displaced; one that is simply gone is lost.
func TestTheCheckerTellsDisplacedFromLost(t *testing.T) {
	id := ledger.OrderID("01900000-0000-7000-8000-000000000001")
	for name, c := range map[string]struct {
		entry           ledger.Body
		kind            ledger.Kind
		lost, displaced int64
	}{
		"an entry names it": {&ledger.AdjustedBody{Displaced: []ledger.Displaced{{Order: id, Owner: "leeds", Line: 2, SKU: "B", Qty: 1}}}, ledger.KindAdjusted, 0, 1},
		"no entry does":     {&ledger.ObeyedBody{Command: ledger.HQCommand{Kind: ledger.CommandCancel, Order: id}, Done: []ledger.CommandLine{{Line: 2, SKU: "B", Qty: 1}}}, ledger.KindObeyed, 1, 0},
	} {
		p, j := sale()
		only(j).displaced = map[legKey]ledger.Qty{}
		j.take("hull", &ledger.Entry{Kind: c.kind, Body: c.entry})
		if v := compare(p, j); v.lost != c.lost || v.displaced != c.displaced || v.oversold != 0 {
			t.Errorf("%s: got lost %d, displaced %d, oversold %d; want %d, %d, 0: %v", name, v.lost, v.displaced, v.oversold, c.lost, c.displaced, v.faults)
		}
	}
}

func TestALateEntryOfAnOrderIsNotASecondOne(t *testing.T) {
	p, j := sale()
	o := only(j).last
	j.take("leeds", &ledger.Entry{Kind: ledger.KindLate, Body: &ledger.LateBody{Was: ledger.KindPlaced, Order: o}})
	if v := compare(p, j); v.duplicated != 0 || v.lost != 0 {
		t.Errorf("got doubled %d, lost %d; want none: %v", v.duplicated, v.lost, v.faults)
	}
}
