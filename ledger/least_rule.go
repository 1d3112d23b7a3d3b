package ledger

import (
	"cmp"
	"fmt"
	"slices"
)

// A LeastRule says how many days goods that are kept by lot have to be good for yet when a customer gets them: of one article, of all of a category, for
// one group of customers, or of what of these it names together. Of several that fit, the one that names most goes: an article before a category, either
// before a group alone.
type LeastRule struct {
	SKU      SKU    // "": of every article
	Category string // of items, instead of SKU; "": of every one
	Group    string // of customers; "": for everybody
	Days     int    // 0 to LeastDaysMax; 0 asks for none, where a wider rule would
}

// LeastRulesMax bounds the rules of a company.
const LeastRulesMax = 200

// Check refuses a rule that no book would store.
func (r *LeastRule) Check() error {
	if r.SKU != "" {
		if _, err := ParseSKU(string(r.SKU)); err != nil {
			return err
		}
	}
	switch {
	case r.SKU != "" && r.Category != "":
		return &FormError{Field: "category", Why: "stands beside a SKU: a rule is for one or the other"}
	case len(r.Category) > CategoryMax:
		return &FormError{Field: "category", Why: fmt.Sprintf("is longer than %d bytes", CategoryMax)}
	case len(r.Group) > CustomerTextMax:
		return &FormError{Field: "group", Why: fmt.Sprintf("is longer than %d bytes", CustomerTextMax)}
	case r.Days < 0 || r.Days > LeastDaysMax:
		return &FormError{Field: "days", Why: fmt.Sprintf("is not 0 to %d", LeastDaysMax)}
	}
	return nil
}

// Compare ranks rules by what they name.
func (r LeastRule) Compare(o LeastRule) int {
	return cmp.Or(cmp.Compare(r.SKU, o.SKU), cmp.Compare(r.Category, o.Category), cmp.Compare(r.Group, o.Group))
}

// CheckLeastRules refuses a list that no book would store: rules in their rank, each once.
func CheckLeastRules(list []LeastRule) error {
	if len(list) > LeastRulesMax {
		return &FormError{Field: "rules", Why: fmt.Sprintf("are more than %d: name categories in the place of articles", LeastRulesMax)}
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			return atLine(err, i)
		}
		if i > 0 && list[i-1].Compare(list[i]) >= 0 {
			return &FormError{Field: "rules", Line: i + 1, Why: "is for the same goods and customers as another one: there can be one number of days"}
		}
	}
	return nil
}

// SortLeastRules puts rules in their rank.
func SortLeastRules(list []LeastRule) { slices.SortFunc(list, LeastRule.Compare) }

// LeastDays is how many days an article of a category has to be good for when a customer of a group gets it: by the rule that names most; 0 where none fits.
func (c *Company) LeastDays(sku SKU, category, group string) (days int) {
	most := -1
	for i := range c.Least {
		r, names := &c.Least[i], 0
		switch {
		case r.SKU != "" && r.SKU != sku, r.Category != "" && r.Category != category, r.Group != "" && r.Group != group:
			continue
		case r.SKU != "":
			names = 4
		case r.Category != "":
			names = 2
		}
		if r.Group != "" {
			names++
		}
		if names > most {
			most, days = names, r.Days
		}
	}
	return days
}

const leastRuleVersion = 1

// MarshalLeastRule gives the bytes of a rule where it stands alone.
func MarshalLeastRule(v *LeastRule) []byte {
	w := rowWriter{}
	w.leastRule(v)
	return w.buf
}

// UnmarshalLeastRule reads what MarshalLeastRule wrote.
func UnmarshalLeastRule(b []byte) (*LeastRule, error) {
	r := newRowReader(b, companyElementsMax, nil)
	v := r.leastRule()
	if err := r.done("rule of least days"); err != nil {
		return nil, err
	}
	return &v, nil
}

func (w *rowWriter) leastRule(v *LeastRule) {
	w.row(func() {
		w.uint(leastRuleVersion)
		w.str(string(v.SKU))
		w.str(v.Category)
		w.str(v.Group)
		w.uint(uint64(v.Days))
	})
}

func (r *rowReader) leastRule() (v LeastRule) {
	r.row(1, func() {
		if r.uint() == 0 {
			r.refuse("rule of least days version 0")
		}
		v.SKU, v.Category, v.Group, v.Days = SKU(r.str()), r.str(), r.str(), int(r.upTo(1<<31-1))
	})
	return v
}
