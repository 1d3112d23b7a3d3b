package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/badline"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A chaos lets everything happen to a company that is in the plan.
type chaos struct {
	*show
	drain context.Context // bounds what is repeated until it is answered

	mu       sync.Mutex      // guards all below
	busy     map[string]bool // sites and servers that something happens to; "hq": to head office
	wanted   map[string]bool // by a great mishap, which goes first
	happened map[string]int
	tried    int // orders that a copy was asked to take
	lives    int // servers' folders so far, for new names

	keys map[int][]delivery // by site: what came in, to be told again after a loss

	again []*client.Client // by site, and head office's last: whoever tells once more what the sellers were told, under the sellers' names
}

type delivery struct {
	reference string
	lines     []contract.ReceiptLine
}

// wellWait bounds how long the company may take to be well again after a great mishap.
const wellWait = 2 * time.Minute

// drill lets the plan happen until the shops close; small things beside the great ones.
func (s *show) drill(ctx, drain context.Context) error {
	c := &chaos{show: s, drain: drain, busy: map[string]bool{}, wanted: map[string]bool{}, happened: map[string]int{}, keys: map[int][]delivery{}}
	if err := os.WriteFile(c.tokenFile(), []byte(s.company.hqToken+"\n"), 0o600); err != nil {
		return err
	}
	for i := range s.company.sites {
		c.again = append(c.again, s.worker(i, "ann", 600))
	}
	c.again = append(c.again, s.clerk("olga", 600))
	plan := chaosOf(s.cfg.Seed, s.cfg.For, len(s.company.sites), len(s.company.hq))
	if s.cfg.Only != "" {
		plan.small = nil
		plan.great = slices.DeleteFunc(plan.great, func(m mishap) bool { return m.what != s.cfg.Only })
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var beside sync.WaitGroup
	errs := make(chan error, 1)
	beside.Go(func() { errs <- c.smallOnes(ctx, plan.small) })
	var err error
	for _, m := range plan.great {
		if s.left() <= 0 || err != nil || ctx.Err() != nil {
			break
		}
		err = c.greatOne(ctx, m)
		if err == nil {
			err = world.Rest(ctx, min(s.cfg.For/60, 5*time.Second))
		}
	}
	if err != nil {
		cancel()
	}
	beside.Wait()
	if err = errors.Join(err, <-errs, ctx.Err()); err != nil {
		return err
	}
	if err := s.healAll(); err != nil {
		return err
	}
	c.tell()
	return nil
}

// left is how long the shops are open yet.
func (s *show) left() time.Duration { return s.cfg.For - time.Since(s.began) }

// tell puts what happened into the result.
func (c *chaos) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &c.result
	r.Happened, r.InHand, r.Copies, r.Line = c.happened, c.paper.hands, c.tried, c.lineFaults()
	r.NodesKilled, r.LeadersKilled = c.happened[badKillNode], c.happened[badKillLeader]
	for _, what := range append(small(), great()...) {
		if c.happened[what] == 0 && c.cfg.For >= everyKindFrom && c.cfg.Only == "" {
			r.Never = append(r.Never, what)
		}
	}
}

// lineFaults sums what all lines did.
func (c *chaos) lineFaults() map[string]int64 {
	sum := map[string]int64{}
	for _, l := range append(slices.Concat(c.company.proxies...), c.company.between...) {
		n := l.(badLine).Counts()
		for what, k := range map[string]int64{"delayed": n.Delayed, "lost": n.Lost, "repeated": n.Repeated, "reset": n.Reset, "corrupted": n.Corrupted} {
			sum[what] += k
		}
	}
	return sum
}

func (c *chaos) note(m *mishap, where string) {
	c.mu.Lock()
	c.happened[m.what]++
	c.mu.Unlock()
	offered, accepted, offline := c.paper.counts()
	c.say("%-46s %d orders offered, %d accepted, %d of them offline", where+": "+m.what, offered, accepted, offline)
	if c.cfg.Bar != nil {
		c.cfg.Bar(int64(min(time.Since(c.began), c.cfg.For).Seconds()), int64(c.cfg.For.Seconds()))
	}
}

// take takes names for something to happen to; false where something does already.
func (c *chaos) take(names ...string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range names {
		if c.busy[n] {
			return false
		}
	}
	for _, n := range names {
		c.busy[n] = true
	}
	return true
}

// want keeps names for a great mishap, which waits until they are free, and in place of those before.
func (c *chaos) want(names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.wanted)
	for _, n := range names {
		c.wanted[n] = true
	}
}

// takeSmall takes a name that no great mishap wants.
func (c *chaos) takeSmall(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[name] || c.wanted[name] {
		return false
	}
	c.busy[name] = true
	return true
}

func (c *chaos) give(names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range names {
		delete(c.busy, n)
	}
}

