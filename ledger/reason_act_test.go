package ledger_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func actsOf(t testing.TB, words ...string) ledger.ReasonActs {
	t.Helper()
	acts, err := ledger.ParseReasonActs(words)
	if err != nil {
		t.Fatal(err)
	}
	return acts
}

// sampleActReasons are reasons of which some are for other acts than adjustments.
func sampleActReasons() []ledger.Reason {
	return []ledger.Reason{
		{Code: "broken", Way: ledger.ReasonOut, Acts: 1<<ledger.ReasonAdjust | 1<<ledger.ReasonReturn | 1<<ledger.ReasonInspect},
		{Code: "found", Way: ledger.ReasonIn},
		{Code: "nobody-in", Acts: 1 << ledger.ReasonFailed},
		{Code: "too-small", Text: "it does not fit", Acts: 1 << ledger.ReasonReturn},
		{Code: "wrong-place", Acts: 1 << ledger.ReasonShort},
	}
}

// A reason says for what it is given: nobody writes goods off because they were too small.
func TestAReasonIsGivenForItsActs(t *testing.T) {
	c := &ledger.Company{Reasons: sampleActReasons()}
	for name, v := range map[string]struct {
		act  ledger.ReasonAct
		code string
		want string
	}{
		"an adjustment":                  {ledger.ReasonAdjust, "found", ""},
		"of a reason of several acts":    {ledger.ReasonAdjust, "broken", ""},
		"a return":                       {ledger.ReasonReturn, "too-small", ""},
		"a return, by one of several":    {ledger.ReasonReturn, "broken", ""},
		"a return, by another act's":     {ledger.ReasonReturn, "found", "reason found is not given for goods that come back: give one of broken, too-small"},
		"a return, in somebody's words":  {ledger.ReasonReturn, "she did not like it", `reason is "she did not like it", which is none of the company's: give one of broken, too-small`},
		"a return, and nobody says why":  {ledger.ReasonReturn, "", "reason is missing: this company has goods that come back say why: give one of broken, too-small"},
		"an inspection, by a return's":   {ledger.ReasonInspect, "too-small", "reason too-small is not given for goods that stay blocked or are scrapped: give one of broken"},
		"a short pick":                   {ledger.ReasonShort, "wrong-place", ""},
		"a short pick, and nothing said": {ledger.ReasonShort, "", "reason is missing: this company has goods that a pick did not find say why: give one of wrong-place"},
		"a count, by an old reason":      {ledger.ReasonCount, "found", ""},
		"a count, by an adjustment's":    {ledger.ReasonCount, "broken", "reason broken is not given for a count: give one of found"},
		"a parcel":                       {ledger.ReasonFailed, "nobody-in", ""},
		"a parcel, by a return's":        {ledger.ReasonFailed, "too-small", "reason too-small is not given for a parcel that was not delivered: give one of nobody-in"},
	} {
		got := ""
		r, set, err := c.Reason(v.act, v.code)
		if err != nil {
			got = err.Error()
		} else if !set || r.Code != v.code {
			t.Errorf("%s: got %+v, %v", name, r, set)
		}
		if got != v.want {
			t.Errorf("%s: got %q, want %q", name, got, v.want)
		}
	}
	c.Reasons = c.Reasons[1:2]
	for _, act := range []ledger.ReasonAct{ledger.ReasonReturn, ledger.ReasonInspect, ledger.ReasonShort, ledger.ReasonFailed} {
		if _, set, err := c.Reason(act, "any text"); set || err != nil {
			t.Errorf("%s: got %v, %v of a company that has set none for it; want any text", act, set, err)
		}
	}
}

