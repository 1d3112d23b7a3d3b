package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// plan reads "1 TAP-22 hull 2": line, SKU, site, quantity.
func plan(legs ...string) []allocate.Leg {
	var out []allocate.Leg
	for _, s := range legs {
		var l allocate.Leg
		fmt.Sscan(s, &l.Line, &l.SKU, &l.Site, &l.Qty)
		out = append(out, l)
	}
	return out
}

// TestAPlanIsCommittedWholeOrNotAtAll: whatever does not fit what is held now is a conflict (or
// another refusal), and the state is as it was but for the count of commands.
func TestAPlanIsCommittedWholeOrNotAtAll(t *testing.T) {
	tap := func(q ledger.Qty) ledger.Line { return ledger.Line{SKU: "TAP-22", Qty: q} }
	place := func(s ledger.Shortage, legs []allocate.Leg, lines ...ledger.Line) *machine.Place {
		return &machine.Place{Order: order(orderB, s, lines...), Key: digest("new"), Legs: legs, At: at}
	}
	atYork := place(ledger.Refuse, plan("1 TAP-22 hull 1"), tap(1))
	atYork.Order.Fulfil, atYork.Order.CollectAt = ledger.Collect, "york"
	unsure := func(s ledger.Shortage) *machine.PlaceUnsure {
		return &machine.PlaceUnsure{Place: *place(s, plan("1 TAP-22 hull 1"), tap(2))}
	}
	using := place(ledger.Refuse, plan("1 TAP-22 hull 1"), tap(1))
	using.Using = "place/gone"
	taken := place(ledger.Refuse, plan("1 TAP-22 hull 1"), tap(1))
	taken.Order.ID = orderA
	reused := place(ledger.Refuse, plan("1 TAP-22 hull 1"), tap(1))
	reused.Key = digest("k") // of the order that full has placed
	ask := ledger.AskID{Site: "leeds", Epoch: 1, Seq: 50}
	hold := func(change func(*machine.Hold)) *machine.Hold {
		h := &machine.Hold{Ask: ask, Order: orderB, Legs: plan("1 TAP-22 hull 1"), Deadline: at, At: at}
		change(h)
		return h
	}
	borrow := func(change func(*machine.Borrow)) *machine.Borrow {
		b := &machine.Borrow{For: "place/x", Order: orderB, At: at,
			Sites: []machine.BorrowSite{{Site: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: "PIPE", Qty: 1}}}}}
		change(b)
		return b
	}
	for name, c := range map[string]struct {
		cmd  machine.Command
		want error
	}{
		"more than is held":                 {place(ledger.Refuse, plan("1 TAP-22 hull 8"), tap(8)), machine.ErrConflict},
		"more than is held, on two lines":   {place(ledger.Refuse, plan("1 TAP-22 hull 4", "2 TAP-22 hull 4"), tap(4), tap(4)), machine.ErrConflict},
		"the second leg does not fit":       {place(ledger.Refuse, plan("1 TAP-22 hull 2", "2 PIPE hull 1"), tap(2), ledger.Line{SKU: "PIPE", Qty: 1}), machine.ErrConflict},
		"a site that is none":               {place(ledger.Refuse, plan("1 TAP-22 mars 1"), tap(1)), machine.ErrConflict},
		"a line that is none":               {place(ledger.Partial, plan("2 TAP-22 hull 1"), tap(1)), machine.ErrConflict},
		"another SKU than the line's":       {place(ledger.Partial, plan("1 PIPE hull 1"), tap(1)), machine.ErrConflict},
		"more than the line wants":          {place(ledger.Partial, plan("1 TAP-22 hull 1", "1 TAP-22 hull 1"), tap(1)), machine.ErrConflict},
		"a leg below one":                   {place(ledger.Partial, plan("1 TAP-22 hull -1"), tap(1)), machine.ErrConflict},
		"a part of an all-or-nothing order": {place(ledger.Refuse, plan("1 TAP-22 hull 1"), tap(2)), machine.ErrConflict},
		"a doubt nobody asked for":          {unsure(ledger.Refuse), machine.ErrConflict},
		"a doubt about a backorder":         {unsure(ledger.Backorder), machine.ErrConflict},
		"nothing of a partial order":        {place(ledger.Partial, nil, tap(2)), machine.ErrConflict},
		"a leg elsewhere than collected":    {atYork, machine.ErrConflict},
		"a request that is closed":          {using, machine.ErrConflict},
		"an id that is taken":               {taken, ledger.ErrOrderExists},
		"a key used for another request":    {reused, ledger.ErrKeyReused},
		"a hold after the deadline":         {hold(func(h *machine.Hold) { h.At = at.Add(time.Millisecond) }), machine.ErrLate},
		"a hold of more than is held":       {hold(func(h *machine.Hold) { h.Legs[0].Qty = 9 }), machine.ErrConflict},
		"a hold of nothing":                 {hold(func(h *machine.Hold) { h.Legs = nil }), machine.ErrConflict},
		"a hold for no line":                {hold(func(h *machine.Hold) { h.Legs[0].Line = 0 }), machine.ErrConflict},
		"a hold for an unknown site":        {hold(func(h *machine.Hold) { h.Ask.Site = "mars" }), machine.ErrSiteUnknown},
		"a hold for an ask of long ago":     {hold(func(h *machine.Hold) { h.Ask.Seq = 1 }), ledger.ErrAskClosed},
		"a hold for another epoch's ask":    {hold(func(h *machine.Hold) { h.Ask.Epoch = 2 }), ledger.ErrAskClosed},
		"a borrow from a warehouse":         {borrow(func(b *machine.Borrow) { b.Sites[0].Site = "hull" }), machine.ErrConflict},
		"a borrow from nobody":              {borrow(func(b *machine.Borrow) { b.Sites = nil }), machine.ErrConflict},
		"a borrow of nothing":               {borrow(func(b *machine.Borrow) { b.Sites[0].Lines[0].Qty = 0 }), machine.ErrConflict},
		"a borrow of no SKU":                {borrow(func(b *machine.Borrow) { b.Sites[0].Lines[0].SKU = "a b" }), machine.ErrConflict},
		"a borrow for an ask of long ago": {borrow(func(b *machine.Borrow) {
			b.Ask = ledger.AskID{Site: "leeds", Epoch: 1, Seq: 1}
			b.For = machine.SubjectOfAsk(b.Ask)
		}), ledger.ErrAskClosed},
		"a borrow under another's name": {borrow(func(b *machine.Borrow) { b.Ask = ask }), machine.ErrConflict},
		"a fill of an unknown order":    {&machine.Fill{Order: orderB, Legs: plan("1 TAP-22 hull 1"), At: at}, machine.ErrConflict},
		"a fill of more than waits":     {&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 hull 2"), At: at}, machine.ErrConflict},
		"a fill with nothing":           {&machine.Fill{Order: orderA, At: at}, machine.ErrConflict},
		"a cancel of an unknown order":  {&machine.Cancel{Order: orderB, Key: digest("new"), At: at}, ledger.ErrOrderUnknown},
		"a server without a name":       {&machine.PutServer{}, &ledger.FormError{}},
		"an item without a SKU":         {&machine.PutItems{Items: []ledger.Item{{SKU: "OK"}, {}}}, &ledger.FormError{}},
		"an order without lines":        {place(ledger.Refuse, nil), &ledger.FormError{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := full(t)
			nothing := full(t)
			nothing.m.Apply(nil)
			res := b.apply(c.cmd)
			var form *ledger.FormError
			if _, wantForm := c.want.(*ledger.FormError); !errors.Is(res.Err, c.want) && !(wantForm && errors.As(res.Err, &form)) {
				t.Errorf("got %v, want %v", res.Err, c.want)
			}
			if len(res.Wake) > 0 {
				t.Errorf("got %v to wake, want nobody", res.Wake)
			}
			if !bytes.Equal(encode(t, b.m), encode(t, nothing.m)) {
				t.Error("a refused command has changed the state")
			}
		})
	}
}

