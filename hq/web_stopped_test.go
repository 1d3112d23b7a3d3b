package hq_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// TestWhoStopsASiteIsToldWhatLiesThere: in the answer, and by an exception that is open until the site serves again.
func TestWhoStopsASiteIsToldWhatLiesThere(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	var first contract.Order
	for i := range 3 {
		in := orderOf("TAP-22", 1)
		in.ShipTo = &contract.Address{Country: []string{"GB", "GB", "IE"}[i]}
		var o contract.Order
		if c.must(201, 0, "POST", "/v1/orders", fmt.Sprint("k", i), in, &o); i == 0 {
			first = o
		}
	}
	c.must(200, 0, "POST", "/v1/orders/"+string(first.ID)+"/cancel", "c", nil, nil)
	set := func(p hq.PolicySite, want int) {
		t.Helper()
		p.Site = "hull"
		var out hq.PolicySiteList
		c.must(200, 0, "PUT", "/v1/policy/sites", "", hq.PolicySitesRequest{Sites: []hq.PolicySite{p}, SignedRequest: hq.SignedRequest{Reason: "x", By: "beth"}}, &out)
		var es hq.ExceptionList
		c.must(200, 0, "GET", "/v1/exceptions?what=legs_left", "", nil, &es)
		if want == 0 {
			if len(out.Left)+len(es.Exceptions) > 0 {
				t.Errorf("got %+v and %+v, want nothing left", out.Left, es.Exceptions)
			}
			return
		}
		if len(out.Left) != 1 || out.Left[0].Orders != want || len(out.Left[0].First) != want || !strings.Contains(out.Left[0].Words, "at hull") {
			t.Errorf("got %+v, want %d orders left at hull", out.Left, want)
		}
		if len(es.Exceptions) != 1 || es.Exceptions[0].Site != ledger.SiteID("hull") || es.Exceptions[0].Owner == "" || !strings.Contains(es.Exceptions[0].Why, fmt.Sprintf("%d open order", want)) {
			t.Errorf("got %+v, want one, of %d orders", es.Exceptions, want)
		}
	}
	set(hq.PolicySite{Stopped: "flooded"}, 2)
	set(hq.PolicySite{Areas: []hq.PolicyArea{{Country: "GB"}}}, 1)
	set(hq.PolicySite{SKUsNot: []string{"TAP-22"}}, 2)
	set(hq.PolicySite{Capacity: 9}, 0)
}
