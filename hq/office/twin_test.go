package office_test

import (
	"context"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A copy's hello shows a book that went back, and head office plans nothing of the site from there on.
// When the copy is ended nobody else says so: the true process is asked for a hello, which shows it.
func TestTheTrueProcessIsAskedForAHelloWhenACopyWasTurnedAway(t *testing.T) {
	s := play(t, "leeds", "talk leeds\nreceive leeds TAP-22 5\ntalk leeds")
	disastrous(s.company)
	n, ctx := s.sites["leeds"], context.Background()
	copied := &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: n.id(), NodeKey: n.key, Boot: [16]byte{0: 9},
		Head: n.frames[0].End(), HQ: n.core.State.HQ, Applied: n.core.State.Commands}
	var w *wire.Welcome
	for range 2 { // the first may be the last word of a process that died
		var err error
		if w, err = s.off.Hello(ctx, s.now, copied); err != nil {
			t.Fatal(err)
		}
	}
	if w.Verdict != wire.VerdictBehind || !s.parted("leeds") {
		t.Fatalf("got %s, planned with %t, want behind and nothing planned", w.Verdict, !s.parted("leeds"))
	}
	q, _ := n.pull()
	if r, news, err := s.off.Pull(ctx, s.now, q); err != nil || !r.Greet || !news {
		t.Fatalf("got %+v, news %t, %v, want to be asked for a hello at once", r, news, err)
	}
	other := *q
	other.Boot = copied.Boot
	if r, _, err := s.off.Pull(ctx, s.now, &other); err != nil || r.Greet {
		t.Errorf("the copy: got %+v, %v, want nothing asked of it", r, err)
	}
	if !n.hello() || s.parted("leeds") {
		t.Error("the true process has said hello: want it planned with")
	}
	if r, _, err := s.off.Pull(ctx, s.now, q); err != nil || r.Greet {
		t.Errorf("got %+v, %v, want no hello asked for", r, err)
	}
}

// The other one of two may be turned away by what it pushes. That is forgotten as well when the one that
// stays has said hello.
func TestTheOneThatStaysIsAskedForAHelloWhenTheOtherPushedAFork(t *testing.T) {
	s := play(t, "leeds", "talk leeds\nreceive leeds TAP-22 5\ntalk leeds")
	disastrous(s.company)
	n, ctx := s.sites["leeds"], context.Background()
	last := n.frames[len(n.frames)-1]
	other := last.End()
	other.Hash[0]++
	r, err := s.off.Push(ctx, s.now, &wire.Push{Site: n.id(), Epoch: other.Epoch, Head: other, Before: last.Start(), Frames: [][]byte{ledger.EncodeFrame(last)}})
	if err != nil || r.Verdict != wire.VerdictFork {
		t.Fatalf("got %+v, %v, want fork", r, err)
	}
	q, _ := n.pull()
	if r, _, err := s.off.Pull(ctx, s.now, q); err != nil || !r.Greet {
		t.Fatalf("got %+v, %v, want to be asked for a hello", r, err)
	}
	if !n.hello() || s.parted("leeds") {
		t.Error("it has said hello: want it planned with")
	}
}

// parted says whether head office plans nothing of a site since it turned a hello away.
func (c *company) parted(id ledger.SiteID) (parted bool) {
	c.View(func(m *machine.Machine) {
		site, _ := m.Site(id)
		parted = site.Broken != ""
	})
	return parted
}

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
