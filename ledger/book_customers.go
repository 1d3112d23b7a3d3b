package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.etcd.io/bbolt"
)

// clientele is the company's customers in memory. They are reference data: no entry holds them, so a customer that is
// erased is gone from here with the next commit.
type clientele struct {
	writing sync.Mutex // one PutCustomers at a time; taken before Book.disk

	mu      sync.RWMutex // guards what stands below; taken last
	byID    map[CustomerID]*CustomerAccount
	texts   finder // by id
	version uint64
}

func (c *clientele) load(b *Book) error {
	c.byID = map[CustomerID]*CustomerAccount{}
	var all []*CustomerAccount
	defer func() { c.texts = c.texts.with(customerTexts(all)) }()
	return b.view(func(tx *bbolt.Tx) error {
		if stored := tx.Bucket(bucketMeta).Get(keyCustomers); stored != nil {
			v, err := openValue(bucketMeta, keyCustomers, stored)
			if err != nil {
				return err
			}
			if len(v) != 8 {
				return &DamageError{Where: "customers", Why: "their version has the wrong length"}
			}
			c.version = binary.BigEndian.Uint64(v)
		}
		if tx.Bucket(bucketCustomers) == nil {
			return nil // there never was one
		}
		return eachValue(tx, bucketCustomers, func(_, value []byte) error {
			v, err := UnmarshalCustomer(value)
			if err == nil {
				c.byID[v.ID] = v
				all = append(all, v)
			}
			return err
		})
	})
}

// PutCustomers stores customers up to version, which counts only once all of them are stored. One that is older than
// what is there changes nothing; one that Check refuses refuses all. Where the disk fails under it the error is
// ErrUnsure, and later ones are ErrClosed.
func (b *Book) PutCustomers(list []CustomerAccount, version uint64) error {
	return b.putCustomers(list, version, nil)
}

// ChangeCustomers is PutCustomers as somebody's act, which lands with the first of them.
func (b *Book) ChangeCustomers(by Change, list []CustomerAccount, version uint64) error {
	return b.putCustomers(list, version, []Change{by})
}

func (b *Book) putCustomers(list []CustomerAccount, version uint64, by []Change) error {
	if err := b.Err(); err != nil {
		return err
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			return fmt.Errorf("put customer %q: %w", list[i].ID, err)
		}
	}
	c := &b.customers
	c.writing.Lock()
	defer c.writing.Unlock()
	version = max(version, b.CustomersVersion())
	for fresh := range slices.Chunk(c.newer(list), itemsPerCommit) {
		if err := b.storeCustomers(fresh, b.CustomersVersion(), by); err != nil {
			return err
		}
		by = nil
	}
	return b.storeCustomers(nil, version, by)
}

// newer picks the customers that are no older than what is there, the last of each. One that was erased stays so, whatever comes: a head
// office that was restored from a backup, and was not told, would bring the person back else.
func (c *clientele) newer(list []CustomerAccount) []*CustomerAccount {
	c.mu.RLock()
	defer c.mu.RUnlock()
	newest := make(map[CustomerID]*CustomerAccount, len(list))
	for i := range list {
		have, ok := newest[list[i].ID]
		if !ok {
			have, ok = c.byID[list[i].ID]
		}
		if !ok || have.Version <= list[i].Version && (list[i].Erased || !have.Erased) {
			v := list[i]
			newest[v.ID] = &v
		}
	}
	out := make([]*CustomerAccount, 0, len(newest))
	for _, id := range sortedKeys(newest) {
		out = append(out, newest[id])
	}
	return out
}

// storeCustomers lands customers in one commit, and whose act they are, then shows them.
func (b *Book) storeCustomers(fresh []*CustomerAccount, version uint64, by []Change) error {
	if err := b.commit(ActItems, func(tx *bbolt.Tx) error {
		if err := putChanges(tx, by); err != nil {
			return err
		}
		bucket, err := tx.CreateBucketIfNotExists(bucketCustomers)
		if err != nil {
			return err
		}
		for _, v := range fresh {
			key := []byte(v.ID)
			if err := bucket.Put(key, sealValue(bucketCustomers, key, MarshalCustomer(v))); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(keyCustomers, sealValue(bucketMeta, keyCustomers, binary.BigEndian.AppendUint64(nil, version)))
	}); err != nil {
		if !errors.Is(err, ErrFull) && !errors.Is(err, ErrClosed) {
			return fmt.Errorf("%w: %w", ErrUnsure, err)
		}
		return err
	}
	c := &b.customers
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range fresh {
		c.byID[v.ID] = v
	}
	c.version, c.texts = version, c.texts.with(customerTexts(fresh))
	return nil
}

// customerTexts gives the texts of customers that are ascending, for a finder.
func customerTexts(list []*CustomerAccount) []findText {
	out := make([]findText, len(list))
	for i, v := range list {
		out[i] = findText{string(v.ID), v.SearchText()}
	}
	return out
}

// CustomersVersion is how far the customers are stored.
func (b *Book) CustomersVersion() uint64 {
	b.customers.mu.RLock()
	defer b.customers.mu.RUnlock()
	return b.customers.version
}

// Customer finds a customer. What it gives must not be changed.
func (b *Book) Customer(id CustomerID) (*CustomerAccount, bool) {
	b.customers.mu.RLock()
	defer b.customers.mu.RUnlock()
	v, ok := b.customers.byID[id]
	return v, ok
}

// AssetHeld is what this site may use of an asset without asking.
func (b *Book) AssetHeld(a AssetID) Qty {
	b.mu.RLock()
	defer b.seenUpTo(b.core.State.dirty.holdings[SKU(a)])
	return b.core.State.AssetHeld(a)
}

// AssetsHeld lists what this site may use of assets, by their names.
func (b *Book) AssetsHeld() []AssetMove {
	b.mu.RLock()
	defer b.seen()
	return b.core.State.AssetsHeld()
}

// SearchCustomers lists up to limit customers behind after, by id, whose text holds q in either case; all customers
// where q is empty. They must not be changed.
func (b *Book) SearchCustomers(q string, after CustomerID, limit int) (out []*CustomerAccount) {
	if limit < 1 {
		return nil
	}
	b.customers.mu.RLock()
	texts := b.customers.texts
	b.customers.mu.RUnlock()
	texts.find(strings.ToLower(q), string(after), func(id string) bool {
		if v, ok := b.Customer(CustomerID(id)); ok {
			out = append(out, v)
		}
		return len(out) < limit
	})
	return out
}
