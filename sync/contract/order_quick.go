package contract

import "github.com/holdfast-stock/holdfast/ledger"

// quickly reads v's body in the usual form, or says that it cannot.
func quickly(body []byte, v any) bool {
	q := &quick{text: body}
	switch v := v.(type) {
	case *OrderRequest:
		var o OrderRequest
		if !o.quickly(q) || !q.whole() {
			return false
		}
		*v = o
		return true
	case *BulkRequest:
		var b BulkRequest
		if !b.quickly(q) || !q.whole() {
			return false
		}
		*v = b
		return true
	default:
		return false
	}
}

func (r *OrderRequest) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "id":
			return had.first(0) && quickText(q, &r.ID)
		case "external_id":
			return had.first(1) && quickText(q, &r.ExternalID)
		case "channel":
			return had.first(2) && quickWord(q, &r.Channel, "till", "counter", "web", "phone", "email", "marketplace", "app", "import")
		case "fulfil":
			return had.first(3) && quickWord(q, &r.Fulfil, ledger.Take, ledger.Collect, ledger.Deliver)
		case "from":
			return had.first(4) && quickWord(q, &r.From, FromHere, FromAny)
		case "collect_at":
			return had.first(5) && quickText(q, &r.CollectAt)
		case "ship_to":
			r.ShipTo = new(Address)
			return had.first(6) && r.ShipTo.quickly(q)
		case "lines":
			return had.first(7) && r.quickLines(q)
		case "shortage":
			return had.first(8) && quickWord(q, &r.Shortage, ledger.Refuse, ledger.Partial, ledger.Backorder, ledger.Confirm)
		case "complete":
			return had.first(9) && q.truth(&r.Complete)
		case "need_by":
			return had.first(10) && quickText(q, &r.NeedBy)
		case "reserve_for":
			return had.first(11) && quickText(q, &r.ReserveFor)
		case "customer":
			return had.first(12) && quickText(q, &r.Customer)
		case "class":
			return had.first(13) && quickText(q, &r.Class)
		case "priority":
			return had.first(14) && quickWhole(q, &r.Priority)
		case "taken_at":
			return had.first(15) && quickText(q, &r.TakenAt)
		case "durable":
			return had.first(16) && quickWord(q, &r.Durable, Accepted, Shared, Archived, Owner)
		case "in_hand":
			return had.first(17) && q.truth(&r.InHand)
		case "approver":
			return had.first(18) && quickText(q, &r.Approver)
		case "price_group":
			return had.first(19) && quickText(q, &r.PriceGroup)
		case "deliver_to":
			return had.first(20) && quickText(q, &r.DeliverTo)
		case "bill_to":
			return had.first(21) && quickText(q, &r.BillTo)
		case "draft":
			r.Draft = new(Draft)
			return had.first(22) && r.Draft.quickly(q)
		case "override":
			r.Override = new(Override)
			return had.first(23) && r.Override.quickly(q)
		default:
			return false
		}
	})
}

// linesAhead is for how many lines there is room before the first is read.
const linesAhead = 4

func (r *OrderRequest) quickLines(q *quick) bool {
	r.Lines = make([]LineRequest, 0, linesAhead)
	return q.array(func() bool {
		r.Lines = append(r.Lines, LineRequest{})
		return r.Lines[len(r.Lines)-1].quickly(q)
	})
}

func (in *LineRequest) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "sku":
			return had.first(0) && quickText(q, &in.SKU)
		case "qty":
			return had.first(1) && quickWhole(q, &in.Qty)
		case "unit_price":
			in.UnitPrice = new(Price)
			return had.first(2) && in.UnitPrice.quickly(q)
		case "barcode":
			return had.first(3) && quickText(q, &in.Barcode)
		case "pack":
			return had.first(4) && quickText(q, &in.Pack)
		case "price_reason":
			return had.first(5) && quickText(q, &in.Why)
		case "discount":
			in.Discount = new(Discount)
			return had.first(6) && in.Discount.quickly(q)
		case "tax_rate_ppm":
			in.TaxPPM = new(int64)
			return had.first(7) && quickWhole(q, in.TaxPPM)
		case "price_approver":
			return had.first(8) && quickText(q, &in.Approver)
		default:
			return false
		}
	})
}

func (d *Discount) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "amount":
			d.Amount = new(Money)
			return had.first(0) && d.Amount.quickly(q)
		case "ppm":
			return had.first(1) && quickWhole(q, &d.PPM)
		case "reason":
			return had.first(2) && quickText(q, &d.Reason)
		case "approver":
			return had.first(3) && quickText(q, &d.Approver)
		default:
			return false
		}
	})
}

func (m *Money) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "amount":
			return had.first(0) && quickWhole(q, &m.Amount)
		case "currency":
			return had.first(1) && quickWord(q, &m.Currency, "GBP", "EUR", "USD")
		default:
			return false
		}
	})
}

func (p *Price) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "amount":
			return had.first(0) && quickWhole(q, &p.Amount)
		case "currency":
			return had.first(1) && quickWord(q, &p.Currency, "GBP", "EUR", "USD")
		case "per":
			return had.first(2) && quickWhole(q, &p.Per)
		case "tax":
			return had.first(3) && quickWord(q, &p.Tax, "included", "excluded")
		default:
			return false
		}
	})
}

func (a *Address) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "country":
			return had.first(0) && quickText(q, &a.Country)
		case "postcode":
			return had.first(1) && quickText(q, &a.Postcode)
		case "lat_e6":
			return had.first(2) && quickWhole(q, &a.LatE6)
		case "lon_e6":
			return had.first(3) && quickWhole(q, &a.LonE6)
		default:
			return false
		}
	})
}

func (b *BulkRequest) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		return string(name) == "orders" && had.first(0) && b.quickOrders(q)
	})
}

func (b *BulkRequest) quickOrders(q *quick) bool {
	b.Orders = []BulkOrder{}
	return q.array(func() bool {
		b.Orders = append(b.Orders, BulkOrder{})
		return b.Orders[len(b.Orders)-1].quickly(q)
	})
}

// quickly keeps the order both as it came and as it was read: it is not read again.
func (b *BulkOrder) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "key":
			return had.first(0) && quickText(q, &b.Key)
		case "order":
			q.blanks()
			from := q.at
			b.read = new(OrderRequest)
			if !had.first(1) || !b.read.quickly(q) {
				return false
			}
			b.Order = q.text[from:q.at:q.at]
			return true
		default:
			return false
		}
	})
}
