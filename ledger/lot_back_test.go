package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A return says which lot it is, from its order where that has one answer; and no more of a lot comes back than was sold of it.
func TestAReturnKnowsItsLot(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 4 A:4:2026-09-01
		receive TAP-22 4 B:4:2026-10-01
		take    o1 TAP-22 2
		take    o2 TAP-22 4
		back    r1 o1 1               => received
		lots    TAP-22                => A=1@MAIN! B=2@MAIN
		back    r2 o2 1               => line 1: say which of TAP-22 come back, or scan the label: this order had A (2), B (2)
		back    r2 o2 1 C:1           => line 1: 1 of C of TAP-22 come back, and of this order 0 can: it had A (2), B (2). Look at the label again
		back    r2 o2 3 A:3           => line 1: 3 of A of TAP-22 come back, and of this order 2 can: it had A (2), B (2). Look at the label again
		back    r2 o2 1 A:2           => line 1: 1 of TAP-22 come back, and the lots that are named come to 2: say the lot of each
		back    r2 o2 2 A:1 B:1       => received
		inspect r2 restock 1          => line 1: say which of TAP-22, or scan the label: this return has A (1), B (1) here
		inspect r2 restock 1 C        => line 1: 1 of C of TAP-22 are named: this return has A (1), B (1) here
		inspect r2 restock 1 B        => received
		lots    TAP-22                => A=2@MAIN! B=3@MAIN
		back    r3 o2 2               => received
		lots    TAP-22                => A=3@MAIN! B=3@MAIN B=1@MAIN!
		back    r4 o2 1               => over_returned sold=4 back=4 left=0
	`)
	s.whole("TAP-22")
}

// A unit of a lot that was recalled while it was with its customer is not sold again.
func TestARecalledUnitThatComesBackIsNotSoldAgain(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2 BAD:2:2026-09-01
		receive TAP-22 1 GOOD:1
		take    o1 TAP-22 1            => completed
		take    o2 TAP-22 1            => completed
		hold    TAP-22 BAD             => lot_held
		back    r1 o1 1 restock        => closed
		lots    TAP-22                 => BAD=1@MAIN! GOOD=1@MAIN
		claims  TAP-22                 => shelf=1 available=1 reserved=0 shortfall=0
		adjust  TAP-22 1
		back    r2 o2 1                => received
		inspect r2 scrap 1             => closed
		lots    TAP-22                 => BAD=1@MAIN! GOOD=1@MAIN
	`)
}

// What is over by its label is over when it comes back, although the site had forgotten the lot.
func TestALotThatComesBackKeepsItsLastDay(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 1 A:1:2026-01-10
		take    o1 TAP-22 1
		today   2026-01-11
		back    r1 o1 1 restock        => closed
		lots    TAP-22                 => A=1@MAIN!
	`)
	s.whole("TAP-22")
}

// A serial number that came back can be picked again, also in the life after: its return knew it.
func TestASerialNumberComesBackAndIsSoldAgain(t *testing.T) {
	story := `
		receive DRILL 2 #SN1 #SN2
		take    o1 DRILL 2 #SN1 #SN2   => completed
		back    r1 o1 1                => line 1: say which of DRILL come back, or scan the label: this order had SN1, SN2
		back    r1 o1 1 #SN2           => received
		back    r2 o1 1 #SN2           => line 1: serial number SN2 of DRILL is here already, blocked in bin MAIN: scan the label of this unit again
		inspect r1 restock 1           => closed
		deliver o2 DRILL 1             => allocated
		pick    o2 1 0 #SN2            => leg_picked
		lots    DRILL                  => SN2=1@hand
		hands   o2 pack
		hands   o2 dispatch
		back    r3 o1 1                => received
		lots    DRILL                  => SN1=1@MAIN!`
	s := newStage(t, "leeds", true)
	s.play(story)
	s.whole("DRILL")
	again := newStage(t, "leeds", true)
	lost := again.fork(t, story)
	again.rebuild()
	again.bring(t, lost)
	again.play(`
		lots   DRILL  => SN1=1@MAIN!
		return r3     => received granted received=1 blocked=0 restocked=0 scrapped=0 handed=0 refused=0`)
	again.whole("DRILL")
}

// What a carrier brings back is of the lot that it took.
func TestAParcelThatComesBackKnowsItsLot(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2 A:2:2026-09-01
		receive TAP-22 2 B:2:2026-10-01
		deliver o1 TAP-22 2            => allocated
		pick    o1 2 0 B:2             => leg_picked
		hands   o1 pack                => leg_prepared
		hands   o1 dispatch            => leg_handed_over
		hands   o1 fail                => leg_followed
		hands   o1 come back as=r1     => received
		lots    TAP-22                 => A=2@MAIN B=2@MAIN!
		inspect r1 restock 2           => closed
		lots    TAP-22                 => A=2@MAIN B=2@MAIN
	`)
	s.whole("TAP-22")
}

