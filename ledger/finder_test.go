// White box: what a finder finds does not depend on how its pages were filled, which nobody sees from outside.
package ledger

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A finder finds what looking through every text finds, whatever was put on its pages, in whatever order, and however little or much
// is asked for.
func TestAFinderFindsWhatLookingThroughEveryTextFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	word := func() string {
		b := make([]byte, r.IntN(7))
		for i := range b {
			b[i] = "ab1\n "[r.IntN(5)]
		}
		return string(b)
	}
	var f finder
	all := map[string]string{}
	for round := range 60 {
		fresh := map[string]string{}
		for range 1 + r.IntN(200) {
			fresh[fmt.Sprintf("N%03d", r.IntN(800))] = word() + word()
		}
		maps.Copy(all, fresh)
		var put []findText
		for _, name := range slices.Sorted(maps.Keys(fresh)) {
			put = append(put, findText{name, fresh[name]})
		}
		f = f.with(put)
		for range 40 {
			q, after, limit := word(), fmt.Sprintf("N%03d", r.IntN(900)-50), 1+r.IntN(30)
			var got, want []string
			f.find(q, after, func(name string) bool { got = append(got, name); return len(got) < limit })
			for _, name := range slices.Sorted(maps.Keys(all)) {
				if name > after && len(want) < limit && strings.Contains(all[name], q) {
					want = append(want, name)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("round %d: %d of %q behind %s: got %v, want %v", round, limit, q, after, got, want)
			}
		}
	}
	for _, p := range f.pages {
		if n := len(p.ends); n == 0 || n > findPageMost {
			t.Errorf("a page has %d texts, want 1 to %d", n, findPageMost)
		}
	}
}

// One text more costs a page, not the catalogue.
func TestAFinderHasAllButOnePageInCommonWithTheNext(t *testing.T) {
	var all []findText
	for i := range 10_000 {
		all = append(all, findText{fmt.Sprintf("N%05d", i), "copper elbow"})
	}
	f := finder{}.with(all)
	next := f.with([]findText{{"N05000X", "brass elbow"}})
	same := 0
	for _, p := range next.pages {
		if slices.Contains(f.pages, p) {
			same++
		}
	}
	if same != len(f.pages)-1 {
		t.Errorf("%d of %d pages are in common, want all but one", same, len(f.pages))
	}
}
