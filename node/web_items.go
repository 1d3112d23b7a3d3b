package node

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	searchMax = 100 // bounds a search's text, in bytes
	// itemsMost bounds the items of one page, however many are asked for. Items with packs, prices and attributes of 450 bytes each took a processor 1.7 ms
	// a thousand, 0.3 ms two hundred: sixteen clients that page through the catalogue share two of them.
	itemsMost      = 200
	changeNamesMax = 200 // bounds the names of items that changed together, in bytes
)

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
	if q.Has("barcode") {
		return s.itemsOf(w, q.Get("barcode"))
	}
	page.Limit = min(page.Limit, itemsMost)
	out := contract.ItemList{Items: make([]contract.Item, 0, page.Limit)}
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

// itemsOf answers whose a barcode is and what else it said. A code that an item has is never
// refused, whatever form it has.
func (s *web) itemsOf(w http.ResponseWriter, code string) error {
	out := contract.ItemList{Items: []contract.Item{}}
	found := s.book.ItemsByBarcode(code)
	for i := range found {
		out.Items = append(out.Items, contract.RenderItem(&found[i]))
	}
	var err error
	if out.Scan, err = contract.ReadScan(code, s.env.Clock.Wall()); err != nil && len(found) == 0 {
		return err
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

// itemPrice says what an item costs a customer.
func (s *web) itemPrice(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := contract.Query(q, "qty", "group", "at"); err != nil {
		return err
	}
	want, err := contract.ReadPriceQuery(q, s.env.Clock.Wall(), s.book.Company().Location())
	if err != nil {
		return err
	}
	sku, err := pathName(r, "sku")
	if err != nil {
		return err
	}
	item, ok := s.book.ItemAt(ledger.SKU(sku))
	if !ok {
		return noItem()
	}
	out, err := contract.PriceOf(item, want)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
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
	if err := s.keepItem(r, &item); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contract.RenderItem(&item))
}

// bearers lists the SKUs of the items that have a barcode.
func (n *Node) bearers(code string) []ledger.SKU {
	found := n.book.ItemsByBarcode(code)
	skus := make([]ledger.SKU, len(found))
	for i := range found {
		skus[i] = found[i].SKU
	}
	return skus
}

// componentsOf gives the components of a kit, nil of what is stocked itself.
func (n *Node) componentsOf(sku ledger.SKU) []ledger.Component {
	if item, ok := n.book.ItemAt(sku); ok {
		return item.Kit()
	}
	return nil
}

// catalogue is what lines are understood by.
func (n *Node) catalogue() contract.Catalogue {
	return contract.Catalogue{Bearers: n.bearers, Item: n.book.ItemAt, Now: n.env.Clock.Wall}
}

// named is the answer to lines that name no one item by their barcodes. Where the catalogue is not
// here yet that is no fault of the request.
func (n *Node) named(err error) error {
	if p, ok := errors.AsType[*contract.Problem](err); ok && p.Code == contract.CodeUnknownBarcode && n.awaitsItems() {
		return contract.New(contract.CodeNotReady, "The items have not come from head office yet.")
	}
	return err
}

// putItems keeps many items where there is no head office to keep them.
func (s *web) putItems(w http.ResponseWriter, r *http.Request) error {
	if !s.cfg.Standalone {
		return errOwnedByHQ
	}
	if _, err := contract.Key(r.Header); err != nil {
		return err // taken, not needed: the same items again change nothing
	}
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return err
	}
	var req contract.BulkItems
	if err := contract.Decode(body, &req); err != nil {
		return err
	}
	good, at, out, err := req.Ledger(s.problem)
	if err != nil {
		return err
	}
	refused, err := s.keepItems(r, good)
	if err != nil {
		return err
	}
	out.Version = s.book.RefVersion()
	for i, p := range refused {
		out.Results[at[i]].Refuse(p)
	}
	return writeJSON(w, http.StatusOK, out)
}

// keepItem keeps one item.
func (n *Node) keepItem(r *http.Request, item *ledger.Item) error {
	refused, err := n.keepItems(r, []ledger.Item{*item})
	if p := refused[0]; p != nil {
		return p
	}
	if stored, ok := n.book.Item(item.SKU); ok && err == nil {
		item.Version = stored.Version
	}
	return err
}

// keepItems gives the items that differ from what is there the next versions and stores them; refused has the problem of each that is not, by
// its place. A barcode names one item only: a scanner cannot ask which was meant. r is the request that sets them.
func (n *Node) keepItems(r *http.Request, items []ledger.Item) (refused map[int]*contract.Problem, err error) {
	n.itemsMu.Lock()
	defer n.itemsMu.Unlock()
	had := func(sku ledger.SKU) []string {
		it, _ := n.book.Item(sku)
		return slices.Collect(it.Codes())
	}
	refused = contract.TakenCodes(items, had, n.bearers)
	contract.KitFaults(items, n.book.ItemAt, refused)
	company := n.book.Company()
	for i := range items {
		if err := company.ForeignItem(&items[i]); err != nil && refused[i] == nil {
			refused[i] = n.problem(err)
		}
	}
	version := n.book.RefVersion()
	var changed []ledger.Item
	for i := range items {
		if refused[i] != nil {
			continue
		}
		if old, ok := n.book.ItemAt(items[i].SKU); !ok || !old.Same(&items[i]) {
			version++
			items[i].Version = version
			changed = append(changed, items[i])
		}
	}
	if len(changed) == 0 {
		return refused, nil
	}
	return refused, n.book.ChangeItems(n.changing(r, n.changeOfItems(changed)), changed, version)
}

// changeOfItems says in a line what becomes of some items. Of many it names as many as fit.
func (n *Node) changeOfItems(items []ledger.Item) string {
	if len(items) == 1 {
		old, _ := n.book.ItemAt(items[0].SKU) // nil of a new one
		return items[0].ChangeFrom(old)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d items:", len(items))
	for i := range items {
		if out.Len() > changeNamesMax {
			break
		}
		out.WriteString(" " + string(items[i].SKU))
	}
	return out.String()
}
