package node

import (
	"encoding/base64"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// How many people may be signed in at once, and for how long. The one that signed in first
// makes room.
const (
	sessionsMax = 100
	sessionLife = 12 * time.Hour
)

// sessions are the people signed in to the page. They live in memory: a restart signs all out.
type sessions struct {
	clock ledger.Clock

	mu     sync.Mutex // guards what stands below
	random io.Reader
	until  map[string]time.Duration
	queue  []string // by age
}

func newSessions(env ledger.Env) *sessions {
	return &sessions{clock: env.Clock, random: env.Random("sessions"), until: map[string]time.Duration{}}
}

// open begins a session and gives its id.
func (s *sessions) open() (string, error) {
	id, err := s.draw()
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == sessionsMax {
		delete(s.until, s.queue[0])
		s.queue = s.queue[1:]
	}
	s.queue = append(s.queue, id)
	s.until[id] = s.clock.Mono() + sessionLife
	return id, nil
}

// draw gives text that nobody can guess.
func (s *sessions) draw() (string, error) {
	raw := make([]byte, tokenBytes)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return "", fmt.Errorf("draw session: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// known says whether the session lasts.
func (s *sessions) known(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.until[id]
	return ok && s.clock.Mono() < until
}

// end ends a session. Its place in the queue stays until it is the eldest.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.until, id)
}
