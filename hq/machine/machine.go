package machine

import (
	"encoding/binary"
	"time"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of the state.
const (
	ExplainsMax   = 50_000    // explanations kept, the latest
	ChoicesMax    = 1_000_000 // candidates that all explanations kept name together
	ExceptionsMax = 10_000    // exceptions kept, the latest; all are counted
	TrailMax      = 32        // positions kept to tell an old push from a fork
	FormerMax     = 8         // boots kept of each site to tell a late hello from a step back in time
)

// What builds before kindAgree keep of explanations.
const (
	ExplainsBefore = 1_000
	ChoicesBefore  = 50_000
)

// counters are the machine's numbers; they are put back when a command does not fit.
type counters struct {
	H          ledger.Incarnation
	Applied    uint64 // commands, whatever came of them
	Serial     uint64 // of the last order of HQ's own
	Rank       uint64 // of the last order learned of
	RefVersion uint64 // of the last item set
	Exceptions uint64 // ever raised
	Explains   uint64 // ever kept

	Known  ledger.Kind        // the last kind of entry that is folded; 0 stands for the first state's
	Behind ledger.Incarnation // a later life of head office than this one, which a site has met
	Epochs ledger.Epoch       // the least that this life issues; 0 stands for 1

	Settings Settings // how head office allocates
	Today    Day      // from which what is due in is promised
	Sourced  bool     // every server knows what is set of sourcing
	Agreed   int      // the last kind of command by whose build Apply goes on; 0 stands for the first state's
	Steps    uint64   // of stories, ever kept

	Customers uint64 // of the last customer set
	Acted     uint64 // acts of somebody's that came to something
}

// A Machine is HQ's state. Make it with New or Restore. See the package's words on who may call.
type Machine struct {
	counters
	sites      plainTable[ledger.SiteID, *Site]
	names      *grid.Names // of stock, rates and items
	stock      gridded[Stock]
	orders     packedTable[ledger.OrderID, Order]
	asks       plainTable[Subject, *Ask]
	requests   plainTable[Subject, *Request]
	answers    packedTable[digestKey, Answer]
	commands   plainTable[commandKey, *ledger.HQCommand]
	items      gridded[ledger.Item]
	servers    plainTable[serverKey, *Server]
	exceptions plainTable[rankKey, *Exception]
	explains   plainTable[ledger.OrderID, *Explained]
	owners     *owners
	kept       plainTable[commandKey, *ledger.HQCommand] // commands of sites that have not attested, unnumbered
	passed     plainTable[passedKey, *Passed]
	rates      gridded[Rate]
	rules      plainTable[ruleKey, *Rule]
	changes    plainTable[rankKey, *Change]
	avoided    plainTable[rateKey, *Avoided]
	deliveries plainTable[deliveryKey, *Delivery]
	promises   plainTable[promiseKey, *DuePromise]
	suppliers  plainTable[supplierKey, *Supplier]
	terms      plainTable[ledger.SiteID, *Terms]
	loads      plainTable[ledger.SiteID, *Load]
	zones      plainTable[zoneKey, *Zone]
	presets    plainTable[presetKey, *PresetFor]
	revised    plainTable[ledger.OrderID, *Revised]
	classes    plainTable[classKey, *Ranked]
	quotas     plainTable[quotaKey, *Quota]
	moves      plainTable[ledger.OrderID, *Moving]
	stories    plainTable[ledger.OrderID, *Story]
	parcels    plainTable[parcelsKey, *Parcels]
	transfers  plainTable[transferKey, *Transfer]
	claims     plainTable[ledger.OrderID, *Unclaimed]
	events     plainTable[rankKey, *Event]
	outbox     plainTable[outboxName, *outbox]
	takings    plainTable[takingsKey, *Takings]
	assets     packedTable[ledger.AssetID, Asset]
	customers  packedTable[ledger.CustomerID, Customer]
	company    plainTable[companyName, *Company]
	trusted    plainTable[ledger.SiteID, *Trusted]
	users      plainTable[ledger.UserID, *User]
	acted      plainTable[rankKey, *Acted]
	erasing    plainTable[ledger.SiteID, *Forgetting]
	releases   plainTable[ledger.SiteID, *Releasing]

	derived derived
	chain   ledger.CommandChainer
	hand    Hand            // whose the command being applied is
	wake    []ledger.SiteID // of the command being applied
	arrived []ledger.SKU    // of the command being applied
	news    []Event         // that it makes, so far

	keeping eventsKept // EventsMax and DeadMax; a test's own may keep fewer
	dueAt   time.Time  // of it, where it may make promises of what is due in slip
}

// Keys of tables, so made that they sort as people would have them.
type (
	digestKey  string // 16 bytes
	commandKey string // site, zero byte, number in 8 bytes, big end first
	serverKey  string // name
	rankKey    string // 8 bytes, big end first
	passedKey  string // owner, zero byte, holder, zero byte, SKU
	rateKey    string // site, zero byte, SKU
	ruleKey    string // kind, zero byte, site, zero byte, SKU

	deliveryKey string // reference
	promiseKey  string // order, zero byte, line in 4 bytes, day in 8 bytes, reference
	supplierKey string // name
	zoneKey     string // country, postcode, site and group, zero bytes between
	presetKey   string // class, zero byte, channel
	classKey    string // name
	quotaKey    string // class, zero byte, SKU
	parcelsKey  string // order, zero byte, site
)

func keyOfStock(site ledger.SiteID, sku ledger.SKU) grid.Key { return grid.Key{Site: site, SKU: sku} }

func keyOfDigest(d ledger.Digest) digestKey { return digestKey(d[:]) }

func keyOfRank(n uint64) rankKey {
	var room [8]byte
	return rankKey(binary.BigEndian.AppendUint64(room[:0], n))
}

func keyOfPassed(owner, holder ledger.SiteID, sku ledger.SKU) passedKey {
	return passedKey(string(owner) + "\x00" + string(holder) + "\x00" + string(sku))
}

func keyOfCommand(site ledger.SiteID, n uint64) commandKey {
	var room [64]byte // enough for most names
	return commandKey(binary.BigEndian.AppendUint64(append(append(room[:0], site...), 0), n))
}

// New is head office before its first command.
func New() *Machine {
	names := grid.NewNames()
	m := &Machine{
		names: names, stock: newGridded(names, gridding[Stock]{packStock, unpackStock}),
		rates:  newGridded(names, gridding[Rate]{packRate, unpackRate}),
		sites:  newTable[ledger.SiteID, *Site](),
		orders: newPackedTable(packOrder()), asks: newTable[Subject, *Ask](),
		requests: newTable[Subject, *Request](), answers: newPackedTable(packAnswer()),
		commands: newTable[commandKey, *ledger.HQCommand](), items: newGridded(names, gridding[ledger.Item]{packItem, unpackItem}),
		servers: newTable[serverKey, *Server](), exceptions: newTable[rankKey, *Exception](),
		explains: newTable[ledger.OrderID, *Explained](), owners: newOwners(),
		kept: newTable[commandKey, *ledger.HQCommand](), passed: newTable[passedKey, *Passed](),
		rules: newTable[ruleKey, *Rule](), changes: newTable[rankKey, *Change](), avoided: newTable[rateKey, *Avoided](),
		deliveries: newTable[deliveryKey, *Delivery](), promises: newTable[promiseKey, *DuePromise](), suppliers: newTable[supplierKey, *Supplier](),
		terms: newTable[ledger.SiteID, *Terms](), loads: newTable[ledger.SiteID, *Load](), zones: newTable[zoneKey, *Zone](), presets: newTable[presetKey, *PresetFor](),
		revised: newTable[ledger.OrderID, *Revised](), classes: newTable[classKey, *Ranked](), quotas: newTable[quotaKey, *Quota](), moves: newTable[ledger.OrderID, *Moving](),
		stories: newTable[ledger.OrderID, *Story](),
		parcels: newTable[parcelsKey, *Parcels](), transfers: newTable[transferKey, *Transfer](), claims: newTable[ledger.OrderID, *Unclaimed](),
		events: newTable[rankKey, *Event](), outbox: newTable[outboxName, *outbox](),
		takings: newTable[takingsKey, *Takings](),
		assets:  newPackedTable(packAsset()), customers: newPackedTable(packAccount()), company: newTable[companyName, *Company](),
		trusted: newTable[ledger.SiteID, *Trusted](), users: newTable[ledger.UserID, *User](), acted: newTable[rankKey, *Acted](), erasing: newTable[ledger.SiteID, *Forgetting](),
		releases: newTable[ledger.SiteID, *Releasing](),
	}
	m.keeping = eventsKept{EventsMax, DeadMax}
	m.derive()
	return m
}

// staging is what a table can do with its staged writes.
type staging interface {
	commit()
	drop()
}

func (m *Machine) tables() [44]staging {
	return [...]staging{m.sites.table, m.stock.table, m.orders.table, m.asks.table, m.requests.table, m.answers.table,
		m.commands.table, m.items.table, m.servers.table, m.exceptions.table, m.explains.table, m.owners,
		m.kept.table, m.passed.table, m.rates.table, m.rules.table, m.changes.table, m.avoided.table,
		m.deliveries.table, m.promises.table, m.suppliers.table,
		m.terms.table, m.loads.table, m.zones.table, m.presets.table,
		m.revised.table, m.classes.table, m.quotas.table, m.moves.table, m.stories.table, m.parcels.table, m.transfers.table, m.claims.table, m.events.table, m.outbox.table, m.takings.table,
		m.assets.table, m.customers.table, m.company.table, m.trusted.table, m.users.table, m.acted.table, m.erasing.table, m.releases.table}
}

// atomically lets f's writes land if it returns nil, and none of them otherwise. It does not nest.
func (m *Machine) atomically(f func() error) error {
	before, woken, arrived, news := m.counters, len(m.wake), len(m.arrived), len(m.news)
	err := f()
	for _, t := range m.tables() {
		if err != nil {
			t.drop()
		} else {
			t.commit()
		}
	}
	if err != nil {
		m.counters, m.wake, m.arrived, m.news = before, m.wake[:woken], m.arrived[:arrived], m.news[:news]
	}
	return err
}
