package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/progress"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/workbook"
)

type importCmd struct {
	Items     importItemsCmd     `cmd:"" help:"Items, to head office or to a node without one: sku, name, barcodes (8, 12, 13 or 14 digits are a GTIN and its check digit must be right; anything else is a code of your own; several apart by blanks), price or price_minor, currency, category."`
	Stock     importStockCmd     `cmd:"" help:"Goods that came in, to a node: sku, qty, bin, reference. Each row is a receipt; one that says the same as a row of an earlier file is a repeat of it."`
	Delivery  importDeliveryCmd  `cmd:"" help:"A supplier's delivery note, a UBL 2 despatch advice, to the node where the goods came in: each line is a receipt."`
	DropShip  importDropShipCmd  `cmd:"" name:"drop-ship" help:"What a supplier has sent straight to customers, a UBL 2 despatch advice that names the references of holdfast drop-ship list, to the node that took the orders."`
	Orders    importOrdersCmd    `cmd:"" help:"Orders, to a node or head office: external_id, sku, qty, unit_price, ..., or invoices in the layout of the Online Retail data."`
	Customers importCustomersCmd `cmd:"" help:"Customers, to head office or to a node without one: customer, name, email, phone, tax_number, group, price_list, terms_days, blocked, and one address a row: address_label, address_name, line1 to line6, city, postcode, country. What the file has no column for stays as it is there."`
	UBLOrder  importUBLOrderCmd  `cmd:"" name:"ubl-order" help:"What a customer's program orders, a UBL 2 order, to a node or head office: placed whole, or not at all with every line that is not known here."`
	Purchases importPurchasesCmd `cmd:"" help:"Purchase orders, to head office or a node: reference, supplier, site, due, sku or barcode, qty, pack, cost, ..."`
}

// importing is what every import is told.
type importing struct {
	access
	File    string `arg:"" help:"CSV file, gzipped or not, or workbook (XLSX)." type:"existingfile"`
	Rejects string `help:"Write every row that did not land to FILE, with line and reason." placeholder:"FILE"`
	DryRun  bool   `help:"Read and check the file, send nothing."`
	Strict  bool   `help:"Refuse a file with a column that is not known; otherwise it is told and passed over."`
	JSON    bool   `name:"json" help:"Print one JSON object as the last line."`
}

// kindOrders is the one kind whose rows are parts of something larger.
const kindOrders = "orders"

// importDone is what an import ends with.
type importDone struct {
	Kind      string        `json:"kind"`
	Rows      int           `json:"rows"`
	Landed    int           `json:"landed"`
	Already   int           `json:"already"` // had landed before
	NotLanded int           `json:"not_landed"`
	Orders    importedSales `json:"orders,omitzero"`
	Strays    []string      `json:"unknown_columns,omitempty"` // passed over
}

// importedSales counts whole orders beside their rows; of other files it stays zero.
type importedSales struct {
	Accepted int `json:"accepted"`
	Already  int `json:"already"`
	Refused  int `json:"refused"`
	Before   int `json:"refused_before,omitempty"` // of these, as they were when they were refused first: nobody was asked anew
}

// An importer is one run: what is read, where it goes, and what became of each row.
type importer struct {
	h    *house
	opts *importing
	done importDone
	bar  *progress.Bar
	tell *rejects
}

// run reads file with body between opening and telling how it went.
func (c *importing) run(h *house, kind string, body func(ctx context.Context, im *importer, file io.Reader) error) error {
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("import %s: %w", kind, err)
	}
	defer file.Close() // read only: nothing can be lost
	src, rows, err := opened(file)
	if err != nil {
		return fmt.Errorf("import %s: read %s: %w", kind, c.File, err)
	}
	if book, ok := src.(*workbook.Reader); ok {
		defer book.Close() // read only: nothing can be lost
	}
	tell, err := newRejects(c.Rejects)
	if err != nil {
		return fmt.Errorf("import %s: %w", kind, err)
	}
	im := &importer{h: h, opts: c, done: importDone{Kind: kind}, bar: bar(h.stderr, kind, rows), tell: tell}
	err = body(h.ctx, im, src)
	_ = im.bar.Finish() // a bar that cannot be drawn changes nothing
	err = errors.Join(err, tell.close(h.stderr))
	if outErr := im.report(); outErr != nil {
		return outErr
	}
	if err != nil {
		return fmt.Errorf("import %s: %w", kind, callFault(err, c.To))
	}
	if n := im.done.NotLanded; n > 0 {
		hint := "put them right and import the file again: what has landed stays as it is"
		if im.done.Orders.Before > 0 {
			hint += "; an order that is as it was when it was refused is answered as it was then, --again asks anew"
		}
		return withHint(fmt.Errorf("import %s: %d of %d rows did not land", kind, n, im.done.Rows),
			hint)
	}
	return nil
}

