package office_test

import (
	"context"
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A lost life has added a line to an order, and its client sends it again as it was. While a server has a build that would not take it, or stop over it, nothing
// is proposed and its client hears why; once all have this build it is taken, with the line.
func TestAnOrderThatABuildBeforeWouldTakeOtherwiseWaitsForTheUpgrade(t *testing.T) {
	s := &story{company: newCompanyOf(t, 1, "hull*", machine.ReleaseCommands), orders: map[string]*told{}}
	s.tell(`
		receive hull 3 TAP
		receive hull 1 PIPE
		talk hull hull`)
	bad := disastrous(s.company)
	bad.keepBackup()
	s.act([]string{"order", "web", "hq", "refuse", "3", "TAP"})
	if got, want := s.act([]string{"try", "web"}), "allocated | TAP here=0 hull=3"; got != want {
		t.Fatalf("placed: got %s, want %s", got, want)
	}
	p := s.orders["web"].placing
	more := office.Amending{Order: p.Order.ID, Version: 1, Key: ledger.DigestOf([]byte("a")), Lines: []machine.AmendLine{{SKU: "PIPE", Qty: 1}}}
	if out, _, err := s.off.TryAmend(context.Background(), s.now, &more, true); err != nil || out.Err != nil {
		t.Fatalf("amended: got %v, %v", out.Err, err)
	}
	s.act([]string{"talk", "hull", "hull"})
	bad.restoreHQ()
	n := s.sites["hull"]
	n.hello()
	n.exchange()
	n.do(&ledger.Attest{})
	n.exchange()
	proposed := 0
	s.heard = func(machine.Command) { proposed++ }
	if out, done, err := s.off.TryPlace(context.Background(), s.now, &p, true); !done || !errors.Is(err, office.ErrUnlike) || proposed != 0 {
		t.Fatalf("before all agree: got %+v, %v, %d commands, want %v and none", out, err, proposed, office.ErrUnlike)
	}
	s.heard = nil
	s.propose(&machine.Agree{Commands: machine.LeastCommands, At: s.now})
	if got, want := s.act([]string{"try", "web"}), "allocated | TAP here=0 hull=3 | PIPE here=0 hull=1"; got != want {
		t.Errorf("once all agree: got %s, want %s", got, want)
	}
	bad.heal()
	s.converge()
	bad.stormy.explained()
}
