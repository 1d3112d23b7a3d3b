package hq

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// itemsMax bounds the items of one bulk request.
const itemsMax = 1000

// BulkItem is one item of a bulk request.
type BulkItem struct {
	SKU string `json:"sku"`
	contract.ItemRequest
}

// BulkItems sets many items.
type BulkItems struct {
	Items []BulkItem `json:"items" jsonschema:"1 to 1000"`
}

// ItemResult is what one item of a bulk request got.
type ItemResult struct {
	SKU        string            `json:"sku"`
	HTTPStatus int               `json:"http_status"`
	Problem    *contract.Problem `json:"problem,omitempty"`
}

// BulkItemsAnswer has a result for each item, in their order.
type BulkItemsAnswer struct {
	Results []ItemResult `json:"results"`
	Version uint64       `json:"item_version" jsonschema:"of the reference data now"`
}

func (s *Server) putItem(w http.ResponseWriter, r *http.Request) error {
	name, err := variable(r, "sku")
	if err != nil {
		return err
	}
	sku, err := ledger.ParseSKU(name)
	if err != nil {
		return err
	}
	var in contract.ItemRequest
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	item, err := in.Ledger(sku)
	if err != nil {
		return err
	}
	if _, err := s.setItems(r.Context(), []ledger.Item{item}); err != nil {
		return err
	}
	return s.answerItem(w, sku)
}

func (s *Server) answerItem(w http.ResponseWriter, sku ledger.SKU) error {
	item := looked(s, func(m *machine.Machine) *ledger.Item {
		it, _ := m.Item(sku)
		return it
	})
	if item == nil {
		return contract.NotFound(fmt.Sprintf("There is no item %s.", sku))
	}
	return writeJSON(w, http.StatusOK, contract.RenderItem(item))
}

// setItems sets what differs from what is there: to send the same list again changes nothing,
// and no site has to fetch it again.
func (s *Server) setItems(ctx context.Context, items []ledger.Item) (version uint64, err error) {
	var changed []ledger.Item
	s.View(func(m *machine.Machine) {
		version = m.RefVersion()
		for i := range items {
			if old, ok := m.Item(items[i].SKU); !ok || !sameItem(old, &items[i]) {
				changed = append(changed, items[i])
			}
		}
	})
	if len(changed) == 0 {
		return version, nil
	}
	if slices.ContainsFunc(changed, func(it ledger.Item) bool { return it.Category != "" }) && !looked(s, (*machine.Machine).ByTerms) {
		return version, errMixed // a server of an older build would pass over it
	}
	res, err := s.Propose(ctx, machine.Marshal(&machine.PutItems{Items: changed, At: s.now()}))
	if err == nil {
		err = res.Err
	}
	return res.Version, err
}

func sameItem(a, b *ledger.Item) bool {
	return a.SKU == b.SKU && a.Name == b.Name && slices.Equal(a.Barcodes, b.Barcodes) && a.Price == b.Price && a.Tracking == b.Tracking && a.Category == b.Category
}

func (s *Server) postItems(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err // taken, not needed: the same items again change nothing
	}
	var in BulkItems
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	if n := len(in.Items); n == 0 || n > itemsMax {
		return &ledger.FormError{Field: "items", Why: fmt.Sprintf("has %d items; a request has 1 to %d", n, itemsMax)}
	}
	out := BulkItemsAnswer{Results: make([]ItemResult, len(in.Items))}
	var good []ledger.Item
	for i := range in.Items {
		out.Results[i] = ItemResult{SKU: in.Items[i].SKU, HTTPStatus: http.StatusOK}
		sku, err := ledger.ParseSKU(in.Items[i].SKU)
		var item ledger.Item
		if err == nil {
			item, err = in.Items[i].Ledger(sku)
		}
		if err != nil {
			p := problem(err)
			out.Results[i].HTTPStatus, out.Results[i].Problem = p.Status, p
			continue
		}
		good = append(good, item)
	}
	var err error
	if out.Version, err = s.setItems(r.Context(), good); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) getItem(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	name, err := variable(r, "sku")
	if err != nil {
		return err
	}
	sku, err := ledger.ParseSKU(name)
	if err != nil {
		return err
	}
	return s.answerItem(w, sku)
}

func (s *Server) getItems(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "q", "barcode", "cursor", "limit")
	if err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	out := contract.ItemList{Items: []contract.Item{}}
	if code := q.Get("barcode"); code != "" {
		s.View(func(m *machine.Machine) {
			if it, ok := m.ItemByBarcode(code); ok {
				out.Items = append(out.Items, contract.RenderItem(it))
			}
		})
		return writeJSON(w, http.StatusOK, out)
	}
	if err := contract.CheckText("q", q.Get("q"), 128); err != nil {
		return err
	}
	s.View(func(m *machine.Machine) {
		for _, it := range m.SearchItems(q.Get("q"), ledger.SKU(page.After), page.Limit+1) {
			out.Items = append(out.Items, contract.RenderItem(it))
		}
	})
	if len(out.Items) > page.Limit {
		out.Items = out.Items[:page.Limit]
		out.NextCursor = contract.Cursor(string(out.Items[page.Limit-1].SKU))
	}
	return writeJSON(w, http.StatusOK, out)
}
