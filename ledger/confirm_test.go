package ledger_test

import (
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAnOrderToBeConfirmedPromisesWhatIsHereAndNoMore(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		deliver o1 TAP-22 5 any confirm => to_be_confirmed
		order   o1         => to_be_confirmed here=2 taken=0 away=0 waits=3 unconfirmed=3 declined=0
		claims  TAP-22     => shelf=2 available=0 reserved=2 shortfall=0
		accepted           => 0 confirmed=0 declined=0
		obey note o1 TAP-22 2 hull => done
		order   o1         => to_be_confirmed here=2 taken=0 away=2 waits=1 unconfirmed=1 declined=0
		accepted           => 0 confirmed=0 declined=0
		obey note o1 TAP-22 1 york => done
		order   o1         => allocated here=2 taken=0 away=3 waits=0 unconfirmed=0 declined=0
		accepted           => 1 confirmed=1 declined=0
		obey decline o1 TAP-22 3 => done
		order   o1         => allocated here=2 taken=0 away=3 waits=0 unconfirmed=0 declined=0
	`)
}

func TestWhatCannotBeConfirmedIsDeclined(t *testing.T) {
	newStage(t, "leeds", true).play(`
		deliver o1 TAP-22 5 any confirm => to_be_confirmed
		obey decline o1 TAP-22 9   => done
		order   o1         => declined here=0 taken=0 away=0 waits=0 unconfirmed=0 declined=5
		cancel  o1         => order 01900000-0000-7000-8000-000000000da2 has been declined already
		obey note o1 TAP-22 1 hull => refused cancelled
		receive TAP-22 2
		deliver o2 TAP-22 5 any confirm => to_be_confirmed
		obey decline o2 TAP-22 2   => done
		order   o2         => to_be_confirmed here=2 taken=0 away=0 waits=1 unconfirmed=1 declined=2
		obey decline o2 TAP-22 1   => done
		order   o2         => allocated here=2 taken=0 away=0 waits=0 unconfirmed=0 declined=3
		accepted           => 0 confirmed=0 declined=2
		cancel  o2         => cancelled
		level   TAP-22     => hand=2 available=2 reserved=0 hq=0
		obey decline o2 TAP-22 1   => refused cancelled
		obey decline nobody TAP-22 1 => refused cancelled
	`)
}

func TestAnOrderToBeConfirmedIsCancelledLikeAnyOther(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 1
		deliver o1 TAP-22 2 any confirm => to_be_confirmed
		cancel  o1                      => cancelled
		level   TAP-22                  => hand=1 available=1 reserved=0 hq=0
		obey note o1 TAP-22 1 hull      => refused cancelled
		accepted                        => 0 confirmed=0 declined=0
	`)
}

