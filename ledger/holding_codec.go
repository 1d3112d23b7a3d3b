package ledger

import "math"

// marshalHoldings gives what a site holds of others as one value.
func marshalHoldings(list []Holding) []byte {
	w := rowWriter{}
	w.row(func() {
		w.uint(1)
		w.list(len(list), func(i int) {
			h := &list[i]
			w.row(func() {
				w.str(string(h.Site))
				w.str(string(h.SKU))
				w.int(int64(h.Qty))
				w.keep()
			})
		})
	})
	return w.buf
}

func unmarshalHoldings(b []byte) (out []Holding, err error) {
	r := newRowReader(b, math.MaxInt32, nil) // as many as there are SKUs
	r.row(1, func() {
		r.uint() // version
		r.list(math.MaxInt32, func(n int) {
			for range n {
				r.row(3, func() { out = append(out, Holding{Site: SiteID(r.str()), SKU: SKU(r.str()), Qty: Qty(r.int())}) })
				if r.err != nil {
					return
				}
			}
		})
	})
	if err := r.done("holdings"); err != nil {
		return nil, err
	}
	return out, nil
}
