package office

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// presence is what the leader knows of a site's being there. It is lost with the leadership, and
// a new leader learns it again within one poll.
type presence struct {
	seen  time.Time
	polls int       // long polls open now
	shown time.Time // when a head was last proposed with Show
	skew  time.Duration
	procs processes
}

func (o *Office) presence(site ledger.SiteID) *presence {
	p, ok := o.sites[site]
	if !ok {
		p = &presence{}
		o.sites[site] = p
	}
	return p
}

// Seen notes that a known site was heard of.
func (o *Office) Seen(site ledger.SiteID, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.presence(site).seen = now
}

// Attend notes a long poll as open; while one is, the site is online. left must be called, once,
// with the moment at which the poll ended.
// boot is the process that polls, zero where it does not say, and heardMS what its message says of
// the last answer that it had.
func (o *Office) Attend(site ledger.SiteID, boot [16]byte, heardMS int64, now time.Time) (left func(now time.Time)) {
	own := boot != [16]byte{} && boot == o.process(site)
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.presence(site)
	p.polls++
	p.seen = now
	if own {
		p.procs.comes(boot, heardMS, now)
	}
	return func(now time.Time) {
		o.mu.Lock()
		defer o.mu.Unlock()
		p.polls--
		p.seen = now
		if own {
			p.procs.goes(boot, now)
		}
	}
}

// Contact is what the leader knows of a site's being there.
type Contact struct {
	Known  bool // heard of since this leader began
	Online bool
	Age    time.Duration // since it was last heard; 0 while a poll is open
	Skew   time.Duration // the site's clock minus head office's, at the last hello
}

// Contact tells whether a site is online and when it was last heard.
func (o *Office) Contact(site ledger.SiteID, now time.Time) Contact {
	o.mu.Lock()
	defer o.mu.Unlock()
	p, ok := o.sites[site]
	if !ok {
		return Contact{}
	}
	c := Contact{Known: true, Skew: p.skew}
	if p.polls == 0 {
		c.Age = max(now.Sub(p.seen), 0)
	}
	c.Online = c.Age <= o.cfg.OnlineFor
	return c
}
