package ledger_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestDesignHasTheOrderTable(t *testing.T) {
	standsInDesign(t, "orders", ledger.OrderRows())
}

// begun brings an order as far as a draft, or as waiting for somebody's word, and places it from there.
func (s *stage) begun(from string, o ledger.Order, up bool) ledger.Outcome {
	s.t.Helper()
	first := &ledger.Place{Order: *o.Clone()}
	switch from {
	case "draft":
		first.Order.Draft = &ledger.Draft{Kind: ledger.DraftParked}
	case "waiting":
		first.Verdict = waits("", 2, ledger.RulingCancel).Verdict
	default:
		first.AskHQ = up
		return s.asked(first)
	}
	if out := s.do(first); out.Err != nil {
		s.t.Fatal(out.Err)
	}
	if from == "waiting" {
		return s.asked(&ledger.Place{Order: ledger.Order{ID: o.ID}, Released: &ledger.Released{By: "beth", Reason: "known"}, AskHQ: up})
	}
	known, _ := s.core.State.Order(o.ID)
	return s.asked(&ledger.Place{Order: *known.Clone(), Drafted: true, AskHQ: up})
}

// asked places, and keeps the number of the question to head office.
func (s *stage) asked(p *ledger.Place) ledger.Outcome {
	id := p.Order.ID
	out := s.do(p)
	if out.Entry != nil && out.Entry.Kind == ledger.KindAsked {
		s.asks[id] = out.Entry.Body.(*ledger.OrderBody).Ask
	}
	return out
}

