package contract

import (
	"github.com/holdfast-stock/holdfast/ledger"
)

// LeastRule says how long goods that are kept by lot have to be good for yet when a customer gets them.
type LeastRule struct {
	SKU      string `json:"sku,omitempty" jsonschema:"of one article; left out, as category is: of every article"`
	Category string `json:"category,omitempty" jsonschema:"of all articles of a category, instead of sku"`
	Group    string `json:"group,omitempty" jsonschema:"for customers of this group; left out: for everybody"`
	Days     int    `json:"days" jsonschema:"that a lot has to be good for; 0: any number, where a wider rule would ask for some"`
}

// LeastList is all rules, by what they name.
type LeastList struct {
	Version uint64      `json:"version,omitempty" jsonschema:"at head office: of the settings, to be named where something is changed"`
	Rules   []LeastRule `json:"rules" jsonschema:"of several that fit, the one that names most goes: an article before a category, either before a group alone. An account's own least_days goes where it is more"`
}

// ReadLeastRules reads rules from outside, in any order.
func ReadLeastRules(list []LeastRule) ([]ledger.LeastRule, error) {
	out := make([]ledger.LeastRule, len(list))
	for i, r := range list {
		out[i] = ledger.LeastRule{SKU: ledger.SKU(r.SKU), Category: r.Category, Group: r.Group, Days: r.Days}
		for _, t := range []struct{ field, text string }{{"category", r.Category}, {"group", r.Group}} {
			if err := CheckText(t.field, t.text, ledger.CustomerTextMax); err != nil {
				return nil, atLine(err, i)
			}
		}
		if err := out[i].Check(); err != nil {
			return nil, atLine(err, i)
		}
	}
	ledger.SortLeastRules(out)
	return out, ledger.CheckLeastRules(out)
}

// RenderLeastRules answers with rules.
func RenderLeastRules(list []ledger.LeastRule) []LeastRule {
	out := make([]LeastRule, len(list))
	for i, r := range list {
		out[i] = LeastRule{SKU: string(r.SKU), Category: r.Category, Group: r.Group, Days: r.Days}
	}
	return out
}