func TestAnAnswerIsRememberedAsItWas(t *testing.T) {
	b := full(t)
	place := samples()["place"].(*machine.Place)
	place.Using = ""
	first := b.ok(place)
	if !first.Replayed || first.Answer.Order.Lines[0].Backordered != 1 {
		t.Fatalf("got %+v, want the first answer with 1 waiting", first)
	}
	b.ok(&machine.Fill{Order: orderA, Legs: plan("1 TAP-22 hull 1"), At: at})
	if again := b.ok(place); again.Answer.Order.Lines[0].Backordered != 1 || again.Answer.Err() != nil {
		t.Errorf("after a fill: got %+v, want the answer as it was", again.Answer.Order)
	}
	refuse := &machine.Refuse{For: "place/y", Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 99}), Key: digest("no"),
		Refusal: ledger.RefusedShort, Shorts: []ledger.Short{{Line: 1, SKU: "TAP-22", Want: 99, Have: 7}}, At: at}
	b.ok(refuse)
	b.receive("hull", 200, "TAP-22")
	b.talk("hull")
	yes := &machine.Place{Order: refuse.Order, Key: digest("no"), Legs: plan("1 TAP-22 hull 99"), At: at}
	res := b.ok(yes)
	var short *ledger.ShortError
	if !res.Replayed || !errors.As(res.Answer.Err(), &short) || short.Lines[0].Have != 7 {
		t.Errorf("a refusal that would now be a yes: got %v, want it refused again with 7", res.Answer.Err())
	}
}

