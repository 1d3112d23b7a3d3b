package ledger_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// lotsOf reads lots as a story names them: LOT7:3, LOT7:3:2026-03-01, and #SN1 for the unit of a serial number.
func lotsOf(t testing.TB, words []string) (out []ledger.LotQty) {
	t.Helper()
	for _, w := range words {
		if serial, ok := strings.CutPrefix(w, "#"); ok {
			out = append(out, ledger.LotQty{Lot: ledger.LotID(serial), Qty: 1, Serial: true})
			continue
		}
		parts := strings.Split(w, ":")
		if len(parts) < 2 || strings.Contains(w, "=") {
			continue
		}
		q, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			continue
		}
		l := ledger.LotQty{Lot: ledger.LotID(parts[0]), Qty: ledger.Qty(q)}
		if len(parts) > 2 {
			if l.Expiry, err = ledger.ParseExpiry(parts[2]); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, l)
	}
	return out
}

// lineLots reads the lots that a story names of line 1.
func lineLots(t testing.TB, words []string) (out []ledger.LineLot) {
	for _, l := range lotsOf(t, words) {
		out = append(out, ledger.LineLot{Line: 1, LotQty: l})
	}
	return out
}

// binOf reads bin=B.
func binOf(words []string) (bin ledger.Bin) {
	for _, w := range words {
		if b, ok := strings.CutPrefix(w, "bin="); ok {
			bin = ledger.Bin(b)
		}
	}
	return bin
}

// lotting plays: today DAY (it is that day now), hold SKU LOT, release SKU LOT, touch, lots SKU (which lie where).
func (s *stage) lotting(w []string) string {
	s.t.Helper()
	switch w[0] {
	case "today":
		at, err := time.Parse(time.DateOnly, w[1])
		if err != nil {
			s.t.Fatal(err)
		}
		s.now = at
		return ""
	case "hold", "release":
		return verdict(s.do(&ledger.HoldLot{SKU: ledger.SKU(w[1]), Lot: ledger.LotID(w[2]), Reason: "glass in it", Release: w[0] == "release"}))
	case "touch":
		return verdict(s.do(&ledger.TouchLots{}))
	default:
		l, _ := s.core.State.Level(ledger.SKU(w[1]))
		return lotsIn(&l)
	}
}

// lotsIn says which lots lie where, as the auditor has it, too.
func lotsIn(l *ledger.Level) string {
	var out []string
	for i := range l.Lots {
		t := &l.Lots[i]
		for _, at := range t.At {
			where := map[ledger.AccountKind]string{ledger.Sellable: at.Ref, ledger.Blocked: at.Ref + "!", ledger.Picked: "hand"}[at.Kind]
			out = append(out, fmt.Sprintf("%s=%d@%s", t.Lot, at.Qty, where))
		}
	}
	return strings.Join(out, " ")
}

func TestLotsLeaveFirstExpiredFirst(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 3 OLD:3:2026-09-01 bin=B
		receive TAP-22 3 SOON:3:2026-03-01 bin=C
		receive TAP-22 2 KEEPS:2 bin=A
		lots    TAP-22              => SOON=3@C OLD=3@B KEEPS=2@A
		take    o1 TAP-22 4         => completed
		lots    TAP-22              => OLD=2@B KEEPS=2@A
		deliver o2 TAP-22 2         => allocated
		pick    o2 2 0 KEEPS:1      => leg_picked
		lots    TAP-22              => OLD=1@B OLD=1@hand KEEPS=1@A KEEPS=1@hand
		hands   o2 pack
		hands   o2 dispatch
		lots    TAP-22              => OLD=1@B KEEPS=1@A
		take    o3 TAP-22 1 NONE:1  => line 1: lot NONE of TAP-22 is not here to be sold, or 1 of it are not; here are OLD (1 in B), KEEPS (1 in A)
		take    o3 TAP-22 1 KEEPS:2 => line 1: lot KEEPS of TAP-22 is not here to be sold, or 1 of it are not; here are OLD (1 in B), KEEPS (1 in A)
		take    o3 TAP-22 1 KEEPS:1 => completed
		lots    TAP-22              => OLD=1@B
	`)
	s.whole("TAP-22")
}

// whole holds that each unit that is there is of a lot, and that who sees only the frames knows the same.
func (s *stage) whole(sku ledger.SKU) {
	s.t.Helper()
	l, _ := s.core.State.Level(sku)
	audited, _ := s.aud.State.Level(sku)
	if got, want := lotsIn(&audited), lotsIn(&l); got != want {
		s.t.Errorf("the auditor: got %s, want %s", got, want)
	}
	sum := ledger.Qty(0)
	for i := range l.Lots {
		sum += l.Lots[i].Here()
	}
	if sum != l.OnHand() {
		s.t.Errorf("lots: got %d units, want the %d on hand", sum, l.OnHand())
	}
}

func TestALotIsBlockedOnceItsLastDayIsOver(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 5 OLD:3:2026-01-06 NEW:2:2026-09-01
		deliver o1 TAP-22 2       => allocated
		today   2026-01-06
		touch
		lots    TAP-22            => OLD=3@MAIN NEW=2@MAIN
		today   2026-01-07
		take    o2 TAP-22 1       => short have=0
		lots    TAP-22            => OLD=3@MAIN! NEW=2@MAIN
		claims  TAP-22            => shelf=2 available=0 reserved=2 shortfall=0
		receive TAP-22 4 OLD:1:2026-01-06 NEW:3:2026-09-01
		lots    TAP-22            => OLD=4@MAIN! NEW=5@MAIN
		claims  TAP-22            => shelf=5 available=3 reserved=2 shortfall=0
		pick    o1 2 0 OLD:1      => line 1: lot OLD of TAP-22 was good until 2026-01-06. Nothing of it may be sold: put it aside, and take another; here are NEW (5 in MAIN)
		pick    o1 2 0            => leg_picked
		lots    TAP-22            => OLD=4@MAIN! NEW=3@MAIN NEW=2@hand
	`)
	s.whole("TAP-22")
}

