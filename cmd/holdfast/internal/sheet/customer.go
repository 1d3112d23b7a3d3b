package sheet

import (
	"fmt"
	"io"
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
	customerLine1
	customerLine2
	customerCity
	customerPostcode
	customerCountry
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
		customerCity:     {Name: "city"},
		customerPostcode: {Name: "postcode"},
		customerCountry:  {Name: "country"},
	}
}

// A Customer is a row of a file of customers: checked, and ready to be put.
type Customer struct {
	Line int
	ID   ledger.CustomerID
	Put  contract.CustomerRequest
}

// Customers reads a file of customers: customer, name, email, phone, tax_number, group, price_list, terms_days, blocked,
// and one address: address_label (main where it is left out), line1, line2, city, postcode, country.
type Customers struct {
	*Reader
	seen map[ledger.CustomerID]int // the line of each
}

// NewCustomers reads the heading.
func NewCustomers(src io.Reader) (*Customers, error) {
	r, err := NewReader(src, customerColumns())
	if err != nil {
		return nil, err
	}
	return &Customers{Reader: r, seen: map[ledger.CustomerID]int{}}, nil
}

// Next gives the next customer, a *Fault, or the end as Reader.Next does. A customer that comes twice is a fault.
func (s *Customers) Next() (Customer, error) {
	row, err := s.Reader.Next()
	if err != nil {
		return Customer{}, err
	}
	c, err := s.parse(row)
	if err == nil && s.seen[c.ID] > 0 {
		err = fmt.Errorf("line %d is of the same customer", s.seen[c.ID])
	}
	if err != nil {
		return Customer{}, &Fault{Line: row.Line, Document: clip(row.Field(customerID)), Why: Reason(err)}
	}
	s.seen[c.ID] = row.Line
	return c, nil
}

func (s *Customers) parse(row Row) (Customer, error) {
	id, err := ledger.ParseCustomer(row.Field(customerID))
	if err != nil {
		return Customer{}, err
	}
	put := contract.CustomerRequest{Name: row.Field(customerName), Email: row.Field(customerEmail), Phone: row.Field(customerPhone), TaxNumber: row.Field(customerTax),
		CustomerTerms: contract.CustomerTerms{Group: row.Field(customerGroup), PriceList: row.Field(customerPrices), Blocked: row.Field(customerBlocked)}}
	if days := row.Field(customerTerms); days != "" {
		if put.TermsDays, err = strconv.Atoi(days); err != nil {
			return Customer{}, fmt.Errorf("terms_days %q is no number of days", clip(days))
		}
	}
	a := contract.CustomerAddress{Label: row.Field(customerLabel), City: row.Field(customerCity), Postcode: row.Field(customerPostcode), Country: strings.ToUpper(row.Field(customerCountry))}
	for _, line := range []string{row.Field(customerLine1), row.Field(customerLine2)} {
		if line != "" {
			a.Lines = append(a.Lines, line)
		}
	}
	if len(a.Lines) > 0 || a.City != "" || a.Postcode != "" || a.Country != "" {
		if a.Label == "" {
			a.Label = "main"
		}
		put.Addresses = []contract.CustomerAddress{a}
	}
	if _, err := put.Ledger(id); err != nil { // what the book would say, before it is asked
		return Customer{}, err
	}
	return Customer{Line: row.Line, ID: id, Put: put}, nil
}

// Keeps takes from what stands there what the file has no column for, and the addresses under other labels.
func (s *Customers) Keeps(put *contract.CustomerRequest, there *contract.Customer) {
	has := func(column int) bool { return s.at[column] >= 0 }
	keep(has(customerEmail), &put.Email, there.Email)
	keep(has(customerPhone), &put.Phone, there.Phone)
	keep(has(customerTax), &put.TaxNumber, there.TaxNumber)
	keep(has(customerGroup), &put.Group, there.Group)
	keep(has(customerPrices), &put.PriceList, there.PriceList)
	keep(has(customerTerms), &put.TermsDays, there.TermsDays)
	keep(has(customerBlocked), &put.Blocked, there.Blocked)
	var all []contract.CustomerAddress
	fresh := put.Addresses
	for _, a := range there.Addresses {
		if len(fresh) > 0 && fresh[0].Label == a.Label {
			a, fresh = fresh[0], nil
		}
		all = append(all, a)
	}
	put.Addresses = append(all, fresh...)
}
