package machine

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// SetCompany changes what holds for the company as a whole. What is left out stays as it is. A zone takes the place of the site's, and one
// without a name ends it; a check takes the place of the one of its name.
type SetCompany struct {
	Currency string
	Zones    []SiteZone
	Checks   []ledger.Check
	Ends     []string // checks, by name, that are to be no more
	By       string
	Reason   string
	At       time.Time
	Version  uint64          // of the settings as By has seen them; 0: not said
	Recalls  []ledger.Recall // each takes the place of the one of its lot. Number, By and At play no part
}

// A SiteZone says in which time zone a site's days begin. Site may be head office.
type SiteZone struct {
	Site ledger.SiteID
	Zone string
}

// A Company is what is set of the company: one record, which is in the state once anything was set.
type Company struct {
	Currency string
	Zones    []SiteZone      // by site
	Checks   []ledger.Check  // by name
	Recalls  []ledger.Recall // by article and lot
	Reasons  []ledger.Reason // by code
	Least    []ledger.LeastRule
}

// CompanyCommands is what Build.Commands has to be of every server before a SetCompany is given.
const CompanyCommands = int(kindCompany)

func (*SetCompany) kind() kind { return kindCompany }

// companyKey is the place of the one record.
const companyKey companyName = "company"

type companyName string

// What a change of the history is of.
const (
	changeCurrency = "currency"
	changeZone     = "time_zone"
	changeCheck    = "check."  // and its name
	changeRecall   = "recall." // and article/lot
)

// CurrencySetError says that the company counts in a currency already.
type CurrencySetError struct{ Currency string }

func (e *CurrencySetError) Error() string { return "the company counts in " + e.Currency }

func (m *Machine) setCompany(c *SetCompany) Result {
	err := m.atomically(func() error {
		if err := c.check(); err != nil {
			return err
		}
		now := m.edited()
		signed, sight := m.signed(c.By, c.Reason, c.At), m.sightOf(c.Version)
		change := func(what string, site ledger.SiteID, from, to string) error {
			if from == to {
				return nil
			}
			return m.changedBy(&sight, Change{What: what, Site: site, From: from, To: to, Set: signed})
		}
		if c.Currency != "" && c.Currency != now.Currency {
			if now.Currency != "" {
				return &CurrencySetError{Currency: now.Currency}
			}
			if err := change(changeCurrency, "", "", c.Currency); err != nil {
				return err
			}
			now.Currency = c.Currency
		}
		for _, z := range c.Zones {
			if err := change(changeZone, z.Site, now.ZoneOf(z.Site), z.Zone); err != nil {
				return err
			}
			now.setZone(z)
		}
		for _, v := range c.Checks {
			if err := change(changeCheck+v.Name, "", now.checkText(v.Name), TextOfCheck(&v)); err != nil {
				return err
			}
			now.setCheck(v)
		}
		for _, name := range c.Ends {
			if err := change(changeCheck+name, "", now.checkText(name), ""); err != nil {
				return err
			}
			now.Checks = slices.DeleteFunc(now.Checks, func(v ledger.Check) bool { return v.Name == name })
		}
		for _, v := range c.Recalls {
			from := now.recallText(v.SKU, v.Lot)
			if to := textOfRecall(&v); to != from {
				if err := change(fmt.Sprintf("%s%s/%s", changeRecall, v.SKU, v.Lot), "", from, to); err != nil {
					return err
				}
				v.Number, v.By, v.At = m.counters.Settings.Version, c.By, c.At
				now.setRecall(v)
			}
		}
		if err := errors.Join(ledger.CheckChecks(now.Checks), ledger.CheckRecalls(now.Recalls)); err != nil {
			return err
		}
		m.company.put(companyKey, now)
		return nil
	})
	if err == nil {
		m.wake = append(m.wake, m.derived.sites...) // checks are to hold everywhere soon
	}
	return Result{Err: err, Version: m.counters.Settings.Version}
}

