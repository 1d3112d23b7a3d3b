package trial_test

import (
	"os"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/trial"
)

// days is how long the worlds of the tests last.
func days() int {
	if os.Getenv("HOLDFAST_LONG") != "" {
		return 364
	}
	return 42
}

func worlds(seed uint64) []*trial.World {
	return []*trial.World{trial.Retail(seed, days()), trial.Trade(seed, days())}
}

// lines are the cut-offs that every rule is tried under: 3 hours and 2 days, a tenth and a half of
// the sites at any time.
var lines = map[string]struct{ minutes, oneIn int }{
	"a tenth for 3 hours": {180, 10}, "a tenth for 2 days": {2880, 10}, "half for 3 hours": {180, 2}, "half for 2 days": {2880, 2},
}

func TestOurWayPromisesNothingBeyondTheBookAndNoTillRefusesItsShelf(t *testing.T) {
	for _, w := range worlds(3) {
		for name, l := range lines {
			w.Cuts = w.CutOff(4, l.minutes, l.oneIn)
			for _, rules := range []trial.Rules{{}, {Unsure: true}, {Unsure: true, Hasty: true}, {Unsure: true, HeadFirm: true}, {ByUnit: true}, {Foretold: true}, {NoAdvance: true}, {NoBorrow: true}} {
				n := trial.Play(w, trial.Ours("ours", rules))
				if n.Beyond != 0 || n.Tills != 0 {
					t.Errorf("%s, %s, %+v: %d promises beyond the book and %d refusals of goods on the shelf, want none", w.Name, name, rules, n.Beyond, n.Tills)
				}
				checkCount(t, n)
			}
		}
	}
}

// Every line ends in exactly one way, and what was unsure is answered in the end.
func checkCount(t *testing.T, n trial.Count) {
	t.Helper()
	if n.Promised+n.Refused+n.Empty != n.Lines {
		t.Errorf("%d lines, but %d promised, %d refused and %d not on the shelf", n.Lines, n.Promised, n.Refused, n.Empty)
	}
	if n.Unsure != n.Confirmed+n.Declined {
		t.Errorf("%d to be confirmed, but %d confirmed and %d declined", n.Unsure, n.Confirmed, n.Declined)
	}
	if n.Batches > 2*n.Moves || n.Batches > n.Apart {
		t.Errorf("%d messages for %d advances, %d if steps told by themselves", n.Batches, n.Moves, n.Apart)
	}
	if n.Existed > n.Refused || n.Behind+n.Seldom+n.Large > n.Existed || n.Promised == 0 {
		t.Errorf("counts that cannot be: %+v", n)
	}
}

// The judge can tell: a way that believes stale figures is caught, and one that splits refuses its shelf.
func TestTheJudgeCatchesWhatOthersDo(t *testing.T) {
	for _, w := range worlds(3) {
		w.Cuts = w.CutOff(4, 2880, 2)
		for _, way := range []trial.Way{trial.Stale(), trial.Buffer(2)} {
			n := trial.Play(w, way)
			checkCount(t, n)
			if n.Beyond == 0 {
				t.Errorf("%s: %s promised nothing beyond the book", w.Name, way.Name)
			}
		}
		if n := trial.Play(w, trial.Split()); n.Tills == 0 || n.Beyond != 0 {
			t.Errorf("%s: a split has %d tills refusing their shelf and %d promises beyond the book, want some and none", w.Name, n.Tills, n.Beyond)
		}
		firm, unsure := trial.Play(w, trial.Ours("firm", trial.Rules{})), trial.Play(w, trial.Ours("unsure", trial.Rules{Unsure: true}))
		if frozen := trial.Play(w, trial.Freeze()); frozen.Beyond != 0 || frozen.Existed <= firm.Existed {
			t.Errorf("%s: a freeze refuses %d lines that existed and ours %d", w.Name, frozen.Existed, firm.Existed)
		}
		if unsure.Existed >= firm.Existed {
			t.Errorf("%s: %d refused although they existed with to be confirmed, %d without", w.Name, unsure.Existed, firm.Existed)
		}
	}
}

