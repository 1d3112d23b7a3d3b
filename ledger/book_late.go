package ledger

import (
	"errors"
	"fmt"
	"sort"

	"go.etcd.io/bbolt"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

// A LateFact is an entry of a book that was set aside, which head office's copy does not have.
type LateFact struct {
	Origin Origin
	Entry  *Entry
}

// LateRank is in which turn an entry is told late: what was ordered of suppliers (0), for head office counts goods by the order that they
// came of and knows it by then; then goods that came in (1), for they come in before they are sold (protocol.md, section 6); then the rest (2).
func LateRank(e *Entry) int {
	k := e.Kind
	if b, ok := e.Body.(*LateBody); ok {
		k = b.Was
	}
	switch k {
	case KindPurchase:
		return 0
	case KindReceipt:
		return 1
	default:
		return lateRanks - 1
	}
}

// lateRanks is how many turns there are.
const lateRanks = 3

// EachLate gives what the books set aside tell beyond this one: their entries behind the last
// position that both have, by their LateRank. Each is given each time: that a fact is recorded once is seen to by its origin. An
// error of f ends the walk.
func (b *Book) EachLate(f func(LateFact) error) error {
	pending, err := pendingAsides(b.env, b.cfg.Dir)
	if err != nil {
		return err
	}
	for rank := range lateRanks {
		for _, epoch := range pending {
			if err := b.eachLateOf(asideDir(b.cfg.Dir, epoch), func(l LateFact) error {
				if LateRank(l.Entry) != rank {
					return nil
				}
				return f(l)
			}); err != nil {
				return fmt.Errorf("late facts of the book set aside before epoch %d: %w", epoch, err)
			}
		}
	}
	return nil
}

// eachLateOf gives the entries of one closed book behind the position that it shares with b.
func (b *Book) eachLateOf(dir string, f func(LateFact) error) error {
	return readClosed(b.env, dir, func(_ *bbolt.Tx, site SiteID, journal *tape.Tape) error {
		common, err := commonSeq(journal, b.tape)
		if err != nil {
			return err
		}
		return eachOpened(journal, common+1, func(o *Opened) error {
			for i := range o.Entries {
				if o.Entries[i].Seq <= common {
					continue
				}
				// The frame's memory is used again: a fact is kept beyond it.
				e, err := entryOf(o.Frame, o.Entries[i].Seq)
				if err != nil {
					return err
				}
				if err := f(LateFact{originOf(site, e, o.Frame.Hashes[i]), e}); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// originOf says where a fact was first written. What an earlier rebuild has recorded late keeps its
// first origin, so that it is the same fact in each book that tells of it.
func originOf(site SiteID, e *Entry, hash Hash) Origin {
	if late, ok := e.Body.(*LateBody); ok {
		return late.Origin
	}
	return Origin{Site: site, Epoch: e.Epoch, Seq: e.Seq, Hash: hash}
}

// commonSeq finds the last entry that two journals of one site share: where the hashes agree, all
// before agrees too. What either was trimmed of is archived, and so in both.
func commonSeq(a, b *tape.Tape) (Seq, error) {
	last := Seq(min(a.Last(), b.Last()))
	var failed error
	differs := func(n int) bool { // whether entry n+1 is another one
		if failed != nil {
			return true
		}
		ha, errA := hashAt(a, Seq(n)+1)
		hb, errB := hashAt(b, Seq(n)+1)
		if errors.Is(errA, ErrTrimmed) || errors.Is(errB, ErrTrimmed) {
			return false
		}
		failed = errors.Join(errA, errB)
		return ha != hb
	}
	n := sort.Search(int(last), differs)
	return Seq(n), failed
}

// movedBefore is how long before the last shared entry a SKU must have moved to be counted: what the
// lost book sold behind that entry is likely to be of what was sold just before it.
const movedBefore = 24 * 3600 * 1000 // milliseconds

// Moved lists the SKUs to be counted after a rebuild, those that moved last first: what has moved
// behind the entry up to which the book was rebuilt, and what moved in the day before it.
func (b *Book) Moved() ([]SKU, error) {
	plan, ok := b.Rebuild()
	if !ok {
		return nil, nil
	}
	last := map[SKU]Seq{}
	from, err := b.dayBefore(plan.Stored.Seq)
	if err != nil {
		return nil, fmt.Errorf("list what moved: %w", err)
	}
	head := b.Head().Seq
	if err := eachOpened(b.tape, from+1, func(o *Opened) error {
		for i := range o.Entries {
			e := &o.Entries[i]
			if e.Seq <= from || e.Seq > head {
				continue
			}
			for _, p := range e.Postings {
				last[p.SKU] = e.Seq
			}
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("list what moved: %w", err)
	}
	out := sortedKeys(last)
	sort.SliceStable(out, func(i, k int) bool { return last[out[i]] > last[out[k]] })
	return out[:min(len(out), MovedMax)], nil
}

// dayBefore finds the entry behind which the day before entry seq began, by the site's own clock. A
// clock that was set back makes it an entry too early or too late: more or fewer SKUs are counted.
func (b *Book) dayBefore(seq Seq) (Seq, error) {
	if seq == 0 {
		return 0, nil
	}
	var failed error
	at := func(s Seq) int64 {
		f, err := frameOf(b.tape, s)
		if err != nil {
			failed = errors.Join(failed, err)
			return 0
		}
		e, err := entryOf(f, s)
		if err != nil {
			failed = errors.Join(failed, err)
			return 0
		}
		return e.At.UnixMilli()
	}
	since := at(seq) - movedBefore
	n := sort.Search(int(seq), func(n int) bool { return failed != nil || at(Seq(n)+1) >= since })
	return Seq(n), failed
}
