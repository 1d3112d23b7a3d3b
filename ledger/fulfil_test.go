package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// hands has hands do something with line 1 of a part. What comes back is the return that as=R names.
func (s *stage) hands(w []string) string {
	s.backs++
	r := &ledger.WorkLeg{Order: oid(w[1]), Code: "4711", Reason: "nobody in", Return: ledger.ReturnID(oid(fmt.Sprint("back", s.backs)))}
	words := w[2:]
	if last := words[len(words)-1]; strings.HasPrefix(last, "as=") {
		r.Return, words = ledger.ReturnID(oid(last[3:])), words[:len(words)-1]
	}
	lot, named := strings.CutPrefix(words[len(words)-1], "lot=")
	if named {
		words = words[:len(words)-1]
	}
	if n, err := strconv.ParseInt(words[len(words)-1], 10, 64); err == nil {
		r.Lines, words = []ledger.LegLine{{Line: 1, Qty: ledger.Qty(n)}}, words[:len(words)-1]
		if named {
			r.Lots = []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: ledger.LotID(lot), Qty: ledger.Qty(n)}}}
		}
	}
	for _, a := range ledger.Arrows() {
		if a.Deed.String() == strings.Join(words, " ") {
			r.Deed = a.Deed
		}
	}
	return verdict(s.do(r))
}

// part says how a part stands: its state, and its units by stage.
func (s *stage) part(name string) string {
	p, ok := ledger.PartOf(s.core.State, oid(name))
	if !ok {
		return "nothing"
	}
	out := string(p.State)
	for stage := ledger.StageShelf; stage <= ledger.StageCameBack; stage++ {
		sum := ledger.Qty(0)
		for _, l := range p.Lines {
			sum += l.At[stage]
		}
		if sum > 0 {
			out += fmt.Sprintf(" %s=%d", strings.ReplaceAll(stage.String(), " ", "_"), sum)
		}
	}
	return out
}

func TestAnOrderOfOursGoesOutInTwoParcels(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 5
		deliver o1 TAP-22 3   => allocated
		part    o1            => reserved shelf=3
		pick    o1 2 0        => leg_picked
		part    o1            => picking shelf=1 picked=2
		hands   o1 pack       => leg_prepared
		claims  TAP-22        => shelf=3 available=2 reserved=3 shortfall=0
		hands   o1 dispatch   => leg_handed_over
		claims  TAP-22        => shelf=3 available=2 reserved=1 shortfall=0
		level   TAP-22        => hand=3 available=2 reserved=1 hq=0
		order   o1            => allocated here=1 taken=2 away=0 waits=0
		part    o1            => reserved shelf=1 on_the_way=2
		hands   o1 dispatch 1 => line 1: 1 of TAP-22 are named, 0 are packed. Pick and pack them first, or dispatch what is packed
		pick    o1 1 0        => leg_picked
		hands   o1 pack 1     => leg_prepared
		hands   o1 dispatch 1 => leg_handed_over
		order   o1            => completed here=0 taken=3 away=0 waits=0
		cancel  o1            => order 01900000-0000-7000-8000-000000000da2 has been handed over; take the goods back as a return
		part    o1            => dispatched on_the_way=3
		hands   o1 deliver 1  => leg_followed
		hands   o1 fail 1     => leg_followed
		part    o1            => undelivered on_the_way=1 undelivered=1 delivered=1
		hands   o1 come back as=r => received
		hands   o1 deliver    => leg_followed
		part    o1            => nothing
		level   TAP-22        => hand=3 available=2 reserved=0 hq=0
		hands   o1 deliver    => no such part of an order is served here
	`)
	if l, _ := s.core.State.Level("TAP-22"); l.Blocked != 1 || l.Sellable != 2 || l.Picked != 0 {
		t.Errorf("got %+v, want what came back blocked", l)
	}
}

func TestWhatACustomerCollectsIsHandedOverOnceAndWithItsCode(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2
		collect o1 TAP-22 2   => allocated
		hands   o1 collect    => this part of the order is reserved: none of it is ready to be collected. Pick them and say that they are ready first; what was handed over once is not handed over again
		pick    o1 2 0        => leg_picked
		hands   o1 ready      => leg_prepared
		part    o1            => ready ready=2
	`)
	ask := func(code string) ledger.Outcome {
		return s.do(&ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedCollect, Code: code})
	}
	for _, code := range []string{"0815", ""} {
		stage, ok := errors.AsType[*ledger.StageError](ask(code).Err)
		if !ok || !strings.Contains(stage.Error(), "not the code of this order. Ask for the code") {
			t.Errorf("code %q: got %v, want it refused", code, stage)
		}
	}
	if out := s.do(&ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedReady, Code: "9999"}); out.Err == nil {
		t.Error("got it ready twice, want it refused")
	}
	if p, _ := ledger.PartOf(s.core.State, oid("o1")); p.Code != "4711" {
		t.Errorf("got code %q, want the first one kept", p.Code)
	}
	s.play(`
		hands   o1 collect 1  => leg_handed_over
		hands   o1 collect    => leg_handed_over
		order   o1            => completed here=0 taken=2 away=0 waits=0
		hands   o1 collect    => no such part of an order is served here
		level   TAP-22        => hand=0 available=0 reserved=0 hq=0
	`)
}

