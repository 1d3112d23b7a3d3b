package ledger_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// returning plays the acts of who takes goods back: back R ORDER N [DO] (line 1 of an order), bring R SKU N [DO] (no receipt),
// away R ORDER SKU N [DO] (another book's order), inspect R DO N, answer R ORDER SKU N (york's book has counted N), claim R ORDER SKU N (york
// has taken N in of an order here), return R (how it stands).
func (s *stage) returning(w []string) string {
	s.t.Helper()
	num := func(i int) ledger.Qty {
		n, err := strconv.ParseInt(w[i], 10, 64)
		if err != nil {
			s.t.Fatalf("%v: %v", w, err)
		}
		return ledger.Qty(n)
	}
	last := func(i int) (do ledger.Disposition) {
		if len(w) > i && !strings.ContainsAny(w[i], ":#") {
			do = ledger.Disposition(w[i])
		}
		return do
	}
	var lots []ledger.LotQty
	if len(w) > 3 {
		lots = lotsOf(s.t, w[3:])
	}
	id := ledger.ReturnID(oid(w[1]))
	switch w[0] {
	case "back":
		return s.backVerdict(&ledger.TakeBack{ID: id, Order: oid(w[2]), Lines: []ledger.BackLine{{Line: 1, Qty: num(3), Do: last(4), Lots: lots}}})
	case "bring":
		return s.backVerdict(&ledger.TakeBack{ID: id, Lines: []ledger.BackLine{{SKU: ledger.SKU(w[2]), Qty: num(3), Do: last(4), Lots: lots}}})
	case "away":
		return s.backVerdict(&ledger.TakeBack{ID: id, Order: oid(w[2]), Lines: []ledger.BackLine{{Line: 1, SKU: ledger.SKU(w[3]), Qty: num(4), Do: last(5), Lots: lots}}})
	case "inspect":
		act := ledger.ReturnAct{Line: 1, Do: ledger.Disposition(w[2]), Qty: num(3)}
		if len(w) > 4 {
			act.Lot = ledger.LotID(w[4])
		}
		return s.backVerdict(&ledger.Inspect{Return: id, Acts: []ledger.ReturnAct{act}})
	case "answer", "claim":
		c := ledger.HQCommand{H: s.h, ID: fmt.Sprint(w[0], w[1]), Kind: ledger.CommandTakeBack, Order: oid(w[2]), Owner: "york", Site: s.core.State.Site, Return: id}
		if len(w) > 5 {
			c.ID += w[5]
		}
		if w[0] == "claim" {
			c.Owner, c.Site = c.Site, c.Owner
		}
		if q := num(4); q > 0 {
			c.Lines = []ledger.CommandLine{{Line: 1, SKU: ledger.SKU(w[3]), Qty: q}}
		}
		out := s.command(c)
		b := out.Entry.Body.(*ledger.ObeyedBody)
		said := verdict(out)
		for _, l := range b.Done {
			said += fmt.Sprintf(" %d", l.Qty)
		}
		return said
	default:
		r, ok := s.core.State.Returned(id)
		if !ok {
			return "unknown"
		}
		l := r.Lines[0]
		return fmt.Sprintf("%s %s received=%d blocked=%d restocked=%d scrapped=%d handed=%d refused=%d", r.Status(), r.Claim, l.Received(), l.Blocked, l.Restocked, l.Scrapped, l.Handed, l.Refused)
	}
}

func (s *stage) backVerdict(req ledger.Request) string {
	out := s.do(req)
	if no, ok := errors.AsType[*ledger.ReturnError](out.Err); ok {
		l := no.Lines[0]
		return fmt.Sprintf("%s sold=%d back=%d left=%d", no.Why, l.Sold, l.Back, l.Have)
	}
	return verdict(out)
}

// command sends the next of head office's stream.
func (s *stage) command(c ledger.HQCommand) ledger.Outcome {
	s.cmd++
	c.Number = s.cmd
	c.Hash = ledger.ChainCommand(s.hash, &c)
	s.hash = c.Hash
	return s.do(&ledger.Obey{Command: c})
}

