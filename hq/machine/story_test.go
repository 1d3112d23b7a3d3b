package machine_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// told is what a story's steps are, one word each.
func (b *bench) told(id ledger.OrderID) (out []machine.Step, words string) {
	b.t.Helper()
	s, ok := b.m.Story(id)
	if !ok {
		return nil, ""
	}
	out, err := s.Open()
	if err != nil {
		b.t.Fatal(err)
	}
	names := map[machine.StepKind]string{machine.StepPlaced: "placed", machine.StepBorrowed: "borrowed", machine.StepServed: "served", machine.StepShort: "short",
		machine.StepRejected: "rejected", machine.StepRefused: "refused", machine.StepLost: "lost", machine.StepAmended: "amended", machine.StepMoved: "moved",
		machine.StepStayed: "stayed", machine.StepCame: "came", machine.StepDeclined: "declined", machine.StepUnserved: "unserved", machine.StepCanceled: "cancelled"}
	var all []string
	for _, step := range out {
		all = append(all, names[step.What])
	}
	return out, strings.Join(all, " ")
}

func because(why string) machine.Reasons {
	return machine.ReasonsOf(allocate.Explanation{Lines: []allocate.LineExplanation{{Line: 1, Candidates: []allocate.Choice{{Site: "hull", Promisable: 2, Why: why}}}}})
}

func TestWhatHappenedToAnOrderIsKeptInItsOrder(t *testing.T) {
	b := agreedBench(t)
	b.site("hull", false)
	b.site("goole", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), Legs: plan("1 TAP-22 hull 2"), Explain: because("nearest"), At: at})
	if _, words := b.told(orderA); words != "" {
		t.Errorf("placed: got %q, want no story of an order to which nothing happened", words)
	}
	b.talk("hull")
	b.says("hull", &ledger.PickLeg{Meta: ledger.Meta{Actor: "ann"}, Order: orderA, Lines: []ledger.LegLine{{Line: 1, Qty: 1, Short: 1}}})
	b.receive("goole", 3, "TAP-22")
	b.talk("goole")
	b.ok(&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 goole 1"), Explain: because("hull is avoided"), At: at.Add(time.Second)})
	b.ok(&machine.Amend{Order: orderA, Version: 1, Key: digest("a"), Lines: []machine.AmendLine{{Line: 1, Qty: 1}}, By: "beth", At: at.Add(time.Minute)})
	b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), By: "carl", At: at.Add(time.Hour)})
	b.restarts()
	steps, words := b.told(orderA)
	if words != "placed short served amended cancelled" {
		t.Fatalf("got %q", words)
	}
	short := steps[1]
	if short.Site != "hull" || short.By != "ann" || !short.Until.Equal(at.Add(machine.AvoidedFor)) || len(short.Lines) != 1 ||
		short.Lines[0] != (machine.StepLine{Line: 1, SKU: "TAP-22", Qty: 1, Of: 2, Exception: 1}) {
		t.Errorf("short: got %+v", short)
	}
	for i, want := range map[int]string{0: "nearest", 2: "hull is avoided"} {
		if e, err := steps[i].Explain.Open(); err != nil || len(e.Lines) != 1 || e.Lines[0].Candidates[0].Why != want {
			t.Errorf("step %d: got %+v (%v), want why: %s", i, e, err, want)
		}
	}
	if a := steps[3]; a.By != "beth" || a.Version != 2 || a.Lines[0].Of != 2 || a.Lines[0].Qty != 1 {
		t.Errorf("amended: got %+v", a)
	}
	if c := steps[4]; c.By != "carl" || !c.At.Equal(at.Add(time.Hour)) {
		t.Errorf("cancelled: got %+v", c)
	}
}

