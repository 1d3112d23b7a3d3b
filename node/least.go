package node

import (
	"iter"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// leastFor is until when lots of some articles have to be good at least that a customer gets today: as somebody has said; else as the account says that
// this site has heard of, and longer where the company has a rule for the article, or for the customer's group.
func (n *Node) leastFor(said *int, customer string, skus iter.Seq[ledger.SKU]) (out ledger.Lasting, err error) {
	days, group := 0, ""
	if customer != "" {
		if c, ok := n.book.Customer(ledger.CustomerID(customer)); ok {
			days, group = c.LeastDays, c.Group
		}
	}
	now, company := n.env.Clock.Wall(), n.book.Company()
	if out.All, err = contract.Least(said, days, now); err != nil || said != nil || len(company.Least) == 0 || skus == nil {
		return out, err
	}
	for sku := range skus {
		category := ""
		if item, ok := n.book.ItemAt(sku); ok {
			category = item.Category
		}
		rule := company.LeastDays(sku, category, group)
		if rule <= days {
			continue
		}
		if out.Of == nil {
			out.Of = map[ledger.SKU]ledger.Expiry{}
		}
		if out.Of[sku], err = contract.Least(nil, rule, now); err != nil {
			return out, err
		}
	}
	return out, nil
}

// leastOf is leastFor of what this site serves of an order. Whose an order of another book is, head office has told with what is to be served.
func (n *Node) leastOf(said *int, order ledger.OrderID) (ledger.Lasting, error) {
	part, _ := n.book.Part(order)
	customer := part.Customer
	if o, err := n.book.Order(order); err == nil {
		customer = o.Customer
	}
	return n.leastFor(said, customer, skusOfPart(&part))
}

func skusOfPart(p *ledger.ServedPart) iter.Seq[ledger.SKU] {
	return func(yield func(ledger.SKU) bool) {
		for i := range p.Lines {
			if !yield(p.Lines[i].SKU) {
				return
			}
		}
	}
}

func skusOfOrder(o *ledger.Order) iter.Seq[ledger.SKU] {
	return func(yield func(ledger.SKU) bool) {
		for i := range o.Lines {
			if !yield(o.Lines[i].SKU) {
				return
			}
		}
	}
}
