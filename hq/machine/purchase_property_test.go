package machine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A modelBuy is a purchase order as twenty honest lines know it: what was ordered, what came, what will not come.
type modelBuy struct {
	state            string
	qty, came, short map[ledger.SKU]ledger.Qty
}

var boughtSKUs = []ledger.SKU{"PIPE", "TAP-22", "VALVE"}

func (b *modelBuy) left(sku ledger.SKU) ledger.Qty {
	return max(0, b.qty[sku]-b.came[sku]-b.short[sku])
}

// settles says how an order stands that its supplier has.
func (b *modelBuy) settles() {
	came, left, short := ledger.Qty(0), ledger.Qty(0), ledger.Qty(0)
	for _, sku := range boughtSKUs {
		came, left, short = came+b.came[sku], left+b.left(sku), short+b.short[sku]
	}
	switch {
	case left > 0 && came > 0:
		b.state = "partly_received"
	case left > 0:
		b.state = "sent"
	case short > 0:
		b.state = "closed_short"
	default:
		b.state = "received"
	}
}

// does carries out an act of a person, and says whether it was allowed.
func (b *modelBuy) does(act ledger.PurchaseAct, lines map[ledger.SKU]ledger.Qty) bool {
	over := b.state == "received" || b.state == "closed_short"
	switch {
	case act == ledger.PurchasePut && (b.state == "" || b.state == "draft"):
		b.state, b.qty = "draft", lines
	case act == ledger.PurchaseSend && b.state != "cancelled" && !over && (lines != nil || b.state != ""):
		if lines != nil {
			b.qty = lines
		}
		b.settles()
	case act == ledger.PurchaseSend && over && (lines == nil || maps.Equal(lines, b.qty)): // it is so already
	case act == ledger.PurchaseClose && (b.state == "sent" || b.state == "partly_received"):
		for _, sku := range boughtSKUs {
			b.short[sku] += b.left(sku)
		}
		b.state = "closed_short"
	case act == ledger.PurchaseClose && b.state == "closed_short", act == ledger.PurchaseCancel && b.state == "cancelled":
	case act == ledger.PurchaseCancel && (b.state == "draft" || b.state == "sent"):
		for _, sku := range boughtSKUs {
			b.short[sku] += b.left(sku)
		}
		b.state = "cancelled"
	default:
		return false
	}
	return true
}

// takes takes goods in: whatever the order says.
func (b *modelBuy) takes(sku ledger.SKU, q ledger.Qty) {
	b.came[sku] += q
	b.short[sku] = max(0, min(b.short[sku], b.qty[sku]-b.came[sku]))
	if b.state != "cancelled" {
		b.settles()
	}
}

// A buyer does whatever people and lorries do, in any order, some of it twice.
type buyer struct {
	*bench
	rnd   *rand.Rand
	buys  map[string]*modelBuy
	acts  []*machine.Purchase
	push  []*machine.Push // that were folded
	waits []func()        // receipts that head office has not heard of
	took  ledger.Qty
}

func (g *buyer) step() {
	ref := fmt.Sprintf("PO %d", g.rnd.IntN(3))
	switch n := g.rnd.IntN(12); {
	case n < 5:
		g.does(g.act(ref))
	case n < 6 && len(g.acts) > 0: // what was lost on the way is sent again
		g.does(g.acts[len(g.acts)-1-g.rnd.IntN(min(3, len(g.acts)))])
	case n < 10:
		sku, q := boughtSKUs[g.rnd.IntN(len(boughtSKUs))], ledger.Qty(1+g.rnd.IntN(6))
		g.bringAt("hull", at, ref, ledger.ReceiptLine{SKU: sku, Qty: q})
		g.took += q
		g.waits = append(g.waits, func() {
			if b := g.buys[ref]; b != nil {
				b.takes(sku, q)
			}
		})
	case n < 11 && len(g.push) > 0:
		g.apply(g.push[g.rnd.IntN(len(g.push))]) // what head office has folded is folded once
	default:
		p := g.cut("hull")
		g.ok(p)
		g.push = append(g.push, p)
		for _, f := range g.waits {
			f()
		}
		g.waits = nil
	}
}

