package machine

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// derived is what can be worked out from the tables and is kept because looking for it would
// take too long. It is no part of a snapshot; Restore makes it again.
//
// It also stands in for cow's sorted walk where readers are many: that one takes a snapshot, and
// so it is the writer's alone.
type derived struct {
	sites    []ledger.SiteID            // ascending
	list     ledger.SiteList            // what sites are told of each other
	servers  []serverKey                // ascending
	requests []Subject                  // ascending
	asks     []Subject                  // ascending
	passed   []passedKey                // ascending
	passedOf map[ledger.SKU][]passedKey // the same of each SKU, ascending
	waits    map[ledger.SKU][]turn      // of the orders that wait for it, ascending
	unsure   []turn                     // of the orders that are to be confirmed
	reviews  []dueReview                // of the orders of head office's own that wait for somebody's word, by when they are due
	unkept   []turn                     // of the orders that wait against their terms
	unserved []ledger.OrderID           // of these, those of which somebody was told; ascending
	moved    []ledger.OrderID           // of those, what the command being applied has changed
	ranking
	ranked       map[uint64]ledger.OrderID
	heads        heads
	barcodes     ledger.Codes[uint32]               // numbers of SKUs in names
	versions     []versioned                        // items by version, ascending; an entry whose item is newer is stale
	explains     aging                              // explanations; they weigh what candidates they name
	stories      aging                              // stories; they weigh their bytes
	avoided      map[ledger.SiteID][]ledger.SKU     // what a site has not served lately, ascending
	rules        []ruleKey                          // ascending
	due          dueIndex                           // what is due in, and what of it is promised
	ruleAt       map[ruleAt]ledger.Qty              // what they say
	zones        []zoneKey                          // ascending
	zonesOf      map[string][]*Zone                 // those of one area: country, zero byte, postcode
	presets      []presetKey                        // ascending
	standing     map[standKey][]rankKey             // exceptions that are open, ascending
	parcels      map[ledger.SiteID][]ledger.OrderID // the orders that a site was given parcels for, ascending
	transfers    transferIndex
	assets       []ledger.AssetID // ascending
	accounts     accountIndex
	company      uint64                  // version of what is said of the company
	users        []ledger.UserID         // sorted
	usersVersion uint64                  // sum of what is said of them
	ruled        int                     // rules of categories
	categories   map[string]int          // how many items each has
	kits         map[ledger.SKU]struct{} // the items that are kits
	hooked       int                     // who is told of events
	wanted       [eventKindLast + 1]int  // of these, who wants each kind
	told         map[EventID]struct{}    // the events that are kept
	dead         []uint64                // places of dead letters, ascending
	turns        []Event                 // what became of orders as the command being applied landed
}

type versioned struct {
	version uint64
	sku     uint32 // its number in names
}

func (v versioned) compare(n uint64) int { return cmp.Compare(v.version, n) }

