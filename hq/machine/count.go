package machine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// whatToCount is an exception of a site whose book was made anew: what may have been sold in entries that are lost.
const whatToCount = "to_count"

// adjusted folds that somebody has looked at what lies there. A count of which nothing differs moves nothing, and answers
// what was asked all the same.
func (f *folding) adjusted(b *ledger.AdjustedBody) {
	c := b.Count
	switch {
	case c == nil:
		f.counted("counted")
		return
	case c.Refusal != "":
		return
	}
	skus := make([]ledger.SKU, len(c.Lines))
	for i := range c.Lines {
		skus[i] = c.Lines[i].SKU
	}
	slices.Sort(skus)
	skus = slices.Compact(skus)
	for _, sku := range skus {
		f.countedOf(sku, "counted", c.At)
	}
	for _, e := range f.m.standing(whatToCount, f.site) {
		if e.Seq > c.At {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(e.ToCount), func(sku ledger.SKU) bool {
			_, ok := slices.BinarySearch(skus, sku)
			return ok
		})
		if len(left) == len(e.ToCount) {
			continue
		}
		less := *e
		less.ToCount = left
		if f.m.exceptions.put(keyOfRank(e.ID), &less); len(left) == 0 {
			f.m.resolved(&less, Signed{By: ownerHQ, Reason: "all of it is counted", At: f.push.At})
		}
	}
}

// miscounted tells of an order of the site's own that has lost units to a count: its entry has it wait, and here somebody
// hears of it.
func (f *folding) miscounted(d *ledger.Displaced) {
	if f.e.Kind == ledger.KindCounted {
		f.raise("displaced", d.SKU, d.Order, fmt.Sprintf("%d reserved at %s for line %d of its order are not there, by a count", d.Qty, f.site, d.Line))
	}
}

// toCount asks for a count of what a rebuilt site lists. Which of it is counted is kept once every server can: a server of
// an older build would go on without the list.
func (f *folding) toCount(moved []ledger.SKU) {
	e := Exception{What: whatToCount, Site: f.site, Seq: f.e.Seq, Why: toCount(moved)}
	if f.m.Known() >= ledger.KindCounted {
		e.ToCount = slices.Clone(moved)
	}
	f.m.raise(e, f.push.At)
}

// toCountMax bounds the SKUs that an exception names; an attest may list more (ledger.MovedMax).
const toCountMax = 50

// toCount says what to do with the SKUs that a rebuilt site lists for counting: those that moved last come
// first, and are the likeliest to have been sold in entries that are lost.
func toCount(moved []ledger.SKU) string {
	named := moved[:min(len(moved), toCountMax)]
	words := make([]string, len(named))
	for i, sku := range named {
		words[i] = string(sku)
	}
	rest := ""
	if n := len(moved) - len(named); n > 0 {
		rest = fmt.Sprintf(", then %d more that moved in the day before", n)
	}
	return fmt.Sprintf("the site's book was made anew and may lack its last sales: count by hand %s%s, and close this", strings.Join(words, ", "), rest)
}
