package hq_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Head office sets for which reasons stock may be adjusted: sites have them with their next pull, and who set them when is kept.
func TestReasonsAreSetAtHeadOfficeAndGoToItsSites(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	york := c.addSite("york", "counter", 2)
	york.hello()
	why := hq.SignedRequest{Reason: "one word a thing", By: "beth"}
	damaged := contract.Reason{Code: "damaged", Text: "broken or wet", Way: "out", Approve: true, Goods: "blocked", For: []string{"adjustment", "return", "inspection"}}
	var list contract.ReasonList
	for range 2 { // the second time changes nothing
		c.must(200, 0, "PUT", "/v1/policy/reasons", "", hq.ReasonsRequest{Reasons: []contract.Reason{{Code: "stolen", Way: "out"}, damaged}, SignedRequest: why}, &list)
	}
	if len(list.Reasons) != 2 || !reflect.DeepEqual(list.Reasons[0], damaged) || list.Reasons[1].Goods != "book" {
		t.Errorf("got %+v, want both by code", list.Reasons)
	}
	for want, in := range map[string]hq.ReasonsRequest{
		"reasons.x.way is \"\", which is none; it is one of in, out, both.":                                                          {Reasons: []contract.Reason{{Code: "x"}}, SignedRequest: why},
		"reasons.x.for has \"sale\", which is no act; it is some of adjustment, count, return, inspection, short_pick, undelivered.": {Reasons: []contract.Reason{{Code: "x", For: []string{"sale"}}}, SignedRequest: why},
		"There is no reason lost. There are damaged, stolen.":                                                                        {End: []string{"lost"}, SignedRequest: why},
		"reasons.x.goods is not book or blocked.":                                                                                    {Reasons: []contract.Reason{{Code: "x", Way: "in", Goods: "burnt"}}, SignedRequest: why},
	} {
		if got := c.detail(0, "PUT", "/v1/policy/reasons", in); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	many := make([]contract.Reason, 2*ledger.ReasonsMax+1)
	for i := range many {
		many[i] = contract.Reason{Code: fmt.Sprintf("r-%d", i), Way: "in"}
	}
	for _, in := range []hq.ReasonsRequest{{Reasons: many, SignedRequest: why}, {End: slices.Repeat([]string{"stolen"}, len(many)), SignedRequest: why}} {
		if got, want := c.detail(0, "PUT", "/v1/policy/reasons", in), "reasons and ends are more than 200 in one request: there are at most 100 reasons."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	york.company = 1
	reply, err := york.pull(0)
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Company.Reasons; len(got) != 2 || got[0] != (ledger.Reason{Code: "damaged", Text: "broken or wet", Way: ledger.ReasonOut, Approve: true, Blocks: true, Acts: 1<<ledger.ReasonAdjust | 1<<ledger.ReasonReturn | 1<<ledger.ReasonInspect}) {
		t.Errorf("got %+v, want york to hear both", got)
	}
	york.company = reply.Company.Version
	if got := c.refusal(0, "PUT", "/v1/policy/reasons", hq.ReasonsRequest{End: []string{"stolen"}, Seen: hq.Seen{Version: 1}, SignedRequest: why}); got != "409 changed_since" {
		t.Errorf("got %s of a clerk who has seen an older one", got)
	}
	c.must(200, 0, "PUT", "/v1/policy/reasons", "", hq.ReasonsRequest{End: []string{"stolen"}, SignedRequest: why}, &list)
	if reply, err = york.pull(0); err != nil || len(reply.Company.Reasons) != 1 {
		t.Errorf("got %+v (%v), want york to hear that one is ended", reply.Company.Reasons, err)
	}
	var history hq.PolicyHistory
	c.must(200, 0, "GET", "/v1/policy/history?limit=3", "", nil, &history)
	if got := history.Changes; got[0].What != "reason.stolen" || got[0].From != "out" || got[0].To != "" || got[2].By != "beth" {
		t.Errorf("got %+v", got)
	}
}

// What sites have counted and adjusted is one call for the whole company, whichever of them is asked about.
func TestHeadOfficeAddsUpWhatAllSitesHaveAdjusted(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	for _, name := range []string{"bath", "cork"} {
		s := c.addSite(name, "counter", 4)
		s.counter = true
		s.hello()
		lots := func(a, b ledger.Qty) []ledger.CountedLot {
			return []ledger.CountedLot{{Lot: "A", Counted: a}, {Lot: "B", Counted: b}}
		}
		for _, req := range []ledger.Request{
			&ledger.Receive{ID: "r1", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 8, Lots: []ledger.LotQty{{Lot: "A", Qty: 4}, {Lot: "B", Qty: 4}}}}},
			&ledger.Count{Reason: ledger.CountReason, By: "ann", Lines: []ledger.CountedLine{{SKU: "TAP-22", Bin: ledger.BinDefault, Counted: 8, Lots: lots(3, 5)}}},
			&ledger.Adjust{Reason: "stolen", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -2}}},
			&ledger.Count{Reason: ledger.CountReason, By: "carl", Lines: []ledger.CountedLine{{SKU: "TAP-22", Bin: ledger.BinDefault, Counted: 5, Lots: lots(0, 5)}}},
		} {
			if out := s.decide(req); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		s.push()
	}
	read := func(query string) (contract.CountList, contract.ReasonFigures) {
		t.Helper()
		var counts contract.CountList
		var figures contract.ReasonFigures
		for next := ""; ; {
			var page contract.CountList
			c.must(200, 0, "GET", "/v1/counts?"+query+next, "", nil, &page)
			counts.Counts = append(counts.Counts, page.Counts...)
			if counts.AddLots(page.Lots); page.NextCursor == "" {
				break
			}
			next = "&cursor=" + page.NextCursor
		}
		for next := ""; ; {
			var page contract.ReasonFigures
			c.must(200, 0, "GET", "/v1/adjustments/reasons?"+query+next, "", nil, &page)
			if figures.Add(&page); page.NextCursor == "" {
				break
			}
			next = "&cursor=" + page.NextCursor
		}
		return counts, figures
	}
	say := func(counts contract.CountList, figures contract.ReasonFigures) (out string) {
		for _, r := range counts.Counts {
			out += fmt.Sprintf("%s %s %d; ", r.Site, r.CountedBy, len(r.Lines))
		}
		for _, l := range counts.Lots {
			out += fmt.Sprintf("%s +%d -%d; ", l.Lot, l.Found, l.Gone)
		}
		for _, d := range figures.Days {
			out += fmt.Sprintf("%s %s %s %d %d; ", d.Act, d.Reason, d.Did, d.Entries, d.Qty)
		}
		for _, f := range figures.Reasons {
			out += fmt.Sprintf("%s %d +%d -%d; ", f.Reason, f.Entries, f.FoundQty, f.GoneQty)
		}
		return out
	}
	for query, want := range map[string]string{
		"":                                  "bath ann 1; bath carl 1; cork ann 1; cork carl 1; A +0 -4; B +2 -0; counted 2 +0 -2; stolen 2 +0 -4; ",
		"site=cork":                         "cork ann 1; cork carl 1; A +0 -2; B +1 -0; counted 1 +0 -1; stolen 1 +0 -2; ",
		"sku=TAP-22&lot=B&since=2000-01-01": "bath ann 1; bath carl 1; cork ann 1; cork carl 1; B +2 -0; counted 2 +0 -2; stolen 2 +0 -4; ",
		"by=day":                            "bath ann 1; bath carl 1; cork ann 1; cork carl 1; A +0 -4; B +2 -0; adjustment stolen gone 2 4; count counted gone 2 2; ",
		"by=day&site=cork":                  "cork ann 1; cork carl 1; A +0 -2; B +1 -0; adjustment stolen gone 1 2; count counted gone 1 1; ",
		"since=2200-01-01":                  "",
		"until=1990-01-01":                  "",
	} {
		if got := say(read(query)); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	if got := c.refusal(0, "GET", "/v1/counts?site=nowhere", nil); got != "400 unknown_site" {
		t.Errorf("got %s", got)
	}
}
