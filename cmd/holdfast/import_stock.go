package main

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
)

type importStockCmd struct {
	importing
	Reference string `help:"Reference of rows that name none. New goods under an old reference that equal an old row are taken for a repeat." default:"opening stock"`
}

// Run takes goods in, each row as a receipt under a key made of what it says.
func (c *importStockCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	return c.run(h, "stock", func(ctx context.Context, im *importer, file io.Reader) error {
		stock, err := sheet.NewStock(file, c.Reference)
		if err == nil {
			err = im.heading(stock)
		}
		if err != nil {
			return err
		}
		where := func(l sheet.StockLine) ([]int, string) { return []int{l.Line}, l.Put.Lines[0].SKU }
		err = sendRows(ctx, im, stock.Next, where, func(ctx context.Context, l sheet.StockLine) (fate, error) {
			a, err := cl.Do(ctx, http.MethodPost, "/v1/receipts", l.Key, l.Put, nil)
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
