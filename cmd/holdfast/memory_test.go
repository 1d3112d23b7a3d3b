package main

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestMemoryIsGivenBackOnceAfterABurst(t *testing.T) {
	var b burst
	allocated := uint64(0)
	for i, look := range []struct {
		more uint64
		over bool
	}{
		{100 << 20, false},     // the start: still going on
		{1 << 20, true},        // over
		{1 << 20, false},       // nothing has come since
		{calmBytes, false},     // a little, again and again
		{calmBytes, false},     //
		{calmBytes, false},     //
		{calmBytes, true},      // comes to a burst in the end
		{burstBytes, false},    // goes on
		{calmBytes + 1, false}, // goes on
		{calmBytes, true},      // over
		{0, false}, {0, false}, // idle
		{burstBytes - 1, false}, // goes on
		{0, false},              // over, and not worth while
		{1, true},               // worth while
	} {
		allocated += look.more
		if got := b.over(allocated); got != look.over {
			t.Errorf("look %d, %d bytes more: got over %t, want %t", i+1, look.more, got, look.over)
		}
	}
}

func TestALeanServerEndsWithWhatItServes(t *testing.T) {
	want := errors.New("the disk is full")
	if err := lean(t.Context(), nodeRoom(), func(context.Context) error { return want }); err != want {
		t.Errorf("got %v, want %v", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := lean(ctx, nodeRoom(), func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return nil
	})
	if ended != nil {
		t.Errorf("told to stop: got %v, want nil", ended)
	}
}

// What is live only for a moment, as the block that a PIN is hashed in, counts once and not four times.
func TestWhatIsLiveForAMomentKeepsToTheRoom(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(debug.SetGCPercent(runtimePercent))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		tidy(ctx, nodeRoom())
		close(ended)
	}()
	defer func() { cancel(); <-ended }()
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/heap/live:bytes"}}
	percentOf := func(want func(percent, live uint64) bool) bool {
		for range 400 { // half of calmEach
			if metrics.Read(sample); want(sample[0].Value.Uint64(), sample[1].Value.Uint64()) {
				return true
			}
			time.Sleep(calmEach / 800)
		}
		return false
	}
	if !percentOf(func(percent, live uint64) bool { return percent > 100 }) {
		t.Fatalf("got %d %% of %d bytes that are live, want the room", sample[0].Value.Uint64(), sample[1].Value.Uint64())
	}
	block := make([]byte, 96<<20)
	runtime.GC()
	if !percentOf(func(percent, live uint64) bool { return live > 96<<20 && percent <= 100 }) {
		t.Errorf("got %d %% of %d bytes that are live, want at most as much again", sample[0].Value.Uint64(), sample[1].Value.Uint64())
	}
	runtime.KeepAlive(block)
	runtime.GC()
	if !percentOf(func(percent, live uint64) bool { return live < 48<<20 && percent > 100 }) {
		t.Errorf("got %d %% of %d bytes that are live, want the room again", sample[0].Value.Uint64(), sample[1].Value.Uint64())
	}
}

func TestTheHeadroomIsBoundedButNeverScant(t *testing.T) {
	for name, of := range map[string]struct {
		room room
		want map[uint64]int // percent, by bytes that are live
	}{
		"a node": {nodeRoom(), map[uint64]int{0: 300, 5 << 20: 300, 16 << 20: 300, 24 << 20: 200, 48 << 20: 100, 64 << 20: 100, 128 << 20: 100,
			160 << 20: 80, 256 << 20: 50, 1 << 30: 30, 1 << 40: 30}},
		"a server": {hqRoom(), map[uint64]int{0: 300, 40 << 20: 300, 80 << 20: 200, 160 << 20: 100, 320 << 20: 50, 1 << 30: 30}},
	} {
		for live, want := range of.want {
			if got := of.room.headroom(live); got != want {
				t.Errorf("%s with %d bytes live: got %d %%, want %d %%", name, live, got, want)
			}
		}
	}
}
