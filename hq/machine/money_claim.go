package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A claim for money goes the way of a claim for goods (takeback.go): from the entry of the site that asks to the book that owns the order, and its answer
// back. Both commands' ids follow from the site's entry, and both books know a claim by its own id, so repeats and lives of head office change nothing.

// claimsMoney puts what a site asks for to the book that owns the order. What was paid at the company's risk is told late as well: the owner's book is
// asked for it in whichever life it was paid.
func (f *folding) claimsMoney(b *ledger.TenderBody) {
	c := b.Claim
	if b.Refusal != "" || c == nil || c.Answered {
		return
	}
	if err := c.Check(); err != nil || b.Currency == "" { // in the words of one site: no other's book is to hear them
		f.raise("does_not_fit", "", c.Order, fmt.Sprintf("a claim of %s for %d minor units of %q is none: %v", f.site, c.Amount, b.Currency, err))
		return
	}
	line := ledger.CommandLine{Qty: ledger.Qty(c.Amount)}
	if c.Risk {
		line.Line = claimAtRisk
	}
	f.putClaim(c.Order, &ClaimOf{ID: f.why.derived(0), Site: f.site, Return: ledger.ReturnID(c.ID), Lines: []ledger.CommandLine{line}, Currency: b.Currency})
}

// What the line of a claim for money says of it: nothing was paid before the answer, or it was.
const (
	claimAtRisk = 1 // at the company's risk
	claimPaid   = 2 // in a life that is lost, on an answer that may be lost, too
	claimTaken  = 3 // it was taken over, on an answer that head office has forgotten
)

// claimsTaken puts to the owner of an order what a site had taken over of it in a life that is lost, also to make good what it paid at risk, as a late fact tells: where the owner's book was lost as
// well, and head office went back, nobody else knows that it was handed over, and the owner would give it back a second time. An owner that knows says
// what it has said. how is claimPaid or claimTaken.
func (f *folding) claimsTaken(b *ledger.TenderBody, how int) {
	var ids []ledger.ClaimID
	sums := map[ledger.ClaimID]ledger.Qty{}
	for _, m := range b.Moves {
		if !f.tookOver(&b.Payments, &m) {
			continue
		}
		t := &b.Payments.Tenders[m.Tender-1]
		if sums[t.Claim] == 0 {
			ids = append(ids, t.Claim)
		}
		sums[t.Claim] += ledger.Qty(m.Amount)
	}
	for i, id := range ids {
		line := ledger.CommandLine{Line: how, Qty: min(sums[id], ledger.AmountMax)}
		f.putClaim(b.Payments.Order, &ClaimOf{ID: f.why.derived(1 + i), Site: f.site, Return: ledger.ReturnID(id), Lines: []ledger.CommandLine{line}, Currency: b.Currency})
	}
}

// tookOver says whether a move takes over what another book has handed over: as a tender of its own, or to make good what was paid at risk.
func (f *folding) tookOver(p *ledger.Payments, m *ledger.TenderMove) bool {
	t := &p.Tenders[m.Tender-1]
	switch {
	case t.Claim == "" || m.Refund:
		return false
	case m.Settle:
		own := func(o ledger.Tender) bool { return o.Claim == t.Claim && o.From != "" } // it makes the risk good, and says itself that it was taken over
		return f.m.putsTaken() && !slices.ContainsFunc(p.Tenders, own)
	default:
		return m.Across && t.From != "" && t.From != f.site
	}
}

// claimsForgotten puts to the owner of an order what a site has taken over of it on an answer that head office has forgotten. It went back to before the
// owner's book told it, so it may have made that book anew without it: then the site that took it over is the only one that knows.
func (f *folding) claimsForgotten(b *ledger.ObeyedBody) error {
	if b.Tender == nil || b.Tender.Refusal != "" || b.Command.Site != f.site || !f.m.putsTaken() {
		return nil
	}
	if err := f.e.MoneyFits(); err != nil {
		return err
	}
	f.claimsTaken(b.Tender, claimTaken)
	return nil
}

// answersAgain gives an answer under another id, once for each sum, where the site that asked has taken one down under this id before: head office went
// back, the owner's book was made anew, and it may have handed over what it had refused in the life before, or more than it had. Nobody would have the right
// else. A site that has it knows by the claim's own id, and takes nothing over twice.
func (f *folding) answersAgain(given *ledger.HQCommand) {
	const answer, again = "/answer", "/again"
	at := strings.LastIndex(given.ID, answer)
	if given.Kind != ledger.CommandRefund || given.Site != f.site || given.Owner == f.site || len(given.Lines) == 0 || at < 0 || !f.m.putsTaken() {
		return
	}
	at += len(answer)
	if how := given.ID[at:]; how != "" && how != again { // it has taken down an answer of this very sum
		return
	}
	var sum ledger.Qty
	for _, l := range given.Lines {
		sum += l.Qty
	}
	claim := claimOf(given)
	if f.m.saysPrice() && f.m.toldOfClaim(handedOverLost, f.site, given.Order, claim.Return) != nil {
		return // a person gives it by hand, or has: no till may give it as well
	}
	f.m.issue(f.site, claim.command(fmt.Sprintf("%s%s/%d", given.ID[:at], again, sum), given.Order, given.Owner, given.Lines))
}

