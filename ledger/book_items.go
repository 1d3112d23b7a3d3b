package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"go.etcd.io/bbolt"
)

// catalogue is the reference data in memory, for scanners and searches.
type catalogue struct {
	writing sync.Mutex // one PutItems at a time; taken before Book.disk

	mu      sync.RWMutex // guards what stands below; taken last
	store   *itemStore
	texts   finder // by SKU
	version uint64
	again   bool     // the items were stored by a build that knew less of them: head office is asked for all
	asked   uint64   // again: how far they have come
	sites   SiteList // of the company, as heard last
}

func (c *catalogue) load(b *Book) error {
	seed := maphash.MakeSeed()
	c.store = newItemStore(func(s string) uint64 { return maphash.String(seed, s) })
	var all []findText
	defer func() { c.texts = finder{}.with(all) }()
	return b.view(func(tx *bbolt.Tx) (err error) {
		if c.sites, err = loadSites(tx); err != nil {
			return err
		}
		if stored := tx.Bucket(bucketMeta).Get(keyRefVersion); stored != nil {
			v, err := openValue(bucketMeta, keyRefVersion, stored)
			if err != nil {
				return err
			}
			if len(v) != 8 {
				return &DamageError{Where: "ref version", Why: "it has the wrong length"}
			}
			c.version = binary.BigEndian.Uint64(v)
			c.again = !bytes.Equal(tx.Bucket(bucketMeta).Get(keyRefForm), refForm())
		}
		return eachValue(tx, bucketItems, func(_, value []byte) error {
			item, err := UnmarshalItem(value)
			if err == nil {
				c.store.put(item, value)
				all = append(all, findText{strings.Clone(string(item.SKU)), item.SearchText()})
			}
			return err
		})
	})
}

// itemsPerCommit bounds one commit of reference data: orders wait behind it.
const itemsPerCommit = 500

// PutItems stores reference data up to version, which counts only once all of it is stored. An
// item older than the one that is there changes nothing; one that Check refuses refuses all. Where
// the disk fails under it the error is ErrUnsure, and later ones are ErrClosed.
func (b *Book) PutItems(items []Item, version uint64) error { return b.putItems(items, version, nil) }

// ChangeItems is PutItems as somebody's act, which lands with the first of them.
func (b *Book) ChangeItems(by Change, items []Item, version uint64) error {
	return b.putItems(items, version, []Change{by})
}

func (b *Book) putItems(items []Item, version uint64, by []Change) error {
	if err := b.Err(); err != nil {
		return err
	}
	for i := range items {
		if err := items[i].Check(); err != nil {
			return fmt.Errorf("put item %q: %w", items[i].SKU, err)
		}
	}
	b.items.writing.Lock()
	defer b.items.writing.Unlock()
	upTo := version
	version = max(version, b.RefVersion())
	fresh := b.items.newer(items)
	for len(fresh) > itemsPerCommit {
		if err := b.storeItems(fresh[:itemsPerCommit], b.RefVersion(), by); err != nil {
			return err
		}
		fresh, by = fresh[itemsPerCommit:], nil
	}
	if err := b.storeItems(fresh, version, by); err != nil {
		return err
	}
	// A second time, so that both meta pages lead to all of it: bbolt takes the loss of one for a
	// power cut, and no journal remembers items.
	whole := b.heardAgain(upTo)
	return b.storeItems(nil, version, nil, whole...)
}

// refFormat is how much a build keeps of an item: 1 from the first that keeps its detail.
const refFormat = 1

func refForm() []byte { return sealValue(bucketMeta, keyRefForm, []byte{refFormat}) }

// heardAgain notes how far items have come that a build before this one kept in part, and gives what is
// to be written once all have: that each is there as this build keeps it.
func (b *Book) heardAgain(upTo uint64) [][]byte {
	b.items.mu.Lock()
	defer b.items.mu.Unlock()
	if b.items.asked = max(b.items.asked, upTo); b.items.asked >= b.items.version {
		b.items.again = false
	}
	if b.items.again {
		return nil
	}
	return [][]byte{refForm()}
}

