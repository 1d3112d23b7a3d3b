package hq

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// These tests see raft's place in the middle of a push, which no exported name shows.

type bubbleClock struct{ began time.Time }

func (bubbleClock) Wall() time.Time       { return time.Now() }
func (c bubbleClock) Mono() time.Duration { return time.Since(c.began) }
func (bubbleClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// pushOf is a push of the entries first to last in one frame of that many bytes, about.
func pushOf(first, last ledger.Seq, bytes int) *wire.Push {
	f := &ledger.Frame{Site: "leeds", Epoch: 1, First: first}
	for range last - first + 1 {
		f.Entries = append(f.Entries, make([]byte, bytes))
		f.Hashes = append(f.Hashes, ledger.Hash{})
	}
	return &wire.Push{Site: "leeds", Epoch: 1, Before: ledger.Position{Seq: first - 1}, Frames: [][]byte{ledger.EncodeFrame(f)}}
}

// taking begins a turn and tells the order in which turns come.
func taking(t *testing.T, p *pushes, m *wire.Push, order chan<- ledger.Seq, stored ledger.Seq) *pushTurn {
	t.Helper()
	turn, err := p.turn(t.Context(), bubbleClock{time.Now()}, m, func() ledger.Seq { return stored })
	if err != nil {
		t.Errorf("turn of the push after %d: got %v, want none", m.Before.Seq, err)
		return nil
	}
	order <- m.Before.Seq
	turn.proposed()
	return turn
}

func TestPushesOfASiteComeToRaftInTheOrderOfItsJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, order := newPushes(), make(chan ledger.Seq, 3)
		for _, first := range []ledger.Seq{21, 11, 1} {
			go taking(t, p, pushOf(first, first+9, 10), order, 0)
			synctest.Wait()
		}
		for _, want := range []ledger.Seq{0, 10, 20} {
			if got := <-order; got != want {
				t.Errorf("got the push after %d, want the one after %d", got, want)
			}
		}
	})
}

func TestAPushWhoseForerunnerNeverComesGoesAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := newPushes(), time.Now()
		turn := taking(t, p, pushOf(11, 20, 10), make(chan ledger.Seq, 1), 0)
		if waited := time.Since(began); waited != pushTurnWait {
			t.Errorf("got a wait of %v, want %v", waited, pushTurnWait)
		}
		turn.done(0)
		if p.bytes != 0 || len(p.lines) != 0 {
			t.Errorf("got %d bytes and %d lines left, want none", p.bytes, len(p.lines))
		}
	})
}

func TestAPushThatIsNotStoredHoldsUpTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, order := newPushes(), make(chan ledger.Seq, 9)
		first := taking(t, p, pushOf(1, 10, 10), order, 0)
		second := taking(t, p, pushOf(11, 20, 10), order, 0)
		first.done(0) // head office did not take it, so the second finds a gap
		began := time.Now()
		again := taking(t, p, pushOf(21, 30, 10), order, 0)
		if time.Since(began) != pushTurnWait {
			t.Error("a push behind one that was not taken went at once, want it to wait for what goes before it")
		}
		again.done(0)
		second.done(0)
	})
}

func TestWhatIsPushedAtOnceIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, order := newPushes(), make(chan ledger.Seq, 99)
		const each = 1 << 20
		var turns []*pushTurn
		for i := range ledger.Seq(pushBytesMax / each) {
			turns = append(turns, taking(t, p, pushOf(i+1, i+1, each-100), order, 0))
		}
		next := ledger.Seq(len(turns) + 1)
		if _, err := p.turn(t.Context(), bubbleClock{}, pushOf(next, next, each), func() ledger.Seq { return 0 }); !errors.Is(err, ledger.ErrBusy) {
			t.Errorf("got %v, want %v", err, ledger.ErrBusy)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.turn(gone, bubbleClock{}, pushOf(next, next, each), func() ledger.Seq { return 0 }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
		for _, turn := range turns {
			turn.done(turn.end)
		}
		if p.bytes != 0 || len(p.lines) != 0 {
			t.Errorf("got %d bytes and %d lines left, want none", p.bytes, len(p.lines))
		}
		for range pushesMax {
			if !p.enter(t.Context(), bubbleClock{}) {
				t.Fatal("got no place, want one")
			}
		}
		if p.enter(t.Context(), bubbleClock{}) {
			t.Errorf("got place number %d, want none", pushesMax+1)
		}
		p.leave()
		if !p.enter(t.Context(), bubbleClock{}) {
			t.Error("got no place after one was left, want it")
		}
	})
}
