package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The page has the state machine as the code has it.
func TestTheTableOfTransfersIsPrinted(t *testing.T) {
	standsInDesign(t, "transfers", ledger.TransferTable())
}

// way is two sites between which goods go, and the commands that head office would give them.
type way struct {
	*stage // leeds, which sends
	york   *stage
}

func newWay(t testing.TB) *way {
	return &way{newStage(t, "leeds", true), newStage(t, "york", true)}
}

func makes(id string, lines ...ledger.TransferLine) *ledger.MakeTransfer {
	return &ledger.MakeTransfer{Transfer: ledger.Transfer{ID: ledger.TransferID(id), From: "leeds", To: "york", Lines: lines}}
}

func wants(sku ledger.SKU, q ledger.Qty) ledger.TransferLine {
	return ledger.TransferLine{SKU: sku, Qty: q}
}

func came(id string, from ledger.SiteID, lines ...ledger.ReceivedLine) *ledger.ReceiveTransfer {
	return &ledger.ReceiveTransfer{ID: ledger.TransferID(id), From: from, Lines: lines}
}

// told gives a site a command of head office about a transfer.
func (s *stage) told(id string, act ledger.TransferAct, other ledger.SiteID, lines ...ledger.CommandLine) ledger.Outcome {
	s.t.Helper()
	s.cmd++
	c := ledger.HQCommand{H: s.h, Number: s.cmd, ID: ledger.TransferCommandID(ledger.TransferID(id), act), Kind: ledger.CommandTransfer, Site: other, Lines: lines}
	c.Hash = ledger.ChainCommand(s.hash, &c)
	s.hash = c.Hash
	return s.do(&ledger.Obey{Command: c})
}

// refusedAs is why a command was refused; "" where it was not.
func refusedAs(t testing.TB, out ledger.Outcome) string {
	t.Helper()
	if out.Err != nil || out.Entry == nil {
		t.Fatalf("got %v, want an entry", out.Err)
	}
	return out.Entry.Body.(*ledger.ObeyedBody).Refused
}

// transit sums what the stage's journal has posted on its way to or from a site.
func (s *stage) transit(site ledger.SiteID, sku ledger.SKU) (sum ledger.Qty) {
	for _, e := range s.entries {
		for _, p := range e.Postings {
			if p.SKU == sku && p.Account == (ledger.Account{Kind: ledger.Transit, Ref: string(site)}) {
				sum += p.Qty
			}
		}
	}
	return sum
}

func (s *stage) lost(reason string, sku ledger.SKU) (sum ledger.Qty) {
	for _, e := range s.entries {
		for _, p := range e.Postings {
			if p.SKU == sku && p.Account == (ledger.Account{Kind: ledger.Loss, Ref: reason}) {
				sum += p.Qty
			}
		}
	}
	return sum
}

func (s *stage) levels(sku ledger.SKU) string {
	l, _ := s.core.State.Level(sku)
	return fmt.Sprintf("hand=%d blocked=%d available=%d reserved=%d hq=%d shortfall=%d", l.OnHand(), l.Blocked, l.Available, l.Reserved, l.AllottedTo(ledger.HolderHQ), l.Shortfall)
}

