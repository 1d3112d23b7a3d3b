package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestThePagesOfTheJournalMeet(t *testing.T) {
	d := newDesk(t)
	for i := range 7 {
		var group []ledger.Request
		for j := range 1 + i*9 {
			group = append(group, &ledger.Receive{ID: fmt.Sprint(i, j), Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 1}}})
		}
		if err := d.book.Write(group...); err != nil {
			t.Fatal(err)
		}
	}
	head := d.book.Head()
	all, hashes, err := d.book.Entries(0, 1<<20)
	if err != nil || len(all) != int(head.Seq) || hashes[len(hashes)-1] != head.Hash {
		t.Fatalf("got %d entries, %v; want %d up to the head", len(all), err, head.Seq)
	}
	for after := range head.Seq + 3 {
		page, pageHashes, err := d.book.Entries(after, 5)
		want := min(5, max(0, int(head.Seq)-int(after)))
		if err != nil || len(page) != want || len(pageHashes) != want {
			t.Fatalf("after %d: got %d entries, %v; want %d", after, len(page), err, want)
		}
		for i, e := range page {
			if e.Seq != after+ledger.Seq(i+1) || pageHashes[i] != hashes[e.Seq-1] {
				t.Errorf("after %d: got entry %d at %d, want the next", after, e.Seq, i)
			}
		}
	}
	framesMeet(t, d.book, hashes)
}

// framesMeet reads the frames behind every position and checks that they go on from there.
func framesMeet(t *testing.T, b *ledger.Book, hashes []ledger.Hash) {
	t.Helper()
	for after := range ledger.Seq(len(hashes)) {
		before, raws, err := b.Frames(after, 1)
		if err != nil || len(raws) != 1 {
			t.Fatalf("after %d: got %d frames, %v; want one whatever its size", after, len(raws), err)
		}
		f, err := ledger.DecodeFrame(raws[0])
		if err != nil || f.Start() != before || f.First > after+1 || f.End().Seq <= after {
			t.Fatalf("after %d: got frame %d to %d behind %v, %v; want the one that holds the next entry", after, f.First, f.End().Seq, before, err)
		}
		if f.First > 1 && before.Hash != hashes[f.First-2] {
			t.Errorf("after %d: got hash before %v, want %v", after, before.Hash, hashes[f.First-2])
		}
		_, many, err := b.Frames(after, 1<<20)
		if last, _ := ledger.DecodeFrame(many[len(many)-1]); err != nil || last.End().Seq != ledger.Seq(len(hashes)) {
			t.Errorf("after %d: got frames up to %d, want the head", after, last.End().Seq)
		}
	}
	for _, after := range []ledger.Seq{ledger.Seq(len(hashes)), ledger.Seq(len(hashes)) + 50} {
		if _, raws, err := b.Frames(after, 1<<20); len(raws) != 0 || err != nil {
			t.Errorf("behind the head: got %d frames, %v; want none", len(raws), err)
		}
	}
}

func TestOrdersArePagedOverMemoryAndDisk(t *testing.T) {
	for name, every := range map[string]int{"all on disk": 1, "half on disk": 25, "all in memory": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = every })
			d.receive("A", 1000)
			var want []ledger.OrderID
			for i := range 37 {
				p := sale(fmt.Sprint("order ", i), "A", 1)
				if i%3 == 0 {
					p.Order.Fulfil = ledger.Deliver
				}
				d.must(p)
				want = append(want, p.Order.ID)
			}
			dropped := sale("dropped", "A", 5000)
			dropped.AskHQ, dropped.Order.Anywhere = true, true
			out := d.must(dropped)
			d.must(&ledger.AbandonAsk{Order: dropped.Order.ID, Ask: out.Entry.Body.(*ledger.OrderBody).Ask, Drop: true})
			slices.Sort(want)
			for _, limit := range []int{1, 5, 36, 37, 1000, 0, -3} {
				if got := pageAll(t, d.book, ledger.OrderQuery{Limit: limit}); !slices.Equal(got, want) {
					t.Errorf("by %d: got %d orders, want %d in order of id", limit, len(got), len(want))
				}
			}
			backwards := slices.Clone(want)
			slices.Reverse(backwards)
			if got := pageAll(t, d.book, ledger.OrderQuery{Limit: 4, Descending: true}); !slices.Equal(got, backwards) {
				t.Errorf("descending: got %v, want %v", got, backwards)
			}
			open := pageAll(t, d.book, ledger.OrderQuery{Limit: 5, Keep: func(o *ledger.Order) bool { return o.Status == ledger.StatusAllocated }})
			if len(open) != 13 || d.book.View().OpenOrders != 13 {
				t.Errorf("got %d orders kept and %d open, want 13", len(open), d.book.View().OpenOrders)
			}
			if o, err := d.book.Order(want[3]); err != nil || o.ID != want[3] {
				t.Errorf("got %+v, %v; want order %s", o, err, want[3])
			}
			if _, err := d.book.Order(oid("nobody")); !errors.Is(err, ledger.ErrOrderUnknown) {
				t.Errorf("got %v, want %v", err, ledger.ErrOrderUnknown)
			}
		})
	}
}

