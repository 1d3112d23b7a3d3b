package hq

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What holds for the company as a whole: its currency, in which zone its sites' days begin, and the checks of its orders. Who changed what stands in the
// history of settings.

// CompanyRequest changes what holds for the company: what is left out stays.
type CompanyRequest struct {
	Currency  string              `json:"currency,omitempty" jsonschema:"three capital letters; it can be set once"`
	TimeZones []contract.SiteZone `json:"time_zones,omitempty" jsonschema:"each takes the place of the site's; an empty time_zone ends it"`
	Seen
	SignedRequest
}

// ChecksRequest sets checks: each takes the place of the one of its name.
type ChecksRequest struct {
	Checks []contract.Check `json:"checks,omitempty" jsonschema:"together with what is ended at most 200"`
	End    []string         `json:"end,omitempty" jsonschema:"checks, by name, that are to be no more"`
	Seen
	SignedRequest
}

// company is what head office's own orders are held against.
func (s *Server) company() (c *ledger.Company) {
	s.View(func(m *machine.Machine) { c = s.companyIn(m) })
	return c
}

// companyIn is company within a view.
func (s *Server) companyIn(m *machine.Machine) *ledger.Company {
	c := s.house.Load()
	if c == nil || c.Version != m.CompanyVersion() {
		c = m.CompanyFor(ledger.HQ).Settled()
		s.house.Store(c)
	}
	return c
}

func companyOf(m *machine.Machine) contract.Company {
	c := m.Company()
	out := contract.Company{Version: m.Settings().Version, Currency: c.Currency, TimeZones: make([]contract.SiteZone, len(c.Zones))}
	for i, z := range c.Zones {
		out.TimeZones[i] = contract.SiteZone{Site: string(z.Site), TimeZone: z.Zone}
	}
	return out
}

func checksOf(m *machine.Machine) contract.CheckList {
	return contract.CheckList{Version: m.Settings().Version, Checks: contract.RenderChecks(m.Company().Checks)}
}

func (s *Server) getCompany(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, looked(s, companyOf))
}

func (s *Server) getChecks(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, looked(s, checksOf))
}

// putCompany sets the currency, once, and time zones. Done again it changes nothing and makes no history.
func (s *Server) putCompany(w http.ResponseWriter, r *http.Request) error {
	var in CompanyRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := atMost("time_zones", len(in.TimeZones), ledger.SitesListedMax); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	c := &machine.SetCompany{Currency: in.Currency, By: in.By, Reason: in.Reason, At: s.now(), Version: in.Version}
	if in.Currency != "" {
		if err := ledger.CheckCurrency(in.Currency); err != nil {
			return err
		}
		if err := looked(s, func(m *machine.Machine) error {
			if now := m.Company().Currency; now != "" && now != in.Currency {
				return &machine.CurrencySetError{Currency: now}
			}
			return foreignItem(m, in.Currency)
		}); err != nil {
			return err
		}
	}
	for i := range in.TimeZones {
		site, zone, err := in.TimeZones[i].Ledger()
		if err != nil {
			return err
		}
		if !looked(s, func(m *machine.Machine) bool { _, known := m.Site(site); return known }) && site != ledger.HQ {
			return &machine.SiteUnknownError{Site: site}
		}
		c.Zones = append(c.Zones, machine.SiteZone{Site: site, Zone: zone})
	}
	if err := s.setCompany(r, c); err != nil {
		return since(s, err, companyOf)
	}
	return writeJSON(w, http.StatusOK, looked(s, companyOf))
}

// foreignItem refuses a currency that an item is not priced in: nobody could sell it afterwards.
func foreignItem(m *machine.Machine, currency string) error {
	c := ledger.Company{Currency: currency}
	for after := ledger.SKU(""); ; {
		page := m.SearchItems("", after, contract.BulkItemsMax)
		for _, it := range page {
			if err := c.ForeignItem(it); err != nil {
				p := contract.New(contract.CodeBadValue, fmt.Sprintf("Item %s is not priced in %s: give its prices in %s first.", it.SKU, currency, currency))
				p.Field = "currency"
				return p
			}
		}
		if len(page) < contract.BulkItemsMax {
			return nil
		}
		after = page[len(page)-1].SKU
	}
}

