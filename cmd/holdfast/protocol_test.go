package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// protocolOwed lists the numbers of the tests that the protocol owes, each for a way in which a naive
// design sells twice or loses a sale: 1 to 27 and 29 to 35. 28 comes with tills.
func protocolOwed() []int {
	var owed []int
	for n := 1; n <= 35; n++ {
		if n != 28 {
			owed = append(owed, n)
		}
	}
	return owed
}

const protocolRule = "each test that the protocol owes is there once, as TestProtocol, its number in two digits and its rule in words"

// checkProtocol holds that there is one test for each number owed, and none for another.
func checkProtocol(house []goFile) []fault {
	var faults []fault
	where := map[int][]string{}
	for _, s := range house {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !s.test {
				continue
			}
			after, numbered := strings.CutPrefix(f.Name.Name, "TestProtocol")
			if !numbered {
				continue
			}
			at := fmt.Sprintf("%s:%d", s.path, s.fset.Position(f.Pos()).Line)
			n, ok := protocolNumber(after)
			if !ok || !slices.Contains(protocolOwed(), n) {
				faults = append(faults, fault{at, f.Name.Name + " has no number that is owed", protocolRule})
				continue
			}
			where[n] = append(where[n], at)
		}
	}
	var missing []string
	for _, n := range protocolOwed() {
		switch at := where[n]; len(at) {
		case 0:
			missing = append(missing, strconv.Itoa(n))
		case 1:
		default:
			faults = append(faults, fault{strings.Join(at, ", "), fmt.Sprintf("test %d is there %d times", n, len(at)), protocolRule})
		}
	}
	if len(missing) > 0 {
		faults = append(faults, fault{"the house", "has no test " + strings.Join(missing, ", "), protocolRule})
	}
	return faults
}

// protocolNumber reads the two digits behind TestProtocol: words that begin with a capital must follow.
func protocolNumber(s string) (n int, ok bool) {
	if len(s) < 3 || s[2] < 'A' || s[2] > 'Z' {
		return 0, false
	}
	u, err := strconv.ParseUint(s[:2], 10, 8)
	return int(u), err == nil
}

func TestEveryRuleOfTheProtocolHasItsTest(t *testing.T) { reportFaults(t, checkProtocol(house(t))) }

func TestTheRulesOfTheProtocolAreCountedRight(t *testing.T) {
	whole := func(also string, but ...int) string {
		var b strings.Builder
		b.WriteString("package hq_test\n")
		for _, n := range protocolOwed() {
			if !slices.Contains(but, n) {
				fmt.Fprintf(&b, "func TestProtocol%02dIsKept() {}\n", n)
			}
		}
		return b.String() + also
	}
	behind := func(n int) string { return fmt.Sprintf("hq/a_test.go:%d", len(protocolOwed())+n) } // of all that are owed
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"all are there":              {"hq/a_test.go", whole(""), nil},
		"some are not":               {"hq/a_test.go", whole("", 3, 29), []string{"the house: has no test 3, 29"}},
		"one is there twice":         {"hq/a_test.go", whole("func TestProtocol22IsKeptToo() {}"), []string{"hq/a_test.go:23, " + behind(2) + ": test 22 is there 2 times"}},
		"one is not owed yet":        {"hq/a_test.go", whole("func TestProtocol28ASaleOfATill() {}"), []string{behind(2) + ": TestProtocol28ASaleOfATill has no number that is owed"}},
		"one has a digit only":       {"hq/a_test.go", whole("func TestProtocol5IsKept() {}", 5), []string{behind(1) + ": TestProtocol5IsKept has no number that is owed", "the house: has no test 5"}},
		"one has three digits":       {"hq/a_test.go", whole("func TestProtocol050IsKept() {}"), []string{behind(2) + ": TestProtocol050IsKept has no number that is owed"}},
		"one has no words":           {"hq/a_test.go", whole("func TestProtocol05() {}", 5), []string{behind(1) + ": TestProtocol05 has no number that is owed", "the house: has no test 5"}},
		"what go test does not run":  {"hq/a.go", whole(""), []string{"the house: has no test " + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(protocolOwed())), ", "), "[]")}},
		"a method is no test":        {"hq/a_test.go", whole("func (t table) TestProtocol05IsKept() {}", 5), []string{"the house: has no test 5"}},
		"a test of another thing":    {"hq/a_test.go", whole("func TestAProtocol05IsKept() {}"), nil},
		"a word of the wire's alone": {"hq/a_test.go", whole("func TestProtocolIsSpoken() {}"), []string{behind(2) + ": TestProtocolIsSpoken has no number that is owed"}},
	} {
		t.Run(name, func(t *testing.T) {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Base(c.file), c.text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range checkProtocol([]goFile{{path: c.file, test: strings.HasSuffix(c.file, "_test.go"), file: file, fset: fset}}) {
				got = append(got, f.where+": "+f.wrong)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
