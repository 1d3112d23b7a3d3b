package machine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of what is set of sourcing.
const (
	HolidaysMax   = 400     // of one site
	AreasMax      = 1_000   // of one site
	ExceptedMax   = 1_000   // SKUs, customers or classes that one site does not serve
	ZonesMax      = 10_000  // rows of the zone table
	PresetsMax    = 100     // presets of classes and channels
	CapacityMax   = 1 << 30 // parcels a day
	WorkDaysMax   = 60      // days that an order may lie, is made ready or travels
	sourcingWord  = 64      // bytes of a group, a class, a customer
	areaMax       = 16      // bytes of a country, or of the beginning of a postcode
	stoppedMax    = 200     // bytes of why a site serves nothing
	historyMax    = 400     // bytes of what is kept of a former list
	costMax       = 1 << 40
	latMax        = 90_000_000
	lonMax        = 180_000_000
	dayMax        = 100_000 // until the year 2243
	weekdays      = 7
	weekdaysNever = 1<<weekdays - 1
)

// An Area is where orders go to: a country, and how the postcodes begin; "" for the whole of it.
type Area struct{ Country, Prefix string }

// has says whether an address lies there. Postcodes are compared as written, but for case and spaces.
func (a *Area) has(to *ledger.Address) bool {
	return strings.EqualFold(a.Country, to.Country) && strings.HasPrefix(plainPostcode(to.Postcode), a.Prefix)
}

func plainPostcode(s string) string {
	return strings.ToUpper(strings.Join(strings.Fields(s), ""))
}

// Terms are what a site serves of head office's orders, and when. The zero Terms: everything, on every day.
type Terms struct {
	Site       ledger.SiteID
	LatE6      int64        // where it lies, in millionths of a degree; both 0: not known
	LonE6      int64        //
	Group      string       // its name in the zone table; "" for none
	Stopped    string       // why it serves nothing for now; "" where it does
	Closed     uint8        // the weekdays on which nobody works: bit n is time.Weekday(n)
	Holidays   []Day        // the same by date, days since 1970
	WaitDays   int          // a site that is closed is given no order that would wait longer for it to open
	ShipDays   int          // days of work until a parcel has left
	TravelDays int          // days that it is under way
	Capacity   int          // parcels that it is given for one day; 0 for no limit
	NoDeliver  bool         // sends nothing
	NoCollect  bool         // hands nothing over
	Areas      []Area       // to where it sends; none: everywhere
	SKUs       []ledger.SKU // that it does not serve
	Customers  []string     // whom it does not serve
	Classes    []string     // the same by class
	Set        Signed       // who set them last, and when
}

// A Zone is what a parcel costs to an area, from a site or a group of sites; with neither from everywhere. Of the rows that
// match the longest postcode counts, then the site before its group before everywhere.
type Zone struct {
	Area
	Site  ledger.SiteID
	Group string
	Cost  int64 // below 0 in a command: ends the row
}

// A PresetFor is what weighs most in plans for a class, a channel, or both. The class counts before the channel.
type PresetFor struct {
	Channel string
	Class   string
	Preset  string // "" in a command: ends it
}

// SetSourcing changes what sites serve, what parcels cost and what weighs in plans. Terms take the place of those of the
// site. The first one, which may be empty, lets plans keep what decided them: the servers of an older build do not know that.
type SetSourcing struct {
	Terms   []Terms // Set plays no part
	Zones   []Zone
	Presets []PresetFor
	By      string
	Reason  string
	At      time.Time
	Version uint64     // of the settings as By has seen them; 0: not said
	Left    []LegsLeft // what the terms leave at their sites, as the leader has counted it; sites by name
}

func (*SetSourcing) kind() kind { return kindSourcing }

// SourcingCommands is what Build.Commands has to be of every server before a SetSourcing is given.
const SourcingCommands = int(kindSourcing)

