package demo

import (
	"maps"
	"math/rand/v2"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// goodsTold is what those who move goods beside orders were told: their own paper, as told is a seller's.
type goodsTold struct {
	receipts  map[string]map[string]int64 // by delivery and SKU, units taken in
	purchases map[string]*purchaseTold
	transfers []*transferTold // that have left
	returns   map[ledger.ReturnID]*returnTold
	counts    []countTold
	shipments map[string]map[string]bool // by site, tracking numbers of what left with a carrier
	manifests map[string][]contract.Manifest
	struck    map[string]map[uint64]bool // by site, shipments that were struck off
	lots      map[lotOf]*lotTold
	lotOrders map[ledger.OrderID]bool // that took goods which are kept by lot or serial number
	done      map[string]int          // what was done, how often
}

// purchaseTold is a purchase order: what was ordered, and what head office said of it when all was quiet.
type purchaseTold struct {
	site  string
	lines map[string]int64
	last  *contract.Purchase
}

// returnTold is goods that came back to a site, as it was told last.
type returnTold struct {
	site string
	contract.Return
}

type transferTold struct {
	id       string
	from, to string
	sent     map[string]int64 // by SKU; nil until it has left
	came     map[string]int64 // in any condition; nil until it was received

	lots, lotsCame map[string]int64 // the same by lot (byLot), of goods that are kept so
}

type countTold struct {
	site string
	contract.Count
}

// did counts one thing that was done.
func (p *paper) did(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goods.done == nil {
		p.goods.done = map[string]int{}
	}
	p.goods.done[what]++
}

// deliveryAt names what came in together at a site.
func deliveryAt(site, reference string) string { return site + " " + reference }

// tookIn notes what was taken in of a delivery.
func (p *paper) tookIn(site, reference string, lines []contract.ReceiptLine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goods.receipts == nil {
		p.goods.receipts = map[string]map[string]int64{}
	}
	of := p.goods.receipts[deliveryAt(site, reference)]
	if of == nil {
		of = map[string]int64{}
		p.goods.receipts[deliveryAt(site, reference)] = of
	}
	for _, l := range lines {
		of[l.SKU] += int64(l.Qty)
	}
}

// returned notes how a return stands.
func (p *paper) returned(site string, r *contract.Return) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goods.returns == nil {
		p.goods.returns = map[ledger.ReturnID]*returnTold{}
	}
	p.goods.returns[r.ID] = &returnTold{site, *r}
}

// stock is all that lay on a shelf to be promised: what came in, by whichever door, less what is gone.
func (p *paper) stock() map[string]map[string]int64 {
	out := map[string]map[string]int64{}
	add := func(site, sku string, q int64) {
		if out[site] == nil {
			out[site] = map[string]int64{}
		}
		out[site][sku] += q
	}
	for site, of := range p.received {
		out[site] = maps.Clone(of)
	}
	for _, r := range p.goods.returns {
		for i := range r.Lines {
			add(r.site, string(r.Lines[i].SKU), int64(r.Lines[i].Restocked))
		}
	}
	return out
}

// sent notes a transfer that has left.
func (p *paper) sent(t *transferTold) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.goods.transfers = append(p.goods.transfers, t)
}

func (p *paper) arrived(t *transferTold, came map[string]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.came = came
}

func (p *paper) counted(site string, c *contract.Count) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.goods.counts = append(p.goods.counts, countTold{site, *c})
}

// ordered notes what was ordered of a supplier.
func (p *paper) ordered(ref, site string, lines map[string]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goods.purchases == nil {
		p.goods.purchases = map[string]*purchaseTold{}
	}
	p.goods.purchases[ref] = &purchaseTold{site: site, lines: lines}
}

// sold gives one of the sales over a counter whose goods a customer has, of this shop or of another one; nil where there is none.
func (p *paper) sold(r *rand.Rand, site string, here bool) *told {
	return p.draw(r, func(t *told) bool {
		return t.book != string(ledger.HQ) && (t.book == site) == here && t.answer.Status == ledger.StatusCompleted && t.request.Fulfil == ledger.Take && !kept(t.answer.Lines[0].SKU)
	})
}

// laidBy gives one of the orders that a customer is to collect at a site; nil where there is none.
func (p *paper) laidBy(r *rand.Rand, site string) *told {
	return p.draw(r, func(t *told) bool {
		at := t.request.CollectAt
		if at == "" {
			at = t.book
		}
		return t.request.Fulfil == ledger.Collect && at == site && !t.canceled && !t.unsure
	})
}

// drawsMost is how many orders are looked at to draw one.
const drawsMost = 400

// draw gives one of the orders that were accepted, and fit; nil where none of some was.
func (p *paper) draw(r *rand.Rand, fits func(*told) bool) *told {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range min(drawsMost, len(p.orders)) {
		if t := p.orders[r.IntN(len(p.orders))]; t.answer != nil && fits(t) {
			return t
		}
	}
	return nil
}
