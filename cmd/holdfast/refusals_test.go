package main_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

var update = flag.Bool("update", false, "write the pages that tests print")

// refusalsPage is printed by the test below with -update. It is for whoever writes a screen or a script: every code, what people read of it, what they
// can do, and a test in which somebody is told so.
const refusalsPage = "sync/contract/REFUSALS.md"

// A said is what the code of the house says with a code: the words beside it, and ways out that fit better than its own.
type said struct {
	words, ways, shown []string
	made, mute         bool // it is answered somewhere; somewhere without words
}

// refusals reads what the house says no with. names gives the codes by the names of their constants.
type refusals struct {
	names map[string]contract.Code
	says  map[contract.Code]*said
}

func (r *refusals) code(e ast.Expr) *said {
	name := ""
	switch e := e.(type) {
	case *ast.Ident:
		name = e.Name
	case *ast.SelectorExpr:
		name = e.Sel.Name
	}
	return r.says[r.names[name]]
}

// wordsOf writes an expression out as far as it is text: what varies is "…". It is "" where nothing of it is text.
func wordsOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return s
		}
	case *ast.BinaryExpr:
		left, right := wordsOf(e.X), wordsOf(e.Y)
		if left+right != "" {
			return join(left, right)
		}
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return regexp.MustCompile(`%[-+ #0]*[0-9.]*[a-zA-Z]`).ReplaceAllString(strings.ReplaceAll(wordsOf(e.Args[0]), "%%", "\x00"), "…")
		}
	}
	return ""
}

func join(left, right string) string {
	if left == "" {
		left = "…"
	}
	if right == "" {
		right = "…"
	}
	return left + right
}

// add takes down words that are said, once.
func add(list []string, words string) []string {
	words = strings.ReplaceAll(words, "\x00", "%")
	if words == "" || slices.Contains(list, words) {
		return list
	}
	return append(list, words)
}

// read looks through one function, or one declaration: what makes a problem, and which way out it is given afterwards.
func (r *refusals) read(n ast.Node) {
	holds := map[string]*said{} // by variable
	made := func(call ast.Expr) *said {
		c, ok := call.(*ast.CallExpr)
		if !ok {
			return nil
		}
		switch f := c.Fun.(type) {
		case *ast.Ident:
			return r.made(f.Name, c.Args)
		case *ast.SelectorExpr:
			return r.made(f.Sel.Name, c.Args)
		}
		return nil
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			made(n)
		case *ast.Ident:
			if s := r.code(n); s != nil {
				s.made = true
			}
		case *ast.CompositeLit: // a row of a table from errors to codes
			var of *said
			for _, e := range n.Elts {
				if s := r.code(e); s != nil {
					of = s
				} else if of != nil {
					of.words = add(of.words, wordsOf(e))
				}
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				right := n.Rhs[min(i, len(n.Rhs)-1)]
				switch left := left.(type) {
				case *ast.Ident:
					if s := made(right); s != nil {
						holds[left.Name] = s
					}
				case *ast.SelectorExpr:
					if v, ok := left.X.(*ast.Ident); ok && left.Sel.Name == "Hint" && holds[v.Name] != nil {
						holds[v.Name].ways = add(holds[v.Name].ways, wordsOf(right))
					}
				}
			}
		}
		return true
	})
}

// made is what a call of New, or of one that makes the problem of one code, says.
func (r *refusals) made(name string, args []ast.Expr) *said {
	var s *said
	switch {
	case len(args) > 1 && r.code(args[0]) != nil: // also of what wraps New
		s, args = r.code(args[0]), args[len(args)-1:]
	case name == "NotFound" && len(args) == 1:
		s = r.says[contract.CodeNotFound]
	case name == "NotSupported" && len(args) == 2:
		s, args = r.says[contract.CodeNotSupported], args[1:]
	}
	if s == nil {
		return nil
	}
	words := wordsOf(args[0])
	if l, ok := args[0].(*ast.BasicLit); ok && l.Value == `""` {
		s.mute = true
	} else if words == "" {
		words = "…"
	}
	s.made, s.words = true, add(s.words, words)
	return s
}

// readRefusals walks the rooms that answer people, and the tests and scripts in which they are answered.
func readRefusals(t *testing.T) *refusals {
	t.Helper()
	all := house(t)
	r := &refusals{names: map[string]contract.Code{}, says: map[contract.Code]*said{}}
	for _, c := range contract.Codes() {
		r.says[c] = &said{}
	}
	for _, s := range all {
		if s.path != "sync/contract/code.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
				if text := wordsOf(v.Values[0]); r.says[contract.Code(text)] != nil {
					r.names[v.Names[0].Name] = contract.Code(text)
				}
			}
			return true
		})
	}
	rank := func(s goFile) int { return slices.Index([]string{"node", "hq", "sync", "cmd", "ledger"}, s.room()) }
	slices.SortStableFunc(all, func(a, b goFile) int { return rank(a) - rank(b) })
	for _, s := range all {
		switch {
		case s.test && s.path != "cmd/holdfast/refusals_test.go":
			r.shownIn(s)
		case !s.test && s.path != "sync/contract/code.go" && (s.room() == "sync" || s.room() == "node" || s.room() == "hq"):
			for _, d := range s.file.Decls {
				r.read(d)
			}
		}
	}
	r.shownByScripts(t)
	return r
}

