package sheet

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// columns of a file of orders.
const (
	orderExternal = iota
	orderSKU
	orderQty
	orderPrice
	orderCurrency
	orderCustomer
	orderChannel
	orderFulfil
	orderFrom
	orderCollectAt
	orderShortage
	orderCountry
	orderPostcode
	orderTakenAt
	orderPriority
	orderPack
)

func orderColumns() []Column {
	return []Column{
		orderExternal:  {Name: "external_id", Also: []string{"order", "order_id"}, Needed: true},
		orderSKU:       {Name: "sku", Also: []string{"stock_code"}, Needed: true},
		orderQty:       {Name: "qty", Also: []string{"quantity"}, Needed: true},
		orderPrice:     {Name: "unit_price", Also: []string{"price"}},
		orderCurrency:  {Name: "currency"},
		orderCustomer:  {Name: "customer"},
		orderChannel:   {Name: "channel"},
		orderFulfil:    {Name: "fulfil"},
		orderFrom:      {Name: "from"},
		orderCollectAt: {Name: "collect_at"},
		orderShortage:  {Name: "shortage"},
		orderCountry:   {Name: "country"},
		orderPostcode:  {Name: "postcode"},
		orderTakenAt:   {Name: "taken_at"},
		orderPriority:  {Name: "priority"},
		orderPack:      {Name: "pack"},
	}
}

// An Order is one order of a file, whole.
type Order struct {
	Lines []int // its lines in the file
	Name  string
	Key   string
	Put   contract.OrderRequest
}

// OrderKey is the key of the order that another system knows by that number: the same wherever
// it stands. The number alone makes it, so that an order that was changed since is refused as
// key_reused and not placed a second time.
func OrderKey(external string) string { return key("order", external) }

// Identified is the order with an id that follows from its key and all that it asks for: the same
// order of the same file has the same id, also for a head office that was restored and has forgotten the
// key. Two orders that differ in anything have two. Its moment is that of the sale, where the file has it.
func (o Order) Identified() (contract.OrderRequest, error) {
	put := o.Put
	put.ID = ""
	raw, err := json.Marshal(&put)
	if err != nil {
		return put, fmt.Errorf("encode order: %w", err)
	}
	at, err := contract.Since("taken_at", put.TakenAt)
	if err != nil || at.Before(idsBegin()) {
		at = idsBegin()
	}
	sum := sha256.Sum256(append([]byte(o.Key+"\x00"), raw...))
	id, err := ledger.NewOrderID(at, bytes.NewReader(sum[:]))
	put.ID = string(id)
	return put, err
}

// idsBegin is the moment in the id of an order whose file has none.
func idsBegin() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

// Orders reads a file of orders: external_id, sku, qty, and where there are any pack (then qty is of these), unit_price,
// currency, customer, channel, fulfil, from, collect_at, shortage, country, postcode, taken_at,
// priority.
//
// Rows that follow each other with one external_id are one order; what is said of the order on
// one of them holds for all, and they must not contradict each other. One bad row takes out its
// whole order: half an order is worse than none; a row that cannot be read at all takes out the
// orders on both sides of it, for it may be the end of one or the start of the other. A row whose
// order has ended further up is a fault: changing an order that was sent is not an importer's
// business.
type Orders struct {
	*Reader
	currency string
	ended    map[[8]byte]bool
	draft    *draft
	torn     int      // line just above that could not be read; 0 where none
	faults   []*Fault // of the order that has just ended, to be handed out one by one
	err      error    // what ended the file
}

// draft is an order whose rows are being gathered.
type draft struct {
	external string
	lines    []int
	put      contract.OrderRequest
	bad      map[int]string // by line
	whole    string         // what is wrong with all of it
}

// NewOrders reads the heading. currency is that of prices whose row names none.
func NewOrders(src io.Reader, currency string) (*Orders, error) {
	r, err := NewReader(src, orderColumns())
	if err != nil {
		return nil, err
	}
	return &Orders{Reader: r, currency: currency, ended: map[[8]byte]bool{}}, nil
}

// Next gives the next order, a *Fault for one row, or the end as Reader.Next does.
func (s *Orders) Next() (Order, error) {
	for {
		if len(s.faults) > 0 {
			f := s.faults[0]
			s.faults = s.faults[1:]
			return Order{}, f
		}
		if s.err != nil && s.draft == nil {
			return Order{}, s.err
		}
		if s.err != nil {
			if order, whole := s.end(); whole {
				return order, nil
			}
			continue
		}
		row, err := s.Reader.Next()
		if fault, ok := errors.AsType[*Fault](err); ok {
			s.torn = fault.Line
			if s.draft != nil {
				s.draft.bad[fault.Line] = fault.Why
				s.draft.lines = append(s.draft.lines, fault.Line)
				continue
			}
			return Order{}, fault
		}
		if err != nil {
			s.cut(err)
			continue
		}
		if order, whole := s.take(row); whole {
			return order, nil
		}
	}
}

// cut ends the file. When the source broke off, the open order may not be complete.
func (s *Orders) cut(err error) {
	s.err = err
	if s.draft != nil && !errors.Is(err, io.EOF) {
		s.draft.bad[s.draft.lines[len(s.draft.lines)-1]] = "the file broke off before the order was complete"
	}
}

