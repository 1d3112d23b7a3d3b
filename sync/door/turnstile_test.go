package door_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// running is a clock that never goes back, and that a test sets.
type running struct {
	clock
	now time.Duration
}

func (c *running) Mono() time.Duration { return c.now }

func TestOneCallerHasNoMoreThanItsShare(t *testing.T) {
	clock, met := &running{}, map[string]int{}
	limits := door.Bounds{CallerRate: 10, CallerAtOnce: 3, AddressRate: 5, AddressAtOnce: 2}.Filled(8)
	s := door.NewTurnstile(clock, limits, func(why string) { met[why]++ })
	till := door.CallerFor(&ledger.User{ID: "till-1", Kind: ledger.UserDevice}, "")
	ask := func(c *door.Caller) error {
		turn, err := s.Caller(c, false)
		s.Leave(turn)
		return err
	}
	took := 0
	for range 100 {
		if ask(till) == nil {
			took++
		}
	}
	if took != 40 { // four seconds' worth
		t.Errorf("got %d requests of 100 at once let in, want 40", took)
	}
	many, ok := errors.AsType[*door.TooManyError](ask(till))
	if !ok || many.For <= 0 || many.For > time.Second {
		t.Fatalf("got %v, want when to come again", many)
	}
	if p, ok := door.Problem(many); !ok || p.Status != 429 || p.Code != contract.CodeRequestsMany || p.RetryAfter != many.For || p.Detail != "till-1 sends more than 10 requests a second." {
		t.Errorf("got %+v", p)
	}
	if err := ask(door.CallerFor(&ledger.User{ID: "ann", Kind: ledger.UserPerson}, "till-2")); err != nil {
		t.Errorf("another till: got %v", err)
	}
	if err := ask(nil); err != nil {
		t.Errorf("the owner: got %v", err)
	}
	clock.now += many.For
	if err := ask(till); err != nil {
		t.Errorf("when it was told to come again: got %v", err)
	}
	clock.now += time.Hour
	var turns []*door.Turn
	for range 3 {
		turn, err := s.Caller(till, false)
		if err != nil {
			t.Fatal(err)
		}
		turns = append(turns, turn)
	}
	if p, _ := door.Problem(ask(till)); p.Detail != "till-1 has 3 requests under way, which is as many as it may." {
		t.Errorf("got %+v", p)
	}
	s.Leave(turns[0])
	if err := ask(till); err != nil {
		t.Errorf("once one has ended: got %v", err)
	}
	if met[door.LimitRate] != 61 || met[door.LimitAtOnce] != 1 {
		t.Errorf("got %v, want each limit counted that was met", met)
	}
}

// However many callers there are, the turnstile knows a bounded number; those that it has no row for share one.
func TestTheTurnstileDoesNotGrow(t *testing.T) {
	clock := &running{}
	s := door.NewTurnstile(clock, door.Bounds{}.Filled(8), func(string) {})
	last := error(nil)
	for i := range 9_000 {
		turn, err := s.Stranger(net.JoinHostPort(net.IPv4(10, byte(i>>16), byte(i>>8), byte(i)).String(), "1"))
		s.Leave(turn)
		last = err
	}
	if _, many := errors.AsType[*door.TooManyError](last); !many {
		t.Errorf("the 9,000th address in no time: got %v, want those beyond 8,192 to share a row", last)
	}
	for _, who := range []ledger.UserID{"till-1", "till-2"} {
		till := door.CallerFor(&ledger.User{ID: who, Kind: ledger.UserDevice}, "")
		for i := range 1500 {
			turn, err := s.Caller(till, false)
			if s.Leave(turn); err != nil {
				t.Fatalf("request %d of %s, while addresses have taken all rows: got %v, want it to have a row of its own", i, who, err)
			}
		}
	}
	clock.now += time.Minute // all rows say nothing any more
	turn, err := s.Stranger("192.0.2.1:1")
	s.Leave(turn)
	if err != nil {
		t.Errorf("a minute later: got %v", err)
	}
}

