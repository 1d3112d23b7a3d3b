package main_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fieldsPage is printed by the test below with -update: what people read where a field has a value that cannot be taken.
const fieldsPage = "sync/contract/FIELDS.md"

// A wrong is one statement that refuses a field: where, and in which words. "…" is what varies.
type wrong struct {
	room, file   string
	field, words string
	told         bool // a test says it
}

// says is what people read, without the line that it is about.
func (w *wrong) says() string {
	return strings.ReplaceAll(strings.TrimSpace(w.field+" "+w.words), "\x00", "%")
}

// wrongs finds what refuses a field: every FormError, and every problem of a bad value. One that is made from the arguments of a function is found where that
// is called; one whose words are another error's is refused there.
func wrongs(all []goFile) (found []wrong) {
	for _, s := range all {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			for _, w := range refusedIn(d) {
				w.room, w.file = s.dir(), s.path
				found = append(found, w)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b wrong) int {
		return cmp.Or(strings.Compare(a.room, b.room), strings.Compare(a.says(), b.says()))
	})
	return found
}

// refusedIn looks through one declaration.
func refusedIn(d ast.Node) (found []wrong) {
	makers := map[string]func(*ast.CallExpr) wrong{} // closures that make one of their arguments, by name
	texts := map[string][]string{}                   // what variables are set to
	ast.Inspect(d, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, left := range a.Lhs {
			v, named := left.(*ast.Ident)
			if !named {
				continue
			}
			if f, ok := a.Rhs[i].(*ast.FuncLit); ok {
				if m := makerOf(f); m != nil {
					makers[v.Name] = m
				}
			} else if text := wordsOf(a.Rhs[i]); text != "" {
				texts[v.Name] = append(texts[v.Name], text)
			}
		}
		return true
	})
	ofOne := map[ast.Node]bool{} // refusals about one of several: its name comes before the field
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "named" && len(n.Args) == 1 {
				if form, ok := n.Args[0].(*ast.UnaryExpr); ok {
					ofOne[form.X] = true
				}
			}
			switch f := n.Fun.(type) {
			case *ast.Ident:
				if m := makers[f.Name]; m != nil {
					found = append(found, m(n))
				}
				if f.Name == "New" {
					found = append(found, badValue(n)...)
				}
			case *ast.SelectorExpr:
				if f.Sel.Name == "New" {
					found = append(found, badValue(n)...)
				}
			}
		case *ast.CompositeLit:
			if field, why := formOf(n); why != nil {
				if text := wordsOf(why); text != "" && ofOne[n] {
					found = append(found, wrong{field: "….…." + fieldOf(field), words: text})
				} else if text != "" {
					found = append(found, wrong{field: fieldOf(field), words: text})
				} else if v, ok := why.(*ast.Ident); ok {
					for _, text := range texts[v.Name] {
						found = append(found, wrong{field: fieldOf(field), words: text})
					}
				}
			}
		}
		return true
	})
	return found
}

func badValue(call *ast.CallExpr) []wrong {
	if len(call.Args) == 2 && (nameOf(call.Args[0]) == "CodeBadValue") {
		if text := wordsOf(call.Args[1]); text != "" {
			return []wrong{{words: strings.TrimSuffix(text, ".")}}
		}
	}
	return nil
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// formOf gives the field and the words of a FormError; why is nil for anything else.
func formOf(n ast.Node) (field, why ast.Expr) {
	c, ok := n.(*ast.CompositeLit)
	if !ok || nameOf(c.Type) != "FormError" {
		return nil, nil
	}
	for _, e := range c.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			switch nameOf(kv.Key) {
			case "Field":
				field = kv.Value
			case "Why":
				why = kv.Value
			}
		}
	}
	return field, why
}

// makerOf is for a function that makes a FormError of its arguments: what a call of it says.
func makerOf(f *ast.FuncLit) func(*ast.CallExpr) wrong {
	var params []string
	for _, p := range f.Type.Params.List {
		for _, n := range p.Names {
			params = append(params, n.Name)
		}
	}
	var made func(*ast.CallExpr) wrong
	ast.Inspect(f.Body, func(n ast.Node) bool {
		field, why := formOf(n)
		if why == nil || wordsOf(why) != "" {
			return true
		}
		from, sprintf := nameOf(why), false
		if c, ok := why.(*ast.CallExpr); ok && nameOf(c.Fun) == "Sprintf" {
			from, sprintf = nameOf(c.Args[0]), true
		}
		at, fieldAt := slices.Index(params, from), slices.Index(params, nameOf(field))
		if at < 0 {
			return true
		}
		made = func(call *ast.CallExpr) wrong {
			w := wrong{field: fieldOf(field), words: wordsOf(call.Args[at])}
			if sprintf {
				w.words = varied(w.words)
			}
			if fieldAt >= 0 {
				w.field = fieldOf(call.Args[fieldAt])
			}
			if w.words == "" {
				w.words = "…"
			}
			return w
		}
		return true
	})
	return made
}

