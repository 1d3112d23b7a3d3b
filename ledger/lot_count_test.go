package ledger_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAnAdjustmentNamesItsLotsOrTakesWhatLeavesFirst(t *testing.T) {
	for name, story := range map[string]string{
		"what is gone and not named was of the lot that leaves first": `
			receive MILK 3 OLD:3:2026-09-01 bin=B
			receive MILK 3 SOON:3:2026-03-01 bin=A
			adjust  MILK -4
			lots    MILK                  => OLD=2@B`,
		"the one that is named, from whichever bin has it": `
			receive MILK 3 OLD:3:2026-09-01 bin=B
			receive MILK 3 SOON:3:2026-03-01 bin=A
			adjust  MILK -3 OLD:2
			lots    MILK                  => SOON=2@A OLD=1@B
			adjust  MILK -2 OLD:2         => line 1: lot OLD of MILK is not here to be sold, or 1 of it are not; here are SOON (2 in A), OLD (1 in B)
			adjust  MILK -1 OLD:1 bin=A   => line 1: 1 of OLD of MILK are named, and 0 of it are in bin A: there are SOON (2)
			adjust  MILK -1 OLD:2         => line 1: 1 of MILK are gone, and the lots that are named come to 2: say no more than are gone
			adjust  MILK -1 SOON:1 bin=A
			lots    MILK                  => SOON=1@A OLD=1@B`,
		"what is found is of the lot that its label has": `
			receive MILK 3 OLD:3:2026-09-01
			adjust  MILK 2 OLD:1 NEW:1:2026-12-01
			lots    MILK                  => OLD=4@MAIN NEW=1@MAIN
			adjust  MILK 2 OLD:1          => line 1: 2 of MILK are taken in, and the lots that are named come to 1: say the lot of each
			adjust  MILK 1 OLD:1:2026-10-01 => line 1: lot OLD of MILK is good until 2026-09-01 by the book, and 2026-10-01 by what was said: look at the label again`,
		"what is found of a held lot is blocked at once": `
			hold    MILK BAD
			adjust  MILK 2 BAD:2
			lots    MILK                  => BAD=2@MAIN!
			claims  MILK                  => shelf=0 available=0 reserved=0 shortfall=0`,
		"nobody guesses which serial number is gone": `
			receive DRILL 2 #S1 #S2
			adjust  DRILL -1              => line 1: say which serial number of DRILL is gone. Who does not know scans what is left: a count by serial number finds out; here are S1 (1 in MAIN), S2 (1 in MAIN)
			adjust  DRILL -1 #S2
			lots    DRILL                 => S1=1@MAIN
			adjust  DRILL 1 #S1           => line 1: serial number S1 of DRILL is here already, in bin MAIN: scan the label of this unit again
			adjust  DRILL -1
			lots    DRILL                 =>`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(story)
			s.whole("MILK")
			s.whole("DRILL")
		})
	}
}