// handedOver passes on what the owner of an order hands over. A site that asked for an order of its own has had its answer with the command.
func (f *folding) handedOver(given *ledger.HQCommand, done []ledger.CommandLine) {
	if given.Site == f.site {
		return
	}
	var got ledger.Qty
	for _, l := range done {
		got += l.Qty
	}
	claim := claimOf(given)
	f.m.riskLost(given.Order, f.site, &claim, got, f.push.At)
	f.m.answerClaim(given.Order, f.site, &claim, done)
}

// notTakenOver tells of what an order's book has handed over and the site that asked for it could not take over: its payments are full, or it does not
// know the command. No book may give it back any more.
func (f *folding) notTakenOver(given *ledger.HQCommand, b *ledger.ObeyedBody) {
	if b.Repeat {
		f.answersAgain(given)
		return
	}
	if given.Kind != ledger.CommandRefund || given.Site != f.site || b.Refused == "" || len(given.Lines) == 0 {
		return
	}
	var sum ledger.Qty
	for _, l := range given.Lines {
		sum += l.Qty
	}
	sums := fmt.Sprintf("the book of %s has handed over %d minor units of %s", given.Owner, sum, given.Reason)
	so := fmt.Sprintf("%s, and %s could not take them over: %s. No till gives them back any more: give them to the customer by hand, and say so here", sums, f.site, b.Refused)
	if f.m.saysPrice() {
		if told := f.m.toldOfClaim(handedOverLost, f.site, given.Order, given.Return); told != nil && strings.HasPrefix(told.Why, sums) {
			return
		}
		so += ". That is all that was ever handed over of it: what the customer has had already, at the company's risk or by hand, is a part of it" + ofClaim(given.Return)
	}
	f.m.raise(Exception{What: handedOverLost, Site: f.site, Seq: f.e.Seq, Order: given.Order, Owner: string(f.site), Why: so}, f.push.At)
}

// handedOverLost is the word for what an order's book has handed over and no other one has.
const handedOverLost = "handed_over_lost"

// ofClaim ends the words of an exception with the claim that it tells of, by which it is found again.
func ofClaim(id ledger.ReturnID) string { return fmt.Sprintf(". It is claim %s", id) }

// toldOfClaim finds the exception, open or closed, that tells so much of a site's claim; nil where none of those that are kept does.
func (m *Machine) toldOfClaim(what string, site ledger.SiteID, order ledger.OrderID, claim ledger.ReturnID) *Exception {
	for id, n := m.counters.Exceptions, 0; id > 0 && n < ExceptionsMax; id, n = id-1, n+1 {
		if e, ok := m.exceptions.get(keyOfRank(id)); ok && e.What == what && e.Site == site && e.Order == order && strings.HasSuffix(e.Why, ofClaim(claim)) {
			return e
		}
	}
	return nil
}

// tellOfClaim raises what is lost of a claim, once: several lives of a book may ask for it, and an owner that was given up may answer after all. What is
// made good meanwhile nobody has to see to any more. e tells nothing where that is so.
func (m *Machine) tellOfClaim(e Exception, claim ledger.ReturnID, good bool, at time.Time) {
	if good { // nearly always
		for _, told := range m.standing(e.What, e.Site) {
			if told.Order == e.Order && strings.HasSuffix(told.Why, ofClaim(claim)) {
				m.resolved(told, Signed{By: ownerHQ, Reason: "the book that owns the order stands for all of it", At: at})
			}
		}
		return
	}
	switch told := m.toldOfClaim(e.What, e.Site, e.Order, claim); {
	case told == nil:
		e.Why += ofClaim(claim)
		m.raise(e, at)
	case !told.Resolved.Done():
		now := *told
		now.Why = e.Why + ofClaim(claim) // as the last answer says
		m.exceptions.put(keyOfRank(now.ID), &now)
	}
}

// riskLost tells of what was paid before the owner's book has answered and it does not stand for: at the company's risk, which stays used by so much, or
// in a life that is lost. It is lost, unless somebody has it back.
func (m *Machine) riskLost(id ledger.OrderID, owner ledger.SiteID, c *ClaimOf, got ledger.Qty, at time.Time) {
	once := m.saysPrice()
	if c.Currency == "" || len(c.Lines) == 0 || !once && got >= c.Lines[0].Qty {
		return
	}
	e := Exception{Site: c.Site, Order: id, Owner: string(c.Site)}
	switch paid := c.Lines[0].Qty; c.Lines[0].Line {
	case claimAtRisk:
		e.What = "risk_lost"
		e.Why = fmt.Sprintf("%s paid %d minor units of %s back at the company's risk, and the book of %s stands for %d: have the rest back from the customer, or raise the limit of %s", c.Site, paid, c.Currency, owner, got, ledger.RiskOf(c.Site))
	case claimPaid:
		e.What = "refunded_twice"
		e.Why = fmt.Sprintf("%s had taken over %d minor units of %s in a life of its book that is lost, and the book of %s, which has lost that too, has %d left to hand over: more may have been refunded than was paid; ask the customer, or write it off", c.Site, paid, c.Currency, owner, got)
	case claimTaken:
		e.What = "refunded_twice"
		e.Why = fmt.Sprintf("%s has taken over %d minor units of %s to give back, and the book of %s, which had handed them over in a life that is lost, has %d left: more may have been refunded than was paid; ask the customer, or write it off", c.Site, paid, c.Currency, owner, got)
	default:
		return
	}
	if once {
		m.tellOfClaim(e, c.Return, got >= c.Lines[0].Qty, at)
		return
	}
	m.raise(e, at)
}