// Memory is asked for few orders at first. A page of which these do not tell all is as full as one that asked for all of them, and says as exactly whether
// more follow.
func TestAPageIsFullThoughFewOfMemoryAreWanted(t *testing.T) {
	for name, every := range map[string]int{"half on disk": 25, "all in memory": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(c *ledger.BookConfig) { c.CheckpointEvery = every })
			d.receive("A", 1000)
			var all, want []ledger.OrderID
			for i := range 60 {
				p := sale(fmt.Sprint("order ", i), "A", 1)
				if i%12 == 0 {
					p.Order.Fulfil = ledger.Deliver
					want = append(want, p.Order.ID)
				}
				d.must(p)
				all = append(all, p.Order.ID)
			}
			slices.Sort(all)
			slices.Sort(want)
			for _, down := range []bool{false, true} {
				q := ledger.OrderQuery{Descending: down, Keep: func(o *ledger.Order) bool { return o.Status == ledger.StatusAllocated }}
				for q.Limit = 1; q.Limit <= len(want)+1; q.Limit++ {
					page, next, err := d.book.Orders(q)
					var got []ledger.OrderID
					for _, o := range page {
						got = append(got, o.ID)
					}
					first, end := want[:min(q.Limit, len(want))], all[len(all)-1]
					if down {
						first, end = slices.Clone(want[len(want)-len(first):]), all[0]
						slices.Reverse(first)
					}
					if more := len(first) == q.Limit && first[len(first)-1] != end; err != nil || !slices.Equal(got, first) || more != (next != "") {
						t.Errorf("limit %d, down %t: got %v, next %q, %v; want %v, and a next one: %t", q.Limit, down, got, next, err, first, more)
					}
				}
			}
		})
	}
}

// pageAll walks all pages of a query.
func pageAll(t testing.TB, b *ledger.Book, q ledger.OrderQuery) []ledger.OrderID {
	t.Helper()
	var ids []ledger.OrderID
	for range 100 {
		page, next, err := b.Orders(q)
		if err != nil || q.Limit > 0 && len(page) > q.Limit {
			t.Fatalf("got %d orders, %v; want at most %d", len(page), err, q.Limit)
		}
		for _, o := range page {
			ids = append(ids, o.ID)
		}
		if next == "" {
			return ids
		}
		q.After = next
	}
	t.Fatal("got 100 pages, want an end")
	return nil
}

func TestAViewTellsTheBookAtAGlance(t *testing.T) {
	d := newDesk(t)
	d.receive("A", 1)
	wait := sale("o1", "A", 5)
	wait.Order.Fulfil, wait.Order.Shortage = ledger.Deliver, ledger.Backorder
	d.must(wait)
	got := d.book.View()
	want := ledger.Summary{Site: "leeds", Counter: true, Epoch: 1, Head: d.book.Head(), SKUs: 1, OpenOrders: 1, Waiting: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.receive("A", 4)
	if got := d.book.View(); got.Waiting != 0 || got.OpenOrders != 1 {
		t.Errorf("got %+v, want nobody waiting", got)
	}
	if _, ok := d.book.Level("never seen"); ok {
		t.Error("got a level of a SKU that the site never had, want none")
	}
}

func TestAClosedBookIsWalkedEntryByEntry(t *testing.T) {
	d := newDesk(t)
	d.receive("A", 3)
	if err := d.book.Write(sale("o1", "A", 1), sale("o2", "A", 1)); err != nil {
		t.Fatal(err)
	}
	entries, hashes, err := d.book.Entries(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	d.close()
	n := 0
	if err := ledger.WalkBook(d.world.Env(), d.cfg.Dir, func(e *ledger.Entry, h ledger.Hash) error {
		if e.Seq != entries[n].Seq || h != hashes[n] {
			t.Errorf("got entry %d, want %d", e.Seq, entries[n].Seq)
		}
		n++
		return nil
	}); err != nil || n != len(entries) {
		t.Errorf("got %d entries, %v; want %d", n, err, len(entries))
	}
	stop := errors.New("enough")
	if err := ledger.WalkBook(d.world.Env(), d.cfg.Dir, func(*ledger.Entry, ledger.Hash) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the caller's own error", err)
	}
	flipJournal(t, d.cfg.Dir)
	if err := ledger.WalkBook(d.world.Env(), d.cfg.Dir, func(*ledger.Entry, ledger.Hash) error { return nil }); err == nil {
		t.Error("a flipped bit: got the walk through, want an error")
	}
	flipJournal(t, d.cfg.Dir) // the bit back
}

func TestAKeyIsAnsweredOnceWithinOneCommit(t *testing.T) {
	d := newDesk(t)
	d.receive("A", 5)
	before := d.book.Head().Seq
	other := sale("o1", "A", 1)
	other.Request = ledger.DigestOf([]byte("another"))
	if err := d.book.Write(sale("o1", "A", 1), sale("o1", "A", 1), other, sale("o1", "A", 1)); err != nil {
		t.Fatal(err)
	}
	if got := d.book.Head().Seq; got != before+1 {
		t.Errorf("got %d entries, want one", got-before)
	}
	if l, _ := d.book.Level("A"); l.Available != 4 {
		t.Errorf("got %d available, want 4: sold once", l.Available)
	}
}
