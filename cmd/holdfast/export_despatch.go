package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/ubl"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type exportDespatchCmd struct {
	access
	ID       string `arg:"" name:"id" help:"A fulfilment, ORDER@SITE as holdfast fulfilment list has it, or a transfer."`
	File     string `arg:"" help:"The file to write; - for the standard output. It is there whole, or not at all."`
	Supplier string `help:"Who sends, as the note says; default the site." placeholder:"NAME"`
	Customer string `help:"Who gets it; default the customer's number that the order has, or the site." placeholder:"NAME"`
	DryRun   bool   `help:"Read everything and check that it can be written, write nothing."`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run writes the delivery note of what has left.
func (c *exportDespatchCmd) Run(h *house) error {
	note, err := c.note(h)
	if err != nil {
		return fmt.Errorf("export despatch advice of %s: %w", c.ID, err)
	}
	note.Issued = world.New().Clock.Wall().UTC().Format(time.DateOnly)
	if c.Supplier != "" {
		note.Supplier = c.Supplier
	}
	if c.Customer != "" {
		note.Customer = c.Customer
	}
	if len(note.Lines) == 0 {
		return withHint(fmt.Errorf("export despatch advice of %s: nothing of it has left", c.ID), "holdfast fulfilment dispatch, or transfer dispatch, says that it has")
	}
	for i := range note.Lines {
		if err := c.article(h, &note.Lines[i]); err != nil {
			return fmt.Errorf("export despatch advice of %s: %w", c.ID, err)
		}
	}
	to := exporting{access: c.access, File: c.File, DryRun: c.DryRun, JSON: c.JSON}
	if err := to.into(h, func(out io.Writer) error { return ubl.Write(out, note) }); err != nil {
		return fmt.Errorf("export despatch advice of %s: %w", c.ID, err)
	}
	return to.report(h, &exportDone{Kind: "despatch", Rows: len(note.Lines)})
}

// note reads a fulfilment, or a transfer where the id is none of a fulfilment.
func (c *exportDespatchCmd) note(h *house) (*ubl.Advice, error) {
	if _, _, ok := contract.ParseFulfilmentID(c.ID); !ok {
		var t contract.Transfer
		if err := c.call(h, http.MethodGet, pathTransfers+"/"+url.PathEscape(c.ID), "", nil, &t); err != nil {
			return nil, err
		}
		note := &ubl.Advice{ID: string(t.ID), Type: ubl.TypeTransfer, Supplier: string(t.From), Customer: string(t.To)}
		for i, l := range t.Lines {
			if l.Dispatched > 0 {
				n := strconv.Itoa(i + 1)
				note.Lines = append(note.Lines, ubl.Line{ID: n, OrderLine: n, Buyers: string(l.SKU), Sellers: string(l.SKU), Qty: l.Dispatched})
			}
		}
		return note, nil
	}
	var f contract.SiteFulfilment
	if err := c.call(h, http.MethodGet, "/v1/fulfilments/"+url.PathEscape(c.ID), "", nil, &f); err != nil {
		return nil, err
	}
	note := &ubl.Advice{ID: f.ID, Order: string(f.Order), Supplier: string(f.Site)}
	var o contract.Order
	switch err := c.call(h, http.MethodGet, "/v1/orders/"+url.PathEscape(string(f.Order)), "", nil, &o); {
	case err == nil:
		note.Customer = o.Customer
		if o.ExternalID != "" { // the customer's own number
			note.Order = o.ExternalID
		}
	case !isMissing(err):
		return nil, err // of another book's order this site knows the lines that it serves, and no more
	}
	if n := len(f.Shipments); n > 0 {
		note.Carrier, note.Tracking = f.Shipments[n-1].Carrier, f.Shipments[n-1].Tracking
	}
	for _, c := range f.Cartons {
		if c.Status == "packed" {
			continue
		}
		box := ubl.Carton{SSCC: string(c.SSCC)}
		for _, l := range c.Lines {
			box.Lines = append(box.Lines, ubl.Line{ID: strconv.Itoa(l.Line), OrderLine: strconv.Itoa(l.Line), Sellers: string(l.SKU), Qty: l.Qty})
		}
		note.Cartons = append(note.Cartons, box)
	}
	for _, l := range f.Lines {
		q := l.OnTheWay + l.Undelivered + l.Delivered + l.CameBack
		if q == 0 && (f.Status == contract.FulfilmentDispatched || f.Status == contract.FulfilmentDelivered) {
			q = l.Qty
		}
		if q > 0 {
			note.Lines = append(note.Lines, ubl.Line{ID: strconv.Itoa(l.Line), OrderLine: strconv.Itoa(l.Line), Sellers: string(l.SKU), Qty: q})
		}
	}
	return note, nil
}

// article adds what the item says: its name, and the first GTIN among its barcodes.
func (c *exportDespatchCmd) article(h *house, l *ubl.Line) error {
	var it contract.Item
	if err := c.call(h, http.MethodGet, "/v1/items/"+url.PathEscape(l.Sellers), "", nil, &it); err != nil {
		if isMissing(err) {
			return nil
		}
		return err
	}
	l.Name = it.Name
	for _, code := range it.Barcodes {
		if isGTIN(code) {
			l.Standard = code
			break
		}
	}
	return nil
}

// isMissing says whether a book answered that it has no such thing.
func isMissing(err error) bool {
	r, ok := errors.AsType[*client.Refusal](err)
	return ok && r.Status == http.StatusNotFound
}

// isGTIN says whether a barcode has as many digits as a GTIN: its check digit was seen to when the item was set.
func isGTIN(code string) bool {
	if strings.Trim(code, "0123456789") != "" {
		return false
	}
	switch len(code) {
	case 8, 12, 13, 14:
		return true
	default:
		return false
	}
}
