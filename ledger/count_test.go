package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// counting plays the acts of who counts.
func (s *stage) counting(w []string) string {
	s.t.Helper()
	if w[0] == "mark" {
		if s.marks == nil {
			s.marks = map[string]ledger.Seq{}
		}
		s.marks[w[1]] = s.core.State.Seq
		return ""
	}
	n, err := strconv.ParseInt(w[2], 10, 64)
	if err != nil {
		s.t.Fatalf("%v: %v", w, err)
	}
	r := &ledger.Count{Reason: ledger.CountReason, By: "anna", Lines: []ledger.CountedLine{{SKU: ledger.SKU(w[1]), Bin: ledger.BinDefault, Counted: ledger.Qty(n)}}}
	r.Key = ledger.DigestOf([]byte(fmt.Sprint("count", s.now)))
	for _, l := range lotsOf(s.t, w[3:]) {
		r.Lines[0].Lots = append(r.Lines[0].Lots, ledger.CountedLot{Lot: l.Lot, Counted: l.Qty, Expiry: l.Expiry, Serial: l.Serial})
	}
	for _, x := range w[3:] {
		switch name, v, _ := strings.Cut(x, "="); name {
		case "bin":
			r.Lines[0].Bin = ledger.Bin(v)
		case "again":
			r.Recounted = v
		case "within":
			units, _ := strconv.Atoi(v)
			r.Tolerance.Units = ledger.Qty(units)
		default:
			if len(lotsOf(s.t, []string{x})) > 0 {
				continue
			}
			at, ok := s.marks[name]
			if !ok {
				s.t.Fatalf("%v: no mark %s", w, name)
			}
			r.Epoch, r.At = s.core.State.Epoch, at
		}
	}
	return countVerdict(s.do(r))
}

// countVerdict says what came of a count of one line.
func countVerdict(out ledger.Outcome) string {
	if no, ok := errors.AsType[*ledger.CountError](out.Err); ok {
		return fmt.Sprintf("%s newer=%d", no.Body.Refusal, no.Body.Against[0].Counted)
	}
	if out.Err != nil {
		return out.Err.Error()
	}
	b := out.Entry.Body.(*ledger.AdjustedBody)
	l := b.Count.Lines[0]
	said := fmt.Sprintf("expected=%d variance=%d", l.Expected, l.Variance())
	for _, a := range b.Lines {
		if a.Short > 0 {
			said += fmt.Sprintf(" short=%d", a.Short)
		}
	}
	for _, d := range b.Displaced {
		said += fmt.Sprintf(" lost=%d", d.Qty)
	}
	return said
}

func TestACountHoldsAtThePositionItWasTakenAt(t *testing.T) {
	for name, story := range map[string]string{
		"what is sold meanwhile is no variance": `
			receive TAP 10
			mark    counted
			take    o1 TAP 3        => completed
			count   TAP 9 counted   => expected=10 variance=-1
			claims  TAP             => shelf=6 available=6 reserved=0 shortfall=0`,
		"what came in meanwhile is none": `
			receive TAP 10
			mark    counted
			receive TAP 5
			count   TAP 10 counted  => expected=10 variance=0
			claims  TAP             => shelf=15 available=15 reserved=0 shortfall=0`,
		"without a position it is of now": `
			receive TAP 10
			count   TAP 12          => expected=10 variance=2
			count   TAP 12          => expected=12 variance=0`,
		"a bin of which nothing is known": `
			receive TAP 10
			count   TAP 4 bin=B-1   => expected=0 variance=4
			claims  TAP             => shelf=14 available=14 reserved=0 shortfall=0`,
		"what is reserved still lies in its bin": `
			receive TAP 10
			deliver o1 TAP 4        => allocated
			count   TAP 10          => expected=10 variance=0`,
	} {
		t.Run(name, func(t *testing.T) { newStage(t, "leeds", true).play(story) })
	}
}

