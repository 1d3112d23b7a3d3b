package link_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// bubbleClock is the clock of a synctest bubble.
type bubbleClock struct{ began time.Time }

func (c bubbleClock) Wall() time.Time     { return time.Now() }
func (c bubbleClock) Mono() time.Duration { return time.Since(c.began) }
func (c bubbleClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

type oneBoot struct{}

func (oneBoot) Boot() [16]byte { return [16]byte{1} }

var errDown = errors.New("line is down")

// A pipes is a network in memory, so that a bubble sees when all is quiet. It can be cut (with
// a word to both ends) and muted (bytes vanish and nobody is told).
type pipes struct {
	mu     sync.Mutex // guards what stands below
	down   bool
	mute   bool
	open   []net.Conn
	lines  []*line
	arrive chan net.Conn
	closed chan struct{}
	dials  int
	hosts  map[string]bool // dialled
}

func newPipes() *pipes {
	return &pipes{arrive: make(chan net.Conn, 100), hosts: map[string]bool{}, closed: make(chan struct{})}
}

func (p *pipes) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	p.mu.Lock()
	p.dials++
	p.hosts[address] = true
	if p.mute {
		p.mu.Unlock()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	defer p.mu.Unlock()
	if p.down {
		return nil, errDown
	}
	near, far := net.Pipe()
	p.open = append(p.open, near, far)
	p.arrive <- far
	l := &line{Conn: near}
	p.lines = append(p.lines, l)
	return l, nil
}

// line is the site's end of a connection. Once mute it stays so, as behind a lost route.
type line struct {
	net.Conn
	mute atomic.Bool
}

func (c *line) Write(b []byte) (int, error) {
	if c.mute.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func (p *pipes) Listen(string, string) (net.Listener, error) { return p, nil }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.arrive:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "hq"} }

// cut breaks every connection and lets none be made until mend.
func (p *pipes) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for _, c := range p.open {
		_ = c.Close()
	}
	p.open = nil
}

func (p *pipes) hush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = true
	for _, l := range p.lines {
		l.mute.Store(true)
	}
}

func (p *pipes) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.mute = false, false
}

// A world is a link, its book, and a model head office behind a real HTTP server.
type world struct {
	t     *testing.T
	net   *pipes
	book  *paper
	hq    *office
	link  *link.Link
	stats *prometheus.Registry
	began time.Time
}

func config() link.Config {
	return link.Config{Site: "leeds", Servers: []string{"http://hq1/", "http://hq2"}, Token: "secret"}
}

func parts(t testing.TB, n ledger.Network, book *paper) link.Parts {
	return link.Parts{
		Env: ledger.Env{Clock: bubbleClock{time.Now()}, Network: n, Process: oneBoot{},
			Random: func(string) io.Reader { return randomBytes{rand.New(rand.NewPCG(1, 2))} }},
		Journal: book, Ledger: book, Catalogue: book, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

type randomBytes struct{ r *rand.Rand }

func (b randomBytes) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b.r.Uint32())
	}
	return len(p), nil
}

// inWorld runs story in a bubble: its clock moves when all is quiet, and a goroutine that
// outlives Run fails the test.
func inWorld(t *testing.T, change func(*link.Config, *link.Parts), story func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: newPipes(), book: newPaper(t), hq: newOffice(t), stats: prometheus.NewRegistry(), began: time.Now()}
		cfg, p := config(), parts(t, w.net, w.book)
		p.Registry = w.stats
		if change != nil {
			change(&cfg, &p)
		}
		if l, ok := p.Journal.(*lagging); ok {
			w.hq.slow = 2 * l.lag
		}
		var err error
		if w.link, err = link.Open(cfg, p); err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: w.hq}
		var g sync.WaitGroup
		g.Go(func() { _ = server.Serve(w.net) })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		g.Go(func() { ended <- w.link.Run(ctx) })
		synctest.Wait()

		story(t, w)

		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
		if w.link.Online() {
			t.Error("got online after Run, want offline")
		}
		if err := errors.Join(w.link.Close(), w.link.Close(), server.Close()); err != nil {
			t.Error(err)
		}
		g.Wait()
	})
}

