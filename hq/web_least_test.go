package hq_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Head office says how long goods have to be good for: sites have it with their next pull, and who set it when is kept.
func TestLeastDaysAreSetAtHeadOfficeAndGoToItsSites(t *testing.T) {
	t.Parallel()
	c, _ := warehouse(t, 1, 10)
	york := c.addSite("york", "counter", 2)
	york.hello()
	why := hq.SignedRequest{Reason: "the ward asked", By: "beth"}
	rules := []contract.LeastRule{{SKU: "MILK", Days: 3}, {Category: "dairy", Group: "hospital", Days: 14}}
	var list contract.LeastList
	for range 2 { // the second time changes nothing
		c.must(200, 0, "PUT", "/v1/policy/least-days", "", hq.LeastRequest{Rules: rules, SignedRequest: why}, &list)
	}
	if len(list.Rules) != 2 || list.Rules[0] != rules[1] || list.Rules[1] != rules[0] {
		t.Errorf("got %+v, want both by what they name", list.Rules)
	}
	for want, in := range map[string]hq.LeastRequest{
		"Line 1: days is not 0 to 36500.":                                                                    {Rules: []contract.LeastRule{{Days: -1}}, SignedRequest: why},
		"Line 1: category stands beside a SKU: a rule is for one or the other.":                              {Rules: []contract.LeastRule{{SKU: "MILK", Category: "dairy"}}, SignedRequest: why},
		"Line 2: rules is for the same goods and customers as another one: there can be one number of days.": {Rules: []contract.LeastRule{{SKU: "MILK"}, {SKU: "MILK", Days: 1}}, SignedRequest: why},
		"rules are more than 200: name categories in the place of articles.":                                 {Rules: make([]contract.LeastRule, ledger.LeastRulesMax+1), SignedRequest: why},
	} {
		if got := c.detail(0, "PUT", "/v1/policy/least-days", in); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	york.company = 1
	reply, err := york.pull(0)
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Company.Least; len(got) != 2 || got[1] != (ledger.LeastRule{SKU: "MILK", Days: 3}) {
		t.Errorf("got %+v, want york to hear both", got)
	}
	if got := c.refusal(0, "PUT", "/v1/policy/least-days", hq.LeastRequest{Rules: []contract.LeastRule{}, Seen: hq.Seen{Version: 1}, SignedRequest: why}); got != "409 changed_since" {
		t.Errorf("got %s of a clerk who has seen an older one", got)
	}
	c.must(200, 0, "PUT", "/v1/policy/least-days", "", hq.LeastRequest{Rules: []contract.LeastRule{}, SignedRequest: why}, &list)
	if len(list.Rules) != 0 {
		t.Errorf("got %+v, want none", list.Rules)
	}
	var history hq.PolicyHistory
	c.must(200, 0, "GET", "/v1/policy/history?limit=2", "", nil, &history)
	if got := history.Changes; got[0].What != "least_days" || got[0].To != "" || got[1].To != "category dairy for hospital 14 days; MILK 3 days" || got[1].By != "beth" {
		t.Errorf("got %+v", got)
	}
}
