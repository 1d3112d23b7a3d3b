package policy

import (
	"cmp"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Unconfirmed is an order that a cut-off site took and could not promise. It comes before every
// backorder, for its customer was told that an answer is coming.
type Unconfirmed struct {
	Class int   // 1 before 2
	Taken int64 // by the site's clock, in Unix milliseconds
	ID    ledger.OrderID
}

// Compare is below 0 if u is confirmed before o: by class, then by when it was taken, then by id.
func (u Unconfirmed) Compare(o Unconfirmed) int {
	return cmp.Or(cmp.Compare(u.Class, o.Class), cmp.Compare(u.Taken, o.Taken), strings.Compare(string(u.ID), string(o.ID)))
}
