package node_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
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

// A list sends nobody to an empty home bin: it names the next one that has units in the book, by its name, says why, and says what no bin has. Held
// against a model: bins with numbers, home first, then by name; and a pick takes the same units out of the same bins.
func TestAPickListNamesTheNextBinWhereHomeHasNotEnough(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inShop(t, 0, func(t *testing.T, s *shop) {
				r := rand.New(rand.NewPCG(seed, 7))
				s.put("TAP-22", `{"name":"Tap","home_bins":{"leeds":"M-05"}}`)
				has, all := map[string]int{}, 0
				for _, bin := range []string{"A-01", "M-05", "Z-09"} {
					if n := r.IntN(4); n > 0 && !(bin == "M-05" && seed%2 == 0) { // at each second seed home is empty
						has[bin], all = n, all+n
						s.binned(t, fmt.Sprintf(`{"sku":"TAP-22","qty":%d,"bin":%q}`, n, bin))
					}
				}
				if all == 0 {
					has["A-01"], all = 1, 1
					s.binned(t, `{"sku":"TAP-22","qty":1,"bin":"A-01"}`)
				}
				want := 1 + r.IntN(all)
				_, path := s.part(t, fmt.Sprintf(`{"fulfil":"deliver","lines":[{"sku":"TAP-22","qty":%d}]}`, want))
				gone := 0
				for _, bin := range slices.Sorted(maps.Keys(has)) { // what is gone from a bin may be promised: then no bin has enough
					if n := r.IntN(has[bin] + 1); n > 0 && all-gone-n > 0 {
						as[contract.Adjustment](t, s.post("/v1/adjustments", fmt.Sprintf(`{"reason":"gone","lines":[{"sku":"TAP-22","qty":-%d,"bin":%q}]}`, n, bin)), 201)
						has[bin], gone = has[bin]-n, gone+n
					}
				}
				o := as[contract.SiteFulfilment](t, s.get(path), 200)
				rest, rows := int(o.Lines[0].Qty), map[string]int{}
				home := has["M-05"]
				for _, bin := range []string{"M-05", "A-01", "Z-09"} {
					if n := min(rest, has[bin]); n > 0 {
						rows[bin] = n
						rest -= n
					}
				}
				if rest > 0 {
					rows[""] = rest
				}
				var model, got []string
				for _, bin := range slices.Sorted(maps.Keys(rows)) {
					note := ""
					switch {
					case bin == "M-05":
					case bin == "":
						note = fmt.Sprintf("no bin has %d of these that may be picked in the book: look for them, or say that they are short", rest)
					case home == 0:
						note = "home bin M-05 is empty in the book"
					default:
						note = fmt.Sprintf("home bin M-05 has only %d in the book", home)
					}
					model = append(model, fmt.Sprint(bin, " ", rows[bin], " ", note))
				}
				for _, row := range as[contract.PickList](t, s.post("/v1/pick-lists", `{"picker":"ann"}`), 201).Rows {
					got = append(got, fmt.Sprint(row.Bin, " ", row.Qty, " ", row.Note))
					if (row.Home == "M-05") != (row.Bin != "M-05") {
						t.Errorf("got home %q of bin %q", row.Home, row.Bin)
					}
				}
				if !slices.Equal(got, model) {
					t.Fatalf("got rows %q, want %q (bins %v)", got, model, has)
				}
				q := int(o.Lines[0].Qty) - rest
				if q == 0 {
					return
				}
				as[contract.FulfilmentAnswer](t, s.post(path+"/pick", fmt.Sprintf(`{"lines":[{"line":1,"qty":%d}]}`, q)), 200)
				left := map[string]int{}
				for _, row := range as[contract.CountSheet](t, s.get("/v1/counts/sheet?sku=TAP-22"), 200).Rows {
					if *row.Expected > 0 {
						left[string(row.Bin)] = int(*row.Expected)
					}
				}
				for bin, n := range has {
					if n-rows[bin] != left[bin] {
						t.Errorf("got %d left in %s, want %d of %d: the pick takes what the list says", left[bin], bin, n-rows[bin], n)
					}
				}
			})
		})
	}
}

// What no bin has that may be picked is said, too: of goods kept by lot, what lasts long enough.
func TestAPickListSaysWhatNoBinHas(t *testing.T) {
	inShop(t, 0, func(t *testing.T, s *shop) {
		s.lotted(t)
		as[contract.Receipt](t, s.post("/v1/receipts", `{"lines":[{"sku":"MILK","qty":4,"lot":"SOON","expiry":"2002-01-01","bin":"A"}]}`), 201)
		_, path := s.part(t, `{"fulfil":"deliver","lines":[{"sku":"MILK","qty":3}]}`)
		as[contract.LeastList](t, s.do("PUT", "/v1/policy/least-days", `{"rules":[{"sku":"MILK","days":3000}]}`), 200)
		rows := as[contract.PickList](t, s.post("/v1/pick-lists", `{"picker":"ann"}`), 201).Rows
		if len(rows) != 1 || rows[0].Bin != "" || rows[0].Qty != 3 || rows[0].Note != "no bin has 3 of these that may be picked in the book: look for them, or say that they are short" {
			t.Errorf("got %+v, want it said that no bin has them", rows)
		}
		as[contract.FulfilmentAnswer](t, s.post(path+"/pick", `{"lines":[{"line":1,"short":3}]}`), 200)
	})
}
