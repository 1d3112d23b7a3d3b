package node

import (
	"sync"

	"github.com/holdfast-stock/holdfast/ledger"
)

// seenMax is how many positions are remembered: clients show what they saw last, so the recent
// ones come again and again, and looking into the journal costs a frame's hashes each time.
const seenMax = 4096

// seen remembers positions that were found on this book's chain, by their number.
type seen struct {
	mu   sync.Mutex // guards last
	last [seenMax]ledger.Position
}

func newSeen() *seen { return &seen{} }

func (s *seen) has(p ledger.Position) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p != (ledger.Position{}) && s.last[p.Seq%seenMax] == p
}

func (s *seen) add(p ledger.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[p.Seq%seenMax] = p
}
