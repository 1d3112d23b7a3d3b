package ledger

import (
	"context"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// Adjust puts an adjustment to the writer. What is found of a lot that was never here is refused first, as of a count. The error is Do's; a refusal is
// the outcome's own.
func (b *Book) Adjust(ctx context.Context, r *Adjust) (Outcome, error) {
	r.refused = b.unknownFound(r)
	return b.Do(ctx, r)
}

// unknownFound is unknownLot, of what an adjustment has found. What is gone has to be here, whatever it says.
func (b *Book) unknownFound(r *Adjust) error {
	if r.NewLots || len(r.Lots) > LotMovesMax {
		return nil
	}
	var found []lotOnLine
	for i := range r.Lots {
		n := &r.Lots[i]
		if n.Line < 1 || n.Line > len(r.Lines) { // whoever decides says so
			return nil
		}
		if l := &r.Lines[n.Line-1]; l.Qty > 0 {
			found = append(found, lotOnLine{n.Line, lotKey{l.SKU, n.Lot}})
		}
	}
	return b.neverHere(found)
}

// unknownLot refuses units of a lot, or of a serial number, that this book never saw, unless the count says that there may be such: a slip of the
// pen would make a lot that no recall finds and that leaves before the others, or after them. Seen is whatever came, left or was held, however long
// ago. What lies here is known from memory; of the rest a look at each story is taken, so a count costs what is new in it.
func (b *Book) unknownLot(r *Count) error {
	if r.NewLots || r.check() != nil {
		return nil
	}
	var found []lotOnLine
	for i := range r.Lines {
		l := &r.Lines[i]
		for n := range l.Lots {
			if t := &l.Lots[n]; t.Counted > 0 {
				found = append(found, lotOnLine{i + 1, lotKey{l.SKU, t.Lot}})
			}
		}
	}
	return b.neverHere(found)
}

// lotOnLine is a lot that a line, from 1, names.
type lotOnLine struct {
	line int
	lotKey
}

// neverHere refuses the first lot that this book never saw.
func (b *Book) neverHere(found []lotOnLine) error {
	var unknown []lotOnLine
	b.mu.RLock()
	s, handed := b.core.State, b.handed.Load()
	for _, f := range found {
		if !s.sawLot(f.lotKey) && (handed == nil || len(handed.lots[f.lotKey]) == 0) {
			unknown = append(unknown, f)
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
		return fmt.Errorf("look for lots that are found: %w", err)
	}
	if at < 0 {
		return nil
	}
	u := &unknown[at]
	level, _ := b.Level(u.sku)
	return &LotError{SKU: u.sku, Lot: u.lot, Line: u.line, Why: fmt.Sprintf("lot or serial number %s of %s was never at this site, and may be a slip of the pen: look at the label again; if it says so, send new_lots. Of %s %s",
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
