package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
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
		if err == nil {
			err = im.heading(orders)
		}
		if err != nil {
			return err
		}
		where := func(p sheet.Purchase) ([]int, string) { return p.Lines, p.Name }
		return sendRows(ctx, im, orders.Next, where, func(ctx context.Context, p sheet.Purchase) (fate, error) {
			p.Put.By = signer(c.By)
			if p.Was != 0 {
				return putOldPurchase(ctx, cl, &p)
			}
			a, err := cl.Do(ctx, http.MethodPut, purchasePath(p.Name), "", p.Put, nil)
			if err == nil && a.Replayed {
				return fateAlready, nil
			}
			return fateLanded, err
		})
	})
}

// putOldPurchase is for an order of which, by its file, more has become than a file says: where it stands here what can still be changed of it
// is, and elsewhere it is none, for what had come would be due in once more.
func putOldPurchase(ctx context.Context, cl *client.Client, p *sheet.Purchase) (fate, error) {
	var there contract.Purchase
	_, err := cl.Do(ctx, http.MethodGet, purchasePath(p.Name), "", nil, &there)
	if isMissing(err) || err == nil && there.Status == ledger.PurchaseDraft.String() {
		return 0, &client.Refusal{Status: http.StatusConflict, Code: string(contract.CodePurchaseState),
			Detail: fmt.Sprintf("By the file purchase order %s is %s, and here it is not sent. Order what is still to come as a sent one", p.Name, strings.ReplaceAll(p.Was.String(), "_", " "))}
	}
	if err != nil || p.Was == ledger.PurchaseCanceled && there.Status == p.Was.String() {
		return fateAlready, err
	}
	a, err := cl.Do(ctx, http.MethodPut, purchasePath(p.Name), "", p.Put, nil)
	if err == nil && a.Replayed {
		return fateAlready, nil
	}
	return fateLanded, err
}