// ServeHTTP makes the model office a server. A pull that brings nothing is held.
func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer secret" || r.Method == http.MethodPost && r.Header.Get(wire.HeaderProtocol) != "1" {
		http.Error(w, "who are you", http.StatusUnauthorized)
		return
	}
	o.mu.Lock()
	down := o.down
	o.mu.Unlock()
	if down == http.StatusTemporaryRedirect {
		w.Header().Set("Location", "http://elsewhere"+r.URL.Path)
	}
	if down != 0 {
		http.Error(w, "not now", down)
		return
	}
	if r.Method == http.MethodGet {
		o.serveJournal(w, r)
		return
	}
	var reply wire.Message
	var err error
	switch r.URL.Path {
	case wire.PathHello:
		var m wire.Hello
		err = wire.ReadRequest(r, &m)
		reply = o.hello(&m)
	case wire.PathPush:
		var m wire.Push
		err = wire.ReadRequest(r, &m)
		time.Sleep(o.slow)
		reply = o.push(&m)
	case wire.PathPull:
		var m wire.Pull
		err = wire.ReadRequest(r, &m)
		reply = o.held(r.Context(), &m)
	case wire.PathAsk:
		var m wire.Ask
		err = wire.ReadRequest(r, &m)
		answer := o.asked(m)
		if answer == nil { // never
			<-r.Context().Done()
			return
		}
		reply = answer
	case wire.PathRejoin:
		var m wire.Rejoin
		err = wire.ReadRequest(r, &m)
		reply = o.rejoined(&m)
	case wire.PathLook:
		var m wire.Look
		err = wire.ReadRequest(r, &m)
		reply = &wire.LookReply{Verdict: wire.VerdictOK, Ask: 3}
	case wire.PathForward:
		var m wire.Forward
		err = wire.ReadRequest(r, &m)
		reply = &wire.ForwardReply{Verdict: wire.VerdictOK, Status: int(m.DeadlineMS)}
	case wire.PathReply:
		var m wire.CallReply
		err = wire.ReadRequest(r, &m)
		o.mu.Lock()
		o.answers = append(o.answers, m)
		o.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}
	if errors.Is(err, wire.ErrMalformed) || errors.Is(err, wire.ErrEncoding) || errors.Is(err, wire.ErrMediaType) || errors.Is(err, wire.ErrTooLarge) {
		o.t.Errorf("%s: %v", r.URL.Path, err)
	}
	if err != nil {
		return // the line was cut
	}
	if reply != nil {
		_ = wire.WriteReply(w, reply) // the line may have been cut
	}
}

// serveJournal gives two frames at a time, as a server that has much would.
func (o *office) serveJournal(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil || r.URL.Path != wire.PathJournal || r.URL.Query().Get("site") != "leeds" {
		o.t.Errorf("%s: %v", r.URL, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var out [][]byte
	for _, b := range o.journal {
		if f, err := ledger.DecodeFrame(b); err == nil && f.End().Seq > ledger.Seq(after) && len(out) < 2 {
			out = append(out, b)
		}
	}
	_ = wire.WriteFrames(w, out) // the line may have been cut
}

// answered gives what came to PathReply.
func (o *office) answered() []wire.CallReply {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]wire.CallReply(nil), o.answers...)
}

func (o *office) fails(status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = status
}

func (o *office) held(ctx context.Context, m *wire.Pull) *wire.PullReply {
	limit := time.NewTimer(time.Duration(m.WaitMS) * time.Millisecond)
	defer limit.Stop()
	for {
		o.mu.Lock()
		news := o.news
		o.mu.Unlock()
		reply, empty := o.pull(m)
		if !empty {
			return reply
		}
		select {
		case <-news:
		case <-limit.C:
			return reply
		case <-ctx.Done():
			return reply
		}
	}
}
