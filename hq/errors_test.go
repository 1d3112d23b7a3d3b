// White box: what a machine refuses is said in words here, whatever had it refused.
package hq

import (
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Who wants less of an order than has left is told of which lines, and the least that each can be.
func TestWhatHasLeftCannotBeAmendedAway(t *testing.T) {
	p := problem(&machine.FixedError{Lines: []ledger.Short{{Line: 2, SKU: "TAP-22", Want: 1, Have: 3}}})
	if p.Code != contract.CodeLineFixed || p.Status != 409 || len(p.Lines) != 1 || p.Lines[0].Line != 2 || p.Lines[0].Have != 3 {
		t.Errorf("got %+v, want line 2, of which 3 have left", p)
	}
}
