package machine_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// history lists the latest changes of settings, the latest first.
func (b *bench) history(n int) (out []string) {
	for _, c := range b.m.Changes(0, n) {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s: %s > %s", c.What, c.SKU, c.From, c.To)))
	}
	return out
}

// limits gives a class so many limits of so many units.
func limits(n int, q ledger.Qty) (out []machine.Limit) {
	for i := range n {
		out = append(out, machine.Limit{Kind: machine.LimitDay, SKU: ledger.SKU(fmt.Sprintf("P%04d", i)), Qty: q})
	}
	return out
}

func TestAFewLimitsStandOneByOneInTheHistory(t *testing.T) {
	b := newBench(t)
	put := func(l ...machine.Limit) {
		b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold", Limits: l}}})
	}
	put(machine.Limit{Kind: machine.LimitDay, SKU: "TAP-22", Qty: 5}, machine.Limit{Kind: machine.LimitShare, SKU: "PIPE", Qty: 0})
	put(machine.Limit{Kind: machine.LimitDay, SKU: "TAP-22", Qty: 7}, machine.Limit{Kind: machine.LimitShare, SKU: "PIPE", Qty: 0})
	put()
	want := []string{"cap_share gold PIPE: 0 >", "cap_day gold TAP-22: 7 > 0", "cap_day gold TAP-22: 5 > 7", "cap_share gold PIPE:  > 0", "cap_day gold TAP-22: 0 > 5",
		"classes :  > gold:keep_or_improve"}
	if got := b.history(9); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b.restarts()
}

func TestOneListOfClassesDoesNotPushTheHistoryOut(t *testing.T) {
	b := newBench(t)
	b.ok(&machine.SetPolicy{Preset: "nearest", By: "beth", At: at})
	for _, q := range []ledger.Qty{1, 2} {
		var all []machine.Class
		for i := range machine.ClassesMax {
			all = append(all, machine.Class{Name: fmt.Sprintf("class %02d", i), Limits: limits(machine.LimitsMax/machine.ClassesMax, q)})
		}
		b.ok(&machine.SetClasses{By: "beth", At: at, Classes: all})
	}
	got := b.history(machine.ChangesMax)
	if n := len(got); n > 2*machine.ClassesMax+10 || !strings.Contains(strings.Join(got, "\n"), "preset : ") {
		t.Errorf("got %d changes, want one of each class by each list, and what was set before", n)
	}
	if last := got[0]; !strings.HasPrefix(last, "limits class 63 : cap_day P0000 1, cap_day P0001 1, ") || !strings.Contains(last, " ... (156 in all) > cap_day P0000 2, ") || len(last) > 900 {
		t.Errorf("got %q, want the beginnings of the lists, and how many they are", last)
	}
	for _, c := range got {
		if strings.HasPrefix(c, "classes ") && (len(c) > 900 || !strings.HasSuffix(c, " ... (64 in all)")) {
			t.Errorf("got %q, want it cut", c)
		}
	}
	b.restarts()
}