// RefAsked is from where on head office is to be asked for items: RefVersion, or less where an older build stored
// them, which kept less of each. Those that come again are kept as any that are no older than what is there.
func (b *Book) RefAsked() uint64 {
	b.items.mu.RLock()
	defer b.items.mu.RUnlock()
	if b.items.again {
		return b.items.asked
	}
	return b.items.version
}

// newer picks the items that are no older than what is there, the last of each SKU.
func (c *catalogue) newer(items []Item) []*Item {
	c.mu.RLock()
	defer c.mu.RUnlock()
	newest := make(map[SKU]*Item, len(items))
	for i := range items {
		item := items[i]
		have, _ := c.store.version(item.SKU) // 0 where there is none: no item is older
		if it := newest[item.SKU]; it != nil {
			have = it.Version
		}
		if have > item.Version {
			continue
		}
		item.Barcodes = slices.Clone(item.Barcodes)
		newest[item.SKU] = &item
	}
	fresh := make([]*Item, 0, len(newest))
	for _, sku := range sortedKeys(newest) {
		fresh = append(fresh, newest[sku])
	}
	return fresh
}

// storeItems lands items in one commit, and whose act they are, then shows them as they will be read when the book is opened again, which
// takes the least memory. Lookups go on meanwhile. form is stored where it is given.
func (b *Book) storeItems(fresh []*Item, version uint64, by []Change, form ...[]byte) error {
	values, kept := make([][]byte, len(fresh)), make([]*Item, len(fresh))
	for i, item := range fresh {
		var err error
		values[i] = MarshalItem(item)
		if kept[i], err = UnmarshalItem(values[i]); err != nil {
			return fmt.Errorf("put item %q: %w", item.SKU, err)
		}
	}
	if err := b.commit(ActItems, func(tx *bbolt.Tx) error {
		if err := putChanges(tx, by); err != nil {
			return err
		}
		for i, item := range fresh {
			key := []byte(item.SKU)
			if err := tx.Bucket(bucketItems).Put(key, sealValue(bucketItems, key, values[i])); err != nil {
				return err
			}
		}
		for _, value := range form {
			if err := tx.Bucket(bucketMeta).Put(keyRefForm, value); err != nil {
				return err
			}
		}
		value := sealValue(bucketMeta, keyRefVersion, binary.BigEndian.AppendUint64(nil, version))
		return tx.Bucket(bucketMeta).Put(keyRefVersion, value)
	}); err != nil {
		if !errors.Is(err, ErrFull) && !errors.Is(err, ErrClosed) {
			return fmt.Errorf("%w: %w", ErrUnsure, err)
		}
		return err
	}
	b.items.mu.Lock()
	defer b.items.mu.Unlock()
	for i, item := range kept {
		b.items.store.put(item, values[i])
	}
	b.items.version, b.items.texts = version, b.items.texts.with(textsOf(kept))
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
	if item, ok := b.ItemAt(sku); ok {
		return *item, true
	}
	return Item{}, false
}

// ItemAt is Item without a copy: what it gives must not be changed.
func (b *Book) ItemAt(sku SKU) (*Item, bool) {
	b.items.mu.RLock()
	defer b.items.mu.RUnlock()
	return b.items.store.of(sku)
}

// HasItem says whether there is an item of a SKU.
func (b *Book) HasItem(sku SKU) bool {
	b.items.mu.RLock()
	defer b.items.mu.RUnlock()
	_, ok := b.items.store.row(sku)
	return ok
}

// ItemsByBarcode lists the items that have a barcode, by SKU: whatever a scanner or a keyboard gave
// of it, one item as a rule. The items' barcodes must not be changed.
func (b *Book) ItemsByBarcode(code string) (out []Item) {
	b.items.mu.RLock()
	defer b.items.mu.RUnlock()
	for _, item := range b.items.store.withCode(code) {
		out = append(out, *item)
	}
	return out
}

// itemsOf lists the SKUs of a category, ascending, at most so many, and says how many there are; none of no category.
func (b *Book) itemsOf(category string, most int) (skus []SKU, all int) {
	if category == "" {
		return nil, 0
	}
	c := &b.items
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.store.group(category, most)
}

// isOf says whether a SKU's item is of a category.
func (b *Book) isOf(category string, sku SKU) bool {
	b.items.mu.RLock()
	defer b.items.mu.RUnlock()
	return b.items.store.in(category, sku)
}