func varied(text string) string {
	return regexp.MustCompile(`%[-+ #0]*[0-9.]*[a-zA-Z]`).ReplaceAllString(strings.ReplaceAll(text, "%%", "\x00"), "…")
}

func fieldOf(e ast.Expr) string {
	if text := wordsOf(e); text != "" {
		return text
	}
	return "…"
}

// pattern matches what w says, with anything in place of what varies.
func (w *wrong) pattern() *regexp.Regexp {
	parts := strings.Split(w.says(), "…")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	if p := parts[0]; p != "" && p[0] >= 'a' && p[0] <= 'z' { // a sentence may begin with it
		parts[0] = "(?i:" + p[:1] + ")" + p[1:]
	}
	return regexp.MustCompile(`(?:^|[^a-z_.])` + strings.Join(parts, `[^\n]{0,400}?`))
}

// quotes is the texts in tests and scripts.
func quotes(t *testing.T, all []goFile) (found []string) {
	t.Helper()
	for _, s := range all {
		if !s.test || s.path == "cmd/holdfast/fields_test.go" || s.path == "cmd/holdfast/refusals_test.go" {
			continue
		}
		for _, d := range s.file.Decls {
			ast.Inspect(d, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && len(l.Value) > 8 {
					if text, err := strconv.Unquote(l.Value); err == nil {
						found = append(found, strings.ReplaceAll(text, `\"`, `"`))
					}
				}
				return true
			})
		}
	}
	scripts, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("got %d scripts (%v)", len(scripts), err)
	}
	for _, name := range scripts {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, strings.ReplaceAll(string(raw), `\"`, `"`))
	}
	return found
}

// tell finds for each of the wrongs a test that says it. Of two that say the same each wants a saying of its own: the first tells of one of them only.
func tell(found []wrong, said []string) {
	taken := map[string]int{}
	for i := range found {
		w := &found[i]
		parts := strings.Split(w.says(), "…")
		longest, p := slices.MaxFunc(parts, func(a, b string) int { return len(a) - len(b) }), w.pattern()
		skip := taken[w.says()]
		for _, q := range said {
			if !strings.Contains(q, longest[min(1, len(longest)):]) {
				continue
			}
			n := len(p.FindAllStringIndex(q, -1))
			if n > skip {
				w.told = true
				break
			}
			skip -= n
		}
		taken[w.says()]++
	}
}

func fieldsText(found []wrong) (page string, untold []string) {
	var b strings.Builder
	b.WriteString("# What a field may not be, and in which words\n\nPrinted by `go test ./cmd/holdfast -run Refusal -update`. \"…\" is what varies. These are the answers of the code `bad_value` " +
		"(400): the field is named in `field`, the words stand in `detail`, with the line before them where there is one. Each is said in a test.\n")
	room := ""
	for i := range found {
		w := &found[i]
		if w.room != room {
			room = w.room
			fmt.Fprintf(&b, "\n## %s\n\n", room)
		}
		if !w.told {
			untold = append(untold, w.room+": "+w.says())
		}
		fmt.Fprintf(&b, "- %s\n", w.says())
	}
	return b.String(), untold
}

// Whoever is refused for a field is told what is wrong with it, and a test says so word by word.
func TestEveryRefusalOfAFieldIsSaidInATest(t *testing.T) {
	all := house(t)
	found := wrongs(all)
	if len(found) < 600 {
		t.Fatalf("got %d refused fields, want all of the house", len(found))
	}
	tell(found, quotes(t, all))
	page, untold := fieldsText(found)
	for _, u := range untold {
		t.Errorf("no test says %q: write one that is refused so, with these words in its own", u)
	}
	name := filepath.Join(moduleRoot(t), filepath.FromSlash(fieldsPage))
	if *update && !t.Failed() {
		if err := os.WriteFile(name, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if was, err := os.ReadFile(name); err != nil || string(was) != page {
		t.Errorf("%s is not what the code says (%v): run this test with -update and read what changed", fieldsPage, err)
	}
}
