package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a shop's machine may have no time zones of its own
)

// A Company is what head office says of the company as a whole, as one site has heard it: its currency, in which zone the site's
// days begin, and the checks of its orders. It is reference data, no part of the journal, so that all of it holds at a site that
// is cut off. Version tells what was said apart, and says nothing of which is newer; the zero Company, of version 0, is of a
// node that has never heard one.
type Company struct {
	Version  uint64
	Currency string   // of all money, three capital letters; "" as long as nobody has said
	Zone     string   // IANA name, such as Europe/London; "" is UTC
	Checks   []Check  // by name
	Recalls  []Recall // by article and lot
	Reasons  []Reason // that adjustments may give, by code; none: any text

	Least []LeastRule // how long goods have to be good for, in their rank

	place *time.Location // Zone, looked up; nil: not yet
}

// Bounds of what a company says.
const (
	ChecksMax      = 100
	checkNameMax   = 40
	CheckOwnerMax  = 64 // bytes
	CheckWaitMax   = 30 * 24 * time.Hour
	zoneMax        = 64
	checkLimitMost = int64(QtyMax)
)

// A CheckKind is what a check looks at.
type CheckKind uint8

// The kinds of checks: only ever appended to, they are on disk. The zero CheckKind is none.
const (
	CheckAddress  CheckKind = 1 // an order that is delivered says where to
	CheckUnknown  CheckKind = 2 // its customer is one of the company's
	CheckBlocked  CheckKind = 3 // its customer may buy
	CheckCredit   CheckKind = 4 // a customer who pays by terms stays within what the site may still use of the credit
	CheckCost     CheckKind = 5 // a line brings what its goods cost, and limit percent more
	CheckQuantity CheckKind = 6 // at most limit units of one article
	CheckValue    CheckKind = 7 // at most limit minor units in all, with tax
	CheckUnpriced CheckKind = 8 // somebody has said what each line costs
)

var checkKinds = [...]string{CheckAddress: "address", CheckUnknown: "customer_unknown", CheckBlocked: "customer_blocked", CheckCredit: "credit",
	CheckCost: "below_cost", CheckQuantity: "quantity", CheckValue: "value", CheckUnpriced: "unpriced"}

// CheckKinds lists the words for kinds of checks.
func CheckKinds() []string { return slices.Clone(checkKinds[1:]) }

func (k CheckKind) String() string {
	if k == 0 || int(k) >= len(checkKinds) {
		return "other" // a newer build's
	}
	return checkKinds[k]
}

// ParseCheckKind reads the word for a kind.
func ParseCheckKind(s string) (CheckKind, error) {
	if i := slices.Index(checkKinds[:], s); i > 0 {
		return CheckKind(i), nil
	}
	return 0, &FormError{Field: "kind", Why: fmt.Sprintf("is %q, which is none; it is one of %s", s, strings.Join(checkKinds[1:], ", "))}
}

// limited says whether a check of the kind has a limit that cannot be left out.
func (k CheckKind) limited() bool { return k == CheckQuantity || k == CheckValue }

// A Ruling is what becomes of an order that waits for somebody's word.
type Ruling uint8

// An order that waits is released, which places it, or cancelled. The zero Ruling is none yet.
const (
	RulingRelease Ruling = 1
	RulingCancel  Ruling = 2
)

func (r Ruling) String() string {
	switch r {
	case 0:
		return "open"
	case RulingRelease:
		return "release"
	case RulingCancel:
		return "cancel"
	default:
		return "other"
	}
}

// A Check is a rule that orders are held against before they are taken: what it looks at, and what becomes of an order that trips it.
type Check struct {
	Name     string // 1 to 40 bytes of letters, digits and . _ -
	Kind     CheckKind
	Limit    int64    // what an order may come to, in what the kind counts in
	Site     SiteID   // whose orders it looks at, or HQ; "" everybody's
	SKU      SKU      // of quantity and below_cost, the one article that it looks at; "" all
	Category string   // likewise, all articles of a category
	Refuses  bool     // the order is turned away; else it waits
	Override bool     // a named person may let it through at once
	Owner    string   // of an order that waits: who is to decide, a role or a name
	Default  Ruling   // and what is done if nobody does
	Wait     Duration // and when: so long after it came
}

// A Duration is whole seconds: how long an order waits.
type Duration int64

