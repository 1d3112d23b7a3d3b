package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A fork is a second life of a stage's site: what it writes is lost with its epoch, and comes back
// as late facts.
func (s *stage) fork(t testing.TB, story string) []*ledger.Entry {
	t.Helper()
	f := newStage(t, s.core.State.Site, s.core.State.Counter)
	f.play(story)
	return f.entries
}

func (s *stage) late(e *ledger.Entry) ledger.Outcome {
	return s.do(&ledger.RecordLate{Entry: e, Origin: ledger.Origin{Site: s.core.State.Site, Epoch: e.Epoch, Seq: e.Seq, Hash: ledger.Hash{byte(e.Seq)}}})
}

// bring records every entry of a fork.
func (s *stage) bring(t testing.TB, entries []*ledger.Entry) {
	t.Helper()
	for _, e := range entries {
		if out := s.late(e); out.Err != nil {
			t.Fatalf("late %s of entry %d: got %v, want it recorded", e.Kind, e.Seq, out.Err)
		}
	}
}

// rebuild begins the next life of the stage's site.
func (s *stage) rebuild() {
	s.do(&ledger.OpenSite{Epoch: s.core.State.Epoch + 1, Body: ledger.OpenedBody{Counter: s.core.State.Counter, Rebuilt: true}})
	s.do(&ledger.Reboot{Boot: [16]byte{9}})
}

func TestARebuiltBookPromisesNothingBeforeItHasAttested(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 3`)
	s.rebuild()
	s.play(`
		deliver o1 TAP-22 1        => book is being rebuilt
		receive TAP-22 1           => book is being rebuilt
		adjust TAP-22 1            => book is being rebuilt
		cancel o1                  => book is being rebuilt
		hand o2 TAP-22 1           => completed
		obey borrow x TAP-22 1     => done
		claims TAP-22              => shelf=2 available=1 reserved=0 hq=1 shortfall=0
		attest                     => attested
		deliver o1 TAP-22 1        => allocated
	`)
	if st := s.core.State; st.Rebuilding || st.Attested != s.h {
		t.Errorf("got rebuilding %v, attested %v; want it ended under %v", st.Rebuilding, st.Attested, s.h)
	}
}

func TestALateSaleIsAFact(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 2
		deliver o1 TAP-22 2
	`)
	lost := s.fork(t, `
		receive TAP-22 2
		take o2 TAP-22 1
	`)
	s.rebuild()
	out := s.late(lost[len(lost)-1])
	b := out.Entry.Body.(*ledger.LateBody)
	if b.Order == nil || b.Order.Lines[0].Taken != 1 || len(b.Missing) != 1 || len(b.Displaced) != 1 || b.Displaced[0].Order != oid("o1") {
		t.Errorf("got %+v, want a sale that took one unit of o1", b)
	}
	s.play(`
		order o1      => backordered here=1 taken=0 away=0 waits=1
		order o2      => completed here=0 taken=1 away=0 waits=0
		claims TAP-22 => shelf=1 available=0 reserved=1 shortfall=0
	`)
	if again := s.late(lost[len(lost)-1]); !again.Replayed || again.Err != nil || s.core.Pending() != 0 {
		t.Errorf("got %+v for the second telling, want nothing written", again)
	}
}

func TestLateFactsAreRecordedReceiptsBeforeSalesOrNot(t *testing.T) {
	story := `
		receive TAP-22 2
		take o1 TAP-22 1
		collect o2 TAP-22 1
		collect o3 TAP-22 2 backorder
		deliver o4 TAP-22 1
		cancel o2
		adjust TAP-22 1
	`
	for name, reversed := range map[string]bool{"as they came": false, "the other way round": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			lost := s.fork(t, story)
			s.rebuild()
			for i := range lost {
				e := lost[i]
				if reversed {
					e = lost[len(lost)-1-i]
				}
				if out := s.late(e); out.Err != nil {
					t.Fatalf("%s: got %v", e.Kind, out.Err)
				}
			}
			s.bring(t, lost) // once more: nothing is doubled
			s.play(`
				attest        => attested
				order o1      => completed here=0 taken=1 away=0 waits=0
				order o2      => cancelled here=0 taken=0 away=0 waits=0
				order o3      => allocated here=2 taken=0 away=0 waits=0
				order o4      => unknown
			`)
		})
	}
}

