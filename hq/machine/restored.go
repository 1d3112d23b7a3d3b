package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// laterLife says whether h is a later life of head office than this one.
func (m *Machine) laterLife(h ledger.Incarnation) bool { return h.Counter > m.counters.H.Counter }

// meet notes that a site has met a later life of head office than this one: head office has gone
// back in time and does not know what it has promised. Nothing is planned until it begins another life.
func (m *Machine) meet(s *Site, h ledger.Incarnation, at time.Time) {
	if !m.laterLife(h) || h.Counter <= m.counters.Behind.Counter {
		return
	}
	m.counters.Behind = h
	m.raise(Exception{What: "hq_behind", Site: s.ID,
		Why: fmt.Sprintf("the site has met life %d of head office, this is life %d: nothing is promised until it is recovered", h.Counter, m.counters.H.Counter)}, at)
}

// reincarnate begins another life. What was queued and no entry has embedded is kept, in order and
// under its ids, until the site has attested: it may have been carried out already, in entries
// that are not here. What head office had only decided from what it held is let go, and decided
// anew when that is known again: borrows, what it gives back, passes on or burns.
func (m *Machine) reincarnate(c *Reincarnate) Result {
	m.counters.H = ledger.Incarnation{Counter: max(m.counters.H.Counter+1, m.counters.Behind.Counter+1, lifeAt(c.At)), Random: c.Random}
	m.counters.Behind = ledger.Incarnation{}
	if m.customers.Len() > 0 {
		m.counters.Customers = max(m.counters.Customers, m.counters.H.Counter) // above what a lost life gave, so that sites hear what comes
	}
	if c.Items {
		m.counters.RefVersion = max(m.counters.RefVersion, m.counters.H.Counter)
	}
	if c.Apart {
		m.counters.Epochs = ledger.Epoch(m.counters.H.Counter)
	}
	err := m.atomically(func() error {
		for _, s := range m.Sites() {
			s := m.editSite(s.ID)
			s.Frozen, s.Rebuilding, s.Waived = FrozenRestored, false, Signed{}
			s.Boot = [16]byte{} // which process is the last one its next hello tells
			m.keep(s)
		}
		for _, of := range slices.Clone(m.derived.requests) {
			m.closeRequest(of, nil) // everything is frozen: nothing is given back
		}
		m.raise(Exception{What: "hq_restored", Why: fmt.Sprintf("life %d of head office begins: %s", m.counters.H.Counter, c.Why) + m.forgets()}, c.At)
		return nil
	})
	return Result{Err: err, H: m.counters.H}
}

// Outlive raises the version of customers above what a life that is lost gave after this state, as the next life does: what is set from
// here on is news to every site, however much more than this state it knew. It is for a state that is in no cluster yet.
func (m *Machine) Outlive(at time.Time) {
	m.counters.Customers = max(m.counters.Customers, m.counters.H.Counter+1, lifeAt(at))
}

// lifeAt is the least number of a life that begins at that moment: the seconds since 2020. Two lives
// that begin from one backup would have one number else, and sites refuse the second of two such.
func lifeAt(at time.Time) uint64 {
	const begin = 1_577_836_800
	return uint64(max(at.Unix()-begin, 0))
}

// epochAfter is the epoch to issue to a site whose book was in another one last.
func (m *Machine) epochAfter(last ledger.Epoch) ledger.Epoch { return max(last+1, m.counters.Epochs) }

// keep takes a site's queue out of the stream.
func (m *Machine) keep(s *Site) {
	for n := s.Ack.Number + 1; n <= s.Issue.Number; n++ {
		k := keyOfCommand(s.ID, n)
		given, _ := m.commands.get(k)
		m.commands.del(k)
		if !m.keeps(s.ID, given) {
			continue
		}
		c := *given
		c.H, c.Number, c.Hash = ledger.Incarnation{}, 0, ledger.Hash{}
		s.Kept++
		m.kept.put(keyOfCommand(s.ID, s.Kept), &c)
	}
	s.Issue = ledger.Cursor{H: m.counters.H}
	s.Ack = s.Issue
}

