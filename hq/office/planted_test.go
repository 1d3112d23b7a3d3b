package office_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// plants are faults that the storm without disasters finds.
var plants = map[string]edit{
	"what is lent is both tied and held":                 {"ask.go", "stock.Held -= l.Qty\n", ""},
	"a late yes holds for an ask that is over":           {"ask.go", "id.Epoch != site.Epoch || id.Seq <= site.Folded", "id.Epoch != site.Epoch"},
	"a plan is committed though less is held":            {"take.go", "rest > stock.Promisable()", "rest < 0"},
	"what is borrowed and not used is kept":              {"take.go", "m.giveBack(freed, why)", ""},
	"what is given back is still held":                   {"take.go", "stock.Held = 0\n", ""},
	"a cancelled order keeps its legs elsewhere":         {"order.go", "m.issue(site, ledger.HQCommand{ID: id, Kind: ledger.CommandCancel, Order: o.ID, Owner: o.Owner})", ""},
	"an owner is not told who fills its order":           {"order.go", "m.note(o, c.Legs, id, why)", ""},
	"a filled line goes on waiting":                      {"order.go", "			o.Lines[l.Line-1].Fill(l.Qty)\n", ""},
	"a hold stays when its ask is abandoned":             {"fold.go", "f.free(l.Site, l.SKU, l.Qty).Holds -= l.Qty", ""},
	"what a site took up is held again":                  {"fold.go", "f.m.editStock(leg.Site, leg.SKU).Held -= q // closeAsk has just freed it", ""},
	"what came free at a counter is kept":                {"fold.go", "f.m.giveBack(over, &f.why)", ""},
	"a command that was carried out is still counted":    {"fold_obeyed.go", "stock.draw(given.Kind, -l.Qty)\n", ""},
	"a late loan to a closed request is tied to nothing": {"ask.go", "if !ok {\n		return\n	}\n	for i := range req.Borrowed", "if !ok && !PLANTED {\n		return\n	}\n	if !ok {\n		req = &Request{Borrowed: []Borrowing{{Site: site, Number: number}}}\n	}\n	for i := range req.Borrowed"},
	"two acts have one id": {"issue.go", `return &cause{of: of, at: at.UnixMilli(), nth: m.counters.Applied, life: m.counters.H.Counter}`,
		`return &cause{of: of, at: at.UnixMilli() / 3600_000, nth: m.counters.Applied / 1000, life: m.counters.H.Counter}`},
	"a snapshot forgets what is drawn":                      {"machine_codec.go", "number(c, &v.Drawn)", "drawn := v.Drawn / 2\n		number(c, &drawn)"},
	"a site's cancelled order keeps its place in the queue": {"fold.go", "rec.Order, rec.Relearned = *o.Clone(), false\n	return true, nil", "if !PLANTED {\n		rec.Order, rec.Relearned = *o.Clone(), false\n	}\n	return true, nil"},
}

// backPlants are faults about going back in time. run names the storm that finds each.
var backPlants = map[string]struct{ run, file, old, new string }{
	"head office thaws at a hello": {"head_office", "hello.go", "s.SeenAt, s.Parted = c.At, false\n",
		"s.SeenAt, s.Parted = c.At, false\n if s.Frozen == FrozenRestored {\n s.Attested = m.counters.H\n m.flush(s)\n m.attestedAll(m.causeOfCommand(\"hello\", c.At), c.At)\n }\n"},
	"head office thaws before an attest": {"(head_office|head_office,_held|everything|due_in,_bad)", "restored.go", "return s.Frozen == FrozenRestored && s.Attested != m.counters.H && !s.Waived.Done()", "return false"},
	"sites thaw one by one":              {"head_office", "restored.go", "if m.Awaited(s) {\n			return\n		}\n", "if m.Awaited(s) {\n			continue\n		}\n"},
	"a new life freezes nothing":         {"head_office", "restored.go", "s.Frozen, s.Rebuilding, s.Waived = FrozenRestored, false, Signed{}", "s.Rebuilding, s.Waived = false, Signed{}"},
	"a closed epoch is pushed to":        {"sites", "hello.go", "	case head.Epoch != 0 && head.Epoch < s.Epoch:\n		return judgement{verdict: wire.VerdictClosedEpoch, foreign: true, why", "	case !PLANTED && head.Epoch != 0 && head.Epoch < s.Epoch:\n		return judgement{verdict: wire.VerdictClosedEpoch, foreign: true, why"},
	"a holder is credited under head office's own number": {"head_office,_held", "passed.go", "f.m.issue(c.Site, ledger.HQCommand{ID: f.why.derived(0), Kind: ledger.CommandCredit, Owner: f.site, Lines: lines})",
		"f.m.issue(c.Site, ledger.HQCommand{ID: f.why.decided(), Kind: ledger.CommandCredit, Owner: f.site, Lines: lines})"},
	"a decision does not say which life took it":         {"head_office", "issue.go", "c.life > 1 || c.later()", "c.later()"},
	"a kept command is given though its entry has come":  {"head_office", "restored.go", "ok && c.ID == id", "ok && c.ID == id && n > s.Kept"},
	"what was written off goes back again":               {"given_up", "passed.go", "off := min(l.Qty, max(p.Off, 0))\n		p.Off -= off", "off := min(l.Qty, max(p.Off, 0))\n		if PLANTED {\n			off = 0\n		}\n		p.Off -= off"},
	"an owner is not told of a draw":                     {"holders", "passed.go", "		f.m.issue(site, c)\n", ""},
	"a promise whose command is lost is not sent again":  {"head_office", "reconcile.go", "m.bringAgain(o, site, why, at)", ""},
	"an owner does not hear of a fill that is forgotten": {"in_advance,_bad", "reconcile.go", "m.noteOf(o, site, lines, why.decided())", ""},
	"a reservation that is forgotten is not learned":     {"head_office", "learn.go", "return f.relearn(b)", "return nil"},
	"a recall does not go back to the owner":             {"holders", "passed.go", "known && len(back) > 0", "known && len(back) > 1000"},
}

