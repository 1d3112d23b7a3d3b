package machine_test

import (
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// passes has leeds promise so many of hull's without asking.
func (b *bench) passes(level ledger.Qty) {
	b.t.Helper()
	b.ok(&machine.PassOn{SKU: "TAP-22", Owner: "hull", Holder: "leeds", Level: level, By: "beth", At: at})
}

// givesUp declares leeds lost and writes off what it holds.
func (b *bench) givesUp() {
	b.t.Helper()
	b.ok(&machine.DeclareLost{Site: "leeds", Reason: "burnt down", By: "olga", At: at})
	b.ok(&machine.WriteOff{Site: "leeds", Reason: "burnt down", By: "olga", At: at})
}

// comesBack gives leeds its next epoch, with the book it has.
func (b *bench) comesBack() {
	b.t.Helper()
	res := b.ok(b.asksAnew("leeds"))
	b.decides("leeds", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
	b.decides("leeds", &ledger.AdoptHQ{H: res.H})
	b.talk("leeds")
	b.decides("leeds", &ledger.Attest{})
	b.talk("leeds")
}

// TestWhatWasWrittenOffBeforeItWasCreditedIsNotCredited gives a holder up while units are on their way to
// it: they are the owner's again, and nobody else may promise them.
func TestWhatWasWrittenOffBeforeItWasCreditedIsNotCredited(t *testing.T) {
	for name, had := range map[string]ledger.Qty{"it had none": 0, "it had some": 3} {
		t.Run(name, func(t *testing.T) {
			b := company(t, "hull")
			if had > 0 {
				b.passes(had)
				b.talk("hull")
				b.talk("leeds")
			}
			b.passes(had + 2)
			b.givesUp()
			b.talk("hull") // passes on, and takes all of it back
			if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 5 {
				t.Errorf("got held %d at hull, want 5", s.Held)
			}
			if got := b.queued("leeds"); !slices.Equal(got, []ledger.CommandKind{ledger.CommandRecall}) {
				t.Errorf("got %v queued to leeds, want a recall and no credit: it would sell before it hears of a second recall", got)
			}
			b.comesBack()
			b.talk("hull")
			if p, _ := b.m.PassedOn("hull", "leeds", "TAP-22"); p.Has != 0 || p.Coming != 0 || p.Off != 0 {
				t.Errorf("got %+v, want nothing had, coming or written off", *p)
			}
			if got := b.holds("leeds", "hull", "TAP-22"); got != 0 {
				t.Errorf("leeds may promise %d of hull's, want 0", got)
			}
			b.audit()
		})
	}
}

// TestAWriteOffThatIsForgottenIsToldTheHolder says that a holder gives up what a life that is gone has
// written off, and that its owner does not get it twice.
func TestAWriteOffThatIsForgottenIsToldTheHolder(t *testing.T) {
	b := company(t, "hull")
	b.passes(3)
	b.talk("hull")
	b.talk("leeds")
	before := encode(t, b.m)
	b.givesUp()
	off := b.obeys("hull")
	b.ok(off) // leeds is silent

	b.goesBack(before)
	b.attests("hull", off)
	if got := b.m.Kept("leeds", 9); len(got) != 1 || got[0].Kind != ledger.CommandRecall || got[0].Owner != "hull" || got[0].Lines[0].Qty != 0 {
		t.Errorf("got %+v kept for leeds, want a recall of all", got)
	}
	b.attests("leeds")
	b.talk("leeds")
	b.talk("hull")
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 5 {
		t.Errorf("got held %d at hull, want 5", s.Held)
	}
	if p, _ := b.m.PassedOn("hull", "leeds", "TAP-22"); p.Has != 0 || p.Off != 0 || p.Wish != 0 {
		t.Errorf("got %+v, want nothing had, written off or wished", *p)
	}
	if got := b.exceptions(); slices.Contains(got, "refused") {
		t.Errorf("got exceptions %q, want hull not asked to take back what it has", got)
	}
	b.audit()
}

// The holder's answer to the recall may be heard before the owner's write-off: what the owner has had back
// it is not asked for again.
func TestAWriteOffThatIsHeardAfterTheHoldersAnswerTakesBackOnce(t *testing.T) {
	b := company(t, "hull")
	b.passes(3)
	b.talk("hull")
	b.talk("leeds")
	before := encode(t, b.m)
	b.passes(0)
	given := b.obeys("leeds") // cut off before it can tell
	b.givesUp()
	off := b.obeys("hull")
	b.ok(off)

	b.goesBack(before)
	b.attests("leeds", given)
	if got := b.m.Kept("hull", 9); len(got) != 1 || got[0].Kind != ledger.CommandReturn {
		t.Fatalf("got %+v kept for hull, want the return of what leeds gave up", got)
	}
	b.attests("hull", off)
	b.talk("hull")
	b.talk("leeds")
	b.talk("hull")
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 5 {
		t.Errorf("got held %d at hull, want 5", s.Held)
	}
	if got := b.exceptions(); slices.Contains(got, "refused") {
		t.Errorf("got exceptions %q, want hull not asked to take back what it has", got)
	}
	b.audit()
}