// Check refuses a check that no book would store.
func (c *Check) Check() error {
	form := func(field, why string, args ...any) error {
		return &FormError{Field: field, Why: fmt.Sprintf(why, args...)}
	}
	if err := checkName("name", c.Name, checkNameMax, "._-", true); err != nil {
		return err
	}
	switch {
	case c.Kind == 0:
		return form("kind", "is missing")
	case c.Limit < 0 || c.Limit > checkLimitMost:
		return form("limit", "is not 0 to %d", checkLimitMost)
	case c.Kind.limited() && c.Limit == 0:
		return form("limit", "is missing: a check of %s needs one", c.Kind)
	case c.Limit != 0 && !c.Kind.limited() && c.Kind != CheckCost && c.Kind < CheckKind(len(checkKinds)):
		return form("limit", "goes with quantity, value and below_cost")
	case (c.SKU != "" || c.Category != "") && c.Kind != CheckQuantity && c.Kind != CheckCost:
		return form("sku", "or a category goes with quantity and below_cost")
	case c.SKU != "" && c.Category != "":
		return form("category", "stands beside a SKU: a check is for one or the other")
	case len(c.Category) > CategoryMax:
		return form("category", "is longer than %d bytes", CategoryMax)
	case len(c.Owner) > CheckOwnerMax:
		return form("owner", "is longer than %d bytes", CheckOwnerMax)
	case c.Refuses && (c.Owner != "" || c.Default != 0 || c.Wait != 0):
		return form("owner", "goes, as default and wait_for do, with a check that has orders wait")
	case c.Refuses:
	case c.Owner == "":
		return form("owner", "is missing: somebody has to decide about orders that wait")
	case c.Default != RulingRelease && c.Default != RulingCancel:
		return form("default", "is not release or cancel: something is done if nobody decides")
	case c.Wait < 60 || time.Duration(c.Wait)*time.Second > CheckWaitMax:
		return form("wait_for", "is not 1 minute to 30 days")
	}
	if c.Site != "" && c.Site != HQ {
		if _, err := ParseSite(string(c.Site)); err != nil {
			return err
		}
	}
	if c.SKU != "" {
		if _, err := ParseSKU(string(c.SKU)); err != nil {
			return err
		}
	}
	return nil
}

// CheckCurrency refuses what is no currency.
func CheckCurrency(s string) error {
	if len(s) != 3 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return &FormError{Field: "currency", Why: "is not three capital letters, for example GBP"}
	}
	return nil
}

// LoadZone finds a time zone by its name; "" is UTC.
func LoadZone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || len(name) > zoneMax || name == "Local" {
		return nil, &FormError{Field: "time_zone", Why: "is none that is known; give one such as Europe/London"}
	}
	return zone, nil
}

// Check refuses what no book would store. A zone that this build has not heard of is kept: Location says UTC.
func (c *Company) Check() error {
	if c.Currency != "" {
		if err := CheckCurrency(c.Currency); err != nil {
			return err
		}
	}
	if len(c.Zone) > zoneMax {
		return &FormError{Field: "time_zone", Why: fmt.Sprintf("is longer than %d bytes", zoneMax)}
	}
	if err := CheckRecalls(c.Recalls); err != nil {
		return err
	}
	if err := CheckReasons(c.Reasons); err != nil {
		return err
	}
	if err := CheckLeastRules(c.Least); err != nil {
		return err
	}
	return CheckChecks(c.Checks)
}

// CheckChecks refuses a list of checks that no book would store.
func CheckChecks(list []Check) error {
	if len(list) > ChecksMax {
		return &FormError{Field: "checks", Why: fmt.Sprintf("are more than %d", ChecksMax)}
	}
	for i := range list {
		if err := list[i].Check(); err != nil {
			return err
		}
		if i > 0 && list[i-1].Name >= list[i].Name {
			return &FormError{Field: "checks", Why: "are not in order of their names, each once"}
		}
	}
	return nil
}

// Settled gives the company with its zone looked up, which takes a look at a table of zones.
func (c Company) Settled() *Company {
	c.place = c.Location()
	return &c
}

// Location is where the site's days begin.
func (c *Company) Location() *time.Location {
	if c.place != nil {
		return c.place
	}
	if zone, err := LoadZone(c.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// Foreign refuses money in another currency than the company's; field names it. Where nobody has said a currency all are taken.
func (c *Company) Foreign(field, currency string) error {
	if c.Currency == "" || currency == "" || currency == c.Currency {
		return nil
	}
	return &FormError{Field: field, Why: fmt.Sprintf("is %s; the company counts in %s: give the amount in %s", currency, c.Currency, c.Currency)}
}

// ForeignItem refuses an item with a price or a cost in another currency than the company's.
func (c *Company) ForeignItem(v *Item) error {
	if err := c.Foreign("price.currency", v.Price.Currency); err != nil {
		return err
	}
	if v.Detail == nil {
		return nil
	}
	for i := range v.Detail.Prices {
		if err := c.Foreign(fmt.Sprintf("prices[%d].price.currency", i), v.Detail.Prices[i].Currency); err != nil {
			return err
		}
	}
	return c.Foreign("cost.currency", v.Detail.Cost.Currency)
}