// derive empties what is derived and lets the tables keep it from here on.
func (m *Machine) derive() {
	m.derived = derived{
		waits:  map[ledger.SKU][]turn{},
		ranked: map[uint64]ledger.OrderID{}, passedOf: map[ledger.SKU][]passedKey{},
		avoided: map[ledger.SiteID][]ledger.SKU{}, zonesOf: map[string][]*Zone{}, ruleAt: map[ruleAt]ledger.Qty{}, categories: map[string]int{}, kits: map[ledger.SKU]struct{}{},
		due: newDueIndex(), standing: map[standKey][]rankKey{}, parcels: map[ledger.SiteID][]ledger.OrderID{},
		transfers: transferIndex{onWay: map[ledger.SKU]ledger.Qty{}}, told: map[EventID]struct{}{},
	}
	m.sites.landed = func(k ledger.SiteID, _ *Site, had bool, _ *Site, _ bool) {
		if !had {
			m.derived.sites = insert(m.derived.sites, k)
		}
	}
	m.servers.landed = func(k serverKey, _ *Server, _ bool, _ *Server, _ bool) {
		m.derived.servers = insert(m.derived.servers, k)
	}
	m.requests.landed = func(k Subject, _ *Request, _ bool, _ *Request, has bool) {
		if has {
			m.derived.requests = insert(m.derived.requests, k)
		} else {
			m.derived.requests = remove(m.derived.requests, k)
		}
	}
	m.passed.landed = func(k passedKey, _ *Passed, _ bool, p *Passed, _ bool) {
		m.derived.passed = insert(m.derived.passed, k)
		m.derived.passedOf[p.SKU] = insert(m.derived.passedOf[p.SKU], k)
	}
	m.rules.landed = m.derived.landRule
	m.deliveries.landed, m.promises.landed = m.derived.due.landDelivery, m.derived.due.landPromise
	m.zones.landed, m.parcels.landed = m.derived.landZone, m.derived.landParcels
	m.exceptions.landed = m.derived.landException
	m.transfers.landed = m.derived.transfers.land
	m.events.landed, m.outbox.landed = m.derived.landEvent, m.derived.landOutbox
	m.company.landed, m.users.landed = m.derived.landCompany, m.derived.landUser
	m.customers.landed = func(k ledger.CustomerID, _ *Customer, _ bool, v *Customer, _ bool) { m.derived.accounts.land(k, v) }
	m.assets.landed = func(k ledger.AssetID, _ *Asset, had bool, _ *Asset, _ bool) {
		if !had {
			m.derived.assets = insert(m.derived.assets, k)
		}
	}
	m.presets.landed = func(k presetKey, _ *PresetFor, _ bool, _ *PresetFor, has bool) {
		if has {
			m.derived.presets = insert(m.derived.presets, k)
		} else {
			m.derived.presets = remove(m.derived.presets, k)
		}
	}
	m.avoided.landed = func(k rateKey, _ *Avoided, _ bool, _ *Avoided, has bool) {
		site, sku, _ := strings.Cut(string(k), "\x00")
		at := ledger.SiteID(site)
		if has {
			m.derived.avoided[at] = insert(m.derived.avoided[at], ledger.SKU(sku))
		} else {
			m.derived.avoided[at] = remove(m.derived.avoided[at], ledger.SKU(sku))
		}
	}
	m.asks.landed = func(k Subject, _ *Ask, _ bool, _ *Ask, has bool) {
		if has {
			m.derived.asks = insert(m.derived.asks, k)
		} else {
			m.derived.asks = remove(m.derived.asks, k)
		}
	}
	m.orders.landed = m.derived.landOrder
	m.items.landed = func(k grid.Key, old *ledger.Item, had bool, it *ledger.Item, _ bool) {
		m.derived.landItem(m.names.NumberOf(k.SKU), old, had, it)
	}
	m.keepLatest()
	m.revised.landed = m.derived.landRevised
}

// keepLatest lets the tables of which only the latest rows are kept tell what is in them.
func (m *Machine) keepLatest() {
	m.explains.landed = func(id ledger.OrderID, old *Explained, had bool, e *Explained, has bool) {
		if had {
			m.derived.explains.drop(old.Rank)
		}
		if has {
			m.derived.explains.insert(ranked{e.Rank, id, e.choices()})
		}
	}
	m.stories.landed = func(id ledger.OrderID, old *Story, had bool, s *Story, has bool) {
		if had {
			m.derived.stories.drop(old.Rank)
		}
		if has {
			m.derived.stories.insert(ranked{s.Rank, id, s.weight()})
		}
	}
}

// A ruleAt is what a rule speaks of.
type ruleAt struct {
	kind     RuleKind
	site     ledger.SiteID
	sku      ledger.SKU
	category string
}

func (d *derived) landRule(k ruleKey, old *Rule, had bool, r *Rule, has bool) {
	if had {
		delete(d.ruleAt, ruleAt{old.Kind, old.Site, old.SKU, old.Category})
		d.ruled -= ofCategory(old)
		d.rules = remove(d.rules, k)
	}
	if has {
		d.ruleAt[ruleAt{r.Kind, r.Site, r.SKU, r.Category}] = r.Qty
		d.ruled += ofCategory(r)
		d.rules = insert(d.rules, k)
	}
}

func ofCategory(r *Rule) int {
	if r.Category == "" {
		return 0
	}
	return 1
}

