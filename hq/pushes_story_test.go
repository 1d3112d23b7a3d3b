package hq_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// TestABacklogWhosePushesOvertakeOneAnotherArrivesWhole sends all pushes of a backlog at once, the
// last one first, over connections of their own. A slow machine may make one miss its turn: what
// was not taken is sent again, as a node does.
func TestABacklogWhosePushesOvertakeOneAnotherArrivesWhole(t *testing.T) {
	t.Parallel()
	_, hull := warehouse(t, 3, 5)
	for range 40 {
		hull.receive("TAP-22", 1)
	}
	const each = 10
	hull.c.eventually("all of the backlog is stored", func() error {
		from := hull.stored
		var sent []*wire.Push
		for _, f := range hull.frames {
			if f.First <= from.Seq {
				continue
			}
			if len(sent) == 0 || len(sent[len(sent)-1].Frames) == each {
				sent = append(sent, &wire.Push{Site: hull.id, Epoch: hull.core.State.Epoch, Head: hull.head(), Before: f.Start()})
			}
			p := sent[len(sent)-1]
			p.Frames = append(p.Frames, ledger.EncodeFrame(f))
		}
		replies, errs := make([]wire.PushReply, len(sent)), make(chan error, len(sent))
		for i := len(sent) - 1; i >= 0; i-- {
			go func() { errs <- hull.post(wire.PathPush, sent[i], &replies[i]) }()
		}
		var all error
		for range sent {
			all = errors.Join(all, <-errs)
		}
		for _, r := range replies {
			if r.Verdict != wire.VerdictOK && r.Verdict != wire.VerdictLater {
				all = errors.Join(all, fmt.Errorf("got %s %s", r.Verdict, r.Why))
			}
			if r.Stored.Seq > hull.stored.Seq {
				hull.stored = r.Stored
			}
		}
		if all == nil && hull.stored != hull.head() {
			all = fmt.Errorf("stored %d of %d", hull.stored.Seq, hull.head().Seq)
		}
		return all
	})
}
