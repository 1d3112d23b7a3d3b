package hq_test

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// bringsAs has goods come in under a reference as it is typed.
func (s *site) bringsAs(reference string, qty ledger.Qty) {
	s.c.t.Helper()
	if out := s.decide(&ledger.Receive{ID: "d-" + reference, Reference: reference, Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: qty, Bin: ledger.BinDefault}}}); out.Err != nil {
		s.c.t.Fatal(out.Err)
	}
	s.push()
}

// TestANameThatIsNoneIsRefusedWithTheOneThatWasMeant, wherever it stands: it would be of nothing, and nobody would be told.
func TestANameThatIsNoneIsRefusedWithTheOneThatWasMeant(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	why := hq.SignedRequest{Reason: "x"}
	c.must(200, 0, "PUT", "/v1/policy/classes", "", hq.ClassesRequest{ClassList: hq.ClassList{Classes: []hq.ClassRow{{Name: "gold"}, {Name: "trade"}}}, SignedRequest: why}, nil)
	c.must(200, 0, "PUT", po812, "", po(days()(5), 6), nil)
	zone := func(country, site string) any {
		return hq.PolicyZonesRequest{Zones: []hq.PolicyZone{{PolicyArea: hq.PolicyArea{Country: country}, Site: site, Cost: 3}}, SignedRequest: why}
	}
	sites := func(p hq.PolicySite) any { return hq.PolicySitesRequest{Sites: []hq.PolicySite{p}, SignedRequest: why} }
	preset := func(p hq.PolicyPreset) any {
		p.Preset = "nearest"
		return hq.PolicyPresetsRequest{Presets: []hq.PolicyPreset{p}, SignedRequest: why}
	}
	order := orderOf("TAP-22", 1)
	order.Class = "golf"
	for name, row := range map[string]struct {
		method, path string
		in           any
		code         contract.Code
		field, hint  string
	}{
		"a zone's site":        {"PUT", "/v1/policy/zones", zone("GB", "yrok"), contract.CodeUnknownSite, "site", "york"},
		"a zone's country":     {"PUT", "/v1/policy/zones", zone("UK", ""), contract.CodeBadValue, "country", "GB"},
		"a site":               {"PUT", "/v1/policy/sites", sites(hq.PolicySite{Site: "hul"}), contract.CodeUnknownSite, "site", "hull"},
		"no site at all":       {"PUT", "/v1/policy/sites", sites(hq.PolicySite{Site: "constantinople"}), contract.CodeUnknownSite, "site", "hull, leeds, york"},
		"an area's country":    {"PUT", "/v1/policy/sites", sites(hq.PolicySite{Site: "hull", Areas: []hq.PolicyArea{{Country: "Britain"}}}), contract.CodeBadValue, "areas", "GB"},
		"what is not served":   {"PUT", "/v1/policy/sites", sites(hq.PolicySite{Site: "hull", SKUsNot: []string{"SINKS"}}), contract.CodeUnknownSKU, "skus_not", ""},
		"whose are not served": {"PUT", "/v1/policy/sites", sites(hq.PolicySite{Site: "hull", ClassesNot: []string{"trad"}}), contract.CodeBadValue, "classes_not", "trade"},
		"a preset's channel":   {"PUT", "/v1/policy/presets", preset(hq.PolicyPreset{Channel: "wbe"}), contract.CodeBadValue, "channel", "web"},
		"a preset's class":     {"PUT", "/v1/policy/presets", preset(hq.PolicyPreset{Class: "glod"}), contract.CodeBadValue, "class", "gold"},
		"a delivery's site":    {"PUT", "/v1/expected/N", hq.ExpectedRequest{Supplier: "Acme", Site: "yrok", Due: days()(5), Lines: []hq.ExpectedLine{{SKU: "SINK", Qty: 1}}}, contract.CodeUnknownSite, "site", "york"},
		"a thought's goods":    {"POST", po812 + "/what-if", hq.WhatIfRequest{Lines: []hq.ExpectedLine{{SKU: "TAP-2", Qty: 3}}}, contract.CodeUnknownSKU, "lines[0].sku", "TAP-22"},
		"a thought's place":    {"POST", po812 + "/what-if", hq.WhatIfRequest{Site: "lees"}, contract.CodeUnknownSite, "site", "leeds"},
		"late and never":       {"POST", po812 + "/what-if", `{"cancel":true,"days_late":2}`, contract.CodeBadValue, "cancel", "one or the other"},
		"an order's class":     {"POST", "/v1/orders", order, contract.CodeBadValue, "class", "gold"},
		"a rule's site":        {"PUT", "/v1/policy/rules", hq.PolicyRulesRequest{Rules: []hq.PolicyRule{{Kind: "keep_back", Site: "york2", Qty: 1}}, SignedRequest: why}, contract.CodeUnknownSite, "site", "york"},
		"whose demand":         {"GET", "/v1/demand?site=bath", nil, contract.CodeUnknownSite, "", "site list"},
	} {
		key := ""
		if row.path == "/v1/orders" {
			key = "k-" + name
		}
		p := c.problemOf(0, row.method, row.path, key, row.in)
		if p.Status != 400 || p.Code != row.code || p.Field != row.field || p.Detail == "" || !strings.Contains(p.Hint, row.hint) {
			t.Errorf("%s: got %+v, want %s of field %q, with a hint of %q", name, p, row.code, row.field, row.hint)
		}
	}
	order.Class = "trade"
	c.must(201, 0, "POST", "/v1/orders", "ok", order, nil)
}

