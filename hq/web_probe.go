package hq

import (
	"context"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Probe is how long head office took to agree on nothing.
type Probe struct {
	CommitUS int64 `json:"commit_us" jsonschema:"microseconds until a quorum had an empty entry on disk and this server had applied all before it"`
}

// postProbe commits an empty entry: what an order costs without the order. It changes nothing, so it
// takes no key.
func (s *Server) postProbe(w http.ResponseWriter, r *http.Request) error {
	begun := s.env.Clock.Mono()
	if err := s.commitNothing(r.Context()); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, Probe{CommitUS: (s.env.Clock.Mono() - begun).Microseconds()})
}

// commitNothing has an empty entry agreed on. It takes a proposal's place in the queue.
func (s *Server) commitNothing(ctx context.Context) error {
	if !s.lead.answers() {
		return ErrNoLeader
	}
	select {
	case s.proposals <- struct{}{}:
	default:
		s.metrics.refused.WithLabelValues("proposals").Inc()
		return ledger.ErrBusy
	}
	if err := s.await(ctx, s.raft.Barrier(s.cfg.ProposeWait), func() { <-s.proposals }); err != nil {
		return fmt.Errorf("probe: %w", proposalError(err))
	}
	return nil
}