func TestACancelIsAnsweredOnceUnderItsKey(t *testing.T) {
	b := full(t)
	cancel := &machine.Cancel{Order: orderA, Key: digest("c"), At: at}
	if res := b.ok(cancel); res.Answer.Err() != nil || res.Answer.Order.Status != ledger.StatusCanceled {
		t.Errorf("got %v %s, want cancelled", res.Answer.Err(), res.Answer.Order.Status)
	}
	if res := b.ok(cancel); !res.Replayed || res.Answer.Err() != nil {
		t.Errorf("repeated: got replayed %t, %v, want the first answer", res.Replayed, res.Answer.Err())
	}
	other := *cancel
	other.Key = digest("d")
	var state *ledger.StateError
	if res := b.ok(&other); !errors.As(res.Answer.Err(), &state) {
		t.Errorf("cancelled again: got %v, want a refusal", res.Answer.Err())
	}
}

func TestExplanationsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("places a thousand orders")
	}
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", machine.ExplainsBefore+10, "TAP-22")
	b.ok(b.cut("hull"))
	id := func(i int) ledger.OrderID { return ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", i)) }
	for i := range machine.ExplainsBefore + 10 {
		cmd := machine.Marshal(&machine.Place{Order: order(id(i), ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1}), Legs: plan("1 TAP-22 hull 1"), At: at})
		if res := b.m.Apply(cmd); res.Err != nil {
			t.Fatal(res.Err)
		}
	}
	_, first := b.m.Explained(id(9))
	_, second := b.m.Explained(id(10))
	if first || !second {
		t.Errorf("got the 10th explained %t, the 11th %t, want only the latest %d", first, second, machine.ExplainsBefore)
	}
}

func TestReadsAreInOrderAndPaged(t *testing.T) {
	b := fullOf(t, samples(), ledger.KindDisplaced)
	b.ok(&machine.PutItems{Items: []ledger.Item{{SKU: "PIPE", Name: "Copper pipe"}, {SKU: "ELBOW", Name: "Pipe elbow"}}, At: at})
	var names []ledger.SKU
	for after := ledger.SKU(""); ; after = names[len(names)-1] {
		page := b.m.SearchItems("pipe", after, 1)
		if len(page) == 0 {
			break
		}
		names = append(names, page[0].SKU)
	}
	if got, want := fmt.Sprint(names), "[ELBOW PIPE]"; got != want {
		t.Errorf("items: got %s, want %s", got, want)
	}
	b.ok(&machine.Place{Order: order(orderB, ledger.Backorder, ledger.Line{SKU: "NONE", Qty: 1}), At: at})
	page, next := b.m.Orders("", 1, nil)
	rest, end := b.m.Orders(next, 1, nil)
	if len(page) != 1 || page[0].ID != orderA || len(rest) != 1 || rest[0].ID != orderB || end != "" {
		t.Errorf("orders: got %v then %v, want a then b", page, rest)
	}
	if latest := b.m.Latest(1, nil); len(latest) != 1 || latest[0].ID != orderB {
		t.Errorf("latest: got %v, want b", latest)
	}
	if n := len(b.m.Servers()); n != 1 {
		t.Errorf("servers: got %d, want 1", n)
	}
	if st := b.m.StockOf("TAP-22"); len(st) != 1 || st[0].Site.ID != "hull" {
		t.Errorf("stock: got %v, want hull's", st)
	}
	if n := len(b.m.Requests(10)); n != 1 {
		t.Errorf("requests: got %d, want 1", n)
	}
}

func TestItemsAreListedAscendingHoweverTheyCame(t *testing.T) {
	b := newBench(t)
	r := rand.New(rand.NewPCG(1, 2))
	var want []ledger.SKU
	for _, n := range r.Perm(500) {
		want = append(want, ledger.SKU(fmt.Sprintf("SKU-%03d", n)))
	}
	for rest := want; len(rest) > 0; {
		put := &machine.PutItems{At: at}
		n := min(1+r.IntN(60), len(rest))
		for _, sku := range rest[:n] {
			put.Items = append(put.Items, ledger.Item{SKU: sku, Name: "Tap"}, ledger.Item{SKU: want[0], Name: "Tap"})
		}
		b.ok(put)
		rest = rest[n:]
	}
	slices.Sort(want)
	restored, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*machine.Machine{"as they came": b.m, "restored": restored} {
		var got []ledger.SKU
		for _, it := range m.SearchItems("", "", len(want)+1) {
			got = append(got, it.SKU)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %d items, %v, want %d ascending", name, len(got), got, len(want))
		}
	}
}
