package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/machine"
)

type policyShowCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run prints the settings.
func (c *policyShowCmd) Run(h *house) error {
	var now hq.Policy
	if err := c.call(h, http.MethodGet, "/v1/policy", "", nil, &now); err != nil {
		return fmt.Errorf("show settings: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(now)
	}
	_, err := fmt.Fprintf(h.stdout, "version %d\npreset %s\ncover days %d\nchance %d %%\n", now.Version, now.Preset, now.CoverDays, now.ChancePercent)
	return err
}

type policyHistoryCmd struct {
	access
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// historyPage is how many changes are fetched at a time.
const historyPage = 500

// Run lists the changes that are kept, newest first.
func (c *policyHistoryCmd) Run(h *house) error {
	l := lister[hq.PolicyHistory, hq.PolicyChange]{
		path: "/v1/policy/history", limit: historyPage,
		rows:    func(p *hq.PolicyHistory) *[]hq.PolicyChange { return &p.Changes },
		next:    func(p *hq.PolicyHistory) string { return p.NextCursor },
		columns: "VERSION\tAT\tBY\tDEVICE\tAPPROVED BY\tWHAT\tSITE\tOF\tFROM\tTO\tREASON",
		row: func(w io.Writer, p *hq.PolicyChange) {
			of := or(string(p.SKU), "-")
			if p.Category != "" {
				of = "category " + p.Category
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Version, p.At, p.By, or(p.Device, "-"), or(p.Approver, "-"), p.What, or(string(p.Site), "-"), of, or(p.From, "-"), or(p.To, "-"), p.Reason)
		},
	}
	return l.run(h, &c.access, "changes", c.JSON)
}

type policySetCmd struct {
	access
	policyRuleFlags
	Preset    string  `help:"What weighs most: fewest_parcels, nearest, protect_shops or clear_old." placeholder:"NAME"`
	CoverDays int     `help:"Trading days of a cut-off that a shop's advance is to last, 1 to 60." placeholder:"N"`
	Chance    int     `help:"That it does not last, in percent: 1, 2, 5, 10 or 20." placeholder:"N"`
	Reason    string  `help:"Why; it is kept in the history." placeholder:"TEXT"`
	By        string  `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	Seen      *uint64 `help:"The version of the settings as you saw them (policy show): if somebody has changed the same since, nothing is changed. Default: the one that is there now." placeholder:"N"`
	Preview   bool    `help:"Only say what would be otherwise, and what yesterday's orders would have come to. Nothing is changed."`
	JSON      bool    `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*policySetCmd) Help() string {
	return "What is left out stays as it is. holdfast policy set --never-below york=5 --reason 'the shelf was empty on Saturday' sets one rule; 0 units end it. " +
		"--preview says first what it would come to. Terms of sites, zones, presets of classes and the classes themselves are set over HTTP: PUT /v1/policy/sites, zones, presets, classes."
}

// A policySet is what a set comes to, for programs.
type policySet struct {
	Version uint64                 `json:"version"` // of the settings as they are now
	Changes []policyDiffers        `json:"changes"` // what is otherwise than before, or would be
	Preview *hq.PolicyWhatIfAnswer `json:"preview,omitempty"`
}

// A policyDiffers is one setting that is, or would be, otherwise.
type policyDiffers struct {
	What string `json:"what"`
	Of   string `json:"of,omitempty"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Run sets what is said, or says what it would come to. Run again it changes nothing.
func (c *policySetCmd) Run(h *house) error {
	rules, err := c.rules()
	if err != nil {
		return err
	}
	if c.Preset == "" && c.CoverDays == 0 && c.Chance == 0 && len(rules) == 0 {
		return fmt.Errorf("%w: nothing is said that is to be otherwise: give --preset, --cover-days, --chance, --keep, --never-below, --clear-out or --low", errUsage)
	}
	if c.Reason == "" && !c.Preview {
		return fmt.Errorf("%w: a reason is needed, and is kept: --reason", errUsage)
	}
	var now hq.Policy
	if err := c.call(h, http.MethodGet, "/v1/policy", "", nil, &now); err != nil {
		return fmt.Errorf("look at the settings: %w", err)
	}
	out := policySet{Version: now.Version}
	if out.Changes, err = c.differs(h, &now, rules); err != nil {
		return err
	}
	if c.Preview {
		return c.preview(h, &out, rules)
	}
	if c.Seen == nil {
		c.Seen = &now.Version
	}
	if out.Version, err = c.put(h, now.Version, rules); err != nil {
		return err
	}
	return c.tell(h, &out)
}

// put sends the rules first: they are refused where they name what is none.
func (c *policySetCmd) put(h *house, version uint64, rules []hq.PolicyRule) (uint64, error) {
	seen, signed := hq.Seen{Version: *c.Seen}, hq.SignedRequest{By: signer(c.By), Reason: c.Reason}
	if len(rules) > 0 {
		var set hq.PolicyRuleList
		if err := c.call(h, http.MethodPut, "/v1/policy/rules", "", hq.PolicyRulesRequest{Rules: rules, Seen: seen, SignedRequest: signed}, &set); err != nil {
			return 0, fmt.Errorf("set rules: %w", err)
		}
		version = set.Version
	}
	if c.Preset == "" && c.CoverDays == 0 && c.Chance == 0 {
		return version, nil
	}
	var set hq.Policy
	in := hq.PolicyRequest{CoverDays: c.CoverDays, ChancePercent: c.Chance, Preset: c.Preset, Seen: seen, SignedRequest: signed}
	if err := c.call(h, http.MethodPut, "/v1/policy", "", in, &set); err != nil {
		if len(rules) > 0 {
			return 0, fmt.Errorf("set settings, the rules are set already: %w", err)
		}
		return 0, fmt.Errorf("set settings: %w", err)
	}
	return set.Version, nil
}

// differs lists what is to be otherwise.
func (c *policySetCmd) differs(h *house, now *hq.Policy, rules []hq.PolicyRule) ([]policyDiffers, error) {
	out := []policyDiffers{}
	for _, s := range []policyDiffers{{"preset", "", now.Preset, c.Preset}, {"cover_days", "", strconv.Itoa(now.CoverDays), flagNumber(c.CoverDays)},
		{"chance_percent", "", strconv.Itoa(now.ChancePercent), flagNumber(c.Chance)}} {
		if s.To != "" && s.To != s.From {
			out = append(out, s)
		}
	}
	if len(rules) == 0 {
		return out, nil
	}
	all, err := everyRule(h, &c.access)
	if err != nil {
		return nil, err
	}
	was := map[hq.PolicyRule]int64{}
	for _, r := range all.Rules {
		qty := r.Qty
		r.Qty = 0
		was[r.PolicyRule] = qty
	}
	for _, r := range rules {
		to := r.Qty
		r.Qty = 0
		if from := was[r]; from != to {
			out = append(out, policyDiffers{What: r.Kind, Of: or(r.Site, "every site") + ", " + ruleOf(&r), From: strconv.FormatInt(from, 10), To: strconv.FormatInt(to, 10)})
		}
	}
	return out, nil
}

// flagNumber is a number as it was said; "" where it was not.
func flagNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// preview says what is to be otherwise, and what orders would have come to. How long an advance lasts is no matter of theirs.
func (c *policySetCmd) preview(h *house, out *policySet, rules []hq.PolicyRule) error {
	if c.Preset != "" || len(rules) > 0 {
		in := hq.PolicyWhatIf{Under: hq.WhatIfUnder{Preset: c.Preset, Rules: rules}}
		out.Preview = &hq.PolicyWhatIfAnswer{}
		if err := c.call(h, http.MethodPost, "/v1/policy/what-if", "", in, out.Preview); err != nil {
			return fmt.Errorf("preview: %w", err)
		}
	}
	return c.tell(h, out)
}

func (c *policySetCmd) tell(h *house, out *policySet) error {
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	if len(out.Changes) == 0 {
		fmt.Fprintln(h.stdout, "It is so already.")
	}
	for _, d := range out.Changes {
		of := ""
		if d.Of != "" {
			of = " of " + d.Of
		}
		fmt.Fprintf(h.stdout, "%s%s: %s -> %s\n", d.What, of, d.From, d.To)
	}
	if !c.Preview {
		_, err := fmt.Fprintf(h.stdout, "The settings are at version %d.\n", out.Version)
		return err
	}
	if out.Preview != nil {
		if err := tellWhatIf(h, out.Preview); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(h.stdout, "Nothing is changed.")
	return err
}

// everyRule fetches all rules that stand, page by page, and the version of the settings that the last page is of.
func everyRule(h *house, a *access) (hq.PolicyRuleList, error) {
	all := hq.PolicyRuleList{Rules: []hq.PolicyRuleRow{}}
	for cursor := ""; ; {
		var page hq.PolicyRuleList
		if err := a.call(h, http.MethodGet, "/v1/policy/rules?cursor="+url.QueryEscape(cursor), "", nil, &page); err != nil {
			return all, fmt.Errorf("list rules: %w", err)
		}
		all.Rules, all.Version = append(all.Rules, page.Rules...), page.Version
		if cursor = page.NextCursor; cursor == "" {
			return all, nil
		}
	}
}

// policyRuleFlags are rules as a command line says them.
type policyRuleFlags struct {
	Keep       []string `help:"Units of every article that a site wishes to keep; for one article SITE:SKU=N, for a category SITE/CATEGORY=N." placeholder:"SITE=N"`
	NeverBelow []string `help:"Units that nobody else is lent; for one article SITE:SKU=N, for a category SITE/CATEGORY=N." placeholder:"SITE=N"`
	Low        []string `help:"Units below which an event stock.low tells whoever asked (holdfast webhook add); for one article SITE:SKU=N, for a category SITE/CATEGORY=N. Nothing is planned by it." placeholder:"SITE=N"`
	ReorderAt  []string `help:"Where a site has come down to so many, more is suggested (holdfast reorder); for one article SITE:SKU=N, for a category SITE/CATEGORY=N." placeholder:"SITE=N"`
	ReorderTo  []string `help:"So many are suggested to be there then; for one article SITE:SKU=N, for a category SITE/CATEGORY=N." placeholder:"SITE=N"`
	ClearOut   []string `help:"Units that have lain too long and go first under the preset clear_old; for one article SITE:SKU=N, for a category SITE/CATEGORY=N." placeholder:"SITE=N"`
}

// rules reads them, by kind.
func (f *policyRuleFlags) rules() (out []hq.PolicyRule, err error) {
	for _, of := range []struct {
		kind  machine.RuleKind
		words []string
	}{{machine.RuleNeverBelow, f.NeverBelow}, {machine.RuleKeepBack, f.Keep}, {machine.RuleClearOut, f.ClearOut}, {machine.RuleLow, f.Low},
		{machine.RuleReorderAt, f.ReorderAt}, {machine.RuleReorderTo, f.ReorderTo}} {
		for _, text := range of.words {
			rule, err := readRule(of.kind, text)
			if err != nil {
				return nil, err
			}
			out = append(out, rule)
		}
	}
	return out, nil
}
