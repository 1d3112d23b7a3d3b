package baddays_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The rows are those of the design's bad days: a row more there wants one here.
const rows = 13

func TestEveryRowOfBadDaysNamesTestsThatExist(t *testing.T) {
	raw, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	exist := testsOfTheHouse(t)
	name, found := regexp.MustCompile("`(Test[A-Za-z0-9]+)`"), 0
	for line := range strings.Lines(string(raw)) {
		for _, m := range name.FindAllStringSubmatch(line, -1) {
			if !slices.Contains(exist, m[1]) {
				t.Errorf("%s is named and is nowhere", m[1])
			}
		}
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| what happened") {
			continue
		}
		found++
		for i, side := range []string{"simulated", "of real processes"} {
			if !name.MatchString(cells[i+2]) {
				t.Errorf("%s: got no test %s, want at least one", strings.TrimSpace(cells[1]), side)
			}
		}
	}
	if found != rows {
		t.Errorf("got %d rows, want %d", found, rows)
	}
}

// testsOfTheHouse lists the tests of every package of this module.
func testsOfTheHouse(t *testing.T) (names []string) {
	t.Helper()
	is := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
	if err := filepath.WalkDir("../../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, m := range is.FindAllSubmatch(raw, -1) {
			names = append(names, string(m[1]))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}
