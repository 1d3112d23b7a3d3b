package office_test

import (
	"context"
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// disastrous lets a company's head office go back in time.
func disastrous(c *company) *storm {
	s := &storm{company: c, told: map[ledger.OrderID]*ledger.Order{}, version: map[ledger.OrderID]uint64{}, seen: map[string]int{}}
	c.stormy = &disasters{s: s, store: map[ledger.SiteID][]*ledger.Frame{}, lost: map[ledger.OrderID]bool{},
		takings: map[ledger.SiteID]map[ledger.SKU]bool{}, touched: map[ledger.OrderID]bool{}, gone: map[ledger.OrderID]bool{}}
	return s
}

func TestAnOrderThatWasPromisedIsNotRefusedByALaterLife(t *testing.T) {
	s := play(t, "hull* leeds", `
		receive hull 3 TAP
		talk hull leeds`)
	bad := disastrous(s.company)
	bad.keepBackup()
	s.act([]string{"order", "web", "hq", "refuse", "3", "TAP"})
	if got, want := s.act([]string{"try", "web"}), "allocated | TAP here=0 hull=3"; got != want {
		t.Fatalf("placed: got %s, want %s", got, want)
	}
	s.act([]string{"talk", "hull", "hull"})
	bad.restoreHQ()
	other := s.orders["web"].placing
	other.Order.ID, other.Key = s.orderID(), s.key()
	busy := func(when string, all ...*office.Placing) {
		t.Helper()
		for _, p := range all {
			if out, _, err := s.off.TryPlace(context.Background(), s.now, p, true); !errors.Is(err, ledger.ErrBusy) {
				t.Fatalf("%s: got %+v, %v, want %v", when, out, err, ledger.ErrBusy)
			}
			if a, ok := s.m.Answer(p.Key); ok {
				t.Fatalf("%s: %+v is remembered", when, a)
			}
		}
	}
	busy("before anybody has attested", &s.orders["web"].placing, &other)
	late := machine.Marshal(&machine.Refuse{For: machine.SubjectOfOrder(other.Order.ID, other.Key), Order: other.Order, Key: other.Key,
		Request: other.Request, Refusal: ledger.RefusedShort, At: s.now})
	for _, m := range []*machine.Machine{s.m, s.twin} {
		if res := m.Apply(late); !errors.Is(res.Err, machine.ErrConflict) {
			t.Errorf("refused on a view of the life before: got %v, want %v", res.Err, machine.ErrConflict)
		}
	}
	tells := func(site ledger.SiteID) {
		n := s.sites[site]
		n.hello()
		n.exchange()
		n.do(&ledger.Attest{})
		n.exchange()
	}
	tells("hull")
	if got, want := s.act([]string{"try", "web"}), "allocated | TAP here=0 hull=3"; got != want {
		t.Errorf("sent again once its reservation is known: got %s, want %s", got, want)
	}
	busy("before leeds has attested", &other)
	tells("leeds")
	out, _, err := s.off.TryPlace(context.Background(), s.now, &other, true)
	if short := (*ledger.ShortError)(nil); err != nil || !errors.As(out.Err, &short) {
		t.Errorf("another order: got %v, %v, want it short", out.Err, err)
	}
	bad.heal()
	s.converge()
	bad.stormy.explained()
}
