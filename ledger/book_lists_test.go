package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// all pages through a list of orders to its end.
func (d *desk) all(q ledger.OrderQuery) (ids []string) {
	d.Helper()
	for {
		page, next, err := d.book.Orders(q)
		if err != nil {
			d.Fatal(err)
		}
		for _, o := range page {
			ids = append(ids, string(o.ID))
		}
		if next == "" {
			return ids
		}
		q.After = next
	}
}

// A list has each order that was asked for once, wherever it stands by now: in memory, in a checkpoint that is being written, in the index, in the
// runs or in what was trimmed; whichever way it is paged through.
func TestAListOfOrdersHasEachOnceWhereverItStands(t *testing.T) {
	d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery, c.JournalSize = 40, 64<<10 })
	d.receive("TAP-22", 1_000_000)
	r := rand.New(rand.NewPCG(1, 1))
	status := map[string]ledger.Status{}
	taken := map[string]time.Time{}
	check := func(when string) {
		t.Helper()
		since := d.world.Clock.Wall().Add(-90 * time.Minute)
		from, err := d.book.SinceSeq(since)
		if err != nil {
			t.Fatal(err)
		}
		for _, down := range []bool{false, true} {
			for name, q := range map[string]ledger.OrderQuery{
				"all":       {},
				"open":      {Open: true},
				"cancelled": {Keep: func(o *ledger.Order) bool { return o.Status == ledger.StatusCanceled }},
				"late":      {Since: from, Keep: func(o *ledger.Order) bool { return !o.TakenAt.Before(since) }},
			} {
				var want []string
				for id, s := range status {
					if name == "all" || name == "open" && s.CanChange() || name == "cancelled" && s == ledger.StatusCanceled || name == "late" && !taken[id].Before(since) {
						want = append(want, id)
					}
				}
				slices.Sort(want)
				if down {
					slices.Reverse(want)
				}
				q.Descending, q.Limit = down, 1+r.IntN(60)
				if got := d.all(q); !slices.Equal(got, want) {
					t.Fatalf("%s, %s, down %v: got %d orders, want %d: %v", when, name, down, len(got), len(want), firstOther(got, want))
				}
			}
		}
	}
	for n := range 400 {
		d.world.Clock.Advance(time.Minute)
		now := d.world.Clock.Wall()
		id, err := ledger.NewOrderID(now, d.world.Random(fmt.Sprint("order ", n)))
		if err != nil {
			t.Fatal(err)
		}
		o := ledger.Order{ID: id, Fulfil: ledger.Take, Shortage: ledger.Refuse, TakenAt: now, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}}}
		status[string(id)], taken[string(id)] = ledger.StatusCompleted, now
		if n%5 == 0 {
			o.Fulfil, status[string(id)] = ledger.Collect, ledger.StatusAllocated
		}
		d.must(&ledger.Place{Order: o})
		if n%15 == 0 {
			d.must(&ledger.CancelOrder{Order: id})
			status[string(id)] = ledger.StatusCanceled
		}
		if n%100 == 99 {
			check(fmt.Sprintf("after %d", n+1))
		}
	}
	d.trim(d.book.Head().Seq, d.soon())
	check("trimmed")
	d.reopen()
	check("opened again")
	if parts, _ := d.book.Parts("", 1000, func(p *ledger.ServedPart) bool { return p.Busy() }); len(parts) != len(d.all(ledger.OrderQuery{Open: true})) {
		t.Errorf("%d parts are to be served, and %d orders are open", len(parts), len(d.all(ledger.OrderQuery{Open: true})))
	}
}

func firstOther(got, want []string) string {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return fmt.Sprintf("at %d: %s, want %s", i, strings.Join(got[min(i, len(got)):min(i+1, len(got))], ""), strings.Join(want[min(i, len(want)):min(i+1, len(want))], ""))
		}
	}
	return ""
}

// A list of which little is wanted reads a bounded number of closed orders a page, and comes to its end all the same.
func TestAListThatKeepsLittleReadsLittleAPage(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.receive("TAP", 1_000)
	for i := range 400 {
		d.must(sale(fmt.Sprint("s", i), "TAP", 1))
	}
	d.reopen() // behind checkpoints, but for the last few
	looked, pages, most := 0, 0, 0
	q := ledger.OrderQuery{Keep: func(o *ledger.Order) bool { looked++; return o.ID == oid("s7") }}
	for kept := 0; ; pages++ {
		before := looked
		page, next, err := d.book.Orders(q)
		if err != nil {
			t.Fatal(err)
		}
		kept, most = kept+len(page), max(most, looked-before)
		if q.After = next; next == "" {
			if kept != 1 || looked != 400 || pages < 2 || most > 200 {
				t.Errorf("got %d of %d orders, on %d pages, %d looked at for one; want 1 of 400, 200 at most", kept, looked, pages+1, most)
			}
			return
		}
	}
}