func (c *SetCompany) check() error {
	if c.By == "" {
		return &ledger.FormError{Field: "by", Why: "is empty: a setting is changed by somebody"}
	}
	if c.Currency != "" {
		if err := ledger.CheckCurrency(c.Currency); err != nil {
			return err
		}
	}
	if len(c.Zones) > ledger.SitesListedMax || len(c.Checks)+len(c.Ends) > 2*ledger.ChecksMax {
		return &ledger.FormError{Field: "checks", Why: "or time zones are more than one request can set"}
	}
	for _, z := range c.Zones {
		if _, err := ledger.ParseSite(string(z.Site)); err != nil && z.Site != ledger.HQ {
			return err
		}
		if err := (&ledger.Company{Zone: z.Zone}).Check(); err != nil {
			return err
		}
	}
	for i := range c.Checks {
		if err := c.Checks[i].Check(); err != nil {
			return err
		}
	}
	if len(c.Recalls) > ledger.RecallsMax {
		return &ledger.FormError{Field: "recalls", Why: "are more than one request can set"}
	}
	for i := range c.Recalls {
		if err := c.Recalls[i].Check(); err != nil {
			return err
		}
	}
	return nil
}

// edited gives a copy of the record, or a new one.
func (m *Machine) edited() *Company {
	old, ok := m.company.get(companyKey)
	if !ok {
		return &Company{}
	}
	return &Company{Currency: old.Currency, Zones: slices.Clone(old.Zones), Checks: slices.Clone(old.Checks), Recalls: slices.Clone(old.Recalls), Reasons: slices.Clone(old.Reasons), Least: slices.Clone(old.Least)}
}

// ZoneOf is in which zone a site's days begin; "" for UTC.
func (c *Company) ZoneOf(site ledger.SiteID) string {
	if i, ok := c.zoneAt(site); ok {
		return c.Zones[i].Zone
	}
	return ""
}

func (c *Company) zoneAt(site ledger.SiteID) (int, bool) {
	return slices.BinarySearchFunc(c.Zones, site, func(z SiteZone, site ledger.SiteID) int { return strings.Compare(string(z.Site), string(site)) })
}

func (c *Company) setZone(z SiteZone) {
	i, ok := c.zoneAt(z.Site)
	switch {
	case ok && z.Zone == "":
		c.Zones = slices.Delete(c.Zones, i, i+1)
	case ok:
		c.Zones[i] = z
	case z.Zone != "":
		c.Zones = slices.Insert(c.Zones, i, z)
	}
}

func (c *Company) checkAt(name string) (int, bool) {
	return slices.BinarySearchFunc(c.Checks, name, func(v ledger.Check, name string) int { return strings.Compare(v.Name, name) })
}

func (c *Company) setCheck(v ledger.Check) {
	if i, ok := c.checkAt(v.Name); ok {
		c.Checks[i] = v
	} else {
		c.Checks = slices.Insert(c.Checks, i, v)
	}
}

func (c *Company) checkText(name string) string {
	if i, ok := c.checkAt(name); ok {
		return TextOfCheck(&c.Checks[i])
	}
	return ""
}

// TextOfCheck says a check in a line, for the history.
func TextOfCheck(c *ledger.Check) string {
	words := []string{c.Kind.String()}
	if c.Limit != 0 {
		words = append(words, fmt.Sprintf("above %d", c.Limit))
	}
	if of := string(c.SKU) + c.Category; of != "" {
		words = append(words, "of "+of)
	}
	if c.Site != "" {
		words = append(words, "at "+string(c.Site))
	}
	if c.Refuses {
		words = append(words, "is refused")
	} else {
		words = append(words, fmt.Sprintf("waits for %s, then %s after %s", c.Owner, c.Default, time.Duration(c.Wait)*time.Second))
	}
	if c.Override {
		words = append(words, "or is let through")
	}
	return strings.Join(words, " ")
}

func (c *Company) recallText(sku ledger.SKU, lot ledger.LotID) string {
	if i, ok := ledger.RecallIn(c.Recalls, sku, lot); ok {
		return textOfRecall(&c.Recalls[i])
	}
	return ""
}