func TestWhatIsOverTakesNoPromiseInSilence(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 3 OLD:3:2026-01-06
		deliver o1 TAP-22 1       => allocated
		obey    reserve o2 TAP-22 1 => refused not_allotted
		obey    borrow o3 TAP-22 2 => done
		today   2026-01-07
		touch
		order   o1                => backordered here=0 taken=0 away=0 waits=1
		claims  TAP-22            => shelf=0 available=0 reserved=0 shortfall=0
	`)
	s.whole("TAP-22")
}

func TestAHeldLotIsBlockedHereAndWhateverComesIn(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 3 BAD:3
		receive TAP-22 1 GOOD:1
		deliver o1 TAP-22 1       => allocated
		pick    o1 1 0 BAD:1      => leg_picked
		hold    TAP-22 BAD        => lot_held
		lots    TAP-22            => BAD=2@MAIN! BAD=1@hand GOOD=1@MAIN
		hands   o1 pack           => lot BAD of TAP-22 is held: glass in it. Put it back, and pick another
		receive TAP-22 1 BAD:1
		lots    TAP-22            => BAD=3@MAIN! BAD=1@hand GOOD=1@MAIN
		claims  TAP-22            => shelf=1 available=1 reserved=1 shortfall=0
		hands   o1 put back 1
		lots    TAP-22            => BAD=4@MAIN! GOOD=1@MAIN
		claims  TAP-22            => shelf=1 available=0 reserved=1 shortfall=0
		release TAP-22 BAD        => lot_held
		receive TAP-22 1 BAD:1
		lots    TAP-22            => BAD=1@MAIN BAD=4@MAIN! GOOD=1@MAIN
	`)
	s.whole("TAP-22")
}

func TestASerialNumberIsAtOnePlace(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive DRILL 2 #SN1 #SN2
		receive DRILL 1 #SN1        => line 1: serial number SN1 of DRILL is here already, in bin MAIN: scan the label of this unit again
		receive DRILL 2 #SN3 #SN3   => line 1: serial number SN3 of DRILL is named twice: scan each unit once
		receive DRILL 2 #SN3        => line 1: 2 of DRILL are taken in, and the lots that are named come to 1: say the lot of each
		take    o1 DRILL 1 #SN2     => completed
		lots    DRILL               => SN1=1@MAIN
		deliver o2 DRILL 1          => allocated
		pick    o2 1 0 #SN1         => leg_picked
		lots    DRILL               => SN1=1@hand
		receive DRILL 1 #SN1        => line 1: serial number SN1 of DRILL is here already, in hand for order 01900000-0000-7000-8000-000000000da3: scan the label of this unit again
	`)
	s.whole("DRILL")
}

// Goods from before an item was kept by lot are of no lot, and leave last.
func TestGoodsOfNoLotLeaveLast(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		receive TAP-22 1 LOT7:1 bin=Z
		take    o1 TAP-22 1   => completed
		lots    TAP-22        =>
		take    o2 TAP-22 2   => completed
		level   TAP-22        => hand=0 available=0 reserved=0 hq=0
	`)
}

// A lotPaper is what a storekeeper would write down of the lots of C: what each entry says of them, and nothing worked out. A
// book that let a unit leave without saying of which lot it was would differ from it.
type lotPaper struct {
	at map[ledger.LotID]map[ledger.LotPlace]ledger.Qty
}

func (p *lotPaper) read(e *ledger.Entry) {
	if p.at == nil {
		p.at = map[ledger.LotID]map[ledger.LotPlace]ledger.Qty{}
	}
	kept := func(k ledger.AccountKind) bool {
		return k == ledger.Sellable || k == ledger.Blocked || k == ledger.Picked
	}
	for _, v := range e.Lots {
		if p.at[v.Lot] == nil {
			p.at[v.Lot] = map[ledger.LotPlace]ledger.Qty{}
		}
		if kept(v.From.Kind) {
			p.at[v.Lot][v.From] -= v.Qty
		}
		if kept(v.To.Kind) {
			p.at[v.Lot][v.To] += v.Qty
		}
	}
}

