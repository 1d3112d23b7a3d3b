package machine_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// unsure has leeds take an order without a promise, cut off, and tell head office of it later.
func unsure(t testing.TB, units, held ledger.Qty) (*bench, *ledger.Core) {
	b := newBench(t)
	b.site("hull", false)
	leeds := b.site("leeds", true)
	if held > 0 {
		b.receive("hull", held, "TAP-22")
	}
	b.talk("hull")
	o := order(orderB, ledger.Confirm, ledger.Line{SKU: "TAP-22", Qty: units})
	if out := leeds.Decide(&ledger.Place{Order: o}, at); out.Err != nil {
		t.Fatal(out.Err)
	}
	b.talk("leeds")
	return b, leeds
}

func (b *bench) status(id ledger.OrderID, site *ledger.Core, want ledger.Status) {
	b.t.Helper()
	rec, _ := b.m.Order(id)
	own, ok := site.State.Order(id)
	if rec.Status != want || !ok || own.Status != want {
		b.t.Errorf("got %s at head office and %s in its book, want %s", rec.Status, own.Status, want)
	}
}

// rates are how many of a site's orders were confirmed, and how many declined.
func (b *bench) rates(site ledger.SiteID, confirmed, declined uint64) {
	b.t.Helper()
	if s, _ := b.m.Site(site); s.Confirmed != confirmed || s.Declined != declined {
		b.t.Errorf("%s: got %d confirmed and %d declined, want %d and %d", site, s.Confirmed, s.Declined, confirmed, declined)
	}
}

func TestAnOrderIsConfirmedByServingIt(t *testing.T) {
	b, leeds := unsure(t, 3, 5)
	b.status(orderB, leeds, ledger.StatusUnconfirmed)
	if got := b.m.Unconfirmed(9); len(got) != 1 || got[0].ID != orderB {
		t.Errorf("got %d to be confirmed, want the one", len(got))
	}
	b.rates("leeds", 0, 0)
	b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 1"), At: at})
	b.status(orderB, leeds, ledger.StatusUnconfirmed)
	b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 2"), At: at})
	b.talk("hull")
	b.talk("leeds")
	b.status(orderB, leeds, ledger.StatusAllocated)
	b.rates("leeds", 1, 0)
	if got := b.m.Unconfirmed(9); len(got) != 0 || len(b.exceptions()) != 0 {
		t.Errorf("got %d to be confirmed and exceptions %q, want none", len(got), b.exceptions())
	}
	b.restarts()
}

func TestWhatIsNowhereToBeHadIsDeclined(t *testing.T) {
	b, leeds := unsure(t, 3, 0)
	b.ok(&machine.Decline{Order: orderB, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 3}}, At: at})
	if rec, _ := b.m.Order(orderB); rec.Status != ledger.StatusDeclined || rec.Waiting(1) != 0 {
		t.Errorf("got %s, %d waiting; want it declined before its site has heard", rec.Status, rec.Waiting(1))
	}
	b.rates("leeds", 0, 1)
	b.talk("leeds")
	b.status(orderB, leeds, ledger.StatusDeclined)
	e := b.m.Exceptions(1)
	if len(e) != 1 || e[0].What != "declined" || e[0].Owner != "leeds" || e[0].Order != orderB {
		t.Errorf("got exceptions %+v, want one that leeds has to see to", e)
	}
	if res := b.apply(&machine.Decline{Order: orderB, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 1}}, At: at}); !errors.Is(res.Err, machine.ErrConflict) {
		t.Errorf("again: got %v, want a conflict", res.Err)
	}
	b.restarts()
}

func TestAnOrderThatIsServedInPartHasTheRestDeclined(t *testing.T) {
	b, leeds := unsure(t, 3, 1)
	b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 1"), At: at})
	b.ok(&machine.Decline{Order: orderB, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}, At: at})
	b.talk("hull")
	b.talk("leeds")
	b.status(orderB, leeds, ledger.StatusAllocated)
	b.rates("leeds", 0, 1)
	b.restarts()
}

func TestOnlyWhatWasNeverPromisedIsDeclined(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*bench)
		lines []ledger.CommandLine
	}{
		"more than it lacks": {lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 4}}},
		"nothing":            {},
		"another SKU":        {lines: []ledger.CommandLine{{Line: 1, SKU: "PIPE", Qty: 1}}},
		"another line":       {lines: []ledger.CommandLine{{Line: 2, SKU: "TAP-22", Qty: 1}}},
		"while units are borrowed for it": {lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 3}}, spoil: func(b *bench) {
			b.site("york", true)
			b.ok(b.cut("york"))
			b.ok(&machine.Borrow{For: machine.SubjectOfFill(orderB), Order: orderB, Sites: []machine.BorrowSite{{Site: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 3}}}}, At: at})
		}},
		"while head office does not know all it has promised": {lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 3}}, spoil: func(b *bench) {
			b.ok(&machine.Reincarnate{Random: [16]byte{8}, Why: "restored", At: at})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := unsure(t, 3, 0)
			if c.spoil != nil {
				c.spoil(b)
			}
			if res := b.apply(&machine.Decline{Order: orderB, Lines: c.lines, At: at}); !errors.Is(res.Err, machine.ErrConflict) {
				t.Errorf("got %v, want a conflict", res.Err)
			}
			if rec, _ := b.m.Order(orderB); rec.Status != ledger.StatusUnconfirmed {
				t.Errorf("got %s, want it as it was", rec.Status)
			}
		})
	}
}

