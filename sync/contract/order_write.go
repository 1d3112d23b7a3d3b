package contract

import (
	"encoding/json"
	"strconv"
)

// AppendJSON appends what encoding/json would write of o, byte for byte. By hand, for an order's
// answer is written as often as an order is decided.
func (o *Order) AppendJSON(b []byte) []byte {
	b = appendText(append(b, `{"id":`...), o.ID)
	b = appendText(append(b, `,"number":`...), o.Number)
	b = appendText(append(b, `,"owner":`...), o.Owner)
	b = appendText(append(b, `,"status":`...), o.Status)
	b = appendList(append(b, `,"lines":`...), o.Lines, (*OrderLine).appendJSON)
	b = appendList(append(b, `,"fulfilments":`...), o.Fulfilments, (*Fulfilment).appendJSON)
	b = appendText(append(b, `,"ack":`...), o.Ack)
	b = strconv.AppendBool(append(b, `,"offline":`...), o.Offline)
	b = strconv.AppendUint(append(b, `,"seq":`...), o.Seq, 10)
	b = appendGiven(b, `,"external_id":`, o.ExternalID)
	b = appendText(append(b, `,"channel":`...), o.Channel)
	b = appendText(append(b, `,"fulfil":`...), o.Fulfil)
	b = appendText(append(b, `,"from":`...), o.From)
	b = appendGiven(b, `,"collect_at":`, o.CollectAt)
	if o.ShipTo != nil {
		b = o.ShipTo.appendJSON(append(b, `,"ship_to":`...))
	}
	b = appendText(append(b, `,"shortage":`...), o.Shortage)
	b = strconv.AppendBool(append(b, `,"complete":`...), o.Complete)
	b = appendGiven(b, `,"need_by":`, o.NeedBy)
	b = appendGiven(b, `,"customer":`, o.Customer)
	b = appendGiven(b, `,"class":`, o.Class)
	b = strconv.AppendInt(append(b, `,"priority":`...), int64(o.Priority), 10)
	b = appendText(append(b, `,"taken_at":`...), o.TakenAt)
	if o.Late {
		b = append(b, `,"late":true`...)
	}
	if o.Version != 0 {
		b = strconv.AppendUint(append(b, `,"version":`...), o.Version, 10)
	}
	if o.MayGiveUp {
		b = append(b, `,"may_give_up":true`...)
	}
	if o.Totals != nil {
		b = o.Totals.appendJSON(append(b, `,"totals":`...))
	}
	b = appendGiven(b, `,"price_group":`, o.PriceGroup)
	b = appendGiven(b, `,"deliver_to":`, o.DeliverTo)
	b = appendGiven(b, `,"bill_to":`, o.BillTo)
	if o.Draft != nil {
		b = o.Draft.appendJSON(append(b, `,"draft":`...))
	}
	if o.Review != nil {
		b = o.Review.appendJSON(append(b, `,"review":`...))
	}
	return append(b, '}')
}

func (l *OrderLine) appendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"line":`...), int64(l.Line), 10)
	b = appendText(append(b, `,"sku":`...), l.SKU)
	b = strconv.AppendInt(append(b, `,"qty":`...), int64(l.Qty), 10)
	b = appendText(append(b, `,"status":`...), l.Status)
	b = appendList(append(b, `,"reserved":`...), l.Reserved, (*Reserved).appendJSON)
	b = strconv.AppendInt(append(b, `,"backordered":`...), int64(l.Backordered), 10)
	b = strconv.AppendInt(append(b, `,"taken":`...), int64(l.Taken), 10)
	if l.ToConfirm != 0 {
		b = strconv.AppendInt(append(b, `,"to_be_confirmed":`...), int64(l.ToConfirm), 10)
	}
	if l.Declined != 0 {
		b = strconv.AppendInt(append(b, `,"declined":`...), int64(l.Declined), 10)
	}
	if l.Returned != 0 {
		b = strconv.AppendInt(append(b, `,"returned":`...), int64(l.Returned), 10)
	}
	if l.UnitPrice != nil {
		b = l.UnitPrice.appendJSON(append(b, `,"unit_price":`...))
	}
	if l.Pack != nil {
		b = l.Pack.appendJSON(append(b, `,"pack":`...))
	}
	if len(l.Kit) > 0 {
		b = appendList(append(b, `,"kit":`...), l.Kit, (*ComponentLine).appendJSON)
	}
	if len(l.Promised) > 0 {
		b = appendList(append(b, `,"promised":`...), l.Promised, (*Promised).appendJSON)
	}
	if l.DropShip != nil {
		b = l.DropShip.appendJSON(append(b, `,"drop_ship":`...))
	}
	if l.Charge != nil {
		b = l.Charge.appendJSON(append(b, `,"charge":`...))
	}
	return append(b, '}')
}

func (p *Promised) appendJSON(b []byte) []byte {
	b = append(b, '{')
	if p.Reference != "" {
		b = append(appendText(append(b, `"reference":`...), p.Reference), ',')
	}
	b = strconv.AppendInt(append(b, `"qty":`...), int64(p.Qty), 10)
	return append(appendGiven(b, `,"by":`, p.By), '}')
}

func (r *Reserved) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"site":`...), r.Site)
	b = strconv.AppendInt(append(b, `,"qty":`...), int64(r.Qty), 10)
	return append(b, '}')
}

