package machine_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// serving is a bench at which hull serves two TAPs of an order of head office's, and one of leeds's.
func serving(t testing.TB) *bench { return servingAt(newBench(t)) }

func servingAt(b *bench) *bench {
	t := b.t
	b.site("hull", false)
	leeds := b.site("leeds", true)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), Legs: plan("1 TAP-22 hull 2"), At: at})
	if out := leeds.Decide(&ledger.Place{Order: order(orderB, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 1})}, at); out.Err != nil {
		t.Fatal(out.Err)
	}
	b.talk("leeds")
	b.ok(&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 1"), At: at})
	b.talk("hull")
	b.talk("leeds")
	return b
}

// says has a site decide something and tell of it.
func (b *bench) says(id ledger.SiteID, r ledger.Request) {
	b.t.Helper()
	b.decides(id, r)
	b.talk(id)
}

func TestALegThatFallsShortIsServedFromElsewhere(t *testing.T) {
	for name, r := range map[string]func(ledger.OrderID, ledger.Qty) ledger.Request{
		"picked short": func(id ledger.OrderID, q ledger.Qty) ledger.Request {
			return &ledger.PickLeg{Order: id, Lines: []ledger.LegLine{{Line: 1, Short: q}}}
		},
		"rejected": func(id ledger.OrderID, _ ledger.Qty) ledger.Request {
			return &ledger.RejectLeg{Order: id, Reason: "bent"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := serving(t)
			b.says("hull", r(orderA, 2))
			rec, _ := b.m.Order(orderA)
			if rec.Waiting(1) != 2 || rec.Status != ledger.StatusBackordered || rec.Legs[0].State != machine.LegRefused {
				t.Errorf("got %s, %d waiting, leg %s; want it to wait for 2", rec.Status, rec.Waiting(1), rec.Legs[0].State)
			}
			b.says("hull", r(orderB, 1))
			b.talk("leeds")
			b.status(orderB, b.cores["leeds"], ledger.StatusBackordered)
			if b.m.AvoidedAt("hull", "TAP-22", at) == "" || b.m.AvoidedAt("hull", "PIPE", at) != "" || b.m.AvoidedAt("leeds", "TAP-22", at) != "" {
				t.Error("want hull avoided for this SKU, and for no other")
			}
			if b.m.AvoidedAt("hull", "TAP-22", at.Add(machine.AvoidedFor)) != "" {
				t.Error("three days later: want it avoided no longer")
			}
			e := b.m.Exceptions(9)
			if len(e) != 1 || e[0].What != "count" || e[0].Owner != "hull" || e[0].SKU != "TAP-22" || e[0].Order != orderA {
				t.Errorf("got exceptions %+v, want one count that hull has to make", e)
			}
			b.restarts()
		})
	}
}

// asked gives the newest exception of a word.
func (b *bench) asked(what string) *machine.Exception {
	b.t.Helper()
	for _, e := range b.m.Exceptions(100) {
		if e.What == what {
			return e
		}
	}
	b.t.Fatalf("got no exception %s", what)
	return nil
}

func TestACountOrGoodsEndTheAvoiding(t *testing.T) {
	for name, c := range map[string]struct {
		r    ledger.Request
		done bool
	}{
		"counted":       {&ledger.Adjust{Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: 1}}, Reason: "counted", Approver: "beth"}, true},
		"no difference": {&ledger.Count{Reason: "counted", Lines: []ledger.CountedLine{{SKU: "TAP-22", Bin: ledger.BinDefault, Counted: 9}}}, true},
		"nothing here":  {&ledger.Count{Reason: "counted", Lines: []ledger.CountedLine{{SKU: "TAP-22", Bin: ledger.BinDefault, Counted: 0}}}, true},
		"goods":         {&ledger.Receive{ID: "d", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 1}}}, false},
		"others":        {&ledger.Receive{ID: "d", Lines: []ledger.ReceiptLine{{SKU: "PIPE", Qty: 1}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := serving(t)
			b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "bent"})
			b.says("hull", c.r)
			if got := b.m.AvoidedAt("hull", "TAP-22", at) != ""; got != (name == "others") {
				t.Errorf("got avoided %t", got)
			}
			if e := b.asked("count"); e.Resolved.Done() != c.done {
				t.Errorf("got the count closed %t, want %t", e.Resolved.Done(), c.done)
			}
			b.restarts()
		})
	}
}