// far is a connection's end as a server has it.
type far struct {
	net.Conn
	addr   string
	closed bool
	reset  bool
}

func (f *far) SetLinger(sec int) error { f.reset = sec == 0; return nil }

func (f *far) RemoteAddr() net.Addr {
	a, err := net.ResolveTCPAddr("tcp", f.addr)
	if err != nil {
		panic(err)
	}
	return a
}
func (f *far) Close() error { f.closed = true; return nil }

type arriving chan *far

func (a arriving) Accept() (net.Conn, error) {
	select {
	case c := <-a:
		return c, nil
	default:
		return nil, net.ErrClosed
	}
}
func (a arriving) Close() error   { return nil }
func (a arriving) Addr() net.Addr { return nil }

// Whoever opens connections and says nothing drives out their own; a till that is known stays, and one that comes has a place.
func TestConnectionsOfStrangersGiveWay(t *testing.T) {
	met, line := 0, make(arriving, 1)
	l := door.NewConnections(&running{}, 16, func(string) { met++ }).Listener(line) // four places for strangers
	come := func(addr string) (*far, net.Conn) {
		f := &far{addr: addr}
		line <- f
		c, err := l.Accept()
		if err != nil {
			return f, nil
		}
		return f, c
	}
	till, c := come("10.0.0.7:1")
	door.Known(door.ConnContext(t.Context(), c), "till-1")
	second, _ := come("10.0.0.8:1") // has not said who it is yet
	var idle []*far
	for range 100 {
		f, _ := come("10.6.6.6:1")
		idle = append(idle, f)
	}
	open := 0
	for _, f := range idle {
		if !f.closed {
			open++
		}
	}
	if till.closed || second.closed || open != 3 || met != 97 {
		t.Errorf("got the till's closed: %t, one that had just come closed: %t, %d of who says nothing open, %d gave way; want 3 and 97", till.closed, second.closed, open, met)
	}
	var shops []*far
	for i := range 12 { // four sites behind one address, with three connections each
		f, c := come("10.0.1.1:1")
		door.KnownConn(c, "site-"+string(rune('1'+i/3)))
		shops = append(shops, f)
	}
	for range 100 {
		come("10.0.1.1:1") // somebody on their network, who says nothing
	}
	left := 0
	for _, f := range shops {
		if !f.closed {
			left++
		}
	}
	if left != 11 || till.closed { // the till and eleven of them are twelve: strangers keep their quarter
		t.Errorf("got %d of 12 connections of sites behind one address open, want the 11 that leave strangers four of 16 places", left)
	}
	_ = c.Close()
	_ = c.Close()
	if !till.closed {
		t.Error("got the till's connection open after Close")
	}
}

// Who gives way is found in a step, and is whom a walk over all would find: the oldest of an address that has most strangers.
func TestWhoGivesWayIsOfTheAddressThatHasMost(t *testing.T) {
	clock, line := &running{}, make(arriving, 1)
	const places = 32 // of strangers
	l := door.NewConnections(clock, 4*places, func(string) {}).Listener(line)
	type guest struct {
		f *far
		c net.Conn
	}
	random := rand.New(rand.NewPCG(7, 11))
	var open []guest // the oldest first
	for step := range 4_000 {
		clock.now += 5 * time.Millisecond // as fast as newcomers may take places
		if len(open) > 0 && random.IntN(3) == 0 {
			i := random.IntN(len(open))
			if random.IntN(4) == 0 {
				door.KnownConn(open[i].c, "site-"+strconv.Itoa(random.IntN(9)))
			}
			_ = open[i].c.Close()
			open = slices.Delete(open, i, i+1)
			continue
		}
		most, has := 0, map[string]int{}
		for _, g := range open {
			has[g.f.addr]++
			most = max(most, has[g.f.addr])
		}
		f := &far{addr: fmt.Sprintf("10.0.0.%d:1", 1+random.IntN(random.IntN(12)+1))}
		line <- f
		c, err := l.Accept()
		if err != nil {
			if has[f.addr] < most {
				t.Fatalf("step %d: %s has %d connections, another %d; got it turned away", step, f.addr, has[f.addr], most)
			}
			continue
		}
		for i, g := range open {
			if !g.f.closed {
				continue
			}
			older := slices.ContainsFunc(open[:i], func(o guest) bool { return o.f.addr == g.f.addr })
			if len(open) < places || has[g.f.addr] != most || older {
				t.Fatalf("step %d: one of %s gave way, which had %d of %d places, the most were %d, an older one of it: %t", step, g.f.addr, has[g.f.addr], len(open), most, older)
			}
			open = slices.Delete(open, i, i+1)
			break
		}
		if open = append(open, guest{f, c}); len(open) > places {
			t.Fatalf("step %d: got %d strangers, want %d at most", step, len(open), places)
		}
	}
}

