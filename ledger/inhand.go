package ledger

import (
	"cmp"
	"fmt"
	"slices"
)

// FoundReason names the loss account that units come from which nobody knew were there.
const FoundReason = "found"

func accountFound() Account     { return Account{Kind: Loss, Ref: FoundReason} }
func accountShortfall() Account { return Account{Kind: Shortfall} }

// A taking gathers what one entry takes that nobody freed: goods in the hand, a loss, a late
// sale (protocol.md section 7). It takes from available, then from head office's allotment, then
// from reservations that are not picked, the least important and latest first; what is left is
// shortfall. Where less lies on the shelf than is taken, the difference is found.
//
// The orders of ours that lose units are changed by entries of their own (displace) before the
// one with the moves: these make the units available, so that a crash between them leaves units
// that nobody claims, and none that two do.
type taking struct {
	s         *State
	m         *moves
	spare     OrderID // keeps what it has
	displaced []Displaced
	freed     map[SKU]Qty        // what displace will make available
	orders    map[OrderID]*Order // of ours that lose units, as they will stand
	rank      []OrderID          // of orders, in which they lost the first one
	claims    map[SKU][]claim    // that may still be displaced, of what the entry is about
	ranked    bool               // they have been looked for
}

// A claim is units of one SKU reserved here for one line and not picked.
type claim struct {
	order    OrderID
	owner    SiteID
	ours     int // 1 where owner is this site
	line     int
	qty      Qty
	priority int
	serial   uint64
}

func (s *State) taking(m *moves) *taking {
	return &taking{s: s, m: m, freed: map[SKU]Qty{}, orders: map[OrderID]*Order{}, claims: map[SKU][]claim{}}
}

// about says that the entry may take of a SKU: all that it may take of is looked for in one pass.
func (t *taking) about(sku SKU) {
	if l := t.s.look(sku); l != nil && l.Reserved > 0 {
		t.claims[sku] = nil
	}
}

func (t *taking) aboutOrder(o *Order) {
	for i := range o.Lines {
		t.about(o.Lines[i].SKU)
	}
}

// take takes q to where it has gone, customer or loss. free is how much of it was available, short
// how much is shortfall now.
func (t *taking) take(sku SKU, q Qty, gone Account) (free, short Qty) {
	n := min(q, t.shelf(sku))
	if n > 0 {
		n -= t.m.takeOff(t.s.look(sku), sku, n) // what this entry puts into a new bin stays there
	}
	return t.claim(sku, q, n, gone)
}

// takeFrom is take out of one bin, which holds q.
func (t *taking) takeFrom(bin Bin, sku SKU, q Qty, gone Account) (free, short Qty) {
	t.m.add(sku, Account{Kind: Sellable, Ref: string(bin)}, -q)
	return t.claim(sku, q, q, gone)
}

// shelf is what is left in bins to be sold.
func (t *taking) shelf(sku SKU) Qty {
	if l := t.s.look(sku); l != nil {
		return l.Sellable - t.m.posted(sku, Account{Kind: Stock}) - t.m.posted(sku, Account{Kind: Picked})
	}
	return 0
}

// claim books what take took, n of it from the shelf, against the claims on it.
func (t *taking) claim(sku SKU, q, n Qty, gone Account) (free, short Qty) {
	m, rest := t.m, n
	m.add(sku, gone, q)
	m.add(sku, accountFound(), n-q)
	m.add(sku, Account{Kind: Stock}, n)
	free = min(rest, t.available(sku))
	m.add(sku, accountAvailable(), -free)
	rest -= free
	hq := accountAllotted(HolderHQ)
	held := max(0, min(rest, t.s.allottedToHQ(sku)+m.posted(sku, hq)))
	m.add(sku, hq, -held)
	rest -= held
	rest -= t.displace(sku, rest)
	m.add(sku, accountShortfall(), -rest)
	return free, rest
}

// available is what is left of it beside the moves, and with what displace will add.
func (t *taking) available(sku SKU) Qty {
	return max(0, t.s.available(sku)+t.freed[sku]+t.m.posted(sku, accountAvailable()))
}

// displace takes want of a SKU from reservations, as far as there are any.
func (t *taking) displace(sku SKU, want Qty) (got Qty) {
	if want == 0 {
		return 0
	}
	if !t.ranked {
		t.s.rankClaims(t.claims, t.spare)
		t.ranked = true
	}
	claims := t.claims[sku]
	for got < want && len(claims) > 0 && len(t.displaced) < displacedMax {
		c := &claims[0]
		n := min(want-got, c.qty)
		got += n
		t.displaced = append(t.displaced, Displaced{Order: c.order, Owner: c.owner, Line: c.line, SKU: sku, Qty: n})
		if c.owner == t.s.Site {
			t.free(c, sku, n)
		} else {
			t.m.add(sku, accountReserved(c.order, c.line), -n)
		}
		if c.qty -= n; c.qty == 0 {
			claims = claims[1:]
		}
	}
	t.claims[sku] = claims
	return got
}