// What a server of an older build does not keep, no other may keep.
func TestStepsAreKeptOnlyOnceEveryServerKeepsThem(t *testing.T) {
	b := newBenchOf(t, ledger.KindLast)
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), Legs: plan("1 TAP-22 hull 2"), At: at})
	b.talk("hull")
	b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "no staff"})
	if _, words := b.told(orderA); words != "" || len(b.exceptions()) != 1 {
		t.Errorf("got %q and %v, want no story, and a count asked for whatever the reason", words, b.exceptions())
	}
	b.ok(&machine.Agree{Commands: machine.StoryCommands, At: at})
	b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), At: at})
	if _, words := b.told(orderA); words != "placed cancelled" {
		t.Errorf("got %q", words)
	}
}

// The first step and the newest ones are kept, within the bounds of one story.
func TestALongStoryKeepsItsBeginningAndItsEnd(t *testing.T) {
	for name, why := range map[string]string{"many steps": "", "large steps": strings.Repeat("x", 3000)} {
		t.Run(name, func(t *testing.T) {
			b := agreedBench(t)
			b.site("hull", false)
			b.receive("hull", 100, "TAP-22")
			b.talk("hull")
			b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1}), Key: digest("k"), Legs: plan("1 TAP-22 hull 1"), Explain: because("first"), At: at})
			const amends = 40
			for i := range amends {
				b.ok(&machine.Amend{Order: orderA, Version: uint64(i + 1), Key: digest(fmt.Sprint("a", i)), Lines: []machine.AmendLine{{Line: 1, Qty: ledger.Qty(i + 2)}},
					Legs: plan("1 TAP-22 hull 1"), Explain: because(why), At: at})
			}
			b.restarts()
			s, _ := b.m.Story(orderA)
			steps, words := b.told(orderA)
			if s.Left != uint64(1+amends-len(steps)) || s.Left == 0 || len(steps) > machine.StepsMax {
				t.Errorf("got %d steps, %d left out of %d", len(steps), s.Left, 1+amends)
			}
			if !strings.HasPrefix(words, "placed amended") || steps[len(steps)-1].Version != amends+1 {
				t.Errorf("got %q up to version %d, want the placing and the newest", words, steps[len(steps)-1].Version)
			}
			if e, err := steps[0].Explain.Open(); err != nil || e.Lines[0].Candidates[0].Why != "first" {
				t.Errorf("got %+v (%v), want why it was first planned so", e, err)
			}
		})
	}
}

// A plan of thousands of lines is kept in short, and bytes that are none do no harm.
func TestALargePlanIsKeptInShort(t *testing.T) {
	e := allocate.Explanation{}
	for line := range 500 {
		e.Lines = append(e.Lines, allocate.LineExplanation{Line: line + 1, Candidates: []allocate.Choice{{Site: "hull", Why: "chosen for 1: fills 500 of 500 lines alone"}, {Site: "york", Why: "not needed"}}})
	}
	e.Decision = allocate.Decision{Sites: []ledger.SiteID{"hull"}, Visits: 9}
	b := agreedBench(t)
	b.site("hull", false)
	b.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1}), Key: digest("k"), Explain: machine.ReasonsOf(e), At: at})
	b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), At: at})
	steps, _ := b.told(orderA)
	got, err := steps[0].Explain.Open()
	if err != nil || !steps[0].Thinned || len(got.Lines) == 0 || len(got.Lines) > 8 || got.Decision.Visits != 9 {
		t.Errorf("got %d lines, thinned %t (%v); want the first lines and what decided", len(got.Lines), steps[0].Thinned, err)
	}
}

