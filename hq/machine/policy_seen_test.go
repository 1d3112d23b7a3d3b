package machine_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// TestTwoClerksAreInEachOthersWayOnlyWhereBothChangeTheSame: of each kind of setting one is changed behind the second clerk's back,
// who then changes that one, another of its kind, and, repeating what was lost on its way, the same to the same.
func TestTwoClerksAreInEachOthersWayOnlyWhereBothChangeTheSame(t *testing.T) {
	terms := func(site ledger.SiteID, capacity int) func(seen uint64) machine.Command {
		return func(seen uint64) machine.Command {
			return &machine.SetSourcing{Terms: []machine.Terms{{Site: site, Capacity: capacity}}, By: "carl", At: at, Version: seen}
		}
	}
	zone := func(prefix string, cost int64) func(seen uint64) machine.Command {
		return func(seen uint64) machine.Command {
			return &machine.SetSourcing{Zones: []machine.Zone{{Area: machine.Area{Country: "GB", Prefix: prefix}, Cost: cost}}, By: "carl", At: at, Version: seen}
		}
	}
	preset := func(class, name string) func(seen uint64) machine.Command {
		return func(seen uint64) machine.Command {
			return &machine.SetSourcing{Presets: []machine.PresetFor{{Class: class, Preset: name}}, By: "carl", At: at, Version: seen}
		}
	}
	rule := func(sku ledger.SKU, q ledger.Qty) func(seen uint64) machine.Command {
		return func(seen uint64) machine.Command {
			return &machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleKeepBack, SKU: sku, Qty: q}}, By: "carl", At: at, Version: seen}
		}
	}
	for name, k := range map[string]struct {
		behind, same, other func(seen uint64) machine.Command
	}{
		"a site's terms": {terms("hull", 4), func(seen uint64) machine.Command {
			return &machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", ShipDays: 2}}, By: "dora", At: at, Version: seen}
		}, terms("york", 4)},
		"a zone":              {zone("YO", 4), zone("YO", 5), zone("Y", 4)},
		"a preset of a class": {preset("big trade", "nearest"), preset("big trade", ""), preset("trade", "nearest")},
		"a rule":              {rule("TAP-22", 4), rule("TAP-22", 5), rule("PIPE", 4)},
		"the days of cover": {days(4), days(5), func(seen uint64) machine.Command {
			return &machine.SetPolicy{Preset: "nearest", By: "carl", At: at, Version: seen}
		}},
		"the classes, by a limit":    {classes(4, "gold"), classes(0, "gold"), terms("york", 4)},
		"the classes, by their list": {classes(0, "gold", "silver"), classes(0, "silver"), terms("york", 4)},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.site("york", false)
			b.ok(days(3)(0))
			b.ok(classes(0, "gold")(0))
			b.ok(preset("big trade", "clear_old")(0))
			seen := b.m.Settings().Version
			b.ok(k.behind(0))
			now := b.m.Settings().Version
			if now == seen {
				t.Fatal("nothing was changed behind the clerk's back")
			}
			changed := (*machine.SettingChangedError)(nil)
			if res := b.apply(k.same(seen)); !errors.As(res.Err, &changed) || changed.Version != now || changed.Last == nil || changed.Last.Set.By != "carl" {
				t.Errorf("the same: got %v, want a word of carl's change, and version %d", res.Err, now)
			}
			if b.m.Settings().Version != now {
				t.Errorf("got version %d, want %d: nothing changed", b.m.Settings().Version, now)
			}
			b.ok(k.behind(seen)) // it is so already
			b.ok(k.other(seen))
			b.ok(k.same(b.m.Settings().Version))
			b.ok(k.same(0)) // who says no version is as before
			if res := b.apply(k.behind(b.m.Settings().Version + 1)); !errors.As(res.Err, &changed) {
				t.Errorf("a version to come: got %v, want it refused", res.Err)
			}
		})
	}
}

func days(n int) func(seen uint64) machine.Command {
	return func(seen uint64) machine.Command {
		return &machine.SetPolicy{CoverDays: n, By: "carl", At: at, Version: seen}
	}
}

// classes sets classes by name, with a limit of the first where most is above 0.
func classes(most ledger.Qty, names ...string) func(seen uint64) machine.Command {
	return func(seen uint64) machine.Command {
		c := &machine.SetClasses{By: "carl", At: at, Version: seen}
		for i, name := range names {
			class := machine.Class{Name: name}
			if i == 0 && most > 0 {
				class.Limits = []machine.Limit{{Kind: machine.LimitDay, SKU: "TAP-22", Qty: most}}
			}
			c.Classes = append(c.Classes, class)
		}
		return c
	}
}

// TestWhatTheHistoryHasForgottenCountsAsChanged: who has seen settings that long ago has to look again.
func TestWhatTheHistoryHasForgottenCountsAsChanged(t *testing.T) {
	b := newBench(t)
	b.ok(days(3)(0))
	seen := b.m.Settings().Version
	for half := range 3 { // more changes than are kept
		rules := make([]machine.Rule, machine.RulesMax/2)
		for i := range rules {
			rules[i] = machine.Rule{Kind: machine.RuleKeepBack, SKU: ledger.SKU(fmt.Sprint("P", i)), Qty: ledger.Qty(half + 1)}
		}
		b.ok(&machine.SetPolicy{Rules: rules, By: "carl", At: at})
	}
	changed := (*machine.SettingChangedError)(nil)
	if res := b.apply(days(4)(seen)); !errors.As(res.Err, &changed) || changed.Last != nil {
		t.Errorf("got %v, want it refused without a name", res.Err)
	}
	b.ok(days(4)(seen + 5000)) // of which all is known, and none of it is about the days
}

// TestADeliveryIsPutByWhoHasSeenIt: of two clerks who have seen one version the second is told, and so is one who puts as new what
// another has put.
func TestADeliveryIsPutByWhoHasSeenIt(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	put := func(qty ledger.Qty, seen uint64) *machine.Expect {
		return &machine.Expect{Reference: "PO 812", Supplier: "Acme", Site: "hull", Due: machine.DayOf(at) + 3, By: "carl", At: at, Seen: seen,
			Lines: []machine.DueLine{{SKU: "TAP-22", Qty: qty}}}
	}
	b.ok(put(4, 1)) // there is none yet
	b.ok(put(4, 1)) // the same again: its answer was lost
	changed := (*machine.DeliveryChangedError)(nil)
	if res := b.apply(put(5, 1)); !errors.As(res.Err, &changed) || changed.Version != 1 || changed.Set.By != "carl" {
		t.Errorf("new once more: got %v, want version 1 of carl's", res.Err)
	}
	b.ok(put(5, 2))
	cancel := &machine.Expect{Reference: "PO 812", Cancel: true, By: "dora", At: at, Seen: 2}
	if res := b.apply(cancel); !errors.As(res.Err, &changed) || changed.Version != 2 {
		t.Errorf("cancelled as it was seen before: got %v, want version 2", res.Err)
	}
	b.ok(put(6, 0)) // who says no version is as before
	cancel.Seen = 4
	b.ok(cancel)
}
