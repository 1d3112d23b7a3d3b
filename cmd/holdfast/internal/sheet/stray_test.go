package sheet_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
)

// A column that nobody reads is named, with the one that it may have been meant for. What a file of ours has for people, and a column without a name, is none.
func TestAColumnThatIsNotKnownIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		heading string
		want    []string
	}{
		"all are known":      {"external_id,sku,qty", nil},
		"by another name":    {"order,stock_code,Quantity", nil},
		"of an export":       {"external_id,sku,qty,status,line_status,net_minor", nil},
		"without a name":     {"external_id,sku,qty,,", nil},
		"with semicolons":    {"\ufeffexternal_id;sku;qty;colour", []string{`column "colour" is not known, and is passed over`}},
		"of one's own":       {"external_id,sku,qty,warehouse manager", []string{`column "warehouse manager" is not known, and is passed over`}},
		"misspelt":           {"external_id,sku,qty,unit prize", []string{`column "unit prize" is not known, and is passed over: did you mean unit_price?`}},
		"two of them, again": {"external_id,sku,qty,priorty,chanel", []string{`column "priorty" is not known, and is passed over: did you mean priority?`, `column "chanel" is not known, and is passed over: did you mean channel?`}},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := sheet.NewOrders(strings.NewReader(c.heading+"\n"), "GBP")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range file.Strays() {
				got = append(got, s.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
