package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestBadFormIsRefusedAndLeavesNoEntry(t *testing.T) {
	good := func(change func(*ledger.Order)) *ledger.Place {
		o := ledger.Order{ID: oid("a"), Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "A", Qty: 1}}}
		change(&o)
		return &ledger.Place{Order: o}
	}
	long := strings.Repeat("x", ledger.TextMax+1)
	receipt := func(lines ...ledger.ReceiptLine) *ledger.Receive { return &ledger.Receive{Lines: lines} }
	for name, c := range map[string]struct {
		req   ledger.Request
		field string
		line  int
	}{
		"no id":                {good(func(o *ledger.Order) { o.ID = "" }), "id", 0},
		"an id in upper case":  {good(func(o *ledger.Order) { o.ID = "01900000-0000-7000-8000-00000000000A" }), "id", 0},
		"an id without hyphen": {good(func(o *ledger.Order) { o.ID = "0190000000000-7000-8000-000000000000" }), "id", 0},
		"no lines":             {good(func(o *ledger.Order) { o.Lines = nil }), "lines", 0},
		"5,001 lines":          {good(func(o *ledger.Order) { o.Lines = make([]ledger.Line, ledger.LinesMax+1) }), "lines", 0},
		"a SKU of two words":   {good(func(o *ledger.Order) { o.Lines[0].SKU = "TAP 22" }), "sku", 1},
		"no SKU":               {good(func(o *ledger.Order) { o.Lines = append(o.Lines, ledger.Line{Qty: 1}) }), "sku", 2},
		"a SKU of 41 bytes":    {good(func(o *ledger.Order) { o.Lines[0].SKU = ledger.SKU(long[:41]) }), "sku", 1},
		"zero units":           {good(func(o *ledger.Order) { o.Lines[0].Qty = 0 }), "qty", 1},
		"units below zero":     {good(func(o *ledger.Order) { o.Lines[0].Qty = -4 }), "qty", 1},
		"units beyond 2^53-1":  {good(func(o *ledger.Order) { o.Lines[0].Qty = ledger.QtyMax + 1 }), "qty", 1},
		"lines that overflow together": {good(func(o *ledger.Order) {
			o.Lines = []ledger.Line{{SKU: "A", Qty: ledger.QtyMax}, {SKU: "A", Qty: 1}}
		}), "qty", 2},
		"a currency of words":        {good(func(o *ledger.Order) { o.Lines[0].Price.Currency = "POUNDS" }), "unit_price", 1},
		"an unknown fulfil":          {good(func(o *ledger.Order) { o.Fulfil = "teleport" }), "fulfil", 0},
		"an unknown shortage":        {good(func(o *ledger.Order) { o.Shortage = "panic" }), "shortage", 0},
		"collected though taken":     {good(func(o *ledger.Order) { o.CollectAt = "leeds" }), "collect_at", 0},
		"a priority of 10":           {good(func(o *ledger.Order) { o.Priority = 10 }), "priority", 0},
		"a long customer":            {good(func(o *ledger.Order) { o.Customer = long }), "customer", 0},
		"a long place":               {good(func(o *ledger.Order) { o.CollectAt, o.Fulfil = ledger.SiteID(long), ledger.Collect }), "collect_at", 0},
		"a long actor":               {&ledger.Receive{Meta: ledger.Meta{Actor: long}}, "actor, device or approver", 0},
		"a receipt of nothing":       {receipt(), "lines", 0},
		"a receipt of a bad SKU":     {receipt(ledger.ReceiptLine{SKU: "A", Qty: 1}, ledger.ReceiptLine{SKU: "ä", Qty: 1}), "sku", 2},
		"a receipt of no units":      {receipt(ledger.ReceiptLine{SKU: "A"}), "qty", 1},
		"a receipt into a bad bin":   {receipt(ledger.ReceiptLine{SKU: "A", Qty: 1, Bin: "A 1"}), "bin", 1},
		"a receipt that overflows":   {receipt(ledger.ReceiptLine{SKU: "B", Qty: ledger.QtyMax}), "qty", 1},
		"a receipt of a long ticket": {&ledger.Receive{Reference: long, Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 1}}}, "reference", 0},
	} {
		s := newStage(t, "leeds", true)
		s.play("receive B 1")
		before := s.core.State.Head()
		out := s.do(c.req)
		fe, ok := errors.AsType[*ledger.FormError](out.Err)
		if !ok || fe.Field != c.field || fe.Line != c.line || fe.Error() == "" {
			t.Errorf("%s: got %v, want field %s of line %d", name, out.Err, c.field, c.line)
		}
		if after := s.core.State.Head(); after != before || out.Entry != nil {
			t.Errorf("%s: got entry %d, want none", name, after.Seq)
		}
		if got := s.core.State.SKUs(); len(got) != 1 {
			t.Errorf("%s: got SKUs %v, want no trace", name, got)
		}
	}
}

