package node_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// Many items are kept in one request: each by itself, and the same again changes nothing.
func TestManyItemsAreKeptTogetherAndTheSameAgainChangeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, newWorld(), nil)
		var rows []string
		for i := range 600 {
			rows = append(rows, fmt.Sprintf(`{"sku":"A-%d","name":"Article %d","barcodes":["CODE-%d"]}`, i, i, i))
		}
		rows[7] = `{"sku":"A-7","name":"Article 7","barcodes":["CODE-6"]}`
		rows[8] = `{"sku":"bad sku","name":"Article 8"}`
		body := `{"items":[` + strings.Join(rows, ",") + `]}`
		var version uint64
		for range 2 {
			got := as[contract.BulkItemsAnswer](t, s.do("POST", "/v1/items/bulk", body), 200)
			for i, r := range got.Results {
				if want := map[int]int{7: 409, 8: 400}[i]; r.HTTPStatus != max(want, 200) {
					t.Errorf("item %d: got %d %+v, want %d", i, r.HTTPStatus, r.Problem, max(want, 200))
				}
			}
			if version != 0 && got.Version != version {
				t.Errorf("the same items again: got version %d, want %d", got.Version, version)
			}
			version = got.Version
		}
		if found := as[contract.ItemList](t, s.get("/v1/items?q=code-59&limit=1000"), 200); len(found.Items) != 11 {
			t.Errorf("got %d items with CODE-59 in a barcode, want 11", len(found.Items))
		}
		s.do("POST", "/v1/items/bulk", `{"items":[]}`).want(t, 400, contract.CodeBadValue)
	})
}

func TestItemsOfACompanyAreNotKeptAtANode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openShop(t, w, func(c *node.Config) { c.Standalone, c.HQ, c.Join = false, []string{"http://" + hqAddr}, "token" })
		s.do("POST", "/v1/items/bulk", `{"items":[]}`).want(t, 409, contract.CodeOwnedByHQ)
	})
}
