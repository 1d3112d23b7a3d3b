package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// An order whose discount is given for a promotion ("promo:SPRING" is its reason) uses that once, however many of its lines have it: a use is an
// asset of head office's, charged by the entry that takes the order. The id of an order is placed once, so is the use counted once, whatever
// repeats, lost answers and lives of the book come. It is freed where the order ends with nothing handed over: cancelled, given up, or declined by head office.

// promotionsMax bounds the promotions of one order.
const promotionsMax = 16

// Promotions lists what the discounts of the order are given for, each once, in the order of the lines. A reason that begins with promo: has to name
// a promotion.
func (o *Order) Promotions() (list []AssetID, err error) {
	note := func(c *Charge, line int) {
		if c == nil || err != nil || !strings.HasPrefix(c.OffWhy, string(AssetPromo)+":") {
			return
		}
		a, bad := ParseAsset(c.OffWhy)
		switch {
		case bad != nil:
			err = &FormError{Field: "discount", Line: line, Why: "has a reason that begins with promo: and names no promotion: give promo:NAME, or other words"}
		case slices.Contains(list, a):
		case len(list) == promotionsMax:
			err = &FormError{Field: "discount", Line: line, Why: "is for one more promotion than one order can use"}
		default:
			list = append(list, a)
		}
	}
	for i := range o.Lines {
		note(o.Lines[i].Charge, i+1)
	}
	for i := range o.Kits {
		note(o.Kits[i].Charge, o.Kits[i].Line)
	}
	return list, err
}

// checkUses refuses uses that no book has given an order.
func (o *Order) checkUses() error {
	if len(o.Uses) > promotionsMax {
		return &FormError{Field: "uses", Why: fmt.Sprintf("are %d; an order has at most %d", len(o.Uses), promotionsMax)}
	}
	for i, a := range o.Uses {
		if _, err := ParseAsset(string(a)); err != nil || a.Kind() != AssetPromo || slices.Contains(o.Uses[:i], a) {
			return &FormError{Field: "uses", Why: fmt.Sprintf("name %.40q, which is no promotion, or one that is named before", a)}
		}
	}
	return nil
}

// used is one use of each promotion of a list: charged, or released again. Late, it has been given.
func (s *State) used(list []AssetID, act AssetAct, late bool) []AssetMove {
	if len(list) == 0 {
		return nil
	}
	moves := make([]AssetMove, len(list))
	for i, a := range list {
		moves[i] = AssetMove{Asset: a, Act: act, Amount: 1}
	}
	return s.assetMoves(moves, late)
}

// unused frees what an order has of promotions where it has ended with nothing handed over.
func (s *State) unused(o *Order) []AssetMove {
	if o.Status != StatusCanceled && o.Status != StatusDeclined {
		return nil
	}
	list := o.Uses
	o.Uses = nil
	return s.used(list, AssetRelease, false)
}

// promote has the body give the promotions of its order, or gives the refusal.
func (d *decision) promote(b *OrderBody, meta Meta) *Outcome {
	list, err := b.Order.Promotions()
	if err != nil {
		return &Outcome{Err: err}
	}
	b.Order.Uses, b.Promotions = list, d.s.used(list, AssetCharge, false)
	for _, v := range b.Promotions {
		if d.s.AssetHeld(v.Asset) < v.Amount {
			b.Promotions = []AssetMove{v}
			out := d.refuse(b, RefusedAssetShort, meta)
			return &out
		}
	}
	return nil
}

// lateUse charges the promotions that an order told late was given with, beyond those that known, the book's own order of that id, has. Nil where
// it has none.
func (s *State) lateUse(told, known *Order) []AssetMove {
	var list []AssetID
	for _, a := range told.Uses {
		if known == nil || !slices.Contains(known.Uses, a) {
			list = append(list, a)
		}
	}
	return s.used(list, AssetCharge, true)
}

func (b *OrderBody) assetMoves() []AssetMove {
	if b.Refusal == RefusedAssetShort {
		return nil // it says which one
	}
	return b.Promotions
}

func (v *ObeyedBody) assetMoves() []AssetMove {
	if v.Tender != nil {
		return v.Tender.assetMoves()
	}
	return v.Promotions
}

func (w *rowWriter) assetMoves(list []AssetMove) {
	w.list(len(list), func(i int) {
		v := &list[i]
		w.row(func() {
			w.str(string(v.Asset))
			w.uint(uint64(v.Act))
			w.int(int64(v.Amount))
			w.int(int64(v.Over))
		})
	})
}

func (r *rowReader) assetMoves() (out []AssetMove) {
	r.list(promotionsMax, func(n int) {
		for range n {
			r.row(3, func() {
				out = append(out, AssetMove{Asset: AssetID(r.str()), Act: AssetAct(r.upTo(255)), Amount: Qty(r.int()), Over: Qty(r.int())})
			})
		}
	})
	return out
}
