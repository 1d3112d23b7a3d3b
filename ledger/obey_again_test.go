package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// obeyed gives the stage's book a command, and what it has written of it.
func (s *stage) obeyed(c ledger.HQCommand) *ledger.ObeyedBody {
	s.t.Helper()
	c.H = s.h
	out := s.command(c)
	if out.Err != nil {
		s.t.Fatal(out.Err)
	}
	return out.Entry.Body.(*ledger.ObeyedBody)
}

// onDisk is a past that knows what every entry of a stage has answered.
type onDisk struct{ everything }

func (p onDisk) Key(key ledger.Digest) (ledger.KeyRef, bool, error) {
	for _, e := range p.s.entries {
		if e.Key == key {
			return ledger.KeyRef{Seq: e.Seq, Request: e.Request}, true, nil
		}
	}
	return ledger.KeyRef{}, false, nil
}

// Two lives of a site's book may have given two orders one number, and head office, which went back as well, derives one id from both: each command is
// carried out, once.
func TestACommandOfAnotherOrderIsNoRepeatWhateverItsID(t *testing.T) {
	s := newStage(t, "leeds", false)
	s.core = ledger.NewCore(s.core.State, onDisk{everything{s}})
	s.play(`receive TAP 5`)
	reserve := func(order string) bool {
		return s.obeyed(ledger.HQCommand{ID: "york/6/398/0", Kind: ledger.CommandReserve, Order: oid(order), Owner: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 2}}}).Repeat
	}
	for _, c := range []struct {
		order  string
		repeat bool
	}{{"a", false}, {"a", true}, {"b", false}, {"b", true}, {"a", true}} {
		if got := reserve(c.order); got != c.repeat {
			t.Errorf("order %s: got a repeat %v, want %v", c.order, got, c.repeat)
		}
		s.core.Settle() // what it remembers lies on the disk
	}
	if l, _ := s.core.State.Level("TAP"); l.Reserved != 4 {
		t.Errorf("got %d reserved, want 2 for each order", l.Reserved)
	}

}

// Every kind of command is known again after a checkpoint: one that moves money, too.
func TestACommandAboutMoneyIsKnownAgainAfterACheckpoint(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.core = ledger.NewCore(s.core.State, onDisk{everything{s}})
	s.do(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Amount: 1_000, Currency: "GBP"})
	c := ledger.HQCommand{ID: "leeds/1/4/0/answer", Kind: ledger.CommandRefund, Order: oid("o"), Owner: "york", Site: "leeds", Return: "r", Reason: "GBP", Lines: []ledger.CommandLine{{Line: int(ledger.TenderCash), Qty: 300}}}
	for _, repeat := range []bool{false, true} {
		if got := s.obeyed(c); got.Repeat != repeat {
			t.Errorf("got a repeat %v, want %v", got.Repeat, repeat)
		}
		s.core.Settle()
	}
	if got := s.core.State.Money(ledger.MoneySites); got != 300 {
		t.Errorf("got %d of other sites, want 300", got)
	}
}
