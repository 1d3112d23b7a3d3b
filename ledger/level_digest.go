package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"iter"
)

// Digest is a digest of every balance of the site. Two states of one digest have the same levels:
// a site attests with it, and head office compares its mirror.
func (s *State) Digest() Digest {
	return DigestOfLevels(func(yield func(SKU, *Level) bool) {
		for _, sku := range sortedKeys(s.levels) {
			if !yield(sku, s.levels[sku]) {
				return
			}
		}
	})
}

// DigestOfLevels is the digest of levels that come by SKU in ascending order. One that holds
// nothing counts as none. It depends on no stored format.
func DigestOfLevels(levels iter.Seq2[SKU, *Level]) Digest {
	w := digestWriter{sum: sha256.New()}
	w.text("levels 1")
	for sku, l := range levels {
		if l.empty() {
			continue
		}
		w.text(string(sku))
		for _, q := range [...]Qty{l.Blocked, l.Sellable, l.Picked, l.Available, l.Reserved, l.Shortfall} {
			w.qty(q)
		}
		w.qty(Qty(len(l.Allotted)))
		for _, h := range l.Allotted {
			w.text(string(h.Holder))
			w.qty(h.Qty)
		}
		w.qty(Qty(len(l.Bins)))
		for _, b := range l.Bins {
			w.text(string(b.Bin))
			w.qty(b.Sellable)
			w.qty(b.Blocked)
		}
	}
	return Digest(w.sum.Sum(nil)[:len(Digest{})])
}

// empty says whether l holds nothing and owes nothing.
func (l *Level) empty() bool {
	return l.Blocked == 0 && l.Sellable == 0 && l.Picked == 0 && l.Available == 0 && l.Reserved == 0 && l.Shortfall == 0 &&
		len(l.Allotted) == 0 && len(l.Bins) == 0
}

// A digestWriter hashes numbers as eight bytes and texts behind their lengths.
type digestWriter struct {
	sum  hash.Hash
	room [64]byte
}

func (w *digestWriter) qty(q Qty) {
	w.sum.Write(binary.BigEndian.AppendUint64(w.room[:0], uint64(q)))
}

func (w *digestWriter) text(s string) {
	w.qty(Qty(len(s)))
	w.sum.Write(append(w.room[:0], s...))
}
