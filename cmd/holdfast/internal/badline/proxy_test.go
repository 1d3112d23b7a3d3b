package badline_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/badline"
)

// A peer takes connections and keeps what each has said.
type peer struct {
	net.Listener
	answer bool // says back what it hears

	mu   sync.Mutex // guards heard
	seen *sync.Cond
	all  [][]byte
}

func newPeer(t *testing.T, answer bool) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{Listener: l, answer: answer}
	p.seen = sync.NewCond(&p.mu)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.hear(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return p
}

func (p *peer) hear(c net.Conn) {
	defer c.Close()
	p.mu.Lock()
	at := len(p.all)
	p.all = append(p.all, nil)
	p.mu.Unlock()
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		p.mu.Lock()
		p.all[at] = append(p.all[at], buf[:n]...)
		p.seen.Broadcast()
		p.mu.Unlock()
		if p.answer && n > 0 {
			_, _ = c.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// heard waits until what so many connections said is so.
func (p *peer) heard(is func(all [][]byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !is(p.all) {
		p.seen.Wait()
	}
}

func line(t *testing.T, to *peer) *badline.Proxy {
	t.Helper()
	p, err := badline.Listen(t.Context(), badline.Config{Addr: "127.0.0.1:0", Target: func() string { return to.Addr().String() }, Seed: 7, Hang: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
	})
	return p
}

func dial(t *testing.T, p *badline.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second)) // it ends a test that hangs
	return c
}

func say(t *testing.T, c net.Conn, what string) {
	t.Helper()
	if _, err := io.WriteString(c, what); err != nil {
		t.Fatal(err)
	}
}

func TestALineThatIsWellForwardsEveryByteBothWays(t *testing.T) {
	p := line(t, newPeer(t, true))
	c := dial(t, p)
	want := bytes.Repeat([]byte("goods"), 100_000)
	go func() { _, _ = c.Write(want); _ = c.(*net.TCPConn).CloseWrite() }()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v, want the %d that were sent", len(got), err, len(want))
	}
	if n := p.Counts(); n.Lost+n.Repeated+n.Reset+n.Corrupted+n.Delayed != 0 {
		t.Errorf("got %+v, want no fault", n)
	}
}

func TestALongLineHoldsEveryPieceBackAndForwardsItWhole(t *testing.T) {
	p := line(t, newPeer(t, true))
	p.Set(badline.Faults{Far: time.Millisecond})
	c := dial(t, p)
	want := bytes.Repeat([]byte("goods"), 50_000)
	go func() { _, _ = c.Write(want); _ = c.(*net.TCPConn).CloseWrite() }()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v, want the %d that were sent", len(got), err, len(want))
	}
	if n := p.Counts(); n.Delayed != n.Pieces || n.Pieces == 0 {
		t.Errorf("got %+v, want every piece held back", n)
	}
}

func TestABadLineFlipsOneBitOfAPiece(t *testing.T) {
	to := newPeer(t, false)
	p := line(t, to)
	p.Set(badline.Faults{Corrupt: 1})
	say(t, dial(t, p), "abcdefgh")
	var got []byte
	to.heard(func(all [][]byte) bool {
		if len(all) == 1 {
			got = append([]byte(nil), all[0]...)
		}
		return len(got) == 8
	})
	bits := 0
	for i, b := range got {
		for x := b ^ "abcdefgh"[i]; x != 0; x &= x - 1 {
			bits++
		}
	}
	if bits != 1 {
		t.Errorf("got %d bits changed in %q, want 1", bits, got)
	}
}

func TestABadLineSaysAgainWhatWasSaid(t *testing.T) {
	to := newPeer(t, false)
	p := line(t, to)
	c := dial(t, p)
	say(t, c, "one")
	to.heard(func(all [][]byte) bool { return len(all) == 1 && string(all[0]) == "one" })
	p.Set(badline.Faults{Repeat: 1})
	say(t, c, "two")
	to.heard(func(all [][]byte) bool {
		return len(all) == 2 && string(all[0]) == "onetwo" && string(all[1]) == "onetwo"
	})
}

func TestABadLineBreaksAConnection(t *testing.T) {
	to := newPeer(t, true)
	p := line(t, to)
	for name, f := range map[string]badline.Faults{"resets": {Reset: 1}, "refuses": {Refuse: true}, "loses": {Lose: 1}} {
		p.Set(badline.Faults{})
		c := dial(t, p)
		say(t, c, "x")
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		p.Set(f)
		if !f.Refuse { // a write would take the news that the read is to bring
			say(t, c, "y")
		}
		if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: got %d bytes and %v, want a broken connection", name, n, err)
		}
	}
}

func TestALineThatIsDeadOneWayKeepsWhatWasSaid(t *testing.T) {
	to := newPeer(t, true)
	p := line(t, to)
	p.Set(badline.Faults{NoDown: true})
	c := dial(t, p)
	say(t, c, "up")
	to.heard(func(all [][]byte) bool { return len(all) == 1 && string(all[0]) == "up" }) // it goes up all the same
	p.Set(badline.Faults{NoUp: true})
	got := make([]byte, 2)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "up" {
		t.Fatalf("got %q and %v, want the answer once the way down is back", got, err)
	}
	say(t, c, "more")
	p.Set(badline.Faults{})
	got = make([]byte, 4)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "more" {
		t.Errorf("got %q and %v, want what was kept", got, err)
	}
}
