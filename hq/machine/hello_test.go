package machine_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// quiet says whether a hello is answered later and leaves everything as it was.
func (b *bench) quiet(what string, h *machine.Hello) {
	b.t.Helper()
	before, _ := b.m.Site(h.Site)
	res := b.ok(h)
	after, _ := b.m.Site(h.Site)
	if res.Verdict != wire.VerdictLater || after.Broken != before.Broken || after.Shown != before.Shown || after.Boot != before.Boot {
		b.t.Errorf("%s: got %s, broken %q, shown %d, want later and nothing changed", what, res.Verdict, after.Broken, after.Shown.Seq)
	}
	if got := b.exceptions(); len(got) != 0 {
		b.t.Errorf("%s: got exceptions %q, want none", what, got)
	}
}

func TestALateHelloOfARunningProcessProvesNothing(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	stale := b.hello("hull")
	b.receive("hull", 1, "TAP-22")
	b.ok(b.cut("hull"))
	for range 3 { // a network may bring it again and again
		b.quiet("overtaken", stale)
	}
	if res := b.ok(b.hello("hull")); res.Verdict != wire.VerdictOK {
		t.Errorf("said anew: got %s, want ok", res.Verdict)
	}
	b.quiet("after the new one", stale)
}

func TestALateHelloOfAFormerProcessProvesNothing(t *testing.T) {
	b := newBench(t)
	hull := b.site("hull", false)
	b.ok(b.cut("hull"))
	first := b.hello("hull")
	hull.Decide(&ledger.Reboot{Boot: [16]byte{2}}, at)
	mute := b.hello("hull") // comes late, too
	mute.Boot = [16]byte{2}
	hull.Decide(&ledger.Reboot{Boot: [16]byte{3}}, at)
	third := b.hello("hull")
	third.Boot = [16]byte{3}
	if res := b.ok(third); res.Verdict != wire.VerdictOK {
		t.Fatalf("got %s, want ok", res.Verdict)
	}
	b.quiet("of the process before", first)
	b.quiet("of one that died before its boot entry came", mute)
	b.ok(b.cut("hull"))
	b.quiet("of one known by its boot entry alone", mute)
	if res := b.ok(third); res.Verdict != wire.VerdictLater && res.Verdict != wire.VerdictOK {
		t.Errorf("the last process again: got %s, want no refusal", res.Verdict)
	}
}

// A life of head office that is lost gave the site its epoch, and made its book anew from what was stored
// then. What this life was shown of the epoch before may lie far above the new book's end.
func TestWhatWasShownOfAnEpochThatALostLifeClosedIsForgotten(t *testing.T) {
	b := newBench(t)
	hull := b.site("hull", false)
	b.ok(b.cut("hull"))
	stored := hull.State.Head()
	for n := range byte(5) {
		hull.Decide(&ledger.Reboot{Boot: [16]byte{3, n}}, at)
	}
	b.ok(b.hello("hull")) // shown, and never pushed
	b.goesBack(encode(t, b.m))
	anew := b.hello("hull")
	anew.Boot = [16]byte{7}
	for n := range ledger.Seq(3) { // opened, boot, and on
		anew.Head = ledger.Position{Epoch: stored.Epoch + 1, Seq: stored.Seq + n + 1, Hash: ledger.Hash{byte(n)}}
		if res := b.ok(anew); res.Verdict != wire.VerdictOK {
			t.Fatalf("entry %d of the new book: got %s: %s, want ok", anew.Head.Seq, res.Verdict, res.Why)
		}
	}
}

// A life that is lost may have issued epochs that the next one does not know of. Two books of one epoch
// are two chains that nothing tells apart until one of them is pushed behind the other.
func TestTwoLivesIssueNoEpochTwice(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	before := encode(t, b.m)
	issue := func(boot byte) ledger.Epoch {
		h := b.hello("hull")
		res := b.ok(&machine.Reissue{Site: "hull", NodeKey: h.NodeKey, Boot: [16]byte{boot}, Head: h.Head, HQ: h.HQ, Replace: true, Alone: true, At: at})
		if res.Verdict != wire.VerdictOK {
			t.Fatalf("got %s: %s, want an epoch", res.Verdict, res.Why)
		}
		return res.Epoch
	}
	seen := map[ledger.Epoch]bool{issue(2): true}
	for life := range byte(3) { // each from the same backup, none knows of the others
		b.goesBack(before)
		b.ok(&machine.Reincarnate{Random: [16]byte{9, life}, Why: "again", At: at.Add(time.Duration(life) * time.Hour), Apart: true})
		for n := range byte(2) {
			if e := issue(3 + n); seen[e] {
				t.Errorf("life %d: epoch %d is issued a second time", life, e)
			} else {
				seen[e] = true
			}
		}
	}
}

// A copy said hello last, was ended, and head office went back: the true process is not told to wait for it.
func TestInANewLifeNobodyKnowsWhichProcessIsTheLast(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	first, second := b.hello("hull"), b.hello("hull")
	second.Boot = [16]byte{2}
	says := func(h *machine.Hello, want wire.Verdict) {
		t.Helper()
		if res := b.ok(h); res.Verdict != want {
			t.Errorf("got %s: %s, want %s", res.Verdict, res.Why, want)
		}
	}
	says(second, wire.VerdictOK)
	says(first, wire.VerdictLater)
	b.goesBack(encode(t, b.m))
	says(first, wire.VerdictOK)
	says(first, wire.VerdictOK)
	says(second, wire.VerdictOK)
	says(first, wire.VerdictLater)
}