// TestWhatWasSetBeforeNamesWereLookedAtCanBePutAndEnded: a row that names what is not known any more is no trap.
func TestWhatWasSetBeforeNamesWereLookedAtCanBePutAndEnded(t *testing.T) {
	t.Parallel()
	c := twoWarehouses(t)
	why := hq.SignedRequest{Reason: "x"}
	c.must(200, 0, "PUT", "/v1/policy/presets", "", hq.PolicyPresetsRequest{Presets: []hq.PolicyPreset{{Class: "staff", Preset: "nearest"}}, SignedRequest: why}, nil)
	c.must(200, 0, "PUT", "/v1/policy/sites", "", hq.PolicySitesRequest{Sites: []hq.PolicySite{{Site: "hull", ClassesNot: []string{"old"}}}, SignedRequest: why}, nil)
	c.must(200, 0, "PUT", "/v1/policy/classes", "", hq.ClassesRequest{ClassList: hq.ClassList{Classes: []hq.ClassRow{{Name: "gold"}}}, SignedRequest: why}, nil)
	c.must(200, 0, "PUT", "/v1/policy/sites", "", hq.PolicySitesRequest{Sites: []hq.PolicySite{{Site: "hull", Capacity: 5, ClassesNot: []string{"old"}}}, SignedRequest: why}, nil)
	c.must(200, 0, "PUT", "/v1/policy/presets", "", hq.PolicyPresetsRequest{Presets: []hq.PolicyPreset{{Class: "staff"}, {Class: "nobody"}, {Channel: "fax"}}, SignedRequest: why}, nil)
}

// TestAnOrderIsNeverFromTheFuture: it would wait behind those that were taken after it. A clock that goes a little ahead does no harm, and
// an order that is typed in late keeps its place.
func TestAnOrderIsNeverFromTheFuture(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	take := func(key string, at time.Time) (o contract.Order) {
		t.Helper()
		in := orderOf("TAP-22", 1)
		in.TakenAt = at.UTC().Format(time.RFC3339)
		c.must(201, 0, "POST", "/v1/orders", key, in, &o)
		return o
	}
	now := time.Now()
	if o := take("ahead", now.Add(10*time.Minute)); o.TakenAt > contract.Moment(time.Now().Add(time.Second)) {
		t.Errorf("got taken at %s, want no later than now", o.TakenAt)
	}
	if o := take("late", now.Add(-48*time.Hour)); o.TakenAt > contract.Moment(now.Add(-47*time.Hour)) {
		t.Errorf("got taken at %s, want two days ago", o.TakenAt)
	}
	in := orderOf("TAP-22", 1)
	in.TakenAt = "2099-01-01T00:00:00Z"
	if p := c.problemOf(0, "POST", "/v1/orders", "future", in); p.Status != 400 || p.Field != "taken_at" || p.Hint == "" {
		t.Errorf("got %+v, want taken_at refused, with a way out", p)
	}
	in.TakenAt = ""
	c.must(201, 0, "POST", "/v1/orders", "future", in, nil) // the key is not spent
}

// TestAnOrderThatWasNeededBeforeItWasTakenIsSaidToBeLate, in its answer and where it is explained.
func TestAnOrderThatWasNeededBeforeItWasTakenIsSaidToBeLate(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	inDays := days()
	for by, late := range map[string]bool{inDays(-2): true, inDays(1): false, "": false, time.Now().Add(-time.Hour).Format(time.RFC3339): true} {
		in, o, e := orderOf("TAP-22", 1), contract.Order{}, contract.Explanation{}
		in.NeedBy = by
		c.must(201, 0, "POST", "/v1/orders", "k-"+by, in, &o)
		c.must(200, 0, "GET", "/v1/orders/"+string(o.ID)+"/explain", "", nil, &e)
		if o.Status != ledger.StatusAllocated || o.Late != late || (e.Late != "") != late {
			t.Errorf("needed by %q: got %s, late %t, explained %q; want it taken, and late %t", by, o.Status, o.Late, e.Late, late)
		}
	}
}
