package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type importOrdersCmd struct {
	importing
	Currency string `help:"Currency of prices whose row names none." default:"GBP"`
	Channel  string `help:"Channel of orders that name none; otherwise the book's own default." placeholder:"WORD"`
	Fulfil   string `help:"How orders that do not say are fulfilled: take, collect or deliver; otherwise the book's own default." placeholder:"WORD"`
	From     string `help:"Which sites may serve orders that do not say: here or any." placeholder:"WORD"`
	Shortage string `help:"What happens to orders that do not say when stock is short: refuse, partial or backorder." placeholder:"WORD"`
	Again    bool   `help:"Try orders again that were refused before and are as they were; otherwise they are answered as they were then."`
}

// Help stands below the flags' usage.
func (*importOrdersCmd) Help() string {
	return "Each order goes under a key made of its number (external_id, or the invoice's): the same file again is answered as the same orders, and they are counted as being there already; " +
		"an order that was accepted and changed since is refused as key_reused; one that was refused and corrected since is asked for anew under its number. To head office each order takes an id along that follows from its number and all it asks for, " +
		"so that a head office that was restored from a backup and has forgotten the key finds what it had promised of it, and does not promise it twice."
}

// Run places orders, in the file's order but for a few that are on their way together, each
// under a key made of its number: one that was taken or refused before gets that answer again.
func (c *importOrdersCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	return c.run(h, kindOrders, func(ctx context.Context, im *importer, file io.Reader) error {
		next, err := c.source(im, file)
		if err != nil {
			return err
		}
		known := false // by ids of ours
		if !c.DryRun {
			if known, err = isHeadOffice(ctx, cl); err != nil {
				return err
			}
		}
		where := func(o sheet.Order) ([]int, string) { return o.Lines, o.Name }
		return sendRows(ctx, im, next, where, func(ctx context.Context, o sheet.Order) (fate, error) {
			c.fill(&o)
			return placeOrder(ctx, cl, o, known, c.Again)
		})
	})
}

// isHeadOffice says whether it is head office that answers. A site's book is made anew from head office's
// copy, keys and all, and two sites may have orders of one number: ids of ours are for head office alone.
func isHeadOffice(ctx context.Context, cl *client.Client) (bool, error) {
	_, err := cl.Do(ctx, http.MethodGet, "/v1/servers", "", nil, nil)
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// attemptsMax bounds how often an order of one number is tried: it was refused, and corrected, as often.
const attemptsMax = 20

// placeOrder places one order, identified where that is wanted. An order that was refused under its number and is another one by now was corrected: it is a new
// attempt, under a key of its own that follows from the number, so that the file as it is now may be sent again, too. One that was accepted stays what it was.
// With anew an order that is as it was when it was refused is tried again as well.
func placeOrder(ctx context.Context, cl *client.Client, o sheet.Order, identified, anew bool) (fate, error) {
	put, err := o.Put, error(nil)
	if identified {
		if put, err = o.Identified(); err != nil {
			return 0, err
		}
	}
	for n := 1; ; n++ {
		a, err := cl.Do(ctx, http.MethodPost, "/v1/orders", sheet.AttemptKey(o.Key, n), put, nil)
		r, no := errors.AsType[*client.Refusal](err)
		switch {
		case err == nil && a.Replayed:
			return fateAlready, nil
		case !no:
			return fateLanded, err
		case n < attemptsMax && r.Code == string(contract.CodeKeyReused) && r.FirstStatus == http.StatusConflict:
			continue
		case r.Code == string(contract.CodeKeyReused) && identified && n == 1 && sentBefore(ctx, cl, &o):
			return fateAlready, nil
		case a == nil || !a.Replayed || r.Status != http.StatusConflict || r.Code == string(contract.CodeOrderExists):
			return 0, err
		case anew && n < attemptsMax:
			continue
		default:
			return laterAttempt(ctx, cl, o.Key, put, n, err)
		}
	}
}

// laterAttempt says what became of an order whose attempt n was refused, where nobody asks for it anew: a later attempt may have been accepted, and whoever
// is told that it was refused places it by hand, a second time. It looks with a request that is no order, so nothing is placed by looking.
func laterAttempt(ctx context.Context, cl *client.Client, key string, put contract.OrderRequest, n int, refused error) (fate, error) {
	for n++; n <= attemptsMax; n++ {
		_, err := cl.Do(ctx, http.MethodPost, "/v1/orders", sheet.AttemptKey(key, n), contract.OrderRequest{}, nil)
		r, no := errors.AsType[*client.Refusal](err)
		switch {
		case !no:
			return 0, err
		case r.Code != string(contract.CodeKeyReused):
			return fateRefusedBefore, refused // nobody has tried
		case r.FirstStatus == http.StatusConflict:
			continue
		}
		a, err := cl.Do(ctx, http.MethodPost, "/v1/orders", sheet.AttemptKey(key, n), put, nil)
		if err == nil && a.Replayed {
			return fateAlready, nil
		}
		return 0, err // key_reused: it was accepted as another one
	}
	return fateRefusedBefore, refused
}

// sentBefore says whether an order was sent without an id, by a build that gave none: its key is taken by that.
func sentBefore(ctx context.Context, cl *client.Client, o *sheet.Order) bool {
	a, err := cl.Do(ctx, http.MethodPost, "/v1/orders", o.Key, o.Put, nil)
	return err == nil && a.Replayed
}

// source tells the two layouts apart by the heading.
func (c *importOrdersCmd) source(im *importer, file io.Reader) (func() (sheet.Order, error), error) {
	plain, err := sheet.Unpack(file)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	if isInvoices(plain) {
		return invoiceOrders(plain)
	}
	orders, err := sheet.NewOrders(plain, c.Currency)
	if err == nil {
		err = im.heading(orders)
	}
	if err != nil {
		return nil, err
	}
	return orders.Next, nil
}

// isInvoices looks at the heading without taking it.
func isInvoices(src *bufio.Reader) bool {
	const enough = 1 << 10
	head, _ := src.Peek(enough) // less than that is a short file, and its own reader's to judge
	first, _, _ := strings.Cut(string(head), "\n")
	first = strings.ToLower(first)
	return strings.Contains(first, "invoiceno") && strings.Contains(first, "stockcode")
}

// fill gives the order what the command line says for orders that do not.
func (c *importOrdersCmd) fill(o *sheet.Order) {
	for _, f := range []struct {
		had *string
		say string
	}{
		{(*string)(&o.Put.Channel), c.Channel}, {(*string)(&o.Put.Fulfil), c.Fulfil},
		{(*string)(&o.Put.From), c.From}, {(*string)(&o.Put.Shortage), c.Shortage},
	} {
		if *f.had == "" {
			*f.had = f.say
		}
	}
}