func (f *Fulfilment) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"id":`...), f.ID)
	b = appendText(append(b, `,"site":`...), f.Site)
	b = appendText(append(b, `,"status":`...), f.Status)
	return append(b, '}')
}

func (p *Price) appendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"amount":`...), p.Amount, 10)
	b = appendText(append(b, `,"currency":`...), p.Currency)
	if p.Per != 0 {
		b = strconv.AppendInt(append(b, `,"per":`...), p.Per, 10)
	}
	b = appendGiven(b, `,"tax":`, p.Tax)
	return append(b, '}')
}

// appendJSON writes each field only where it is given, so the first may be any of them.
func (a *Address) appendJSON(b []byte) []byte {
	from := len(b)
	b = appendGiven(b, `,"country":`, a.Country)
	b = appendGiven(b, `,"postcode":`, a.Postcode)
	if a.LatE6 != 0 {
		b = strconv.AppendInt(append(b, `,"lat_e6":`...), a.LatE6, 10)
	}
	if a.LonE6 != 0 {
		b = strconv.AppendInt(append(b, `,"lon_e6":`...), a.LonE6, 10)
	}
	if len(b) == from {
		return append(b, `{}`...)
	}
	b[from] = '{' // for the first comma
	return append(b, '}')
}

// orderBytes is about what an answered order of a few lines takes, and pricedBytes what each line takes beside it where it is priced.
const (
	orderBytes  = 768
	pricedBytes = 192
)

// size is about how many bytes the order takes.
func (o *Order) size() int {
	if o.Totals == nil {
		return orderBytes
	}
	return orderBytes + pricedBytes*(len(o.Lines)+1)
}

// AppendJSON appends what encoding/json would write of a, byte for byte.
func (a *BulkAnswer) AppendJSON(b []byte) []byte {
	b = appendList(append(b, `{"results":`...), a.Results, (*BulkResult).appendJSON)
	return append(b, '}')
}

func (r *BulkResult) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"key":`...), r.Key)
	b = strconv.AppendInt(append(b, `,"http_status":`...), int64(r.HTTPStatus), 10)
	if r.Order != nil {
		b = r.Order.AppendJSON(append(b, `,"order":`...))
	}
	if r.Problem != nil {
		body := r.Problem.JSON()
		b = append(append(b, `,"problem":`...), body[:len(body)-1]...) // without its newline
	}
	return append(b, '}')
}

// JSON is the answer's body.
func (a *BulkAnswer) JSON() []byte {
	size := orderBytes
	for i := range a.Results {
		if o := a.Results[i].Order; o != nil {
			size += o.size()
		} else {
			size += orderBytes
		}
	}
	return append(a.AppendJSON(make([]byte, 0, size)), '\n')
}

// JSON is the order as the body of an answer.
func (o *Order) JSON() []byte {
	return append(o.AppendJSON(make([]byte, 0, o.size())), '\n')
}

func appendList[T any](b []byte, list []T, each func(*T, []byte) []byte) []byte {
	if list == nil {
		return append(b, `null`...)
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = each(&list[i], b)
	}
	return append(b, ']')
}

// appendGiven appends a field that is left out where it is empty.
func appendGiven[T ~string](b []byte, name string, s T) []byte {
	if s == "" {
		return b
	}
	return appendText(append(b, name...), s)
}

// appendText appends a string. What needs no escape is copied; for the rest, encoding/json knows.
func appendText[T ~string](b []byte, s T) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			quoted, err := json.Marshal(string(s))
			if err != nil { // a string can always be written
				panic("contract: encode text: " + err.Error())
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
