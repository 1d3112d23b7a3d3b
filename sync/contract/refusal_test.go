package contract_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Where a book keeps as many as it can, it says of what, and how there is room again.
func TestWhatIsFullSaysHowThereIsRoomAgain(t *testing.T) {
	for err, want := range map[error]struct {
		code contract.Code
		hint string
	}{
		ledger.ErrDraftsFull:  {contract.CodeDraftsFull, "Place or put away some of the parked sales and quotes, the oldest first."},
		ledger.ErrReviewsFull: {contract.CodeReviewsFull, "Decide about some of those that wait, the oldest first."},
		ledger.ErrClaimsFull:  {contract.CodeClaimsFull, "Wait until head office has brought some answers: they come while the line is up."},
		ledger.ErrFull:        {contract.CodeDiskFull, "Make room on the disk; orders are taken again by themselves."},
	} {
		p, ok := contract.FromLedger(err, "leeds")
		if !ok || p.Code != want.code || p.Status != 503 || p.Hint != want.hint || p.Remembered() {
			t.Errorf("%v: got %+v, want %s: %s", err, p, want.code, want.hint)
		}
	}
}
