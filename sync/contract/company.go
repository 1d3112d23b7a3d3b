package contract

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Company is what holds for the company as a whole, beside the checks of its orders.
type Company struct {
	Version   uint64     `json:"version,omitempty" jsonschema:"at head office: of the settings, to be named where something is changed"`
	Currency  string     `json:"currency,omitempty" jsonschema:"of all money, three capital letters; it is set once"`
	TimeZones []SiteZone `json:"time_zones" jsonschema:"in which zone a site's days begin: the days of price lists, of quotes and of trading. A site that is not listed counts them in UTC"`
}

// SiteZone is a site's time zone.
type SiteZone struct {
	Site     string `json:"site" jsonschema:"a site, or hq for head office's own orders"`
	TimeZone string `json:"time_zone" jsonschema:"IANA name, such as Europe/London; empty ends it, and is UTC"`
}

// Check is a rule that orders are held against before they are taken.
type Check struct {
	Name     string `json:"name" jsonschema:"1 to 40 letters, digits and . _ -"`
	Kind     string `json:"kind" jsonschema:"address (an order that is delivered says where to), customer_unknown, customer_blocked, credit (a customer with terms stays within what the site may still use), below_cost, quantity, value or unpriced"`
	Limit    int64  `json:"limit,omitempty" jsonschema:"of quantity: units of one article in one order; of value: minor units, with tax; of below_cost: percent that a line has to bring beyond its cost"`
	Site     string `json:"site,omitempty" jsonschema:"whose orders, or hq for head office's own; absent: everybody's"`
	SKU      string `json:"sku,omitempty" jsonschema:"of quantity and below_cost: the one article"`
	Category string `json:"category,omitempty" jsonschema:"likewise: all articles of a category"`
	Then     string `json:"then" jsonschema:"refuse or wait"`
	Override bool   `json:"override,omitempty" jsonschema:"a named person may let an order through at once, with a reason"`
	Owner    string `json:"owner,omitempty" jsonschema:"of one that waits: who is to decide, a role or a name"`
	Default  string `json:"default,omitempty" jsonschema:"what is done if nobody does: release or cancel"`
	WaitFor  string `json:"wait_for,omitempty" jsonschema:"and how long after the order came: 30m, 4h, 72h; 1 minute to 30 days"`
}

// CheckList is all checks, by name.
type CheckList struct {
	Version uint64  `json:"version,omitempty" jsonschema:"at head office: of the settings"`
	Checks  []Check `json:"checks"`
}

// Ledger reads a zone from outside.
func (z *SiteZone) Ledger() (site ledger.SiteID, zone string, err error) {
	if site = ledger.SiteID(z.Site); site != ledger.HQ {
		if site, err = ledger.ParseSite(z.Site); err != nil {
			return "", "", err
		}
	}
	if _, err := ledger.LoadZone(z.TimeZone); err != nil {
		return "", "", &ledger.FormError{Field: "time_zones", Why: fmt.Sprintf("has %q for %s, which is no time zone; give one such as Europe/London", clip(z.TimeZone), clip(z.Site))}
	}
	return site, z.TimeZone, nil
}

// Ledger reads a check from outside.
func (c *Check) Ledger() (out ledger.Check, err error) {
	out = ledger.Check{Name: c.Name, Limit: c.Limit, Site: ledger.SiteID(c.Site), SKU: ledger.SKU(c.SKU), Category: c.Category,
		Refuses: c.Then == "refuse", Override: c.Override, Owner: c.Owner}
	if out.Kind, err = ledger.ParseCheckKind(c.Kind); err != nil {
		return out, c.named(err)
	}
	if c.Then != "refuse" && c.Then != "wait" {
		return out, c.named(&ledger.FormError{Field: "then", Why: "is not refuse or wait"})
	}
	switch c.Default {
	case "":
	case ledger.RulingRelease.String():
		out.Default = ledger.RulingRelease
	case ledger.RulingCancel.String():
		out.Default = ledger.RulingCancel
	default:
		return out, c.named(&ledger.FormError{Field: "default", Why: "is not release or cancel"})
	}
	if c.WaitFor != "" {
		d, err := time.ParseDuration(c.WaitFor)
		if err != nil || d%time.Second != 0 {
			return out, c.named(&ledger.FormError{Field: "wait_for", Why: "is no time such as 30m, 4h or 72h"})
		}
		out.Wait = ledger.Duration(d / time.Second)
	}
	for field, text := range map[string]string{"owner": c.Owner, "category": c.Category} {
		if err := CheckText(field, text, ledger.CheckOwnerMax); err != nil {
			return out, c.named(err)
		}
	}
	return out, c.named(out.Check())
}

// named says which check of several a refusal is about.
func (c *Check) named(err error) error {
	if form, ok := err.(*ledger.FormError); ok && c.Name != "" && form.Field != "name" {
		return &ledger.FormError{Field: "checks." + clip(c.Name) + "." + form.Field, Why: form.Why}
	}
	return err
}

// RenderCheck answers with a check.
func RenderCheck(c *ledger.Check) Check {
	out := Check{Name: c.Name, Kind: c.Kind.String(), Limit: c.Limit, Site: string(c.Site), SKU: string(c.SKU), Category: c.Category,
		Then: "wait", Override: c.Override, Owner: c.Owner}
	if c.Refuses {
		out.Then = "refuse"
		return out
	}
	out.Default, out.WaitFor = c.Default.String(), waitText(time.Duration(c.Wait)*time.Second)
	return out
}

// waitText is a wait as a person would say it: 4h, not 4h0m0s.
func waitText(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return d.String()
	}
}

// RenderChecks answers with checks.
func RenderChecks(list []ledger.Check) []Check {
	out := make([]Check, len(list))
	for i := range list {
		out[i] = RenderCheck(&list[i])
	}
	return out
}

// CurrencySet says that the company counts in a currency already.
func CurrencySet(currency string) *Problem {
	p := New(CodeCurrencySet, fmt.Sprintf("The company counts in %s.", currency))
	p.Field = "currency"
	return p
}
