package machine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/grid"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Check says which invariant is broken, if any (the package's words list them). It takes time in
// proportion to the state.
func (m *Machine) Check() error {
	sums := map[grid.Key]*Stock{}
	at := func(site ledger.SiteID, sku ledger.SKU) *Stock {
		k := keyOfStock(site, sku)
		if sums[k] == nil {
			sums[k] = &Stock{}
		}
		return sums[k]
	}
	for _, a := range m.asks.Sorted() {
		for _, l := range a.Legs {
			at(l.Site, l.SKU).Holds += l.Qty
		}
	}
	for _, mv := range m.moves.Sorted() {
		for _, l := range slices.Concat(mv.Legs, mv.Kept) {
			at(l.Site, l.SKU).Holds += l.Qty
		}
	}
	for _, r := range m.requests.Sorted() {
		for _, t := range r.Tied {
			at(t.Site, t.SKU).Tied += t.Qty
		}
	}
	queued := 0
	for _, s := range m.sites.Sorted() {
		n, err := m.checkQueue(s, func(c *ledger.HQCommand, l ledger.CommandLine) { at(s.ID, l.SKU).draw(c.Kind, l.Qty) })
		if err != nil {
			return fmt.Errorf("site %s: %w", s.ID, err)
		}
		queued += n
	}
	if queued != m.commands.Len() {
		return fmt.Errorf("%d commands stand in no queue", m.commands.Len()-queued)
	}
	for k, c := range m.kept.Sorted() {
		to, _, _ := strings.Cut(string(k), "\x00")
		if s, ok := m.sites.Get(ledger.SiteID(to)); !ok || !m.silent(s) || c.Number != 0 {
			return fmt.Errorf("command %s is kept for %s, which is given commands", c.ID, to)
		}
		if draws(c) {
			for _, l := range c.Lines {
				at(ledger.SiteID(to), l.SKU).draw(c.Kind, l.Qty)
			}
		}
	}
	if err := m.checkStock(sums); err != nil {
		return err
	}
	return m.checkRest()
}

// checkStock holds the stock against what the records sum up to.
func (m *Machine) checkStock(sums map[grid.Key]*Stock) error {
	var s roomyStock
	for k, b := range m.stock.rows.Each() {
		s.unpack(b)
		want := sums[k]
		if want == nil {
			want = &Stock{}
		}
		if err := s.check(want); err != nil {
			return fmt.Errorf("stock %q: %w", k, err)
		}
		if s.Held < 0 && m.counters.Exceptions == 0 { // also head office's new life is one
			return fmt.Errorf("stock %q: held is %d and nobody was told", k, s.Held)
		}
		delete(sums, k)
	}
	for k, s := range sums {
		return fmt.Errorf("stock %q: %+v is claimed where nothing ever was", k, *s)
	}
	if err := m.stock.rows.Check(); err != nil {
		return fmt.Errorf("stock: %w", err)
	}
	if err := m.items.rows.Check(); err != nil {
		return fmt.Errorf("items: %w", err)
	}
	return nil
}

// checkRest looks at what is not stock.
func (m *Machine) checkRest() error {
	for _, check := range [...]func() error{m.checkSourcing, m.checkPolicy, m.checkClasses, m.checkRates, m.checkDue, m.checkMoves, m.checkStories, m.checkOrders, m.checkTransfers, m.claimsFit, m.checkOutbox, m.checkAssets, m.checkActed} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stock) check(want *Stock) error {
	if err := s.Level.Check(); err != nil {
		return err
	}
	if s.Tied != want.Tied || s.Holds != want.Holds || s.Drawn != want.Drawn || s.Burns != want.Burns {
		return fmt.Errorf("tied %d, holds %d, drawn %d; the records sum up to %d, %d, %d", s.Tied, s.Holds, s.Drawn, want.Tied, want.Holds, want.Drawn)
	}
	if s.Tied < 0 || s.Holds < 0 || s.Drawn < 0 {
		return fmt.Errorf("below zero: tied %d, holds %d, drawn %d", s.Tied, s.Holds, s.Drawn)
	}
	if mirror := s.Level.AllottedTo(ledger.HolderHQ); mirror != s.Held+s.Tied+s.Holds+s.Drawn {
		return fmt.Errorf("allotted to hq %d is not held %d + tied %d + holds %d + drawn %d", mirror, s.Held, s.Tied, s.Holds, s.Drawn)
	}
	return nil
}

// checkQueue goes along a site's queue, and gives its length.
func (m *Machine) checkQueue(s *Site, drawn func(*ledger.HQCommand, ledger.CommandLine)) (int, error) {
	hash := s.Ack.Hash
	for n := s.Ack.Number + 1; n <= s.Issue.Number; n++ {
		c, ok := m.commands.get(keyOfCommand(s.ID, n))
		if !ok {
			return 0, fmt.Errorf("command %d is missing between %d and %d", n, s.Ack.Number, s.Issue.Number)
		}
		if c.Number != n || ledger.ChainCommand(hash, c) != c.Hash {
			return 0, fmt.Errorf("command %d does not follow the one before", n)
		}
		hash = c.Hash
		if draws(c) {
			for _, l := range c.Lines {
				drawn(c, l)
			}
		}
	}
	if hash != s.Issue.Hash {
		return 0, fmt.Errorf("the queue does not end at command %d", s.Issue.Number)
	}
	if s.Folded > s.Stored.Seq || s.Parked == "" && s.Folded != s.Stored.Seq || s.Shown.Seq < s.Stored.Seq || s.Archived.Seq > s.Stored.Seq {
		return 0, fmt.Errorf("folded %d, stored %d, shown %d, archived %d", s.Folded, s.Stored.Seq, s.Shown.Seq, s.Archived.Seq)
	}
	return int(s.Issue.Number - s.Ack.Number), nil
}

// checkOrders looks at what orders say of their legs: a leg that counts is on its line.
func (m *Machine) checkOrders() error {
	waits := 0
	for id, o := range m.orders.Sorted() {
		live := map[ledger.Leg]ledger.Qty{} // Qty of the key is the line's number
		for _, l := range o.Legs {
			if l.live() {
				live[ledger.Leg{Site: l.Site, Qty: ledger.Qty(l.Line)}] += l.Qty
			}
		}
		for i := range o.Lines {
			l := &o.Lines[i]
			for _, away := range l.Away {
				if got := live[ledger.Leg{Site: away.Site, Qty: ledger.Qty(i + 1)}]; got < away.Qty && o.Owner == ledger.HQ {
					return fmt.Errorf("order %s line %d counts on %d from %s, its legs bring %d", id, i+1, away.Qty, away.Site, got)
				}
			}
			if l.Here < 0 || l.Backordered < 0 || l.Unconfirmed < 0 || l.Unconfirmed > l.Backordered || l.Declined < 0 || l.Promised()+l.Backordered+l.Declined > l.Qty {
				return fmt.Errorf("order %s line %d of %d: promised %d, waiting %d, of these to be confirmed %d, declined %d", id, i+1, l.Qty, l.Promised(), l.Backordered, l.Unconfirmed, l.Declined)
			}
		}
		waits += len(o.waitingSKUs())
	}
	for _, turns := range m.derived.waits {
		waits -= len(turns)
	}
	if waits != 0 {
		return fmt.Errorf("the queue is %d entries short of what waits", waits)
	}
	return nil
}