func (im *importer) report() error {
	d := &im.done
	if im.opts.JSON {
		return json.NewEncoder(im.h.stdout).Encode(d)
	}
	word := "landed"
	if im.opts.DryRun {
		word = "can be sent"
	}
	_, err := fmt.Fprintf(im.h.stdout, "%s: %d rows read, %d %s, %d were there already, %d did not land\n",
		d.Kind, d.Rows, d.Landed, word, d.Already, d.NotLanded)
	if err == nil && d.Kind == kindOrders && im.opts.DryRun {
		_, err = fmt.Fprintf(im.h.stdout, "orders: %d can be sent\n", d.Orders.Accepted)
	} else if err == nil && d.Kind == kindOrders {
		_, err = fmt.Fprintf(im.h.stdout, "orders: %d accepted, %d were there already, %d refused by the book\n",
			d.Orders.Accepted, d.Orders.Already, d.Orders.Refused)
	}
	return err
}

// heading tells which columns of a file nobody reads. With --strict it refuses the file for them, before anything of it is sent.
func (im *importer) heading(file interface{ Strays() []sheet.Stray }) error {
	strays := file.Strays()
	if im.opts.Strict && len(strays) > 0 {
		return withHint(errors.New(refusedFor(strays)), "put the heading right, or leave --strict out to have the column passed over")
	}
	for _, s := range strays {
		im.done.Strays = append(im.done.Strays, s.Name)
		im.tell.warn(sheet.Fault{Line: 1, Why: s.String()})
	}
	return nil
}

// refusedFor says why a file is refused for its columns.
func refusedFor(strays []sheet.Stray) string {
	words := make([]string, len(strays))
	for i, s := range strays {
		words[i] = s.Unknown()
	}
	return "read heading: " + strings.Join(words, "; ")
}

// row counts one row's fate and shows it.
func (im *importer) row(count *int, n int) {
	*count += n
	im.done.Rows += n
	im.bar.Set(int64(im.done.Rows))
}

// order counts one order's fate beside its rows'.
func (im *importer) order(count *int) {
	if im.done.Kind == kindOrders {
		*count++
	}
}

// reject says why rows did not land.
func (im *importer) reject(lines []int, name, why string) {
	for _, line := range lines {
		im.tell.add(sheet.Fault{Line: line, Document: name, Why: why})
	}
	im.row(&im.done.NotLanded, len(lines))
}

// bar shows progress on a terminal as a bar, elsewhere as a few lines.
func bar(out io.Writer, label string, total int64) *progress.Bar {
	if f, ok := out.(*os.File); ok {
		return progress.ForFile(f, label, total, time.Now)
	}
	return progress.New(progress.Config{Out: out, Now: time.Now, Label: label, Total: total})
}

// opened gives a file as it is read, and about how many rows it has; 0 of a workbook, which does not say.
func opened(file *os.File) (src io.Reader, rows int64, err error) {
	head := make([]byte, 4)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	if workbook.Is(head[:n]) {
		src, err = workbook.Open(file)
		return src, 0, err
	}
	rows, err = countRows(file)
	return file, rows, err
}

// countRows counts the lines below the heading, so that progress knows its end, and goes back to
// the file's start. It is off by the blank lines and by line breaks inside quotes.
func countRows(file io.ReadSeeker) (int64, error) {
	src, err := sheet.Unpack(file)
	if err != nil {
		return 0, err
	}
	var lines int64
	ended := true
	buf := make([]byte, 64<<10)
	for {
		n, err := src.Read(buf)
		lines += int64(bytes.Count(buf[:n], []byte{'\n'}))
		if n > 0 {
			ended = buf[n-1] == '\n' // #nosec G602 -- n is 1 at least
		}
		if err != nil {
			// A source that breaks off is told by the reading itself, which comes again.
			break
		}
	}
	if !ended {
		lines++
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	return max(lines-1, 0), nil
}