func TestAnOlderCountNeverUndoesANewerOne(t *testing.T) {
	for name, story := range map[string]string{
		"the newer one comes first": `
			receive TAP 10
			mark    early
			take    o1 TAP 1        => completed
			mark    late
			count   TAP 7 late      => expected=9 variance=-2
			count   TAP 10 early    => count_outdated newer=7
			claims  TAP             => shelf=7 available=7 reserved=0 shortfall=0`,
		"also where the newer one found no difference": `
			receive TAP 10
			mark    early
			take    o1 TAP 1        => completed
			mark    late
			count   TAP 9 late      => expected=9 variance=0
			count   TAP 8 early     => count_outdated newer=9
			claims  TAP             => shelf=9 available=9 reserved=0 shortfall=0`,
		"the older one comes first, and both hold": `
			receive TAP 10
			mark    early
			take    o1 TAP 1        => completed
			mark    late
			count   TAP 8 early     => expected=10 variance=-2
			count   TAP 7 late      => expected=7 variance=0
			claims  TAP             => shelf=7 available=7 reserved=0 shortfall=0`,
		"two who count at one position: the later word stands, and nothing is taken twice": `
			receive TAP 10
			mark    p
			count   TAP 8 p         => expected=10 variance=-2
			count   TAP 8 p         => expected=8 variance=0
			count   TAP 9 p         => expected=8 variance=1`,
		"another bin is another count": `
			receive TAP 10
			mark    early
			take    o1 TAP 1        => completed
			count   TAP 7           => expected=9 variance=-2
			count   TAP 3 early bin=B-1 => expected=0 variance=3`,
		"an adjustment by hand is newer too": `
			receive TAP 10
			mark    early
			adjust  TAP 3
			count   TAP 13 early    => count_outdated newer=0
			claims  TAP             => shelf=13 available=13 reserved=0 shortfall=0`,
		"and so is what a picker did not find": `
			receive TAP 10
			deliver o1 TAP 2        => allocated
			mark    early
			pick    o1 0 2
			count   TAP 8 early     => count_outdated newer=0`,
		"more has left since than was counted": `
			receive TAP 10
			mark    early
			take    o1 TAP 9        => completed
			count   TAP 8 early     => count_outdated newer=0
			claims  TAP             => shelf=1 available=1 reserved=0 shortfall=0`,
		"a refused count stands in nobody's way": `
			receive TAP 10
			mark    early
			take    o1 TAP 1        => completed
			count   TAP 4 within=1  => recount_needed newer=0
			count   TAP 9 early     => expected=10 variance=-1`,
	} {
		t.Run(name, func(t *testing.T) { newStage(t, "leeds", true).play(story) })
	}
}

// TestProtocol23ACountTellsWhatItTakesFromPromises: a count that finds less than is claimed takes what is
// available first, and where that is not enough says whose units are not there: each order waits again, and
// what cannot be named is shortfall. available never goes below zero, and never in silence.
func TestProtocol23ACountTellsWhatItTakesFromPromises(t *testing.T) {
	for name, c := range map[string]struct {
		site  ledger.SiteID
		story string
	}{
		"available covers it": {"leeds", `
			receive TAP 10
			deliver o1 TAP 4        => allocated
			count   TAP 5           => expected=10 variance=-5
			claims  TAP             => shelf=5 available=1 reserved=4 shortfall=0`},
		"an order of ours loses units, and waits": {"leeds", `
			receive TAP 10
			deliver o1 TAP 4        => allocated
			deliver o2 TAP 4        => allocated
			count   TAP 5           => expected=10 variance=-5 lost=3
			order   o1              => allocated here=4 taken=0 away=0 waits=0
			order   o2              => backordered here=1 taken=0 away=0 waits=3
			claims  TAP             => shelf=5 available=0 reserved=5 shortfall=0`},
		"while it sold on": {"leeds", `
			receive TAP 10
			mark    counted
			deliver o1 TAP 6        => allocated
			take    o2 TAP 2        => completed
			count   TAP 7 counted   => expected=10 variance=-3 lost=1
			order   o1              => backordered here=5 taken=0 away=0 waits=1
			claims  TAP             => shelf=5 available=0 reserved=5 shortfall=0`},
		"what is passed on to another site is owed": {"leeds", `
			receive TAP 3
			obey    borrow o1 TAP 3 => done
			obey    pass-on o1 TAP 3 york => done
			count   TAP 1           => expected=3 variance=-2 short=2
			claims  TAP             => shelf=1 available=0 reserved=0 york=3 shortfall=2
			count   TAP 3           => expected=1 variance=2
			claims  TAP             => shelf=3 available=0 reserved=0 york=3 shortfall=0`},
		"what a warehouse serves for others is named": {"hull", `
			receive TAP 3
			obey    reserve o1 TAP 3 => done
			count   TAP 1           => expected=3 variance=-2 lost=2
			served  o1              => 1 for hq`},
	} {
		t.Run(name, func(t *testing.T) { newStage(t, c.site, c.site == "leeds").play(c.story) })
	}
}

