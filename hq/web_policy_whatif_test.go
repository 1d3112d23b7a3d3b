package hq_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestWhatItWouldCostIsToldByOneCall(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	var ids []string
	for _, key := range []string{"k-1", "k-2", "k-3"} {
		var o contract.Order
		c.must(201, 0, "POST", "/v1/orders", key, tapAndSink(), &o)
		ids = append(ids, string(o.ID))
	}
	rule := hq.PolicyRule{Kind: "keep_back", Site: "hull", Qty: 9}
	var got hq.PolicyWhatIfAnswer
	c.must(200, 0, "POST", "/v1/policy/what-if", "", hq.PolicyWhatIf{Under: hq.WhatIfUnder{Preset: "protect_shops", Rules: []hq.PolicyRule{rule}}}, &got)
	if got.Orders != 3 || got.Changed != 2 || got.Before.Parcels != 3 || got.After.Parcels != 5 || got.Difference.Parcels != 2 || got.Difference.Refused != 0 || len(got.Changes) != 2 {
		t.Errorf("got %+v, want two of three orders in two parcels: hull keeps nine of ten", got)
	}
	if want := "Of 3 orders 2 would be served otherwise; parcels +2 (from 3); hull -4 units; leeds +2 units; york +2 units."; got.Words != want {
		t.Errorf("got %q, want %q", got.Words, want)
	}
	if site := got.Sites[0]; site.Site != "hull" || site.Before.Units != 6 || site.After.Units != 2 || site.Changed.Parcels != -2 {
		t.Errorf("got %+v, want hull with 4 units and 2 parcels less", site)
	}
	var closed hq.PolicyWhatIfAnswer
	c.must(200, 0, "POST", "/v1/policy/what-if?read=local", "", hq.PolicyWhatIf{Orders: ids[:2], Under: hq.WhatIfUnder{Closed: []string{"hull", "york"}}}, &closed)
	if closed.Orders != 2 || closed.Difference.Refused != 2 || len(closed.Changes) != 2 || len(closed.Changes[0].After.Sites) != 0 || string(closed.Changes[0].ID) != ids[0] {
		t.Errorf("got %+v, want both orders refused", closed)
	}
	var rules hq.PolicyRuleList
	var policy hq.Policy
	c.must(200, 0, "GET", "/v1/policy/rules", "", nil, &rules)
	if c.must(200, 0, "GET", "/v1/policy", "", nil, &policy); len(rules.Rules) != 0 || policy.Preset != "fewest_parcels" {
		t.Errorf("got %+v, %+v; want nothing changed by asking", rules, policy)
	}
	var stock contract.HQStock
	if c.must(200, 0, "GET", "/v1/stock/TAP-22", "", nil, &stock); stock.Promisable.Sure.Qty != 17 {
		t.Errorf("got %d promisable, want 17 as before", stock.Promisable.Sure.Qty)
	}
}

// TestAWhatIfSaysWhichLimitsWereMet, in words.
func TestAWhatIfSaysWhichLimitsWereMet(t *testing.T) {
	c := twoWarehouses(t)
	c.must(201, 0, "POST", "/v1/orders", "k-1", tapAndSink(), nil)
	set := hq.ClassList{Classes: []hq.ClassRow{{Name: "gold", Again: "keep_or_improve", Limits: []hq.LimitRow{{Kind: "minimum", SKU: "TAP-22", Qty: 40}}}}}
	c.must(200, 0, "PUT", "/v1/policy/classes", "", hq.ClassesRequest{ClassList: set, SignedRequest: hq.SignedRequest{By: "beth", Reason: "spring"}}, nil)
	var got hq.PolicyWhatIfAnswer
	c.must(200, 0, "POST", "/v1/policy/what-if", "", hq.PolicyWhatIf{Under: hq.WhatIfUnder{Preset: "nearest"}}, &got)
	if want := "Of 1 orders 0 would be served otherwise. Limits of classes let some of these orders have less: gold minimum 40 of TAP-22 (1 orders now, 1 then)."; got.Words != want {
		t.Errorf("got %q, want %q", got.Words, want)
	}
	if want := []hq.WhatIfLimit{{Class: "gold", Kind: "minimum", SKU: "TAP-22", Qty: 40, Before: 1, After: 1}}; !slices.Equal(got.Limits, want) || got.AllLimits != 1 || len(got.Apart) != 0 || got.AllApart != 0 {
		t.Errorf("got %+v, want %+v", got.Limits, want)
	}
	if got.Before.Refused != 1 || got.After.Refused != 1 {
		t.Errorf("got %+v, then %+v; want the order refused: all taps are kept for gold", got.Before, got.After)
	}
}

func TestAWhatIfThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	closed := hq.WhatIfUnder{Closed: []string{"hull"}}
	for name, q := range map[string]struct {
		in   hq.PolicyWhatIf
		want string
	}{
		"nothing otherwise": {hq.PolicyWhatIf{}, "400 bad_value"},
		"no such preset":    {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Preset: "best"}}, "400 bad_value"},
		"no such class":     {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Presets: []hq.PolicyPreset{{Class: "x", Preset: "best"}}}}, "400 bad_value"},
		"no such rule":      {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Rules: []hq.PolicyRule{{Kind: "x"}}}}, "400 bad_value"},
		"no such site":      {hq.PolicyWhatIf{Under: closed}, "400 unknown_site"},
		"a rule's site":     {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Rules: []hq.PolicyRule{{Kind: "keep_back", Site: "atlantis", Qty: 5}}}}, "400 unknown_site"},
		"a rule's item":     {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Rules: []hq.PolicyRule{{Kind: "keep_back", SKU: "NOPE", Qty: 5}}}}, "400 unknown_sku"},
		"no site's name":    {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Closed: []string{"Hull!"}}}, "400 bad_value"},
		"no site's terms":   {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Sites: []hq.PolicySite{{}}}}, "400 bad_value"},
		"no zone":           {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Zones: []hq.PolicyZone{{Cost: 1}}}}, "400 bad_value"},
		"no moment":         {hq.PolicyWhatIf{From: "yesterday", Under: closed}, "400 bad_value"},
		"no end":            {hq.PolicyWhatIf{To: "tomorrow", Under: closed}, "400 bad_value"},
		"too many":          {hq.PolicyWhatIf{Limit: 1001, Under: closed}, "400 bad_value"},
		"no order's id":     {hq.PolicyWhatIf{Orders: []string{"x"}, Under: closed}, "400 bad_value"},
		"too many ids":      {hq.PolicyWhatIf{Orders: make([]string, 1001), Under: closed}, "400 bad_value"},
		"nobody's order":    {hq.PolicyWhatIf{Orders: []string{"01890000-0000-7000-8000-000000000000"}, Under: hq.WhatIfUnder{Preset: "nearest"}}, "404 not_found"},
		"no country":        {hq.PolicyWhatIf{Under: hq.WhatIfUnder{Zones: []hq.PolicyZone{{PolicyArea: hq.PolicyArea{Country: "XX"}}}}}, "400 bad_value"},
	} {
		if got := c.refusal(0, "POST", "/v1/policy/what-if", q.in); got != q.want {
			t.Errorf("%s: got %s, want %s", name, got, q.want)
		}
	}
}

func TestOneWhatIfIsAnsweredAtATime(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	end := c.servers[0].WhatIfForTest()
	in := hq.PolicyWhatIf{Under: hq.WhatIfUnder{Preset: "nearest"}}
	if got := c.refusal(0, "POST", "/v1/policy/what-if", in); got != "503 busy" {
		t.Errorf("got %s while another one is answered, want 503 busy", got)
	}
	end()
	var got hq.PolicyWhatIfAnswer
	if c.must(200, 0, "POST", "/v1/policy/what-if", "", in, &got); got.Orders != 0 || !strings.HasPrefix(got.Words, "There are no such orders") {
		t.Errorf("got %+v, want none", got)
	}
}