func check(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

// What is set aside is promised to nobody else; what has left is promised to nobody; what has come is sold at once.
func TestATransferGoesFromOneShelfToTheOther(t *testing.T) {
	w := newWay(t)
	w.play("receive TAP 10")
	if out := w.do(makes("T-1", wants("TAP", 8))); out.Err != nil {
		t.Fatal(out.Err)
	}
	check(t, "set aside", w.levels("TAP"), "hand=10 blocked=0 available=2 reserved=8 hq=0 shortfall=0")
	w.play("take o1 TAP 3 => short have=2")
	if out := w.do(&ledger.DispatchTransfer{ID: "T-1", Lines: []ledger.TransferLine{{SKU: "TAP", Sent: 7}}}); out.Err != nil {
		t.Fatal(out.Err)
	}
	check(t, "dispatched", w.levels("TAP"), "hand=3 blocked=0 available=3 reserved=0 hq=0 shortfall=0")
	if refused := refusedAs(t, w.york.told("T-1", ledger.TransferExpect, "leeds", ledger.CommandLine{Line: 1, SKU: "TAP", Qty: 7})); refused != "" {
		t.Fatal(refused)
	}
	check(t, "expected", w.york.levels("TAP"), "hand=0 blocked=0 available=0 reserved=0 hq=0 shortfall=0")
	out := w.york.do(came("T-1", "", ledger.ReceivedLine{SKU: "TAP", Came: 6, Damaged: 1}))
	if out.Err != nil || out.Entry.Body.(*ledger.TransferBody).Transfer.Lines[0].Missing() != 1 {
		t.Fatalf("got %v, want one missing", out.Err)
	}
	check(t, "received", w.york.levels("TAP"), "hand=6 blocked=1 available=5 reserved=0 hq=0 shortfall=0")
	w.york.play("take o1 TAP 5 => completed")
	if refused := refusedAs(t, w.told("T-1", ledger.TransferSettle, "york", ledger.CommandLine{Line: 1, SKU: "TAP", Qty: 6})); refused != "" {
		t.Fatal(refused)
	}
	if got := []ledger.Qty{w.transit("york", "TAP") + w.york.transit("leeds", "TAP"), w.lost(ledger.TransferMissing, "TAP")}; got[0] != 0 || got[1] != 1 {
		t.Errorf("got %d on the way and %d missing, want 0 and 1", got[0], got[1])
	}
}

// A warehouse, whose stock is head office's to promise, asks; a counter asks for what lies elsewhere.
func TestWhatIsHeadOfficesIsAskedFor(t *testing.T) {
	hull, york := newStage(t, "hull", false), newStage(t, "york", true)
	hull.play("receive TAP 10")
	for name, c := range map[string]struct {
		at       *stage
		from, to ledger.SiteID
		want     ledger.Kind
	}{"at the warehouse": {hull, "hull", "york", ledger.KindTransferAsked}, "at the shop": {york, "hull", "york", ledger.KindTransferAsked}} {
		out := c.at.do(&ledger.MakeTransfer{Transfer: ledger.Transfer{ID: "T-1", From: c.from, To: c.to, Lines: []ledger.TransferLine{wants("TAP", 4)}}})
		if out.Err != nil || out.Entry.Kind != c.want || len(out.Entry.Postings) > 0 {
			t.Errorf("%s: got %+v (%v), want an ask by which nothing moves", name, out.Entry, out.Err)
		}
	}
	line := ledger.CommandLine{Line: 1, SKU: "TAP", Qty: 4}
	if got := refusedAs(t, hull.told("T-1", ledger.TransferOut, "york", line)); got != "" {
		t.Fatal(got)
	}
	check(t, "head office's yes", hull.levels("TAP"), "hand=10 blocked=0 available=0 reserved=4 hq=6 shortfall=0")
	if got := refusedAs(t, hull.told("T-2", ledger.TransferOut, "york", ledger.CommandLine{Line: 1, SKU: "TAP", Qty: 7})); got != ledger.RefusedNotAllotted {
		t.Errorf("more than it holds: got %q", got)
	}
	if got := refusedAs(t, york.told("T-3", ledger.TransferReserve, "hull", line)); got != ledger.RefusedNotAvailable {
		t.Errorf("more than a counter has: got %q", got)
	}
	if got := refusedAs(t, york.told("T-1", ledger.TransferRefuse, "hull")); got != "" {
		t.Errorf("a no to who asked: got %q", got)
	}
}

// A wrong act is refused, remembered under its key, and moves nothing; bad form leaves no entry.
func TestATransferThatDoesNotFitIsRefused(t *testing.T) {
	line := ledger.TransferLine{SKU: "TAP", Qty: 2}
	good := func() ledger.Transfer {
		return ledger.Transfer{ID: "T-9", From: "leeds", To: "york", Lines: []ledger.TransferLine{line}}
	}
	made := func(change func(*ledger.Transfer)) ledger.Request {
		v := good()
		change(&v)
		return &ledger.MakeTransfer{Transfer: v}
	}
	for name, c := range map[string]struct {
		req   ledger.Request
		field string
	}{
		"no id":               {made(func(v *ledger.Transfer) { v.ID = "" }), "id"},
		"an id with a slash":  {made(func(v *ledger.Transfer) { v.ID = "a/b" }), "id"},
		"an id of a dot":      {made(func(v *ledger.Transfer) { v.ID = ".." }), "id"},
		"a long id":           {made(func(v *ledger.Transfer) { v.ID = ledger.TransferID(strings.Repeat("x", 65)) }), "id"},
		"to itself":           {made(func(v *ledger.Transfer) { v.To = "leeds" }), "to"},
		"from nowhere":        {made(func(v *ledger.Transfer) { v.From = "" }), "site"},
		"between two others":  {made(func(v *ledger.Transfer) { v.From = "hull" }), "from"},
		"no lines":            {made(func(v *ledger.Transfer) { v.Lines = nil }), "lines"},
		"too many lines":      {made(func(v *ledger.Transfer) { v.Lines = make([]ledger.TransferLine, ledger.TransferLinesMax+1) }), "lines"},
		"one SKU twice":       {made(func(v *ledger.Transfer) { v.Lines = append(v.Lines, line) }), "sku"},
		"a bad SKU":           {made(func(v *ledger.Transfer) { v.Lines[0].SKU = "a b" }), "sku"},
		"no units":            {made(func(v *ledger.Transfer) { v.Lines[0].Qty = 0 }), "qty"},
		"a long note":         {made(func(v *ledger.Transfer) { v.Note = strings.Repeat("x", ledger.TextMax+1) }), "note"},
		"nothing leaves":      {&ledger.DispatchTransfer{ID: "T-1", Lines: []ledger.TransferLine{{SKU: "TAP"}}}, "lines"},
		"one leaves twice":    {&ledger.DispatchTransfer{ID: "T-1", Lines: []ledger.TransferLine{{SKU: "TAP", Sent: 1}, {SKU: "TAP", Sent: 1}}}, "sku"},
		"less than none goes": {&ledger.DispatchTransfer{ID: "T-1", Lines: []ledger.TransferLine{{SKU: "TAP", Sent: -1}}}, "qty"},
		"lines of a cancel":   {&ledger.DispatchTransfer{ID: "T-1", Cancel: true, Lines: []ledger.TransferLine{{SKU: "TAP", Sent: 1}}}, "lines"},
		"damaged beyond all":  {came("T-8", "york", ledger.ReceivedLine{SKU: "TAP", Came: 1, Damaged: 2}), "damaged"},
		"one comes twice":     {came("T-8", "york", ledger.ReceivedLine{SKU: "TAP", Came: 1}, ledger.ReceivedLine{SKU: "TAP", Came: 1}), "sku"},
		"less than none came": {came("T-8", "york", ledger.ReceivedLine{SKU: "TAP", Came: -1}), "received"},
		"nothing at all":      {came("T-8", "york"), "lines"},
		"into a bad bin":      {came("T-8", "york", ledger.ReceivedLine{SKU: "TAP", Came: 1, Bin: "a b"}), "bin"},
		"beyond all bounds":   {came("T-8", "york", ledger.ReceivedLine{SKU: "TAP", Came: ledger.QtyMax}), "qty"},
		"from another site":   {came("T-1", "york", ledger.ReceivedLine{SKU: "TAP", Came: 1}), "from"},
	} {
		s := newStage(t, "leeds", true)
		s.play("receive TAP 5")
		s.do(makes("T-1", wants("TAP", 3)))
		before := s.core.State.Head()
		out := s.do(c.req)
		if form, ok := errors.AsType[*ledger.FormError](out.Err); !ok || form.Field != c.field || s.core.State.Head() != before {
			t.Errorf("%s: got %v, want field %s and no entry", name, out.Err, c.field)
		}
	}
	key := func(n byte) ledger.Meta {
		return ledger.Meta{Actor: "anna", Key: ledger.DigestOf([]byte{n}), Request: ledger.DigestOf([]byte{n, 1})}
	}
	s := newStage(t, "leeds", true)
	s.play("receive TAP 5")
	for i, c := range []struct {
		name string
		req  ledger.Request
		want string
	}{
		{"more than is free", &ledger.MakeTransfer{Meta: key(1), Transfer: ledger.Transfer{ID: "T-1", From: "leeds", To: "york", Lines: []ledger.TransferLine{wants("TAP", 6)}}}, "transfer T-1: line 1 wants 6 of TAP, there are 5"},
		{"dispatch of what nobody made", &ledger.DispatchTransfer{Meta: key(2), ID: "T-1"}, "no such transfer here"},
		{"receipt of what nobody knows", &ledger.ReceiveTransfer{Meta: key(3), ID: "T-1", Lines: []ledger.ReceivedLine{{SKU: "TAP", Came: 1}}}, "no such transfer here"},
		{"made", &ledger.MakeTransfer{Meta: key(4), Transfer: ledger.Transfer{ID: "T-1", From: "leeds", To: "york", Lines: []ledger.TransferLine{wants("TAP", 4)}}}, "<nil>"},
		{"made again", &ledger.MakeTransfer{Meta: key(5), Transfer: ledger.Transfer{ID: "T-1", From: "leeds", To: "york", Lines: []ledger.TransferLine{wants("TAP", 4)}}}, "transfer T-1 is reserved: reserve is not possible"},
		{"received before it left", &ledger.ReceiveTransfer{Meta: key(6), ID: "T-1", Lines: []ledger.ReceivedLine{{SKU: "TAP", Came: 1}}}, "transfer T-1 is reserved: receive is not possible"},
		{"more leaves than was set aside", &ledger.DispatchTransfer{Meta: key(7), ID: "T-1", Lines: []ledger.TransferLine{{SKU: "TAP", Sent: 5}}}, "transfer T-1: line 1 wants 5 of TAP, there are 4"},
		{"what is no part of it leaves", &ledger.DispatchTransfer{Meta: key(8), ID: "T-1", Lines: []ledger.TransferLine{{SKU: "PIN", Sent: 1}}}, "transfer T-1: line 1 wants 1 of PIN, there are 0"},
		{"left", &ledger.DispatchTransfer{Meta: key(9), ID: "T-1"}, "<nil>"},
		{"left again", &ledger.DispatchTransfer{Meta: key(10), ID: "T-1"}, "transfer T-1 is dispatched: dispatch is not possible"},
		{"cancelled after it left", &ledger.DispatchTransfer{Meta: key(11), ID: "T-1", Cancel: true}, "transfer T-1 is dispatched: dispatch is not possible"},
		{"comes back", &ledger.ReceiveTransfer{Meta: key(12), ID: "T-1", Lines: []ledger.ReceivedLine{{SKU: "TAP", Came: 3}}}, "<nil>"},
		{"comes back again", &ledger.ReceiveTransfer{Meta: key(13), ID: "T-1", Lines: []ledger.ReceivedLine{{SKU: "TAP", Came: 1}}}, "transfer T-1 is returned: receive is not possible"},
	} {
		out := s.do(c.req)
		if got := fmt.Sprint(out.Err); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		head := s.core.State.Head()
		again := s.do(c.req)
		if fmt.Sprint(again.Err) != c.want || s.core.State.Head() != head || !errors.Is(out.Err, ledger.ErrTransferUnknown) && !again.Replayed {
			t.Errorf("%s, case %d, repeated: got %v at entry %d, want the first answer", c.name, i, again.Err, s.core.State.Seq)
		}
	}
	check(t, "one of four did not come back", s.levels("TAP"), "hand=4 blocked=0 available=4 reserved=0 hq=0 shortfall=0")
	if s.transit("york", "TAP") != 0 || s.lost(ledger.TransferMissing, "TAP") != 1 {
		t.Errorf("got %d on the way, %d missing; want 0 and 1", s.transit("york", "TAP"), s.lost(ledger.TransferMissing, "TAP"))
	}
}

// What arrives has left, whatever the sender's book says: it takes what was set aside for it, then goods in the hand.
func TestWhatArrivesHasLeft(t *testing.T) {
	for name, c := range map[string]struct {
		story func(*stage)
		came  ledger.Qty
		want  string
	}{
		"it was set aside":         {func(s *stage) { s.do(makes("T-1", wants("TAP", 4))) }, 4, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0"},
		"less was set aside":       {func(s *stage) { s.do(makes("T-1", wants("TAP", 2))) }, 4, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0"},
		"more was set aside":       {func(s *stage) { s.do(makes("T-1", wants("TAP", 5))) }, 4, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0"},
		"the book knows nothing":   {func(*stage) {}, 4, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0"},
		"more than ever lay there": {func(*stage) {}, 7, "hand=0 blocked=0 available=0 reserved=0 hq=0 shortfall=0"},
		"it was cancelled": {func(s *stage) {
			s.do(makes("T-1", wants("TAP", 4)))
			s.do(&ledger.DispatchTransfer{ID: "T-1", Cancel: true})
		}, 4, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0"},
		"an order is promised them": {func(s *stage) { s.play("collect o1 TAP 3") }, 4, "hand=1 blocked=0 available=0 reserved=1 hq=0 shortfall=0"},
	} {
		s := newStage(t, "leeds", true)
		s.play("receive TAP 5")
		c.story(s)
		if refused := refusedAs(t, s.told("T-1", ledger.TransferSettle, "york", ledger.CommandLine{Line: 1, SKU: "TAP", Qty: c.came})); refused != "" {
			t.Errorf("%s: got %s", name, refused)
		}
		check(t, name, s.levels("TAP"), c.want)
		if got := s.transit("york", "TAP"); got != c.came {
			t.Errorf("%s: got %d gone to york, want %d", name, got, c.came)
		}
		if out := s.do(&ledger.DispatchTransfer{ID: "T-1"}); out.Err == nil {
			t.Errorf("%s: got a dispatch after it, want it refused", name)
		}
	}
}

// A dispatch and a receipt of a life that has ended are told late: what crossed the walls in either life has crossed
// them, once.
func TestTransfersOfAnotherLifeAreToldLate(t *testing.T) {
	gone := newStage(t, "leeds", true)
	gone.play("receive TAP 9")
	gone.do(makes("T-1", wants("TAP", 4)))
	left := gone.do(&ledger.DispatchTransfer{ID: "T-1"}).Entry
	york := newStage(t, "york", true)
	arrived := york.do(came("T-1", "leeds", ledger.ReceivedLine{SKU: "TAP", Came: 4, Damaged: 1})).Entry
	tell := func(s *stage, e *ledger.Entry) ledger.Outcome {
		return s.do(&ledger.RecordLate{Origin: ledger.Origin{Site: s.core.State.Site, Epoch: 1, Seq: e.Seq, Hash: ledger.Hash{7}}, Entry: e})
	}
	for name, c := range map[string]struct {
		site  ledger.SiteID
		story func(*stage)
		fact  *ledger.Entry
		want  string
		on    ledger.Qty // its way, by this book
	}{
		"left, and this life knows nothing": {"leeds", func(*stage) {}, left, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0", 4},
		"left, and it is set aside":         {"leeds", func(s *stage) { s.do(makes("T-1", wants("TAP", 5))) }, left, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0", 4},
		"left in both":                      {"leeds", func(s *stage) { s.do(makes("T-1", wants("TAP", 4))); s.do(&ledger.DispatchTransfer{ID: "T-1"}) }, left, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0", 4},
		"left, and more than in this life":  {"leeds", func(s *stage) { s.do(makes("T-1", wants("TAP", 2))); s.do(&ledger.DispatchTransfer{ID: "T-1"}) }, left, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0", 2},
		"left, and cancelled in this life": {"leeds", func(s *stage) {
			s.do(makes("T-1", wants("TAP", 5)))
			s.do(&ledger.DispatchTransfer{ID: "T-1", Cancel: true})
		}, left,
			"hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0", 4},
		"left, and arrived": {"leeds", func(s *stage) { s.told("T-1", ledger.TransferSettle, "york", ledger.CommandLine{SKU: "TAP", Qty: 4}) }, left, "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0", 4},
		"arrived":           {"york", func(*stage) {}, arrived, "hand=9 blocked=1 available=8 reserved=0 hq=0 shortfall=0", -4},
		"arrived in both":   {"york", func(s *stage) { s.do(came("T-1", "leeds", ledger.ReceivedLine{SKU: "TAP", Came: 4, Damaged: 1})) }, arrived, "hand=9 blocked=1 available=8 reserved=0 hq=0 shortfall=0", -4},
	} {
		s := newStage(t, c.site, true)
		s.play("receive TAP 5")
		c.story(s)
		if out := tell(s, c.fact); out.Err != nil {
			t.Errorf("%s: got %v", name, out.Err)
		}
		if out := tell(s, c.fact); !out.Replayed {
			t.Errorf("%s: told again: got %+v, want it known", name, out)
		}
		check(t, name, s.levels("TAP"), c.want)
		other := map[ledger.SiteID]ledger.SiteID{"leeds": "york", "york": "leeds"}[c.site]
		if got := s.transit(other, "TAP"); got != c.on {
			t.Errorf("%s: got %d, want %d on the way", name, got, c.on)
		}
	}
	// What has left of a transfer that this life has cancelled leaves once, and what its receiver says of it is held against that.
	back := newStage(t, "leeds", true)
	back.play("receive TAP 5")
	back.do(makes("T-1", wants("TAP", 5)))
	back.do(&ledger.DispatchTransfer{ID: "T-1", Cancel: true})
	if out := tell(back, left); out.Err != nil {
		t.Fatal(out.Err)
	}
	if refused := refusedAs(t, back.told("T-1", ledger.TransferSettle, "york", ledger.CommandLine{Line: 1, SKU: "TAP", Qty: 3})); refused != "" {
		t.Fatal(refused)
	}
	check(t, "settled", back.levels("TAP"), "hand=1 blocked=0 available=1 reserved=0 hq=0 shortfall=0")
	if got := []ledger.Qty{back.transit("york", "TAP"), back.lost(ledger.TransferMissing, "TAP")}; got[0] != 3 || got[1] != 1 {
		t.Errorf("got %d out and %d missing, want 3 and 1", got[0], got[1])
	}

	// Told late twice over: a book that was set aside has told it to the one before.
	s := newStage(t, "leeds", true)
	s.play("receive TAP 5")
	out := tell(s, left)
	again := newStage(t, "leeds", true)
	again.play("receive TAP 5")
	if out := tell(again, out.Entry); out.Err != nil || again.levels("TAP") != s.levels("TAP") {
		t.Errorf("got %s (%v), want %s", again.levels("TAP"), out.Err, s.levels("TAP"))
	}
}

// TestTransfersAgreeWithTheirModel: whatever two sites and head office do with transfers, in whatever order and however
// often, each arrow is gone once, the books agree with a page of paper, and in the end nothing is on its way.
func TestTransfersAgreeWithTheirModel(t *testing.T) {
	for seed := range uint64(60) {
		m := &transferModel{way: newWay(t), r: rand.New(rand.NewPCG(seed, 25)), paper: map[string]*paper{}}
		m.play("receive TAP 40")
		m.york.play("receive TAP 3")
		m.free, m.there = 40, 3
		for range 60 {
			m.step()
			m.compare(seed)
		}
		m.settleAll(seed)
		if t.Failed() {
			return
		}
	}
}

// paper is what a shopkeeper would note of one transfer of taps.
type paper struct {
	aside, left, back, arrived ledger.Qty
	made, gone, returned       bool
	canceled, received         bool
	settled, expected          bool
}

type transferModel struct {
	*way
	r           *rand.Rand
	paper       map[string]*paper
	free, there ledger.Qty // what leeds and york may promise
	blocked     ledger.Qty // at york
	missing     ledger.Qty // by the sender's book; below zero: surplus
}

func (m *transferModel) some(most ledger.Qty) ledger.Qty {
	return ledger.Qty(m.r.Int64N(int64(most) + 1))
}

func (m *transferModel) step() {
	id := fmt.Sprint("T-", m.r.IntN(6))
	p := m.paper[id]
	if p == nil {
		p = &paper{}
		m.paper[id] = p
	}
	switch m.r.IntN(9) {
	case 0, 1:
		q := 1 + m.some(5)
		fits := !p.made && !p.settled && q <= m.free
		m.must(m.do(makes(id, wants("TAP", q))), fits, "make")
		if fits {
			p.made, p.aside = true, q
			m.free -= q
		}
	case 2:
		q := 1 + m.some(4)
		fits := p.made && !p.gone && !p.canceled && !p.settled && q <= p.aside
		m.must(m.do(&ledger.DispatchTransfer{ID: ledger.TransferID(id), Lines: []ledger.TransferLine{{SKU: "TAP", Sent: q}}}), fits, "dispatch")
		if fits {
			p.gone, p.left = true, q
			m.free += p.aside - q
		}
	case 3:
		fits := p.made && !p.gone && !p.canceled && !p.settled
		m.must(m.do(&ledger.DispatchTransfer{ID: ledger.TransferID(id), Cancel: true}), fits, "cancel")
		if fits {
			p.canceled = true
			m.free += p.aside
		}
	case 4:
		m.receives(id, p)
	case 5:
		if p.gone && !p.expected {
			p.expected = true
			m.york.told(id, ledger.TransferExpect, "leeds", ledger.CommandLine{SKU: "TAP", Qty: p.left})
		}
	case 6:
		if p.received {
			m.settles(id, p)
		}
	case 7:
		if m.r.IntN(4) == 0 {
			q := m.some(p.left)
			fits := p.gone && !p.returned && !p.settled
			m.must(m.do(came(id, "", ledger.ReceivedLine{SKU: "TAP", Came: q})), fits, "return")
			if fits {
				p.returned, p.back = true, q
				m.free += q
				m.missing += p.left - q
			}
		}
	default:
		if out := m.york.do(&ledger.Place{Order: order([]string{"take", fmt.Sprint(m.r.Uint32()), "TAP"}, 1)}); out.Err == nil {
			m.there--
		}
	}
}

// receives has york take something in, with or without having heard of it.
func (m *transferModel) receives(id string, p *paper) {
	q := m.some(5)
	bad := m.some(q)
	out := m.york.do(came(id, "leeds", ledger.ReceivedLine{SKU: "TAP", Came: q, Damaged: bad}))
	m.must(out, !p.received, "receive")
	if !p.received {
		p.received, p.arrived = true, q
		m.there += q - bad
		m.blocked += bad
	}
}

// settles tells leeds what came, as often as head office likes.
func (m *transferModel) settles(id string, p *paper) {
	var lines []ledger.CommandLine
	if p.arrived > 0 {
		lines = []ledger.CommandLine{{SKU: "TAP", Qty: p.arrived}}
	}
	out := m.told(id, ledger.TransferSettle, "york", lines...)
	if p.settled {
		return
	}
	if refused := refusedAs(m.t, out); refused != "" {
		m.t.Fatalf("%s: got %s", id, refused)
	}
	p.settled = true
	switch {
	case p.returned:
		m.missing -= p.arrived
	case p.gone:
		m.missing += p.left - p.arrived
	default:
		if p.made && !p.canceled {
			m.free += p.aside
		}
		m.free = max(0, m.free-p.arrived)
	}
}

func (m *transferModel) must(out ledger.Outcome, fits bool, what string) {
	m.t.Helper()
	if (out.Err == nil) != fits {
		m.t.Fatalf("%s: got %v, want it done: %t", what, out.Err, fits)
	}
}

func (m *transferModel) compare(seed uint64) {
	m.t.Helper()
	leeds, _ := m.core.State.Level("TAP")
	york, _ := m.york.core.State.Level("TAP")
	if leeds.Available != m.free || york.Available != m.there || york.Blocked != m.blocked {
		m.t.Fatalf("seed %d: got %d free at leeds, %d and %d blocked at york; want %d, %d and %d", seed, leeds.Available, york.Available, york.Blocked, m.free, m.there, m.blocked)
	}
	if got := m.lost(ledger.TransferMissing, "TAP") + m.lost(ledger.TransferSurplus, "TAP"); got != m.missing {
		m.t.Fatalf("seed %d: got %d missing, want %d", seed, got, m.missing)
	}
}

// settleAll brings all to its end: then nothing is on its way.
func (m *transferModel) settleAll(seed uint64) {
	for id, p := range m.paper {
		if p.gone && !p.received {
			m.receives(id, p)
		}
		if p.received {
			m.settles(id, p)
			m.settles(id, p)
		}
	}
	if out, in := m.transit("york", "TAP"), m.york.transit("leeds", "TAP"); out+in != 0 {
		for id, p := range m.paper {
			m.t.Logf("%s %+v", id, *p)
		}
		m.t.Fatalf("seed %d: got %d gone and %d come, want nothing on its way", seed, out, -in)
	}
}
