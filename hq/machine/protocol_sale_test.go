package machine_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// The tests that the protocol owes, by its numbers: what would sell a unit twice, or lose a sale, by
// what head office makes of a site's journal.

// goods is an entry by which units come in that head office may promise.
func goods(s *machine.Site, behind int, q ledger.Qty) []byte {
	e := &ledger.Entry{Kind: ledger.KindReceipt, Seq: s.Stored.Seq + 1 + ledger.Seq(behind), Epoch: s.Epoch, At: at, Body: &ledger.ReceiptBody{},
		Postings: append(claim("TAP-22", ledger.Account{Kind: ledger.Supplier}, ledger.Account{Kind: ledger.Sellable, Ref: "MAIN"}, q),
			claim("TAP-22", ledger.Account{Kind: ledger.Stock}, ledger.Account{Kind: ledger.Allotted, Ref: "hq"}, q)...)}
	return ledger.MarshalEntry(e)
}

// sells places orders of one unit until head office has no more to promise, and says how many it took.
func (b *bench) sells(site ledger.SiteID) (n ledger.Qty) {
	b.t.Helper()
	for {
		id := ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-0000000001%02x", n))
		res := b.apply(&machine.Place{Order: order(id, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 1}), Key: digest(string(id)),
			Legs: plan("1 TAP-22 " + string(site) + " 1"), At: at})
		if res.Err != nil {
			return n
		}
		n++
	}
}

// audit follows what a site pushes from its first frame on.
type audit struct {
	*bench
	*ledger.Auditor
	site ledger.SiteID
}

func (a *audit) talk() {
	a.t.Helper()
	for {
		for _, f := range a.ok(a.cut(a.site)).Frames {
			if err := a.Frame(f.Bytes); err != nil {
				a.t.Fatalf("audit: %v", err)
			}
		}
		core := a.cores[a.site]
		cs := a.m.Commands(a.site, core.State.Commands.Number, 100)
		if len(cs) == 0 {
			if got, want := a.State.Digest(), core.State.Digest(); got != want {
				a.t.Errorf("audit: got balances %x, want %x as the book has them", got, want)
			}
			return
		}
		for _, c := range cs {
			if out := core.Decide(&ledger.Obey{Command: c}, at); out.Err != nil {
				a.t.Fatalf("obey %s: %v", c.ID, out.Err)
			}
		}
	}
}

// TestProtocol18ABadRecordNeitherBlocksNorIsSkipped: where one entry that makes no sense stops a site's
// stream, nothing that the site sells or takes in is ever heard of again; where it is passed over,
// what it moved is sold twice. Here it is kept to the byte, its postings count where they can, a person
// is told, and what stands behind it is heard. A broken hash alone stops the stream: those are not
// the site's bytes. A command that cannot be carried out is answered, and the next one is carried out.
func TestProtocol18ABadRecordNeitherBlocksNorIsSkipped(t *testing.T) {
	t.Run("an entry", badEntries)
	t.Run("damage on the way", func(t *testing.T) {
		b := newBench(t)
		b.site("hull", false)
		b.ok(b.cut("hull"))
		b.receive("hull", 5, "TAP-22")
		whole := b.cut("hull")
		torn := *whole
		torn.Frames = [][]byte{bytes.Clone(whole.Frames[0])}
		torn.Frames[0][len(torn.Frames[0])/2] ^= 4
		if res := b.ok(&torn); res.Verdict != wire.VerdictLater || len(res.Frames) != 0 {
			t.Errorf("damaged: got %s, %d frames kept, want later and none", res.Verdict, len(res.Frames))
		}
		if res := b.ok(whole); res.Verdict != wire.VerdictOK || len(res.Frames) != 1 {
			t.Errorf("sent again: got %s, %d frames kept, want ok and one", res.Verdict, len(res.Frames))
		}
		if got := b.sells("hull"); got != 5 {
			t.Errorf("got %d sold, want 5", got)
		}
	})
	t.Run("a command", func(t *testing.T) {
		b := newBench(t)
		hull := b.site("hull", false)
		a := &audit{b, ledger.NewAuditor("hull"), "hull"}
		b.receive("hull", 9, "TAP-22")
		a.talk()
		ids := []ledger.OrderID{orderA, orderB, orderC}
		for i, q := range []ledger.Qty{5, 3, 1} {
			b.ok(&machine.Place{Order: order(ids[i], ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: q}), Key: digest(string(ids[i])),
				Legs: plan(fmt.Sprint("1 TAP-22 hull ", q)), At: at})
		}
		hull.Decide(&ledger.Adjust{Reason: "count", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -3}}}, at)
		a.talk()
		if n := hull.State.Commands.Number; n < 3 {
			t.Errorf("got %d commands carried out or answered, want all", n)
		}
		var reserved, waiting ledger.Qty
		for _, id := range ids {
			o, _ := b.m.Order(id)
			waiting += o.Waiting(1)
			reserved += o.Lines[0].Qty - o.Waiting(1)
		}
		if l, _ := hull.State.Level("TAP-22"); reserved != l.Reserved || reserved+waiting != 9 || waiting < 3 || l.Sellable != 6 {
			t.Errorf("got %d promised and %d waiting beside %+v, want each promise on the shelf and each customer remembered", reserved, waiting, l)
		}
		if got := b.exceptions(); !slices.Contains(got, "leg_refused") {
			t.Errorf("got exceptions %q, want leg_refused", got)
		}
	})
}

