package office_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// wants is an order at head office for q TAP.
func (s *story) wants(q ledger.Qty, shortage ledger.Shortage) office.Try {
	key := s.key()
	return office.Try{Placing: &office.Placing{Key: key, Request: key, Order: ledger.Order{ID: s.orderID(), Owner: ledger.HQ, Channel: "web",
		Fulfil: ledger.Deliver, Shortage: shortage, Anywhere: true, TakenAt: s.now, Lines: []ledger.Line{{SKU: "TAP", Qty: q}}}}, Final: true}
}

func said(t office.Tried) string {
	switch {
	case t.Err != nil:
		return t.Err.Error()
	case !t.Done:
		return "waits"
	case t.Outcome.Err != nil:
		return short(t.Outcome.Err)
	}
	l := t.Answer.Order.Lines[0]
	return fmt.Sprintf("%d of %d", l.Promised(), l.Qty)
}

// TestOrdersThatArriveTogetherAreServedInTheirTurn: the first first, and nobody gets what another got.
func TestOrdersThatArriveTogetherAreServedInTheirTurn(t *testing.T) {
	for _, grouped := range []bool{true, false} {
		s := play(t, "hull*", `
			receive hull 10 TAP
			talk hull`)
		tries := []office.Try{s.wants(4, ledger.Refuse), s.wants(7, ledger.Refuse), s.wants(7, ledger.Partial), s.wants(1, ledger.Refuse), s.wants(2, ledger.Backorder)}
		want := []string{"4 of 4", "short 6 of 7 TAP", "6 of 7", "short 0 of 1 TAP", "0 of 2"}
		for i, got := range s.off.PlaceMany(context.Background(), s.now, tries, grouped) {
			if got := said(got); got != want[i] {
				t.Errorf("grouped %v: order %d: got %s, want %s", grouped, i, got, want[i])
			}
		}
		for i, again := range s.off.PlaceMany(context.Background(), s.now, tries, grouped) {
			if !again.Replayed || said(again) != want[i] {
				t.Errorf("grouped %v: order %d once more: got %s (replayed %v), want %s again", grouped, i, said(again), again.Replayed, want[i])
			}
		}
	}
}

// TestANoIsNotSaidForWhatNobodyGot: an order that is short because of another, which then comes to nothing,
// is looked at again. Without that it would be refused although its units lie there.
func TestANoIsNotSaidForWhatNobodyGot(t *testing.T) {
	s := play(t, "hull*", `
		receive hull 5 TAP
		talk hull`)
	other := s.wants(1, ledger.Refuse)
	cluster := &racing{story: s, first: func() { // takes one of the five, after all were planned and before any is committed
		if got, _, err := s.off.TryPlace(context.Background(), s.now, other.Placing, true); err != nil || got.Err != nil {
			t.Fatalf("got %v, %v, want it placed", got.Err, err)
		}
	}}
	off := office.New(office.Config{}, cluster)
	off.Seen("hull", s.now)
	got := off.PlaceMany(context.Background(), s.now, []office.Try{s.wants(5, ledger.Refuse), s.wants(3, ledger.Refuse)}, true)
	if said(got[0]) != "short 4 of 5 TAP" || said(got[1]) != "3 of 3" {
		t.Errorf("got %s and %s, want the first refused and the second served", said(got[0]), said(got[1]))
	}
}

// racing lets something happen before the first command is committed.
type racing struct {
	*story
	first func()
}

func (r *racing) Propose(ctx context.Context, cmd []byte) (machine.Result, error) {
	if first := r.first; first != nil {
		r.first = nil
		first()
	}
	return r.story.Propose(ctx, cmd)
}

// TestAGroupThatMayNotHaveLandedIsUnsureForAll: nobody is told yes or no, and the keys decide.
func TestAGroupThatMayNotHaveLandedIsUnsureForAll(t *testing.T) {
	s := play(t, "hull*", `
		receive hull 5 TAP
		talk hull`)
	tries := []office.Try{s.wants(3, ledger.Refuse), s.wants(3, ledger.Refuse)}
	s.unsure = 100
	for i, got := range s.off.PlaceMany(context.Background(), s.now, tries, true) {
		if !errors.Is(got.Err, ledger.ErrUnsure) {
			t.Errorf("order %d: got %s, want unsure", i, said(got))
		}
	}
	s.unsure = 0
	got := s.off.PlaceMany(context.Background(), s.now, tries, true)
	if said(got[0]) != "3 of 3" || said(got[1]) != "short 2 of 3 TAP" {
		t.Errorf("under the same keys: got %s and %s, want the first served and the second refused", said(got[0]), said(got[1]))
	}
}

// TestWhatOneOrderSawIsNotOfferedToTheNext: orders are planned with the same memory, large ones and small ones in
// turn. An article that a large order names twice is there once, and no site has what it only had in the order before.
func TestWhatOneOrderSawIsNotOfferedToTheNext(t *testing.T) {
	for _, lines := range []int{2, 12, 40} { // few are compared, many are remembered
		var stock strings.Builder
		fmt.Fprint(&stock, "receive hull 5 TAP")
		for i := range lines {
			fmt.Fprintf(&stock, "\nreceive hull 9 P%d\nreceive york 9 P%d", i, i)
		}
		s := play(t, "hull* york*", stock.String()+"\ntalk hull\ntalk york")
		big := s.wants(3, ledger.Partial)
		for i := range lines {
			big.Order.Lines = append(big.Order.Lines, ledger.Line{SKU: ledger.SKU(fmt.Sprint("P", i)), Qty: 1})
		}
		big.Order.Lines = append(big.Order.Lines, ledger.Line{SKU: "TAP", Qty: 4}) // of which only 2 are left
		tries := []office.Try{big, s.wants(2, ledger.Refuse), s.wants(1, ledger.Partial), s.wants(1, ledger.Refuse)}
		tries[1].Order.Lines[0].SKU = "NONE"
		tries[2].Order.Lines = []ledger.Line{{SKU: "P0", Qty: 1}, {SKU: "TAP", Qty: 3}, {SKU: "NONE", Qty: 3}}
		want := []string{"3 of 3", "short 0 of 2 NONE", "1 of 1", "short 0 of 1 TAP"}
		for i, got := range s.off.PlaceMany(context.Background(), s.now, tries, true) {
			if said(got) != want[i] {
				t.Errorf("%d lines: order %d: got %s, want %s", lines, i, said(got), want[i])
			}
			if last := got.Answer; i == 0 && last != nil {
				if l := last.Order.Lines[lines+1]; l.Promised() != 2 {
					t.Errorf("%d lines: got %d of the last line promised, want 2", lines, l.Promised())
				}
			}
		}
	}
}