// Of a loan it is told who lent, and what had the loan asked for: by the time of the plan it looks as if the lender had held the units.
func TestALoanIsToldWithThePlanThatLedToIt(t *testing.T) {
	b := agreedBench(t)
	b.site("york", true)
	b.site("leeds", true)
	b.receive("york", 2, "TAP-22")
	b.talk("york")
	subject := machine.SubjectOfOrder(orderA, digest("k"))
	b.ok(&machine.Borrow{For: subject, Order: orderA, At: at, Explain: because("would have to lend"), Sites: []machine.BorrowSite{
		{Site: "leeds", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 1}}}, {Site: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}}}})
	b.restarts()
	b.talk("york")
	b.talk("leeds")
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), Using: subject, Legs: plan("1 TAP-22 york 2"), Explain: because("it lent"), At: at.Add(time.Second)})
	steps, words := b.told(orderA)
	if words != "borrowed placed" || len(steps[0].Lines) != 2 || steps[0].Lines[0] != (machine.StepLine{SKU: "TAP-22", Site: "york", Qty: 2}) || steps[0].Lines[1] != (machine.StepLine{Site: "leeds"}) {
		t.Errorf("got %q, %+v", words, steps)
	}
	if e, err := steps[0].Explain.Open(); err != nil || e.Lines[0].Candidates[0].Why != "would have to lend" {
		t.Errorf("got %+v (%v), want why the loan was asked for", e, err)
	}
}

func TestGoodsThatCameAreTold(t *testing.T) {
	b := agreedBench(t)
	b.site("hull", false)
	b.talk("hull")
	b.ok(&machine.Expect{Reference: "PO 812", Supplier: "Acme", Site: "hull", Due: machine.DayOf(at) + 3, By: "beth", At: at, Lines: []machine.DueLine{{SKU: "TAP-22", Qty: 5}}})
	b.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), At: at})
	b.bring("hull", "PO 812", ledger.ReceiptLine{SKU: "TAP-22", Qty: 5})
	b.talk("hull")
	steps, words := b.told(orderA)
	if words != "placed came" || steps[1].Why != "PO 812" || steps[1].Site != "hull" || steps[1].Lines[0].Qty != 2 {
		t.Errorf("got %q, %+v", words, steps)
	}
}

// Which reasons ask for a count is a table: what is known to say nothing of the stock asks for none.
func TestAReasonThatSaysNothingOfTheStockAsksForNoCount(t *testing.T) {
	for reason, counts := range map[string]bool{"no staff": false, "No-Staff": false, " no_carrier ": false, "bent": true, "not_found": true, "no staffx": true} {
		b := servingAt(agreedBench(t))
		b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: reason})
		if got := len(b.exceptions()) == 1; got != counts {
			t.Errorf("%q: got a count asked for %t, want %t", reason, got, counts)
		}
		a, _ := b.m.Avoidances("hull", "TAP-22", at, false, "", 9)
		if len(a) != 1 || (a[0].Count > 0) != counts || !strings.Contains(b.m.AvoidedAt("hull", "TAP-22", at), reason) {
			t.Errorf("%q: got %+v, want hull avoided either way", reason, a)
		}
		want := machine.AvoidedFor
		if !counts {
			want = machine.AvoidedForHands
		}
		if len(a) == 1 && a[0].Until.Sub(at) != want {
			t.Errorf("%q: got it avoided for %v, want %v", reason, a[0].Until.Sub(at), want)
		}
	}
}

// Goods that come say nothing of hands.
func TestGoodsDoNotBringHands(t *testing.T) {
	b := servingAt(agreedBench(t))
	b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "no staff"})
	b.says("hull", &ledger.Receive{ID: "d2", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 1}}})
	if b.m.AvoidedAt("hull", "TAP-22", at) == "" {
		t.Error("got it planned from again because goods came")
	}
	p := b.cut("hull")
	if p.At = at.Add(machine.AvoidedForHands); b.m.AvoidedAt("hull", "TAP-22", p.At) != "" {
		t.Error("a day later: got it avoided still")
	}
	b.restarts()
}