func TestACancelFreesWhatLiesOnTheShelfAndHasTheRestPutBack(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 5
		deliver o1 TAP-22 5           => allocated
		deliver o2 TAP-22 4 backorder => backordered
		pick    o1 4 0                => leg_picked
		hands   o1 pack 3             => leg_prepared
		hands   o1 dispatch 1         => leg_handed_over
		cancel  o1                    => completed
		order   o2                    => backordered here=1 taken=0 away=0 waits=3
		part    o1                    => dispatched put_back=3 on_the_way=1
		claims  TAP-22                => shelf=1 available=0 reserved=4 shortfall=0
		hands   o1 dispatch           => this part of the order is dispatched: none of it is packed. Pick and pack them first, or dispatch what is packed
		hands   o1 put back 1         => leg_put_back
		order   o2                    => backordered here=2 taken=0 away=0 waits=2
		hands   o1 put back           => leg_put_back
		order   o2                    => allocated here=4 taken=0 away=0 waits=0
		hands   o1 put back           => this part of the order is dispatched: none of it is in hand: what has left, or lies on the shelf, cannot be put back
	`)
}

func TestHeadOfficesCancelFindsWhatHasLeftGone(t *testing.T) {
	newStage(t, "hull", false).play(`
		receive TAP-22 5
		obey reserve o9 TAP-22 3 => done
		pick    o9 3 0           => leg_picked
		hands   o9 pack          => leg_prepared
		hands   o9 dispatch 2    => leg_handed_over
		served  o9               => 1 for hq
		obey release o9 TAP-22 3 => done
		claims  TAP-22           => shelf=2 available=0 reserved=1 hq=2 shortfall=0
		part    o9               => dispatched put_back=1 on_the_way=2
		obey cancel o9 TAP-22 3  => refused handed_over
		hands   o9 put back      => leg_put_back
		claims  TAP-22           => shelf=3 available=0 reserved=0 hq=3 shortfall=0
		hands   o9 deliver       => leg_followed
		obey cancel o9 TAP-22 3  => refused cancelled
	`)
}

func TestAnOrderThatLeavesAsAWholeIsNotSentInPart(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play("receive TAP-22 3")
	o := order([]string{"deliver", "o1", "TAP-22"}, 3)
	o.Complete = true
	s.do(&ledger.Place{Order: o})
	s.play(`
		pick    o1 2 0      => leg_picked
		hands   o1 pack     => leg_prepared
		hands   o1 dispatch => this order leaves only as a whole, and some of it is not ready to leave. Get the rest ready first, or change the order
		pick    o1 1 0      => leg_picked
		hands   o1 pack     => leg_prepared
		hands   o1 dispatch => leg_handed_over
		order   o1          => completed here=0 taken=3 away=0 waits=0
	`)
}

func TestGoodsInTheHandLeaveWhatIsPickedAlone(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 3
		deliver o1 TAP-22 2 backorder => allocated
		pick    o1 2 0                => leg_picked
		hand    h1 TAP-22 2           => completed
		order   o1                    => allocated here=2 taken=0 away=0 waits=0
		claims  TAP-22                => shelf=0 available=0 reserved=2 shortfall=0
	`)
}

func TestADeedThatNoBookTakesIsRefused(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play("receive TAP-22 3\ndeliver o1 TAP-22 3")
	long := strings.Repeat("x", ledger.TextMax+1)
	for name, r := range map[string]ledger.WorkLeg{
		"no deed": {}, "a pick": {Deed: ledger.DeedPick}, "ready without a code": {Deed: ledger.DeedReady}, "failed without a reason": {Deed: ledger.DeedFail},
		"a long code": {Deed: ledger.DeedCollect, Code: long}, "a long number": {Deed: ledger.DeedDispatch, Ship: ledger.Shipment{Tracking: long}},
		"many cartons": {Deed: ledger.DeedPack, Cartons: make([]string, 101)}, "a carton without a name": {Deed: ledger.DeedPack, Cartons: []string{""}},
		"a line twice": {Deed: ledger.DeedPack, Lines: []ledger.LegLine{{Line: 1, Qty: 1}, {Line: 1, Qty: 1}}}, "no units": {Deed: ledger.DeedPack, Lines: []ledger.LegLine{{Line: 1}}},
	} {
		r.Order = oid("o1")
		out := s.do(&r)
		if form, ok := errors.AsType[*ledger.FormError](out.Err); !ok || out.Entry != nil || form.Error() == "" {
			t.Errorf("%s: got %+v, want a form that no book takes", name, out)
		}
	}
	bad := s.do(&ledger.PickLeg{Order: oid("o1"), Lines: []ledger.LegLine{{Line: 1, Qty: 3}}})
	back := s.do(&ledger.WorkLeg{Order: oid("o1"), Deed: ledger.DeedPutBack, Bin: "no such bin", Lines: []ledger.LegLine{{Line: 1, Qty: 1}}})
	if bad.Err != nil || back.Err == nil || back.Entry != nil {
		t.Errorf("got %v and %v, want a bin that is none refused", bad.Err, back.Err)
	}
}