func TestOnlyWhoCannotKnowTakesAnOrderToBeConfirmed(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 1
		deliver o1 TAP-22 2 confirm        => short have=1
		deliver o2 TAP-22 2 any confirm up => asked
		no      o2                         => short have=1
		deliver o3 TAP-22 2 any confirm up => asked
		yes     o3 1 hull 1                => allocated
		cancel  o3                         => cancelled
		deliver o4 TAP-22 2 any confirm up => asked
		lost    o4                         => to_be_confirmed
		order   o4 => to_be_confirmed here=1 taken=0 away=0 waits=1 unconfirmed=1 declined=0
		deliver o5 TAP-22 1 any confirm    => to_be_confirmed
		accepted                           => 1 confirmed=0 declined=0
	`)
	alone := newStage(t, "leeds", true)
	alone.do(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true, Standalone: true}})
	alone.play(`
		deliver o1 TAP-22 1 any confirm => short have=0
		deliver o2 TAP-22 1 any confirm up => short have=0
	`)
}

func TestAWarehouseWithoutItsHeadOfficeTakesAnOrderToBeConfirmed(t *testing.T) {
	newStage(t, "hull", false).play(`
		receive TAP-22 5
		deliver o1 TAP-22 2 confirm    => to_be_confirmed
		level   TAP-22                 => hand=5 available=0 reserved=0 hq=5
		obey reserve o1 TAP-22 2       => done
		order   o1 => allocated here=2 taken=0 away=0 waits=0 unconfirmed=0 declined=0
		accepted                       => 1 confirmed=1 declined=0
	`)
}

func TestWhatIsHeldOfOthersIsDrawnBeforeAnythingIsToBeConfirmed(t *testing.T) {
	newStage(t, "leeds", true).play(`
		obey credit x TAP-22 2 hull
		deliver o1 TAP-22 2 any confirm => allocated
		deliver o2 TAP-22 1 any confirm => to_be_confirmed
		accepted                        => 1 confirmed=0 declined=0
	`)
}

// What was promised once and is lost waits as promised: head office may decline no unit of it.
func TestAPromiseThatIsLostIsNotDeclinedWithTheRest(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		deliver o1 TAP-22 5 any confirm => to_be_confirmed
		hand    h1 TAP-22 1             => completed
		order   o1 => to_be_confirmed here=1 taken=0 away=0 waits=4 unconfirmed=3 declined=0
		obey decline o1 TAP-22 5        => done
		order   o1 => backordered here=1 taken=0 away=0 waits=1 unconfirmed=0 declined=3
		obey note o1 TAP-22 1 hull      => done
		order   o1 => allocated here=1 taken=0 away=1 waits=0 unconfirmed=0 declined=3
		accepted   => 1 confirmed=0 declined=1
	`)
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		deliver o1 TAP-22 5 any confirm => to_be_confirmed
		hand    h1 TAP-22 2             => completed
		obey note o1 TAP-22 2 hull      => done
		order   o1 => to_be_confirmed here=0 taken=0 away=2 waits=3 unconfirmed=3 declined=0
		obey lose o1 TAP-22 1 hull      => done
		order   o1 => to_be_confirmed here=0 taken=0 away=1 waits=4 unconfirmed=3 declined=0
	`)
}

func TestAJournalSaysOnceThatWordsFollowWhichOlderBuildsDoNotKnow(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		deliver o0 TAP-22 1 any backorder  => backordered
		deliver o1 TAP-22 1 confirm        => short have=0
		deliver o2 TAP-22 1 any confirm up => asked
		lost    o2                         => to_be_confirmed
		deliver o3 TAP-22 1 any confirm    => to_be_confirmed
	`)
	said := 0
	for _, e := range s.entries {
		if b, ok := e.Body.(*ledger.WordsBody); ok {
			if said++; b.Words != ledger.WordsConfirm {
				t.Errorf("got words %d, want %d", b.Words, ledger.WordsConfirm)
			}
			continue
		}
		if b, ok := e.Body.(*ledger.OrderBody); ok && e.Kind == ledger.KindAsked && b.Ask.Seq != e.Seq {
			t.Errorf("got an ask named by entry %d in entry %d, want its own", b.Ask.Seq, e.Seq)
		}
		if b, ok := e.Body.(*ledger.OrderBody); ok && e.Kind != ledger.KindRefused && b.Order.Shortage == ledger.Confirm && said == 0 {
			t.Errorf("entry %d %s: got an order to be confirmed before the journal says so", e.Seq, e.Kind)
		}
	}
	if said != 1 {
		t.Errorf("got it said %d times, want once", said)
	}
}

