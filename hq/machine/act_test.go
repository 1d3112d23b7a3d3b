package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What somebody does is kept with who, where and by whose leave: in the list of acts, and beside what they have set. What
// was refused, or answered before, is no act.
func TestAnActNamesWhoWhereAndByWhoseLeave(t *testing.T) {
	b := newBench(t)
	hand := machine.Hand{By: "ann", Device: "desk-1", Approver: "beth"}
	act := func(call string, c machine.Command) machine.Result {
		t.Helper()
		raw, ok := machine.MarshalAct(machine.Act{Hand: hand, Call: call, At: at}, machine.Marshal(c))
		if !ok {
			t.Fatalf("%T can be nobody's act", c)
		}
		return b.m.Apply(raw)
	}
	item := ledger.Item{SKU: "TAP-22", Name: "Tap", Price: ledger.Price{Money: ledger.Money{Amount: 1299, Currency: "GBP"}, Tax: "included"}}
	for _, price := range []int64{1299, 1399} {
		item.Price.Amount = price
		if res := act("PUT /v1/items/TAP-22", &machine.PutItems{Items: []ledger.Item{item}, At: at}); res.Err != nil || res.Version == 0 {
			t.Fatalf("got %+v", res)
		}
	}
	if res := act("POST /v1/exceptions/99/resolve", &machine.Resolve{Exception: 99, By: "ann", At: at}); res.Err == nil {
		t.Error("an exception that nobody raised was seen to")
	}
	act("PUT /v1/policy", &machine.SetPolicy{CoverDays: 3, By: "ann", Reason: "spring", At: at})
	act("POST /v1/authority/rotate", &machine.SetPolicy{Preset: "nearest", By: "olga", Reason: "closer", At: at})
	o := order("01900000-0000-7000-8000-000000000001", ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3})
	act("POST /v1/orders", &machine.AwaitWord{Order: waiting(o), Key: digest("k"), Request: digest("r"), At: at})
	act("POST decide", &machine.AwaitWord{No: true, Order: ledger.Order{ID: o.ID}, Key: digest("no"), Request: digest("r"), By: "olga", Reason: "too many", At: at})
	got := b.m.Acted(0, 10, func(*machine.Acted) bool { return true })
	want := []string{"6 POST decide: signed by olga; order " + string(o.ID) + ": too many", "5 POST /v1/orders: order " + string(o.ID), "4 POST /v1/authority/rotate: signed by olga; closer", "3 PUT /v1/policy: spring",
		"2 PUT /v1/items/TAP-22: costs 1399 GBP included, was 1299 GBP included", `1 PUT /v1/items/TAP-22: new, "Tap", costs 1299 GBP included`}
	for i, a := range got {
		if text := fmt.Sprintf("%d %s: %s", a.Rank, a.Call, a.Note); len(got) != len(want) || text != want[i] || a.Hand != hand || !a.At.Equal(at) {
			t.Errorf("got %d acts, %s by %+v; want %q by %+v", len(got), text, a.Hand, want, hand)
		}
	}
	for _, c := range b.m.Changes(0, 2) {
		if c.Set.Device != "desk-1" || c.Set.Approver != "beth" {
			t.Errorf("got %+v, want what was set to say where, and by whose leave", c.Set)
		}
	}
	b.apply(&machine.SetPolicy{CoverDays: 4, By: "head office", At: at})
	if c := b.m.Changes(0, 1)[0].Set; c.Device != "" || c.Approver != "" {
		t.Errorf("got %+v, want nothing of the act before", c)
	}
	var out bytes.Buffer
	if err := b.m.Freeze().Encode(&out); err != nil {
		t.Fatal(err)
	}
	back, err := machine.Restore(&out)
	if err != nil {
		t.Fatal(err)
	}
	if n := back.Acted(0, 10, func(a *machine.Acted) bool { return a.Call == "PUT /v1/policy" }); len(n) != 1 || *n[0] != *got[3] {
		t.Errorf("got %v back, want the act", n)
	}
}

// Of acts the latest are kept.
func TestTheLatestActsAreKept(t *testing.T) {
	b := newBench(t)
	for range machine.ActedMax + 3 {
		b.apply(&machine.Act{Hand: machine.Hand{By: "owner"}, Call: "POST /v1/authority/rotate", At: at})
	}
	if err := b.m.Check(); err != nil {
		t.Error(err)
	}
	all := b.m.Acted(0, 2*machine.ActedMax, func(*machine.Acted) bool { return true })
	if len(all) != machine.ActedMax || all[0].Rank != machine.ActedMax+3 {
		t.Errorf("got %d, the newest %d", len(all), all[0].Rank)
	}
}

// An order, or what carries others, is nobody's act: it says itself whose it is.
func TestAnOrderSaysItselfWhoseItIs(t *testing.T) {
	for name, c := range samples() {
		switch c.(type) {
		case *machine.Act, *machine.Group, *machine.Push, *machine.Unpark, *machine.Place, *machine.PlaceUnsure, *machine.Borrow, *machine.Fill, *machine.Refuse:
			if _, ok := machine.MarshalAct(machine.Act{Call: "POST /", At: at}, machine.Marshal(c)); ok {
				t.Errorf("%s can be an act", name)
			}
		default:
			raw, ok := machine.MarshalAct(machine.Act{Call: "POST /", At: at}, machine.Marshal(c))
			if back, err := machine.Unmarshal(raw); !ok || err != nil || !bytes.Equal(machine.Marshal(back), raw) {
				t.Errorf("%s: got %v, want it read as it was written", name, err)
			}
		}
	}
	if _, ok := machine.MarshalAct(machine.Act{}, []byte{0xc1}); ok {
		t.Error("what is no command can be an act")
	}
}

// Acts within acts are refused at the first one, however deep they go: whoever followed them would run out of stack, and
// so would every server after it.
func TestAnActHoldsNoAct(t *testing.T) {
	deep := machine.Command(&machine.SetPolicy{CoverDays: 3, At: at})
	for range 500 {
		deep = &machine.Act{Call: "POST /", Member: deep, At: at}
	}
	raw, b := machine.Marshal(deep), newBench(t)
	if res := b.m.Apply(raw); !errors.Is(res.Err, machine.ErrUnknownCommand) {
		t.Errorf("got %v, want it refused", res.Err)
	}
	if n := testing.AllocsPerRun(1, func() { b.m.Apply(raw) }); n > 100 {
		t.Errorf("got %.0f allocations, want it followed no further than the first", n)
	}
}