func TestASKULiesInSoManyBinsAndNoMore(t *testing.T) {
	s := newStage(t, "leeds", true)
	fill := func(from, n int) ledger.Outcome {
		r := &ledger.Receive{}
		for i := range n {
			r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: "A", Qty: 1, Bin: ledger.Bin(fmt.Sprint("B", from+i))})
		}
		return s.do(r)
	}
	for from := 0; from < ledger.BinsMax; from += 2500 {
		if out := fill(from, 2500); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	if out := fill(ledger.BinsMax, 1); out.Err == nil {
		t.Error("got one bin more, want it refused")
	}
	if out := fill(7, 1); out.Err != nil {
		t.Errorf("into a bin that is there: got %v, want it in", out.Err)
	}
	l, _ := s.core.State.Level("A")
	if back, err := ledger.UnmarshalLevel(ledger.MarshalLevel(&l)); err != nil || len(back.Bins) != ledger.BinsMax {
		t.Errorf("got %d bins, %v; want the level to be readable", len(back.Bins), err)
	}
	s.play("take o1 A 10001 => completed")
	if l, _ := s.core.State.Level("A"); len(l.Bins) != 0 || l.OnHand() != 0 {
		t.Errorf("got %d bins, want empty ones forgotten", len(l.Bins))
	}
}

func TestATakeFromTooManyBinsIsRefusedNotWritten(t *testing.T) {
	s := newStage(t, "leeds", true)
	o := ledger.Order{ID: oid("a"), Fulfil: ledger.Take, Shortage: ledger.Refuse}
	for n := range 5 {
		sku := ledger.SKU(fmt.Sprint("S", n))
		for part := range 2 {
			r := &ledger.Receive{}
			for i := range 4500 {
				r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: sku, Qty: 1, Bin: ledger.Bin(fmt.Sprint("B", part*4500+i))})
			}
			if out := s.do(r); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		o.Lines = append(o.Lines, ledger.Line{SKU: sku, Qty: 9000})
	}
	if out := s.do(&ledger.Place{Order: o}); out.Err == nil || out.Entry != nil {
		t.Errorf("got %v, want it refused", out.Err)
	}
	o.Lines = o.Lines[:4]
	if out := s.do(&ledger.Place{Order: o}); out.Err != nil {
		t.Errorf("got %v, want what fits", out.Err)
	}
}

func TestAnOrderWhoseEndWouldNotFitIsNotAskedAbout(t *testing.T) {
	for name, counter := range map[string]bool{"from the counter's own": true, "from what head office has here": false} {
		s := newStage(t, "leeds", counter)
		o := ledger.Order{ID: oid("a"), Fulfil: ledger.Take, Shortage: ledger.Refuse, Anywhere: true}
		for n := range 5 {
			sku := ledger.SKU(fmt.Sprint("S", n))
			for part := range 2 {
				r := &ledger.Receive{}
				for i := range 4500 {
					r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: sku, Qty: 1, Bin: ledger.Bin(fmt.Sprint("B", part*4500+i))})
				}
				if out := s.do(r); out.Err != nil {
					t.Fatal(out.Err)
				}
			}
			o.Lines = append(o.Lines, ledger.Line{SKU: sku, Qty: 9001}) // one is short
		}
		head := s.core.State.Head()
		out := s.do(&ledger.Place{Order: o, AskHQ: true})
		if _, ok := errors.AsType[*ledger.FormError](out.Err); !ok || out.Entry != nil {
			t.Errorf("%s: got %+v, want a FormError and no entry", name, out)
		}
		if s.core.State.Head() != head || len(s.core.State.OpenAsks()) != 0 {
			t.Errorf("%s: got an open ask, want nothing written", name)
		}
		o.Lines = o.Lines[:4] // some 36,000 bins fit
		if out := s.do(&ledger.Place{Order: o, AskHQ: true}); out.Err != nil || out.Entry.Kind != ledger.KindAsked {
			t.Errorf("%s: got %+v, want it asked about", name, out)
		}
	}
}

func TestLegsThatDoNotFitAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		legs []ledger.AskLeg
		ok   bool
	}{
		"line 0":            {[]ledger.AskLeg{{Line: 0, Site: "hull", Qty: 1}}, false},
		"line 2 of one":     {[]ledger.AskLeg{{Line: 2, Site: "hull", Qty: 1}}, false},
		"no units":          {[]ledger.AskLeg{{Line: 1, Site: "hull"}}, false},
		"more than wanted":  {[]ledger.AskLeg{{Line: 1, Site: "hull", Qty: 9}}, false},
		"less than wanted":  {[]ledger.AskLeg{{Line: 1, Site: "hull", Qty: 1}}, false},
		"two from one site": {[]ledger.AskLeg{{Line: 1, Site: "hull", Qty: 1}, {Line: 1, Site: "hull", Qty: 1}}, true},
	} {
		s := newStage(t, "leeds", true)
		s.play("receive A 1\ndeliver o1 A 3 any up => asked")
		out := s.do(&ledger.AcceptAsk{Order: oid("o1"), Ask: s.asks[oid("o1")], Legs: c.legs})
		if c.ok != (out.Err == nil) {
			t.Errorf("%s: got %v, want it taken: %v", name, out.Err, c.ok)
		}
		if c.ok {
			if legs := out.Entry.Body.(*ledger.OrderBody).Order.Lines[0].Away; len(legs) != 1 || legs[0].Qty != 2 {
				t.Errorf("%s: got legs %v, want one of 2", name, legs)
			}
			continue
		}
		s.play("no o1 => short have=1") // the ask is still open
	}
	var legs []ledger.AskLeg
	for i := range 1001 {
		legs = append(legs, ledger.AskLeg{Line: 1, Site: ledger.SiteID(fmt.Sprint("s", i)), Qty: 1})
	}
	s := newStage(t, "leeds", true)
	s.play("deliver o1 A 1001 any up => asked")
	if out := s.do(&ledger.AcceptAsk{Order: oid("o1"), Ask: s.asks[oid("o1")], Legs: legs}); out.Err == nil {
		t.Error("1,001 sites for one line: got a yes, want it refused")
	}
}

func TestACommandThatCannotBeCarriedOutBlocksNothing(t *testing.T) {
	s := newStage(t, "leeds", true)
	for _, act := range []struct{ line, want string }{
		{"deliver o1 A 2 backorder any", "backordered"},
		{"obey note o1 A 3", "refused cancelled"},
		{"obey note o1 A 0", "refused cancelled"},
		{"obey note nobody A 1", "refused cancelled"},
		{"obey cancel nobody A 1", "refused cancelled"},
		{"obey unheard o1 A 1", "refused unknown_command"},
		{"obey note o1 A 2", "done"},
		{"obey note o1 A 1", "refused cancelled"},
	} {
		if got := s.act(strings.Fields(act.line)); got != act.want {
			t.Errorf("%s: got %s, want %s", act.line, got, act.want)
		}
	}
	next := ledger.HQCommand{H: s.h, Number: s.cmd + 1, ID: "x", Kind: ledger.CommandBorrow}
	for name, c := range map[string]struct {
		change func(*ledger.HQCommand)
		want   error
	}{
		"another head office": {func(c *ledger.HQCommand) { c.H.Random[0]++ }, ledger.ErrForeignHQ},
		"a gap":               {func(c *ledger.HQCommand) { c.Number++ }, ledger.ErrGap},
	} {
		command := next
		c.change(&command)
		if out := s.do(&ledger.Obey{Command: command}); !errors.Is(out.Err, c.want) || out.Entry != nil {
			t.Errorf("%s: got %v, want %v", name, out.Err, c.want)
		}
	}
	if _, damaged := errors.AsType[*ledger.DamageError](s.do(&ledger.Obey{Command: next}).Err); !damaged {
		t.Error("a hash off the stream: got it through, want a DamageError")
	}
}

