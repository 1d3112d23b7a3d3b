package sheet

import (
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// CustomerHeads are the columns of a file of customers.
func CustomerHeads() (heads []Head) {
	for at, c := range customerColumns() {
		heads = append(heads, Head{c.Name, at == customerTerms})
	}
	return heads
}

// CustomerCells gives the rows of a customer, one for each address, and one where there is none.
func CustomerCells(c *contract.Customer) (rows [][]string) {
	addresses := c.Addresses
	if len(addresses) == 0 {
		addresses = []contract.CustomerAddress{{}}
	}
	for i := range addresses {
		a := &addresses[i]
		cells := make([]string, len(customerColumns()))
		cells[customerID], cells[customerName], cells[customerEmail], cells[customerPhone], cells[customerTax] = string(c.Customer), c.Name, c.Email, c.Phone, c.TaxNumber
		cells[customerGroup], cells[customerPrices], cells[customerTerms], cells[customerBlocked] = c.Group, c.PriceList, strconv.Itoa(c.TermsDays), c.Blocked
		cells[customerLabel], cells[customerAsked], cells[customerCity], cells[customerPostcode], cells[customerCountry] = a.Label, a.Name, a.City, a.Postcode, a.Country
		for n, line := range a.Lines[:min(len(a.Lines), ledger.AddressLinesMax)] {
			cells[customerLine1+n] = line
		}
		rows = append(rows, cells)
	}
	return rows
}