func badEntries(t *testing.T) {
	toHQ, reserved := ledger.Account{Kind: ledger.Allotted, Ref: "hq"}, ledger.Account{Kind: ledger.Reserved, Ref: "x", Line: 1}
	h := ledger.Incarnation{Counter: 1, Random: [16]byte{9}}
	for name, c := range map[string]struct {
		entry *ledger.Entry
		raw   []byte
		want  []string
		held  ledger.Qty
	}{
		"bytes that are no entry":       {raw: []byte{1, 2, 3}, want: []string{"does_not_fit"}, held: 5},
		"an account below zero":         {entry: &ledger.Entry{Kind: ledger.KindReceipt, Body: &ledger.ReceiptBody{}, Postings: claim("TAP-22", toHQ, reserved, 6)}, want: []string{"does_not_fit"}, held: 5},
		"an account of a newer kind":    {entry: &ledger.Entry{Kind: ledger.KindReceipt, Body: &ledger.ReceiptBody{}, Postings: claim("TAP-22", ledger.Account{Kind: 99}, toHQ, 1)}, want: []string{"does_not_fit"}, held: 5},
		"an amount beyond bounds":       {entry: &ledger.Entry{Kind: ledger.KindReceipt, Body: &ledger.ReceiptBody{}, Postings: claim("TAP-22", toHQ, reserved, 1<<60)}, want: []string{"does_not_fit"}, held: 5},
		"a command never given":         {entry: &ledger.Entry{Kind: ledger.KindObeyed, Body: &ledger.ObeyedBody{Command: ledger.HQCommand{H: h, Number: 7, Kind: ledger.CommandReserve}}, Postings: claim("TAP-22", toHQ, reserved, 2)}, want: []string{"does_not_fit"}, held: 3},
		"another book's order":          {entry: &ledger.Entry{Kind: ledger.KindPlaced, Body: &ledger.OrderBody{Order: ledger.Order{ID: orderB, Owner: "york"}}}, want: []string{"does_not_fit"}, held: 5},
		"another head office":           {entry: &ledger.Entry{Kind: ledger.KindAdopted, Body: &ledger.AdoptedBody{H: ledger.Incarnation{Counter: 3}}}, want: []string{"hq_behind"}, held: 5},
		"another one of this life":      {entry: &ledger.Entry{Kind: ledger.KindAdopted, Body: &ledger.AdoptedBody{H: ledger.Incarnation{Counter: 1}}}, want: []string{"foreign_hq"}, held: 5},
		"a counter where there is none": {entry: &ledger.Entry{Kind: ledger.KindOpened, Body: &ledger.OpenedBody{Counter: true}}, want: []string{"counter_differs"}, held: 5},
		"a yes that was never given": {entry: &ledger.Entry{Kind: ledger.KindAskAccepted, Body: &ledger.OrderBody{Ask: ledger.AskID{Site: "hull", Epoch: 1, Seq: 2},
			Order: ledger.Order{ID: orderB, Owner: "hull", Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Status: ledger.StatusAllocated, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1, Away: []ledger.Leg{{Site: "york", Qty: 1}}}}}}}, want: []string{"not_held"}, held: 5},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.receive("hull", 5, "TAP-22")
			b.talk("hull")
			s, _ := b.m.Site("hull")
			raw := c.raw
			if c.entry != nil {
				raw = stored(s, c.entry)
			}
			p := next(s, raw, goods(s, 1, 2)) // one comes with it
			res := b.ok(p)
			after, _ := b.m.Site("hull")
			if res.Verdict != wire.VerdictOK || len(res.Frames) != 1 || !bytes.Equal(res.Frames[0].Bytes, p.Frames[0]) || after.Folded != s.Stored.Seq+2 {
				t.Errorf("got %s, %d frames kept, folded %d, want ok, kept as they came and passed over", res.Verdict, len(res.Frames), after.Folded)
			}
			b.ok(next(after, goods(after, 0, 2))) // and one later
			if got := b.exceptions(); !slices.Equal(got, c.want) {
				t.Errorf("got exceptions %q, want %q", got, c.want)
			}
			for _, e := range b.m.Exceptions(1) {
				if e.Owner == "" || e.Why == "" || e.Site != "hull" || e.At.IsZero() {
					t.Errorf("got %+v, want an owner, a site, a reason and a moment", *e)
				}
			}
			if st, _ := b.m.Stock("hull", "TAP-22"); st.Held != c.held+4 {
				t.Errorf("got held %d, want %d", st.Held, c.held+4)
			}
			want := c.held + 4
			if c.want[0] == "hq_behind" {
				want = 0 // it must be recovered first
			}
			if got := b.sells("hull"); got != want {
				t.Errorf("got %d sold, want %d, as many as are there", got, want)
			}
		})
	}
}

