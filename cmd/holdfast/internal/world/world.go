// Package world is the real world behind the five seams of ledger.Env, with its clock to wait by. Only cmd makes it.
package world

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"os"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// New gives the world of this process.
func New() ledger.Env {
	p := process{}
	_, _ = rand.Read(p.boot[:]) // never fails: crypto/rand stops the program instead
	return ledger.Env{
		Clock:   clock{start: time.Now()},
		Random:  func(string) io.Reader { return rand.Reader },
		Network: network{},
		Disk:    disk{},
		Process: p,
		Sealing: &ledger.Sealing{Memory: memory, Lock: lock},
	}
}

type clock struct{ start time.Time }

func (clock) Wall() time.Time       { return time.Now().UTC() }
func (c clock) Mono() time.Duration { return time.Since(c.start) }
func (clock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

type network struct{}

// dialWait bounds one attempt to reach a peer.
const dialWait = 5 * time.Second

func (network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialWait}
	return d.DialContext(ctx, network, address)
}

func (network) Listen(network, address string) (net.Listener, error) {
	return net.Listen(network, address)
}

type disk struct{}

func (disk) Before(ledger.Act, string) error { return nil }
func (disk) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}
func (disk) MkdirAll(path string, perm os.FileMode) error { return os.MkdirAll(path, perm) }
func (disk) Rename(from, to string) error                 { return os.Rename(from, to) }
func (disk) Remove(name string) error                     { return os.Remove(name) }

type process struct{ boot [16]byte }

func (p process) Boot() [16]byte { return p.boot }
