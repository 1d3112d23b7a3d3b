package main

import (
	"fmt"
	"io"
	"net/url"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

type historyCmd struct {
	access
	User string `name:"by" help:"Only what this user did, or approved." placeholder:"USER"`
	Of   string `help:"Only acts whose call or words have this in them, such as a SKU, a site or exceptions." placeholder:"TEXT"`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Help stands below the flags' usage.
func (*historyCmd) Help() string {
	return "Each act names who did it, at which device, and who approved it where a second person did: holdfast history --of TAP-22 says who changed the price. The latest 10,000 are kept. " +
		"Orders name their people themselves (order explain), and a site's entries theirs (journal). At a node it lists what was changed there, which is something only where there is no head office."
}

// Run lists the acts that are kept, newest first.
func (c *historyCmd) Run(h *house) error {
	l := lister[contract.History, contract.Act]{
		path: "/v1/history", query: url.Values{"by": {c.User}, "of": {c.Of}}, limit: historyPage,
		rows: func(p *contract.History) *[]contract.Act { return &p.Acts }, next: func(p *contract.History) string { return p.NextCursor },
		columns: "NUMBER\tAT\tBY\tDEVICE\tAPPROVED BY\tCALL\tWHAT",
		row: func(w io.Writer, a *contract.Act) {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Number, a.At, a.By, or(a.Device, "-"), or(a.Approver, "-"), a.Call, a.What)
		},
	}
	return l.run(h, &c.access, "acts", c.JSON)
}