// textOfRecall says a recall in a line, for the history.
func textOfRecall(r *ledger.Recall) string {
	if r.Released {
		return "released: " + r.Reason
	}
	return r.Reason
}

// setRecall keeps a recall; where there are too many the oldest of those that are over is forgotten.
func (c *Company) setRecall(v ledger.Recall) {
	i, ok := ledger.RecallIn(c.Recalls, v.SKU, v.Lot)
	if ok {
		c.Recalls[i] = v
		return
	}
	if c.Recalls = slices.Insert(c.Recalls, i, v); len(c.Recalls) <= ledger.RecallsMax {
		return
	}
	over := -1
	for i := range c.Recalls {
		if r := &c.Recalls[i]; r.Released && (over < 0 || r.Number < c.Recalls[over].Number) {
			over = i
		}
	}
	if over >= 0 {
		c.Recalls = slices.Delete(c.Recalls, over, over+1)
	}
}

// Company is what is set of the company. It must not be changed.
func (m *Machine) Company() *Company {
	if c, ok := m.company.Get(companyKey); ok {
		return c
	}
	return &Company{}
}

// CompanyFor is what a site, or head office itself, is told of the company; of version 0 where nothing was ever set.
func (m *Machine) CompanyFor(site ledger.SiteID) ledger.Company {
	c := m.Company()
	out := ledger.Company{Version: m.derived.company, Currency: c.Currency, Zone: c.ZoneOf(site), Recalls: c.Recalls, Reasons: c.Reasons, Least: c.Least}
	for i := range c.Checks {
		if v := &c.Checks[i]; v.Site == "" || v.Site == site {
			out.Checks = append(out.Checks, *v)
		}
	}
	return out
}

// CompanyVersion tells one state of what is said of the company from another; 0 where nothing was ever set.
func (m *Machine) CompanyVersion() uint64 { return m.derived.company }

// landCompany draws the version from what is said, as relist does.
func (d *derived) landCompany(_ companyName, _ *Company, _ bool, c *Company, _ bool) {
	sum := sha256.Sum256(write(func(k *coder) { k.company(c) }))
	d.company = max(binary.BigEndian.Uint64(sum[:]), wire.CompanyNone+1)
}

func (c *coder) company(v *Company) {
	var more []growth
	if c.reading() || len(v.Reasons)+len(v.Least) > 0 { // a company without has the bytes of before
		more = []growth{{1, func() { c.adjustReasons(&v.Reasons) }}}
	}
	if c.reading() || len(v.Least) > 0 {
		more = append(more, growth{1, func() { c.leastRules(&v.Least) }})
	}
	c.grownRecord(4, func() {
		text(c, &v.Currency)
		c.zonesOfSites(&v.Zones)
		c.checks(&v.Checks)
		c.recalls(&v.Recalls)
	}, more...)
}

func (c *coder) zonesOfSites(p *[]SiteZone) {
	list(c, p, ledger.SitesListedMax, func(z *SiteZone) { c.fields(2, func() { text(c, &z.Site); text(c, &z.Zone) }) })
}

func (c *coder) checks(p *[]ledger.Check) {
	list(c, p, 2*ledger.ChecksMax, func(v *ledger.Check) { foreign(c, v, ledger.MarshalCheck, ledger.UnmarshalCheck) })
}

func (c *coder) setCompany(v *SetCompany) {
	c.fields(9, func() {
		text(c, &v.Currency)
		c.zonesOfSites(&v.Zones)
		c.checks(&v.Checks)
		list(c, &v.Ends, 2*ledger.ChecksMax, func(s *string) { text(c, s) })
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
		count(c, &v.Version)
		c.recalls(&v.Recalls)
	})
}

func (c *coder) recalls(p *[]ledger.Recall) {
	list(c, p, 2*ledger.RecallsMax, func(v *ledger.Recall) { foreign(c, v, ledger.MarshalRecall, ledger.UnmarshalRecall) })
}
