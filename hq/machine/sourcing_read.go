package machine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Sourced says whether every server knows what is set of sourcing: before it nothing of it is set, and plans do not keep
// what decided them.
func (m *Machine) Sourced() bool { return m.counters.Sourced }

// TermsOf gives what a site serves, nil where nothing is set.
func (m *Machine) TermsOf(site ledger.SiteID) *Terms {
	if m.terms.Len() == 0 {
		return nil
	}
	t, ok := m.terms.Get(site)
	if !ok {
		return nil
	}
	return t
}

// AnyTerms says whether the terms of any site are set.
func (m *Machine) AnyTerms() bool { return m.terms.Len() > 0 }

// Serves says whether a site serves a SKU; one without terms serves all.
func (t *Terms) Serves(sku ledger.SKU) bool {
	if t == nil || len(t.SKUs) == 0 {
		return true
	}
	_, not := slices.BinarySearch(t.SKUs, sku)
	return !not
}

// SendsTo says whether a site sends to an address. One of which not even the country is known is nowhere else.
func (t *Terms) SendsTo(to *ledger.Address) bool {
	return len(t.Areas) == 0 || to.Country == "" || slices.ContainsFunc(t.Areas, func(a Area) bool { return a.has(to) })
}

// PresetFor is the name of what weighs most in the plan of an order: that of its class and channel, of its class, of its
// channel, or of all; "" for the planner's own default.
func (m *Machine) PresetFor(o *ledger.Order) string {
	if m.presets.Len() > 0 {
		channel := string(o.Channel)
		for _, p := range [...]PresetFor{{Channel: channel, Class: o.Class}, {Class: o.Class}, {Channel: channel}} {
			if v, ok := m.presets.Get(p.key()); ok && (p.Channel != "" || p.Class != "") {
				return v.Preset
			}
		}
	}
	return m.counters.Settings.Preset
}

// Presets lists the presets of classes and channels, by class and channel.
func (m *Machine) Presets() (out []*PresetFor) {
	for _, k := range m.derived.presets {
		p, _ := m.presets.Get(k)
		out = append(out, p)
	}
	return out
}

// Zones lists rows of the zone table after the place after, by country, postcode, site and group, at most limit. next is
// where to go on; "" at the end.
func (m *Machine) Zones(after string, limit int) (out []*Zone, next string) {
	i, found := slices.BinarySearch(m.derived.zones, zoneKey(after))
	if found {
		i++
	}
	for ; i < len(m.derived.zones); i++ {
		if len(out) == limit {
			return out, string(out[limit-1].key())
		}
		z, _ := m.zones.Get(m.derived.zones[i])
		out = append(out, z)
	}
	return out, ""
}

// Zone gives the row of the zone table that z would take the place of.
func (m *Machine) Zone(z Zone) (*Zone, bool) { return m.zones.Get(z.plain().key()) }

// A Tariff is what parcels to one address cost by the zone table.
type Tariff struct {
	rows  [][]*Zone // that match, the longest postcode first; each by site, then group
	worst int64     // the dearest of them
}

// TariffTo is the part of the zone table that speaks of an address; nil where no row does.
func (m *Machine) TariffTo(to *ledger.Address) *Tariff {
	if m.zones.Len() == 0 || to.Country == "" {
		return nil
	}
	var t Tariff
	country, code := strings.ToUpper(to.Country), plainPostcode(to.Postcode)
	for n := min(len(code), areaMax); n >= 0; n-- {
		rows := m.derived.zonesOf[country+"\x00"+code[:n]]
		if len(rows) == 0 {
			continue
		}
		t.rows = append(t.rows, rows)
		for _, z := range rows {
			t.worst = max(t.worst, z.Cost)
		}
	}
	if len(t.rows) == 0 {
		return nil
	}
	return &t
}

// From is what a parcel from a site costs. From a site of which no row speaks it costs as much as the dearest that do.
func (t *Tariff) From(site ledger.SiteID, group string) int64 {
	for _, rows := range t.rows {
		for _, want := range [...]Zone{{Site: site}, {Group: group}, {}} {
			if i, ok := slices.BinarySearchFunc(rows, &want, compareZones); ok {
				return rows[i].Cost
			}
		}
	}
	return t.worst
}

// compareZones ranks rows of one area.
func compareZones(a, b *Zone) int {
	return cmp.Or(strings.Compare(string(a.Site), string(b.Site)), strings.Compare(a.Group, b.Group))
}

func (d *derived) landZone(k zoneKey, old *Zone, had bool, z *Zone, has bool) {
	if had {
		area := old.Country + "\x00" + old.Prefix
		rows := slices.Clone(d.zonesOf[area]) // a reader may have the other
		if i, ok := slices.BinarySearchFunc(rows, old, compareZones); ok {
			rows = slices.Delete(rows, i, i+1)
		}
		if d.zonesOf[area] = rows; len(rows) == 0 {
			delete(d.zonesOf, area)
		}
		d.zones = remove(d.zones, k)
	}
	if has {
		area := z.Country + "\x00" + z.Prefix
		rows := slices.Clone(d.zonesOf[area])
		i, _ := slices.BinarySearchFunc(rows, z, compareZones)
		d.zonesOf[area] = slices.Insert(rows, i, z)
		d.zones = insert(d.zones, k)
	}
}

// countNow counts the rows of a table with those that this command has staged.
func (t *table[K, V]) countNow() int {
	n := t.Len()
	for _, k := range t.touched() {
		_, had := t.Get(k)
		switch _, has := t.get(k); {
		case has && !had:
			n++
		case had && !has:
			n--
		}
	}
	return n
}
