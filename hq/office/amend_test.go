package office_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// amending makes a wish of words: "1=5" sets line 1 to 5, "+2TAP" adds a line, "to=LS1" and "by=2026-02-01" the rest.
func (s *story) amending(name string, version uint64, words ...string) *office.Amending {
	key := s.key()
	a := &office.Amending{Order: s.orders[name].placing.Order.ID, Version: version, Key: key, Request: key}
	for _, w := range words {
		var l machine.AmendLine
		if n, _ := fmt.Sscanf(w, "+%d%s", &l.Qty, &l.SKU); n == 2 {
			a.Lines = append(a.Lines, l)
			continue
		}
		if n, _ := fmt.Sscanf(w, "%d=%d", &l.Line, &l.Qty); n == 2 {
			a.Lines = append(a.Lines, l)
			continue
		}
		what, text, _ := strings.Cut(w, "=")
		switch what {
		case "to":
			a.ShipTo = &ledger.Address{Country: "GB", Postcode: text}
		case "by":
			a.NeedBy = &text
		default:
			s.fail("no such word: %s", w)
		}
	}
	return a
}

func (s *story) amend(name string, version uint64, words ...string) string {
	return s.amended(s.amending(name, version, words...), false)
}

func (s *story) amended(a *office.Amending, final bool) string {
	out, done, err := s.off.TryAmend(context.Background(), s.now, a, final)
	changed, fixed := (*machine.ChangedError)(nil), (*machine.FixedError)(nil)
	switch {
	case errors.As(out.Err, &changed):
		return fmt.Sprintf("at version %d", changed.Version)
	case errors.As(out.Err, &fixed):
		return fixed.Error()
	case err != nil || out.Err != nil:
		return short(errors.Join(err, out.Err))
	case !done:
		return "waits"
	}
	text := render(out.Answer.Order)
	if out.Replayed {
		text = "again " + text
	}
	return text
}

func (s *story) expect(got, want string) {
	s.t.Helper()
	s.note("=> %s", got)
	if got != want {
		s.fail("got  %s\nwant %s", got, want)
	}
}

// TestAnAmendmentMovesOnlyTheDifference: less frees what waits, then what was chosen last; more is a new want; and whatever is
// freed is head office's again once the site has let it go.
func TestAnAmendmentMovesOnlyTheDifference(t *testing.T) {
	s := play(t, "hull* york* leeds*", `
		receive hull 5 TAP
		receive york 4 TAP
		receive leeds 9 PIPE
		talk hull york leeds
		order web hq backorder 12 TAP
		try web                  => backordered | TAP here=0 hull=5 york=4 waits=3
		talk hull york hull york`)
	s.expect(s.amend("web", 1, "1=10"), "backordered | TAP here=0 hull=5 york=4 waits=1")
	s.tell("queue york =>")
	s.expect(s.amend("web", 2, "1=7"), "allocated | TAP here=0 hull=5 york=2")
	s.tell(`
		queue york               => release
		queue hull               =>
		talk york york
		stock york TAP           => available=0 held=2 tied=0 holds=0 drawn=0`)
	s.expect(s.amend("web", 3, "1=9", "+3PIPE"), "allocated | TAP here=0 hull=5 york=4 | PIPE here=0 leeds=3")
	s.tell("queue york => reserve")
	s.expect(s.amend("web", 4, "1=4", "2=0"), "allocated | TAP here=0 hull=4 | PIPE here=0")
	s.tell("talk hull york leeds hull york leeds")
	s.expect(s.amend("web", 5, "2=2", "to=LS1", "by=2026-02-01"), "allocated | TAP here=0 hull=4 | PIPE here=0 leeds=2")
	rec, _ := s.m.Order(s.orders["web"].placing.Order.ID)
	if rec.ShipTo.Postcode != "LS1" || rec.NeedBy != "2026-02-01" || rec.Lines[1].Qty != 2 || rec.Lines[1].Canceled {
		t.Errorf("got %+v, want it amended", rec.Order)
	}
	s.converge()
}

