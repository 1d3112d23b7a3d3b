package machine

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of looking for the delivery that a reference was meant for: it is done in Apply, and holds up whoever waits.
const (
	nearDeliveries = 32 // that are compared, the first of the goods that came
	nearEdits      = 2  // letters that may differ, and at most a quarter of them: "PO 3" is near every other number
	nearBytes      = 64 // of a reference that is compared
)

// nearly tells of goods whose reference fits no delivery, where it differs by a letter or two from that of one which is expected there and still
// brings some of them: a node does not know what is expected, so nobody at goods-in could be told.
func (f *folding) nearly(ref string) {
	plain := plainReference(ref)
	if !f.m.mended() || plain == "" || len(f.m.derived.due.plain[plain]) > 0 {
		return
	}
	best, least, looked := (*Delivery)(nil), min(nearEdits, len(plain)/4)+1, 0
	for i := range f.e.Postings {
		p := &f.e.Postings[i]
		if p.Account.Kind != ledger.Supplier {
			continue
		}
		for _, name := range f.m.derived.due.of[p.SKU] {
			if looked++; looked > nearDeliveries {
				break
			}
			d, known := f.m.deliveries.get(deliveryKey(name))
			if !known || d.Site != f.site || d.left(p.SKU) == 0 {
				continue
			}
			if n := editsBelow(plain, plainReference(name), least); n < least {
				best, least = d, n
			}
		}
	}
	if best != nil {
		f.raise("delivery_nearly", "", "", fmt.Sprintf("goods under reference %s fit no delivery, and %s of %s is expected here with some of the same: if they are of it, say of it what is still to come, "+
			"or the promises on it wait for what is here", ref, best.Reference, best.Supplier))
	}
}

// editsBelow counts the bytes that are to be put in, left out, changed or swapped with their neighbour to make b of a; most where it is not below
// that. It is the machine's own: what Apply does must not change with a hint elsewhere.
func editsBelow(a, b string, most int) int {
	if len(a) > nearBytes || len(b) > nearBytes || len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	var two, one, row [nearBytes + 1]int
	for j := range len(b) + 1 {
		one[j] = j // #nosec G602 -- all three rows are len(b)+1 long
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := one[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, one[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1) // #nosec G602 -- j is 2 at least
			}
		}
		two, one = one, row
	}
	return min(one[len(b)], most)
}
