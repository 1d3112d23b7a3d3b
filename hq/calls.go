package hq

import (
	"sync"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// calls are the live questions of this leader to sites that are connected now. They are stored
// nowhere: a leader that ends takes them along, and whoever asked is told that it is unsure.
type calls struct {
	mu      sync.Mutex // guards what follows
	queued  map[ledger.SiteID][]*call
	waiting map[[16]byte]*call
}

type call struct {
	wire.Call
	site  ledger.SiteID
	sent  bool
	reply chan wire.CallReply // holds one
}

func newCalls() *calls {
	return &calls{queued: map[ledger.SiteID][]*call{}, waiting: map[[16]byte]*call{}}
}

// put queues a call for the site's next pull, or says that too many wait.
func (c *calls) put(site ledger.SiteID, w wire.Call) (*call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queued[site]) >= wire.CallsMax {
		return nil, errFull
	}
	one := &call{Call: w, site: site, reply: make(chan wire.CallReply, 1)}
	c.queued[site] = append(c.queued[site], one)
	c.waiting[w.ID] = one
	return one, nil
}

// take gives what is queued for the site. From here on it is not known what comes of it.
func (c *calls) take(site ledger.SiteID) []wire.Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []wire.Call
	for _, one := range c.queued[site] {
		one.sent = true
		out = append(out, one.Call)
	}
	delete(c.queued, site)
	return out
}

// answer hands a site's reply to whoever waits; a late one, or another site's, goes nowhere.
func (c *calls) answer(r *wire.CallReply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, ok := c.waiting[r.ID]
	if !ok || one.site != r.Site {
		return
	}
	delete(c.waiting, r.ID)
	one.reply <- *r
}

// drop forgets a call and says whether it had been sent.
func (c *calls) drop(one *call) (sent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, one.ID)
	queue := c.queued[one.site]
	for i := range queue {
		if queue[i] == one {
			c.queued[one.site] = append(queue[:i:i], queue[i+1:]...)
			break
		}
	}
	if len(c.queued[one.site]) == 0 {
		delete(c.queued, one.site)
	}
	return one.sent
}

// polls are the sites' open pulls, one a site: a new one ends the one before, whose connection
// is most likely dead.
type polls struct {
	most int

	mu   sync.Mutex // guards open
	open map[ledger.SiteID]*poll
}

type poll struct{ over chan struct{} } // closed when a newer one has taken its place

func newPolls(most int) *polls { return &polls{most: most, open: map[ledger.SiteID]*poll{}} }

func (p *polls) enter(site ledger.SiteID) (*poll, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old, had := p.open[site]
	if !had && len(p.open) >= p.most {
		return nil, errFull
	}
	if had {
		close(old.over)
	}
	one := &poll{over: make(chan struct{})}
	p.open[site] = one
	return one, nil
}

func (p *polls) leave(site ledger.SiteID, one *poll) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open[site] == one {
		delete(p.open, site)
	}
}

// attended says whether the site has a pull open now.
func (p *polls) attended(site ledger.SiteID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.open[site]
	return ok
}