// TestAnAmendmentIsAllOrNothing: what is wanted more and is not there refuses the whole of it, by the word that the order
// was placed with, and the refusal is remembered.
func TestAnAmendmentIsAllOrNothing(t *testing.T) {
	s := play(t, "hull* york*", `
		receive hull 5 TAP
		receive york 1 PIPE
		talk hull york
		order web hq refuse 3 TAP
		try web                  => allocated | TAP here=0 hull=3
		order part hq partial 1 PIPE
		try part                 => allocated | PIPE here=0 york=1`)
	no := s.amending("web", 1, "1=1", "+2PIPE")
	s.expect(s.amended(no, false), "short 0 of 2 PIPE")
	s.tell("is web => allocated | TAP here=0 hull=3")
	s.expect(s.amend("web", 1, "1=6"), "short 5 of 6 TAP")
	s.tell("receive york 9 PIPE\ntalk hull york hull york")
	s.expect(s.amended(no, false), "short 0 of 2 PIPE")
	s.expect(s.amend("web", 1, "1=5"), "allocated | TAP here=0 hull=5")
	s.expect(s.amend("part", 1, "1=12"), "allocated | PIPE here=0 york=10")
	s.converge()
}

// TestTwoClerksNeverOverwriteOneAnother: the one who looked first and amends last is told so, and a repeat of what was done is
// not an amendment of its own.
func TestTwoClerksNeverOverwriteOneAnother(t *testing.T) {
	s := play(t, "hull*", `
		receive hull 9 TAP
		talk hull
		order web hq refuse 3 TAP
		try web                  => allocated | TAP here=0 hull=3`)
	first, second := s.amending("web", 1, "1=4"), s.amending("web", 1, "1=2")
	s.expect(s.amended(first, false), "allocated | TAP here=0 hull=4")
	s.expect(s.amended(second, false), "at version 2")
	s.expect(s.amended(first, false), "again allocated | TAP here=0 hull=4")
	s.expect(s.amended(second, false), "at version 2")
	other := *first
	other.Request = s.key()
	if got := s.amended(&other, false); got != ledger.ErrKeyReused.Error() {
		t.Errorf("the key with another body: got %s, want %v", got, ledger.ErrKeyReused)
	}
	s.expect(s.amend("web", 2, "1=2"), "allocated | TAP here=0 hull=2")
	s.expect(s.amend("web", 3, "1=0"), "cancelled | TAP here=0")
	if got := s.amend("web", 4, "1=1"); !strings.Contains(got, "cancelled") {
		t.Errorf("a cancelled order: got %s, want a refusal", got)
	}
	s.converge()
	s.tell("stock hull TAP => available=0 held=9 tied=0 holds=0 drawn=0")
}

// TestWhatIsWantedMoreComesFromTheSitesThatServeAlready: that costs no parcel.
func TestWhatIsWantedMoreComesFromTheSitesThatServeAlready(t *testing.T) {
	s := play(t, "hull* york*", `
		receive hull 1 TAP
		receive york 3 TAP
		receive york 5 PIPE
		talk hull york
		order web hq refuse 3 PIPE
		try web                  => allocated | PIPE here=0 york=3
		receive hull 9 PIPE
		talk hull york york`)
	s.expect(s.amend("web", 1, "1=5", "+1TAP"), "allocated | PIPE here=0 york=5 | TAP here=0 york=1")
	s.expect(s.amend("web", 2, "1=7"), "allocated | PIPE here=0 york=5 hull=2 | TAP here=0 york=1")
	e, _ := s.m.Explained(s.orders["web"].placing.Order.ID)
	why, err := e.Explain.Open()
	if err != nil || len(why.Lines) != 2 || why.Lines[1].Line != 2 || len(why.Lines[1].Chosen) != 1 {
		t.Errorf("got %+v (%v), want the reasons of both lines", why.Lines, err)
	}
	s.converge()
}

// TestAnAmendmentBorrows: a counter is asked for what is wanted more, and where it does not answer nothing has changed.
func TestAnAmendmentBorrows(t *testing.T) {
	s := play(t, "hull* york", `
		receive hull 2 TAP
		receive york 5 TAP
		talk hull york
		order web hq refuse 2 TAP
		try web                  => allocated | TAP here=0 hull=2
		talk hull hull`)
	a := s.amending("web", 1, "1=4")
	s.expect(s.amended(a, false), "waits")
	s.tell("queue york => borrow\ntalk york york")
	s.expect(s.amended(a, false), "allocated | TAP here=0 hull=2 york=2")
	late := s.amending("web", 2, "1=9")
	s.tell("talk york york")
	s.expect(s.amended(late, false), "short 7 of 9 TAP")
	late = s.amending("web", 2, "1=6")
	s.expect(s.amended(late, false), "waits")
	s.tell("pull york")
	s.expect(s.amended(late, true), "short 4 of 6 TAP")
	s.tell("talk york york york")
	s.converge()
	s.tell("stock york TAP => available=3 held=0 tied=0 holds=0 drawn=0")
}

