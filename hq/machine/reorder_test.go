package machine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// lows is a bench with a warehouse that has twenty taps, and two shops with two and nine, of which each is to have six where it has three or fewer.
func lows(t *testing.T) *bench {
	b := newBench(t)
	b.agrees()
	b.site("hull", false)
	b.site("leeds", true)
	b.site("york", true)
	b.ok(&machine.PutItems{Items: []ledger.Item{{SKU: "TAP-22", Name: "Tap", Tracking: ledger.TrackNone}, {SKU: "PIPE", Name: "Pipe", Tracking: ledger.TrackNone}}, At: at})
	b.receive("hull", 20, "TAP-22")
	b.receive("leeds", 2, "TAP-22")
	b.receive("york", 9, "TAP-22")
	for _, id := range []ledger.SiteID{"hull", "leeds", "york"} {
		b.talk(id)
	}
	b.rule(machine.RuleReorderAt, "leeds", "TAP-22", 3)
	b.rule(machine.RuleReorderTo, "leeds", "TAP-22", 6)
	return b
}

func (b *bench) rule(k machine.RuleKind, site ledger.SiteID, sku ledger.SKU, q ledger.Qty) {
	b.t.Helper()
	b.ok(&machine.SetPolicy{By: "beth", At: at, Rules: []machine.Rule{{Kind: k, Site: site, SKU: sku, Qty: q}}})
}

func (b *bench) suggested(want ...string) {
	b.t.Helper()
	var got []string
	for _, r := range b.m.ReordersOf("TAP-22") {
		words := fmt.Sprintf("%s has %d of %d:", r.Site, r.Has(), r.To)
		for _, m := range r.Moves {
			words += fmt.Sprintf(" %d from %s", m.Qty, m.From)
		}
		if r.Buy > 0 {
			words += fmt.Sprintf(" buy %d", r.Buy)
		}
		got = append(got, words)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Errorf("got %q, want %q", got, want)
	}
}

func TestAReorderPointSuggestsATransferBeforeAPurchase(t *testing.T) {
	b := lows(t)
	b.suggested("leeds has 2 of 6: 4 from hull") // has most to spare
	b.rule(machine.RuleKeepBack, "hull", "TAP-22", 18)
	b.suggested("leeds has 2 of 6: 4 from york")
	b.rule(machine.RuleNeverBelow, "york", "TAP-22", 8)
	b.suggested("leeds has 2 of 6: 2 from hull 1 from york buy 1")
	b.rule(machine.RuleReorderAt, "york", "", 9)
	b.suggested("leeds has 2 of 6: 2 from hull buy 2", "york has 9 of 10: buy 1")
	b.rule(machine.RuleReorderAt, "york", "", 0)
	b.rule(machine.RuleReorderAt, "leeds", "TAP-22", 1)
	b.suggested()
	if _, known := b.m.Stock("leeds", "TAP-22"); !known {
		t.Error("leeds has no taps")
	}
}

func TestWhatIsOnItsWayIsNotSuggestedAgain(t *testing.T) {
	b := lows(t)
	b.ok(&machine.MakeTransfer{Transfer: haul("T-1", "hull", "leeds", 1), Key: digest("t"), Request: digest("r"), By: "beth", At: at})
	b.suggested("leeds has 3 of 6: 3 from hull")
	draft := buys("PO 1", 3, 2)
	draft.Order.Site, draft.Act = "leeds", ledger.PurchasePut
	b.ok(draft)
	b.suggested()
	b.ok(act(ledger.PurchaseCancel, "PO 1"))
	b.suggested("leeds has 3 of 6: 3 from hull")
	sent := buys("PO 2", 3, 2)
	sent.Order.Site = "leeds"
	b.ok(sent)
	b.suggested()
	b.wants(1, 40) // it is promised the two
	b.suggested("leeds has 3 of 6: 3 from hull")
}

func TestReordersAreListedPageByPage(t *testing.T) {
	b := lows(t)
	b.rule(machine.RuleReorderAt, "york", "", 10)
	all := func(*machine.Reorder) bool { return true }
	var got []string
	for after, pages := ledger.SKU(""), 0; ; pages++ {
		rows, next := b.m.Reorders(after, 1, all)
		for _, r := range rows {
			got = append(got, fmt.Sprintf("%s %s", r.SKU, r.Site))
		}
		if after = next; next == "" || pages > 9 {
			break
		}
	}
	if strings.Join(got, ", ") != "PIPE york, TAP-22 leeds, TAP-22 york" {
		t.Errorf("got %q, want all three", got)
	}
	b.restarts()
}
