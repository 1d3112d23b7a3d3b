package machine

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

var errSnapshot = errors.New("not a snapshot of head office")

// Restore reads what Encode wrote. A record that is damaged, or a length beyond bounds, is an error.
func Restore(r io.Reader) (*Machine, error) {
	m := New()
	sum := sha256.New()
	in := bufio.NewReaderSize(r, 1<<16)
	hashed := io.TeeReader(in, sum)
	head := make([]byte, len(snapshotMagic)+4)
	if _, err := io.ReadFull(hashed, head); err != nil {
		return nil, fmt.Errorf("restore snapshot: %w", err)
	}
	if string(head[:len(snapshotMagic)]) != snapshotMagic || binary.BigEndian.Uint32(head[len(snapshotMagic):]) != snapshotFormat {
		return nil, fmt.Errorf("restore snapshot: %w", errSnapshot)
	}
	var records uint64
	from := &recordReader{r: hashed}
	for {
		kind, b, err := from.next()
		if err == nil && kind == 0 {
			break
		}
		if err == nil {
			err = m.restore(kind, b)
		}
		if err != nil {
			return nil, fmt.Errorf("restore snapshot: record %d: %w", records+1, err)
		}
		records++
	}
	if err := readTrailer(in, hashed, sum, records); err != nil {
		return nil, fmt.Errorf("restore snapshot: %w", err)
	}
	m.rederive()
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("restore snapshot: %w", err)
	}
	return m, nil
}

