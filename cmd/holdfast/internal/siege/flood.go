package siege

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/host"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

// A pour is connections that say nothing, or a byte of a header now and then. One that is hung up on comes back. It is a process of
// its own: what it takes of the machine, which an attacker elsewhere would not take, is told from what the town takes.
type pour struct {
	opened  atomic.Int64 // connections, in all
	open    atomic.Int64
	peak    atomic.Int64
	shaken  atomic.Int64 // hands, over TLS
	refused atomic.Int64 // whose connection was not even taken, or reset at once
	all     sync.WaitGroup
}

const (
	floodAtOnce = 64 // goroutines that dial
	dripEach    = 500 * time.Millisecond
	backLeast   = time.Second // after it was hung up on; others wait longer, so that they come one by one
	backMost    = 9 * time.Second
	tellEach    = 100 * time.Millisecond
)

// Poured is how far a pour has come.
type Poured struct {
	Opened  int64 `json:"opened"`
	Open    int64 `json:"open"`
	Peak    int64 `json:"peak"`
	Shaken  int64 `json:"shaken"`
	Refused int64 `json:"refused"`
}

// pourGivesWay is how far the process that pours gives way to others (nice): elsewhere it would not have this machine's processors at all.
// How many connections it comes to all the same, each phase says.
const pourGivesWay = 10

// Pour keeps so many connections to each address until ctx ends, and tells how far it is, a line each time.
func Pour(ctx context.Context, to map[string]int, tell io.Writer) error {
	if err := host.GiveWay(pourGivesWay); err != nil {
		return err
	}
	var p pour
	for addr, n := range to {
		p.at(ctx, addr, n)
	}
	defer p.all.Wait()
	lines := json.NewEncoder(tell)
	for {
		ended := world.Rest(ctx, tellEach) != nil
		if err := lines.Encode(Poured{p.opened.Load(), p.open.Load(), p.peak.Load(), p.shaken.Load(), p.refused.Load()}); err != nil || ended {
			return err
		}
	}
}

// floodHosts is how many machines the attacker has, as far as addresses say.
const floodHosts = 8

// floodFrom is the address of the attacker's machine i, which no till has. Linux has all of 127.0.0.0/8 on its loopback; elsewhere the
// attacker comes from where the tills come from.
func floodFrom(i int) net.Addr {
	if runtime.GOOS != "linux" {
		return nil
	}
	return &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i%floodHosts))}
}

// at keeps so many connections to an address until ctx ends: of four one shakes hands and sends a header byte by byte.
func (p *pour) at(ctx context.Context, addr string, n int) {
	room := make(chan struct{}, floodAtOnce)
	for i := range n {
		p.all.Go(func() {
			for round := 0; ctx.Err() == nil; {
				select {
				case room <- struct{}{}:
				case <-ctx.Done():
					return
				}
				c, err := (&net.Dialer{Timeout: time.Second, LocalAddr: floodFrom(i)}).DialContext(ctx, "tcp", addr)
				<-room
				if err == nil {
					p.opened.Add(1)
					p.peak.Store(max(p.peak.Load(), p.open.Add(1)))
					p.hold(ctx, c, i%4 == 0)
					p.open.Add(-1)
				} else {
					p.refused.Add(1)
				}
				const steps = 97 // a prime: no two waits in a row are alike
				if round++; world.Rest(ctx, backLeast+(backMost-backLeast)*time.Duration((i+31*round)%steps)/steps) != nil {
					return
				}
			}
		})
	}
}

// hold keeps a connection until it is hung up on or ctx ends.
func (p *pour) hold(ctx context.Context, c net.Conn, drips bool) {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })() // it ends what waits below
	defer c.Close()
	began := time.Now()
	if !drips {
		if _, err := c.Read(make([]byte, 1)); err != nil && ctx.Err() == nil && time.Since(began) < dripEach { // until the other end hangs up
			p.refused.Add(1)
		}
		return
	}
	s := tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}) // #nosec G402 -- it is not the attacker who is to be protected
	if s.HandshakeContext(ctx) != nil {
		if ctx.Err() == nil {
			p.refused.Add(1)
		}
		return
	}
	p.shaken.Add(1)
	for i := 0; world.Rest(ctx, dripEach) == nil; i++ {
		const header = "GET / HTTP/1.1\r\nX-Slow: "
		if _, err := s.Write([]byte{(header + "loris")[i%len(header)]}); err != nil {
			return
		}
	}
}

// A flood is the process that pours.
type flood struct {
	*bench.Child
	tells lines
}

// PourFlag is how this program is told to pour: once for each ADDRESS=CONNECTIONS.
const PourFlag = "--pour"

// startFlood has so many connections poured in at each address.
func startFlood(ctx context.Context, to map[string]int) (f *flood, err error) {
	f = &flood{}
	args := []string{"siege"}
	for addr, n := range to {
		args = append(args, PourFlag, fmt.Sprintf("%s=%d", addr, n))
	}
	f.Child, err = bench.StartLogged(ctx, &f.tells, args...)
	return f, err
}

// now is what the process has told last; all zero before it has.
func (f *flood) now() (last Poured, err error) {
	text := f.tells.text()
	text = text[:strings.LastIndexByte(text, '\n')+1]
	if text == "" {
		return last, nil
	}
	line := text[strings.LastIndexByte(text[:len(text)-1], '\n')+1:]
	if err := json.Unmarshal([]byte(line), &last); err != nil {
		return last, errors.Join(fmt.Errorf("hear of the connections: %q: %w", line, err))
	}
	return last, nil
}
