package ledger_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// flows sums up what has crossed a site's walls: in from suppliers, out to customers, lost.
func (w *workshop) flows() map[string]ledger.Qty {
	out := map[string]ledger.Qty{}
	for _, e := range w.past.entries {
		for _, p := range e.Postings {
			switch a := p.Account; {
			case a.Kind == ledger.Supplier, a.Kind == ledger.Customer, a.Kind == ledger.Loss && a.Ref != ledger.FoundReason:
				out[fmt.Sprint(p.SKU, " ", a.Kind)] += p.Qty
			case a.Kind == ledger.Transit: // with a carrier: told late, an order's units count as their customer's
				out[fmt.Sprint(p.SKU, " ", ledger.Customer)] += p.Qty
			}
		}
	}
	return out
}

// Two lives of one site, as a restore from a backup makes them: this one is rebuilt, and the other
// one's facts are brought to it, in any order and more than once. Every unit that crossed the
// walls in either has crossed them in the end, once; what the lives promised of the same units is
// settled so that no level is ever out of balance, which every entry is checked for.
func TestWhatCrossedTheWallsInEitherLifeHasCrossedThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counter := rapid.Bool().Draw(t, "counter")
		here, there := newWorkshop(t, counter), newWorkshop(t, counter)
		same := rapid.Bool().Draw(t, "same ids")
		if !same {
			there.n = 1 << 20
		}
		for _, w := range []*workshop{here, there} {
			acts := w.acts()
			acts[""] = func(*rapid.T) {}
			t.Repeat(acts)
		}
		want := here.flows()
		for k, q := range there.flows() {
			want[k] += q
		}
		paid := here.paidFor() + there.paidFor()
		here.do(t, &ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: counter, Rebuilt: true}})
		here.do(t, &ledger.Reboot{Boot: [16]byte{99}})
		facts := slices.Sorted(maps.Keys(there.past.entries))
		if rapid.Bool().Draw(t, "shuffled") {
			facts = rapid.Permutation(facts).Draw(t, "facts")
		}
		for range 2 {
			for _, seq := range facts {
				if out := here.tell(t, there.past.entries[seq]); out.Err != nil {
					t.Fatalf("late %s: got %v, want it recorded", there.past.entries[seq].Kind, out.Err)
				}
			}
		}
		if got := here.flows(); !same && !maps.Equal(got, want) {
			t.Fatalf("got %v across the walls, want %v", got, want)
		}
		if got := here.paidFor(); !same && got != paid {
			t.Fatalf("got %d paid for orders, want the %d of both lives", got, paid)
		}
		here.attest(t)
		if got, want := ledger.Portrait(here.aud.State), ledger.Portrait(here.core.State); got != want {
			t.Fatalf("auditor: got\n%swant\n%s", got, want)
		}
		here.claimed(t)
	})
}

func (w *workshop) tell(t *rapid.T, e *ledger.Entry) ledger.Outcome {
	return w.do(t, &ledger.RecordLate{Entry: e, Origin: ledger.Origin{Site: w.site, Epoch: 1, Seq: e.Seq, Hash: ledger.Hash{1}}})
}

// claimed checks that what is reserved is what orders and parts served count on, and that units are
// owed only where none is free.
func (w *workshop) claimed(t *rapid.T) {
	promised := ledger.Promised(w.core.State)
	for _, sku := range w.core.State.SKUs() {
		l, _ := w.core.State.Level(sku)
		if l.Reserved != promised[sku] {
			t.Fatalf("%s: got %d reserved, want the %d that orders count on", sku, l.Reserved, promised[sku])
		}
		if l.Shortfall > 0 && l.Available+l.AllottedTo(ledger.HolderHQ) > 0 {
			t.Fatalf("%s: got %+v, want nothing free while units are owed", sku, l)
		}
	}
}

// What another site has sent beyond what a line counted on is no part of what this site has handed over of it: told late, all that has left
// from here leaves.
func TestWhatOthersSentBeyondTheCountDoesNotHideWhatLeftFromHere(t *testing.T) {
	const shared = `
		receive TAP 3`
	s := newStage(t, "leeds", true)
	s.play(shared)
	f := newStage(t, "leeds", true)
	f.play(shared + `
		deliver o TAP 4 any up => asked
		yes     o 1 york 1     => allocated
		pick    o 3 0          => leg_picked
		hands   o pack         => leg_prepared
		hands   o dispatch 1   => leg_handed_over`)
	c := ledger.HQCommand{H: f.h, ID: "sent", Kind: ledger.CommandHandedOver, Order: oid("o"), Owner: "leeds", Site: "hull", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 1}}}
	if got := verdict(f.command(c)); got != "done" {
		t.Fatal(got)
	}
	f.play(`
		hands   o dispatch 2   => leg_handed_over
		level   TAP            => hand=0 available=0 reserved=0 hq=0`)
	if o, _ := f.core.State.Order(oid("o")); o.Lines[0].TakenHere() != 3 {
		t.Errorf("got %d handed over from here, want 3", o.Lines[0].TakenHere())
	}
	s.rebuild()
	for range 2 {
		s.bring(t, f.entries[len(s.entries)-2:])
	}
	s.play(`
		order o   => backordered here=0 taken=3 away=0 waits=1
		level TAP => hand=0 available=0 reserved=0 hq=0`)
}
