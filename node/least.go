package node

import (
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// leastFor is until when lots have to be good at least that a customer gets today: as somebody has said, or as the account says that this site has heard of.
func (n *Node) leastFor(said *int, customer string) (ledger.Expiry, error) {
	days := 0
	if customer != "" {
		if c, ok := n.book.Customer(ledger.CustomerID(customer)); ok {
			days = c.LeastDays
		}
	}
	return contract.Least(said, days, n.env.Clock.Wall())
}

// leastOf is leastFor of an order of this book; of one that another book owns this site knows no customer.
func (n *Node) leastOf(said *int, order ledger.OrderID) (ledger.Expiry, error) {
	customer := ""
	if o, err := n.book.Order(order); err == nil {
		customer = o.Customer
	}
	return n.leastFor(said, customer)
}
