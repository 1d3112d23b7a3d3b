package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const shop = machine.HookID("wh_0001")

// listening is a company of whose events somebody is told.
func listening(t testing.TB, kinds ...machine.EventKind) *bench {
	b := agreedBench(t)
	b.listens(kinds...)
	return b
}

func (b *bench) listens(kinds ...machine.EventKind) {
	b.ok(&machine.SetHook{Act: machine.HookPut, Hook: shop, To: "https://shop.example/in", Secret: make([]byte, 24), Kinds: kinds, Key: digest("hook"), Request: digest("r"), By: "olga", At: at})
	b.site("hull", false)
	b.site("leeds", true)
	b.receive("hull", 9, "TAP-22")
	b.receive("leeds", 5, "TAP-22")
	b.talk("hull")
	b.talk("leeds")
}

// kept lists what the outbox keeps, as words and ids, from a place on.
func (b *bench) kept(from uint64) (words []string, ids []machine.EventID) {
	for p := from; p <= b.m.EventsEnd(); p++ {
		if e, ok := b.m.EventAt(p); ok {
			words, ids = append(words, e.Kind.String()+" "+string(e.Order[max(0, len(e.Order)-1):])), append(ids, e.ID)
		}
	}
	return words, ids
}

func (b *bench) see(act machine.HookAct, key string, ids ...machine.EventID) machine.Result {
	return b.apply(&machine.SetHook{Act: act, Hook: shop, Events: ids, Key: digest(key), Request: digest(key), By: "olga", At: at})
}

func (b *bench) hook() *machine.Hook {
	b.t.Helper()
	h, ok := b.m.Hook(shop)
	if !ok {
		b.t.Fatal("nobody is told")
	}
	return h
}

// tells says to head office how far telling has come.
func (b *bench) tells(t machine.HookTold) {
	b.t.Helper()
	t.Hook = shop
	b.ok(&machine.Told{Hooks: []machine.HookTold{t}, At: at})
}

// lives lets orders be served: one of head office's by hull, one of leeds' own in the hand, and one cancelled.
func (b *bench) ordersLive() {
	b.ok(&machine.Place{Order: order(orderA, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("a"), Request: digest("r"), Legs: plan("1 TAP-22 hull 2"), At: at})
	b.talk("hull")
	b.sends("hull", orderA, 2)
	b.talk("hull")
	sale := order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1})
	sale.Fulfil, sale.Anywhere = ledger.Take, false
	b.decides("leeds", &ledger.Place{Order: sale, InHand: true})
	b.talk("leeds")
	b.ok(&machine.Place{Order: order(orderC, ledger.Backorder, ledger.Line{SKU: "PIPE", Qty: 1}), Key: digest("c"), Request: digest("r"), At: at})
	b.ok(&machine.Cancel{Order: orderC, Key: digest("x"), Request: digest("r"), At: at, By: "olga"})
}

// TestWhatHappensToOrdersIsToldOnce: in the order in which it happened, and a repeat of what brought it tells nothing more.
func TestWhatHappensToOrdersIsToldOnce(t *testing.T) {
	b := listening(t)
	b.ordersLive()
	want := []string{"order.confirmed a", "order.dispatched a", "order.confirmed b", "order.handed_over b", "order.confirmed c", "order.cancelled c"}
	got, ids := b.kept(1)
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	e, _ := b.m.EventAt(2)
	if e.Site != "hull" || e.Number != "HQ-000001" || len(e.Lines) != 1 || e.Lines[0] != (machine.EventLine{Line: 1, SKU: "TAP-22", Qty: 2}) || !e.At.Equal(at) {
		t.Errorf("got %+v, want what left hull", e)
	}
	for _, cmd := range b.log { // raft applies a log once; a client and a site may say everything again
		c, err := machine.Unmarshal(cmd)
		if err != nil {
			t.Fatal(err)
		}
		switch c.(type) {
		case *machine.Push, *machine.Place, *machine.Cancel:
			b.apply(c)
		}
	}
	if again, _ := b.kept(1); !slices.Equal(again, want) {
		t.Errorf("said again: got %q, want %q", again, want)
	}
	if !different(ids) {
		t.Errorf("two events have one id: %x", ids)
	}
}

func different(ids []machine.EventID) bool {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b machine.EventID) int { return bytes.Compare(a[:], b[:]) })
	return len(slices.Compact(ids)) == len(ids)
}