// Whoever hangs on to the places and comes back at once costs a reset and no handshake: addresses that have their share change their own
// so fast and no faster. Nobody else waits for that.
func TestAddressesThatHaveTheirShareArePaced(t *testing.T) {
	met, line, clock := 0, make(arriving, 1), &running{}
	l := door.NewConnections(clock, 256, func(string) { met++ }).Listener(line) // 64 places for strangers
	come := func(addr string) (f *far, in bool) {
		f = &far{addr: addr}
		line <- f
		_, err := l.Accept()
		return f, err == nil
	}
	flood := func(n int, from ...string) (in, reset int) {
		for i := range n {
			f, ok := come(from[i%len(from)])
			if ok {
				in++
			} else if f.closed && f.reset {
				reset++
			}
		}
		return in, reset
	}
	const evil = "10.6.6.6:1"
	if in, reset := flood(1000, evil); in != 64+100 || reset != 1000-64-100 || met != 1000-64 {
		t.Errorf("at once: got %d of 1000 in and %d reset, %d told; want the 64 places, and 100 that have them after others", in, reset, met)
	}
	if in, _ := flood(10, evil); in != 0 {
		t.Errorf("the same moment: got %d in, want none", in)
	}
	clock.now += 100 * time.Millisecond
	if in, _ := flood(100, evil); in != 20 {
		t.Errorf("100 ms later: got %d in, want 20: 200 a second", in)
	}
	for i := range 16 { // tills behind an address of theirs, and one behind each of some others
		if _, in := come("10.0.0.8:1"); !in {
			t.Errorf("till %d: got it turned away, though its address has not its share", i)
		}
	}
	for _, addr := range []string{"10.0.0.21:1", "10.0.0.22:1"} {
		if _, in := come(addr); !in {
			t.Errorf("%s: got it turned away", addr)
		}
	}
	clock.now += time.Hour
	if in, _ := flood(500, evil); in != 100 {
		t.Errorf("an hour later: got %d in, want 100: what was not used is not saved up for ever", in)
	}
	flood(500, "10.6.6.7:1", "10.6.6.8:1", "10.6.6.9:1", "10.6.6.10:1", evil) // they all come to have their share, none more than it
	if in, _ := flood(500, "10.6.6.7:1", "10.6.6.8:1", "10.6.6.9:1", "10.6.6.10:1", evil); in > 16 {
		t.Errorf("five addresses, in no time: got %d in, want no more than find a place of an address that has more than its share", in)
	}
	clock.now += 100 * time.Millisecond
	if in, _ := flood(500, "10.6.6.7:1", "10.6.6.8:1", "10.6.6.9:1", "10.6.6.10:1", evil); in > 20+16 {
		t.Errorf("five addresses, 100 ms later: got %d in, want 20 for all of them together", in)
	}
}

func TestLimitsThatCannotBeMeantAreRefused(t *testing.T) {
	b := door.Bounds{CallerRate: -1, Connections: door.LimitMax + 1}
	if err := b.Validate(); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("got %v, want both told", err)
	}
	if got := (door.Bounds{Files: 300}).Filled(4096); got.Connections != 300 {
		t.Errorf("got %d connections where 300 files are left", got.Connections)
	}
}
