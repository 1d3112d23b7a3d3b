package ledger

// tallyFew is the number of SKUs up to which looking through a list beats a map.
const tallyFew = 16

// A tally adds up quantities by SKU. An order of a few lines needs no memory for it. The zero
// tally is empty.
type tally struct {
	few  [tallyFew]skuSum
	n    int
	many map[SKU]Qty // in place of few once there are more
}

type skuSum struct {
	sku SKU
	sum Qty
}

func (t *tally) of(sku SKU) Qty {
	if t.many != nil {
		return t.many[sku]
	}
	for i := range t.few[:t.n] {
		if t.few[i].sku == sku {
			return t.few[i].sum
		}
	}
	return 0
}

func (t *tally) add(sku SKU, q Qty) {
	if t.many != nil {
		t.many[sku] += q
		return
	}
	for i := range t.few[:t.n] {
		if t.few[i].sku == sku {
			t.few[i].sum += q
			return
		}
	}
	if t.n < tallyFew {
		t.few[t.n] = skuSum{sku, q}
		t.n++
		return
	}
	t.many = make(map[SKU]Qty, 4*tallyFew)
	for _, s := range t.few {
		t.many[s.sku] = s.sum
	}
	t.many[sku] = q
}
