package node

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// companyRoutes are the calls about what holds for the whole company. Where there is a head office it is set there, and shown here as this
// site has heard it.
func (s *web) companyRoutes() []route {
	return []route{
		{"GET", "/v1/policy/company", s.company, docCompany},
		{"PUT", "/v1/policy/company", s.putCompany, docPutCompany},
		{"GET", "/v1/policy/checks", s.checks, docChecks},
		{"PUT", "/v1/policy/checks", s.putChecks, docPutChecks},
		{"GET", "/v1/policy/reasons", s.reasons, docReasons},
		{"PUT", "/v1/policy/reasons", s.putReasons, docPutReasons},
		{"GET", "/v1/policy/least-days", s.least, docLeast},
		{"PUT", "/v1/policy/least-days", s.putLeast, docPutLeast},
	}
}

// companyRequest changes what holds for the company where there is no head office.
type companyRequest struct {
	Currency  string              `json:"currency,omitempty" jsonschema:"three capital letters; it can be set once"`
	TimeZones []contract.SiteZone `json:"time_zones,omitempty" jsonschema:"this site's"`
}

// checksRequest sets checks where there is no head office.
type checksRequest struct {
	Checks []contract.Check `json:"checks,omitempty" jsonschema:"each takes the place of the one of its name"`
	End    []string         `json:"end,omitempty" jsonschema:"checks, by name, that are to be no more"`
}

func (s *web) company(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	return s.answerCompany(w)
}

func (s *web) answerCompany(w http.ResponseWriter) error {
	c := s.book.Company()
	out := contract.Company{Currency: c.Currency, TimeZones: []contract.SiteZone{}}
	if c.Zone != "" {
		out.TimeZones = append(out.TimeZones, contract.SiteZone{Site: string(s.cfg.Site), TimeZone: c.Zone})
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *web) checks(w http.ResponseWriter, r *http.Request) error {
	if err := contract.Query(r.URL.Query()); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contract.CheckList{Checks: contract.RenderChecks(s.book.Company().Checks)})
}

// putCompany keeps what holds for a company that is this one site. Done again it changes nothing.
func (s *web) putCompany(w http.ResponseWriter, r *http.Request) error {
	var req companyRequest
	if err := s.alone(w, r, &req); err != nil {
		return err
	}
	if err := s.keepCompany(r, func(c *ledger.Company) error {
		if req.Currency != "" && c.Currency != "" && req.Currency != c.Currency {
			return contract.CurrencySet(c.Currency)
		}
		if req.Currency != "" {
			c.Currency = req.Currency
		}
		for i := range req.TimeZones {
			site, zone, err := req.TimeZones[i].Ledger()
			if err != nil {
				return err
			}
			if site != s.cfg.Site {
				return contract.UnknownSite("time_zones", string(site))
			}
			c.Zone = zone
		}
		return nil
	}); err != nil {
		return err
	}
	return s.answerCompany(w)
}

// putChecks keeps the checks of a company that is this one site. Done again it changes nothing.
func (s *web) putChecks(w http.ResponseWriter, r *http.Request) error {
	var req checksRequest
	if err := s.alone(w, r, &req); err != nil {
		return err
	}
	if err := s.keepCompany(r, func(c *ledger.Company) error {
		list := slices.Clone(c.Checks)
		list = slices.DeleteFunc(list, func(k ledger.Check) bool { return slices.Contains(req.End, k.Name) })
		for i := range req.Checks {
			v, err := req.Checks[i].Ledger()
			if err != nil {
				return err
			}
			at, had := slices.BinarySearchFunc(list, v.Name, func(k ledger.Check, name string) int { return strings.Compare(k.Name, name) })
			if had {
				list[at] = v
			} else {
				list = slices.Insert(list, at, v)
			}
		}
		c.Checks = list
		return nil
	}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contract.CheckList{Checks: contract.RenderChecks(s.book.Company().Checks)})
}

// alone reads the body of a call that only a node without a head office takes.
func (s *web) alone(w http.ResponseWriter, r *http.Request, req any) error {
	if !s.cfg.Standalone {
		return ownedByHQ("This is set at head office.", "Set it there; it arrives here by itself.")
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	return contract.Decode(body, req)
}

// keepCompany changes what is kept of the company, one change at a time, as r's act.
func (n *Node) keepCompany(r *http.Request, change func(*ledger.Company) error) error {
	n.itemsMu.Lock()
	defer n.itemsMu.Unlock()
	c := *n.book.Company()
	if err := change(&c); err != nil {
		return err
	}
	what := changeOfCompany(n.book.Company(), &c)
	if what == "" {
		return nil
	}
	c.Version++
	return n.book.ChangeCompany(n.changing(r, what), c)
}

// changeOfCompany says in a line what becomes of what holds for the company.
func changeOfCompany(old, c *ledger.Company) string {
	same := *c
	if same.Version = old.Version; bytes.Equal(ledger.MarshalCompany(old), ledger.MarshalCompany(&same)) {
		return ""
	}
	var out []string
	if c.Currency != old.Currency {
		out = append(out, "counts in "+c.Currency)
	}
	if c.Zone != old.Zone {
		out = append(out, "time zone "+c.Zone)
	}
	before := contract.RenderChecks(old.Checks)
	for _, k := range contract.RenderChecks(c.Checks) {
		if at := slices.IndexFunc(before, func(o contract.Check) bool { return o.Name == k.Name }); at < 0 || !reflect.DeepEqual(before[at], k) {
			out = append(out, "check "+k.Name)
		}
	}
	for _, k := range old.Checks {
		if !slices.ContainsFunc(c.Checks, func(o ledger.Check) bool { return o.Name == k.Name }) {
			out = append(out, "no check "+k.Name)
		}
	}
	for _, k := range c.Reasons {
		if at, had := ledger.FindReason(old.Reasons, k.Code); !had || old.Reasons[at] != k {
			out = append(out, "reason "+k.Code)
		}
	}
	for _, k := range old.Reasons {
		if _, has := ledger.FindReason(c.Reasons, k.Code); !has {
			out = append(out, "no reason "+k.Code)
		}
	}
	if !slices.Equal(old.Least, c.Least) {
		out = append(out, fmt.Sprintf("%d rules of least days", len(c.Least)))
	}
	return cmp.Or(strings.Join(out, "; "), "other settings")
}

func docCompany() contract.Route {
	return contract.Route{Summary: "Currency and time zone, as this site has heard them", Answers: ok("What holds", contract.Company{}), Codes: listCodes()}
}

func docPutCompany() contract.Route {
	return contract.Route{Summary: "Set the currency, once, and the time zone, where there is no head office", Request: companyRequest{}, Answers: ok("What holds from now on", contract.Company{}),
		Codes: append(writeCodes(), contract.CodeOwnedByHQ, contract.CodeCurrencySet, contract.CodeUnknownSite)}
}

func docChecks() contract.Route {
	return contract.Route{Summary: "The checks that orders are held against here, as this site has heard them", Answers: ok("The checks by name", contract.CheckList{}), Codes: listCodes()}
}

func docPutChecks() contract.Route {
	return contract.Route{Summary: "Say what orders are held against, where there is no head office", Request: checksRequest{}, Answers: ok("All checks from now on", contract.CheckList{}),
		Codes: append(writeCodes(), contract.CodeOwnedByHQ)}
}
