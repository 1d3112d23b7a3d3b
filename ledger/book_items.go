package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.etcd.io/bbolt"
)

// catalogue is the reference data in memory, for scanners and searches.
type catalogue struct {
	mu       sync.RWMutex // guards what stands below
	bySKU    map[SKU]*Item
	barcodes map[string]SKU
	sorted   []SKU // nil when it has to be made anew
	version  uint64
}

func (c *catalogue) load(db *bbolt.DB) error {
	c.bySKU, c.barcodes = map[SKU]*Item{}, map[string]SKU{}
	return db.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(bucketMeta).Get(keyRefVersion); len(v) == 8 {
			c.version = binary.BigEndian.Uint64(v)
		}
		return eachValue(tx, bucketItems, func(_, value []byte) error {
			item, err := UnmarshalItem(value)
			if err == nil {
				c.put(item)
			}
			return err
		})
	})
}

func (c *catalogue) put(item *Item) {
	if old, ok := c.bySKU[item.SKU]; ok {
		for _, code := range old.Barcodes {
			if c.barcodes[code] == item.SKU {
				delete(c.barcodes, code)
			}
		}
	} else {
		c.sorted = nil
	}
	c.bySKU[item.SKU] = item
	for _, code := range item.Barcodes {
		c.barcodes[code] = item.SKU
	}
}

// PutItems stores reference data up to version; all of it or nothing. An item older than the
// one that is there changes nothing.
func (b *Book) PutItems(items []Item, version uint64) error {
	if err := b.Err(); err != nil {
		return err
	}
	b.items.mu.Lock()
	defer b.items.mu.Unlock()
	fresh := make([]*Item, 0, len(items))
	for i := range items {
		if old, ok := b.items.bySKU[items[i].SKU]; ok && old.Version > items[i].Version {
			continue
		}
		fresh = append(fresh, &items[i])
	}
	version = max(version, b.items.version)
	if err := b.env.Disk.Before(ActItems, b.db.Path()); err != nil {
		return fmt.Errorf("%s: %w", ActItems, err)
	}
	if err := b.db.Update(func(tx *bbolt.Tx) error {
		for _, item := range fresh {
			key := []byte(item.SKU)
			if err := tx.Bucket(bucketItems).Put(key, sealValue(bucketItems, key, MarshalItem(item))); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(keyRefVersion, binary.BigEndian.AppendUint64(nil, version))
	}); err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.fail(fmt.Errorf("%s: %w", ActItems, err))
	}
	for _, item := range fresh {
		kept := *item
		kept.Barcodes = slices.Clone(item.Barcodes)
		b.items.put(&kept)
	}
	b.items.version = version
	return nil
}

// RefVersion is how far the reference data is stored.
func (b *Book) RefVersion() uint64 {
	b.items.mu.RLock()
	defer b.items.mu.RUnlock()
	return b.items.version
}

// Item finds an item by its SKU. The item's barcodes must not be changed.
func (b *Book) Item(sku SKU) (Item, bool) {
	b.items.mu.RLock()
	defer b.items.mu.RUnlock()
	if item, ok := b.items.bySKU[sku]; ok {
		return *item, true
	}
	return Item{}, false
}

// ItemByBarcode finds an item by one of its barcodes.
func (b *Book) ItemByBarcode(code string) (Item, bool) {
	b.items.mu.RLock()
	sku, ok := b.items.barcodes[code]
	b.items.mu.RUnlock()
	if !ok {
		return Item{}, false
	}
	return b.Item(sku)
}

// SearchItems lists up to limit items behind after, by SKU, whose SKU, name or barcode holds q
// in either case; all items where q is empty.
func (b *Book) SearchItems(q string, after SKU, limit int) []Item {
	b.items.mu.Lock()
	if b.items.sorted == nil {
		b.items.sorted = sortedKeys(b.items.bySKU)
	}
	sorted := b.items.sorted
	b.items.mu.Unlock()
	q = strings.ToLower(q)
	var out []Item
	at, _ := slices.BinarySearch(sorted, after)
	for _, sku := range sorted[at:] {
		if len(out) == limit {
			break
		}
		if sku == after && after != "" {
			continue
		}
		if item, ok := b.Item(sku); ok && item.matches(q) {
			out = append(out, item)
		}
	}
	return out
}

func (i *Item) matches(lower string) bool {
	if lower == "" || strings.Contains(strings.ToLower(i.Name), lower) || strings.Contains(strings.ToLower(string(i.SKU)), lower) {
		return true
	}
	return slices.ContainsFunc(i.Barcodes, func(code string) bool { return strings.Contains(code, lower) })
}
