package sheet

import (
	"fmt"
	"io"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// columns of a file of purchase orders.
const (
	purchaseReference = iota
	purchaseSupplier
	purchaseSite
	purchaseDue
	purchaseSKU
	purchaseBarcode
	purchaseQty
	purchasePack
	purchaseCost
	purchaseCurrency
	purchaseLineDue
	purchaseStatus
	purchaseNote
	purchaseCostPer
)

func purchaseColumns() []Column {
	return []Column{
		purchaseReference: {Name: "reference", Also: []string{"purchase_order", "po"}, Needed: true},
		purchaseSupplier:  {Name: "supplier", Needed: true},
		purchaseSite:      {Name: "site", Needed: true},
		purchaseDue:       {Name: "due", Also: []string{"expected"}, Needed: true},
		purchaseSKU:       {Name: "sku", Also: []string{"stock_code"}},
		purchaseBarcode:   {Name: "barcode"},
		purchaseQty:       {Name: "qty", Also: []string{"quantity"}, Needed: true},
		purchasePack:      {Name: "pack"},
		purchaseCost:      {Name: "cost", Also: []string{"unit_cost"}},
		purchaseCurrency:  {Name: "currency"},
		purchaseLineDue:   {Name: "line_due"},
		purchaseStatus:    {Name: "status"},
		purchaseNote:      {Name: "note"},
		purchaseCostPer:   {Name: "cost_per"},
	}
}

// A Purchase is one purchase order of a file, whole.
type Purchase struct {
	Lines []int // its lines in the file
	Name  string
	Put   contract.PurchaseRequest
	Was   ledger.PurchaseState // beyond sent, where a file that was exported says so
}

// Purchases reads a file of purchase orders: reference, supplier, site, due, sku or barcode, qty, and where there are any pack
// (then qty is of these), cost (of one pack or one unit, or of cost_per units), currency, line_due, status and note. A status beyond sent stands
// in a file that was exported: what had come of the order is not in it.
//
// Rows that follow each other with one reference are one order, as in Orders. An order that was changed in the file since is
// changed by reading it again; one that was not is there already.
type Purchases struct {
	*documents[purchase]
	currency string
}

// purchase is a purchase order whose rows are being gathered.
type purchase struct {
	contract.PurchaseRequest
	was ledger.PurchaseState
}

// NewPurchases reads the heading. currency is that of costs whose row names none.
func NewPurchases(src io.Reader, currency string) (*Purchases, error) {
	r, err := NewReader(src, purchaseColumns(), purchaseMore()...)
	if err != nil {
		return nil, err
	}
	s := &Purchases{currency: currency}
	s.documents = newDocuments[purchase](r, "order", "reference", purchaseReference)
	s.gather, s.whole = s.row, func(p *purchase, name string) error {
		for state := ledger.PurchaseSent + 1; state.Known(); state++ {
			if p.Status == state.String() {
				p.was, p.Status = state, ledger.PurchaseSent.String()
			}
		}
		if _, err := p.Act(); err != nil {
			return err
		}
		form := p.PurchaseRequest // what a barcode or a pack is, the book that is asked knows
		form.Lines = nil
		for _, l := range p.Lines {
			if l.SKU != "" {
				form.Lines = append(form.Lines, l)
			}
		}
		if len(form.Lines) == 0 {
			return nil
		}
		_, err := form.Ledger(name)
		return err
	}
	return s, nil
}

// Next gives the next purchase order, a *Fault for one row, or the end as Reader.Next does.
func (s *Purchases) Next() (Purchase, error) {
	d, err := s.next()
	if err != nil {
		return Purchase{}, err
	}
	return Purchase{Lines: d.lines, Name: d.name, Put: d.put.PurchaseRequest, Was: d.put.was}, nil
}

// row adds a row to an order.
func (s *Purchases) row(p *purchase, row Row) error {
	if len(p.Lines) == ledger.PurchaseLinesMax {
		return fmt.Errorf("the order has more than %d lines", ledger.PurchaseLinesMax)
	}
	qty, err := parseQty("qty", row.Field(purchaseQty))
	if err != nil {
		return err
	}
	currency := strings.ToUpper(row.Field(purchaseCurrency))
	if currency == "" {
		currency = s.currency
	}
	cost, err := parsePrice(row.Field(purchaseCost), currency, s.DecimalComma())
	if err != nil {
		return err
	}
	if cost != nil && cost.Per == finerPer && row.Field(purchasePack) != "" {
		return fmt.Errorf("cost %q of a pack is finer than the smallest coin", clip(row.Field(purchaseCost)))
	}
	if per := row.Field(purchaseCostPer); per != "" {
		units, err := parseQty("cost_per", per)
		if err != nil {
			return err
		}
		if cost == nil || cost.Per == finerPer {
			return fmt.Errorf("cost_per %q goes with a cost of whole coins", clip(per))
		}
		cost.Per = int64(units)
	}
	for _, f := range []struct {
		name, says string
		had        *string
	}{{"supplier", row.Field(purchaseSupplier), &p.Supplier}, {"site", row.Field(purchaseSite), &p.Site}, {"due", row.Field(purchaseDue), &p.Due},
		{"status", strings.ToLower(row.Field(purchaseStatus)), &p.Status}, {"note", row.Field(purchaseNote), &p.Note}} {
		if f.says != "" && *f.had != "" && f.says != *f.had {
			return fmt.Errorf("%s is %q, and %q further up in the same order", f.name, clip(f.says), clip(*f.had))
		}
		if f.says != "" {
			*f.had = f.says
		}
	}
	if row.Field(purchaseSKU) == "" && row.Field(purchaseBarcode) == "" {
		return fmt.Errorf("sku and barcode are empty; a line names its article by one of them")
	}
	p.Lines = append(p.Lines, contract.PurchaseWish{SKU: row.Field(purchaseSKU), Barcode: row.Field(purchaseBarcode), Pack: row.Field(purchasePack), Qty: qty,
		Due: row.Field(purchaseLineDue), Cost: cost})
	return nil
}
