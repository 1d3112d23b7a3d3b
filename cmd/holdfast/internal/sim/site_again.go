package sim

import (
	"time"

	"github.com/holdfast-stock/holdfast/sync/link"
)

// callPerson lets somebody say, after a while, that this node has the site: head office, or the node,
// has gone back to before the node was replaced, and the one takes the other for a stranger.
func (s *site) callPerson() {
	if s.replace || s.called || s.clone {
		return
	}
	s.called = true
	s.after(time.Minute, func() {
		s.called = false
		if s.talk.Picture().State != link.StateTalking || s.disk.quarantine != "" {
			s.c.say(s.name(), "replaces a node, a person says")
			s.c.met("person", "says again that a node replaces another")
			s.replace = true
			s.goOn()
		}
	})
}

// askAgain gives up a plan that head office cannot keep any more: it has gone back in time.
func (s *site) askAgain(why string) {
	s.c.met("rebuild", "is planned anew")
	s.c.say(s.name(), "gives its rebuild up: %s", why)
	s.replace = s.disk.plan.replace
	s.disk.plan, s.asks = nil, false
	s.after(fetchAgain, func() {
		if s.disk.plan == nil {
			s.askEpoch()
		}
	})
}