func TestAnEntryThatDoesNotFitIsNeverFolded(t *testing.T) {
	fits := func() *ledger.Entry {
		return &ledger.Entry{Kind: ledger.KindReceipt, Seq: 3, Epoch: 1, Body: &ledger.ReceiptBody{}, Postings: []ledger.Posting{
			{SKU: "A", Account: ledger.Account{Kind: ledger.Supplier}, Qty: -2}, {SKU: "A", Account: ledger.Account{Kind: ledger.Sellable, Ref: "M"}, Qty: 2},
			{SKU: "A", Account: ledger.Account{Kind: ledger.Stock}, Qty: -2}, {SKU: "A", Account: ledger.Account{Kind: ledger.Available}, Qty: 2}}}
	}
	for name, change := range map[string]func(*ledger.Entry){
		"a number too high":         func(e *ledger.Entry) { e.Seq++ },
		"another epoch":             func(e *ledger.Entry) { e.Epoch++ },
		"no body":                   func(e *ledger.Entry) { e.Body = nil },
		"another kind's body":       func(e *ledger.Entry) { e.Body = &ledger.BootBody{} },
		"a known kind, body opaque": func(e *ledger.Entry) { e.Body = &ledger.UnknownBody{} },
		"units from nowhere":        func(e *ledger.Entry) { e.Postings[1].Qty++ },
		"shelf and claims apart":    func(e *ledger.Entry) { e.Postings[2].Qty, e.Postings[3].Qty = -1, 1 },
		"below zero": func(e *ledger.Entry) {
			scale(e)
			e.Postings[0].Qty, e.Postings[1].Qty = 4, -4
			e.Postings[2].Qty, e.Postings[3].Qty = 4, -4
		},
		"an account of tomorrow": func(e *ledger.Entry) { e.Postings[0].Account.Kind = 99 },
		"an epoch a second time": func(e *ledger.Entry) {
			*e = ledger.Entry{Kind: ledger.KindOpened, Seq: 3, Epoch: 1, Body: &ledger.OpenedBody{}}
		},
	} {
		s := newStage(t, "leeds", true).core.State
		e := fits()
		change(e)
		if err := s.Apply(e); err == nil {
			t.Errorf("%s: got it folded, want an error", name)
		}
	}
	if err := newStage(t, "leeds", true).core.State.Apply(fits()); err != nil {
		t.Errorf("got %v, want the fitting one folded", err)
	}
	many := fits()
	for i := range 30 {
		for _, p := range fits().Postings {
			p.SKU = ledger.SKU(fmt.Sprint("S", i))
			many.Postings = append(many.Postings, p)
		}
	}
	if err := many.Balanced(); err != nil {
		t.Errorf("got %v, want it balanced", err)
	}
	many.Postings[77].Qty++
	if err := many.Balanced(); err == nil || !strings.Contains(err.Error(), string(many.Postings[77].SKU)) {
		t.Errorf("got %v, want the SKU at fault", err)
	}
}

func TestWhoCanHelpIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		site    ledger.OpenedBody
		order   ledger.Order
		up      bool
		want    string
		offline bool
	}{
		"a counter sells its own":             {ledger.OpenedBody{Counter: true}, ledger.Order{}, true, "short", false},
		"anywhere":                            {ledger.OpenedBody{Counter: true}, ledger.Order{Anywhere: true}, true, "asked", false},
		"anywhere, but the line is down":      {ledger.OpenedBody{Counter: true}, ledger.Order{Anywhere: true}, false, "short", true},
		"a warehouse":                         {ledger.OpenedBody{}, ledger.Order{}, true, "asked", false},
		"collected at another site":           {ledger.OpenedBody{Counter: true}, ledger.Order{Fulfil: ledger.Collect, CollectAt: "york"}, true, "asked", false},
		"collected here":                      {ledger.OpenedBody{Counter: true}, ledger.Order{Fulfil: ledger.Collect, CollectAt: "leeds"}, true, "short", false},
		"standalone: there is nobody to ask":  {ledger.OpenedBody{Standalone: true}, ledger.Order{Anywhere: true}, true, "short", false},
		"standalone is never called offline.": {ledger.OpenedBody{Standalone: true}, ledger.Order{}, false, "short", false},
	} {
		s := newStage(t, "leeds", true)
		s.do(&ledger.OpenSite{Epoch: 2, Body: c.site})
		c.order.ID, c.order.Shortage, c.order.Lines = oid("o1"), ledger.Refuse, []ledger.Line{{SKU: "A", Qty: 1}}
		if c.order.Fulfil == "" {
			c.order.Fulfil = ledger.Deliver
		}
		out := s.do(&ledger.Place{Order: c.order, AskHQ: c.up})
		got, body := "short", out.Entry.Body.(*ledger.OrderBody)
		if out.Entry.Kind == ledger.KindAsked {
			got = "asked"
		}
		if got != c.want || body.Order.Offline != c.offline {
			t.Errorf("%s: got %s, offline %v; want %s, %v", name, got, body.Order.Offline, c.want, c.offline)
		}
	}
}

func TestDecidingASaleTakesFiveAllocationsAtMost(t *testing.T) {
	s := newStage(t, "leeds", true)
	for i := range 100 {
		s.do(&ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: ledger.SKU(fmt.Sprint("S", i)), Qty: ledger.QtyMax}}})
	}
	const runs = 1000
	orders := make([]*ledger.Place, runs+1) // one to warm up
	for i := range orders {
		orders[i] = threeLines(i)
	}
	n := 0
	got := testing.AllocsPerRun(runs, func() {
		if out := s.core.Decide(orders[n], s.now); out.Err != nil {
			t.Fatal(out.Err)
		}
		n++
	})
	if got > 5 {
		t.Errorf("got %v allocations a sale, want at most 5", got)
	}
	for _, f := range s.core.Cut() {
		if err := s.aud.Frame(ledger.EncodeFrame(f)); err != nil {
			t.Fatal(err)
		}
	}
}
