package machine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of the settings.
const (
	CoverDaysMax     = 60     // days that an advance may be made for
	ChancePercentMax = 50     // of an advance that does not last
	RulesMax         = 10_000 // rules that stand at one time
	ChangesMax       = 10_000 // changes of settings kept, the latest; all are counted
	presetMax        = 32     // bytes of a preset's name
)

// Settings are how head office allocates, as a person has set it. The zero Settings stand for none:
// before the first change nothing is learnt of demand and nothing is passed on in advance.
type Settings struct {
	Version       uint64 // counts changes
	CoverDays     int    // trading days of a cut-off that an advance is to last
	ChancePercent int    // that it does not
	Preset        string // the planner's order of what is weighed; "" for its own default
}

// DefaultSettings are what head office begins with (allocation.md, section 1, rule 3).
func DefaultSettings() SetPolicy { return SetPolicy{CoverDays: 1, ChancePercent: 5} }

// A RuleKind is what a rule says of a quantity.
type RuleKind uint8

// The kinds of rules: only ever appended to, they are in the raft log.
const (
	RuleNeverBelow RuleKind = 1 // nobody else is lent or given what would leave less on a site's shelf
	RuleKeepBack   RuleKind = 2 // so many are wished to stay: a plan takes others first
	RuleClearOut   RuleKind = 3 // so many have lain too long: a plan that clears old stock takes them first
	RuleLow        RuleKind = 4 // somebody is told when less can be promised at a site; nothing is planned by it
	RuleReorderAt  RuleKind = 5 // where a site has come down to so many, more is suggested
	RuleReorderTo  RuleKind = 6 // so many, then: the level that is wished
)

func (k RuleKind) String() string {
	switch k {
	case RuleNeverBelow:
		return "never_below"
	case RuleKeepBack:
		return "keep_back"
	case RuleClearOut:
		return "clear_out"
	case RuleLow:
		return "low_stock"
	case RuleReorderAt:
		return "reorder_at"
	case RuleReorderTo:
		return "reorder_to"
	default:
		return "unknown"
	}
}

// A Rule is a quantity of a SKU, or of each of a category (both "": of every SKU), at a site ("" for every one). Of the rules of a
// kind that match the highest holds: whoever sets one may rely on it, whatever else is set.
type Rule struct {
	Kind     RuleKind
	Site     ledger.SiteID
	SKU      ledger.SKU
	Qty      ledger.Qty
	Set      Signed // who set it last, and when
	Category string // beside no SKU
}

// SetPolicy changes settings. What is zero stays as it is; a rule takes the place of the one of its kind, site, SKU
// and category, and with Qty 0 ends it.
type SetPolicy struct {
	CoverDays     int
	ChancePercent int
	Preset        string
	Rules         []Rule // Set plays no part
	By            string
	Reason        string
	At            time.Time
	Version       uint64 // of the settings as By has seen them; 0: not said
}

// PolicyCommands is what Build.Commands has to be of every server before a SetPolicy is given.
const PolicyCommands = int(kindPolicy)

// A Change is one setting that somebody changed.
type Change struct {
	Version uint64
	What    string // cover_days, chance_percent, preset, or a kind of rule
	Site    ledger.SiteID
	SKU     ledger.SKU
	From    string
	To      string
	Set     Signed

	Category string // that a rule speaks of
}

func keyOfRule(r *Rule) ruleKey {
	k := ruleKey(r.Kind.String() + "\x00" + string(r.Site) + "\x00" + string(r.SKU))
	if r.Category != "" {
		k += ruleKey("\x00" + r.Category)
	}
	return k
}

