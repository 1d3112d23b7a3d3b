package hq

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	whatIfsMax     = 1   // answered at one time: each is as much planning as a minute's orders
	whatIfOrders   = 500 // looked at by default
	whatIfShown    = 100 // orders that differ, and sites, in one answer
	whatIfWindow   = 24 * time.Hour
	metresAKM      = 1000
	wordsSitesMost = 3
)

// WhatIfUnder is what would be otherwise. What is left out is as it is set.
type WhatIfUnder struct {
	Preset  string         `json:"preset,omitempty" jsonschema:"what weighs most, of all orders of which no class or channel says otherwise"`
	Presets []PolicyPreset `json:"presets,omitempty"`
	Rules   []PolicyRule   `json:"rules,omitempty" jsonschema:"keep_back, never_below, clear_out; each in place of the one of its kind, site, SKU and category"`
	Sites   []PolicySite   `json:"sites,omitempty" jsonschema:"each in place of all that is set of its site"`
	Zones   []PolicyZone   `json:"zones,omitempty"`
	Closed  []string       `json:"closed,omitempty" jsonschema:"sites that serve nothing"`
}

// PolicyWhatIf asks what orders would come to under other settings. It changes nothing.
type PolicyWhatIf struct {
	Orders []string    `json:"orders,omitempty" jsonschema:"these, at most 1000; absent: those of a window"`
	From   string      `json:"from,omitempty" jsonschema:"taken since; default a day ago"`
	To     string      `json:"to,omitempty" jsonschema:"taken before; default now"`
	Limit  int         `json:"limit,omitempty" jsonschema:"of a window the latest so many, 1 to 1000; default 500"`
	Under  WhatIfUnder `json:"under"`
}

// WhatIfSum is what plans for the orders come to.
type WhatIfSum struct {
	Served        int64 `json:"orders_served" jsonschema:"of which something is served"`
	Refused       int64 `json:"orders_refused" jsonschema:"that are served as a whole or not at all, and are not"`
	Short         int64 `json:"orders_short" jsonschema:"others of which something is missing"`
	ShortUnits    int64 `json:"units_short"`
	Units         int64 `json:"units"`
	Parcels       int64 `json:"parcels"`
	Metres        int64 `json:"metres" jsonschema:"of all parcels to addresses of which the zone table says nothing, where their way is known"`
	ZoneCost      int64 `json:"zone_cost" jsonschema:"of all other parcels, by the zone table, in its unit"`
	Distance      int64 `json:"distance" jsonschema:"metres and zone_cost in one sum, as it was told before they were told apart"`
	Unplaced      int64 `json:"parcels_unplaced" jsonschema:"parcels whose way is not known"`
	LateLines     int64 `json:"late_lines" jsonschema:"lines of which something is not there by need_by"`
	BorrowedUnits int64 `json:"borrowed_units" jsonschema:"units that shops would have to lend"`
	BelowKeepBack int64 `json:"below_keep_back" jsonschema:"units that sites wish to keep"`
	Unproved      int64 `json:"unproved" jsonschema:"plans to which there may be a better one"`
}

// WhatIfSite is what one site serves, before and after.
type WhatIfSite struct {
	Site    ledger.SiteID `json:"site"`
	Before  WhatIfServes  `json:"before"`
	After   WhatIfServes  `json:"after"`
	Changed WhatIfServes  `json:"difference"`
}

// WhatIfServes is how much a site serves.
type WhatIfServes struct {
	Parcels int64 `json:"parcels"`
	Units   int64 `json:"units"`
}

// WhatIfPlan is how one order is served.
type WhatIfPlan struct {
	Sites      []ledger.SiteID `json:"sites" jsonschema:"none: it is not served"`
	ShortUnits int64           `json:"units_short"`
	LateLines  int64           `json:"late_lines"`
	Metres     int64           `json:"metres" jsonschema:"0 where the zone table speaks of the address"`
	ZoneCost   int64           `json:"zone_cost" jsonschema:"0 where it does not"`
	Distance   int64           `json:"distance" jsonschema:"the one or the other"`
}

// WhatIfOrder is an order that would be served otherwise.
type WhatIfOrder struct {
	ID     ledger.OrderID `json:"id"`
	Number string         `json:"number"`
	Before WhatIfPlan     `json:"before"`
	After  WhatIfPlan     `json:"after"`
}

