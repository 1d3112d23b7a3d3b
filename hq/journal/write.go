package journal

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	bolt "go.etcd.io/bbolt"
)

// fill is how full bbolt leaves a page that it splits: frames come at the right-hand edge.
const fillPercent = 0.95

// Run writes what was appended until ctx ends, then writes what is left and returns nil. Any
// other return is what broke the store. It is the one goroutine that writes.
func (s *Store) Run(ctx context.Context) error {
	defer func() {
		s.mu.Lock()
		s.stopped = true
		s.ring()
		s.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return s.write()
		case <-s.failed:
			return s.Err()
		case <-s.bell:
		}
		s.linger(ctx)
		if err := s.write(); err != nil {
			return err
		}
	}
}

// linger waits a little for more to write, unless somebody is in a hurry: a commit costs the
// disk that raft's log needs, and nobody's answer waits for it.
func (s *Store) linger(ctx context.Context) {
	fired, stop := s.env.Clock.After(s.opts.Linger)
	defer stop()
	for {
		s.mu.Lock()
		hurry := s.hurry
		s.mu.Unlock()
		if hurry {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-fired:
			return
		case <-s.failed:
			return
		case <-s.bell:
		}
	}
}

// batch is what one transaction writes: all that is pending, so that the marks of wholeness in
// memory are true of the file once it has landed.
type batch struct {
	records []Record
	whole   map[ledger.SiteID]ledger.Seq
	bytes   int
}

func (s *Store) take() (batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hurry = false
	b := batch{whole: map[ledger.SiteID]ledger.Seq{}}
	for _, site := range slices.Sorted(maps.Keys(s.sites)) {
		sh := s.sites[site]
		if len(sh.pending) == 0 {
			continue
		}
		b.whole[site] = sh.whole
		for _, first := range slices.Sorted(maps.Keys(sh.pending)) {
			b.records = append(b.records, sh.pending[first])
			b.bytes += len(sh.pending[first].Frame)
		}
	}
	return b, s.err
}

func (s *Store) write() error {
	b, err := s.take()
	if err != nil || len(b.records) == 0 {
		return err
	}
	if err := s.env.Disk.Before(ActCommit, s.path); err != nil {
		return s.fail(fmt.Errorf("%s: %w", ActCommit, err))
	}
	if err := s.db.Update(b.put); err != nil {
		// It may be there on reopening or not; both are right, for raft's log has it too.
		return s.fail(fmt.Errorf("%s: %w", ActCommit, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range b.records {
		delete(s.sites[r.Site].pending, r.First)
	}
	s.bytes -= b.bytes
	s.landed += uint64(len(b.records))
	s.ring()
	return nil
}

func (b *batch) put(tx *bolt.Tx) error {
	frames, whole := tx.Bucket(framesBucket()), tx.Bucket(wholeBucket())
	for i := range b.records {
		r := &b.records[i]
		bucket, err := frames.CreateBucketIfNotExists([]byte(r.Site))
		if err != nil {
			return err
		}
		bucket.FillPercent = fillPercent
		if err := bucket.Put(seqKey(r.First), sealRecord(r)); err != nil {
			return err
		}
		if r.Lots {
			if err := putLots(tx, r); err != nil {
				return fmt.Errorf("lots of frame %d of %s: %w", r.First, r.Site, err)
			}
		}
	}
	for _, site := range slices.Sorted(maps.Keys(b.whole)) {
		if err := whole.Put([]byte(site), seqKey(b.whole[site])); err != nil {
			return err
		}
	}
	return nil
}
