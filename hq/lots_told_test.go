package hq

// White-box: a journal whose stories take minutes is longer than a test may be.

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
)

// handClock is a clock that a test moves.
type handClock struct {
	ledger.Clock
	at time.Duration
}

func (c *handClock) Mono() time.Duration { return c.at }

// A start that makes the stories of lots anew says how far it is: at each site's begin and end, and every ten seconds in between.
func TestAStartThatTellsOfLotsAnewSaysHowFarItIs(t *testing.T) {
	var out bytes.Buffer
	clock := &handClock{}
	s := &Server{log: slog.New(slog.NewTextHandler(&out, nil)), env: ledger.Env{Clock: clock}}
	tell := s.telling()
	for next := ledger.Seq(101); next < 5_000; next += 100 { // 49 slices in 24.5 s
		tell(journal.Telling{Site: "leeds", Next: next, End: 5_000})
		clock.at += 500 * time.Millisecond
	}
	tell(journal.Telling{Site: "leeds", Next: 5_001, End: 5_000})
	tell(journal.Telling{Site: "york", Next: 8, End: 7})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var got []string
	for _, l := range lines {
		_, rest, _ := strings.Cut(l, `msg="stories of lots are made anew" `)
		got = append(got, rest)
	}
	want := []string{"site=leeds seq=100 of=5000", "site=leeds seq=2100 of=5000", "site=leeds seq=4100 of=5000", "site=leeds seq=5000 of=5000", "site=york seq=7 of=7"}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("got %q, want %q", got, want)
	}
}
