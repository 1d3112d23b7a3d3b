package ledger_test

import (
	"os"
	"strings"
	"testing"
)

// standsInDesign holds DESIGN.md to a table as the code prints it, between the marks of its name. With -update it is put there.
func standsInDesign(t *testing.T, name, table string) {
	t.Helper()
	raw, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	from, to := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	before, rest, begins := strings.Cut(string(raw), from)
	has, after, ends := strings.Cut(rest, to)
	switch {
	case !begins || !ends:
		t.Fatalf("DESIGN.md has no place for the table of %s", name)
	case has == table:
	case *update:
		if err := os.WriteFile("DESIGN.md", []byte(before+from+table+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("DESIGN.md has another table of %s than the code, which prints\n%s", name, table)
	}
}
