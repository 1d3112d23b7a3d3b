package office_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A fault is one that a hand could slip into the machine, and the storm that finds it: a pattern of -test.run.
type fault struct {
	storm string
	edits []edit
}

// An edit is a text of a source of the machine's, and what stands there instead while the fault is
// chosen. Old is whole statements or a whole condition, or else new says by the word PLANTED what the
// choice changes.
type edit struct{ file, old, new string }

// ledgerRoom is where the ledger is, seen from the machine: the file of a fault, or of a rule that stands in its way, may be there.
const ledgerRoom = "../../ledger/"

// switched is what is planted instead of the old text: what stood there runs wherever the fault is not chosen.
func (e edit) switched(name string) string {
	chosen := fmt.Sprintf("planted(%q)", name)
	if strings.Contains(e.new, "PLANTED") {
		return strings.ReplaceAll(e.new, "PLANTED", chosen)
	}
	if x, err := parser.ParseExpr(e.old); err == nil {
		if _, condition := x.(*ast.BinaryExpr); condition {
			return fmt.Sprintf("(%[1]s && (%[2]s) || !%[1]s && (%[3]s))", chosen, e.new, e.old)
		}
	}
	return fmt.Sprintf("if %s {\n%s\n} else {\n%s\n}\n", chosen, e.new, e.old)
}

// chosenFault names the fault that a binary of plantAll has, in its environment.
const chosenFault = "HOLDFAST_PLANTED"

// chooser is added to the machine, and to the ledger as package ledger: it says which of the faults is chosen. None is where nothing is named.
const chooser = `package machine

import "os"

var plantedFault = os.Getenv("` + chosenFault + `")

func planted(name string) bool { return name == plantedFault }
`

// plantAll builds this package's tests once, on a machine that has every fault, each behind its switch.
func plantAll(t *testing.T, faults map[string]fault) (binary string) {
	t.Helper()
	machine, err := filepath.Abs(filepath.Join("..", "machine"))
	if err != nil {
		t.Fatal(err)
	}
	const inLedger = ledgerRoom + "planted.go"
	dir, texts := t.TempDir(), map[string]string{"planted.go": chooser, inLedger: strings.Replace(chooser, "package machine", "package ledger", 1)}
	for file := range texts {
		if _, err := os.Stat(filepath.Join(machine, file)); err == nil {
			t.Fatalf("%s is there in hq/machine: the file that chooses a fault would stand in its place", file)
		}
	}
	for file, text := range sources(t, machine, faults) {
		texts[file] = text
	}
	replace := map[string]string{}
	for file, text := range texts {
		replace[filepath.Join(machine, file)] = write(t, dir, strings.ReplaceAll(file, "/", "_"), text)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "office.test")
	args := []string{"test", "-c", "-overlay", write(t, dir, "overlay.json", string(overlay)), "-o", binary, "."}
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("the machine with its faults cannot be built: %v\n%s", err, out)
	}
	return binary
}

// sources is every source of the machine's that has a fault, with all of its faults planted.
func sources(t *testing.T, machine string, faults map[string]fault) map[string]string {
	t.Helper()
	type place struct {
		at, end int
		name    string
		text    string
	}
	sound, places := map[string]string{}, map[string][]place{}
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		for _, e := range faults[name].edits {
			if _, ok := sound[e.file]; !ok {
				raw, err := os.ReadFile(filepath.Join(machine, e.file))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				sound[e.file] = string(raw)
			}
			if n := strings.Count(sound[e.file], e.old); n != 1 {
				t.Errorf("%s: its place in hq/machine/%s is there %d times, want once: write down what stands there now, or a fault of the same kind\n%s", name, e.file, n, e.old)
				continue
			}
			at := strings.Index(sound[e.file], e.old)
			places[e.file] = append(places[e.file], place{at, at + len(e.old), name, e.switched(name)})
		}
	}
	planted := map[string]string{}
	for file, in := range places {
		slices.SortFunc(in, func(a, b place) int { return a.at - b.at })
		var out strings.Builder
		from := 0
		for i, p := range in {
			if p.at < from {
				t.Fatalf("hq/machine/%s: %q and %q have one place: the one's old text has to leave out the other's", file, in[i-1].name, p.name)
			}
			out.WriteString(sound[file][from:p.at] + p.text)
			from = p.end
		}
		planted[file] = out.String() + sound[file][from:]
	}
	if t.Failed() {
		t.FailNow()
	}
	return planted
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// runPlanted runs a storm on the machine with the named fault, or with none.
func runPlanted(t *testing.T, binary, name, storm string, flags ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"-test.run", storm}, flags...)...)
	cmd.Env = append(os.Environ(), chosenFault+"="+name)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
