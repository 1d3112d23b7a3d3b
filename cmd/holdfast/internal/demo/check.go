package demo

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// found is what the journals say of one order, gathered from every site's entries and from
// nothing else.
type found struct {
	owner   ledger.SiteID
	placed  int                   // accepting entries in the owner's journal
	last    *ledger.Order         // the order after its owner's last entry about it
	legs    map[legKey]ledger.Qty // reserved at a site by head office's command
	refused int                   // commands about it that a site could not carry out
	letGo   bool                  // a site has freed what it served of it

	fell      map[legKey]ledger.Qty // picked short or rejected there: it waits again, or is served from elsewhere
	displaced map[legKey]ledger.Qty // promises of it that lost their units to an entry that names them
	moved     map[legKey]ledger.Qty // what a site let go because head office has it served from elsewhere
	left      map[int]ledger.Qty    // by line, what other sites than the owner have handed over of it
}

type legKey struct {
	site ledger.SiteID
	line int
	sku  ledger.SKU
}

// journals is all that was read after the company stopped.
type journals struct {
	orders map[ledger.OrderID]*found
	heads  map[ledger.SiteID]ledger.Position
	counts map[ledger.SiteID]uint64
	goods  *goodsFound
	money  *moneyFound
	signed []signed
}

func (j *journals) order(id ledger.OrderID) *found {
	f, ok := j.orders[id]
	if !ok {
		f = &found{legs: map[legKey]ledger.Qty{}, displaced: map[legKey]ledger.Qty{}, fell: map[legKey]ledger.Qty{}, moved: map[legKey]ledger.Qty{}, left: map[int]ledger.Qty{}}
		j.orders[id] = f
	}
	return f
}

// readJournals walks the book of every site.
func readJournals(env ledger.Env, f Folders) (*journals, error) {
	j := &journals{orders: map[ledger.OrderID]*found{}, heads: map[ledger.SiteID]ledger.Position{}, counts: map[ledger.SiteID]uint64{}, goods: newGoodsFound(), money: newMoneyFound()}
	for _, name := range f.Sites {
		site := ledger.SiteID(name)
		if err := ledger.WalkBook(env, filepath.Join(f.Dir, name), func(e *ledger.Entry, h ledger.Hash) error {
			j.heads[site] = ledger.Position{Epoch: e.Epoch, Seq: e.Seq, Hash: h}
			j.counts[site]++
			j.take(site, e)
			j.goods.take(site, e)
			j.money.take(site, e)
			j.signed = append(j.signed, signedBy(site, e))
			return nil
		}); err != nil {
			return j, fmt.Errorf("read journal of %s: %w", site, err)
		}
	}
	return j, nil
}

func (j *journals) take(site ledger.SiteID, e *ledger.Entry) {
	switch b := e.Body.(type) {
	case *ledger.OrderBody:
		j.displace(site, b.Displaced)
		if e.Kind == ledger.KindRefused || e.Kind == ledger.KindAsked || b.Dropped || b.Refusal != "" {
			return
		}
		f := j.order(b.Order.ID)
		f.owner, f.last = site, &b.Order
		switch e.Kind {
		case ledger.KindPlaced, ledger.KindAskAccepted, ledger.KindAskAbandoned:
			f.placed++
		}
	case *ledger.LateBody:
		j.displace(site, b.Displaced)
		if b.Order == nil || b.Refusal != "" {
			return
		}
		f := j.order(b.Order.ID)
		f.owner, f.last = site, b.Order
		f.placed = max(f.placed, 1) // what was placed in a closed epoch is recorded, not placed again
		for _, m := range b.Missing {
			f.displaced[legKey{site, m.Line, m.SKU}] += m.Want - m.Have
		}
	case *ledger.AdjustedBody:
		j.displace(site, b.Displaced)
	case *ledger.LotBody:
		j.displace(site, b.Displaced)
	case *ledger.WorkBody:
		f := j.order(ledger.OrderID(e.Ref))
		if b.Order != nil && b.Refusal == "" {
			f.last = b.Order
		}
		for _, l := range b.Left() {
			if b.Owner != site {
				f.left[l.Line] += l.Qty
			}
		}
	case *ledger.ReturnBody:
		if b.Order != nil && b.Refusal == "" {
			j.order(b.Order.ID).last = b.Order
		}
	case *ledger.ObeyedBody:
		j.obeyed(site, b)
	case *ledger.LegBody:
		j.fell(site, e, b)
	}
}

