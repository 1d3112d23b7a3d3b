package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/ubl"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type importUBLOrderCmd struct {
	importing
	Customer string `help:"Who orders, by our number; default the one of the document's numbers of its buyer that is a customer here." placeholder:"ID"`
	Buyers   bool   `help:"The buyer's numbers of articles are ours: they stand for an article where the document names neither our own nor a GTIN."`
	Prices   bool   `help:"Take the document's prices, which are without tax; default what the articles cost here."`
	Channel  string `help:"Channel of the order; otherwise the book's own default." placeholder:"WORD"`
	Shortage string `help:"What happens when stock is short: refuse, partial or backorder." placeholder:"WORD"`
	Again    bool   `help:"Try an order again that was refused before and is as it was; otherwise it is answered as it was then."`
}

// Help stands below the flags' usage.
func (*importUBLOrderCmd) Help() string {
	return "The order is placed whole or not at all: half an order is worse than none. Who and what is not known here is listed by its line in the file. " +
		"It goes under a key made of its buyer and its number, so the same document again is answered as the same order, and one that was accepted and changed since is refused as key_reused; one that was refused and corrected since is asked for anew."
}

// Run places what a customer's program has ordered.
func (c *importUBLOrderCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	return c.run(h, kindOrders, func(ctx context.Context, im *importer, file io.Reader) error {
		doc, faults, err := ubl.ReadOrder(file)
		if err != nil {
			return err
		}
		order, more, err := c.order(ctx, cl, doc)
		if err != nil {
			return err
		}
		if faults = append(faults, more...); len(faults) > 0 {
			c.turnedAway(im, doc, faults)
			return nil
		}
		known, err := isHeadOffice(ctx, cl)
		if err != nil {
			return err
		}
		read := false
		next := func() (sheet.Order, error) {
			if read {
				return sheet.Order{}, io.EOF
			}
			read = true
			return order, nil
		}
		where := func(o sheet.Order) ([]int, string) { return o.Lines, o.Name }
		return sendRows(ctx, im, next, where, func(ctx context.Context, o sheet.Order) (fate, error) { return placeOrder(ctx, cl, o, known, c.Again) })
	})
}

// turnedAway tells what is wrong with an order, and that its good lines do not land without the rest.
func (c *importUBLOrderCmd) turnedAway(im *importer, doc *ubl.Order, faults []*ubl.Fault) {
	bad := map[int]bool{}
	slices.SortFunc(faults, func(a, b *ubl.Fault) int { return a.At - b.At })
	for _, f := range faults {
		bad[f.At] = true
		im.reject([]int{f.At}, f.Name, f.Why)
	}
	for i := range doc.Lines {
		if l := &doc.Lines[i]; !bad[l.At] {
			im.reject([]int{l.At}, "line "+l.ID, "the rest of its order cannot be taken")
		}
	}
}

// order makes the document an order of ours. Faults are of what is not known here.
func (c *importUBLOrderCmd) order(ctx context.Context, cl *client.Client, doc *ubl.Order) (o sheet.Order, faults []*ubl.Fault, err error) {
	customer, fault, err := c.buyer(ctx, cl, doc)
	if err != nil {
		return o, nil, err
	}
	if fault != nil {
		faults = append(faults, fault)
	}
	put := contract.OrderRequest{ExternalID: doc.ID, Customer: customer, Fulfil: ledger.Deliver, NeedBy: doc.NeedBy,
		Channel: ledger.Channel(c.Channel), Shortage: ledger.Shortage(c.Shortage)}
	if doc.Country != "" || doc.Postcode != "" {
		put.ShipTo = &contract.Address{Country: doc.Country, Postcode: doc.Postcode}
	}
	o = sheet.Order{Name: doc.ID, Key: sheet.DocumentKey(customer, doc.ID)}
	for i := range doc.Lines {
		l := &doc.Lines[i]
		line, why, err := c.line(ctx, cl, l)
		if err != nil {
			return o, nil, err
		}
		if why != "" {
			faults = append(faults, &ubl.Fault{At: l.At, Name: "line " + l.ID, Why: why})
			continue
		}
		put.Lines, o.Lines = append(put.Lines, line), append(o.Lines, l.At)
	}
	o.Put = put
	return o, faults, nil
}

// buyer says who of our customers orders.
func (c *importUBLOrderCmd) buyer(ctx context.Context, cl *client.Client, doc *ubl.Order) (id string, fault *ubl.Fault, err error) {
	names := doc.Buyer.Names
	if c.Customer != "" {
		names = []string{c.Customer}
	}
	for _, name := range names {
		if _, err := ledger.ParseCustomer(name); err != nil {
			continue // no number that a customer here can have
		}
		var there contract.Customer
		_, err := cl.Do(ctx, http.MethodGet, pathCustomer(name), "", nil, &there)
		if err == nil && !there.Erased {
			return string(there.Customer), nil, nil
		}
		if err != nil && !isMissing(err) {
			return "", nil, err
		}
	}
	why := fmt.Sprintf("none of its numbers is a customer here (%s): --customer ID says who it is, and holdfast customer put makes one", quoted(names))
	if len(names) == 0 {
		why = "the document gives no number of its buyer: --customer ID says who it is"
	}
	return "", &ubl.Fault{At: doc.Buyer.At, Name: "buyer " + doc.Buyer.Name, Why: why}, nil
}

// line finds the article of a line: by our own number, by its GTIN, and, where that is allowed, by the buyer's number.
func (c *importUBLOrderCmd) line(ctx context.Context, cl *client.Client, l *ubl.OrderLine) (out contract.LineRequest, why string, err error) {
	names := []string{l.Sellers}
	if c.Buyers {
		names = append(names, l.Buyers)
	}
	tried := []string{}
	for _, name := range names {
		if _, err := ledger.ParseSKU(name); err != nil {
			continue
		}
		tried = append(tried, name)
		var it contract.Item
		_, err := cl.Do(ctx, http.MethodGet, "/v1/items/"+url.PathEscape(name), "", nil, &it)
		if err == nil {
			out.SKU = string(it.SKU)
			break
		}
		if !isMissing(err) {
			return out, "", err
		}
	}
	if out.SKU == "" && l.Standard != "" {
		tried = append(tried, l.Standard)
		var list contract.ItemList
		if _, err := cl.Do(ctx, http.MethodGet, "/v1/items?"+url.Values{"barcode": {l.Standard}}.Encode(), "", nil, &list); err != nil {
			if _, refused := errors.AsType[*client.Refusal](err); !refused {
				return out, "", err
			}
		}
		if len(list.Items) == 1 {
			out.SKU = string(list.Items[0].SKU)
		}
	}
	if out.SKU == "" {
		return out, fmt.Sprintf("there is no item %s here, for %q", quoted(tried), l.Name), nil
	}
	out.Qty = l.Qty
	if c.Prices && l.Price != "" {
		if out.UnitPrice, err = sheet.UnitPrice(l.Price, l.Currency, l.Base); err != nil {
			return out, err.Error(), nil
		}
	}
	return out, "", nil
}

// quoted lists words for people.
func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strconv.Quote(w)
	}
	return strings.Join(out, ", ")
}
