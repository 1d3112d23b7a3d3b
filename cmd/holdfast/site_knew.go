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
	printReleases(h, &out.BookKeys)
	fmt.Fprintf(h.stdout, "It was never told: %s.\n", strings.Join(out.Never, "; "))
	return steps(h, out.Next)
}

// printReleases says when the node was given what opens its sealed book.
func printReleases(h *house, k *hq.KnownReleases) {
	if k.Count == 0 {
		fmt.Fprintln(h.stdout, "Head office has never released a key of its book.")
		return
	}
	fmt.Fprintf(h.stdout, "Head office has released the key of its book %d times; lately:\n", k.Count)
	for _, r := range k.Latest {
		fmt.Fprintf(h.stdout, "  %s  epoch %d  book %s\n", r.At, r.Epoch, r.Book)
	}
	if d := k.Destroyed; d != nil {
		fmt.Fprintf(h.stdout, "What was sealed by head office before %s opens no more: %s declared the site lost.\n", d.At, d.By)
	}
}
