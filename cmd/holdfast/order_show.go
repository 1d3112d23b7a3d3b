package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

type orderShowCmd struct {
	access
	ID   string `arg:"" name:"order" help:"The order's id, its number, or its number in another system (external id)."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run shows one order as the book has it.
func (c *orderShowCmd) Run(h *house) error {
	id, err := c.orderID(h, c.ID, "")
	if err != nil {
		return fmt.Errorf("show order %s: %w", c.ID, err)
	}
	var o contract.Order
	if err := c.call(h, http.MethodGet, "/v1/orders/"+string(id), "", nil, &o); err != nil {
		return fmt.Errorf("show order %s: %w", c.ID, orderFault(err))
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(o)
	}
	fmt.Fprintf(h.stdout, "order %s (%s of %s) is %s: %s\n", o.Number, o.ID, o.Owner, o.Status, totalOf(&o))
	if o.ExternalID != "" {
		fmt.Fprintf(h.stdout, "external id %s\n", o.ExternalID)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LINE\tSKU\tQTY\tSTATE\tWAITING\tHANDED OVER\tFROM")
	for i := range o.Lines {
		l := &o.Lines[i]
		fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%d\t%d\t%s\n", l.Line, l.SKU, l.Qty, l.Status, l.Backordered, l.Taken, or(servedFrom(l.Reserved), "-"))
	}
	return w.Flush()
}

// servedFrom says which sites serve a line.
func servedFrom(legs []contract.Reserved) (text string) {
	for _, r := range legs {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", r.Qty, siteWord(r.Site))
	}
	return text
}

func siteWord(site ledger.SiteID) string { return or(string(site), "-") }
