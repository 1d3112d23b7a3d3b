package node_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestProcessesThatRebuildInTurnWaitLongerEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openStrict(t)
		old := s.backup()
		s.opens()
		s.sell("shared", 3, 201)
		s.shared()
		var took []time.Duration
		for range 9 {
			s.restore(old) // the other one's turn: head office has more than this
			s.start()
			began := time.Now() // of the bubble
			if len(took) == 1 {
				waitFor(t, "the wait to be told", func() bool {
					st := s.node.Status()
					return st.Rebuild != nil && strings.Contains(st.Rebuild.Why, "another node of this site")
				})
				p := as[contract.Problem](t, s.do("POST", "/v1/orders", `{`+line("TAP-22", 1)+`}`, key("turn")), 503)
				if p.Code != contract.CodeQuarantined || !strings.Contains(p.Detail, "End one of them") {
					t.Errorf("got %+v, want what a person has to do", p)
				}
			}
			s.rejoins()
			took = append(took, time.Since(began))
			s.opens()
		}
		for i, least := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second} {
			if took[i] < least || i == 0 && took[i] > 10*time.Second {
				t.Errorf("rebuild %d: after %v, want after %v", i+1, took[i], least)
			}
		}
		if last := took[len(took)-1]; last > 6*time.Minute {
			t.Errorf("got a wait of %v, want a limit", last)
		}
		time.Sleep(time.Hour) // of the bubble: it is well, so what comes later is another matter
		s.goesOn()
	})
}

// goesOn has the running node find out by itself, long after it was rebuilt, and wants no wait.
func (s *shop) goesOn() {
	s.t.Helper()
	at := s.node.Status()
	s.do("GET", "/v1/status", "", header(contract.HeaderPosition, fmt.Sprintf("leeds/%d/%d/%064x", at.Epoch, at.Seq+5, 7)))
	began := time.Now() // of the bubble
	s.rejoins()
	if took := time.Since(began); took > 10*time.Second {
		s.t.Errorf("got a wait of %v, want none: it had gone on for an hour", took)
	}
	if got := s.cfg.Rebuilds; got != 1 {
		s.t.Errorf("got %d rebuilds in a row, want the first", got)
	}
	s.opens()
}
