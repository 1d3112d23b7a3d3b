package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// claimsMax bounds the returns of one order that wait until head office hears which book owns it. Whoever claims beyond is
// told no.
const claimsMax = 100

// Unclaimed are the returns of an order that no book has told of yet: sites took its goods in, and the right to take them back
// waits for who owns it. One row an order, gone once its owner is known.
type Unclaimed struct {
	Order ledger.OrderID
	All   []ClaimOf // in the order in which head office heard of them
}

// A ClaimOf is one return's.
type ClaimOf struct {
	ID        string // of the command that will ask the owner: it follows from the site's entry
	Site      ledger.SiteID
	Return    ledger.ReturnID
	Lines     []ledger.CommandLine
	Exception uint64 // that tells of it
	Currency  string // of a claim for money (see money_claim.go), which Return names and Lines say the sum of; "" of goods
}

// command begins a command about the claim.
func (c *ClaimOf) command(id string, order ledger.OrderID, owner ledger.SiteID, lines []ledger.CommandLine) ledger.HQCommand {
	out := ledger.HQCommand{ID: id, Kind: ledger.CommandTakeBack, Order: order, Owner: owner, Site: c.Site, Lines: lines, Return: c.Return}
	if c.Currency != "" {
		out.Kind, out.Reason = ledger.CommandRefund, c.Currency
	}
	return out
}

// claimOf is the claim that a command puts to an owner.
func claimOf(c *ledger.HQCommand) ClaimOf {
	out := ClaimOf{ID: c.ID, Site: c.Site, Return: c.Return, Lines: c.Lines}
	if c.Kind == ledger.CommandRefund {
		out.Currency = c.Reason
	}
	return out
}

// waits says in an exception what a claim waits for.
func (c *ClaimOf) waits(order, until string) string {
	if c.Currency != "" {
		return fmt.Sprintf("%s has asked to give back %d minor units of %s of %s: nothing is granted until %s. Resolve this to have it refused", c.Site, c.Lines[0].Qty, c.Currency, order, until)
	}
	return fmt.Sprintf("%s has taken goods back of %s: they stay blocked until %s. Resolve this to have them refused", c.Site, order, until)
}

func (m *Machine) editClaims(id ledger.OrderID) (*Unclaimed, bool) {
	return edit(m.claims.table, id, func(v *Unclaimed) *Unclaimed {
		c := *v
		c.All = slices.Clone(v.All)
		return &c
	})
}

// returned folds goods that came back, or what was done with them. The postings have told where they are.
func (f *folding) returned(b *ledger.ReturnBody) error {
	if b.Refusal != "" {
		return nil
	}
	if o := b.Order; o != nil {
		if err := f.fits(o); err != nil {
			return err
		}
		if o.ID != b.Return.Order {
			return fmt.Errorf("it is about order %s, and holds order %s", b.Return.Order, o.ID)
		}
		f.cameBack(o)
	}
	if f.e.Kind == ledger.KindReturned {
		f.claims(&b.Return)
	}
	return nil
}

// cameBack notes what the site's book counts as returned of its order.
func (f *folding) cameBack(o *ledger.Order) {
	f.wrote(o.ID)
	if rec, known := f.m.editOrder(o.ID); known && rec.Owner == f.site && len(rec.Lines) == len(o.Lines) {
		for i := range rec.Lines {
			rec.Lines[i].Returned = o.Lines[i].Returned
		}
	}
}

// claims asks the book that owns the order of a return which site has none of: as soon as it is known which book that is.
func (f *folding) claims(r *ledger.Return) {
	if r.Claim != ledger.ClaimPending {
		return
	}
	if r.ID == "" || r.Order == "" || len(r.Lines) == 0 || len(r.Lines) > ledger.ReturnLinesMax { // no book writes such a one
		f.raise("does_not_fit", "", r.Order, fmt.Sprintf("return %q of %d lines is none", r.ID, len(r.Lines)))
		return
	}
	lines := make([]ledger.CommandLine, len(r.Lines))
	for i := range r.Lines {
		l := &r.Lines[i]
		lines[i] = ledger.CommandLine{Line: l.Line, SKU: l.SKU, Qty: l.Qty}
	}
	f.putClaim(r.Order, &ClaimOf{ID: f.why.derived(0), Site: f.site, Return: r.ID, Lines: lines})
}

