package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/sheet"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/ubl"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type dropShipCmd struct {
	List     dropShipListCmd     `cmd:"" help:"List what suppliers are asked to send straight to customers and have neither sent nor refused."`
	Show     dropShipShowCmd     `cmd:"" help:"Show what suppliers are asked to send for one order, and what they have said."`
	Confirm  dropShipConfirmCmd  `cmd:"" help:"A supplier says that it will send it, and on which day."`
	Dispatch dropShipDispatchCmd `cmd:"" help:"A supplier has sent it."`
	Refuse   dropShipRefuseCmd   `cmd:"" help:"A supplier will not send it: it comes back declined, with the reason, and is owed no more."`
	ComeBack dropShipBackCmd     `cmd:"" name:"come-back" help:"What was sent has come back to the supplier. What comes back to a site is a return."`
}

const pathDropShips = "/v1/drop-shipments"

type dropShipListCmd struct {
	access
	Supplier string `help:"Only of this one." placeholder:"NAME"`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists them.
func (c *dropShipListCmd) Run(h *house) error {
	l := lister[contract.DropShipmentList, contract.DropShipment]{path: pathDropShips, query: url.Values{"supplier": {c.Supplier}}, limit: 200,
		rows: func(p *contract.DropShipmentList) *[]contract.DropShipment { return &p.DropShipments }, next: func(p *contract.DropShipmentList) string { return p.NextCursor },
		columns: "REFERENCE\tSUPPLIER\tORDER\tCUSTOMER\tADDRESS\tDUE\tOPEN",
		row: func(w io.Writer, d *contract.DropShipment) {
			var open []string
			for i := range d.Lines {
				if l := &d.Lines[i]; l.Open > 0 {
					open = append(open, fmt.Sprintf("%d %s", l.Open, l.SKU))
				}
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Reference, d.Supplier, d.Order, d.Customer, d.DeliverTo, d.Due, strings.Join(open, ", "))
		}}
	return l.run(h, &c.access, "drop shipments", c.JSON)
}

type dropShipShowCmd struct {
	access
	Order string `arg:"" help:"The order's id."`
	JSON  bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows one.
func (c *dropShipShowCmd) Run(h *house) error {
	var out contract.DropShipmentList
	if err := c.call(h, http.MethodGet, pathDropShips+"/"+url.PathEscape(c.Order), "", nil, &out); err != nil {
		return fmt.Errorf("show drop shipment: %w", err)
	}
	return tellDropShips(h, c.JSON, &out)
}

// dropShipWord is what each word of a supplier's says.
type dropShipWord struct {
	access
	keyed
	Order    string   `arg:"" help:"The order's id."`
	Lines    []string `arg:"" optional:"" name:"line=qty" help:"Which lines, such as 2=1; left out: all that it can be of."`
	Supplier string   `help:"Which one, where several send lines of the order." placeholder:"NAME"`
	By       string   `help:"Who signs; default the user that runs this." placeholder:"NAME"`
	JSON     bool     `name:"json" help:"Print one JSON object as the last line."`
}

func (c *dropShipWord) tell(h *house, act string, in contract.DropShipRequest) error {
	in.Supplier, in.By = c.Supplier, signer(c.By)
	for _, word := range c.Lines {
		line, qty, ok := strings.Cut(word, "=")
		n, bad1 := strconv.Atoi(line)
		q, bad2 := strconv.ParseInt(qty, 10, 64)
		if !ok || bad1 != nil || bad2 != nil {
			return fmt.Errorf("%w: %q is no line and quantity such as 2=1", errUsage, word)
		}
		in.Lines = append(in.Lines, contract.DropShipUnit{Line: n, Qty: ledger.Qty(q)})
	}
	var out contract.DropShipmentList
	if err := c.call(h, http.MethodPost, pathDropShips+"/"+url.PathEscape(c.Order)+"/"+act, c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("%s drop shipment: %w", act, err)
	}
	return tellDropShips(h, c.JSON, &out)
}

type dropShipConfirmCmd struct {
	dropShipWord
	Due string `help:"The day, UTC, on which it will be sent; default as it was." placeholder:"2026-12-10"`
}

// Run takes the supplier's yes down.
func (c *dropShipConfirmCmd) Run(h *house) error {
	return c.tell(h, "confirm", contract.DropShipRequest{Due: c.Due})
}

type dropShipDispatchCmd struct {
	dropShipWord
	Note     string `help:"The number of the supplier's despatch note: one is booked once for an order." placeholder:"TEXT"`
	Carrier  string `placeholder:"NAME" help:"Who carries it."`
	Service  string `placeholder:"NAME" help:"By which service."`
	Tracking string `placeholder:"TEXT" help:"The carrier's number."`
}

// Run takes down that it has left.
func (c *dropShipDispatchCmd) Run(h *house) error {
	return c.tell(h, "dispatch", contract.DropShipRequest{Note: c.Note, Carrier: c.Carrier, Service: c.Service, Tracking: c.Tracking})
}

type dropShipRefuseCmd struct {
	dropShipWord
	Reason string `required:"" help:"Why the supplier does not send it." placeholder:"TEXT"`
}

// Run takes the supplier's no down.
func (c *dropShipRefuseCmd) Run(h *house) error {
	return c.tell(h, "refuse", contract.DropShipRequest{Reason: c.Reason})
}

type dropShipBackCmd struct{ dropShipWord }

// Run takes down that it is back at the supplier.
func (c *dropShipBackCmd) Run(h *house) error {
	return c.tell(h, "come-back", contract.DropShipRequest{})
}

func tellDropShips(h *house, asJSON bool, out *contract.DropShipmentList) error {
	if asJSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "REFERENCE\tSUPPLIER\tLINE\tSKU\tQTY\tOPEN\tCONFIRMED\tDUE\tSENT\tREFUSED\tBACK\tWHY")
	for i := range out.DropShipments {
		d := &out.DropShipments[i]
		for j := range d.Lines {
			l := &d.Lines[j]
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%d\t%d\t%d\t%s\t%d\t%d\t%d\t%s\n", d.Reference, d.Supplier, l.Line, l.SKU, l.Qty, l.Open, l.Confirmed, l.Due, l.Sent, l.Refused, l.Back, l.Reason)
		}
	}
	return w.Flush()
}

type importDropShipCmd struct {
	importing
	Sellers bool `help:"The supplier's numbers of articles are ours: they stand for an article where the note names neither our own nor a GTIN."`
}

// Run takes down what a supplier's despatch advice says it has sent straight to customers: each line under a key made of supplier, note and line, so a
// file that is read again changes nothing. A line names what it is of by the reference that the supplier was given.
func (c *importDropShipCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	return c.run(h, "drop shipment", func(ctx context.Context, im *importer, file io.Reader) error {
		note, faults, err := ubl.Read(file)
		if err != nil {
			return err
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
			if l.Order == "" {
				l.Order = note.Order
			}
			return l, nil
		}
		where := func(l ubl.Line) ([]int, string) { return []int{l.At}, "line " + l.ID }
		return sendRows(ctx, im, next, where, func(ctx context.Context, l ubl.Line) (fate, error) {
			order, in, err := c.line(h, note, &l)
			if err != nil {
				return fateLanded, &sheet.Fault{Line: l.At, Document: "line " + l.ID, Why: err.Error()}
			}
			a, err := cl.Do(ctx, http.MethodPost, pathDropShips+"/"+order+"/dispatch", sheet.DropShipKey(note.Supplier, note.ID, l.ID), in, nil)
			if err == nil && a.Replayed {
				return fateAlready, nil
			}
			return fateLanded, err
		})
	})
}

// line finds the order's line that a line of a note is of.
func (c *importDropShipCmd) line(h *house, note *ubl.Advice, l *ubl.Line) (order string, in contract.DropShipRequest, err error) {
	in = contract.DropShipRequest{Note: note.ID + " line " + l.ID, Carrier: note.Carrier, Tracking: note.Tracking}
	sku := l.Buyers
	if sku == "" && c.Sellers {
		sku = l.Sellers
	}
	var list contract.DropShipmentList
	if err := c.call(h, http.MethodGet, pathDropShips+"?reference="+url.QueryEscape(l.Order), "", nil, &list); err != nil {
		return "", in, err
	}
	for i := range list.DropShipments {
		d := &list.DropShipments[i]
		for j := range d.Lines {
			if w := &d.Lines[j]; w.Open > 0 && (string(w.SKU) == sku || l.OrderLine == strconv.Itoa(w.Line)) {
				in.Supplier, in.Lines = d.Supplier, []contract.DropShipUnit{{Line: w.Line, Qty: l.Qty}}
				return string(d.Order), in, nil
			}
		}
	}
	return "", in, fmt.Errorf("nothing of %q is open under the reference %q: it was taken down before, or the reference is another one (holdfast drop-ship list)", sku, l.Order)
}
