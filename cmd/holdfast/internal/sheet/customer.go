package sheet

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// columns of a file of customers.
const (
	customerID = iota
	customerName
	customerEmail
	customerPhone
	customerTax
	customerGroup
	customerPrices
	customerTerms
	customerBlocked
	customerLabel
	customerLine1 // and those after it, of one address
	customerLine2
	customerLine3
	customerLine4
	customerLine5
	customerLine6
	customerCity
	customerPostcode
	customerCountry
	customerAsked
)

func customerColumns() []Column {
	return []Column{
		customerID:       {Name: "customer", Also: []string{"id", "customer_id", "account"}, Needed: true},
		customerName:     {Name: "name", Needed: true},
		customerEmail:    {Name: "email"},
		customerPhone:    {Name: "phone", Also: []string{"telephone"}},
		customerTax:      {Name: "tax_number", Also: []string{"vat_number"}},
		customerGroup:    {Name: "group"},
		customerPrices:   {Name: "price_list"},
		customerTerms:    {Name: "terms_days"},
		customerBlocked:  {Name: "blocked"},
		customerLabel:    {Name: "address_label"},
		customerLine1:    {Name: "line1", Also: []string{"street", "address"}},
		customerLine2:    {Name: "line2"},
		customerLine3:    {Name: "line3"},
		customerLine4:    {Name: "line4"},
		customerLine5:    {Name: "line5"},
		customerLine6:    {Name: "line6"},
		customerCity:     {Name: "city"},
		customerPostcode: {Name: "postcode"},
		customerCountry:  {Name: "country"},
		customerAsked:    {Name: "address_name"},
	}
}

// A Customer is one customer of a file: checked, and ready to be put.
type Customer struct {
	Lines []int // its lines in the file
	ID    ledger.CustomerID
	Put   contract.CustomerRequest
}

// Customers reads a file of customers: customer, name, email, phone, tax_number, group, price_list, terms_days, blocked,
// and one address: address_label (main where it is left out), address_name, line1 to line6, city, postcode, country.
//
// Rows that follow each other with one customer are one, with an address each; they must not contradict each other.
type Customers struct{ *documents[customer] }

// customer is a customer whose rows are being gathered.
type customer struct {
	put  contract.CustomerRequest
	days string
}

// NewCustomers reads the heading.
func NewCustomers(src io.Reader) (*Customers, error) {
	r, err := NewReader(src, customerColumns())
	if err != nil {
		return nil, err
	}
	s := &Customers{newDocuments[customer](r, "customer", "customer", customerID)}
	s.gather, s.whole = (*customer).row, func(c *customer, name string) error {
		id, err := ledger.ParseCustomer(name)
		if err == nil {
			_, err = c.put.Ledger(id) // what the book would say, before it is asked
		}
		return err
	}
	return s, nil
}

// Next gives the next customer, a *Fault, or the end as Reader.Next does.
func (s *Customers) Next() (Customer, error) {
	d, err := s.next()
	if err != nil {
		return Customer{}, err
	}
	return Customer{Lines: d.lines, ID: ledger.CustomerID(d.name), Put: d.put.put}, nil
}

// row adds a row to a customer.
func (c *customer) row(row Row) (err error) {
	for _, f := range []struct {
		name string
		at   int
		had  *string
	}{{"name", customerName, &c.put.Name}, {"email", customerEmail, &c.put.Email}, {"phone", customerPhone, &c.put.Phone}, {"tax_number", customerTax, &c.put.TaxNumber},
		{"group", customerGroup, &c.put.Group}, {"price_list", customerPrices, &c.put.PriceList}, {"terms_days", customerTerms, &c.days}, {"blocked", customerBlocked, &c.put.Blocked}} {
		says := row.Field(f.at)
		if says != "" && *f.had != "" && says != *f.had {
			return fmt.Errorf("%s is %q, and %q further up of the same customer", f.name, clip(says), clip(*f.had))
		}
		if says != "" {
			*f.had = says
		}
	}
	if c.days != "" {
		if c.put.TermsDays, err = strconv.Atoi(c.days); err != nil {
			return fmt.Errorf("terms_days %q is no number of days", clip(c.days))
		}
	}
	a := contract.CustomerAddress{Label: row.Field(customerLabel), Name: row.Field(customerAsked), City: row.Field(customerCity), Postcode: row.Field(customerPostcode), Country: strings.ToUpper(row.Field(customerCountry))}
	for at := customerLine1; at <= customerLine6; at++ {
		if line := row.Field(at); line != "" {
			a.Lines = append(a.Lines, line)
		}
	}
	if a.Label == "" && (len(a.Lines) > 0 || a.Name != "" || a.City != "" || a.Postcode != "" || a.Country != "") {
		a.Label = "main"
	}
	if a.Label != "" {
		c.put.Addresses = append(c.put.Addresses, a)
	}
	return nil
}

// Keeps takes from what stands there what the file has no column for, and the addresses under other labels.
func (s *Customers) Keeps(put *contract.CustomerRequest, there *contract.Customer) {
	has := func(column int) bool { return s.Reader.at[column] >= 0 }
	keep(has(customerEmail), &put.Email, there.Email)
	keep(has(customerPhone), &put.Phone, there.Phone)
	keep(has(customerTax), &put.TaxNumber, there.TaxNumber)
	keep(has(customerGroup), &put.Group, there.Group)
	keep(has(customerPrices), &put.PriceList, there.PriceList)
	keep(has(customerTerms), &put.TermsDays, there.TermsDays)
	keep(has(customerBlocked), &put.Blocked, there.Blocked)
	keep(false, &put.LeastDays, there.LeastDays)
	var all []contract.CustomerAddress
	fresh := slices.Clone(put.Addresses)
	for _, a := range there.Addresses {
		if i := slices.IndexFunc(fresh, func(f contract.CustomerAddress) bool { return f.Label == a.Label }); i >= 0 {
			a = fresh[i]
			fresh = slices.Delete(fresh, i, i+1)
		}
		all = append(all, a)
	}
	put.Addresses = append(all, fresh...)
}
