package machine

import (
	"cmp"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// An orderHead is what lists choose orders by, so that they need not unpack every one.
type orderHead struct {
	id      ledger.OrderID
	status  ledger.Status
	takenAt time.Time
}

func (h orderHead) compare(id ledger.OrderID) int { return cmp.Compare(h.id, id) }

// heads are those of all orders, by id, in parts of at most headsPart: one long list would be copied as a whole when
// it is full, while orders wait. Ids sort by the moment they were made, so nearly all new ones come at the
// right-hand end. An order that is known stays known.
type heads struct{ parts [][]orderHead } // none is empty

const headsPart = 512

// find gives the part and the place in it where id is, or would be.
func (h *heads) find(id ledger.OrderID) (part, at int, known bool) {
	if last := len(h.parts) - 1; last >= 0 {
		if p := h.parts[last]; p[len(p)-1].compare(id) < 0 { // most are the newest
			return last, len(p), false
		}
	}
	part, known = slices.BinarySearchFunc(h.parts, id, func(p []orderHead, id ledger.OrderID) int { return p[0].compare(id) })
	if known || part == 0 {
		return part, 0, known
	}
	part--
	at, known = slices.BinarySearchFunc(h.parts[part], id, orderHead.compare)
	return part, at, known
}

// put notes what an order is now, and says whether it is a new one.
func (h *heads) put(o orderHead) (isNew bool) {
	part, at, known := h.find(o.id)
	switch {
	case known:
		h.parts[part][at] = o
		return false
	case len(h.parts) == 0 || at == headsPart && part == len(h.parts)-1:
		h.parts = append(h.parts, append(make([]orderHead, 0, headsPart), o))
		return true
	case len(h.parts[part]) == headsPart:
		whole := h.parts[part]
		right := append(make([]orderHead, 0, headsPart), whole[headsPart/2:]...)
		clear(whole[headsPart/2:]) // or the array would keep them alive
		h.parts[part] = whole[:headsPart/2]
		h.parts = slices.Insert(h.parts, part+1, right)
		if at > headsPart/2 {
			part, at = part+1, at-headsPart/2
		}
	}
	h.parts[part] = slices.Insert(h.parts[part], at, o)
	return true
}

// A headWalk goes through heads.
type headWalk struct {
	heads    *heads
	part, at int // of the next one
}

// behind begins behind an id; "" is before all.
func (h *heads) behind(after ledger.OrderID) headWalk {
	part, at, known := h.find(after)
	if known {
		at++
	}
	return headWalk{h, part, at}
}

// next gives the next head, nil at the end.
func (w *headWalk) next() *orderHead {
	for ; w.part < len(w.heads.parts); w.part, w.at = w.part+1, 0 {
		if p := w.heads.parts[w.part]; w.at < len(p) {
			w.at++
			return &p[w.at-1]
		}
	}
	return nil
}
