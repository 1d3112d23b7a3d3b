package machine_test

import (
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
)

// A site that was added as the wrong thing is put right until its node has said hello; its nearness at any time.
func TestASiteIsPutRightUntilItsNodeHasOpenedItsBook(t *testing.T) {
	b := newBench(t)
	b.site("leeds", true) // has said hello
	b.ok(&machine.AddSite{Site: "hull", Counter: true, Rank: 4, At: at})
	set := func(c machine.SetSite) error {
		c.By, c.Reason, c.At = "beth", "typed wrong", at
		return b.m.Apply(machine.Marshal(&c)).Err
	}
	if err := set(machine.SetSite{Site: "hull", Counter: false, Rank: 4}); err != nil {
		t.Fatal(err)
	}
	if s, _ := b.m.Site("hull"); s.Counter || s.Rank != 4 {
		t.Errorf("got %+v, want a warehouse", s)
	}
	leeds, _ := b.m.Site("leeds")
	if err := set(machine.SetSite{Site: "leeds", Counter: !leeds.Counter, Rank: leeds.Rank}); !errors.Is(err, machine.ErrSiteOpened) {
		t.Errorf("the other kind, once the book is open: got %v, want %v", err, machine.ErrSiteOpened)
	}
	if err := set(machine.SetSite{Site: "leeds", Counter: leeds.Counter, Rank: 7}); err != nil {
		t.Error(err)
	}
	if s, _ := b.m.Site("leeds"); s.Counter != leeds.Counter || s.Rank != 7 {
		t.Errorf("got %+v, want it at rank 7", s)
	}
	if err := set(machine.SetSite{Site: "goole"}); !errors.Is(err, machine.ErrSiteUnknown) {
		t.Errorf("nobody knows it: got %v", err)
	}
	for _, c := range []machine.SetSite{{Site: "hull", Reason: "r"}, {Site: "hull", By: "beth"}} {
		if err := b.m.Apply(machine.Marshal(&c)).Err; err == nil {
			t.Errorf("%+v: got nil, want somebody to sign and say why", c)
		}
	}
}
