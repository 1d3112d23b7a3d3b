package office_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// again has a round of planning again, with the sites named cut off, and says what came of it.
func (s *story) again(away ...string) (sum office.Replanned) {
	s.now = s.now.Add(16 * time.Minute)
	for _, id := range s.names {
		if !strings.Contains(" "+strings.Join(away, " ")+" ", " "+string(id)+" ") {
			s.off.Seen(id, s.now)
		}
	}
	for more := true; more; {
		var got office.Replanned
		var err error
		if got, more, err = s.off.Again(context.Background(), s.now, true); err != nil {
			s.fail("again: %v", err)
		}
		sum = summed(sum, got)
	}
	return sum
}

func summed(a, b office.Replanned) office.Replanned {
	return office.Replanned{Rounds: a.Rounds + b.Rounds, Looked: a.Looked + b.Looked, Moved: a.Moved + b.Moved, Parcels: a.Parcels + b.Parcels,
		Exchanged: a.Exchanged + b.Exchanged, MadeRoom: a.MadeRoom + b.MadeRoom, GaveUp: a.GaveUp + b.GaveUp}
}

func (s *story) moves(want int, away ...string) {
	s.t.Helper()
	if got := s.again(away...); got.Rounds != 1 || got.Moved != want || got.Parcels != want {
		s.fail("got %+v, want %d moved, each for a parcel", got, want)
	}
}

// split is a company with an order in two parcels, which hull could send in one by now.
func split(t *testing.T) *story {
	s := play(t, "hull* york* bath*", `
		receive hull 2 TAP
		receive york 1 PIPE
		talk hull york bath
		order web hq refuse 2 TAP 1 PIPE
		try web                  => allocated | TAP here=0 hull=2 | PIPE here=0 york=1
		talk hull york hull york`)
	s.tell("receive hull 1 PIPE\ntalk hull")
	return s
}

// TestAnOrderMovesWhereThatSavesAParcel: what it is to have is drawn first, and what it had is let go when the site says so; at
// no moment it has less.
func TestAnOrderMovesWhereThatSavesAParcel(t *testing.T) {
	s := split(t)
	s.moves(1)
	s.tell(`
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0 york=1
		stock hull PIPE          => available=0 held=0 tied=0 holds=1 drawn=0
		queue york               => release
		queue hull               =>`)
	s.restore()
	s.moves(0) // it is under way
	s.tell(`
		talk york york
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0 hull=1
		stock hull PIPE          => available=0 held=0 tied=0 holds=0 drawn=1
		stock york PIPE          => available=0 held=1 tied=0 holds=0 drawn=0
		talk hull hull`)
	id := s.orders["web"].placing.Order.ID
	e, _ := s.m.Explained(id)
	why, err := e.Explain.Open()
	if err != nil || len(why.Lines) != 2 || !strings.HasPrefix(why.Lines[1].Candidates[0].Why, "moved from york to hull: one parcel fewer") {
		t.Errorf("got %+v (%v), want it said", why, err)
	}
	if r, _ := s.m.Revised(id); r == nil || r.Moves != 1 || r.Why != "moved from york to hull: one parcel fewer" {
		t.Errorf("got %+v, want the move and why", r)
	}
	if s.m.VersionOf(id) != 1 {
		t.Errorf("got version %d, want 1: a clerk's amendment still goes", s.m.VersionOf(id))
	}
	s.moves(0)
	s.converge()
}

