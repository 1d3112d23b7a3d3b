package sheet

import (
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// purchaseMore are the columns that a file of purchase orders has beside those that NewPurchases knows: what has come of each line, for people.
func purchaseMore() []string {
	return []string{"received", "closed_short", "due_qty", "over", "owner", "version"}
}

// PurchaseHeads are the columns of a file of purchase orders.
func PurchaseHeads() (heads []Head) {
	for at, c := range purchaseColumns() {
		heads = append(heads, Head{c.Name, at == purchaseQty || at == purchaseCost || at == purchaseCostPer})
	}
	for _, name := range purchaseMore() {
		heads = append(heads, Head{name, name != "owner"})
	}
	return heads
}

// PurchaseCells gives the rows of a purchase order, one for each line that was ordered: what came without being ordered is its receipt's.
func PurchaseCells(p *contract.Purchase) (rows [][]string) {
	number := func(q ledger.Qty) string { return strconv.FormatInt(int64(q), 10) }
	for i := range p.Lines {
		l := &p.Lines[i]
		if l.Qty == 0 {
			continue
		}
		cells := make([]string, len(purchaseColumns()))
		cells[purchaseReference], cells[purchaseSupplier], cells[purchaseSite], cells[purchaseDue] = p.Reference, p.Supplier, string(p.Site), p.Due
		cells[purchaseSKU], cells[purchaseQty], cells[purchaseStatus], cells[purchaseNote] = string(l.SKU), number(l.Qty), p.Status, p.Note
		if l.Due != p.Due {
			cells[purchaseLineDue] = l.Due
		}
		per := int64(1)
		if k := l.Pack; k != nil {
			cells[purchasePack], cells[purchaseQty], per = k.Name, number(k.Qty), int64(k.Units)
		}
		if c := l.Cost; c != nil {
			digits := pricing.Digits(c.Currency)
			switch has := max(c.Per, 1); {
			case has == per:
			case l.Pack == nil && has == finerPer:
				digits += finerDigits
			default:
				cells[purchaseCostPer] = strconv.FormatInt(has, 10)
			}
			cells[purchaseCost], cells[purchaseCurrency] = decimal(c.Amount, digits), c.Currency
		}
		rows = append(rows, append(cells, number(l.Received), number(l.Short), number(l.Left), number(l.Over), string(p.Owner), strconv.FormatUint(p.Version, 10)))
	}
	return rows
}
