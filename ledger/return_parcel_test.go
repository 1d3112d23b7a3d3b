package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A unit comes back once, whoever brings it: what a carrier has brought no customer brings again, and the other way round.
func TestAUnitComesBackOnceWhoeverBringsIt(t *testing.T) {
	sent := `
		receive TAP 3
		deliver o TAP 2  => allocated
		pick    o 2 0    => leg_picked
		hands   o pack   => leg_prepared
		hands   o dispatch => leg_handed_over
		hands   o fail   => leg_followed`
	for name, story := range map[string]string{
		"the carrier first": `
			hands   o come back as=r => received
			return  r => received granted received=2 blocked=0 restocked=0 scrapped=0 handed=0 refused=0
			back    x o 1 => over_returned sold=2 back=2 left=0
			level   TAP   => hand=3 available=1 reserved=0 hq=0
			inspect r restock 1 => received
			inspect r scrap 1   => closed
			level   TAP   => hand=2 available=2 reserved=0 hq=0`,
		"one by each": `
			hands   o come back 1 as=r => received
			back    x o 2 => over_returned sold=2 back=1 left=1
			back    x o 1 restock => closed
			hands   o come back 1 => line 1: 2 sold, 2 came back before, 0 can still come back, 1 are named
			hands   o deliver 1   => leg_followed
			part    o     => nothing
			level   TAP   => hand=3 available=2 reserved=0 hq=0`,
		"the customer first": `
			back    x o 2 => received
			hands   o come back   => line 1: 2 sold, 2 came back before, 0 can still come back, 2 are named
			hands   o deliver 2   => leg_followed
			part    o     => nothing
			level   TAP   => hand=3 available=1 reserved=0 hq=0`,
		"from the road, without a word before": `
			hands   o come back 2 as=r => received
			back    x o 1 => over_returned sold=2 back=2 left=0`,
		"another return has the name": `
			bring   r TAP 1 => received
			hands   o come back 2 as=r => id is another return's: give this one its own`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(sent + story)
			if err := s.core.State.CheckWork(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What comes back of another book's order waits for that book, as what a customer brings does.
func TestAParcelOfAnotherBooksOrderWaitsForThatBook(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP 2
		obey borrow  o TAP 2 => done
		obey reserve o TAP 2 => done
		pick    o 2 0      => leg_picked
		hands   o pack     => leg_prepared
		hands   o dispatch => leg_handed_over
		hands   o come back 2 as=r => pending
		inspect r restock 1 => return_state sold=0 back=0 left=0
		answer  r o TAP 1  => done 1
		return  r => received refused received=2 blocked=0 restocked=0 scrapped=0 handed=0 refused=1
		inspect r restock 2 => closed
		level   TAP => hand=2 available=2 reserved=0 hq=0`)
}

// A parcel that came back in another life is a return of this one, whatever of the parcel this one knows, in whatever turn it is told.
func TestAParcelThatCameBackIsToldLateAsTheReturnItIs(t *testing.T) {
	const shared = `
		receive TAP 2
		deliver o TAP 2    => allocated
		pick    o 2 0      => leg_picked
		hands   o pack     => leg_prepared`
	const lost = `
		hands   o dispatch => leg_handed_over
		hands   o fail     => leg_followed
		hands   o come back as=r => received
		inspect r restock 1 => received`
	const want = `
		attest     => attested
		return r   => received granted received=1 blocked=0 restocked=1 scrapped=0 handed=0 refused=0
		back   x o 1 => over_returned sold=2 back=2 left=0
		level  TAP => hand=2 available=1 reserved=0 hq=0`
	for name, c := range map[string]struct{ shared, lost string }{
		"all of it is new":     {"", shared + lost},
		"the parcel was there": {shared, lost},
		"it was on its way": {shared + `
			hands   o dispatch => leg_handed_over`, `
			hands   o come back 2 as=r => received
			inspect r restock 1 => received`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(c.shared)
			told := s.fork(t, c.shared+c.lost)[len(s.entries):]
			s.rebuild()
			for range 2 {
				s.bring(t, told)
			}
			s.play(want)
			again := newStage(t, "leeds", true) // by a book that was told late itself
			again.rebuild()
			for range 2 {
				again.bring(t, s.entries[2:])
			}
			again.play(want)
			for _, s := range []*stage{s, again} {
				if err := s.core.State.CheckWork(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A part that came back may close long after its order has: the order is looked for where it was put away.
func TestAParcelOfAnOrderThatIsPutAwayComesBack(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 2)
	o := ledger.Order{ID: oid("o"), Channel: "web", Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP", Qty: 2}}}
	d.must(&ledger.Place{Order: o})
	d.must(&ledger.PickLeg{Order: o.ID, Lines: []ledger.LegLine{{Line: 1, Qty: 2}}})
	for _, deed := range []ledger.Deed{ledger.DeedPack, ledger.DeedDispatch} {
		d.must(&ledger.WorkLeg{Order: o.ID, Deed: deed})
	}
	d.reopen()
	out := d.must(&ledger.WorkLeg{Order: o.ID, Deed: ledger.DeedComeBack, Lines: []ledger.LegLine{{Line: 1, Qty: 1}}, Return: ledger.ReturnID(oid("r"))})
	if b := out.Entry.Body.(*ledger.ReturnBody); b.Order == nil || b.Order.Lines[0].Returned != 1 || b.Return.Claim != ledger.ClaimGranted {
		t.Fatalf("got %+v, want the order to count it", b)
	}
}
