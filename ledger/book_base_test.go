package ledger_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Whatever happens at a site, and wherever its journal is cut into slices: what a trimming leaves to
// begin an audit at is the state that the whole journal gives.
func TestTheBaseIsTheStateWhereverTheJournalIsCut(t *testing.T) {
	t.Parallel()
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(r *rapid.T) {
		w := newWorkshop(r, rapid.Bool().Draw(r, "counter"))
		acts := w.acts()
		acts[""] = func(*rapid.T) {}
		r.Repeat(acts)
		n++
		path := filepath.Join(dir, fmt.Sprint("base", n))
		base, err := ledger.Base(path, w.site, w.frames, func() int { return rapid.IntRange(1, 9).Draw(r, "frames") })
		if err != nil {
			r.Fatalf("got %v, want a base", err)
		}
		if got, want := ledger.Portrait(base), ledger.Portrait(w.aud.State); got != want {
			r.Fatalf("got\n%swant\n%s", got, want)
		}
	})
}
