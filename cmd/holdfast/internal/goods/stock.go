package goods

import "math/rand/v2"

// A Shelf says whose opening stock is wanted.
type Shelf struct {
	Site      int   // index of the site, from 0; each has its own gaps
	Warehouse bool  // a warehouse keeps the whole range, a shop does not
	Orders    int64 // orders that the whole company is expected to take, at most 100,000,000
}

// Stock is a quantity of one article.
type Stock struct {
	SKU string
	Qty int64
}

// The rule of opening stock. Shops are meant to run short of what sells best, for that is where
// orders across sites come from, and a company that never runs short tests nothing.
const (
	shopShare     = 4  // a shop is planned for a quarter of the company's orders
	shopShort     = 20 // the best-selling 1 in 20 articles get half of what a shop will sell
	shopGapIn     = 8  // 1 in 8 articles is not kept at a given shop
	shopLeast     = 3
	warehouseMost = 2 // a warehouse holds twice what the whole company will sell
	warehouseLow  = 12
)

// Opening returns the stock a site opens with, in the order of Items. Articles that the site does
// not keep are left out, so every Qty is above 0.
func (c *Catalogue) Opening(seed uint64, s Shelf) []Stock {
	r := rand.New(rand.NewPCG(seed, streamStock<<32|uint64(s.Site)))
	stock := make([]Stock, 0, len(c.items))
	for _, it := range c.items {
		gap, extra := r.IntN(shopGapIn) == 0, r.Int64N(shopLeast+1)
		units := c.share(it.Rank, s.Orders*unitsPerOrder100/100)
		switch {
		case s.Warehouse:
			stock = append(stock, Stock{SKU: it.SKU, Qty: warehouseLow + extra + warehouseMost*units})
		case gap:
		case it.Rank*shopShort <= len(c.items):
			stock = append(stock, Stock{SKU: it.SKU, Qty: shopLeast + extra + units/shopShare/2})
		default:
			stock = append(stock, Stock{SKU: it.SKU, Qty: shopLeast + extra + 2*units/shopShare})
		}
	}
	return stock
}
