package hq

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// streams is raft's network: our listener and our dialler. Both ends of a connection prove by certificate
// that they are servers. It knows every connection, for raft's transport
// leaves those that others have opened to themselves, with a goroutine each.
type streams struct {
	net.Listener
	network ledger.Network
	trust   *trust // nil: in the clear, on loopback
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
		if c, err := s.keep(c, false); !errors.Is(err, errApart) {
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
	return s.keep(c, true)
}

// keep notes a connection, and secures it. Whoever began it shakes hands at its first word, within raft's own bounds.
func (s *streams) keep(c net.Conn, dialled bool) (net.Conn, error) {
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
	out := &stream{Conn: c, under: c, of: s}
	if s.trust != nil {
		out.Conn, out.secure = s.trust.shake(c, dialled)
	}
	return out, nil
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
	net.Conn          // what raft reads and writes
	under    net.Conn // what the network gave
	of       *streams
	secure   *tls.Conn // of one that was accepted: it has to shake hands within shakeMax. nil once it has
}

// raftConnsMax bounds the connections that others have opened to this server's raft, where raft's pool of one server keeps a
// few to each.
const raftConnsMax = 256

// shakeMax bounds the handshake of whoever connects.
const shakeMax = 10 * time.Second

// Read reads once the other end has proved that it is a server. Raft has one reader a connection.
func (c *stream) Read(p []byte) (int, error) {
	if c.secure != nil {
		ctx, cancel := context.WithTimeout(context.Background(), shakeMax) // raft passes no context
		defer cancel()
		if err := c.secure.HandshakeContext(ctx); err != nil {
			c.of.trust.refusals.Refused(c.RemoteAddr().String(), err)
			return 0, err
		}
		state := c.secure.ConnectionState()
		n, _ := identity.PeerOf(&state, time.Time{}) // the handshake has checked that it holds
		c.secure = nil
		door.KnownConn(c.under, "peer "+n.Who)
	}
	return c.Conn.Read(p)
}

func (c *stream) Close() error {
	c.of.mu.Lock()
	delete(c.of.conns, c.under)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