func (d *derived) landOrder(id ledger.OrderID, old *Order, had bool, o *Order, has bool) {
	if !had {
		old = nil
	}
	if !has {
		o = nil
	}
	d.turned(old, o)
	d.queue(old, o)
	d.review(old, o)
	d.due.touch(id)
	if _, told := slices.BinarySearch(d.unserved, id); told {
		d.moved = append(d.moved, id)
	}
	if !has {
		return
	}
	if d.heads.put(orderHead{id, o.Status, o.TakenAt}) {
		d.ranked[o.Rank] = id
	}
}

// waits says whether a line of o waits here.
func (o *Order) waits() bool {
	for i := range o.Lines {
		if o.Waiting(i+1) > 0 {
			return true
		}
	}
	return false
}

// waitingSKUs is what o waits for here; nil where nothing.
func (o *Order) waitingSKUs() map[ledger.SKU]struct{} {
	var out map[ledger.SKU]struct{}
	for i := range o.Lines {
		if o.Waiting(i+1) > 0 {
			if out == nil {
				out = map[ledger.SKU]struct{}{}
			}
			out[o.Lines[i].SKU] = struct{}{}
		}
	}
	return out
}

func (d *derived) landItem(sku uint32, old *ledger.Item, had bool, it *ledger.Item) {
	if len(it.Kit()) > 0 {
		d.kits[it.SKU] = struct{}{}
	} else if had {
		delete(d.kits, it.SKU)
	}
	if had && old.Category != "" {
		if d.categories[old.Category]--; d.categories[old.Category] == 0 {
			delete(d.categories, old.Category)
		}
	}
	if it.Category != "" {
		d.categories[it.Category]++
	}
	if had {
		for code := range old.Codes() {
			d.barcodes.Drop(code, sku)
		}
	}
	for code := range it.Codes() {
		d.barcodes.Put(code, sku)
	}
	d.versions = append(d.versions, versioned{it.Version, sku}) // versions only grow
}

// compactVersions drops the stale entries when they are the larger part.
func (m *Machine) compactVersions() {
	d := &m.derived
	if len(d.versions) <= 2*m.items.Len()+1024 {
		return
	}
	d.versions = slices.DeleteFunc(d.versions, func(v versioned) bool {
		it, ok := m.items.Get(keyOfItem(m.names.SKU(v.sku)))
		return !ok || it.Version != v.version
	})
}

func (d *derived) landRevised(id ledger.OrderID, _ *Revised, _ bool, r *Revised, has bool) {
	if has && r.Unserved > 0 {
		d.unserved = insert(d.unserved, id)
	} else {
		d.unserved = remove(d.unserved, id)
	}
}

// rederive puts in order what follows versions: items were restored by SKU.
func (m *Machine) rederive() {
	m.relist()
	m.rerank() // orders were restored before the classes
	d := &m.derived
	slices.SortFunc(d.versions, func(a, b versioned) int { return cmp.Compare(a.version, b.version) })
	slices.SortFunc(d.accounts.versions, func(a, b accountVersion) int { return cmp.Compare(a.version, b.version) })
	slices.SortFunc(d.accounts.erased, func(a, b accountVersion) int { return cmp.Compare(a.version, b.version) })
}

// relist makes the list of sites anew. Its version is drawn from what it says, so that two lists
// of one version are one list, also where a restored head office has other sites. Where there are
// more than a list can hold it has none.
func (m *Machine) relist() {
	l := ledger.SiteList{}
	for _, s := range m.Sites() {
		l.Sites = append(l.Sites, ledger.ListedSite{ID: s.ID, Counter: s.Counter})
	}
	if len(l.Sites) > 0 && len(l.Sites) <= ledger.SitesListedMax {
		sum := sha256.Sum256(ledger.MarshalSiteList(&l))
		l.Version = max(binary.BigEndian.Uint64(sum[:]), wire.SitesNone+1)
	}
	m.derived.list = l
}

// insert keeps s ascending and without doubles.
func insert[T cmp.Ordered](s []T, v T) []T {
	i, ok := slices.BinarySearch(s, v)
	if ok {
		return s
	}
	return slices.Insert(s, i, v)
}

func remove[T cmp.Ordered](s []T, v T) []T {
	if i, ok := slices.BinarySearch(s, v); ok {
		return slices.Delete(s, i, i+1)
	}
	return s
}
