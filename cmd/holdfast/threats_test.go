package main_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rows gives the cells of a page's tables, but for their heads.
func rows(t *testing.T, page string) (out [][]string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", page))
	if err != nil {
		t.Fatal(err)
	}
	head := true
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		cells, ok := strings.CutPrefix(line, "| ")
		switch {
		case strings.HasPrefix(line, "|---"):
			head = false
		case !ok:
			head = true
		case !head:
			out = append(out, strings.Split(strings.TrimSuffix(cells, " |"), " | "))
		}
	}
	return out
}

// What the threat model says is shown by a test is: one that is there. A line that names none shows nothing.
func TestEachDefenceHasItsTest(t *testing.T) {
	house, err := readHouse(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, s := range house {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.test && f.Recv == nil {
				there[f.Name.Name] = true
			}
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	lines := rows(t, "THREATS.md")
	if len(lines) < 15 {
		t.Fatalf("got %d lines, want the table", len(lines))
	}
	for _, cells := range lines {
		tests := named.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 3 || len(tests) == 0 {
			t.Errorf("%q: got %d cells and %d tests, want against whom, what holds, and what shows it", cells[0], len(cells), len(tests))
		}
		for _, m := range tests {
			if !there[m[1]] {
				t.Errorf("%q is shown by %s, and there is no such test", cells[0], m[1])
			}
		}
	}
}

// Whoever takes a library in says what for and why this one.
func TestEachDependencyIsArgued(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var needed, argued []string
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) == 2 && strings.HasPrefix(line, "\t") {
			needed = append(needed, f[0])
		}
	}
	for _, cells := range rows(t, "DEPENDENCIES.md") {
		if len(cells) != 4 || cells[1] == "" || cells[2] == "" || cells[3] != "yes" && cells[3] != "tests" {
			t.Errorf("%q: want the module, what for, why this one, and where it ends up", cells)
		}
		argued = append(argued, strings.Trim(cells[0], "`"))
	}
	slices.Sort(needed)
	if len(needed) < 10 || !slices.Equal(needed, argued) {
		t.Errorf("go.mod needs %v, and argued for are %v, in ascending order", needed, argued)
	}
}