func TestActsOfReasonsAreReadAsTheyAreSaid(t *testing.T) {
	all := actsOf(t, ledger.ReasonActWords()...)
	if got := all.Words(); !reflect.DeepEqual(got, ledger.ReasonActWords()) {
		t.Errorf("got %v, want %v", got, ledger.ReasonActWords())
	}
	if got := actsOf(t, "count", "adjustment"); got != 0 {
		t.Errorf("got %b, want what every build knows", got)
	}
	for _, word := range []string{"", "other", "sale"} {
		if _, err := ledger.ParseReasonActs([]string{word}); err == nil {
			t.Errorf("%q: got no refusal", word)
		}
	}
	if _, err := ledger.ParseReasonActs([]string{"sale"}); err == nil || err.Error() != `for has "sale", which is no act; it is some of adjustment, count, return, inspection, short_pick, undelivered` {
		t.Errorf("got %v", err)
	}
	for want, r := range map[string]ledger.Reason{
		"": {Code: "x", Acts: 1 << 30, Approve: true}, // a newer build knows what goes with it
		"way is missing: units are found for it (in), are gone for it (out), or both":                                                        {Code: "x", Acts: actsOf(t, "count", "return")},
		"way goes with adjustments and counts only: leave it out":                                                                            {Code: "x", Acts: actsOf(t, "return"), Way: ledger.ReasonIn},
		"for names no adjustment, and only those are approved, or leave goods blocked: name adjustment, too, or leave approve and goods out": {Code: "x", Acts: actsOf(t, "short_pick"), Blocks: true},
	} {
		got := ""
		if err := r.Check(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := (ledger.ReasonActs(1<<30 | 1<<ledger.ReasonReturn)).Words(); !reflect.DeepEqual(got, []string{"return", "other"}) {
		t.Errorf("got %v", got)
	}
}

// A build that knows no acts holds each reason that it reads against adjustments, so it reads those of adjustments and counts only.
func TestAnOlderBuildReadsOnlyReasonsOfAdjustments(t *testing.T) {
	c := sampleCompany()
	c.Reasons = sampleActReasons()
	whole := ledger.MarshalCompany(c)
	older := *c
	older.Reasons = nil
	for _, r := range c.Reasons {
		if r.For(ledger.ReasonAdjust) || r.For(ledger.ReasonCount) {
			older.Reasons = append(older.Reasons, r)
		}
	}
	read := ledger.MarshalCompany(&older)
	if older.Least != nil {
		t.Fatal("the sample has rules behind its reasons")
	}
	// What is behind the reasons of adjustments comes after all that an older build reads: less the length of the row both begin alike.
	if len(older.Reasons) != 2 || string(whole[1:len(read)]) != string(read[1:]) {
		t.Errorf("got\n%x, want it to begin with\n%x", whole, read)
	}
	back, err := ledger.UnmarshalCompany(whole)
	if err != nil || !reflect.DeepEqual(back.Reasons, c.Reasons) {
		t.Errorf("got %+v (%v), want %+v", back.Reasons, err, c.Reasons)
	}
	if err := back.Check(); err != nil {
		t.Error(err)
	}
}

// A picker says why, line by line, of what was not found.
func TestAShortPickSaysWhy(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP 5 bin=A
		deliver o1 TAP 4             => allocated`)
	pick := func(l ledger.LegLine) ledger.Outcome {
		return s.do(&ledger.PickLeg{Order: oid("o1"), Lines: []ledger.LegLine{l}})
	}
	for want, l := range map[string]ledger.LegLine{
		"line 1: reason goes with what was not found (short): all of the line was": {Line: 1, Qty: 4, Why: "not-found"},
		"line 1: reason is longer than 40 bytes":                                   {Line: 1, Short: 4, Why: strings.Repeat("x", 41)},
	} {
		if out := pick(l); out.Err == nil || out.Err.Error() != want {
			t.Errorf("got %v, want %s", out.Err, want)
		}
	}
	out := pick(ledger.LegLine{Line: 1, Qty: 3, Short: 1, Why: "not-found"})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if got := out.Entry.Body.(*ledger.LegBody).Lines[0]; got.Why != "not-found" || got.Short != 1 {
		t.Errorf("got %+v", got)
	}
	s.auditsLots("TAP")
}
