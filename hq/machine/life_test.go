package machine_test

import (
	"bytes"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// goesBack puts head office back to a snapshot and begins another life of it.
func (b *bench) goesBack(to []byte) {
	b.t.Helper()
	m, err := machine.Restore(bytes.NewReader(to))
	if err != nil {
		b.t.Fatal(err)
	}
	b.m = m
	b.ok(&machine.Reincarnate{Random: [16]byte{8, byte(m.H().Counter)}, Why: "restored", At: at, Apart: true})
}

// meets lets a site say hello to this life and adopt it. What this life has forgotten it pushes again.
func (b *bench) meets(id ledger.SiteID, again ...*machine.Push) {
	b.t.Helper()
	res := b.ok(b.hello(id))
	if res.Verdict != wire.VerdictOK {
		b.t.Fatalf("%s: got %s: %s, want ok", id, res.Verdict, res.Why)
	}
	for _, p := range again {
		b.ok(p)
	}
	b.decides(id, &ledger.AdoptHQ{H: res.H})
	b.ok(b.cut(id))
}

// attests lets a site meet this life and tell it all it knows.
func (b *bench) attests(id ledger.SiteID, again ...*machine.Push) {
	b.t.Helper()
	b.meets(id, again...)
	b.decides(id, &ledger.Attest{})
	b.ok(b.cut(id))
	if s, _ := b.m.Site(id); s.Attested != b.m.H() {
		b.t.Fatalf("%s has not attested: exceptions %q", id, b.exceptions())
	}
}

func (b *bench) decides(id ledger.SiteID, r ledger.Request) ledger.Outcome {
	b.t.Helper()
	out := b.cores[id].Decide(r, at)
	if out.Err != nil {
		b.t.Fatalf("%s: %T: got %v, want no error", id, r, out.Err)
	}
	return out
}

// obeys lets a site carry out what is queued to it, and gives the push that tells of it.
func (b *bench) obeys(id ledger.SiteID) *machine.Push {
	b.t.Helper()
	for _, c := range b.m.Commands(id, b.cores[id].State.Commands.Number, 100) {
		b.decides(id, &ledger.Obey{Command: c})
	}
	return b.cut(id)
}

// waits has a site take an order that waits for head office.
func (b *bench) waits(id ledger.SiteID, o ledger.Order) {
	b.t.Helper()
	out := b.decides(id, &ledger.Place{AskHQ: true, Order: o})
	b.decides(id, &ledger.AbandonAsk{Order: o.ID, Ask: out.Entry.Body.(*ledger.OrderBody).Ask})
	b.ok(b.cut(id))
}

// queued lists the kinds of the commands that a site has not carried out yet.
func (b *bench) queued(id ledger.SiteID) (out []ledger.CommandKind) {
	for _, c := range b.m.Commands(id, b.cores[id].State.Commands.Number, 100) {
		out = append(out, c.Kind)
	}
	return out
}

// audit says whether the books and head office agree when nothing is under way: balances with their
// mirror, what sites may promise of others with what their owners have allotted to them, what
// orders count on with what is reserved.
func (b *bench) audit() {
	b.t.Helper()
	for id, core := range b.cores {
		if n := len(b.queued(id)) + len(b.m.Kept(id, 100)); n != 0 {
			b.t.Errorf("%s: %d commands are under way", id, n)
		}
		mirror := ledger.DigestOfLevels(func(yield func(ledger.SKU, *ledger.Level) bool) {
			for _, sku := range core.State.SKUs() {
				if s, ok := b.m.Stock(id, sku); ok && !yield(sku, &s.Level) {
					return
				}
			}
		})
		if mirror != core.State.Digest() {
			b.t.Errorf("%s: head office's mirror is not the book", id)
		}
		for _, sku := range core.State.SKUs() {
			l, _ := core.State.Level(sku)
			if got := b.claimed(id, sku); got != l.Reserved {
				b.t.Errorf("%s %s: orders count on %d, the book has reserved %d", id, sku, got, l.Reserved)
			}
			for holder := range b.cores {
				if has, got := b.holds(holder, id, sku), l.AllottedTo(ledger.Holder(holder)); holder != id && got != has {
					b.t.Errorf("%s may promise %d %s of %s, whose book has allotted %d to it", holder, has, sku, id, got)
				}
			}
		}
	}
	b.restarts()
}

// claimed is what all orders count on at a site.
func (b *bench) claimed(site ledger.SiteID, sku ledger.SKU) (sum ledger.Qty) {
	transfers, _ := b.m.Transfers("", 1000, 1<<20, func(t *machine.Transfer) bool { return t.From == site && t.State == ledger.TransferReserved })
	for _, t := range transfers {
		for _, l := range t.Lines {
			if l.SKU == sku {
				sum += l.Qty
			}
		}
	}
	orders, _ := b.m.Orders("", 1000, nil)
	for _, o := range orders {
		for _, l := range o.Lines {
			if l.SKU == sku && o.Owner == site {
				sum += l.Here
			}
			for _, away := range l.Away {
				if l.SKU == sku && away.Site == site {
					sum += away.Qty
				}
			}
		}
	}
	return sum
}

// holds is what a site may promise of another's by its own book.
func (b *bench) holds(holder, owner ledger.SiteID, sku ledger.SKU) ledger.Qty {
	for _, h := range b.cores[holder].State.Holdings() {
		if h.Site == owner && h.SKU == sku {
			return h.Qty
		}
	}
	return 0
}

// company is a bench with warehouses, of which each has 5 TAP-22, and a shop, leeds, that has none.
func company(t testing.TB, warehouses ...ledger.SiteID) *bench {
	t.Helper()
	b := newBench(t)
	for _, id := range warehouses {
		b.site(id, false)
		b.receive(id, 5, "TAP-22")
		b.talk(id)
	}
	b.site("leeds", true)
	b.ok(b.cut("leeds"))
	return b
}

// A life of an older build says nothing of items: its bytes stay, and so does what they come to.
func TestALifeThatSaysNothingOfItemsLeavesTheirVersions(t *testing.T) {
	for _, items := range []bool{false, true} {
		b := newBench(t)
		b.ok(&machine.PutItems{Items: []ledger.Item{{SKU: "TAP-22", Name: "Tap"}}})
		c := &machine.Reincarnate{Random: [16]byte{8}, Why: "restored", At: at, Apart: true, Items: items}
		raw := machine.Marshal(c)
		if got, err := machine.Unmarshal(raw); err != nil || got.(*machine.Reincarnate).Items != items {
			t.Errorf("%t: got %+v, %v", items, got, err)
		}
		b.ok(c)
		if got, life := b.m.RefVersion(), b.m.H().Counter; items != (got == life) || !items && got != 1 {
			t.Errorf("%t: got version %d in life %d", items, got, life)
		}
	}
}
