package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestACloneGoesItsOwnWay(t *testing.T) {
	begin := func() *stage {
		s := newStage(t, "leeds", true)
		s.keys = 0 // each time the same
		s.play(`
			receive TAP-22 6
			deliver o-1 TAP-22 2 any
			deliver o-2 TAP-22 9 backorder
			deliver o-3 TAP-23 1 any up`)
		return s
	}
	s := begin()
	before := ledger.Portrait(s.core.State)
	clone := s.core.State.Clone()
	if got := ledger.Portrait(clone); got != before {
		t.Fatalf("got a clone\n%s, want\n%s", got, before)
	}

	// One of them goes on, then the other: neither sees what the other has done, and both come to the same.
	const more = `
		receive TAP-22 20
		cancel o-1
		take o-4 TAP-22 1
		no o-3`
	s.play(more)
	if got := ledger.Portrait(clone); got != before {
		t.Errorf("got a clone that followed:\n%s, want\n%s", got, before)
	}
	after := ledger.Portrait(s.core.State)
	if after == before {
		t.Fatal("got a story that changes nothing, want one that does")
	}
	other := begin()
	other.core = ledger.NewCore(clone, everything{other})
	other.play(more)
	if got := ledger.Portrait(clone); got != after {
		t.Errorf("got\n%s of the clone, want\n%s", got, after)
	}
	if got := ledger.Portrait(s.core.State); got != after {
		t.Errorf("got\n%s of the first one when its clone had gone on, want\n%s", got, after)
	}
	for _, s := range []*stage{s, other} {
		if got, want := s.aud.Report().Head.Position, s.core.Head().Position; got != want {
			t.Errorf("got an audit up to %v, want %v", got, want)
		}
	}
}