func TestALateOrderIsPromisedWhatIsThereAndWaitsForTheRest(t *testing.T) {
	s := newStage(t, "leeds", true)
	lost := s.fork(t, `
		receive TAP-22 5
		collect o1 TAP-22 3
		deliver o2 TAP-22 3 any up
		yes o2 1 hull 1
	`)
	s.play(`receive TAP-22 2`)
	s.rebuild()
	s.bring(t, lost[len(lost)-3:])
	s.play(`
		order o1      => backordered here=2 taken=0 away=0 waits=1
		order o2      => backordered here=0 taken=0 away=0 waits=3
		attest        => attested
		receive TAP-22 4
		order o1      => allocated here=3 taken=0 away=0 waits=0
		order o2      => backordered here=0 taken=0 away=0 waits=3
	`)
	if o, _ := s.core.State.Order(oid("o2")); o.Wait != ledger.WaitHQ {
		t.Errorf("got an order that waits at %d, want it to wait for head office", o.Wait)
	}
}

func TestALateDrawIsDrawnAgainFromWhatIsStillHeld(t *testing.T) {
	s := newStage(t, "leeds", true)
	lost := s.fork(t, `
		obey credit x TAP-22 3 hull
		deliver o1 TAP-22 2 any
		deliver o2 TAP-22 1 any
	`)
	s.play(`obey credit x TAP-22 2 hull`)
	s.rebuild()
	s.bring(t, lost)
	s.play(`
		order o1 => allocated here=0 taken=0 away=2 waits=0
		order o2 => backordered here=0 taken=0 away=0 waits=1
		holdings =>
	`)
}

func TestAClientsRepeatFindsTheAnswerOfTheLifeThatWasLost(t *testing.T) {
	s := newStage(t, "leeds", true)
	f := newStage(t, "leeds", true)
	f.play(`receive TAP-22 1`)
	yes, no := sale("o1", "TAP-22", 1), sale("o2", "TAP-22", 1)
	f.do(yes)
	f.do(no)
	s.rebuild()
	s.bring(t, f.entries)
	for name, p := range map[string]*ledger.Place{"accepted": yes, "refused": no} {
		out := s.do(p)
		if !out.Replayed || (out.Err == nil) != (name == "accepted") {
			t.Errorf("%s: got %+v, want the first answer", name, out)
		}
	}
	other := *yes
	other.Request = ledger.DigestOf([]byte("another body"))
	if out := s.do(&other); !errors.Is(out.Err, ledger.ErrKeyReused) {
		t.Errorf("got %v, want %v", out.Err, ledger.ErrKeyReused)
	}
}

func TestASaleIsRecordedThoughThisLifeRefusedItsKey(t *testing.T) {
	s := newStage(t, "leeds", true)
	p := sale("o1", "TAP-22", 1)
	if out := s.do(p); out.Err == nil {
		t.Fatal("got a sale of nothing, want it refused")
	}
	f := newStage(t, "leeds", true)
	f.play(`receive TAP-22 1`)
	f.do(p)
	s.rebuild()
	s.bring(t, f.entries)
	s.play(`
		order o1      => completed here=0 taken=1 away=0 waits=0
		claims TAP-22 => shelf=0 available=0 reserved=0 shortfall=0
	`)
	if out := s.do(p); !out.Replayed || out.Err == nil {
		t.Errorf("got %+v, want the answer that this life gave", out)
	}
	s.bring(t, f.entries)
	s.play(`claims TAP-22 => shelf=0 available=0 reserved=0 shortfall=0`)
}

