package hq_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Each step reads as a stock controller would say it.
func TestEveryStepHasItsWords(t *testing.T) {
	until := time.Date(2026, 1, 8, 8, 0, 0, 0, time.UTC)
	taps := []machine.StepLine{{Line: 1, SKU: "TAP-22", Qty: 2}}
	plan := func(d allocate.Decision, lines ...allocate.LineExplanation) machine.Reasons {
		return machine.ReasonsOf(allocate.Explanation{Decision: d, Lines: lines})
	}
	hull := allocate.Decision{Sites: []ledger.SiteID{"hull"}, Visits: 1}
	avoids := allocate.LineExplanation{Line: 1, Chosen: []ledger.Leg{{Site: "hull", Qty: 2}}, Candidates: []allocate.Choice{{Site: "hull", Promisable: 2, Why: "chosen for 2"},
		{Site: "leeds", Why: "avoided until 2026-01-08 08:00: 2 were not found"}}}
	for want, c := range map[string]struct {
		machine.Step
		lost bool
	}{
		"taken by web, served from hull: no other sites were found that have as much":  {machine.Step{What: machine.StepPlaced, Why: "web", Explain: plan(hull)}, false},
		"taken at york, served by nobody: no site that may serve it has what it wants": {machine.Step{What: machine.StepPlaced, Site: "york", Explain: plan(allocate.Decision{Visits: 1})}, false},
		"taken, served as was planned then; why is not kept any more":                  {machine.Step{What: machine.StepPlaced}, false},
		"york lent 2 TAP-22, bath was asked and lent nothing: what head office held did not suffice; others: goole (offline: not heard of yet)": {machine.Step{What: machine.StepBorrowed,
			Lines: []machine.StepLine{{SKU: "TAP-22", Site: "york", Qty: 2}, {Site: "bath"}}, Explain: plan(allocate.Decision{}, allocate.LineExplanation{Line: 1,
				Chosen: []ledger.Leg{{Site: "york", Qty: 2}}, Candidates: []allocate.Choice{{Site: "york"}, {Site: "goole", Why: "offline: not heard of yet"}}})}, false},
		"york lent 2 TAP-22: it came with PO 812, of which it was promised": {machine.Step{What: machine.StepBorrowed, Lines: []machine.StepLine{{SKU: "TAP-22", Site: "york", Qty: 2}},
			Explain: plan(allocate.Decision{}, allocate.LineExplanation{Line: 1, Chosen: []ledger.Leg{{Site: "york", Qty: 2}},
				Candidates: []allocate.Choice{{Site: "york", Why: "chosen: it came with PO 812, of which it was promised"}}})}, false},
		"served from hull: no other sites were found that have as much":                                                                           {machine.Step{What: machine.StepServed, Explain: plan(hull)}, false},
		"sourced again from hull: no other sites were found that have as much; not from leeds (avoided until 2026-01-08 08:00: 2 were not found)": {machine.Step{What: machine.StepServed, Explain: plan(hull, avoids)}, true},
		"leeds did not find 2 TAP-22, 1 of 3 PIPE (by ann); nothing of it is planned from leeds until 2026-01-08 08:00; leeds is asked to count (exceptions 3, 4)": {machine.Step{What: machine.StepShort, Site: "leeds", By: "ann", Until: until,
			Lines: []machine.StepLine{{Line: 1, SKU: "TAP-22", Qty: 2, Exception: 3}, {Line: 2, SKU: "PIPE", Qty: 1, Of: 3, Exception: 4}}}, false},
		"leeds will not serve 2 TAP-22: no staff; nothing of it is planned from leeds until 2026-01-08 08:00; no count is asked for": {machine.Step{What: machine.StepRejected, Site: "leeds", Why: "no staff", Until: until, Lines: taps}, false},
		"leeds could not reserve 2 TAP-22: not_allotted":                                                                 {machine.Step{What: machine.StepRefused, Site: "leeds", Why: "not_allotted", Lines: taps}, false},
		"what leeds had reserved is gone from there: some of it":                                                         {machine.Step{What: machine.StepLost, Site: "leeds"}, false},
		"moved from york to hull: one parcel fewer. It is served from hull: no other sites were found that have as much": {machine.Step{What: machine.StepMoved, Why: "moved from york to hull: one parcel fewer", Explain: plan(hull)}, false},
		"york did not let go of 2 TAP-22: that is not moved":                                                             {machine.Step{What: machine.StepStayed, Site: "york", Lines: taps}, false},
		"goods of PO 812 came to hull, and of them 2 TAP-22, 7 lines more, which it was promised":                        {machine.Step{What: machine.StepCame, Site: "hull", Why: "PO 812", Lines: taps, More: 7}, false},
		"nobody has 2 TAP-22, which nobody had promised: it is declined (exception 5)":                                   {machine.Step{What: machine.StepDeclined, Lines: taps, Exception: 5}, false},
		"no site can serve 2 TAP-22 any more: head office has to decide (exception 6)":                                   {machine.Step{What: machine.StepUnserved, Lines: taps, Exception: 6}, false},
		"cancelled at york (by ann)": {machine.Step{What: machine.StepCanceled, Site: "york", By: "ann"}, false},
		"amended to version 3 (by beth): line 1 from 2 to 1 TAP-22, line 2 (PIPE) given up, line 3 added, 4 BEND, another address": {machine.Step{What: machine.StepAmended, Version: 3, By: "beth", Why: "another address",
			Lines: []machine.StepLine{{Line: 1, SKU: "TAP-22", Qty: 1, Of: 2}, {Line: 2, SKU: "PIPE", Of: 5}, {Line: 3, SKU: "BEND", Qty: 4}}}, false},
		"something that this server's build has no words for": {machine.Step{What: 99}, false},
	} {
		got, err := hq.WordsForTest(c.Step, c.lost)
		if err != nil || got != want {
			t.Errorf("got  %q (%v)\nwant %q", got, err, want)
		}
	}
}