// Each change that the table allows is one that some story brings about: a row that nothing goes along would forbid nothing.
func TestEveryArrowOfAnOrderIsGoneAlong(t *testing.T) {
	seen := map[string]bool{}
	for _, from := range []string{"none", "draft", "waiting"} {
		for _, words := range []string{"collect o TAP-22", "take o TAP-22", "collect o NONE backorder", "deliver o NONE confirm any", "deliver o NONE any up", "deliver o NONE stopped"} {
			s := newStage(t, "leeds", true)
			s.play("receive TAP-22 5")
			w := strings.Fields(words)
			o := order(w, 2)
			if has(w, "stopped") {
				s.stops(from, o)
			} else if out := s.begun(from, o, has(w, "up")); out.Err != nil {
				t.Errorf("%s, %s: %v", from, words, out.Err)
			}
			maps.Copy(seen, s.orders.Seen)
		}
	}
	for _, story := range []string{`
		receive A 1
		deliver o-1 A 3 any up            => asked
		yes     o-1 1 hull 2              => allocated
		take    o-2 B 2 any up            => asked
		yes     o-2 1 hull 2              => allocated
		deliver o-3 B 2 any up backorder  => asked
		yes     o-3 1 hull 1              => backordered
		obey note o-3 B 1 hull            => done
		order   o-3                       => allocated here=0 taken=0 away=2 waits=0
		obey lose o-3 B 1 hull            => done
		cancel  o-3                       => cancelled`, `
		receive A 1
		deliver o-1 A 3 any up partial    => asked
		no      o-1                       => allocated
		deliver o-2 B 3 any up backorder  => asked
		no      o-2                       => backordered
		deliver o-3 B 3 any up confirm    => asked
		lost    o-3                       => to_be_confirmed
		obey note o-3 B 3 hull            => done
		receive C 1
		take    o-4 C 3 any up partial    => asked
		no      o-4                       => completed
		receive D 1
		take    o-5 D 1 any up            => completed`, `
		receive A 1
		deliver o-1 A 3 backorder         => backordered
		receive A 2
		cancel  o-1                       => cancelled
		deliver o-2 B 3 backorder         => backordered
		receive C 2
		obey borrow b C 2                 => done
		collect o-3 C 1 backorder         => backordered
		obey reserve o-3 C 1              => done
		collect o-4 C 1 any confirm       => to_be_confirmed
		obey reserve o-4 C 1              => done
		receive D 2
		take    o-5 D 2 any confirm       => completed`, `
		collect o-1 A 3 any confirm       => to_be_confirmed
		obey decline o-1 A 3              => done
		collect o-2 A 3 any confirm       => to_be_confirmed
		cancel  o-2                       => cancelled
		receive B 1
		collect o-3 B 3 any confirm       => to_be_confirmed
		obey decline o-3 B 2              => done
		take    o-4 B 3 any confirm       => to_be_confirmed`, `
		receive A 2
		collect o-1 A 2                   => allocated
		pick    o-1 1 1                   => leg_picked
		order   o-1                       => backordered here=1 taken=0 away=0 waits=1
		receive B 2
		deliver o-2 B 2 any               => allocated
		reject  o-2 1                     => leg_rejected
		receive C 2
		collect o-3 C 2                   => allocated
		hand    h C 2
		receive D 2
		collect o-4 D 2                   => allocated
		pick    o-4 2 0                   => leg_picked
		hands   o-4 ready
		hands   o-4 collect
		order   o-4                       => completed here=0 taken=2 away=0 waits=0`, `
		receive A 2
		obey borrow b A 2                 => done
		take    o-1 A 2 any up            => asked
		yes     o-1 1 leeds 2             => completed
		take    o-2 A 2 any up            => asked
		yes     o-2 1 leeds 2`, `
		receive A 1
		take    o-1 A 3 any confirm       => to_be_confirmed
		obey decline o-1 A 2              => done
		receive B 1
		take    o-2 B 3 any confirm       => to_be_confirmed
		cancel  o-2                       => completed
		receive C 1
		take    o-3 C 3 backorder         => backordered
		cancel  o-3                       => completed
		collect o-4 D 3 any confirm       => to_be_confirmed
		obey note o-4 D 1 hull            => done
		obey lose o-4 D 1 hull            => done
		obey decline o-4 D 2              => done
		receive E 2
		collect o-5 E 2                   => allocated
		pick    o-5 1 0                   => leg_picked
		hands   o-5 ready
		hands   o-5 collect
		cancel  o-5                       => completed
		deliver o-6 F 2 any up            => asked
		yes     o-6 1 hull 2              => allocated
		obey handed-over o-6 F 2 hull     => done`,
	} {
		s := newStage(t, "leeds", true)
		s.play(story)
		maps.Copy(seen, s.orders.Seen)
	}
	for _, last := range []string{"note", "reserve"} { // of two lines one is lost, and waits as promised; then the other is promised
		s := newStage(t, "leeds", true)
		s.play("receive B 2\n obey borrow b B 2")
		o := order(strings.Fields("collect o A any confirm"), 2)
		o.Lines = append(o.Lines, ledger.Line{SKU: "B", Qty: 2})
		if out := s.do(&ledger.Place{Order: o}); out.Err != nil {
			t.Fatal(out.Err)
		}
		s.play("obey note o A 2 hull => done\n obey lose o A 2 hull => done\n obey " + last + " o B 2 => done")
		maps.Copy(seen, s.orders.Seen)
	}
	for _, deed := range []ledger.DropDeed{ledger.DropSend, ledger.DropRefuse} {
		s := newStage(t, "leeds", true)
		o := order(strings.Fields("deliver o SOFA"), 2)
		o.Lines[0].Drop = &ledger.DropShip{Supplier: "Oak & Co"}
		for _, r := range []ledger.Request{&ledger.Place{Order: o}, &ledger.TellDrop{Order: o.ID, Supplier: "Oak & Co", Deed: deed, Reason: "no oak left"}} {
			if out := s.do(r); out.Err != nil {
				t.Fatal(out.Err)
			}
		}
		maps.Copy(seen, s.orders.Seen)
	}
	for _, step := range ledger.OrderSteps() {
		if !seen[step] {
			t.Errorf("nothing has gone along %s", step)
		}
	}
}

// stops gives an order up before it was placed.
func (s *stage) stops(from string, o ledger.Order) {
	switch from {
	case "draft":
		o.Draft = &ledger.Draft{Kind: ledger.DraftParked}
		s.do(&ledger.Place{Order: *o.Clone()})
		s.do(&ledger.CancelOrder{Order: o.ID})
		again := o.Clone()
		again.ID = oid("o-2")
		s.do(&ledger.Place{Order: *again.Clone()})
		known, _ := s.core.State.Order(again.ID)
		s.do(&ledger.Place{Order: *known.Clone(), Drafted: true, Verdict: waits("", 2, ledger.RulingCancel).Verdict})
	case "waiting":
		s.do(&ledger.Place{Order: o, Verdict: waits("", 2, ledger.RulingCancel).Verdict})
		s.do(&ledger.RuleOut{Order: o.ID, By: "beth", Reason: "a typing error"})
	}
}
