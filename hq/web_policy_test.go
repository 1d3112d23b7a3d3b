package hq_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// refusal asks once, and gives the status and the problem's code.
func (c *cluster) refusal(i int, method, path string, in any) string {
	c.t.Helper()
	status, _, raw := c.send(i, method, path, "", in, nil)
	var p contract.Problem
	if err := json.Unmarshal(raw, &p); err != nil {
		c.t.Errorf("%s %s: %v in %s", method, path, err, raw)
	}
	return fmt.Sprintf("%d %s", status, p.Code)
}

func TestSettingsAreChangedByNameAndTheirHistoryIsKept(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	c.addSite("york", "counter", 2).hello()
	var now, again hq.Policy
	c.must(200, 0, "GET", "/v1/policy", "", nil, &now)
	if want := (hq.Policy{Version: 2, CoverDays: 1, ChancePercent: 5, Preset: "fewest_parcels"}); now != want {
		t.Fatalf("got %+v, want the defaults %+v", now, want)
	}
	why := hq.SignedRequest{Reason: "a long weekend", By: "beth"}
	for range 2 {
		c.must(200, 0, "PUT", "/v1/policy", "", hq.PolicyRequest{CoverDays: 3, Preset: "nearest", SignedRequest: why}, &again)
	}
	if want := (hq.Policy{Version: 4, CoverDays: 3, ChancePercent: 5, Preset: "nearest"}); again != want {
		t.Errorf("got %+v, want %+v", again, want)
	}
	rule := hq.PolicyRule{Kind: "never_below", Site: "york", SKU: "TAP-22", Qty: 2}
	c.must(200, 0, "PUT", "/v1/policy/rules", "", hq.PolicyRulesRequest{Rules: []hq.PolicyRule{rule, {Kind: "keep_back", Qty: 1}}, SignedRequest: why}, nil)
	var rules, rest hq.PolicyRuleList
	c.must(200, 0, "GET", "/v1/policy/rules?limit=1", "", nil, &rules)
	c.must(200, 0, "GET", "/v1/policy/rules?cursor="+url.QueryEscape(rules.NextCursor), "", nil, &rest)
	if len(rules.Rules) != 1 || len(rest.Rules) != 1 || rest.Rules[0].PolicyRule != rule || rest.Rules[0].By != "beth" || rest.NextCursor != "" {
		t.Errorf("got %+v, then %+v; want keep_back, then %+v", rules, rest, rule)
	}
	taps := hq.PolicyRule{Kind: "never_below", Site: "york", Category: "taps", Qty: 2}
	if got := c.refusal(0, "PUT", "/v1/policy/rules", hq.PolicyRulesRequest{Rules: []hq.PolicyRule{taps}, SignedRequest: why}); got != "400 bad_value" {
		t.Errorf("a category of no item: got %s, want 400 bad_value", got)
	}
	var item contract.Item
	if c.must(200, 0, "PUT", "/v1/items/TAP-22", "", contract.ItemRequest{Name: "Tap", Category: "taps"}, &item); item.Category != "taps" {
		t.Errorf("got %+v, want its category", item)
	}
	c.must(200, 0, "PUT", "/v1/policy/rules", "", hq.PolicyRulesRequest{Rules: []hq.PolicyRule{taps}, SignedRequest: why}, nil)
	c.must(200, 0, "GET", "/v1/policy/rules", "", nil, &rules)
	if n := len(rules.Rules); n != 3 || rules.Rules[1].PolicyRule != taps {
		t.Errorf("got %+v, want %+v second of three", rules, taps)
	}
	var history hq.PolicyHistory
	if c.must(200, 0, "GET", "/v1/policy/history?limit=1", "", nil, &history); history.Changes[0].Category != "taps" {
		t.Errorf("got %+v, want the category in it", history)
	}
	taps.Qty = 0
	c.must(200, 0, "PUT", "/v1/policy/rules", "", hq.PolicyRulesRequest{Rules: []hq.PolicyRule{taps}, SignedRequest: why}, nil)
	var got []string
	for path := "/v1/policy/history?limit=2"; path != ""; {
		var page hq.PolicyHistory
		c.must(200, 0, "GET", path, "", nil, &page)
		for _, ch := range page.Changes {
			got = append(got, fmt.Sprintf("%d %s %s%s %s>%s %s: %s", ch.Version, ch.What, ch.Site, ch.SKU, ch.From, ch.To, ch.By, ch.Reason))
		}
		if path = ""; page.NextCursor != "" {
			path = "/v1/policy/history?limit=2&cursor=" + page.NextCursor
		}
	}
	want := []string{
		"8 never_below york 2>0 beth: a long weekend", "7 never_below york 0>2 beth: a long weekend",
		"6 keep_back  0>1 beth: a long weekend", "5 never_below yorkTAP-22 0>2 beth: a long weekend",
		"4 preset  >nearest beth: a long weekend", "3 cover_days  1>3 beth: a long weekend",
		"2 chance_percent  0>5 head office: what it begins with", "1 cover_days  0>1 head office: what it begins with",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestASettingThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 1, nil)
	why := hq.SignedRequest{Reason: "x"}
	for name, in := range map[string]hq.PolicyRequest{
		"nobody says why":        {CoverDays: 2},
		"too many days":          {CoverDays: 61, SignedRequest: why},
		"a sure thing":           {ChancePercent: 99, SignedRequest: why},
		"a chance with no table": {ChancePercent: 3, SignedRequest: why},
		"no such preset":         {Preset: "best", SignedRequest: why},
	} {
		if got := c.refusal(0, "PUT", "/v1/policy", in); got != "400 bad_value" {
			t.Errorf("%s: got %s, want 400 bad_value", name, got)
		}
	}
	for name, rule := range map[string]hq.PolicyRule{
		"no kind":    {Qty: 1},
		"below zero": {Kind: "keep_back", Qty: -1},
		"no SKU":     {Kind: "keep_back", SKU: " ", Qty: 1},
	} {
		if got := c.refusal(0, "PUT", "/v1/policy/rules", hq.PolicyRulesRequest{Rules: []hq.PolicyRule{rule}, SignedRequest: why}); got != "400 bad_value" {
			t.Errorf("%s: got %s, want 400 bad_value", name, got)
		}
	}
	unknown := hq.PolicyRule{Kind: "keep_back", Site: "bath", Qty: 1}
	if got := c.refusal(0, "PUT", "/v1/policy/rules", hq.PolicyRulesRequest{Rules: []hq.PolicyRule{unknown}, SignedRequest: why}); !strings.HasSuffix(got, "unknown_site") {
		t.Errorf("no such site: got %s", got)
	}
	for _, path := range []string{"/v1/policy?x=1", "/v1/policy/history?cursor=!", "/v1/demand", "/v1/demand?site=Hull!"} {
		c.must(400, 0, "GET", path, "", nil, nil)
	}
	var got hq.Policy
	if c.must(200, 0, "GET", "/v1/policy", "", nil, &got); got.Version != 2 {
		t.Errorf("got %+v, want the defaults", got)
	}
}

