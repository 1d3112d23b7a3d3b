package machine_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestTheOwnerOfEveryOrderIsKnown(t *testing.T) {
	b := newBench(t)
	leeds := b.site("leeds", true)
	b.receive("leeds", 5, "TAP-22")
	out := leeds.Decide(&ledger.Place{Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
	placed := out.Entry.Seq
	b.ok(b.cut("leeds"))
	is := func(m *machine.Machine, want ledger.Seq) {
		t.Helper()
		if owner, seq, ok := m.OwnerOf(orderB); owner != "leeds" || seq != want || !ok {
			t.Errorf("got %q, entry %d, %t, want leeds, %d, true", owner, seq, ok, want)
		}
	}
	is(b.m, placed)
	if _, ok := b.m.Order(orderB); ok {
		t.Error("got a record of an order served from its own shelf, want none")
	}
	out = leeds.Decide(&ledger.CancelOrder{Order: orderB}, at)
	b.ok(b.cut("leeds"))
	is(b.m, out.Entry.Seq)
	restored, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil {
		t.Fatal(err)
	}
	is(restored, out.Entry.Seq)
	if owner, _, ok := b.m.OwnerOf(orderA); ok {
		t.Errorf("an order of nobody: got %q, want none", owner)
	}
}

func TestHeadOfficeTakesNoOrderUnderASitesID(t *testing.T) {
	b := newBench(t)
	leeds := b.site("leeds", true)
	b.site("hull", false)
	b.receive("leeds", 5, "TAP-22")
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	leeds.Decide(&ledger.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
	b.ok(b.cut("leeds"))
	place := samples()["place"].(*machine.Place)
	place.Using = ""
	if res := b.apply(place); !errors.Is(res.Err, ledger.ErrOrderExists) {
		t.Errorf("got %v, want %v", res.Err, ledger.ErrOrderExists)
	}
}

func TestAnIDAcceptedAtTwoSitesIsRaised(t *testing.T) {
	b := newBench(t)
	for _, id := range []ledger.SiteID{"leeds", "york"} {
		core := b.site(id, true)
		b.receive(id, 5, "TAP-22")
		core.Decide(&ledger.Place{Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
		b.ok(b.cut(id))
	}
	if got := b.exceptions(); !slices.Equal(got, []string{"order_id_twice"}) {
		t.Errorf("got exceptions %q, want order_id_twice", got)
	}
	if owner, _, _ := b.m.OwnerOf(orderB); owner != "leeds" {
		t.Errorf("got %q, want leeds: the first stays", owner)
	}
}
