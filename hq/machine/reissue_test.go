package machine_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// asksAnew is what a node sends that wants an epoch of its own.
func (b *bench) asksAnew(id ledger.SiteID) *machine.Reissue {
	h := b.hello(id)
	return &machine.Reissue{Site: id, NodeKey: h.NodeKey, Boot: h.Boot, Head: h.Head, HQ: h.HQ, Alone: true, At: at}
}

func TestAnEpochIsGivenAgainOnlyWhileItIsOpen(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	ask := b.asksAnew("hull")
	first := b.ok(ask)
	if again := b.ok(ask); again.Verdict != wire.VerdictOK || again.Epoch != first.Epoch {
		t.Errorf("its answer lost: got %s, epoch %d, want epoch %d again", again.Verdict, again.Epoch, first.Epoch)
	}
	b.ok(&machine.DeclareLost{Site: "hull", By: "beth", Reason: "does not answer", At: at})
	next := b.ok(ask)
	if next.Verdict != wire.VerdictOK || next.Epoch != first.Epoch+1 {
		t.Errorf("declared lost since: got %s, epoch %d, want epoch %d", next.Verdict, next.Epoch, first.Epoch+1)
	}
	if s, _ := b.m.Site("hull"); s.Lost.Done() || !s.Rebuilding {
		t.Errorf("got lost %v, rebuilding %t, want a site that comes back", s.Lost, s.Rebuilding)
	}
}

func TestALateHelloOfAProcessThatHasMadeItsBookAnewProvesNothing(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	stale := b.hello("hull") // of the closed epoch; the network keeps a copy
	res := b.ok(b.asksAnew("hull"))
	anew := b.hello("hull")
	anew.Head.Epoch, anew.Head.Seq = res.Epoch, anew.Head.Seq+1
	if res := b.ok(anew); res.Verdict != wire.VerdictOK {
		t.Fatalf("got %s: %s, want ok", res.Verdict, res.Why)
	}
	before := len(b.exceptions())
	if res := b.ok(stale); res.Verdict != wire.VerdictClosedEpoch {
		t.Errorf("got %s, want closed epoch", res.Verdict)
	}
	if s, _ := b.m.Site("hull"); s.Broken != "" || len(b.exceptions()) != before {
		t.Errorf("got %q, exceptions %q, want the site planned with as before", s.Broken, b.exceptions())
	}

	// Another process in the closed epoch is another matter.
	other := b.hello("hull")
	other.Boot[0]++
	if b.ok(other); len(b.exceptions()) == before {
		t.Error("got no exception from a process that goes on in a closed epoch, want one")
	}
}

func TestAnEmptyBookThatDidNotHearOfItsEpochIsToldToAskAgain(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	ask := b.asksAnew("hull")
	ask.NodeKey[0]++ // a new node: an operator has sent it
	ask.Boot[0]++
	ask.Replace, ask.Head = true, ledger.Position{}
	b.ok(ask) // its answer is lost
	hello := b.hello("hull")
	hello.NodeKey, hello.Boot, hello.Head, hello.Applied = ask.NodeKey, ask.Boot, ledger.Position{}, ledger.Cursor{}
	if res := b.ok(hello); res.Verdict != wire.VerdictClosedEpoch {
		t.Errorf("got %s: %s, want closed epoch: a later would be said for ever", res.Verdict, res.Why)
	}
}

// Whoever lets a node into a site that is lost has looked at the site as it was: where it is declared lost between their look and the epoch, or
// once more, no epoch is given, however the node is started. Where builds have not agreed on that, it is as it was.
func TestADeclareLostIsNotUndoneByAnEpochThatWasAskedForBefore(t *testing.T) {
	b := agreedBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	lose := &machine.DeclareLost{Site: "hull", By: "beth", Reason: "stolen", At: at}
	ask := b.asksAnew("hull")
	ask.LetIn, ask.Replace = b.m.LetIn("hull"), true
	if ask.LetIn != 0 {
		t.Fatalf("a site that is not lost: got epoch %d to be let into", ask.LetIn)
	}
	b.ok(lose)
	refused := func(why string) {
		t.Helper()
		res := b.ok(ask)
		if s, _ := b.m.Site("hull"); res.Verdict != wire.VerdictClosedEpoch || !strings.Contains(res.Why, "declared lost by beth: stolen") || !s.Lost.Done() {
			t.Errorf("%s: got %s (%s), lost %v; want closed epoch, and the site lost still", why, res.Verdict, res.Why, s.Lost)
		}
	}
	refused("declared lost since")
	ask.LetIn = b.m.LetIn("hull")
	first := b.ok(ask)
	if first.Verdict != wire.VerdictOK || first.Epoch != ask.LetIn {
		t.Errorf("let in: got %s, epoch %d, want epoch %d", first.Verdict, first.Epoch, ask.LetIn)
	}
	b.ok(lose)
	refused("declared lost once more")
	b.audit()

	b = newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	b.ok(lose)
	if res := b.ok(ask); res.Verdict != wire.VerdictOK || b.m.LetIn("hull") != 0 {
		t.Errorf("builds that have not agreed: got %s, want the epoch", res.Verdict)
	}
}
