package machine

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

func (c *SetSourcing) check() error {
	if c.By == "" {
		return &ledger.FormError{Field: "by", Why: "is empty: a setting is changed by somebody"}
	}
	for i := range c.Terms {
		if err := c.Terms[i].check(); err != nil {
			return err
		}
	}
	for i := range c.Zones {
		if err := c.Zones[i].check(); err != nil {
			return err
		}
	}
	for i := range c.Presets {
		if err := c.Presets[i].check(); err != nil {
			return err
		}
	}
	return nil
}

// A bound is a number that has to lie between two others.
type bound struct {
	field         string
	n, least, top int64
}

func checkBounds(bounds ...bound) error {
	for _, b := range bounds {
		if b.n < b.least || b.n > b.top {
			return &ledger.FormError{Field: b.field, Why: fmt.Sprintf("is not %d to %d", b.least, b.top)}
		}
	}
	return nil
}

func (t *Terms) check() error {
	if _, err := ledger.ParseSite(string(t.Site)); err != nil {
		return err
	}
	err := checkBounds(bound{"lat_e6", t.LatE6, -latMax, latMax}, bound{"lon_e6", t.LonE6, -lonMax, lonMax},
		bound{"closed", int64(t.Closed), 0, weekdaysNever}, bound{"wait_days", int64(t.WaitDays), 0, WorkDaysMax},
		bound{"ship_days", int64(t.ShipDays), 0, WorkDaysMax}, bound{"travel_days", int64(t.TravelDays), 0, WorkDaysMax},
		bound{"capacity", int64(t.Capacity), 0, CapacityMax}, bound{"stopped, in bytes,", int64(len(t.Stopped)), 0, stoppedMax},
		bound{"group, in bytes,", int64(len(t.Group)), 0, sourcingWord},
		bound{"holidays, as many,", int64(len(t.Holidays)), 0, HolidaysMax}, bound{"areas, as many,", int64(len(t.Areas)), 0, AreasMax},
		bound{"skus_not, as many,", int64(len(t.SKUs)), 0, ExceptedMax}, bound{"customers_not, as many,", int64(len(t.Customers)), 0, ExceptedMax},
		bound{"classes_not, as many,", int64(len(t.Classes)), 0, ExceptedMax})
	if err != nil {
		return err
	}
	for _, d := range t.Holidays {
		if err := checkBounds(bound{"holidays", int64(d), 0, dayMax}); err != nil {
			return err
		}
	}
	for i := range t.Areas {
		if err := t.Areas[i].check(); err != nil {
			return err
		}
	}
	for _, s := range t.SKUs {
		if _, err := ledger.ParseSKU(string(s)); err != nil {
			return err
		}
	}
	return checkWords(append(append([]string{}, t.Customers...), t.Classes...))
}

func checkWords(words []string) error {
	for _, w := range words {
		if w == "" || len(w) > sourcingWord || strings.ContainsRune(w, 0) {
			return &ledger.FormError{Field: "customers_not and classes_not", Why: fmt.Sprintf("hold %q, which is not 1 to %d bytes", w, sourcingWord)}
		}
	}
	return nil
}

func (a *Area) check() error {
	if a.Country == "" || len(a.Country) > areaMax || len(a.Prefix) > areaMax || strings.ContainsRune(a.Country+a.Prefix, 0) {
		return &ledger.FormError{Field: "country", Why: fmt.Sprintf("is not 1 to %d bytes, or the postcode is longer", areaMax)}
	}
	return nil
}

func (z *Zone) check() error {
	if err := z.Area.check(); err != nil {
		return err
	}
	if z.Site != "" {
		if _, err := ledger.ParseSite(string(z.Site)); err != nil {
			return err
		}
		if z.Group != "" {
			return &ledger.FormError{Field: "group", Why: "is given beside a site: a row is for one or the other"}
		}
	}
	if len(z.Group) > sourcingWord || strings.ContainsRune(z.Group, 0) {
		return &ledger.FormError{Field: "group", Why: fmt.Sprintf("is longer than %d bytes", sourcingWord)}
	}
	return checkBounds(bound{"cost", z.Cost, -1, costMax})
}

func (p *PresetFor) check() error {
	switch {
	case p.Class == "" && p.Channel == "":
		return &ledger.FormError{Field: "class", Why: "and channel are both empty: the preset of all orders is a setting of its own"}
	case len(p.Class) > sourcingWord || len(p.Channel) > sourcingWord || strings.ContainsRune(p.Class+p.Channel, 0):
		return &ledger.FormError{Field: "class", Why: fmt.Sprintf("or channel is longer than %d bytes", sourcingWord)}
	case len(p.Preset) > presetMax:
		return &ledger.FormError{Field: "preset", Why: fmt.Sprintf("is longer than %d bytes", presetMax)}
	default:
		return nil
	}
}

// checkSourcing looks at what the tables of sourcing say of each other.
func (m *Machine) checkSourcing() error {
	for id, t := range m.terms.Sorted() {
		if _, ok := m.sites.Get(id); !ok || t.Site != id || t.none() {
			return fmt.Errorf("terms of %s: of no site, or none", id)
		}
		if err := t.check(); err != nil {
			return fmt.Errorf("terms of %s: %w", id, err)
		}
	}
	for k, z := range m.zones.Sorted() {
		if err := z.check(); err != nil || z.Cost < 0 || z.key() != k {
			return fmt.Errorf("zone %q: %d (%w)", k, z.Cost, err)
		}
	}
	for k, p := range m.presets.Sorted() {
		if err := p.check(); err != nil || p.Preset == "" || p.key() != k {
			return fmt.Errorf("preset %q: %q (%w)", k, p.Preset, err)
		}
	}
	for id, l := range m.loads.Sorted() {
		if err := l.check(); err != nil {
			return fmt.Errorf("load of %s: %w", id, err)
		}
		if _, ok := m.terms.Get(id); !ok {
			return fmt.Errorf("load of %s: it has no terms", id)
		}
	}
	return m.checkParcels()
}
