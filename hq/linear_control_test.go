package hq_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/holdfast-stock/holdfast/ledger"
)

// The judge is judged: histories made by hand, right ones and wrong ones.

// at makes a record of an act that may have happened from the one moment to the other.
func at(from, to time.Duration, a act, say answer) record {
	if a.do == places || a.do == cancels {
		if a.key == "" {
			a.key = fmt.Sprint("k-", int64(from))
		}
	}
	return record{act: a, answer: say, from: from, to: to}
}

var (
	silence  = answer{}
	oneUnit  = at(0, 1, act{do: brings, qty: pair{1, 0}}, answer{said: done})
	buyOne   = func(id ledger.OrderID) act { return act{do: places, order: id, qty: pair{1, 0}} }
	stockOf  = act{do: readsStock}
	lookUp   = func(id ledger.OrderID) act { return act{do: looksUp, order: id} }
	cancelOf = func(id ledger.OrderID) act { return act{do: cancels, order: id} }
	nowOne   = answer{there, pair{1, 0}}
	nowNone  = answer{there, pair{}}
	yes      = answer{accepted, pair{1, 0}}
	no       = answer{said: short}
)

func TestTheJudgeKnowsRightHistoriesFromWrongOnes(t *testing.T) {
	for name, c := range map[string]struct {
		want    porcupine.CheckResult
		history []record
	}{
		"a sale, and a read after it": {porcupine.Ok, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, stockOf, nowNone)}},
		"a stale read":                {porcupine.Illegal, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, stockOf, nowOne)}},
		"a read beside the sale":      {porcupine.Ok, []record{oneUnit, at(2, 6, buyOne("a"), yes), at(4, 5, stockOf, nowOne)}},
		"reads that go back":          {porcupine.Illegal, []record{oneUnit, at(2, 9, buyOne("a"), yes), at(3, 4, stockOf, nowNone), at(5, 6, stockOf, nowOne)}},
		"one unit, sold once":         {porcupine.Ok, []record{oneUnit, at(2, 5, buyOne("a"), yes), at(3, 4, buyOne("b"), no)}},
		"one unit, sold twice":        {porcupine.Illegal, []record{oneUnit, at(2, 5, buyOne("a"), yes), at(3, 4, buyOne("b"), yes)}},
		"a refusal without a reason":  {porcupine.Illegal, []record{oneUnit, at(2, 3, buyOne("a"), no)}},
		"sold before it came":         {porcupine.Illegal, []record{at(2, 3, buyOne("a"), yes), at(4, 5, act{do: brings, qty: pair{1, 0}}, answer{said: done})}},

		"silence, and it happened":          {porcupine.Ok, []record{oneUnit, at(2, forever, buyOne("a"), silence), at(4, 5, stockOf, nowNone)}},
		"silence, and it did not":           {porcupine.Ok, []record{oneUnit, at(2, forever, buyOne("a"), silence), at(4, 5, stockOf, nowOne)}},
		"silence, and it happened later":    {porcupine.Ok, []record{oneUnit, at(2, forever, buyOne("a"), silence), at(4, 5, stockOf, nowOne), at(6, 7, stockOf, nowNone)}},
		"silence, and it happened and not":  {porcupine.Illegal, []record{oneUnit, at(2, forever, buyOne("a"), silence), at(4, 5, stockOf, nowNone), at(6, 7, stockOf, nowOne)}},
		"silence, and it happened before":   {porcupine.Illegal, []record{oneUnit, at(2, 3, stockOf, nowNone), at(4, forever, buyOne("a"), silence)}},
		"silence of a unit sold to another": {porcupine.Illegal, []record{oneUnit, at(2, forever, buyOne("a"), silence), at(3, 4, buyOne("b"), yes), at(5, 6, lookUp("a"), answer{stands, pair{1, 0}})}},

		"an order that is lost":          {porcupine.Illegal, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, lookUp("a"), answer{said: unheardOf})}},
		"an order that nobody placed":    {porcupine.Illegal, []record{oneUnit, at(4, 5, lookUp("a"), answer{stands, pair{1, 0}})}},
		"a cancel that is seen":          {porcupine.Ok, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, cancelOf("a"), answer{said: canceled}), at(6, 7, lookUp("a"), answer{said: canceled})}},
		"a cancel that is taken back":    {porcupine.Illegal, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, cancelOf("a"), answer{said: canceled}), at(6, 7, lookUp("a"), answer{stands, pair{1, 0}})}},
		"a cancelled twice":              {porcupine.Illegal, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, cancelOf("a"), answer{said: canceled}), at(6, 7, cancelOf("a"), answer{said: canceled})}},
		"sold again before it came back": {porcupine.Illegal, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, cancelOf("a"), answer{said: canceled}), at(6, 7, buyOne("b"), yes), at(8, 9, act{do: brings, back: []ledger.OrderID{"a"}}, answer{said: done})}},
		"sold again after it came back":  {porcupine.Ok, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, cancelOf("a"), answer{said: canceled}), at(6, 7, act{do: brings, back: []ledger.OrderID{"a"}}, answer{said: done}), at(8, 9, buyOne("b"), yes)}},
		"put back twice":                 {porcupine.Illegal, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, cancelOf("a"), answer{said: canceled}), at(6, 7, act{do: brings, back: []ledger.OrderID{"a"}}, answer{said: done}), at(8, 9, act{do: brings, back: []ledger.OrderID{"a"}}, answer{said: done})}},

		"the key again, the first answer":   {porcupine.Ok, []record{at(0, 1, act{do: places, order: "a", key: "k", qty: pair{1, 0}}, no), at(2, 3, act{do: brings, qty: pair{1, 0}}, answer{said: done}), at(4, 5, act{do: places, order: "a", key: "k", qty: pair{1, 0}}, no)}},
		"the key again, another answer":     {porcupine.Illegal, []record{at(0, 1, act{do: places, order: "a", key: "k", qty: pair{1, 0}}, no), at(2, 3, act{do: brings, qty: pair{1, 0}}, answer{said: done}), at(4, 5, act{do: places, order: "a", key: "k", qty: pair{1, 0}}, yes)}},
		"another key for an order there is": {porcupine.Ok, []record{oneUnit, at(2, 3, buyOne("a"), yes), at(4, 5, buyOne("a"), answer{said: exists})}},
		"a part of what was ordered":        {porcupine.Ok, []record{oneUnit, at(2, 3, act{do: places, order: "a", qty: pair{3, 2}, partial: true}, yes)}},
		"more than there is":                {porcupine.Illegal, []record{oneUnit, at(2, 3, act{do: places, order: "a", qty: pair{3, 2}, partial: true}, answer{accepted, pair{2, 0}})}},
		"nothing at all":                    {porcupine.Illegal, []record{oneUnit, at(2, 3, act{do: places, order: "a", qty: pair{3, 2}, partial: true}, answer{accepted, pair{}})}},
		"half of an order for the whole":    {porcupine.Illegal, []record{oneUnit, at(2, 3, act{do: places, order: "a", qty: pair{1, 1}}, yes)}},
	} {
		if got, _ := judge(c.history, patience); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// A fake test notes what a failure would print.
type fakeTest struct {
	testing.TB
	said string
}

func (f *fakeTest) Helper()                        {}
func (f *fakeTest) Errorf(format string, a ...any) { f.said = fmt.Sprintf(format, a...) }

func TestAWrongHistoryIsToldInWords(t *testing.T) {
	history := []record{oneUnit, at(2, 3, stockOf, nowOne), at(4, 5, buyOne("a"), yes), at(6, 7, stockOf, nowOne), at(8, forever, buyOne("b"), silence)}
	f := &fakeTest{TB: t}
	blame(f, porcupine.Illegal, history)
	for _, want := range []string{"places order 1 of 1 + 0 (k-4): accepted 1 + 0", "!", "reads the stock of SKU 1: there is 1", "or later", "nothing is heard"} {
		if !strings.Contains(f.said, want) {
			t.Errorf("got %s\nwant it to say %q", f.said, want)
		}
	}
	if got := strings.Count(f.said, "reads the stock"); got != 1 {
		t.Errorf("got %d reads told, want the one that is wrong:\n%s", got, f.said)
	}
}