func TestGoodsThatLeftUnderAnIdInTwoLivesHaveLeftAsOftenAsTheyDid(t *testing.T) {
	for name, c := range map[string]struct{ here, there, order, claims string }{
		"the same sale told twice": {"take o1 TAP-22 1", "take o1 TAP-22 1",
			"completed here=0 taken=1 away=0 waits=0", "shelf=4 available=4 reserved=0 shortfall=0"},
		"one more handed over there": {"take o1 TAP-22 9 backorder", "receive TAP-22 1\ntake o1 TAP-22 9 backorder",
			"backordered here=0 taken=6 away=0 waits=3", "shelf=0 available=0 reserved=0 shortfall=0"},
		"put by here, handed over there": {"take o2 TAP-22 5\ntake o1 TAP-22 2 backorder\nreceive TAP-22 1", "take o1 TAP-22 2 backorder",
			"completed here=0 taken=2 away=0 waits=0", "shelf=0 available=0 reserved=0 shortfall=0"},
		"put by here beside an older order's": {"take o2 TAP-22 5\ndeliver o3 TAP-22 1 backorder\ntake o1 TAP-22 2 backorder\nreceive TAP-22 2", "take o1 TAP-22 2 backorder",
			"completed here=0 taken=2 away=0 waits=0", "shelf=0 available=0 reserved=0 shortfall=0"},
		"the same part told twice": {"take o1 TAP-22 9 backorder", "take o1 TAP-22 9 backorder",
			"backordered here=0 taken=5 away=0 waits=4", "shelf=0 available=0 reserved=0 shortfall=0"},
		"cancelled here": {"deliver o1 TAP-22 2\ncancel o1", "deliver o1 TAP-22 2",
			"cancelled here=0 taken=0 away=0 waits=0", "shelf=5 available=5 reserved=0 shortfall=0"},
		"cancelled there": {"deliver o1 TAP-22 2", "deliver o1 TAP-22 2\ncancel o1",
			"cancelled here=0 taken=0 away=0 waits=0", "shelf=5 available=5 reserved=0 shortfall=0"},
		"cancelled there, handed over here": {"take o1 TAP-22 2", "collect o1 TAP-22 2\ncancel o1",
			"completed here=0 taken=2 away=0 waits=0", "shelf=3 available=3 reserved=0 shortfall=0"},
		"another order under the id": {"deliver o1 TAP-22 2", "take o1 TAP-22 1",
			"allocated here=2 taken=0 away=0 waits=0", "shelf=4 available=2 reserved=2 shortfall=0"},
		"more taken there than here": {"take o1 TAP-22 5 partial", "receive TAP-22 1\ntake o1 TAP-22 6 partial",
			"completed here=0 taken=5 away=0 waits=0", "shelf=0 available=0 reserved=0 shortfall=0"},
		"more promised there than lies here": {"deliver o1 TAP-22 9 partial", "receive TAP-22 1\ndeliver o1 TAP-22 9 partial",
			"backordered here=5 taken=0 away=0 waits=1", "shelf=5 available=0 reserved=5 shortfall=0"},
		"more promised there, and it lies here by now": {"deliver o2 TAP-22 3\ndeliver o1 TAP-22 4 partial\nreceive TAP-22 5", "deliver o1 TAP-22 4 partial",
			"allocated here=4 taken=0 away=0 waits=0", "shelf=10 available=3 reserved=7 shortfall=0"},
		"waits there, cut here": {"deliver o1 TAP-22 9 partial", "deliver o1 TAP-22 9 backorder",
			"backordered here=5 taken=0 away=0 waits=4", "shelf=5 available=0 reserved=5 shortfall=0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			lost := s.fork(t, "receive TAP-22 5\n"+c.there)
			s.play("receive TAP-22 5\n" + c.here)
			s.rebuild()
			for _, e := range lost {
				if e.Kind != ledger.KindReceipt {
					s.bring(t, []*ledger.Entry{e})
				}
			}
			s.play("order o1 => " + c.order + "\nclaims TAP-22 => " + c.claims)
		})
	}
}

