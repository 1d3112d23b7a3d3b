package bench_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
)

func TestOnlyWhatBeginsAndEndsWithinTheTimeCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Of calls of 400 ms from 0 on, those from 1.2 s to 2.8 s lie between 1 s and 3 s.
		l := bench.Load{Clients: 2, Warm: time.Second, For: 2 * time.Second, Each: func(context.Context, int) error {
			time.Sleep(400 * time.Millisecond)
			return nil
		}}
		f, err := l.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Ops != 8 || f.Times.Count() != 8 || f.PerSecond() != 4 {
			t.Errorf("counted %d calls and %d times, %v a second; want 8, 8 and 4", f.Ops, f.Times.Count(), f.PerSecond())
		}
		if p50 := f.Times.Quantile(0.5); p50 < 400*time.Millisecond || p50 > 408*time.Millisecond {
			t.Errorf("the median is %v, want 400ms", p50)
		}
	})
}

func TestALoadThatIsStoppedCountsWhatWasDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		time.AfterFunc(2500*time.Millisecond, func() { close(stop) })
		// Of calls of 400 ms from 0 on, those from 1.2 s to 2.4 s lie between 1 s and 2.5 s.
		l := bench.Load{Clients: 1, Warm: time.Second, For: time.Hour, Stop: stop, Each: func(context.Context, int) error {
			time.Sleep(400 * time.Millisecond)
			return nil
		}}
		f, err := l.Run(t.Context())
		if err != nil || f.Ops != 3 || f.Elapsed != 1500*time.Millisecond || f.PerSecond() != 2 {
			t.Errorf("got %+v (%v), want 3 calls in 1.5s", f, err)
		}
	})
}

func TestALoadEndsAtTheFirstFault(t *testing.T) {
	fault := errors.New("no")
	l := bench.Load{Clients: 4, For: time.Minute, Each: func(ctx context.Context, client int) error {
		if client == 2 {
			return fault
		}
		<-ctx.Done()
		return ctx.Err()
	}}
	if _, err := l.Run(t.Context()); !errors.Is(err, fault) {
		t.Errorf("got %v, want %v", err, fault)
	}
}

func TestALoadThatIsInterruptedGivesNoFigures(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := bench.Load{Clients: 1, For: time.Minute, Each: func(context.Context, int) error { cancel(); return nil }}
	if f, err := l.Run(ctx); !errors.Is(err, context.Canceled) || f != nil {
		t.Errorf("got %v, %v; want nothing and context.Canceled", f, err)
	}
}