// heldTillUpgraded is a head office of which one server has an older build: what is put is refused until that one has been
// upgraded, and then every server comes to know it.
func heldTillUpgraded(t *testing.T, path string, in any, known func(*machine.Machine) bool) {
	t.Helper()
	c := startClusterOf(t, 2, true, func(int) ledger.Network { return nil }, nil)
	c.servers[1-c.leader()].upgrade()
	c.eventually("it is refused", func() error {
		if got := c.refusal(c.leader(), "PUT", path, in); got != "503 not_ready" {
			return errors.New(got)
		}
		return nil
	})
	for _, s := range c.servers {
		if s.older {
			s.upgrade()
		}
	}
	c.eventually("every server knows it", func() error {
		for i, s := range c.servers {
			knows := false
			if s.View(func(m *machine.Machine) { knows = known(m) }); !knows {
				return fmt.Errorf("server %d does not", i)
			}
		}
		return nil
	})
}

// A server of an older build would not follow, and would answer from another state.
func TestSettingsWaitForEveryServersBuild(t *testing.T) {
	t.Parallel()
	heldTillUpgraded(t, "/v1/policy", hq.PolicyRequest{CoverDays: 2, SignedRequest: hq.SignedRequest{Reason: "x"}},
		func(m *machine.Machine) bool { return m.Settings().Version == 2 })
}

func TestWhatASiteIsAskedForIsShown(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	order := map[string]any{"lines": []map[string]any{{"sku": "TAP-22", "qty": 2}}}
	c.must(201, 0, "POST", "/v1/orders", "k", order, nil)
	var got hq.DemandList
	c.must(200, 0, "GET", "/v1/demand?site=hq", "", nil, &got)
	if want := (hq.DemandRow{SKU: "TAP-22", Orders: 1000 / 28, Units: 2000 / 28}); len(got.Demand) != 1 || got.Demand[0] != want || got.Site != ledger.HQ {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.must(200, 0, "GET", "/v1/demand?site=hull", "", nil, &got)
	if got := c.refusal(0, "GET", "/v1/demand?site=bath", nil); !strings.HasSuffix(got, "unknown_site") {
		t.Errorf("no such site: got %s", got)
	}
}
