package ledger

// nearMax is the number of SKUs up to which an entry finds its levels without the map.
const nearMax = 16

// near is the levels that the request or entry at hand has looked up. It names its SKUs in one
// order when it is split, taken, posted and checked, so the next one wanted is nearly always the
// one behind the last. The zero near is empty.
type near struct {
	rows [nearMax]levelOf
	n    int // of rows
	next int // row that is expected next
}

type levelOf struct {
	sku   SKU
	level *Level
}

// begin forgets what the request or entry before has looked up.
func (n *near) begin() { n.n, n.next = 0, 0 }

// of gives the level of a SKU where it is the one expected; nil says that the map must be asked.
func (n *near) of(sku SKU) *Level {
	if n.next == n.n {
		n.next = 0
	}
	if n.next < n.n && n.rows[n.next].sku == sku {
		n.next++
		return n.rows[n.next-1].level
	}
	return nil
}

// put adds what of did not find.
func (n *near) put(sku SKU, l *Level) {
	if n.n == nearMax {
		return
	}
	n.rows[n.n] = levelOf{sku, l}
	n.n++
	n.next = n.n
}
