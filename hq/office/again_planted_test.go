package office_test

import (
	"os"
	"testing"
)

// movePlants are faults about orders that are amended and moved.
var movePlants = map[string]edit{
	"what a move holds is not counted":                 {"move.go", "			m.editStock(l.Site, l.SKU).Holds += l.Qty\n", "			_ = l\n"},
	"what was let go is not served from elsewhere":     {"move.go", "taken := f.m.unhold(mv, l.Line, n)", "taken := f.m.unhold(mv, l.Line, 0)"},
	"what a move held is served and held":              {"move.go", "		m.editStock(l.Site, l.SKU).Holds -= n\n", ""},
	"a cancelled order keeps what its move holds":      {"order.go", "	m.endMove(o.ID, why)\n", ""},
	"a site that was told keeps what it was to let go": {"move.go", "o.shrink(l.Line, f.site, n, LegCanceled); at >= 0", "at >= 0"},
	"an amendment lets nothing go":                     {"amend.go", "	m.release(o, gone, why)\n", ""},
	"an amended leg goes on counting":                  {"amend.go", "			o.cut(i, n)\n", ""},
}

func TestPlantedFaultsOfMovesAreFound(t *testing.T) {
	guards(t)
	for name, p := range movePlants {
		if p.file != "move.go" && os.Getenv("HOLDFAST_LONG") != "1" {
			continue // those of the move itself in any case: each takes some ten seconds
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plant(t, []edit{p}, "^TestWhateverMovesNobodyHasLess$")
		})
	}
}
