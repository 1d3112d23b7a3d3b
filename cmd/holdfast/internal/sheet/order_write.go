package sheet

import (
	"slices"
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// orderMore are the columns that a file of orders has beside those that NewOrders knows: for people and other systems.
func orderMore() []string {
	return []string{"id", "number", "owner", "status", "line", "line_status", "reserved", "backordered", "handed_over", "returned", "need_by", "class", "net_minor", "tax_minor", "total_minor"}
}

// OrderHeads are the columns of a file of orders.
func OrderHeads() (heads []Head) {
	for at, c := range orderColumns() {
		heads = append(heads, Head{c.Name, slices.Contains([]int{orderQty, orderPrice, orderPriority}, at)})
	}
	for _, name := range orderMore() {
		heads = append(heads, Head{name, slices.Contains([]string{"line", "reserved", "backordered", "handed_over", "returned", "net_minor", "tax_minor", "total_minor"}, name)})
	}
	return heads
}

// OrderCells gives the rows of an order, one for each line.
func OrderCells(o *contract.Order) (rows [][]string) {
	external := o.ExternalID
	if external == "" {
		external = o.Number
	}
	number := func(q ledger.Qty) string { return strconv.FormatInt(int64(q), 10) }
	for i := range o.Lines {
		l := &o.Lines[i]
		cells := make([]string, len(orderColumns()))
		cells[orderExternal], cells[orderSKU], cells[orderQty] = external, string(l.SKU), number(l.Qty)
		if p := l.Pack; p != nil && p.Loose == 0 {
			cells[orderPack], cells[orderQty] = p.Name, number(p.Qty)
		}
		if p := l.UnitPrice; p != nil {
			cells[orderCurrency], cells[orderPrice] = p.Currency, decimal(p.Amount, pricing.Digits(p.Currency))
			if p.Per == finerPer {
				cells[orderPrice] = decimal(p.Amount, pricing.Digits(p.Currency)+finerDigits)
			}
		}
		cells[orderCustomer], cells[orderChannel], cells[orderFulfil], cells[orderFrom] = o.Customer, string(o.Channel), string(o.Fulfil), string(o.From)
		cells[orderCollectAt], cells[orderShortage], cells[orderTakenAt], cells[orderPriority] = string(o.CollectAt), string(o.Shortage), o.TakenAt, strconv.Itoa(o.Priority)
		if a := o.ShipTo; a != nil {
			cells[orderCountry], cells[orderPostcode] = a.Country, a.Postcode
		}
		var net, tax, total string // of the whole line, in the currency's minor units; empty where nobody has said a price
		if c := l.Charge; c != nil {
			cells[orderCurrency] = c.Currency
			net, tax, total = strconv.FormatInt(c.Net, 10), strconv.FormatInt(c.Tax, 10), strconv.FormatInt(c.Total, 10)
		}
		reserved := ledger.Qty(0)
		for _, r := range l.Reserved {
			reserved += r.Qty
		}
		rows = append(rows, append(cells, string(o.ID), o.Number, string(o.Owner), string(o.Status), strconv.Itoa(l.Line), string(l.Status),
			number(reserved), number(l.Backordered), number(l.Taken), number(l.Returned), o.NeedBy, o.Class, net, tax, total))
	}
	return rows
}
