package ledger_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A supplier sends under notes, some of which are told in one life of the book, some in the other, and some in both. In whatever order the next life hears of
// the lost one's: each note has left once, and is asked of the supplier no more. A note that was told late is not booked again.
func TestWhatASupplierSentInTwoLivesIsCountedByItsNotes(t *testing.T) {
	const asked = 60
	rapid.Check(t, func(t *rapid.T) {
		was, next := newWorkshop(t, true), newWorkshop(t, true)
		o := dropOrder("o-1", 1, asked, 1)
		was.do(t, &ledger.Place{Order: *o.Clone()})
		next.do(t, &ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true}})
		sent := map[int]ledger.Qty{}
		note := func(n int) *ledger.TellDrop {
			r := tells("o-1", "Oak & Co", ledger.DropSend, units(2, ledger.Qty(n)))
			r.Note = fmt.Sprint("DN ", n)
			return r
		}
		says := func(w *workshop, n int) {
			if n == 0 { // no note, and nothing is sent
				w.do(t, tells("o-1", "Oak & Co", ledger.DropConfirm, units(2, 1)))
				return
			}
			if out := w.do(t, note(n)); out.Err != nil {
				t.Fatal(out.Err)
			}
			sent[n] = ledger.Qty(n)
		}
		notes := rapid.SliceOfNDistinct(rapid.IntRange(0, 8), 0, 5, rapid.ID[int])
		for _, n := range notes.Draw(t, "in the lost life") {
			says(was, n)
		}
		var facts []*ledger.Entry
		for seq := range was.core.State.Seq {
			if e := was.past.entries[rapid.Just(seq+1).Draw(t, "seq")]; e.Kind == ledger.KindPlaced || e.Kind == ledger.KindDropShip {
				facts = append(facts, e)
			}
		}
		if rapid.Bool().Draw(t, "the order is told first") {
			next.tell(t, facts[0])
			for _, n := range notes.Draw(t, "in the next life") {
				says(next, n)
			}
		}
		for _, e := range rapid.Permutation(facts).Draw(t, "told") {
			if out := next.tell(t, e); out.Err != nil {
				t.Fatalf("%s: %v", e.Kind, out.Err)
			}
		}
		want := ledger.Qty(0)
		for _, q := range sent {
			want += q
		}
		got, _ := next.core.State.Order(o.ID)
		if l := &got.Lines[1]; l.Drop.Sent != want || l.Taken != want || l.Drop.Open != asked-want {
			t.Fatalf("got %d sent and %d open, want %d and %d: %+v", l.Drop.Sent, l.Drop.Open, want, asked-want, sent)
		}
		for n := range sent {
			again, _ := errors.AsType[*ledger.NoteError](next.do(t, note(n)).Err)
			if again == nil {
				t.Fatalf("note %d was booked a second time", n)
			}
		}
	})
}
