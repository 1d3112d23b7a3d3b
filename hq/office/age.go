package office

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
)

// A sighting is when this leader first saw a request. The request's own time is the clock of the
// leader that opened it, so it only tells one request of a subject from the next.
type sighting struct {
	opened time.Time
	seen   time.Time
}

// ages is how long this leader has known each open request.
type ages map[machine.Subject]time.Duration

func (a ages) of(r *machine.Request) time.Duration { return a[r.For] }

// ages notes the requests that are open now and forgets those that are not.
func (o *Office) ages(now time.Time) ages {
	open := map[machine.Subject]time.Time{}
	o.cluster.View(func(m *machine.Machine) {
		for _, r := range m.Requests(requestsBatch) {
			open[r.For] = r.At
		}
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	next, out := make(map[machine.Subject]sighting, len(open)), make(ages, len(open))
	for of, at := range open {
		s, ok := o.requests[of]
		if !ok || !s.opened.Equal(at) {
			s = sighting{opened: at, seen: now}
		}
		next[of], out[of] = s, now.Sub(s.seen)
	}
	o.requests = next
	return out
}
