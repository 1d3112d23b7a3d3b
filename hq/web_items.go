package hq

import (
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func (s *Server) putItem(w http.ResponseWriter, r *http.Request) error {
	sku, err := skuOf(r)
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
	_, refused, err := s.setItems(r.Context(), []ledger.Item{item})
	if err != nil {
		return err
	}
	if p := refused[0]; p != nil {
		return p
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

func (s *Server) postItems(w http.ResponseWriter, r *http.Request) error {
	if _, err := contract.Key(r.Header); err != nil {
		return err // taken, not needed: the same items again change nothing
	}
	var in contract.BulkItems
	if _, err := readJSON(w, r, &in); err != nil {
		return err
	}
	good, at, out, err := in.Ledger(problem)
	if err != nil {
		return err
	}
	version, refused, err := s.setItems(r.Context(), good)
	if err != nil {
		return err
	}
	out.Version = version
	for i, p := range refused {
		out.Results[at[i]].Refuse(p)
	}
	return writeJSON(w, http.StatusOK, out)
}

// skuOf is the SKU that stands in the path.
func skuOf(r *http.Request) (ledger.SKU, error) {
	name, err := variable(r, "sku")
	if err != nil {
		return "", err
	}
	return ledger.ParseSKU(name)
}

func (s *Server) getItem(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	sku, err := skuOf(r)
	if err != nil {
		return err
	}
	return s.answerItem(w, sku)
}

// getItemPrice says what an item costs a customer.
func (s *Server) getItemPrice(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "qty", "group", "at")
	if err != nil {
		return err
	}
	want, err := contract.ReadPriceQuery(q, s.now(), s.company().Location())
	if err != nil {
		return err
	}
	sku, err := skuOf(r)
	if err != nil {
		return err
	}
	item, ok := s.catalogue().Item(sku)
	if !ok {
		return contract.NotFound(fmt.Sprintf("There is no item %s.", sku))
	}
	out, err := contract.PriceOf(item, want)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
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
		return s.itemsOf(w, code)
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

// itemsOf answers whose a barcode is and what else it said. A code that an item has is never
// refused, whatever form it has.
func (s *Server) itemsOf(w http.ResponseWriter, code string) error {
	out := contract.ItemList{Items: []contract.Item{}}
	s.View(func(m *machine.Machine) {
		for _, it := range m.ItemsByBarcode(code) {
			out.Items = append(out.Items, contract.RenderItem(it))
		}
	})
	var err error
	if out.Scan, err = contract.ReadScan(code, s.now()); err != nil && len(out.Items) == 0 {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}
