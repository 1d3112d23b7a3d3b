package baddays_test

import (
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Grey faults: nothing fails, all of it is late.
const (
	slowSync     = 200 * time.Millisecond
	slowPatience = 50 * slowSync // of a till, and so a bound of its answers; an order waits for two or three syncs
)

// TestASlowDiskSlowsTheTillsAndNoMore has every sync take 200 ms. Orders that wait for one share the
// next, so the tills wait and none goes without its answer.
func TestASlowDiskSlowsTheTillsAndNoMore(t *testing.T) {
	needMeddler(t)
	t.Parallel()
	each := 3
	if long {
		each = 100
	}
	s, all := newSite(t, filepath.Join(t.TempDir(), "book")), newCrowd()
	s.open()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(t.TempDir(), "note")
	s.spec = "slow " + strconv.Itoa(int(slowSync.Milliseconds())) + " " + note
	s.up()
	s.http.Timeout = slowPatience
	times, errs := make([][]time.Duration, tills), make([]error, tills)
	var group sync.WaitGroup
	for i, c := range all {
		group.Go(func() {
			for range each {
				began := time.Now()
				if errs[i] = c.sell(s, 1, func() {}); errs[i] != nil || c.unclear {
					return
				}
				times[i] = append(times[i], time.Since(began))
			}
		})
	}
	group.Wait()
	for i, c := range all {
		if errs[i] != nil || c.unclear {
			t.Fatalf("till %d: %v, without an answer: %v; want all answered within %v\n%s", i, errs[i], c.unclear, slowPatience, s.log())
		}
	}
	s.http.Timeout = answerWait
	for _, path := range []string{"/readyz", "/healthz", "/v1/status", "/v1/stock/" + sku(0)} {
		s.must(200, "GET", path, "", nil)
	}
	if err := settled(s, "", all.told()); err != nil {
		t.Error(err)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	s.audit()
	syncs, err := strconv.Atoi(noted(t, note))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(all.told()); n < 4*syncs || syncs == 0 {
		t.Errorf("got %d syncs for %d orders, want tills that wait to share them", syncs, n)
	}
	took := slices.Concat(times...)
	slices.Sort(took)
	if took[0] < slowSync {
		t.Errorf("got an order answered after %v, want none before its sync, which begins after %v", took[0], slowSync)
	}
	t.Logf("%d orders with %d syncs of %v: p50 %v, p99 %v, longest %v", len(took), syncs, slowSync,
		took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

// TestANodeThatIsStoppedAWhileTellsNobodyWrong stops the process under 64 tills, which lose their
// patience and send again, for 2 s, or 20 s with HOLDFAST_LONG=1. Then it goes on, with a queue of
// requests that nobody waits for, and every till has each of its orders once.
func TestANodeThatIsStoppedAWhileTellsNobodyWrong(t *testing.T) {
	if testing.Short() || !chaos {
		t.Skip("stops a process for a while: run it with HOLDFAST_CHAOS=1")
	}
	t.Parallel()
	stopFor, patience, stops := 2*time.Second, 500*time.Millisecond, 1
	if long {
		stopFor, patience, stops = 20*time.Second, 2*time.Second, 3
	}
	s, all := newSite(t, filepath.Join(t.TempDir(), "book")), newCrowd()
	s.open()
	unclear := 0
	for range stops {
		unclear += all.throughAStop(s, stopFor, patience)
	}
	all.answered(s)
	landed, lost := 0, 0
	for _, c := range all {
		landed, lost = landed+c.landed, lost+c.lost
	}
	if landed+lost < unclear || unclear == 0 {
		t.Errorf("got %d of %d unclear orders answered by their keys, want all of some", landed+lost, unclear)
	}
	if err := settled(s, "", all.told()); err != nil {
		t.Error(err)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	s.audit()
	t.Logf("%d stops of %v, %d orders answered, all there once; %d tills were left without an answer, of those orders %d had landed when asked again",
		stops, stopFor, len(all.told()), unclear, landed)
}

// throughAStop lets all tills sell, stops the process under them, and lets it go on after a while, in
// which they send again and again. It gives how many orders went without an answer when it stopped;
// none does from before. A node that finds hundreds of requests when it goes on may say that it is
// busy: that is no answer, and the key decides.
func (all crowd) throughAStop(s *site, stopFor, patience time.Duration) (unclear int) {
	s.Helper()
	all.answered(s)
	s.http.Timeout = patience
	defer func() { s.http.Timeout = answerWait }()
	goesOn := make(chan struct{})
	signal := func(sig syscall.Signal) {
		if err := s.cmd.Process.Signal(sig); err != nil {
			s.Error(err)
		}
	}
	time.AfterFunc(100*time.Millisecond, func() {
		signal(syscall.SIGSTOP)
		time.AfterFunc(stopFor, func() { signal(syscall.SIGCONT); close(goesOn) })
	})
	_, err := all.sell(s, 1<<30, func() {})
	for _, c := range all {
		if c.unclear {
			unclear++
		}
	}
	for stopped := true; stopped && err == nil; {
		select {
		case <-goesOn:
			stopped = false
		default:
			_, err = all.sell(s, 1, func() {})
		}
	}
	if err != nil {
		s.Fatalf("%v\n%s", err, s.log())
	}
	return unclear
}

// answered waits until every till has the answer to its order.
func (all crowd) answered(s *site) {
	s.Helper()
	for _, c := range all {
		c.patient = true
	}
	s.await("every till has its answer", func() bool {
		if _, err := all.sell(s, 1, func() {}); err != nil {
			s.Fatalf("%v\n%s", err, s.log())
		}
		return !slices.ContainsFunc(all, func(c *till) bool { return c.unclear })
	})
}
