package main_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// A deskTop is head office in one goroutine: its machine and its office, and no raft.
type deskTop struct {
	m   *machine.Machine
	off *office.Office
}

func (d *deskTop) Propose(_ context.Context, cmd []byte) (machine.Result, error) {
	res := d.m.Apply(cmd)
	return res, d.m.Check()
}

func (d *deskTop) View(f func(*machine.Machine)) { f(d.m) }

// A claimant is one process with leeds' book, which its link speaks for.
type claimant struct {
	*testing.T
	*ledger.Book
	hq *deskTop
	w  *testworld.World
}

// claims opens the book in a folder in a world of its own.
func (d *deskTop) claims(t *testing.T, seed uint64, dir string) *claimant {
	t.Helper()
	w := testworld.New(seed)
	b, err := ledger.OpenBook(w.Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, b.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
		if _, err := ledger.AuditBook(w.Env(), dir, nil); err != nil {
			t.Errorf("audit of %s: %v", dir, err)
		}
	})
	return &claimant{t, b, d, w}
}

func (c *claimant) do(req ledger.Request) ledger.Outcome {
	c.Helper()
	out, err := c.Do(context.Background(), req)
	if err != nil {
		c.Fatal(err)
	}
	return out
}

// sells asks for q, as a client would that sends the same to each book it finds under the site's name.
func (c *claimant) sells(id ledger.OrderID, q ledger.Qty) error {
	c.Helper()
	key := ledger.DigestOf([]byte(id))
	return c.do(&ledger.Place{Meta: ledger.Meta{Key: key, Request: key}, Order: ledger.Order{ID: id, Channel: "till", Fulfil: ledger.Take,
		Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP", Qty: q}}}}).Err
}

// hello greets head office, and does what the link does with its verdict.
func (c *claimant) hello() wire.Verdict {
	c.Helper()
	w, err := c.hq.off.Hello(context.Background(), c.w.Clock.Wall(), &wire.Hello{VersionMin: wire.VersionMin, VersionMax: wire.VersionMax, Site: "leeds",
		NodeKey: c.NodeKey(), Boot: c.Boot(), Head: c.Head().Position, HQ: c.HQ(), Applied: c.Cursor()})
	if err != nil {
		c.Fatal(err)
	}
	switch {
	case w.Verdict.Refuses():
		c.Quarantine("head office says " + w.Verdict.String())
	case w.Verdict == wire.VerdictOK && w.Epoch > c.Head().Epoch:
		c.do(&ledger.OpenSite{Epoch: w.Epoch, Body: ledger.OpenedBody{Counter: w.Counter, Boot: c.Boot()}})
		c.do(&ledger.AdoptHQ{H: w.H})
	}
	return w.Verdict
}

// push sends what follows an entry.
func (c *claimant) push(after ledger.Seq) wire.Verdict {
	c.Helper()
	before, frames, err := c.Frames(after, 1<<20)
	if err != nil {
		c.Fatal(err)
	}
	r, err := c.hq.off.Push(context.Background(), c.w.Clock.Wall(), &wire.Push{Site: "leeds", Epoch: c.Head().Epoch, Head: c.Head().Position, Before: before, Frames: frames})
	if err != nil {
		c.Fatal(err)
	}
	return r.Verdict
}

// Fault 29: a copied file keeps its identity. A copy of leeds' folder has leeds' key, its past and its
// head. Where both are asked the same, at one moment, both books are the same to the byte, and head
// office takes what it gets from either for one site's journal, until they part over the last units,
// which both have sold by then. Here each start draws an identity of its own and writes it down before
// the first promise: the two books differ from there on, and the first word of the second tells.
func TestProtocol29ACopyIsAnotherBookFromItsFirstStart(t *testing.T) {
	hq := &deskTop{m: machine.New()}
	hq.off = office.New(office.Config{}, hq)
	for _, cmd := range []machine.Command{&machine.Bootstrap{Random: [16]byte{7}, At: time.Unix(0, 0)}, &machine.Raise{Kind: ledger.KindLast, At: time.Unix(0, 0)},
		&machine.AddSite{Site: "leeds", Counter: true, Key: ledger.DigestOf([]byte("leeds")), At: time.Unix(0, 0)}} {
		if res, err := hq.Propose(context.Background(), machine.Marshal(cmd)); err != nil || res.Err != nil {
			t.Fatal(err, res.Err)
		}
	}
	dir := t.TempDir()
	var stored ledger.Seq
	t.Run("on a good day", func(t *testing.T) {
		leeds := hq.claims(t, 1, dir)
		leeds.hello()
		leeds.do(&ledger.Receive{ID: "d", Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: 10}}})
		if v := leeds.push(0); v != wire.VerdictOK {
			t.Fatalf("got %s, want ok", v)
		}
		stored = leeds.Head().Seq
	})
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	leeds, twin := hq.claims(t, 2, dir), hq.claims(t, 3, to)
	if leeds.NodeKey() != twin.NodeKey() {
		t.Fatal("the copy has another key: the test does not reach its case")
	}
	if a, b := leeds.Head(), twin.Head(); a.Seq != b.Seq || a.Seq == stored || a.Hash == b.Hash {
		t.Errorf("got heads %v and %v, want each to have another entry behind %d before anything is promised", a, b, stored)
	}
	const first, last = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
	told := ledger.Qty(4) // one order, which both have taken
	if err := errors.Join(leeds.sells(first, 4), twin.sells(first, 4)); err != nil {
		t.Fatal(err)
	}
	if v := leeds.hello(); v != wire.VerdictOK {
		t.Fatalf("the first that greets: got %s, want ok", v)
	}
	if v := leeds.push(stored); v != wire.VerdictOK {
		t.Fatalf("what it pushes: got %s, want ok", v)
	}
	if v := twin.hello(); v != wire.VerdictFork {
		t.Errorf("the second: got %s, want fork", v)
	}
	if v := twin.push(stored); v != wire.VerdictFork {
		t.Errorf("what it pushes: got %s, want fork", v)
	}
	for c, want := range map[*claimant]error{leeds: nil, twin: ledger.ErrQuarantined} {
		err := c.sells(last, 6)
		if !errors.Is(err, want) {
			t.Errorf("the last units: got %v, want %v", err, want)
		}
		if err == nil {
			told += 6
		}
	}
	if told != 10 {
		t.Errorf("got %d promised, 10 came in", told)
	}
	if s, _ := hq.m.Stock("leeds", "TAP"); s.Level.Available != 6 {
		t.Errorf("got %d available by what was pushed, want 10-4", s.Level.Available)
	}
}