// fell takes what a site says of its part of an order that it did not find, or will not serve.
func (j *journals) fell(site ledger.SiteID, e *ledger.Entry, b *ledger.LegBody) {
	f := j.order(ledger.OrderID(e.Ref))
	if b.Order != nil {
		f.owner, f.last = site, b.Order
	}
	for _, l := range b.Lost(e.Kind) {
		k := legKey{site, l.Line, l.SKU}
		f.fell[k] += l.Qty
		if b.Owner != site {
			f.legs[k] -= l.Qty
		}
	}
}

// displace takes what an entry says of promises that lost their units to it.
func (j *journals) displace(site ledger.SiteID, list []ledger.Displaced) {
	for _, d := range list {
		f, k := j.order(d.Order), legKey{site, d.Line, d.SKU}
		f.displaced[k] += d.Qty
		if d.Owner != site {
			f.legs[k] -= d.Qty
		}
	}
}

func (j *journals) obeyed(site ledger.SiteID, b *ledger.ObeyedBody) {
	c := &b.Command
	if b.Refused != "" || b.Repeat {
		if b.Refused == ledger.RefusedNotAllotted && !b.Repeat {
			f := j.order(c.Order)
			f.refused++
			for _, l := range c.Lines {
				f.displaced[legKey{site, l.Line, l.SKU}] += l.Qty
			}
		}
		return
	}
	f := j.order(c.Order)
	if b.Order != nil {
		f.owner, f.last = site, b.Order
	}
	switch c.Kind {
	case ledger.CommandReserve, ledger.CommandDraw:
		for _, l := range b.Done {
			f.legs[legKey{site, l.Line, l.SKU}] += l.Qty
		}
	case ledger.CommandCancel, ledger.CommandRelease:
		f.letGo = f.letGo || c.Kind == ledger.CommandCancel
		for _, l := range b.Done {
			f.legs[legKey{site, l.Line, l.SKU}] -= l.Qty
			if strings.HasSuffix(c.ID, machine.MoveSuffix) {
				f.moved[legKey{site, l.Line, l.SKU}] += l.Qty
			}
		}
	case ledger.CommandLose:
		for _, l := range b.Done {
			f.displaced[legKey{c.Site, l.Line, l.SKU}] += l.Qty
		}
	}
}

// reservedAt is what the journals say is promised of a line at a site: by the owner's own book
// or by a leg that head office ordered there.
func (f *found) reservedAt(site ledger.SiteID, line int, sku ledger.SKU) ledger.Qty {
	if f.owner == site && f.last != nil && line <= len(f.last.Lines) {
		return here(&f.last.Lines[line-1])
	}
	return f.legs[legKey{site, line, sku}]
}

// here is what the owner's own site has promised of a line or handed over. What others have handed over stands in their journals.
func here(l *ledger.Line) ledger.Qty {
	q := l.Here + l.Taken + l.Over
	for _, s := range l.Sent {
		q -= s.Qty
	}
	return q
}

// canceled says whether the order was cancelled. Where the client had no answer to its wish, the
// journals know: the owner's last entry, or for an order of head office's the freed legs.
func (f *found) canceled(t *told) bool {
	if !t.unsure || f == nil {
		return t.canceled
	}
	if f.last == nil {
		return f.letGo
	}
	for i := range f.last.Lines {
		if l := &f.last.Lines[i]; !l.Canceled && l.Taken < l.Qty {
			return false
		}
	}
	return true
}

// verdict is what the comparison found. All its counts but displaced must be 0.
type verdict struct {
	oversold, lost, duplicated, altered, displaced int64
	crossSite                                      int
	faults                                         []string

	overReturned int64 // units that came back beyond those handed over
	unsettled    int64 // transfers of which some is nobody's loss or gain, returns that wait for a word
	countsUndone int64 // counts that were booked wrongly, or after a newer one
	goodsUntold  int64 // told and not in the journals once and alike, or there and untold

	moneyUntold  int64 // receipts and charges, likewise
	overRefunded int64 // minor units given back beyond what was paid
	receiptGaps  int64 // numbers that are missing, or were given twice
	drawersWrong int64 // sessions that do not add up
	daysWrong    int64
	overCredit   int64 // minor units bought on account beyond a limit
	unnamed      int64 // acts of people that do not name person, device and approver
}

