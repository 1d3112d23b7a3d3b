package ledger_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAHolderSellsAnotherSitesUnitsWhileHeadOfficeIsAway(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		obey credit x TAP-22 3 hull       => done
		holdings                          => hull/TAP-22=3
		deliver o1 TAP-22 1               => short have=0
		deliver o2 TAP-22 2 any           => allocated
		order   o2                        => allocated here=0 taken=0 away=2 waits=0
		holdings                          => hull/TAP-22=1
		deliver o3 TAP-22 2 any           => short have=1
		holdings                          => hull/TAP-22=1
		deliver o4 TAP-22 2 any backorder => backordered
		order   o4                        => backordered here=0 taken=0 away=1 waits=1
		holdings                          =>
	`)
}

func TestHeadOfficeIsAskedBeforeAnythingIsDrawn(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		obey credit x TAP-22 3 hull => done
		deliver o1 TAP-22 1 any up  => asked
		holdings                    => hull/TAP-22=3
		yes     o1 1 york 1         => allocated
		holdings                    => hull/TAP-22=3
		deliver o2 TAP-22 2 any up  => asked
		lost    o2                  => allocated
		holdings                    => hull/TAP-22=1
		deliver o3 TAP-22 2 any up  => asked
		no      o3                  => short have=1
		holdings                    => hull/TAP-22=1
	`)
	s.play(`
		deliver o5 TAP-22 3 any partial up => asked
		yes     o5 1 york 1                => allocated
		holdings                           => hull/TAP-22=1
	`)
	out := s.do(&ledger.Place{Order: order(strings.Fields("deliver o4 TAP-22 any"), 1)})
	b := out.Entry.Body.(*ledger.OrderBody)
	if want := (ledger.Draw{Line: 1, Site: "hull", SKU: "TAP-22", Qty: 1}); len(b.Draws) != 1 || b.Draws[0] != want {
		t.Errorf("got %+v, want %+v", b.Draws, want)
	}
	if len(b.Shorts) != 0 {
		t.Errorf("got %+v short, want nothing: all of it is promised", b.Shorts)
	}
}

func TestADrawComesFromWhereItIsCollectedThenFromWhoHasMost(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		obey credit x TAP-22 1 bath
		obey credit x TAP-22 2 hull
		obey credit x TAP-22 1 york
	`)
	o := order(strings.Fields("collect o1 TAP-22 any"), 3)
	o.CollectAt = "york"
	s.do(&ledger.Place{Order: o})
	s.play(`
		holdings => bath/TAP-22=1
		order o1 => allocated here=0 taken=0 away=3 waits=0
	`)
	only := order(strings.Fields("collect o2 TAP-22"), 1)
	only.CollectAt = "york"
	if out := s.do(&ledger.Place{Order: only}); out.Err == nil {
		t.Error("got an order that is to come from york alone from bath, want it refused")
	}
}

func TestWhatAHolderHasIsCreditedAndRecalledAsALevel(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		obey credit x TAP-22 3 hull  => done
		obey recall x TAP-22 5 hull  => done
		holdings                     => hull/TAP-22=3
		obey recall x TAP-22 1 hull  => done
		holdings                     => hull/TAP-22=1
		obey credit x TAP-22 0 hull  => refused not_allotted
		obey credit x TAP-22 1 leeds => refused no_holder
		obey recall x TAP-22 0 hq    => refused no_holder
		obey recall x TAP-22 -4 hull => done
		holdings                     =>
	`)
}

func TestTheOwnersBookSaysWhoHoldsWhat(t *testing.T) {
	newStage(t, "hull", false).play(`
		receive TAP-22 6
		obey pass-on x TAP-22 7 leeds   => refused not_allotted
		obey pass-on x TAP-22 1 hq      => refused no_holder
		obey pass-on x TAP-22 4 leeds   => done
		claims TAP-22                   => shelf=6 available=0 reserved=0 hq=2 leeds=4 shortfall=0
		obey draw o1 TAP-22 1 leeds     => done
		served o1                       => 1 for leeds
		claims TAP-22                   => shelf=6 available=0 reserved=1 hq=2 leeds=3 shortfall=0
		obey draw o2 TAP-22 4 leeds     => refused not_allotted
		obey draw o3 TAP-22 1 york      => refused not_allotted
		obey return x TAP-22 4 leeds    => refused not_allotted
		obey return x TAP-22 1 leeds    => done
		claims TAP-22                   => shelf=6 available=0 reserved=1 hq=3 leeds=2 shortfall=0
		obey cancel o1 TAP-22 1         => done
		obey write-off x TAP-22 9 leeds => done
		claims TAP-22                   => shelf=6 available=0 reserved=0 hq=6 shortfall=0
		obey write-off x TAP-22 9 leeds => done
		obey draw o4 TAP-22 1 leeds     => refused not_allotted
		obey burn x TAP-22 9            => done
		claims TAP-22                   => shelf=6 available=0 reserved=0 hq=6 shortfall=0
	`)
}

func TestACounterTakesBackWhatAHolderGivesUp(t *testing.T) {
	newStage(t, "leeds", true).play(`
		deliver o1 TAP-22 2 backorder => backordered
		obey credit y TAP-22 1 york
		receive NAIL 1
		receive TAP-22 3
		obey borrow x TAP-22 1
		obey pass-on x TAP-22 1 york  => done
		hand o2 TAP-22 2              => completed
		order o1                      => backordered here=0 taken=0 away=0 waits=2
		claims TAP-22                 => shelf=1 available=0 reserved=0 york=1 shortfall=0
		obey return x TAP-22 1 york   => done
		order o1                      => backordered here=1 taken=0 away=0 waits=1
	`)
}

func TestACancelledOrderLetsItsDrawsGoToHeadOffice(t *testing.T) {
	newStage(t, "leeds", true).play(`
		obey credit x TAP-22 1 hull
		deliver o1 TAP-22 1 any => allocated
		cancel o1               => cancelled
		holdings                =>
	`)
}

func TestARecallThatNamesASKUTwiceGivesItUpOnce(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`obey credit x TAP-22 3 hull`)
	c := ledger.HQCommand{H: s.h, Number: 2, ID: "twice", Kind: ledger.CommandRecall, Owner: "hull",
		Lines: []ledger.CommandLine{{SKU: "TAP-22", Qty: 1}, {SKU: "TAP-22", Qty: 1}}}
	c.Hash = ledger.ChainCommand(s.hash, &c)
	if b := s.do(&ledger.Obey{Command: c}).Entry.Body.(*ledger.ObeyedBody); len(b.Done) != 1 || b.Done[0].Qty != 2 {
		t.Errorf("got %+v given up, want 2", b.Done)
	}
	s.play(`holdings => hull/TAP-22=1`)
}
