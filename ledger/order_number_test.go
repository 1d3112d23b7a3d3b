package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestANumberIsTheOwnersNameAndSixDigitsOrMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := ledger.Order{Owner: ledger.SiteID(rapid.SampledFrom([]string{"leeds", "york-2", "hq", ""}).Draw(t, "owner")),
			Serial: rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 2_000_000)).Draw(t, "serial")}
		if got, want := o.Number(), fmt.Sprintf("%s-%06d", strings.ToUpper(string(o.Owner)), o.Serial); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
