package policy

import (
	"container/heap"

	"github.com/holdfast-stock/holdfast/ledger"
)

// AdvanceByOnesForTest is Advance where there is less than is wanted, with each unit handed out by itself: what Advance must come
// to. ok says that there is less.
func AdvanceByOnesForTest(p Pool, s Settings) (out []Wish, ok bool) {
	a := plan{sku: p.SKU}
	table := tableOf(s.ChancePercent)
	free := a.warehouses(p, Kept(p.Own, s))
	below := a.counters(p, s, table)
	short := -free
	for _, c := range below.all {
		short += c.target - c.has
	}
	if short <= 0 {
		return nil, false
	}
	for ; free > 0; free-- {
		c := &below.all[0]
		a.raise(c, 1)
		if c.has++; c.has >= c.target {
			heap.Pop(below)
		} else {
			heap.Fix(below, 0)
		}
	}
	a.recall(short)
	return a.wishes(), true
}

// StaysForTest is for how many units a counter that has so many stays as likely as it is, and which orders its next unit is for
// with each number.
func StaysForTest(asked Asked, has, target ledger.Qty) (n ledger.Qty, next func(has ledger.Qty) ledger.Qty) {
	w := waiting{asked: asked, has: has, target: target}
	return w.stays(), func(has ledger.Qty) ledger.Qty { return (&waiting{asked: asked, has: has}).next() }
}
