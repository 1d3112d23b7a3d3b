package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Head office says later while it finds out whether another process of the site lives. A copy that was
// let go after three seconds would have promised in between.
func TestANodeThatIsToldLaterPromisesNothingBeforeTheVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		first, then wire.Verdict
		want        int
		least, most time.Duration // until the answer
		code        contract.Code
	}{
		"then it is a copy":         {wire.VerdictLater, wire.VerdictFork, 503, 10 * time.Second, 30 * time.Second, contract.CodeQuarantined},
		"then it is welcome":        {wire.VerdictLater, wire.VerdictOK, 201, 10 * time.Second, 30 * time.Second, ""},
		"then later for ever":       {wire.VerdictLater, wire.VerdictLater, 201, 30 * time.Second, 36 * time.Second, ""},
		"welcome from the first on": {wire.VerdictOK, wire.VerdictOK, 201, 0, time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, h := openStrict(t)
				s.shut()
				h.mu.Lock()
				h.verdict, h.refuses = c.first, "another one lives"
				h.mu.Unlock()
				began := time.Now() // of the bubble
				s.start()
				judged := time.AfterFunc(10*time.Second, func() {
					h.mu.Lock()
					defer h.mu.Unlock()
					h.verdict = c.then
				})
				defer judged.Stop()
				got := s.do("POST", "/v1/orders", `{`+line("TAP-22", 1)+`}`, key("first"))
				for got.status == 503 && as[contract.Problem](t, got, 503).Code == contract.CodeNotReady {
					got = s.do("POST", "/v1/orders", `{`+line("TAP-22", 1)+`}`, key("first"))
				}
				if took := time.Since(began); got.status != c.want || took < c.least || took > c.most {
					t.Errorf("got %d %s after %v, want %d after %v to %v", got.status, got.body, took, c.want, c.least, c.most)
				}
				if c.code != "" {
					if p := as[contract.Problem](t, got, c.want); p.Code != c.code {
						t.Errorf("got %s, want %s", p.Code, c.code)
					}
				}
			})
		})
	}
}
