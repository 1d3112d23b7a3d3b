package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
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

// A dropNoted is what a note says was sent for one order.
type dropNoted struct {
	reference string
	lines     []ubl.Line
}

// at lists the lines of the file.
func (o *dropNoted) at() (lines []int) {
	for i := range o.lines {
		lines = append(lines, o.lines[i].At)
	}
	return lines
}

// Run takes down what a supplier's despatch advice says it has sent straight to customers: for each order, which it names by the reference that the supplier
// was given, all lines or none, under the note's own number. So a file that is read again changes nothing, nor does one whose note somebody has typed.
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
		unread := map[string]string{}
		for _, f := range faults {
			im.reject([]int{f.At}, f.Name, f.Why)
			unread[cmp.Or(f.Order, note.Order)] = f.Name
		}
		var orders []dropNoted
		for _, o := range dropNotedOf(note) {
			if name, ok := unread[o.reference]; ok {
				im.reject(o.at(), "reference "+o.reference, "its "+name+" cannot be taken: put that right, and read the file again")
			} else {
				orders = append(orders, o)
			}
		}
		next := func() (dropNoted, error) {
			if len(orders) == 0 {
				return dropNoted{}, io.EOF
			}
			one := orders[0]
			orders = orders[1:]
			return one, nil
		}
		where := func(o dropNoted) ([]int, string) { return o.at(), "reference " + o.reference }
		return sendRows(ctx, im, next, where, func(ctx context.Context, o dropNoted) (fate, error) {
			booked, err := c.list(h, url.Values{"reference": {o.reference}, "delivery_note": {note.ID}})
			if err != nil || len(booked.DropShipments) > 0 {
				return fateAlready, err
			}
			order, in, err := c.wish(h, note, &o)
			if err != nil {
				return fateLanded, err
			}
			a, err := cl.Do(ctx, http.MethodPost, pathDropShips+"/"+order+"/dispatch", sheet.DropShipKey(note.Supplier, note.ID, o.reference), in, nil)
			if r, ok := errors.AsType[*client.Refusal](err); ok && r.Code == string(contract.CodeNoteBooked) || err == nil && a.Replayed {
				return fateAlready, nil
			}
			return fateLanded, err
		})
	})
}

// dropNotedOf deals the lines of a note out to the orders that they are of, in the order of their first lines.
func dropNotedOf(note *ubl.Advice) (out []dropNoted) {
	for _, l := range note.Lines {
		reference := cmp.Or(l.Order, note.Order)
		at := slices.IndexFunc(out, func(o dropNoted) bool { return o.reference == reference })
		if at < 0 {
			at, out = len(out), append(out, dropNoted{reference: reference})
		}
		out[at].lines = append(out[at].lines, l)
	}
	return out
}

// list gives the first page that has anything: one looks at so many orders at most, and what is wanted may lie behind them.
func (c *importDropShipCmd) list(h *house, query url.Values) (out contract.DropShipmentList, err error) {
	for {
		out = contract.DropShipmentList{}
		err = c.call(h, http.MethodGet, pathDropShips+"?"+query.Encode(), "", nil, &out)
		if err != nil || len(out.DropShipments) > 0 || out.NextCursor == "" {
			return out, err
		}
		query.Set("cursor", out.NextCursor)
	}
}

// wish finds the order that lines of a note are of, and says what was sent of it.
func (c *importDropShipCmd) wish(h *house, note *ubl.Advice, o *dropNoted) (order string, in contract.DropShipRequest, err error) {
	list, err := c.list(h, url.Values{"reference": {o.reference}})
	if err != nil {
		return "", in, err
	}
	if len(list.DropShipments) == 0 {
		return "", in, &sheet.Fault{Line: o.lines[0].At, Document: "reference " + o.reference,
			Why: fmt.Sprintf("nothing is open under the reference %q: it was taken down under another note, or the reference is another one (holdfast drop-ship list)", o.reference)}
	}
	d := &list.DropShipments[0]
	in = contract.DropShipRequest{Supplier: d.Supplier, Note: note.ID, Carrier: note.Carrier, Tracking: note.Tracking}
	for i := range o.lines {
		l := &o.lines[i]
		sku := l.Buyers
		if sku == "" && c.Sellers {
			sku = l.Sellers
		}
		at := slices.IndexFunc(d.Lines, func(w contract.DropShipmentLine) bool {
			return l.OrderLine == strconv.Itoa(w.Line) && (sku == "" || string(w.SKU) == sku)
		})
		if at < 0 {
			at = slices.IndexFunc(d.Lines, func(w contract.DropShipmentLine) bool { return w.Open > 0 && string(w.SKU) == sku })
		}
		if at < 0 {
			return "", in, &sheet.Fault{Line: l.At, Document: "line " + l.ID, Why: fmt.Sprintf("nothing of %q is open under the reference %q (holdfast drop-ship show %s)", sku, o.reference, d.Order)}
		}
		in.Lines = append(in.Lines, contract.DropShipUnit{Line: d.Lines[at].Line, Qty: l.Qty})
	}
	return string(d.Order), in, nil
}
