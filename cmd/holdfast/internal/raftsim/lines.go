package raftsim

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// lines are the lines between all parties of a company, in memory. A party is the host of the
// addresses that it listens at. What is said on a line may be lost, come late, or break the line.
type lines struct {
	mu     sync.Mutex // guards what stands below
	chance *rand.Rand
	doors  map[string]*door
	torn   map[string]bool // parties without a line: nobody reaches them, and they reach nobody
	mute   map[way]bool    // what is said that way is lost, and neither end sees it
	slow   map[way]time.Duration
	breaks float64 // the chance that a line breaks when an answer is to go out on it
	cables map[*cable]struct{}

	lost, late, broken int64
}

// A way is one direction between two parties.
type way struct{ from, to string }

func newLines(seed uint64) *lines {
	return &lines{chance: rand.New(rand.NewPCG(seed, 0x4c494e45)), doors: map[string]*door{}, torn: map[string]bool{},
		mute: map[way]bool{}, slow: map[way]time.Duration{}, cables: map[*cable]struct{}{}}
}

// silence loses all that is said from some parties to others.
func (l *lines) silence(from, to []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range from {
		for _, t := range to {
			if f != t {
				l.mute[way{f, t}] = true
			}
		}
	}
}

// part loses all that is said between some parties and others, both ways.
func (l *lines) part(some, others []string) {
	l.silence(some, others)
	l.silence(others, some)
}

// hear ends what silence began between two parties. What has lost a word breaks: what comes after it
// makes no sense to who hears it.
func (l *lines) hear(a, b string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mute, way{a, b})
	delete(l.mute, way{b, a})
	for c := range l.cables {
		if c.lost && (c.from == a && c.to == b || c.from == b && c.to == a) {
			c.close()
		}
	}
}

// delay makes all that a party says, and all that is said to it, come so much later; 0: no more.
func (l *lines) delay(party string, others []string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range others {
		for _, w := range []way{{party, o}, {o, party}} {
			if delete(l.slow, w); d > 0 && o != party {
				l.slow[w] = d
			}
		}
	}
}

// crack sets the chance that a line breaks when an answer is to go out on it.
func (l *lines) crack(chance float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaks = chance
}

// tear takes a party's lines away, as when its machine loses power; plug gives them back.
func (l *lines) tear(party string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.torn[party] = true
	for c := range l.cables {
		if c.from == party || c.to == party {
			c.close()
		}
	}
}

func (l *lines) plug(party string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.torn, party)
}

// of is the network as one party has it.
func (l *lines) of(party string) ledger.Network { return network{l, party} }

type network struct {
	*lines
	party string
}

// Listen takes an address, which must be the party's.
func (n network) Listen(_, address string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.doors[address] != nil {
		return nil, &net.OpError{Op: "listen", Net: "memory", Addr: addr(address), Err: os.ErrExist}
	}
	d := &door{of: n.lines, address: address, knocks: make(chan net.Conn), closed: make(chan struct{})}
	n.doors[address] = d
	return d, nil
}

// dialWait bounds one attempt to reach a party that says nothing.
const dialWait = time.Second

var errNoLine = errors.New("there is no line")

// Dial reaches an address.
func (n network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	fault := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: addr(address), Err: err}
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fault(err)
	}
	ctx, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	n.mu.Lock()
	d := n.doors[address]
	torn := d == nil || n.torn[n.party] || n.torn[host]
	mute := n.mute[way{n.party, host}] || n.mute[way{host, n.party}]
	n.mu.Unlock()
	switch {
	case torn:
		return fault(errNoLine)
	case mute:
		<-ctx.Done() // nothing comes back
		return fault(os.ErrDeadlineExceeded)
	}
	here, there := net.Pipe()
	mine := &cable{Conn: here, of: n.lines, from: n.party, to: host}
	theirs := &cable{Conn: there, of: n.lines, from: host, to: n.party, answers: true}
	n.mu.Lock()
	n.cables[mine], n.cables[theirs] = struct{}{}, struct{}{}
	n.mu.Unlock()
	select {
	case d.knocks <- theirs:
		return mine, nil
	case <-d.closed:
		err = errNoLine
	case <-ctx.Done():
		err = os.ErrDeadlineExceeded
	}
	_, _ = mine.Close(), theirs.Close() // nobody has heard of it
	return fault(err)
}

// A door is where a party listens.
type door struct {
	of      *lines
	address string
	knocks  chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.knocks:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error {
	d.once.Do(func() {
		close(d.closed)
		d.of.mu.Lock()
		defer d.of.mu.Unlock()
		delete(d.of.doors, d.address)
	})
	return nil
}

func (d *door) Addr() net.Addr { return addr(d.address) }

type addr string

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return string(a) }

// A cable is one end of a connection.
type cable struct {
	net.Conn
	of       *lines
	from, to string
	answers  bool // the end that was dialled
	lost     bool // guarded by lines.mu
}

var errBroke = errors.New("the line broke")

// Write says something to the other end, unless the line has it otherwise.
func (c *cable) Write(b []byte) (int, error) {
	c.of.mu.Lock()
	w := way{c.from, c.to}
	if c.lost = c.lost || c.of.mute[w]; c.lost {
		c.of.lost++
		c.of.mu.Unlock()
		return len(b), nil
	}
	broken := c.answers && c.of.breaks > 0 && c.of.chance.Float64() < c.of.breaks
	wait := c.of.slow[w]
	if broken {
		c.of.broken++
		c.close()
	} else if wait > 0 {
		c.of.late++
	}
	c.of.mu.Unlock()
	if broken {
		return 0, errBroke
	}
	if wait > 0 {
		time.Sleep(wait)
	}
	return c.Conn.Write(b)
}

// close ends the connection; lines.mu is held.
func (c *cable) close() {
	delete(c.of.cables, c)
	_ = c.Conn.Close() // a pipe closes
}

func (c *cable) Close() error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.close()
	return nil
}
