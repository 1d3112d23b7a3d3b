package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func sampleCompany() *ledger.Company {
	return &ledger.Company{Version: 9, Currency: "GBP", Zone: "Europe/London", Checks: []ledger.Check{
		{Name: "below-cost", Kind: ledger.CheckCost, Limit: 5, Category: "mugs", Refuses: true, Override: true},
		{Name: "bulk", Kind: ledger.CheckQuantity, Limit: 1_000, Site: "leeds", SKU: "MUG", Owner: "sales", Default: ledger.RulingCancel, Wait: 4 * 3600},
	}, Recalls: []ledger.Recall{{SKU: "TAP-22", Lot: "LOT7", Reason: "glass in it", Number: 7, Released: true, By: "beth", At: sampleMoment}}}
}

// Every refusal of a check says which part of it is wrong.
func TestACheckThatSaysTooLittleOrTooMuchIsRefused(t *testing.T) {
	good := ledger.Check{Name: "bulk", Kind: ledger.CheckQuantity, Limit: 1_000, Owner: "sales", Default: ledger.RulingCancel, Wait: 3600}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*ledger.Check){
		"name is empty": func(c *ledger.Check) { c.Name = "" }, `name has ' ' in it`: func(c *ledger.Check) { c.Name = "a b" },
		"kind is missing": func(c *ledger.Check) { c.Kind = 0 },
		"limit is missing: a check of quantity needs one":                           func(c *ledger.Check) { c.Limit = 0 },
		"limit goes with quantity, value and below_cost":                            func(c *ledger.Check) { c.Kind = ledger.CheckAddress },
		"sku or a category goes with quantity and below_cost":                       func(c *ledger.Check) { c.Kind, c.SKU = ledger.CheckValue, "MUG" },
		"category stands beside a SKU: a check is for one or the other":             func(c *ledger.Check) { c.SKU, c.Category = "MUG", "mugs" },
		"owner goes, as default and wait_for do, with a check that has orders wait": func(c *ledger.Check) { c.Refuses = true },
		"owner is missing: somebody has to decide about orders that wait":           func(c *ledger.Check) { c.Owner = "" },
		"default is not release or cancel: something is done if nobody decides":     func(c *ledger.Check) { c.Default = 0 },
		"wait_for is not 1 minute to 30 days":                                       func(c *ledger.Check) { c.Wait = 30*24*3600 + 1 },
		"owner is longer than 64 bytes":                                             func(c *ledger.Check) { c.Owner = strings.Repeat("x", 65) },
		`site has 'L' in it`:                                                        func(c *ledger.Check) { c.Site = "Leeds" },
	} {
		c := good
		if change(&c); c.Check() == nil || c.Check().Error() != want {
			t.Errorf("got %v, want %s", c.Check(), want)
		}
	}
	if err := ledger.CheckChecks([]ledger.Check{good, good}); err == nil {
		t.Error("got two checks of one name")
	}
}

func TestMoneyOfAnotherCurrencyIsRefusedOnceTheCompanyHasOne(t *testing.T) {
	c := ledger.Company{}
	if err := c.Foreign("unit_price", "USD"); err != nil {
		t.Errorf("got %v of a company that counts in nothing yet", err)
	}
	c.Currency = "GBP"
	const want = "unit_price is USD; the company counts in GBP: give the amount in GBP"
	if err := c.Foreign("unit_price", "USD"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := c.Foreign("unit_price", "GBP"); err != nil {
		t.Error(err)
	}
}

func TestAZoneThatIsNotKnownIsRefusedFromOutsideAndIsUTCInABook(t *testing.T) {
	for _, name := range []string{"Europe/Leds", "Local", "../etc/passwd"} {
		if _, err := ledger.LoadZone(name); err == nil {
			t.Errorf("got %q taken for a zone", name)
		}
	}
	if got := (&ledger.Company{Zone: "Mars/Olympus"}).Location(); got != time.UTC {
		t.Errorf("got %s, want UTC", got)
	}
	noon := time.Date(2026, 7, 1, 23, 30, 0, 0, time.UTC)
	if got := noon.In((&ledger.Company{Zone: "Europe/London"}).Location()).Format(time.DateOnly); got != "2026-07-02" {
		t.Errorf("got %s, want the day that it is in London", got)
	}
}

// What was heard last stands after a restart; what no book would store changes nothing.
func TestWhatIsSaidOfTheCompanyOutlivesARestart(t *testing.T) {
	d := newDesk(t)
	if got := d.book.Company(); got.Version != 0 {
		t.Errorf("got %+v of a book that has heard nothing", got)
	}
	if err := d.book.PutCompany(*sampleCompany()); err != nil {
		t.Fatal(err)
	}
	if err := d.book.PutCompany(ledger.Company{Version: 10, Currency: "pounds"}); err == nil {
		t.Error("got a company that counts in pounds taken")
	}
	d.reopen()
	if got := d.book.Company(); string(ledger.MarshalCompany(got)) != string(ledger.MarshalCompany(sampleCompany())) {
		t.Errorf("got %+v", got)
	}
}
