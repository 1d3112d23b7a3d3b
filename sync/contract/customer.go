package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// CustomerRequest is a customer as it is put.
type CustomerRequest struct {
	Name      string            `json:"name" jsonschema:"1 to 200 bytes"`
	Email     string            `json:"email,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	TaxNumber string            `json:"tax_number,omitempty"`
	Addresses []CustomerAddress `json:"addresses,omitempty" jsonschema:"at most 50, each with a label of its own"`
	CustomerTerms
}

// CustomerTerms are on what terms a customer buys. None of it is about a person.
type CustomerTerms struct {
	Group     string `json:"group,omitempty" jsonschema:"the group of customers, whose prices hold"`
	PriceList string `json:"price_list,omitempty" jsonschema:"a group whose prices hold instead"`
	TermsDays int    `json:"terms_days,omitempty" jsonschema:"days from the invoice to its payment; 0: at once"`
	Blocked   string `json:"blocked,omitempty" jsonschema:"why nothing is sold to the customer any more"`
	LeastDays int    `json:"least_days,omitempty" jsonschema:"that goods kept by lot have to be good for when the customer gets them: lots that are over sooner are passed over; 0: any number"`
}

// CustomerAddress is one place of a customer's.
type CustomerAddress struct {
	Label    string   `json:"label" jsonschema:"billing, yard: what orders call it"`
	Name     string   `json:"name,omitempty" jsonschema:"who is asked for there"`
	Lines    []string `json:"lines,omitempty" jsonschema:"at most 6"`
	City     string   `json:"city,omitempty"`
	Postcode string   `json:"postcode,omitempty"`
	Country  string   `json:"country,omitempty" jsonschema:"two capital letters"`
}

// Customer is a customer as it is answered.
type Customer struct {
	Customer  ledger.CustomerID `json:"customer"`
	Erased    bool              `json:"erased,omitempty" jsonschema:"the person asked to be forgotten: what was known of them is gone"`
	Name      string            `json:"name,omitempty"`
	Email     string            `json:"email,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	TaxNumber string            `json:"tax_number,omitempty"`
	Addresses []CustomerAddress `json:"addresses"`
	CustomerTerms
	Version uint64         `json:"version" jsonschema:"higher is newer"`
	Credit  ledger.AssetID `json:"credit" jsonschema:"the asset that the customer buys on account from, where it has a limit"`
}

// CustomerList is a page of customers.
type CustomerList struct {
	Customers  []Customer `json:"customers"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

// Ledger checks the customer and gives it to the ledger under its id, without a version.
func (r *CustomerRequest) Ledger(id ledger.CustomerID) (ledger.CustomerAccount, error) {
	if r.Name == "" {
		return ledger.CustomerAccount{}, &ledger.FormError{Field: "name", Why: "is empty: say what the customer is called"}
	}
	c := ledger.CustomerAccount{ID: id, Group: r.Group, PriceList: r.PriceList, TermsDays: r.TermsDays, Blocked: r.Blocked, LeastDays: r.LeastDays,
		Person: ledger.Person{Name: r.Name, Email: r.Email, Phone: r.Phone, TaxNumber: r.TaxNumber}}
	texts := []struct{ field, text string }{{"name", r.Name}, {"email", r.Email}, {"phone", r.Phone}, {"tax_number", r.TaxNumber}, {"group", r.Group}, {"price_list", r.PriceList}, {"blocked", r.Blocked}}
	for i, a := range r.Addresses {
		c.Person.Addresses = append(c.Person.Addresses, ledger.CustomerAddress(a))
		for _, text := range append([]string{a.Name, a.City, a.Postcode}, a.Lines...) {
			texts = append(texts, struct{ field, text string }{fmt.Sprintf("addresses[%d]", i), text})
		}
	}
	for _, t := range texts {
		if err := CheckText(t.field, t.text, ledger.CustomerTextMax); err != nil {
			return c, err
		}
	}
	return c, c.Check()
}

// RenderCustomer answers with a customer.
func RenderCustomer(c *ledger.CustomerAccount) Customer {
	out := Customer{Customer: c.ID, Erased: c.Erased, Name: c.Person.Name, Email: c.Person.Email, Phone: c.Person.Phone, TaxNumber: c.Person.TaxNumber,
		CustomerTerms: CustomerTerms{Group: c.Group, PriceList: c.PriceList, TermsDays: c.TermsDays, Blocked: c.Blocked, LeastDays: c.LeastDays},
		Addresses:     []CustomerAddress{}, Version: c.Version, Credit: c.Credit()}
	for _, a := range c.Person.Addresses {
		out.Addresses = append(out.Addresses, CustomerAddress(a))
	}
	return out
}
