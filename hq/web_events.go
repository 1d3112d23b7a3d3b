package hq

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/holdfast-stock/holdfast/sync/door"
)

// How often a reader of events is told: soon after a change, not oftener than settle, and at
// least every each, for ages grow without a change.
const (
	eventsSettle = 500 * time.Millisecond
	eventsEach   = 2 * time.Second
	eventsRetry  = time.Second                                // how soon a browser comes back
	eventsWrite  = eventsSettle + eventsEach + 10*time.Second // a reader that takes nothing for so long has gone
)

func (s *Server) getBoard(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	b, err := s.board()
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, b)
}

// getEvents sends the board whenever it has changed.
func (s *Server) getEvents(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	select {
	case s.readers <- struct{}{}:
		defer func() { <-s.readers }()
	default:
		s.metrics.refused.WithLabelValues("events").Inc()
		return errFull
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	led := s.lead.answers()
	if _, err := fmt.Fprintf(w, "retry: %d\n\n", eventsRetry.Milliseconds()); err != nil {
		return nil // the reader has gone
	}
	for {
		changed := s.fsm.changed.wait()
		if err := errors.Join(s.allow(w, eventsWrite), s.sendBoard(w)); err != nil {
			return nil // the reader has gone
		}
		fired, stop := s.env.Clock.After(eventsEach)
		select {
		case <-changed:
			s.pause(r.Context(), eventsSettle)
		case <-fired:
		case <-closing(r.Context()):
		case <-r.Context().Done():
		}
		stop()
		if c, err := s.identify(r); err != nil || !c.May(door.Look) {
			return nil // they were let in when it began, and are not any more
		}
		if r.Context().Err() != nil || isClosed(closing(r.Context())) || led != s.lead.answers() {
			return nil // another server may know better now: the reader comes back and is passed on
		}
	}
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func (s *Server) sendBoard(w http.ResponseWriter) error {
	b, err := s.board()
	if err != nil {
		return err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encode board: %w", err)
	}
	if _, err := fmt.Fprintf(w, "event: board\ndata: %s\n\n", body); err != nil {
		return fmt.Errorf("send board: %w", err)
	}
	return http.NewResponseController(w).Flush()
}
