package ledger_test

import (
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// tellAll tells a stage what another life wrote of returns and sales, in that order or backwards, and twice.
func (s *stage) tellAll(entries []*ledger.Entry, backwards bool) {
	s.t.Helper()
	entries = slices.Clone(entries)
	if backwards {
		slices.Reverse(entries)
	}
	for range 2 {
		for _, e := range entries {
			if out := s.do(&ledger.RecordLate{Entry: e, Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: e.Seq, Hash: ledger.Hash{1}}}); out.Err != nil {
				s.t.Fatalf("late %s: %v", e.Kind, out.Err)
			}
		}
	}
}

// A rebuild brings a return that head office never saw: no unit is lost, none is doubled, and no more counts as returned than was sold.
func TestAReturnOfAnotherLifeIsBookedOnce(t *testing.T) {
	for name, c := range map[string]struct{ first, second, want string }{
		"both are new": {`
			hand o TAP 3 => completed
			back r o 2   => received
			inspect r restock 1 => received
			inspect r scrap 1   => closed`, ``, `
			level TAP => hand=1 available=1 reserved=0 hq=0
			back x o 2 => over_returned sold=3 back=2 left=1`},
		"this life took some back already": {`
			hand o TAP 3 => completed
			back r o 2   => received`, `
			hand o TAP 3 => completed
			back y o 2 restock => closed`, `
			return r => received refused received=2 blocked=0 restocked=0 scrapped=0 handed=0 refused=1
			level TAP => hand=4 available=2 reserved=0 hq=0
			back x o 1 => over_returned sold=3 back=3 left=0`},
		"another book's order": {`
			away r o TAP 2 restock => pending`, ``, `
			return r => pending pending received=2 blocked=0 restocked=0 scrapped=0 handed=0 refused=0
			answer r o TAP 2 => done 2
			level TAP => hand=2 available=2 reserved=0 hq=0`},
		"what was handed back is with the customer": {`
			away r o TAP 2 => pending
			answer r o TAP 0 => done
			inspect r hand_back 2 => closed`, ``, `
			level TAP => hand=0 available=0 reserved=0 hq=0
			return r => pending pending received=0 blocked=0 restocked=0 scrapped=0 handed=2 refused=0
			answer r o TAP 0 => done
			return r => closed refused received=0 blocked=0 restocked=0 scrapped=0 handed=2 refused=2`},
		"what an answer did with the goods is done, though this life has it answered with less": {`
			away r o TAP 2 scrap => pending
			answer r o TAP 2     => done 2
			level TAP            => hand=0 available=0 reserved=0 hq=0`, ``, `
			return r => pending pending received=0 blocked=0 restocked=0 scrapped=2 handed=0 refused=0
			answer r o TAP 1 => done 1
			return r => closed refused received=0 blocked=0 restocked=0 scrapped=2 handed=0 refused=1
			level TAP => hand=0 available=0 reserved=0 hq=0`},
		"what an answer did with some of the goods is not done again with the others": {`
			away r o TAP 3 restock => pending
			answer r o TAP 2       => done 2`, ``, `
			return r => pending pending received=1 blocked=0 restocked=2 scrapped=0 handed=0 refused=0
			answer r o TAP 3 => done 3
			return r => closed granted received=0 blocked=0 restocked=3 scrapped=0 handed=0 refused=0
			level TAP => hand=3 available=3 reserved=0 hq=0`},
	} {
		t.Run(name, func(t *testing.T) {
			there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
			there.play(c.first)
			here.play(c.second)
			here.tellAll(there.entries[2:], false)
			here.play(c.want)
		})
	}
}

