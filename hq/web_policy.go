package hq

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/hq/policy"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// How head office allocates: settings, rules, who changed them, and what is asked for.

// presets are the planner's orders of what is weighed, by name; the first is its own default.
func presets() []string { return office.Presets() }

// Policy is how head office allocates.
type Policy struct {
	Version       uint64 `json:"version" jsonschema:"counts changes; 0 while not every server knows settings"`
	CoverDays     int    `json:"cover_days" jsonschema:"trading days of a cut-off that a counter's advance is to last"`
	ChancePercent int    `json:"chance_percent" jsonschema:"that it does not last"`
	Preset        string `json:"preset" jsonschema:"what weighs most in a plan: fewest_parcels, nearest, protect_shops or clear_old"`
}

// PolicyRequest changes settings: what is left out stays.
type PolicyRequest struct {
	CoverDays     int    `json:"cover_days,omitempty" jsonschema:"1 to 60"`
	ChancePercent int    `json:"chance_percent,omitempty" jsonschema:"1, 2, 5, 10 or 20"`
	Preset        string `json:"preset,omitempty" jsonschema:"fewest_parcels, nearest, protect_shops or clear_old"`
	Seen
	SignedRequest
}

// PolicyRule is a quantity of a SKU at a site that a rule speaks of.
type PolicyRule struct {
	Kind string `json:"kind" jsonschema:"never_below (nobody else is lent what would leave less), keep_back (others serve first where they can), clear_out (so many have lain too long; the preset clear_old takes them first), low_stock (an event tells when less can be promised at a site), reorder_at (a site that has come down to so many is suggested more) or reorder_to (so many)"`
	Site string `json:"site,omitempty" jsonschema:"absent: every site"`
	SKU  string `json:"sku,omitempty" jsonschema:"absent, and no category: every SKU"`
	// Category is that of items.
	Category string `json:"category,omitempty" jsonschema:"each SKU of this category, beside no sku. Of all rules of a kind that match the highest holds"`
	Qty      int64  `json:"qty" jsonschema:"0 ends the rule"`
}

// PolicyRuleRow is a rule with who set it.
type PolicyRuleRow struct {
	PolicyRule
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
	At     string `json:"at"`
}

// PolicyRulesRequest sets rules: each takes the place of the one of its kind, site, SKU and category.
type PolicyRulesRequest struct {
	Rules []PolicyRule `json:"rules"`
	Seen
	SignedRequest
}

// PolicyRuleList is one page of rules, by kind, site and SKU.
type PolicyRuleList struct {
	Version    uint64          `json:"version" jsonschema:"of the settings: to be named where a row is changed"`
	Rules      []PolicyRuleRow `json:"rules"`
	NextCursor string          `json:"next_cursor,omitempty"`
}

// PolicyChange is a setting that somebody changed.
type PolicyChange struct {
	Version  uint64        `json:"version"`
	What     string        `json:"what" jsonschema:"cover_days, chance_percent, preset, the kind of a rule, a term of a site, zone, or preset. with class and channel"`
	Site     ledger.SiteID `json:"site,omitempty"`
	SKU      ledger.SKU    `json:"sku,omitempty"`
	From     string        `json:"from"`
	To       string        `json:"to"`
	By       string        `json:"by"`
	Device   string        `json:"device,omitempty" jsonschema:"that they did it at, where one was shown"`
	Approver string        `json:"approver,omitempty" jsonschema:"who approved it, where a second person did"`
	Reason   string        `json:"reason,omitempty"`
	At       string        `json:"at"`

	Category string `json:"category,omitempty"`
}