func TestACountBeyondTheToleranceNeedsAnotherPerson(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP 10
		mark    p
		count   TAP 9 p within=1            => expected=10 variance=-1
		take    o1 TAP 1                    => completed
		mark    q
		count   TAP 5 q within=1            => recount_needed newer=0
		count   TAP 5 q within=1 again=anna => recounted_by is who counted first: somebody else must count again
		count   TAP 5 q within=1 again=beth => expected=8 variance=-3
		claims  TAP                         => shelf=5 available=5 reserved=0 shortfall=0`)
	for name, c := range map[string]struct {
		t                 ledger.Tolerance
		expected, counted ledger.Qty
		ok                bool
	}{
		"none is set":             {ledger.Tolerance{}, 10, 0, true},
		"within units":            {ledger.Tolerance{Units: 2}, 10, 8, true},
		"beyond units":            {ledger.Tolerance{Units: 2}, 10, 7, false},
		"within percent":          {ledger.Tolerance{Percent: 5}, 100, 105, true},
		"beyond percent":          {ledger.Tolerance{Percent: 5}, 100, 106, false},
		"either will do":          {ledger.Tolerance{Units: 2, Percent: 5}, 10, 12, true},
		"found where none were":   {ledger.Tolerance{Percent: 50}, 0, 1, false},
		"nothing where none were": {ledger.Tolerance{Percent: 5}, 0, 0, true},
		"the largest amounts":     {ledger.Tolerance{Percent: 100}, ledger.QtyMax, 0, true},
	} {
		if got := c.t.Passes(&ledger.CountedLine{Counted: c.counted, Expected: c.expected}); got != c.ok {
			t.Errorf("%s: got %t, want %t", name, got, c.ok)
		}
	}
}

func TestACountThatMakesNoSenseIsRefused(t *testing.T) {
	line := ledger.CountedLine{SKU: "TAP", Bin: "A-1", Counted: 1}
	for name, c := range map[string]struct {
		r   ledger.Count
		why string
	}{
		"no lines":           {ledger.Count{}, "lines has 0 lines"},
		"a bin twice":        {ledger.Count{Lines: []ledger.CountedLine{line, line}}, "line 2: bin A-1 is counted for TAP on line 1 already"},
		"below zero":         {ledger.Count{Lines: []ledger.CountedLine{{SKU: "TAP", Bin: "A-1", Counted: -1}}}, "line 1: counted is -1"},
		"too large":          {ledger.Count{Lines: []ledger.CountedLine{{SKU: "TAP", Bin: "A-1", Counted: ledger.QtyMax + 1}}}, "line 1: counted is"},
		"no SKU":             {ledger.Count{Lines: []ledger.CountedLine{{SKU: "T P", Bin: "A-1"}}}, "line 1: sku has"},
		"no bin":             {ledger.Count{Lines: []ledger.CountedLine{{SKU: "TAP"}}}, "line 1: bin"},
		"ahead of the book":  {ledger.Count{Epoch: 1, At: 999, Lines: []ledger.CountedLine{line}}, "at is entry 999, the book ends at entry 3"},
		"another epoch":      {ledger.Count{Epoch: 2, At: 2, Lines: []ledger.CountedLine{line}}, "at is of epoch 2, the book is in epoch 1"},
		"a tolerance of -1":  {ledger.Count{Tolerance: ledger.Tolerance{Units: -1}, Lines: []ledger.CountedLine{line}}, "tolerance is not"},
		"a name without end": {ledger.Count{By: strings.Repeat("x", ledger.TextMax+1), Lines: []ledger.CountedLine{line}}, "counted_by is longer"},
	} {
		s := newStage(t, "leeds", true)
		s.play("receive TAP 10")
		c.r.Reason = "counted"
		out := s.do(&c.r)
		if _, ok := errors.AsType[*ledger.FormError](out.Err); !ok || !strings.HasPrefix(out.Err.Error(), c.why) {
			t.Errorf("%s: got %v, want %s", name, out.Err, c.why)
		}
		if s.core.State.Seq != 3 {
			t.Errorf("%s: something was written", name)
		}
	}
}

func TestALookAtACountChangesNothing(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play("receive TAP 10\n deliver o1 TAP 8 => allocated")
	before, seq := s.core.State.Digest(), s.core.State.Seq
	r := &ledger.Count{Reason: "counted", Preview: true, Tolerance: ledger.Tolerance{Units: 1}, Lines: []ledger.CountedLine{{SKU: "TAP", Bin: "MAIN", Counted: 7}}}
	out := s.do(r)
	if got := countVerdict(out); got != "expected=10 variance=-3 lost=1" {
		t.Errorf("got %s", got)
	}
	if b := out.Entry.Body.(*ledger.AdjustedBody); len(b.Count.Against) != 1 {
		t.Errorf("got %+v, want a line that a count would be refused for", b.Count.Against)
	}
	if s.core.State.Digest() != before || s.core.State.Seq != seq {
		t.Error("something was written")
	}
	s.play("order o1 => allocated here=8 taken=0 away=0 waits=0")
}

func TestARefusedCountIsRememberedUnderItsKey(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play("receive TAP 10")
	r := func() *ledger.Count {
		return &ledger.Count{Meta: ledger.Meta{Key: ledger.Digest{1}}, Reason: "counted", Tolerance: ledger.Tolerance{Units: 1},
			Lines: []ledger.CountedLine{{SKU: "TAP", Bin: "MAIN", Counted: 7}}}
	}
	if got := countVerdict(s.do(r())); got != "recount_needed newer=0" {
		t.Fatalf("got %s", got)
	}
	seq := s.core.State.Seq
	s.play("adjust TAP -3")
	if out := s.do(r()); !out.Replayed || countVerdict(out) != "recount_needed newer=0" || s.core.State.Seq != seq+1 {
		t.Errorf("got %+v, want the first answer", out)
	}
}

// Whoever counts what lies there, in whatever order the counts arrive and whatever is sold meanwhile, the
// book comes to say what lies there: it follows the newest count, and what moved since.
func TestCountsInAnyOrderComeToWhatLiesThere(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 23))
		s := newStage(t, "leeds", true)
		s.play("receive TAP 20")
		lies := ledger.Qty(20) // what is really there
		type taken struct {
			at      ledger.Seq
			counted ledger.Qty
		}
		var waiting []taken
		newest := ledger.Seq(0)
		post := func() {
			i := rnd.IntN(len(waiting))
			w := waiting[i]
			waiting = append(waiting[:i], waiting[i+1:]...)
			out := s.do(&ledger.Count{Epoch: 1, At: w.at, Reason: "counted", Lines: []ledger.CountedLine{{SKU: "TAP", Bin: "MAIN", Counted: w.counted}}})
			_, no := errors.AsType[*ledger.CountError](out.Err)
			if w.at < newest != no {
				t.Fatalf("seed %d: a count of %d when %d is known: got %v", seed, w.at, newest, out.Err)
			}
			newest = max(newest, w.at)
		}
		for n := range 40 {
			l, _ := s.core.State.Level("TAP")
			switch rnd.IntN(6) {
			case 0:
				s.do(&ledger.Receive{ID: fmt.Sprint(n), Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 3}}})
				lies += 3
			case 1: // somebody steals, or puts back
				at := s.core.State.Seq // nothing is written of it: who counted at this place has counted before
				now := slices.ContainsFunc(waiting, func(w taken) bool { return w.at == at })
				if d := ledger.Qty(rnd.IntN(3) - 1); !now && lies+d > 8 {
					lies += d
				}
			case 2, 3:
				if l.Available > 2 && lies > 8 {
					s.do(&ledger.Place{Order: order([]string{"take", fmt.Sprint("o", n), "TAP"}, 2)})
					lies -= 2
				}
			case 4:
				waiting = append(waiting, taken{s.core.State.Seq, lies})
			case 5:
				if len(waiting) > 0 {
					post()
				}
			}
		}
		waiting = append(waiting, taken{s.core.State.Seq, lies})
		for len(waiting) > 0 {
			post()
		}
		if l, _ := s.core.State.Level("TAP"); l.Sellable != lies {
			t.Fatalf("seed %d: the book has %d, %d lie there", seed, l.Sellable, lies)
		}
	}
}

// A count of a life that is over is told late like an adjustment: what it found gone is gone, and whoever repeats it
// hears what was counted. A refused one is nothing to tell.
func TestACountOfAnotherLifeIsToldLate(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play("receive TAP 10")
	other := s.fork(t, `
		receive TAP 10
		mark    early
		deliver o1 TAP 9        => allocated
		count   TAP 8           => expected=10 variance=-2 lost=1
		count   TAP 9 early     => count_outdated newer=8`)
	s.rebuild()
	var told, nothing *ledger.Entry
	for _, e := range other {
		if e.Kind == ledger.KindCounted && e.Body.(*ledger.AdjustedBody).Count.Refusal == "" {
			told = e
		} else if e.Kind == ledger.KindCounted {
			nothing = e
		}
	}
	out := s.late(told)
	b, ok := out.Entry.Body.(*ledger.LateBody)
	if out.Err != nil || !ok || b.Was != ledger.KindAdjusted || b.Count == nil || b.Count.Lines[0].Counted != 8 || out.Entry.Key != told.Key {
		t.Fatalf("got %+v (%v), want the count recorded late", out.Entry, out.Err)
	}
	if again := s.late(told); !again.Replayed {
		t.Error("told again: got it recorded twice")
	}
	if out := s.late(nothing); out.Entry != nil || !out.Replayed {
		t.Errorf("a refused count: got %+v, want nothing to tell", out.Entry)
	}
	s.play("attest => attested\n claims TAP => shelf=8 available=8 reserved=0 shortfall=0")
	bad := *told
	bad.Key = ledger.Digest{9}
	body := *told.Body.(*ledger.AdjustedBody)
	count := *body.Count
	count.Against = []ledger.CountAgainst{{Line: 77}}
	body.Count, bad.Body = &count, &body
	bad.Seq++
	if out := s.late(&bad); out.Err == nil {
		t.Error("a count that no book has taken: got it recorded")
	}
}

// What a late fact says of a bin may have been before a count or after: the count is taken anew.
func TestALateFactOutdatesACount(t *testing.T) {
	s := newStage(t, "leeds", true)
	other := s.fork(t, "receive TAP 10\n take o1 TAP 2 => completed")
	s.play("receive TAP 10\n mark p")
	s.bring(t, other[len(other)-1:])
	s.play("count TAP 8 p => count_outdated newer=0\n count TAP 8 => expected=8 variance=0")
}