// TestAStepLooksAtSoManyOrdersAndNoMore, however many of them are over: the split one is the oldest and is found all the same.
func TestAStepLooksAtSoManyOrdersAndNoMore(t *testing.T) {
	s := split(t)
	s.off.LooksForTest(10)
	for range 20 {
		p := s.wish(1, ledger.Backorder)
		if out, done := s.tries(p, true); !done || out.Err != nil {
			t.Fatal(out.Err)
		}
		if _, err := s.off.Cancel(context.Background(), s.now, &office.Canceling{Order: p.Order.ID, Key: s.key()}); err != nil {
			t.Fatal(err)
		}
	}
	s.now = s.now.Add(16 * time.Minute)
	for _, id := range s.names {
		s.off.Seen(id, s.now)
	}
	moved, steps := 0, 0
	for more := true; more; steps++ {
		var got office.Replanned
		var err error
		if got, more, err = s.off.Again(context.Background(), s.now, true); err != nil {
			t.Fatal(err)
		}
		moved += got.Moved
	}
	if steps != 4 || moved != 1 { // three to find it, and one to plan it
		t.Errorf("got %d steps and %d moved, want 4 and the one", steps, moved)
	}
	s.tell("talk york york hull hull")
	s.converge()
}

// TestWhatDoesNotAnswerIsPinned: a site that is cut off keeps its part, and where it is cut off after it was told, the order
// counts on it until it says otherwise.
func TestWhatDoesNotAnswerIsPinned(t *testing.T) {
	s := split(t)
	s.moves(0, "york")
	s.moves(0, "hull")
	s.moves(1)
	s.tell(`
		wait 100h
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0 york=1
		order other hq refuse 1 PIPE
		last-try other           => short 0 of 1 PIPE
		talk york york hull hull
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0 hull=1`)
	s.converge()
}

// TestAnOrderThatEndsWhileItMovesFreesBoth.
func TestAnOrderThatEndsWhileItMovesFreesBoth(t *testing.T) {
	s := split(t)
	s.moves(1)
	s.tell(`
		cancel web               =>
		stock hull PIPE          => available=0 held=1 tied=0 holds=0 drawn=0
		talk york york hull hull
		stock york PIPE          => available=0 held=1 tied=0 holds=0 drawn=0
		stock hull TAP           => available=0 held=2 tied=0 holds=0 drawn=0`)
	s.converge()

	s = split(t)
	s.moves(1)
	s.expect(s.amend("web", 1, "2=0"), "allocated | TAP here=0 hull=2 | PIPE here=0")
	s.tell(`
		talk york york hull hull
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0
		stock hull PIPE          => available=0 held=1 tied=0 holds=0 drawn=0
		stock york PIPE          => available=0 held=1 tied=0 holds=0 drawn=0`)
	s.converge()
}

// TestWhatASiteDoesNotLetGoStaysThere: york rejects its part before it hears that it is to let it go. What was held for the order
// is free again, and serves the line that waits.
func TestWhatASiteDoesNotLetGoStaysThere(t *testing.T) {
	s := split(t)
	s.moves(1)
	out := s.sites["york"].do(&ledger.RejectLeg{Order: s.orders["web"].placing.Order.ID, Reason: "bent"})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	s.tell(`
		talk york york
		is web                   => backordered | TAP here=0 hull=2 | PIPE here=0 waits=1
		stock hull PIPE          => available=0 held=1 tied=0 holds=0 drawn=0
		release
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0 hull=1
		talk hull hull`)
	s.sameTwin()
}

// TestAnOrderMovesTwiceADay, and no more.
func TestAnOrderMovesTwiceADay(t *testing.T) {
	s := split(t)
	s.moves(1)
	s.tell("talk york york hull hull")
	for i, want := range []int{1, 0} {
		out := s.sites["hull"].do(&ledger.RejectLeg{Order: s.orders["web"].placing.Order.ID, Reason: "bent", Lines: []ledger.LegLine{{Line: 2, Qty: 1}}})
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		s.tell("talk hull hull\nrelease\ntalk york york\nwait 1h") // it is york's again
		s.sites["hull"].do(&ledger.Receive{Meta: ledger.Meta{Key: s.key()}, ID: "d", Lines: []ledger.ReceiptLine{{SKU: "PIPE", Qty: 1}}})
		s.tell("talk hull hull")
		s.moves(want)
		s.tell("talk york york hull hull")
		if i == 1 {
			s.tell("wait 24h\ntalk york york hull hull")
			s.moves(1)
			s.tell("talk york york hull hull")
		}
	}
	s.sameTwin()
}

