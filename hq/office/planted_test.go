package office_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// plants are faults that a hand could slip into the machine. Each is a text of its source and
// what stands there instead.
var plants = map[string]struct{ file, old, new string }{
	"what is lent is both tied and held":                    {"ask.go", "stock.Held -= l.Qty\n", ""},
	"a late yes holds for an ask that is over":              {"ask.go", "id.Epoch != site.Epoch || id.Seq <= site.Folded", "id.Epoch != site.Epoch"},
	"a plan is committed though less is held":               {"take.go", "rest > stock.Promisable()", "rest < 0"},
	"what is borrowed and not used is kept":                 {"take.go", "m.giveBack(freed, why)", "_ = freed"},
	"what is given back is still held":                      {"take.go", "stock.Held = 0\n", ""},
	"a cancelled order keeps its legs elsewhere":            {"order.go", "for _, site := range sites {", "for _, site := range sites[:0] {"},
	"an owner is not told who fills its order":              {"order.go", "m.note(o, c.Legs, id)", ""},
	"a filled line goes on waiting":                         {"order.go", "			o.Lines[l.Line-1].Fill(l.Qty)\n", ""},
	"a hold stays when its ask is abandoned":                {"fold.go", "f.free(l.Site, l.SKU, l.Qty).Holds -= l.Qty", "_ = l"},
	"what a site took up is held again":                     {"fold.go", "f.m.editStock(leg.Site, leg.SKU).Held -= q // closeAsk has just freed it", ""},
	"what came free at a counter is kept":                   {"fold.go", "f.m.giveBack(over, &f.why)", "_ = over"},
	"a command that was carried out is still counted":       {"fold_obeyed.go", "stock.draw(given.Kind, -l.Qty)\n", ""},
	"a late loan to a closed request is tied to nothing":    {"ask.go", "if !ok {\n		return\n	}\n	for i := range req.Borrowed", "if !ok {\n		req = &Request{Borrowed: []Borrowing{{Site: site, Number: number}}}\n	}\n	for i := range req.Borrowed"},
	"two acts have one id":                                  {"issue.go", "at: at.UnixMilli(), nth: m.counters.Applied,", "at: at.UnixMilli() / 3600_000, nth: m.counters.Applied / 1000,"},
	"a snapshot forgets what is drawn":                      {"machine_codec.go", "number(c, &v.Drawn)", "drawn := v.Drawn / 2\n		number(c, &drawn)"},
	"a site's cancelled order keeps its place in the queue": {"fold.go", "rec.Order, rec.Relearned = *o.Clone(), false\n	return nil", "return nil"},
}

