package hq

import (
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// An itemsRead looks the items of one order up, within one view: each is unpacked anew, so the item of a line is looked up once.
type itemsRead struct {
	m       *machine.Machine
	company *ledger.Company
	last    []*ledger.Item // in the order in which they were asked for; nil for one that is not known
}

func (r *itemsRead) item(sku ledger.SKU) (*ledger.Item, bool) {
	it, ok := r.m.Item(sku)
	r.last = append(r.last, it)
	return it, ok
}

// at gives the item of a line: the one that was asked for in its place, or the one that is found now.
func (r *itemsRead) at(line int, sku ledger.SKU) (*ledger.Item, bool) {
	if line < len(r.last) && r.last[line] != nil && r.last[line].SKU == sku {
		return r.last[line], true
	}
	return r.m.Item(sku)
}

// charge says what the lines of an order come to, once every server keeps it.
func (r *itemsRead) charge(in *contract.OrderRequest, o *ledger.Order, now time.Time) error {
	if r.m.Known() >= ledger.KindMoney {
		return in.Charge(o, contract.Pricing{Item: r.item, Now: now, Company: r.company})
	}
	if in.Charges() {
		return errMixed
	}
	return nil
}

// dropShips marks the lines of an order of head office's own that their suppliers send.
func (r *itemsRead) dropShips(o *ledger.Order) error {
	at := 0
	return contract.DropShips(o, func(sku ledger.SKU) (*ledger.Item, bool) {
		at++
		return r.at(at-1, sku)
	}, func(sku ledger.SKU) bool {
		for _, s := range r.m.StockOf(sku) {
			if s.Level.OnHand() > 0 {
				return true
			}
		}
		return false
	})
}

// knowAll refuses what head office has never heard of. Lines whose items were asked for in their order are known.
func (r *itemsRead) knowAll(o *ledger.Order) error {
	for i := range o.Lines {
		if _, ok := r.at(i, o.Lines[i].SKU); !ok {
			return contract.UnknownSKU(o.Lines[i].SKU, i+1)
		}
	}
	if _, ok := r.m.Site(o.CollectAt); o.CollectAt != "" && !ok {
		return unknownSite(r.m, "collect_at", string(o.CollectAt))
	}
	return knownClass(r.m, "class", o.Class)
}
