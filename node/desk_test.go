package node_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// An order that waited for the lock that the writer holds would keep the bubble from ever being
// idle, and the test with it: watched ends that with a word.
func watched(t *testing.T, test func(*testing.T)) {
	t.Helper()
	watch := time.AfterFunc(time.Minute, func() { panic("an order waits for the commit under way before it queues") })
	defer watch.Stop()
	synctest.Test(t, test)
}

func TestOrdersQueueDuringACommitAndShareTheNext(t *testing.T) {
	watched(t, func(t *testing.T) {
		s := openShop(t, newWorld(), nil)
		s.item("TAP-22")
		s.receive("TAP-22", 100)
		begun, release := make(chan struct{}), make(chan struct{})
		var first sync.Once
		commits := 0
		s.w.Disk.Fail(func(act ledger.Act, _ string) error {
			if act != ledger.ActCommit {
				return nil
			}
			commits++
			first.Do(func() {
				close(begun)
				<-release
			})
			return nil
		})
		var all sync.WaitGroup
		place := func() {
			all.Go(func() { as[contract.Order](t, s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`), 201) })
		}
		place()
		<-begun
		for range 20 {
			place()
		}
		synctest.Wait() // all of them have queued: nobody waits for anything but a channel
		close(release)
		all.Wait()
		if commits != 2 {
			t.Errorf("got %d commits, want the 20 orders to share the second", commits)
		}
	})
}
