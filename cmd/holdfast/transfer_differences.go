package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type transferDifferencesCmd struct {
	access
	From string `help:"Only from this site." placeholder:"NAME"`
	Dest string `name:"for" help:"Only to this site." placeholder:"NAME"`
	SKU  string `name:"sku" help:"Only transfers with this one." placeholder:"SKU"`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run lists what differs of all transfers that head office knows, page by page.
func (c *transferDifferencesCmd) Run(h *house) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	all := contract.TransferDifferences{Differences: []contract.TransferDifference{}}
	q := url.Values{"differs": {"true"}, "limit": {strconv.Itoa(transferPage)}}
	for name, v := range map[string]string{"from": c.From, "to": c.Dest, "sku": c.SKU} {
		if v != "" {
			q.Set(name, v)
		}
	}
	for {
		var page contract.TransferList
		if _, err := cl.Do(h.ctx, http.MethodGet, pathTransfers+"?"+q.Encode(), "", nil, &page); err != nil {
			return fmt.Errorf("list what differs of transfers: %w", callFault(err, c.To))
		}
		for i := range page.Transfers {
			all.Differences = append(all.Differences, page.Transfers[i].Differences()...)
		}
		if page.NextCursor == "" {
			break
		}
		q.Set("cursor", page.NextCursor)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(all)
	}
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TRANSFER\tFROM\tTO\tSTATE\tSKU\tLOT\tDISPATCHED\tMISSING\tSURPLUS\tDAMAGED\tCARTONS")
	for i := range all.Differences {
		d := &all.Differences[i]
		cartons := make([]string, len(d.Cartons))
		for n, sscc := range d.Cartons {
			cartons[n] = string(sscc)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", d.Transfer, d.From, d.To, d.Status, d.SKU, or(string(d.Lot), "-"), d.Dispatched, d.Missing, d.Surplus, d.Damaged,
			or(strings.Join(cartons, " "), "-"))
	}
	return w.Flush()
}
