package door

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds are of what one caller may ask of a server, and how many connections it keeps. 0 takes the default. The bearer of
// the owner's token is bound by none but the server's own places: an operator's import is no till that has gone wrong.
type Bounds struct {
	CallerRate    int // requests a second of one device, program or person, over a few seconds; default 500
	CallerAtOnce  int // requests of one of them being served; default 64
	AddressRate   int // requests a second from one address that show nobody who is known; default 50
	AddressAtOnce int // such requests being served; default 16
	Connections   int // kept at once; default 4096 at a node, 16384 at head office
	Files         int // that connections may take up; 0: any number
}

// The default of each limit.
const (
	callerRate    = 500
	callerAtOnce  = 64
	addressRate   = 50
	addressAtOnce = 16
)

const (
	lastingAtOnce = 8               // streams of events of one caller
	burstFor      = 4 * time.Second // of requests that may come at once after a pause
	turnsMax      = 8_192           // rows of each kind; whoever comes when all are taken shares one with the others of that kind
	turnsSwept    = time.Second     // how often rows that say nothing are looked for
)

// LimitMax bounds each limit.
const LimitMax = 1 << 20

// Validate reports a limit that cannot be meant.
func (l *Bounds) Validate() error {
	var errs []error
	for _, v := range []struct {
		name string
		n    int
	}{{"rate of a caller", l.CallerRate}, {"requests of a caller at once", l.CallerAtOnce}, {"rate of an address", l.AddressRate},
		{"requests of an address at once", l.AddressAtOnce}, {"connections at once", l.Connections}} {
		if v.n < 0 || v.n > LimitMax {
			errs = append(errs, fmt.Errorf("the limit %s is %d; it must be 1 to %d, or 0 for the default", v.name, v.n, LimitMax))
		}
	}
	return errors.Join(errs...)
}

// Filled is l with defaults where nothing was set.
func (l Bounds) Filled(connections int) Bounds {
	for _, v := range []struct {
		n         *int
		otherwise int
	}{{&l.CallerRate, callerRate}, {&l.CallerAtOnce, callerAtOnce}, {&l.AddressRate, addressRate}, {&l.AddressAtOnce, addressAtOnce}, {&l.Connections, connections}} {
		if *v.n == 0 {
			*v.n = v.otherwise
		}
	}
	if l.Files > 0 {
		l.Connections = min(l.Connections, l.Files)
	}
	return l
}

// A TooManyError says that one caller asks for more than it may.
type TooManyError struct {
	Who    string        // the caller, or the address
	Most   int           // requests
	AtOnce bool          // served at once; else a second
	For    time.Duration // when to come again
}

func (e *TooManyError) Error() string {
	if e.AtOnce {
		return fmt.Sprintf("%s has more than %d requests under way", e.Who, e.Most)
	}
	return fmt.Sprintf("%s sends more than %d requests a second", e.Who, e.Most)
}

// Why limits were met, for a metric's label.
const (
	LimitRate        = "rate"
	LimitAtOnce      = "at_once"
	LimitConnections = "connections"
)

// kinds of rows
const (
	turnCaller  = 'c'
	turnLasting = 's'
	turnAddress = 'a'
)

// turns are the rows of one kind, so that however many strangers come, they take no row of somebody who is known.
type turns struct {
	rows  map[string]*Turn
	swept time.Duration
}

// A Turnstile counts what each caller asks for. It knows at most turnsMax of each kind. It is for many goroutines.
type Turnstile struct {
	clock  ledger.Clock
	limits Bounds
	met    func(why string)

	mu    sync.Mutex // guards what follows, and what is in each Turn
	kinds map[byte]*turns
}

// A Turn is one caller's row.
type Turn struct {
	inside int           // requests being served
	paid   time.Duration // up to when its requests have used up its rate
}

// NewTurnstile makes one; met hears of each limit that somebody met.
func NewTurnstile(clock ledger.Clock, limits Bounds, met func(why string)) *Turnstile {
	kinds := map[byte]*turns{}
	for _, kind := range []byte{turnCaller, turnLasting, turnAddress} {
		kinds[kind] = &turns{rows: map[string]*Turn{}}
	}
	return &Turnstile{clock: clock, limits: limits, met: met, kinds: kinds}
}

// Caller counts in a request of somebody who is known, at a device by the device. lasting is one that goes on until its
// client hangs up. Leave must follow where the error is nil.
func (t *Turnstile) Caller(c *Caller, lasting bool) (*Turn, error) {
	if c == nil {
		return nil, nil
	}
	who := c.Called()
	if lasting {
		return t.enter(turnLasting, who, t.limits.CallerRate, lastingAtOnce)
	}
	return t.enter(turnCaller, who, t.limits.CallerRate, t.limits.CallerAtOnce)
}

// Stranger counts in a request that shows nobody who is known, by where it comes from.
func (t *Turnstile) Stranger(remote string) (*Turn, error) {
	address := Address(remote)
	return t.enter(turnAddress, address, t.limits.AddressRate, t.limits.AddressAtOnce)
}

// Leave counts a request out. nil is one that was not counted.
func (t *Turnstile) Leave(turn *Turn) {
	if turn == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	turn.inside--
}

func (t *Turnstile) enter(kind byte, who string, rate, atOnce int) (*Turn, error) {
	now, each := t.clock.Mono(), time.Second/time.Duration(rate)
	t.mu.Lock()
	defer t.mu.Unlock()
	turn := t.kinds[kind].row(who, now)
	if turn.inside >= atOnce {
		t.met(LimitAtOnce)
		return nil, &TooManyError{Who: who, Most: atOnce, AtOnce: true, For: time.Second}
	}
	paid := max(turn.paid, now) + each
	if wait := paid - now - burstFor; wait > 0 {
		t.met(LimitRate)
		return nil, &TooManyError{Who: who, Most: rate, For: wait}
	}
	turn.paid = paid
	turn.inside++
	return turn, nil
}

// row finds a caller's row, or makes one. The caller holds the turnstile's mu.
func (t *turns) row(who string, now time.Duration) *Turn {
	if turn := t.rows[who]; turn != nil {
		return turn
	}
	if len(t.rows) >= turnsMax && now-t.swept >= turnsSwept {
		t.swept = now
		for k, v := range t.rows {
			if v.inside == 0 && v.paid <= now {
				delete(t.rows, k)
			}
		}
	}
	if len(t.rows) >= turnsMax {
		who = "" // nobody's name
		if turn := t.rows[who]; turn != nil {
			return turn
		}
	}
	turn := &Turn{}
	t.rows[who] = turn
	return turn
}
