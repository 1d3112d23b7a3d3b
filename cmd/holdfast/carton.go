package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type cartonCmd struct {
	Show  cartonShowCmd  `cmd:"" help:"Show what lies in a carton, for whom, and where it is."`
	Label cartonLabelCmd `cmd:"" help:"Print a carton's label as ZPL, for a printer."`
}

type cartonLabelCmd struct {
	access
	SSCC string `arg:"" name:"sscc" help:"The carton's number, or what was scanned of it."`
}

// labelMax bounds a label, in bytes.
const labelMax = 64 << 10

// Run prints one label.
func (c *cartonLabelCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	body, err := cl.Stream(h.ctx, "/v1/cartons/"+url.PathEscape(c.SSCC)+"/label")
	if err != nil {
		return fmt.Errorf("print label: %w", callFault(err, c.To))
	}
	_, err = io.Copy(h.stdout, io.LimitReader(body, labelMax))
	if err = errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("print label: %w", err)
	}
	return nil
}

type cartonShowCmd struct {
	access
	SSCC string `arg:"" name:"sscc" help:"The carton's number, or what was scanned of it."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows one carton.
func (c *cartonShowCmd) Run(h *house) error {
	var out contract.CartonAnswer
	if err := c.call(h, http.MethodGet, "/v1/cartons/"+url.PathEscape(c.SSCC), "", nil, &out); err != nil {
		return fmt.Errorf("show carton: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	fmt.Fprintf(h.stdout, "for %s\n", out.Fulfilment)
	printCartons(h.stdout, []contract.Carton{out.Carton})
	return nil
}

// printCartons says what lies in cartons.
func printCartons(w io.Writer, cartons []contract.Carton) {
	for _, c := range cartons {
		fmt.Fprintf(w, "carton %s: %s", c.SSCC, c.Status)
		if c.WeightG > 0 {
			fmt.Fprintf(w, ", %d g", c.WeightG)
		}
		for i, l := range c.Lines {
			fmt.Fprintf(w, "%s %d of %s (line %d)", [2]string{";", ","}[min(i, 1)], l.Qty, l.SKU, l.Line)
		}
		fmt.Fprintln(w)
	}
}

// cartonsNamed are the cartons that a deed is done with.
type cartonsNamed struct {
	Carton []string `help:"SSCC of a carton that it is said of; may be given several times. With lines: what is loose beside them." placeholder:"SSCC"`
}

type fulfilmentPackCmd struct {
	fulfilmentDeed
	Carton string `help:"SSCC of the carton that all of it is packed into; new for one with a number of this site's." placeholder:"SSCC"`
	Weight int64  `help:"Grams of that carton, with the box." placeholder:"GRAMS"`
}

// Run says what is packed.
func (c *fulfilmentPackCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	req := contract.PackRequest{Lines: lines}
	if c.Carton != "" {
		req.Contents = []contract.CartonContents{cartonWord(c.Carton, c.Weight)}
	} else if c.Weight != 0 {
		return fmt.Errorf("%w: --weight goes with --carton", errUsage)
	}
	return c.tell(h, "pack", req)
}

// cartonWord is the carton that a word names: new is one without a number.
func cartonWord(word string, grams int64) contract.CartonContents {
	if word == "new" {
		word = ""
	}
	return contract.CartonContents{SSCC: word, WeightG: grams}
}

type fulfilmentRepackCmd struct {
	fulfilmentDeed
	From   string `help:"SSCC of the carton that it is taken out of; left out: it is loose." placeholder:"SSCC"`
	Carton string `name:"into" help:"SSCC of the carton that it is laid into; new for one with a number of this site's; left out: it is loose." placeholder:"SSCC"`
	Weight int64  `help:"Grams of that carton, with the box." placeholder:"GRAMS"`
}

// Run says what was laid elsewhere.
func (c *fulfilmentRepackCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	req := contract.RepackRequest{From: c.From, Lines: lines}
	if c.Carton != "" {
		into := cartonWord(c.Carton, c.Weight)
		req.Into = &into
	}
	return c.tell(h, "repack", req)
}

type fulfilmentDispatchCmd struct {
	fulfilmentDeed
	cartonsNamed
	Carrier  string   `help:"Who took it." placeholder:"NAME"`
	Service  string   `help:"By which service." placeholder:"NAME"`
	Tracking string   `help:"The carrier's number." placeholder:"NUMBER"`
	Check    []string `help:"What was scanned as it leaves, for example 5012345678900=2, or a carton's (00)...: it must be what leaves; may be given several times." placeholder:"BARCODE=QTY"`
}

// Run says what a carrier has taken.
func (c *fulfilmentDispatchCmd) Run(h *house) error {
	lines, err := c.lines()
	if err != nil {
		return err
	}
	req := contract.DispatchPartRequest{Lines: lines, Carrier: c.Carrier, Service: c.Service, Tracking: c.Tracking, Cartons: c.Carton}
	for _, word := range c.Check {
		code, count, counted := strings.Cut(word, "=")
		n, err := strconv.ParseInt(count, 10, 64)
		if !counted { // a carton is one
			n, err = 1, nil
		}
		if err != nil || code == "" {
			return fmt.Errorf("%w: %q is not such as 5012345678900=2", errUsage, word)
		}
		req.Check = append(req.Check, contract.Scanned{Barcode: code, Qty: ledger.Qty(n)})
	}
	return c.tell(h, "dispatch", req)
}