// TestOnlyWhatSomebodyWantsIsKept: without anybody who is told there is no outbox, and of what nobody wants there is no event.
func TestOnlyWhatSomebodyWantsIsKept(t *testing.T) {
	b := listening(t, machine.EventHandedOver)
	b.ordersLive()
	if got, _ := b.kept(1); !slices.Equal(got, []string{"order.handed_over b"}) {
		t.Errorf("got %q, want what was handed over", got)
	}
	if res := b.see(machine.HookRemove, "rm"); res.Err != nil {
		t.Fatal(res.Err)
	}
	b.ok(&machine.Place{Order: order("01900000-0000-7000-8000-00000000000d", ledger.Backorder, ledger.Line{SKU: "PIPE", Qty: 1}), Key: digest("d"), Request: digest("r"), At: at})
	if got, _ := b.kept(1); len(got) != 0 || b.m.EventsEnd() != 1 {
		t.Errorf("got %q up to %d, want nothing kept and nothing new", got, b.m.EventsEnd())
	}
}

// TestARestoredHeadOfficeTellsTheSameUnderTheSameID: it hears again from the sites what it has forgotten, and nothing else is told under an id that
// was given before.
func TestARestoredHeadOfficeTellsTheSameUnderTheSameID(t *testing.T) {
	b := listening(t)
	backup, sent := encode(t, b.m), map[ledger.SiteID]ledger.Position{"hull": b.sent["hull"], "leeds": b.sent["leeds"]}
	begun := len(b.log)
	b.ordersLive()
	words, ids := b.kept(1)
	first := map[machine.EventID]string{}
	for i, id := range ids {
		first[id] = words[i]
	}
	m, err := machine.Restore(bytes.NewReader(backup))
	if err != nil {
		t.Fatal(err)
	}
	lost := b.log[begun:]
	b.m, b.sent = m, sent
	b.ok(&machine.Reincarnate{Random: [16]byte{8}, Why: "restored", At: at, Apart: true})
	b.ok(&machine.Place{Order: order(orderC, ledger.Backorder, ledger.Line{SKU: "PIPE", Qty: 3}), Key: digest("new"), Request: digest("r"), At: at}) // what the lost life cancelled
	for _, cmd := range lost {
		if c, _ := machine.Unmarshal(cmd); c != nil {
			if p, ok := c.(*machine.Push); ok {
				b.apply(p)
			}
		}
	}
	words, ids = b.kept(1)
	told := map[string]bool{}
	for i, id := range ids {
		if was, known := first[id]; known && was != words[i] {
			t.Errorf("%x was %q and is %q", id, was, words[i])
		} else if known {
			told[words[i]] = true
		}
	}
	for _, want := range []string{"order.dispatched a", "order.confirmed b", "order.handed_over b", "order.confirmed c"} {
		if !told[want] {
			t.Errorf("%q is not told under its id: got %q", want, words)
		}
	}
}

// TestTellingGoesOnWhereItWas: what was tried is committed for many events at once, and said twice it is so once.
func TestTellingGoesOnWhereItWas(t *testing.T) {
	b := listening(t)
	b.ordersLive()
	owed := machine.Owed{Place: 2, Tries: 1, Since: at, Due: at.Add(5 * time.Second)}
	b.tells(machine.HookTold{Next: 5, Owed: []machine.Owed{owed}, Count: 3, Failed: 1, Why: "answered 500"})
	h := b.hook()
	if h.Next != 5 || !slices.Equal(h.Owed, []machine.Owed{owed}) || h.Told != 3 || h.Failed != 1 || h.Failing.IsZero() || h.Why != "answered 500" {
		t.Errorf("got %+v, want four tried and the second owed", h)
	}
	for place, want := range map[uint64]bool{1: false, 2: true, 3: true, 6: true} { // 3 lies behind one that is owed
		if _, kept := b.m.EventAt(place); kept != want {
			t.Errorf("event %d: got kept %t, want %t", place, kept, want)
		}
	}
	b.tells(machine.HookTold{Next: 3}) // an old leader's
	b.tells(machine.HookTold{Next: 99, Done: []uint64{2, 77}, Owed: []machine.Owed{{Place: 1}, {Place: 200}}, OK: true, Count: 3})
	if h = b.hook(); h.Next != 7 || len(h.Owed) != 0 || !h.Failing.IsZero() {
		t.Errorf("got %+v, want all told", h)
	}
	if got, _ := b.kept(1); len(got) != 0 {
		t.Errorf("got %q kept, want nothing: everybody has it", got)
	}
}