// A line of a bin goes before one that takes from whichever holds some, wherever it stands.
func TestALineOfABinKeepsItsUnitsFromOneOfAnyBin(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive MILK 3 L1:3 bin=A
		receive MILK 3 L2:3 bin=B`)
	out := s.do(&ledger.Adjust{Reason: "spoiled", Lines: []ledger.AdjustLine{{SKU: "MILK", Qty: -2}, {SKU: "MILK", Bin: "A", Qty: -3}}})
	if got := verdict(out); out.Err != nil {
		t.Fatalf("got %s, want it done", got)
	}
	s.play(`lots MILK => L2=1@B`)
	s.whole("MILK")
}

func TestACountByLotSaysWhichAreMissingAndWhichAreFound(t *testing.T) {
	for name, story := range map[string]string{
		"one is missing, another is found, and none by the sum": `
			receive MILK 3 OLD:3:2026-09-01
			receive MILK 3 SOON:3:2026-03-01
			count   MILK 6 OLD:4 SOON:2   => expected=6 variance=0
			lots    MILK                  => SOON=2@MAIN OLD=4@MAIN
			claims  MILK                  => shelf=6 available=6 reserved=0 shortfall=0`,
		"what nobody names is not there": `
			receive MILK 3 OLD:3:2026-09-01
			receive MILK 3 SOON:3:2026-03-01
			count   MILK 4 OLD:4          => expected=6 variance=-2
			lots    MILK                  => OLD=4@MAIN`,
		"what has no label is of no lot": `
			receive MILK 3 OLD:3:2026-09-01
			count   MILK 5 OLD:2          => expected=3 variance=2
			lots    MILK                  => OLD=2@MAIN
			count   MILK 5 OLD:4 NEW:1:2026-12-01 => expected=5 variance=0
			lots    MILK                  => OLD=4@MAIN NEW=1@MAIN`,
		"what is sold meanwhile is no variance of its lot": `
			receive MILK 3 OLD:3:2026-09-01
			receive MILK 3 SOON:3:2026-03-01
			mark    counted
			take    o1 MILK 2             => completed
			count   MILK 5 OLD:3 SOON:2 counted => expected=6 variance=-1
			lots    MILK                  => OLD=3@MAIN`,
		"more has left of a lot since than was counted of it": `
			receive MILK 3 OLD:3:2026-09-01
			receive MILK 3 SOON:3:2026-03-01
			mark    counted
			take    o1 MILK 2             => completed
			count   MILK 5 OLD:4 SOON:1 counted => count_outdated newer=0
			lots    MILK                  => SOON=1@MAIN OLD=3@MAIN`,
		"an older count never undoes a newer one that found other lots and as many units": `
			receive MILK 3 OLD:3:2026-09-01
			receive MILK 3 SOON:3:2026-03-01
			mark    early
			take    o1 MILK 1             => completed
			count   MILK 5 OLD:4 SOON:1   => expected=5 variance=0
			count   MILK 6 OLD:3 SOON:3 early => count_outdated newer=5
			lots    MILK                  => SOON=1@MAIN OLD=4@MAIN`,
		"nor one by hand": `
			receive MILK 3 OLD:3:2026-09-01
			mark    early
			adjust  MILK -1 OLD:1
			count   MILK 3 OLD:3 early    => count_outdated newer=0`,
		"two counts of one moment do not take the same unit twice": `
			receive MILK 3 OLD:3:2026-09-01
			mark    counted
			count   MILK 2 OLD:2 counted  => expected=3 variance=-1
			count   MILK 2 OLD:2 counted  => expected=2 variance=0
			lots    MILK                  => OLD=2@MAIN`,
		"a lot that is over or held is blocked again where it is found": `
			receive MILK 1 OLD:1:2026-09-01
			count   MILK 3 OLD:1 GONE:2:2025-06-01 => expected=1 variance=2
			lots    MILK                  => GONE=2@MAIN! OLD=1@MAIN
			count   MILK 3 OLD:1 GONE:2   => line 1: 2 of lot GONE of MILK lie blocked in bin MAIN, and 2 more than the book has there were counted: blocked goods are not counted. Leave them out, and count again`,
		"who has counted less in all than by lot is asked to count again": `
			count   MILK 3 OLD:4          => line 1: 3 of MILK were counted in bin MAIN, and the lots that are named come to more, 4: count again`,
		"a swap of many is beyond the tolerance, whatever it comes to": `
			receive MILK 8 OLD:4:2026-09-01 SOON:4:2026-03-01
			count   MILK 8 OLD:8 within=1 => recount_needed newer=0
			count   MILK 8 OLD:8 within=1 again=bob => expected=8 variance=0`,
		"by serial number": `
			receive DRILL 3 #S1 #S2 #S3
			count   DRILL 2               => line 1: say which serial number of DRILL is gone. Who does not know scans what is left: a count by serial number finds out; here are S1 (1 in MAIN), S2 (1 in MAIN), S3 (1 in MAIN)
			count   DRILL 2 #S1 #S3       => expected=3 variance=-1
			lots    DRILL                 => S1=1@MAIN S3=1@MAIN
			count   DRILL 1 #S1 bin=B     => line 1: serial number S1 of DRILL is here already, in bin MAIN: scan the label of this unit again
			count   DRILL 0               => expected=2 variance=-2
			count   DRILL 2 #S1 #S1       => line 1: S1 of DRILL is named twice in bin MAIN: add the two up; a serial number is one unit`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(story)
			s.auditsLots("MILK")
			s.auditsLots("DRILL")
		})
	}
}

// auditsLots holds that who sees only the frames knows the same of a SKU's lots.
func (s *stage) auditsLots(sku ledger.SKU) {
	s.t.Helper()
	l, _ := s.core.State.Level(sku)
	audited, _ := s.aud.State.Level(sku)
	if got, want := lotsIn(&audited), lotsIn(&l); got != want {
		s.t.Errorf("the auditor: got %s, want %s", got, want)
	}
	if err := ledger.CheckLots(&l); err != nil {
		s.t.Error(err)
	}
}

// A unit that lies in another bin than the book says has moved: one count of both bins settles it.
func TestASerialNumberThatLiesElsewhereHasMoved(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive DRILL 2 #S1 #S2`)
	unit := func(bin ledger.Bin, names ...ledger.LotID) ledger.CountedLine {
		l := ledger.CountedLine{SKU: "DRILL", Bin: bin, Counted: ledger.Qty(len(names))}
		for _, n := range names {
			l.Lots = append(l.Lots, ledger.CountedLot{Lot: n, Serial: true, Counted: 1})
		}
		return l
	}
	count := func(lines ...ledger.CountedLine) error {
		return s.do(&ledger.Count{Reason: "counted", Lines: lines, NewBins: true}).Err
	}
	if err := count(unit("B", "S2"), unit("MAIN", "S1")); err != nil {
		t.Fatal(err)
	}
	s.play(`
		lots   DRILL => S1=1@MAIN S2=1@B
		claims DRILL => shelf=2 available=2 reserved=0 shortfall=0`)
	if err := count(unit("B", "S2", "S3"), unit("MAIN", "S1", "S3")); err == nil || err.Error() != "line 2: serial number S3 of DRILL is counted in two bins: scan each unit once" {
		t.Errorf("got %v, want it refused", err)
	}
	s.whole("DRILL")
}