func TestProtocol27AReturnIsNotAvailableBeforeInspection(t *testing.T) {
	for name, counter := range map[string]bool{"a shop": true, "a warehouse": false} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", counter)
			s.play(`
				hand   sale TAP 3           => completed
				back   r1 sale 2            => received
				level  TAP                  => hand=2 available=0 reserved=0 hq=0
				take   next TAP 1           => short have=0
				obey   reserve web TAP 1    => refused not_allotted
				inspect r1 block 1          => received
				level  TAP                  => hand=2 available=0 reserved=0 hq=0
				inspect r1 restock 1        => inspected`)
			want := "hand=2 available=1 reserved=0 hq=0"
			if !counter {
				want = "hand=2 available=0 reserved=0 hq=1"
			}
			s.play("level TAP => " + want)
		})
	}
}

func TestNoMoreComesBackThanWasHandedOver(t *testing.T) {
	for name, story := range map[string]string{
		"more than was sold": `
			receive TAP 5
			take    o TAP 3          => completed
			back    r1 o 4           => over_returned sold=3 back=0 left=3
			level   TAP              => hand=2 available=2 reserved=0 hq=0
			back    r2 o 3 restock   => closed
			level   TAP              => hand=5 available=5 reserved=0 hq=0`,
		"a second time": `
			receive TAP 3
			take    o TAP 3          => completed
			back    r1 o 2           => received
			back    r2 o 2           => over_returned sold=3 back=2 left=1
			back    r3 o 1           => received
			back    r4 o 1           => over_returned sold=3 back=3 left=0`,
		"what was put by and never handed over": `
			receive TAP 3
			collect o TAP 3          => allocated
			back    r1 o 1           => over_returned sold=0 back=0 left=0`,
		"elsewhere and here": `
			receive TAP 3
			take    o TAP 3          => completed
			claim   r1 o TAP 2       => done 2
			back    r2 o 2           => over_returned sold=3 back=2 left=1
			claim   r3 o TAP 2       => done 1
			claim   r4 o TAP 1       => refused over_returned`,
		"of a site that was made anew, under another command": `
			receive TAP 3
			take    o TAP 3          => completed
			claim   r1 o TAP 2       => done 2
			claim   r1 o TAP 2 again => done 2
			back    r2 o 2           => over_returned sold=3 back=2 left=1
			claim   r3 o TAP 2       => done 1
			claim   r3 o TAP 2 again => done 1`,
		"another article": `
			receive TAP 1
			take    o TAP 1          => completed
			claim   r1 o PIPE 1      => refused over_returned`,
		"an order that was never here": `
			claim   r1 o TAP 1       => refused cancelled`,
	} {
		t.Run(name, func(t *testing.T) { newStage(t, "leeds", true).play(story) })
	}
}

func TestAReturnedUnitIsDealtWithOnce(t *testing.T) {
	for name, story := range map[string]string{
		"restocked": `
			hand    o TAP 2          => completed
			back    r o 2            => received
			inspect r restock 2      => closed
			inspect r scrap 1        => no goods of such a return are here
			level   TAP              => hand=2 available=2 reserved=0 hq=0`,
		"scrapped": `
			hand    o TAP 2          => completed
			back    r o 2 scrap      => closed
			inspect r restock 1      => no goods of such a return are here
			level   TAP              => hand=0 available=0 reserved=0 hq=0`,
		"blocked, and mended": `
			hand    o TAP 2          => completed
			back    r o 2 block      => inspected
			inspect r block 1        => return_state sold=0 back=0 left=0
			inspect r restock 3      => return_state sold=0 back=0 left=2
			inspect r restock 1      => inspected
			inspect r scrap 1        => closed
			level   TAP              => hand=1 available=1 reserved=0 hq=0`,
		"what is not refused is not handed back": `
			hand    o TAP 1          => completed
			back    r o 1            => received
			inspect r hand_back 1    => return_state sold=0 back=0 left=0`,
		"who waits is served by what is restocked": `
			hand    o TAP 2          => completed
			deliver w TAP 1 backorder => backordered
			back    r o 2 restock    => closed
			order   w                => allocated here=1 taken=0 away=0 waits=0
			level   TAP              => hand=2 available=1 reserved=1 hq=0`,
		"a shortfall is paid first": `
			receive TAP 1
			obey    borrow b TAP 1   => done
			obey    pass-on b TAP 1 york => done
			hand    o TAP 1          => completed
			claims  TAP              => shelf=0 available=0 reserved=0 york=1 shortfall=1
			back    r o 1 restock    => closed
			claims  TAP              => shelf=1 available=0 reserved=0 york=1 shortfall=0`,
	} {
		t.Run(name, func(t *testing.T) { newStage(t, "leeds", true).play(story) })
	}
}