// keeps says whether a command outlives the life that gave it. What one that does not was to take
// is held again.
func (m *Machine) keeps(site ledger.SiteID, c *ledger.HQCommand) bool {
	switch c.Kind {
	case ledger.CommandGiveBack, ledger.CommandPassOn, ledger.CommandBurn:
	default:
		return c.Kind != ledger.CommandBorrow
	}
	for _, l := range c.Lines {
		stock := m.editStock(site, l.SKU)
		stock.draw(c.Kind, -l.Qty)
		stock.Held += l.Qty
		if c.Kind == ledger.CommandPassOn {
			m.editPassed(site, c.Site, l.SKU).Coming -= l.Qty
		}
	}
	return false
}

// flush gives what is kept for a site its places in the stream.
func (m *Machine) flush(s *Site) {
	for n := uint64(1); n <= s.Kept; n++ {
		k := keyOfCommand(s.ID, n)
		if kept, ok := m.kept.get(k); ok {
			c := *kept
			m.kept.del(k)
			if c.Kind != ledger.CommandReturn || m.returnable(s, &c) {
				m.queue(s, &c)
			}
		}
	}
	s.Kept = 0
}

// unkeep takes the command of that id from what is kept for a site: its entry has come.
func (m *Machine) unkeep(s *Site, id string) (*ledger.HQCommand, bool) {
	for n := uint64(1); n <= s.Kept; n++ {
		k := keyOfCommand(s.ID, n)
		if c, ok := m.kept.get(k); ok && c.ID == id {
			m.kept.del(k)
			return c, true
		}
	}
	return nil, false
}

// silent says whether a site is given no command: it has not attested under this life, and so
// what it has carried out is not known. The book of a site that is being made anew is known.
func (m *Machine) silent(s *Site) bool {
	return s.Frozen == FrozenRestored && s.Attested != m.counters.H && !s.Rebuilding
}

// Believes says whether an epoch that this life has not issued is taken from a site's hello: a life that is lost may have issued it. Whoever
// asks bounds it by what the site's certificate proves.
func (m *Machine) Believes(s *Site) bool { return m.silent(s) }

// Awaited says whether head office waits for the site to attest before anything thaws. A site that
// an earlier life has declared lost may have come back in what is forgotten of that life: somebody
// declares it lost again, or waives its attest.
func (m *Machine) Awaited(s *Site) bool {
	return s.Frozen == FrozenRestored && s.Attested != m.counters.H && !s.Waived.Done()
}

// Attests says whether the site is to write an attest: after a rebuild, or under a new life.
func (m *Machine) Attests(s *Site) bool {
	return s.Rebuilding || s.Frozen == FrozenRestored && s.Attested != m.counters.H
}

// Closed says why nothing is promised from a site; "" where it is.
func (m *Machine) Closed(s *Site) string {
	switch {
	case s.Broken != "":
		return "turned away: " + s.Broken
	case s.Lost.Done():
		return "declared lost: " + s.Lost.Reason
	case s.Frozen == FrozenRebuild:
		return "frozen: its book is being made anew"
	case s.Frozen != "":
		return "frozen: head office went back in time, and not every site has attested"
	case m.counters.Behind.Known():
		return "frozen: head office has gone back in time and has to be recovered"
	default:
		return ""
	}
}

// attested ends a rebuild, or answers a new life of head office: where the digest of the site's
// balances is that of the mirror, what is held there is known again. A rebuilt site thaws by
// itself. After a new life none thaws before all have attested: a yes that head office has
// forgotten may stand in any other site's journal, and counts on units of this one.
func (f *folding) attested(b *ledger.AttestedBody) {
	s := f.m.editSite(f.site)
	if b.Rebuilt && len(b.Moved) > 0 {
		f.toCount(b.Moved) // whatever life it answers: the goods are what they are
	}
	if b.H != f.m.counters.H || s.Rebuilding && !b.Rebuilt || s.Parked != "" && f.e.Epoch < s.Epoch {
		return // it answered a life, or an epoch, that is over; of a parked stream it is read after the epoch was given
	}
	if got := f.m.mirrorDigest(f.site); got != b.Digest {
		f.raise("attest_differs", "", "", "the site's balances are other ones than its journal tells: it stays frozen")
		return
	}
	s.Attested = b.H
	f.endAsks()
	f.m.backAll(f.site, &f.why, f.push.At) // before the draws that are kept
	if b.Rebuilt {
		s.Rebuilding = false
	}
	switch {
	case s.Rebuilding:
	case s.Frozen == FrozenRebuild:
		s.Frozen = ""
		f.m.reconcile([]ledger.SiteID{f.site}, &f.why, f.push.At)
		f.m.agree([]ledger.SiteID{f.site}, &f.why, f.push.At)
		f.m.thaw(s, &f.why, f.push.At)
		f.m.settleAssets(&f.why, f.push.At)
	case s.Frozen == FrozenRestored:
		f.m.flush(s)
		f.m.attestedAll(&f.why, f.push.At)
	}
}

