package hq_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// twoWarehouses is a head office with hull, which has taps and sinks, and leeds and york, which have one of them each.
func twoWarehouses(t testing.TB) *cluster {
	t.Helper()
	c, hull := warehouse(t, 1, 10)
	sink := tap
	sink.Barcodes = nil
	c.must(200, 0, "PUT", "/v1/items/SINK", "", sink, nil)
	hull.receive("SINK", 10)
	hull.push()
	for rank, name := range []string{"leeds", "york"} {
		s := c.addSite(name, "warehouse", rank+2)
		s.hello()
		s.receive([]ledger.SKU{"TAP-22", "SINK"}[rank], 10)
		s.push()
	}
	return c
}

func tapAndSink() map[string]any {
	return map[string]any{"lines": []map[string]any{{"sku": "TAP-22", "qty": 1}, {"sku": "SINK", "qty": 1}}}
}

func TestWhyAnOrderWentToHullIsToldByOneCall(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k", tapAndSink(), &o)
	var e contract.Explanation
	c.must(200, 0, "GET", "/v1/orders/"+string(o.ID)+"/explain", "", nil, &e)
	if e.Decision == nil || e.Decision.Words != "hull: 1 parcel; runner-up leeds+york: 2 parcels; decided by parcels." {
		t.Fatalf("got %+v, want hull, the runner-up, and parcels", e.Decision)
	}
	d := *e.Decision
	if d.Preset != "fewest_parcels" || d.DecidedBy != "parcels" || d.Score.Parcels != 1 || d.RunnerUpScore.Parcels != 2 || d.Unproved || d.Visits == 0 ||
		!reflect.DeepEqual(d.Sites, []ledger.SiteID{"hull"}) || !reflect.DeepEqual(d.RunnerUp, []ledger.SiteID{"leeds", "york"}) {
		t.Errorf("got %+v, want the scores of both", d)
	}
}

func TestWhatASiteServesIsSetShownAndHeldTo(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	why := hq.SignedRequest{Reason: "the carrier's new times", By: "beth"}
	c.must(200, 0, "PUT", "/v1/items/BOILER", "", contract.ItemRequest{Name: "Boiler"}, nil)
	hull := hq.PolicySite{Site: "hull", LatE6: 53_745_671, LonE6: -336_741, Group: "north", ClosedDays: []string{"sunday"}, Holidays: []string{"2026-12-25"}, WaitDays: 3, ShipDays: 1,
		TravelDays: 2, Capacity: 1, NoCollect: true, Areas: []hq.PolicyArea{{Country: "GB"}}, SKUsNot: []string{"BOILER"}, CustomersNot: []string{"c-9"}, ClassesNot: []string{"staff"}}
	for range 2 {
		c.must(200, 0, "PUT", "/v1/policy/sites", "", hq.PolicySitesRequest{Sites: []hq.PolicySite{hull, {Site: "york", Stopped: "moving house"}}, SignedRequest: why}, nil)
	}
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k-1", tapAndSink(), &o)
	if status, _, raw := c.answer(0, "POST", "/v1/orders", "k-2", tapAndSink(), nil); status != 409 || !strings.Contains(string(raw), "stock_short") {
		t.Errorf("got %d %s, want the second refused: hull's day is full, and york has moved", status, raw)
	}
	var first, rest hq.PolicySiteList
	c.must(200, 0, "GET", "/v1/policy/sites?limit=1", "", nil, &first)
	c.must(200, 0, "GET", "/v1/policy/sites?cursor="+first.NextCursor, "", nil, &rest)
	if len(first.Sites) != 1 || !reflect.DeepEqual(first.Sites[0].PolicySite, hull) || first.Sites[0].Given != 1 || first.Sites[0].By != "beth" || len(rest.Sites) != 1 || rest.Sites[0].Stopped != "moving house" {
		t.Errorf("got %+v, then %+v; want hull with one parcel given, then york", first, rest)
	}
	var history hq.PolicyHistory
	c.must(200, 0, "GET", "/v1/policy/history?limit=100", "", nil, &history)
	if last := history.Changes[0]; last.What != "stopped" || last.Site != "york" || last.To != "moving house" || last.Reason != why.Reason || len(history.Changes) != 2+13+1 {
		t.Errorf("got %d changes, the last %+v; want each term of hull once, and york's", len(history.Changes), last)
	}
	c.must(200, 0, "PUT", "/v1/policy/sites", "", hq.PolicySitesRequest{Sites: []hq.PolicySite{{Site: "hull"}, {Site: "york"}}, SignedRequest: why}, nil)
	rest = hq.PolicySiteList{}
	if c.must(200, 0, "GET", "/v1/policy/sites", "", nil, &rest); len(rest.Sites) != 0 {
		t.Errorf("got %+v, want nothing set any more", rest)
	}
}

