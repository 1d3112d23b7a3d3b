package machine_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestASettingKeepsWhoChangedItWhenAndWhy(t *testing.T) {
	b := newBench(t)
	first := machine.DefaultSettings()
	first.By, first.Reason, first.At = "head office", "defaults", at
	if res := b.ok(&first); res.Version != 2 {
		t.Errorf("got version %d, want one for each setting", res.Version)
	}
	rule := machine.Rule{Kind: machine.RuleNeverBelow, Site: "york", SKU: "PIPE", Qty: 3}
	change := &machine.SetPolicy{CoverDays: 2, Rules: []machine.Rule{rule}, By: "beth", Reason: "a long weekend", At: at.Add(time.Hour)}
	b.ok(change)
	b.ok(change)
	if got, want := b.m.Settings(), (machine.Settings{Version: 4, CoverDays: 2, ChancePercent: 5}); got != want {
		t.Errorf("got %+v, want %+v: what is so already changes nothing", got, want)
	}
	set := machine.Signed{By: "beth", Reason: "a long weekend", At: at.Add(time.Hour)}
	want := []*machine.Change{
		{Version: 4, What: "never_below", Site: "york", SKU: "PIPE", From: "0", To: "3", Set: set},
		{Version: 3, What: "cover_days", From: "1", To: "2", Set: set},
	}
	if got := b.m.Changes(0, 2); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := b.m.Changes(3, 9); len(got) != 2 || got[0].Version != 2 {
		t.Errorf("got %d before version 3, want the two defaults", len(got))
	}
	b.restarts()
}

func TestTheHighestRuleThatMatchesHolds(t *testing.T) {
	b := newBench(t)
	b.ok(&machine.SetPolicy{By: "beth", At: at, Rules: []machine.Rule{
		{Kind: machine.RuleNeverBelow, Qty: 1},
		{Kind: machine.RuleNeverBelow, SKU: "PIPE", Qty: 2},
		{Kind: machine.RuleNeverBelow, Site: "york", Qty: 3},
		{Kind: machine.RuleNeverBelow, Site: "york", SKU: "PIPE", Qty: 4},
		{Kind: machine.RuleNeverBelow, Site: "leeds", SKU: "PIPE", Qty: 1},
		{Kind: machine.RuleKeepBack, Site: "york", SKU: "PIPE", Qty: 9},
	}})
	for of, want := range map[[2]string]ledger.Qty{{"hull", "TAP-22"}: 1, {"hull", "PIPE"}: 2, {"york", "TAP-22"}: 3, {"york", "PIPE"}: 4, {"leeds", "PIPE"}: 2} {
		if got := b.m.RuleFor(machine.RuleNeverBelow, ledger.SiteID(of[0]), ledger.SKU(of[1])); got != want {
			t.Errorf("%v: got %d, want %d", of, got, want)
		}
	}
	b.ok(&machine.SetPolicy{By: "beth", At: at, Rules: []machine.Rule{{Kind: machine.RuleNeverBelow, Site: "york", SKU: "PIPE"}}})
	if got := b.m.RuleFor(machine.RuleNeverBelow, "york", "PIPE"); got != 3 {
		t.Errorf("a rule that was ended: got %d, want the next one, 3", got)
	}
	page, next := b.m.Rules("", 2)
	rest, end := b.m.Rules(next, 9)
	if len(page) != 2 || len(rest) != 3 || end != "" || page[0].Kind != machine.RuleKeepBack {
		t.Errorf("got pages of %d and %d, then %q; want 2 and 3", len(page), len(rest), end)
	}
	b.restarts()
}

