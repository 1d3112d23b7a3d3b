package bench

import (
	"fmt"
	"math/rand/v2"
)

// A Line is one line of an order that a till places.
type Line struct {
	SKU string
	Qty int64
}

// Orders are drawn and written before anything is measured, so that the load costs little of the
// machine that it shares with the node. Clients go through them in rounds, each from a place of its
// own; what makes an order a new one is its key.
type Orders struct {
	bodies [][]byte
	lines  [][]Line
}

const (
	qtyMost     = 3       // units of a line, at most
	picksMax    = 1000    // draws for one order, so that few SKUs cannot stop it
	linesInPool = 196_608 // of all orders together, about; 65,536 orders of three lines
	ordersLeast = 256
	ordersMost  = 65_536
)

// NewOrders draws orders of that many lines, each of another SKU.
func NewOrders(seed uint64, lines int, pick func(r *rand.Rand) string) *Orders {
	return NewOrdersOf(seed, lines, lines, pick)
}

// NewOrdersOf draws orders of least to most lines, each of another SKU; any number is as likely as another.
func NewOrdersOf(seed uint64, least, most int, pick func(r *rand.Rand) string) *Orders {
	r := rand.New(rand.NewPCG(seed, 1))
	o := &Orders{}
	for range min(max(2*linesInPool/(least+most), ordersLeast), ordersMost) {
		lines := least
		if most > least {
			lines += r.IntN(most - least + 1)
		}
		var drawn []Line
		body := []byte(`{"lines":[`)
		for draws := 0; len(drawn) < lines && draws < picksMax*lines; draws++ {
			sku := pick(r)
			if named(drawn, sku) {
				continue
			}
			if len(drawn) > 0 {
				body = append(body, ',')
			}
			l := Line{SKU: sku, Qty: 1 + r.Int64N(qtyMost)}
			body = fmt.Appendf(body, `{"sku":%q,"qty":%d}`, l.SKU, l.Qty)
			drawn = append(drawn, l)
		}
		o.bodies, o.lines = append(o.bodies, append(body, "]}"...)), append(o.lines, drawn)
	}
	return o
}

func named(lines []Line, sku string) bool {
	for i := range lines {
		if lines[i].SKU == sku {
			return true
		}
	}
	return false
}

// order gives the nth order of a client.
func (o *Orders) order(client int, n uint64) (body []byte, lines []Line) {
	const apart = 7919 // a prime: clients do not walk in step
	at := (uint64(client)*apart + n) % uint64(len(o.bodies))
	return o.bodies[at], o.lines[at]
}
