package gs1_test

import (
	"bufio"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// TestVectorsOfRules puts GS1's tests of single values to the rules. Left out by name, with the reason.
func TestVectorsOfRules(t *testing.T) {
	notHeld := map[string]string{
		"couponcode":     "coupons of North America: no act here takes one",
		"couponposoffer": "coupons of North America: no act here takes one",
		"packagetype":    "the list of package types of UN/ECE: no act here looks at one",
	}
	looked := map[string]int{}
	eachVector(t, "linters.jsonl.gz", 4254, func(v vector) (string, string) {
		if why := notHeld[v.Linter]; why != "" {
			return "", v.Linter + ": " + why
		}
		if strings.HasPrefix(v.Linter, "gcppos") && (v.Input == "1234567" || v.Input == "I1234567") {
			return "", v.Linter + ": asks GS1's register of company prefixes, which is not at hand"
		}
		err, known := gs1.Lint(v.Linter, v.Input)
		if !known {
			return "no rule " + v.Linter, ""
		}
		looked[v.Linter]++
		return judged(v, v.Input, err, v.Input), ""
	})
	t.Logf("%d rules looked at", len(looked))
}

// TestTheTableIsTheDictionary reads GS1's dictionary and wants each of its rows in ours.
func TestTheTableIsTheDictionary(t *testing.T) {
	rows := gs1.Rows()
	lines := bufio.NewScanner(dataFile(t, "gs1-syntax-dictionary.txt"))
	n := 0
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		want := rowOf(words)
		if n >= len(rows) || !reflect.DeepEqual(rows[n], want) {
			t.Fatalf("row %d: the table and the dictionary differ; the dictionary has %+v", n+1, want)
		}
		n++
	}
	if n != len(rows) || n < 200 {
		t.Errorf("got %d rows in the table, want the dictionary's %d", len(rows), n)
	}
}

func rowOf(words []string) gs1.Row {
	r := gs1.Row{AI: words[0]}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch {
		case strings.Trim(w, "*?") == "":
			r.Fixed, r.Query = strings.Contains(w, "*"), strings.Contains(w, "?")
		case name == "req":
			r.Needs = append(r.Needs, value)
		case name == "ex":
			r.Bars = value
		case name == "dlpkey":
			r.Primary, r.Follow = true, value
		default:
			r.Form = strings.TrimSpace(r.Form + " " + w)
		}
	}
	return r
}
