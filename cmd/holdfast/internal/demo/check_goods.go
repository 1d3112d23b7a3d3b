package demo

import (
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// goodsFound is what the journals say of goods beside the promises of orders.
type goodsFound struct {
	receipts  map[string]map[string]int64 // by delivery and SKU
	transfers map[string]*transferFound
	returns   map[ledger.ReturnID]*returnFound
	out       map[outOf]int64 // handed over, less what came back
	bins      map[binAt][]binMove
	counts    []countFound
	carried   map[string]*carriedFound // by site
}

// transferFound is a transfer by the entries of both books. On its way is what both say of transit: 0 once it is settled.
type transferFound struct {
	sent, came, onWay map[string]int64
	lots, lotsCame    map[string]int64 // by lot (byLot), as far as the books name them
	leaves, comes     int              // entries by which it left, and came
}

// returnFound is what came back together, by its site's entries.
type returnFound struct {
	site  ledger.SiteID
	taken int // entries that took it in
	last  ledger.Return
}

type outOf struct {
	order ledger.OrderID
	sku   ledger.SKU
}

type binAt struct {
	site ledger.SiteID
	sku  ledger.SKU
	bin  string
}

type binMove struct {
	seq ledger.Seq
	qty ledger.Qty
}

type countFound struct {
	bin  binAt
	seq  ledger.Seq
	at   ledger.Seq
	line ledger.CountedLine
}

func newGoodsFound() *goodsFound {
	return &goodsFound{receipts: map[string]map[string]int64{}, transfers: map[string]*transferFound{}, returns: map[ledger.ReturnID]*returnFound{},
		out: map[outOf]int64{}, bins: map[binAt][]binMove{}, carried: map[string]*carriedFound{}}
}

// take adds an entry of a site's journal.
func (g *goodsFound) take(site ledger.SiteID, e *ledger.Entry) {
	for _, p := range e.Postings {
		if p.Account.Kind == ledger.Sellable {
			at := binAt{site, p.SKU, p.Account.Ref}
			g.bins[at] = append(g.bins[at], binMove{e.Seq, p.Qty})
		}
	}
	switch b := e.Body.(type) {
	case *ledger.ReceiptBody:
		of := deliveryAt(string(site), b.Reference)
		if g.receipts[of] == nil {
			g.receipts[of] = map[string]int64{}
		}
		for _, p := range e.Postings {
			if p.Account.Kind == ledger.Supplier {
				g.receipts[of][string(p.SKU)] -= int64(p.Qty)
			}
		}
	case *ledger.OrderBody:
		g.handed(b.Order.ID, e)
	case *ledger.WorkBody:
		g.handed(ledger.OrderID(e.Ref), e)
		g.carries(string(site), b)
	case *ledger.ManifestBody:
		g.manifest(string(site), b)
	case *ledger.TransferBody:
		if b.Refusal == "" {
			g.transfer(e, &b.Transfer)
		}
	case *ledger.ReturnBody:
		g.back(site, e, b)
	case *ledger.ObeyedBody:
		g.obeyed(site, e, b)
	case *ledger.AdjustedBody:
		if b.Count != nil && b.Count.Refusal == "" {
			for _, l := range b.Count.Lines {
				g.counts = append(g.counts, countFound{binAt{site, l.SKU, string(l.Bin)}, e.Seq, b.Count.At, l})
			}
		}
	}
}

// handed counts what an entry gave to an order's customer, or the carrier, or took back.
func (g *goodsFound) handed(id ledger.OrderID, e *ledger.Entry) {
	for _, p := range e.Postings {
		if p.Account.Kind == ledger.Customer || p.Account.Kind == ledger.Transit && p.Account.Ref == string(id) {
			g.out[outOf{id, p.SKU}] += int64(p.Qty)
		}
	}
}

func (g *goodsFound) transfer(e *ledger.Entry, t *ledger.Transfer) {
	f := g.transfers[string(t.ID)]
	if f == nil {
		f = &transferFound{sent: map[string]int64{}, came: map[string]int64{}, onWay: map[string]int64{}, lots: map[string]int64{}, lotsCame: map[string]int64{}}
		g.transfers[string(t.ID)] = f
	}
	for _, p := range e.Postings {
		if p.Account.Kind == ledger.Transit {
			f.onWay[string(p.SKU)] += int64(p.Qty)
		}
	}
	switch {
	case e.Kind == ledger.KindTransferDispatched && t.State == ledger.TransferDispatched:
		f.leaves++
		for _, l := range t.Lines {
			f.sent[string(l.SKU)] += int64(l.Sent)
			for _, n := range l.Lots {
				f.lots[byLot(l.SKU, n.Lot)] += int64(n.Sent)
			}
		}
	case e.Kind == ledger.KindTransferReceived:
		f.comes++
		for _, l := range t.Lines {
			f.came[string(l.SKU)] += int64(l.Came)
			for _, n := range l.Lots {
				f.lotsCame[byLot(l.SKU, n.Lot)] += int64(n.Came)
			}
		}
	}
}

func (g *goodsFound) back(site ledger.SiteID, e *ledger.Entry, b *ledger.ReturnBody) {
	if b.Refusal != "" {
		return
	}
	f := g.returns[b.Return.ID]
	if f == nil {
		f = &returnFound{site: site}
		g.returns[b.Return.ID] = f
	}
	if f.last = b.Return; e.Kind == ledger.KindReturned {
		f.taken++
	}
	if b.Return.Order != "" {
		g.handed(b.Return.Order, e)
	}
}

func (g *goodsFound) obeyed(site ledger.SiteID, e *ledger.Entry, b *ledger.ObeyedBody) {
	c := &b.Command
	switch {
	case b.Repeat || b.Refused != "":
	case b.Transfer != nil:
		g.transfer(e, b.Transfer)
	case c.Kind == ledger.CommandTakeBack && c.Site == site && g.returns[c.Return] != nil:
		f := g.returns[c.Return]
		f.last.Claim = ledger.ClaimGranted
		f.last.Lines = slices.Clone(f.last.Lines)
		for i := range f.last.Lines {
			l := &f.last.Lines[i]
			l.Refused = l.Qty
			for _, d := range b.Done {
				if d.Line == l.Line {
					l.Refused -= d.Qty
				}
			}
		}
	}
}

// goods compares what those who move goods were told with the journals.
func (v *verdict) goodsAgree(p *paper, g *goodsFound) {
	for _, of := range sorted(p.goods.receipts) {
		for _, sku := range sorted(p.goods.receipts[of]) {
			if told, found := p.goods.receipts[of][sku], g.receipts[of][sku]; told != found {
				v.goodsUntold++
				v.say("delivery %s: %d of %s were taken in, the journal has %d", of, told, sku, found)
			}
		}
	}
	for _, of := range sorted(g.receipts) {
		if p.goods.receipts[of] == nil {
			v.goodsUntold++
			v.say("delivery %s stands in the journal, and nobody was told of it", of)
		}
	}
	v.purchases(p)
	v.transfers(p, g)
	v.returns(p, g)
	v.counts(p, g)
	v.manifests(p, g)
	v.lots(p)
}

// purchases says whether head office has of each purchase order what was taken in of it, and whether its figures add up.
func (v *verdict) purchases(p *paper) {
	for _, ref := range sorted(p.goods.purchases) {
		o := p.goods.purchases[ref]
		if o.last == nil {
			v.goodsUntold++
			v.say("purchase order %s is not known at head office", ref)
			continue
		}
		came := p.goods.receipts[deliveryAt(o.site, ref)]
		for _, l := range o.last.Lines {
			if int64(l.Received) != came[string(l.SKU)] || l.Received+l.Short+l.Left != l.Qty+l.Over || int64(l.Qty) != o.lines[string(l.SKU)] {
				v.goodsUntold++
				v.say("purchase order %s: %d of %s came of %d ordered, head office has %d received, %d short, %d due, %d over of %d", ref,
					came[string(l.SKU)], l.SKU, o.lines[string(l.SKU)], l.Received, l.Short, l.Left, l.Over, l.Qty)
			}
		}
	}
}

// transfers says whether each left and came as its people were told, once, and whether all that left has come or is missing.
func (v *verdict) transfers(p *paper, g *goodsFound) {
	known := map[string]bool{}
	for _, t := range p.goods.transfers {
		known[t.id] = true
		f := g.transfers[t.id]
		switch {
		case f == nil || f.leaves != 1 || !sameUnits(f.sent, t.sent):
			v.goodsUntold++
			v.say("transfer %s: %v left %s, the journal does not say so once", t.id, t.sent, t.from)
		case t.came == nil && f.comes > 0, t.came != nil && (f.comes != 1 || !sameUnits(f.came, t.came)):
			v.goodsUntold++
			v.say("transfer %s: %v came to %s, the journal does not say so once", t.id, t.came, t.to)
		case t.lots != nil && !sameUnits(f.lots, t.lots), t.lotsCame != nil && !sameUnits(f.lotsCame, t.lotsCame), t.lotsCame != nil && !sameUnits(t.lots, t.lotsCame):
			v.goodsUntold++
			v.say("transfer %s: of lots %v left %s and %v came to %s; the journals have %v and %v", t.id, t.lots, t.from, t.lotsCame, t.to, f.lots, f.lotsCame)
		}
	}
	for _, id := range sorted(g.transfers) {
		f := g.transfers[id]
		if f.leaves+f.comes > 0 && !known[id] {
			v.goodsUntold++
			v.say("transfer %s left or came, and nobody was told of it", id)
		}
		for _, sku := range sorted(f.onWay) {
			if q := f.onWay[sku]; q != 0 {
				v.unsettled++
				v.say("transfer %s: of %s %d left, %d came, and %d are still nobody's loss or gain", id, sku, f.sent[sku], f.came[sku], q)
			}
		}
	}
}

func sameUnits(a, b map[string]int64) bool {
	for k, q := range a {
		if b[k] != q {
			return false
		}
	}
	for k, q := range b {
		if a[k] != q {
			return false
		}
	}
	return true
}

// returns says whether each return stands in its site's journal once, and whether no more came back of an order than was handed over.
func (v *verdict) returns(p *paper, g *goodsFound) {
	refused := map[outOf]int64{}
	for _, id := range sorted(g.returns) {
		f := g.returns[id]
		if f.last.Claim == ledger.ClaimPending {
			v.unsettled++
			v.say("return %s at %s waits for the book that sold it", id, f.site)
		}
		for i := range f.last.Lines {
			l := &f.last.Lines[i]
			refused[outOf{f.last.Order, l.SKU}] += int64(l.Refused - l.Handed)
		}
		if t := p.goods.returns[id]; t == nil {
			v.goodsUntold++
			v.say("return %s stands in the journal of %s, and nobody was told of it", id, f.site)
		}
	}
	for _, id := range sorted(p.goods.returns) {
		t, f := p.goods.returns[id], g.returns[id]
		if f == nil || f.taken != 1 || string(f.site) != t.site {
			v.goodsUntold++
			v.say("return %s was taken in at %s, its journal does not say so once", id, t.site)
			continue
		}
		for i := range t.Lines {
			if l := &t.Lines[i]; i >= len(f.last.Lines) || f.last.Lines[i].Qty != l.Qty || f.last.Lines[i].SKU != l.SKU {
				v.goodsUntold++
				v.say("return %s line %d is not in the journal as it was told", id, l.Line)
			}
		}
	}
	for of, q := range g.out {
		if short := -(q + refused[of]); short > 0 {
			v.overReturned += short
			v.say("order %s: %d more of %s came back than were handed over", of.order, short, of.sku)
		}
	}
}

// counts says whether each count was booked once, by what had moved up to the place that it counted at and by nothing else, and
// whether an older one came after a newer one.
func (v *verdict) counts(p *paper, g *goodsFound) {
	type place struct {
		site string
		seq  uint64
	}
	booked := map[place][]countFound{}
	for i, c := range g.counts {
		at := place{string(c.bin.site), uint64(c.seq)}
		booked[at] = append(booked[at], c)
		var expected ledger.Qty
		for _, m := range g.bins[c.bin] {
			if m.seq <= c.at {
				expected += m.qty
			}
		}
		// What a count of then, or of before, has shown since is no move: it was so all along.
		for _, other := range g.counts[:i] {
			if other.bin == c.bin && other.seq > c.at && other.seq < c.seq && other.at <= c.at {
				expected += other.line.Variance()
			}
		}
		if c.line.Expected != expected {
			v.countsUndone++
			v.say("%s: %s in %s was counted at %d, by the journal there were %d, the count says %d", c.bin.site, c.bin.sku, c.bin.bin, c.at, expected, c.line.Expected)
		}
		for _, other := range g.counts[:i] {
			if other.bin == c.bin && other.at > c.at && other.seq < c.seq {
				v.countsUndone++
				v.say("%s: a count of %s in %s at %d was booked after one at %d", c.bin.site, c.bin.sku, c.bin.bin, c.at, other.at)
			}
		}
	}
	for _, t := range p.goods.counts {
		list := booked[place{t.site, t.Seq}]
		delete(booked, place{t.site, t.Seq})
		if !sameCount(list, t.Lines) {
			v.goodsUntold++
			v.say("%s: the count of entry %d is not in the journal as it was told", t.site, t.Seq)
		}
	}
	for at := range booked {
		v.goodsUntold++
		v.say("%s: entry %d is a count that nobody was told of", at.site, at.seq)
	}
}

func sameCount(found []countFound, told []contract.CountedLine) bool {
	return slices.EqualFunc(found, told, func(f countFound, l contract.CountedLine) bool {
		return f.bin.sku == l.SKU && f.line.Counted == l.Counted && f.line.Variance() == l.Variance
	})
}

// goodsDone adds up what was done with goods beside the orders.
func (p *paper) doings() map[string]int {
	out := map[string]int{}
	for what, n := range p.goods.done {
		out[what] = n
	}
	out["purchase_orders"], out["counts"] = len(p.goods.purchases), len(p.goods.counts)
	for _, list := range p.goods.manifests {
		out["manifests_closed"] += len(list)
	}
	for _, l := range p.goods.lots {
		if out["lots_received"]++; l.held {
			out["lots_recalled"]++
		}
	}
	out["days_ended"], out["drawers_counted"] = len(p.money.days), len(p.money.drawers)
	for _, r := range p.money.receipts {
		if !r.back {
			out["payments"]++
		}
	}
	for _, t := range p.goods.transfers {
		if out["transfers_sent"]++; t.came != nil {
			out["transfers_received"]++
		}
	}
	return out
}
