package machine_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// TestAFactThatEndsAnOrderLetsItsLegsGo takes a cancel and a handing over that come late, of an order
// that is served from elsewhere: what is reserved there is free again.
func TestAFactThatEndsAnOrderLetsItsLegsGo(t *testing.T) {
	for name, c := range map[string]struct {
		taken ledger.Qty // handed over before
		more  ledger.Qty // handed over by the fact
		was   ledger.Kind
		end   ledger.Status
	}{
		"cancelled":                      {0, 0, ledger.KindCanceled, ledger.StatusCanceled},
		"cancelled, in part handed over": {1, 0, ledger.KindCanceled, ledger.StatusCompleted},
		"handed over":                    {1, 2, ledger.KindPlaced, ledger.StatusCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.receive("hull", 5, "TAP-22")
			b.talk("hull")
			b.site("leeds", true)
			b.ok(b.cut("leeds"))
			o := order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3, Taken: c.taken, Backordered: 3 - c.taken})
			o.Owner, o.Status, o.Wait = "leeds", ledger.StatusBackordered, ledger.WaitHQ
			b.writes("leeds", &ledger.Entry{Kind: ledger.KindPlaced, Body: &ledger.OrderBody{Order: o}})
			b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 2"), At: at})
			b.talk("hull")
			if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 3 || s.Level.Reserved != 2 {
				t.Fatalf("filled: got held %d, reserved %d, want 3, 2", s.Held, s.Level.Reserved)
			}

			over := *o.Clone()
			l := &over.Lines[0]
			l.Taken, l.Backordered, l.Canceled = c.taken+c.more, 0, c.more == 0
			if over.Settle(); over.Status != c.end {
				t.Fatalf("got %s, want %s", over.Status, c.end)
			}
			b.writes("leeds", &ledger.Entry{Kind: ledger.KindLate, Body: &ledger.LateBody{Was: c.was, Order: &over, Origin: ledger.Origin{Site: "leeds"}}})
			queue := b.m.Commands("hull", 0, 9)
			if len(queue) != 1 || queue[0].Kind != ledger.CommandCancel || queue[0].Order != orderB {
				t.Fatalf("got %+v queued to hull, want the order's cancel", queue)
			}
			b.talk("hull")
			if s, _ := b.m.Stock("hull", "TAP-22"); s.Held != 5 || s.Level.Reserved != 0 {
				t.Errorf("let go: got held %d, reserved %d, want 5, 0", s.Held, s.Level.Reserved)
			}
			if rec, _ := b.m.Order(orderB); rec.Status != c.end || rec.Legs[0].State != machine.LegCanceled {
				t.Errorf("got %s, leg %s, want %s, cancelled", rec.Status, rec.Legs[0].State, c.end)
			}
			if got := b.exceptions(); len(got) != 0 {
				t.Errorf("got exceptions %q, want none", got)
			}
			b.restarts()
		})
	}
}

func TestAnOrderRelearnedByItsReservationsIsLetGoByALateCancel(t *testing.T) {
	b := newBench(t)
	hull := b.site("hull", false)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	b.site("leeds", true)
	b.ok(b.cut("leeds"))
	b.ok(&machine.Reincarnate{Random: [16]byte{8}, Why: "restored", At: at})
	old := ledger.HQCommand{H: hull.State.HQ, Number: 1, ID: "leeds/1/9/0", Kind: ledger.CommandReserve, Order: orderB, Owner: "leeds",
		Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}}
	old.Hash = ledger.ChainCommand(ledger.Hash{}, &old)
	hull.Decide(&ledger.Obey{Command: old}, at)
	hull.Decide(&ledger.AdoptHQ{H: b.m.H()}, at)
	b.ok(b.cut("hull"))
	if rec, ok := b.m.Order(orderB); !ok || !rec.Relearned {
		t.Fatalf("got %+v, want the order relearned", rec)
	}
	o := order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2, Canceled: true})
	o.Owner = "leeds"
	o.Settle()
	b.writes("leeds", &ledger.Entry{Kind: ledger.KindLate, Body: &ledger.LateBody{Was: ledger.KindCanceled, Order: &o, Origin: ledger.Origin{Site: "leeds"}}})
	kept := b.m.Kept("hull", 9)
	if !slices.ContainsFunc(kept, func(c ledger.HQCommand) bool { return c.Kind == ledger.CommandCancel && c.Order == orderB }) {
		t.Errorf("got %+v kept for hull, want the order's cancel", kept)
	}
	b.restarts()
}

// TestTheOwnerOfALostLegIsToldFirst says that a book whose order has lost units elsewhere hears of it
// before its line is planned anew, and once, whatever life of head office folds the entry.
func TestTheOwnerOfALostLegIsToldFirst(t *testing.T) {
	for name, c := range map[string]struct {
		reserved bool // the leg was carried out
		lost     func(*machine.Machine) *ledger.Entry
		q        ledger.Qty
	}{
		"displaced": {true, func(*machine.Machine) *ledger.Entry {
			return &ledger.Entry{Kind: ledger.KindAdjusted, Body: &ledger.AdjustedBody{Reason: "damaged", Displaced: []ledger.Displaced{{Order: orderB, Owner: "leeds", Line: 1, SKU: "TAP-22", Qty: 1}}},
				Postings: claim("TAP-22", ledger.Account{Kind: ledger.Reserved, Ref: string(orderB), Line: 1}, ledger.Account{Kind: ledger.Allotted, Ref: "hq"}, 1)}
		}, 1},
		"refused": {false, func(m *machine.Machine) *ledger.Entry {
			return &ledger.Entry{Kind: ledger.KindObeyed, Body: &ledger.ObeyedBody{Command: m.Commands("hull", 0, 1)[0], Refused: ledger.RefusedNotAllotted}}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.receive("hull", 5, "TAP-22")
			b.talk("hull")
			b.site("leeds", true)
			b.ok(b.cut("leeds"))
			o := order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2, Backordered: 2})
			o.Owner, o.Status, o.Wait = "leeds", ledger.StatusBackordered, ledger.WaitHQ
			b.writes("leeds", &ledger.Entry{Kind: ledger.KindPlaced, Body: &ledger.OrderBody{Order: o}})
			b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 2"), At: at})
			if c.reserved {
				b.talk("hull")
			}
			before := encode(t, b.m)
			told := func() ledger.HQCommand {
				t.Helper()
				b.writes("hull", c.lost(b.m))
				rec, _ := b.m.Order(orderB)
				if rec.Lines[0].Backordered != c.q || rec.Wait != ledger.WaitHQ {
					t.Fatalf("got %+v, want %d waiting", rec.Lines[0], c.q)
				}
				b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 1"), At: at})
				var kinds []ledger.CommandKind
				queue := b.m.Commands("leeds", 0, 9)
				for _, c := range queue {
					kinds = append(kinds, c.Kind)
				}
				if want := []ledger.CommandKind{ledger.CommandNote, ledger.CommandLose, ledger.CommandNote}; !slices.Equal(kinds, want) {
					t.Fatalf("got %v queued to leeds, want %v", kinds, want)
				}
				return queue[1]
			}
			got := told()
			if got.Order != orderB || got.Site != "hull" || !slices.Equal(got.Lines, []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: c.q}}) {
				t.Errorf("got %+v, want %d of line 1 lost at hull", got, c.q)
			}
			var err error
			if b.m, err = machine.Restore(bytes.NewReader(before)); err != nil {
				t.Fatal(err)
			}
			if again := told(); again.ID != got.ID {
				t.Errorf("folded again: got id %s, want %s", again.ID, got.ID)
			}
			b.restarts()
		})
	}
}