func TestWhoIsToBeConfirmedComesBeforeWhoWaits(t *testing.T) {
	b, _ := unsure(t, 3, 0)
	o := order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})
	o.Priority, o.NeedBy, o.TakenAt = 9, "2026-01-01", day(-9)
	b.ok(&machine.Place{Order: o, Key: digest("k"), At: at})
	if got := b.waiting(); !slices.Equal(got, []ledger.OrderID{orderB, orderA}) {
		t.Errorf("got %v, want the one that is to be confirmed first", got)
	}
	b.ok(&machine.Decline{Order: orderB, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 3}}, At: at})
	if got := b.waiting(); !slices.Equal(got, []ledger.OrderID{orderA}) {
		t.Errorf("declined: got %v, want it gone", got)
	}
}

func TestHeadOfficeDecidesItsOwnOrdersAtOnce(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 1, "TAP-22")
	b.talk("hull")
	o := order(orderA, ledger.Confirm, ledger.Line{SKU: "TAP-22", Qty: 2})
	if res := b.apply(&machine.Place{Order: o, Key: digest("k"), Legs: plan("1 TAP-22 hull 1"), At: at}); !errors.Is(res.Err, machine.ErrConflict) {
		t.Errorf("in part: got %v, want a conflict", res.Err)
	}
	o.Lines[0].Qty = 1
	b.ok(&machine.Place{Order: o, Key: digest("k"), Legs: plan("1 TAP-22 hull 1"), At: at})
	if rec, _ := b.m.Order(orderA); rec.Status != ledger.StatusAllocated {
		t.Errorf("got %s, want it promised", rec.Status)
	}
}

// The book may have been put back to before it heard of the decline: another life tells it anew, once.
func TestADeclineIsOnItsWayUntilTheBookHasIt(t *testing.T) {
	b, leeds := unsure(t, 3, 0)
	b.ok(&machine.Decline{Order: orderB, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 3}}, At: at})
	b.ok(&machine.Reincarnate{Random: [16]byte{8}, Why: "restored", At: at})
	if kept := b.m.Kept("leeds", 9); len(kept) != 1 || kept[0].Kind != ledger.CommandDecline {
		t.Fatalf("got %+v kept, want the decline", kept)
	}
	b.attests("hull")
	b.attests("leeds")
	b.talk("leeds")
	b.status(orderB, leeds, ledger.StatusDeclined)
	b.restarts()
}

// pushed lists what a site has pushed since the log had so many commands.
func (b *bench) pushed(id ledger.SiteID, since int) (out []*machine.Push) {
	b.t.Helper()
	for _, raw := range b.log[since:] {
		cmd, err := machine.Unmarshal(raw)
		if err != nil {
			b.t.Fatal(err)
		}
		if p, ok := cmd.(*machine.Push); ok && p.Site == id {
			out = append(out, p)
		}
	}
	return out
}

// A life that did not know what a site has reserved for an order had it declined. The next life knows both: what nobody
// counts on is let go, whoever tells first.
func TestWhatIsReservedForADeclinedOrderIsLetGo(t *testing.T) {
	for _, first := range []ledger.SiteID{"hull", "leeds"} {
		t.Run(string(first)+" tells first", func(t *testing.T) {
			b := company(t, "hull", "york")
			o := order(orderB, ledger.Confirm, ledger.Line{SKU: "TAP-22", Qty: 2})
			b.decides("leeds", &ledger.Place{Order: o})
			b.talk("leeds")
			before, since := encode(t, b.m), len(b.log)
			b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 2"), At: at})
			reserved := b.obeys("hull")
			b.ok(reserved) // leeds never hears of it

			b.goesBack(before)
			b.attests("leeds")
			b.attests("york")
			b.ok(&machine.Waive{Site: "hull", By: "olga", Reason: "the line is down for days", At: at})
			b.ok(&machine.Decline{Order: orderB, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}, At: at})
			b.talk("leeds")
			b.status(orderB, b.cores["leeds"], ledger.StatusDeclined)
			told := map[ledger.SiteID][]*machine.Push{"hull": {reserved}, "leeds": b.pushed("leeds", since), "york": b.pushed("york", since)}

			b.goesBack(before)
			b.ok(&machine.Reincarnate{Random: [16]byte{9, 9}, Why: "sites have met another", At: at, Apart: true}) // of another number than the life before
			order := []ledger.SiteID{"hull", "leeds", "york"}
			if first == "leeds" {
				order = []ledger.SiteID{"leeds", "hull", "york"}
			}
			for _, id := range order {
				b.attests(id, told[id]...)
			}
			for range 2 {
				for _, id := range order {
					b.talk(id)
				}
			}
			if v, ok := b.cores["hull"].State.Served(orderB); ok {
				t.Errorf("hull still serves %+v of an order that is declined", v)
			}
			if st, _ := b.m.Stock("hull", "TAP-22"); st.Promisable() != st.Level.AllottedTo(ledger.HolderHQ) || st.Drawn != 0 {
				t.Errorf("got %+v, want all of it to be promised again", st)
			}
			b.restarts()
		})
	}
}
