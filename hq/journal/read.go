package journal

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	bolt "go.etcd.io/bbolt"
)

// readSlice is how many bytes of frames Verify reads at a time.
const readSlice = 4 << 20

// Sites lists the sites with a journal here, in ascending order.
func (s *Store) Sites() []ledger.SiteID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.sites))
}

// Whole is the position up to which the site's journal has no gap; zero where there is none.
func (s *Store) Whole(site ledger.SiteID) (ledger.Position, error) {
	return s.end(site, func(sh *shelf) ledger.Seq { return sh.whole })
}

// Last is the position of the site's last entry here, which may lie beyond a gap.
func (s *Store) Last(site ledger.SiteID) (ledger.Position, error) {
	return s.end(site, func(sh *shelf) ledger.Seq { return sh.last })
}

func (s *Store) end(site ledger.SiteID, which func(*shelf) ledger.Seq) (ledger.Position, error) {
	s.mu.Lock()
	var seq ledger.Seq
	if sh, ok := s.sites[site]; ok {
		seq = which(sh)
	}
	err := s.err
	s.mu.Unlock()
	if seq == 0 || err != nil {
		return ledger.Position{}, err
	}
	r, ok, err := s.at(site, seq)
	if err != nil {
		return ledger.Position{}, err
	}
	if !ok || r.Last != seq {
		return ledger.Position{}, damaged(site, seqKey(seq), fmt.Errorf("no frame ends there"))
	}
	f, err := ledger.DecodeFrame(r.Frame)
	if err != nil {
		return ledger.Position{}, damaged(site, seqKey(r.First), err)
	}
	if end := f.End(); end.Seq == seq && f.Site == site {
		return end, nil
	}
	return ledger.Position{}, damaged(site, seqKey(r.First), fmt.Errorf("it is another frame than its place says"))
}

// WholeSeq is the sequence of Whole, without a look at the disk.
func (s *Store) WholeSeq(site ledger.SiteID) ledger.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sh, ok := s.sites[site]; ok {
		return sh.whole
	}
	return 0
}

// Frames gives the site's whole frames that hold the entries after the given one, up to the
// first gap: at least one if there is any, and then as many as fit in maxBytes. The first one
// may begin before.
func (s *Store) Frames(site ledger.SiteID, after ledger.Seq, maxBytes int) ([][]byte, error) {
	var frames [][]byte
	size := 0
	err := s.walk(site, after, func(r Record) bool {
		if size += len(r.Frame); len(frames) > 0 && size > maxBytes {
			return false
		}
		frames = append(frames, bytes.Clone(r.Frame))
		return true
	})
	if err != nil {
		return nil, err
	}
	return frames, nil
}

// at gives the record that holds entry seq. Its frame is the caller's.
func (s *Store) at(site ledger.SiteID, seq ledger.Seq) (Record, bool, error) {
	var got Record
	found := false
	err := s.walk(site, seq-1, func(r Record) bool {
		got, found = r, true
		got.Frame = bytes.Clone(r.Frame)
		return false
	})
	return got, found && err == nil, err
}

// walk hands each record from the one that holds entry after+1 on to see, until there is a gap
// or see has had enough. A record's bytes die when see returns.
func (s *Store) walk(site ledger.SiteID, after ledger.Seq, see func(Record) bool) error {
	// Pending frames first: one that lands between the two looks is then seen twice, not missed.
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return s.err
	}
	var pending map[ledger.Seq]Record
	if sh, ok := s.sites[site]; ok {
		pending = maps.Clone(sh.pending)
	}
	s.mu.Unlock()
	err := s.db.View(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(framesBucket()).Bucket([]byte(site))
		r, ok, err := holding(bucket, pending, site, after+1)
		for ok && err == nil && see(r) {
			r, ok, err = starting(bucket, pending, site, r.Last+1)
		}
		return err
	})
	// A write may have failed since: then what was read may be what the failed write left.
	if broken := s.Err(); broken != nil {
		return broken
	}
	return err
}

func starting(bucket *bolt.Bucket, pending map[ledger.Seq]Record, site ledger.SiteID, first ledger.Seq) (Record, bool, error) {
	if r, ok := pending[first]; ok {
		return r, true, nil
	}
	if bucket == nil {
		return Record{}, false, nil
	}
	v := bucket.Get(seqKey(first))
	if v == nil {
		return Record{}, false, nil
	}
	r, err := openRecord(site, seqKey(first), v)
	if err != nil {
		return Record{}, false, damaged(site, seqKey(first), err)
	}
	return r, true, nil
}

func holding(bucket *bolt.Bucket, pending map[ledger.Seq]Record, site ledger.SiteID, seq ledger.Seq) (Record, bool, error) {
	for _, r := range pending {
		if r.First <= seq && seq <= r.Last { // frames do not overlap: at most one does
			return r, true, nil
		}
	}
	if bucket == nil {
		return Record{}, false, nil
	}
	c := bucket.Cursor()
	k, v := c.Seek(seqKey(seq))
	if k == nil || !bytes.Equal(k, seqKey(seq)) {
		if k == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
	}
	if k == nil {
		return Record{}, false, nil
	}
	r, err := openRecord(site, k, v)
	if err != nil {
		return Record{}, false, damaged(site, k, err)
	}
	return r, r.Last >= seq, nil
}

// Verify checks the site's chain from its first entry to the first gap and gives where it ends.
// The error names the first entry at fault.
func (s *Store) Verify(site ledger.SiteID) (ledger.Position, error) {
	var at ledger.Position
	for {
		frames, err := s.Frames(site, at.Seq, readSlice)
		if err != nil || len(frames) == 0 {
			return at, err
		}
		for _, raw := range frames {
			if at, err = follow(site, at, raw); err != nil {
				return at, err
			}
		}
	}
}

func follow(site ledger.SiteID, at ledger.Position, raw []byte) (ledger.Position, error) {
	f, err := ledger.DecodeFrame(raw)
	if err != nil {
		return at, fmt.Errorf("verify %s behind entry %d: %w", site, at.Seq, err)
	}
	if err := f.Verify(); err != nil {
		return at, err
	}
	if f.Site != site || f.First != at.Seq+1 || f.Before != at.Hash || f.Epoch < at.Epoch {
		return at, &ledger.DamageError{Where: fmt.Sprintf("entry %d of %s", f.First, site),
			Why: fmt.Sprintf("it does not follow entry %d", at.Seq)}
	}
	return f.End(), nil
}
