package ledger_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// quoted is an order of two taps that is a quote until a day.
func quoted(id, until string) ledger.Order {
	l := ledger.Line{SKU: "TAP-22", Qty: 2, Price: pounds(500)}
	l.Charge = priced(l.Price, l.Qty, ledger.Charge{From: ledger.PriceItem, Tax: vat})
	return ledger.Order{ID: oid(id), Channel: "counter", Fulfil: ledger.Collect, Shortage: ledger.Refuse, Anywhere: true, Lines: []ledger.Line{l},
		Draft: &ledger.Draft{Kind: ledger.DraftQuote, Until: until, Hold: until != "", Note: "Mrs Hill"}}
}

// draftNow puts the draft to the book as a node does, under a key.
func (s *stage) draftNow(id, key string, change func(*ledger.Place)) ledger.Outcome {
	o, ok := s.core.State.Order(oid(id))
	if !ok {
		s.t.Fatalf("got no order %s", id)
	}
	p := &ledger.Place{Order: *o.Clone(), Drafted: true, Meta: ledger.Meta{Key: ledger.DigestOf([]byte(key)), Request: ledger.DigestOf([]byte("place " + id))}}
	if change != nil {
		change(p)
	}
	return s.do(p)
}

// A draft reserves nothing, and becomes an order once: whoever comes second is told what it is by now, and a repeat is told what the first was.
func TestADraftReservesNothingAndBecomesAnOrderOnce(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 2`)
	if out := s.do(&ledger.Place{Order: quoted("q1", "2026-01-31")}); out.Err != nil || out.Entry.Kind != ledger.KindDraft || len(out.Entry.Postings) != 0 {
		t.Fatalf("got %v of %+v", out.Err, out.Entry)
	}
	s.play(`claims TAP-22 => shelf=2 available=2 reserved=0 shortfall=0`)
	first := s.draftNow("q1", "tab 1", nil)
	if first.Err != nil || first.Entry.Kind != ledger.KindPlaced {
		t.Fatalf("got %v, want it placed", first.Err)
	}
	o := first.Entry.Body.(*ledger.OrderBody).Order
	if o.Status != ledger.StatusAllocated || o.Serial != 2 || o.Draft.Serial != 1 || o.Draft.Note != "Mrs Hill" {
		t.Errorf("got %+v, want order 2, which was quote 1", o)
	}
	s.play(`claims TAP-22 => shelf=2 available=0 reserved=2 shortfall=0`)
	if again := s.draftNow("q1", "tab 1", nil); !again.Replayed || again.Entry.Seq != first.Entry.Seq {
		t.Errorf("got %+v, want the first answer", again)
	}
	second := s.draftNow("q1", "tab 2", nil)
	if de, ok := errors.AsType[*ledger.DraftError](second.Err); !ok || de.Status != ledger.StatusAllocated || de.Number != "LEEDS-000002" {
		t.Errorf("got %v, want it told that it is order 2", second.Err)
	}
	if again := s.draftNow("q1", "tab 2", nil); !again.Replayed || fmt.Sprint(again.Err) != fmt.Sprint(second.Err) {
		t.Errorf("got %v, want the first no again", again.Err)
	}
	s.play(`claims TAP-22 => shelf=2 available=0 reserved=2 shortfall=0`)
	if out := s.do(&ledger.Place{Order: quoted("q1", "")}); !errors.Is(out.Err, ledger.ErrOrderExists) {
		t.Errorf("got %v, want its id taken", out.Err)
	}
}

// What cannot be placed stays a draft: refused for want of goods, asked about and given up, or put away by hand.
func TestADraftThatIsNotPlacedStaysADraft(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.do(&ledger.Place{Order: quoted("q1", "")})
	is := func(want ledger.Status) {
		t.Helper()
		o, _ := s.core.State.Order(oid("q1"))
		if o == nil || o.Status != want || o.Lines[0].Promised() != 0 || o.Serial != 1 {
			t.Errorf("got %+v, want %s", o, want)
		}
	}
	if out := s.draftNow("q1", "short", nil); out.Err == nil {
		t.Error("got it placed, want it short")
	}
	is(ledger.StatusDraft)
	out := s.draftNow("q1", "asked", func(p *ledger.Place) { p.AskHQ = true })
	if out.Entry == nil || out.Entry.Kind != ledger.KindAsked {
		t.Fatalf("got %+v, want head office asked", out)
	}
	if busy := s.draftNow("q1", "meanwhile", nil); !errors.Is(busy.Err, ledger.ErrInProgress) {
		t.Errorf("got %v, want it in progress", busy.Err)
	}
	ask := out.Entry.Body.(*ledger.OrderBody).Ask
	if out := s.do(&ledger.AbandonAsk{Order: oid("q1"), Ask: ask}); out.Err == nil {
		t.Error("got it accepted, want it short")
	}
	is(ledger.StatusDraft)
	out = s.draftNow("q1", "granted", func(p *ledger.Place) { p.AskHQ = true })
	s.play(`
		receive TAP-22 2
		obey    borrow x TAP-22 2
		hand    o2 TAP-22 2 => completed`) // what head office's yes counts on
	if out := s.do(&ledger.AcceptAsk{Order: oid("q1"), Ask: out.Entry.Body.(*ledger.OrderBody).Ask, Legs: []ledger.AskLeg{{Line: 1, Site: "leeds", Qty: 2}}}); out.Err == nil || out.Entry.Kind != ledger.KindAskAccepted {
		t.Errorf("got %v, want the yes taken up and short", out.Err)
	}
	is(ledger.StatusDraft)
	out = s.draftNow("q1", "asked again", func(p *ledger.Place) { p.AskHQ = true })
	s.do(&ledger.Reboot{Boot: [16]byte{7}}) // the process died: nobody was answered
	is(ledger.StatusDraft)
	if out := s.do(&ledger.CancelOrder{Order: oid("q1")}); out.Err != nil || out.Entry.Kind != ledger.KindDraft {
		t.Errorf("got %v, %+v; want it put away", out.Err, out.Entry)
	}
	is2, _ := s.core.State.Order(oid("q1"))
	if is2.Status != ledger.StatusCanceled {
		t.Errorf("got %s, want it cancelled", is2.Status)
	}
	if out := s.draftNow("q1", "late", nil); out.Err == nil {
		t.Error("got a draft placed that was put away")
	}
}

func TestAQuoteIsGoodUntilItsLastMoment(t *testing.T) {
	for name, c := range map[string]struct {
		until string
		anew  bool
		ok    bool
	}{
		"for ever": {"", false, true}, "its last day": {"2026-01-05", false, true}, "the day after": {"2026-01-04", false, false},
		"the moment": {"2026-01-05T08:00:05Z", false, true}, "a second later": {"2026-01-05T08:00:03Z", false, false}, "at today's prices": {"2026-01-04", true, true},
	} {
		s := newStage(t, "leeds", true)
		s.play(`receive TAP-22 2`) // the placing is at 08:00:05
		if out := s.do(&ledger.Place{Order: quoted("q1", c.until)}); out.Err != nil {
			t.Fatal(name, out.Err)
		}
		out := s.draftNow("q1", "k", func(p *ledger.Place) { p.Anew = c.anew })
		de, refused := errors.AsType[*ledger.DraftError](out.Err)
		if (out.Err == nil) != c.ok || refused == c.ok || refused && de.Until != c.until {
			t.Errorf("%s: got %v at %s", name, out.Err, s.now.Format(time.RFC3339))
		}
	}
}

func TestWhatIsNoDraftIsRefused(t *testing.T) {
	for name, d := range map[string]ledger.Draft{
		"no kind":           {},
		"a parked one ends": {Kind: ledger.DraftParked, Until: "2026-01-31"},
		"held for ever":     {Kind: ledger.DraftQuote, Hold: true},
		"a long note":       {Kind: ledger.DraftParked, Note: string(make([]byte, 256))},
	} {
		o := quoted("q1", "")
		o.Draft = &d
		s := newStage(t, "leeds", true)
		if _, ok := errors.AsType[*ledger.FormError](s.do(&ledger.Place{Order: o}).Err); !ok {
			t.Errorf("%s: got it kept, want it refused", name)
		}
	}
	s := newStage(t, "leeds", true)
	if out := s.do(&ledger.Place{Order: quoted("none", ""), Drafted: true}); !errors.Is(out.Err, ledger.ErrOrderUnknown) {
		t.Errorf("got %v, want no such draft", out.Err)
	}
}

// What a lost life drafted is a draft in the next one; what it placed of a draft is placed.
func TestADraftOutlivesItsBook(t *testing.T) {
	other := newStage(t, "leeds", true)
	other.play(`receive TAP-22 9`)
	other.do(&ledger.Place{Order: quoted("q1", "2026-01-31")})
	other.do(&ledger.Place{Order: quoted("q2", "")})
	other.draftNow("q2", "k", nil)
	other.do(&ledger.Place{Order: quoted("q3", "")})
	other.do(&ledger.CancelOrder{Order: oid("q3")})

	s := newStage(t, "leeds", true)
	s.play(`receive TAP-22 9`)
	s.do(&ledger.Place{Order: quoted("q2", "")})
	s.do(&ledger.Place{Order: quoted("q3", "")})
	for range 2 { // told twice, it is known once
		s.bring(t, other.entries)
	}
	for id, want := range map[string]ledger.Status{"q1": ledger.StatusDraft, "q2": ledger.StatusAllocated, "q3": ledger.StatusCanceled} {
		if o, _ := s.core.State.Order(oid(id)); o == nil || o.Status != want {
			t.Errorf("%s: got %+v, want %s", id, o, want)
		}
	}
	s.play(`order q2 => allocated here=2 taken=0 away=0 waits=0`)
}

// A draft remembers so many lots, each of a line that it has; what it cannot remember it does not keep in part.
func TestADraftRemembersNoMoreThanItCanHold(t *testing.T) {
	s := newStage(t, "leeds", true)
	park := func(n, line int) error {
		lots := make([]ledger.LineLot, n)
		for i := range lots {
			lots[i] = ledger.LineLot{Line: line, LotQty: ledger.LotQty{Lot: "L-1", Qty: 1}}
		}
		return s.do(&ledger.Place{Lots: lots, Order: ledger.Order{ID: oid("p"), Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, Draft: &ledger.Draft{Kind: ledger.DraftParked},
			Lines: []ledger.Line{{SKU: "MILK", Qty: ledger.DraftLotsMax}}}}).Err
	}
	for want, err := range map[string]error{
		"lots are 501; a draft remembers at most 500. Leave them out, and scan them when it is placed": park(ledger.DraftLotsMax+1, 1),
		"lots are of line 2, which there is none of":                                                   park(1, 2),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := park(ledger.DraftLotsMax, 1); err != nil {
		t.Errorf("got %v of as many as it can hold", err)
	}
	s.auditsLots("MILK")
}

// What was scanned for a parked sale is what the customer has in the hand: a check that stops it, and whoever lets it go, forget none of it.
func TestAParkedSaleThatACheckStopsKeepsItsLotsAndSerials(t *testing.T) {
	stopped := func(v *ledger.Verdict) func(*ledger.Place) { return func(p *ledger.Place) { p.Verdict = v } }
	review := ledger.Review{Owner: "sales", Default: ledger.RulingCancel, Override: true, Trips: []ledger.Trip{{Check: "value", Kind: ledger.CheckValue, Is: 9, Limit: 1}}}
	through := &ledger.Verdict{Refused: true, Review: review}
	through.LetThrough("beth", "a regular")
	for name, play := range map[string]func(*stage) ledger.Outcome{
		"refused, and placed again": func(s *stage) ledger.Outcome {
			out := s.draftNow("p", "first", stopped(&ledger.Verdict{Refused: true, Review: review}))
			if _, no := errors.AsType[*ledger.CheckError](out.Err); !no {
				t.Fatalf("got %v, want the check to say no", out.Err)
			}
			if o, _ := s.core.State.Order(oid("p")); o.Status != ledger.StatusDraft || len(o.Draft.Lots) != 3 {
				t.Errorf("got %s with %+v, want the draft as it was parked", o.Status, o.Draft)
			}
			return s.draftNow("p", "second", nil)
		},
		"refused, and let through": func(s *stage) ledger.Outcome {
			s.draftNow("p", "first", stopped(&ledger.Verdict{Refused: true, Review: review}))
			return s.draftNow("p", "second", stopped(through))
		},
		"waits, and is released": func(s *stage) ledger.Outcome {
			out := s.draftNow("p", "first", stopped(&ledger.Verdict{Wait: time.Hour, Review: review}))
			if out.Err != nil || out.Entry.Kind != ledger.KindReview || len(out.Entry.Postings) != 0 {
				t.Fatalf("got %v, %+v; want it to wait", out.Err, out.Entry)
			}
			if o, _ := s.core.State.Order(oid("p")); o.Status != ledger.StatusWaiting || len(o.Draft.Lots) != 3 {
				t.Errorf("got %s with %+v, want it to wait with what was scanned", o.Status, o.Draft)
			}
			return s.rule("p", "second", "beth", true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			s.play(`
				receive MILK 3 OLD:3:2026-03-01
				receive MILK 3 NEW:3:2026-09-01
				receive DRILL 3 #S1 #S2 #S3`)
			lots := []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "NEW", Qty: 2}}, {Line: 2, LotQty: ledger.LotQty{Lot: "S3", Qty: 1, Serial: true}}, {Line: 2, LotQty: ledger.LotQty{Lot: "S2", Qty: 1, Serial: true}}}
			if out := s.do(&ledger.Place{Lots: lots, Order: ledger.Order{ID: oid("p"), Channel: "till", Fulfil: ledger.Take, Shortage: ledger.Refuse, Draft: &ledger.Draft{Kind: ledger.DraftParked},
				Lines: []ledger.Line{{SKU: "MILK", Qty: 2}, {SKU: "DRILL", Qty: 2}}}}); out.Err != nil {
				t.Fatal(out.Err)
			}
			if out := play(s); out.Err != nil || out.Entry.Body.(*ledger.OrderBody).Order.Status != ledger.StatusCompleted {
				t.Fatalf("got %v, %+v; want it sold", out.Err, out.Entry)
			}
			s.play(`
				lots MILK  => OLD=3@MAIN NEW=1@MAIN
				lots DRILL => S1=1@MAIN`)
			s.whole("MILK")
			s.whole("DRILL")
			s.auditsLots("MILK")
		})
	}
}
