package main_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// redTeam is what somebody who means harm has to be seen to try against running processes, in the words that were agreed on when
// identity, people and trust were. Whoever adds one to the page adds it here.
var redTeam = []string{
	"another site's identity",
	"a replayed join token",
	"an expired, fenced or self-made certificate",
	"a replayed batch and command",
	"a rogue HQ",
	"plain HTTP to every port",
	"each route with each role and without one",
	"PIN guessing over restarts",
	"cross-site posts from a web page",
	"rebinding host names",
	"slow-loris and 10,000 idle connections",
	"a 2 GB body",
	"deep and lying msgpack",
	"path traversal in every name that becomes a file",
	"product names and reasons that are HTML, formulas or terminal escapes",
	"each is logged once, without secrets",
	"the node goes on selling",
}

// siegeRoom is where attacks are written; what they are called there is what a siege prints.
const siegeRoom = "cmd/holdfast/internal/siege/"

// besides are parts of a siege that are no attacks of its list: they go on all the while, before it or after it.
var besides = []string{"guessing", "startFlood", "secretsKept", "loggedOnce", "compare"}

// attacksOf gives what the siege's attacks are called, and which of its functions there are.
func attacksOf(t *testing.T) (attacks []string, functions map[string]bool) {
	t.Helper()
	house, err := readHouse("../..")
	if err != nil {
		t.Fatal(err)
	}
	functions = map[string]bool{}
	for _, s := range house {
		if s.test || !strings.HasPrefix(s.path, siegeRoom) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				functions[n.Name.Name] = true
			case *ast.CompositeLit:
				of, ok := n.Type.(*ast.ArrayType)
				if !ok || !isAttack(of.Elt) {
					return true
				}
				for _, e := range n.Elts {
					attacks = append(attacks, attackNamed(t, e))
				}
			}
			return true
		})
	}
	return attacks, functions
}

func isAttack(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "attack"
}

func attackNamed(t *testing.T, e ast.Expr) string {
	t.Helper()
	if lit, ok := e.(*ast.CompositeLit); ok && len(lit.Elts) == 2 {
		if what, ok := lit.Elts[0].(*ast.BasicLit); ok && what.Kind == token.STRING {
			name, err := strconv.Unquote(what.Value)
			if err != nil {
				t.Fatal(err)
			}
			return name
		}
	}
	t.Fatal("an attack is written otherwise than {\"what is tried\", function}: this test cannot read it")
	return ""
}

// Everything that was to be tried is tried by a siege of running processes, in the words of the threat model's table; and a siege tries
// nothing that does not stand there. TestEachDefenceHasItsTest holds the table's last column to tests that are there.
func TestEachRedTeamLineIsTriedByTheSiege(t *testing.T) {
	attacks, functions := attacksOf(t)
	if len(attacks) < 20 {
		t.Fatalf("read %d attacks of the siege, want all of them: %q", len(attacks), attacks)
	}
	var lines []string
	named := map[string]bool{}
	for _, cells := range rows(t, "THREATS.md") {
		if len(cells) != 3 || !slices.Contains(redTeam, cells[0]) {
			continue
		}
		lines = append(lines, cells[0])
		tries := strings.Split(cells[1], "; ")
		for _, try := range tries {
			switch try = strings.TrimSpace(try); {
			case strings.HasPrefix(try, "`") && strings.HasSuffix(try, "`"):
				if f := strings.Trim(try, "`"); !functions[f] || !slices.Contains(besides, f) {
					t.Errorf("%s: the siege has no part %s", cells[0], try)
				}
				named[try] = true
			case !slices.Contains(attacks, try):
				t.Errorf("%s: the siege makes no attack called %q", cells[0], try)
			default:
				named[try] = true
			}
		}
	}
	if !slices.Equal(lines, redTeam) {
		t.Errorf("THREATS.md has a line for %q, want %q", lines, redTeam)
	}
	for _, a := range attacks {
		if !named[a] {
			t.Errorf("the siege tries %q, and no line of THREATS.md says so", a)
		}
	}
}