// PolicyWhatIfAnswer is the same orders sourced under the settings as they are, and under others.
type PolicyWhatIfAnswer struct {
	Words      string        `json:"words" jsonschema:"what would change, for people"`
	Orders     int           `json:"orders" jsonschema:"that were sourced again"`
	LeftOut    int           `json:"left_out" jsonschema:"that were asked for, and are more than one answer looks at"`
	More       bool          `json:"more" jsonschema:"the window has more orders than limit"`
	Before     WhatIfSum     `json:"before"`
	After      WhatIfSum     `json:"after"`
	Difference WhatIfSum     `json:"difference" jsonschema:"after less before"`
	Sites      []WhatIfSite  `json:"sites" jsonschema:"that would serve more or less, those that differ most first; at most 100"`
	Changed    int           `json:"orders_changed"`
	Changes    []WhatIfOrder `json:"changes" jsonschema:"the first 100 of them"`
	Apart      []WhatIfApart `json:"limits_apart" jsonschema:"empty: every limit of a class plays its part"`
	AllApart   int           `json:"limits_apart_count" jsonschema:"0"`
	Limits     []WhatIfLimit `json:"limits" jsonschema:"limits of classes that let some of these orders have less than they wanted, before or after; at most 100"`
	AllLimits  int           `json:"limits_count"`
}

// WhatIfLimit is a limit of a class that some orders met.
type WhatIfLimit struct {
	Class  string     `json:"class"`
	Kind   string     `json:"kind" jsonschema:"cap_day, cap_share or minimum"`
	SKU    ledger.SKU `json:"sku"`
	Qty    ledger.Qty `json:"qty"`
	Before int        `json:"orders_before" jsonschema:"orders that it let have less, under the settings as they are"`
	After  int        `json:"orders_after" jsonschema:"and under those asked about"`
}

// WhatIfApart is a limit of a class that an answer did not look at. Answers of today look at all.
type WhatIfApart struct {
	Class  string     `json:"class"`
	Kind   string     `json:"kind" jsonschema:"cap_day, cap_share or minimum"`
	SKU    ledger.SKU `json:"sku"`
	Qty    ledger.Qty `json:"qty"`
	Orders int        `json:"orders" jsonschema:"that it might leave less"`
}

// postPolicyWhatIf sources orders again on a copy. It is answered by whichever server is asked with read=local, and changes nothing.
func (s *Server) postPolicyWhatIf(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in PolicyWhatIf
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	q, err := in.question(s.now())
	if err != nil {
		return err
	}
	if !looked(s, (*machine.Machine).Sourced) {
		return errMixed
	}
	if err := looked(s, func(m *machine.Machine) error { return questionNames(m, &q) }); err != nil {
		return err
	}
	select {
	case s.whatIfs <- struct{}{}:
		defer func() { <-s.whatIfs }()
	default:
		s.metrics.refused.WithLabelValues("what_ifs").Inc()
		return errFull
	}
	reply, err := office.WhatIf(r.Context(), s, q)
	if err != nil {
		return fmt.Errorf("what if: %w", err)
	}
	return writeJSON(w, http.StatusOK, policyWhatIfAnswer(reply))
}

// questionNames says whether all that a question names is known.
func questionNames(m *machine.Machine, q *office.Question) error {
	for _, site := range q.Closed {
		if err := siteKnown(m, "closed", string(site)); err != nil {
			return err
		}
	}
	return cmp.Or(namesWhatIs(m, q.Policy.Rules), sourcingNames(m, &q.Set))
}

// question reads what is asked from outside. What the settings mean the copy checks, as head office would.
func (in *PolicyWhatIf) question(now time.Time) (q office.Question, err error) {
	if len(in.Orders) > office.WhatIfOrdersMax {
		return q, &ledger.FormError{Field: "orders", Why: fmt.Sprintf("are more than %d", office.WhatIfOrdersMax)}
	}
	for _, id := range in.Orders {
		order, err := ledger.ParseOrderID(id)
		if err != nil {
			return q, err
		}
		q.IDs = append(q.IDs, order)
	}
	q.Limit = cmp.Or(in.Limit, whatIfOrders)
	if q.Limit < 1 || q.Limit > office.WhatIfOrdersMax {
		return q, &ledger.FormError{Field: "limit", Why: fmt.Sprintf("is not 1 to %d", office.WhatIfOrdersMax)}
	}
	if q.From, err = contract.Since("from", in.From); err != nil {
		return q, err
	}
	if q.To, err = contract.Since("to", in.To); err != nil {
		return q, err
	}
	if in.To == "" {
		q.To = now.Add(time.Millisecond) // moments are whole milliseconds: what was taken in this one counts
	}
	if in.From == "" {
		q.From = q.To.Add(-whatIfWindow)
	}
	return q, in.Under.read(&q)
}

