package hq // white-box: how a snapshot rests cannot be seen from outside

import (
	"bytes"
	"testing"
	"time"
)

// workClock is a clock on which every look at it took some work, and on which rests pass at once.
type workClock struct {
	now, look time.Duration
	rested    time.Duration
	stuck     bool // rests never end by themselves
}

func (c *workClock) Wall() time.Time { return time.Unix(0, int64(c.now)).UTC() }

func (c *workClock) Mono() time.Duration {
	c.now += c.look
	return c.now
}

func (c *workClock) After(d time.Duration) (<-chan time.Time, func()) {
	fired := make(chan time.Time, 1)
	if !c.stuck {
		c.now += d
		c.rested += d
		fired <- c.Wall()
	}
	return fired, func() {}
}

func TestASnapshotRestsAsLongAsItIsWorkedAt(t *testing.T) {
	tests := map[string]struct {
		look, rest time.Duration
		writes     int
		want       time.Duration
	}{
		"work too short to rest":       {look: time.Millisecond, rest: restMost, writes: 9, want: 0},
		"as long as the work":          {look: 20 * time.Millisecond, rest: restMost, writes: 5, want: 5 * 20 * time.Millisecond},
		"never more than what is left": {look: 20 * time.Millisecond, rest: 30 * time.Millisecond, writes: 5, want: 30 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			clock := &workClock{look: tt.look}
			var out bytes.Buffer
			p := &paced{w: &out, clock: clock, rest: tt.rest}
			for range tt.writes {
				if n, err := p.Write([]byte("abc")); n != 3 || err != nil {
					t.Fatalf("got %d, %v, want 3 bytes written", n, err)
				}
			}
			if clock.rested != tt.want || p.n != int64(out.Len()) || out.Len() != 3*tt.writes {
				t.Errorf("got %v rested and %d of %d bytes counted, want %v and all", clock.rested, p.n, out.Len(), tt.want)
			}
		})
	}
}

func TestASnapshotDoesNotRestOnceTheServerEnds(t *testing.T) {
	ended := make(chan struct{})
	close(ended)
	p := &paced{w: &bytes.Buffer{}, clock: &workClock{look: time.Second, stuck: true}, ended: ended, rest: restMost}
	for range 3 {
		if _, err := p.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
	}
	if p.rest > 0 {
		t.Errorf("got %v of rest left, want none", p.rest)
	}
}

func TestServersDoNotAllWriteTheirSnapshotsAtOnce(t *testing.T) {
	const bytes = 128 << 20
	shares := map[int64]bool{}
	for _, id := range []string{"hq1-00", "hq2-01", "hq3-02", "hq1-03", "hq2-04", "hq3-05"} {
		got := ownShare(id, bytes)
		if got < bytes/4*3 || got > bytes/4*5 {
			t.Errorf("%s: got %d, want three to five quarters of %d", id, got, bytes)
		}
		shares[got] = true
	}
	if len(shares) < 4 {
		t.Errorf("got %d shares among 6 servers, want most to differ", len(shares))
	}
}
