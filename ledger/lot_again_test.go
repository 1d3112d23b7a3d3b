package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A lot went over while its node was down, with an order's units among it: what is written first at the start displaces the order and blocks the lot,
// once. What the replay folded has arrived long ago.
func TestALotThatIsOverWhenItsNodeStartsIsBlockedOnce(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 5 X:5:2026-03-01
		deliver o1 TAP-22 5 => allocated
		today   2026-03-02`)
	replayed := ledger.NewState("leeds") // as a start folds the journal's tail
	for _, e := range s.entries {
		if err := replayed.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	replayed.Hash = s.core.State.Hash
	s.core = ledger.NewCore(replayed, everything{s})
	s.do(&ledger.Reboot{Boot: [16]byte{1}})
	s.play(`
		touch
		lots    TAP-22 => X=5@MAIN!`)
	s.whole("TAP-22")
}

// A count that is the first that a book is asked for on a day counts what lies there after what is over was blocked.
func TestACountFirstOnADayMakesNoUnits(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 10 X:10:2026-03-01
		today   2026-03-02`)
	at := s.core.State.Seq
	s.do(&ledger.Count{Epoch: 1, At: at, Reason: "cycle", By: "anna", Lines: []ledger.CountedLine{{SKU: "TAP-22", Bin: ledger.BinDefault, Counted: 10}}})
	if l, _ := s.core.State.Level("TAP-22"); l.OnHand() != 10 {
		t.Errorf("got %d on hand, want the 10 that lie there", l.OnHand())
	}
	s.whole("TAP-22")
}

// What the customer holds is sold whatever the book says of its serial number.
func TestGoodsInTheHandAreSoldWhateverTheirLot(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 2 A:2:2026-09-01`)
	o := order([]string{"take", "o1", "TAP-22", "1"}, 1)
	out := s.do(&ledger.Place{Order: o, InHand: true, Approver: "sue", Lots: []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "NONE", Qty: 1}}}})
	if out.Err != nil {
		t.Errorf("got %v, want it sold", out.Err)
	}
	s.whole("TAP-22")
}

// One name is not a lot and a serial number of one item, whichever is said first, in one receipt or with nothing of it left.
func TestANameIsALotOrASerialNumber(t *testing.T) {
	for name, lots := range map[string][]ledger.LotQty{
		"serial first": {{Lot: "X", Qty: 1, Serial: true}, {Lot: "X", Qty: 5}},
		"lot first":    {{Lot: "X", Qty: 5}, {Lot: "X", Qty: 1, Serial: true}},
	} {
		s := newStage(t, "leeds", true)
		out := s.do(&ledger.Receive{ID: "r-1", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 6, Bin: ledger.BinDefault, Lots: lots}}})
		if out.Err == nil || out.Entry != nil {
			t.Errorf("%s: got %+v, want it refused", name, out)
		}
		s.whole("TAP-22")
	}
}

// A dispatch takes what lies in cartons and what lies beside them once each, also where some of it is to be put back.
func TestADispatchTakesEachUnitOnce(t *testing.T) {
	s := newStage(t, "hull", false)
	s.play(`
		receive TAP-22 8
		obey reserve o1 TAP-22 8 => done
		pick    o1 8 0           => leg_picked`)
	check(t, "pack into A", s.boxed(ledger.WorkLeg{Deed: ledger.DeedPack, Into: []ledger.Carton{into("A", 3)}}), "leg_prepared")
	s.play(`
		hands   o1 pack
		obey release o1 TAP-22 3 => done`)
	check(t, "dispatch", s.boxed(deed(ledger.DeedDispatch, 0)), "leg_handed_over")
	if err := s.core.State.CheckWork(); err != nil {
		t.Error(err)
	}
}
