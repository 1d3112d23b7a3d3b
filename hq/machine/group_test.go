package machine_test

import (
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// TestMembersOfAGroupStandAlone: one that does not fit changes nothing, and nothing comes to nothing with it.
func TestMembersOfAGroupStandAlone(t *testing.T) {
	b := full(t)
	place := func(id ledger.OrderID, key string, q ledger.Qty, legs ...string) machine.Command {
		o := order(id, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: q})
		return &machine.Place{Order: o, Key: digest(key), Request: digest(key), Legs: plan(legs...), At: at}
	}
	refuse := func(id ledger.OrderID, key string) machine.Command {
		o := order(id, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 900})
		return &machine.Refuse{Order: o, Key: digest(key), Request: digest(key), Refusal: ledger.RefusedShort,
			Shorts: []ledger.Short{{Line: 1, SKU: "TAP-22", Want: 900, Have: 1}}, At: at}
	}
	const second, third, fourth = "0190b6a0-0000-7000-8000-0000000000f2", "0190b6a0-0000-7000-8000-0000000000f3", "0190b6a0-0000-7000-8000-0000000000f4"
	res := b.m.Apply(machine.Marshal(&machine.Group{Members: []machine.Command{
		refuse(orderB, "a"),
		place(second, "b", 900, "1 TAP-22 hull 900"), // more than there is
		refuse(third, "c"),
		place(fourth, "d", 1, "1 TAP-22 hull 1"),
		place(fourth, "d", 1, "1 TAP-22 hull 1"), // the same once more: the first answer
	}}))
	if res.Err != nil || len(res.Group) != 5 {
		t.Fatalf("got %v and %d results, want 5 results", res.Err, len(res.Group))
	}
	for i, want := range []error{nil, machine.ErrConflict, nil, nil, nil} {
		if got := res.Group[i].Err; !errors.Is(got, want) {
			t.Errorf("member %d: got %v, want %v", i, got, want)
		}
	}
	if !res.Group[4].Replayed || res.Group[4].Answer.Order.ID != fourth {
		t.Errorf("a member that repeats another under its key was not given the first answer")
	}
	if len(res.Wake) != 1 || res.Wake[0] != "hull" {
		t.Errorf("got %v to be woken, want hull", res.Wake)
	}
	for id, want := range map[ledger.OrderID]bool{second: false, third: false, fourth: true} {
		if _, ok := b.m.Order(id); ok != want {
			t.Errorf("order %s: got known %v, want %v", id, ok, want)
		}
	}
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, ok := b.m.Answer(digest(key)); ok != want {
			t.Errorf("key %s: got remembered %v, want %v", key, ok, want)
		}
	}
	if err := b.m.Check(); err != nil {
		t.Error(err)
	}
}

// TestOnlyPlansStandInAGroup: a group with another command in it is no command.
func TestOnlyPlansStandInAGroup(t *testing.T) {
	b := full(t)
	for name, c := range map[string]machine.Command{
		"a push":  &machine.Push{Site: "leeds", Epoch: 1, At: at},
		"a group": &machine.Group{},
	} {
		if res := b.m.Apply(machine.Marshal(&machine.Group{Members: []machine.Command{c}})); !errors.Is(res.Err, machine.ErrUnknownCommand) {
			t.Errorf("%s: got %v, want %v", name, res.Err, machine.ErrUnknownCommand)
		}
	}
}
