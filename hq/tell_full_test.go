package hq // white-box: commits that fail for minutes while receivers are tried need more than a cluster under test gives

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/messenger"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Where nothing can be committed telling stops before there is more to commit than one command takes, and what was told is then committed.
func TestWhatWasToldAlwaysFitsOneCommand(t *testing.T) {
	m := machine.New()
	apply := func(c machine.Command) {
		t.Helper()
		if res := m.Apply(machine.Marshal(c)); res.Err != nil {
			t.Fatal(res.Err)
		}
	}
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	apply(&machine.Bootstrap{Random: [16]byte{1}, At: at})
	apply(&machine.SetHook{Act: machine.HookPut, Hook: "wh_1", To: "https://shop.example/in", Secret: make([]byte, 24), Kinds: []machine.EventKind{machine.EventException}, Key: ledger.Digest{1}, Request: ledger.Digest{1}, By: "olga", At: at})
	for i := range 1_200 {
		apply(&machine.Differs{Server: strconv.Itoa(i), Index: 1, At: at})
	}
	clock := &workClock{}
	s := &Server{log: slog.New(slog.DiscardHandler), metrics: newMetrics(), env: ledger.Env{Clock: clock}}
	random := rand.New(rand.NewPCG(1, 1))
	tell := &telling{s: s, random: rand.NewChaCha8([32]byte{1}), hooks: map[machine.HookID]*toldTo{"wh_1": {next: 1, settled: 1}}}
	h, to := m.Hooks()[0], tell.hooks["wh_1"]
	stood := 0
	for round := range 500 {
		now := at.Add(time.Duration(round) * time.Hour) // all that is owed is due again, and after two days given up
		if to.full() {
			stood++
			continue
		}
		job := tell.due(m, h, to, now)
		for i := range job {
			job[i].out = messenger.Outcome{OK: random.IntN(4) == 0, Why: "answered 500"}
		}
		to.fails = 0 // the receiver takes some of it
		tell.take(tried{"wh_1", job, to.next})
	}
	p := to.pending
	p.Hook, p.Next = "wh_1", to.settled
	slices.Sort(p.Done)
	if stood == 0 || len(p.Done)+len(p.Owed)+len(p.Dead) < tellRows {
		t.Fatalf("got %d rows, and telling never stood still; want it full", len(p.Done)+len(p.Owed)+len(p.Dead))
	}
	apply(&machine.Told{Hooks: []machine.HookTold{p}, At: at})
	if h := m.Hooks()[0]; h.Next != to.settled || h.Told != p.Count || h.Failed != p.Failed {
		t.Errorf("got %+v, want all of it committed", h)
	}
}
