package sim

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Each fault is put into the money of a company at rest, over all of whose books the judge adds up.
func TestTheJudgeSeesMoneyThatIsGivenBackTwice(t *testing.T) {
	c := rested(t)
	if c.checkAway(); c.report.Violations != 0 {
		t.Fatalf("got %v, want a company without a fault", c.report.Broken)
	}
	find := func(what string, want func(*ledger.Tender) bool) (*ledger.Payments, *ledger.Tender) {
		for _, s := range c.sites {
			for _, p := range s.told.paid {
				for i := range p.Tenders {
					if want(&p.Tenders[i]) {
						return p, &p.Tenders[i]
					}
				}
			}
		}
		t.Fatalf("got no tender %s, want one", what)
		return nil, nil
	}
	sees := func(what string) {
		t.Helper()
		if c.checkAway(); c.report.Violations == 0 {
			t.Errorf("%s: got no violation, want it found", what)
		}
		c.report.Violations = 0
	}
	p, _ := find("that was paid", func(t *ledger.Tender) bool { return t.From == "" && t.Risk == "" })
	p.Repayments = append(p.Repayments, ledger.Repayment{Tender: 1, Amount: 2 * orderTotal})
	sees("a site gave back what nobody had paid")
	p.Repayments = p.Repayments[:len(p.Repayments)-1]
	_, risk := find("that was paid at risk and made good", func(t *ledger.Tender) bool { return t.Risk != "" && t.Settled > 0 })
	risk.Settled = 0
	sees("what was paid at risk is made good by nobody")
}

// What a site has taken over makes good what it paid at risk before: the claim came once, however it is written down.
func TestWhatMakesGoodWhatWasPaidAtRiskIsNoExchange(t *testing.T) {
	const claim, sale = ledger.ClaimID("claim"), ledger.ClaimID("sale")
	r := newReckoning()
	r.reckon("hull", &ledger.Payments{Tenders: []ledger.Tender{
		{Kind: ledger.TenderCard, Amount: 10, Claim: claim, From: "york"},
		{Kind: ledger.TenderCard, Amount: 10, Claim: claim, Risk: "risk:hull", Settled: 10},
		{Kind: ledger.TenderCard, Amount: 50}},
		Repayments: []ledger.Repayment{{Tender: 1, Amount: 10, To: "hull", Claim: claim}, {Tender: 2, Amount: 10}, {Tender: 3, Amount: 30, To: "hull", Claim: sale}}})
	if r.came[claim]-r.gone[claim] != 10 || r.gone[sale] != 0 || r.in != 20 || r.risk != 0 {
		t.Errorf("got %+v, want 10 of the claim, and 20 of the 50 that were paid left beside the exchange", *r)
	}
}