// TestSomeOrdersAreLeftAlone: those of a class that is pinned, and those that would take what somebody waits for.
func TestSomeOrdersAreLeftAlone(t *testing.T) {
	s := split(t)
	s.orders["web"].placing.Order.Class = ""
	s.classes(machine.Class{Name: "vip", Again: machine.AgainPinned})
	s.tell(`
		order late hq backorder 9 PIPE at bath
		last-try late            => backordered | PIPE here=0 waits=9`)
	s.moves(0)
	s.tell("cancel late")
	s.moves(1)
	s.tell("talk york york hull hull")
	s.converge()

	s = play(t, "hull* york*", `
		receive hull 2 TAP
		receive york 1 PIPE
		talk hull york`)
	s.classes(machine.Class{Name: "vip", Again: machine.AgainPinned})
	s.tell("order web hq refuse 2 TAP 1 PIPE")
	s.orders["web"].placing.Order.Class = "vip"
	s.tell("try web => allocated | TAP here=0 hull=2 | PIPE here=0 york=1\ntalk hull york hull york\nreceive hull 1 PIPE\ntalk hull")
	s.moves(0)
	s.classes(machine.Class{Name: "vip", Again: machine.AgainNoMore})
	s.moves(1)
	s.tell("talk york york hull hull")
	s.converge()
}

// TestAClassThatGetsNoMoreIsNotReleased once it has begun.
func TestAClassThatGetsNoMoreIsNotReleased(t *testing.T) {
	s := play(t, "hull*", "receive hull 1 TAP\ntalk hull")
	s.classes(machine.Class{Name: "slow", Again: machine.AgainNoMore})
	s.backorder("web", 3, 1, func(o *ledger.Order) { o.Class = "slow" })
	s.tell(`
		receive hull 9 TAP
		receive hull 9 PIPE
		talk hull
		release
		is web       => backordered | TAP here=0 hull=1 waits=2 | PIPE here=0 waits=1`)
	s.classes()
	s.tell("release\nis web => allocated | TAP here=0 hull=3 | PIPE here=0 hull=1")
	s.converge()
}

// TestAMoveTakesNoMinimum: an order that is moved draws its new units before it lets the old ones go, and must not draw what is
// kept for others.
func TestAMoveTakesNoMinimum(t *testing.T) {
	s := split(t)
	s.classes(machine.Class{Name: "gold", Limits: []machine.Limit{{Kind: machine.LimitMinimum, SKU: "PIPE", Qty: 1}}})
	s.moves(0)
	s.tell("receive hull 1 PIPE\ntalk hull york")
	s.moves(1)
	s.tell("talk york york hull hull")
	s.converge()
}

// TestASiteThatIsGivenUpHoldsNoMove: it will not say what it has let go.
func TestASiteThatIsGivenUpHoldsNoMove(t *testing.T) {
	s := split(t)
	s.moves(1)
	if res, err := s.m.Apply(machine.Marshal(&machine.DeclareLost{Site: "york", Reason: "burnt down", By: "olga", At: s.now})), s.m.Check(); err != nil || res.Err != nil {
		t.Fatalf("got %v, %v", res.Err, err)
	}
	s.tell(`
		is web                   => allocated | TAP here=0 hull=2 | PIPE here=0 york=1
		stock hull PIPE          => available=0 held=1 tied=0 holds=0 drawn=0`)
}

// trades is more of what makes orders split and move: goods in, orders at head office, and its looks at them.
func (s *storm) trades() {
	switch s.rnd.IntN(3) {
	case 0:
		n := s.anySite()
		s.receive(n)
		s.sendPush(n)
	case 1:
		s.placeAtHQ()
	default:
		s.release()
	}
}

