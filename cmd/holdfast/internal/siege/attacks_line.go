package siege

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/authority"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

func lineAttacks() []attack {
	return []attack{
		{"a head office that somebody has put up, on the list of a node that runs", rogueOnTheLine},
		{"what head office told leeds, its commands with it, told again by whoever is on the line", toldAgain},
	}
}

// rogue is a server that has the company's name under an authority of its own.
type rogue struct {
	url     string
	dialled atomic.Int32 // connections
	heard   atomic.Int32 // requests: whoever believed it
	stop    func() error
}

// Accept counts who comes.
func (r *rogue) counting(l net.Listener) net.Listener { return countedListener{l, &r.dialled} }

type countedListener struct {
	net.Listener
	n *atomic.Int32
}

func (c countedListener) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// openRogue puts it up.
func (t *town) openRogue() (*rogue, error) {
	ours, err := t.authority()
	if err != nil {
		return nil, err
	}
	env := world.New()
	state, err := authority.New(ours.Company, env.Random("siege"), time.Now())
	if err != nil {
		return nil, err
	}
	key, err := enrol.NewKey(env)
	if err != nil {
		return nil, err
	}
	csr, err := authority.Request(key, []string{"127.0.0.1"}, env.Random("siege"))
	if err != nil {
		return nil, err
	}
	chain, err := state.Issue(identity.Name{Company: state.Company, Role: identity.RoleHQ, Who: "hq1"}, csr, env.Random("siege"), time.Now())
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &rogue{url: "https://" + l.Addr().String()}
	conf := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: key}}}
	srv := &http.Server{ReadHeaderTimeout: callWait, ErrorLog: silent(),
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { r.heard.Add(1) })}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(tls.NewListener(r.counting(l), conf)) }()
	r.stop = func() error { return errors.Join(srv.Close(), ignoreClosed(<-ended)) }
	return r, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// An eavesdropper sits on leeds' line to head office: it passes on, keeps what head office says over the first connection, and says it
// again, byte for byte, to whoever connects once it was told to.
type eavesdropper struct {
	url   string
	to    string // head office's address
	l     net.Listener
	all   sync.WaitGroup
	again atomic.Int32 // connections that were told what was kept
	over  atomic.Bool  // from now on it repeats

	mu    sync.Mutex // guards what follows
	kept  []byte
	conns map[net.Conn]bool
}

// keptMax bounds what an eavesdropper keeps.
const keptMax = 1 << 20

func (t *town) openEavesdropper() (*eavesdropper, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &eavesdropper{url: "https://" + l.Addr().String(), to: t.address(t.office.URL), l: l, conns: map[net.Conn]bool{}}
	e.all.Go(func() {
		for first := true; ; first = false {
			c, err := l.Accept()
			if err != nil {
				return
			}
			e.all.Go(func() { e.serve(c, first) })
		}
	})
	return e, nil
}

func (e *eavesdropper) hold(c net.Conn, on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if on {
		e.conns[c] = true
	} else {
		delete(e.conns, c)
	}
}

func (e *eavesdropper) serve(c net.Conn, first bool) {
	defer c.Close()
	e.hold(c, true)
	defer e.hold(c, false)
	if e.over.Load() {
		e.mu.Lock()
		kept := e.kept
		e.mu.Unlock()
		_, _ = c.Read(make([]byte, 1<<12)) // the other end greets first
		if _, err := c.Write(kept); err == nil {
			e.again.Add(1)
		}
		_, _ = io.Copy(io.Discard, c) // until it hangs up
		return
	}
	up, err := net.DialTimeout("tcp", e.to, callWait)
	if err != nil {
		return
	}
	defer up.Close()
	e.hold(up, true)
	defer e.hold(up, false)
	e.all.Go(func() {
		_, _ = io.Copy(up, c)
		_ = up.Close() // it ends what waits below
	})
	var down io.Writer = c
	if first {
		down = io.MultiWriter(c, e)
	}
	_, _ = io.Copy(down, up)
}

// Write keeps what head office says.
func (e *eavesdropper) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept = append(e.kept, p[:min(len(p), keptMax-len(e.kept))]...)
	return len(p), nil
}

// hangUp ends every connection.
func (e *eavesdropper) hangUp() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.conns {
		_ = c.Close() // who uses it hears of it
	}
}

func (e *eavesdropper) close() error {
	err := e.l.Close()
	e.hangUp()
	e.all.Wait()
	return err
}

// rogueOnTheLine wants the node that runs to have come there, and to have said nothing.
func rogueOnTheLine(_ context.Context, t *town) error {
	if n, heard := t.rogue.dialled.Load(), t.rogue.heard.Load(); n == 0 || heard > 0 {
		return fmt.Errorf("the node came %d times and said %d things, want it to come and say nothing", n, heard)
	}
	return nil
}

// toldAgain has leeds hear once more what it was told: it must take nothing of it, and find head office elsewhere.
func toldAgain(ctx context.Context, t *town) error {
	t.eaves.mu.Lock()
	kept := len(t.eaves.kept)
	t.eaves.mu.Unlock()
	if kept == 0 {
		return errors.New("nothing was heard of what head office said: the node does not go through the line")
	}
	t.eaves.over.Store(true)
	t.eaves.hangUp()
	before, err := t.onHand(ctx)
	if err != nil {
		return err
	}
	return bench.Until(ctx, readyWait, func() (bool, error) {
		now, err := t.onHand(ctx)
		return t.eaves.again.Load() > 0 && now < before, err // what is sold comes to head office another way
	})
}

// lines are where the node looks for head office: first two that are not to be believed.
func (t *town) lines() string {
	return strings.Join([]string{t.rogue.url, t.eaves.url, t.office.URL}, ",")
}