// Goods that lie blocked beside a return's are left where they are when the return is inspected, and the other way round.
func TestWhatLiesBlockedIsNamedBeforeItIsRestocked(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2 BAD:2:2026-02-01
		receive TAP-22 2 OK:2:2026-09-01
		take    o1 TAP-22 1 OK:1
		hold    TAP-22 BAD
		back    r1 o1 1                => received
		lots    TAP-22                 => BAD=2@MAIN! OK=1@MAIN OK=1@MAIN!
		inspect r1 restock 1           => closed
		lots    TAP-22                 => BAD=2@MAIN! OK=2@MAIN
		hold    TAP-22 OK
	`)
	seen := func(q ledger.Qty, lots ...ledger.LotID) string {
		return verdict(s.do(&ledger.InspectBlocked{Reason: "looked", Lots: lots, Lines: []ledger.BlockedLine{{SKU: "TAP-22", Qty: q, Do: ledger.Scrap}}}))
	}
	check(t, "nobody says which", seen(1), "line 1: say which of TAP-22, or scan the label: blocked in bin MAIN are BAD (2), OK (2)")
	check(t, "more than there is", seen(3, "BAD"), "line 1: 3 of BAD of TAP-22 are named, and 2 of it are blocked in bin MAIN: there are BAD (2), OK (2)")
	check(t, "one of two", seen(1, "OK"), "blocked_inspected")
	s.play(`lots TAP-22 => BAD=2@MAIN! OK=1@MAIN!`)
	move := func(q ledger.Qty, lots ...ledger.LotID) string {
		return verdict(s.do(&ledger.MoveBins{Lots: lots, Lines: []ledger.BinMove{{SKU: "TAP-22", From: "MAIN", To: "Q", Qty: q, Blocked: true}}}))
	}
	check(t, "moved, nobody says which", move(1), "line 1: say which of TAP-22, or scan the label: blocked in bin MAIN are BAD (2), OK (1)")
	check(t, "moved", move(1, "OK"), "bins_moved")
	s.play(`lots TAP-22 => BAD=2@MAIN! OK=1@Q!`)
	s.whole("TAP-22")
}

// Who puts one of two lots back says which; a serial number goes out of the door by its name.
func TestWhatIsPutBackIsNamed(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2 A:2:2026-02-01
		receive TAP-22 2 B:2:2026-09-01
		deliver o1 TAP-22 2              => allocated
		pick    o1 2 0 A:1 B:1           => leg_picked
		hands   o1 put back 1            => say which of TAP-22, or scan the label: in hand are A (1), B (1)
		hands   o1 put back 1 lot=C      => line 1: 1 of C are named, of 0 in hand for this order, and 1 go: there are A (1), B (1)
		hands   o1 put back 1 lot=B      => leg_put_back
		lots    TAP-22                   => A=1@MAIN A=1@hand B=2@MAIN
		receive DRILL 3 #SN1 #SN2 #SN3
		deliver o2 DRILL 2               => allocated
		pick    o2 2 0 #SN1 #SN3         => leg_picked
		hands   o2 pack                  => leg_prepared
		hands   o2 dispatch 1            => say which of DRILL, or scan the label: in hand are SN1, SN3
		hands   o2 dispatch 1 lot=SN3    => leg_handed_over
		lots    DRILL                    => SN1=1@hand SN2=1@MAIN
		hands   o2 dispatch              => leg_handed_over
		lots    DRILL                    => SN2=1@MAIN
	`)
	s.whole("TAP-22")
	s.whole("DRILL")
}

// What is taken out of a carton and put back was packed: what is loose stays in hand.
func TestWhatIsPutBackOutOfACartonWasPacked(t *testing.T) {
	s := newStage(t, "hull", false)
	s.play(`
		receive TAP-22 5
		obey reserve o1 TAP-22 5 => done
		pick    o1 5 0           => leg_picked`)
	check(t, "pack into A", s.boxed(ledger.WorkLeg{Deed: ledger.DeedPack, Into: []ledger.Carton{into("A", 3)}}), "leg_prepared")
	out := deed(ledger.DeedPutBack, 2)
	out.Out = sscc("A")
	check(t, "put back out of A", s.boxed(out), "leg_put_back")
	p, _ := ledger.PartOf(s.core.State, oid("o1"))
	if at := p.Lines[0].At; at[ledger.StagePicked] != 2 || at[ledger.StagePacked] != 1 {
		t.Errorf("got %d picked and %d packed, want 2 and 1", at[ledger.StagePicked], at[ledger.StagePacked])
	}
	if err := s.core.State.CheckWork(); err != nil {
		t.Error(err)
	}
}

