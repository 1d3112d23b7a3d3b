package machine

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"iter"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/cow"
	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A snapshot is a header, records and a trailer:
//
//	"holdfast hq\x00" | format 4
//	kind 1 | length 4 | bytes      for each record, kinds ascending, within a kind by key
//	0 | records 8 | SHA-256 of all before
//
// Integers are big end first. What records hold stands in machine_codec.go.
const (
	snapshotMagic  = "holdfast hq\x00"
	snapshotFormat = 1
	recordBytesMax = 64 << 20
)

// The kinds of record, in the order in which they are written: only ever appended to.
const (
	recordCounters  byte = 1
	recordServer    byte = 2
	recordSite      byte = 3
	recordItem      byte = 4
	recordStock     byte = 5
	recordOrder     byte = 6
	recordAsk       byte = 7
	recordRequest   byte = 8
	recordCommand   byte = 9
	recordAnswer    byte = 10
	recordException byte = 11
	recordExplained byte = 12
	recordOwned     byte = 13 // one order's owner; not written any more
	recordOwners    byte = 14
	recordKept      byte = 15
	recordPassed    byte = 16
	recordRate      byte = 17
	recordRule      byte = 18
	recordChange    byte = 19
	recordAvoided   byte = 20
	recordDelivery  byte = 21
	recordPromise   byte = 22
	recordSupplier  byte = 23
	recordTerms     byte = 24
	recordLoad      byte = 25
	recordZone      byte = 26
	recordPreset    byte = 27
	recordRevised   byte = 28
	recordClass     byte = 29
	recordQuota     byte = 30
	recordMoving    byte = 31
	recordStory     byte = 32
	recordParcels   byte = 33
	recordTransfer  byte = 34
	recordClaims    byte = 35
	recordEvent     byte = 36
	recordOutbox    byte = 37
	recordTakings   byte = 38
	recordAsset     byte = 39
	recordAccount   byte = 40
	recordCompany   byte = 41
	recordTrusted   byte = 42
	recordUser      byte = 43
	recordActed     byte = 44
	recordForget    byte = 45
	recordReleasing byte = 46
)

// A Frozen is the state of a Machine at one moment. It never changes and may be written out by
// any goroutine while the Machine goes on.
type Frozen struct {
	counters   counters
	servers    *cow.Frozen[serverKey, *Server]
	sites      *cow.Frozen[ledger.SiteID, *Site]
	items      *frozenGrid[ledger.Item]
	stock      *frozenGrid[Stock]
	orders     *frozenPacked[ledger.OrderID, Order]
	asks       *cow.Frozen[Subject, *Ask]
	requests   *cow.Frozen[Subject, *Request]
	commands   *cow.Frozen[commandKey, *ledger.HQCommand]
	answers    *frozenPacked[digestKey, Answer]
	exceptions *cow.Frozen[rankKey, *Exception]
	explains   *cow.Frozen[ledger.OrderID, *Explained]
	owners     *ownerPages
	kept       *cow.Frozen[commandKey, *ledger.HQCommand]
	passed     *cow.Frozen[passedKey, *Passed]
	rates      *frozenGrid[Rate]
	rules      *cow.Frozen[ruleKey, *Rule]
	changes    *cow.Frozen[rankKey, *Change]
	avoided    *cow.Frozen[rateKey, *Avoided]
	deliveries *cow.Frozen[deliveryKey, *Delivery]
	promises   *cow.Frozen[promiseKey, *DuePromise]
	suppliers  *cow.Frozen[supplierKey, *Supplier]
	terms      *cow.Frozen[ledger.SiteID, *Terms]
	loads      *cow.Frozen[ledger.SiteID, *Load]
	zones      *cow.Frozen[zoneKey, *Zone]
	presets    *cow.Frozen[presetKey, *PresetFor]
	revised    *cow.Frozen[ledger.OrderID, *Revised]
	classes    *cow.Frozen[classKey, *Ranked]
	quotas     *cow.Frozen[quotaKey, *Quota]
	moves      *cow.Frozen[ledger.OrderID, *Moving]
	stories    *cow.Frozen[ledger.OrderID, *Story]
	parcels    *cow.Frozen[parcelsKey, *Parcels]
	transfers  *cow.Frozen[transferKey, *Transfer]
	claims     *cow.Frozen[ledger.OrderID, *Unclaimed]
	events     *cow.Frozen[rankKey, *Event]
	outbox     *cow.Frozen[outboxName, *outbox]
	takings    *cow.Frozen[takingsKey, *Takings]
	assets     *frozenPacked[ledger.AssetID, Asset]
	customers  *frozenPacked[ledger.CustomerID, Customer]
	company    *cow.Frozen[companyName, *Company]
	trusted    *cow.Frozen[ledger.SiteID, *Trusted]
	users      *cow.Frozen[ledger.UserID, *User]
	acted      *cow.Frozen[rankKey, *Acted]
	erasing    *cow.Frozen[ledger.SiteID, *Forgetting]
	releases   *cow.Frozen[ledger.SiteID, *Releasing]
}

