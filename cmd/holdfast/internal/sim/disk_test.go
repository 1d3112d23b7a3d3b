package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A book opened from its ground is the book opened from its first frame, whatever became of the disk.
func TestADiskOpensFromItsGroundAsFromItsFirstFrame(t *testing.T) {
	c := newCompany(NewPlan(2, time.Hour, 3, AllDisasters), guardNone)
	if err := c.run(t.Context(), noTick); err != nil || c.report.Violations != 0 {
		t.Fatalf("got %v %s, want a run without a fault", err, c.report.Story())
	}
	grounds := 0
	for _, s := range c.sites {
		if s.disk.ground.state != nil {
			grounds++
		}
		short, err := s.disk.open(s.id)
		if err != nil {
			t.Fatal(err)
		}
		whole := *s.disk
		whole.ground = ground{}
		long, err := whole.open(s.id)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := short.State.Head(), long.State.Head(); got != want || short.State.Digest() != long.State.Digest() {
			t.Errorf("%s: got %v from the ground, want %v", s.id, got, want)
		}
		for _, k := range c.wishes {
			a, knowsA := short.State.Order(k.wish.Order.ID)
			b, knowsB := long.State.Order(k.wish.Order.ID)
			if knowsA != knowsB || knowsA && describe(a) != describe(b) {
				t.Errorf("%s: got %v of %s from the ground, want %v", s.id, a, k.who(), b)
			}
		}
	}
	if grounds == 0 {
		t.Error("got no ground in an hour of crashes, want some")
	}
}

func TestAnotherBookDoesNotStandOnTheGroundOfTheFirst(t *testing.T) {
	c := rested(t)
	s, other := c.sites[0], c.sites[1]
	core, err := s.disk.open(s.id)
	if err != nil {
		t.Fatal(err)
	}
	s.disk.ground = ground{core.State.Clone(), len(s.disk.frames)}
	same := s.disk.backup()
	if err := same.refill(slices.Clone(s.disk.frames)); err != nil || same.ground.state == nil {
		t.Errorf("got %v and ground %v under the same frames, want it kept", err, same.ground.state)
	}
	if err := same.refill(other.disk.frames); err != nil || same.ground.state != nil {
		t.Errorf("got %v and ground %v under another book, want none", err, same.ground.state)
	}
	if again, err := same.open(other.id); err != nil || again.State.Head() != other.core.State.Head() {
		t.Errorf("got %v, want the other book open", err)
	}
	aud := ledger.NewAuditor(other.id)
	for _, raw := range same.frames {
		if err := aud.Frame(raw); err != nil {
			t.Fatalf("audit: %v", err)
		}
	}
}

// A start that cannot be written down opens nothing: the asks that the last process left open would stay so, and whoever asks again under their key
// would be told to wait for ever. Seed 179 of --bad all, of an hour, found that.
func TestABookOpensOnceItsStartIsOnTheDisk(t *testing.T) {
	c := rested(t)
	s := c.sites[0]
	s.full = c.now + 5*time.Second
	before := s.core.State.Seq
	s.crash("test", 0)
	s.begin()
	for until := s.full + time.Minute; c.now < until && !(s.up && s.open); {
		e, ok := c.agenda.next()
		if !ok {
			break
		}
		c.now = e.at
		e.run()
	}
	if !s.open || c.now < s.full || s.durable.Head.Seq != before+1 {
		t.Errorf("got open %t, full until %v at %v, entry %d behind %d; want it open once its start is written", s.open, s.full, c.now, s.durable.Head.Seq, before)
	}
	if c.report.Violations != 0 {
		t.Errorf("got %v, want no violation", c.report.Broken)
	}
}
