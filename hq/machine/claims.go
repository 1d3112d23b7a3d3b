package machine

import "github.com/holdfast-stock/holdfast/ledger"

// Claims are sums over all SKUs of one site, for the figures of an operator.
type Claims struct {
	Idle      ledger.Qty // allotted to HQ, and HQ may not promise it: on its way, or frozen
	Shortfall ledger.Qty // promised, and not there
	Allotted  ledger.Qty // to HQ
}

// Claims sums the stock of each site. It goes over all of it: once a minute, not once a request.
func (f *Frozen) Claims() map[ledger.SiteID]Claims {
	out := map[ledger.SiteID]Claims{}
	for k, v := range f.stock.Sorted() {
		c := out[k.Site]
		allotted := v.Level.AllottedTo(ledger.HolderHQ)
		c.Allotted += allotted
		c.Idle += max(allotted-v.Held-v.Tied-v.Holds-v.Drawn, 0)
		c.Shortfall += v.Level.Shortfall
		out[k.Site] = c
	}
	return out
}