// setPolicy changes what is to be changed; what is so already makes no history.
func (m *Machine) setPolicy(c *SetPolicy) Result {
	err := m.atomically(func() error {
		if err := c.check(); err != nil {
			return err
		}
		set, signed, sight := &m.counters.Settings, m.signed(c.By, c.Reason, c.At), m.sightOf(c.Version)
		for _, n := range [...]struct {
			what string
			at   *int
			to   int
		}{{"cover_days", &set.CoverDays, c.CoverDays}, {"chance_percent", &set.ChancePercent, c.ChancePercent}} {
			if n.to != 0 && n.to != *n.at {
				if err := m.changedBy(&sight, Change{What: n.what, From: strconv.Itoa(*n.at), To: strconv.Itoa(n.to), Set: signed}); err != nil {
					return err
				}
				*n.at = n.to
			}
		}
		if c.Preset != "" && c.Preset != set.Preset {
			if err := m.changedBy(&sight, Change{What: "preset", From: set.Preset, To: c.Preset, Set: signed}); err != nil {
				return err
			}
			set.Preset = c.Preset
		}
		for _, r := range c.Rules {
			if r.Kind == RuleClearOut && !m.counters.Sourced { // a server of an older build refuses it, too
				return &ledger.FormError{Field: "kind", Why: fmt.Sprintf("%d is none yet", r.Kind)}
			}
			if r.Kind == RuleLow && !m.agreed(kindSetHook) || r.Kind > RuleLow && !m.Buys() {
				return &ledger.FormError{Field: "kind", Why: fmt.Sprintf("%s cannot be set yet: a server of head office is of an older release. Bring all of them up to date, and set it again", r.Kind)}
			}
			if r.Category != "" && !m.ByTerms() {
				return &ledger.FormError{Field: "category", Why: "cannot be set yet: a server of head office is of an older release. Bring all of them up to date, and set it again"}
			}
			r.Set = signed
			if err := m.setRule(r, &sight); err != nil {
				return err
			}
		}
		if m.rules.countNow() > RulesMax {
			return &ledger.FormError{Field: "rules", Why: fmt.Sprintf("are more than %d together: set those to 0 that nobody needs", RulesMax)}
		}
		return nil
	})
	return Result{Err: err, Version: m.counters.Settings.Version}
}

func (m *Machine) setRule(r Rule, sight *sight) error {
	k, was := keyOfRule(&r), ledger.Qty(0)
	old, ok := m.rules.get(k)
	if ok {
		was = old.Qty
	}
	if was == r.Qty {
		return nil
	}
	if err := m.changedBy(sight, Change{What: r.Kind.String(), Site: r.Site, SKU: r.SKU, Category: r.Category, From: strconv.FormatInt(int64(was), 10), To: strconv.FormatInt(int64(r.Qty), 10), Set: r.Set}); err != nil {
		return err
	}
	if r.Qty == 0 {
		m.rules.del(k)
		return nil
	}
	m.rules.put(k, &r)
	return nil
}

// changedBy is changed for somebody who must have seen what is changed as it is.
func (m *Machine) changedBy(s *sight, c Change) error {
	if err := s.still(&c); err != nil {
		return err
	}
	m.changed(c)
	return nil
}

// changed keeps a change, and forgets the oldest for it.
func (m *Machine) changed(c Change) {
	m.counters.Settings.Version++
	c.Version = m.counters.Settings.Version
	m.changes.put(keyOfRank(c.Version), &c)
	if c.Version > ChangesMax {
		m.changes.del(keyOfRank(c.Version - ChangesMax))
	}
}

