package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Old books have orders whose id is no UUID of version 7. They come after all others in a list, though as text they lie before, between and behind them: of more
// of both than one look takes, page by page, none is missed and none comes twice, whichever way the list goes.
func TestOrdersOfOldIDsAreListedOnceEach(t *testing.T) {
	for name, n := range map[string]int{"few": 7, "as many as a look takes": ledger.LookMax, "more": 2*ledger.LookMax + 3, "more, none of them old": -2*ledger.LookMax - 3} {
		var dirty, older, stamped, named []ledger.OrderID
		for i := range max(n, -n) {
			stamped = append(stamped, ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", i)))
			if n < 0 {
				continue
			}
			named = append(named, ledger.OrderID(fmt.Sprintf("%c1900000-0000-4000-8000-%012x", "0_9a"[i%4], i)))
		}
		for i, id := range append(slices.Clone(stamped), named...) {
			if i%3 != 0 {
				dirty = append(dirty, id)
			}
			if i%3 != 1 {
				older = append(older, id) // some are in both
			}
		}
		slices.Sort(dirty)
		slices.Sort(older)
		slices.Sort(named)
		want := append(slices.Clone(stamped), named...)
		for _, down := range []bool{false, true} {
			if down {
				slices.Reverse(want)
			}
			var got []ledger.OrderID
			for after := ledger.OrderID(""); ; {
				page := ledger.FreshIDs(dirty, older, &ledger.OrderQuery{After: after, Descending: down})
				if len(page) > ledger.LookMax+1 {
					t.Fatalf("%s: got %d at once", name, len(page))
				}
				if len(page) == 0 {
					break
				}
				page = page[:min(len(page), ledger.LookMax)]
				got, after = append(got, page...), page[len(page)-1]
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, down %t: got %d, want each of %d once, in the order of their keys (%s)", name, down, len(got), len(want), strings.Join(strs(got[:min(3, len(got))]), ", "))
			}
		}
	}
}

func strs(ids []ledger.OrderID) (out []string) {
	for _, id := range ids {
		out = append(out, string(id))
	}
	return out
}