// agree holds the paper against a state: each lot lies where it says, and no place has more of lots than it holds.
func (p *lotPaper) agree(t *rapid.T, s *ledger.State) {
	l, _ := s.Level("C")
	sum := ledger.Qty(0)
	for i := range l.Lots {
		sum += l.Lots[i].Here()
		for _, at := range l.Lots[i].At {
			if got := p.at[l.Lots[i].Lot][at.LotPlace]; got != at.Qty {
				t.Fatalf("lot %s in %s: got %d, want the %d that the entries add up to", l.Lots[i].Lot, at.LotPlace, at.Qty, got)
			}
		}
	}
	for lot, places := range p.at {
		for place, q := range places {
			if q < 0 {
				t.Fatalf("lot %s in %s: got %d by the entries, want no less than 0", lot, place, q)
			}
			sum -= q
		}
	}
	if sum != 0 {
		t.Fatalf("lots of C: got %d more units than the entries add up to, want as many", sum)
	}
	if err := ledger.CheckLots(&l); err != nil {
		t.Fatal(err)
	}
}

// drawLots divides q units over lots.
func drawLots(t *rapid.T, q ledger.Qty) (out []ledger.LotQty) {
	for q > 0 {
		n := ledger.Qty(rapid.Int64Range(1, int64(q)).Draw(t, "of the lot"))
		out = append(out, ledger.LotQty{Lot: drawOf(t, "lot", []ledger.LotID{"OLD", "NEW", "KEEPS"}), Qty: n})
		if last := &out[len(out)-1]; last.Lot != "KEEPS" {
			last.Expiry = map[ledger.LotID]ledger.Expiry{"OLD": 30_000, "NEW": 40_000}[last.Lot]
		}
		q -= n
	}
	return out
}

// A lot whose label nobody had read is good until the day that its next receipt says, also what lay there before.
func TestALotLearnsItsLastDay(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2 A:2
		receive TAP-22 1 B:1:2026-02-01
		lots    TAP-22               => B=1@MAIN A=2@MAIN
		receive TAP-22 1 A:1:2026-01-10
		lots    TAP-22               => A=3@MAIN B=1@MAIN
		receive TAP-22 1 A:1
		today   2026-01-11
		take    o1 TAP-22 1          => completed
		lots    TAP-22               => A=4@MAIN!
		receive TAP-22 3 C:1:2026-03-01 C:2:2026-04-01 => line 1: lot C of TAP-22 is good until 2026-03-01 and until 2026-04-01 by what was said: look at the label again
		receive TAP-22 3 C:1 C:2:2026-04-01
		hold    TAP-22 D
		receive TAP-22 1 D:1:2026-02-01
		release TAP-22 D
		today   2026-04-02
		touch
		lots    TAP-22               => A=4@MAIN! D=1@MAIN! C=3@MAIN!
	`)
	s.whole("TAP-22")
}

// A day that is over when it is told takes what lies there off the shelf at once.
func TestALotThatIsLearnedToBeOverIsBlockedAtOnce(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2 A:2
		receive TAP-22 1 A:1:2026-01-01
		lots    TAP-22 => A=3@MAIN!
	`)
	s.whole("TAP-22")
}

// What head office recalls is carried out once, however often it is heard; said anew it is another recall.
func TestARecallIsCarriedOutOnce(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 3 BAD:2 OK:1`)
	r := ledger.Recall{SKU: "TAP-22", Lot: "BAD", Reason: "glass in it", Number: 7, At: sampleMoment}
	if err := ledger.CheckRecalls([]ledger.Recall{r, r}); err == nil {
		t.Error("got a lot recalled twice in a list, want it refused")
	}
	check(t, "heard", verdict(s.do(r.Hold())), "lot_held")
	if out := s.do(r.Hold()); !out.Replayed {
		t.Errorf("heard again: got %+v, want the first answer", out)
	}
	s.play(`lots TAP-22 => BAD=2@MAIN! OK=1@MAIN`)
	r.Released, r.Number = true, 8
	check(t, "over", verdict(s.do(r.Hold())), "lot_held")
	r.Released, r.Number = false, 9
	check(t, "once more", verdict(s.do(r.Hold())), "lot_held")
	s.play(`
		receive TAP-22 1 BAD:1
		lots    TAP-22 => BAD=3@MAIN! OK=1@MAIN`)
	r.Released, r.Number = true, 10
	check(t, "over again", verdict(s.do(r.Hold())), "lot_held")
	r.Released, r.Number, r.Reason, r.At = false, 9, "more glass", r.At.Add(time.Hour)
	check(t, "a number given again by a head office that was restored", verdict(s.do(r.Hold())), "lot_held")
	s.play(`
		receive TAP-22 1 BAD:1
		lots    TAP-22 => BAD=4@MAIN! OK=1@MAIN`)
	s.whole("TAP-22")
}
