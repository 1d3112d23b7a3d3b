package main

import (
	"context"
	"io"
	"net/http"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
)

type importPurchasesCmd struct {
	importing
	Currency string `help:"Currency of costs whose row names none." default:"GBP"`
	By       string `help:"Who signs; default the user that runs this." placeholder:"NAME"`
}

// Help stands below the flags' usage.
func (*importPurchasesCmd) Help() string {
	return "Rows that follow each other with one reference are one purchase order; a row with status sent says that its supplier has it. " +
		"The same file again changes nothing, and its rows are counted as being there already; an order that was changed in the file since is changed, and what has come of it stays."
}

// Run puts purchase orders, each under its reference.
func (c *importPurchasesCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	return c.run(h, "purchases", func(ctx context.Context, im *importer, file io.Reader) error {
		orders, err := sheet.NewPurchases(file, c.Currency)
		if err != nil {
			return err
		}
		where := func(p sheet.Purchase) ([]int, string) { return p.Lines, p.Name }
		return sendRows(ctx, im, orders.Next, where, func(ctx context.Context, p sheet.Purchase) (fate, error) {
			p.Put.By = signer(c.By)
			a, err := cl.Do(ctx, http.MethodPut, purchasePath(p.Name), "", p.Put, nil)
			if err == nil && a.Replayed {
				return fateAlready, nil
			}
			return fateLanded, err
		})
	})
}
