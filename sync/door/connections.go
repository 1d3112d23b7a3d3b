package door

import (
	"container/list"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Connections bound how many connections a server keeps. A connection is a stranger's until a request over it has shown
// somebody who is known. Strangers have a quarter of the places, and where those are taken the next one has the place of
// another: the oldest of the address that has most of them. So whoever fills the places drives out their own; a till that
// is known stays, and one that comes back has a place. While none is free, the addresses that have their share of strangers' places (as
// many as each would have if all had the same) change theirs only so fast, all of them together: what comes faster is reset before
// anything is read of it, for each newcomer may cost a handshake. Who is known is counted by name, wherever they come from: one has at most a
// quarter of the places for good, so a company whose sites are behind one address has as many as its sites. All of them together leave
// a quarter to strangers, who may become known. It is for many goroutines.
type Connections struct {
	clock ledger.Clock
	max   int
	met   func(why string)

	mu        sync.Mutex         // guards what follows, and what is in each guest but its connection
	hosts     map[string]*host   // where strangers come from, as Address has it; none is without any
	crowds    map[int]*list.List // the same by how many each has: of *host, who has had so many for longest first; none is empty
	most      int                // the highest number among these; 0 where there is no stranger
	known     map[string]int     // connections by who is known to have them; none is 0
	all       int
	strangers int
	paid      time.Duration // up to when newcomers of addresses that have their share have used up their pace
}

// How fast addresses that have their share may have newcomers take the places of their own: so many a second, of which so many may come
// at once, as do the tills of a shop whose line was down.
const (
	newcomersRate  = 200
	newcomersBurst = 100
)

// NewConnections bounds connections to most; met hears of each that gave way, and of each that found no place.
func NewConnections(clock ledger.Clock, most int, met func(why string)) *Connections {
	return &Connections{clock: clock, max: most, met: met, hosts: map[string]*host{}, crowds: map[int]*list.List{}, known: map[string]int{}}
}

// strangersMax is how many places strangers have, and how many of known ones one name has for good.
func (c *Connections) strangersMax() int { return max(c.max/4, 1) }

// Listener takes l's connections within the bound.
func (c *Connections) Listener(l net.Listener) net.Listener { return &bounded{l, c} }

type bounded struct {
	net.Listener
	of *Connections
}

// Accept takes the next connection that there is a place for.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g := b.of.take(conn); g != nil {
			return g, nil
		}
	}
}

// A host is an address with the strangers that come from it.
type host struct {
	at     string
	guests list.List     // of *guest, the oldest first
	place  *list.Element // in its crowd; nil where it has no stranger
}

// recount puts a host where it belongs after a stranger of it has come or gone: a step to the next crowd, however many hosts there are.
// The caller holds mu.
func (c *Connections) recount(h *host, before int) {
	if before > 0 {
		crowd := c.crowds[before]
		if crowd.Remove(h.place); crowd.Len() == 0 {
			delete(c.crowds, before)
		}
	}
	now := h.guests.Len()
	if now == 0 {
		delete(c.hosts, h.at)
	} else {
		if c.crowds[now] == nil {
			c.crowds[now] = list.New()
		}
		h.place = c.crowds[now].PushBack(h)
	}
	if c.most = max(c.most, now); c.crowds[c.most] == nil {
		c.most = now // it was alone there, and stands one step lower
	}
}

// A guest is a connection that has a place.
type guest struct {
	net.Conn
	of    *Connections
	at    string
	known atomic.Bool   // and counted so
	who   string        // of one that is known
	place *list.Element // among its host's strangers; nil of one that is known
	gone  bool
}