// checksSetMax bounds what one request sets and ends: all that there can be, and as many in their place.
const checksSetMax = 2 * ledger.ChecksMax

// putChecks sets checks and ends some. Done again it changes nothing and makes no history.
func (s *Server) putChecks(w http.ResponseWriter, r *http.Request) error {
	var in ChecksRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := in.sign(r); err != nil {
		return err
	}
	if n := len(in.Checks) + len(in.End); n > checksSetMax {
		return &ledger.FormError{Field: "checks", Why: fmt.Sprintf("and those to be ended are %d; one request sets %d at most", n, checksSetMax)}
	}
	c := &machine.SetCompany{Ends: in.End, By: in.By, Reason: in.Reason, At: s.now(), Version: in.Version}
	for i := range in.Checks {
		v, err := in.Checks[i].Ledger()
		if err != nil {
			return err
		}
		c.Checks = append(c.Checks, v)
	}
	var p *contract.Problem
	s.View(func(m *machine.Machine) { p = unknownIn(m, c) })
	if p != nil {
		return p
	}
	if err := s.setCompany(r, c); err != nil {
		return since(s, err, checksOf)
	}
	return writeJSON(w, http.StatusOK, looked(s, checksOf))
}

// unknownIn refuses checks that name a site, an article, a category or another check that there is none of.
func unknownIn(m *machine.Machine, c *machine.SetCompany) *contract.Problem {
	for i := range c.Checks {
		v := &c.Checks[i]
		if _, ok := m.Site(v.Site); v.Site != "" && v.Site != ledger.HQ && !ok {
			return unknownSite(m, "checks."+v.Name+".site", string(v.Site))
		}
		if _, ok := m.Item(v.SKU); v.SKU != "" && !ok {
			return contract.UnknownSKU(v.SKU, 0)
		}
		if v.Category != "" && !m.IsCategory(v.Category) {
			p := contract.New(contract.CodeBadValue, fmt.Sprintf("No item is of the category %q.", v.Category))
			p.Field = "checks." + v.Name + ".category"
			return p
		}
	}
	for _, name := range c.Ends {
		if !slices.ContainsFunc(m.Company().Checks, func(v ledger.Check) bool { return v.Name == name }) {
			p := contract.New(contract.CodeBadValue, fmt.Sprintf("There is no check %q.", name))
			p.Field = "end"
			return p
		}
	}
	return nil
}

// setCompany has every server change what holds for the company, once every server can.
func (s *Server) setCompany(r *http.Request, c *machine.SetCompany) error {
	if !s.knows(machine.CompanyCommands) {
		return errMixed
	}
	res, err := s.Propose(r.Context(), machine.Marshal(c))
	return errors.Join(err, res.Err)
}

func companyDetails() map[string]contract.Route {
	lists := []contract.Code{contract.CodeNoLeader, contract.CodeBadValue, contract.CodeUnknownField}
	sets := append([]contract.Code{contract.CodeNotReady, contract.CodeChangedSince, contract.CodeUnknownSite}, lists...)
	return map[string]contract.Route{
		"GET /v1/policy/company": {Query: reads(), Answers: ok("Currency and time zones.", contract.Company{}), Codes: lists},
		"PUT /v1/policy/company": {Request: CompanyRequest{}, Answers: ok("As it is from now on; sites have it with their next pull. Done again it changes nothing.", contract.Company{}), Codes: append([]contract.Code{contract.CodeCurrencySet}, sets...)},
		"GET /v1/policy/checks":  {Query: reads(), Answers: ok("The checks by name.", contract.CheckList{}), Codes: lists},
		"PUT /v1/policy/checks":  {Request: ChecksRequest{}, Answers: ok("All checks from now on; sites have them with their next pull, and hold orders against them while they are cut off. Done again it changes nothing.", contract.CheckList{}), Codes: append([]contract.Code{contract.CodeUnknownSKU}, sets...)},
	}
}