func TestZonesAndPresetsAreSetAndShown(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	why := hq.SignedRequest{Reason: "a new carrier"}
	zones := []hq.PolicyZone{{PolicyArea: hq.PolicyArea{Country: "GB"}, Group: "north", Cost: 12}, {PolicyArea: hq.PolicyArea{Country: "GB", Postcode: "YO"}, Site: "york", Cost: 3}}
	c.must(200, 0, "PUT", "/v1/policy/zones", "", hq.PolicyZonesRequest{Zones: zones, SignedRequest: why}, nil)
	var first, rest hq.PolicyZoneList
	c.must(200, 0, "GET", "/v1/policy/zones?limit=1", "", nil, &first)
	c.must(200, 0, "GET", "/v1/policy/zones?cursor="+first.NextCursor, "", nil, &rest)
	if got := append(first.Zones, rest.Zones...); !reflect.DeepEqual(got, zones) || rest.NextCursor != "" {
		t.Errorf("got %+v, want %+v", got, zones)
	}
	set := []hq.PolicyPreset{{Channel: "web", Preset: "nearest"}, {Class: "trade", Preset: "clear_old"}}
	var got hq.PolicyPresetList
	c.must(200, 0, "PUT", "/v1/policy/presets", "", hq.PolicyPresetsRequest{Presets: set, SignedRequest: why}, &got)
	if !reflect.DeepEqual(got.Presets, set) {
		t.Errorf("got %+v, want %+v", got.Presets, set)
	}
	c.must(200, 0, "PUT", "/v1/policy/presets", "", hq.PolicyPresetsRequest{Presets: []hq.PolicyPreset{{Channel: "web"}}, SignedRequest: why}, nil)
	got = hq.PolicyPresetList{}
	if c.must(200, 0, "GET", "/v1/policy/presets", "", nil, &got); !reflect.DeepEqual(got.Presets, set[1:]) {
		t.Errorf("got %+v, want %+v", got.Presets, set[1:])
	}
	c.must(200, 0, "PUT", "/v1/policy/rules", "", hq.PolicyRulesRequest{Rules: []hq.PolicyRule{{Kind: "clear_out", SKU: "SINK", Qty: 4}}, SignedRequest: why}, nil)
}

func TestSourcingThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	c.addSite("hull", "warehouse", 1)
	why := hq.SignedRequest{Reason: "x"}
	hull := func(p hq.PolicySite) any {
		p.Site = "hull"
		return hq.PolicySitesRequest{Sites: []hq.PolicySite{p}, SignedRequest: why}
	}
	for name, q := range map[string]struct {
		path string
		in   any
		want string
	}{
		"nobody says why":   {"sites", hq.PolicySitesRequest{}, "400 bad_value"},
		"no such site":      {"sites", hq.PolicySitesRequest{Sites: []hq.PolicySite{{Site: "bath"}}, SignedRequest: why}, "400 unknown_site"},
		"no such weekday":   {"sites", hull(hq.PolicySite{ClosedDays: []string{"someday"}}), "400 bad_value"},
		"no such date":      {"sites", hull(hq.PolicySite{Holidays: []string{"Christmas"}}), "400 bad_value"},
		"a day long gone":   {"sites", hull(hq.PolicySite{Holidays: []string{"1969-12-25"}}), "400 bad_value"},
		"capacity below 0":  {"sites", hull(hq.PolicySite{Capacity: -1}), "400 bad_value"},
		"no SKU":            {"sites", hull(hq.PolicySite{SKUsNot: []string{" "}}), "400 bad_value"},
		"a zone of nowhere": {"zones", hq.PolicyZonesRequest{Zones: []hq.PolicyZone{{Cost: 1}}, SignedRequest: why}, "400 bad_value"},
		"zones of nobody":   {"zones", hq.PolicyZonesRequest{}, "400 bad_value"},
		"no such preset":    {"presets", hq.PolicyPresetsRequest{Presets: []hq.PolicyPreset{{Class: "trade", Preset: "best"}}, SignedRequest: why}, "400 bad_value"},
		"a preset for all":  {"presets", hq.PolicyPresetsRequest{Presets: []hq.PolicyPreset{{Preset: "nearest"}}, SignedRequest: why}, "400 bad_value"},
		"presets of nobody": {"presets", hq.PolicyPresetsRequest{}, "400 bad_value"},
	} {
		if got := c.refusal(0, "PUT", "/v1/policy/"+q.path, q.in); got != q.want {
			t.Errorf("%s: got %s, want %s", name, got, q.want)
		}
	}
	for _, path := range []string{"sites?x=1", "zones?x=1", "presets?x=1"} {
		c.must(400, 0, "GET", "/v1/policy/"+path, "", nil, nil)
	}
}

// A server of an older build would not know the command.
func TestSourcingWaitsForEveryServersBuild(t *testing.T) {
	t.Parallel()
	heldTillUpgraded(t, "/v1/policy/sites", hq.PolicySitesRequest{SignedRequest: hq.SignedRequest{Reason: "x"}}, (*machine.Machine).Sourced)
}