// TestWhateverMovesNobodyHasLess: between warehouses, on lines that lose, repeat and reorder. After each command every client has
// what it was told, and at the end all books agree.
func TestWhateverMovesNobodyHasLess(t *testing.T) {
	seen, seeds := movesAbout(t, 1000, 300, func(s *storm) { s.each = func() {} })
	reached(t, seen, seeds, "moved", "let go", "amended", "cancelled at hq")
}

// movesAbout plays storms of so many steps, from a seed on, while head office plans again, and says what was seen in how many of them. begin says
// what else is so, and what is looked at after each command.
func movesAbout(t *testing.T, first uint64, steps int, begin func(*storm)) (seen map[string]int, seeds uint64) {
	seen, seeds = map[string]int{}, seedsOf(8, 10, 30)
	for seed := range seeds {
		c := newCompany(t, first+seed, "hull* york* bath* leeds")
		c.note("seed %d", seed)
		s := &storm{company: c, told: map[ledger.OrderID]*ledger.Order{}, version: map[ledger.OrderID]uint64{}, seen: seen}
		begin(s)
		rules := s.each
		s.each, s.unsure, s.meanwhile = func() { rules(); s.kept(); s.movedTwice() }, 5, s.others
		for range steps {
			s.step()
			s.trades()
		}
		s.net = nil
		s.converge()
		s.kept()
		s.conserved()
		s.idle()
	}
	return seen, seeds
}

// TestWhateverGoesBackInTimeWhileOrdersMove nothing is promised twice.
func TestWhateverGoesBackInTimeWhileOrdersMove(t *testing.T) {
	goesBackInTime(t, 2000, 200, func(*storm) {}, func(t *testing.T, seen map[string]int, seeds uint64) {
		reached(t, seen, seeds, "moved", "let go")
	})
}

// TestWhateverIsGivenUpWhileOrdersMove no order counts on a site for which nobody answers any more: of some moves the target is declared lost.
func TestWhateverIsGivenUpWhileOrdersMove(t *testing.T) {
	seeds, seen := seedsOf(5, 6, 60), map[string]int{}
	for seed := range seeds {
		stormBack(t, 6000+seed, 250, map[string]int{"lost": 30}, seen, func(*storm) {})
	}
	reached(t, seen, seeds, "moved", "let go", "declared lost")
	if endsMoves() {
		reached(t, seen, seeds/4, "move called off")
	}
}

// goesBackInTime plays storms of so many steps, from a seed on, in which head office, the sites, or anything goes back in time while head office
// plans again. begin says what else is so; reach what must have been seen of each kind.
func goesBackInTime(t *testing.T, first uint64, steps int, begin func(*storm), reach func(t *testing.T, seen map[string]int, seeds uint64)) {
	seeds := seedsOf(6, 9, 30)
	for name, bad := range map[string]map[string]int{
		"head office": {"backup": 40, "hq": 8},
		"sites":       {"roll back": 10, "disk": 3},
		"everything":  {"pass": 20, "backup": 40, "hq": 5, "roll back": 6, "disk": 2, "in hand": 10, "loss": 10, "lost": 3},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]int{}
			for seed := range seeds {
				stormBack(t, first+seed, steps, bad, seen, begin)
			}
			reach(t, seen, seeds)
		})
	}
}

// stormBack plays one of them.
func stormBack(t *testing.T, seed uint64, steps int, bad, seen map[string]int, begin func(*storm)) {
	c := newCompany(t, seed, "hull* york* bath* leeds")
	c.note("seed %d", seed)
	s := disastrous(c)
	begin(s)
	s.seen, s.unsure, s.meanwhile = seen, 5, s.others
	for range steps {
		s.backStep(bad)
		s.trades()
	}
	s.heal()
	s.converge()
	s.stormy.explained()
	s.stormy.backKept()
	s.conserved()
}

func reached(t *testing.T, seen map[string]int, least uint64, all ...string) {
	t.Helper()
	t.Log(seen)
	for _, what := range all {
		if seen[what] < int(least) {
			t.Errorf("%q happened %d times in %d runs: the test does not reach it", what, seen[what], least)
		}
	}
}