func TestWithoutAReceiptNobodysOrderIsLess(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP 2
		take    o TAP 2              => completed
		bring   r TAP 1              => received
		return  r                    => received none received=1 blocked=0 restocked=0 scrapped=0 handed=0 refused=0
		inspect r restock 1          => closed
		level   TAP                  => hand=1 available=1 reserved=0 hq=0
		back    r2 o 2               => received
	`)
}

func TestTheBookThatOwnsTheOrderDecidesOnWhatComesBackElsewhere(t *testing.T) {
	for name, story := range map[string]string{
		"it takes all back, and then what was wished is done": `
			away    r o TAP 2 restock    => pending
			level   TAP                  => hand=2 available=0 reserved=0 hq=0
			inspect r scrap 1            => return_state sold=0 back=0 left=0
			answer  r o TAP 2            => done 2
			return  r                    => closed granted received=0 blocked=0 restocked=2 scrapped=0 handed=0 refused=0
			level   TAP                  => hand=2 available=2 reserved=0 hq=0`,
		"it takes some back: the rest stays blocked": `
			away    r o TAP 3 restock    => pending
			answer  r o TAP 1            => done 1
			return  r                    => received refused received=2 blocked=0 restocked=1 scrapped=0 handed=0 refused=2
			inspect r hand_back 1        => received
			inspect r hand_back 2        => return_state sold=0 back=0 left=1
			inspect r scrap 1            => closed
			level   TAP                  => hand=1 available=1 reserved=0 hq=0`,
		"it takes none back": `
			away    r o TAP 2            => pending
			answer  r o TAP 0            => done
			return  r                    => received refused received=2 blocked=0 restocked=0 scrapped=0 handed=0 refused=2
			inspect r hand_back 2        => closed
			level   TAP                  => hand=0 available=0 reserved=0 hq=0`,
		"a second answer is none": `
			away    r o TAP 2            => pending
			answer  r o TAP 2            => done 2
			answer  r o TAP 2            => done
			return  r                    => received granted received=2 blocked=0 restocked=0 scrapped=0 handed=0 refused=0`,
		"an answer to nothing": `
			answer  r o TAP 2            => refused cancelled`,
	} {
		t.Run(name, func(t *testing.T) { newStage(t, "leeds", true).play(story) })
	}
}

func TestAReturnSaysWhatIsWrongWithIt(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP 5
		take o TAP 3 => completed`)
	id, o := ledger.ReturnID(oid("r")), oid("o")
	for want, req := range map[string]ledger.Request{
		"lines has 0 lines":                        &ledger.TakeBack{ID: id, Order: o},
		"line 1: line is no line of the order":     &ledger.TakeBack{ID: id, Order: o, Lines: []ledger.BackLine{{Line: 2, Qty: 1}}},
		"line 1: qty":                              &ledger.TakeBack{ID: id, Order: o, Lines: []ledger.BackLine{{Line: 1}}},
		"line 1: sku is PIPE; line 1 of the order": &ledger.TakeBack{ID: id, Order: o, Lines: []ledger.BackLine{{Line: 1, SKU: "PIPE", Qty: 1}}},
		"line 1: disposition is \"sell\"":          &ledger.TakeBack{ID: id, Order: o, Lines: []ledger.BackLine{{Line: 1, Qty: 1, Do: "sell"}}},
		"line 1: disposition is \"hand_back\"":     &ledger.TakeBack{ID: id, Order: o, Lines: []ledger.BackLine{{Line: 1, Qty: 1, Do: ledger.HandBack}}},
		"line 1: sku is missing":                   &ledger.TakeBack{ID: id, Order: oid("unknown"), Lines: []ledger.BackLine{{Line: 1, Qty: 1}}},
		"line 2: line is named before":             &ledger.TakeBack{ID: id, Order: o, Lines: []ledger.BackLine{{Line: 1, Qty: 1}, {Line: 1, Qty: 1, Bin: "B-2"}}},
		"line 1: sku is empty":                     &ledger.TakeBack{ID: id, Lines: []ledger.BackLine{{Qty: 1}}},
		"reason is longer":                         &ledger.TakeBack{ID: id, Reason: strings.Repeat("x", 256), Lines: []ledger.BackLine{{SKU: "TAP", Qty: 1}}},
		"id is no return's":                        &ledger.TakeBack{Lines: []ledger.BackLine{{SKU: "TAP", Qty: 1}}},
	} {
		seq := s.core.State.Seq
		if out := s.do(req); out.Err == nil || !strings.HasPrefix(out.Err.Error(), want) || s.core.State.Seq != seq {
			t.Errorf("got %v, want %q and nothing written", out.Err, want)
		}
	}
	s.play(`back r o 2 => received`)
	for want, acts := range map[string][]ledger.ReturnAct{
		"lines has 0 lines":               nil,
		"line 1: line is no line":         {{Line: 2, Do: ledger.Scrap, Qty: 1}},
		"line 1: disposition is \"burn\"": {{Line: 1, Do: "burn", Qty: 1}},
		"line 1: qty":                     {{Line: 1, Do: ledger.Scrap}},
		"line 1: bin goes with restock":   {{Line: 1, Do: ledger.Scrap, Qty: 1, Bin: "B"}},
	} {
		if out := s.do(&ledger.Inspect{Return: id, Acts: acts}); out.Err == nil || !strings.HasPrefix(out.Err.Error(), want) {
			t.Errorf("got %v, want %q", out.Err, want)
		}
	}
	if out := s.do(&ledger.TakeBack{ID: id, Order: o, Lines: []ledger.BackLine{{Line: 1, Qty: 1}}}); out.Err == nil {
		t.Error("got a second return under one id, want it refused")
	}
}

// The same line may come back in parts that are dealt with differently, each of them once.
func TestALineMayComeBackInParts(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP 5
		take o TAP 5 => completed`)
	out := s.do(&ledger.TakeBack{ID: ledger.ReturnID(oid("r")), Order: oid("o"), Lines: []ledger.BackLine{
		{Line: 1, Qty: 2, Do: ledger.Restock}, {Line: 1, Qty: 1, Do: ledger.Scrap}, {Line: 1, Qty: 1}}})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	s.play(`
		return r  => received granted received=1 blocked=0 restocked=2 scrapped=1 handed=0 refused=0
		level TAP => hand=3 available=2 reserved=0 hq=0
		inspect r block 1 => inspected`)
}

// Test that DESIGN.md has the table of states as the code has it.
func TestTheArrowsOfAReturnStandInTheDesign(t *testing.T) {
	var b strings.Builder
	b.WriteString("| from | on | to | posts |\n|---|---|---|---|\n")
	for _, a := range ledger.ReturnArrows() {
		from, on := string(a.From), string(a.On)
		if from == "" {
			from, on = "-", "taken back"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", from, on, a.To, a.Does)
	}
	standsInDesign(t, "returns", b.String())
}