func BenchmarkAPageOfTrimmedOrders(b *testing.B) {
	d := newDesk(b, smallFiles)
	d.receive("TAP", 5_000)
	for i := range 1_500 {
		d.must(sale(fmt.Sprint("s", i), "TAP", 1))
	}
	d.trim(d.archive(b.TempDir()), d.soon())
	b.ReportAllocs()
	for b.Loop() {
		if page, _, err := d.book.Orders(ledger.OrderQuery{Limit: 50}); err != nil || len(page) != 50 {
			b.Fatal(len(page), err)
		}
	}
}

// What a list says of a part is what the part says by itself, however many lines it has, and stays so when the list has been left.
func TestAListOfPartsSaysOfEachWhatItSaysByItself(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 1_000)
	var ids []ledger.OrderID
	for n, lines := range []int{1, 2, 15, 16, 17, 18, 40, 1, 3} {
		id, err := ledger.NewOrderID(d.world.Clock.Wall(), d.world.Random(fmt.Sprint("part ", n)))
		if err != nil {
			t.Fatal(err)
		}
		o := ledger.Order{ID: id, Fulfil: ledger.Deliver, Shortage: ledger.Refuse, TakenAt: d.world.Clock.Wall()}
		var pick []ledger.LegLine
		for at := range lines {
			o.Lines = append(o.Lines, ledger.Line{SKU: "TAP-22", Qty: ledger.Qty(1 + at%3)})
			if at%2 == 0 {
				pick = append(pick, ledger.LegLine{Line: at + 1, Qty: 1})
			}
		}
		d.must(&ledger.Place{Order: o})
		if n%3 > 0 {
			d.must(&ledger.PickLeg{Order: id, Lines: pick})
		}
		ids = append(ids, id)
		d.world.Clock.Advance(time.Minute)
	}
	for _, wanted := range []int{1, 2, 3} {
		seen := 0
		parts, next := d.book.Parts("", 100, func(*ledger.ServedPart) bool { seen++; return seen%wanted == 0 })
		if next != "" || seen != len(ids) || len(parts) != len(ids)/wanted {
			t.Fatalf("every %d: got %d parts of %d seen and %q behind them, want %d of %d", wanted, len(parts), seen, next, len(ids)/wanted, len(ids))
		}
		for i, p := range parts {
			id := ids[(i+1)*wanted-1]
			one, ok := d.book.Part(id)
			o, err := d.book.Order(id)
			if err != nil {
				t.Fatal(err)
			}
			if p.Order != id || !ok || !reflect.DeepEqual(p, one) || len(p.Lines) != len(o.Lines) {
				t.Errorf("every %d: got %+v, want %+v of %d lines", wanted, p, one, len(o.Lines))
			}
			for at, l := range p.Lines {
				if l.Line != at+1 || l.Reserved != o.Lines[at].Qty {
					t.Errorf("line %d of %s: got line %d with %d reserved, want %d", at+1, id, l.Line, l.Reserved, o.Lines[at].Qty)
				}
			}
		}
	}
}

// A pack that cannot be read spoils no other, and what was read of one is not written over by the next.
func TestPacksOfStubsAreReadOneAfterTheOther(t *testing.T) {
	packed := func(text string) []byte {
		return ledger.PackStubs([]ledger.Stub{{Seq: 1, Bytes: []byte(strings.Repeat(text, 3000))}, {Seq: 2, Bytes: []byte(text)}})
	}
	first, err := ledger.UnpackStubs(packed("taps "))
	if err != nil {
		t.Fatal(err)
	}
	torn := packed("sinks")
	if got, err := ledger.UnpackStubs(torn[:len(torn)/2]); err == nil {
		t.Errorf("half a pack: got %d stubs, want an error", len(got))
	}
	second, err := ledger.UnpackStubs(packed("bolts"))
	if err != nil {
		t.Fatal(err)
	}
	for text, stubs := range map[string][]ledger.Stub{"taps ": first, "bolts": second} {
		if len(stubs) != 2 || string(stubs[0].Bytes) != strings.Repeat(text, 3000) || string(stubs[1].Bytes) != text {
			t.Errorf("%q: got other stubs than were packed", text)
		}
	}
}

// A list looks at a thousand parts for few, and makes nothing for those that it passes over.
func TestAListOfPartsMakesNothingForThoseItPassesOver(t *testing.T) {
	d := newDesk(t)
	d.receive("TAP-22", 1_000)
	for n := range 300 {
		d.must(delivers(fmt.Sprint("part ", n), ledger.Line{SKU: "TAP-22", Qty: 1}, ledger.Line{SKU: "TAP-22", Qty: 2}))
	}
	seen := 0
	got := testing.AllocsPerRun(5, func() {
		seen = 0
		d.book.Parts("", 10, func(*ledger.ServedPart) bool { seen++; return false })
	})
	if seen != 300 || got > 30 {
		t.Errorf("got %v pieces of memory for %d parts looked at, want at most 30 for 300", got, seen)
	}
}
