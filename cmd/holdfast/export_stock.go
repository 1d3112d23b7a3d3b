package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type exportStockCmd struct{ exporting }

// Run writes what a node's book has in each bin, or what head office knows of each site.
func (c *exportStockCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	var sheetAt contract.CountSheet
	_, err = cl.Do(h.ctx, http.MethodGet, "/v1/counts/sheet?limit=1&blind=true", "", nil, &sheetAt)
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Status == http.StatusNotFound {
		return c.company(h)
	}
	heads := []sheet.Head{{Name: "sku"}, {Name: "qty", Number: true}, {Name: "bin"}, {Name: "reference"}, {Name: "name"}}
	return c.run(h, "stock", heads, func(ctx context.Context, x *exporter) error {
		return pages(ctx, x.cl, "/v1/counts/sheet", url.Values{}, func(p *contract.CountSheet) string { return p.NextCursor }, func(p *contract.CountSheet) error {
			if x.done.At == "" {
				x.done.At = p.At
			}
			for _, r := range p.Rows {
				if r.Expected == nil || *r.Expected <= 0 {
					continue // a receipt of nothing is none
				}
				if err := x.row([]string{string(r.SKU), qtyText(*r.Expected), string(r.Bin), "stock of " + x.done.At, r.Name}); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func qtyText(q ledger.Qty) string { return strconv.FormatInt(int64(q), 10) }

// stockAtOnce is how many articles head office is asked for together.
const stockAtOnce = 8

// company writes each article at each site.
func (c *exporting) company(h *house) error {
	heads := []sheet.Head{{Name: "sku"}, {Name: "site"}}
	for _, n := range []string{"on_hand", "blocked", "picked", "reserved", "allotted", "available", "shortfall"} {
		heads = append(heads, sheet.Head{Name: n, Number: true})
	}
	return c.run(h, "stock", heads, func(ctx context.Context, x *exporter) error {
		return pages(ctx, x.cl, "/v1/items", url.Values{}, func(p *contract.ItemList) string { return p.NextCursor }, func(p *contract.ItemList) error {
			stocks := make([]contract.HQStock, len(p.Items))
			g, gctx := errgroup.WithContext(ctx)
			g.SetLimit(stockAtOnce)
			for i := range p.Items {
				g.Go(func() error {
					_, err := x.cl.Do(gctx, http.MethodGet, "/v1/stock/"+url.PathEscape(string(p.Items[i].SKU)), "", nil, &stocks[i])
					return err
				})
			}
			if err := g.Wait(); err != nil {
				return err
			}
			for i := range stocks {
				for _, s := range stocks[i].Sites {
					f := s.Figures
					cells := []string{string(stocks[i].SKU), string(s.Site)}
					for _, q := range []ledger.Qty{f.OnHand, f.Blocked, f.Picked, f.Reserved, f.Allotted, f.Available, f.Shortfall} {
						cells = append(cells, qtyText(q))
					}
					if err := x.row(cells); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}

type exportOrdersCmd struct {
	exporting
	Status string `help:"Only orders in this state." placeholder:"WORD"`
	Since  string `help:"Only orders taken since: a day, or a moment." placeholder:"TIME"`
}

// Run writes orders, a row for each line.
func (c *exportOrdersCmd) Run(h *house) error {
	return c.run(h, "orders", sheet.OrderHeads(), func(ctx context.Context, x *exporter) error {
		q := url.Values{}
		for name, v := range map[string]string{"status": c.Status, "since": c.Since} {
			if v != "" {
				q.Set(name, v)
			}
		}
		return pages(ctx, x.cl, "/v1/orders", q, func(p *contract.OrderList) string { return p.NextCursor }, func(p *contract.OrderList) error {
			for i := range p.Orders {
				for _, cells := range sheet.OrderCells(&p.Orders[i]) {
					if err := x.row(cells); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}
