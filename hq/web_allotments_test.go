package hq_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestAllotmentsAreSetAsLevelsAndListedByPage(t *testing.T) {
	t.Parallel()
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

// What a lost site has of others is shown as claimed, and as lost, until it is written off; from then on it is
// the owner's again and is shown as that.
func TestWhatALostSiteHoldsIsMarkedAndWrittenOffIsNotShownAsHad(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10)
	leeds := c.addSite("leeds", "counter", 2)
	leeds.hello()
	leeds.receive("TAP-22", 5)
	leeds.push()
	set := func(qty int64) {
		c.must(200, 0, "POST", "/v1/allotments", "", hq.AllotmentRequest{SKU: "TAP-22", Owner: "hull", Holder: "leeds", Qty: qty, By: "beth"}, nil)
		hull.obey(hull.core.State.Commands.Number + 1)
	}
	set(3)
	leeds.obey(1)
	set(5) // 2 more, on their way
	check := func(when string, want hq.AllotmentRow) {
		t.Helper()
		var list hq.AllotmentList
		c.must(200, 0, "GET", "/v1/allotments", "", nil, &list)
		if len(list.Allotments) != 1 {
			t.Fatalf("%s: got %+v, want one", when, list)
		}
		got := list.Allotments[0]
		if got.Has != want.Has || got.Coming != want.Coming || got.Off != want.Off || got.Lost != want.Lost {
			t.Errorf("%s: got %+v, want %+v", when, got, want)
		}
	}
	shelf := func(when string, likely ledger.Qty, lost bool) {
		t.Helper()
		var st contract.HQStock
		c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &st)
		if got := st.Promisable.Ask.Qty + st.Promisable.Likely.Qty; got != likely || st.Sites[1].Site != "leeds" || st.Sites[1].Lost != lost || st.Sites[0].Lost {
			t.Errorf("%s: got %d to ask for or likely of %+v, want %d, and leeds lost: %t", when, got, st.Sites, likely, lost)
		}
	}
	check("before", hq.AllotmentRow{Has: 3, Coming: 2})
	shelf("before", 5, false)
	lose := hq.SignedRequest{Reason: "burnt down"}
	c.must(200, 0, "POST", "/v1/sites/leeds/declare-lost", "", lose, nil)
	check("lost", hq.AllotmentRow{Has: 3, Coming: 2, Lost: "holder"})
	shelf("lost", 0, true)
	c.must(200, 0, "POST", "/v1/sites/leeds/write-off", "", hq.SignedRequest{Reason: "burnt down"}, nil)
	check("written off", hq.AllotmentRow{Off: 5, Lost: "holder"})
	hull.obey(hull.core.State.Commands.Number + 1)
	check("obeyed", hq.AllotmentRow{Off: 5, Lost: "holder"})
	c.must(200, 0, "POST", "/v1/sites/hull/declare-lost", "", lose, nil)
	check("hull too", hq.AllotmentRow{Off: 5, Lost: "both"})
	c.servers[0].end()
	auditJournals(t, c.servers[0].cfg.Dir)
}
