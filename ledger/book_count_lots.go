package ledger

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// unknownLot refuses units of a lot, or of a serial number, that this book never saw, unless the count says that there may be such: a slip of the
// pen would make a lot that no recall finds and that leaves before the others, or after them. Seen is whatever came, left or was held, however long
// ago. What lies here is known from memory; of the rest a look at each story is taken, so a count costs what is new in it.
func (b *Book) unknownLot(r *Count) error {
	if r.NewLots || r.check() != nil {
		return nil
	}
	type place struct {
		line int // an index
		lotKey
	}
	var unknown []place
	b.mu.RLock()
	s, handed := b.core.State, b.handed.Load()
	for i := range r.Lines {
		l := &r.Lines[i]
		for n := range l.Lots {
			t := &l.Lots[n]
			key := lotKey{l.SKU, t.Lot}
			if t.Counted > 0 && !s.sawLot(key) && (handed == nil || len(handed.lots[key]) == 0) {
				unknown = append(unknown, place{i, key})
			}
		}
	}
	b.mu.RUnlock()
	if len(unknown) == 0 {
		return nil
	}
	at := -1
	if err := b.view(func(tx *bbolt.Tx) error {
		for i := range unknown {
			if !lotStored(tx, unknown[i].lotKey) {
				at = i
				return nil
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("look for the lots of a count: %w", err)
	}
	if at < 0 {
		return nil
	}
	u := &unknown[at]
	level, _ := b.Level(u.sku)
	return &LotError{SKU: u.sku, Lot: u.lot, Line: u.line + 1, Why: fmt.Sprintf("lot or serial number %s of %s was never at this site, and may be a slip of the pen: look at the label again; if it says so, send new_lots. Of %s %s",
		u.lot, u.sku, u.sku, level.lotWords())}
}

// sawLot says whether the memory of the state knows of a lot: that it lies here or is held, or that something was said of it since the last checkpoint.
func (s *State) sawLot(key lotKey) bool {
	l := s.look(key.sku)
	return l != nil && l.Lot(key.lot) != nil || len(s.dirty.lots[key]) > 0
}

// lotStored says whether a lot has a story in the file.
func lotStored(tx *bbolt.Tx, key lotKey) bool {
	bucket := tx.Bucket(bucketLots)
	if bucket == nil {
		return false
	}
	prefix := lotPrefix(key.sku, key.lot)
	k, _ := bucket.Cursor().Seek(binary.BigEndian.AppendUint64(append([]byte(nil), prefix...), 0))
	return len(k) == len(prefix)+8 && string(k[:len(prefix)]) == string(prefix)
}
