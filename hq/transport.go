package hq

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/ledger"
)

// streams is raft's network: our listener and our dialler. What the seam does to a connection
// (a later issue: TLS) it does to raft's too. It knows every connection, for raft's transport
// leaves those that others have opened to themselves, with a goroutine each.
type streams struct {
	net.Listener
	network ledger.Network
	addr    address

	mu     sync.Mutex // guards what follows
	conns  map[net.Conn]struct{}
	apart  bool // no connection is made or taken for now
	gone   bool // nor ever
	closed bool
}

// errApart says that this server keeps away from the others.
var errApart = errors.New("this server keeps away from the others: its disk hangs, or its state is not theirs")

// keepApart ends every connection to the others and makes no new ones, until it is called with false.
func (s *streams) keepApart(apart bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.apart = apart; !apart {
		return
	}
	for c := range s.conns {
		_ = c.Close() // raft retries whatever was on its way
	}
	clear(s.conns)
}

// leave keeps apart for good.
func (s *streams) leave() {
	s.keepApart(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
}

// address is how the other servers reach this one, which the listener may not know.
type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

var _ raft.StreamLayer = (*streams)(nil)

// Addr is the address that is told to the others.
func (s *streams) Addr() net.Addr { return s.addr }

// Accept takes a connection of another server.
func (s *streams) Accept() (net.Conn, error) {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			return nil, err
		}
		// Raft takes an error for the listener's end, and waits: it hears of no connection in vain.
		if c, err := s.keep(c); !errors.Is(err, errApart) {
			return c, err
		}
	}
}

// Dial reaches another server.
func (s *streams) Dial(to raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout) // raft passes no context
	defer cancel()
	c, err := s.network.Dial(ctx, "tcp", string(to))
	if err != nil {
		return nil, err
	}
	return s.keep(c)
}

func (s *streams) keep(c net.Conn) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.apart || s.gone {
		_ = c.Close() // nobody knows of it yet
		if s.closed {
			return nil, net.ErrClosed
		}
		return nil, errApart
	}
	s.conns[c] = struct{}{}
	return &stream{Conn: c, of: s}, nil
}

// Close stops listening and ends every connection.
func (s *streams) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		_ = c.Close() // raft retries whatever was on its way
	}
	clear(s.conns)
	s.mu.Unlock()
	return s.Listener.Close()
}

type stream struct {
	net.Conn
	of *streams
}

func (c *stream) Close() error {
	c.of.mu.Lock()
	delete(c.of.conns, c.Conn)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
