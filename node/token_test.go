package node

// White-box: a token's file is read before anything can be asked of a node.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestATornTokenIsNone(t *testing.T) {
	drawn := strings.Repeat("a", tokenLen)
	for name, c := range map[string]struct{ stored, want string }{
		"empty":                      {"", ""},
		"half of it":                 {drawn[:20], ""},
		"its length, not its bytes":  {strings.Repeat("\x00", 44), ""},
		"the first page of it":       {drawn[:8] + strings.Repeat("\x00", 36), ""},
		"whole":                      {drawn + "\n", drawn},
		"whole but for the newline":  {drawn, drawn},
		"one that is not of our own": {"abc\n", "abc"},
	} {
		dir, disk := t.TempDir(), testworld.New(1).Disk
		path := filepath.Join(dir, JoinTokenFile)
		if err := os.WriteFile(path, []byte(c.stored), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := joinToken(disk, dir, "")
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: got %q, %v; want %q, and to be told where there is none", name, got, err, c.want)
		}
		if got, err := joinToken(disk, dir, "given"); got != "given" || err != nil {
			t.Errorf("%s, given anew: got %q, %v; want it taken", name, got, err)
		}
		if got, err := joinToken(disk, dir, ""); got != "given" || err != nil {
			t.Errorf("%s, given before: got %q, %v; want it kept", name, got, err)
		}
	}
}

func TestATornOwnerTokenIsDrawnAgain(t *testing.T) {
	w, dir := testworld.New(1), t.TempDir()
	for _, stored := range []string{"", "short\n", strings.Repeat("\x00", 44)} {
		if err := os.WriteFile(filepath.Join(dir, OwnerTokenFile), []byte(stored), 0o600); err != nil {
			t.Fatal(err)
		}
		drawn, err := ownerToken(w.Env(), dir)
		if err != nil || len(drawn) != tokenLen || strings.HasPrefix(drawn, "-") || strings.Contains(drawn, "\x00") {
			t.Errorf("%q: got %q, %v; want a new one", stored, drawn, err)
		}
		if again, err := ownerToken(w.Env(), dir); again != drawn || err != nil {
			t.Errorf("%q: got %q, %v; want %q kept", stored, again, err, drawn)
		}
	}
}
