package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/ubl"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type importDeliveryCmd struct {
	importing
	Reference string `help:"Reference to book it under; default the order that the note names, then the note's own number. Goods under the reference of an expected delivery go to whom they were promised." placeholder:"TEXT"`
	Bin       string `help:"Bin that all of it is put into; default MAIN." placeholder:"BIN"`
	Sellers   bool   `help:"The supplier's numbers of articles are ours: they stand for an article where the note names neither our own nor a GTIN."`
}

// Run takes in what a supplier's delivery note says, each line as a receipt under a key made of supplier, note and line: read
// again it changes nothing, and a line that was put right meanwhile lands then.
func (c *importDeliveryCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	return c.run(h, "delivery", func(ctx context.Context, im *importer, file io.Reader) error {
		note, faults, err := ubl.Read(file)
		if err != nil {
			return err
		}
		if note.Type == ubl.TypeTransfer {
			return withHint(fmt.Errorf("delivery note %s is of a transfer between two sites, and is received as such", note.ID),
				fmt.Sprintf("holdfast transfer receive %s SKU=QTY ...", note.ID))
		}
		for _, f := range faults {
			im.reject([]int{f.At}, f.Name, f.Why)
		}
		next := func() (ubl.Line, error) {
			if len(note.Lines) == 0 {
				return ubl.Line{}, io.EOF
			}
			l := note.Lines[0]
			note.Lines = note.Lines[1:]
			if l.Buyers == "" && l.Standard == "" && !c.Sellers {
				return l, &sheet.Fault{Line: l.At, Document: "line " + l.ID, Why: fmt.Sprintf("it names the article by the supplier's number alone, %q: --sellers takes that for ours", l.Sellers)}
			}
			return l, nil
		}
		where := func(l ubl.Line) ([]int, string) { return []int{l.At}, "line " + l.ID }
		err = sendRows(ctx, im, next, where, func(ctx context.Context, l ubl.Line) (fate, error) {
			a, err := cl.Do(ctx, http.MethodPost, "/v1/receipts", sheet.DeliveryKey(note.Supplier, note.ID, l.ID), c.receipt(note, l), nil)
			if err == nil && a.Replayed {
				return fateAlready, nil
			}
			return fateLanded, err
		})
		if r, ok := errors.AsType[*client.Refusal](err); ok && (r.Status == http.StatusNotFound || r.Status == http.StatusMethodNotAllowed) {
			return withHint(err, "give --to the address of a node: goods come in at a site, not at head office")
		}
		return err
	})
}

// receipt is what a line of a note comes to.
func (c *importDeliveryCmd) receipt(note *ubl.Advice, l ubl.Line) contract.ReceiptRequest {
	reference := c.Reference
	for _, r := range []string{l.Order, note.Order, note.ID} {
		if reference == "" {
			reference = r
		}
	}
	line := contract.ReceiptLine{SKU: l.Buyers, Qty: l.Qty, Bin: c.Bin}
	if l.Buyers == "" {
		line.Barcode = l.Standard
	}
	if line.SKU+line.Barcode == "" {
		line.SKU = l.Sellers
	}
	return contract.ReceiptRequest{Reference: reference, Lines: []contract.ReceiptLine{line}}
}