// A count answers what was asked before it was taken, and not what was asked since; a refused one answers nothing.
func TestACountAnswersWhatWasAskedBeforeIt(t *testing.T) {
	lines := []ledger.CountedLine{{SKU: "TAP-22", Bin: ledger.BinDefault, Counted: 4}}
	for name, c := range map[string]struct {
		count func(b *bench, before ledger.Head)
		done  bool
	}{
		"taken before": {func(b *bench, before ledger.Head) {
			b.writes("hull", &ledger.Entry{Kind: ledger.KindCounted, Body: &ledger.AdjustedBody{Reason: "counted", Count: &ledger.CountBody{At: before.Seq, Lines: lines}}})
		}, false},
		"refused": {func(b *bench, _ ledger.Head) {
			r := &ledger.Count{Reason: "counted", Tolerance: ledger.Tolerance{Units: 1}, Lines: lines}
			r.Key = digest("strict")
			if out := b.cores["hull"].Decide(r, at); out.Err == nil || out.Entry.Seq == 0 {
				b.t.Fatalf("got %+v, want a refusal that is written down", out)
			}
			b.talk("hull")
		}, false},
		"taken since": {func(b *bench, _ ledger.Head) { b.says("hull", &ledger.Count{Reason: "counted", Lines: lines}) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := serving(t)
			before := b.cores["hull"].State.Head()
			b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "bent"})
			c.count(b, before)
			if e := b.asked("count"); e.Resolved.Done() != c.done || (b.m.AvoidedAt("hull", "TAP-22", at) == "") != c.done {
				t.Errorf("got %+v, want it answered: %t", e, c.done)
			}
			b.restarts()
		})
	}
}

// Goods that come in, or time, end the avoiding; the count is still asked for, and an adjustment closes it.
func TestACountIsAskedForUntilItIsMade(t *testing.T) {
	for name, end := range map[string]struct {
		sku   ledger.SKU
		after time.Duration
	}{"goods come": {"TAP-22", 0}, "time is over": {"PIPE", machine.AvoidedFor + time.Hour}} {
		t.Run(name, func(t *testing.T) {
			b := serving(t)
			b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "bent"})
			b.receive("hull", 1, end.sku)
			p := b.cut("hull")
			p.At = at.Add(end.after)
			b.ok(p)
			if b.m.AvoidedAt("hull", "TAP-22", at) != "" {
				t.Error("got it still avoided")
			}
			if e := b.m.Exceptions(1)[0]; e.What != "count" || e.Resolved.Done() {
				t.Errorf("got %+v, want the count still asked for", e)
			}
			b.says("hull", &ledger.Adjust{Reason: "count", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: 1}}})
			if e := b.m.Exceptions(1)[0]; !e.Resolved.Done() {
				t.Errorf("got %+v, want it closed by the count", e)
			}
			b.restarts()
		})
	}
}

func TestAnAvoidingThatIsOverIsForgotten(t *testing.T) {
	b := serving(t)
	b.says("hull", &ledger.RejectLeg{Order: orderA, Reason: "bent"})
	before := len(encode(t, b.m))
	b.receive("hull", 1, "PIPE")
	p := b.cut("hull")
	p.At = at.Add(machine.AvoidedFor + time.Hour)
	b.ok(p)
	b.receive("hull", 1, "PIPE")
	p = b.cut("hull")
	p.At = at
	if b.ok(p); b.m.AvoidedAt("hull", "TAP-22", at) != "" {
		t.Errorf("got it still there; the state had %d bytes before", before)
	}
	b.restarts()
}

// A hostile or mistaken book may say anything of an order's leg.
func TestALegThatIsNoneChangesNothing(t *testing.T) {
	for name, body := range map[string]*ledger.LegBody{
		"a line that is none": {Owner: ledger.HQ, Lines: []ledger.LegLine{{Line: 9, SKU: "TAP-22", Qty: 1}}, Reason: "bent"},
		"line 0":              {Owner: ledger.HQ, Lines: []ledger.LegLine{{SKU: "TAP-22", Qty: 1}}, Reason: "bent"},
		"more than it has":    {Owner: ledger.HQ, Lines: []ledger.LegLine{{Line: 1, SKU: "TAP-22", Qty: ledger.QtyMax}}, Reason: "bent"},
		"a refusal":           {Owner: ledger.HQ, Lines: []ledger.LegLine{{Line: 1, SKU: "TAP-22", Qty: 2}}, Refusal: ledger.RefusedShort},
	} {
		t.Run(name, func(t *testing.T) {
			b := serving(t)
			b.writes("hull", &ledger.Entry{Kind: ledger.KindRejected, Ref: string(orderA), Body: body})
			rec, _ := b.m.Order(orderA)
			if body.Refusal != "" && (rec.Waiting(1) != 0 || b.m.AvoidedAt("hull", "TAP-22", at) != "") {
				t.Error("a refusal was folded as if it were none")
			}
			if rec.Waiting(1) > 2 {
				t.Errorf("got %d waiting of 2", rec.Waiting(1))
			}
			b.restarts()
		})
	}
}
