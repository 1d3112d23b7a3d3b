package machine // white-box: how a value is kept does not show in what is exported

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// word is a value that weighs its length, and is hot where it begins with h.
type word struct{ text string }

func packWord(warmMax int) packing[ledger.OrderID, word] {
	return packing[ledger.OrderID, word]{
		pack: func(c *coder, _ ledger.OrderID, w *word) { c.out = append(c.out, "packed "+w.text...) },
		unpack: func(b []byte) (*word, error) {
			text, ok := bytes.CutPrefix(b, []byte("packed "))
			if !ok {
				return nil, errors.New("it was not packed")
			}
			return &word{string(text)}, nil
		},
		weight:  func(w *word) int { return len(w.text) },
		hot:     func(w *word) bool { return w.text[0] == 'h' },
		warmMax: warmMax,
	}
}

func TestAPackedTableAgreesWithAPlainMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := newPackedTable(packWord(rapid.SampledFrom([]int{0, 1, 20, 1000}).Draw(t, "warm")))
		model := map[ledger.OrderID]string{}
		var frozen *frozenPacked[ledger.OrderID, word]
		var then map[ledger.OrderID]string
		key := rapid.Custom(func(t *rapid.T) ledger.OrderID {
			return ledger.OrderID(rapid.StringMatching(`[a-f]{1,2}`).Draw(t, "key"))
		})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				k, text := key.Draw(t, "k"), rapid.StringMatching(`[hc][a-z]{0,9}`).Draw(t, "text")
				table.put(k, &word{text})
				table.commit()
				model[k] = text
			},
			"delete": func(t *rapid.T) {
				k := key.Draw(t, "k")
				table.del(k)
				table.commit()
				delete(model, k)
			},
			"snapshot": func(*rapid.T) { frozen, then = table.Snapshot(), maps.Clone(model) },
		})
		var keys []ledger.OrderID
		for k, w := range table.Sorted() {
			keys = append(keys, k)
			if got, ok := table.get(k); !ok || *got != *w || w.text != model[k] {
				t.Fatalf("%s: got %v and %v, want %q", k, got, w, model[k])
			}
		}
		if want := slices.Sorted(maps.Keys(model)); !slices.Equal(keys, want) || table.Len() != len(want) {
			t.Fatalf("got keys %q, want %q", keys, want)
		}
		if load := table.packed.load; load > table.packed.form.warmMax {
			t.Fatalf("got values of weight %d kept warm, want at most %d", load, table.packed.form.warmMax)
		}
		if frozen == nil {
			return
		}
		var got, want []string
		for b := range frozen.records() {
			got = append(got, string(b))
		}
		for _, k := range slices.Sorted(maps.Keys(then)) {
			want = append(want, "packed "+then[k])
		}
		if !slices.Equal(got, want) {
			t.Fatalf("a snapshot: got %q, want %q", got, want)
		}
	})
}

func TestWhatIsHotStaysWholeAndTheRestIsPacked(t *testing.T) {
	table := newPackedTable(packWord(10))
	for k, text := range map[ledger.OrderID]string{"a": "hot", "b": "cold", "c": "cool"} {
		table.put(k, &word{text})
		table.commit()
	}
	table.put("d", &word{"another one"}) // heavier than what may be warm, so all that came before cools
	table.commit()
	for k, whole := range map[ledger.OrderID]bool{"a": true, "b": false, "c": false, "d": false} {
		if c, _ := table.packed.cells.Get(k); (c.whole != nil) != whole {
			t.Errorf("%s: got whole %t, want %t", k, c.whole != nil, whole)
		}
	}
}

// Order by order: what the state says of one must not depend on how it is kept.
func TestAnOrderComesOutOfItsPackingAsItWentIn(t *testing.T) {
	o := &Order{Order: ledger.Order{ID: numbered(7), Owner: ledger.HQ, Serial: 3, Wait: ledger.WaitHQ, Status: ledger.StatusBackordered,
		Lines: []ledger.Line{{SKU: "TAP-22", Qty: 5, Away: []ledger.Leg{{Site: "hull", Qty: 2}}, Backordered: 3}}},
		Rank: 9, Plans: 2, Legs: []Leg{{Line: 1, SKU: "TAP-22", Site: "hull", Qty: 2, State: LegReserved, Command: "x/1/0"}}}
	form := packOrder()
	pack := func(o *Order) []byte { return write(func(c *coder) { form.pack(c, o.ID, o) }) }
	b := pack(o)
	got, err := form.unpack(b)
	if err != nil || !bytes.Equal(pack(got), b) || got.Rank != 9 || got.Legs[0] != o.Legs[0] || got.Lines[0].Away[0] != o.Lines[0].Away[0] {
		t.Errorf("got %+v (%v), want %+v", got, err, o)
	}
	if !form.hot(o) {
		t.Error("an order that waits here is packed; planners look at it again and again")
	}
	o.Lines[0].Backordered = 0
	if form.hot(o) {
		t.Error("an order that waits for nothing stays whole")
	}
}

func TestExplanationsAreBoundedByWhatTheyName(t *testing.T) {
	m := New()
	explain := func(n, lines int) {
		e := allocate.Explanation{Lines: make([]allocate.LineExplanation, lines), Decision: allocate.Decision{Visits: n % 2}} // in both forms
		for i := range e.Lines {
			e.Lines[i] = allocate.LineExplanation{Line: i + 1, Candidates: make([]allocate.Choice, 8)}
		}
		if err := m.atomically(func() error { m.explain(numbered(n), ReasonsOf(e)); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() (ids []int) {
		for n := range 20 {
			if _, ok := m.Explained(numbered(n)); ok {
				ids = append(ids, n)
			}
		}
		return ids
	}
	const lines = 750 // so eight of them name 48,000 candidates
	for n := range 8 {
		explain(n+1, lines)
	}
	if got := kept(); len(got) != 8 {
		t.Fatalf("got %v, want all eight: they name %d of %d", got, m.derived.explains.sum, ChoicesBefore)
	}
	explain(9, lines)
	if got := kept(); !slices.Equal(got, []int{2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("got %v, want 2 to 9: the oldest goes", got)
	}
	explain(3, lines+10) // known: what it named before does not count
	if got := kept(); !slices.Equal(got, []int{2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("got %v, want 2 to 9 still", got)
	}
	explain(10, 2*lines) // the oldest are 2 and 4 now
	if got := kept(); !slices.Equal(got, []int{3, 5, 6, 7, 8, 9, 10}) {
		t.Errorf("got %v, want 3 and 5 to 10", got)
	}
}

// A company of one order a second can ask for half a day why an order went where it went.
func TestManyExplanationsAreKeptOnceAllServersDo(t *testing.T) {
	m := New()
	m.counters.Agreed = int(kindLast)
	one := ReasonsOf(allocate.Explanation{Lines: []allocate.LineExplanation{{Line: 1, Candidates: make([]allocate.Choice, 2)}}})
	for n := range ExplainsMax + 3 {
		if err := m.atomically(func() error { m.explain(numbered(n), one); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	_, gone := m.Explained(numbered(2))
	_, kept := m.Explained(numbered(3))
	if gone || !kept || m.explains.Len() != ExplainsMax || m.derived.explains.sum != 2*ExplainsMax {
		t.Errorf("got %d explanations that name %d, the third %t, the fourth %t; want the latest %d", m.explains.Len(), m.derived.explains.sum, gone, kept, ExplainsMax)
	}
}