// setSourcing changes what is to be changed; what is so already makes no history.
func (m *Machine) setSourcing(c *SetSourcing) Result {
	err := m.atomically(func() error {
		if err := c.check(); err != nil {
			return err
		}
		signed, sight := m.signed(c.By, c.Reason, c.At), m.sightOf(c.Version)
		m.counters.Sourced = true
		for i := range c.Terms {
			if err := m.setTerms(c.Terms[i].plain(), signed, &sight, c.Left); err != nil {
				return err
			}
		}
		for _, z := range c.Zones {
			if err := m.setZone(z.plain(), signed, &sight); err != nil {
				return err
			}
		}
		for _, p := range c.Presets {
			if err := m.setPreset(p, signed, &sight); err != nil {
				return err
			}
		}
		for _, b := range [...]struct {
			field    string
			n, limit int
		}{{"zones", m.zones.countNow(), ZonesMax}, {"presets", m.presets.countNow(), PresetsMax}} {
			if b.n > b.limit {
				return &ledger.FormError{Field: b.field, Why: fmt.Sprintf("are more than %d together", b.limit)}
			}
		}
		return nil
	})
	return Result{Err: err, Version: m.counters.Settings.Version}
}

func (m *Machine) setTerms(t *Terms, signed Signed, sight *sight, left []LegsLeft) error {
	if _, ok := m.sites.get(t.Site); !ok {
		return &SiteUnknownError{Site: t.Site}
	}
	was := &Terms{}
	if old, ok := m.terms.get(t.Site); ok {
		was = old
	}
	before, after := was.words(), t.words()
	changes := 0
	for i := range after {
		areas := after[i].what == "areas" && !slices.Equal(was.Areas, t.Areas) // a country may hold a space
		if areas || !slices.Equal(before[i].to, after[i].to) {
			if err := m.changedBy(sight, Change{What: after[i].what, Site: t.Site, From: listed(before[i].to), To: listed(after[i].to), Set: signed}); err != nil {
				return err
			}
			changes++
		}
	}
	if changes == 0 {
		return nil
	}
	m.leaves(t, left, signed)
	m.dueElsewhere([]ledger.SiteID{t.Site}, signed.At)
	if t.Set = signed; t.none() {
		m.terms.del(t.Site)
		m.loads.del(t.Site)
		m.dropParcels(t.Site, 0)
		return nil
	}
	m.terms.put(t.Site, t)
	return nil
}

// listed writes a list for the history. An entry that could be taken for two stands in quotes.
func listed(words []string) string {
	shown := slices.Clone(words)
	for i, w := range shown {
		if len(shown) > 1 && strings.Contains(w, ", ") {
			shown[i] = `"` + w + `"`
		}
	}
	return cut(strings.Join(shown, ", "), len(shown))
}

// cut keeps the history small: what is long, of so many entries, stands there with its beginning and their number.
func cut(s string, entries int) string {
	if len(s) <= historyMax {
		return s
	}
	return fmt.Sprintf("%s ... (%d in all)", strings.ToValidUTF8(s[:historyMax], ""), entries)
}

func (m *Machine) setZone(z *Zone, signed Signed, sight *sight) error {
	k, from, to := z.key(), "", ""
	old, ok := m.zones.get(k)
	if ok {
		from = old.words()
	}
	if z.Cost >= 0 {
		to = z.words()
	}
	if from == to {
		return nil
	}
	if err := m.changedBy(sight, Change{What: "zone", Site: z.Site, From: from, To: to, Set: signed}); err != nil {
		return err
	}
	if z.Cost < 0 {
		m.zones.del(k)
		return nil
	}
	m.zones.put(k, z)
	return nil
}

// presetOf stands in the history before whose preset was changed.
const presetOf = "preset."

func (m *Machine) setPreset(p PresetFor, signed Signed, sight *sight) error {
	k, was := p.key(), ""
	if old, ok := m.presets.get(k); ok {
		was = old.Preset
	}
	if was == p.Preset {
		return nil
	}
	if err := m.changedBy(sight, Change{What: presetOf + p.name(), From: was, To: p.Preset, Set: signed}); err != nil {
		return err
	}
	if p.Preset == "" {
		m.presets.del(k)
		return nil
	}
	m.presets.put(k, &p)
	return nil
}

