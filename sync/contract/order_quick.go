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

func (o *OrderRequest) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "id":
			return had.first(0) && quickText(q, &o.ID)
		case "external_id":
			return had.first(1) && quickText(q, &o.ExternalID)
		case "channel":
			return had.first(2) && quickWord(q, &o.Channel, "till", "counter", "web", "phone", "email", "marketplace", "app")
		case "fulfil":
			return had.first(3) && quickWord(q, &o.Fulfil, ledger.Take, ledger.Collect, ledger.Deliver)
		case "from":
			return had.first(4) && quickWord(q, &o.From, FromHere, FromAny)
		case "collect_at":
			return had.first(5) && quickText(q, &o.CollectAt)
		case "ship_to":
			o.ShipTo = new(Address)
			return had.first(6) && o.ShipTo.quickly(q)
		case "lines":
			return had.first(7) && o.quickLines(q)
		case "shortage":
			return had.first(8) && quickWord(q, &o.Shortage, ledger.Refuse, ledger.Partial, ledger.Backorder)
		case "complete":
			return had.first(9) && q.truth(&o.Complete)
		case "need_by":
			return had.first(10) && quickText(q, &o.NeedBy)
		case "reserve_for":
			return had.first(11) && quickText(q, &o.ReserveFor)
		case "customer":
			return had.first(12) && quickText(q, &o.Customer)
		case "class":
			return had.first(13) && quickText(q, &o.Class)
		case "priority":
			return had.first(14) && quickWhole(q, &o.Priority)
		case "taken_at":
			return had.first(15) && quickText(q, &o.TakenAt)
		case "durable":
			return had.first(16) && quickWord(q, &o.Durable, Accepted, Shared, Archived, Owner)
		default:
			return false
		}
	})
}

// linesAhead is for how many lines there is room before the first is read.
const linesAhead = 4

func (o *OrderRequest) quickLines(q *quick) bool {
	o.Lines = make([]LineRequest, 0, linesAhead)
	return q.array(func() bool {
		o.Lines = append(o.Lines, LineRequest{})
		return o.Lines[len(o.Lines)-1].quickly(q)
	})
}

func (l *LineRequest) quickly(q *quick) bool {
	var had once
	return q.object(func(name []byte) bool {
		switch string(name) {
		case "sku":
			return had.first(0) && quickText(q, &l.SKU)
		case "qty":
			return had.first(1) && quickWhole(q, &l.Qty)
		case "unit_price":
			l.UnitPrice = new(Price)
			return had.first(2) && l.UnitPrice.quickly(q)
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
