package machine_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// anew has a site begin another life with a book of its past, and tell what queued commands come to.
func (b *bench) anew(id ledger.SiteID, book *ledger.State, sent ledger.Position) {
	b.t.Helper()
	if all, known := b.pasts[id].entries, int(book.Seq); len(all) >= known {
		b.pasts[id] = &cutPast{entries: all[:known:known]}
	}
	b.cores[id], b.sent[id] = ledger.NewCore(book, b.pasts[id]), sent
	res := b.ok(b.asksAnew(id))
	b.decides(id, &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
	b.decides(id, &ledger.AdoptHQ{H: res.H})
	b.talk(id)
}

// late tells what a site has decided in a life before.
func (b *bench) late(id ledger.SiteID, out ledger.Outcome) {
	b.t.Helper()
	b.decides(id, &ledger.RecordLate{Origin: ledger.Origin{Site: id, Epoch: out.Entry.Epoch, Seq: out.Entry.Seq}, Entry: out.Entry})
}

// A book that is made anew may not know yet what it has handed over: a claim on that waits until it has told all it knows, and is not
// refused for good.
func TestAClaimWaitsForABookThatIsMadeAnew(t *testing.T) {
	for _, when := range []string{"queued before", "put while it is"} {
		t.Run(when, func(t *testing.T) {
			b := shops(t)
			b.receive("york", 3, "TAP-22")
			b.decides("york", &ledger.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 3})})
			b.talk("york")
			book, sent := b.cores["york"].State.Clone(), b.sent["york"]
			b.decides("york", &ledger.PickLeg{Order: orderA, Lines: []ledger.LegLine{{Line: 1, Qty: 3}}})
			b.decides("york", &ledger.WorkLeg{Order: orderA, Deed: ledger.DeedPack})
			left := b.decides("york", &ledger.WorkLeg{Order: orderA, Deed: ledger.DeedDispatch})
			b.brings("leeds", 1, orderA, 1, "")
			if when != "put while it is" {
				b.talk("leeds")
			}
			b.anew("york", book, sent)
			b.talk("leeds")
			b.standsAs(1, orderA, "pending pending received=1 restocked=0 refused=0 order=0")
			b.restarts()
			b.late("york", left)
			b.decides("york", &ledger.Attest{})
			for range 2 {
				b.talk("york")
				b.talk("leeds")
			}
			b.standsAs(1, orderA, "received granted received=1 restocked=0 refused=0 order=1")
			b.audit()
		})
	}
}

// Nobody reads the queue of a site that is declared lost: a claim in it is somebody's to close, or is decided on once the site is back.
func TestAClaimThatIsQueuedToALostSiteDoesNotHang(t *testing.T) {
	for name, waits := range map[string]bool{"queued": false, "waiting while its book was made anew": true} {
		for end, closed := range map[string]bool{"closed by a person": true, "the site is back": false} {
			t.Run(name+", "+end, func(t *testing.T) {
				b := shops(t)
				b.handsOver(orderA, 2)
				b.talk("york")
				if waits {
					b.anew("york", b.cores["york"].State.Clone(), b.sent["york"])
				}
				b.brings("leeds", 1, orderA, 1, "")
				b.talk("leeds")
				b.ok(&machine.DeclareLost{Site: "york", By: "beth", Reason: "it burns", At: at})
				e := b.asked("return_unclaimed")
				if e.Order != orderA || e.Site != "leeds" {
					t.Errorf("got %+v, want leeds told of it", e)
				}
				b.restarts()
				if closed {
					b.ok(&machine.Resolve{Exception: e.ID, By: "beth", Note: "ours to sell", At: at})
					b.talk("leeds")
					b.standsAs(1, orderA, "received refused received=1 restocked=0 refused=1 order=0")
					return
				}
				b.anew("york", b.cores["york"].State.Clone(), b.sent["york"])
				b.decides("york", &ledger.Attest{})
				for range 2 {
					b.talk("york")
					b.talk("leeds")
				}
				b.standsAs(1, orderA, "received granted received=1 restocked=0 refused=0 order=1")
				if e := b.asked("return_unclaimed"); !e.Resolved.Done() {
					t.Errorf("got %+v open, want it closed", e)
				}
				b.audit()
			})
		}
	}
}

// What comes back late of an order of which all has been handed over does not cancel it.
func TestALateReturnDoesNotWriteThatTheOrderWasCancelled(t *testing.T) {
	b := servingAt(agreedBench(t))
	b.sends("hull", orderB, 1)
	b.talk("hull")
	b.talk("leeds")
	before := ledger.NewCore(b.cores["leeds"].State.Clone(), noPast{})
	out := before.Decide(&ledger.TakeBack{ID: returnID(1), Order: orderB, Lines: []ledger.BackLine{{Line: 1, Qty: 1}}}, at)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	b.late("leeds", out)
	b.talk("leeds")
	if l := b.line(orderB); l.Returned != 1 {
		t.Errorf("got %+v, want one counted as returned", l)
	}
	if _, words := b.told(orderB); strings.Contains(words, "cancelled") {
		t.Errorf("got story %q, want nothing cancelled", words)
	}
	b.audit()
}

// What a carrier brings back to the site that sent it is a return of the order's book: nobody brings it a second time.
func TestAParcelThatComesBackIsCountedByTheBookThatOwnsTheOrder(t *testing.T) {
	b := serving(t)
	b.sends("hull", orderB, 1)
	b.sends("hull", orderA, 2)
	b.talk("hull")
	b.talk("leeds")
	for n, id := range []ledger.OrderID{orderA, orderB} {
		b.decides("hull", &ledger.WorkLeg{Order: id, Deed: ledger.DeedComeBack, Lines: []ledger.LegLine{{Line: 1, Qty: 1}}, Return: returnID(n + 1)})
	}
	b.decides("leeds", &ledger.TakeBack{ID: returnID(3), Order: orderA, Lines: []ledger.BackLine{{Line: 1, SKU: "TAP-22", Qty: 2}}})
	for range 3 {
		b.talk("hull")
		b.talk("leeds")
	}
	for n, want := range []ledger.Qty{1, 1} {
		r, ok := b.cores["hull"].State.Returned(returnID(n + 1))
		if !ok || r.Claim != ledger.ClaimGranted || r.Lines[0].Qty != want {
			t.Errorf("return %d: got %+v, want it granted", n+1, r)
		}
	}
	if r, _ := b.cores["leeds"].State.Returned(returnID(3)); r.Claim != ledger.ClaimRefused || r.Lines[0].Refused != 1 {
		t.Errorf("got %+v, want the one that the carrier has brought refused", r)
	}
	if l := b.line(orderA); l.Returned != 2 {
		t.Errorf("got %+v, want two counted", l)
	}
	if own, _ := b.cores["leeds"].State.Order(orderB); own.Lines[0].Returned != 1 {
		t.Errorf("got %+v, want leeds' book to count one", own.Lines[0])
	}
	b.audit()
}
