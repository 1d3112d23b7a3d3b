package ledger

import (
	"maps"
	"slices"
)

// Clone gives a state that goes its own way from here on: a simulation's disk keeps one of a
// journal's beginning, so that opening the book need not fold all of it. What either does is not
// seen by the other. The clone owes a checkpoint nothing.
func (s *State) Clone() *State {
	c := *s
	c.levels = make(map[SKU]*Level, len(s.levels))
	for sku, l := range s.levels {
		own := l.Clone()
		c.levels[sku] = &own
	}
	c.queues = make(map[SKU][]OrderID, len(s.queues))
	for sku, q := range s.queues {
		c.queues[sku] = slices.Clone(q)
	}
	// Orders, served parts and returns are replaced, never changed, so both may hold them.
	c.holdings, c.orders, c.served, c.returns = maps.Clone(s.holdings), maps.Clone(s.orders), maps.Clone(s.served), maps.Clone(s.returns)
	c.asks, c.askKeys, c.keys = maps.Clone(s.asks), maps.Clone(s.askKeys), maps.Clone(s.keys)
	c.openIDs, c.servedIDs, c.blocked = slices.Clone(s.openIDs), slices.Clone(s.servedIDs), slices.Clone(s.blocked)
	c.takings, c.dueIn = s.takings.clone(), s.dueIn.clone()
	c.dirty, c.near, c.shelf = dirt{}, near{}, nil
	c.dirty.reset()
	return &c
}