// TestWhatCannotBeToldIsADeadLetter: it is kept, a person is told, and it is sent again under its id, or forgotten.
func TestWhatCannotBeToldIsADeadLetter(t *testing.T) {
	b := listening(t)
	b.ordersLive()
	_, ids := b.kept(1)
	dead := machine.HookTold{Next: 7, Count: 4, Dead: []machine.Gone{{Place: 2, Tries: 9, Why: "answered 410"}, {Place: 4, Tries: 1, Why: "answered 410"}}}
	b.tells(dead)
	b.tells(dead)
	rows, _ := b.m.DeadLetters(shop, 0, 10)
	if len(rows) != 2 || rows[0].ID != ids[1] || rows[0].For.Why != "answered 410" || rows[1].ID != ids[3] {
		t.Fatalf("got %+v, want two dead letters", rows)
	}
	if got := b.exceptions(); !slices.Equal(got, []string{"events_untold"}) {
		t.Errorf("got exceptions %q, want one", got)
	}
	if res := b.see(machine.HookResend, "one", ids[1]); res.Err != nil || letters(res) != 1 {
		t.Errorf("got %+v, want one sent again", res)
	}
	if h := b.hook(); len(h.Owed) != 1 || h.Owed[0].Place != 2 || h.Owed[0].Tries != 0 {
		t.Errorf("got %+v, want it owed from the beginning", h.Owed)
	}
	if res := b.see(machine.HookResend, "one", ids[1]); !res.Replayed || letters(res) != 1 {
		t.Errorf("got %+v, want the first answer", res)
	}
	if res := b.see(machine.HookDrop, "rest"); letters(res) != 1 {
		t.Errorf("got %+v, want the other forgotten", res)
	}
	if e := b.m.Exceptions(1)[0]; !e.Resolved.Done() {
		t.Errorf("the exception is open though nothing is dead any more")
	}
	b.tells(machine.HookTold{Next: b.m.EventsEnd() + 1, Done: []uint64{2}, OK: true})
	if got, _ := b.kept(1); len(got) != 0 {
		t.Errorf("got %q kept, want nothing", got)
	}
	if res := b.see(machine.HookRemove, "gone"); res.Err != nil {
		t.Error(res.Err)
	}
	if res := b.see(machine.HookDrop, "nobody"); !errors.Is(res.Err, machine.ErrHookUnknown) {
		t.Errorf("got %v, want nobody known", res.Err)
	}
}

func letters(res machine.Result) int {
	if res.Answer == nil {
		return -1
	}
	_, n, _ := res.Answer.Hook()
	return n
}

// TestADeadReceiverNeverGrowsTheOutbox: what it is not told is a dead letter, and of these only the latest are kept.
func TestADeadReceiverNeverGrowsTheOutbox(t *testing.T) {
	b := listening(t, machine.EventConfirmed)
	n := 0
	groups := func(upTo int) {
		for n < upTo {
			g := &machine.Group{}
			for range machine.MembersMax {
				n++
				o := order(ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)), ledger.Backorder, ledger.Line{SKU: "PIPE", Qty: 1})
				g.Members = append(g.Members, &machine.Place{Order: o, Key: digest(string(o.ID)), Request: digest("r"), At: at})
			}
			if res := b.m.Apply(machine.Marshal(g)); res.Err != nil {
				t.Fatal(res.Err)
			}
		}
	}
	const events, dead = 400, 100
	b.m.KeepEvents(events, dead)
	for _, upTo := range []int{machine.MembersMax, 2 * machine.MembersMax, 3 * machine.MembersMax} {
		groups(upTo)
		first, end := b.hook().Next, b.m.EventsEnd()
		rows, _ := b.m.DeadLetters(shop, 0, 1000)
		over := max(0, n-events)
		if end != uint64(n) || end-first+1 != uint64(n-over) || len(rows) != min(over, dead) || b.hook().Lost != uint64(max(0, over-dead)) {
			t.Errorf("got %d events from %d to %d and %d dead letters, %d lost", n, first, end, len(rows), b.hook().Lost)
		}
	}
	if err := b.m.Check(); err != nil {
		t.Error(err)
	}
	again, err := machine.Restore(bytes.NewReader(encode(t, b.m)))
	if err != nil || !bytes.Equal(encode(t, again), encode(t, b.m)) {
		t.Errorf("restored: another state (%v)", err)
	}
}