// A book that went back was asked again under one key, sold more than it had promised first, and then found
// its first answer in head office's copy. The goods have left all the same, once, whoever tells of it.
func TestGoodsThatLeftUnderAKeyOfAnotherAnswerHaveLeftOnce(t *testing.T) {
	take := func() *ledger.Place {
		p := sale("o1", "TAP-22", 3)
		p.Order.Fulfil, p.Order.Shortage = ledger.Take, ledger.Backorder
		return p
	}
	s, f := newStage(t, "leeds", true), newStage(t, "leeds", true)
	s.play(`receive TAP-22 1`)
	s.do(take())
	f.play(`receive TAP-22 2`)
	f.do(take())
	s.play(`receive TAP-22 4`)
	s.rebuild()
	sold := f.entries[len(f.entries)-1]
	for range 2 {
		s.bring(t, []*ledger.Entry{sold})
		journal := ledger.Origin{Site: "leeds", Seq: sold.Seq} // the client tells of it too
		if out := s.do(&ledger.RecordLate{Entry: sold, Origin: journal}); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	s.play(`
		order o1      => allocated here=1 taken=2 away=0 waits=0
		claims TAP-22 => shelf=3 available=2 reserved=1 shortfall=0
	`)
}

func TestAFactToldTwiceIsWrittenOnce(t *testing.T) {
	f := newStage(t, "leeds", true)
	f.do(&ledger.Receive{Meta: sale("r1", "", 0).Meta, ID: "r1", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 3}}})
	f.play(`
		take o1 TAP-22 1
		adjust TAP-22 -1
	`)
	s := newStage(t, "leeds", true)
	s.rebuild()
	s.bring(t, f.entries)
	before := s.core.State.Seq
	for _, e := range f.entries {
		if out := s.late(e); !out.Replayed || out.Err != nil {
			t.Errorf("%s: got %+v, want it known", e.Kind, out)
		}
	}
	if s.core.State.Seq != before {
		t.Errorf("got %d entries more, want none", s.core.State.Seq-before)
	}
	s.play(`claims TAP-22 => shelf=1 available=1 reserved=0 shortfall=0`)
}

func TestAStateAloneKnowsWhatItHasRecorded(t *testing.T) {
	f := newStage(t, "leeds", true)
	f.play(`receive TAP-22 1`)
	s := ledger.NewState("leeds")
	now := f.now
	if _, out := s.Step(nil, &ledger.OpenSite{Epoch: 1}, now); out.Err != nil {
		t.Fatal(out.Err)
	}
	for _, again := range []bool{false, true} {
		got, out := s.Step(nil, &ledger.RecordLate{Entry: f.entries[len(f.entries)-1]}, now)
		if out.Err != nil || out.Replayed != again || len(got) > 0 == again {
			t.Errorf("told again %v: got %+v and %d entries", again, out, len(got))
		}
	}
}

func TestWhatHasNoPlaceInThisLifeIsAnsweredAndNotWritten(t *testing.T) {
	s := newStage(t, "leeds", true)
	lost := s.fork(t, `
		obey credit x TAP-22 3 hull
		deliver o1 TAP-22 9 any up
		attest
	`)
	s.rebuild()
	before := s.core.State.Seq
	s.bring(t, lost)
	if s.core.State.Seq != before {
		t.Errorf("got %d entries, want none", s.core.State.Seq-before)
	}
	if out := s.do(&ledger.RecordLate{}); !out.Replayed {
		t.Errorf("no entry at all: got %+v, want it passed over", out)
	}
}

func TestAFactOfTwoLivesAgoKeepsItsOrigin(t *testing.T) {
	first := newStage(t, "leeds", true)
	lost := first.fork(t, `
		receive TAP-22 2
		take o1 TAP-22 1
		adjust TAP-22 -1
		deliver o2 TAP-22 1
	`)
	first.rebuild()
	before := len(first.entries)
	first.bring(t, lost)
	second := newStage(t, "leeds", true)
	second.rebuild()
	second.bring(t, first.entries[before:])
	second.bring(t, lost) // another client brings them as they were
	second.play(`
		order o1      => completed here=0 taken=1 away=0 waits=0
		order o2      => unknown
		claims TAP-22 => shelf=0 available=0 reserved=0 shortfall=0
	`)
	for _, e := range second.entries {
		if b, ok := e.Body.(*ledger.LateBody); ok && b.Was == ledger.KindPlaced && b.Origin.Epoch != 1 {
			t.Errorf("got origin %+v, want the first entry's", b.Origin)
		}
	}
}