// A category is a rule's as a SKU is: the highest that matches holds, in whatever way it matches.
func TestARuleOfACategoryHoldsForItsItems(t *testing.T) {
	b := agreedBench(t)
	item := func(sku ledger.SKU, category string) {
		b.ok(&machine.PutItems{Items: []ledger.Item{{SKU: sku, Name: "x", Category: category}}, At: at})
	}
	item("PIPE", "pipes")
	item("BEND", "pipes")
	item("TAP-22", "")
	set := func(rules ...machine.Rule) {
		t.Helper()
		for i := range rules {
			rules[i].Kind = machine.RuleNeverBelow
		}
		b.ok(&machine.SetPolicy{By: "beth", At: at, Rules: rules})
	}
	want := func(site ledger.SiteID, sku ledger.SKU, want ledger.Qty) {
		t.Helper()
		if got := b.m.RuleFor(machine.RuleNeverBelow, site, sku); got != want {
			t.Errorf("%s at %s: got %d, want %d", sku, site, got, want)
		}
	}
	set(machine.Rule{Category: "pipes", Qty: 2}, machine.Rule{Site: "york", Category: "pipes", Qty: 4}, machine.Rule{SKU: "BEND", Qty: 3}, machine.Rule{Site: "leeds", Qty: 1})
	want("york", "PIPE", 4)
	want("york", "BEND", 4)
	want("hull", "PIPE", 2)
	want("hull", "BEND", 3)
	want("leeds", "PIPE", 2)
	want("leeds", "TAP-22", 1)
	want("hull", "TAP-22", 0)
	if !b.m.IsCategory("pipes") || b.m.IsCategory("taps") {
		t.Error("got other categories than the items have")
	}
	rules, next := b.m.Rules("", 2)
	rest, end := b.m.Rules(next, 9)
	if len(rules) != 2 || len(rest) != 2 || end != "" || b.m.Changes(0, 1)[0].Site != "leeds" || b.m.Changes(0, 9)[3].Category != "pipes" {
		t.Errorf("got pages of %d and %d, then %q; want 2 and 2, and the history to name the category", len(rules), len(rest), end)
	}
	item("PIPE", "taps") // it moves
	want("york", "PIPE", 0)
	m, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil {
		t.Fatal(err)
	}
	b.m = m
	want("york", "BEND", 4)
	set(machine.Rule{Site: "york", Category: "pipes"}, machine.Rule{Category: "pipes"}, machine.Rule{SKU: "BEND"})
	want("york", "BEND", 0)
	item("BEND", "")
	if b.m.IsCategory("pipes") {
		t.Error("got a category that no item has any more")
	}
	for name, bad := range map[string]machine.Rule{"beside a SKU": {SKU: "BEND", Category: "pipes"}, "too long": {Category: strings.Repeat("x", ledger.CategoryMax+1)}, "two words": {Category: "a\x00b"}} {
		bad.Kind, bad.Qty = machine.RuleNeverBelow, 1
		if res := b.apply(&machine.SetPolicy{By: "beth", At: at, Rules: []machine.Rule{bad}}); res.Err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	old := newBenchOf(t, ledger.KindLast)
	if res := old.apply(&machine.SetPolicy{By: "beth", At: at, Rules: []machine.Rule{{Kind: machine.RuleNeverBelow, Category: "pipes", Qty: 1}}}); res.Err == nil {
		t.Error("before every server knows categories: got no error")
	}
}

func TestASettingBeyondItsBoundsChangesNothing(t *testing.T) {
	b := newBench(t)
	many := make([]machine.Rule, machine.RulesMax)
	for i := range many {
		many[i] = machine.Rule{Kind: machine.RuleKeepBack, SKU: ledger.SKU(fmt.Sprintf("P%d", i)), Qty: 1}
	}
	b.ok(&machine.SetPolicy{By: "beth", At: at, Rules: many})
	before := b.m.Settings()
	for name, c := range map[string]*machine.SetPolicy{
		"nobody":          {CoverDays: 1},
		"days below 0":    {By: "beth", CoverDays: -1},
		"too many days":   {By: "beth", CoverDays: machine.CoverDaysMax + 1},
		"a sure thing":    {By: "beth", ChancePercent: machine.ChancePercentMax + 1},
		"no kind of rule": {By: "beth", Rules: []machine.Rule{{Qty: 1}}},
		"below zero":      {By: "beth", Rules: []machine.Rule{{Kind: machine.RuleKeepBack, Qty: -1}}},
		"no site":         {By: "beth", Rules: []machine.Rule{{Kind: machine.RuleKeepBack, Site: "A B", Qty: 1}}},
		"no SKU":          {By: "beth", Rules: []machine.Rule{{Kind: machine.RuleKeepBack, SKU: "\x00", Qty: 1}}},
		"one too many":    {By: "beth", CoverDays: 3, Rules: []machine.Rule{{Kind: machine.RuleKeepBack, Site: "york", Qty: 1}}},
	} {
		if res := b.apply(c); res.Err == nil || b.m.Settings() != before {
			t.Errorf("%s: got %v and %+v, want a refusal and no change", name, res.Err, b.m.Settings())
		}
	}
	b.ok(&machine.SetPolicy{By: "beth", At: at, Rules: []machine.Rule{{Kind: machine.RuleKeepBack, Site: "york", Qty: 1}, {Kind: machine.RuleKeepBack, SKU: "P0"}}})
	b.restarts()
}
