package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
)

// A Relay takes connections. Make it with Listen, then Run it.
type Relay struct {
	listener net.Listener
	slots    chan struct{} // one token an open connection
}

// Listen takes an address on loopback; port 0 picks one. It starts no goroutine: until Run,
// connections wait in the kernel's queue.
func Listen(ctx context.Context, addr string, connsMax int) (*Relay, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("%s is not on loopback", l.Addr()), l.Close())
	}
	return &Relay{listener: l, slots: make(chan struct{}, connsMax)}, nil
}

// Addr returns the address that stands for the target.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Run has serve see to each connection until ctx ends, and then returns nil. It may be called once.
// The ctx that serve is given ends when its link breaks. What serve leaves open is broken.
func (r *Relay) Run(ctx context.Context, serve func(context.Context, *Link)) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() {
		<-ctx.Done()
		_ = r.listener.Close() // it frees Accept; that the listener is gone already is what we want
	})
	for {
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		client, err := r.listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept on %s: %w", r.Addr(), err)
		}
		all.Go(func() {
			defer func() { <-r.slots }()
			carry(ctx, client, serve)
		})
	}
}

// carry has one connection served to its end.
func carry(ctx context.Context, client net.Conn, serve func(context.Context, *Link)) {
	ctx, cancel := context.WithCancel(ctx)
	l := &Link{cancel: cancel, client: client, ends: []net.Conn{client}}
	var watch sync.WaitGroup
	watch.Go(func() {
		<-ctx.Done() // of Run, or of Sever
		l.Sever()
	})
	defer watch.Wait()
	defer l.Sever() // of one that has ended in the orderly way nothing is left
	serve(ctx, l)
}

// Close gives the address up. It may be called twice, and is needed only where Run is not called.
func (r *Relay) Close() error {
	if err := r.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
