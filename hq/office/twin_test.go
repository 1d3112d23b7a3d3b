package office_test

import (
	"context"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A leader that is new has heard nobody. A process that lives beside the one that followed it must be
// found out all the same, and not be told later for ever.
func TestANewLeaderFindsOutTheProcessThatWasFollowedAndLives(t *testing.T) {
	s := play(t, "leeds", "talk leeds")
	disastrous(s.company)
	n := s.sites["leeds"]
	old := n.boot
	n.boot[1]++ // a copy of the folder says hello as the same node
	if !n.hello() {
		t.Fatal("the later process is not welcome")
	}
	s.off = office.New(office.Config{}, s.company)
	said := &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: n.id(), NodeKey: n.key, Boot: old,
		Head: n.head(), HQ: n.core.State.HQ, Applied: n.core.State.Commands}
	var verdict wire.Verdict
	for range 3 {
		s.now = s.now.Add(time.Second)
		w, err := s.off.Hello(context.Background(), s.now, said)
		if err != nil {
			t.Fatal(err)
		}
		verdict, said.HeardMS = w.Verdict, w.WallMS
	}
	if verdict != wire.VerdictFork {
		t.Errorf("it has had three answers: got %s, want fork", verdict)
	}
}
