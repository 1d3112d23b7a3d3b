package ledger

import (
	"encoding/binary"
	"slices"

	"go.etcd.io/bbolt"
)

// Head is the last position on disk. It takes no lock.
func (b *Book) Head() Head { return *b.durable.Load() }

// Changed gives a channel that is closed at the next commit. Take it, then look at what is to
// be seen, then wait: no change is missed.
func (b *Book) Changed() <-chan struct{} {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.changed
}

// NodeKey was drawn when the book was made; Boot when this process opened it.
func (b *Book) NodeKey() [16]byte { return b.nodeKey }

// Boot is this process's random id.
func (b *Book) Boot() [16]byte { return b.boot }

// Level gives a SKU's balances; ok is false where the site never had any.
func (b *Book) Level(sku SKU) (Level, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.core.State.Level(sku)
}

// A Summary is a book at a glance.
type Summary struct {
	Site       SiteID
	Counter    bool
	Standalone bool
	Epoch      Epoch
	HQ         Incarnation
	Commands   Cursor
	Head       Head // durable: a head that was only decided is shown to nobody
	SKUs       int
	OpenOrders int
	OpenAsks   int
	Waiting    int    // orders that wait for goods at this site
	Quarantine string // why nothing is promised; "" when all is well
	Full       bool   // the disk has no room: nothing new is promised until there is some
}

// View gives the book at a glance.
func (b *Book) View() Summary {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.core.State
	return Summary{Site: s.Site, Counter: s.Counter, Standalone: s.Standalone, Epoch: s.Epoch, HQ: s.HQ,
		Commands: s.Commands, Head: b.Head(), SKUs: len(s.levels), OpenOrders: s.open, OpenAsks: len(s.asks),
		Waiting: s.waiting, Quarantine: b.quarantine, Full: b.full.Load()}
}

// HQ is the incarnation of head office that the book has adopted.
func (b *Book) HQ() Incarnation { return b.View().HQ }

// Cursor says how far the book has come in head office's commands.
func (b *Book) Cursor() Cursor { return b.View().Commands }

// Order gives an order that this book owns, or ErrOrderUnknown. It must not be changed.
func (b *Book) Order(id OrderID) (*Order, error) {
	b.mu.RLock()
	o, ok := b.core.State.orders[id]
	_, changed := b.core.State.dirty.orders[id]
	handed := b.handed.Load()
	b.mu.RUnlock()
	if ok {
		return o, nil
	}
	if changed {
		return nil, ErrOrderUnknown // dropped since the last checkpoint
	}
	err := b.db.View(func(tx *bbolt.Tx) (err error) {
		o, ok, err = orderOf(tx, handed, id)
		return err
	})
	if err == nil && !ok {
		err = ErrOrderUnknown
	}
	return o, err
}

// Frames gives whole frames that follow after, verbatim, at least one if there are any, then
// as many as fit in maxBytes. before is the position that the first one follows. Where after
// lies inside a frame, that whole frame comes first.
func (b *Book) Frames(after Seq, maxBytes int) (before Position, frames [][]byte, err error) {
	err = b.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketJournal).Cursor()
		k, v := c.Seek(seqKey(after + 1))
		if k == nil || Seq(binary.BigEndian.Uint64(k)) != after+1 {
			k, v = c.Prev()
		}
		size := 0
		for ; k != nil; k, v = c.Next() {
			f, err := DecodeFrame(v)
			if err != nil {
				return err
			}
			if err := f.Verify(); err != nil {
				return err
			}
			if f.End().Seq <= after {
				continue
			}
			if size += len(v); len(frames) > 0 && size > maxBytes {
				return nil
			}
			if len(frames) == 0 {
				before = f.Start()
			}
			frames = append(frames, slices.Clone(v))
		}
		return nil
	})
	return before, frames, err
}

// Entries gives up to limit entries that follow after, with their hashes.
func (b *Book) Entries(after Seq, limit int) ([]*Entry, []Hash, error) {
	var entries []*Entry
	var hashes []Hash
	last := b.Head().Seq // before the transaction, which then holds at least that much
	err := b.db.View(func(tx *bbolt.Tx) error {
		for after < last && len(entries) < limit {
			f, err := frameOf(tx, after+1)
			if err != nil {
				return err
			}
			opened, err := f.Open()
			if err != nil {
				return err
			}
			for i := int(after + 1 - f.First); i < len(opened) && len(entries) < limit; i++ {
				entries, hashes = append(entries, opened[i]), append(hashes, f.Hashes[i])
				after++
			}
		}
		return nil
	})
	return entries, hashes, err
}