// TestProtocol19AnUnknownKindParksTheStream: a head office that skips what only the sites' newer build
// writes goes on counting units that are gone, and sells them. Here it reads no further: all bytes
// are kept, somebody is told, the site goes on selling, and nothing behind the entry counts. A server
// of head office that was upgraded first parks what the others park; a site that is given a command
// of tomorrow answers that it does not know it, and carries out the next.
func TestProtocol19AnUnknownKindParksTheStream(t *testing.T) {
	fleet := func(t *testing.T, raised bool) (*bench, *audit) {
		b := newBench(t)
		if !raised { // the servers of the company are not all upgraded
			b.m = machine.New()
			b.ok(&machine.Bootstrap{Random: [16]byte{9}, At: at})
		}
		b.site("hull", false)
		a := &audit{b, ledger.NewAuditor("hull"), "hull"}
		b.receive("hull", 5, "TAP-22")
		a.talk()
		return b, a
	}
	loss := func(b *bench) {
		b.cores["hull"].Decide(&ledger.Adjust{Reason: "stolen", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -3}}}, at)
		b.receive("hull", 4, "TAP-22")
	}
	t.Run("of a site that is upgraded first", func(t *testing.T) {
		b, a := fleet(t, false)
		loss(b)
		a.talk() // all of it is taken, and every frame is kept
		s, _ := b.m.Site("hull")
		if s.Parked == "" || s.Folded != s.Stored.Seq-2 || s.Stored != b.cores["hull"].Head().Position {
			t.Errorf("got parked %q, folded %d of %d, want it parked two before the end, and all stored", s.Parked, s.Folded, s.Stored.Seq)
		}
		for range 2 {
			b.receive("hull", 1, "TAP-22")
			a.talk()
		}
		if st, _ := b.m.Stock("hull", "TAP-22"); st.Held != 5 || !slices.Equal(b.exceptions(), []string{"parked"}) {
			t.Errorf("got held %d, exceptions %q, want the 5 of before, and parked once", st.Held, b.exceptions())
		}
		if got := b.sells("hull"); got != 5 {
			t.Errorf("got %d sold, want no more than the 5 that were given up to head office", got)
		}
		a.talk() // the site has taken 8 in since, and serves all of them
		if l, _ := b.cores["hull"].State.Level("TAP-22"); l.Reserved != 5 || l.OnHand() != 8 || l.Shortfall != 0 {
			t.Errorf("got %+v at the site, want 5 of 8 reserved", l)
		}
	})
	t.Run("of nobody's build", func(t *testing.T) {
		b, _ := fleet(t, true)
		s, _ := b.m.Site("hull")
		unknown := stored(s, &ledger.Entry{Kind: 99, Body: &ledger.UnknownBody{Raw: []byte{0xc0}}})
		p := next(s, unknown, goods(s, 1, 4))
		res := b.ok(p)
		s, _ = b.m.Site("hull")
		if res.Verdict != wire.VerdictOK || len(res.Frames) != 1 || !bytes.Equal(res.Frames[0].Bytes, p.Frames[0]) || s.Parked == "" || s.Folded != s.Stored.Seq-2 {
			t.Errorf("got %s, %d frames kept, parked %q, folded %d of %d, want the bytes kept and the stream parked", res.Verdict, len(res.Frames), s.Parked, s.Folded, s.Stored.Seq)
		}
		if res := b.ok(next(s, goods(s, 0, 4))); len(res.Frames) != 1 || res.Stored.Seq != s.Stored.Seq+1 {
			t.Errorf("behind it: got %d frames kept, stored %d, want them kept too", len(res.Frames), res.Stored.Seq)
		}
		if got := b.exceptions(); !slices.Equal(got, []string{"parked"}) || b.sells("hull") != 5 {
			t.Errorf("got exceptions %q, want one: parked, and 5 sold", got)
		}
	})
	t.Run("that all servers know", func(t *testing.T) {
		b, a := fleet(t, true)
		loss(b)
		a.talk()
		if s, _ := b.m.Site("hull"); s.Parked != "" || b.sells("hull") != 6 {
			t.Errorf("got parked %q, want it read on, and the 6 sold that are there", s.Parked)
		}
		a.talk()
	})
	t.Run("of a command", func(t *testing.T) {
		b, a := fleet(t, true)
		hull := b.cores["hull"]
		c := ledger.HQCommand{H: hull.State.HQ, Number: 1, ID: "tomorrow", Kind: 99}
		c.Hash = ledger.ChainCommand(hull.State.Commands.Hash, &c)
		out := hull.Decide(&ledger.Obey{Command: c}, at)
		if body, ok := out.Entry.Body.(*ledger.ObeyedBody); out.Err != nil || !ok || body.Refused != ledger.RefusedUnknown || len(out.Entry.Postings) != 0 {
			t.Errorf("got %+v, %v, want it answered as unknown", out.Entry, out.Err)
		}
		next := ledger.HQCommand{H: c.H, Number: 2, ID: "today", Kind: ledger.CommandReserve, Order: orderA, Owner: ledger.HQ, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}}
		next.Hash = ledger.ChainCommand(c.Hash, &next)
		hull.Decide(&ledger.Obey{Command: next}, at)
		if l, _ := hull.State.Level("TAP-22"); l.Reserved != 2 {
			t.Errorf("the next: got %+v, want 2 reserved", l)
		}
		for _, f := range hull.Cut() {
			if err := a.Frame(ledger.EncodeFrame(f)); err != nil {
				t.Errorf("audit: %v", err)
			}
		}
	})
}
