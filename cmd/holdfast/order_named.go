package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

const (
	namedSince    = 31 * 24 * time.Hour // orders of that age are looked through first
	namedPagesMax = 40                  // of ordersPage orders each, per look
	namedShown    = 5                   // orders that an error names
)

// orderID finds the order that a person names: by its id, its number, or its number in another system. Ids are not looked for, the book that is asked says
// whether it knows them. status is what a book lists apart, such as drafts, and is looked
// through first; then all orders are, the latest first.
func (a *access) orderID(h *house, name string, status ledger.Status) (ledger.OrderID, error) {
	if id, err := ledger.ParseOrderID(name); err == nil {
		return id, nil
	}
	cl, err := a.client()
	if err != nil {
		return "", err
	}
	looks := []url.Values{{"since": {time.Now().Add(-namedSince).UTC().Format(time.RFC3339)}}, {}}
	if status != "" {
		looks = append([]url.Values{{"status": {string(status)}}}, looks...) // decided on before, it is told so
	}
	looked := 0
	for _, q := range looks {
		found, n, err := namedOrders(h, cl, name, q)
		if looked = max(looked, n); err != nil {
			return "", callFault(err, a.To)
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0].ID, nil
		}
		return "", severalOrders(name, found)
	}
	return "", withHint(fmt.Errorf("no order has the id, the number or the external id %q among the %s that were looked through", name, howMany(looked, "order")),
		"holdfast order list shows the orders of a book; one of another book is known there")
}

// namedOrders looks through the orders that q asks for.
func namedOrders(h *house, cl *client.Client, name string, q url.Values) (found []contract.Order, looked int, err error) {
	q.Set("limit", strconv.Itoa(ordersPage))
	for range namedPagesMax {
		var page contract.OrderList
		if _, err := cl.Do(h.ctx, http.MethodGet, "/v1/orders?"+q.Encode(), "", nil, &page); err != nil {
			return nil, looked, err
		}
		looked += len(page.Orders)
		for i := range page.Orders {
			if o := &page.Orders[i]; o.ExternalID == name || o.Number != "" && strings.EqualFold(o.Number, name) {
				found = append(found, *o)
			}
		}
		if page.NextCursor == "" {
			break
		}
		q.Set("cursor", page.NextCursor)
	}
	return found, looked, nil
}

// severalOrders says which orders a name may be of.
func severalOrders(name string, found []contract.Order) error {
	var words []string
	for i := range found[:min(len(found), namedShown)] {
		o := &found[i]
		words = append(words, fmt.Sprintf("%s (%s, %s)", o.ID, or(o.Number, "no number"), o.Status))
	}
	if more := len(found) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return withHint(fmt.Errorf("%d orders are called %q: %s", len(found), name, strings.Join(words, ", ")), "say which one by its id")
}

// orderFault says what can be done where a book does not know an order.
func orderFault(err error) error {
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Status == http.StatusNotFound {
		return withHint(err, "holdfast order list shows the orders of a book: head office knows its own and those that it has a part in, a node those of its site")
	}
	return err
}
