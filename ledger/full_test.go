package ledger_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What a book keeps in memory for people has an end: the next one is refused, and there is room again once one of them is dealt with. White box: ten
// thousand of each are counted, not made.
func TestWhatWaitsForPeopleHasAnEnd(t *testing.T) {
	for name, c := range map[string]struct {
		drafts, reviews int
		full            error
		one, more, less ledger.Request
	}{
		"drafts": {ledger.DraftsMax - 1, 0, ledger.ErrDraftsFull, &ledger.Place{Order: quoted("o-1", "")}, &ledger.Place{Order: quoted("o-2", "")}, &ledger.CancelOrder{Order: oid("o-1")}},
		"orders that wait": {0, ledger.ReviewsMax - 1, ledger.ErrReviewsFull, waits("o-1", 80_000, ledger.RulingCancel), waits("o-2", 80_000, ledger.RulingCancel),
			&ledger.RuleOut{Order: oid("o-1"), By: "beth", Reason: "a typing error"}},
	} {
		s := newStage(t, "leeds", true)
		ledger.Crowd(s.core.State, c.drafts, c.reviews)
		for _, step := range []struct {
			do   ledger.Request
			want error
		}{{c.one, nil}, {c.more, c.full}, {c.less, nil}, {c.more, nil}} {
			if err := s.core.Decide(step.do, sampleMoment).Err; !errors.Is(err, step.want) || step.want == nil && err != nil {
				t.Errorf("%s: %T: got %v, want %v", name, step.do, err, step.want)
			}
		}
	}
}

// The same of claims for money, of which those that were answered make room.
func TestClaimsThatWaitHaveAnEnd(t *testing.T) {
	d, _ := atRisk(t) // that is one of them
	for i := range ledger.ClaimsMax {
		err := d.does(&ledger.AskRefund{Claim: ledger.ClaimID(oid(fmt.Sprint("c-", i))), Order: oid("elsewhere"), Till: "T1", Amount: 5, Reason: "broken"}).Err
		if full := i == ledger.ClaimsMax-1; errors.Is(err, ledger.ErrClaimsFull) != full || !full && err != nil {
			t.Fatalf("claim %d: got %v", i+2, err)
		}
	}
}
