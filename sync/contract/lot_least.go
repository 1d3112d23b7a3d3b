package contract

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Least is until when lots have to be good at least that are taken now: said days, or those of an account where nobody has said any. 0: they need not.
func Least(said *int, account int, now time.Time) (ledger.Expiry, error) {
	days := account
	if said != nil {
		days = *said
	}
	switch {
	case days < 0 || days > ledger.LeastDaysMax:
		return 0, &ledger.FormError{Field: "least_days", Why: fmt.Sprintf("is not 0 to %d", ledger.LeastDaysMax)}
	case days == 0:
		return 0, nil
	default:
		return ledger.DayOf(now) + ledger.Expiry(days), nil
	}
}
