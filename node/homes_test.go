package node_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// An item has a home bin at a site: it is put away there though more of it lies elsewhere, picked from there first, and a sheet says of what lies elsewhere
// where it belongs. A bin that is none is refused with the way it is written.
func TestAnItemHasAHomeBin(t *testing.T) {
	inShopOf(t, func(c *node.Config) { c.GoodsIn = []ledger.Bin{"DOCK"} }, func(t *testing.T, s *shop) {
		for body, words := range map[string]string{
			`{"name":"Tap","home_bins":{"leeds":"A 01"}}`:                                 `home_bins.leeds is "A 01", which is no bin: 1 to`,
			`{"name":"Tap","home_bins":{"leeds":""}}`:                                     `home_bins.leeds is "", which is no bin`,
			`{"name":"Tap","home_bins":{"LEEDS!":"A-01"}}`:                                `home_bins names "LEEDS!", which is no name of a site.`,
			`{"name":"Tap","home_bins":{"leeds":"A-01"},"supplier":"X","drop_ship":true}`: "home_bins are of what is stocked",
		} {
			if p := s.do("PUT", "/v1/items/TAP-22", body).want(t, 400, contract.CodeBadValue); !strings.Contains(p.Detail, words) {
				t.Errorf("%s: got %q, want %q", body, p.Detail, words)
			}
		}
		if it := s.put("TAP-22", `{"name":"Tap","home_bins":{"leeds":"M-05","hull":"B-1"}}`); it.HomeBins["leeds"] != "M-05" {
			t.Errorf("got %+v, want its homes", it)
		}
		s.binned(t, `{"sku":"TAP-22","qty":8},{"sku":"TAP-22","qty":9,"bin":"A-01"},{"sku":"TAP-22","qty":2,"bin":"M-05"}`)
		if l := as[contract.PutAwayList](t, s.get("/v1/put-away"), 200); len(l.PutAway) != 1 || l.PutAway[0].To != "M-05" || !l.PutAway[0].Home {
			t.Errorf("got %+v, want them put where they belong", l.PutAway)
		}
		_, path := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"TAP-22","qty":3}]}`)
		rows := func() (out string) {
			for _, r := range as[contract.PickList](t, s.post("/v1/pick-lists", `{"picker":"ann"}`), 201).Rows {
				out += fmt.Sprint(r.Bin, " ", r.Qty, "; ")
			}
			return out
		}
		if got := rows(); got != "A-01 1; M-05 2; " {
			t.Errorf("got %q, want what lies at home first", got)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"qty":3}]}`), 200)
		sheet := as[contract.CountSheet](t, s.get("/v1/counts/sheet?sku=TAP-22"), 200)
		got := ""
		for _, r := range sheet.Rows {
			got += fmt.Sprint(r.Bin, " ", *r.Expected, " home ", r.Home, "; ")
		}
		if got != "A-01 8 home M-05; DOCK 8 home M-05; " {
			t.Errorf("got %q, want the home bin emptied, as the list said", got)
		}
	})
}