func (v *verdict) say(format string, args ...any) {
	if len(v.faults) < 50 {
		v.faults = append(v.faults, fmt.Sprintf(format, args...))
	}
}

// compare holds what the clients were told against what the journals say.
func compare(p *paper, j *journals) *verdict {
	v := &verdict{}
	v.faults = append(v.faults, p.faults...)
	v.altered += int64(len(p.faults))
	known := map[ledger.OrderID]*told{}
	promised := map[string]map[string]int64{} // site -> sku -> units that customers were promised
	for _, t := range p.orders {
		if t.answer == nil {
			continue
		}
		if other, twice := known[t.answer.ID]; twice {
			v.duplicated++
			v.say("%s and %s were both answered with order %s", other.key, t.key, t.answer.ID)
		}
		known[t.answer.ID] = t
		v.one(t, j.orders[t.answer.ID])
		if j.orders[t.answer.ID].canceled(t) {
			continue
		}
		for _, l := range t.answer.Lines {
			for _, r := range l.Reserved {
				if promised[string(r.Site)] == nil {
					promised[string(r.Site)] = map[string]int64{}
				}
				promised[string(r.Site)][string(l.SKU)] += int64(max(0, r.Qty-j.lost(t.answer.ID, r.Site, l.Line, l.SKU)))
			}
		}
	}
	stock := p.stock()
	v.sold("told", stock, promised)
	v.sold("journalled", stock, j.promised())
	v.untold(p, known, j)
	v.goodsAgree(p, j.goods)
	v.moneyAgrees(p, j.money)
	v.actsNamed(p, j.signed)
	return v
}

// lost is how much of a promise an entry has said to be displaced, or a site has let go for another one to serve.
func (j *journals) lost(id ledger.OrderID, site ledger.SiteID, line int, sku ledger.SKU) ledger.Qty {
	if f := j.orders[id]; f != nil {
		k := legKey{site, line, sku}
		return f.gone(k) + f.moved[k]
	}
	return 0
}

// gone is how much of what was promised from a site an entry has named as lost to it. Where a leg fell short both its
// site and the order's book name it.
func (f *found) gone(k legKey) ledger.Qty { return max(f.displaced[k], f.fell[k]) }

// one compares one accepted order.
func (v *verdict) one(t *told, f *found) {
	id := t.answer.ID
	if t.changed {
		v.altered++
	}
	own := t.book != string(ledger.HQ)
	if f == nil {
		f = &found{legs: map[legKey]ledger.Qty{}}
	}
	if own && f.placed == 0 {
		v.lost++
		v.say("%s: %s accepted order %s, no entry of its journal does", t.key, t.book, id)
		return
	}
	if f.placed > 1 {
		v.duplicated++
		v.say("%s: order %s was accepted by %d entries", t.key, id, f.placed)
	}
	for k, q := range f.displaced {
		v.displaced += int64(max(0, q-f.fell[k]))
	}
	for _, l := range t.answer.Lines {
		for _, r := range l.Reserved {
			if f.canceled(t) {
				continue
			}
			k := legKey{r.Site, l.Line, l.SKU}
			if have := f.reservedAt(r.Site, l.Line, l.SKU); have < r.Qty-f.gone(k)-f.moved[k] {
				v.lost++
				v.say("%s: order %s line %d was promised %d from %s, the journal there has %d", t.key, id, l.Line, r.Qty, r.Site, have)
			}
		}
		v.moved(t, f, &l)
		v.line(t, f, &l)
	}
	if t.crosses() {
		v.crossSite++
	}
}

// moved says whether a line of which a part was moved has as much as it was promised, wherever that is now.
func (v *verdict) moved(t *told, f *found, l *contract.OrderLine) {
	var promised, has, moved ledger.Qty
	for _, r := range l.Reserved {
		promised += r.Qty
	}
	for k, q := range f.moved {
		if k.line == l.Line {
			moved += q
		}
	}
	for k := range f.displaced {
		if k.line == l.Line {
			promised -= f.gone(k)
		}
	}
	for k, q := range f.fell {
		if _, seen := f.displaced[k]; k.line == l.Line && !seen {
			promised -= q
		}
	}
	for k, q := range f.legs {
		if k.line == l.Line && k.site != f.owner {
			has += q
		}
	}
	if f.owner != "" {
		has += f.reservedAt(f.owner, l.Line, l.SKU)
	}
	if moved > 0 && has < promised && !f.canceled(t) {
		v.lost++
		v.say("%s: order %s line %d was promised %d and moved, %d are reserved", t.key, t.answer.ID, l.Line, promised, has)
	}
}