// What is said of the units of a line comes to the same in whatever order it is said, and to no more than the line brings.
func TestAReturnDoesWithEachLotWhatIsSaidOfIt(t *testing.T) {
	const story = `
		receive TAP-22 1 A:1:2026-09-01
		receive TAP-22 2 B:2:2026-10-01
		take    o1 TAP-22 3`
	lot := func(id ledger.LotID, q ledger.Qty) ledger.LotQty { return ledger.LotQty{Lot: id, Qty: q} }
	for name, c := range map[string]struct {
		lines []ledger.BackLine
		want  string
		lots  string
	}{
		"what is open before what is named": {[]ledger.BackLine{{Line: 1, Qty: 2, Do: ledger.Restock}, {Line: 1, Qty: 1, Do: ledger.Scrap, Lots: []ledger.LotQty{lot("A", 1)}}},
			"closed", "B=2@MAIN"},
		"what is named before what is open": {[]ledger.BackLine{{Line: 1, Qty: 1, Do: ledger.Scrap, Lots: []ledger.LotQty{lot("A", 1)}}, {Line: 1, Qty: 2, Do: ledger.Restock}},
			"closed", "B=2@MAIN"},
		"what is kept beside what is open": {[]ledger.BackLine{{Line: 1, Qty: 1, Do: ledger.Restock}, {Line: 1, Qty: 1, Lots: []ledger.LotQty{lot("A", 1)}}, {Line: 1, Qty: 1, Do: ledger.Block, Lots: []ledger.LotQty{lot("B", 1)}}},
			"received", "A=1@MAIN! B=1@MAIN B=1@MAIN!"},
		"more named than a line brings": {[]ledger.BackLine{{Line: 1, Qty: 1, Do: ledger.Restock, Lots: []ledger.LotQty{lot("A", 1), lot("B", 1)}}, {Line: 1, Qty: 2, Do: ledger.Restock}},
			"line 1: 1 of TAP-22 come back, and the lots that are named come to 2: say the lot of each", ""},
		"less than one": {[]ledger.BackLine{{Line: 1, Qty: 2, Do: ledger.Restock, Lots: []ledger.LotQty{lot("B", -1), lot("B", 3)}}},
			"line 1: qty is -1; it must be at least 1", ""},
	} {
		for order, id := range map[string]ledger.OrderID{"of an order": oid("o1"), "without a receipt": ""} {
			s := newStage(t, "leeds", true)
			s.play(story)
			lines := append([]ledger.BackLine(nil), c.lines...)
			if id == "" {
				for i := range lines {
					lines[i].Line, lines[i].SKU = 0, "TAP-22"
				}
				for i := range lines {
					if lines[i].Lots == nil { // which its order says
						lines[i].Lots = []ledger.LotQty{lot("B", lines[i].Qty)}
					}
				}
			}
			check(t, name+" "+order, verdict(s.do(&ledger.TakeBack{ID: "r1", Order: id, Lines: lines})), c.want)
			l, _ := s.core.State.Level("TAP-22")
			check(t, name+" "+order+": lots", lotsIn(&l), c.lots)
			s.whole("TAP-22")
		}
	}
}

// Without a receipt nobody knows the lot of what is left open.
func TestWhatIsOpenTakesNoLotThatIsNamed(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.do(&ledger.TakeBack{ID: "r1", Lines: []ledger.BackLine{{SKU: "TAP-22", Qty: 2, Do: ledger.Restock},
		{SKU: "TAP-22", Qty: 1, Do: ledger.Block, Lots: []ledger.LotQty{{Lot: "A", Qty: 1}}}, {SKU: "TAP-22", Qty: 1, Do: ledger.Scrap, Lots: []ledger.LotQty{{Lot: "B", Qty: 1}}}}})
	s.play(`
		claims TAP-22 => shelf=2 available=2 reserved=0 shortfall=0
		lots   TAP-22 => A=1@MAIN!`)
}

// Goods of no lot that are moved there and back again in one act are where they were.
func TestGoodsOfNoLotGoThereAndBack(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 5
		receive TAP-22 2 A:2`)
	out := s.do(&ledger.MoveBins{Lines: []ledger.BinMove{{SKU: "TAP-22", From: "MAIN", To: "Q", Qty: 7}, {SKU: "TAP-22", From: "Q", To: "MAIN", Qty: 7}}})
	check(t, "there and back", verdict(out), "bins_moved")
	s.play(`lots TAP-22 => A=2@MAIN`)
}
