package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// BulkItemsMax bounds the items of one bulk request.
const BulkItemsMax = 1000

// BulkItem is one item of a bulk request.
type BulkItem struct {
	SKU string `json:"sku"`
	ItemRequest
}

// BulkItems sets many items.
type BulkItems struct {
	Items []BulkItem `json:"items" jsonschema:"1 to 1000"`
}

// ItemResult is what one item of a bulk request got.
type ItemResult struct {
	SKU        string   `json:"sku"`
	HTTPStatus int      `json:"http_status"`
	Problem    *Problem `json:"problem,omitempty"`
}

// Refuse says why an item is not set.
func (r *ItemResult) Refuse(p *Problem) { r.HTTPStatus, r.Problem = p.Status, p }

// BulkItemsAnswer has a result for each item, in their order.
type BulkItemsAnswer struct {
	Results []ItemResult `json:"results"`
	Version uint64       `json:"item_version" jsonschema:"of the reference data now"`
}

// AboutBulkItems is what a bulk of items does.
const AboutBulkItems = "A result for each item; good ones are set. Idempotent by content: the same items again change nothing, with or without a key, and another list under a used key is set as any other."

// Ledger reads the items. at has the place in the list of each that is good; of the others the answer says what is wrong, in the words of
// problem. The answer lacks the version.
func (r *BulkItems) Ledger(problem func(error) *Problem) (good []ledger.Item, at []int, out BulkItemsAnswer, err error) {
	if n := len(r.Items); n == 0 || n > BulkItemsMax {
		return nil, nil, out, &ledger.FormError{Field: "items", Why: fmt.Sprintf("has %d items; a request has 1 to %d", n, BulkItemsMax)}
	}
	out.Results = make([]ItemResult, len(r.Items))
	for i := range r.Items {
		out.Results[i] = ItemResult{SKU: r.Items[i].SKU, HTTPStatus: 200}
		sku, err := ledger.ParseSKU(r.Items[i].SKU)
		var item ledger.Item
		if err == nil {
			item, err = r.Items[i].Ledger(sku)
		}
		if err != nil {
			out.Results[i].Refuse(problem(err))
			continue
		}
		good, at = append(good, item), append(at, i)
	}
	return good, at, out, nil
}

// KitFaults refuses the kits of a list that are made of what is no item or a kit itself, as all will stand
// afterwards. One that is refused is no part of another.
func KitFaults(items []ledger.Item, there func(ledger.SKU) (*ledger.Item, bool), refused map[int]*Problem) {
	last := map[ledger.SKU]*ledger.Item{}
	for i := range items {
		if refused[i] == nil {
			last[items[i].SKU] = &items[i]
		}
	}
	find := func(sku ledger.SKU) (*ledger.Item, bool) {
		if it, ok := last[sku]; ok {
			return it, true
		}
		return there(sku)
	}
	for i := range items {
		if refused[i] == nil && len(items[i].Kit()) > 0 {
			if p := KitFault(&items[i], find); p != nil {
				refused[i] = p
			}
		}
	}
}

// TakenCodes refuses, by their index, the items of a list that would take a barcode of an item
// that keeps it. What counts is how all stand afterwards, so that one list can move a code from an
// item to another; of two that want one code the first gets it. An item that is refused keeps what
// it has, which may refuse another: so it is looked at again until nothing changes.
func TakenCodes(items []ledger.Item, had func(ledger.SKU) []string, bearers Finder) map[int]*Problem {
	refused := map[int]*Problem{}
	wants := make([]map[string]bool, len(items)) // keys of codes, true where the item has it already
	for i := range items {
		wants[i] = map[string]bool{}
		for code := range items[i].Codes() {
			wants[i][gs1.Key(code)] = false
		}
		for _, code := range had(items[i].SKU) {
			if key := gs1.Key(code); hasKey(wants[i], key) {
				wants[i][key] = true
			}
		}
	}
	for again := true; again; {
		again = false
		last := map[ledger.SKU]int{} // the item of the list that will stand for a SKU
		takers := map[string][]int{} // by key
		for i := range items {
			if refused[i] == nil {
				last[items[i].SKU] = i
			}
		}
		for i := range items {
			if refused[i] == nil && last[items[i].SKU] == i {
				for key := range wants[i] {
					takers[key] = append(takers[key], i)
				}
			}
		}
		for i := range items {
			if refused[i] != nil {
				continue
			}
			find := func(code string) (skus []ledger.SKU) {
				key := gs1.Key(code)
				for _, sku := range bearers(code) {
					if _, listed := last[sku]; !listed {
						skus = append(skus, sku)
					}
				}
				for _, j := range takers[key] {
					if refused[j] == nil && (wants[j][key] || j < i) {
						skus = append(skus, items[j].SKU)
					}
				}
				return skus
			}
			if code, other, taken := NewCode(&items[i], had(items[i].SKU), find); taken {
				refused[i], again = BarcodeTaken(code, other), true
			}
		}
	}
	return refused
}

func hasKey(m map[string]bool, key string) bool { _, ok := m[key]; return ok }
