package ledger

import (
	"cmp"
	"slices"
)

// wait puts an order into the queue of each SKU that it waits for here.
func (s *State) wait(o *Order) {
	if !o.waitsHere() {
		return
	}
	s.waiting++
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Backordered == 0 {
			continue
		}
		if at, found := s.queued(l.SKU, o.ID); !found { // another line may have put it there
			s.queues[l.SKU] = slices.Insert(s.queues[l.SKU], at, o.ID)
		}
	}
}

// queueAll makes the queues of all orders in memory, each sorted once.
func (s *State) queueAll() {
	s.waiting = 0
	clear(s.queues)
	for _, o := range s.orders {
		if !o.waitsHere() {
			continue
		}
		s.waiting++
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Backordered > 0 {
				s.queues[l.SKU] = append(s.queues[l.SKU], o.ID)
			}
		}
	}
	for sku, q := range s.queues {
		slices.SortFunc(q, s.inTurn)
		s.queues[sku] = slices.Compact(q)
	}
}

// unwait takes an order that is still in memory out of its queues.
func (s *State) unwait(o *Order) {
	if !o.waitsHere() {
		return
	}
	s.waiting--
	for i := range o.Lines {
		sku := o.Lines[i].SKU
		at, found := s.queued(sku, o.ID)
		if !found {
			continue
		}
		if s.queues[sku] = slices.Delete(s.queues[sku], at, at+1); len(s.queues[sku]) == 0 {
			delete(s.queues, sku)
		}
	}
}

// queued finds an order's place in the queue of a SKU.
func (s *State) queued(sku SKU, id OrderID) (int, bool) {
	return slices.BinarySearchFunc(s.queues[sku], id, s.inTurn)
}

// inTurn ranks two orders in memory that wait here: those that are promised goods by a day first, by that day, so what stands is taken away by nobody, however
// urgent; then the more urgent first, of those that are as urgent the one placed first. It is a rule of who is served when something is decided; what was decided
// stands in entries, so no replay asks for it.
func (s *State) inTurn(a, b OrderID) int {
	x, y := s.orders[a], s.orders[b]
	switch {
	case x.dated() && y.dated():
		return cmp.Or(cmp.Compare(x.neededOn(), y.neededOn()), cmp.Compare(x.Serial, y.Serial), cmp.Compare(a, b))
	case x.dated():
		return -1
	case y.dated():
		return 1
	}
	return cmp.Or(cmp.Compare(y.Priority, x.Priority), cmp.Compare(x.Serial, y.Serial), cmp.Compare(a, b))
}

func (o *Order) waitsHere() bool { return o.Wait == WaitHere && o.Status == StatusBackordered }

func (o *Order) backordered(sku SKU) Qty {
	var sum Qty
	for i := range o.Lines {
		if o.Lines[i].SKU == sku {
			sum += o.Lines[i].Backordered
		}
	}
	return sum
}

// freedUnits sums up what the entries since the last fill have made available.
func (d *decision) freedUnits() map[SKU]Qty {
	var freed map[SKU]Qty
	for _, e := range d.entries[d.filled:] {
		for _, p := range e.Postings {
			if have := d.s.available(p.SKU); p.Account.Kind == Available && p.Qty > 0 && have > 0 {
				if freed == nil {
					freed = map[SKU]Qty{}
				}
				freed[p.SKU] = have
			}
		}
	}
	d.filled = len(d.entries)
	return freed
}

// fill reserves what has become available for the orders that wait here, in turn.
// Its entries land in the commit of the entry that freed the units. A unit that is available
// and not freed just now has no order waiting for it: that order would have taken it.
func (d *decision) fill() { d.serve(d.freedUnits()) }

// fillAll is fill for whatever is available. A commit so large that it took several records of the journal may have been cut between the
// entry that freed units and those that reserve them: what the first one left is served when the book is opened.
func (d *decision) fillAll() {
	free := map[SKU]Qty{}
	for sku := range d.s.queues {
		if have := d.s.available(sku); have > 0 {
			free[sku] = have
		}
	}
	d.serve(free)
}

func (d *decision) serve(freed map[SKU]Qty) {
	s := d.s
	for _, id := range s.takers(freed) {
		if e := s.fillOrder(s.orders[id], freed); e != nil {
			d.write(e, Meta{})
		}
	}
	d.filled = len(d.entries)
}

// takers lists the orders that freed units go to, in turn. Each SKU goes to the first
// of its queue until there is none left, whatever else an order waits for, so no other order
// has to be looked at.
func (s *State) takers(freed map[SKU]Qty) []OrderID {
	var out []OrderID
	for sku, left := range freed {
		for _, id := range s.queues[sku] {
			if left == 0 {
				break
			}
			out = append(out, id)
			left -= min(left, s.orders[id].backordered(sku))
		}
	}
	slices.SortFunc(out, s.inTurn)
	return slices.Compact(out)
}

// fillOrder takes what a waiting order can have out of freed and gives the entry that reserves
// it; nil where there is nothing for it.
func (s *State) fillOrder(old *Order, freed map[SKU]Qty) *Entry {
	m := &moves{}
	var o *Order
	for i := range old.Lines {
		l := &old.Lines[i]
		if l.Backordered == 0 {
			continue
		}
		n := min(l.Backordered, freed[l.SKU])
		if n == 0 {
			continue
		}
		if o == nil {
			o = old.Clone()
		}
		if freed[l.SKU] -= n; freed[l.SKU] == 0 {
			delete(freed, l.SKU)
		}
		o.Lines[i].Here += n
		o.Lines[i].Backordered -= n
		m.claim(l.SKU, accountAvailable(), accountReserved(o.ID, i+1), n)
	}
	if o == nil {
		return nil
	}
	o.Settle()
	return &Entry{Kind: KindFilled, Ref: string(o.ID), Postings: m.list, Body: &OrderBody{Order: *o}}
}