// TestWhatWasBorrowedForAnAmendmentThatComesToNothingIsGivenBack at once, not only when nobody has looked at it for long.
func TestWhatWasBorrowedForAnAmendmentThatComesToNothingIsGivenBack(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(s *story)
		want      string
	}{
		"another was first": {func(s *story) { s.expect(s.amend("web", 1, "1=1"), "allocated | TAP here=0 hull=1") }, "at version 2"},
		"it is cancelled":   {func(s *story) { s.tell("cancel web =>") }, "cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, "hull* york", `
				receive hull 2 TAP
				receive york 5 TAP
				talk hull york
				order web hq refuse 2 TAP
				try web                  => allocated | TAP here=0 hull=2
				talk hull hull`)
			a := s.amending("web", 1, "1=4")
			s.expect(s.amended(a, false), "waits")
			s.tell("talk york york\nstock york TAP => available=3 held=0 tied=2 holds=0 drawn=0")
			c.meanwhile(s)
			if got := s.amended(a, false); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
			s.tell("talk york york york\nstock york TAP => available=5 held=0 tied=0 holds=0 drawn=0")
			s.converge()
		})
	}
}

// TestAnAmendmentIsOfAnOrderOfHeadOffices.
func TestAnAmendmentIsOfAnOrderOfHeadOffices(t *testing.T) {
	s := play(t, "hull* leeds", `
		receive leeds 5 TAP
		order till leeds refuse 2 TAP =>
		order none hq refuse 2 TAP
		talk leeds hull`)
	_, _, err := s.off.TryAmend(context.Background(), s.now, s.amending("till", 1, "1=1"), false)
	if away, ok := errors.AsType[*office.ElsewhereError](err); !ok || away.Owner != "leeds" {
		t.Errorf("an order of leeds': got %v, want it said", err)
	}
	if got := s.amend("none", 1, "1=1"); got != ledger.ErrOrderUnknown.Error() {
		t.Errorf("an unknown order: got %s, want %v", got, ledger.ErrOrderUnknown)
	}
	for _, words := range [][]string{{"3=1"}, {"+0TAP"}, {"1=1", "1=2"}} {
		s.tell("order web hq backorder 1 TAP\nlast-try web")
		form := (*ledger.FormError)(nil)
		if _, _, err := s.off.TryAmend(context.Background(), s.now, s.amending("web", 1, words...), false); !errors.As(err, &form) {
			t.Errorf("%v: got %v, want its form refused", words, err)
		}
	}
}

// amend changes what a few orders of head office's are for, until it is decided.
func (s *storm) amend() {
	for _, id := range slices.Sorted(maps.Keys(s.told)) {
		told := s.told[id]
		if !s.pick(id) || told.Status == ledger.StatusCanceled {
			continue
		}
		rnd := rand.New(rand.NewPCG(uint64(len(s.trace)), uint64(id[35])))
		key := s.key()
		a := &office.Amending{Order: id, Version: s.m.VersionOf(id), Key: key, Request: key}
		for i := range told.Lines {
			if rnd.IntN(2) == 0 {
				a.Lines = append(a.Lines, machine.AmendLine{Line: i + 1, Qty: ledger.Qty(rnd.IntN(6))})
			}
		}
		if len(a.Lines) == 0 || rnd.IntN(4) == 0 {
			a.Lines = append(a.Lines, machine.AmendLine{SKU: stormSKUs[rnd.IntN(len(stormSKUs))], Qty: ledger.Qty(1 + rnd.IntN(4))})
		}
		s.amendments = append(s.amendments, &amending{Amending: *a, until: s.now.Add(4 * time.Second)})
	}
}

// An amending is under way until its clerk knows what became of it.
type amending struct {
	office.Amending
	until time.Time
}

func (s *storm) tryAmends() {
	for _, a := range slices.Clone(s.amendments) {
		out, done, err := s.off.TryAmend(context.Background(), s.now, &a.Amending, s.now.After(a.until))
		form := (*ledger.FormError)(nil)
		if gone := s.stormy != nil && s.stormy.lost[a.Order]; gone && (errors.Is(err, ledger.ErrOrderUnknown) || errors.As(err, &form)) {
			s.amendments = slices.DeleteFunc(s.amendments, func(b *amending) bool { return a == b })
			continue // head office has forgotten the order, or that it has that line
		}
		if err != nil && !errors.Is(err, ledger.ErrUnsure) && !errors.Is(err, ledger.ErrBusy) {
			s.fail("amend %s: %v", a.Order, err)
		}
		s.note("hq amends %s %v: %v, %v", a.Order, a.Lines, done, errors.Join(err, out.Err))
		if err != nil || !done {
			if err == nil {
				s.seen["amendment waits"]++
			}
			continue
		}
		s.amendments = slices.DeleteFunc(s.amendments, func(b *amending) bool { return a == b })
		if out.Err == nil && s.m.VersionOf(a.Order) == out.Answer.Amends+1 {
			s.told[a.Order], s.version[a.Order] = out.Answer.Order, out.Answer.Amends+1
			s.seen["amended"]++
		}
	}
}

// TestTheSiteThatServesALineServesMoreOfIt, whatever weighs most: its parcel goes there anyway. york is nearer, and serves the other line.
func TestTheSiteThatServesALineServesMoreOfIt(t *testing.T) {
	for _, preset := range office.Presets() {
		t.Run(preset, func(t *testing.T) {
			s := play(t, "hull* york*", `
				receive hull 2 TAP
				receive york 5 PIPE
				talk hull york`)
			s.propose(&machine.SetSourcing{By: "beth", At: s.now, Terms: []machine.Terms{{Site: "hull", LatE6: 60_000_000, LonE6: 1}, {Site: "york", LatE6: 53_000_000, LonE6: 1}}})
			s.propose(&machine.SetPolicy{Preset: preset, By: "beth", At: s.now})
			s.tell(`
				order web hq refuse 1 TAP 1 PIPE
				try web                  => allocated | TAP here=0 hull=1 | PIPE here=0 york=1
				receive york 9 TAP
				talk york hull york`)
			a := s.amending("web", 1, "1=2", "to=LS1")
			a.ShipTo.LatE6, a.ShipTo.LonE6 = 53_000_000, 2
			s.expect(s.amended(a, false), "allocated | TAP here=0 hull=2 | PIPE here=0 york=1")
			s.expect(s.amend("web", 2, "1=4", "2=2"), "allocated | TAP here=0 hull=2 york=2 | PIPE here=0 york=2")
			s.converge()
		})
	}
}

// TestACounterThatServesIsAskedForMoreBeforeAnotherParcelIsMade, where parcels, or what they cost, weigh more than to ask for units. Where it
// lends nothing the rest comes from elsewhere.
func TestACounterThatServesIsAskedForMoreBeforeAnotherParcelIsMade(t *testing.T) {
	for preset, asked := range map[string]bool{"fewest_parcels": true, "nearest": true, "protect_shops": false} {
		t.Run(preset, func(t *testing.T) {
			s := play(t, "hull* york", `
				receive york 3 TAP
				talk hull york`)
			s.propose(&machine.SetPolicy{Preset: preset, By: "beth", At: s.now})
			s.tell(`
				order web hq refuse 1 TAP
				try web                  => waits
				talk york york
				try web                  => allocated | TAP here=0 york=1
				receive hull 9 TAP
				talk york hull york`)
			if !asked {
				s.expect(s.amend("web", 1, "1=2"), "allocated | TAP here=0 york=1 hull=1")
				s.converge()
				return
			}
			a := s.amending("web", 1, "1=2")
			s.expect(s.amended(a, false), "waits")
			s.tell("talk york york")
			s.expect(s.amended(a, false), "allocated | TAP here=0 york=2")
			a = s.amending("web", 2, "1=5")
			s.expect(s.amended(a, false), "waits")
			s.tell("talk york york")
			s.expect(s.amended(a, false), "allocated | TAP here=0 york=3 hull=2")
			s.converge()
		})
	}
}
