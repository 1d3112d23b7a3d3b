package hq_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// Any status but 200 is a lost line to a site: it would drop its push and its pull too.
func TestAnAskThatIsNotAnsweredInTimeIsToldLater(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	leeds := c.addSite("leeds", "counter", 2)
	leeds.hello()
	_, reply, err := leeds.ask("TAP-22", 2, 0) // a plan is there at once; the time to propose it is not
	if err != nil || reply.Verdict != wire.VerdictLater || reply.Yes {
		t.Errorf("got %+v, %v, want a reply that says later", reply, err)
	}
	leeds.push()
}

func TestARepeatedCancelOfASitesClientIsMarkedAsOne(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10)
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k", orderOf("TAP-22", 1), &o)
	for i := range 2 {
		var r wire.ForwardReply
		err := hull.post(wire.PathForward, &wire.Forward{Site: hull.id, Head: hull.head(), Cancel: o.ID, Actor: "till-1",
			Key: ledger.Digest{1}, Request: ledger.Digest{2}, DeadlineMS: 2000}, &r)
		if err != nil || r.Status != 200 || r.Replayed != (i == 1) {
			t.Errorf("time %d: got %d, replayed %v, %v, want 200 and only the repeat marked", i+1, r.Status, r.Replayed, err)
		}
	}
}

func TestOnlyAMissingLeaderOrAFaultEndsALineThatAsks(t *testing.T) {
	yes := &wire.AskReply{Verdict: wire.VerdictOK, Yes: true}
	for _, c := range []struct {
		reply *wire.AskReply
		err   error
		want  wire.Verdict // none: an error goes out
	}{
		{yes, nil, wire.VerdictOK},
		{nil, nil, wire.VerdictLater},
		{nil, ledger.ErrBusy, wire.VerdictLater},
		{nil, ledger.ErrUnsure, wire.VerdictLater},
		{nil, context.DeadlineExceeded, wire.VerdictLater},
		{nil, hq.ErrNoLeader, wire.VerdictNone},
		{nil, errors.Join(hq.ErrNoLeader, context.Canceled), wire.VerdictNone},
		{nil, io.ErrUnexpectedEOF, wire.VerdictNone},
	} {
		got, err := hq.AskAnswerForTest(c.reply, c.err)
		switch {
		case c.want == wire.VerdictNone && err == nil:
			t.Errorf("%v: got %+v, want the error", c.err, got)
		case c.want != wire.VerdictNone && (err != nil || got.Verdict != c.want):
			t.Errorf("%v: got %+v, %v, want %v", c.err, got, err, c.want)
		}
	}
}

// Else it would take head office for unreachable, and sell on beside the node that replaced it.
func TestAReplacedNodeIsToldThatItsEpochIsClosedThoughItsTokenIsNoneNow(t *testing.T) {
	t.Parallel()
	c, hull := warehouse(t, 1, 10)
	hello := func() (wire.Welcome, error) {
		var w wire.Welcome
		err := hull.post(wire.PathHello, &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: hull.id, NodeKey: hull.key, Boot: hull.boot, Head: hull.head()}, &w)
		return w, err
	}
	rejoin := func(m wire.Rejoin) (wire.RejoinReply, error) {
		var r wire.RejoinReply
		m.VersionMin, m.VersionMax, m.Site = wire.VersionMin, wire.VersionMax, hull.id
		err := hull.post(wire.PathRejoin, &m, &r)
		return r, err
	}
	var added hq.SiteAdded
	c.must(200, 0, "POST", "/v1/sites/hull/token", "", hq.SignedRequest{Reason: "its disk died"}, &added)
	old := hull.token
	if w, err := hello(); err == nil {
		t.Errorf("got %+v before the site has another epoch, want it turned away", w)
	}
	hull.token = added.Token
	if r, err := rejoin(wire.Rejoin{NodeKey: [16]byte{9}, Boot: [16]byte{9}, Replace: true}); err != nil || r.Verdict != wire.VerdictOK || r.Epoch != 2 {
		t.Fatalf("the new node: got %+v, %v, want epoch 2", r, err)
	}
	hull.token = old
	if w, err := hello(); err != nil || w.Verdict != wire.VerdictClosedEpoch || w.Why == "" {
		t.Errorf("the old node's hello: got %+v, %v, want closed epoch", w, err)
	}
	if r, err := rejoin(wire.Rejoin{NodeKey: hull.key, Boot: hull.boot, Head: hull.head(), Replace: true}); err != nil || r.Verdict != wire.VerdictClosedEpoch || r.Epoch != 0 {
		t.Errorf("the old node's rejoin: got %+v, %v, want closed epoch and none given", r, err)
	}
	if r, err := rejoin(wire.Rejoin{NodeKey: [16]byte{8}, Boot: [16]byte{8}, Replace: true}); err == nil {
		t.Errorf("somebody without a past: got %+v, want it turned away", r)
	}
}