// TestSomebodyIsToldThatStockIsLow: once as it falls below what the rule says, and again only after there was enough.
func TestSomebodyIsToldThatStockIsLow(t *testing.T) {
	b := listening(t, machine.EventLow)
	b.ok(&machine.SetSourcing{By: "head office", Reason: "what it begins with", At: at})
	b.ok(&machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleLow, Site: "leeds", SKU: "TAP-22", Qty: 4}}, By: "beth", Reason: "order in time", At: at})
	adjust := func(q ledger.Qty) {
		b.decides("leeds", &ledger.Adjust{Reason: "counted", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: q}}})
		b.talk("leeds")
	}
	for _, step := range []struct {
		by   ledger.Qty
		want int
	}{{-1, 0}, {-1, 1}, {-1, 1}, {3, 1}, {-2, 2}} {
		adjust(step.by)
		if got, _ := b.kept(1); len(got) != step.want {
			t.Fatalf("after %d: got %q, want %d", step.by, got, step.want)
		}
	}
	if e, _ := b.m.EventAt(1); e.Site != "leeds" || e.SKU != "TAP-22" || e.Qty != 3 || e.Level != 4 {
		t.Errorf("got %+v, want 3 of 4", e)
	}
}

// TestASnapshotKeepsWhatIsToBeTold: who is told, what is owed, and what is a dead letter.
func TestASnapshotKeepsWhatIsToBeTold(t *testing.T) {
	b := goldenBench(t, ledger.KindTransferReceived, machine.HookCommands)
	b.listens()
	b.ordersLive()
	b.tells(machine.HookTold{Next: 5, Owed: []machine.Owed{{Place: 2, Tries: 1, Since: at, Due: at.Add(5 * time.Second)}}, Dead: []machine.Gone{{Place: 3, Tries: 1, Why: "answered 410"}}, Count: 2, Failed: 2, Why: "answered 410"})
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_outbox", encode(t, b.m))))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encode(t, m), encode(t, b.m)) {
		t.Error("a restored machine encodes to other bytes")
	}
	b.m = m
	rows, _ := m.DeadLetters(shop, 0, 9)
	if got, _ := b.kept(1); len(got) != 6 || len(rows) != 1 || len(b.hook().Owed) != 1 || b.hook().Next != 5 || !bytes.Equal(b.hook().Secret, make([]byte, 24)) {
		t.Errorf("got %q, %+v, %+v; want what was kept", got, rows, b.hook())
	}
}

// TestOnlyGoodHooksAreSet: each refusal names its field, and changes nothing.
func TestOnlyGoodHooksAreSet(t *testing.T) {
	for name, c := range map[string]struct {
		field  string
		change func(*machine.SetHook)
	}{
		"no address":     {"to", func(c *machine.SetHook) { c.To = "" }},
		"a short secret": {"secret", func(c *machine.SetHook) { c.Secret = c.Secret[:8] }},
		"a kind twice":   {"events", func(c *machine.SetHook) { c.Kinds = []machine.EventKind{1, 1} }},
		"no kind":        {"events", func(c *machine.SetHook) { c.Kinds = []machine.EventKind{0} }},
		"nobody signs":   {"by", func(c *machine.SetHook) { c.By = "" }},
		"no act":         {"act", func(c *machine.SetHook) { c.Act, c.Hook = 9, shop }},
		"an id twice":    {"id", func(c *machine.SetHook) { c.Hook = shop }},
	} {
		b := listening(t)
		h := &machine.SetHook{Act: machine.HookPut, Hook: "wh_2", To: "https://b.example", Secret: make([]byte, 32), Key: digest("2"), Request: digest("2"), By: "olga", At: at}
		c.change(h)
		res := b.apply(h)
		if form, ok := errors.AsType[*ledger.FormError](res.Err); !ok || form.Field != c.field || len(b.m.Hooks()) != 1 {
			t.Errorf("%s: got %v, want field %s refused", name, res.Err, c.field)
		}
	}
	b := listening(t)
	for i := range machine.HooksMax + 1 {
		id := fmt.Sprintf("wh_%02d", i)
		res := b.apply(&machine.SetHook{Act: machine.HookPut, Hook: machine.HookID(id + "x"), To: "https://b.example", Secret: make([]byte, 32), Key: digest(id), Request: digest(id), By: "olga", At: at})
		if full := i >= machine.HooksMax-1; (res.Err != nil) != full {
			t.Errorf("hook %d: got %v", i+2, res.Err)
		}
	}
}
