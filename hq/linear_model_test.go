package hq_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What head office promises to its clients, as one shelf with one clerk would keep it: a history
// of acts is linearizable where this clerk, serving one act after the other, each at some moment
// between its question and its answer, could have given all the answers.

// A pair counts the two SKUs of a shelf. An order may be of both; no order is of two shelves, so
// shelves are judged one by one.
type pair [2]ledger.Qty

func (p pair) add(q pair) pair { return pair{p[0] + q[0], p[1] + q[1]} }
func (p pair) sub(q pair) pair { return pair{p[0] - q[0], p[1] - q[1]} }
func (p pair) least(q pair) pair {
	return pair{min(p[0], q[0]), min(p[1], q[1])}
}

func (p pair) String() string { return fmt.Sprintf("%d + %d", p[0], p[1]) }

// A verb says what is done.
type verb string

const (
	places     verb = "places"
	cancels    verb = "cancels"
	looksUp    verb = "looks up" // an order
	readsStock verb = "reads the stock of"
	brings     verb = "brings" // the site, in one push: units that came in, and those of cancelled orders
)

// forever is when an act of which nothing was heard may happen at the latest.
const forever = math.MaxInt64

// An act is what a client asks of head office, or what the site tells it.
type act struct {
	who     string
	do      verb
	order   ledger.OrderID
	key     string // of a place or a cancel: the same key is the same wish
	again   bool   // the key comes more than once in this history, so its answer is to be remembered
	qty     pair   // ordered, or come in
	partial bool   // what there is will do
	sku     int    // whose stock is read
	back    []ledger.OrderID
}

// An answer is what was said; the zero answer is silence.
type answer struct {
	said string
	qty  pair // promised, to be had, or on the shelf
}

const (
	accepted  = "accepted"
	short     = "short, there is"
	exists    = "there is such an order"
	canceled  = "cancelled"
	wasSo     = "was cancelled before"
	unheardOf = "no such order"
	stands    = "stands, promised are"
	there     = "there is"
	done      = "done"
	absurd    = "cannot be" // no answer of head office's is that
)

// A shelf is the clerk's whole memory. It is never changed, only copied.
type shelf struct {
	free    pair // what may be promised
	orders  map[ledger.OrderID]promise
	answers map[string]answer // by key
}

type promise struct {
	qty            pair
	canceled, back bool
}

// does gives the one right answer to an act, and the shelf after it. Only what a customer gets who
// takes a part is not foreseen: the order is planned on the stock of one moment and committed at a
// later one, when there may be more. It must be something, and no more than there is; so what was
// heard is needed, and such a customer waits until something is.
func (s shelf) does(a act, heard answer) (answer, shelf) {
	if first, known := s.answers[a.key]; known && a.key != "" {
		return first, s
	}
	o, known := s.orders[a.order]
	switch a.do {
	case places:
		got := s.free.least(a.qty)
		switch {
		case known:
			return s.remember(a, answer{said: exists})
		case a.partial && heard.said == accepted && heard.qty != pair{} && heard.qty.least(got) == heard.qty:
			got = heard.qty
		case got != a.qty && !a.partial, got == pair{}:
			return s.remember(a, answer{short, got})
		}
		s.free = s.free.sub(got)
		return s.with(a.order, promise{qty: got}).remember(a, answer{accepted, got})
	case cancels:
		switch {
		case !known:
			return answer{said: unheardOf}, s // not remembered: it may come to be
		case o.canceled:
			return s.remember(a, answer{said: wasSo})
		}
		o.canceled = true // the site has the units until it puts them back
		return s.with(a.order, o).remember(a, answer{said: canceled})
	case looksUp:
		switch {
		case !known:
			return answer{said: unheardOf}, s
		case o.canceled:
			return answer{said: canceled}, s
		}
		return answer{stands, o.qty}, s
	case readsStock:
		var only pair
		only[a.sku] = s.free[a.sku]
		return answer{there, only}, s
	case brings:
		s.free = s.free.add(a.qty)
		for _, id := range a.back {
			o := s.orders[id]
			if !o.canceled || o.back {
				return answer{said: absurd}, s
			}
			o.back = true
			s.free = s.free.add(o.qty)
			s = s.with(id, o)
		}
		return answer{said: done}, s
	}
	return answer{said: absurd}, s
}

func (s shelf) with(id ledger.OrderID, o promise) shelf {
	s.orders = maps.Clone(s.orders)
	s.orders[id] = o
	return s
}