// Any interleaving of sales, goods-in and counts by lot leaves each lot as it was counted, less what has left since and with what has come.
func TestACountByLotIsTrueAtItsPosition(t *testing.T) {
	for seed := range uint64(40) {
		s := newStage(t, "leeds", true)
		r := rand.New(rand.NewPCG(seed, 6))
		lots := []ledger.LotID{"A", "B", "C"}
		truth := map[ledger.LotID]ledger.Qty{}
		come := func() {
			lot, q := lots[r.IntN(3)], ledger.Qty(1+r.IntN(5))
			truth[lot] += q
			s.do(&ledger.Receive{ID: "r", Reference: "DN", Lines: []ledger.ReceiptLine{{SKU: "MILK", Qty: q, Lots: []ledger.LotQty{{Lot: lot, Qty: q}}}}})
		}
		sell := func() {
			lot := lots[r.IntN(3)]
			out := s.do(&ledger.Adjust{Reason: "given", Lines: []ledger.AdjustLine{{SKU: "MILK", Qty: -1}}, Lots: []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: lot, Qty: 1}}}})
			if out.Err == nil {
				truth[lot]--
			}
		}
		moves := func() {
			if r.IntN(2) == 0 {
				come()
			} else if level, _ := s.core.State.Level("MILK"); level.Available > 0 {
				o := order([]string{"take", "o" + string(rune('a'+r.IntN(26))) + string(rune('a'+r.IntN(26))), "MILK"}, 1)
				lot := lots[r.IntN(3)]
				if out := s.do(&ledger.Place{Order: o, Lots: []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: lot, Qty: 1}}}}); out.Err == nil {
					truth[lot]--
				}
			}
		}
		come()
		sell() // by hand, before anybody counts
		// Somebody finds other units than the book has: that is the truth from here on.
		seen := ledger.CountedLine{SKU: "MILK", Bin: ledger.BinDefault}
		at := s.core.State.Seq
		for _, lot := range lots {
			truth[lot] = max(0, truth[lot]+ledger.Qty(r.IntN(4))-1)
			if truth[lot] > 0 {
				seen.Counted += truth[lot]
				seen.Lots = append(seen.Lots, ledger.CountedLot{Lot: lot, Counted: truth[lot]})
			}
		}
		for range r.IntN(6) {
			moves()
		}
		count := &ledger.Count{Reason: "counted", Epoch: s.core.State.Epoch, At: at, Lines: []ledger.CountedLine{seen}}
		out := s.do(count)
		if no, ok := errors.AsType[*ledger.CountError](out.Err); ok && no.Body.Refusal == ledger.RefusedOutdated {
			continue // more has left since than was there
		}
		if out.Err != nil {
			t.Fatalf("seed %d: %v", seed, out.Err)
		}
		level, _ := s.core.State.Level("MILK")
		for _, lot := range lots {
			got := ledger.Qty(0)
			if l := level.Lot(lot); l != nil {
				got = l.Here()
			}
			if len(seen.Lots) > 0 && got != truth[lot] {
				t.Errorf("seed %d: lot %s: got %d, want %d", seed, lot, got, truth[lot])
			}
		}
		s.auditsLots("MILK")
	}
}

// The lot that a customer holds is theirs also where head office is asked for the rest; one that is not here is refused before anybody asks.
func TestAnOrderThatHeadOfficeIsAskedAboutKeepsItsLots(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2 SOON:2:2026-03-01
		receive TAP-22 3 LATE:3:2026-09-01
		obey    borrow b1 TAP-22 2  => done`)
	lots := []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "LATE", Qty: 3}}}
	place := func(lots []ledger.LineLot) ledger.Outcome {
		return s.do(&ledger.Place{AskHQ: true, Order: order([]string{"take", "o1", "TAP-22", "any"}, 4), Lots: lots})
	}
	if out := place([]ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "LATE", Qty: 4}}}); out.Err == nil || out.Entry != nil {
		t.Fatalf("got %s, want it refused before it is asked about", verdict(out))
	}
	out := place(lots)
	if out.Entry == nil || out.Entry.Kind != ledger.KindAsked {
		t.Fatalf("got %s, want it asked about", verdict(out))
	}
	ask := out.Entry.Body.(*ledger.OrderBody).Ask
	if out := s.do(&ledger.AcceptAsk{Order: oid("o1"), Ask: ask, Legs: []ledger.AskLeg{{Line: 1, Site: "leeds", Qty: 1}}, Lots: lots}); out.Err != nil {
		t.Fatal(out.Err)
	}
	s.play(`lots TAP-22 => SOON=1@MAIN`)
	s.whole("TAP-22")
}