// Freeze takes the state as it is. It takes microseconds.
func (m *Machine) Freeze() *Frozen {
	return &Frozen{counters: m.counters, servers: m.servers.Snapshot(), sites: m.sites.Snapshot(), items: m.items.Snapshot(),
		stock: m.stock.Snapshot(), orders: m.orders.Snapshot(), asks: m.asks.Snapshot(), requests: m.requests.Snapshot(),
		commands: m.commands.Snapshot(), answers: m.answers.Snapshot(), exceptions: m.exceptions.Snapshot(), explains: m.explains.Snapshot(),
		owners: m.owners.Snapshot(), kept: m.kept.Snapshot(), passed: m.passed.Snapshot(),
		rates: m.rates.Snapshot(), rules: m.rules.Snapshot(), changes: m.changes.Snapshot(), avoided: m.avoided.Snapshot(),
		deliveries: m.deliveries.Snapshot(), promises: m.promises.Snapshot(), suppliers: m.suppliers.Snapshot(),
		terms: m.terms.Snapshot(), loads: m.loads.Snapshot(), zones: m.zones.Snapshot(), presets: m.presets.Snapshot(),
		revised: m.revised.Snapshot(), classes: m.classes.Snapshot(), quotas: m.quotas.Snapshot(), moves: m.moves.Snapshot(), stories: m.stories.Snapshot(), parcels: m.parcels.Snapshot(),
		transfers: m.transfers.Snapshot(), claims: m.claims.Snapshot(), events: m.events.Snapshot(), outbox: m.outbox.Snapshot(), takings: m.takings.Snapshot(),
		assets: m.assets.Snapshot(), customers: m.customers.Snapshot(), company: m.company.Snapshot(), trusted: m.trusted.Snapshot(), users: m.users.Snapshot(), acted: m.acted.Snapshot(), erasing: m.erasing.Snapshot(), releases: m.releases.Snapshot()}
}