// take gives a connection a place, and has another give way where it must. nil: all places are taken by those who are known, or its
// address has enough of them and comes too fast.
func (c *Connections) take(conn net.Conn) *guest {
	g := &guest{Conn: conn, of: c, at: Address(conn.RemoteAddr().String())}
	now := c.clock.Mono()
	var out *guest
	c.mu.Lock()
	crowded := c.strangers >= c.strangersMax() || c.all >= c.max
	no := crowded && c.tooFast(g.at, now)
	if crowded && !no {
		if out = c.oldest(); out != nil {
			c.leave(out)
		}
		no = c.all >= c.max
	}
	if !no {
		h := c.hosts[g.at]
		if h == nil {
			h = &host{at: g.at}
			c.hosts[g.at] = h
		}
		g.place = h.guests.PushBack(g)
		c.recount(h, h.guests.Len()-1)
		c.all++
		c.strangers++
	}
	c.mu.Unlock()
	if out != nil {
		c.met(LimitConnections)
		reset(out.Conn) // whoever reads from it hears of it
	}
	if no {
		c.met(LimitConnections)
		reset(conn) // nobody knows of it yet
		return nil
	}
	return g
}

// tooFast says whether an address has its share of strangers' places, and such addresses have newcomers faster than they may; where they
// do not, it counts this one. The caller holds mu.
func (c *Connections) tooFast(at string, now time.Duration) bool {
	h := c.hosts[at]
	if h == nil || h.guests.Len() < max(c.strangersMax()/len(c.hosts), 1) {
		return false
	}
	const each = time.Second / newcomersRate
	paid := max(c.paid, now) + each
	if paid-now > newcomersBurst*each {
		return true
	}
	c.paid = paid
	return false
}

// reset hangs up without a word of farewell: the system keeps nothing of a connection that is over for both ends.
func reset(c net.Conn) {
	if l, ok := c.(interface{ SetLinger(sec int) error }); ok {
		_ = l.SetLinger(0) // it is closed in any case
	}
	_ = c.Close()
}

// oldest is the stranger that gives way; nil where there is none. The caller holds mu.
func (c *Connections) oldest() *guest {
	crowd := c.crowds[c.most]
	if crowd == nil {
		return nil
	}
	return crowd.Front().Value.(*host).guests.Front().Value.(*guest)
}

// leave takes a guest's place back. The caller holds mu.
func (c *Connections) leave(g *guest) {
	if g.gone {
		return
	}
	g.gone = true
	c.all--
	if g.place != nil {
		c.unplace(g)
	} else if c.known[g.who]--; c.known[g.who] == 0 {
		delete(c.known, g.who)
	}
}

// unplace takes a guest out of its host's strangers. The caller holds mu.
func (c *Connections) unplace(g *guest) {
	h := c.hosts[g.at]
	h.guests.Remove(g.place)
	g.place = nil
	c.strangers--
	c.recount(h, h.guests.Len()+1)
}

// Close ends the connection and gives its place back.
func (g *guest) Close() error {
	g.of.mu.Lock()
	g.of.leave(g)
	g.of.mu.Unlock()
	return g.Conn.Close()
}

// know counts a guest as one that is known, and whose: of one name not more than a quarter of all places, nor of all names so many
// that strangers have no quarter left.
func (g *guest) know(who string) {
	c := g.of
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.gone || g.place == nil || c.known[who] >= c.strangersMax() || c.all-c.strangers >= c.max-c.strangersMax() {
		return
	}
	c.unplace(g)
	c.known[who]++
	g.who = who
	g.known.Store(true)
}

type guestKey struct{}

// ConnContext is http.Server's: requests find the connection that they come over.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if g := guestOf(c); g != nil {
		return context.WithValue(ctx, guestKey{}, g)
	}
	return ctx
}

// guestOf finds the place of a connection, below TLS too; nil where nobody bounds it.
func guestOf(c net.Conn) *guest {
	if under, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = under.NetConn()
	}
	g, _ := c.(*guest)
	return g
}

// Known says that a request of ctx has shown somebody who is known, and who: its connection gives way to nobody.
func Known(ctx context.Context, who string) {
	if g, _ := ctx.Value(guestKey{}).(*guest); g != nil && !g.known.Load() {
		g.know(who)
	}
}

// KnownConn says so of a connection.
func KnownConn(c net.Conn, who string) {
	if g := guestOf(c); g != nil {
		g.know(who)
	}
}