func TestAnAttestOfOtherBalancesIsFoundOut(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 2`)
	out := s.do(&ledger.Attest{Moved: []ledger.SKU{"TAP-22"}})
	b := out.Entry.Body.(*ledger.AttestedBody)
	if b.Digest == (ledger.Digest{}) || b.H != s.h || b.Rebuilt || len(b.Moved) != 1 {
		t.Fatalf("got %+v, want the digest of the balances under %v", b, s.h)
	}
	forged := *out.Entry
	forged.Seq++
	forged.Body = &ledger.AttestedBody{H: b.H, Digest: ledger.DigestOf(nil)}
	e := ledger.MarshalEntry(&forged)
	f := &ledger.Frame{Site: "leeds", Epoch: forged.Epoch, First: forged.Seq, Before: s.aud.State.Hash, Entries: [][]byte{e}}
	f.Hashes = []ledger.Hash{ledger.Chain(f.Before, f.Site, f.Epoch, f.First, e)}
	if err := s.aud.Frame(ledger.EncodeFrame(f)); err == nil {
		t.Error("got no fault in an attest of other balances, want one")
	}
	for name, a := range map[string]*ledger.Attest{"many": {Moved: make([]ledger.SKU, ledger.MovedMax+1)}, "no sku": {Moved: []ledger.SKU{""}}} {
		if out := s.core.Decide(a, s.now); out.Err == nil {
			t.Errorf("%s: got an attest, want it refused", name)
		}
	}
}

func TestEqualBalancesHaveOneDigest(t *testing.T) {
	a, b := newStage(t, "leeds", true), newStage(t, "york", true)
	a.play("receive A 1\nreceive B 2\ntake o1 C 1")
	b.play("receive B 2\nreceive A 1")
	if x, y := a.core.State.Digest(), b.core.State.Digest(); x != y {
		t.Errorf("got %v and %v, want one digest", x, y)
	}
	b.play("deliver o1 A 1")
	if x, y := a.core.State.Digest(), b.core.State.Digest(); x == y {
		t.Error("got one digest of two balances, want two")
	}
}

func TestAFactThatNoBookWroteIsRefused(t *testing.T) {
	s := newStage(t, "leeds", true)
	long := strings.Repeat("x", ledger.TextMax+1)
	placed := func(change func(e *ledger.Entry, o *ledger.Order)) *ledger.Entry {
		o := ledger.Order{ID: oid("o1"), Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 2, Here: 2}}}
		e := &ledger.Entry{Kind: ledger.KindPlaced, Ref: string(o.ID)}
		change(e, &o)
		e.Body = &ledger.OrderBody{Order: o}
		return e
	}
	goods := func(kind ledger.Kind, q ledger.Qty) *ledger.Entry {
		if kind == ledger.KindAdjusted {
			return &ledger.Entry{Kind: kind, Body: &ledger.AdjustedBody{Reason: "count", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: q}}}}
		}
		return &ledger.Entry{Kind: kind, Body: &ledger.ReceiptBody{}, Postings: []ledger.Posting{{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Sellable}, Qty: q}}}
	}
	for name, e := range map[string]*ledger.Entry{
		"actor":     placed(func(e *ledger.Entry, _ *ledger.Order) { e.Actor = long }),
		"ref":       placed(func(e *ledger.Entry, _ *ledger.Order) { e.Ref = long }),
		"text":      placed(func(_ *ledger.Entry, o *ledger.Order) { o.Customer = long }),
		"id":        placed(func(_ *ledger.Entry, o *ledger.Order) { o.ID = "not one" }),
		"lines":     placed(func(_ *ledger.Entry, o *ledger.Order) { o.Lines = nil }),
		"too much":  placed(func(_ *ledger.Entry, o *ledger.Order) { o.Lines[0].Taken = 1 }),
		"below":     placed(func(_ *ledger.Entry, o *ledger.Order) { o.Lines[0].Here, o.Lines[0].Taken = -1, 3 }),
		"legs":      placed(func(_ *ledger.Entry, o *ledger.Order) { o.Lines[0].Away = make([]ledger.Leg, 2000) }),
		"negative":  placed(func(_ *ledger.Entry, o *ledger.Order) { o.Lines[0].Away = []ledger.Leg{{Site: "hull", Qty: -1}} }),
		"receipt":   goods(ledger.KindReceipt, ledger.QtyMax+1),
		"found":     goods(ledger.KindAdjusted, ledger.QtyMax+1),
		"gone":      goods(ledger.KindAdjusted, -ledger.QtyMax-1),
		"reference": {Kind: ledger.KindReceipt, Body: &ledger.ReceiptBody{Reference: long}},
	} {
		if out := s.late(e); out.Err == nil || s.core.Pending() != 0 {
			t.Errorf("%s: got %+v, want it refused and nothing written", name, out)
		}
	}
}

func TestAClientsJournalNeedsNoNumberAndNoOwner(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP-22 3
		take o1 TAP-22 1
	`)
	o := ledger.Order{ID: oid("o2"), Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1, Taken: 1}}}
	out := s.do(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Seq: 4}, Entry: &ledger.Entry{Kind: ledger.KindPlaced, Ref: string(o.ID), Body: &ledger.OrderBody{Order: o}}})
	if b := out.Entry.Body.(*ledger.LateBody); b.Order.Owner != "leeds" || b.Order.Serial != 2 {
		t.Errorf("got %s of %s, want the next number of leeds", b.Order.Number(), b.Order.Owner)
	}
}