// doubled are rules that hold what a fault breaks as well: the fault is planted with them out of the way, or
// nothing would show that it is one.
var doubled = map[string]edit{
	"what was written off goes back again":        {"passed_agree.go", "l.Qty = most\n", ""},
	"two acts have one id":                        {ledgerRoom + "command.go", "return c.Kind == o.Kind && c.Order == o.Order && c.Return == o.Return", "return PLANTED || c.Kind == o.Kind && c.Order == o.Order && c.Return == o.Return"},
	"a site does not know again what it reserved": {ledgerRoom + "core.go", "ok && !r.Command.sameAs(&b.Command)", "ok && !PLANTED && !r.Command.sameAs(&b.Command)"},
}

// TestPlantedFaultsAreFound shows that the law of this room bites: the storm is run on machines
// with one fault each, and must fail on every one. On a machine with none it must hold.
func TestPlantedFaultsAreFound(t *testing.T) {
	if os.Getenv("HOLDFAST_GUARDS") != "1" && os.Getenv("HOLDFAST_LONG") != "1" {
		t.Skip("builds the machine once more, and runs a storm for each fault: set HOLDFAST_GUARDS=1")
	}
	faults := faults(t)
	binary := plantAll(t, faults)
	storms := map[string]bool{}
	for name, f := range faults {
		storms[f.storm] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := runPlanted(t, binary, name, f.storm)
			switch {
			case err == nil:
				t.Error("the storm did not find the fault")
			case !strings.Contains(out, "--- FAIL: TestWhatever"):
				t.Errorf("got %v and %s, want a storm that fails", err, out)
			default:
				found, _, _ := strings.Cut(out, "last steps")
				t.Log(strings.TrimSpace(found))
			}
		})
	}
	for _, storm := range slices.Sorted(maps.Keys(storms)) {
		t.Run("no fault, "+storm, func(t *testing.T) {
			t.Parallel()
			if out, err := runPlanted(t, binary, "", storm, "-test.short", "-test.v"); err != nil || !strings.Contains(out, "--- PASS: TestWhatever") {
				t.Errorf("got %v and %s, want a storm that runs and holds", err, out)
			}
		})
	}
}

// faults is all of them by name.
func faults(t *testing.T) map[string]fault {
	t.Helper()
	all := map[string]fault{}
	add := func(name, storm string, edits ...edit) {
		if also, ok := doubled[name]; ok {
			edits = append(edits, also)
		}
		if _, twice := all[name]; twice || name == "" {
			t.Fatalf("two faults are called %q, or one has no name", name)
		}
		all[name] = fault{storm, edits}
	}
	for name, e := range plants {
		add(name, "^TestWhateverHappensNothingIsPromisedTwice$", e)
	}
	for name, p := range backPlants {
		add(name, "^TestWhateverGoesBackInTimeNothingIsPromisedTwice$/^"+p.run+"$", edit{p.file, p.old, p.new})
	}
	for name, e := range movePlants {
		add(name, "^TestWhateverMovesNobodyHasLess$", e)
	}
	for name, e := range exchangePlants {
		add(name, "^TestWhateverChangesHandsNobodyHasLess$|^TestWhateverTheOfficeMisjudgesNothingUnfairIsDone$", e)
	}
	for name, e := range rewoundPlants {
		add(name, "^TestWhateverGoesBackInTimeWhileUnitsChangeHands$", e)
	}
	for name, e := range termsPlants {
		add(name, "^TestWhateverIsServedByTermsADayIsGivenOnce$", e)
	}
	return all
}
