package hq_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// problemOf asks once, and gives the problem that it is answered with.
func (c *cluster) problemOf(i int, method, path, key string, in any) (p contract.Problem) {
	c.t.Helper()
	status, _, raw := c.send(i, method, path, key, in, nil)
	if err := json.Unmarshal(raw, &p); err != nil || p.Status != status {
		c.t.Fatalf("%s %s: got %d %s (%v), want a problem", method, path, status, raw, err)
	}
	return p
}

// TestTheSecondOfTwoClerksIsToldWhatIsThereNow: both have seen the same version; what the first has put stays, and the answer to the
// second says who that was and how it is now. With the version of that answer he goes on.
func TestTheSecondOfTwoClerksIsToldWhatIsThereNow(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	beth, carl := hq.SignedRequest{Reason: "the first", By: "beth"}, hq.SignedRequest{Reason: "the second", By: "carl"}
	zone := func(cost int64) []hq.PolicyZone {
		return []hq.PolicyZone{{PolicyArea: hq.PolicyArea{Country: "GB"}, Cost: cost}}
	}
	rule := func(q int64) []hq.PolicyRule { return []hq.PolicyRule{{Kind: "keep_back", SKU: "SINK", Qty: q}} }
	for path, put := range map[string]func(n int, seen hq.Seen, by hq.SignedRequest) any{
		"/v1/policy": func(n int, seen hq.Seen, by hq.SignedRequest) any {
			return hq.PolicyRequest{CoverDays: n, Seen: seen, SignedRequest: by}
		},
		"/v1/policy/sites": func(n int, seen hq.Seen, by hq.SignedRequest) any {
			return hq.PolicySitesRequest{Sites: []hq.PolicySite{{Site: "york", Capacity: n}}, Seen: seen, SignedRequest: by}
		},
		"/v1/policy/zones": func(n int, seen hq.Seen, by hq.SignedRequest) any {
			return hq.PolicyZonesRequest{Zones: zone(int64(n)), Seen: seen, SignedRequest: by}
		},
		"/v1/policy/rules": func(n int, seen hq.Seen, by hq.SignedRequest) any {
			return hq.PolicyRulesRequest{Rules: rule(int64(n)), Seen: seen, SignedRequest: by}
		},
		"/v1/policy/presets": func(n int, seen hq.Seen, by hq.SignedRequest) any {
			return hq.PolicyPresetsRequest{Presets: []hq.PolicyPreset{{Class: "gold", Preset: []string{"nearest", "clear_old", "protect_shops"}[n%3]}}, Seen: seen, SignedRequest: by}
		},
		"/v1/policy/classes": func(n int, seen hq.Seen, by hq.SignedRequest) any {
			list := hq.ClassList{Version: seen.Version, Classes: []hq.ClassRow{{Name: "gold", Limits: []hq.LimitRow{{Kind: "cap_day", SKU: "SINK", Qty: int64(n)}}}}}
			return hq.ClassesRequest{ClassList: list, SignedRequest: by}
		},
	} {
		var seen hq.Seen
		c.must(200, 0, "GET", path, "", nil, &seen)
		if seen.Version == 0 {
			t.Errorf("%s: got no version", path)
		}
		c.must(200, 0, "PUT", path, "", put(7, seen, beth), nil)
		c.must(200, 0, "PUT", path, "", put(7, seen, beth), nil) // her answer was lost
		var before, after any
		c.must(200, 0, "GET", path, "", nil, &before)
		p := c.problemOf(0, "PUT", path, "", put(8, seen, carl))
		if p.Code != contract.CodeChangedSince || p.Status != 409 || !strings.Contains(p.Detail, "beth") || p.Hint == "" || p.Version <= seen.Version || p.Now == nil {
			t.Errorf("%s: got %+v, want a word of beth's change, the version, and what is there now", path, p)
		}
		c.must(200, 0, "GET", path, "", nil, &after)
		if was, is := asText(t, before), asText(t, after); was != is {
			t.Errorf("%s: got %s, want it as beth has put it: %s", path, is, was)
		}
		if now := asText(t, p.Now); path != "/v1/policy/presets" && !strings.Contains(now, "7") || path == "/v1/policy/presets" && !strings.Contains(now, "clear_old") {
			t.Errorf("%s: got %s, want what beth has put", path, now)
		}
		c.must(200, 0, "PUT", path, "", put(8, hq.Seen{Version: p.Version}, carl), nil)
		c.must(200, 0, "PUT", path, "", put(9, hq.Seen{}, beth), nil) // an old client says no version
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestADeliveryThatSomebodyElseHasChangedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 1)
	inDays := days()
	put := func(qty int64, by string, seen ...uint64) hq.ExpectedRequest {
		in := po(inDays(5), qty)
		if in.By = by; len(seen) > 0 {
			in.Version = &seen[0]
		}
		return in
	}
	c.must(200, 0, "PUT", po812, "", put(6, "beth", 0), nil)
	c.must(200, 0, "PUT", po812, "", put(6, "beth", 0), nil) // her answer was lost
	for what, row := range map[string]struct {
		method, path string
		in           any
	}{
		"put as new": {"PUT", po812, put(7, "carl", 0)},
		"put":        {"PUT", po812, put(7, "carl", 2)},
		"cancelled":  {"POST", po812 + "/cancel", hq.ExpectedCancel{By: "carl", Version: new(uint64)}},
	} {
		p := c.problemOf(0, row.method, row.path, "", row.in)
		if p.Code != contract.CodeChangedSince || p.Version != 1 || !strings.Contains(p.Detail, "beth") || !strings.Contains(asText(t, p.Now), `"qty":6`) {
			t.Errorf("%s: got %+v, want version 1 of beth's, with 6", what, p)
		}
	}
	c.must(200, 0, "PUT", "/v1/expected/po812", "", put(8, "carl", 1), nil) // as it is typed makes no other one of it
	var list hq.ExpectedList
	if c.must(200, 0, "GET", "/v1/expected", "", nil, &list); len(list.Deliveries) != 1 || list.Deliveries[0].Reference != "PO 812" || list.Deliveries[0].Version != 2 {
		t.Errorf("got %+v, want the one delivery, changed", list)
	}
	hull.bringsAs("po  812", 3)
	var one hq.Expected
	if c.must(200, 0, "GET", "/v1/expected/Po%20812", "", nil, &one); one.Lines[0].Came != 3 {
		t.Errorf("got %+v, want 3 come", one)
	}
}