// What an earlier life of the book told a customer is what the next one says, unless it knows better.
func TestAnOrderToBeConfirmedKeepsItsStateInTheNextLife(t *testing.T) {
	const taken = `
		receive TAP-22 2
		deliver o1 TAP-22 5 any confirm => to_be_confirmed
	`
	for name, c := range map[string]struct{ here, there, then string }{
		"nothing was known of it": {"receive TAP-22 2", "deliver o1 TAP-22 5 any confirm", `
			order o1 => to_be_confirmed here=0 taken=0 away=0 waits=5 unconfirmed=5 declined=0
			obey decline o1 TAP-22 5 => done
			order o1 => declined here=0 taken=0 away=0 waits=0 unconfirmed=0 declined=5
		`},
		"what it was promised is there": {"receive TAP-22 2", taken, `
			order o1 => to_be_confirmed here=2 taken=0 away=0 waits=3 unconfirmed=3 declined=0
		`},
		"what it was promised has gone": {"receive TAP-22 2\n deliver o2 TAP-22 1", taken, `
			order o1 => to_be_confirmed here=1 taken=0 away=0 waits=4 unconfirmed=3 declined=0
			obey decline o1 TAP-22 9 => done
			order o1 => backordered here=1 taken=0 away=0 waits=1 unconfirmed=0 declined=3
		`},
		"both lives know it": {taken, taken, `
			order o1 => to_be_confirmed here=2 taken=0 away=0 waits=3 unconfirmed=3 declined=0
		`},
		"it is declined by now": {taken + "obey decline o1 TAP-22 3", taken, `
			order o1 => allocated here=2 taken=0 away=0 waits=0 unconfirmed=0 declined=3
		`},
		"it was cancelled there": {taken, taken + "cancel o1", `
			order o1 => cancelled here=0 taken=0 away=0 waits=0 unconfirmed=0 declined=0
		`},
		"it was accepted there": {taken, `
			receive TAP-22 2
			deliver o1 TAP-22 5 any confirm up => asked
			yes     o1 1 hull 3                => allocated
		`, `
			order o1 => backordered here=2 taken=0 away=0 waits=3 unconfirmed=0 declined=0
			obey decline o1 TAP-22 3 => done
			order o1 => backordered here=2 taken=0 away=0 waits=3 unconfirmed=0 declined=0
		`},
		"it was accepted there and is declined here": {taken + "obey decline o1 TAP-22 3", `
			receive TAP-22 2
			deliver o1 TAP-22 5 any confirm up => asked
			yes     o1 1 hull 3                => allocated
		`, `
			order o1 => backordered here=2 taken=0 away=0 waits=3 unconfirmed=0 declined=0
		`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(c.here)
			told := slices.DeleteFunc(s.fork(t, c.there), func(e *ledger.Entry) bool { return e.Kind == ledger.KindReceipt }) // it came once
			s.rebuild()
			s.bring(t, told)
			s.bring(t, told)
			s.play(c.then)
			s.play(`attest => attested`)
		})
	}
}

func TestWhatIsToBeConfirmedIsCountedAcrossOpenings(t *testing.T) {
	for _, every := range []int{1, 1000} { // all of it in the checkpoint, all of it in the tail
		d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = every })
		h := ledger.Incarnation{Counter: 1}
		d.must(&ledger.AdoptHQ{H: h})
		var hash ledger.Hash
		for i, name := range []string{"o1", "o2", "o3"} {
			p := sale(name, "A", 2)
			p.Order.Fulfil, p.Order.Anywhere, p.Order.Shortage = ledger.Deliver, true, ledger.Confirm
			d.must(p)
			if i == 2 {
				break
			}
			c := ledger.HQCommand{H: h, Number: uint64(i + 1), ID: name, Kind: []ledger.CommandKind{ledger.CommandNote, ledger.CommandDecline}[i], Order: p.Order.ID,
				Owner: d.book.View().Site, Site: "hull", Lines: []ledger.CommandLine{{Line: 1, SKU: "A", Qty: 2}}}
			hash = ledger.ChainCommand(hash, &c)
			c.Hash = hash
			d.must(&ledger.Obey{Command: c})
		}
		for range 2 {
			if v := d.book.View(); v.ToConfirm != 1 || v.Confirmed != 1 || v.Declined != 1 {
				t.Errorf("a checkpoint every %d: got %d to be confirmed, %d confirmed, %d declined; want one each", every, v.ToConfirm, v.Confirmed, v.Declined)
			}
			d.reopen() // the desk ends with an audit
		}
	}
}
