package machine

import (
	"cmp"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A turn is an order's place among those that wait: the class that is listed first, the most urgent first, then the date by which it is needed, then who
// ordered first, then the id. Head office chooses by it whom it serves; what it comes to stands in commands.
type turn struct {
	firm     bool // all of it was promised once; one that is to be confirmed comes before, whatever its date
	class    int  // its place among the classes
	priority int
	needBy   string // as the order has it: dates and moments in UTC sort as texts; "" comes last
	takenAt  time.Time
	id       ledger.OrderID
}

func (r *ranking) turnOf(o *Order) turn {
	t := turn{firm: o.Status != ledger.StatusUnconfirmed, class: r.rank(o.Class), priority: o.Priority, takenAt: o.TakenAt, id: o.ID}
	if t.firm {
		t.needBy = o.NeedBy
	}
	return t
}

func (t turn) compare(other turn) int {
	if t.firm != other.firm {
		if t.firm {
			return 1
		}
		return -1
	}
	if n := cmp.Or(cmp.Compare(t.class, other.class), cmp.Compare(other.priority, t.priority)); n != 0 {
		return n
	}
	if t.needBy != other.needBy {
		switch {
		case t.needBy == "":
			return 1
		case other.needBy == "":
			return -1
		default:
			return cmp.Compare(t.needBy, other.needBy)
		}
	}
	return cmp.Or(t.takenAt.Compare(other.takenAt), cmp.Compare(t.id, other.id))
}

// unsure says whether some of o is to be confirmed.
func (o *Order) unsure() bool { return o.Status == ledger.StatusUnconfirmed && o.waits() }

func insertTurn(s []turn, t turn) []turn {
	i, ok := slices.BinarySearchFunc(s, t, turn.compare)
	if ok {
		return s
	}
	return slices.Insert(s, i, t)
}

func removeTurn(s []turn, t turn) []turn {
	if i, ok := slices.BinarySearchFunc(s, t, turn.compare); ok {
		return slices.Delete(s, i, i+1)
	}
	return s
}

// queue keeps the queues of SKUs for an order that was old and is now o; nil where there is none. A turn changes
// with the order, where its book tells it anew.
func (d *derived) queue(old, o *Order) {
	if old != nil {
		for sku := range old.waitingSKUs() { // each SKU by itself: the order of a map does not show
			if d.waits[sku] = removeTurn(d.waits[sku], d.turnOf(old)); len(d.waits[sku]) == 0 {
				delete(d.waits, sku)
			}
		}
	}
	if old != nil && old.unsure() {
		d.unsure = removeTurn(d.unsure, d.turnOf(old))
	}
	if o != nil && o.unsure() {
		d.unsure = insertTurn(d.unsure, d.turnOf(o))
	}
	if old != nil && old.unkept() {
		d.unkept = removeTurn(d.unkept, d.turnOf(old))
	}
	if o != nil && o.unkept() {
		d.unkept = insertTurn(d.unkept, d.turnOf(o))
	}
	if o != nil {
		for sku := range o.waitingSKUs() {
			d.waits[sku] = insertTurn(d.waits[sku], d.turnOf(o))
		}
	}
}

// turnsLooked bounds the orders that are looked at for one SKU.
const turnsLooked = 4096

// Waiting picks waiting orders that what is there could serve, in their turn. supply says how much
// of a SKU there is to give at the site only ("": anywhere); an order for one site alone
// counts on no other. may says which orders come into question (nil: all): one that does not takes no other's place.
// For each SKU only as many orders are picked, from the first on, as supply
// may serve, and at most limit in all. An order of a book that has more to tell is not among them.
func (m *Machine) Waiting(supply func(sku ledger.SKU, only ledger.SiteID) ledger.Qty, may func(*Order) bool, limit int) []*Order {
	picked := map[ledger.OrderID]*Order{}
	for sku, turns := range m.derived.waits { // any order: a set is filled, and sorted below
		left := supply(sku, "")
		for i, some := 0, 0; i < min(len(turns), turnsLooked) && some < limit && left > 0; i++ {
			o := m.queued(turns[i])
			if o.Owner != ledger.HQ && !m.told(o.Owner) || may != nil && !may(o) {
				continue
			}
			some++
			have := left
			if o.CollectAt != "" {
				have = min(left, supply(sku, o.CollectAt))
			}
			if have > 0 {
				picked[o.ID] = o
				left -= min(have, o.waitingFor(sku))
			}
		}
	}
	out := make([]*Order, 0, len(picked))
	for _, o := range picked {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b *Order) int { return m.derived.turnOf(a).compare(m.derived.turnOf(b)) })
	return out[:min(limit, len(out))]
}

func (m *Machine) queued(t turn) *Order {
	o, ok := m.orders.Get(t.id)
	if !ok {
		panic("machine: a queue names an order that is not there")
	}
	return o
}

// Wanted says whether an order waits for a SKU here.
func (m *Machine) Wanted(sku ledger.SKU) bool { return len(m.derived.waits[sku]) > 0 }

func (o *Order) waitingFor(sku ledger.SKU) ledger.Qty {
	var sum ledger.Qty
	for i := range o.Lines {
		if o.Lines[i].SKU == sku {
			sum += o.Waiting(i + 1)
		}
	}
	return sum
}
