package baddays_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A life is a node's from its start to its SIGKILL, at a moment that is drawn: counted from its
// start, which may find it still replaying, or from its first answer.
type life struct {
	after    time.Duration
	starting bool
}

func drawLife(r *rand.Rand) life {
	return life{after: time.Duration(r.IntN(60_000)) * time.Microsecond, starting: r.IntN(4) == 0}
}

// live lives one life of s: what has been answered so far is looked for, then all sell until the
// process is gone.
func live(s *site, all crowd, b *shelf, l life) error {
	var killer *time.Timer
	arm := func() { killer = time.AfterFunc(l.after, s.signalKill) }
	began, first := func() {}, arm
	if l.starting {
		began, first = arm, func() {}
	}
	err := s.start(began)
	if err == nil {
		err = judge(s, all, b, l)
	}
	if err == nil {
		_, err = all.sell(s, 1<<30, first)
	}
	if killer != nil {
		killer.Stop()
	}
	s.kill()
	if l.starting && errors.Is(err, errEnded) {
		return nil
	}
	return err
}

// judge looks for every order that was answered since it last did. In a life that may end while it
// looks, no answer is no fault.
func judge(s *site, all crowd, b *shelf, l life) error {
	switch err := b.follow(s); {
	case err != nil && l.starting:
		return nil
	case err != nil:
		return err
	}
	if found := b.faults(all.unjudged()); len(found) > 0 {
		return fmt.Errorf("%d faults; the first: %s", len(found), found[0])
	}
	return nil
}

// TestANodeKilledUnder64ClientsHasEveryAnswerOnceAndNoOther kills 24 times, or 2,000 times with
// HOLDFAST_LONG=1, there in four folders at once.
func TestANodeKilledUnder64ClientsHasEveryAnswerOnceAndNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	if !long {
		killAgainAndAgain(t, 1, 24)
		return
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			killAgainAndAgain(t, seed, 500)
		})
	}
}

func killAgainAndAgain(t *testing.T, seed uint64, kills int) {
	began := time.Now()
	s, all, b, r := newSite(t, t.TempDir()), newCrowd(), newShelf(), rand.New(rand.NewPCG(20261125, seed))
	s.open()
	s.kill()
	for n := range kills {
		if err := live(s, all, b, drawLife(r)); err != nil {
			t.Fatalf("life %d: %v\n%s", n, err, s.log())
		}
	}
	s.up()
	if _, err := all.sell(s, 1, func() {}); err != nil { // whoever has no answer yet gets it
		t.Fatal(err)
	}
	if err := settled(s, "", all.told()); err != nil {
		t.Error(err)
	}
	landed, lost := 0, 0
	for _, c := range all {
		landed, lost = landed+c.landed, lost+c.lost
		w := c.told[0]
		if a, err := s.ask("POST", "/v1/orders", w.key, w.body()); err != nil || a.status != 201 || !a.replayed {
			t.Errorf("order %s again: got %d, %v; want its first answer", w.key, a.status, err)
		} else if again, err := toldOf(w.wish, a); err != nil || again != w {
			t.Errorf("order %s again: got %s, %v; want %s", w.key, again.id, err, w.id)
		}
	}
	if landed+lost == 0 {
		t.Error("got no order that a kill left without an answer, want the kills to hit something")
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: got %v, want nil", err)
	}
	s.audit()
	t.Logf("%d kills in %v; %d orders answered, all there once; %d were without an answer at a kill, of which %d had landed",
		kills, time.Since(began).Round(time.Second), len(all.told()), landed+lost, landed)
}

// TestABookPutBackIsFoundOut is the control: what was answered after a copy is lost with the book.
func TestABookPutBackIsFoundOut(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	s, all, b := newSite(t, t.TempDir()), newCrowd(), newShelf()
	s.open()
	s.kill()
	if err := live(s, all, b, life{after: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	before := filepath.Join(t.TempDir(), "before")
	if err := os.CopyFS(before, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	had := len(all.told())
	if err := live(s, all, b, life{after: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if got := len(all.told()); got == had {
		t.Fatal("got no order answered after the copy, want some to lose")
	}
	s.dir = before
	if err := s.start(nil); err != nil {
		t.Fatal(err)
	}
	back := newShelf()
	if err := back.follow(s); err != nil {
		t.Fatal(err)
	}
	if got, want := len(back.faults(all.told())), len(all.told())-had; got < 1 || got > want+len(all) {
		t.Errorf("got %d faults found, want about %d: what was answered after the copy", got, want)
	}
	s.kill()
	s.audit() // an old book is a whole book
}
