package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/holdfast-stock/holdfast/hq"
)

type siteKnewCmd struct {
	access
	Site string `arg:"" name:"name" help:"Name of the site."`
	JSON bool   `name:"json" help:"Print one JSON object as the last line."`
}

// Run prints what the node knew.
func (c *siteKnewCmd) Run(h *house) error {
	var out hq.Knew
	if err := c.call(h, http.MethodGet, "/v1/sites/"+url.PathEscape(c.Site)+"/knew", "", nil, &out); err != nil {
		return fmt.Errorf("what %s knew: %w", c.Site, err)
	}
	if c.JSON {
		return json.NewEncoder(h.stdout).Encode(out)
	}
	lost := "nobody has declared it lost"
	if out.Lost != nil {
		lost = fmt.Sprintf("declared lost by %s at %s: %s", out.Lost.By, out.Lost.At, out.Lost.Reason)
	}
	fmt.Fprintf(h.stdout, "%s: %s\n%d entries of its journal, with %d open orders; the names and terms of %d customers\n", out.Site, lost, out.Entries, out.Open, out.Customers)
	w := tabwriter.NewWriter(h.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "USER\tKIND\tROLES\tPIN\tCHANGED")
	for _, u := range out.Users {
		pin := map[bool]string{true: "known", false: "-"}[u.PIN]
		if u.Due {
			pin = "known, to be changed"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.User, u.Kind, or(strings.Join(u.Roles, ","), "-"), pin, u.Changed)
	}
	fmt.Fprintln(w, "\nMAY GIVE OUT\tOF")
	for _, a := range out.Assets {
		fmt.Fprintf(w, "%d\t%s\n", a.May, a.Asset)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(h.stdout, "It was never told: %s.\n", strings.Join(out.Never, "; "))
	return steps(h, out.Next)
}