func (u *WhatIfUnder) read(q *office.Question) error {
	if u.Preset == "" && len(u.Presets)+len(u.Rules)+len(u.Sites)+len(u.Zones)+len(u.Closed) == 0 {
		return &ledger.FormError{Field: "under", Why: "is empty: nothing would be otherwise"}
	}
	if u.Preset != "" && !slices.Contains(office.Presets(), u.Preset) {
		return &ledger.FormError{Field: "preset", Why: fmt.Sprintf("is %q; it is one of %s", u.Preset, strings.Join(office.Presets(), ", "))}
	}
	q.Policy.Preset = u.Preset
	for i := range u.Presets {
		p, err := u.Presets[i].preset()
		if err != nil {
			return err
		}
		q.Set.Presets = append(q.Set.Presets, p)
	}
	for i := range u.Rules {
		rule, err := u.Rules[i].rule()
		if err != nil {
			return err
		}
		q.Policy.Rules = append(q.Policy.Rules, rule)
	}
	for i := range u.Sites {
		t, err := u.Sites[i].terms()
		if err != nil {
			return err
		}
		q.Set.Terms = append(q.Set.Terms, t)
	}
	for i := range u.Zones {
		q.Set.Zones = append(q.Set.Zones, u.Zones[i].zone())
	}
	for _, name := range u.Closed {
		site, err := ledger.ParseSite(name)
		if err != nil {
			return err
		}
		q.Closed = append(q.Closed, site)
	}
	return nil
}

func policyWhatIfAnswer(r *office.Reply) PolicyWhatIfAnswer {
	a := PolicyWhatIfAnswer{Orders: r.Orders, LeftOut: r.LeftOut, More: r.More, Before: whatIfSum(&r.Before), After: whatIfSum(&r.After), Sites: []WhatIfSite{}, Changed: len(r.Differ), Changes: []WhatIfOrder{}}
	a.Difference = WhatIfSum{Served: a.After.Served - a.Before.Served, Refused: a.After.Refused - a.Before.Refused, Short: a.After.Short - a.Before.Short,
		ShortUnits: a.After.ShortUnits - a.Before.ShortUnits, Units: a.After.Units - a.Before.Units, Parcels: a.After.Parcels - a.Before.Parcels,
		Metres: a.After.Metres - a.Before.Metres, ZoneCost: a.After.ZoneCost - a.Before.ZoneCost, Distance: a.After.Distance - a.Before.Distance, Unplaced: a.After.Unplaced - a.Before.Unplaced, LateLines: a.After.LateLines - a.Before.LateLines,
		BorrowedUnits: a.After.BorrowedUnits - a.Before.BorrowedUnits, BelowKeepBack: a.After.BelowKeepBack - a.Before.BelowKeepBack, Unproved: a.After.Unproved - a.Before.Unproved}
	a.Sites = whatIfSites(r)
	for i := range r.Differ[:min(len(r.Differ), whatIfShown)] {
		d := &r.Differ[i]
		a.Changes = append(a.Changes, WhatIfOrder{ID: d.Order, Number: d.Number, Before: whatIfPlan(&d.Before), After: whatIfPlan(&d.After)})
	}
	a.Apart, a.AllLimits, a.Limits = []WhatIfApart{}, len(r.Met), []WhatIfLimit{}
	for _, l := range r.Met[:min(len(r.Met), whatIfShown)] {
		a.Limits = append(a.Limits, WhatIfLimit{Class: l.Class, Kind: l.Kind.String(), SKU: l.SKU, Qty: l.Qty, Before: l.Before, After: l.After})
	}
	a.Words = a.words()
	return a
}

func whatIfSum(s *office.Sum) WhatIfSum {
	return WhatIfSum{Served: int64(s.Served), Refused: int64(s.Refused), Short: int64(s.Short), ShortUnits: s.ShortOf, Units: s.Units, Parcels: s.Parcels, Metres: s.Metres, ZoneCost: s.ZoneCost, Distance: s.Metres + s.ZoneCost,
		Unplaced: s.Unplaced, LateLines: s.LateLines, BorrowedUnits: s.Borrowed, BelowKeepBack: s.BelowKeep, Unproved: int64(s.Unproved)}
}