// Who lacked hands after it had not found goods is avoided for what is known of the stock.
func TestWhatIsKnownOfTheStockWeighsMoreThanHands(t *testing.T) {
	b := servingAt(agreedBench(t))
	b.says("hull", &ledger.PickLeg{Order: orderA, Lines: []ledger.LegLine{{Line: 1, Qty: 1, Short: 1}}})
	b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "no staff"})
	a, _ := b.m.Avoidances("", "", at, false, "", 9)
	if len(a) != 1 || a[0].Until.Sub(at) != machine.AvoidedFor || a[0].Count == 0 || len(b.exceptions()) != 1 {
		t.Errorf("got %+v, want it avoided as long as the count is open", a)
	}
}

func TestAvoidingIsLiftedBySomebody(t *testing.T) {
	b := servingAt(agreedBench(t))
	b.says("hull", &ledger.PickLeg{Meta: ledger.Meta{Actor: "ann"}, Order: orderA, Lines: []ledger.LegLine{{Line: 1, Qty: 1, Short: 1}}})
	if a, _ := b.m.Avoidances("hull", "", at, false, "", 9); len(a) != 1 || a[0].By != "ann" || a[0].Order != orderA || !a[0].Since.Equal(at) {
		t.Fatalf("got %+v, want who said so, when, and of which order", a)
	}
	for name, c := range map[string]machine.Lift{"no name": {Site: "hull", Reason: "x"}, "no reason": {Site: "hull", By: "olga"}, "no such site": {Site: "bath", By: "olga", Reason: "x"},
		"another SKU": {Site: "hull", SKU: "PIPE", By: "olga", Reason: "x"}, "another site": {Site: "leeds", SKU: "TAP-22", By: "olga", Reason: "x"}} {
		c.At = at
		if res := b.apply(&c); res.Err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	lift := &machine.Lift{Site: "hull", SKU: "TAP-22", By: "olga", Reason: "counted: all there", At: at.Add(time.Minute)}
	b.ok(lift)
	if b.m.AvoidedAt("hull", "TAP-22", at.Add(time.Minute)) != "" {
		t.Error("got it avoided still")
	}
	b.ok(&machine.Lift{Site: "hull", By: "carl", Reason: "again", At: at.Add(time.Hour)})
	b.restarts()
	all, _ := b.m.Avoidances("hull", "", at, true, "", 9)
	if len(all) != 1 || all[0].Lifted != (machine.Signed{By: "olga", Reason: lift.Reason, At: lift.At}) {
		t.Errorf("got %+v, want who lifted it first", all)
	}
	if e := b.m.Exceptions(1)[0]; e.Resolved.Done() {
		t.Error("the count was closed with it: nobody has said that it was made")
	}
	b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "bent"})
	if b.m.AvoidedAt("hull", "TAP-22", at) == "" {
		t.Error("what is rejected afterwards is not avoided")
	}
}