// Encode writes the state: versioned, checksummed, sorted, so that equal states give equal bytes.
func (f *Frozen) Encode(w io.Writer) error {
	e := &encoder{sum: sha256.New()}
	e.out = bufio.NewWriterSize(io.MultiWriter(w, e.sum), 1<<16)
	e.out.WriteString(snapshotMagic)
	e.uint32(snapshotFormat)
	e.record(recordCounters, func(c *coder) { c.counters(&f.counters) })
	encodeAll(e, recordServer, f.servers.Sorted(), func(c *coder, _ serverKey, v *Server) { c.serverRecord(v) })
	encodeAll(e, recordSite, f.sites.Sorted(), func(c *coder, _ ledger.SiteID, v *Site) { c.site(v) })
	encodeAll(e, recordItem, f.items.Sorted(), func(c *coder, _ grid.Key, v *ledger.Item) { c.item(v) })
	encodeAll(e, recordStock, f.stock.Sorted(), func(c *coder, k grid.Key, v *Stock) { c.stock(&stockAt{k.Site, k.SKU, *v}) })
	e.packed(recordOrder, f.orders.records())
	encodeAll(e, recordAsk, f.asks.Sorted(), func(c *coder, _ Subject, v *Ask) { c.askRecord(v) })
	encodeAll(e, recordRequest, f.requests.Sorted(), func(c *coder, _ Subject, v *Request) { c.request(v) })
	encodeAll(e, recordCommand, f.commands.Sorted(), func(c *coder, k commandKey, v *ledger.HQCommand) {
		site, _, _ := strings.Cut(string(k), "\x00")
		c.queued(&commandAt{ledger.SiteID(site), *v})
	})
	e.packed(recordAnswer, f.answers.records())
	encodeAll(e, recordException, f.exceptions.Sorted(), func(c *coder, _ rankKey, v *Exception) { c.exception(v) })
	encodeAll(e, recordExplained, f.explains.Sorted(), func(c *coder, _ ledger.OrderID, v *Explained) { c.explained(v) })
	for rows := range f.owners.chunks(ownersPerRecord) {
		e.record(recordOwners, func(c *coder) { c.owners(&rows) })
	}
	encodeAll(e, recordKept, f.kept.Sorted(), func(c *coder, k commandKey, v *ledger.HQCommand) {
		site, n, _ := strings.Cut(string(k), "\x00")
		c.kept(&keptAt{ledger.SiteID(site), binary.BigEndian.Uint64([]byte(n)), *v})
	})
	encodeAll(e, recordPassed, f.passed.Sorted(), func(c *coder, _ passedKey, v *Passed) { c.passed(v) })
	encodeAll(e, recordRate, f.rates.Sorted(), func(c *coder, _ grid.Key, v *Rate) { c.rate(v) })
	encodeAll(e, recordRule, f.rules.Sorted(), func(c *coder, _ ruleKey, v *Rule) { c.rule(v) })
	encodeAll(e, recordChange, f.changes.Sorted(), func(c *coder, _ rankKey, v *Change) { c.change(v) })
	encodeAll(e, recordAvoided, f.avoided.Sorted(), func(c *coder, _ rateKey, v *Avoided) { c.avoided(v) })
	encodeAll(e, recordDelivery, f.deliveries.Sorted(), func(c *coder, _ deliveryKey, v *Delivery) { c.delivery(v) })
	encodeAll(e, recordPromise, f.promises.Sorted(), func(c *coder, _ promiseKey, v *DuePromise) { c.duePromise(v) })
	encodeAll(e, recordSupplier, f.suppliers.Sorted(), func(c *coder, _ supplierKey, v *Supplier) { c.supplier(v) })
	encodeAll(e, recordTerms, f.terms.Sorted(), func(c *coder, _ ledger.SiteID, v *Terms) { c.termsRecord(v) })
	encodeAll(e, recordLoad, f.loads.Sorted(), func(c *coder, _ ledger.SiteID, v *Load) { c.load(v) })
	encodeAll(e, recordZone, f.zones.Sorted(), func(c *coder, _ zoneKey, v *Zone) { c.zone(v) })
	encodeAll(e, recordPreset, f.presets.Sorted(), func(c *coder, _ presetKey, v *PresetFor) { c.presetFor(v) })
	encodeAll(e, recordRevised, f.revised.Sorted(), func(c *coder, _ ledger.OrderID, v *Revised) { c.revisedRecord(v) })
	encodeAll(e, recordClass, f.classes.Sorted(), func(c *coder, _ classKey, v *Ranked) { c.ranked(v) })
	encodeAll(e, recordQuota, f.quotas.Sorted(), func(c *coder, _ quotaKey, v *Quota) { c.quota(v) })
	encodeAll(e, recordMoving, f.moves.Sorted(), func(c *coder, _ ledger.OrderID, v *Moving) { c.moving(v) })
	encodeAll(e, recordStory, f.stories.Sorted(), func(c *coder, _ ledger.OrderID, v *Story) { c.story(v) })
	encodeAll(e, recordParcels, f.parcels.Sorted(), func(c *coder, _ parcelsKey, v *Parcels) { c.parcels(v) })
	encodeAll(e, recordTransfer, f.transfers.Sorted(), func(c *coder, _ transferKey, v *Transfer) { c.transfer(v) })
	encodeAll(e, recordClaims, f.claims.Sorted(), func(c *coder, _ ledger.OrderID, v *Unclaimed) { c.claimsOf(v) })
	encodeAll(e, recordEvent, f.events.Sorted(), func(c *coder, _ rankKey, v *Event) { c.event(v) })
	encodeAll(e, recordOutbox, f.outbox.Sorted(), func(c *coder, _ outboxName, v *outbox) { c.outboxRecord(v) })
	encodeAll(e, recordTakings, f.takings.Sorted(), func(c *coder, _ takingsKey, v *Takings) { c.takings(v) })
	e.packed(recordAsset, f.assets.records())
	e.packed(recordAccount, f.customers.records())
	encodeAll(e, recordUser, f.users.Sorted(), func(c *coder, _ ledger.UserID, v *User) { c.user(v) })
	encodeAll(e, recordCompany, f.company.Sorted(), func(c *coder, _ companyName, v *Company) { c.company(v) })
	encodeAll(e, recordTrusted, f.trusted.Sorted(), func(c *coder, _ ledger.SiteID, v *Trusted) { c.trustedRecord(v) })
	encodeAll(e, recordActed, f.acted.Sorted(), func(c *coder, _ rankKey, v *Acted) { c.actedRecord(v) })
	encodeAll(e, recordForget, f.erasing.Sorted(), func(c *coder, _ ledger.SiteID, v *Forgetting) { c.forgetting(v) })
	encodeAll(e, recordReleasing, f.releases.Sorted(), func(c *coder, _ ledger.SiteID, v *Releasing) { c.releasing(v) })
	e.out.WriteByte(0)
	e.out.Write(binary.BigEndian.AppendUint64(nil, e.records))
	if err := e.out.Flush(); err != nil {
		return fmt.Errorf("encode snapshot: %w", err)
	}
	if _, err := w.Write(e.sum.Sum(nil)); err != nil {
		return fmt.Errorf("encode snapshot: %w", err)
	}
	return nil
}