func TestWhatLeftInAnotherLifeHasLeftInThisOneToo(t *testing.T) {
	for name, c := range map[string]struct{ shared, lost, then string }{
		"of an order of ours, picked before": {`
			receive TAP-22 3
			deliver o1 TAP-22 3    => allocated
			pick    o1 2 0         => leg_picked`, `
			hands   o1 pack        => leg_prepared
			hands   o1 dispatch    => leg_handed_over`, `
			order   o1             => allocated here=1 taken=2 away=0 waits=0
			claims  TAP-22         => shelf=1 available=0 reserved=1 shortfall=0
			level   TAP-22         => hand=1 available=0 reserved=1 hq=0`},
		"of an order of ours, picked in that life": {`
			receive TAP-22 3
			collect o1 TAP-22 3    => allocated`, `
			pick    o1 3 0         => leg_picked
			hands   o1 ready       => leg_prepared
			hands   o1 collect     => leg_handed_over`, `
			order   o1             => completed here=0 taken=3 away=0 waits=0
			level   TAP-22         => hand=0 available=0 reserved=0 hq=0`},
		"of head office's order": {`
			receive TAP-22 3
			obey borrow  o9 TAP-22 2 => done
			obey reserve o9 TAP-22 2 => done`, `
			pick    o9 2 0         => leg_picked
			hands   o9 pack        => leg_prepared
			hands   o9 dispatch    => leg_handed_over
			hands   o9 fail 1      => leg_followed
			hands   o9 come back 1 => pending`, `
			level   TAP-22         => hand=2 available=1 reserved=0 hq=0
			part    o9             => dispatched on_the_way=1 came_back=1`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(c.shared)
			told := s.fork(t, c.shared+c.lost)[len(s.entries):]
			s.rebuild()
			for range 2 { // twice: a book set aside is asked again
				s.bring(t, told)
			}
			s.play(c.then)
			if err := s.core.State.CheckWork(); err != nil {
				t.Error(err)
			}
		})
	}
}

// table prints the state machine as DESIGN.md has it.
func table() string {
	var b strings.Builder
	b.WriteString("| deed | takes units from | and makes them | entry |\n|---|---|---|---|\n")
	for _, a := range ledger.Arrows() {
		var from []string
		for _, f := range a.From {
			from = append(from, f.String())
		}
		to := a.To.String()
		if a.To == ledger.StageNone {
			to = "of the part no more"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", a.Deed, strings.Join(from, ", "), to, a.Kind)
	}
	return b.String()
}

// states walks through all that can become of a part of three units, one unit at a time, and prints how the part stands as a whole
// before and after each deed.
func states() string {
	type units = [11]ledger.Qty
	begin := units{ledger.StageShelf: 3}
	seen := map[units]bool{begin: true}
	arrows := map[[2]string]map[string]bool{}
	for todo := []units{begin}; len(todo) > 0; {
		at := todo[0]
		todo = todo[1:]
		for _, a := range ledger.Arrows() {
			for _, f := range a.From {
				if at[f] == 0 {
					continue
				}
				next := at
				next[f]--
				if next[a.To]++; a.To == ledger.StageNone {
					next[a.To] = 0
				}
				row := [2]string{a.Deed.String(), string(ledger.FulfilStateOf(at))}
				if arrows[row] == nil {
					arrows[row] = map[string]bool{}
				}
				arrows[row][string(ledger.FulfilStateOf(next))] = true
				if !seen[next] {
					seen[next] = true
					todo = append(todo, next)
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("| deed | of a part that is | leaves it |\n|---|---|---|\n")
	for _, row := range slices.SortedFunc(maps.Keys(arrows), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row[0], row[1], strings.Join(slices.Sorted(maps.Keys(arrows[row])), ", "))
	}
	return b.String()
}

func TestTheStateMachineIsTheOneInTheDesign(t *testing.T) {
	standsInDesign(t, "fulfilments", table()+"\n"+states())
}