// Told before the sale that it is of, a return waits as any other book's would, and this book counts it once the sale was told.
func TestAReturnToldBeforeItsSaleIsClaimedAfter(t *testing.T) {
	there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
	there.play(`
		hand o TAP 3 => completed
		back r o 2 restock => closed`)
	here.tellAll(there.entries[2:], true)
	here.play(`
		return r => pending pending received=0 blocked=0 restocked=2 scrapped=0 handed=0 refused=0`)
	c := ledger.HQCommand{H: here.h, ID: "leeds/2/9/0", Kind: ledger.CommandTakeBack, Order: oid("o"), Owner: "leeds", Site: "leeds", Return: ledger.ReturnID(oid("r")),
		Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 2}}}
	if out := here.command(c); verdict(out) != "done" {
		t.Fatalf("got %s, want it counted", verdict(out))
	}
	here.play(`
		return r => closed granted received=0 blocked=0 restocked=2 scrapped=0 handed=0 refused=0
		back x o 2 => over_returned sold=3 back=2 left=1`)
}

// Two lines of one article are told apart: one was scrapped by the answer, the other one by somebody who looked.
func TestWhatAnAnswerDidIsToldOfItsOwnLine(t *testing.T) {
	there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
	there.do(&ledger.TakeBack{ID: ledger.ReturnID(oid("r")), Order: oid("o"), Lines: []ledger.BackLine{{Line: 1, SKU: "TAP", Qty: 1}, {Line: 3, SKU: "TAP", Qty: 1, Do: ledger.Scrap}}})
	there.command(ledger.HQCommand{H: there.h, ID: "leeds/1/3/0/answer", Kind: ledger.CommandTakeBack, Order: oid("o"), Owner: "york", Site: "leeds", Return: ledger.ReturnID(oid("r")),
		Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 1}, {Line: 3, SKU: "TAP", Qty: 1}}})
	there.play(`
		inspect r scrap 1 => closed
		level TAP         => hand=0 available=0 reserved=0 hq=0`)
	here.tellAll(there.entries[2:], false)
	here.play(`
		level TAP => hand=0 available=0 reserved=0 hq=0`)
}

// What the answer did is told by whoever looked at the goods after it, where the answer's own entry stands nowhere any more: no client was
// told of that. An answer that this life has had, or will have, does not do it again.
func TestWhatALostAnswerDidIsToldByWhoLookedAfterIt(t *testing.T) {
	there, here := newStage(t, "leeds", true), newStage(t, "leeds", true)
	there.play(`
		away r o TAP 4 scrap => pending
		answer r o TAP 3     => done 3
		inspect r hand_back 1 => closed
		level TAP => hand=0 available=0 reserved=0 hq=0`)
	took, answer, looked := there.entries[2], there.entries[3], there.entries[4]
	here.tellAll([]*ledger.Entry{took, looked}, false)
	here.play(`
		return r => pending pending received=0 blocked=0 restocked=0 scrapped=3 handed=1 refused=0
		level TAP => hand=0 available=0 reserved=0 hq=0`)
	here.tellAll([]*ledger.Entry{answer}, false) // its book turns up after all
	here.play(`
		answer r o TAP 2 => done 2
		return r => closed refused received=0 blocked=0 restocked=0 scrapped=3 handed=1 refused=2
		level TAP => hand=0 available=0 reserved=0 hq=0`)

	all := newStage(t, "leeds", true)
	all.tellAll([]*ledger.Entry{took, answer, looked}, false)
	all.play(`
		return r => pending pending received=0 blocked=0 restocked=0 scrapped=3 handed=1 refused=0
		answer r o TAP 3 => done 3
		return r => closed refused received=0 blocked=0 restocked=0 scrapped=3 handed=1 refused=1
		level TAP => hand=0 available=0 reserved=0 hq=0`)

	told := newStage(t, "leeds", true)
	told.tellAll([]*ledger.Entry{took, answer}, false)
	told.play(`
		answer r o TAP 3 => done 3
		return r => received refused received=1 blocked=0 restocked=0 scrapped=3 handed=0 refused=1`)

	answered := newStage(t, "leeds", true)
	answered.tellAll([]*ledger.Entry{took}, false)
	answered.play(`
		answer r o TAP 3 => done 3
		return r => received refused received=1 blocked=0 restocked=0 scrapped=3 handed=0 refused=1`)
	answered.tellAll([]*ledger.Entry{looked}, false)
	answered.play(`
		return r => closed refused received=0 blocked=0 restocked=0 scrapped=3 handed=1 refused=1
		level TAP => hand=0 available=0 reserved=0 hq=0`)
}