func (s shelf) remember(a act, say answer) (answer, shelf) {
	if a.again {
		s.answers = maps.Clone(s.answers)
		s.answers[a.key] = say
	}
	return say, s
}

// clerk is the model for the checker. Silence fits whatever the answer would have been; an act that
// never happens is one that happens after everything else, for its end is forever.
func clerk() porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			return shelf{orders: map[ledger.OrderID]promise{}, answers: map[string]answer{}}
		},
		Step: func(state, in, out any) (bool, any) {
			right, next := state.(shelf).does(in.(act), out.(answer))
			return out.(answer) == answer{} || out.(answer) == right, next
		},
		Equal: func(a, b any) bool {
			x, y := a.(shelf), b.(shelf)
			return x.free == y.free && maps.Equal(x.orders, y.orders) && maps.Equal(x.answers, y.answers)
		},
	}
}

// A record is one act of a history, and when it may have happened.
type record struct {
	act
	answer
	from, to time.Duration
}

// judge has a shelf's history judged, for wait at most.
func judge(history []record, wait time.Duration) (porcupine.CheckResult, porcupine.LinearizationInfo) {
	keys := map[string]int{}
	for _, r := range history {
		keys[r.key]++
	}
	ops := make([]porcupine.Operation, len(history))
	for i, r := range history {
		r.again = keys[r.key] > 1
		ops[i] = porcupine.Operation{Input: r.act, Output: r.answer, Call: int64(r.from), Return: int64(r.to), Metadata: i}
	}
	return porcupine.CheckOperationsVerbose(clerk(), ops, wait)
}

// withoutNeedless leaves out the reads without which a wrong history is as wrong: a read changes
// nothing, so the rest could have been without it.
func withoutNeedless(history []record) []record {
	end := time.Now().Add(patience / 3)
	for i := len(history) - 1; i >= 0 && time.Now().Before(end); i-- {
		if do := history[i].do; do != looksUp && do != readsStock {
			continue
		}
		less := slices.Delete(slices.Clone(history), i, i+1)
		if res, _ := judge(less, time.Second); res == porcupine.Illegal {
			history = less
		}
	}
	return history
}

// blame fails the test with the history of a shelf, for people.
func blame(t testing.TB, res porcupine.CheckResult, history []record) {
	t.Helper()
	if res == porcupine.Illegal {
		history = withoutNeedless(history)
	}
	_, info := judge(history, patience/3)
	fits := map[int]bool{}
	for _, ways := range info.PartialLinearizationsOperations() {
		longest := slices.MaxFunc(ways, func(a, b []porcupine.Operation) int { return cmp.Compare(len(a), len(b)) })
		for _, op := range longest {
			fits[op.Metadata.(int)] = true
		}
	}
	var out strings.Builder
	names := map[ledger.OrderID]int{}
	order := make([]int, len(history))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(history[a].from, history[b].from) })
	for _, i := range order {
		mark := ' '
		if !fits[i] {
			mark = '!'
		}
		fmt.Fprintf(&out, "%c %s\n", mark, history[i].words(names))
	}
	t.Errorf("a shelf's history is judged %s; ! marks what has no place beside the rest:\n%s", res, &out)
}

// words tells a record; orders are numbered as they come up.
func (r record) words(names map[ledger.OrderID]int) string {
	if _, known := names[r.order]; !known && r.order != "" {
		names[r.order] = len(names) + 1
	}
	what := fmt.Sprintf("order %d", names[r.order])
	switch r.do {
	case places:
		what += fmt.Sprintf(" of %v", r.act.qty)
		if r.partial {
			what += ", a part will do"
		}
	case readsStock:
		what = fmt.Sprintf("SKU %d", r.sku+1)
	case brings:
		what = r.act.qty.String()
		for _, id := range r.back {
			what += fmt.Sprintf(" and what was of order %d", names[id])
		}
	}
	if r.key != "" {
		what += " (" + r.key + ")"
	}
	when, heard := fmt.Sprintf("%9.4f to %9.4f s", r.from.Seconds(), r.to.Seconds()), r.said
	if r.to == forever {
		when = fmt.Sprintf("%9.4f s or later  ", r.from.Seconds())
	}
	switch r.said {
	case "":
		heard = "nothing is heard"
	case accepted, short, stands:
		heard += " " + r.answer.qty.String()
	case there:
		heard += fmt.Sprintf(" %d", r.answer.qty[r.sku])
	}
	return fmt.Sprintf("%s  %-8s %s %s: %s", when, r.who, r.do, what, heard)
}