func readTrailer(in, hashed io.Reader, sum hash.Hash, records uint64) error {
	var n [8]byte
	if _, err := io.ReadFull(hashed, n[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint64(n[:]) != records {
		return fmt.Errorf("%w: %d records, it claims %d", errSnapshot, records, binary.BigEndian.Uint64(n[:]))
	}
	want, got := sum.Sum(nil), make([]byte, sha256.Size)
	if _, err := io.ReadFull(in, got); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%w: its checksum does not match", errSnapshot)
	}
	return nil
}

// A recordReader reads one record after the other.
type recordReader struct {
	r    io.Reader
	head [5]byte
	room [1024]byte // for a short one of those of which nothing keeps a part
}

// next reads one record, or kind 0 at the trailer; its bytes hold until the next one is read. A length is believed
// only as far as bytes come: no more is set aside than has been read.
func (r *recordReader) next() (kind byte, b []byte, err error) {
	head := r.head[:]
	if _, err := io.ReadFull(r.r, head[:1]); err != nil {
		return 0, nil, err
	}
	if head[0] == 0 {
		return 0, nil, nil
	}
	if _, err := io.ReadFull(r.r, head[1:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > recordBytesMax {
		return 0, nil, fmt.Errorf("%w: a record of %d bytes", errSnapshot, n)
	}
	if (head[0] == recordStock || head[0] == recordItem || head[0] == recordRate) && int(n) <= len(r.room) {
		_, err := io.ReadFull(r.r, r.room[:n])
		return head[0], r.room[:n], err
	}
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, r.r, int64(n)); err != nil {
		return 0, nil, err
	}
	return head[0], buf.Bytes(), nil
}

// restore puts one record into its table.
func (m *Machine) restore(kind byte, b []byte) error {
	switch kind {
	case recordCounters:
		return read(b, func(c *coder) { c.counters(&m.counters) })
	case recordServer:
		return restoreTo(b, m.servers.table, (*coder).serverRecord, func(v *Server) serverKey { return serverKey(v.Name) })
	case recordSite:
		return restoreTo(b, m.sites.table, (*coder).site, func(v *Site) ledger.SiteID { return v.ID })
	case recordItem:
		return restoreTo(b, m.items.table, (*coder).item, func(v *ledger.Item) grid.Key { return keyOfItem(v.SKU) })
	case recordOrder:
		return restoreTo(b, m.orders.table, (*coder).orderRecord, func(v *Order) ledger.OrderID { return v.ID })
	case recordAsk:
		return restoreTo(b, m.asks.table, (*coder).askRecord, func(v *Ask) Subject { return SubjectOfAsk(v.ID) })
	case recordRequest:
		return restoreTo(b, m.requests.table, (*coder).request, func(v *Request) Subject { return v.For })
	case recordException:
		return restoreTo(b, m.exceptions.table, (*coder).exception, func(v *Exception) rankKey { return keyOfRank(v.ID) })
	case recordExplained:
		return restoreTo(b, m.explains.table, (*coder).explained, func(v *Explained) ledger.OrderID { return v.Order })
	case recordOwned:
		rows := make([]Owned, 1)
		return m.restoreOwners(rows, read(b, func(c *coder) { c.owned(&rows[0]) }))
	case recordOwners:
		var rows []Owned
		err := read(b, func(c *coder) { c.owners(&rows) })
		return m.restoreOwners(rows, err)
	case recordStock:
		v := &stockAt{}
		err := read(b, func(c *coder) { c.stock(v) })
		if err == nil { // of millions: nothing is derived from it, so it need not be staged
			m.stock.rows.Put(keyOfStock(v.Site, v.SKU), &v.Stock)
		}
		return err
	case recordCommand:
		v := &commandAt{}
		err := read(b, func(c *coder) { c.queued(v) })
		return landed(m.commands.table, keyOfCommand(v.To, v.Number), &v.HQCommand, err)
	case recordKept:
		v := &keptAt{}
		err := read(b, func(c *coder) { c.kept(v) })
		return landed(m.kept.table, keyOfCommand(v.To, v.N), &v.HQCommand, err)
	case recordPassed:
		return restoreTo(b, m.passed.table, (*coder).passed, func(v *Passed) passedKey { return keyOfPassed(v.Owner, v.Holder, v.SKU) })
	case recordRate:
		return restoreTo(b, m.rates.table, (*coder).rate, func(v *Rate) grid.Key { return keyOfStock(v.Site, v.SKU) })
	case recordRule:
		return restoreTo(b, m.rules.table, (*coder).rule, keyOfRule)
	case recordChange:
		return restoreTo(b, m.changes.table, (*coder).change, func(v *Change) rankKey { return keyOfRank(v.Version) })
	case recordAvoided:
		return restoreTo(b, m.avoided.table, (*coder).avoided, func(v *Avoided) rateKey { return keyOfRate(v.Site, v.SKU) })
	case recordDelivery:
		return restoreTo(b, m.deliveries.table, (*coder).delivery, func(v *Delivery) deliveryKey { return deliveryKey(v.Reference) })
	case recordPromise:
		return restoreTo(b, m.promises.table, (*coder).duePromise, keyOfPromise)
	case recordSupplier:
		return restoreTo(b, m.suppliers.table, (*coder).supplier, func(v *Supplier) supplierKey { return supplierKey(v.Name) })
	case recordAnswer:
		v := &answerAt{}
		err := read(b, func(c *coder) { c.answer(v) })
		return landed(m.answers.table, keyOfDigest(v.Key), &v.Answer, err)
	default:
		return m.restoreSourcing(kind, b)
	}
}

// restoreSourcing puts one record of what is set of sourcing into its table.
func (m *Machine) restoreSourcing(kind byte, b []byte) error {
	switch kind {
	case recordTerms:
		return restoreTo(b, m.terms.table, (*coder).termsRecord, func(v *Terms) ledger.SiteID { return v.Site })
	case recordLoad:
		return restoreTo(b, m.loads.table, (*coder).load, func(v *Load) ledger.SiteID { return v.Site })
	case recordZone:
		return restoreTo(b, m.zones.table, (*coder).zone, (*Zone).key)
	case recordPreset:
		return restoreTo(b, m.presets.table, (*coder).presetFor, (*PresetFor).key)
	case recordRevised:
		return restoreTo(b, m.revised.table, (*coder).revisedRecord, func(v *Revised) ledger.OrderID { return v.Order })
	case recordClass:
		return restoreTo(b, m.classes.table, (*coder).ranked, func(v *Ranked) classKey { return classKey(v.Name) })
	case recordQuota:
		return restoreTo(b, m.quotas.table, (*coder).quota, func(v *Quota) quotaKey { return keyOfQuota(v.Class, v.SKU) })
	case recordMoving:
		return restoreTo(b, m.moves.table, (*coder).moving, func(v *Moving) ledger.OrderID { return v.Order })
	case recordStory:
		return restoreTo(b, m.stories.table, (*coder).story, func(v *Story) ledger.OrderID { return v.Order })
	case recordParcels:
		return restoreTo(b, m.parcels.table, (*coder).parcels, func(v *Parcels) parcelsKey { return keyOfParcels(v.Order, v.Site) })
	case recordTransfer:
		return restoreTo(b, m.transfers.table, (*coder).transfer, func(v *Transfer) transferKey { return transferKey(v.ID) })
	case recordEvent:
		return restoreTo(b, m.events.table, (*coder).event, func(v *Event) rankKey { return keyOfRank(v.Place) })
	case recordOutbox:
		return restoreTo(b, m.outbox.table, (*coder).outboxRecord, func(*outbox) outboxName { return outboxKey })
	case recordClaims:
		return restoreTo(b, m.claims.table, (*coder).claimsOf, func(v *Unclaimed) ledger.OrderID { return v.Order })
	case recordTakings:
		return restoreTo(b, m.takings.table, (*coder).takings, func(v *Takings) takingsKey { return keyOfTakings(v.Site, v.Day.Number) })
	case recordAccount:
		return restoreTo(b, m.customers.table, (*coder).account, func(v *Customer) ledger.CustomerID { return v.ID })
	case recordCompany:
		return restoreTo(b, m.company.table, (*coder).company, func(*Company) companyName { return companyKey })
	case recordTrusted:
		return restoreTo(b, m.trusted.table, (*coder).trustedRecord, func(v *Trusted) ledger.SiteID { return v.For })
	case recordForget:
		return restoreTo(b, m.erasing.table, (*coder).forgetting, func(v *Forgetting) ledger.SiteID { return v.Site })
	case recordReleasing:
		return restoreTo(b, m.releases.table, (*coder).releasing, func(v *Releasing) ledger.SiteID { return v.Site })
	case recordUser:
		return restoreTo(b, m.users.table, (*coder).user, func(v *User) ledger.UserID { return v.ID })
	case recordActed:
		return restoreTo(b, m.acted.table, (*coder).actedRecord, func(v *Acted) rankKey { return keyOfRank(v.Rank) })
	case recordAsset:
		return restoreTo(b, m.assets.table, (*coder).asset, func(v *Asset) ledger.AssetID { return v.ID })
	default:
		return fmt.Errorf("%w: a record of kind %d", errSnapshot, kind)
	}
}

func restoreTo[K comparable, V any](b []byte, t *table[K, *V], code func(*coder, *V), key func(*V) K) error {
	v := new(V)
	err := read(b, func(c *coder) { code(c, v) })
	return landed(t, key(v), v, err)
}

func landed[K comparable, V any](t *table[K, V], k K, v V, err error) error {
	if err != nil {
		return err
	}
	t.put(k, v)
	t.commit()
	return nil
}

func (m *Machine) restoreOwners(rows []Owned, err error) error {
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, ok := ledger.ParseUUID(r.Order); !ok {
			return fmt.Errorf("%w: the owner of order %q", errSnapshot, r.Order)
		}
		m.owners.put(r)
	}
	m.owners.commit()
	return nil
}
