package hq_test

import (
	"os"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// The calls by what they need stand in DESIGN.md as the code has them. HOLDFAST_UPDATE=1 puts them there.
func TestWhoMayCallWhatStandsInDesign(t *testing.T) {
	raw, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "<!-- calls -->\n", "<!-- /calls -->\n"
	before, rest, _ := strings.Cut(string(raw), from)
	has, after, ends := strings.Cut(rest, to)
	want := door.Calls(hq.Calls())
	switch {
	case !ends:
		t.Fatal("DESIGN.md has no place for the calls")
	case has == want:
	case os.Getenv("HOLDFAST_UPDATE") != "":
		if err := os.WriteFile("DESIGN.md", []byte(before+from+want+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("DESIGN.md has other calls than hq/web_door.go (HOLDFAST_UPDATE=1 puts them there):\n%s", want)
	}
}
