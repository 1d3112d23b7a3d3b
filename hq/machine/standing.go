package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Exceptions that stand for what is so, not for what has happened: of each there is one open at a time, and it is closed here
// when it is so no longer.
const (
	whatLegsLeft     = "legs_left"     // orders are still to be served by a site that by its terms serves them no more
	whatClassUnknown = "class_unknown" // a site takes orders of a class that there is none of
)

// classesUnknownMax bounds the classes of which one site has an exception open.
const classesUnknownMax = 20

type standKey struct {
	what string
	site ledger.SiteID
}

// landException keeps which exceptions are open.
func (d *derived) landException(k rankKey, old *Exception, had bool, e *Exception, has bool) {
	if had {
		at := standKey{old.What, old.Site}
		if d.standing[at] = remove(d.standing[at], k); len(d.standing[at]) == 0 {
			delete(d.standing, at)
		}
	}
	if has && !e.Resolved.Done() {
		at := standKey{e.What, e.Site}
		d.standing[at] = insert(d.standing[at], k)
	}
}

// standing lists the exceptions of a kind that are open at a site, also those that this command has staged, the oldest first.
func (m *Machine) standing(what string, site ledger.SiteID) (out []*Exception) {
	keys := slices.Clone(m.derived.standing[standKey{what, site}])
	for _, k := range m.exceptions.touched() {
		keys = insert(keys, k)
	}
	for _, k := range keys {
		if e, ok := m.exceptions.get(k); ok && e.What == what && e.Site == site && !e.Resolved.Done() {
			out = append(out, e)
		}
	}
	return out
}

// LegsLeft is how many open orders a site still has a part of that it would not be given any more by new terms.
type LegsLeft struct {
	Site   ledger.SiteID
	Orders int
}

// Bars says whether a site would be given nothing, or not all, of what it is to serve of an order, by its terms.
func (t *Terms) Bars(o *Order) bool {
	serves := false
	for i := range o.Lines {
		if awayAt(&o.Lines[i], t.Site) == 0 {
			continue
		}
		if serves = true; !t.Serves(o.Lines[i].SKU) {
			return true
		}
	}
	return serves && t.bars(&o.Order)
}

// Plain is the terms as they would be kept.
func (t *Terms) Plain() *Terms { return t.plain() }

// BarredAt lists the sites that are to serve some of an order which by their terms they would not be given any more, ascending.
// What lies there stays until it is moved, or has left.
func (m *Machine) BarredAt(o *Order) (out []ledger.SiteID) {
	if m.terms.Len() == 0 {
		return nil
	}
	for i := range o.Lines {
		for _, leg := range o.Lines[i].Away {
			if t, ok := m.terms.Get(leg.Site); ok && t.Bars(o) {
				out = insert(out, leg.Site)
			}
		}
	}
	return out
}

// leaves notes that somebody has changed a site's terms, and what of orders they leave there.
func (m *Machine) leaves(t *Terms, left []LegsLeft, signed Signed) {
	for _, e := range m.standing(whatLegsLeft, t.Site) {
		m.resolved(e, m.signed(signed.By, "what the site serves was changed", signed.At))
	}
	i := slices.IndexFunc(left, func(l LegsLeft) bool { return l.Site == t.Site })
	if i < 0 || left[i].Orders < 1 {
		return
	}
	why := "serves less"
	if t.Stopped != "" {
		why = "was stopped: " + t.Stopped
	}
	m.raise(Exception{What: whatLegsLeft, Site: t.Site, Why: fmt.Sprintf("%s %s (%s). It is given nothing more that it does not serve, but %s there stayed: "+
		"have them served there, move or cancel them (holdfast order list --site %s --open), or let the site serve them again", t.Site, why, signed.By, openOrders(left[i].Orders), t.Site)}, signed.At)
}

// addressLeaves notes that an order goes where sites that are to serve some of it do not send.
func (m *Machine) addressLeaves(o *Order, at time.Time) {
	if !m.agreed(kindAgree) || o.Fulfil == ledger.Collect {
		return
	}
	for _, site := range m.BarredAt(o) {
		if t, _ := m.terms.Get(site); t.SendsTo(&o.ShipTo) {
			continue // it serves the order no more for another reason, which was said
		}
		m.raise(Exception{What: whatLegsLeft, Site: site, Order: o.ID, Why: fmt.Sprintf("the order goes to %s %s by now, where %s does not send, and its legs there stayed: "+
			"have it sent all the same, or cancel those lines and add them anew", o.ShipTo.Country, o.ShipTo.Postcode, site)}, at)
	}
}

func openOrders(n int) string {
	if n == 1 {
		return "1 open order with legs"
	}
	return fmt.Sprintf("%d open orders with legs", n)
}

// KnowsClass says whether there is a class of orders: one that is listed, or that has a preset of its own. Where no classes are
// listed a class is any word, and so it is for an order of none.
func (m *Machine) KnowsClass(name string) bool {
	if name == "" || m.classes.Len() == 0 {
		return true
	}
	_, listed := m.classes.Get(classKey(name))
	return listed || slices.Contains(m.KnownClasses(), name)
}

// KnownClasses lists the classes that KnowsClass knows: those that are listed, the most important first, then those that have a preset.
func (m *Machine) KnownClasses() (out []string) {
	for _, c := range m.derived.all {
		out = append(out, c.Name)
	}
	for _, p := range m.Presets() {
		if p.Class != "" && !slices.Contains(out, p.Class) {
			out = append(out, p.Class)
		}
	}
	return out
}

// classed looks at the class of a site's order. The site may have taken it while it was cut off: it stands, and is served as one of
// no class, which is what a class that nobody has listed comes to.
func (f *folding) classed(o *ledger.Order) {
	if !f.m.agreed(kindAgree) || f.m.KnowsClass(o.Class) {
		return
	}
	why := fmt.Sprintf("orders come in of class %q, which is none of the classes: they are served as orders of no class, until it is listed (PUT /v1/policy/classes)", o.Class)
	open := f.m.standing(whatClassUnknown, f.site)
	if len(open) >= classesUnknownMax || slices.ContainsFunc(open, func(e *Exception) bool { return e.Why == why }) {
		return
	}
	f.raise(whatClassUnknown, "", o.ID, why)
}

// classesKnown closes what is open of classes that are listed now.
func (m *Machine) classesKnown(signed Signed, known func(string) bool) {
	for _, site := range m.derived.sites {
		for _, e := range m.standing(whatClassUnknown, site) {
			if o, ok := m.orders.get(e.Order); ok && known(o.Class) {
				m.resolved(e, signed)
			}
		}
	}
}
