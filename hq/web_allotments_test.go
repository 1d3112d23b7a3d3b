package hq_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAllotmentsAreSetAsLevelsAndListedByPage(t *testing.T) {
	c, hull := warehouse(t, 1, 10)
	for i, name := range []string{"leeds", "york", "bath"} {
		c.addSite(name, "counter", i+2).hello()
	}
	set := func(holder string, qty int64) (row hq.AllotmentRow) {
		t.Helper()
		c.must(200, 0, "POST", "/v1/allotments", "", hq.AllotmentRequest{SKU: "TAP-22", Owner: "hull", Holder: holder, Qty: qty, By: "beth"}, &row)
		return row
	}
	if row := set("leeds", 4); row.Qty != 4 || row.Coming != 4 || row.Has != 0 || row.By != "beth" {
		t.Errorf("got %+v, want 4 on their way", row)
	}
	if row := set("leeds", 4); row.Coming != 4 {
		t.Errorf("again: got %+v, want the same 4", row)
	}
	if row := set("york", 9); row.Qty != 9 || row.Coming != 6 {
		t.Errorf("got %+v, want the 6 that head office still holds", row)
	}
	set("bath", 0)
	var all, of hq.AllotmentList
	for path := "/v1/allotments?limit=1"; path != ""; {
		var page hq.AllotmentList
		c.must(200, 0, "GET", path, "", nil, &page)
		all.Allotments = append(all.Allotments, page.Allotments...)
		if path = ""; page.NextCursor != "" {
			path = "/v1/allotments?limit=1&cursor=" + page.NextCursor
		}
		if len(page.Allotments) > 1 {
			t.Fatalf("got %d rows, want pages of one", len(page.Allotments))
		}
	}
	c.must(200, 0, "GET", "/v1/allotments?sku=TAP-22", "", nil, &of)
	for what, list := range map[string][]hq.AllotmentRow{"by page": all.Allotments, "of the SKU": of.Allotments} {
		got := ""
		for _, r := range list {
			got += fmt.Sprintf("%s %s %d; ", r.Owner, r.Holder, r.Qty)
		}
		if want := "hull bath 0; hull leeds 4; hull york 9; "; got != want && got != "hull leeds 4; hull york 9; " {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	for path, want := range map[string]int{"/v1/allotments?sku=%20": 400, "/v1/allotments?site=hull": 400, "/v1/allotments?sku=NONE": 200} {
		c.must(want, 0, "GET", path, "", nil, nil)
	}
	for name, in := range map[string]hq.AllotmentRequest{
		"of itself":   {SKU: "TAP-22", Owner: "hull", Holder: "hull", Qty: 1},
		"below zero":  {SKU: "TAP-22", Owner: "hull", Holder: "leeds", Qty: -1},
		"a bad owner": {SKU: "TAP-22", Owner: "Hull!", Holder: "leeds"},
	} {
		if got := c.call(0, "POST", "/v1/allotments", "", in, nil); got != 400 {
			t.Errorf("%s: got %d, want 400", name, got)
		}
	}
	hull.obey(2)
	if got, _ := hull.core.State.Level("TAP-22"); got.AllottedTo("leeds") != 4 || got.AllottedTo("york") != 6 || got.AllottedTo(ledger.HolderHQ) != 0 {
		t.Errorf("got %+v, want hull's own book to say who holds what", got)
	}
	c.servers[0].end()
	auditJournals(t, c.servers[0].cfg.Dir)
}
