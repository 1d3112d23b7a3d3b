package journal

import (
	"bytes"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Append takes a frame to be written. It waits while the buffer is full, at most
// Options.BufferWait: then the disk is taken for dead and the store breaks. The same frame
// again is harmless; other bytes at its place are ErrConflict and leave the store as it was.
func (s *Store) Append(r Record) error {
	if r.First == 0 || r.Last < r.First || len(r.Frame) == 0 {
		return fmt.Errorf("append frame %d to %d of %s: no such frame", r.First, r.Last, r.Site)
	}
	if err := s.waitForRoom(len(r.Frame)); err != nil {
		return err
	}
	s.mu.Lock()
	sh := s.shelf(r.Site)
	_, island := sh.islands[r.First]
	if r.First <= sh.whole || island {
		s.mu.Unlock()
		return s.same(r)
	}
	sh.add(r.First, r.Last)
	sh.pending[r.First] = r
	s.bytes += len(r.Frame)
	s.taken++
	s.mu.Unlock()
	s.knock()
	return nil
}

func (s *Store) shelf(site ledger.SiteID) *shelf {
	sh, ok := s.sites[site]
	if !ok {
		sh = newShelf()
		s.sites[site] = sh
	}
	return sh
}

func (s *Store) waitForRoom(n int) error {
	fired, stop := s.env.Clock.After(s.opts.BufferWait)
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.err == nil && !s.stopped && s.bytes > 0 && s.bytes+n > s.opts.BufferMax {
		s.hurry = true
		turn := s.turn
		s.mu.Unlock()
		s.knock()
		stuck := false
		select {
		case <-turn:
		case <-fired:
			stuck = true
		}
		if stuck {
			err := s.fail(fmt.Errorf("append to journal store: %w for %s", ErrStuck, s.opts.BufferWait))
			s.mu.Lock()
			return err
		}
		s.mu.Lock()
	}
	if s.err == nil && s.stopped {
		return ErrClosed
	}
	return s.err
}

// same says whether what stands at r's place is r.
func (s *Store) same(r Record) error {
	got, ok, err := s.at(r.Site, r.First)
	if err != nil {
		return err
	}
	if !ok || got.First != r.First || got.Last != r.Last || !bytes.Equal(got.Frame, r.Frame) {
		return fmt.Errorf("append frame %d to %d of %s: %w", r.First, r.Last, r.Site, ErrConflict)
	}
	return nil
}

// Fill takes frames that a peer has sent, after the place where this site's journal is whole.
// Each is checked against the chain: what a peer says is not believed.
func (s *Store) Fill(site ledger.SiteID, frames [][]byte) error {
	at, err := s.Whole(site)
	if err != nil {
		return err
	}
	for _, raw := range frames {
		f, err := ledger.DecodeFrame(raw)
		if err != nil {
			return fmt.Errorf("fill journal of %s: %w", site, err)
		}
		if err := f.Verify(); err != nil {
			return fmt.Errorf("fill journal of %s: %w", site, err)
		}
		if f.Site != site || f.First != at.Seq+1 || f.Before != at.Hash {
			return fmt.Errorf("fill journal of %s: %w", site, &ledger.DamageError{
				Where: fmt.Sprintf("frame %d", f.First), Why: fmt.Sprintf("it does not follow entry %d", at.Seq)})
		}
		at = f.End()
		if err := s.Append(Record{Site: site, First: f.First, Last: at.Seq, Frame: raw, Lots: tellsLots(f)}); err != nil {
			return err
		}
	}
	return nil
}
