package door

import (
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Sighting is when a device was at this door last, and who had signed in at it; "" where nobody had.
type Sighting struct {
	At   time.Time
	User ledger.UserID
}

// sightings are the last of each device since the start. Only devices that are known have one, so there are no more than
// users; devices that came and went do not make them grow.
type sightings struct {
	mu   sync.Mutex // guards last
	last map[ledger.UserID]Sighting
}

func (s *sightings) note(device, user ledger.UserID, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[ledger.UserID]Sighting{}
	}
	if _, had := s.last[device]; had || len(s.last) < ledger.UsersMax {
		s.last[device] = Sighting{At: at, User: user}
	}
}

// Seen says when a device was here last; false where it was not since the start.
func (d *Door) Seen(device ledger.UserID) (Sighting, bool) {
	d.sightings.mu.Lock()
	defer d.sightings.mu.Unlock()
	v, ok := d.sightings.last[device]
	return v, ok
}
