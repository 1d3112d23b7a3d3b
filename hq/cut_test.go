package hq_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// wires carry what raft's servers say to each other, and lose it where they are told to: a word
// is sent and never comes, as on a network that has gone. Clients, sites and what a follower
// passes on to the leader are not touched: so a leader that has lost the others is still asked.
type wires struct {
	mu    sync.Mutex
	at    map[string]int // raft's address of each server
	deaf  map[int]bool   // hears nothing
	mute  map[int]bool   // what it says is lost
	torn  map[int]bool   // it has no wires: dialling fails at once
	conns map[*cable]struct{}
}

// startCuttable starts three servers whose wires can be cut.
func startCuttable(t testing.TB, tune func(*hq.Config)) (*cluster, *wires) {
	t.Helper()
	w := &wires{at: map[string]int{}, deaf: map[int]bool{}, mute: map[int]bool{}, torn: map[int]bool{}, conns: map[*cable]struct{}{}}
	c := startClusterOn(t, 3, func(i int) ledger.Network { return from{w, i} }, tune)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, s := range c.servers {
		w.at[s.RaftAddr()] = i
	}
	return c, w
}

// lose makes a server deaf, mute or both.
func (w *wires) lose(i int, deaf, mute bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaf[i], w.mute[i] = deaf, mute
}

// tear takes a server's wires away, and both ends see it.
func (w *wires) tear(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.torn[i] = true
	for c := range w.conns {
		if to, raft := w.at[c.to]; raft && (to == i || c.of.server == i) {
			_ = c.Conn.Close() // it is to break
		}
	}
}

// mend ends all cuts. A connection that has lost something is closed: what comes after makes no
// sense to who hears it.
func (w *wires) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.deaf)
	clear(w.mute)
	clear(w.torn)
	for c := range w.conns {
		if c.lost {
			_ = c.Conn.Close() // raft dials again
		}
	}
}

var errTorn = errors.New("there is no wire")

// from is the network of one server.
type from struct {
	*wires
	server int
}

func (f from) Listen(network, address string) (net.Listener, error) {
	return testworld.Loopback{}.Listen(network, address)
}

func (f from) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	inner, err := testworld.Loopback{}.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &cable{Conn: inner, of: f, to: address}
	f.mu.Lock()
	defer f.mu.Unlock()
	if to, raft := f.at[address]; raft && (f.torn[f.server] || f.torn[to]) {
		return nil, errors.Join(errTorn, inner.Close())
	}
	f.conns[c] = struct{}{}
	return c, nil
}

// A cable is a connection as the server that dialled it has it; every word between two servers,
// either way, goes over one.
type cable struct {
	net.Conn
	of   from
	to   string
	lost bool // guarded by wires.mu
}

// loses says whether a word is lost, from the one who dialled or back to him.
func (c *cable) loses(back bool) bool {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	to, raft := c.of.at[c.to]
	if !raft {
		return false
	}
	says, hears := c.of.server, to
	if back {
		says, hears = hears, says
	}
	if c.of.mute[says] || c.of.deaf[hears] {
		c.lost = true
		return true
	}
	return c.lost // the rest of something that was lost in part
}

func (c *cable) Write(b []byte) (int, error) {
	if c.loses(false) {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func (c *cable) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.loses(true) {
			return n, err
		}
	}
}

func (c *cable) Close() error {
	c.of.mu.Lock()
	delete(c.of.conns, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