// endAsks lets go what is held for asks that the site's book does not know: they were of an epoch
// that is closed, and came to their end in entries that are lost.
func (f *folding) endAsks() {
	var over []*Ask
	for _, a := range f.m.asksOf(f.site) {
		if a.ID.Epoch < f.e.Epoch && !a.Seen || a.ID.Epoch <= f.e.Epoch && !a.Seen && a.ID.Seq <= f.e.Seq {
			over = append(over, a)
		}
	}
	for _, a := range over {
		f.parcelsOf(a.Order, f.closeAsk(a.ID), false)
	}
}

// asksOf lists the open asks of a site, also those that this command has staged.
func (m *Machine) asksOf(site ledger.SiteID) []*Ask {
	var of []Subject
	prefix := Subject(fmt.Sprintf("ask/%s/", site))
	for _, k := range m.derived.asks {
		if strings.HasPrefix(string(k), string(prefix)) {
			of = insert(of, k)
		}
	}
	for _, k := range m.asks.touched() {
		if strings.HasPrefix(string(k), string(prefix)) {
			of = insert(of, k)
		}
	}
	var out []*Ask
	for _, k := range of {
		if a, ok := m.asks.get(k); ok {
			out = append(out, a)
		}
	}
	return out
}

// mirrorDigest is the digest of a site's balances as its journal tells them.
func (m *Machine) mirrorDigest(site ledger.SiteID) ledger.Digest {
	skus := m.skusAt(site)
	return ledger.DigestOfLevels(func(yield func(ledger.SKU, *ledger.Level) bool) {
		for _, sku := range skus {
			if s, ok := m.stock.get(keyOfStock(site, sku)); ok && !yield(sku, &s.Level) {
				return
			}
		}
	})
}

// skusAt lists what a site ever had, ascending, also what this command has staged.
func (m *Machine) skusAt(site ledger.SiteID) []ledger.SKU {
	out := m.stock.rows.At(site, "", m.stock.rows.AtLen(site))
	for _, k := range m.stock.touched() {
		if k.Site == site {
			out = append(out, k.SKU)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// attestedAll thaws the sites that have attested, once no other is waited for.
func (m *Machine) attestedAll(why *cause, at time.Time) {
	var ready []ledger.SiteID
	for _, id := range m.derived.sites {
		s, _ := m.sites.get(id)
		if m.Awaited(s) {
			return
		}
		if s.Frozen == FrozenRestored && s.Attested == m.counters.H {
			ready = append(ready, id)
		}
	}
	if len(ready) == 0 {
		return
	}
	for _, id := range ready {
		m.editSite(id).Frozen = ""
	}
	m.reconcile(ready, why, at)
	m.agree(ready, why, at)
	for _, id := range ready {
		m.thaw(m.editSite(id), why, at)
	}
	m.settleAssets(why, at)
}

// thaw lets a site's units be promised again: held is what its journal allots to head office, less
// what is promised of it. At a counter the rest goes back.
func (m *Machine) thaw(s *Site, why *cause, at time.Time) {
	s.Frozen = ""
	m.passAgain(s.ID, why)
	var over []Tied
	for _, sku := range m.skusAt(s.ID) {
		stock, ok := m.stock.get(keyOfStock(s.ID, sku))
		switch {
		case ok && stock.Held > 0 && s.Counter:
			over = append(over, Tied{Site: s.ID, SKU: sku})
		case ok && stock.Held < 0:
			m.raise(Exception{What: "overdrawn", Site: s.ID, SKU: sku,
				Why: fmt.Sprintf("%s has %d less allotted to head office than was promised from it", s.ID, -stock.Held)}, at)
		}
	}
	for part := range slices.Chunk(over, ledger.LinesMax) {
		m.giveBack(part, why)
	}
	m.claimsThaw(s.ID, at)
	m.wake = append(m.wake, s.ID)
}