// line holds one line of the receipt against the journals: what was ordered must stand there
// unchanged, and no more may be promised of it than was ordered.
func (v *verdict) line(t *told, f *found, as *contract.OrderLine) {
	line, sku, qty := as.Line, as.SKU, as.Qty
	if w := t.request.Lines[line-1]; w.SKU != string(sku) || w.Qty != qty {
		v.altered++
		v.say("%s: line %d of the answer is %d of %s, ordered were %d of %s", t.key, line, qty, sku, w.Qty, w.SKU)
	}
	if f.last != nil {
		if line > len(f.last.Lines) || f.last.Lines[line-1].SKU != sku || f.last.Lines[line-1].Qty != qty {
			v.altered++
			v.say("%s: line %d is not in the journal as it was answered", t.key, line)
		}
	}
	var sum ledger.Qty
	for k, q := range f.legs {
		if k.line == line && k.sku == sku && k.site != f.owner {
			sum += q
		}
	}
	if f.last != nil && line <= len(f.last.Lines) {
		last := &f.last.Lines[line-1]
		sum += here(last) + last.Declined // what is declined nobody keeps goods for
		if last.Declined > as.ToConfirm {
			v.lost++
			v.say("%s: %d of line %d of order %s are declined, %d were told to be confirmed", t.key, last.Declined, line, t.answer.ID, as.ToConfirm)
		}
	}
	if sum > qty {
		v.duplicated++
		v.say("%s: line %d of order %s is promised %d times for %d ordered", t.key, line, t.answer.ID, sum, qty)
	}
	// What another site has handed over before it heard of the cancel has left all the same: head office has somebody see to that.
	if sum -= f.left[line]; t.canceled && f.last != nil && f.last.Lines[line-1].Taken == 0 && sum > 0 {
		v.altered++
		v.say("%s: order %s is cancelled, %d of line %d are still reserved", t.key, t.answer.ID, sum, line)
	}
}

// promised is what the journals say is promised or handed over, site by site and SKU by SKU:
// also what was promised later, when goods came in for an order that waited.
func (j *journals) promised() map[string]map[string]int64 {
	sum := map[string]map[string]int64{}
	add := func(site ledger.SiteID, sku ledger.SKU, q ledger.Qty) {
		if sum[string(site)] == nil {
			sum[string(site)] = map[string]int64{}
		}
		sum[string(site)][string(sku)] += int64(q)
	}
	for _, f := range j.orders {
		if f.last != nil {
			for _, l := range f.last.Lines {
				add(f.owner, l.SKU, here(&l))
			}
		}
		for k, q := range f.legs {
			if k.site != f.owner {
				add(k.site, k.sku, q)
			}
		}
	}
	return sum
}

// sold compares, site by site and SKU by SKU, what is promised with what came in.
func (v *verdict) sold(says string, stock, promised map[string]map[string]int64) {
	for _, site := range sorted(promised) {
		for _, sku := range sorted(promised[site]) {
			if more := promised[site][sku] - stock[site][sku]; more > 0 {
				v.oversold += more
				v.say("%s: %s are promises of %d of %s, %d came in", site, says, promised[site][sku], sku, stock[site][sku])
			}
		}
	}
}

// untold looks for orders that stand in a journal though nobody was told yes: an order placed
// twice under two ids would show here. Orders whose client never had an answer may be either.
func (v *verdict) untold(p *paper, known map[ledger.OrderID]*told, j *journals) {
	unknown := 0
	for _, t := range p.orders {
		if t.unknown {
			unknown++
		}
	}
	extra := 0
	for _, id := range sorted(j.orders) {
		f := j.orders[id]
		if known[id] == nil && (f.placed > 0 || len(f.legs) > 0) {
			extra++
			if extra > unknown {
				v.duplicated++
				v.say("order %s stands in the journals, and no client was told of it", id)
			}
		}
	}
}

func sorted[K ~string, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Slice(out, func(a, b int) bool { return out[a] < out[b] })
	return out
}
