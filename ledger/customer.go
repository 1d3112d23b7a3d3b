package ledger

import (
	"fmt"
	"strings"
)

// A CustomerID names a customer's account: 1 to 40 bytes of letters, digits and . _ -. Orders and entries refer to a
// customer by it and by nothing else. ParseCustomer is the only way in from outside; the zero CustomerID means none.
type CustomerID string

// ParseCustomer takes a customer's id from outside.
func ParseCustomer(s string) (CustomerID, error) {
	if err := checkName("customer", s, assetNameMax, "._-", true); err != nil {
		return "", err
	}
	if s[0] == '.' {
		return "", &FormError{Field: "customer", Why: "begins with a dot"}
	}
	return CustomerID(s), nil
}

// A CustomerAccount is an account as head office keeps it: reference data, no part of the journal. What is about a person
// stands in Person and nowhere else, so that erasing it is replacing one record.
type CustomerAccount struct {
	ID        CustomerID
	Version   uint64 // head office's counter of customers; higher is newer
	Erased    bool   // the person asked to be forgotten: Person is empty for good
	Group     string // of customers: whose prices hold
	PriceList string // a group whose prices hold instead; "" says nothing
	TermsDays int    // days from the invoice to its payment; 0: at once
	Blocked   string // why nothing is sold to it any more; "" where something is
	Person    Person
	LeastDays int // that goods kept by lot have to be good for when it gets them; 0: any number
}

// A Person is the personal data of a customer, and the only place of any.
type Person struct {
	Name      string
	Email     string
	Phone     string
	TaxNumber string
	Addresses []CustomerAddress
}

// A CustomerAddress is one place of a customer's. Orders name it by its label.
type CustomerAddress struct {
	Label    string // of the customer's addresses this one: home, billing, yard
	Name     string // who is asked for there; "" the customer
	Lines    []string
	City     string
	Postcode string
	Country  string // two letters
}

// Bounds of a customer. A book refuses one beyond them.
const (
	AddressesMax     = 50
	AddressLinesMax  = 6
	CustomerTextMax  = 200 // bytes of each text
	CustomerTermsMax = 3650
)

// PriceGroup is the group whose prices hold for the customer.
func (c *CustomerAccount) PriceGroup() string {
	if c.PriceList != "" {
		return c.PriceList
	}
	return c.Group
}

// Credit is the asset that the customer buys on account from.
func (c *CustomerAccount) Credit() AssetID { return AssetOf(AssetCredit, string(c.ID)) }

// Forgotten gives the customer with nothing of a person in it.
func (c *CustomerAccount) Forgotten() CustomerAccount {
	return CustomerAccount{ID: c.ID, Erased: true, Group: c.Group, PriceList: c.PriceList, TermsDays: c.TermsDays, Blocked: c.Blocked, LeastDays: c.LeastDays}
}

// Same says whether two customers say the same, whatever their versions.
func (c *CustomerAccount) Same(o *CustomerAccount) bool {
	a, b := *c, *o
	a.Version, b.Version = 0, 0
	return string(MarshalCustomer(&a)) == string(MarshalCustomer(&b))
}

// SearchText is what a customer is found by, in lower case, each part on a line.
func (c *CustomerAccount) SearchText() string {
	parts := []string{string(c.ID), c.Person.Name, c.Person.Email, c.Person.Phone, c.Group}
	for i := range c.Person.Addresses {
		parts = append(parts, c.Person.Addresses[i].Postcode)
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

// Check refuses a customer that no book would store.
func (c *CustomerAccount) Check() error {
	if _, err := ParseCustomer(string(c.ID)); err != nil {
		return err
	}
	p := &c.Person
	for _, t := range []struct{ field, text string }{{"group", c.Group}, {"price_list", c.PriceList}, {"blocked", c.Blocked},
		{"name", p.Name}, {"email", p.Email}, {"phone", p.Phone}, {"tax_number", p.TaxNumber}} {
		if len(t.text) > CustomerTextMax {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", CustomerTextMax)}
		}
	}
	if c.TermsDays < 0 || c.TermsDays > CustomerTermsMax {
		return &FormError{Field: "terms_days", Why: fmt.Sprintf("is not 0 to %d", CustomerTermsMax)}
	}
	if c.LeastDays < 0 || c.LeastDays > LeastDaysMax {
		return &FormError{Field: "least_days", Why: fmt.Sprintf("is not 0 to %d", LeastDaysMax)}
	}
	if len(p.Addresses) > AddressesMax {
		return &FormError{Field: "addresses", Why: fmt.Sprintf("are more than %d", AddressesMax)}
	}
	labels := map[string]bool{}
	for i := range p.Addresses {
		a := &p.Addresses[i]
		if err := a.check(); err != nil {
			return err
		}
		if labels[a.Label] {
			return &FormError{Field: "addresses", Why: fmt.Sprintf("has two with the label %q", a.Label)}
		}
		labels[a.Label] = true
	}
	if c.Erased && !c.Same(ptr(c.Forgotten())) {
		return &FormError{Field: "erased", Why: "is said of a customer with personal data"}
	}
	return nil
}

func ptr[V any](v V) *V { return &v }

func (a *CustomerAddress) check() error {
	if err := checkName("label", a.Label, 32, "._-", true); err != nil {
		return err
	}
	if len(a.Lines) > AddressLinesMax {
		return &FormError{Field: "addresses", Why: fmt.Sprintf("%s has more than %d lines", a.Label, AddressLinesMax)}
	}
	for _, t := range append([]string{a.Name, a.City, a.Postcode}, a.Lines...) {
		if len(t) > CustomerTextMax {
			return &FormError{Field: "addresses", Why: fmt.Sprintf("%s has a text of more than %d bytes", a.Label, CustomerTextMax)}
		}
	}
	if a.Country != "" && (len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return &FormError{Field: "country", Why: fmt.Sprintf("of address %s is not two capital letters", a.Label)}
	}
	return nil
}