// take files a row under its order and gives the order before it, if that has ended.
func (s *Orders) take(row Row) (before Order, whole bool) {
	external := row.Field(orderExternal)
	torn := s.torn
	s.torn = 0
	if s.draft != nil && s.draft.external == external {
		s.gather(row)
		return Order{}, false
	}
	if s.draft != nil {
		before, whole = s.end()
	}
	switch {
	case external == "":
		s.faults = append(s.faults, &Fault{Line: row.Line, Why: "external_id is empty; an order is known by it when the file is read again"})
	case s.ended[digest8(external)]:
		s.faults = append(s.faults, &Fault{Line: row.Line, Document: clip(external), Why: "its order has ended further up; the rows of an order stand together"})
	default:
		s.draft = &draft{external: external, bad: map[int]string{}}
		if torn != 0 {
			s.draft.whole = fmt.Sprintf("line %d cannot be read and may belong to this order", torn)
		}
		s.gather(row)
	}
	return before, whole
}

// gather adds a row to the open order.
func (s *Orders) gather(row Row) {
	d := s.draft
	d.lines = append(d.lines, row.Line)
	if len(d.put.Lines) == ledger.LinesMax {
		d.bad[row.Line] = fmt.Sprintf("the order has more than %d lines", ledger.LinesMax)
		return
	}
	line, err := s.line(row)
	if err == nil {
		err = d.say(row)
	}
	if err != nil {
		d.bad[row.Line] = Reason(err)
		return
	}
	d.put.Lines = append(d.put.Lines, line)
}

func (s *Orders) line(row Row) (contract.LineRequest, error) {
	sku, err := ledger.ParseSKU(row.Field(orderSKU))
	if err != nil {
		return contract.LineRequest{}, err
	}
	qty, err := parseQty("qty", row.Field(orderQty))
	if err != nil {
		return contract.LineRequest{}, err
	}
	currency := strings.ToUpper(row.Field(orderCurrency))
	if currency == "" {
		currency = s.currency
	}
	price, err := parsePrice(row.Field(orderPrice), currency, s.DecimalComma())
	return contract.LineRequest{SKU: string(sku), Pack: row.Field(orderPack), Qty: qty, UnitPrice: price}, err
}

// say takes over what the row says of the whole order.
func (d *draft) say(row Row) error {
	if d.put.ShipTo == nil && (row.Field(orderCountry) != "" || row.Field(orderPostcode) != "") {
		d.put.ShipTo = &contract.Address{}
	}
	var country, postcode string
	if d.put.ShipTo != nil {
		country, postcode = d.put.ShipTo.Country, d.put.ShipTo.Postcode
	}
	priority := ""
	if d.put.Priority != 0 {
		priority = strconv.Itoa(d.put.Priority)
	}
	for _, f := range []struct {
		name string
		says string
		had  *string
	}{
		{"customer", row.Field(orderCustomer), &d.put.Customer},
		{"channel", row.Field(orderChannel), (*string)(&d.put.Channel)},
		{"fulfil", row.Field(orderFulfil), (*string)(&d.put.Fulfil)},
		{"from", row.Field(orderFrom), (*string)(&d.put.From)},
		{"collect_at", row.Field(orderCollectAt), &d.put.CollectAt},
		{"shortage", row.Field(orderShortage), (*string)(&d.put.Shortage)},
		{"taken_at", row.Field(orderTakenAt), &d.put.TakenAt},
		{"country", strings.ToUpper(row.Field(orderCountry)), &country},
		{"postcode", row.Field(orderPostcode), &postcode},
		{"priority", row.Field(orderPriority), &priority},
	} {
		if f.says == "" || f.says == *f.had {
			continue
		}
		if *f.had != "" {
			return fmt.Errorf("%s is %q, and %q further up in the same order", f.name, clip(f.says), clip(*f.had))
		}
		*f.had = f.says
	}
	if d.put.ShipTo != nil {
		d.put.ShipTo.Country, d.put.ShipTo.Postcode = country, postcode
	}
	if priority != "" {
		n, err := strconv.Atoi(priority)
		if err != nil || n < 0 || n > 9 {
			return fmt.Errorf("priority %q is not 0 to 9", clip(priority))
		}
		d.put.Priority = n
	}
	return nil
}

// end closes the open order. What is wrong with it becomes a fault for each of its rows.
func (s *Orders) end() (Order, bool) {
	d := s.draft
	s.draft = nil
	s.ended[digest8(d.external)] = true
	d.put.ExternalID = d.external
	whole := d.whole
	if len(d.bad) == 0 && whole == "" {
		// Form only: the defaults of the book that is asked are its own business.
		if _, err := d.put.Ledger(contract.NodeDefaults()); err != nil {
			whole = Reason(err)
		}
	}
	if len(d.bad) == 0 && whole == "" {
		return Order{Lines: d.lines, Name: d.external, Key: OrderKey(d.external), Put: d.put}, true
	}
	for _, line := range d.lines {
		why := d.bad[line]
		if why == "" {
			why = whole
		}
		if why == "" {
			why = "another row of its order cannot be taken"
		}
		s.faults = append(s.faults, &Fault{Line: line, Document: clip(d.external), Why: why})
	}
	return Order{}, false
}
