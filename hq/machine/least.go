package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// SetLeast says how many days goods that are kept by lot have to be good for yet when customers get them: these rules, and no others from now on.
type SetLeast struct {
	Rules   []ledger.LeastRule // in their rank
	By      string
	Reason  string
	At      time.Time
	Version uint64 // of the settings as By has seen them; 0: not said
}

// LeastCommands is what Build.Commands has to be of every server before a SetLeast is given.
const LeastCommands = int(kindLeast)

func (*SetLeast) kind() kind { return kindLeast }

// apart says whether what sites of older builds pass over stands beside what the hash of their commands is taken over, and whether they are told whose an
// order is and which cartons came.
func (m *Machine) apart() bool { return m.agreed(kindLeast) }

// customerOf is whose an order is, for the sites that serve it.
func (m *Machine) customerOf(o *Order) string {
	if !m.apart() {
		return ""
	}
	return o.Customer
}

// changeLeast is what a change of the history is of.
const changeLeast = "least_days"

func (m *Machine) setLeast(c *SetLeast) Result {
	err := m.atomically(func() error {
		if c.By == "" {
			return &ledger.FormError{Field: "by", Why: "is empty: a setting is changed by somebody"}
		}
		if err := ledger.CheckLeastRules(c.Rules); err != nil {
			return err
		}
		now := m.edited()
		if slices.Equal(now.Least, c.Rules) {
			return nil
		}
		sight := m.sightOf(c.Version)
		if err := m.changedBy(&sight, Change{What: changeLeast, From: TextOfLeast(now.Least), To: TextOfLeast(c.Rules), Set: m.signed(c.By, c.Reason, c.At)}); err != nil {
			return err
		}
		now.Least = c.Rules
		m.company.put(companyKey, now)
		return nil
	})
	if err == nil {
		m.wake = append(m.wake, m.derived.sites...) // they are to hold everywhere soon
	}
	return Result{Err: err, Version: m.counters.Settings.Version}
}

// leastWordsMax bounds the rules that a change names.
const leastWordsMax = 20

// TextOfLeast says rules in a line, for the history.
func TextOfLeast(rules []ledger.LeastRule) string {
	var words []string
	for i := range rules {
		if i == leastWordsMax {
			words = append(words, fmt.Sprintf("and %d more", len(rules)-i))
			break
		}
		r := &rules[i]
		what := "all"
		if r.SKU != "" {
			what = string(r.SKU)
		} else if r.Category != "" {
			what = "category " + r.Category
		}
		if r.Group != "" {
			what += " for " + r.Group
		}
		words = append(words, fmt.Sprintf("%s %d days", what, r.Days))
	}
	return strings.Join(words, "; ")
}

func (c *coder) setLeast(v *SetLeast) {
	c.fields(5, func() {
		c.leastRules(&v.Rules)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
		count(c, &v.Version)
	})
}

func (c *coder) leastRules(p *[]ledger.LeastRule) {
	list(c, p, 2*ledger.LeastRulesMax, func(v *ledger.LeastRule) { foreign(c, v, ledger.MarshalLeastRule, ledger.UnmarshalLeastRule) })
}