// shownIn takes down the tests of a file that are told a code.
func (r *refusals) shownIn(s goFile) {
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if told := r.code(n); told != nil {
					told.shown = add(told.shown, "`"+f.Name.Name+"`")
				}
			case *ast.BasicLit:
				r.shownAs(wordsOf(n), "`"+f.Name.Name+"`")
			}
			return true
		})
	}
}

// shownAs takes down who is told the codes that stand in a text. One that is a word of the language must be all of the text.
func (r *refusals) shownAs(text, by string) {
	for _, w := range strings.FieldsFunc(text, func(c rune) bool { return c != '_' && (c < 'a' || c > 'z') }) {
		if s := r.says[contract.Code(w)]; s != nil && (strings.Contains(w, "_") || w == text) {
			s.shown = add(s.shown, by)
		}
	}
}

func (r *refusals) shownByScripts(t *testing.T) {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r.shownAs(string(raw), "`"+filepath.Base(name)+"`")
	}
}

// page prints the refusals. A code's first two tests are enough to find the rest.
func (r *refusals) page() string {
	var b strings.Builder
	b.WriteString("# What is refused, in which words, and what can be done\n\nPrinted by `go test ./cmd/holdfast -run Refusal -update`. \"…\" is what varies. Every answer has the code, the words and the way out " +
		"(`code`, `detail`, `hint`; the way out of a case stands in place of the code's own). What a field may not be (`bad_value`) stands in [FIELDS.md](FIELDS.md).\n")
	for _, c := range slices.Sorted(maps.Keys(r.says)) {
		s, p := r.says[c], contract.New(c, "")
		words := add(nil, p.Detail)
		for _, w := range slices.Sorted(slices.Values(s.words)) {
			words = add(words, w)
		}
		fmt.Fprintf(&b, "\n## %s (%d): %s\n\n", c, p.Status, p.Title)
		if len(words) == 0 {
			words = []string{"…"}
		}
		for _, w := range words {
			fmt.Fprintf(&b, "- says: %s\n", w)
		}
		fmt.Fprintf(&b, "- way out: %s\n", p.Hint)
		for _, w := range slices.Sorted(slices.Values(s.ways)) {
			fmt.Fprintf(&b, "- or: %s\n", w)
		}
		fmt.Fprintf(&b, "- shown by: %s\n", strings.Join(s.shown[:min(2, len(s.shown))], ", "))
	}
	return b.String()
}

// Every refusal has words that say what is so, a way out that there is, a place in the code that gives it, and a test in which somebody is told so.
func TestEveryRefusalHasWordsAWayOutAndATest(t *testing.T) {
	r := readRefusals(t)
	if len(r.names) != len(r.says) {
		t.Errorf("got %d names of %d codes", len(r.names), len(r.says))
	}
	for c, s := range r.says {
		p := contract.New(c, "")
		if p.Title == "" || p.Detail == "" && s.mute {
			t.Errorf("%s says nothing", c)
		}
		if p.Hint == "" {
			t.Errorf("%s says no way out", c)
		}
		if !s.made {
			t.Errorf("%s is answered nowhere", c)
		}
		if len(s.shown) == 0 {
			t.Errorf("%s is told in no test", c)
		}
	}
	page := filepath.Join(moduleRoot(t), filepath.FromSlash(refusalsPage))
	if *update {
		if err := os.WriteFile(page, []byte(r.page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if was, err := os.ReadFile(page); err != nil || string(was) != r.page() {
		t.Errorf("%s is not what the code says (%v): run this test with -update and read what changed", refusalsPage, err)
	}
}

// Nobody at a till or in a warehouse types an address: what is so, and what can be done, is said as people do it. Which calls there are a program finds
// in /openapi.json.
func TestNoRefusalNamesAnAddressOfTheAPI(t *testing.T) {
	address := regexp.MustCompile(`\b(GET|POST|PUT|DELETE|PATCH) /|/v[0-9]+/`)
	for _, name := range []string{refusalsPage, "sync/contract/FIELDS.md"} {
		raw, err := os.ReadFile(filepath.Join(moduleRoot(t), filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(raw), "\n")
		if len(lines) < 500 {
			t.Fatalf("%s: got %d lines, want the refusals", name, len(lines))
		}
		for i, l := range lines {
			if found := address.FindString(l); found != "" && strings.HasPrefix(l, "- ") {
				t.Errorf("%s:%d names an address (%s): say what a person does: %s", name, i+1, found, l)
			}
		}
	}
}
