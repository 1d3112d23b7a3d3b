package node

import (
	"io"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// sessionsMax is how many people may be signed in at once. The one that signed in first makes room.
const sessionsMax = 100

// A session is somebody who has signed in: the owner at the page, which then only reads, or a person at a device.
type session struct {
	user   ledger.UserID // "": the owner
	device ledger.UserID
	seal   uint64        // of the user as it was then
	until  time.Duration // on the clock that never goes back
}

// sessions are the people signed in. They live in memory: a restart signs all out.
type sessions struct {
	clock ledger.Clock

	mu     sync.Mutex // guards what stands below
	random io.Reader
	byID   map[string]session
	queue  []string // by age
}

func newSessions(env ledger.Env) *sessions {
	return &sessions{clock: env.Clock, random: env.Random("sessions"), byID: map[string]session{}}
}

// open begins a session and gives its id. Who signs in at a device takes the place of whoever was signed in there.
func (s *sessions) open(user, device ledger.UserID, seal uint64) (string, error) {
	id, err := s.draw()
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if device != "" {
		for other, v := range s.byID {
			if v.device == device {
				delete(s.byID, other)
			}
		}
	}
	s.queue = slices.DeleteFunc(s.queue, func(id string) bool { return !s.alive(id) })
	if len(s.queue) == sessionsMax {
		delete(s.byID, s.queue[0])
		s.queue = s.queue[1:]
	}
	s.queue = append(s.queue, id)
	s.byID[id] = session{user: user, device: device, seal: seal, until: s.clock.Mono() + door.SignInLife}
	return id, nil
}

// draw gives text that nobody can guess.
func (s *sessions) draw() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return door.NewSecret(s.random)
}

// find gives the session, as long as it lasts.
func (s *sessions) find(id string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id], s.alive(id)
}

// alive says whether a session lasts; one whose time is over is forgotten. With mu.
func (s *sessions) alive(id string) bool {
	v, ok := s.byID[id]
	if ok && s.clock.Mono() >= v.until {
		delete(s.byID, id)
		ok = false
	}
	return ok
}

// end ends a session. Whoever signs in next has its place.
func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}
