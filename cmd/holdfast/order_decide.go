package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type orderDecideCmd struct {
	access
	keyed
	ID       string `arg:"" name:"id" help:"The order's id, its number or its external id, as order list --waiting has it."`
	Decision string `arg:"" help:"release, which places it, or cancel." enum:"release,cancel"`
	Reason   string `help:"Why; it is kept with the order." required:""`
	By       string `help:"Who decides; default the user that runs this." placeholder:"NAME"`
	Shortage string `help:"With release: what is done with what is short by now: refuse, partial, backorder. Default: as the order says." placeholder:"WORD"`
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*orderDecideCmd) Help() string {
	return "At the book that took the order: its site's node, whether the line is up or not, or head office. An order that waits has reserved nothing: released it is placed as if it came now, at the prices that it had; " +
		"where there are not the goods for it, it goes on waiting. If nobody decides, what the check says is done when it is due (holdfast check list)."
}

// Run decides. Run again under the same --key it gives the answer of the first time.
func (c *orderDecideCmd) Run(h *house) error {
	id, err := c.orderID(h, c.ID, ledger.StatusWaiting)
	if err != nil {
		return fmt.Errorf("%s order %s: %w", c.Decision, c.ID, err)
	}
	in := contract.RulingRequest{Decision: c.Decision, By: signer(c.By), Reason: c.Reason, Shortage: ledger.Shortage(c.Shortage)}
	var o contract.Order
	if err := c.call(h, http.MethodPost, "/v1/orders/"+string(id)+"/decide", c.key(), in, &o); err != nil {
		c.unsure(h, err)
		return fmt.Errorf("%s order %s: %w", c.Decision, id, orderFault(err))
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(o)
	}
	_, err = fmt.Fprintf(h.stdout, "order %s (%s of %s) is %s: %s\n", o.Number, o.ID, o.Owner, o.Status, totalOf(&o))
	return err
}
