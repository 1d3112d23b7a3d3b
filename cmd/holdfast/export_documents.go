package main

import (
	"context"
	"net/url"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type exportPurchasesCmd struct {
	exporting
	All bool `help:"Also those that are over."`
}

// Run writes purchase orders, a row for each line that was ordered.
func (c *exportPurchasesCmd) Run(h *house) error {
	return c.run(h, "purchases", sheet.PurchaseHeads(), func(ctx context.Context, x *exporter) error {
		q := url.Values{}
		if !c.All {
			q.Set("open", "true")
		}
		return pages(ctx, x.cl, pathPurchases, q, func(p *contract.PurchaseList) string { return p.NextCursor }, func(p *contract.PurchaseList) error {
			for i := range p.Purchases {
				if err := x.rows(sheet.PurchaseCells(&p.Purchases[i])); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

type exportCustomersCmd struct{ exporting }

// Run writes customers, a row for each address. Of one that was erased nothing is left to write.
func (c *exportCustomersCmd) Run(h *house) error {
	return c.run(h, "customers", sheet.CustomerHeads(), func(ctx context.Context, x *exporter) error {
		return pages(ctx, x.cl, "/v1/customers", url.Values{}, func(p *contract.CustomerList) string { return p.NextCursor }, func(p *contract.CustomerList) error {
			for i := range p.Customers {
				if p.Customers[i].Erased {
					continue
				}
				if err := x.rows(sheet.CustomerCells(&p.Customers[i])); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// rows writes the rows of one document.
func (x *exporter) rows(rows [][]string) error {
	for _, cells := range rows {
		if err := x.row(cells); err != nil {
			return err
		}
	}
	return nil
}
