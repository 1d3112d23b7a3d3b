package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func sampleLeast() []ledger.LeastRule {
	return []ledger.LeastRule{{Days: 2}, {Group: "hospital", Days: 10}, {Category: "dairy", Days: 5}, {Category: "dairy", Group: "hospital", Days: 14}, {SKU: "CREAM", Days: 0}, {SKU: "MILK", Group: "hospital", Days: 21}}
}

// Of several rules that fit, the one that names most goes, also where it asks for less.
func TestTheRuleThatNamesMostSaysHowLongGoodsHaveToBeGood(t *testing.T) {
	c := ledger.Company{Least: sampleLeast()}
	for name, want := range map[string]struct {
		sku             ledger.SKU
		category, group string
		days            int
	}{
		"nothing named fits":            {"TAP", "", "", 2},
		"a group":                       {"TAP", "tools", "hospital", 10},
		"a category before everything":  {"MILK", "dairy", "shop", 5},
		"a category of a group":         {"BUTTER", "dairy", "hospital", 14},
		"an article before a category":  {"CREAM", "dairy", "shop", 0},
		"an article before both":        {"CREAM", "dairy", "hospital", 0},
		"an article of a group":         {"MILK", "dairy", "hospital", 21},
		"an article of another's group": {"MILK", "dairy", "", 5},
	} {
		if got := c.LeastDays(want.sku, want.category, want.group); got != want.days {
			t.Errorf("%s: got %d days, want %d", name, got, want.days)
		}
	}
	if got := (&ledger.Company{}).LeastDays("MILK", "dairy", "hospital"); got != 0 {
		t.Errorf("without rules: got %d, want 0", got)
	}
}

func TestRulesOfLeastDaysThatNoBookStoresAreRefused(t *testing.T) {
	long := make([]byte, ledger.CustomerTextMax+1)
	for name, c := range map[string]struct {
		rules []ledger.LeastRule
		want  string
	}{
		"a SKU and a category": {[]ledger.LeastRule{{SKU: "MILK", Category: "dairy"}}, "line 1: category stands beside a SKU: a rule is for one or the other"},
		"too many days":        {[]ledger.LeastRule{{Days: ledger.LeastDaysMax + 1}}, "line 1: days is not 0 to 36500"},
		"fewer than none":      {[]ledger.LeastRule{{Days: -1}}, "line 1: days is not 0 to 36500"},
		"a long category":      {[]ledger.LeastRule{{Category: string(long)}}, "line 1: category is longer than 64 bytes"},
		"a long group":         {[]ledger.LeastRule{{Group: string(long)}}, "line 1: group is longer than 200 bytes"},
		"one twice":            {[]ledger.LeastRule{{Days: 1}, {Days: 2}}, "line 2: rules is for the same goods and customers as another one: there can be one number of days"},
		"too many":             {make([]ledger.LeastRule, ledger.LeastRulesMax+1), "rules are more than 200: name categories in the place of articles"},
	} {
		err := ledger.CheckLeastRules(c.rules)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	if err := ledger.CheckLeastRules(sampleLeast()); err != nil {
		t.Error(err)
	}
}

// A whole company's worth of rules, at their longest, is read again.
func TestAsManyRulesOfLeastDaysAsThereMayBeAreReadAgain(t *testing.T) {
	c := sampleCompany()
	for i := range ledger.LeastRulesMax {
		c.Least = append(c.Least, ledger.LeastRule{Group: string(rune('A'+i/26)) + string(rune('a'+i%26)), Days: i})
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	back, err := ledger.UnmarshalCompany(ledger.MarshalCompany(c))
	if err != nil || len(back.Least) != ledger.LeastRulesMax || back.Least[37] != c.Least[37] {
		t.Errorf("got %v and %d rules", err, len(back.Least))
	}
}
