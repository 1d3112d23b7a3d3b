package hq

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// What is named from outside must be known: a name that is misspelt would be of nothing, and nobody would be told.

// unknownSite refuses a field that names no site, with the one that was meant.
func unknownSite(m *machine.Machine, field, name string) *contract.Problem {
	p := contract.UnknownSite(field, name)
	var all []string
	for _, s := range m.Sites() {
		all = append(all, string(s.ID))
	}
	p.Hint = cmp.Or(contract.Known(name, all), "Add the site first (holdfast site add).")
	return p
}

// siteKnown says whether there is such a site; "" is none that is named.
func siteKnown(m *machine.Machine, field string, name string) error {
	if _, known := m.Site(ledger.SiteID(name)); name != "" && !known {
		return unknownSite(m, field, name)
	}
	return nil
}

// knownClass says whether orders may be of a class.
func knownClass(m *machine.Machine, field, name string) error {
	if m.KnowsClass(name) {
		return nil
	}
	p := contract.NotAmong(field, "class of orders", name, m.KnownClasses())
	p.Hint += " Have another listed first; an order of no class leaves it out."
	return p
}

// knownSKU says whether there is such an item.
func knownSKU(m *machine.Machine, field string, sku ledger.SKU) error {
	if _, known := m.Item(sku); known || sku == "" {
		return nil
	}
	p := contract.UnknownSKU(sku, 0)
	p.Field = field
	return p
}

// namesWhatIs says whether rules are of sites and items that there are.
func namesWhatIs(m *machine.Machine, rules []machine.Rule) error {
	for _, r := range rules {
		if err := cmp.Or(siteKnown(m, "site", string(r.Site)), knownSKU(m, "sku", r.SKU)); err != nil {
			return err
		}
		if r.Category != "" && !m.IsCategory(r.Category) {
			return &ledger.FormError{Field: "category", Why: fmt.Sprintf("is %q, which is that of no item: put it on the items first", r.Category)}
		}
	}
	return nil
}

// sourcingNames says whether all that is named in what is to be set of sourcing is known. What is set already may be put again, and ended,
// whatever it names.
func sourcingNames(m *machine.Machine, c *machine.SetSourcing) error {
	for i := range c.Terms {
		if err := termsNames(m, c.Terms[i].Plain()); err != nil {
			return err
		}
	}
	for _, z := range c.Zones {
		if _, set := m.Zone(z); set {
			continue
		}
		if err := cmp.Or(contract.CheckCountry("country", z.Country), siteKnown(m, "site", string(z.Site))); err != nil {
			return err
		}
	}
	for _, p := range c.Presets {
		if p.Channel != "" && p.Preset != "" && !slices.Contains(contract.Channels(), p.Channel) {
			return contract.NotAmong("channel", "channel", p.Channel, contract.Channels())
		}
		if err := knownClass(m, "class", p.Class); err != nil && p.Preset != "" {
			return err
		}
	}
	return nil
}

func termsNames(m *machine.Machine, t *machine.Terms) error {
	was := m.TermsOf(t.Site)
	if was == nil {
		was = &machine.Terms{}
	}
	if err := siteKnown(m, "site", string(t.Site)); err != nil {
		return err
	}
	for _, a := range t.Areas {
		if err := contract.CheckCountry("areas", a.Country); err != nil && !slices.ContainsFunc(was.Areas, func(b machine.Area) bool { return b.Country == a.Country }) {
			return err
		}
	}
	for _, sku := range t.SKUs {
		if err := knownSKU(m, "skus_not", sku); err != nil && !slices.Contains(was.SKUs, sku) {
			return err
		}
	}
	for _, class := range t.Classes {
		if err := knownClass(m, "classes_not", class); err != nil && !slices.Contains(was.Classes, class) {
			return err
		}
	}
	return nil
}

// referenceKnown gives the reference under which a delivery is known here, however it was typed.
func (s *Server) referenceKnown(ref string) string {
	return looked(s, func(m *machine.Machine) string { return m.ReferenceOf(strings.TrimSpace(ref)) })
}

// atMost refuses a list that no command carries: the servers would not read it, and whoever sent it would be told of a fault.
func atMost(field string, n, most int) error {
	if n <= most {
		return nil
	}
	return &ledger.FormError{Field: field, Why: fmt.Sprintf("has %d rows; at most %d can be set at once", n, most)}
}