// putClaim asks the book that owns an order, or keeps the claim until head office hears which book that is.
func (f *folding) putClaim(id ledger.OrderID, c *ClaimOf) {
	if f.m.claimed(id, c, f.push.At) {
		return
	}
	all, ok := f.m.editClaims(id)
	if !ok {
		all = &Unclaimed{Order: id}
		f.m.claims.put(id, all)
	}
	if len(all.All) >= claimsMax {
		f.m.refuseClaim(id, ledger.HQ, c, f.push.At)
		return
	}
	if !f.m.claimWaits(id) {
		f.raise(whatUnclaimed, c.Lines[0].SKU, id, c.waits("an order that no book has told of", "one does"))
		c.Exception = f.m.counters.Exceptions
	}
	all.add(c, f.m.putsTaken())
}

// add lets a claim wait: behind the others, but for one of what was taken over already. It comes first, or the owner would hand the same over to another;
// with first also one of what was paid, or made good, on an answer of a life that is lost.
func (u *Unclaimed) add(c *ClaimOf, first bool) {
	if c.Currency != "" && len(c.Lines) > 0 && (c.Lines[0].Line == claimTaken || first && c.Lines[0].Line == claimPaid) {
		u.All = slices.Insert(u.All, 0, *c)
		return
	}
	u.All = append(u.All, *c)
}

// claimWaits says whether the book that owns an order is going to decide on what comes back of it, and has more to tell first: it is being
// made anew, or has not attested in this life of head office. What it has sold may be a late fact still.
func (m *Machine) claimWaits(id ledger.OrderID) bool {
	owner, _, ok := m.OwnerOf(id)
	s, known := m.sites.get(owner)
	return ok && known && !s.Lost.Done() && !m.told(owner) && m.Known() >= ledger.KindBlockedSeen
}

// claimAgain keeps a claim that the owner's book could not decide on while it was made anew, and puts it under another id once it is.
func (f *folding) claimAgain(given *ledger.HQCommand) {
	c := claimOf(given)
	c.ID += "/again"
	if f.m.claimed(given.Order, &c, f.push.At) {
		return
	}
	f.m.addClaim(given.Order, &c, f.push.At)
}

// addClaim keeps a claim until the book that owns its order can decide on it.
func (m *Machine) addClaim(id ledger.OrderID, c *ClaimOf, at time.Time) {
	all, ok := m.editClaims(id)
	if !ok {
		all = &Unclaimed{Order: id}
		m.claims.put(id, all)
	}
	switch {
	case slices.ContainsFunc(all.All, func(have ClaimOf) bool { return have.ID == c.ID }):
	case len(all.All) >= claimsMax:
		m.refuseClaim(id, ledger.HQ, c, at)
	default:
		all.add(c, m.putsTaken())
	}
}

// claimsOf lists the orders of a site's book of which claims wait, ascending, also those that this command has staged.
func (m *Machine) claimsOf(site ledger.SiteID) (ids []ledger.OrderID) {
	all := m.claims.touched()
	for id := range m.claims.Sorted() {
		all = append(all, id)
	}
	slices.Sort(all)
	for _, id := range slices.Compact(all) {
		owner, _, ok := m.OwnerOf(id)
		if _, waits := m.claims.get(id); waits && ok && owner == site {
			ids = append(ids, id)
		}
	}
	return ids
}

