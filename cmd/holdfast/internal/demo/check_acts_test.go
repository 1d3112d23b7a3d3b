package demo

// White-box: the company behind it takes six processes, and never writes what is to be found.

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What somebody did and does not name them, or where, or by whose leave, is counted; what was done to set up is not, nor
// what a book writes by itself.
func TestActsThatNameNobodyAreCounted(t *testing.T) {
	p := &paper{staff: &staffTold{people: map[string]bool{"ann": true, "sam": true}, devices: map[string]string{"seat-leeds-1": "leeds", "seat-york-1": "york"}, from: map[ledger.SiteID]ledger.Seq{"leeds": 10}}}
	good := []signed{
		{site: "leeds", seq: 9, kind: ledger.KindReceipt, actor: "owner"},
		{site: "leeds", seq: 11, kind: ledger.KindPlaced, actor: "ann", device: "seat-leeds-1"},
		{site: "leeds", seq: 12, kind: ledger.KindObeyed},
		{site: "leeds", seq: 13, kind: ledger.KindAdjusted, actor: "ann", device: "seat-leeds-1", approver: "sam"},
		{site: "leeds", seq: 14, kind: ledger.KindDayEnded, actor: "sam", device: "seat-leeds-1"},
	}
	v := &verdict{}
	if v.actsNamed(p, good); v.unnamed != 0 || len(v.faults) != 0 {
		t.Errorf("got %d, %v of what is named", v.unnamed, v.faults)
	}
	for want, e := range map[string]signed{
		`is by "owner"`:            {kind: ledger.KindPlaced, actor: "owner"},
		`is by ""`:                 {kind: ledger.KindPlaced},
		`is by "eve"`:              {kind: ledger.KindPicked, actor: "eve", device: "seat-leeds-1"},
		`is at ""`:                 {kind: ledger.KindPlaced, actor: "ann"},
		`is at "seat-york-1"`:      {kind: ledger.KindPlaced, actor: "ann", device: "seat-york-1"},
		`of ann is approved by ""`: {kind: ledger.KindInspected, actor: "ann", device: "seat-leeds-1"},
	} {
		e.site, e.seq = "leeds", 20
		v := &verdict{}
		if v.actsNamed(p, append(good, e)); v.unnamed != 1 || len(v.faults) != 1 || !strings.Contains(v.faults[0], want) {
			t.Errorf("got %d, %v; want one of %s", v.unnamed, v.faults, want)
		}
	}
	p.acts = []string{"PUT /v1/items/X is by \"owner\" at \"\""}
	v = &verdict{}
	if v.actsNamed(p, good); v.unnamed != 1 {
		t.Errorf("got %d of an act of head office's, want it counted", v.unnamed)
	}
	p.staff = nil
	v = &verdict{}
	if v.actsNamed(p, good); v.unnamed != 0 {
		t.Errorf("got %d where nobody signed in", v.unnamed)
	}
}