func whatIfPlan(p *office.Sourced) WhatIfPlan {
	return WhatIfPlan{Sites: sites(p.Sites), ShortUnits: p.ShortOf, LateLines: p.Late, Metres: p.Metres, ZoneCost: p.ZoneCost, Distance: p.Metres + p.ZoneCost}
}

// whatIfSites lists the sites that would serve more or less, those that differ most first.
func whatIfSites(r *office.Reply) []WhatIfSite {
	out := []WhatIfSite{}
	add := func(id ledger.SiteID) {
		b, a := WhatIfServes(r.SitesBefore[id]), WhatIfServes(r.SitesAfter[id])
		if a != b {
			out = append(out, WhatIfSite{Site: id, Before: b, After: a, Changed: WhatIfServes{Parcels: a.Parcels - b.Parcels, Units: a.Units - b.Units}})
		}
	}
	for id := range r.SitesBefore {
		add(id)
	}
	for id := range r.SitesAfter {
		if _, known := r.SitesBefore[id]; !known {
			add(id)
		}
	}
	slices.SortFunc(out, func(a, b WhatIfSite) int {
		return cmp.Or(cmp.Compare(max(b.Changed.Units, -b.Changed.Units), max(a.Changed.Units, -a.Changed.Units)), strings.Compare(string(a.Site), string(b.Site)))
	})
	return out[:min(len(out), whatIfShown)]
}

// words says what would change, as a stock controller asks for it.
func (a *PolicyWhatIfAnswer) words() string {
	if a.Orders == 0 {
		return "There are no such orders."
	}
	so := fmt.Sprintf("Of %d orders %d would be served otherwise", a.Orders, a.Changed)
	d := &a.Difference
	for _, n := range []struct {
		by   int64
		what string
		from int64
	}{{d.Parcels, "parcels", a.Before.Parcels}, {d.LateLines, "late lines", a.Before.LateLines}, {d.Refused, "orders refused", a.Before.Refused},
		{d.Short, "orders short", a.Before.Short}, {d.BorrowedUnits, "units lent by shops", a.Before.BorrowedUnits}} {
		if n.by != 0 {
			so += fmt.Sprintf("; %s %+d (from %d)", n.what, n.by, n.from)
		}
	}
	if km := d.Metres / metresAKM; km != 0 {
		so += fmt.Sprintf("; distance %+d km", km)
	}
	if d.ZoneCost != 0 {
		so += fmt.Sprintf("; cost by the zone table %+d (from %d)", d.ZoneCost, a.Before.ZoneCost)
	}
	for _, site := range a.Sites[:min(len(a.Sites), wordsSitesMost)] {
		so += fmt.Sprintf("; %s %+d units", site.Site, site.Changed.Units)
	}
	return so + "." + a.wordsOfLimits()
}

// wordsOfLimits names the limits that let orders have less.
func (a *PolicyWhatIfAnswer) wordsOfLimits() string {
	if a.AllLimits == 0 {
		return ""
	}
	so := " Limits of classes let some of these orders have less"
	for i, l := range a.Limits[:min(len(a.Limits), wordsSitesMost)] {
		so += fmt.Sprintf("%s %s %s %d of %s (%d orders now, %d then)", [...]string{":", ",", ","}[i], l.Class, l.Kind, l.Qty, l.SKU, l.Before, l.After)
	}
	if n := a.AllLimits - wordsSitesMost; n > 0 {
		so += fmt.Sprintf(", and %d more", n)
	}
	return so + "."
}

// whatIfRoute says what the document has of the call.
func whatIfRoute() contract.Route {
	return contract.Route{Query: reads(), Request: PolicyWhatIf{}, Codes: []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField, contract.CodeUnknownSite, contract.CodeUnknownSKU, contract.CodeNotFound, contract.CodeNotReady, contract.CodeBusy},
		Answers: ok("The same orders sourced again on a copy of the state, under the settings as they are and under those asked about. What the orders took is there again, each is taken at its own time, every site answers, and nothing is changed. Limits of classes leave each order what they would have on the day it was taken, and those that let one have less are named, in words too. What a class got of other orders on an earlier day than the latest is not known any more. Orders that were refused are not known any more and not among them. One is answered at a time, on a server; busy says that another one is.", PolicyWhatIfAnswer{})}
}
