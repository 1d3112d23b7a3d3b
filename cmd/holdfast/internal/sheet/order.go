package sheet

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
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
// it stands. The number alone makes it, so that an order that was accepted and changed since is
// refused as key_reused and not placed a second time.
func OrderKey(external string) string { return key("order", external) }

// AttemptKey is the key of the nth attempt, from 1, to place the order of a key: each one before was refused, and the order was corrected since.
func AttemptKey(of string, n int) string {
	if n == 1 {
		return of
	}
	return key("attempt", of, strconv.Itoa(n))
}

// DocumentKey is the key of an order that came as a document: two customers may have orders of one number.
func DocumentKey(customer, number string) string { return key("document", customer, number) }

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
	*documents[draft]
	currency string
}

// draft is an order whose rows are being gathered.
type draft struct{ put contract.OrderRequest }

// NewOrders reads the heading. currency is that of prices whose row names none.
func NewOrders(src io.Reader, currency string) (*Orders, error) {
	r, err := NewReader(src, orderColumns(), orderMore()...)
	if err != nil {
		return nil, err
	}
	s := &Orders{currency: currency}
	s.documents = newDocuments[draft](r, "order", "external_id", orderExternal)
	s.gather, s.whole = s.row, func(d *draft, name string) error {
		d.put.ExternalID = name
		_, err := d.put.Ledger(contract.NodeDefaults()) // Form only: the defaults of the book that is asked are its own business.
		return err
	}
	return s, nil
}

// Next gives the next order, a *Fault for one row, or the end as Reader.Next does.
func (s *Orders) Next() (Order, error) {
	d, err := s.next()
	if err != nil {
		return Order{}, err
	}
	return Order{Lines: d.lines, Name: d.name, Key: OrderKey(d.name), Put: d.put.put}, nil
}

// row adds a row to an order.
func (s *Orders) row(d *draft, row Row) error {
	if len(d.put.Lines) == ledger.LinesMax {
		return fmt.Errorf("the order has more than %d lines", ledger.LinesMax)
	}
	line, err := s.line(row)
	if err == nil {
		err = d.say(row)
	}
	if err == nil {
		d.put.Lines = append(d.put.Lines, line)
	}
	return err
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
