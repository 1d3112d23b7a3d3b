package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type orderPlaceCmd struct {
	access
	keyed
	ID      string   `arg:"" name:"id" help:"The draft's id, as order list --status draft has it."`
	Lots    []string `name:"lot" help:"Which lots, or serial numbers, the customer takes, of a draft whose goods are taken away: of line 1 1=2@LOT7 or 1=2@SN1,SN2. Of a kit each component has a line of its own, as order list --json has it. May be given several times." placeholder:"LINE=QTY@LOT"`
	Reprice bool     `help:"At today's prices, also where the quote holds others or has expired."`
	JSON    bool     `name:"json" help:"Print one JSON object as the last line."`
}

// lineLots reads words such as 1=2@SN1,SN2: which lots the units of a line are of.
func lineLots(words []string) (out []contract.LineLot, err error) {
	for _, word := range words {
		what, _, lots, err := lottedWord(word, "1=2@LOT7 or 1=2@SN1,SN2")
		if err != nil {
			return nil, err
		}
		line, bad := strconv.Atoi(what)
		if bad != nil || len(lots) == 0 {
			return nil, fmt.Errorf("%w: %q is no line of the order and its lots, such as 1=2@LOT7 or 1=2@SN1,SN2", errUsage, word)
		}
		for _, n := range lots {
			out = append(out, contract.LineLot{Line: line, Lot: string(n.Lot), Qty: n.Qty})
		}
	}
	return out, nil
}

// Help stands below the flags' usage.
func (*orderPlaceCmd) Help() string {
	return "At the node that keeps the draft, whether the line is up or not. A draft becomes an order once, under its own id; where there are not enough goods it stays a draft. " +
		"To put one away: holdfast order cancel ID."
}

// Run places. Run again under the same --key it gives the answer of the first time; under another one a draft that was short is tried anew.
func (c *orderPlaceCmd) Run(h *house) error {
	id, err := c.orderID(h, c.ID, ledger.StatusDraft)
	if err != nil {
		return fmt.Errorf("place draft %s: %w", c.ID, err)
	}
	in := contract.PlaceRequest{Reprice: c.Reprice}
	if in.Lots, err = lineLots(c.Lots); err != nil {
		return err
	}
	var o contract.Order
	if err := c.call(h, http.MethodPost, "/v1/orders/"+string(id)+"/place", c.key(), in, &o); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("place draft %s: %w", id, orderFault(err))
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(o)
	}
	_, err = fmt.Fprintf(h.stdout, "order %s (%s of %s) is %s: %s\n", o.Number, o.ID, o.Owner, o.Status, totalOf(&o))
	return err
}