func TestFormerProcessesAreBounded(t *testing.T) {
	b := newBench(t)
	hull := b.site("hull", false)
	for i := range byte(2 * machine.FormerMax) {
		hull.Decide(&ledger.Reboot{Boot: [16]byte{i + 2}}, at)
		h := b.hello("hull")
		h.Boot = [16]byte{i + 2}
		b.ok(h)
		b.ok(b.cut("hull"))
	}
	s, _ := b.m.Site("hull")
	if n := len(s.Former); n != machine.FormerMax || s.Former[n-1] != [16]byte{2 * machine.FormerMax} {
		t.Errorf("got %d former boots %v, want the last %d", n, s.Former, machine.FormerMax)
	}
	b.restarts()
}

func TestOnlyAnOKHelloTakesBackWhatAHelloWasTold(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	now := b.hello("hull")
	back := *now
	back.Head.Seq, back.Boot = back.Head.Seq-1, [16]byte{9}
	b.quiet("the first time", &back) // it may come from a process that is over
	if res := b.ok(&back); res.Verdict != wire.VerdictBehind {
		t.Fatalf("got %s, want behind", res.Verdict)
	}
	broken := func(what string, want bool) {
		t.Helper()
		if s, _ := b.m.Site("hull"); (s.Broken != "") != want {
			t.Errorf("%s: got %q, want turned away %t", what, s.Broken, want)
		}
	}
	broken("behind", true)
	b.ok(&machine.Show{Site: "hull", Head: back.Head, At: at})
	broken("an old head shown", true)
	s, _ := b.m.Site("hull")
	b.ok(next(s, stored(s, &ledger.Entry{Kind: ledger.KindReceipt, Body: &ledger.ReceiptBody{}})))
	broken("a push", true)
	place := samples()["place"].(*machine.Place)
	place.Using = ""
	if res := b.apply(place); !errors.Is(res.Err, machine.ErrConflict) {
		t.Errorf("a plan that names it: got %v, want %v", res.Err, machine.ErrConflict)
	}
	s, _ = b.m.Site("hull")
	now.Head = s.Shown
	b.ok(now)
	broken("an ok hello", false)
	b.ok(place)
	if got := b.exceptions(); !slices.Equal(got, []string{"site_behind"}) {
		t.Errorf("got exceptions %q, want one: site_behind", got)
	}
}

func TestAHoldShowsTheHeadItCameWith(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	leeds := b.site("leeds", true)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	b.talk("leeds")
	early := b.hello("leeds")
	out := leeds.Decide(&ledger.Place{AskHQ: true, Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
	hold := samples()["hold"].(*machine.Hold)
	hold.Ask, hold.Order, hold.Head = out.Entry.Body.(*ledger.OrderBody).Ask, orderB, leeds.Head().Position
	b.ok(hold)
	if s, _ := b.m.Site("leeds"); s.Shown != hold.Head {
		t.Errorf("got %d shown, want %d", s.Shown.Seq, hold.Head.Seq)
	}
	early.Boot = [16]byte{7} // a book put back to before the ask, opened anew
	b.quiet("the first time", early)
	if res := b.ok(early); res.Verdict != wire.VerdictBehind {
		t.Errorf("got %s, want behind", res.Verdict)
	}
	off := *hold
	off.Ask.Seq, off.Head.Hash[0] = off.Ask.Seq+1, off.Head.Hash[0]+1
	if res := b.ok(&off); res.Verdict != wire.VerdictFork || len(res.Legs) != 0 {
		t.Errorf("a head off course: got %s and %d legs, want fork and none", res.Verdict, len(res.Legs))
	}
}

func TestAYesIsNotGivenUnderAnIDThatIsTaken(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	leeds := b.site("leeds", true)
	york := b.site("york", true)
	b.receive("hull", 9, "TAP-22")
	b.receive("york", 9, "TAP-22")
	for _, id := range []ledger.SiteID{"hull", "leeds", "york"} {
		b.talk(id)
	}
	york.Decide(&ledger.Place{Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1})}, at)
	b.ok(b.cut("york"))
	out := leeds.Decide(&ledger.Place{AskHQ: true, Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
	ask := out.Entry.Body.(*ledger.OrderBody).Ask
	hold := samples()["hold"].(*machine.Hold)
	hold.Ask, hold.Order, hold.Head = ask, orderB, leeds.Head().Position
	if res := b.apply(hold); !errors.Is(res.Err, ledger.ErrOrderExists) {
		t.Errorf("hold: got %v, want %v", res.Err, ledger.ErrOrderExists)
	}
	borrow := samples()["borrow"].(*machine.Borrow)
	borrow.Ask, borrow.For, borrow.Order = ask, machine.SubjectOfAsk(ask), orderB
	if res := b.apply(borrow); !errors.Is(res.Err, ledger.ErrOrderExists) {
		t.Errorf("borrow: got %v, want %v", res.Err, ledger.ErrOrderExists)
	}
}

func TestAStrangersHelloDoesNotKeepTheTrueNodeOut(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	twin := b.hello("hull")
	twin.NodeKey = [16]byte{99}
	if res := b.ok(twin); res.Verdict != wire.VerdictStranger {
		t.Fatalf("got %s, want stranger", res.Verdict)
	}
	b.ok(twin) // it comes again and again
	if s, _ := b.m.Site("hull"); s.Broken != "" {
		t.Errorf("got %q, want the true node's site planned with, though it is silent", s.Broken)
	}
	b.receive("hull", 1, "TAP-22")
	b.ok(b.cut("hull")) // the true node goes on, without a word of greeting
	if s, _ := b.m.Site("hull"); s.Broken != "" {
		t.Errorf("got %q, want the true node's site planned with", s.Broken)
	}
	if got := b.exceptions(); len(got) != 1 {
		t.Errorf("got exceptions %q, want the one of the stranger", got)
	}
}