// claimsThaw puts the claims that have waited for a site's book to tell all it knows.
func (m *Machine) claimsThaw(site ledger.SiteID, at time.Time) {
	if m.Known() < ledger.KindBlockedSeen {
		return
	}
	for _, id := range m.claimsOf(site) {
		m.claimedNow(id, at)
	}
}

// claimsLost has somebody see to the claims that a lost site's book was to decide on: those that wait, and those that are queued to it. Should
// it come back, it decides on them under the ids that they have.
func (m *Machine) claimsLost(s *Site, at time.Time) {
	if m.Known() < ledger.KindBlockedSeen {
		return
	}
	queued := func(c *ledger.HQCommand, ok bool) {
		if ok && (c.Kind == ledger.CommandTakeBack || c.Kind == ledger.CommandRefund) && c.Owner == s.ID && c.Site != s.ID {
			claim := claimOf(c)
			m.addClaim(c.Order, &claim, at)
		}
	}
	for n := s.Ack.Number + 1; n <= s.Issue.Number; n++ {
		queued(m.commands.get(keyOfCommand(s.ID, n)))
	}
	for n := uint64(1); n <= s.Kept; n++ {
		queued(m.kept.get(keyOfCommand(s.ID, n)))
	}
	for _, id := range m.claimsOf(s.ID) {
		all, _ := m.editClaims(id)
		for i := range all.All {
			c := &all.All[i]
			if c.Exception != 0 {
				continue
			}
			m.raise(Exception{What: whatUnclaimed, Site: c.Site, SKU: c.Lines[0].SKU, Order: id,
				Why: c.waits(fmt.Sprintf("an order of %s, which is lost", s.ID), "it is back")}, at)
			c.Exception = m.counters.Exceptions
		}
	}
}

// whatUnclaimed is the word for goods that came back of an order that head office has not heard of.
const whatUnclaimed = "return_unclaimed"

// claimed puts a claim to the book that owns the order; false where that is not known yet, or the site is lost. Head office decides on its own orders
// here and now.
func (m *Machine) claimed(id ledger.OrderID, c *ClaimOf, at time.Time) bool {
	owner, _, ok := m.OwnerOf(id)
	if !ok {
		return false
	}
	if s, known := m.sites.get(owner); known && s.Lost.Done() {
		return false // nobody reads its book any more: somebody says what becomes of the goods
	}
	if m.claimWaits(id) {
		return false
	}
	switch {
	case c.Currency != "" && (owner == ledger.HQ || owner == c.Site): // head office takes no money, and what a site took it gives back by itself
		m.refuseClaim(id, owner, c, at)
		return true
	case owner != ledger.HQ:
		m.issue(owner, c.command(c.ID, id, owner, c.Lines))
		return true
	}
	if o, known := m.orders.get(id); !known || o.Relearned {
		return false // its client may send it again
	}
	o, _ := m.editOrder(id)
	m.answerClaim(id, owner, c, o.TakesBack(c.Lines))
	return true
}

// answerClaim tells the site that has the goods how many of them the order counts as returned.
func (m *Machine) answerClaim(id ledger.OrderID, owner ledger.SiteID, c *ClaimOf, granted []ledger.CommandLine) {
	if _, known := m.sites.get(c.Site); known {
		m.issue(c.Site, c.command(c.ID+"/answer", id, owner, granted))
	}
}

// refuseClaim answers that nothing is granted. What was paid at the company's risk for it is lost, and somebody is told.
func (m *Machine) refuseClaim(id ledger.OrderID, owner ledger.SiteID, c *ClaimOf, at time.Time) {
	m.riskLost(id, owner, c, 0, at)
	m.answerClaim(id, owner, c, nil)
}

// claimedNow puts the claims to an order's owner, of which head office has just heard.
func (m *Machine) claimedNow(id ledger.OrderID, at time.Time) {
	all, ok := m.claims.get(id)
	if !ok {
		return
	}
	for i := range all.All {
		c := &all.All[i]
		if !m.claimed(id, c, at) {
			return
		}
		if e, kept := m.exceptions.get(keyOfRank(c.Exception)); kept && e.What == whatUnclaimed && !e.Resolved.Done() {
			m.resolved(e, Signed{By: ownerHQ, Reason: "the book that owns the order has told of it", At: at})
		}
	}
	m.claims.del(id)
}