// free makes n units of an order of ours wait again, and takes them as available.
func (t *taking) free(c *claim, sku SKU, n Qty) {
	o, ok := t.orders[c.order]
	if !ok {
		o = t.s.orders[c.order].Clone()
		t.orders[c.order] = o
		t.rank = append(t.rank, c.order)
	}
	l := &o.Lines[c.line-1]
	l.Here, l.Backordered = l.Here-n, l.Backordered+n
	if o.Wait == WaitNone {
		o.Wait = t.s.waits(o)
	}
	o.Settle()
	t.freed[sku] += n
	t.m.add(sku, accountAvailable(), -n)
}

// waits says which book fills what an order of ours is short of.
func (s *State) waits(o *Order) Wait {
	if s.asksFor(o) {
		return WaitHQ
	}
	return WaitHere
}

// rankClaims lists what is reserved of the SKUs that into names and not picked, in the order in
// which it is given up: by priority, then other books' orders before our own, for head office can
// serve them from elsewhere, then the latest first. An order that is being asked about keeps what
// it has.
func (s *State) rankClaims(into map[SKU][]claim, spare OrderID) {
	add := func(sku SKU, c claim) {
		if list, wanted := into[sku]; wanted && c.qty > 0 {
			into[sku] = append(list, c)
		}
	}
	if len(into) == 0 {
		return
	}
	for id, v := range s.served {
		hands := map[int]Qty{} // of lines that have any
		if v.Work != nil {
			for i := range v.Work.Lines {
				hands[v.Work.Lines[i].Line] = v.Work.Lines[i].inHand()
			}
		}
		for _, l := range v.Lines {
			n := min(hands[l.Line], l.Qty)
			if hands[l.Line] -= n; id != spare {
				add(l.SKU, claim{order: id, owner: v.Owner, line: l.Line, qty: l.Qty - n})
			}
		}
	}
	for id, o := range s.orders {
		if _, asking := s.asks[id]; asking || !o.isOpen() || id == spare {
			continue
		}
		for i := range o.Lines {
			l := &o.Lines[i]
			add(l.SKU, claim{order: id, owner: s.Site, ours: 1, line: i + 1, qty: s.onShelf(id, i+1, l.Here), priority: o.Priority, serial: o.Serial})
		}
	}
	for _, list := range into {
		slices.SortStableFunc(list, func(a, b claim) int { // of parts of one line the first stays first
			return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.ours, b.ours),
				cmp.Compare(b.serial, a.serial), cmp.Compare(b.order, a.order), cmp.Compare(b.line, a.line))
		})
	}
}

// writeTaking writes an entry, with those of the orders that it displaces before it. Which lots go is named first: an entry that moves more of them than
// fit in one comes to nothing, and then no order has lost anything to it. What is displaced lies where it lay, so the names hold.
func (d *decision) writeTaking(e *Entry, t *taking, meta Meta) *Entry {
	if d.no == nil {
		d.no = d.s.nameLots(e)
	}
	if d.no != nil {
		return e
	}
	d.displace(t, meta)
	return d.write(e, meta)
}

// displace writes the entries of the orders of ours that lose units.
func (d *decision) displace(t *taking, meta Meta) {
	for _, id := range t.rank {
		o := t.orders[id]
		m := &moves{}
		b := &OrderBody{Order: *o}
		for _, p := range t.displaced {
			if p.Order == id && p.Owner == d.s.Site {
				m.claim(p.SKU, accountReserved(id, p.Line), accountAvailable(), p.Qty)
				b.Displaced = append(b.Displaced, p)
			}
		}
		d.write(&Entry{Kind: KindDisplaced, Ref: string(id), Postings: m.list, Body: b}, meta.who())
	}
}

// placeInHand sells what the customer holds, whatever the book says of it.
func (d *decision) placeInHand(r *Place) Outcome {
	s := d.s
	if r.Order.Fulfil != Take {
		return Outcome{Err: &FormError{Field: "in_hand", Why: "goes with fulfil take only"}}
	}
	if len(r.Approver) > TextMax {
		return Outcome{Err: &FormError{Field: "approver", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}}
	}
	b := s.bodyOfPlaced(r)
	b.InHand, b.Approver = true, r.Approver
	o := &b.Order
	if _, taken := s.orders[o.ID]; taken {
		return d.refuse(b, RefusedExists, r.Meta)
	}
	if no := d.promote(b, r.Meta); no != nil {
		return *no
	}
	m := &moves{expect: 4 * len(o.Lines), wishes: true} // the customer has it, wherever the book has that lot
	if err := d.wants(m, r.Lots, o); err != nil {
		return Outcome{Err: err}
	}
	t := s.taking(m)
	t.aboutOrder(o)
	for i := range o.Lines {
		l := &o.Lines[i]
		l.fresh()
		l.Taken = l.Qty
		if free, _ := t.take(l.SKU, l.Qty, Account{Kind: Customer}); free < l.Qty {
			b.Shorts = append(b.Shorts, Short{Line: i + 1, SKU: l.SKU, Want: l.Qty, Have: free})
		}
	}
	if err := m.fit(); err != nil {
		return Outcome{Err: err}
	}
	o.Serial, b.Displaced = s.Serial+1, t.displaced
	o.Settle()
	e := d.writeTaking(&Entry{Kind: KindPlaced, Ref: string(o.ID), Postings: m.settled(), Lots: m.lots, Body: b}, t, r.Meta)
	return Outcome{Entry: e}
}
