package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/workbook"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type exportCmd struct {
	Items     exportItemsCmd     `cmd:"" help:"All items, with all that import items reads: imported again they are the same items."`
	Prices    exportPricesCmd    `cmd:"" help:"All items with their prices, and not what else there is to say of them: import items takes the prices in again and leaves the rest as it is."`
	Stock     exportStockCmd     `cmd:"" help:"Stock. Of a node what lies in each bin, as import stock reads it; of head office each article at each site, to look at."`
	Customers exportCustomersCmd `cmd:"" help:"Customers, a row for each address, as import customers reads them. It is personal data: keep the file as such."`
	Purchases exportPurchasesCmd `cmd:"" help:"Purchase orders that are not over, a row for each line, as import purchases reads them."`
	Despatch  exportDespatchCmd  `cmd:"" help:"The delivery note of a fulfilment, or of a transfer, as a UBL 2.1 despatch advice, from the node that has dispatched it."`
	Orders    exportOrdersCmd    `cmd:"" help:"Orders, a row for each line. Columns that import orders knows have its names; an order without a number of another system bears its own."`
}

// exporting is what every export is told.
type exporting struct {
	access
	File    string `arg:"" help:"The file to write; - for the standard output. It is there whole, or not at all."`
	Format  string `help:"csv or xlsx; default by the file's name." placeholder:"FORMAT" enum:",csv,xlsx" default:""`
	Rejects string `help:"Write every row that could not be written to FILE, with the reason." placeholder:"FILE"`
	DryRun  bool   `help:"Read everything and check that it can be written, write nothing."`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// exportDone is what an export ends with.
type exportDone struct {
	Kind       string `json:"kind"`
	Rows       int    `json:"rows"`
	NotWritten int    `json:"not_written"`
	At         string `json:"at,omitempty"` // of a node's stock: where in its journal it stands
}

// An exporter is one run.
type exporter struct {
	cl   *client.Client
	out  *sheet.Writer
	bar  *progress.Bar
	tell *rejects
	done exportDone
}

// row writes a row, or says why it cannot be.
func (x *exporter) row(cells []string) error {
	err := x.out.Row(cells)
	if fault, ok := errors.AsType[*sheet.Fault](err); ok {
		x.reject(fault.Document, fault.Why)
		return nil
	}
	if err == nil {
		x.done.Rows++
		x.bar.Set(int64(x.done.Rows))
	}
	return err
}

func (x *exporter) reject(name, why string) {
	x.done.NotWritten++
	x.tell.add(sheet.Fault{Line: x.done.Rows + x.done.NotWritten, Document: name, Why: why})
}

// run opens the file, lets body write it, and puts it in its place.
func (c *exporting) run(h *house, kind string, heads []sheet.Head, body func(context.Context, *exporter) error) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	tell, err := newRejects(c.Rejects)
	if err != nil {
		return fmt.Errorf("export %s: %w", kind, err)
	}
	x := &exporter{cl: cl, bar: bar(h.stderr, kind, 0), tell: tell, done: exportDone{Kind: kind}}
	err = c.into(h, func(out io.Writer) error {
		if x.out, err = c.writer(out, heads); err != nil {
			return err
		}
		return errors.Join(body(h.ctx, x), x.out.Close())
	})
	_ = x.bar.Finish() // a bar that cannot be drawn changes nothing
	err = errors.Join(err, tell.close(h.stderr))
	if err != nil {
		return fmt.Errorf("export %s: %w", kind, callFault(err, c.To))
	}
	if err := c.report(h, &x.done); err != nil {
		return err
	}
	if n := x.done.NotWritten; n > 0 {
		return withHint(fmt.Errorf("export %s: %d rows could not be written", kind, n), "they are listed above, and with --rejects FILE all of them; GET them one by one where they are needed")
	}
	return nil
}

// writer begins the file in its format.
func (c *exporting) writer(out io.Writer, heads []sheet.Head) (*sheet.Writer, error) {
	if c.Format == "csv" || c.Format == "" && !strings.EqualFold(filepath.Ext(c.File), ".xlsx") {
		return sheet.NewWriter(out, heads)
	}
	grid, err := workbook.NewWriter(out)
	if err != nil {
		return nil, err
	}
	return sheet.NewGridWriter(grid, heads)
}

// into writes beside the file and gives it its name at the end, so that nobody reads half of one.
func (c *exporting) into(h *house, write func(io.Writer) error) error {
	switch {
	case c.DryRun:
		return write(io.Discard)
	case c.File == "-":
		return write(h.stdout)
	}
	f, err := os.CreateTemp(filepath.Dir(c.File), filepath.Base(c.File)+".part-*")
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), c.File)
}

func (c *exporting) report(h *house, d *exportDone) error {
	out := h.stdout
	if c.File == "-" && !c.DryRun {
		out = h.stderr
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(d)
	}
	word := "written"
	if c.DryRun {
		word = "can be written"
	}
	at := ""
	if d.At != "" {
		at = " as of " + d.At
	}
	_, err := fmt.Fprintf(out, "%s: %d rows %s%s, %d not\n", d.Kind, d.Rows, word, at, d.NotWritten)
	return err
}

// pages goes through a list of a book, page by page.
func pages[P any](ctx context.Context, cl *client.Client, path string, q url.Values, next func(*P) string, each func(*P) error) error {
	q.Set("limit", strconv.Itoa(contract.LimitMax))
	for {
		var page P
		if _, err := cl.Do(ctx, http.MethodGet, path+"?"+q.Encode(), "", nil, &page); err != nil {
			return err
		}
		if err := each(&page); err != nil {
			return err
		}
		if next(&page) == "" {
			return nil
		}
		q.Set("cursor", next(&page))
	}
}

// items goes through all items.
func (x *exporter) items(ctx context.Context, each func(*contract.Item) error) error {
	return pages(ctx, x.cl, "/v1/items", url.Values{}, func(p *contract.ItemList) string { return p.NextCursor }, func(p *contract.ItemList) error {
		for i := range p.Items {
			if err := each(&p.Items[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

type exportItemsCmd struct{ exporting }

func (c *exportItemsCmd) Run(h *house) error { return c.items(h, "items", false) }

type exportPricesCmd struct{ exporting }

func (c *exportPricesCmd) Run(h *house) error { return c.items(h, "prices", true) }

// items writes items. One that could not be read back as it is is not written, and named.
func (c *exporting) items(h *house, kind string, pricesOnly bool) error {
	return c.run(h, kind, sheet.ItemHeads(pricesOnly), func(ctx context.Context, x *exporter) error {
		return x.items(ctx, func(it *contract.Item) error {
			cells, err := sheet.ItemCells(it, pricesOnly)
			if err != nil {
				x.reject(string(it.SKU), err.Error())
				return nil
			}
			return x.row(cells)
		})
	})
}
