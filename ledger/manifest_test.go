package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func closes(carrier string) *ledger.OnManifest {
	return &ledger.OnManifest{Act: ledger.ManifestClose, Carrier: carrier, By: "olga"}
}

func strikes(carrier string, n uint64) *ledger.OnManifest {
	return &ledger.OnManifest{Act: ledger.ManifestStrike, Carrier: carrier, Shipment: n, Reason: "the box broke", By: "olga"}
}

// manifested says what an act on a manifest has come to.
func manifested(out ledger.Outcome) string {
	no, isNo := errors.AsType[*ledger.ManifestError](out.Err)
	form, isForm := errors.AsType[*ledger.FormError](out.Err)
	switch {
	case isNo:
		return no.Error()
	case isForm:
		return "form " + form.Field
	case out.Err != nil:
		return out.Err.Error()
	}
	b := out.Entry.Manifest()
	words := fmt.Sprintf("%d: struck %v", b.Number, b.Struck)
	if b.Act == ledger.ManifestClose {
		words = fmt.Sprintf("%d: %d to %d without %v", b.Number, b.From, b.To, b.Struck)
	}
	if b.Still {
		words += " already"
	}
	return words
}

// sends has an order leave with a carrier.
func (d *desk) sends(name, carrier string) {
	d.Helper()
	o := ledger.Order{ID: oid(name), Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP", Qty: 1}}}
	d.must(&ledger.Place{Order: o})
	d.must(&ledger.PickLeg{Order: o.ID, Lines: []ledger.LegLine{{Line: 1, Qty: 1}}})
	d.must(&ledger.WorkLeg{Order: o.ID, Deed: ledger.DeedPack})
	d.must(&ledger.WorkLeg{Order: o.ID, Deed: ledger.DeedDispatch, Ship: ledger.Shipment{Carrier: carrier}})
}

// Each shipment of a carrier stands on one manifest, or is struck off it before it is closed; closing again changes nothing, and no restart loses or doubles one.
func TestAShipmentStandsOnOneManifest(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 2000)
	do := func(what string, r *ledger.OnManifest, want string) {
		t.Helper()
		if got := manifested(d.do(r)); got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	do("before anything left", closes("Post"), "nothing has left with Post")
	d.sends("a", "Post")
	d.sends("b", "Post")
	d.sends("c", "Van")
	d.sends("d", "Post")
	do("one is struck off", strikes("Post", 2), "1: struck [2]")
	do("twice", strikes("Post", 2), "1: struck [2] already")
	do("one that there is not", strikes("Post", 4), "Post has no shipment 4")
	do("without a reason", &ledger.OnManifest{Act: ledger.ManifestStrike, Carrier: "Post", Shipment: 1}, "form reason")
	d.reopen()
	do("closed", closes("Post"), "1: 1 to 3 without [2]")
	do("closed again", closes("Post"), "1: 1 to 3 without [2] already")
	d.kill()
	do("after a crash", closes("Post"), "1: 1 to 3 without [2] already")
	do("struck off a closed one", strikes("Post", 3), "shipment 3 stands on manifest 1 of Post, which is closed")
	d.sends("e", "Post")
	do("the next one", closes("Post"), "2: 4 to 4 without []")
	do("another carrier's", closes("Van"), "1: 1 to 1 without []")
	for i := range 900 {
		d.must(sale(fmt.Sprint("s", i), "TAP", 1))
	}
	d.trim(d.archive(t.TempDir()), d.soon())
	do("long ago", closes("Post"), "2: 4 to 4 without [] already")
	if v, err := d.book.Carrier("Post"); err != nil || v.Number != 3 || v.Shipments != 4 || v.Closed != 4 || v.Last.Manifest().Number != 2 {
		t.Errorf("got %+v (%v), want manifest 3 open and empty", v, err)
	}
	if e, err := d.book.Shipment("Post", 2); err != nil || e.Ref != string(oid("b")) {
		t.Errorf("got %+v (%v), want what left with order b", e, err)
	}
}

// Whatever is sent, struck off, closed and repeated in whatever order: every shipment is on one closed manifest, or struck off, or still to be closed.
func TestNoShipmentIsOnTwoManifestsOrNone(t *testing.T) {
	for seed := range uint64(6) {
		rnd := rand.New(rand.NewPCG(seed, 42))
		d := newDesk(t)
		d.receive("TAP", 100)
		sent, struck := uint64(0), map[uint64]bool{}
		on := map[uint64]uint64{} // by shipment, its manifest
		for i := range 40 {
			switch rnd.IntN(5) {
			case 0, 1:
				d.sends(fmt.Sprint("o", i), "Post")
				sent++
			case 2:
				n := 1 + rnd.Uint64N(sent+1)
				if out := d.do(strikes("Post", n)); (out.Err == nil) != (n <= sent && on[n] == 0) {
					t.Fatalf("seed %d: strike %d of %d: got %v, it is on %d", seed, n, sent, out.Err, on[n])
				} else if out.Err == nil {
					struck[n] = true
				}
			case 3:
				out := d.do(closes("Post"))
				if out.Err != nil {
					continue
				}
				b := out.Entry.Manifest()
				for n := b.From; n <= b.To && !b.Still; n++ {
					if on[n] != 0 || b.Has(n) == struck[n] {
						t.Fatalf("seed %d: shipment %d is on %d and on %d, struck off: %t", seed, n, on[n], b.Number, struck[n])
					}
					on[n] = b.Number
				}
			default:
				d.reopen()
			}
		}
		v, err := d.book.Carrier("Post")
		if err != nil || v.Shipments != sent || v.Closed != uint64(len(on)) {
			t.Errorf("seed %d: got %+v (%v), want %d shipments, %d of them closed", seed, v, err, sent, len(on))
		}
		for n := range struck {
			if on[n] == 0 && !slices.Contains(v.Struck, n) {
				t.Errorf("seed %d: shipment %d is struck off no more", seed, n)
			}
		}
	}
}
