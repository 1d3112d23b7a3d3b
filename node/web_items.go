package node

import (
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// searchMax bounds a search's text, in bytes.
const searchMax = 100

func (s *web) searchItems(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "q", "barcode", "cursor", "limit"); err != nil {
		return err
	}
	page, err := contract.ReadPage(q)
	if err != nil {
		return err
	}
	if err := contract.CheckText("q", q.Get("q"), searchMax); err != nil {
		return err
	}
	out := contract.ItemList{Items: []contract.Item{}}
	if q.Has("barcode") {
		if item, ok := s.book.ItemByBarcode(q.Get("barcode")); ok {
			out.Items = append(out.Items, contract.RenderItem(&item))
		}
		return writeJSON(w, http.StatusOK, out)
	}
	found := s.book.SearchItems(q.Get("q"), ledger.SKU(page.After), page.Limit+1)
	for i := range found {
		if i == page.Limit {
			out.NextCursor = contract.Cursor(string(found[i-1].SKU))
			break
		}
		out.Items = append(out.Items, contract.RenderItem(&found[i]))
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *web) item(w http.ResponseWriter, r *http.Request) error {
	sku, err := pathName(r, "sku")
	if err != nil {
		return err
	}
	item, ok := s.book.Item(ledger.SKU(sku))
	if !ok {
		return noItem()
	}
	return writeJSON(w, http.StatusOK, contract.RenderItem(&item))
}

func noItem() error { return contract.NotFound("There is no item of that SKU.") }

// putItem keeps an item where there is no head office to keep it.
func (s *web) putItem(w http.ResponseWriter, r *http.Request) error {
	if !s.cfg.Standalone {
		return errOwnedByHQ
	}
	name, err := pathName(r, "sku")
	if err != nil {
		return err
	}
	sku, err := ledger.ParseSKU(name)
	if err != nil {
		return err
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.ItemRequest
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	item, err := req.Ledger(sku)
	if err != nil {
		return err
	}
	if err := s.keepItem(&item); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contract.RenderItem(&item))
}

// keepItem gives the item the next version and stores it. A barcode names one item only: a
// scanner cannot ask which was meant.
func (n *Node) keepItem(item *ledger.Item) error {
	n.itemsMu.Lock()
	defer n.itemsMu.Unlock()
	for _, code := range item.Barcodes {
		if other, ok := n.book.ItemByBarcode(code); ok && other.SKU != item.SKU {
			return &ledger.FormError{Field: "barcodes", Why: "has " + code + ", which belongs to " + string(other.SKU)}
		}
	}
	item.Version = n.book.RefVersion() + 1
	return n.book.PutItems([]ledger.Item{*item}, item.Version)
}
