package link_test

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/link"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// attests says whether the machine wants an attested entry now, and leaves it to be done.
func (s *stage) attests() bool {
	for _, o := range s.out {
		if do, ok := o.(link.Do); ok {
			if _, ok := do.Request.(*ledger.Attest); ok {
				return true
			}
		}
	}
	return false
}

// rebuilt makes the stage's book one that was rebuilt and is in its new epoch.
func (s *stage) rebuilt() {
	s.hq.epoch = 2
	if _, err := s.book.Do(s.t.Context(), &ledger.OpenSite{Epoch: 1}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.book.Do(s.t.Context(), &ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Rebuilt: true}}); err != nil {
		s.t.Fatal(err)
	}
	s.tick(0)
}

func TestARebuiltBookIsAttestedAfterCommandsAndLateFactsOnly(t *testing.T) {
	s := newStage(t)
	s.rebuilt()
	s.book.facts = true
	for range 4 { // more than one pull brings
		s.hq.command()
	}
	o := s.sent(link.LaneHello)
	s.reply(o, s.hq.hello(o.Msg.(*wire.Hello)))
	if r, ok := s.do().(*ledger.AdoptHQ); !ok {
		t.Fatalf("got %T, want head office adopted", r)
	}
	s.pulls()
	for range 3 {
		if s.attests() || s.c.Picture().Obeyed {
			t.Fatal("got an attest with commands outstanding, want none")
		}
		s.do()
	}
	if s.attests() || s.c.Picture().Obeyed {
		t.Fatal("got an attest with the last command outstanding, want none")
	}
	s.pulls()
	s.do()
	if s.attests() || !s.c.Picture().Obeyed {
		t.Fatal("got an attest before the late facts, want all commands carried out and none")
	}
	s.book.facts = false
	s.tick(0)
	if !s.attests() {
		t.Fatal("got no attest, want one: all is told")
	}
	s.do()
	if v := s.book.View(); v.Rebuilding || v.Attested != s.hq.h {
		t.Errorf("got %+v, want it attested under the incarnation that talks", v)
	}
	s.tick(time.Second)
	if s.attests() {
		t.Error("got a second attest, want one")
	}
}

func TestANewLifeOfHeadOfficeGetsItsAttestAfterItIsAdopted(t *testing.T) {
	s := newStage(t)
	s.talks()
	if s.attests() {
		t.Fatal("got an attest that nobody waits for")
	}
	s.in(link.Lost{Talk: s.c.Talk(), Err: errors.New("cut")})
	s.tick(time.Second)
	s.hq.mu.Lock()
	s.hq.h, s.hq.attest = ledger.Incarnation{Counter: 2, Random: [16]byte{8}}, true
	s.hq.mu.Unlock()
	o := s.sent(link.LaneHello)
	s.reply(o, s.hq.hello(o.Msg.(*wire.Hello)))
	if s.attests() {
		t.Error("got an attest before the new life is adopted")
	}
	if _, ok := s.do().(*ledger.AdoptHQ); !ok || !s.attests() {
		t.Errorf("got %v, want it adopted and then attested", s.out)
	}
	s.do()
	if v := s.book.View(); v.Attested != s.hq.h {
		t.Errorf("got attested under %v, want %v", v.Attested, s.hq.h)
	}
	s.tick(0)
	if s.attests() {
		t.Error("got a second attest, want one")
	}
}

func TestAnAttestThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	s := newStage(t)
	s.hq.attest = true
	s.talks()
	s.book.fail = ledger.ErrBusy
	s.do()
	if s.attests() {
		t.Error("got it again at once, want a wait")
	}
	at, ok := s.c.Wake(s.now)
	if !ok {
		t.Fatal("got no moment to wake")
	}
	s.tick(at - s.now)
	if !s.attests() {
		t.Errorf("got %v, want it again", s.out)
	}
}