// encoder writes records. A bufio.Writer keeps its first error for Flush, so none is looked at here.
type encoder struct {
	out     *bufio.Writer
	sum     hash.Hash
	records uint64
	room    coder // for the record that is written
}

func (e *encoder) uint32(n uint32) { e.out.Write(binary.BigEndian.AppendUint32(nil, n)) }

func (e *encoder) record(kind byte, f func(*coder)) { e.bytes(kind, e.room.written(f)) }

func (e *encoder) packed(kind byte, all iter.Seq[[]byte]) {
	for b := range all {
		e.bytes(kind, b)
	}
}

func (e *encoder) bytes(kind byte, b []byte) {
	if len(b) > recordBytesMax {
		panic(fmt.Sprintf("machine: a record of kind %d has %d bytes", kind, len(b)))
	}
	e.out.WriteByte(kind)
	e.uint32(uint32(len(b)))
	e.out.Write(b)
	e.records++
}

func encodeAll[K comparable, V any](e *encoder, kind byte, all iter.Seq2[K, V], f func(*coder, K, V)) {
	for k, v := range all {
		e.record(kind, func(c *coder) { f(c, k, v) })
	}
}

// Digest is a hash of the whole state: two servers that applied the same commands have one.
func (m *Machine) Digest() (ledger.Hash, error) {
	sum := sha256.New()
	if err := m.Freeze().Encode(sum); err != nil {
		return ledger.Hash{}, err
	}
	return ledger.Hash(sum.Sum(nil)), nil
}