// An order that was to be served at once, and that nobody can serve, is somebody's to decide, until it waits no longer.
func TestAPromiseThatNobodyCanKeepIsAnException(t *testing.T) {
	for name, end := range map[string]func(*bench){
		"served after all": func(b *bench) {
			b.receive("hull", 2, "PIPE")
			b.receive("hull", 2, "TAP-22")
			b.talk("hull")
			b.ok(&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 hull 2"), At: at.Add(time.Hour)})
		},
		"cancelled": func(b *bench) { b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), At: at.Add(time.Hour)}) },
		"amended": func(b *bench) {
			b.ok(&machine.Amend{Order: orderA, Version: 1, Key: digest("a"), Lines: []machine.AmendLine{{Line: 1, Qty: 0}}, At: at.Add(time.Hour)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := servingAt(agreedBench(t))
			if len(b.m.Unkept(9)) != 0 {
				t.Error("an order that is served waits against its terms")
			}
			b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "bent"})
			b.says("hull", &ledger.RejectLeg{Order: orderB, Reason: "bent"}) // which waits by its terms
			un := b.m.Unkept(9)
			if len(un) != 1 || un[0].ID != orderA {
				t.Fatalf("got %v, want the order that was not to wait", un)
			}
			if res := b.apply(&machine.Unserved{Order: orderA, Plans: un[0].Plans + 1, At: at}); res.Err == nil {
				t.Error("a look at another plan was taken")
			}
			if res := b.apply(&machine.Unserved{Order: orderB, Plans: 1, At: at}); res.Err == nil {
				t.Error("an order that may wait was taken for one that may not")
			}
			b.ok(&machine.Unserved{Order: orderA, Plans: un[0].Plans, At: at})
			b.ok(&machine.Unserved{Order: orderA, Plans: un[0].Plans, At: at})
			b.restarts()
			e := b.m.Exceptions(1)[0]
			if n := strings.Count(strings.Join(b.exceptions(), " "), "unserved"); n != 1 || e.What != "unserved" || e.Owner != "head office" || !strings.Contains(e.Why, "2 TAP-22") || !strings.Contains(e.Why, "If nobody does") {
				t.Errorf("got %d, %+v; want one, with what is done if nobody decides", n, e)
			}
			if len(b.m.Unkept(9)) != 0 {
				t.Error("it is told of again")
			}
			end(b)
			if e := b.m.Exceptions(1)[0]; !e.Resolved.Done() || !e.Resolved.At.Equal(at.Add(time.Hour)) {
				t.Errorf("got %+v, want it closed with what ended it", e.Resolved)
			}
			b.restarts()
		})
	}
}

// BenchmarkAnIncident: what it costs to keep a step of an order, beside an order to which the same happens and is not kept.
func BenchmarkAnIncident(b *testing.B) {
	for name, commands := range map[string]int{"told": machine.StoryCommands, "not told": 0} {
		b.Run(name, func(b *testing.B) {
			w := newBenchOf(b, ledger.KindLast)
			w.ok(&machine.Agree{Commands: commands, At: at})
			w.site("hull", false)
			for i := range 1000 {
				w.ok(&machine.Place{Order: order(nth(i), ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1}), Key: digest(fmt.Sprint(i)), Explain: because("nobody has it"), At: at})
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				v := w.m.VersionOf(nth(i % 1000))
				cmd := machine.Marshal(&machine.Amend{Order: nth(i % 1000), Version: v, Key: digest(fmt.Sprint("a", i)), Lines: []machine.AmendLine{{Line: 1, Qty: ledger.Qty(1 + i/1000%2)}}, Explain: because("nobody has it"), At: at})
				if res := w.m.Apply(cmd); res.Err != nil {
					b.Fatal(res.Err)
				}
				i++
			}
		})
	}
}

func TestWhatASiteDidNotLetGoIsTold(t *testing.T) {
	b := agreedBench(t)
	for _, id := range []ledger.SiteID{"hull", "york"} {
		b.site(id, false)
		b.receive(id, 9, "TAP-22")
		b.talk(id)
	}
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 4}), Key: digest("k"), Legs: []allocate.Leg{legOf("hull", 2), legOf("york", 2)}, At: at})
	b.talk("hull")
	b.talk("york")
	o, _ := b.m.Order(orderA)
	b.decides("york", &ledger.RejectLeg{Order: orderA, Lines: []ledger.LegLine{{Line: 1, Qty: 1}}, Reason: "bent"})
	b.ok(&machine.Move{Order: orderA, Plans: o.Plans, Drop: []allocate.Leg{legOf("york", 2)}, Legs: []allocate.Leg{legOf("hull", 2)}, Why: "one parcel fewer", At: at})
	b.talk("york")
	steps, words := b.told(orderA)
	if words != "placed moved rejected stayed" || steps[1].Why != "one parcel fewer" || steps[3].Site != "york" || steps[3].Lines[0].Qty != 1 {
		t.Errorf("got %q, %+v", words, steps)
	}
}

