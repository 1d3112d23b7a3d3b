package machine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// TestADrawThatIsToldLateIsReservedOnce puts head office back to before a draw, and the holder's book is
// made anew from what head office has. The owner has reserved for the order already.
func TestADrawThatIsToldLateIsReservedOnce(t *testing.T) {
	for name, first := range map[string]ledger.SiteID{"the owner tells first": "hull", "the holder tells first": "leeds"} {
		for _, passed := range []ledger.Qty{1, 2} {
			t.Run(fmt.Sprintf("%s, %d passed on", name, passed), func(t *testing.T) {
				b := company(t, "hull")
				b.passes(passed)
				b.talk("hull")
				b.talk("leeds")
				b.talk("hull")
				before, book, sent := encode(t, b.m), b.cores["leeds"].State.Clone(), b.sent["leeds"]
				out := b.decides("leeds", &ledger.Place{Order: order("01890a5d-ac96-774b-bcce-b302099a8057", ledger.Partial, ledger.Line{SKU: "TAP-22", Qty: 1})})
				b.ok(b.cut("leeds"))
				drawn := b.obeys("hull")
				b.ok(drawn)

				b.goesBack(before)
				b.cores["leeds"], b.sent["leeds"] = ledger.NewCore(book, noPast{}), sent
				late := func() {
					res := b.ok(b.asksAnew("leeds"))
					b.decides("leeds", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
					b.decides("leeds", &ledger.AdoptHQ{H: res.H})
					b.talk("leeds")
					b.decides("leeds", &ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: out.Entry.Epoch, Seq: out.Entry.Seq}, Entry: out.Entry})
					b.decides("leeds", &ledger.Attest{})
					b.talk("leeds")
				}
				if first == "leeds" {
					late()
					b.attests("hull", drawn)
				} else {
					b.attests("hull", drawn)
					late()
				}
				for range 3 {
					b.talk("hull")
					b.talk("leeds")
				}
				if l, _ := b.cores["hull"].State.Level("TAP-22"); l.Reserved != 1 {
					t.Errorf("got %d reserved at hull, want 1: leeds has promised 1", l.Reserved)
				}
				if got := b.exceptions(); slices.Contains(got, "leg_refused") || slices.Contains(got, "not_held") {
					t.Errorf("got exceptions %q, want none of a promise that cannot be kept", got)
				}
				b.audit()
			})
		}
	}
}

// TestWhatAHolderDrewBeforeItWasMadeAnewIsNotCreditedAgain puts head office back to before a pass on, and the
// holder's book is made anew from what head office has: it has neither the credit nor the draw. The owner
// has passed the unit on and reserved it.
func TestWhatAHolderDrewBeforeItWasMadeAnewIsNotCreditedAgain(t *testing.T) {
	b := company(t, "hull")
	b.passes(1)
	before, book, sent := encode(t, b.m), b.cores["leeds"].State.Clone(), b.sent["leeds"]
	passed := b.obeys("hull")
	b.ok(passed)
	b.talk("leeds")
	out := b.decides("leeds", &ledger.Place{Order: order("01890a5d-ac96-774b-bcce-b302099a8057", ledger.Partial, ledger.Line{SKU: "TAP-22", Qty: 1})})
	b.ok(b.cut("leeds"))
	drawn := b.obeys("hull")
	b.ok(drawn)

	b.goesBack(before)
	b.cores["leeds"], b.sent["leeds"] = ledger.NewCore(book, noPast{}), sent
	res := b.ok(b.asksAnew("leeds"))
	b.decides("leeds", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
	b.decides("leeds", &ledger.AdoptHQ{H: res.H})
	b.talk("leeds")
	b.decides("leeds", &ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: out.Entry.Epoch, Seq: out.Entry.Seq}, Entry: out.Entry})
	b.decides("leeds", &ledger.Attest{})
	b.talk("leeds")
	b.attests("hull", passed, drawn)
	for range 3 {
		b.talk("hull")
		b.talk("leeds")
	}
	b.audit()
}

// TestUnitsThatWereBackedForAHolderThatHasLostThemGoBack: the owner's book has lost that it passed units on, and passes
// them on again for a holder that has been credited. Then head office goes back to before it heard of the credit, and the
// holder's book is made anew without it: nobody else would ever promise these units.
func TestUnitsThatWereBackedForAHolderThatHasLostThemGoBack(t *testing.T) {
	b := company(t, "hull")
	before := encode(t, b.m)
	books := map[ledger.SiteID]*ledger.State{"hull": b.cores["hull"].State.Clone(), "leeds": b.cores["leeds"].State.Clone()}
	sent := map[ledger.SiteID]ledger.Position{"hull": b.sent["hull"], "leeds": b.sent["leeds"]}
	anew := func(id ledger.SiteID) {
		b.cores[id], b.sent[id] = ledger.NewCore(books[id], noPast{}), sent[id]
		res := b.ok(b.asksAnew(id))
		b.decides(id, &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: id == "leeds", Boot: [16]byte{1}, Rebuilt: true}})
		b.decides(id, &ledger.AdoptHQ{H: res.H})
		b.talk(id)
	}
	b.passes(2)
	b.talk("hull")
	credited := b.obeys("leeds")

	b.goesBack(before)
	anew("hull")
	mid := encode(t, b.m)
	b.attests("leeds", credited)
	b.decides("hull", &ledger.Attest{})
	attested := b.cut("hull")
	b.ok(attested)
	backed := b.obeys("hull")
	b.ok(backed)

	b.goesBack(mid)
	anew("leeds")
	b.decides("leeds", &ledger.Attest{})
	b.talk("leeds")
	b.attests("hull", attested, backed)
	for range 3 {
		b.talk("hull")
		b.talk("leeds")
	}
	if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 5 {
		t.Errorf("got %d held at hull, want all 5: leeds knows of none", s.Held)
	}
	b.audit()
}