// unclaimed has a claim refused whose exception somebody has closed: no book will tell of the order any more.
func (m *Machine) unclaimed(e *Exception) {
	if e.What != whatUnclaimed {
		return
	}
	all, ok := m.editClaims(e.Order)
	if !ok {
		return
	}
	i := slices.IndexFunc(all.All, func(c ClaimOf) bool { return c.Exception == e.ID })
	if i < 0 {
		return
	}
	m.refuseClaim(e.Order, ledger.HQ, &all.All[i], e.Resolved.At)
	if all.All = slices.Delete(all.All, i, i+1); len(all.All) == 0 {
		m.claims.del(e.Order)
	}
}

// tookBack passes on what the owner of an order counts as returned. A site whose build does not know the command has decided
// nothing: somebody looks.
func (f *folding) tookBack(given *ledger.HQCommand, b *ledger.ObeyedBody) {
	if given.Owner != f.site || b.Repeat { // a repeat tells nothing new: the first entry with the id has told it
		f.notTakenOver(given, b)
		return
	}
	if b.Refused == ledger.RefusedRebuilding && f.m.Known() >= ledger.KindBlockedSeen {
		f.claimAgain(given)
		return
	}
	if b.Refused == ledger.RefusedUnknown {
		f.raise("refused", "", given.Order, fmt.Sprintf("%s %s: %s; upgrade the site", given.Kind, given.ID, b.Refused))
		return
	}
	done := b.Done
	if b.Refused != "" {
		done = nil
	}
	if given.Kind == ledger.CommandRefund {
		f.handedOver(given, done)
		return
	}
	var want, got ledger.Qty
	for _, l := range given.Lines {
		want += l.Qty
	}
	for _, l := range done {
		got += l.Qty
	}
	if got < want && len(given.Lines) > 0 {
		f.m.raise(Exception{What: "over_returned", Site: given.Site, SKU: given.Lines[0].SKU, Order: given.Order, Owner: string(given.Site),
			Why: fmt.Sprintf("%d came back, and the book of %s takes back %d: hand the rest to the customer, or say what is done with it", want, f.site, got)}, f.push.At)
	}
	if given.Site != f.site {
		f.m.answerClaim(given.Order, f.site, &ClaimOf{ID: given.ID, Site: given.Site, Return: given.Return}, done)
	}
}

// claimsFit says whether the rows of claims are such as a fold makes.
func (m *Machine) claimsFit() error {
	for id, v := range m.claims.Sorted() {
		if id != v.Order || len(v.All) == 0 || len(v.All) > claimsMax {
			return fmt.Errorf("%d claims wait for order %s", len(v.All), id)
		}
		for i := range v.All {
			if c := &v.All[i]; c.ID == "" || c.Site == "" || c.Return == "" || len(c.Lines) == 0 {
				return fmt.Errorf("claim %q of site %q waits for order %s", c.ID, c.Site, id)
			}
		}
	}
	return nil
}

func (c *coder) claimsOf(v *Unclaimed) {
	c.record(2, func() {
		text(c, &v.Order)
		list(c, &v.All, claimsMax, func(w *ClaimOf) {
			c.blob(func(c *coder) {
				var more []growth
				if c.reading() || w.Currency != "" { // a claim for goods has the bytes of before
					more = []growth{{1, func() { text(c, &w.Currency) }}}
				}
				c.grown(5, func() {
					text(c, &w.ID)
					text(c, &w.Site)
					text(c, &w.Return)
					c.commandLines(&w.Lines)
					count(c, &w.Exception)
				}, more...)
			})
		})
	})
}