func TestALateReceiptFindsABinWhereThereAreTooMany(t *testing.T) {
	s := newStage(t, "leeds", true)
	var lines []ledger.ReceiptLine
	for i := range ledger.BinsMax {
		lines = append(lines, ledger.ReceiptLine{SKU: "TAP-22", Qty: 1, Bin: ledger.Bin(fmt.Sprintf("A-%05d", i))})
	}
	for part := range slices.Chunk(lines, ledger.LinesMax) {
		if out := s.do(&ledger.Receive{Lines: part}); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	e := &ledger.Entry{Kind: ledger.KindReceipt, Body: &ledger.ReceiptBody{ID: "r"}, Postings: []ledger.Posting{
		{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Sellable, Ref: "B-1"}, Qty: 5}}}
	if out := s.late(e); out.Err != nil {
		t.Fatalf("got %v, want the goods in", out.Err)
	}
	if l, _ := s.core.State.Level("TAP-22"); l.Available != ledger.BinsMax+5 || len(l.Bins) != ledger.BinsMax {
		t.Errorf("got %d available in %d bins, want %d in %d", l.Available, len(l.Bins), ledger.BinsMax+5, ledger.BinsMax)
	}
}

func TestGoodsThatDidNotFitASecondLifeAreNotLostInTheThird(t *testing.T) {
	first := newStage(t, "leeds", true)
	sold := first.fork(t, `
		receive TAP-22 1
		take o1 TAP-22 1
	`)
	first.play(`
		receive TAP-22 3
		deliver o1 TAP-22 2
	`)
	first.rebuild()
	out := first.late(sold[len(sold)-1])
	if b := out.Entry.Body.(*ledger.LateBody); b.Refusal != ledger.RefusedExists {
		t.Fatalf("got %+v, want the goods taken and the order left as it was", b)
	}
	third := newStage(t, "leeds", true)
	third.play(`receive TAP-22 3`)
	third.rebuild()
	third.bring(t, []*ledger.Entry{out.Entry})
	third.play(`
		order o1      => completed here=0 taken=1 away=0 waits=0
		claims TAP-22 => shelf=2 available=2 reserved=0 shortfall=0
	`)
}