// A snapshot keeps stories, why a loan was asked for, who lifted what, and which order nobody can serve.
// The second file is of a build that left on the shelf what a short pick found.
func TestASnapshotKeepsWhatHappened(t *testing.T) {
	b := happened(t)
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_story_3", encode(t, b.m))))
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, m); !bytes.Equal(got, encode(t, b.m)) {
		t.Error("a restored machine encodes to other bytes")
	}
	b.m = m
	if _, words := b.told(orderA); words != "placed short unserved" {
		t.Errorf("got %q", words)
	}
	if a, _ := m.Avoidances("hull", "TAP-22", at, true, "", 9); len(a) != 1 || a[0].Lifted.By != "olga" || a[0].Order != orderA {
		t.Errorf("got %+v, want who lifted it", a)
	}
	r, ok := m.Request(machine.SubjectOfFill(orderB))
	if why, err := r.Explain.Open(); !ok || err != nil || len(why.Lines) != 1 {
		t.Errorf("got %+v (%v), want why the loan was asked for", why, err)
	}
	b.ok(&machine.Cancel{Order: orderA, Key: digest("c"), At: at})
	if e := m.Exceptions(1)[0]; e.What != "unserved" || !e.Resolved.Done() {
		t.Errorf("got %+v, want a restored machine to close it", e)
	}
}

func happened(t testing.TB) *bench {
	b := servingAt(goldenBench(t, ledger.KindPutBack, 40))
	b.site("york", true)
	b.receive("york", 3, "TAP-22")
	b.talk("york")
	b.says("hull", &ledger.PickLeg{Meta: ledger.Meta{Actor: "ann"}, Order: orderA, Lines: []ledger.LegLine{{Line: 1, Qty: 1, Short: 1}}})
	b.says("hull", &ledger.RejectLeg{Order: orderB, Reason: "no staff"})
	o, _ := b.m.Order(orderA)
	b.ok(&machine.Unserved{Order: orderA, Plans: o.Plans, At: at})
	b.ok(&machine.Lift{Site: "hull", SKU: "TAP-22", By: "olga", Reason: "counted", At: at})
	b.ok(&machine.Borrow{For: machine.SubjectOfFill(orderB), Order: orderB, At: at, Explain: because("would have to lend"),
		Sites: []machine.BorrowSite{{Site: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 1}}}}})
	return b
}

// What is kept in all is bounded: the stories of which something was heard last stay.
func TestTheOldestStoriesAreForgotten(t *testing.T) {
	b := agreedBench(t)
	b.site("hull", false)
	const orders = machine.StoriesMax + 20
	for i := range orders {
		for _, c := range []machine.Command{
			&machine.Place{Order: order(nth(i), ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1}), Key: digest(fmt.Sprint("k", i)), At: at},
			&machine.Cancel{Order: nth(i), Key: digest(fmt.Sprint("c", i)), At: at},
		} {
			if res := b.m.Apply(machine.Marshal(c)); res.Err != nil {
				t.Fatal(res.Err)
			}
		}
	}
	_, first := b.m.Story(nth(19))
	_, last := b.m.Story(nth(20))
	if first || !last {
		t.Errorf("got the 20th %t, the 21st %t; want the latest %d kept", first, last, machine.StoriesMax)
	}
	if err := b.m.Check(); err != nil {
		t.Error(err)
	}
}

// FuzzStory: whatever bytes a story's steps are, they open or are an error.
func FuzzStory(f *testing.F) {
	whole := encode(f, happened(f).m)
	f.Add(whole[:len(whole)-sha256.Size])
	f.Fuzz(func(t *testing.T, b []byte) {
		sum := sha256.Sum256(b)
		m, err := machine.Restore(bytes.NewReader(append(b, sum[:]...)))
		if err != nil {
			return
		}
		for _, id := range []ledger.OrderID{orderA, orderB} {
			if s, ok := m.Story(id); ok {
				_, _ = s.Open()
			}
		}
		m.Apply(machine.Marshal(&machine.Cancel{Order: orderA, Key: digest("c"), At: at}))
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
	})
}