// One call tells the whole story, who is avoided is listed, and somebody lifts it under a name.
func TestAShortPickIsToldListedAndLifted(t *testing.T) {
	c := twoWarehouses(t)
	leeds := c.addSite("bath", "warehouse", 0) // the nearest
	leeds.hello()
	leeds.receive("TAP-22", 3)
	leeds.push()
	var o contract.Order
	c.must(201, 0, "POST", "/v1/orders", "k", orderOf("TAP-22", 2), &o)
	leeds.obey(1)
	leeds.decide(&ledger.PickLeg{Meta: ledger.Meta{Actor: "ann"}, Order: o.ID, Lines: []ledger.LegLine{{Line: 1, Qty: 1, Short: 1}}})
	leeds.push()
	var e contract.Explanation
	c.eventually("it is sourced again", func() error {
		e = contract.Explanation{}
		c.must(200, 0, "GET", "/v1/orders/"+string(o.ID)+"/explain", "", nil, &e)
		if len(e.Story) < 3 {
			return fmt.Errorf("got %+v", e.Story)
		}
		return nil
	})
	var what []string
	for _, s := range e.Story {
		what = append(what, s.What)
	}
	if !reflect.DeepEqual(what, []string{"placed", "short", "served"}) || e.Story[0].Decision == nil || e.Story[0].Decision.Sites[0] != "bath" || e.Story[2].Decision.Sites[0] != "hull" {
		t.Fatalf("got %v, %+v; want bath, short, and hull", what, e.Story)
	}
	short := e.Story[1]
	if short.Site != "bath" || short.By != "ann" || short.Until == "" || len(short.Lines) != 1 || short.Lines[0].Of != 2 || short.Lines[0].Exception == 0 {
		t.Errorf("got %+v", short)
	}
	var list hq.AvoidanceList
	c.must(200, 0, "GET", "/v1/avoidances", "", nil, &list)
	if len(list.Avoidances) != 1 || list.Avoidances[0].Site != "bath" || list.Avoidances[0].By != "ann" || list.Avoidances[0].Order != o.ID || c.site("bath").Avoided != 1 {
		t.Fatalf("got %+v, want bath avoided, by whom and why", list)
	}
	for path, want := range map[string]int{"?site=hull": 0, "?sku=SINK": 0, "?site=bath&sku=TAP-22": 1} {
		got := hq.AvoidanceList{}
		if c.must(200, 0, "GET", "/v1/avoidances"+path, "", nil, &got); len(got.Avoidances) != want {
			t.Errorf("%s: got %+v, want %d", path, got, want)
		}
	}
	for in, code := range map[hq.LiftRequest]contract.Code{
		{SignedRequest: hq.SignedRequest{Reason: "x"}, SKU: "SINK"}: contract.CodeNotFound,
		{SKU: "TAP-22"}: contract.CodeBadValue,
	} {
		if status, _, raw := c.answer(0, "POST", "/v1/sites/bath/lift", "", in, nil); status < 400 || !strings.Contains(string(raw), string(code)) {
			t.Errorf("%+v: got %d %s, want %s", in, status, raw, code)
		}
	}
	lift := hq.LiftRequest{SignedRequest: hq.SignedRequest{Reason: "it lay in bin 4", By: "olga"}}
	for range 2 {
		list = hq.AvoidanceList{}
		c.must(200, 0, "POST", "/v1/sites/bath/lift", "", lift, &list)
		if len(list.Avoidances) != 1 || list.Avoidances[0].Lifted == nil || list.Avoidances[0].Lifted.By != "olga" {
			t.Fatalf("got %+v, want who lifted it", list)
		}
	}
	if c.site("bath").Avoided != 0 {
		t.Error("got it avoided still")
	}
	c.must(201, 0, "POST", "/v1/orders", "k-2", orderOf("TAP-22", 1), &o)
	if o.Lines[0].Reserved[0].Site != "bath" {
		t.Errorf("got %+v, want it planned from bath again", o.Lines)
	}
}

// What the table says of reasons is what the call says of them.
func TestReasonsThatAskForNoCountAreSaid(t *testing.T) {
	field, _ := reflect.TypeFor[contract.RejectRequest]().FieldByName("Reason")
	for _, r := range machine.Rejections() {
		if said := strings.Contains(field.Tag.Get("jsonschema"), r.Word); said == r.Counts {
			t.Errorf("%s: said to ask for no count %t, it asks for one %t", r.Word, said, r.Counts)
		}
	}
}
