package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type adjustCmd struct {
	access
	keyed
	Lines    []string `arg:"" name:"sku[@bin]=qty" help:"What was found, or is gone (below 0), for example TAP-22@A-01=-3; of a lot MILK=-3@LOT7, of serial numbers DRILL-9=-2@SN1,SN2. Not named, what is gone is of the lots that leave first. Put -- before the lines."`
	Reason   string   `required:"" help:"Why: one of holdfast reason list; where none is set damaged, stolen, found, or what the house calls it." placeholder:"WORD"`
	Approver string   `help:"Who approved it." placeholder:"NAME"`
	NewLots  bool     `help:"What is found may be of a lot, or have a serial number, that this site never saw. Without it such a one is refused: it may be a slip of the pen."`
	JSON     bool     `name:"json" help:"Print one JSON object as the last line."`
}

// Run books what was found and what is gone.
func (c *adjustCmd) Run(h *house) error {
	in := contract.AdjustmentRequest{Reason: c.Reason, Approver: c.Approver, NewLots: c.NewLots}
	for _, word := range c.Lines {
		what, q, lots, err := lottedWord(word, "TAP-22@A-01=-3 or MILK=-3@LOT7")
		if err != nil {
			return err
		}
		sku, bin, _ := strings.Cut(what, "@")
		in.Lines = append(in.Lines, contract.AdjustmentLine{SKU: sku, Bin: bin, Qty: q, Lots: lots})
	}
	var out contract.Adjustment
	if err := c.call(h, http.MethodPost, "/v1/adjustments", c.key(), in, &out); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("adjust: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	for _, l := range out.Lines {
		note := ""
		if l.Blocked {
			note = ": they stay there, blocked, until somebody has looked"
		}
		fmt.Fprintf(h.stdout, "%+d of %s in %s%s\n", l.Qty, l.SKU, l.Bin, note)
	}
	tellAdjusted(h, out.Lots)
	for _, d := range out.Displaced {
		fmt.Fprintf(h.stdout, "order %s of %s now lacks %d of %s (line %d): it waits again\n", d.Order, d.Owner, d.Qty, d.SKU, d.Line)
	}
	return nil
}

// tellAdjusted prints what was adjusted of each lot.
func tellAdjusted(h *house, lots []contract.LotAdjusted) {
	for _, l := range lots {
		fmt.Fprintf(h.stdout, "lot %s of %s: %+d in %s\n", l.Lot, l.SKU, l.Qty, l.Bin)
	}
}