// PolicyHistory is one page of changes, newest first.
type PolicyHistory struct {
	Changes    []PolicyChange `json:"changes"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

// DemandRow is how much of a SKU a site is asked for.
type DemandRow struct {
	SKU    ledger.SKU `json:"sku"`
	Orders int64      `json:"orders_a_day_e3" jsonschema:"delivery orders a day, in thousandths"`
	Units  int64      `json:"units_a_day_e3" jsonschema:"units that they want a day, in thousandths"`
}

// DemandList is one page of a site's demand, by SKU.
type DemandList struct {
	Site       ledger.SiteID `json:"site"`
	Demand     []DemandRow   `json:"demand"`
	NextCursor string        `json:"next_cursor,omitempty"`
}

func policyOf(s machine.Settings) Policy {
	p := Policy{Version: s.Version, CoverDays: s.CoverDays, ChancePercent: s.ChancePercent, Preset: s.Preset}
	if p.Preset == "" {
		p.Preset = presets()[0]
	}
	return p
}

func (s *Server) getPolicy(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, policyOf(looked(s, (*machine.Machine).Settings)))
}

// putPolicy changes settings. Done again it changes nothing and makes no history.
func (s *Server) putPolicy(w http.ResponseWriter, r *http.Request) error {
	var in PolicyRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	if in.Preset != "" && !slices.Contains(presets(), in.Preset) {
		return &ledger.FormError{Field: "preset", Why: fmt.Sprintf("is %q; it is one of %s", in.Preset, strings.Join(presets(), ", "))}
	}
	advance := policy.Settings{CoverDays: 1, ChancePercent: in.ChancePercent}
	switch {
	case in.CoverDays < 0 || in.CoverDays > policy.CoverDaysMax:
		return &ledger.FormError{Field: "cover_days", Why: fmt.Sprintf("is not 1 to %d", policy.CoverDaysMax)}
	case in.ChancePercent != 0 && advance.Validate() != nil:
		return &ledger.FormError{Field: "chance_percent", Why: "is not 1, 2, 5, 10 or 20"}
	}
	c := &machine.SetPolicy{CoverDays: in.CoverDays, ChancePercent: in.ChancePercent, Preset: in.Preset, By: in.By, Reason: in.Reason, At: s.now(), Version: in.Version}
	if err := s.setPolicy(r, c); err != nil {
		return since(s, err, func(m *machine.Machine) Policy { return policyOf(m.Settings()) })
	}
	return writeJSON(w, http.StatusOK, policyOf(looked(s, (*machine.Machine).Settings)))
}

// setPolicy has every server change settings, once every server can.
func (s *Server) setPolicy(r *http.Request, c *machine.SetPolicy) error {
	if looked(s, (*machine.Machine).Settings).Version == 0 {
		return errMixed
	}
	if err := s.sees(c.Version); err != nil {
		return err
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	return errors.Join(err, res.Err)
}

func (s *Server) putPolicyRules(w http.ResponseWriter, r *http.Request) error {
	var in PolicyRulesRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := atMost("rules", len(in.Rules), machine.RulesMax); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	c := &machine.SetPolicy{By: in.By, Reason: in.Reason, At: s.now(), Version: in.Version}
	for _, row := range in.Rules {
		rule, err := row.rule()
		if err != nil {
			return err
		}
		if rule.Kind == machine.RuleClearOut && !looked(s, (*machine.Machine).Sourced) {
			return errMixed
		}
		if rule.Kind > machine.RuleLow && !looked(s, (*machine.Machine).Buys) {
			return errMixed
		}
		if rule.Category != "" && !looked(s, (*machine.Machine).ByTerms) {
			return errMixed
		}
		c.Rules = append(c.Rules, rule)
	}
	if err := looked(s, func(m *machine.Machine) error { return namesWhatIs(m, c.Rules) }); err != nil {
		return err
	}
	now := func(m *machine.Machine) PolicyRuleList { return rulesNow(m, c) }
	if err := s.setPolicy(r, c); err != nil {
		return since(s, err, now)
	}
	return writeJSON(w, http.StatusOK, looked(s, now))
}

// rulesNow is the rules that c names, as they are; one that there is none of has 0 units, and is signed by who has ended it.
func rulesNow(m *machine.Machine, c *machine.SetPolicy) PolicyRuleList {
	out := PolicyRuleList{Version: m.Settings().Version, Rules: []PolicyRuleRow{}}
	for _, r := range c.Rules {
		if v, set := m.Rule(r.Kind, r.Site, r.SKU, r.Category); set {
			out.Rules = append(out.Rules, ruleRow(v))
			continue
		}
		r.Qty, r.Set = 0, machine.Signed{By: c.By, Reason: c.Reason, At: c.At}
		out.Rules = append(out.Rules, ruleRow(&r))
	}
	return out
}

func ruleRow(v *machine.Rule) PolicyRuleRow {
	return PolicyRuleRow{By: v.Set.By, Reason: v.Set.Reason, At: contract.Moment(v.Set.At),
		PolicyRule: PolicyRule{Kind: v.Kind.String(), Site: string(v.Site), SKU: string(v.SKU), Category: v.Category, Qty: int64(v.Qty)}}
}

// rule reads a rule from outside.
func (p *PolicyRule) rule() (out machine.Rule, err error) {
	switch p.Kind {
	case machine.RuleNeverBelow.String():
		out.Kind = machine.RuleNeverBelow
	case machine.RuleKeepBack.String():
		out.Kind = machine.RuleKeepBack
	case machine.RuleClearOut.String():
		out.Kind = machine.RuleClearOut
	case machine.RuleLow.String():
		out.Kind = machine.RuleLow
	case machine.RuleReorderAt.String():
		out.Kind = machine.RuleReorderAt
	case machine.RuleReorderTo.String():
		out.Kind = machine.RuleReorderTo
	default:
		return out, &ledger.FormError{Field: "kind", Why: fmt.Sprintf("is %q; it is never_below, keep_back, clear_out, low_stock, reorder_at or reorder_to", p.Kind)}
	}
	if p.Site != "" {
		if out.Site, err = ledger.ParseSite(p.Site); err != nil {
			return out, err
		}
	}
	if p.SKU != "" {
		if out.SKU, err = ledger.ParseSKU(p.SKU); err != nil {
			return out, err
		}
	}
	if out.Category = p.Category; p.Category != "" && p.SKU != "" {
		return out, &ledger.FormError{Field: "category", Why: "stands beside a SKU: a rule is for one or the other"}
	}
	if out.Qty = ledger.Qty(p.Qty); p.Qty < 0 || out.Qty > ledger.QtyMax {
		return out, &ledger.FormError{Field: "qty", Why: fmt.Sprintf("is not 0 to %d", int64(ledger.QtyMax))}
	}
	return out, nil
}

func (s *Server) getPolicyRules(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out := PolicyRuleList{Rules: []PolicyRuleRow{}}
	s.View(func(m *machine.Machine) {
		rules, next := m.Rules(page.After, page.Limit)
		out.Version = m.Settings().Version
		for _, v := range rules {
			out.Rules = append(out.Rules, ruleRow(v))
		}
		if next != "" {
			out.NextCursor = contract.Cursor(next)
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) getPolicyHistory(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	below, err := contract.Below(page.After)
	if err != nil {
		return err
	}
	out := PolicyHistory{Changes: []PolicyChange{}}
	for _, c := range looked(s, func(m *machine.Machine) []*machine.Change { return m.Changes(below, page.Limit+1) }) {
		if len(out.Changes) == page.Limit {
			out.NextCursor = contract.Cursor(strconv.FormatUint(out.Changes[page.Limit-1].Version, 10))
			break
		}
		out.Changes = append(out.Changes, PolicyChange{Version: c.Version, What: c.What, Site: c.Site, SKU: c.SKU, Category: c.Category, From: c.From, To: c.To,
			By: c.Set.By, Device: c.Set.Device, Approver: c.Set.Approver, Reason: c.Set.Reason, At: contract.Moment(c.Set.At)})
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) getDemand(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "cursor", "limit", "site")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	site, err := ledger.ParseSite(q.Get("site"))
	if err != nil && q.Get("site") != string(ledger.HQ) {
		return err
	}
	out := DemandList{Site: ledger.SiteID(q.Get("site")), Demand: []DemandRow{}}
	now, known := s.now(), site == ""
	s.View(func(m *machine.Machine) {
		if !known {
			if _, known = m.Site(site); !known {
				return
			}
		}
		out.demand(m, ledger.SKU(page.After), page.Limit, now)
	})
	if !known {
		return &machine.SiteUnknownError{Site: site}
	}
	return writeJSON(w, http.StatusOK, out)
}

func (l *DemandList) demand(m *machine.Machine, after ledger.SKU, limit int, now time.Time) {
	skus := m.Rated(l.Site, after, limit+1)
	for _, sku := range skus[:min(limit, len(skus))] {
		d := m.DemandFor(l.Site, sku, now)
		l.Demand = append(l.Demand, DemandRow{SKU: sku, Orders: d.Orders, Units: d.Units})
	}
	if len(skus) > limit {
		l.NextCursor = contract.Cursor(string(skus[limit-1]))
	}
}

// allocating says what the document has of the calls of this file.
func allocating() map[string]contract.Route {
	const repeats = " Done again it changes nothing."
	lists := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	sets := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField, contract.CodeNotReady, contract.CodeChangedSince}
	return map[string]contract.Route{
		"GET /v1/policy":         {Query: reads(), Answers: ok("The settings.", Policy{}), Codes: lists},
		"PUT /v1/policy":         {Request: PolicyRequest{}, Answers: ok("The settings from now on. What is left out stays."+repeats, Policy{}), Codes: sets},
		"GET /v1/policy/rules":   {Query: paged(), Answers: ok("The rules by kind, site and SKU. Of those of a kind that match the highest holds.", PolicyRuleList{}), Codes: lists},
		"PUT /v1/policy/rules":   {Request: PolicyRulesRequest{}, Answers: ok("The rules that were set."+repeats, PolicyRuleList{}), Codes: append([]contract.Code{contract.CodeUnknownSite, contract.CodeUnknownSKU}, sets...)},
		"GET /v1/policy/classes": {Query: reads(), Answers: ok("The classes, the most important first.", ClassList{}), Codes: lists},
		"PUT /v1/policy/classes": {Request: ClassesRequest{}, Answers: ok("The classes from now on, the whole list: who waits is served in this order."+repeats, ClassList{}), Codes: append([]contract.Code{contract.CodeUnknownSKU}, sets...)},
		"GET /v1/policy/history": {Query: paged(), Answers: ok("Who changed what, when and why, newest first; the latest 10,000.", PolicyHistory{}), Codes: lists},
		"GET /v1/demand": {Query: paged(text("site", "whose; hq for head office's own orders")), Codes: append([]contract.Code{contract.CodeUnknownSite}, lists...),
			Answers: ok("What delivery orders want, by SKU, averaged over 28 days.", DemandList{})},
	}
}