// backPlants are faults about going back in time. run names the storm that finds each.
var backPlants = map[string]struct{ run, file, old, new string }{
	"head office thaws at a hello": {"head_office", "hello.go", "s.SeenAt, s.Parted = c.At, false\n",
		"s.SeenAt, s.Parted = c.At, false\n if s.Frozen == FrozenRestored {\n s.Attested = m.counters.H\n m.flush(s)\n m.attestedAll(m.causeOfCommand(\"hello\", c.At), c.At)\n }\n"},
	"head office thaws before an attest":                  {"head_office", "restored.go", "return s.Frozen == FrozenRestored && s.Attested != m.counters.H && !s.Waived.Done()", "return false"},
	"sites thaw one by one":                               {"head_office", "restored.go", "if m.Awaited(s) {\n			return\n", "if m.Awaited(s) {\n			continue\n"},
	"a new life freezes nothing":                          {"head_office", "restored.go", "s.Frozen, s.Rebuilding, s.Waived = FrozenRestored, false, Signed{}", "s.Rebuilding, s.Waived = false, Signed{}"},
	"a closed epoch is pushed to":                         {"sites", "hello.go", "	case head.Epoch != 0 && head.Epoch < s.Epoch:\n		return judgement{verdict: wire.VerdictClosedEpoch, foreign: true, why", "	case false:\n		return judgement{verdict: wire.VerdictClosedEpoch, foreign: true, why"},
	"a holder is credited under head office's own number": {"head_office,_held", "passed.go", "ID: f.why.derived(0), Kind: ledger.CommandCredit", "ID: f.why.decided(), Kind: ledger.CommandCredit"},
	"a decision does not say which life took it":          {"head_office", "issue.go", "if c.life > 1 || c.later() {", "if c.later() {"},
	"a kept command is given though its entry has come":   {"head_office", "restored.go", "ok && c.ID == id {", "ok && c.ID == id && n > s.Kept {"},
	"what was written off goes back again":                {"given_up", "passed.go", "off := min(l.Qty, max(p.Off, 0))\n		p.Off -= off", "off := ledger.Qty(0)"},
	"an owner is not told of a draw":                      {"holders", "passed.go", "		f.m.issue(site, c)\n", ""},
	"a promise whose command is lost is not sent again":   {"head_office", "reconcile.go", "m.bringAgain(o, site, why, at)", "_ = at"},
	"an owner does not hear of a fill that is forgotten":  {"head_office", "reconcile.go", "m.noteOf(o, site, lines, why.decided())", "_ = lines"},
	"a reservation that is forgotten is not learned":      {"head_office", "learn.go", "return f.relearn(b)", "return nil"},
	"a recall does not go back to the owner":              {"holders", "passed.go", "known && len(back) > 0 &&", "known && len(back) > 1000 &&"},
}

// doubled are rules that hold what a fault breaks as well: the fault is planted with them out of the way, or
// nothing would show that it is one.
var doubled = map[string]edit{
	"what was written off goes back again": {"passed_agree.go", "l.Qty = most\n", "_ = most\n"},
}

// An edit is a text of a source of the machine's, and what stands there instead.
type edit struct{ file, old, new string }

// TestPlantedFaultsAreFound shows that the law of this room bites: the storm is run on machines
// with one fault each, and must fail on every one.
func TestPlantedFaultsAreFound(t *testing.T) {
	guards(t)
	for name, p := range plants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plant(t, []edit{{p.file, p.old, p.new}}, "^TestWhateverHappensNothingIsPromisedTwice$")
		})
	}
	for name, p := range backPlants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edits := []edit{{p.file, p.old, p.new}}
			if also, ok := doubled[name]; ok {
				edits = append(edits, also)
			}
			plant(t, edits, "^TestWhateverGoesBackInTimeNothingIsPromisedTwice$/^"+p.run+"$")
		})
	}
}

// guards skips a test that builds the machine once for each fault, but where they are asked for: .ci/run does, in a step of its own.
func guards(t *testing.T) {
	t.Helper()
	if os.Getenv("HOLDFAST_GUARDS") != "1" && os.Getenv("HOLDFAST_LONG") != "1" {
		t.Skip("builds the machine once for each fault: set HOLDFAST_GUARDS=1")
	}
}

// plant runs a storm on a machine with one fault.
func plant(t *testing.T, edits []edit, run string, flags ...string) {
	t.Helper()
	dir, replace := t.TempDir(), map[string]string{}
	for _, e := range edits {
		source, err := filepath.Abs(filepath.Join("..", "machine", e.file))
		if err != nil {
			t.Fatal(err)
		}
		sound, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(sound), e.old); n != 1 {
			t.Fatalf("%s: the place of the fault is there %d times, want once", e.file, n)
		}
		faulty := filepath.Join(dir, e.file)
		if err := os.WriteFile(faulty, []byte(strings.Replace(string(sound), e.old, e.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[source] = faulty
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"test", "-overlay", list, "-count=1", "-run", run, "."}, flags...)
	out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	switch {
	case err == nil:
		t.Error("the storm did not find the fault")
	case !strings.Contains(string(out), "--- FAIL: TestWhatever"):
		t.Errorf("got %v and %s, want a storm that fails", err, out)
	default:
		found, _, _ := strings.Cut(string(out), "last steps")
		t.Log(strings.TrimSpace(found))
	}
}