// Who waits for sites that are away declines less of what exists.
func TestWaitingForSitesThatAreAwayConfirmsMore(t *testing.T) {
	w := trial.Trade(3, days())
	w.Cuts = w.CutOff(4, 180, 3)
	hasty, waits := trial.Play(w, trial.Ours("hasty", trial.Rules{Unsure: true, Hasty: true})), trial.Play(w, trial.Ours("waits", trial.Rules{Unsure: true}))
	if waits.Existed >= hasty.Existed || waits.Declined >= hasty.Declined {
		t.Errorf("got %d declined, %d of what exists refused; %d and %d where nobody is waited for", waits.Declined, waits.Existed, hasty.Declined, hasty.Existed)
	}
}

// More than half of what is refused with every counter's order taken is head office's own.
func TestHeadOfficeWaitsForWhatItHasLastSeen(t *testing.T) {
	w := trial.Trade(3, days())
	for name, l := range lines {
		w.Cuts = w.CutOff(4, l.minutes, l.oneIn)
		firm, waits := trial.Play(w, trial.Ours("firm", trial.Rules{Unsure: true, HeadFirm: true})), trial.Play(w, trial.Ours("waits", trial.Rules{Unsure: true}))
		if waits.Existed >= firm.Existed || waits.Behind >= firm.Behind || waits.Confirmed <= firm.Confirmed {
			t.Errorf("%s: got %d of what exists refused, %d at head office; %d and %d where it takes none of its own to be confirmed", name, waits.Existed, waits.Behind, firm.Existed, firm.Behind)
		}
	}
}

// For orders of boxes an advance of single units is of little use.
func TestAnAdvanceOfWholeOrdersServesMoreOfATrade(t *testing.T) {
	w := trial.Trade(3, 84)
	w.Cuts = w.CutOff(4, 180, 5)
	units, orders := trial.Play(w, trial.Ours("units", trial.Rules{ByUnit: true})), trial.Play(w, trial.Ours("orders", trial.Rules{}))
	if orders.Existed*100 >= units.Existed*98 {
		t.Errorf("got %d of what exists refused, %d with single units; want some fewer", orders.Existed, units.Existed)
	}
}

func TestTheOracleRefusesNothingThatExistsWhateverTheLinesDo(t *testing.T) {
	for _, w := range worlds(3) {
		w.Cuts = nil
		calm := trial.Play(w, trial.Oracle())
		w.Cuts = w.CutOff(4, 2880, 2)
		cut := trial.Play(w, trial.Oracle())
		if calm != cut || cut.Existed != 0 || cut.Beyond != 0 {
			t.Errorf("%s: got %+v cut off, want %+v", w.Name, cut, calm)
		}
		checkCount(t, cut)
	}
}

func TestConnectedOurWayRefusesNothingThatExists(t *testing.T) {
	for _, w := range worlds(3) {
		if n := trial.Play(w, trial.Ours("ours", trial.Rules{})); n.Existed != 0 || n.Unsure != 0 {
			t.Errorf("%s: %d lines refused although the units existed, %d unsure, with every line up", w.Name, n.Existed, n.Unsure)
		}
	}
}

func TestTheSameSeedPlaysTheSameAndAnotherAnother(t *testing.T) {
	play := func(seed uint64) trial.Count {
		w := trial.Retail(seed, 21)
		w.Cuts = w.CutOff(seed, 180, 10)
		return trial.Play(w, trial.Ours("ours", trial.Rules{Unsure: true}))
	}
	one := play(1)
	if again := play(1); again != one {
		t.Errorf("got %+v, then %+v", one, again)
	}
	if play(2).Digest == one.Digest {
		t.Error("two seeds give one digest")
	}
}

func TestATenthOfTheTimeIsCut(t *testing.T) {
	w := trial.Retail(1, 364)
	for _, l := range lines {
		cut := 0
		for _, c := range w.CutOff(9, l.minutes, l.oneIn) {
			cut += min(int(c.To), w.Days*trial.Day) - int(c.From)
		}
		all := w.Sites() * w.Days * trial.Day
		if got, want := cut*1000/all, 1000/l.oneIn; got < want-want/10 || got > want+want/10 {
			t.Errorf("%+v: %d thousandths are cut, want %d", l, got, want)
		}
	}
}