// plain is the terms with their lists in order and each entry once, so that the same terms are the same bytes.
func (t *Terms) plain() *Terms {
	out := *t
	out.Holidays, out.SKUs = sortedOnce(t.Holidays), sortedOnce(t.SKUs)
	out.Customers, out.Classes = sortedOnce(t.Customers), sortedOnce(t.Classes)
	out.Areas, out.Set = nil, Signed{}
	for _, a := range t.Areas {
		out.Areas = append(out.Areas, a.plain())
	}
	slices.SortFunc(out.Areas, Area.compare)
	out.Areas = slices.Compact(out.Areas)
	return &out
}

func (a Area) plain() Area { return Area{strings.ToUpper(a.Country), plainPostcode(a.Prefix)} }

func (a Area) compare(other Area) int {
	return strings.Compare(a.Country+"\x00"+a.Prefix, other.Country+"\x00"+other.Prefix)
}

func sortedOnce[T ~string | ~int64](s []T) []T {
	out := slices.Clone(s)
	slices.Sort(out)
	return slices.Compact(out)
}

func (z *Zone) plain() *Zone {
	out := *z
	out.Area = z.Area.plain()
	return &out
}

func (z *Zone) key() zoneKey {
	return zoneKey(z.Country + "\x00" + z.Prefix + "\x00" + string(z.Site) + "\x00" + z.Group)
}

func (z *Zone) words() string {
	s := z.Country
	if z.Prefix != "" {
		s += " " + z.Prefix
	}
	if z.Group != "" {
		s += " from " + z.Group
	}
	return s + ": " + strconv.FormatInt(z.Cost, 10)
}

// name is the class, the channel behind a stroke, or both.
func (p *PresetFor) name() string {
	if p.Channel == "" && !strings.Contains(p.Class, "/") {
		return p.Class
	}
	return p.Class + "/" + p.Channel
}

func (p *PresetFor) key() presetKey { return presetKey(p.Class + "\x00" + p.Channel) }

// none says whether the terms keep the site from nothing.
func (t *Terms) none() bool {
	return !slices.ContainsFunc(t.words(), func(w term) bool { return len(w.to) > 0 })
}

// A term is one of a site's terms as the history has it; nothing is what a site has of which nothing is set.
type term struct {
	what string
	to   []string
}

func (t *Terms) words() []term {
	one := func(s string) []string {
		if s == "" {
			return nil
		}
		return []string{s}
	}
	number := func(n int64) []string {
		if n == 0 {
			return nil
		}
		return one(strconv.FormatInt(n, 10))
	}
	flag := func(b bool) []string {
		if b {
			return one("no")
		}
		return nil
	}
	var at, closed, holidays, areas, skus []string
	if t.LatE6 != 0 || t.LonE6 != 0 {
		at = []string{strconv.FormatInt(t.LatE6, 10), strconv.FormatInt(t.LonE6, 10)}
	}
	for d := range time.Weekday(weekdays) {
		if t.Closed&(1<<d) != 0 {
			closed = append(closed, d.String())
		}
	}
	for _, d := range t.Holidays {
		holidays = append(holidays, d.String())
	}
	for _, a := range t.Areas {
		areas = append(areas, strings.TrimSpace(a.Country+" "+a.Prefix))
	}
	for _, s := range t.SKUs {
		skus = append(skus, string(s))
	}
	return []term{{"place", at}, {"group", one(t.Group)}, {"stopped", one(t.Stopped)}, {"closed", closed}, {"holidays", holidays},
		{"wait_days", number(int64(t.WaitDays))}, {"ship_days", number(int64(t.ShipDays))}, {"travel_days", number(int64(t.TravelDays))},
		{"capacity", number(int64(t.Capacity))}, {"deliver", flag(t.NoDeliver)}, {"collect", flag(t.NoCollect)}, {"areas", areas},
		{"skus_not", skus}, {"customers_not", t.Customers}, {"classes_not", t.Classes}}
}
