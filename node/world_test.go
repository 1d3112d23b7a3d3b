package node_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/node"
)

// world is what a node under test lives in: the clock of the synctest bubble, a network of
// pipes that can be cut, and the real disk, which fails when told to.
type world struct {
	*testworld.World
	net *pipes
}

func newWorld() *world {
	return &world{World: testworld.New(7), net: &pipes{at: map[string]*pipeListener{}}}
}

func (w *world) Env() ledger.Env {
	env := w.World.Env()
	env.Clock, env.Network = bubbleClock{time.Now()}, w.net
	env.Random = func(string) io.Reader { return &lockedRandom{r: rand.New(rand.NewPCG(rand.Uint64(), 1))} }
	return env
}

type lockedRandom struct {
	mu sync.Mutex // guards r
	r  *rand.Rand
}

func (l *lockedRandom) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range p {
		p[i] = byte(l.r.Uint32())
	}
	return len(p), nil
}

// bubbleClock is the time of the synctest bubble: it stands still while anything can run.
type bubbleClock struct{ began time.Time }

func (bubbleClock) Wall() time.Time       { return time.Now() }
func (c bubbleClock) Mono() time.Duration { return time.Since(c.began) }
func (bubbleClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// pipes is a network in memory.
type pipes struct {
	mu    sync.Mutex // guards what stands below
	at    map[string]*pipeListener
	conns map[string][]net.Conn
	cut   map[string]bool
}

var errCut = errors.New("line is cut")

func (p *pipes) Listen(_, address string) (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &pipeListener{address: address, conns: make(chan net.Conn), closed: make(chan struct{})}
	p.at[address] = l
	return l, nil
}

func (p *pipes) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	p.mu.Lock()
	l, cut := p.at[address], p.cut[address]
	p.mu.Unlock()
	if l == nil || cut {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errCut}
	}
	here, there := net.Pipe()
	select {
	case l.conns <- there:
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: network, Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		p.conns = map[string][]net.Conn{}
	}
	p.conns[address] = append(p.conns[address], here)
	return here, nil
}

// setCut cuts the line to an address, with all that is on it, or heals it.
func (p *pipes) setCut(address string, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil {
		p.cut = map[string]bool{}
	}
	p.cut[address] = cut
	if cut {
		for _, c := range p.conns[address] {
			c.Close()
		}
		p.conns[address] = nil
	}
}

type pipeListener struct {
	address string
	conns   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}
func (l *pipeListener) Addr() net.Addr { return pipeAddr(l.address) }

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

const nodeAddr, hqAddr = "leeds:8080", "hq:8080"

// shop is a node that runs, with a client at its door. Its test ends with an audit.
type shop struct {
	log *slog.Logger // nil: nobody reads it

	*client
	t     testing.TB
	w     *world
	dir   string
	node  *node.Node
	cfg   node.Config
	stop  context.CancelFunc
	ended chan error
	wants error // what Run is expected to end with
}

func openShop(t testing.TB, w *world, change func(*node.Config)) *shop {
	t.Helper()
	s := &shop{t: t, w: w, dir: t.TempDir()}
	s.cfg = node.Config{Site: "leeds", Dir: s.dir, Listen: nodeAddr, Standalone: true, Counter: true}
	if change != nil {
		change(&s.cfg)
	}
	t.Cleanup(s.close)
	s.start()
	return s
}

// start opens and runs the node; restart does so on the same folder.
func (s *shop) start() {
	s.t.Helper()
	n, err := node.Open(s.w.Env(), s.cfg, s.logger(), prometheus.NewRegistry())
	if err != nil {
		s.t.Fatalf("open: %v", err)
	}
	token, err := os.ReadFile(s.dir + "/" + node.OwnerTokenFile)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.node, s.stop, s.ended = n, cancel, make(chan error, 1)
	keys := 0
	if s.client != nil {
		keys = s.client.keys // keys are remembered for ever
	}
	s.client = newClient(s.t, s.w.net, nodeAddr, string(token))
	s.client.keys = keys
	go func() { s.ended <- n.Run(ctx) }()
	waitFor(s.t, "the site to be open", func() bool { return s.cfg.Standalone == false || n.Status().State == "open" })
}

// shut ends Run and closes the node.
func (s *shop) shut() {
	if s.node == nil {
		return
	}
	s.stop()
	s.client.http.CloseIdleConnections()
	if err := <-s.ended; !errors.Is(err, s.wants) {
		s.t.Errorf("run: got %v, want %v", err, s.wants)
	}
	for range 2 { // twice is once
		if err := s.node.Close(); err != nil {
			s.t.Errorf("close: %v", err)
		}
	}
	s.node = nil
}

func (s *shop) close() {
	s.shut()
	s.w.Disk.Fail(nil)
	if s.wants != nil {
		return // the book stopped in the middle of a write; its own tests look at what is left
	}
	if _, err := ledger.AuditBook(s.w.Env(), s.dir, nil); err != nil {
		s.t.Errorf("audit: %v", err)
	}
}

// waitFor lets the bubble's time pass until something is so, ten minutes at most.
func waitFor(t testing.TB, what string, so func() bool) {
	t.Helper()
	for range 60_000 {
		if so() {
			return
		}
		time.Sleep(10 * time.Millisecond) // of the bubble: nobody waits
	}
	t.Fatalf("waited for %s in vain", what)
}

// waitALittle lets a millisecond of the bubble's time pass, so that ids made before and after
// it sort.
func waitALittle() { time.Sleep(2 * time.Millisecond) }

func (s *shop) logger() *slog.Logger {
	return cmp.Or(s.log, slog.New(slog.DiscardHandler))
}
