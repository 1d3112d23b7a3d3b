package machine

import "github.com/holdfast-stock/holdfast/ledger"

// ordersWarm is how many lines and legs the orders that were written last may have together to be
// kept whole, about 6 MB of them: the sites' answers to what was just planned come within seconds.
const ordersWarm = 1 << 15

// packOrder says that an order which waits is whole: planners look at those again and again.
func packOrder() packing[ledger.OrderID, Order] {
	return packing[ledger.OrderID, Order]{
		pack: func(c *coder, _ ledger.OrderID, o *Order) { c.orderRecord(o) },
		unpack: func(b []byte) (*Order, error) {
			o := new(Order)
			return o, read(b, func(c *coder) { c.orderRecord(o) })
		},
		weight:  func(o *Order) int { return 1 + len(o.Lines) + len(o.Legs) },
		hot:     func(o *Order) bool { return o.Wait == ledger.WaitHQ && o.waits() },
		warmMax: ordersWarm,
	}
}

// packAnswer says that answers are packed at once: one is looked at only where a client repeats
// itself.
func packAnswer() packing[digestKey, Answer] {
	return packing[digestKey, Answer]{
		pack: func(c *coder, k digestKey, a *Answer) { c.answer(&answerAt{ledger.Digest([]byte(k)), *a}) },
		unpack: func(b []byte) (*Answer, error) {
			v := &answerAt{}
			return &v.Answer, read(b, func(c *coder) { c.answer(v) })
		},
	}
}
