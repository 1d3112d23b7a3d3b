package hq

import (
	"errors"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/archive"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const (
	archiveRoundMost = 2 * time.Second // of one round; what is left waits for the next
	archiveIdle      = 4 * time.Second // an archive that nobody asked for is let go of, for another server to take
	archiveIdleEach  = time.Second     // how often that is looked at
)

var (
	// errNoArchive says that this server was given no archive to keep.
	errNoArchive = errors.New("this server keeps no archive")
	// errArchiveBusy says that a round is under way. Nobody waits for it: a folder on another machine may
	// hang for hours, and whoever asks would hang behind it, one after the other.
	errArchiveBusy = errors.New("a round of the archive is under way")
)

// An archivist keeps the copy outside head office for whoever asks it to: the leader asks its deputy, or
// itself where there is none. The folder is locked, so of two servers that are asked one is refused.
type archivist struct {
	mu   sync.Mutex       // guards what follows; held while it copies
	open *archive.Archive // nil: not open
	used time.Duration    // of the clock that only goes on: when it was last asked
	next int              // of the sites: where the next round begins, so that each gets its turn
}

// withArchive calls f with the archive, opened where it was not. After an error it is opened anew by the next.
func (s *Server) withArchive(f func(*archive.Archive) error) error {
	if s.cfg.Archive == "" {
		return errNoArchive
	}
	k := &s.archivist
	if !k.mu.TryLock() {
		return errArchiveBusy
	}
	defer k.mu.Unlock()
	if k.open == nil {
		a, err := archive.Open(s.env, s.cfg.Archive)
		if err != nil {
			return err
		}
		k.open = a
	}
	k.used = s.env.Clock.Mono()
	err := f(k.open)
	if err != nil {
		err = errors.Join(err, k.letGo())
	}
	k.used = s.env.Clock.Mono()
	return err
}

// letGo closes the archive. The caller holds mu.
func (k *archivist) letGo() error {
	if k.open == nil {
		return nil
	}
	a := k.open
	k.open = nil
	return a.Close()
}

// leaveArchive lets another server have the archive.
func (s *Server) leaveArchive() error {
	if !s.archivist.mu.TryLock() {
		return errArchiveBusy
	}
	defer s.archivist.mu.Unlock()
	return s.archivist.letGo()
}

// idleArchive lets go of an archive that nobody has asked for of late.
func (s *Server) idleArchive() error {
	k := &s.archivist
	if !k.mu.TryLock() {
		return nil // it is in use
	}
	defer k.mu.Unlock()
	if k.open == nil || s.env.Clock.Mono()-k.used < archiveIdle {
		return nil
	}
	return k.letGo()
}

// copyRound brings the archive up to date with this server's journal store, for archiveRoundMost at most.
// It says where the archive ends of each site that it came to, and whether there is more to copy. A site
// that fails does not keep the others back; what was copied stands whatever the error.
func (s *Server) copyRound() (ends []machine.ArchiveEnd, more bool, err error) {
	begun := s.env.Clock.Mono()
	err = s.withArchive(func(a *archive.Archive) error {
		sites := s.journal.Sites()
		var errs []error
		for range sites {
			if s.env.Clock.Mono()-begun >= archiveRoundMost {
				more = true
				break
			}
			site := sites[s.archivist.next%len(sites)]
			s.archivist.next++
			end, rest, err := a.Copy(site, s.journal)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			more = more || rest
			if end != (ledger.Position{}) {
				ends = append(ends, machine.ArchiveEnd{Site: site, End: end})
			}
		}
		return errors.Join(errs...)
	})
	return ends, more, err
}