func (c *SetPolicy) check() error {
	form := func(field, why string, args ...any) error {
		return &ledger.FormError{Field: field, Why: fmt.Sprintf(why, args...)}
	}
	switch {
	case c.By == "":
		return form("by", "is empty: a setting is changed by somebody")
	case c.CoverDays < 0 || c.CoverDays > CoverDaysMax:
		return form("cover_days", "is not 1 to %d", CoverDaysMax)
	case c.ChancePercent < 0 || c.ChancePercent > ChancePercentMax:
		return form("chance_percent", "is not 1 to %d", ChancePercentMax)
	case len(c.Preset) > presetMax:
		return form("preset", "is longer than %d bytes", presetMax)
	}
	for i := range c.Rules {
		if err := c.Rules[i].check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rule) check() error {
	if r.Kind < RuleNeverBelow || r.Kind > RuleReorderTo {
		return &ledger.FormError{Field: "kind", Why: fmt.Sprintf("%d is none", r.Kind)}
	}
	switch {
	case len(r.Category) > ledger.CategoryMax || strings.ContainsRune(r.Category, 0):
		return &ledger.FormError{Field: "category", Why: fmt.Sprintf("is longer than %d bytes", ledger.CategoryMax)}
	case r.Category != "" && r.SKU != "":
		return &ledger.FormError{Field: "category", Why: "stands beside a SKU: a rule is for one or the other"}
	}
	if r.Qty < 0 || r.Qty > ledger.QtyMax {
		return &ledger.FormError{Field: "qty", Why: "is below zero, or beyond all bounds"}
	}
	if r.Site != "" {
		if _, err := ledger.ParseSite(string(r.Site)); err != nil {
			return err
		}
	}
	if r.SKU != "" {
		if _, err := ledger.ParseSKU(string(r.SKU)); err != nil {
			return err
		}
	}
	return nil
}

// Settings gives how head office allocates.
func (m *Machine) Settings() Settings { return m.counters.Settings }

// RuleFor is what the rules of a kind say of a SKU at a site: the highest holds. 0 where there is none.
func (m *Machine) RuleFor(k RuleKind, site ledger.SiteID, sku ledger.SKU) ledger.Qty {
	if m.rules.Len() == 0 {
		return 0
	}
	at := m.derived.ruleAt
	q := max(at[ruleAt{k, site, sku, ""}], at[ruleAt{k, site, "", ""}], at[ruleAt{k, "", sku, ""}], at[ruleAt{k, "", "", ""}])
	if m.derived.ruled > 0 {
		if it, ok := m.items.Get(keyOfItem(sku)); ok && it.Category != "" {
			q = max(q, at[ruleAt{k, site, "", it.Category}], at[ruleAt{k, "", "", it.Category}])
		}
	}
	return q
}

// IsCategory says whether some item is of a category.
func (m *Machine) IsCategory(name string) bool { return m.derived.categories[name] > 0 }

// Rule gives the rule of a kind of a SKU, or a category, at a site, as it was set.
func (m *Machine) Rule(k RuleKind, site ledger.SiteID, sku ledger.SKU, category string) (*Rule, bool) {
	return m.rules.Get(keyOfRule(&Rule{Kind: k, Site: site, SKU: sku, Category: category}))
}

// HasRules says whether any rule of a kind stands.
func (m *Machine) HasRules(k RuleKind) bool {
	i, _ := slices.BinarySearch(m.derived.rules, ruleKey(k.String()+"\x00"))
	return i < len(m.derived.rules) && strings.HasPrefix(string(m.derived.rules[i]), k.String()+"\x00")
}

// Rules lists the rules after the place after, by kind, site, SKU and category, at most limit. next is where to go on;
// "" at the end.
func (m *Machine) Rules(after string, limit int) (out []*Rule, next string) {
	for _, k := range m.derived.rules {
		if string(k) <= after {
			continue
		}
		if len(out) == limit {
			return out, string(keyOfRule(out[limit-1]))
		}
		r, _ := m.rules.Get(k)
		out = append(out, r)
	}
	return out, ""
}

// Changes lists the changes of settings before version below (0: all), newest first, at most limit.
func (m *Machine) Changes(below uint64, limit int) []*Change {
	v := m.counters.Settings.Version
	if below > 0 {
		v = min(v, below-1)
	}
	var out []*Change
	for ; v > 0 && len(out) < limit; v-- {
		c, ok := m.changes.Get(keyOfRank(v))
		if !ok {
			break
		}
		out = append(out, c)
	}
	return out
}

// checkPolicy looks at what the lists of rules and changes say of each other.
func (m *Machine) checkPolicy() error {
	if n, v := uint64(m.changes.Len()), m.counters.Settings.Version; n != min(v, ChangesMax) {
		return fmt.Errorf("%d changes of settings are kept, %d were made", n, v)
	}
	for k, r := range m.rules.Sorted() {
		if err := r.check(); err != nil || r.Qty == 0 || k != keyOfRule(r) {
			return fmt.Errorf("rule %q: %d (%w)", strings.ReplaceAll(string(k), "\x00", "/"), r.Qty, err)
		}
	}
	return nil
}
