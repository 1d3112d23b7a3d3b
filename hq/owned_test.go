package hq

// White-box: a server lacks an entry that its state names for a moment only, too short to meet.

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestAnOrderWhoseJournalIsNotHereYetIsSaidToBeSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := testworld.New(1).Env()
		env.Clock = bubble{}
		store, err := journal.Open(env, filepath.Join(t.TempDir(), journal.File), journal.Options{MapSize: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		s := &Server{env: env, journal: store, fsm: &fsm{changed: newBell()}, waiters: make(chan struct{}, 1), metrics: newMetrics()}
		begun := time.Now()
		o, err := s.ownersOrder(t.Context(), "york", 5, "0193a1b2-0000-7000-8000-000000000001")
		if p := problem(err); err == nil || p.Code != contract.CodeNotReady || p.RetryAfter == 0 {
			t.Errorf("got %v, %v, want %s", o, err, contract.CodeNotReady)
		}
		if took := time.Since(begun); took != entryWait {
			t.Errorf("waited %v, want %v", took, entryWait)
		}
	})
}

type bubble struct{}

func (bubble) Wall() time.Time     { return time.Now() }
func (bubble) Mono() time.Duration { return 0 }
func (bubble) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}
