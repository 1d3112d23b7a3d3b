package machine

import (
	"fmt"

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
		line.Line = 1
	}
	f.putClaim(c.Order, &ClaimOf{ID: f.why.derived(0), Site: f.site, Return: ledger.ReturnID(c.ID), Lines: []ledger.CommandLine{line}, Currency: b.Currency})
}

// handedOver passes on what the owner of an order hands over. What was paid at the company's risk beyond it is lost, unless somebody has it back: the
// site's risk stays used by so much.
func (f *folding) handedOver(given *ledger.HQCommand, done []ledger.CommandLine) {
	var want, got ledger.Qty
	for _, l := range given.Lines {
		want += l.Qty
	}
	for _, l := range done {
		got += l.Qty
	}
	if got < want && given.Lines[0].Line == 1 {
		f.m.raise(Exception{What: "risk_lost", Site: given.Site, Order: given.Order, Owner: string(given.Site),
			Why: fmt.Sprintf("%s paid %d minor units of %s back at the company's risk, and the book of %s stands for %d: have the rest back from the customer, or raise the limit of %s", given.Site, want, given.Reason, f.site, got, ledger.RiskOf(given.Site))}, f.push.At)
	}
	claim := claimOf(given)
	f.m.answerClaim(given.Order, f.site, &claim, done)
}