// smallOnes lets each small thing happen at its time. What finds its place taken happens as soon
// as that is free, or not at all where that takes long.
func (c *chaos) smallOnes(ctx context.Context, plan []mishap) error {
	var all sync.WaitGroup
	defer all.Wait()
	var mu sync.Mutex
	var first error
	for _, m := range plan {
		if err := world.Rest(ctx, time.Until(c.began.Add(m.at))); err != nil || c.left() <= 0 {
			break
		}
		all.Go(func() {
			if err := c.smallOne(ctx, m); err != nil {
				mu.Lock()
				first = errors.Join(first, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil // whoever ended it knows why
	}
	return first
}

// place is whatever a mishap happens to.
func (c *chaos) place(m *mishap) string {
	switch m.what {
	case badHQDelay, badHQReset, badHQOneWay, badHQCut, badKillServer, badKillLeader, badStopServer:
		return "hq"
	}
	return c.company.sites[m.site].name
}

func (c *chaos) smallOne(ctx context.Context, m mishap) error {
	where := c.place(&m)
	for !c.takeSmall(where) {
		if err := world.Rest(ctx, 50*time.Millisecond); err != nil || c.left() <= 0 {
			return nil // the shops close first
		}
	}
	defer c.give(where)
	switch m.what {
	case badKillNode:
		c.note(&m, where)
		return c.down(ctx, c.company.nodes[m.site], m.lasts/4)
	case badKillServer:
		p := c.company.hq[m.server]
		c.note(&m, p.name)
		return c.down(ctx, p, m.lasts/4)
	case badKillLeader:
		i := c.company.leader(ctx)
		if i < 0 {
			return nil // none leads; an election is as bad
		}
		c.note(&m, c.company.hq[i].name)
		return c.down(ctx, c.company.hq[i], m.lasts/4)
	case badStopNode:
		c.note(&m, where)
		return c.halt(ctx, c.company.nodes[m.site], m.lasts)
	case badStopServer:
		p := c.company.hq[m.server]
		c.note(&m, p.name)
		return c.halt(ctx, p, m.lasts)
	case badDelivery:
		c.note(&m, where)
		return c.deliverMore(m)
	}
	return c.harm(ctx, &m, where)
}

// harm makes lines bad for a while.
func (c *chaos) harm(ctx context.Context, m *mishap, where string) error {
	lines := c.company.proxies[m.site]
	switch m.what {
	case badOne:
		lines = lines[m.server : m.server+1]
	case badHQDelay, badHQReset, badHQOneWay, badHQCut:
		lines, where = c.company.between[m.server:m.server+1], c.company.hq[m.server].name
	}
	c.note(m, where)
	for _, l := range lines {
		l.(badLine).Set(m.faults())
	}
	_ = world.Rest(ctx, m.lasts) // whatever ends it, the lines are to be well again
	for _, l := range lines {
		l.(badLine).Set(badline.Faults{})
	}
	return nil
}

// down kills a process and starts it again.
func (c *chaos) down(ctx context.Context, p *process, pause time.Duration) error {
	if err := p.kill(); err != nil {
		return err
	}
	_ = world.Rest(ctx, pause)
	return p.start()
}

// halt stops a process for a while, as a machine that swaps or a hypervisor that hangs does.
func (c *chaos) halt(ctx context.Context, p *process, d time.Duration) error {
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	_ = world.Rest(ctx, d)
	return p.signal(syscall.SIGCONT)
}

// deliverMore takes goods in. They are told again after a loss of the site's disk.
func (c *chaos) deliverMore(m mishap) error {
	d := delivery{fmt.Sprintf("delivery-%d", m.at.Milliseconds()), c.goodsIn(step{at: m.at})}
	if err := c.receive(c.drain, m.site, d.reference, d.lines); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[m.site] = append(c.keys[m.site], d)
	return nil
}

// well waits until head office promises from the sites again, and the sites take orders.
func (c *chaos) well(ctx context.Context, sites ...int) error {
	return c.wellAgain(ctx, false, sites...)
}

// wellAgain is well; with help a site that does not get well is started again.
func (c *chaos) wellAgain(ctx context.Context, help bool, sites ...int) error {
	began := time.Now()
	var why string
	err := until(ctx, wellWait, func() (bool, error) {
		for _, i := range sites {
			if why = c.ill(ctx, i); why != "" {
				if help && time.Since(began) > wellWait/3 {
					help = false
					c.say("%s stays %s: it is started again", c.company.sites[i].name, why)
					return false, errors.Join(c.company.nodes[i].kill(), c.company.nodes[i].start())
				}
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil && ctx.Err() == nil {
		c.paper.fault("stuck: %s", why)
		c.say("stuck: %s", why)
		return nil // the count at the end says what that means
	}
	return err
}

// ill says why a site is not well; "" where it is.
func (c *chaos) ill(ctx context.Context, i int) string {
	name := c.company.sites[i].name
	var st contract.NodeStatus
	if _, err := c.company.nodeClient(i, 1).Do(ctx, "GET", "/v1/status", "", nil, &st); err != nil {
		return fmt.Sprintf("%s: no status: %v", name, err)
	}
	var sites []contract.Site
	if _, err := c.company.hqClient(1).Do(ctx, "GET", "/v1/sites", "", nil, &sites); err != nil {
		return fmt.Sprintf("head office: %v", err)
	}
	at := slices.IndexFunc(sites, func(s contract.Site) bool { return s.Site == ledger.SiteID(name) })
	switch {
	case at < 0:
		return name + " is not known"
	case st.State != "open" || st.Rebuild != nil:
		return fmt.Sprintf("%s is %s: %s %+v", name, st.State, st.Why, st.Rebuild)
	case sites[at].State != contract.SiteOnline || sites[at].Frozen:
		return fmt.Sprintf("head office has %s as %s, frozen %v", name, sites[at].State, sites[at].Frozen)
	}
	return ""
}
