// Package testworld supplies tests and the simulator with a world of their own: a clock that
// stands still until it is moved, named random streams from one seed, and a disk that fails
// when told to. It gives a ledger.Env, so the code under test is the code that runs in a shop.
package testworld

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
)

// A World is one process's world. The zero World is not usable; New makes one.
type World struct {
	Clock *Clock
	Disk  *Disk
	seed  uint64
	boot  [16]byte

	Key *sealed.Key // books are sealed under it; nil: they lie in the clear
}

// New makes a world from a seed. The clock stands at 2026-01-05 08:00 UTC, a Monday.
func New(seed uint64) *World {
	w := &World{seed: seed, Clock: &Clock{wall: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)}, Disk: &Disk{}}
	w.Reboot()
	return w
}

// Env is the world as a room sees it. The network is the real loopback.
func (w *World) Env() ledger.Env {
	return ledger.Env{Clock: w.Clock, Random: w.Random, Network: Loopback{}, Disk: w.Disk, Process: process{w},
		Sealing: &ledger.Sealing{Key: w.Key, Memory: memory, Lock: lock}}
}

// Seal draws a key, under which books of the world are sealed from now on.
func (w *World) Seal() {
	w.Key, _ = sealed.NewKey(w.Random("key of the books")) // it never fails
}

// memory gives a file without a name on the disk, and with that name for messages.
func memory(name string) (*os.File, error) {
	f, err := os.CreateTemp("", "index")
	if err != nil {
		return nil, err
	}
	defer f.Close() // the other handle stays
	if err := os.Remove(f.Name()); err != nil {
		return nil, err
	}
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func lock(f *os.File, alone bool) error {
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	return syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
}

// Reboot draws a new boot id, as a new process would.
func (w *World) Reboot() {
	w.seed++
	_, _ = w.Random("boot").Read(w.boot[:])
}

// Random gives the stream of that name. The same seed and name give the same bytes.
func (w *World) Random(stream string) io.Reader {
	h := fnv.New64a()
	_, _ = h.Write([]byte(stream))
	return &bytesOf{r: rand.New(rand.NewPCG(w.seed, h.Sum64()))}
}

type bytesOf struct {
	mu sync.Mutex // guards r
	r  *rand.Rand
}

func (b *bytesOf) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range p {
		p[i] = byte(b.r.Uint32())
	}
	return len(p), nil
}

type process struct{ w *World }

func (p process) Boot() [16]byte { return p.w.boot }

// Clock stands still until Advance or Jump moves it.
type Clock struct {
	mu     sync.Mutex // guards what stands below
	wall   time.Time
	mono   time.Duration
	timers []*timer
}

type timer struct {
	at   time.Duration
	fire chan time.Time
}

// Wall is the moment as the clock on the wall shows it.
func (c *Clock) Wall() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall
}

// Mono is the time that has passed, whatever the wall shows.
func (c *Clock) Mono() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mono
}

// After gives a channel that receives once Advance has moved the clock by d.
func (c *Clock) After(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{at: c.mono + d, fire: make(chan time.Time, 1)}
	if d <= 0 {
		t.fire <- c.wall
		return t.fire, func() {}
	}
	c.timers = append(c.timers, t)
	return t.fire, func() { c.forget(t) }
}

func (c *Clock) forget(t *timer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, have := range c.timers {
		if have == t {
			c.timers = append(c.timers[:i], c.timers[i+1:]...)
			return
		}
	}
}

// Advance lets d pass and fires the timers that fall due.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mono += d
	c.wall = c.wall.Add(d)
	left := c.timers[:0]
	for _, t := range c.timers {
		if t.at <= c.mono {
			t.fire <- c.wall
		} else {
			left = append(left, t)
		}
	}
	c.timers = left
}

// Jump moves the wall clock alone, either way, as a wrong time server would.
func (c *Clock) Jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall = c.wall.Add(d)
}

// ErrDisk is what a failing act gives.
var ErrDisk = errors.New("injected disk failure")

// Disk is the real disk that fails the acts it is told to.
type Disk struct {
	mu   sync.Mutex // guards what stands below
	fail func(act ledger.Act, path string) error
	slow func(act ledger.Act)
	acts []ledger.Act
}

// Fail makes every later act go through f, which may give an error; nil heals the disk.
func (d *Disk) Fail(f func(act ledger.Act, path string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = f
}

// FailOn makes every later act of that name fail with ErrDisk.
func (d *Disk) FailOn(act ledger.Act) {
	d.Fail(func(a ledger.Act, _ string) error {
		if a == act {
			return ErrDisk
		}
		return nil
	})
}

// Slow makes every later act go through f first, which may take its time; nil ends it.
func (d *Disk) Slow(f func(act ledger.Act)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.slow = f
}

// Acts lists the acts so far, in order.
func (d *Disk) Acts() []ledger.Act {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]ledger.Act(nil), d.acts...)
}

// Before lets an act happen or fails it.
func (d *Disk) Before(act ledger.Act, path string) error {
	d.mu.Lock()
	slow := d.slow
	d.mu.Unlock()
	if slow != nil {
		slow(act)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acts = append(d.acts, act)
	if d.fail != nil {
		return d.fail(act, path)
	}
	return nil
}

// OpenFile opens a file of the real disk.
func (d *Disk) OpenFile(name string, flag int, perm os.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}

// MkdirAll makes a folder of the real disk.
func (d *Disk) MkdirAll(path string, perm os.FileMode) error { return os.MkdirAll(path, perm) }

// Rename renames a file of the real disk.
func (d *Disk) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file of the real disk.
func (d *Disk) Remove(name string) error { return os.Remove(name) }

// Loopback is the real network, for servers of a test on this machine.
type Loopback struct{}

// Dial dials.
func (Loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// Listen listens.
func (Loopback) Listen(network, address string) (net.Listener, error) {
	return net.Listen(network, address)
}
