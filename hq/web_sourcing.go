package hq

import (
	"cmp"
	"context"
	"errors"
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

// What sites serve of head office's orders and when, what parcels cost, and what weighs most for whom.

// PolicyArea is where orders go to.
type PolicyArea struct {
	Country  string `json:"country"`
	Postcode string `json:"postcode,omitempty" jsonschema:"how the postcodes begin; absent: the whole country"`
}

// PolicySite is what a site serves of head office's orders, and when. What is left out is not restricted.
type PolicySite struct {
	Site         ledger.SiteID `json:"site"`
	LatE6        int64         `json:"lat_e6,omitempty" jsonschema:"where it lies, in millionths of a degree; both 0: not known"`
	LonE6        int64         `json:"lon_e6,omitempty"`
	Group        string        `json:"group,omitempty" jsonschema:"its name in the zone table"`
	Stopped      string        `json:"stopped,omitempty" jsonschema:"why it serves nothing for now"`
	ClosedDays   []string      `json:"closed_days,omitempty" jsonschema:"weekdays on which nobody works: sunday to saturday"`
	Holidays     []string      `json:"holidays,omitempty" jsonschema:"the same by date; days are those of UTC"`
	WaitDays     int           `json:"wait_days,omitempty" jsonschema:"it is given no order that would lie longer until it opens; 0: none on days when it is closed"`
	ShipDays     int           `json:"ship_days,omitempty" jsonschema:"days of work until a parcel has left"`
	TravelDays   int           `json:"travel_days,omitempty" jsonschema:"days that a parcel is under way"`
	Capacity     int           `json:"capacity,omitempty" jsonschema:"parcels that it is given for one day; 0: no limit"`
	NoDeliver    bool          `json:"no_deliver,omitempty" jsonschema:"it sends nothing"`
	NoCollect    bool          `json:"no_collect,omitempty" jsonschema:"it hands nothing over"`
	Areas        []PolicyArea  `json:"areas,omitempty" jsonschema:"to where it sends; absent: everywhere"`
	SKUsNot      []string      `json:"skus_not,omitempty" jsonschema:"what it does not serve"`
	CustomersNot []string      `json:"customers_not,omitempty" jsonschema:"whom it does not serve"`
	ClassesNot   []string      `json:"classes_not,omitempty" jsonschema:"classes of orders that it does not serve"`
}

// PolicySiteRow is what a site serves, with who set it and how much it was given.
type PolicySiteRow struct {
	PolicySite
	WorkDay string `json:"work_day" jsonschema:"the next day when it is open, from today on"`
	Given   int    `json:"given" jsonschema:"parcels that it was given for that day"`
	By      string `json:"by"`
	Reason  string `json:"reason,omitempty"`
	At      string `json:"at"`
}

// PolicySitesRequest sets what sites serve: each takes the place of all that was set of its site.
type PolicySitesRequest struct {
	Sites []PolicySite `json:"sites"`
	Seen
	SignedRequest
}

// PolicySiteList is one page of what sites serve, by site; those of which nothing is set are not among them.
type PolicySiteList struct {
	Left       []SiteLeft      `json:"left,omitempty" jsonschema:"what sites that were put still have of open orders and would not be given any more: it stays there until it is moved, which is tried soon, or has left"`
	Version    uint64          `json:"version" jsonschema:"of the settings: to be named where a row is changed"`
	Sites      []PolicySiteRow `json:"sites"`
	NextCursor string          `json:"next_cursor,omitempty"`
}

// PolicyZone is what a parcel costs to an area, from a site, a group of sites, or everywhere.
type PolicyZone struct {
	PolicyArea
	Site  string `json:"site,omitempty"`
	Group string `json:"group,omitempty"`
	Cost  int64  `json:"cost" jsonschema:"in any unit that all rows share; -1 in a request ends the row, which must be there"`
}

// PolicyZonesRequest sets rows of the zone table.
type PolicyZonesRequest struct {
	Zones []PolicyZone `json:"zones"`
	Seen
	SignedRequest
}

// PolicyZoneList is one page of the zone table, by country, postcode, site and group.
type PolicyZoneList struct {
	Version    uint64       `json:"version" jsonschema:"of the settings: to be named where a row is changed"`
	Zones      []PolicyZone `json:"zones"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// PolicyPreset is what weighs most in plans for a class of orders, a channel, or both.
type PolicyPreset struct {
	Class   string `json:"class,omitempty"`
	Channel string `json:"channel,omitempty"`
	Preset  string `json:"preset" jsonschema:"as in GET /v1/policy; empty in a request: ends it"`
}

// PolicyPresetsRequest sets presets of classes and channels.
type PolicyPresetsRequest struct {
	Presets []PolicyPreset `json:"presets"`
	Seen
	SignedRequest
}

// PolicyPresetList is all presets of classes and channels.
type PolicyPresetList struct {
	Version uint64         `json:"version" jsonschema:"of the settings: to be named where a row is changed"`
	Presets []PolicyPreset `json:"presets"`
}

func weekdayNames() []string {
	return []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
}

// terms reads what a site serves from outside. The machine checks what it means.
func (p *PolicySite) terms() (out machine.Terms, err error) {
	out = machine.Terms{LatE6: p.LatE6, LonE6: p.LonE6, Group: p.Group, Stopped: p.Stopped, WaitDays: p.WaitDays, ShipDays: p.ShipDays, TravelDays: p.TravelDays,
		Capacity: p.Capacity, NoDeliver: p.NoDeliver, NoCollect: p.NoCollect, Customers: p.CustomersNot, Classes: p.ClassesNot}
	if out.Site, err = ledger.ParseSite(string(p.Site)); err != nil {
		return out, err
	}
	for _, day := range p.ClosedDays {
		n := slices.Index(weekdayNames(), strings.ToLower(day))
		if n < 0 {
			return out, &ledger.FormError{Field: "closed_days", Why: fmt.Sprintf("holds %q; they are %s", day, strings.Join(weekdayNames(), ", "))}
		}
		out.Closed |= 1 << n
	}
	for _, date := range p.Holidays {
		day, err := machine.ParseDay(date)
		if err != nil {
			return out, &ledger.FormError{Field: "holidays", Why: fmt.Sprintf("hold %q; a date is 2026-12-25", date)}
		}
		out.Holidays = append(out.Holidays, day)
	}
	for _, a := range p.Areas {
		out.Areas = append(out.Areas, machine.Area{Country: a.Country, Prefix: a.Postcode})
	}
	for _, s := range p.SKUsNot {
		sku, err := ledger.ParseSKU(s)
		if err != nil {
			return out, err
		}
		out.SKUs = append(out.SKUs, sku)
	}
	return out, nil
}

func policySite(t *machine.Terms) PolicySite {
	p := PolicySite{Site: t.Site, LatE6: t.LatE6, LonE6: t.LonE6, Group: t.Group, Stopped: t.Stopped, WaitDays: t.WaitDays, ShipDays: t.ShipDays, TravelDays: t.TravelDays,
		Capacity: t.Capacity, NoDeliver: t.NoDeliver, NoCollect: t.NoCollect, CustomersNot: t.Customers, ClassesNot: t.Classes}
	for n, day := range weekdayNames() {
		if t.Closed&(1<<n) != 0 {
			p.ClosedDays = append(p.ClosedDays, day)
		}
	}
	for _, d := range t.Holidays {
		p.Holidays = append(p.Holidays, d.String())
	}
	for _, a := range t.Areas {
		p.Areas = append(p.Areas, PolicyArea{Country: a.Country, Postcode: a.Prefix})
	}
	for _, s := range t.SKUs {
		p.SKUsNot = append(p.SKUsNot, string(s))
	}
	return p
}

func (z *PolicyZone) zone() machine.Zone {
	return machine.Zone{Area: machine.Area{Country: z.Country, Prefix: z.Postcode}, Site: ledger.SiteID(z.Site), Group: z.Group, Cost: z.Cost}
}

func (p *PolicyPreset) preset() (machine.PresetFor, error) {
	if p.Preset != "" && !slices.Contains(office.Presets(), p.Preset) {
		return machine.PresetFor{}, &ledger.FormError{Field: "preset", Why: fmt.Sprintf("is %q; it is one of %s", p.Preset, strings.Join(office.Presets(), ", "))}
	}
	return machine.PresetFor{Channel: p.Channel, Class: p.Class, Preset: p.Preset}, nil
}

// setSourcing has every server change what is set of sourcing, once every server can.
func (s *Server) setSourcing(ctx context.Context, c *machine.SetSourcing, seen Seen, q *SignedRequest) error {
	if !looked(s, (*machine.Machine).Sourced) {
		return errMixed
	}
	c.By, c.Reason, c.At, c.Version = q.By, q.Reason, s.now(), seen.Version
	if err := errors.Join(s.sees(c.Version), looked(s, func(m *machine.Machine) error { return sourcingNames(m, c) })); err != nil {
		return err
	}
	res, err := s.Propose(ctx, machine.Marshal(c))
	return errors.Join(err, res.Err)
}

func (s *Server) putPolicySites(w http.ResponseWriter, r *http.Request) error {
	var in PolicySitesRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := atMost("sites", len(in.Sites), ledger.SitesListedMax); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	c := &machine.SetSourcing{}
	for i := range in.Sites {
		t, err := in.Sites[i].terms()
		if err != nil {
			return err
		}
		c.Terms = append(c.Terms, t)
	}
	now := func(m *machine.Machine) PolicySiteList {
		out := PolicySiteList{Version: m.Settings().Version, Sites: []PolicySiteRow{}}
		for i := range c.Terms {
			if t := m.TermsOf(c.Terms[i].Site); t != nil {
				out.Sites = append(out.Sites, policySiteRow(m, t, s.now()))
			}
		}
		return out
	}
	lefts := s.leavesAt(c)
	if err := s.setSourcing(r.Context(), c, in.Seen, &in.SignedRequest); err != nil {
		return since(s, err, now)
	}
	out := looked(s, now)
	out.Left = lefts
	if len(lefts) > 0 {
		s.planAgain()
	}
	return writeJSON(w, http.StatusOK, out)
}

func policySiteRow(m *machine.Machine, t *machine.Terms, now time.Time) PolicySiteRow {
	day, _ := t.WorkDay(machine.DayOf(now))
	return PolicySiteRow{PolicySite: policySite(t), WorkDay: day.String(), Given: m.LoadOf(t.Site, day), By: t.Set.By, Reason: t.Set.Reason, At: contract.Moment(t.Set.At)}
}

func (s *Server) getPolicySites(w http.ResponseWriter, r *http.Request) error {
	page, err := pageOf(r)
	if err != nil {
		return err
	}
	out, now := PolicySiteList{Sites: []PolicySiteRow{}}, s.now()
	s.View(func(m *machine.Machine) {
		out.Version = m.Settings().Version
		for _, site := range m.Sites() {
			t := m.TermsOf(site.ID)
			if t == nil || cmp.Compare(string(site.ID), page.After) <= 0 {
				continue
			}
			if len(out.Sites) == page.Limit {
				out.NextCursor = contract.Cursor(string(out.Sites[page.Limit-1].Site))
				return
			}
			out.Sites = append(out.Sites, policySiteRow(m, t, now))
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func pageOf(r *http.Request) (contract.Page, error) {
	q, err := query(r, "cursor", "limit")
	if err != nil {
		return contract.Page{}, err
	}
	return contract.ReadPage(q)
}

// zonesEnd refuses rows that are to end and are not there: what was meant stands on.
func zonesEnd(m *machine.Machine, zones []machine.Zone) error {
	for _, z := range zones {
		if _, there := m.Zone(z); z.Cost == -1 && !there {
			return &ledger.FormError{Field: "cost", Why: fmt.Sprintf("is -1, which ends a row, and there is no row of country %q, postcode %q, site %q and group %q: look among those that there are", z.Country, z.Prefix, z.Site, z.Group)}
		}
	}
	return nil
}

func (s *Server) putPolicyZones(w http.ResponseWriter, r *http.Request) error {
	var in PolicyZonesRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := atMost("zones", len(in.Zones), machine.ZonesMax); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	c := &machine.SetSourcing{}
	for i := range in.Zones {
		c.Zones = append(c.Zones, in.Zones[i].zone())
	}
	if err := looked(s, func(m *machine.Machine) error { return zonesEnd(m, c.Zones) }); err != nil {
		return err
	}
	if err := s.setSourcing(r.Context(), c, in.Seen, &in.SignedRequest); err != nil {
		return since(s, err, func(m *machine.Machine) PolicyZoneList {
			out := PolicyZoneList{Version: m.Settings().Version, Zones: []PolicyZone{}}
			for _, z := range c.Zones {
				if v, set := m.Zone(z); set {
					out.Zones = append(out.Zones, policyZone(v))
				}
			}
			return out
		})
	}
	return writeJSON(w, http.StatusOK, PolicyZoneList{Version: looked(s, (*machine.Machine).Settings).Version, Zones: append([]PolicyZone{}, in.Zones...)})
}

func policyZone(z *machine.Zone) PolicyZone {
	return PolicyZone{PolicyArea: PolicyArea{Country: z.Country, Postcode: z.Prefix}, Site: string(z.Site), Group: z.Group, Cost: z.Cost}
}

func (s *Server) getPolicyZones(w http.ResponseWriter, r *http.Request) error {
	page, err := pageOf(r)
	if err != nil {
		return err
	}
	out := PolicyZoneList{Zones: []PolicyZone{}}
	s.View(func(m *machine.Machine) {
		zones, next := m.Zones(page.After, page.Limit)
		out.Version = m.Settings().Version
		for _, z := range zones {
			out.Zones = append(out.Zones, policyZone(z))
		}
		if next != "" {
			out.NextCursor = contract.Cursor(next)
		}
	})
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) putPolicyPresets(w http.ResponseWriter, r *http.Request) error {
	var in PolicyPresetsRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := atMost("presets", len(in.Presets), machine.PresetsMax); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	c := &machine.SetSourcing{}
	for i := range in.Presets {
		p, err := in.Presets[i].preset()
		if err != nil {
			return err
		}
		c.Presets = append(c.Presets, p)
	}
	if err := s.setSourcing(r.Context(), c, in.Seen, &in.SignedRequest); err != nil {
		return since(s, err, policyPresets)
	}
	return writeJSON(w, http.StatusOK, looked(s, policyPresets))
}

func (s *Server) getPolicyPresets(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, looked(s, policyPresets))
}

func policyPresets(m *machine.Machine) PolicyPresetList {
	out := PolicyPresetList{Version: m.Settings().Version, Presets: []PolicyPreset{}}
	for _, p := range m.Presets() {
		out.Presets = append(out.Presets, PolicyPreset{Class: p.Class, Channel: p.Channel, Preset: p.Preset})
	}
	return out
}

// sourcingRoutes says what the document has of the calls of this file.
func sourcingRoutes() map[string]contract.Route {
	const repeats = " Done again it changes nothing."
	lists := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	sets := append([]contract.Code{contract.CodeNotReady, contract.CodeChangedSince}, lists...)
	known := append([]contract.Code{contract.CodeUnknownSite, contract.CodeUnknownSKU}, sets...)
	return map[string]contract.Route{
		"POST /v1/policy/what-if": whatIfRoute(),
		"GET /v1/policy/sites":    {Query: paged(), Answers: ok("What sites serve, by site; those of which nothing is set are not among them.", PolicySiteList{}), Codes: lists},
		"PUT /v1/policy/sites":    {Request: PolicySitesRequest{}, Answers: ok("What the sites serve from now on: each takes the place of all that was set of its site, and one with nothing but its name ends it."+repeats, PolicySiteList{}), Codes: known},
		"GET /v1/policy/zones":    {Query: paged(), Answers: ok("The zone table. Of the rows that match an address the longest postcode counts, then the site before its group before everywhere; where no row names the country, the distance in metres does.", PolicyZoneList{}), Codes: lists},
		"PUT /v1/policy/zones":    {Request: PolicyZonesRequest{}, Answers: ok("The rows that were set."+repeats, PolicyZoneList{}), Codes: known},
		"GET /v1/policy/presets": {Query: reads(), Answers: ok("What weighs most for classes and channels. Of an order that has both, class and channel together count first, then its class, then its channel, then GET /v1/policy.", PolicyPresetList{}),
			Codes: lists},
		"PUT /v1/policy/presets": {Request: PolicyPresetsRequest{}, Answers: ok("All that are set from now on."+repeats, PolicyPresetList{}), Codes: sets},
	}
}