func (g *buyer) act(ref string) *machine.Purchase {
	c := act(ledger.PurchaseAct(1+g.rnd.IntN(5)), ref)
	if c.Act == ledger.PurchaseReceive {
		c.Act = ledger.PurchaseSend
	}
	if c.Act == ledger.PurchasePut || c.Act == ledger.PurchaseSend && g.rnd.IntN(3) > 0 {
		c.Order = buys(ref, 3, 1).Order
		c.Order.Lines = nil
		for i, sku := range boughtSKUs {
			if g.rnd.IntN(2) == 0 || i == 2 && len(c.Order.Lines) == 0 {
				c.Order.Lines = append(c.Order.Lines, ledger.PurchaseLine{SKU: sku, Qty: ledger.Qty(1 + g.rnd.IntN(12))})
			}
		}
	}
	return c
}

// does has machine and model carry out an act.
func (g *buyer) does(c *machine.Purchase) {
	g.t.Helper()
	g.acts = append(g.acts, c)
	ref, lines := c.Order.Reference, map[ledger.SKU]ledger.Qty(nil)
	for _, l := range c.Order.Lines {
		if lines == nil {
			lines = map[ledger.SKU]ledger.Qty{}
		}
		lines[l.SKU] = l.Qty
	}
	b := g.buys[ref]
	if b == nil {
		b = &modelBuy{qty: map[ledger.SKU]ledger.Qty{}, came: map[ledger.SKU]ledger.Qty{}, short: map[ledger.SKU]ledger.Qty{}}
	}
	was := b.state
	allowed := b.does(c.Act, lines)
	if res := g.apply(c); (res.Err == nil) != allowed {
		g.t.Fatalf("%s %s of %v, which is %q: got %v, the model allows it: %t", c.Act, ref, lines, was, res.Err, allowed)
	}
	if allowed {
		g.buys[ref] = b
	}
}

// agree holds each purchase order against the model.
func (g *buyer) agree() {
	g.t.Helper()
	for ref, b := range g.buys {
		d, ok := g.m.Delivery(ref)
		if !ok || d.Order.State.String() != b.state {
			g.t.Fatalf("%s: got %+v, the model says %s", ref, d, b.state)
		}
		lines := map[ledger.SKU]*machine.DueLine{}
		for i := range d.Lines {
			l := &d.Lines[i]
			lines[l.SKU] = l
			if l.Came+l.Short+l.Left() != l.Qty+l.Over() {
				g.t.Fatalf("%s: %d came + %d short + %d left of %s is not %d ordered + %d over", ref, l.Came, l.Short, l.Left(), l.SKU, l.Qty, l.Over())
			}
		}
		for _, sku := range boughtSKUs {
			l := lines[sku]
			if l == nil {
				l = &machine.DueLine{}
			}
			due := d.Left(sku) // what is due in, and may be promised
			if l.Qty != b.qty[sku] || l.Came != b.came[sku] || l.Short != b.short[sku] || l.Left() != b.left(sku) || due != 0 && (due != l.Left() || b.state != "sent" && b.state != "partly_received") {
				g.t.Fatalf("%s, %s: got %+v with %d due, the model has %d ordered, %d came, %d short", ref, sku, *l, due, b.qty[sku], b.came[sku], b.short[sku])
			}
		}
	}
}

// TestPurchaseOrdersAgreeWithTheirModel: whatever people and lorries do, in whatever order and however often, every unit that was ordered has
// come, will not come or is due, and every unit that came counts once.
func TestPurchaseOrdersAgreeWithTheirModel(t *testing.T) {
	seeds := uint64(30)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		g := &buyer{bench: due(t), rnd: rand.New(rand.NewPCG(seed, 7)), buys: map[string]*modelBuy{}}
		for range 120 {
			g.step()
			g.agree()
		}
		g.talk("hull")
		if on, _ := g.m.Stock("hull", "TAP-22"); g.rnd.IntN(2) == 0 && on != nil {
			g.restarts()
		}
		sum := ledger.Qty(0)
		for _, sku := range boughtSKUs {
			if s, ok := g.m.Stock("hull", sku); ok {
				sum += s.Level.OnHand()
			}
		}
		if sum != g.took {
			t.Fatalf("seed %d: %d lie at the site, %d came", seed, sum, g.took)
		}
	}
}
