package machine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// White-box: which orders are listed is shown outside; here are more of them than a test would place.
func TestOrdersAreListedOnceWhateverOrderTheyCameIn(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		var h heads
		want := map[ledger.OrderID]ledger.Status{}
		for n := range 5000 {
			at := n
			if r.Uint64N(4) < seed {
				at = r.IntN(n + 1) // late, or again
			}
			id, status := numbered(at), ledger.Status(fmt.Sprint(n))
			_, known := want[id]
			if h.put(orderHead{id: id, status: status}) == known {
				t.Fatalf("seed %d: %s: got new %v, want %v", seed, id, known, !known)
			}
			want[id] = status
		}
		var ids []ledger.OrderID
		for id := range want {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, from := range []int{-1, 0, len(ids) / 3, len(ids) - 1} {
			after, rest := ledger.OrderID(""), ids
			if from >= 0 {
				after, rest = ids[from], ids[from+1:]
			}
			w := h.behind(after)
			for head := w.next(); head != nil; head = w.next() {
				if len(rest) == 0 || head.id != rest[0] || head.status != want[head.id] {
					t.Fatalf("seed %d: behind %q: got %s %s, want %v", seed, after, head.id, head.status, rest[:min(1, len(rest))])
				}
				rest = rest[1:]
			}
			if len(rest) != 0 {
				t.Fatalf("seed %d: behind %q: %d are missing", seed, after, len(rest))
			}
		}
	}
}
